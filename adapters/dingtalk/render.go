package dingtalk

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"gendan/bot/chat"
)

// What one message may hold: webhook texts end at about 5 000 characters, OpenAPI parameters at 15 000 bytes
// after quoting. Cuts are made below both.
const (
	maxTextRunes = 3600
	maxTextBytes = 11000
)

// body is one message as both surfaces take it: words, and whether they are Markdown.
type body struct {
	Markdown bool
	Title    string // of a Markdown message: what conversation list and notification show
	Text     string
}

// render makes the messages of r without card instances: Markdown where r has any or its card has buttons, cut to
// what one message holds. Links of buttons come last, so that a cut never separates them from each other.
func render(r chat.Reply, robotName string) []body {
	links := buttonLinks(r, robotName)
	if r.Markdown == "" && links == "" {
		return split(body{Text: r.Text})
	}
	b := body{Markdown: true, Title: title(r), Text: r.Markdown}
	if b.Text == "" {
		b.Text = escape(r.Text)
	}
	if links == "" {
		return split(b)
	}
	if whole := b.Text + "\n\n" + links; fits(whole) {
		b.Text = whole
		return []body{b}
	}
	out := split(b)
	if last := &out[len(out)-1]; fits(last.Text + "\n\n" + links) {
		last.Text += "\n\n" + links
		return out
	}
	return append(out, body{Markdown: true, Title: b.Title, Text: links})
}

// buttonLinks is a line of links, one a button: a tap makes the client send the button's text twin as its
// person. In a group the twin must begin with the robot's name to reach it; without a known name the
// words of the reply must do.
func buttonLinks(r chat.Reply, robotName string) string {
	if r.Card == nil || !live(*r.Card) || r.Group && robotName == "" {
		return ""
	}
	var links []string
	for _, b := range r.Card.Buttons {
		if b.Command == "" {
			continue
		}
		say := b.Command
		if r.Group {
			say = "@" + robotName + " " + say
		}
		links = append(links, "["+linkLabel(b.Text)+"](dtmd://dingtalkclient/sendMessage?content="+strings.ReplaceAll(url.QueryEscape(say), "+", "%20")+")")
	}
	return strings.Join(links, "　") // a wide blank: links that touch are mistaken for one on a phone
}

// live reports whether the card's buttons work.
func live(c chat.Card) bool {
	return len(c.Buttons) > 0 && (c.State == "" || c.State == chat.Pending)
}

// linkLabel is s without what would end a link's label.
func linkLabel(s string) string {
	return strings.NewReplacer("[", "［", "]", "］", "\n", " ").Replace(s)
}

// title is what the conversation list shows of a Markdown message.
func title(r chat.Reply) string {
	t := r.Text
	if r.Card != nil && r.Card.Title != "" {
		t = r.Card.Title
	}
	t = strings.TrimSpace(t)
	if i := strings.IndexByte(t, '\n'); i >= 0 {
		t = t[:i]
	}
	if r := []rune(t); len(r) > 40 {
		t = string(r[:39]) + "…"
	}
	return first(t, "跟单")
}

// escape makes plain text look the same in DingTalk's Markdown. Whether clients honour backslashes is not promised, so
// the marks that would act are replaced by their full-width twins (a masked phone 138****5678 must not turn bold), and
// a line ends with two blanks.
func escape(s string) string {
	s = strings.NewReplacer("*", "＊", "<", "＜", "](", "］(", "~~", "～～", "`", "｀").Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		switch rest := strings.TrimLeft(l, " \t"); {
		case strings.HasPrefix(rest, "#"):
			lines[i] = "＃" + rest[1:]
		case strings.HasPrefix(rest, ">"):
			lines[i] = "＞" + rest[1:]
		}
	}
	return strings.Join(lines, "  \n")
}

func fits(s string) bool { return len(s) <= maxTextBytes && utf8.RuneCountInString(s) <= maxTextRunes }

// split cuts a long text into messages, at line ends where it can.
func split(b body) []body {
	var out []body
	rest := b.Text
	for !fits(rest) {
		cut := longest(rest)
		if nl := strings.LastIndexByte(rest[:cut], '\n'); nl > cut/2 {
			cut = nl + 1
		}
		part := b
		part.Text = strings.TrimRight(rest[:cut], "\n")
		out = append(out, part)
		rest = rest[cut:]
	}
	b.Text = rest
	if rest == "" && len(out) > 0 {
		return out
	}
	return append(out, b)
}

// longest is the length in bytes of the longest beginning of s that fits.
func longest(s string) int {
	runes := 0
	for i, c := range s {
		if runes == maxTextRunes || i+utf8.RuneLen(c) > maxTextBytes {
			return i
		}
		runes++
	}
	return len(s)
}
