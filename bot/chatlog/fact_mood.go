package chatlog

import "slices"

// complaint reports whether the line tells of trouble.
func (f *finder) complaint(line int) bool {
	for _, x := range f.facts {
		if x.Kind == Complaint && slices.Contains(x.Lines, line) {
			return true
		}
	}
	return false
}

// pleased reports whether a good word stands in the clause that nothing turns round; the 不 of 不错 does not.
func (c *clause) pleased() bool {
	if !c.is("mood.good") || c.is("if") || c.holds("了就") {
		return false
	}
	for _, m := range c.all("mood.good.not") {
		if !c.within("mood.good", m) {
			return false
		}
	}
	return true
}

// findMood finds the mood of the record from what the customer wrote: one for the record, and the lines that
// show it. Without sides every line may be the customer's.
func (f *finder) findMood() {
	var all, good, bad []int
	angry := false
	for _, s := range f.lines {
		if s.Side == Us || s.Side == "" && f.sided {
			continue
		}
		all = append(all, s.N)
		up, down := false, false
		for n := range s.clauses {
			c := &s.clauses[n]
			up = up || c.pleased()
			angry = angry || c.is("mood.bad")
			down = down || c.is("mood.bad") || c.is("complaint") && !c.is("complaint.not")
		}
		down = down || f.complaint(s.N)
		switch {
		case down:
			bad = append(bad, s.N)
		case up:
			good = append(good, s.N)
		}
	}
	switch {
	case len(all) == 0:
	case len(bad) == 1 && !angry && len(good) > 0:
		f.add(Fact{Kind: Mood, Value: "positive", Lines: good})
	case len(bad) == 1 && !angry && slices.Index(all, bad[0]) > 1: // one remark on one defect is no mood, unless the talk is about it
		f.add(Fact{Kind: Mood, Value: "neutral", Lines: all})
	case len(bad) > len(good) || len(bad) > 0 && len(bad) == len(good) && bad[len(bad)-1] > good[len(good)-1]:
		f.add(Fact{Kind: Mood, Value: "negative", Lines: bad})
	case len(good) > 0:
		f.add(Fact{Kind: Mood, Value: "positive", Lines: good})
	default:
		f.add(Fact{Kind: Mood, Value: "neutral", Lines: all})
	}
}
