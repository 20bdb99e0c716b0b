package chatlog

import "strings"

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

// guessLayout finds the columns of a table without headings: a time in nearly every row, a short name that
// comes back, and a content.
func guessLayout(sample [][]string, o Options) (l layout, ok bool) {
	if len(sample) < 2 {
		return l, false
	}
	l.width = len(sample[0])
	for _, row := range sample {
		l.width = min(l.width, len(row))
	}
	if l.width < 3 || l.width > 20 {
		return l, false
	}
	for c := range l.at {
		l.at[c] = -1
	}
	cal := newCalendar(o.Now)
	longest := 0
	for i := range l.width {
		times, names, length := 0, map[string]int{}, 0
		for _, row := range sample {
			cell := plain(row[i])
			if strings.ContainsAny(cell, ":：") && instant(cell, cal) != nil {
				times++
			}
			if mayBeName(cell) && runeCount(cell, 20) <= 20 {
				names[cell]++
			}
			length += len(cell)
		}
		repeated := 0
		for _, n := range names {
			if n > 1 {
				repeated += n
			}
		}
		switch {
		case times*5 >= len(sample)*4:
			if l.at[colTime] < 0 {
				l.at[colTime], l.times = i, []int{i}
			}
		case l.at[colSender] < 0 && len(names) > 0 && (repeated*2 >= len(sample) || len(sample) <= 3 && len(names) <= 3 && i < l.width-1):
			l.at[colSender], l.senders = i, []int{i}
		case length > longest:
			l.at[colText], longest = i, length
		}
	}
	return l, l.at[colTime] >= 0 && l.at[colSender] >= 0 && l.at[colText] >= 0
}
