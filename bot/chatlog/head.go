package chatlog

import (
	"strings"
	"unicode/utf8"
)

// place of the parts in the head of a message.
type form uint8

const (
	noHead     form = iota
	nameStamp       // 张三 2026/11/17 15:02
	stampName       // 2026-11-17 15:02:10 张三
	stampSays       // [2026-11-17 15:02] 张三: 好的
	nameSays        // 张三 [2026-11-17 15:02]: 好的
	stampAlone      // 昨天 15:02, or a date between rules
	nameColon       // 张三:
	nameText        // 张三: 好的
	nameThen        // 张三 15:02 好的: believed only when nothing else is a head
)

// head is what a line would be if it began a message.
type head struct {
	form  form
	shape uint16 // form and the parts of the stamp: heads of one client look alike
	name  string
	key   string // name, folded
	self  bool
	at    stamp
	body  string // what stands behind the head on its own line
}

// timed tells heads with name and time from the others.
func (h *head) timed() bool { return h.form >= nameStamp && h.form <= nameSays }

func (h *head) setName(s string) bool {
	if !mayBeName(s) {
		return false
	}
	if h.name, h.self = cleanName(s); h.name == "" {
		return false
	}
	h.key = foldName(h.name)
	return true
}

func (h *head) setShape() {
	s := uint16(h.form)
	for i, b := range [...]bool{h.at.date, h.at.year > 0, h.at.relative || h.at.weekday > 0, h.at.seconds, h.at.half} {
		if b {
			s |= 1 << (4 + i)
		}
	}
	h.shape = s
}

const maxHead = 200 // bytes that a head may take

// readHead reads what kind of head a line is. A line may also be one that a name and a colon begin: that is
// kept apart, for it is believed only where no times are.
func readHead(raw string) (h head) {
	s := raw
	if len(s) > maxHead {
		cut := maxHead
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	if rest, quoted := strings.CutPrefix(s, ">"); quoted { // a quoted head begins nothing; > 张三: is how Telegram copies
		if rest = strings.TrimSpace(rest); !hasClock(rest) && colonEnds(rest) {
			return colonHead(rest, rest)
		}
		return head{}
	}
	if hasClock(s) || looksLikeRule(s) || isDateWord(s) {
		if h = stampFirst(s, raw); h.form != noHead {
			h.setShape()
			return h
		}
		if h = nameFirst(s, raw); h.form != noHead {
			h.setShape()
			return h
		}
	}
	return colonHead(s, raw)
}

// hasClock is a quick test: a digit, a colon, two digits.
func hasClock(s string) bool {
	for i := 1; i+2 < len(s); i++ {
		if s[i] == ':' && s[i-1] >= '0' && s[i-1] <= '9' && s[i+1] >= '0' && s[i+1] <= '5' {
			return true
		}
		if s[i] == 0xEF && strings.HasPrefix(s[i:], "：") && s[i-1] >= '0' && s[i-1] <= '9' && i+3 < len(s) && s[i+3] >= '0' && s[i+3] <= '5' {
			return true
		}
	}
	return false
}

func colonEnds(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }

func looksLikeRule(s string) bool {
	for _, p := range [...]string{"--", "——", "==", "─", "***", "— ", "- "} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func isDateWord(s string) bool {
	if len(s) > 48 || s == "" {
		return false
	}
	if s[0] >= '0' && s[0] <= '9' {
		return true
	}
	return strings.HasPrefix(s, "星期") || strings.HasPrefix(s, "昨天") || strings.HasPrefix(s, "今天") || strings.HasPrefix(s, "前天")
}

const rules = "-—=─━*~_ "

// stampFirst reads heads that begin with their time, and times that stand alone.
func stampFirst(s, raw string) (h head) {
	i, open := 0, false
	t := strings.TrimLeft(s, rules)
	ruled := len(t) < len(s)
	i = len(s) - len(t)
	for _, b := range [...]string{"[", "(", "（", "【"} {
		if strings.HasPrefix(t, b) {
			i += len(b)
			open = true
			break
		}
	}
	st, n := scanStamp(s[i:])
	if n == 0 {
		return head{}
	}
	h.at = st
	rest := s[i+n:]
	if open {
		rest = strings.TrimLeft(rest, " ")
		closed := false
		for _, b := range [...]string{"]", ")", "）", "】"} {
			if strings.HasPrefix(rest, b) {
				rest, closed = rest[len(b):], true
				break
			}
		}
		if !closed {
			return head{}
		}
	}
	if strings.Trim(rest, rules+",，") == "" {
		h.form = stampAlone
		if !st.clock && !ruled && !open && (st.year == 0 && !st.relative && st.weekday == 0) {
			h.form = noHead // a bare 3/5 or 3月5日 is as likely an answer
		}
		return h
	}
	if !st.clock || ruled && !strings.HasPrefix(s, "- ") && !strings.HasPrefix(s, "* ") {
		return head{}
	}
	if !open && rest[0] != ' ' && rest[0] != ',' && !strings.HasPrefix(rest, " -") {
		return head{}
	}
	rest = strings.TrimLeft(rest, " ")
	rest = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(rest, "- "), "– "), ", "), " ")
	if c, w := colon(rest); c > 0 {
		if h.setName(strings.TrimSpace(rest[:c])) {
			h.form = stampSays
			h.body = strings.TrimSpace(raw[len(s)-len(rest)+c+w:])
			return h
		}
	}
	if len(raw) <= len(s) && runeCount(rest, 40) <= 40 {
		if k, ok := notice(rest); ok && (k == System || k == Recall) {
			h.form, h.body = stampAlone, rest
			return h
		}
		if h.setName(strings.TrimSpace(strings.TrimRight(rest, ":："))) {
			h.form = stampName
			return h
		}
	}
	return head{}
}

// colon is where the colon behind a name stands; an address in the name may hold one itself.
func colon(s string) (at, width int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<' || c == '(':
			depth++
		case (c == '>' || c == ')') && depth > 0:
			depth--
		case c == ':' && depth == 0:
			return i, 1
		case c == 0xEF && strings.HasPrefix(s[i:], "："):
			return i, len("：")
		}
	}
	return -1, 0
}

// nameFirst reads heads that begin with their name: the first place from which a time fills the rest of the
// head.
func nameFirst(s, raw string) (h head) {
	for i := 1; i < len(s); i++ {
		c, before := s[i], s[i-1]
		if before != ' ' && before != '[' && before != '(' && before != 0x88 && before != 0x90 && before != ')' && before != 0x89 && before != '>' { // 0x88, 0x90, 0x89 end （ 【 ）
			continue
		}
		if !(c >= '0' && c <= '9') && c < 0x80 && (c|0x20 < 'a' || c|0x20 > 'z') {
			continue
		}
		if !utf8.RuneStart(c) {
			continue
		}
		st, n := scanStamp(s[i:])
		if n == 0 || !st.clock {
			continue
		}
		name, rest := strings.TrimRight(s[:i], " "), s[i+n:]
		bracket := false
		for _, b := range [...][2]string{{"[", "]"}, {"(", ")"}, {"（", "）"}, {"【", "】"}} {
			if inner, ok := strings.CutSuffix(name, b[0]); ok {
				if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " "), b[1]); !ok {
					return head{}
				}
				name, bracket = strings.TrimRight(inner, " "), true
				break
			}
		}
		if bare := strings.TrimRight(name, ",，|·•-–— "); bare != "" && bare != name && strings.HasSuffix(strings.TrimRight(name, ",，|·•-–—"), " ") || strings.HasSuffix(name, ",") || strings.HasSuffix(name, "，") {
			name = bare
		}
		tail := strings.TrimLeft(rest, " ")
		h.at = st
		switch {
		case tail == "" || unread(tail) || tail == "(已编辑)" || tail == "已编辑":
			if len(raw) > len(s) {
				return head{}
			}
			h.form = nameStamp
		case strings.HasPrefix(tail, ":") || strings.HasPrefix(tail, "："):
			_, w := colon(tail)
			h.form = nameSays
			h.body = strings.TrimSpace(raw[len(s)-len(tail)+w:])
			if h.body == "" {
				h.form = nameStamp
			}
		case bracket && tail != rest && !strings.ContainsAny(name, " "):
			h.form = nameSays
			h.body = strings.TrimSpace(raw[len(s)-len(tail):])
		case tail != rest && !strings.ContainsAny(name, " ") && runeCount(name, 12) <= 12 && len(tail) > 0:
			h.form = nameThen
			h.body = strings.TrimSpace(raw[len(s)-len(tail):])
		default:
			continue
		}
		if bare := strings.TrimRight(name, ":： "); bare != "" {
			name = bare
		}
		if !h.setName(name) {
			return head{}
		}
		return h
	}
	return head{}
}

// colonHead reads 张三: and 张三: 好的.
func colonHead(s, raw string) (h head) {
	if len(s) > 100 {
		cut := 100
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	c, w := colon(s)
	if c <= 0 || strings.HasPrefix(s[c:], "://") || inClock(s, c, w) {
		return head{}
	}
	name := spoken(strings.TrimSpace(s[:c]))
	if strings.HasPrefix(name, "[") || strings.HasPrefix(name, "「") || strings.HasPrefix(name, "【") && strings.HasSuffix(name, "】") || !mayLabelOrSpeaker(name) || !h.setName(name) {
		return head{}
	}
	h.body = strings.TrimSpace(raw[c+w:])
	h.form = nameText
	if h.body == "" {
		h.form = nameColon
	}
	h.shape = uint16(h.form)
	return h
}

// inClock tells the colon of 10:23 from one behind a name.
func inClock(s string, c, w int) bool {
	return s[c-1] >= '0' && s[c-1] <= '9' && c+w < len(s) && s[c+w] >= '0' && s[c+w] <= '9'
}

func mayLabelOrSpeaker(s string) bool { return speakers[s] != "" || openLabels[s] || mayLabel(s) }
