package parse

import (
	"slices"
	"strconv"
	"time"

	"gendan/templates"
)

// When reads the first time in text as said at now: 明天10点, 下周三, 月底.
func When(text string, now time.Time) (Time, bool) {
	c := &clockwork{line: newLine(text), now: now}
	for i := range c.norm {
		if c.norm[i] == ' ' {
			continue
		}
		if w := c.when(i); w != nil && w.end > i {
			return *w, true
		}
	}
	return Time{}, false
}

// WhenFirst reads the time that text begins with, as said at now, and what follows it: 明天下午给王总打电话.
func WhenFirst(text string, now time.Time) (w Time, rest string, ok bool) {
	c := &clockwork{line: newLine(text), now: now}
	if first := c.when(0); first != nil && first.end > 0 {
		return *first, string(c.orig[first.end:]), true
	}
	return Time{}, text, false
}

// Amount reads the first amount of money in text, with or without a unit: 38万, ￥12,800, 380000. Vague is
// set when it is none that can be written down.
func Amount(text string) (Money, bool) {
	l := newLine(text)
	var plain Money
	found := false
	for i := 0; i < len(l.norm); i++ {
		m, ok := l.money(i)
		if !ok {
			continue
		}
		if m.Unit || m.Vague != "" {
			return m, true
		}
		if !found {
			plain, found = m, true
		}
		i = m.end - 1
	}
	return plain, found
}

// Phone reads the first telephone number in text. Bad is set when a digit is missing or too many.
func Phone(text string) (PhoneNumber, bool) {
	l := newLine(text)
	for i := range l.norm {
		if p, ok := l.phone(i); ok {
			return p, true
		}
	}
	return PhoneNumber{}, false
}

// Fill reads text, a bare answer such as 云帆, 明天10点, 38万 or 王强, as the value of the parameter that the
// action misses. It returns the action with the value and reports whether text could be one; a problem says
// what is impossible about it.
func Fill(a Action, missing, text string, now time.Time, pack *templates.Pack) (Action, *Problem, bool) {
	v := compiled(pack)
	s := newScan(newLine(text), now, v)
	out := Action{Name: a.Name, Params: make(map[string]any, len(a.Params)+1)}
	for k, p := range a.Params {
		out.Params[k] = p
	}
	f := &frame{scan: s, action: a.Name, hit: hit{phrase: -1}, used: make([]bool, len(s.norm)+1), params: map[string]any{}}
	i, j := s.trim(0, len(s.norm))
	if i >= j {
		return a, nil, false
	}
	f.parts = []*clause{s.clause(i, j)}
	f.answer(missing, i, j)
	if len(f.bad) > 0 {
		return out, &f.bad[0], true
	}
	if len(f.params) == 0 {
		return a, nil, false
	}
	for k, p := range f.params { // a customer may answer for a record, and a record for a customer
		out.Params[k] = p
	}
	return out, nil, true
}

// answer reads [i,j) as the value of one parameter.
func (f *frame) answer(missing string, i, j int) {
	switch missing {
	case "at", "next_at", "due", "close_date", "birthday":
		f.answerTime(missing)
	case "amount":
		if !f.money("amount") && len(f.bad) == 0 {
			if m, ok := Amount(f.said(i, j)); ok && len(f.find('T')) == 0 { // 下周二 tells no 2
				if m.Vague != "" {
					f.problem(BadAmount, missing, f.said(i, j), m.Vague)
					return
				}
				f.set("amount", yuan(m.Yuan))
			}
		}
	case "points", "quantity":
		for k := i; k < j; k++ {
			if v, e, _ := f.number(k); e > k && !f.timed(k) {
				if k > i && (f.norm[k-1] == '-' || f.norm[k-1] == '减' || f.norm[k-1] == '扣') {
					v = -v
				}
				f.set(missing, yuan(v))
				return
			}
		}
	case "phone":
		f.phone()
	case "owner", "assignee", "to":
		k := f.skip(i, j)
		if n := f.anyAt(k, toWords...); n > 0 {
			k = f.skip(k+n, j)
		}
		if who, e := f.colleague(k, j); who != "" && e > k {
			f.set(missing, who)
		}
	case "lead", "deal", "ticket", "reminder", "approval":
		if f.id(missing) {
			return
		}
		if n, err := strconv.Atoi(string(f.norm[i:j])); err == nil && n > 0 {
			f.set(missing, int64(n))
			return
		}
		f.customerAt("customer", i, j)
	case "customer", "into":
		if f.id(recordOf[f.action]) && recordOf[f.action] != "" {
			return
		}
		if !f.customerAt(missing, i, j) {
			f.takeName(missing, i, j)
		}
	case "tags":
		f.tags(i, j)
	case "stage":
		f.stage(true)
	case "level":
		if name, _, _ := f.lookup("level"); name != "" {
			f.set("level", name)
		}
	case "filter":
		if filter := f.filter(); len(filter) > 0 {
			f.set("filter", filter)
		} else if f.customerAt("customer", i, j) {
			return
		}
	default:
		f.set(missing, f.said(i, j))
	}
}

// timed reports whether k stands in a time that was recognised.
func (f *frame) timed(k int) bool {
	return slices.ContainsFunc(f.find('T'), func(sp *span) bool { return sp.i <= k && k < sp.j })
}

func (f *frame) answerTime(missing string) {
	for _, sp := range f.find('T') {
		if f.badDate(missing, sp) {
			return
		}
		switch missing {
		case "at", "next_at":
			w := *sp.when
			w.settle(f.now, false)
			at := w.Instant(f.now, false)
			if !at.After(f.now) {
				f.problem(PastTime, missing, f.said(sp.i, sp.j), "「"+f.said(sp.i, sp.j)+"」已经过了，请换一个将来的时间，例如「明天上午10点」")
				return
			}
			f.set(missing, at.Format(time.RFC3339))
			if w.Repeat != "" && f.action == "reminder.create" {
				f.set("repeat", w.Repeat)
			}
		case "birthday":
			form := "01-02"
			if !sp.when.NoYear {
				form = "2006-01-02"
			}
			f.set(missing, sp.when.From.Format(form))
		default:
			f.set(missing, f.date(sp.when, false))
		}
		return
	}
}
