package chatlog

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"gendan/bot/parse"
	"gendan/templates"
)

// lexicon is the pack's words for records, made ready so that one walk over a line finds them all.
type lexicon struct {
	table    map[[2]rune][]listed // by the first two characters, longest first; words of one character have 0 for the second
	begins   [1 << 16]begins      // by first character
	class    classes              // list name → class; the class of "x!" is the one that hides "x"
	names    []string             // class → list name
	behind   []string             // class → the sign of what a word of it stands behind
	before   []string
	hides    []int // class → the class that it hides, or -1
	surnames map[rune]bool
	compound map[[2]rune]bool // surnames of two characters
}

// listed is one word of a list.
type listed struct {
	parts      [][]rune // the word, cut at …
	class      int
	start, end bool // it must begin or end its clause
}

// begins tells what words a character begins. Behind most characters stands none that goes on any of them.
type begins struct {
	alone  []listed // the words of that character only
	longer uint64   // the characters that may come second, by their last six bits
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
	x := &lexicon{table: map[[2]rune][]listed{}, surnames: map[rune]bool{}, compound: map[[2]rune]bool{}}
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
	x.class = newClasses(names)
	for c, name := range names {
		x.behind, x.before = append(x.behind, name+" behind "), append(x.before, name+" before ")
		x.hides[c] = -1
		if hidden, ok := strings.CutSuffix(name, "!"); ok {
			if h, ok := x.class.of(hidden); ok {
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
	for two, list := range x.table {
		if int(two[0]) >= len(x.begins) {
			continue
		}
		if b := &x.begins[two[0]]; two[1] == 0 {
			b.alone = list
		} else {
			b.longer |= 1 << (two[1] % 64)
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
		if folded := parse.NewReading(part, noTime).Folded; strings.TrimSpace(string(folded)) != "" { // a sign that folds to nothing is no word
			e.parts = append(e.parts, folded)
		}
	}
	if len(e.parts) > 0 {
		first := [2]rune{e.parts[0][0]}
		if len(e.parts[0]) > 1 {
			first[1] = e.parts[0][1]
		}
		x.table[first] = append(x.table[first], e)
	}
}

// find lists the words that stand in the clauses of l, in order, without those that a longer word hides.
func (x *lexicon) find(l *said) {
	var many [128]mark // of one clause; each gets as many as it has
	for n := range l.clauses {
		c := &l.clauses[n]
		c.x = x
		all := many[:0]
		for i := c.i; i < c.j; i++ {
			r := l.text[i]
			if int(r) >= len(x.begins) {
				continue
			}
			b := &x.begins[r]
			if i+1 < c.j && b.longer&(1<<(l.text[i+1]%64)) != 0 {
				all = c.list(all, x.table[[2]rune{r, l.text[i+1]}], i)
			}
			all = c.list(all, b.alone, i)
		}
		c.marks = slices.Clone(all[:c.hide(all)])
		for _, m := range c.marks {
			c.has[m.class/64] |= 1 << (m.class % 64)
			l.has[m.class/64] |= 1 << (m.class % 64)
		}
	}
	l.x = x
}

// list appends those of the words that stand at i of the clause.
func (c *clause) list(all []mark, words []listed, i int) []mark {
	for k := range words {
		if j := words[k].at(c, i); j > i {
			all = append(all, mark{words[k].class, i, j})
		}
	}
	return all
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

// hide moves the marks to the front that do not stand inside a longer word of the list that hides them, and gives their number.
func (c *clause) hide(marks []mark) int {
	var few [8]mark
	hiders := few[:0]
	for _, h := range marks {
		if c.x.hides[h.class] >= 0 {
			hiders = append(hiders, h)
		}
	}
	if len(hiders) == 0 {
		return len(marks)
	}
	kept := 0
	for _, m := range marks {
		if !slices.ContainsFunc(hiders, func(h mark) bool { return c.x.hides[h.class] == m.class && h.i <= m.i && m.j <= h.j }) {
			marks[kept] = m
			kept++
		}
	}
	return kept
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

// classes finds lists by their names: what the rules ask most of all.
type classes [1024]struct {
	name  string
	class int
}

func newClasses(names []string) (t classes) {
	for class, name := range names {
		k := t.place(name)
		t[k].name, t[k].class = name, class
	}
	return t
}

// place is where the name is, or where it would be: names have a length, and differ at both ends and in the middle.
func (t *classes) place(name string) int {
	n := len(name)
	if n == 0 {
		return 0
	}
	k := uint32(n)*0x9e3779b1 + uint32(name[0])*0x85ebca6b + uint32(name[n/2])*0xc2b2ae35 + uint32(name[n-1])*0x27d4eb2f
	for k >>= 22; t[k].name != "" && t[k].name != name; k = (k + 1) % uint32(len(t)) {
	}
	return int(k)
}

func (t *classes) of(name string) (class int, ok bool) {
	x := &t[t.place(name)]
	return x.class, x.name != ""
}
