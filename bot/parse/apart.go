package parse

import (
	"math"
	"slices"
)

// said is what the part of a message before the one that is read has named: it carries over (reading rule 1).
type said struct {
	customer  string
	colleague string
	records   map[string]int
}

// sequels are words that begin a second order of a message.
var sequels = []string{"然后", "另外", "顺便", "顺手", "还有", "接着", "同时", "回头", "完了", "再", "也", "并", "给我", "帮我", "提醒"}

// apartBy is by how much (log odds) two readings of two parts must be more likely than one reading of the whole. It is chosen on the
// lines of the tune corpus and of two more authors: 36 of them became right by it, and 2 wrong.
const apartBy = 2

// apart reads a message as two, cut where a second order may begin, and gives the likeliest such reading; nil when that is not much
// likelier than all, which is the reading of the whole as one. Likely is what leaves little doubt in itself, and what the second opinion
// on the whole message expects.
func (m message) apart(s *scan, whole Result, all []*frame) (best []*frame) {
	l := s.line
	cuts := s.cuts()
	if len(cuts) == 0 || s.moody || s.negated || !judged(all) { // a part of 等云帆签了再给他建合同 does not know that it supposes
		return nil
	}
	expected := secondOpinion().of(s, s.clauses())
	likely := logit(whole.Confidence) + fits(expected, all) + apartBy + filledBy*float64(filled(all))
	for _, k := range cuts {
		_, left := m.read(l.part(0, k), said{})
		if len(left) == 0 {
			continue
		}
		_, right := m.read(l.part(k, len(l.norm)), leaves(left))
		both := append(slices.Clone(left), right...)
		if len(right) == 0 || sameActions(both, all) || tornTicket(left, right, all) || left[len(left)-1].action == "points.redeem" && right[0].action == "points.adjust" { // 换旅行枕，扣500分
			continue
		}
		if x := logit(result(whole.Text, both).Confidence) + fits(expected, both) + filledBy*float64(filled(both)); x > likely {
			best, likely = both, x
		}
	}
	return best
}

// tornTicket reports whether the cut parts a trouble from the words that order a ticket for it (…登不上去，|记一下咨询).
func tornTicket(left, right, all []*frame) bool {
	if len(all) == 0 || all[0].action != "ticket.create" || left[len(left)-1].action != "activity.log" || right[0].action != "ticket.create" {
		return false
	}
	return all[0].outrightOrder(&group{action: all[0].action, hit: all[0].hit, parts: all[0].parts})
}

// filledBy is what a parameter more speaks for a reading: of two cuts that are as likely, the one that leaves no number lying about is right
// (云帆签了 23.6w 明早提醒我发合同).
const filledBy = 0.1

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

// logit is the log odds of a probability, which is taken to be neither sure nor impossible.
func logit(p float64) float64 {
	p = max(0.02, min(0.98, p))
	return math.Log(p / (1 - p))
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
		if c, ok := f.params["customer"].(string); ok {
			s.customer = c
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

func sameActions(a, b []*frame) bool {
	return slices.EqualFunc(a, b, func(x, y *frame) bool { return x.action == y.action })
}

// mostCuts is how many places are tried.
const mostCuts = 6

// cuts are the places where a second order may begin: behind stops and before words like 然后.
func (s *scan) cuts() (at []int) {
	for k := 3; k+3 < len(s.norm) && len(at) < mostCuts; k++ {
		if s.at[k] != nil && s.at[k] == s.at[k-1] { // 1,250,000元
			continue
		}
		if (hardStop(s.norm[k-1]) || s.norm[k-1] == ' ' || s.anyAt(k, sequels...) > 0) && (len(at) == 0 || k-at[len(at)-1] > 2) {
			at = append(at, k)
		}
	}
	return at
}

// part is the runes [i,j) as a line of its own.
func (l *line) part(i, j int) *line {
	return &line{orig: slices.Clone(l.orig[i:j]), norm: slices.Clone(l.norm[i:j])}
}
