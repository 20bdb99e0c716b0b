package chatlog

import "strings"

// takeQuote moves the earlier message that a line answers out of its text.
func takeQuote(l *Line) {
	if l.Text == "" || (l.Kind != Text && l.Kind != "") {
		return
	}
	if q, rest, ok := splitQuote(l.Text); ok {
		l.Quote, l.Text = q, rest
	}
}

// maxQuote is how long, in bytes, a message may be that quotes another.
const maxQuote = 20_000

// splitQuote knows the ways in which clients print a quote: in brackets above a rule, behind 引用, behind >.
func splitQuote(s string) (quote, rest string, ok bool) {
	if len(s) > maxQuote { // a quote stands at the beginning
		return "", s, false
	}
	for _, b := range [...][2]string{{"「", "」"}, {"“", "”"}, {"\"", "\""}, {"『", "』"}} {
		if !strings.HasPrefix(s, b[0]) {
			continue
		}
		end := 0
		for { // the bracket that a rule follows: the quote may hold brackets itself
			i := strings.Index(s[len(b[0])+end:], b[1])
			if i < 0 {
				break
			}
			at := len(b[0]) + end + i
			if after, ruled := afterRule(s[at+len(b[1]):]); ruled {
				return strings.TrimSpace(s[len(b[0]):at]), after, after != ""
			}
			end += i + len(b[1])
		}
	}
	first, more, _ := strings.Cut(s, "\n")
	if strings.HasPrefix(first, ">") {
		var q, body []string
		for line := range strings.SplitSeq(s, "\n") {
			if x, quoted := strings.CutPrefix(line, ">"); quoted && len(body) == 0 {
				x = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(x), "[引用]"))
				if h := stampedName(x); h != "" && len(q) == 0 {
					x = h + ":"
				}
				q = append(q, x)
			} else {
				body = append(body, line)
			}
		}
		rest = strings.TrimSpace(strings.Join(body, "\n"))
		return strings.TrimSpace(strings.Join(q, "\n")), rest, rest != ""
	}
	if after, ruled := afterRule("\n" + more); ruled && after != "" && more != "" { // 张三: 报价多少 above a rule
		if c, _ := colon(first); c > 0 && mayBeName(strings.TrimSpace(first[:c])) {
			return first, after, true
		}
	}
	for _, p := range [...]string{"引用:", "引用：", "[引用]", "【引用】", "[引用:", "[引用：", "引用 ", "回复 ", "回复："} {
		if q, found := strings.CutPrefix(first, p); found && more != "" {
			if strings.HasPrefix(p, "[引用:") || strings.HasPrefix(p, "[引用：") {
				q = strings.TrimSuffix(strings.TrimSpace(q), "]")
			}
			if c, _ := colon(q); strings.HasPrefix(p, "回复") && c <= 0 {
				continue
			}
			more = strings.TrimSpace(more)
			if after, ruled := afterRule("\n" + more); ruled {
				more = after
			}
			return strings.TrimSpace(q), more, more != ""
		}
	}
	if i := lastQuoteLine(s); i >= 0 {
		q := s[i:]
		for _, p := range [...]string{"引用:", "引用：", "[引用]", "【引用】"} {
			q = strings.TrimPrefix(q, p)
		}
		return strings.TrimSpace(q), strings.TrimSpace(s[:i]), true
	}
	return "", s, false
}

// stampedName is the name of a head with name and time, "" when s is none.
func stampedName(s string) string {
	if h := readHead(plain(s)); h.form == nameStamp {
		return h.name
	}
	return ""
}

// lastQuoteLine is where a quote begins that follows its answer, -1 without.
func lastQuoteLine(s string) int {
	for _, p := range [...]string{"\n引用:", "\n引用：", "\n[引用]", "\n【引用】"} {
		if i := strings.Index(s, p); i > 0 {
			return i + 1
		}
	}
	return -1
}

// afterRule is what follows a rule of dashes that begins on the next line.
func afterRule(s string) (rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, "\n") {
		return "", false
	}
	line, rest, _ := strings.Cut(strings.TrimLeft(s, "\n "), "\n")
	line = strings.TrimSpace(line)
	if strings.Trim(line, "-—─━=－ ") != "" || strings.Count(line, "-")+strings.Count(line, "—")+strings.Count(line, "─")+strings.Count(line, "━")+strings.Count(line, "－")+strings.Count(line, "=") < 3 {
		return "", false
	}
	return strings.TrimSpace(rest), true
}
