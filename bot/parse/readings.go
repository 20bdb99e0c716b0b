package parse

import (
	"math"
	"slices"
	"strings"
)

// A message of several orders can be read in several ways: as the phrases cut it, with one order less (想把外卖和堂食会员合并 is what the customer
// wants, and no order to merge anybody), or in two or three parts, each read by itself. The likeliest reading is taken; what speaks for one is
// learned (readingSigns).

// said is what the part of a message before the one that is read has named: it carries over (reading rule 1).
type said struct {
	customer  string
	colleague string
	records   map[string]int
	period    any // of a report
	filter    any // the customers that something was sent to or that were searched, in the order before
}

// reading is one of the ways to read a message.
type reading struct {
	scan   *scan // nil where the message was read in parts
	frames []*frame
	result Result
	cuts   []int
	joined bool
	score  float64
}

// joinBelow is the confidence beneath which readings with one order less are tried.
const joinBelow = 0.8

// likeliest gives the likeliest reading of the message, which the phrases read as whole.
func (m message) likeliest(l *line, whole reading) reading {
	s := whole.scan
	if !judged(whole.frames) {
		return whole
	}
	cuts := s.cuts()
	if s.moody || s.negated { // a part of 等云帆签了再给他建合同 does not know that it supposes
		cuts = nil
	}
	joins := s.groups >= 2 && s.groups <= 5 && whole.result.Confidence < joinBelow
	if len(cuts) == 0 && !joins {
		return whole
	}
	expected := secondOpinion().of(s, s.clauses())
	whole.score = whole.likely(l, expected)
	best := whole
	try := func(r reading) {
		r.result = result(whole.result.Text, r.frames)
		if r.score = r.likely(l, expected); r.score > best.score {
			best = r
		}
	}
	if joins {
		for k := 1; k <= s.groups; k++ {
			for _, next := range []bool{false, true} {
				if k == 1 && !next || k == s.groups && next {
					continue
				}
				if part, found := m.readJoined(l, said{}, join{k, next}); len(found) > 0 && !swallowsOrder(found, whole.frames) {
					try(reading{scan: part, frames: found, joined: true})
				}
			}
		}
	}
	for _, k := range cuts {
		if frames := m.inParts(l, k); frames != nil && !torn(frames, whole.frames) {
			try(reading{frames: frames, cuts: []int{k}})
		}
	}
	if len(best.cuts) == 1 {
		first := best.cuts[0]
		for _, k := range cuts {
			at := []int{min(k, first), max(k, first)}
			if k == first {
				continue
			}
			if frames := m.inParts(l, at...); frames != nil {
				try(reading{frames: frames, cuts: at})
			}
		}
	}
	return best
}

// inParts reads each part of the message between the cuts by itself, behind what the parts before it have named; nil when one of them says
// nothing.
func (m message) inParts(l *line, cuts ...int) (all []*frame) {
	from := 0
	for _, to := range append(cuts, len(l.norm)) {
		before := said{}
		if from > 0 {
			before = leaves(all)
		}
		_, frames := m.read(l.part(from, to), before)
		if len(frames) == 0 {
			return nil
		}
		all = append(all, frames...)
		from = to
	}
	leadsAhead(all)
	return all
}

// likely is how likely the reading is beside others of the same message, in log odds.
func (r *reading) likely(l *line, expected []float64) (z float64) {
	for n, x := range r.signs(l, expected) {
		z += readingSigns[n].weight * x
	}
	return z
}

// signs gives the value of each sign of [readingSigns], and then of each of [signs].
func (r *reading) signs(l *line, expected []float64) []float64 {
	x := make([]float64, ownSigns, ownSigns+len(signs))
	x[0] = fits(expected, r.frames)
	seen := map[string]*frame{}
	unread := 0
	for _, f := range r.frames {
		x[1] += math.Log(max(0.02, f.own))
		x[2] += math.Log(max(0.02, 1-f.other))
		if f.hit.phrase < 0 {
			x[5]++
		}
		x[6] += float64(f.hit.weight)
		if _, question := Required(Action{f.action, f.params}); question != "" {
			x[7]++
		}
		unread += f.unread()
		switch first := seen[f.action]; {
		case first == nil:
			seen[f.action] = f
		case ofAnother(first, f):
			x[19]++
		default:
			x[9]++
		}
		x[20] += float64(f.ordersWithin())
	}
	x[3], x[4], x[8] = float64(len(r.frames)), float64(filled(r.frames)), float64(min(unread, 10))
	switch {
	case r.joined:
		x[11] = 1
	case len(r.cuts) == 0:
		x[10] = 1
	}
	for _, k := range r.cuts {
		x[12]++
		at := &scan{line: l}
		switch {
		case at.anyAt(k, "然后", "另外", "顺便", "顺手", "还有", "接着", "同时", "回头", "完了") > 0:
			x[13]++
		case at.anyAt(k, "再", "也", "并") > 0:
			x[14]++
		case at.anyAt(k, "给我", "帮我", "提醒") > 0:
			x[15]++
		}
		switch {
		case hardStop(l.norm[k-1]):
			x[16]++
		case l.norm[k-1] == ' ':
			x[17]++
		default:
			x[18]++
		}
	}
	if len(r.frames) == 0 {
		return append(x, make([]float64, len(signs))...)
	}
	return append(x, doubts(r.frames, r.result)...)
}

// ordersWithin counts the clauses of the frame beyond the first that order the same in words of their own.
func (f *frame) ordersWithin() (n int) {
	if swallows[f.action] {
		return 0
	}
	for _, p := range f.parts {
		for _, h := range p.hits {
			if h.action == f.action && h.weight >= 4 {
				n++
				break
			}
		}
	}
	return max(0, n-1)
}

// ofAnother reports whether two orders of one kind are of different customers, records or colleagues.
func ofAnother(f, g *frame) bool {
	for _, param := range []string{"customer", "owner", "assignee", recordOf[f.action]} {
		if a, b := f.params[param], g.params[param]; a != nil && b != nil && a != b {
			return true
		}
	}
	return false
}

// sequels are words that begin a second order of a message.
var sequels = []string{"然后", "另外", "顺便", "顺手", "还有", "接着", "同时", "回头", "完了", "再", "也", "并", "给我", "帮我", "提醒"}

// filled counts the parameters of the frames.
func filled(frames []*frame) (n int) {
	for _, f := range frames {
		n += len(f.params)
	}
	return n
}

// judged reports whether the second opinion has learned all of the frames' actions, so that it can compare readings with them.
func judged(frames []*frame) bool {
	return !slices.ContainsFunc(frames, func(f *frame) bool { return !slices.Contains(secondOpinion().actions, f.action) })
}

// fits is the log likelihood of the frames' actions, and of no others, where each is as likely as expected.
func fits(expected []float64, frames []*frame) (sum float64) {
	for n, action := range secondOpinion().actions {
		p := max(0.003, min(0.997, expected[n]))
		if !slices.ContainsFunc(frames, func(f *frame) bool { return f.action == action }) {
			p = 1 - p
		}
		sum += math.Log(p)
	}
	return sum
}

// leaves is what the frames have named.
func leaves(frames []*frame) (s said) {
	s.records = map[string]int{}
	for _, f := range frames {
		s.filter = nil
		if filter, ok := f.params["filter"]; ok && (f.action == "customer.search" || f.action == "coupon.send" || f.action == "journey.start") {
			s.filter = filter
		}
		if c := f.remains(); c != "" {
			s.customer = c
		}
		if strings.HasPrefix(f.action, "report.") {
			s.period = f.params["period"]
		}
		if record := recordOf[f.action]; record != "" && f.has(record) {
			s.records[record] = int(f.params[record].(int64))
		}
		for _, name := range []string{"owner", "assignee", "to"} {
			if p, ok := f.params[name].(string); ok && p != "me" {
				s.colleague = p
			}
		}
	}
	return s
}

// mostCuts is how many places are tried.
const mostCuts = 6

// cuts are the places where a second order may begin: behind stops and before words like 然后.
func (s *scan) cuts() (at []int) {
	for k := 3; k+3 < len(s.norm) && len(at) < mostCuts; k++ {
		if s.at[k] != nil && s.at[k] == s.at[k-1] { // 1,250,000元
			continue
		}
		if sp := s.at[k-1]; sp != nil && sp.kind == 'T' && s.anyAt(k, "也", "再") > 0 && (sp.i == 0 || hardStop(s.norm[sp.i-1])) { // 接下来两个月|也预测一下
			continue
		}
		if (hardStop(s.norm[k-1]) || s.norm[k-1] == ' ' || s.anyAt(k, sequels...) > 0 || s.callsFor(k)) && (len(at) == 0 || k-at[len(at)-1] > 2) {
			at = append(at, k)
		}
	}
	return at
}

// callsFor reports whether the order to remind begins at k: 提醒我, or a time and then 提醒我.
func (s *scan) callsFor(k int) bool {
	if sp := s.at[k]; sp != nil {
		return sp.kind == 'T' && sp.i == k && k > 5 && s.at[k-1] == nil && s.anyAt(sp.j, remindsMe...) > 0
	}
	return k > 5 && s.at[k-1] == nil && s.anyAt(k, "提醒我", "记得提醒我", "再提醒我") > 0
}

// part is the runes [i,j) as a line of its own.
func (l *line) part(i, j int) *line {
	return &line{orig: slices.Clone(l.orig[i:j]), norm: slices.Clone(l.norm[i:j])}
}

// swallowsOrder reports whether found has lost an order that all has in so many words.
func swallowsOrder(found, all []*frame) bool {
	return slices.ContainsFunc(all, func(f *frame) bool {
		ofItsOwn := recordOf[f.action] != "" && f.has(recordOf[f.action]) && f.hit.phrase >= 0 // 第一个批了，第二个打回去
		if f.hit.weight < outright && !ofItsOwn && !f.outrightOrder(&group{action: f.action, hit: f.hit, parts: f.parts}) {
			return false
		}
		return !slices.ContainsFunc(found, func(g *frame) bool { return g.action == f.action })
	})
}

// torn reports whether a cut parts a trouble from the words that order a ticket for it (…登不上去，|记一下咨询), or a gift from its
// price (换旅行枕，扣500分).
func torn(parts, all []*frame) bool {
	for n, f := range parts[1:] {
		before := parts[n]
		if strings.HasPrefix(before.action, "ticket.") && f.action == "activity.log" && slices.ContainsFunc(all, func(g *frame) bool { return g.action == "ticket.reply" }) { // 派老黄，|再跟他们讲一声
			return true
		}
		if before.action == "customer.create" && f.action == "contact.create" && f.params["customer"] != before.params["customer"] && len(all) == 1 && all[0].action == "customer.create" { // 新客户 永辉 转介绍的 |联系人 …
			return true
		}
		if before.action == "points.redeem" && f.action == "points.adjust" {
			return true
		}
		if before.action == "activity.log" && f.action == "ticket.create" && len(all) > 0 && all[0].action == "ticket.create" && all[0].outrightOrder(&group{action: all[0].action, hit: all[0].hit, parts: all[0].parts}) {
			return true
		}
	}
	return false
}
