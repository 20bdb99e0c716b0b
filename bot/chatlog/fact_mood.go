package chatlog

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
			up = up || c.is("mood.good") && !c.is("mood.good.not")
			angry = angry || c.is("mood.bad")
			down = down || c.is("mood.bad") || c.is("complaint") && !c.is("complaint.not")
		}
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
	case len(bad) == 1 && !angry: // one remark on one defect is no mood
		f.add(Fact{Kind: Mood, Value: "neutral", Lines: all})
	case len(bad) > len(good) || len(bad) > 0 && len(bad) == len(good) && bad[len(bad)-1] > good[len(good)-1]:
		f.add(Fact{Kind: Mood, Value: "negative", Lines: bad})
	case len(good) > 0:
		f.add(Fact{Kind: Mood, Value: "positive", Lines: good})
	default:
		f.add(Fact{Kind: Mood, Value: "neutral", Lines: all})
	}
}
