package chatlog

import (
	"html"
	"strings"
	"time"
)

// rows reads the rows of a table below its headings.
type rows struct {
	draft
	layout
	cal *calendar
}

func (r *rows) cell(row []string, c column) string {
	i := r.at[c]
	if i < 0 || i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

// row reads one message.
func (r *rows) row(row []string) {
	l := Line{Kind: Text}
	var self bool
	for _, i := range r.senders {
		if i < len(row) {
			if l.Sender, self = cleanName(row[i]); l.Sender != "" {
				break
			}
		}
	}
	l.At = r.time(row)
	l.Side = r.side(row, self)
	text := strings.TrimSpace(unifyBreaks(r.cell(row, colText)))
	kind, code := rowKind(r.cell(row, colKind), r.cell(row, colSub))
	switch {
	case code && strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">"):
		l.Kind = kind
		takeXML(&l, text)
	case kind == Text || kind == "":
		takeRaw(&l, text)
	default:
		l.Kind = kind
		l.Text = bareText(kind, text)
		if (kind == System || kind == Recall) && text != "" {
			if k, ok := notice(text); ok {
				l.Kind = k
			}
		}
	}
	if f := r.cell(row, colFile); f != "" && (l.Kind == File || l.Text == "") {
		if l.Text == "" {
			l.Text = f
		}
		if l.Kind == Text {
			l.Kind = File
		}
	}
	if q := r.cell(row, colQuote); q != "" && l.Quote == "" {
		l.Quote = q
	}
	if l.Kind == Text && l.Text == "" {
		return
	}
	if l.Kind == System && (l.Sender == "系统" || l.Sender == "系统消息" || strings.EqualFold(l.Sender, "system")) {
		l.Sender = ""
	}
	if len(r.lines) >= maxLines {
		r.warn(WarnMany)
		r.lines[len(r.lines)-1].Text += "\n" + l.Text
		return
	}
	r.lines = append(r.lines, l)
}

func takeRaw(l *Line, text string) {
	l.Text = text
	takeQuote(l)
	l.Kind, l.Text = classify(l.Text)
}

// bareText is what a message of that kind says beside its placeholder.
func bareText(kind Kind, text string) string {
	if k, inner := classify(text); k == kind {
		return inner
	}
	if word, rest, ok := bracketed(text); ok {
		if _, known := placeholders[strings.ToLower(word)]; known {
			_, inner := withRest(kind, text, rest)
			return inner
		}
	}
	if kind == Image || kind == Voice || kind == Video {
		if looksLikePath(text) && kind != Voice {
			return text
		}
		if kind == Voice {
			_, inner := withRest(kind, text, text)
			return inner
		}
	}
	return text
}

func looksLikePath(s string) bool { return strings.ContainsAny(s, "./\\") && !strings.Contains(s, " ") }

func (r *rows) time(row []string) *time.Time {
	if r.at[colDate] >= 0 && r.at[colClock] >= 0 {
		if t := instant(r.cell(row, colDate)+" "+r.cell(row, colClock), r.cal); t != nil {
			return t
		}
	}
	for _, i := range r.times {
		if i < len(row) {
			if t := instant(plain(row[i]), r.cal); t != nil {
				return t
			}
		}
	}
	if s := r.cell(row, colDate); s != "" {
		return instant(s, r.cal)
	}
	return nil
}

// side is what the table itself says about whose the message is.
func (r *rows) side(row []string, self bool) Side {
	if self {
		return Us
	}
	switch strings.ToLower(r.cell(row, colSelf)) {
	case "1", "true", "是", "yes", "y", "发送", "发出", "send", "sent", "out", "outgoing", "我方":
		return Us
	case "0", "false", "否", "no", "n", "接收", "收到", "receive", "received", "in", "incoming", "客户":
		return Customer
	}
	return ""
}

// rowKind reads a type: WeChat's number or a word. code is true for a number.
func rowKind(s, sub string) (k Kind, code bool) {
	s = strings.ToLower(strings.Trim(s, "[]【】 "))
	switch s {
	case "":
		return "", false
	case "1":
		return Text, true
	case "3", "47":
		return Image, true
	case "34":
		return Voice, true
	case "43", "62":
		return Video, true
	case "42", "66":
		return Card, true
	case "48":
		return Location, true
	case "49":
		switch sub {
		case "6", "8", "74":
			return File, true
		case "19", "40":
			return Nested, true
		case "1", "57", "2000", "2001":
			return Text, true
		}
		return Link, true
	case "10000", "50", "10001":
		return System, true
	case "10002":
		return Recall, true
	case "文本", "文字", "text", "普通消息", "消息", "文本消息", "文字消息", "引用", "引用消息", "回复", "quote", "txt", "plain", "string":
		return Text, false
	case "系统", "系统消息", "system", "通知", "提示", "系统通知", "拍一拍", "notice", "sys", "系统提示":
		return System, false
	case "撤回", "撤回消息", "recall", "revoke", "已撤回", "recalled", "消息撤回":
		return Recall, false
	}
	for _, tail := range [...]string{"", "消息"} {
		if k, ok := placeholders[strings.TrimSuffix(s, tail)]; ok {
			return k, false
		}
	}
	return "", false
}

// takeXML reads the XML that WeChat keeps for what is not plain text.
func takeXML(l *Line, s string) {
	switch l.Kind {
	case Location:
		l.Text = place(map[string]any{"name": attribute(s, "poiname"), "address": attribute(s, "label")})
	case Card:
		l.Text = attribute(s, "nickname")
	case System, Recall:
		l.Text = firstOf(tagText(s, "content"), tagText(s, "replacemsg"), tagText(s, "plain"))
	default:
		l.Text = tagText(s, "title")
	}
	if _, quoted, ok := strings.Cut(s, "<refermsg>"); ok {
		l.Quote = tagText(quoted, "content")
		if who := tagText(quoted, "displayname"); who != "" && l.Quote != "" {
			l.Quote = who + ": " + l.Quote
		}
	}
}

// attribute is the value of the first attribute of that name in XML.
func attribute(s, name string) string {
	_, rest, ok := strings.Cut(s, " "+name+"=\"")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, "\"")
	return html.UnescapeString(value)
}

// tagText is the text of the first <tag> in the XML that WeChat keeps for links and files.
func tagText(s, tag string) string {
	_, rest, ok := strings.Cut(s, "<"+tag+">")
	if !ok {
		return ""
	}
	inner, _, ok := strings.Cut(rest, "</"+tag+">")
	if !ok {
		return ""
	}
	inner = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(inner), "<![CDATA["), "]]>")
	return html.UnescapeString(strings.TrimSpace(inner))
}
