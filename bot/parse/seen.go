package parse

import "slices"

// seen is what was found out about a message and holds for each of its readings: they have most of their clauses in common. It lives as long
// as one [Parse].
type seen struct {
	clauses  map[string]searched  // by text
	opinions map[string][]float64 // by text, see [scan.signText]
	words    map[string]listSet   // by text, of which lists it has words
}

// searched is a clause with the phrases that were found in it.
type searched struct {
	clause *clause
	hits   []hit
}

func newSeen() *seen {
	return &seen{clauses: map[string]searched{}, opinions: map[string][]float64{}, words: map[string]listSet{}}
}

// wordsIn tells of which of the pack's lists text has a word: a message that may be a form is looked through for sure and for unsure ones.
func (m message) wordsIn(text string) listSet {
	if m.seen == nil {
		return m.v.literals.met(text)
	}
	set, ok := m.seen.words[text]
	if !ok {
		set = m.v.literals.met(text)
		m.seen.words[text] = set
	}
	return set
}

// match finds the phrases of the pack in the clause.
func (s *scan) match(c *clause) []hit {
	if s.seen == nil {
		return s.v.match(c)
	}
	before, ok := s.seen.clauses[c.text]
	if ok {
		if hits, ok := before.at(c); ok {
			return hits
		}
	}
	hits := s.v.match(c)
	if !ok {
		s.seen.clauses[c.text] = searched{c, slices.Clone(hits)}
	}
	return hits
}

// at gives the hits as those of another clause with the same text; ok is false where that has other spaces inside.
func (x searched) at(c *clause) (hits []hit, ok bool) {
	by := c.i - x.clause.i
	for k, p := range x.clause.places {
		if c.places[k] != p+by {
			return nil, false
		}
	}
	hits = slices.Clone(x.hits)
	if by == 0 {
		return hits, true
	}
	for n := range hits {
		h := &hits[n]
		h.i, h.j, h.gaps = h.i+by, h.j+by, slices.Clone(h.gaps)
		for k := range h.gaps {
			h.gaps[k][0] += by
			h.gaps[k][1] += by
		}
	}
	return hits, true
}
