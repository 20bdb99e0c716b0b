package knowledge

import (
	"slices"
	"strings"
)

// What it takes for an answer of which only words of customers are near, none of them the question itself. Set on testdata/tune,
// where the highest that was wrong had 3.8, or 2.5 of those that share most words.
const (
	provenOdds  = 3.9  // the logarithm of the odds that it is right, and provenWords for words that are all the same
	provenWords = 3.0  //
	sharedOdds  = 3.0  // the same when both ask in the same way and share so many words
	sharedMost  = 0.6  //
	provenMiss  = 0.85 // no word that says so much may be one that nobody has used for it
	provenNovel = 0.16 // no matter may be likelier than that to be one that nobody has asked yet
)

// unproven is the greatest confidence in an entry that lacks it: below the line.
const unproven = Line - 0.01

// proven tells whether entry id, which is right with such odds, may be given for p on the words of customers alone: the desk
// has been asked for long enough that new matters are few, no weighty word of the question is new to the matter, and the more
// of the words of somebody who asked for the same kind of thing are the same, the less the odds must be. Words that say the
// same do not count: what sounds like a matter that somebody has asked may be one that nobody has.
func (x *Index) proven(p *phrase, id int32, odds float64) bool {
	if x.novelty > provenNovel || p.thin() || len(p.terms) < 2 || p.strange(&x.entries[id]) > provenMiss {
		return false
	}
	const ways = strongKinds | asksHow | asksWhy
	e := &x.entries[id]
	for i := range e.asks {
		d := &e.asks[i]
		if p.kinds&strongKinds != d.kinds&strongKinds || ordinal(p.core) != ordinal(d.core) || !p.ordered(d) {
			continue
		}
		words := min(p.literal(d), d.literal(p))
		sum := odds + provenWords*words
		if sum >= provenOdds || sum >= sharedOdds && words >= sharedMost && p.kinds&ways == d.kinds&ways {
			return true
		}
	}
	return false
}

// ordinal tells whether text counts which: 第一次保养 is not 保养一次.
func ordinal(text string) bool { return strings.ContainsAny(text, "第首") }

// ordered tells whether the words that p and d share stand in the same order: 保养多少公里 is not 多少公里保养.
func (p *phrase) ordered(d *phrase) bool {
	last := -1
	for i := range p.terms {
		at := slices.IndexFunc(d.terms, func(u term) bool { return u.text == p.terms[i].text })
		if at < 0 {
			continue
		}
		if at < last {
			return false
		}
		last = at
	}
	return true
}

// strange is the weightiest word of p that no way of asking e has.
func (p *phrase) strange(e *entry) float64 {
	worst := 0.0
	for i := range p.terms {
		t := &p.terms[i]
		held := 0.0
		for j := range e.asks {
			held = max(held, t.literal(&e.asks[j]))
		}
		worst = max(worst, t.general*(1-held))
	}
	return worst
}

// literal is the share of what p says that d says in the same words.
func (p *phrase) literal(d *phrase) float64 {
	var sum, all float64
	for i := range p.terms {
		t := &p.terms[i]
		sum += t.general * t.literal(d)
		all += t.general
	}
	if all == 0 {
		return 0
	}
	return sum / all
}

// literal is how far d has the word t, or the words inside it.
func (t *term) literal(d *phrase) float64 {
	var sum, all float64
	for i := range d.terms {
		u := &d.terms[i]
		if u.text == t.text || t.sound != 0 && t.sound == u.sound {
			return 1
		}
		for j := range u.parts {
			if u.parts[j].text == t.text {
				sum = 0.9
			}
		}
	}
	if sum > 0 {
		return sum
	}
	for i := range t.parts {
		sum += t.parts[i].general * t.parts[i].literal(d)
		all += t.parts[i].general
	}
	if all == 0 {
		return 0
	}
	return sum / all
}
