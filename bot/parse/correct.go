package parse

import (
	"time"

	"gendan/templates"
)

// epoch is a moment for questions whose answer does not depend on it.
var epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// corrections open a message that replaces part of what was said before.
var corrections = []string{"不对不对", "不对", "不是", "错了", "说错了", "搞错了", "应该是", "应该", "还是", "改回", "改成", "改为", "改到", "调成", "调到", "调整为", "定为", "换成", "是", "更正", "更正一下", "纠正一下", "哦不", "等等", "我是说", "我说的是", "刚才说错了", "写错了", "弄错了", "改一下", "改"}

// Correction reads a message such as 「不对,是35万」 or 「改成周四」 as new values for parameters of the action
// said before. It reports false when the message corrects nothing that the action has or may have.
func Correction(text string, before Action, now time.Time, pack *templates.Pack) (Action, *Problem, bool) {
	v := compiled(pack)
	s := newScan(newLine(text), now, v)
	i, opened := 0, false
	for i < len(s.norm) {
		if isEdge(s.norm[i]) {
			i++
			continue
		}
		if n := s.anyAt(i, corrections...); n > 0 {
			i += n
			opened = true
			continue
		}
		break
	}
	_, j := s.trim(0, len(s.norm))
	if !opened || i >= j {
		return before, nil, false
	}
	f := &frame{scan: s, action: before.Name, hit: hit{phrase: -1}, used: make([]bool, len(s.norm)+1), params: map[string]any{}, parts: []*clause{s.clause(i, j)}}
	out := Action{Name: before.Name, Params: make(map[string]any, len(before.Params)+1)}
	for k, p := range before.Params {
		out.Params[k] = p
	}
	param := f.corrects(before, i, j)
	if param == "" {
		return before, nil, false
	}
	if len(f.bad) > 0 {
		return out, &f.bad[0], true
	}
	value, ok := f.params[param]
	if !ok {
		return before, nil, false
	}
	if w, old := timeOf(f), before.Params[param]; w != nil && param == "at" && old != nil {
		value = keepClock(*w, old, value, now)
	}
	out.Params[param] = value
	return out, nil, true
}

// corrects chooses the parameter that [i,j) replaces, by its shape, and reads it.
func (f *frame) corrects(before Action, i, j int) string {
	has := func(name string) bool { _, ok := before.Params[name]; return ok }
	try := func(names ...string) string {
		for _, n := range names {
			if has(n) || n == names[len(names)-1] && allows(before.Name, n) {
				f.answer(n, i, j)
				if _, ok := f.params[n]; ok || len(f.bad) > 0 {
					return n
				}
			}
		}
		return ""
	}
	switch {
	case len(f.find('T')) > 0:
		return try("at", "next_at", "due", "close_date", "birthday")
	case len(f.find('P')) > 0:
		return try("phone")
	case len(f.find('M')) > 0:
		return try("amount")
	}
	if has("stage") || before.Name == "deal.update" {
		if f.stage(true) {
			return "stage"
		}
	}
	if _, ok := Amount(f.said(i, j)); ok && has("amount") {
		return try("amount")
	}
	if e := f.person(i, j); e == j {
		if p := try("owner", "assignee", "to", "contact"); p != "" {
			return p
		}
	}
	for _, n := range []string{"customer", "owner", "assignee", "company", "contact"} {
		if has(n) {
			return try(n)
		}
	}
	return ""
}

// allows reports whether an action that did not have the parameter may get it by a correction.
func allows(action, param string) bool {
	switch param {
	case "amount":
		return action == "deal.create" || action == "deal.update" || action == "deal.win" || action == "order.create"
	case "phone":
		return action == "lead.create" || action == "customer.create" || action == "contact.create"
	case "birthday":
		return action == "contact.create"
	}
	return false
}

func timeOf(f *frame) *Time {
	for _, sp := range f.spans {
		if sp.kind == 'T' {
			return sp.when
		}
	}
	return nil
}

// keepClock moves the old instant to the new day when only a day was said (改成周四 keeps 15:00), and keeps
// the old day when only a clock time was.
func keepClock(w Time, old, value any, now time.Time) any {
	o, err1 := time.Parse(time.RFC3339, old.(string))
	n, err2 := time.Parse(time.RFC3339, value.(string))
	if err1 != nil || err2 != nil {
		return value
	}
	o = o.In(now.Location())
	switch {
	case w.Grain == Day && w.Hour < 0 && w.Part == "":
		at := time.Date(n.Year(), n.Month(), n.Day(), o.Hour(), o.Minute(), 0, 0, now.Location())
		return at.Format(time.RFC3339)
	case w.Grain == NoGrain:
		at := time.Date(o.Year(), o.Month(), o.Day(), n.Hour(), n.Minute(), 0, 0, now.Location())
		return at.Format(time.RFC3339)
	}
	return value
}
