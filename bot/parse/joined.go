package parse

import "slices"

// join says which group of clauses is read as part of its neighbour; the zero value joins none.
type join struct {
	group int // from 1
	next  bool
}

// joinBy is by how much (log odds) a reading with one order less must be likelier than the one that the phrases give, and
// joinBelow the confidence of that one beneath which others are tried. Chosen on the labelled utterances that are learned from.
const (
	joinBy    = 2.5
	joinBelow = 0.6
)

// joined gives the groups with one of them read as part of its neighbour.
func (s *scan) joined(groups []*group) []*group {
	s.groups = len(groups)
	k := s.join.group - 1
	if k < 0 || k >= len(groups) {
		return groups
	}
	var all []*group
	for n, g := range groups {
		switch {
		case n == k && !s.join.next && n > 0:
			last := all[len(all)-1]
			last.parts = append(last.parts, g.parts...)
		case n == k && s.join.next && n+1 < len(groups):
			groups[n+1].parts = append(g.parts, groups[n+1].parts...)
		default:
			all = append(all, g)
		}
	}
	return all
}

// fewer reads a doubtful message of several orders again, each time with one of them as part of the story before or behind it:
// 想把外卖和堂食会员合并 is what the customer wants, and no order to merge anybody. It gives the likeliest such reading; nil when the
// first one is about as likely.
func (m message) fewer(s *scan, l *line, before said, whole Result, all []*frame) (best *scan, frames []*frame) {
	if s.groups < 2 || s.groups > 5 || whole.Confidence >= joinBelow || !judged(all) {
		return nil, nil
	}
	expected := secondOpinion().of(s, s.clauses())
	likely := logit(whole.Confidence) + fits(expected, all) + joinBy
	for k := 1; k <= s.groups; k++ {
		for _, next := range []bool{false, true} {
			if k == 1 && !next || k == s.groups && next {
				continue
			}
			part, found := m.readJoined(l, before, join{k, next})
			if len(found) == 0 || sameActions(found, all) || swallowsOrder(found, all) {
				continue
			}
			if x := logit(result(whole.Text, found).Confidence) + fits(expected, found); x > likely {
				best, frames, likely = part, found, x
			}
		}
	}
	return best, frames
}

// swallowsOrder reports whether found has lost an order that all has in so many words.
func swallowsOrder(found, all []*frame) bool {
	return slices.ContainsFunc(all, func(f *frame) bool {
		if f.hit.weight < outright && !f.outrightOrder(&group{action: f.action, hit: f.hit, parts: f.parts}) {
			return false
		}
		return !slices.ContainsFunc(found, func(g *frame) bool { return g.action == f.action })
	})
}
