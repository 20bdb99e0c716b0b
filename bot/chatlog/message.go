package chatlog

import (
	"strings"
)

// read goes through the lines and gathers messages.
func (p *paste) read() {
	for i := range p.in {
		t := &p.in[i]
		h := t.head
		switch {
		case p.believed[i]:
			p.flush()
			p.begin(h)
		case h.form == stampAlone && p.separator(i):
			p.flush()
			p.between(h)
		case t.plain == "":
			if p.open && len(p.body) > 0 {
				p.body = append(p.body, "")
			}
		case unread(t.plain) && p.open && len(p.body) > 0:
		default:
			p.other(t)
		}
	}
	p.flush()
	p.notAhead()
}

// notAhead moves a record without any date that passed midnight back by a day when it would otherwise end
// after the moment of reading.
func (p *paste) notAhead() {
	if p.cal.dated || !p.cal.rolled || !p.cal.prev.After(p.cal.now) {
		return
	}
	for i := range p.lines {
		if at := p.lines[i].At; at != nil {
			p.lines[i].At = moment(at.AddDate(0, 0, -1))
		}
	}
}

// begin opens a message.
func (p *paste) begin(h *head) {
	p.cur = Line{Sender: h.name, Kind: Text}
	if h.self {
		p.cur.Side = Us
	}
	switch {
	case h.timed() || h.form == nameThen:
		p.cur.At = moment(p.cal.at(h.at))
	case p.label != nil:
		p.cur.At = moment(p.cal.at(*p.label))
	}
	p.open, p.body = true, nil
	if h.body != "" {
		p.body = append(p.body, h.body)
	}
}

// separator tells a time between messages from a message that is a time.
func (p *paste) separator(i int) bool {
	if p.open && len(p.body) == 0 { // the only line of a message
		return false
	}
	h := p.in[i].head
	if ruled := strings.Trim(p.in[i].plain, rules) != p.in[i].plain; h.body == "" && !ruled && p.open {
		if p.dated || p.clocked && h.at.clock { // a message that ends with a date
			return false
		}
		if day, ok := p.cal.day(h.at); ok && day.After(p.cal.now) || ok && h.at.year > 0 && day.Before(p.cal.last) {
			return false
		}
	}
	if h.body != "" || !h.at.clock {
		return true
	}
	next := i + 1
	for next < len(p.in) && p.in[next].plain == "" {
		next++
	}
	return next < len(p.in) && (p.believed[next] || p.in[next].head.form == stampAlone) || !p.open || i > 0 && p.in[i-1].plain == ""
}

// between notes a time between messages, and what the client wrote behind it.
func (p *paste) between(h *head) {
	if h.at.clock {
		if h.body != "" {
			p.system(h.body, &h.at)
			return
		}
		st := h.at
		if st.date {
			p.cal.see(st)
		}
		p.label = &st
		return
	}
	p.cal.see(h.at)
	p.label = nil
}

// other is a line that is no head: part of a message, a notice of the client, or the record's title.
func (p *paste) other(t *textLine) {
	if k, ok := notice(t.plain); ok && (!p.open || len(p.body) > 0 || k == Recall) {
		keep, at := p.open && len(p.body) == 0, p.cur
		p.flush()
		p.system(t.plain, nil)
		if keep { // the head of a message that was taken back
			p.lines[len(p.lines)-1].At = at.At
			if p.lines[len(p.lines)-1].Sender == "" {
				p.lines[len(p.lines)-1].Sender = at.Sender
			}
		}
		return
	}
	if p.open {
		p.body = append(p.body, p.clean(t))
		return
	}
	if len(p.lines) == 0 || p.messages == 0 {
		p.preface(t.plain)
		return
	}
	// words behind a notice, without a head: they belong to nobody that is named
	last := &p.lines[len(p.lines)-1]
	if last.Kind == Text && last.Sender == "" {
		last.Text += "\n" + t.plain
		return
	}
	p.add(Line{Kind: Text, Text: t.plain})
}

// clean is the line as the message has it.
func (p *paste) clean(t *textLine) string { return strings.TrimRight(t.raw, " \t\u00a0\u3000") }

// preface reads what stands above the first message: the title, or what the forwarder says about the record.
func (p *paste) preface(s string) {
	if strings.Trim(s, rules) == "" {
		return
	}
	if strings.HasPrefix(s, "消息记录（") || strings.HasPrefix(s, "消息记录(") || strings.HasPrefix(s, "消息分组:") || strings.HasPrefix(s, "消息分组：") {
		return
	}
	for _, key := range [...]string{"消息对象:", "消息对象：", "会话:", "会话：", "群聊:", "群聊：", "聊天对象:", "聊天对象："} {
		if rest, ok := strings.CutPrefix(s, key); ok {
			p.title = strings.TrimSpace(rest)
			return
		}
	}
	if p.title == "" && strings.Contains(s, "聊天记录") && runeCount(s, 60) <= 60 && !strings.ContainsAny(s, "，。,！？") {
		p.title = strings.Trim(s, rules+":：#【】[]《》")
		return
	}
	p.add(Line{Kind: System, Text: s})
}

// system keeps a line of the client's own.
func (p *paste) system(s string, at *stamp) {
	k, ok := notice(s)
	if !ok {
		k = System
	}
	l := Line{Kind: k, Text: s}
	if at != nil {
		l.At = moment(p.cal.at(*at))
	}
	if k == Recall {
		var self bool
		if l.Sender, self = recaller(s); self {
			l.Side = Us
		}
	}
	p.add(l)
}

func (p *paste) add(l Line) {
	if len(p.lines) >= maxLines {
		p.warn(WarnMany)
		last := &p.lines[len(p.lines)-1]
		last.Text += "\n" + l.Text
		return
	}
	p.lines = append(p.lines, l)
}

// flush closes the message that is being read.
func (p *paste) flush() {
	if !p.open {
		return
	}
	p.open = false
	text := strings.Trim(strings.Join(p.body, "\n"), "\n")
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	l := p.cur
	l.Text = text
	takeQuote(&l)
	l.Kind, l.Text = classify(l.Text)
	if l.Sender == "系统消息" || l.Sender == "系统" || l.Sender == "系统提示" || l.Sender == "10000" {
		if l.Kind != Recall {
			l.Kind = System
		}
		l.Sender = ""
	}
	p.messages++
	p.add(l)
}
