package chatlog

import (
	"strings"
	"time"
)

// column is what a column of a table holds.
type column uint8

const (
	noColumn column = iota
	colTime
	colDate
	colClock
	colSender
	colKind
	colSub
	colText
	colSelf
	colFile
	colQuote
	columns
)

// headings are the names of columns in the exports of the known tools, folded, without blanks, _ and -. Of several columns of
// one meaning the first in this order counts: a name that people read before an account.
var headings = map[column][]string{
	colTime: {"时间", "发送时间", "消息时间", "日期时间", "聊天时间", "发言时间", "创建时间", "strtime", "time", "datetime", "sendtime", "sentat", "msgtime", "messagetime", "timestamp",
		"createdat", "date&time", "createtime", "时间戳", "发送日期时间", "会话时间", "记录时间", "senttime"},
	colDate:  {"日期", "发送日期", "date", "day"},
	colClock: {"时刻", "钟点", "clock"},
	colSender: {"发送人", "发送者", "发言人", "发送方", "说话人", "发信人", "消息发送人", "发送人昵称", "昵称", "备注", "姓名", "联系人", "用户", "成员", "客户/客服", "角色", "remark", "nickname", "sendername", "displayname",
		"sendernick", "sender", "name", "from", "fromname", "fromuser", "speaker", "author", "user", "username", "talker", "talkername", "who", "发送人账号", "发送人id", "senderid", "wxid", "role"},
	colKind:  {"消息类型", "类型", "种类", "内容类型", "typename", "msgtype", "messagetype", "type", "contenttype", "kind"},
	colSub:   {"subtype", "子类型"},
	colText:  {"内容", "消息内容", "消息", "聊天内容", "文本", "正文", "发送内容", "strcontent", "content", "message", "msg", "text", "messagecontent", "msgcontent", "body"},
	colSelf:  {"issender", "issend", "isself", "是否自己", "是否本人", "本人发送", "ismine", "fromme", "方向", "direction", "收发", "发送/接收"},
	colFile:  {"文件名", "附件", "filename", "file", "attachment"},
	colQuote: {"引用", "引用内容", "quote", "reply", "回复"},
}

// layout is where the columns of a table stand.
type layout struct {
	at      [columns]int // index of the column, -1 without
	senders []int        // other columns with names, best first
	times   []int
	width   int
}

// readHeadings recognises a row of headings: one with the content and at least one other column.
func readHeadings(row []string) (l layout, ok bool) {
	l.width = len(row)
	rank := [columns]int{}
	for c := range l.at {
		l.at[c] = -1
	}
	type found struct{ rank, index int }
	var senders, times []found
	for i, cell := range row {
		key := strings.NewReplacer(" ", "", "_", "", "-", "", "*", "").Replace(strings.ToLower(strings.Trim(plain(cell), "\"'：:")))
		if runeCount(key, 16) > 16 {
			continue
		}
		for c, list := range headings {
			for r, h := range list {
				if key != h {
					continue
				}
				if l.at[c] < 0 || r < rank[c] {
					l.at[c], rank[c] = i, r
				}
				switch c {
				case colSender:
					senders = append(senders, found{r, i})
				case colTime:
					times = append(times, found{r, i})
				}
				break
			}
		}
	}
	order := func(fs []found) (out []int) {
		for len(fs) > 0 {
			best := 0
			for i := range fs {
				if fs[i].rank < fs[best].rank {
					best = i
				}
			}
			out = append(out, fs[best].index)
			fs = append(fs[:best], fs[best+1:]...)
		}
		return out
	}
	l.senders, l.times = order(senders), order(times)
	if l.at[colTime] >= 0 && l.at[colDate] >= 0 && l.at[colClock] < 0 { // 日期, 时间
		l.at[colClock] = l.at[colTime]
	}
	return l, l.at[colText] >= 0 && (l.at[colSender] >= 0 || l.at[colTime] >= 0 || l.at[colDate] >= 0)
}

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
	case kind == "" && text != "":
		takeRaw(&l, text)
	case kind == Text || kind == "":
		l.Text = text
		takeRaw(&l, text)
	default:
		l.Kind = kind
		l.Text = bareText(kind, text)
		if strings.HasPrefix(text, "<") && code {
			l.Text = tagText(text, "title")
		}
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
	return strings.TrimSpace(inner)
}
