// Package knowledge answers questions from a company's own list of questions and answers. It is a pure function of the
// list and the text: no model, no network, no clock, the same bytes every time. What it is not sure of it hands over.
package knowledge

import (
	"math"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"

	"gendan/bot/parse"
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

// Index answers questions from a list of entries. It is read only after New, for any number of goroutines.
type Index struct {
	entries []entry
	posts   map[uint64][]int32 // a key of the text → the entries that have it
	idf     map[uint64]float64
	reader  reader
	most    float64         // the idf of what no entry has
	sides   map[int32]bool  // the sides that its questions name; side 255 of each set of which it names any
	cores   map[string]bool // the questions of the list, without politeness
}

// entry is an Entry made ready to compare.
type entry struct {
	Entry
	asks    []phrase        // question and similar ones; of a passage its heading and sentences
	nots    []phrase        // questions that it does not answer
	passage bool            //
	grams   map[uint64]bool // pairs of characters of the answer
	says    map[uint64]bool // groups, groups of close words and topics that the answer speaks of
	topics  []int32         // what its questions speak of
	denied  bool            // one of its questions is about trouble
	always  bool            // all are
	types   kinds           // what kinds of question the answer can answer
}

// New reads the entries. Those without an answer are left out. words may be nil: then only equal words are the same.
func New(entries []Entry, words *Words) *Index {
	x := &Index{posts: map[uint64][]int32{}, idf: map[uint64]float64{}}
	x.reader = reader{words: words}
	if words == nil {
		x.reader.words = NewWords(nil, nil, nil, nil)
	}
	for _, e := range entries {
		if e.Answer != "" && e.ID != "" {
			x.entries = append(x.entries, entry{Entry: e})
		}
	}
	var g errgroup.Group
	const slice = 256
	for i := 0; i < len(x.entries); i += slice {
		part := x.entries[i:min(i+slice, len(x.entries))]
		g.Go(func() error {
			for j := range part {
				part[j] = x.prepare(part[j].Entry)
			}
			return nil
		})
	}
	_ = g.Wait() // none fails
	x.link()
	x.sides = map[int32]bool{}
	x.cores = make(map[string]bool, len(x.entries))
	for i := range x.entries {
		for _, p := range x.entries[i].asks {
			x.cores[p.core] = true
			for _, s := range p.sides {
				x.sides[s], x.sides[s|0xff] = true, true
			}
		}
	}
	x.reader.learn(x.entries)
	return x
}

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

// known tells whether the list holds the very question.
func (x *Index) known(p *phrase) bool {
	return p.core != "" && (x.cores[p.core] || x.cores[p.typed])
}

// prepare reads one entry.
func (x *Index) prepare(e Entry) entry {
	out := entry{Entry: e, passage: e.Question == ""}
	seen := map[string]bool{}
	head := ""
	if out.passage && len(e.Similar) > 0 {
		head = e.Similar[0] + "，"
	}
	ask := func(q string, heard bool) {
		if out.passage || q == "" || seen[q] || len(out.asks) >= maxSimilar {
			return
		}
		seen[q] = true
		if p := x.reader.read(q); len(p.terms) > 0 || p.core != "" {
			p.heard = heard
			out.asks = append(out.asks, p)
		}
	}
	ask(e.Question, e.Heard)
	for _, q := range e.Similar {
		ask(q, false)
	}
	for _, q := range e.Learned {
		ask(q, true)
	}
	for _, q := range e.Not {
		if len(out.nots) < maxSimilar {
			out.nots = append(out.nots, x.reader.read(q))
		}
	}
	out.always = len(out.asks) > 0
	for i := range out.asks {
		out.denied = out.denied || out.asks[i].denied
		out.always = out.always && out.asks[i].denied
	}
	text := parse.Folded(e.Answer)
	if len(text) > maxAnswer {
		text = text[:maxAnswer]
	}
	out.grams = make(map[uint64]bool, len(text))
	for i := 0; i+1 < len(text); i++ {
		if wordRune(text[i]) && wordRune(text[i+1]) {
			out.grams[gramKey(text[i], text[i+1])] = true
		}
	}
	out.types = answerKinds(text)
	out.says = x.reader.says(text)
	for i := range out.asks {
		for _, g := range out.asks[i].topics {
			out.topics = appendNew(out.topics, g)
		}
	}
	if out.passage {
		for _, s := range sentences(e.Answer) {
			if p := x.reader.read(head + s); len(p.terms) > 0 && len(out.asks) < maxSimilar {
				out.asks = append(out.asks, p)
			}
		}
	}
	return out
}

// How much of an entry is read.
const (
	maxSimilar = 81   // ways to ask: its question, forty that are written and forty that were learned
	maxAnswer  = 1000 // characters
)

// link builds the postings and what each key is worth.
func (x *Index) link() {
	seen := map[uint64]bool{}
	for i := range x.entries {
		clear(seen)
		for j := range x.entries[i].asks {
			for _, k := range x.entries[i].asks[j].keys() {
				if !seen[k] {
					seen[k] = true
					x.posts[k] = append(x.posts[k], int32(i))
				}
			}
		}
		for k := range x.entries[i].grams {
			k ^= answered
			x.posts[k] = append(x.posts[k], int32(i))
		}
		for k := range x.entries[i].says {
			k ^= answered
			x.posts[k] = append(x.posts[k], int32(i))
		}
	}
	n := float64(len(x.entries))
	x.most = math.Log(1 + (n+0.5)/0.5)
	for k, p := range x.posts {
		x.idf[k] = math.Log(1 + (n-float64(len(p))+0.5)/(float64(len(p))+0.5))
	}
	for i := range x.entries {
		for j := range x.entries[i].asks {
			x.weigh(&x.entries[i].asks[j])
		}
		for j := range x.entries[i].nots {
			x.weigh(&x.entries[i].nots[j])
		}
	}
}

// answered marks the pairs of characters of answers in the postings.
const answered = 1 << 58

// worth is how rare a key is in the list, from 0 to 1.
func (x *Index) worth(key uint64) float64 {
	if v, ok := x.idf[key]; ok {
		return v / x.most
	}
	return 1
}

// rare is how rare a term is in the list.
func (x *Index) rare(t *term) float64 {
	rare := x.worth(t.key())
	for _, g := range t.groups {
		rare = min(rare, x.worth(groupKey(g)))
	}
	return rare
}

// weigh gives every term of p its weight: how rare the word is in Chinese and in this list.
func (x *Index) weigh(p *phrase) {
	for i := range p.terms {
		t := &p.terms[i]
		rare := x.rare(t)
		inside := 0.0
		for j := range t.parts {
			u := &t.parts[j]
			r := x.rare(u)
			u.weight = u.general * (0.35 + 0.65*r)
			inside = max(inside, r)
		}
		if len(t.parts) > 0 {
			rare = min(rare, inside)
		}
		t.weight = t.general * (0.35 + 0.65*rare)
	}
}

// candidates are the entries that share most with p, best first, and how much each shares.
func (x *Index) candidates(p *phrase, n int) ([]int32, []float64) {
	sums := make([]float64, len(x.entries))
	for _, k := range p.keys() {
		v := x.idf[k]
		for _, e := range x.posts[k] {
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
		v := 0.3 * x.idf[k]
		for _, e := range x.posts[k] {
			sums[e] += v
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
		sure = chance(odds - heardDoubt)
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
		score, v.seen[i], v.known[i] = x.score(p, &x.entries[id])
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
