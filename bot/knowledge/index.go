package knowledge

import (
	"maps"
	"math"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"gendan/bot/parse"
)

// Index answers questions from a list of entries. It is read only after New and With, for any number of goroutines.
type Index struct {
	entries []entry
	posts   layers[uint64, []int32] // a key of the text → the entries that have it
	rarity  []float64               // how rare a key is that so many entries have
	reader  reader
	sides   map[int32]int              // the sides that its questions name; side 255 of each set of which it names any
	cores   layers[string, int]        // the questions of the list, without politeness
	ready   []atomic.Pointer[weighted] // of each entry that was compared
	novelty float64                    // how likely the next matter is one that nobody has asked yet, by what was learned
}

// weighted are the ways of asking an entry, and what it does not answer, with the weights that their words have in one list.
type weighted struct{ asks, nots []phrase }

// entry is an Entry made ready to compare. It is not changed once it is made: indexes share it.
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

// layers is a map of which many share the base. Over hides what base has under the same key.
type layers[K comparable, V any] struct{ base, over map[K]V }

func (l *layers[K, V]) get(k K) V {
	if len(l.over) > 0 {
		if v, ok := l.over[k]; ok {
			return v
		}
	}
	return l.base[k]
}

// overMost is how much of a map may lie over the base, beside a sixteenth of it, before both are made one.
const overMost = 4096

// fork gives a map that can be written while l is read.
func (l *layers[K, V]) fork() layers[K, V] {
	if len(l.over) <= overMost+len(l.base)/16 {
		over := maps.Clone(l.over)
		if over == nil {
			over = map[K]V{}
		}
		return layers[K, V]{l.base, over}
	}
	base := maps.Clone(l.base)
	maps.Copy(base, l.over)
	return layers[K, V]{base, map[K]V{}}
}

// put writes to a forked or new map.
func (l *layers[K, V]) put(k K, v V) {
	if l.over != nil {
		l.over[k] = v
	} else {
		l.base[k] = v
	}
}

// usable leaves out the entries without an answer.
func usable(entries []Entry) []Entry {
	out := make([]Entry, 0, len(entries))
	for _, e := range entries {
		if e.Answer != "" && e.ID != "" {
			out = append(out, e)
		}
	}
	return out
}

// New reads the entries. Those without an answer are left out. words may be nil: then only equal words are the same.
func New(entries []Entry, words *Words) *Index {
	if words == nil {
		words = NewWords(nil, nil, nil, nil)
	}
	x := &Index{reader: reader{words: words}, sides: map[int32]int{}}
	x.fill(usable(entries), nil)
	return x
}

// With gives an index of entries: what New(entries, words) gives, word for word, in the time that what has changed since x takes.
func (x *Index) With(entries []Entry) *Index {
	entries = usable(entries)
	y := &Index{reader: reader{words: x.reader.words}}
	var changed []int
	for i := range entries {
		switch {
		case i >= len(x.entries):
			changed = append(changed, i)
		case entries[i].ID != x.entries[i].ID: // some are gone, or stand elsewhere
			y.sides = map[int32]int{}
			y.fill(entries, x)
			return y
		case !entries[i].equal(&x.entries[i].Entry):
			changed = append(changed, i)
		}
	}
	if len(entries) < len(x.entries) || len(changed) > 64+len(entries)/8 {
		y.sides = map[int32]int{}
		y.fill(entries, x)
		return y
	}
	y.entries = append(make([]entry, 0, len(entries)), x.entries...)
	y.posts, y.cores, y.reader.alike, y.sides = x.posts.fork(), x.cores.fork(), x.reader.alike.fork(), maps.Clone(x.sides)
	for _, i := range changed {
		if i == len(y.entries) {
			y.entries = append(y.entries, y.prepare(entries[i], nil))
			y.link(i, nil, y.entries[i].keys())
			y.note(&y.entries[i], 1)
			continue
		}
		old := y.entries[i]
		y.entries[i] = y.prepare(entries[i], &old)
		y.link(i, old.keys(), y.entries[i].keys())
		y.note(&old, -1)
		y.note(&y.entries[i], 1)
	}
	y.rate()
	return y
}

// equal tells whether nothing is to be read anew.
func (e *Entry) equal(o *Entry) bool {
	return e.ID == o.ID && e.Question == o.Question && e.Answer == o.Answer && e.Heard == o.Heard &&
		slices.Equal(e.Similar, o.Similar) && slices.Equal(e.Learned, o.Learned) && slices.Equal(e.Not, o.Not)
}

// fill reads all entries, those that from has read already as far as they are the same.
func (x *Index) fill(entries []Entry, from *Index) {
	have := map[string]*entry{}
	if from != nil {
		for i := range from.entries {
			have[from.entries[i].ID] = &from.entries[i]
		}
	}
	x.entries = make([]entry, len(entries))
	var g errgroup.Group
	const slice = 256
	for i := 0; i < len(entries); i += slice {
		g.Go(func() error {
			for j := i; j < min(i+slice, len(entries)); j++ {
				if old := have[entries[j].ID]; old != nil && old.equal(&entries[j]) {
					x.entries[j] = *old
				} else {
					x.entries[j] = x.prepare(entries[j], old)
				}
			}
			return nil
		})
	}
	_ = g.Wait() // none fails
	x.posts.base, x.cores.base = map[uint64][]int32{}, make(map[string]int, len(entries))
	x.reader.alike.base = map[uint64][]heardAs{}
	for i := range x.entries {
		for k := range x.entries[i].keys() {
			x.posts.base[k] = append(x.posts.base[k], int32(i))
		}
		x.note(&x.entries[i], 1)
	}
	x.rate()
}

// rate says how rare a key is that so many entries have, the logarithm of how unlikely it is; and how likely a new matter is
// at most: of what customers asked, the share that was asked once only, with what chance may add.
func (x *Index) rate() {
	n := float64(len(x.entries))
	x.rarity = make([]float64, len(x.entries)+1)
	for k := range x.rarity {
		x.rarity[k] = math.Log(1 + (n-float64(k)+0.5)/(float64(k)+0.5))
	}
	x.ready = make([]atomic.Pointer[weighted], len(x.entries))
	once, all := 0.0, 0.0
	for i := range x.entries {
		e := &x.entries[i]
		if e.Heard && len(e.asks) == 1 {
			once++
		}
		for j := range e.asks {
			if e.asks[j].heard {
				all++
			}
		}
	}
	x.novelty = 1
	if all > 0 {
		x.novelty = min(1, (once+2*math.Sqrt(once)+3)/all)
	}
}

// note adds what e asks to what the list as a whole asks, n times; or takes it away.
func (x *Index) note(e *entry, n int) {
	for i := range e.asks {
		p := &e.asks[i]
		x.cores.put(p.core, x.cores.get(p.core)+n)
		for _, s := range p.sides {
			x.sides[s] += n
			x.sides[s|0xff] += n
		}
		for j := range p.terms {
			x.reader.hear(&p.terms[j], n)
		}
	}
}

// link moves the place of entry i in the postings from the keys was to the keys now.
func (x *Index) link(i int, was, now map[uint64]bool) {
	for k := range was {
		if !now[k] {
			list := slices.Clone(x.posts.get(k))
			if at, ok := slices.BinarySearch(list, int32(i)); ok {
				x.posts.put(k, slices.Delete(list, at, at+1))
			}
		}
	}
	for k := range now {
		if !was[k] {
			list := x.posts.get(k)
			at, _ := slices.BinarySearch(list, int32(i))
			x.posts.put(k, slices.Insert(slices.Clone(list), at, int32(i)))
		}
	}
}

// keys are the places of e in the postings.
func (e *entry) keys() map[uint64]bool {
	out := make(map[uint64]bool, len(e.grams)+len(e.says)+32*len(e.asks))
	for i := range e.asks {
		for _, k := range e.asks[i].keys() {
			out[k] = true
		}
	}
	for k := range e.grams {
		out[k^answered] = true
	}
	for k := range e.says {
		out[k^answered] = true
	}
	return out
}

// answered marks what answers hold in the postings.
const answered = 1 << 58

// posting gives the entries that have a key, and how rare it is.
func (x *Index) posting(key uint64) ([]int32, float64) {
	list := x.posts.get(key)
	return list, x.rarity[len(list)]
}

// known tells whether the list holds the very question.
func (x *Index) known(p *phrase) bool {
	return p.core != "" && (x.cores.get(p.core) > 0 || x.cores.get(p.typed) > 0)
}

// prepare reads one entry, of which old, when there is one, is what it was.
func (x *Index) prepare(e Entry, old *entry) entry {
	out := entry{Entry: e, passage: e.Question == ""}
	read := x.reader.read
	if old != nil && !old.passage && !out.passage {
		read = func(q string) phrase {
			for _, list := range [][]phrase{old.asks, old.nots} {
				for i := range list {
					if list[i].text == q {
						return list[i]
					}
				}
			}
			return x.reader.read(q)
		}
	}
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
		if p := read(q); len(p.terms) > 0 || p.core != "" {
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
			p := read(q)
			p.heard = false
			out.nots = append(out.nots, p)
		}
	}
	out.always = len(out.asks) > 0
	for i := range out.asks {
		out.denied = out.denied || out.asks[i].denied
		out.always = out.always && out.asks[i].denied
	}
	if old != nil && old.Answer == e.Answer {
		out.grams, out.says, out.types = old.grams, old.says, old.types
	} else {
		x.prepareAnswer(&out)
	}
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

// prepareAnswer reads what is answered.
func (x *Index) prepareAnswer(out *entry) {
	text := parse.Folded(out.Answer)
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
}

// How much of an entry is read.
const (
	maxSimilar = 81   // ways to ask: its question, forty that are written and forty that were learned
	maxAnswer  = 1000 // characters
)

// worth is how rare a key is in the list, from 0 to 1.
func (x *Index) worth(key uint64) float64 {
	return x.rarity[len(x.posts.get(key))] / x.rarity[0]
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

// weighed are the ways of asking entry id, and what it does not answer, with their weights.
func (x *Index) weighed(id int32) *weighted {
	if w := x.ready[id].Load(); w != nil {
		return w
	}
	e := &x.entries[id]
	w := &weighted{slices.Clone(e.asks), slices.Clone(e.nots)}
	for _, list := range [][]phrase{w.asks, w.nots} {
		for i := range list {
			p := &list[i]
			p.terms = slices.Clone(p.terms)
			for j := range p.terms {
				p.terms[j].parts = slices.Clone(p.terms[j].parts)
			}
			x.weigh(p)
		}
	}
	x.ready[id].Store(w)
	return w
}
