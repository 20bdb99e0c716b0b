package chatlog

import (
	"sort"
	"strings"
	"sync"

	"gendan/bot/parse"
	"gendan/templates"
)

// lexicon is the pack's words for records, made ready so that one walk over a line finds them all.
type lexicon struct {
	table    map[rune][]listed // by first character, longest first
	begins   [1 << 16]bool     // the characters with which a word begins
	class    map[string]int    // list name → class; the class of "x!" is the one that hides "x"
	names    []string          // class → list name
	hides    []int             // class → the class that it hides, or -1
	surnames map[rune]bool
	compound map[[2]rune]bool // surnames of two characters
}

// listed is one word of a list.
type listed struct {
	parts      [][]rune // the word, cut at …
	class      int
	start, end bool // it must begin or end its clause
}

// maxClasses limits the lists of a pack, so that a clause's lists fit a set.
const maxClasses = 256

// gapLimit is how many characters a … stands for at most.
const gapLimit = 12

// mark is a word of a list that stands at [i,j) of a line.
type mark struct{ class, i, j int }

var lexicons sync.Map // pack → func() *lexicon

// lexiconOf gives the words of the pack; nil is the default pack.
func lexiconOf(p *templates.Pack) *lexicon {
	if p == nil {
		p = templates.Default()
	}
	f, _ := lexicons.LoadOrStore(p, sync.OnceValue(func() *lexicon { return newLexicon(p) }))
	return f.(func() *lexicon)()
}

func newLexicon(p *templates.Pack) *lexicon {
	records, err := p.Records()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	x := &lexicon{table: map[rune][]listed{}, class: map[string]int{}, surnames: map[rune]bool{}, compound: map[[2]rune]bool{}}
	lists := map[string][]string{"measure": p.Measures, "title": p.Titles, "suffix": p.Suffixes, "place": p.Places, "job": p.Jobs, "given": p.Extra["given"], "brand": p.Brands}
	for name, words := range records.Lists {
		lists[name] = append(append([]string(nil), lists[name]...), words...)
	}
	names := make([]string, 0, len(lists))
	for name := range lists {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) > maxClasses {
		panic("records.json: too many lists")
	}
	x.hides = make([]int, len(names))
	x.names = names
	for c, name := range names {
		x.class[name] = c
	}
	for c, name := range names {
		x.hides[c] = -1
		if hidden, ok := strings.CutSuffix(name, "!"); ok {
			if h, ok := x.class[hidden]; ok {
				x.hides[c] = h
			}
		}
		for _, w := range lists[name] {
			x.add(w, c)
		}
	}
	for _, list := range x.table {
		sort.SliceStable(list, func(a, b int) bool { return len(list[a].parts[0]) > len(list[b].parts[0]) })
	}
	for r := range x.table {
		if int(r) < len(x.begins) {
			x.begins[r] = true
		}
	}
	for _, r := range p.Surnames {
		x.surnames[r] = true
	}
	for _, w := range p.Compound {
		if r := []rune(w); len(r) == 2 {
			x.compound[[2]rune{r[0], r[1]}] = true
		}
	}
	return x
}

func (x *lexicon) add(w string, class int) {
	e := listed{class: class}
	w, e.start = strings.CutPrefix(w, "^")
	w, e.end = strings.CutSuffix(w, "$")
	for _, part := range strings.Split(w, "…") {
		if strings.TrimSpace(string(parse.NewReading(part, noTime).Folded)) != "" { // a sign that folds to nothing is no word
			e.parts = append(e.parts, parse.NewReading(part, noTime).Folded)
		}
	}
	if len(e.parts) > 0 {
		first := e.parts[0][0]
		x.table[first] = append(x.table[first], e)
	}
}

// find lists the words that stand in the clauses of l, in order, without those that a longer word hides.
func (x *lexicon) find(l *said) {
	all := make([]mark, 0, 6*len(l.text)) // one piece of memory for the marks of all clauses
	for n := range l.clauses {
		c := &l.clauses[n]
		c.x = x
		hidden := false
		from := len(all)
		for i := c.i; i < c.j; i++ {
			if r := l.text[i]; int(r) >= len(x.begins) || !x.begins[r] {
				continue
			}
			list := x.table[l.text[i]]
			for k := range list {
				e := &list[k]
				if w := e.parts[0]; len(w) > 1 && (i+1 >= c.j || l.text[i+1] != w[1]) { // most words end here
					continue
				}
				if j := e.at(c, i); j > i {
					all = append(all, mark{e.class, i, j})
					hidden = hidden || x.hides[e.class] >= 0
				}
			}
		}
		c.marks = all[from:len(all):len(all)]
		if hidden {
			c.hide()
		}
		for _, m := range c.marks {
			c.has[m.class/64] |= 1 << (m.class % 64)
			l.has[m.class/64] |= 1 << (m.class % 64)
		}
	}
	l.x = x
}

// at gives the place behind the word that begins at i of the clause, else i.
func (e *listed) at(c *clause, i int) int {
	if e.start && i != c.i {
		return i
	}
	j := i
	for n, part := range e.parts {
		if n > 0 {
			k := indexRunes(c.text[j:min(c.j, j+gapLimit+len(part))], part)
			if k < 0 {
				return i
			}
			j += k
		} else if !hasRunes(c.text[:c.j], j, part) {
			return i
		}
		j += len(part)
	}
	if e.end && j != c.bare && j != c.j {
		return i
	}
	return j
}

// hide drops the marks that stand inside a longer word of the list that hides them.
func (c *clause) hide() {
	kept := c.marks[:0:0]
	for _, m := range c.marks {
		out := false
		for _, h := range c.marks {
			out = out || c.x.hides[h.class] == m.class && h.i <= m.i && m.j <= h.j
		}
		if !out {
			kept = append(kept, m)
		}
	}
	c.marks = kept
}

func hasRunes(text []rune, i int, w []rune) bool {
	if i < 0 || i+len(w) > len(text) {
		return false
	}
	for k, r := range w {
		if text[i+k] != r {
			return false
		}
	}
	return true
}

func indexRunes(text, w []rune) int {
	for i := 0; i+len(w) <= len(text); i++ {
		if hasRunes(text, i, w) {
			return i
		}
	}
	return -1
}
