package knowledge

// How near a question must come to a way of asking to be the same one said again: the words that they share, of either,
// and the pairs of syllables.
const (
	twinWords, twinPairs   = 0.9, 0.6
	closeWords, closePairs = 0.75, 0.8
)

// twin tells how nearly p is d said again, 0 when it is not: with other particles, another spelling, a slip of the pen, a word
// that says the same. It is not when anything stands in it that turns a question round.
func (x *Index) twin(p, d *phrase, f *[features]float64) float64 {
	if p.says(d) {
		return 3
	}
	if f[fNeg] > 0 || f[fApart] > 0 || f[fNumber] > 0 || p.denied != d.denied || p.kinds&strongKinds != d.kinds&strongKinds {
		return 0
	}
	words, pairs := min(f[fAsked], f[fHeld]), x.shared(p.sounds, d.sounds)
	if words >= twinWords && pairs >= twinPairs || words >= closeWords && pairs >= closePairs {
		return words + pairs
	}
	return 0
}

// says tells whether p is d to the letter, politeness aside.
func (p *phrase) says(d *phrase) bool {
	return d.core != "" && (p.core == d.core || p.typed == d.core)
}

// said is what the list holds of a question that was said before.
type said struct {
	same  bool // this very question is one of the entry's
	twin  bool // one of the entry's is the same, said in a slightly other way
	heard bool // what fits best are words of a customer
	wrong bool // it is one that the entry was found not to answer
}

// settle gives the place of the one entry that has the question among its own, -1 when none or several have.
func settle(known []said) (at int, same bool) {
	at = -1
	twins := 0
	for i, s := range known {
		switch {
		case s.same && same:
			return -1, true
		case s.same:
			at, same = i, true
		case s.twin && !same:
			at = i
			twins++
		}
	}
	if !same && twins != 1 {
		return -1, false
	}
	return at, same
}
