package chatlog

import (
	"slices"
	"strings"

	"gendan/bot/parse"
)

// see tells to what the second opinion looks at in a clause.
func (f *finder) see(c *clause, to signs) {
	text := c.abridged()
	cut := f.cutter.cut(text)
	for i := range text {
		to.run(text[i : i+1]...)
		if i+1 < len(text) {
			to.run(text[i : i+2]...)
		}
	}
	for _, w := range cut {
		if len(w) > 2 {
			to.run(w...)
		}
	}
	c.aroundStrangers(text, cut, to)
	side := string(c.Side)
	if side == "" {
		side = "-"
	}
	to.word("side ", side)
	f.ruled(c, func(rule string) {
		to.word("rule ", rule)
		if c.Side != Customer {
			to.word("rule of "+side+" ", rule)
		}
	})
	for _, m := range c.marks {
		to.list(m.class, standsIn)
	}
	for n := max(0, c.n-2); n <= min(c.n+2, len(c.said.clauses)-1); n++ {
		if n != c.n {
			for _, m := range c.said.clauses[n].marks {
				to.list(m.class, standsNear)
			}
		}
	}
	if c.ask {
		to.word("ask", "")
	}
	switch n := len(c.said.clauses); {
	case n == 1:
		to.word("only", "")
	case c.n == 0:
		to.word("first", "")
	case c.n == n-1:
		to.word("last", "")
	}
	to.word("length ", lengths[min(len(text), 16)/3])
	b := f.before(c)
	if b == nil {
		to.word("begins", "")
		return
	}
	to.word("after ", string(b.Side))
	last := &b.clauses[len(b.clauses)-1]
	if last.ask || last.is("question") {
		to.word("asked", "")
	}
	for _, m := range last.marks {
		if name := f.x.names[m.class]; heededBefore[name] {
			to.word("asked ", name)
		}
	}
}

var lengths = [...]string{"0", "1", "2", "3", "4", "5"}

// heededBefore are the lists whose words in the line before say something of this one.
var heededBefore = map[string]bool{"budget": true, "price.how": true, "complaint": true, "decides": true, "rival.generic": true, "date.offer": true, "need": true, "request": true}

// before gives the line with words before that of the clause.
func (f *finder) before(c *clause) *said {
	if c.said.index > 0 {
		return f.lines[c.said.index-1]
	}
	return nil
}

// abridged gives the text of the clause with a sign for each span and each name of our people.
func (c *clause) abridged() []rune {
	text := append(make([]rune, 0, min(c.j-c.i, maxSigned)+2), '^')
	k := 0
	for i := c.i; i < c.j && len(text) < maxSigned; i++ {
		for k < len(c.spans) && c.spans[k].j <= i {
			k++
		}
		if k < len(c.spans) && c.spans[k].i <= i {
			text = append(text, spanSigns[c.spans[k].kind])
			i = c.spans[k].j - 1
			continue
		}
		if j := c.titled(i); j > i {
			text = append(text, 'Ⓦ')
			i = j - 1
			continue
		}
		if r := c.text[i]; r != ' ' || text[len(text)-1] != ' ' {
			text = append(text, r)
		}
	}
	return append(text, '$')
}

var spanSigns = map[byte]rune{'T': 'Ⓣ', 'M': 'Ⓜ', 'P': 'Ⓟ', 'E': 'Ⓔ', 'D': 'Ⓓ', 'Q': 'Ⓠ', 'N': 'Ⓝ', 'V': 'Ⓥ'}

// cutter cuts text into words; what it gives is good until it is used again.
type cutter struct {
	best, from []int
	words      [][]rune
}

// cut gives the words of Chinese that make text likeliest, from the last to the first.
func (u *cutter) cut(text []rune) [][]rune {
	const strange = 64 // the cost of a character that is no known word
	u.best, u.from, u.words = append(u.best[:0], 0), append(u.from[:0], 0), u.words[:0]
	for j := 1; j <= len(text); j++ {
		best, from := 1<<30, j-1
		for n := 1; n <= 4 && n <= j; n++ {
			if n > 1 && text[j-n] < 128 { // no common word has a letter or digit
				break
			}
			cost, ok := parse.CommonWord(text[j-n : j])
			if !ok {
				if n > 1 {
					continue
				}
				cost = strange
			}
			if b := u.best[j-n] + cost; b < best {
				best, from = b, j-n
			}
		}
		u.best, u.from = append(u.best, best), append(u.from, from)
	}
	for j := len(text); j > 0; j = u.from[j] {
		u.words = append(u.words, text[u.from[j]:j])
	}
	return u.words
}

// ruled names what the rules find in the clause.
func (f *finder) ruled(c *clause, name func(string)) {
	if c.customers() {
		if f.complains(c) {
			name("complaint")
			if c.broken() {
				name("broken")
			}
		}
		if f.wishes(c) {
			name("need")
		}
		if class := f.doubt(c); class != "" {
			name("objection." + class)
		}
		if len(f.rivalNames) > 0 && f.rivalsIn(c) {
			name("competitor")
		}
		if c.is("decides", "decides.who") && c.decider() {
			name("decision_maker")
		}
	}
	if kind, _ := f.planned(c); kind != "" {
		name(string(kind))
	}
	for _, sp := range c.spans {
		if sp.kind != 'T' {
			continue
		}
		if _, exact, ok := c.ahead(sp); ok {
			name("date")
			if exact {
				name("hour")
			}
			break
		}
	}
	if c.is("buy", "buy.weak", "price.how", "demo", "renew") || len(c.spansOf('Q')) > 0 {
		name("goods")
	}
	for _, x := range f.sums[c.N] {
		for _, sp := range c.spans {
			if x.Value == sp.v || x.Value == nil && sp.kind == 'D' {
				name(string(x.Kind))
			}
		}
	}
}

// addUp lists the prices and budgets by the lines that tell them.
func (f *finder) addUp() {
	f.sums = map[int][]*Fact{}
	for _, x := range f.facts {
		if x.Kind == Price || x.Kind == Budget {
			for _, n := range x.Lines {
				f.sums[n] = append(f.sums[n], x)
			}
		}
	}
}

// stranger is a run of characters that no common word explains, as the name of a company is.
type stranger struct{ i, j int }

// strangers lists the runs of text, each of two to four characters.
func (c *clause) strangers(text []rune, cut [][]rune, at int) []stranger {
	var all []stranger
	i := 0
	begin := -1
	end := func(k int) {
		if begin < 0 {
			return
		}
		a, b := begin, k
		for a < b && c.plain(text[a], a+at) {
			a++
		}
		for a < b && c.plain(text[b-1], b-1+at) {
			b--
		}
		if b-a >= 2 && b-a <= 4 {
			all = append(all, stranger{a, b})
		}
		begin = -1
	}
	for _, w := range slices.Backward(cut) { // from the left: wordsOf lists from the right
		single := len(w) == 1 && han(w[0])
		if single && begin < 0 {
			begin = i
		}
		if !single {
			end(i)
		}
		i += len(w)
	}
	end(i)
	return all
}

// plainCost is the cost up to which a single character is a common word of its own.
const plainCost = 32

// plain reports whether the character, which stands at i, says something by itself.
func (c *clause) plain(r rune, i int) bool {
	if cost, ok := parse.CommonWord([]rune{r}); ok && cost <= plainCost {
		return true
	}
	for _, list := range []string{"rival_stop", "do", "buy.weak", "with", "than", "price.lead", "quantity.lead"} {
		if c.at(list, i) == 1 {
			return true
		}
	}
	return strings.ContainsRune("换装报找修买卖用拿做试约付签订租嫌问", r)
}

// aroundStrangers tells to what stands beside the strangers of an abridged text.
func (c *clause) aroundStrangers(text []rune, cut [][]rune, to signs) {
	for _, s := range c.strangers(text, cut, -1<<20) {
		l1, l2, r1, r2 := '^', '^', '$', '$'
		if s.i > 0 {
			l1 = text[s.i-1]
		}
		if s.i > 1 {
			l2 = text[s.i-2]
		}
		if s.j < len(text) {
			r1 = text[s.j]
		}
		if s.j+1 < len(text) {
			r2 = text[s.j+1]
		}
		to.word("Ⓧ", "")
		to.run('Ⓧ', r1)
		to.run('Ⓧ', r1, r2)
		to.run(l1, 'Ⓧ')
		to.run(l2, l1, 'Ⓧ')
		to.run(l1, 'Ⓧ', r1)
	}
}
