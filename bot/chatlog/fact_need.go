package chatlog

// findWishes finds what customers want and what they complain about, in their words.
func (f *finder) findWishes() {
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			if c.is("complaint") && !c.is("complaint.not") {
				f.add(Fact{Kind: Complaint, Value: c.more(), Lines: []int{s.N}})
				continue
			}
			if c.is("need") && !c.is("need.not") && c.bare-c.i >= 4 && !f.taken(c) {
				f.add(Fact{Kind: Need, Value: c.words(), Lines: []int{s.N}})
			}
		}
	}
}

// more gives the words of the clause; when they are few, with the clause before, which says of what.
func (c *clause) more() string {
	if c.bare-c.i > 3 || c.n == 0 {
		return c.words()
	}
	return c.typed(c.said.clauses[c.n-1].i, c.j)
}

// taken reports whether the clause is told already as a plan.
func (f *finder) taken(c *clause) bool {
	for _, x := range f.facts {
		if (x.Kind == Promise || x.Kind == NextStep) && x.Lines[0] == c.N && x.Value == c.words() {
			return true
		}
	}
	return false
}
