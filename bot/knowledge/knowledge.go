// Package knowledge answers questions from a company's own list of questions and answers. It is a pure function of the
// list and the text: no model, no network, no clock, the same bytes every time. What it is not sure of it hands over.
package knowledge

import (
	"math"
	"slices"
	"sort"
)

// Entry is one answer that the company has written, with the questions it answers. An entry without a question is a
// passage of a document: its sentences, below the heading that Similar may hold, are what it answers.
type Entry struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Similar  []string `json:"similar,omitempty"` // other ways to ask the same
	Learned  []string `json:"learned,omitempty"` // and ways in which customers have asked it
	Not      []string `json:"not,omitempty"`     // questions that it was found not to answer
	Heard    bool     `json:"heard,omitempty"`   // Question is a customer's, from an answer that was kept
	Answer   string   `json:"answer"`
}

// Answer is what is said to a question. ID and Answer are empty when a person should answer; Confidence then says how
// sure the best guess would have been.
type Answer struct {
	Text       string  `json:"text"`
	ID         string  `json:"id,omitempty"`
	Answer     string  `json:"answer,omitempty"`
	Confidence float64 `json:"confidence"`       // 0 to 1: of the answers at 0.9 about nine in ten are right
	Offers     []Offer `json:"offers,omitempty"` // what may be meant, best first, of a question that is Unclear
	Reason     Reason  `json:"-"`                // why it is handed over
}

// Offer is an entry that a question may mean, for the one who asked to choose.
type Offer struct {
	ID         string  `json:"id"`
	Question   string  `json:"question"`
	Confidence float64 `json:"confidence"`
}

// Reason says why a question is handed over to a person.
type Reason string

// The reasons.
const (
	Sure      Reason = ""          // it is answered
	Unknown   Reason = "unknown"   // nothing in the list fits well enough
	Unclear   Reason = "unclear"   // the one who asks should choose what is meant
	Greeting  Reason = "greeting"  // nothing is asked
	Person    Reason = "person"    // a person is asked for
	Complaint Reason = "complaint" // somebody is angry
	Personal  Reason = "personal"  // about one's own order, repair or bill, which a list cannot know
)

// Line is the confidence from which a question is answered without a person.
const Line = 0.82

// What is offered to choose from when no entry is sure enough: at most so many, the first of at least offerFirst, the
// others of at least offerNext.
const (
	offersMost = 2
	offerFirst = 0.42
	offerNext  = 0.04
)

// Hit is an entry that may answer a question.
type Hit struct {
	Entry      Entry
	Confidence float64
	likely     float64 // as Confidence, without doubt in what was learned from customers
}

// maxText is how many characters of a message are read; what is longer is a letter, for a person.
const maxText = 300

// Len is how many entries there are.
func (x *Index) Len() int { return len(x.entries) }

// Entry gives the entry with an ID.
func (x *Index) Entry(id string) (Entry, bool) {
	for i := range x.entries {
		if x.entries[i].ID == id {
			return x.entries[i].Entry, true
		}
	}
	return Entry{}, false
}

// candidates are the entries that share most with p, best first, and how much each shares.
func (x *Index) candidates(p *phrase, n int) ([]int32, []float64) {
	sums := make([]float64, len(x.entries))
	for _, k := range p.keys() {
		list, v := x.posting(k)
		for _, e := range list {
			sums[e] += v
		}
	}
	var answers []uint64 // what answers may speak of
	answers = append(answers, p.grams...)
	for i := range p.terms {
		answers = append(answers, p.terms[i].spoken()...)
		for j := range p.terms[i].parts {
			answers = append(answers, p.terms[i].parts[j].spoken()...)
		}
	}
	for _, k := range answers {
		k ^= answered
		list, v := x.posting(k)
		for _, e := range list {
			sums[e] += 0.3 * v
		}
	}
	best := make([]int32, 0, n+1) // by sum, then number
	for e, v := range sums {
		if v == 0 || len(best) == n && v <= sums[best[n-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, v, func(have int32, v float64) int {
			if sums[have] >= v {
				return -1
			}
			return 1
		})
		if best = slices.Insert(best, at, int32(e)); len(best) > n {
			best = best[:n]
		}
	}
	shared := make([]float64, len(best))
	for i, e := range best {
		shared[i] = sums[e]
	}
	return best, shared
}

// shortlist is how many entries are compared closely.
const shortlist = 30

// Find gives the n entries that fit best, best first.
func (x *Index) Find(text string, n int) []Hit {
	p := x.reader.ask(text)
	x.weigh(&p)
	hits := x.rank(&p)
	return hits[:min(n, len(hits))]
}

// rank compares p with the entries that share most with it. The entries and none of them share one probability; the
// confidence of the best is then what its sight says, and the others keep their share of what is left.
func (x *Index) rank(p *phrase) []Hit {
	ids, v := x.view(p)
	best := v.best()
	if best < 0 {
		return nil
	}
	at, same := settle(v.known)
	if at >= 0 {
		best = at
	}
	hits := make([]Hit, len(ids))
	seen := v.look(best)
	odds := surely().sum(&seen)
	likely := chance(odds)
	sure := likely
	if v.known[best].heard {
		if sure = chance(odds - heardDoubt); at < 0 && !x.proven(p, ids[best], odds-heardDoubt) {
			sure = min(sure, unproven)
		}
	}
	switch {
	case same && at >= 0:
		sure = max(sure, knownSure)
	case same: // several entries have it
		sure = min(sure, unsettled)
	case at >= 0:
		sure = max(sure, twinSure)
	case v.thin:
		sure *= thinLost
	}
	if v.known[best].wrong {
		sure = min(sure, unsettled)
	}
	for i, id := range ids {
		hits[i] = Hit{x.entries[id].Entry, min(v.share[i], sure), min(v.share[i], likely)} // the order stays
	}
	hits[best].Confidence, hits[best].likely = sure, max(sure, likely)
	if v.known[best].wrong || same && at < 0 {
		hits[best].likely = sure
	}
	sort.SliceStable(hits, func(a, b int) bool { return hits[a].Confidence > hits[b].Confidence })
	return hits
}

// thinLost is what is left of the confidence in an entry for a question that names a single character.
const thinLost = 0.88

// knownSure is the least confidence in an entry that asks the very question.
const knownSure = 0.97

// twinSure is the least confidence in the one entry that asks it in a slightly other way.
const twinSure = 0.93

// heardDoubt is what the odds lose that an entry is right of which only words of customers are near. How they ask says less
// of what else they may mean than what a colleague writes to stand for it: what is then surer than the line was right as
// often. Set on testdata/tune.
const heardDoubt = 1.07

// wrongLoss is what an entry loses that was found not to answer the question.
const wrongLoss = 5

// unsettled is the greatest confidence in an entry that was found not to answer the question, or that shares it.
const unsettled = 0.3

// view compares p with the entries that share most with it, which it also gives.
func (x *Index) view(p *phrase) ([]int32, view) {
	ids, sums := x.candidates(p, shortlist)
	v := view{share: make([]float64, len(ids)), sums: sums, seen: make([][features]float64, len(ids)), known: make([]said, len(ids)), terms: len(p.terms), clause: p.clauses, thin: p.thin()}
	total := 1.0 // none of them
	for i, id := range ids {
		var score float64
		score, v.seen[i], v.known[i] = x.score(p, id)
		if v.known[i].wrong {
			score -= wrongLoss
		}
		v.share[i] = math.Exp(score)
		total += v.share[i]
	}
	for i := range v.share {
		v.share[i] /= total
	}
	return ids, v
}

// Answer answers text, or hands it over.
func (x *Index) Answer(text string) Answer {
	a := Answer{Text: text}
	p := x.reader.ask(text)
	if a.Reason = manner(text, &p, x); a.Reason != Sure {
		return a
	}
	x.weigh(&p)
	hits := x.rank(&p)
	a.Reason = Unknown
	if len(hits) == 0 {
		return a
	}
	a.Confidence = math.Round(hits[0].Confidence*1000) / 1000
	switch {
	case hits[0].Confidence >= Line:
		a.ID, a.Answer, a.Reason = hits[0].Entry.ID, hits[0].Entry.Answer, Sure
	default:
		if a.Offers = offers(hits); a.Offers != nil {
			a.Reason = Unclear
		}
	}
	return a
}

// offers are the hits to choose from, nil when none is likely enough. A passage, which asks nothing, is not offered.
func offers(hits []Hit) []Offer {
	var out []Offer
	for i, h := range hits {
		switch {
		case i == 0 && h.likely < offerFirst, h.likely < offerNext, len(out) == offersMost:
			return out
		case h.Entry.Question == "":
			continue
		}
		out = append(out, Offer{h.Entry.ID, h.Entry.Question, math.Round(h.Confidence*1000) / 1000})
	}
	return out
}
