package wecom

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	appTextBytes = 2048  // of message/send text
	botTextBytes = 20480 // of a stream or markdown
)

// split cuts text into parts of at most most bytes: at the end of a line where there is one in the second
// half of the part, else between two runes. A text of blanks only gives no part.
func split(text string, most int) []string {
	var parts []string
	text = strings.TrimRight(text, " \t\n")
	for len(text) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		if cut == 0 {
			cut = most // no rune begins here: the text is no UTF-8
		}
		next := cut
		if i := strings.LastIndexByte(text[:cut], '\n'); i >= most/2 {
			cut, next = i, i+1
		}
		if part := strings.TrimRight(text[:cut], " \t\n"); strings.TrimSpace(part) != "" {
			parts = append(parts, part)
		}
		text = text[next:]
	}
	if strings.TrimSpace(text) != "" {
		parts = append(parts, text)
	}
	return parts
}

// clip cuts s to at most n characters (字), the last an ellipsis; ok is false when something was lost.
func clip(s string, n int) (short string, ok bool) {
	if utf8.RuneCountInString(s) <= n {
		return s, true
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-1]), " \n") + "…", false
}

// firstLine is the first line of s that is not blank, and the rest.
func firstLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line), strings.TrimSpace(rest)
}

var (
	textTags     = regexp.MustCompile(`(?i)<(/?(?:a|font|think)\b)`)
	markdownTags = regexp.MustCompile(`(?i)<(/?think\b)`)
)

// inert takes the meaning from tags that the platform would act on: links and colours in plain text, folded
// reasoning in a bot's. A reply is full of customers' words.
func inert(text string, tags *regexp.Regexp) string { return tags.ReplaceAllString(text, "＜$1") }
