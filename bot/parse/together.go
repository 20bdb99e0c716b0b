package parse

// together finds all the patterns of the phrase in the clause, in any order and not overlapping. What lies between
// them is left open.
func (p *phrase) together(c *clause, words listSet) (hit, bool) {
	h := hit{action: p.action, weight: p.weight, phrase: p.index}
	var taken, order [][2]int
	for n, re := range p.all {
		m := apart(re.FindAllStringIndex(c.text, 4), taken)
		if m == nil {
			return h, false
		}
		taken = append(taken, [2]int{m[0], m[1]})
		if !p.keep[n] {
			order = append(order, [2]int{m[0], m[1]})
		}
	}
	if p.forbidden(c.text, words) {
		return h, false
	}
	h.i, h.j = c.j, c.i
	for _, t := range taken {
		h.i, h.j = min(h.i, c.start(t[0])), max(h.j, c.end(t[1]))
	}
	for k := h.i; k < h.j; k++ {
		if !covered(c, order, k) {
			h.gaps = append(h.gaps, [2]int{k, k + 1})
		}
	}
	return h, true
}

// apart gives the first match that overlaps none of those taken.
func apart(found [][]int, taken [][2]int) []int {
next:
	for _, m := range found {
		for _, t := range taken {
			if m[0] < t[1] && t[0] < m[1] || m[0] == m[1] {
				continue next
			}
		}
		return m
	}
	return nil
}

func covered(c *clause, taken [][2]int, k int) bool {
	for _, t := range taken {
		if k >= c.start(t[0]) && k < c.end(t[1]) {
			return true
		}
	}
	return false
}

// matched gives the clauses with their phrases. Two neighbours whose words make one order only together
// (海纳那个提醒不用管了,已经办妥) have it in the first of them.
func (s *scan) matched() []*clause {
	all := s.clauses()
	for _, c := range all {
		c.rivals = s.match(c)
	}
	for n, c := range all {
		if n+1 < len(all) {
			s.marry(c, all[n+1])
		}
	}
	for _, c := range all {
		c.hits = s.choose(c, c.rivals)
	}
	return all
}

// marry gives a the phrase whose parts lie in both clauses, when it is stronger than what either says by itself.
func (s *scan) marry(a, b *clause) {
	strongest := 0
	for _, h := range append(append([]hit(nil), a.rivals...), b.rivals...) {
		strongest = max(strongest, h.weight)
	}
	var both *clause
	var words listSet
	var best *hit
	for k := range s.v.phrases {
		p := &s.v.phrases[k]
		if p.all == nil || p.weight <= strongest {
			continue
		}
		if both == nil {
			both = s.clause(a.i, b.j)
			words = s.v.literals.met(both.text)
		}
		if !p.needs.met(words) {
			continue
		}
		if h, ok := p.together(both, words); ok && h.i < a.j && h.j > b.i && (best == nil || h.weight > best.weight) {
			best = &h
		}
	}
	if best != nil {
		a.rivals, b.rivals = []hit{*best}, nil
	}
}
