package knowledge

// How near a question must come to a way of asking to be the same one said again: the words that they share, of either,
// and the pairs of syllables.
const twinWords, twinPairs = 0.9, 0.6

// twin tells how nearly p is d said again, 0 when it is not: with other particles, another spelling, a slip of the pen, a word
// that says the same. It is not when anything stands in it that turns a question round.
func (x *Index) twin(p, d *phrase, f *[features]float64) float64 {
	if p.says(d) {
		return 3
	}
	if f[fApart] > 0 || f[fNumber] > 0 {
		return 0
	}
	if c := x.reader.slip(p, d); c < slipNone {
		return 2.9 - 0.3*c
	}
	if f[fNeg] > 0 || p.denied != d.denied || p.kinds&strongKinds != d.kinds&strongKinds {
		return 0
	}
	words, pairs := min(p.literal(d), d.literal(p)), x.shared(p.sounds, d.sounds)
	if words >= twinWords && pairs >= twinPairs {
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
	near  float64
	heard bool // what fits best are words of a customer
	wrong bool // it is one that the entry was found not to answer
}

// clearly is how much nearer than to any other entry's a question must come to one of an entry's to be it.
const clearly = 0.25

// settle gives the place of the one entry that has the question among its own, -1 when none or several have.
func settle(known []said) (at int, same bool) {
	at = -1
	first, second := 0.0, 0.0
	for i, s := range known {
		switch {
		case s.same && same:
			return -1, true
		case s.same:
			at, same = i, true
		case s.twin && s.near > first && !same:
			at, first, second = i, s.near, first
		case s.twin && !same:
			second = max(second, s.near)
		}
	}
	if !same && first < second+clearly {
		return -1, false
	}
	return at, same
}
