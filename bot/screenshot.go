package bot

import (
	"image"
	"regexp"
	"strings"
	"unicode"

	"gendan/bot/chat"
)

const (
	leastBubbles = 2   // a chat has at least two; a button and a banner may be one
	longLabel    = 14  // characters: what is longer beside the bubbles is text of its own
	readSurely   = 0.4 // a line that was read with less is a speck
	readAtAll    = 0.2 // less is no text of that language
)

var (
	screenTime  = regexp.MustCompile(`^(?:(?:昨天|今天|前天|星期[一二三四五六日天]|周[一二三四五六日天]|(?:\d{4}[年/\-.])?\d{1,2}[月/\-.]\d{1,2}日?)\s*)?(?:星期[一二三四五六日]|周[一二三四五六日])?\s*(?:凌晨|早上|清晨|上午|中午|下午|傍晚|晚上)?\s*\d{1,2}[:：]\d{2}$`)
	screenTitle = regexp.MustCompile(`\s*[(（]\d+[)）]$|[@＠](?:微信|企业微信)$|^[<〈‹《]\s*\d*\s*`)
)

// screenshot is a picture of a chat window as lines that can be pasted: who, when, what. Bubbles at the right edge are by
// whoever made the picture, named me; the others by whom the window's title or the small name above them says. count is how
// many messages there are; 0 when the picture shows no chat.
func screenshot(p chat.Picture, me string) (text string, count int) {
	said := make([]string, len(p.Bubbles))
	inside, outside := 0, 0
	for _, l := range p.Lines {
		if l.Sure < readSurely { // squares of a code look like bubbles
			continue
		}
		if l.Bubble >= 0 && l.Bubble < len(said) {
			said[l.Bubble] = joinLines(said[l.Bubble], l.Text)
			inside += len(l.Text)
		} else if len([]rune(l.Text)) > longLabel { // names, times and titles are short
			outside += len(l.Text)
		}
	}
	for _, s := range said {
		if s != "" {
			count++
		}
	}
	if count < leastBubbles || inside < outside {
		return "", 0
	}
	them := windowTitle(p)
	var out strings.Builder
	at := ""
	for i, b := range p.Bubbles {
		if said[i] == "" {
			continue
		}
		who, above := me, 0
		if i > 0 {
			above = p.Bubbles[i-1].Box.Min.Y
		}
		if t := timeBetween(p, above, b.Box.Min.Y); t != "" {
			at = t
		}
		if !b.Right {
			if who = nameAbove(p, b.Box); who == "" {
				who = them
			}
		}
		if at == "" {
			out.WriteString(who + ":\n" + said[i] + "\n\n")
		} else {
			out.WriteString(who + " " + at + "\n" + said[i] + "\n\n")
		}
	}
	return out.String(), count
}

// windowTitle is what stands in the middle above the first bubble: whom the chat is with. 对方 when it cannot be read.
func windowTitle(p chat.Picture) string {
	for _, l := range p.Lines {
		middle := (l.Box.Min.X + l.Box.Max.X) / 2
		if l.Bubble >= 0 || l.Box.Max.Y > p.Bubbles[0].Box.Min.Y || l.Sure < readSurely || middle < p.Width*3/10 || middle > p.Width*7/10 {
			continue
		}
		title := tight(screenTitle.ReplaceAllString(strings.TrimSpace(l.Text), ""))
		if n := len([]rune(title)); n >= 2 && n <= 20 && !screenTime.MatchString(strings.TrimSpace(l.Text)) && !strings.ContainsAny(title, ":：%") {
			return title
		}
	}
	return "对方"
}

// nameAbove is the small name above a bubble of a group chat; "" when there is none.
func nameAbove(p chat.Picture, b image.Rectangle) string {
	for _, l := range p.Lines {
		if l.Bubble >= 0 || l.Sure < readSurely || screenTime.MatchString(l.Text) {
			continue
		}
		gap, indent := b.Min.Y-l.Box.Max.Y, l.Box.Min.X-b.Min.X
		if gap > -p.Width/50 && gap < p.Width/18 && indent > -p.Width/30 && indent < p.Width/20 {
			if name := tight(strings.TrimRight(l.Text, ":： ")); len([]rune(name)) <= 20 {
				return name
			}
		}
	}
	return ""
}

// timeBetween is the time that stands in the middle between two heights; "" when there is none.
func timeBetween(p chat.Picture, from, to int) (at string) {
	for _, l := range p.Lines {
		if text := strings.TrimSpace(l.Text); l.Bubble < 0 && l.Box.Min.Y >= from && l.Box.Max.Y <= to && screenTime.MatchString(text) {
			if middle := (l.Box.Min.X + l.Box.Max.X) / 2; middle > p.Width/3 && middle < p.Width*2/3 {
				at = strings.ReplaceAll(text, "：", ":")
			}
		}
	}
	return at
}

// joinLines puts a line behind the one above it, which the window's edge has broken.
func joinLines(above, line string) string {
	line = tight(line)
	if above == "" || line == "" {
		return above + line
	}
	last, first := []rune(above), []rune(line)
	if last[len(last)-1] < 0x2000 && first[0] < 0x2000 {
		return above + " " + line
	}
	return above + line
}

// tight is s without the blanks that a reader of pictures sees beside Chinese characters.
func tight(s string) string {
	r := []rune(strings.TrimSpace(s))
	wide := func(i int) bool { return i >= 0 && i < len(r) && (unicode.Is(unicode.Han, r[i]) || r[i] >= 0x2000) }
	var b strings.Builder
	for i, c := range r {
		if c == ' ' && (wide(i-1) || wide(i+1)) {
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
