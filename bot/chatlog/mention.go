package chatlog

import (
	_ "embed"
	"slices"
	"strconv"
	"sync"

	"gendan/bot/parse"
)

// mentionTable holds what the signs of a stretch of words say about what it names: a product, a competitor, a company,
// a person, a price or what a customer can spend. It was learned from the labelled records and lines (TestLearnMentions
// writes it anew) and has the form of opinion.txt.
//
//go:embed mention.txt
var mentionTable string

var mentionOpinion = sync.OnceValue(func() *opinion { return readOpinion(mentionTable) })

// The verdicts of the table of mentions.
const (
	vNamesProduct verdict = iota
	vNamesRival
	vNamesCompany
	vNamesContact
	vNamesPrice // this and the next are of figures
	vNamesBudget
	mentionVerdicts
)

var mentionNames = []string{"product", "competitor", "company", "contact", "price", "budget"}

// What a mention is made of: at most so many characters, and so many of a clause are looked at.
const maxMention, maxMentioning = 9, 40

// mentioner looks for what the clauses of a record name. A stretch is weighed by what stands before it, by what stands
// behind it, by its own words and by its clause; the first two are added up once for each place in the clause.
type mentioner struct {
	f       *finder
	votes   tally
	often   map[[2]rune]heardIn
	counted map[float64]bool // the numbers that are said with a measure
	padded  []rune           // ^^^, the text, $$$
	text    []rune           // of the clause, with a sign for each character of an amount, time or phone
	pair    []rune           // used again and again
	stops   []int            // the places between words
	sorts   []rune           // of the words between them, see sortOf

	begins, ends []shares // by stop
	hopes        []bool   // where a name may begin
}

func (f *finder) newMentioner(op *opinion) *mentioner {
	m := &mentioner{f: f, votes: tally{opinion: op}, often: map[[2]rune]heardIn{}, counted: map[float64]bool{}}
	for _, s := range f.lines {
		for _, sp := range s.spans {
			if sp.kind == 'Q' {
				m.counted[sp.v] = true
			}
		}
		for i := 0; i+1 < len(s.text); i++ {
			if s.text[i] <= ' ' || s.text[i+1] <= ' ' {
				continue
			}
			two := [2]rune(s.text[i : i+2])
			if o := m.often[two]; o.lines < 4 && (o.lines == 0 || o.last != s.index) {
				m.often[two] = heardIn{o.lines + 1, s.index}
			}
		}
	}
	return m
}

// heardIn is in how many lines two characters stand, at most four, and the last of these.
type heardIn struct{ lines, last int }

// howOften gives a sign for the number of lines in which the characters stand.
func (m *mentioner) howOften(two []rune) string {
	return counts[m.often[[2]rune(two)].lines]
}

// enter makes the clause ready; it reports false when nothing can be named there.
func (m *mentioner) enter(c *clause) bool {
	n := min(c.j-c.i, maxMentioning)
	if n < 2 {
		return false
	}
	m.padded = append(append(append(m.padded[:0], '^', '^', '^'), c.text[c.i:c.i+n]...), '$', '$', '$')
	m.text = m.padded[3 : 3+n]
	for _, sp := range c.spans {
		if sign := spanSigns[sp.kind]; sp.kind != 'N' {
			for k := max(0, sp.i-c.i); k < min(n, sp.j-c.i); k++ {
				m.text[k] = sign
			}
		}
	}
	words := m.f.cutter.cut(m.text)
	m.stops, m.sorts = append(m.stops[:0], 0), append(m.sorts[:0], '^', '^')
	at := 0
	for _, w := range slices.Backward(words) {
		at += len(w)
		m.stops, m.sorts = append(m.stops, at), append(m.sorts, sortOf(w))
	}
	m.sorts = append(m.sorts, '$', '$')
	return slices.ContainsFunc(m.sorts, func(r rune) bool { return r == 'n' || r == 'x' || r == 'a' || r == spanSigns['M'] }) // no name is made of other words alone
}

// sortOf is n for a noun, v for any other word of several characters, 1 for a common character, x for one that
// seldom stands alone, a for letters and digits, and the character itself for all else.
func sortOf(w []rune) rune {
	switch r := w[0]; {
	case len(w) > 1 && parse.CommonNoun(w):
		return 'n'
	case len(w) > 1:
		return 'v'
	case han(r):
		if cost, ok := parse.CommonWord(w); ok && cost <= plainCost {
			return '1'
		}
		return 'x'
	case latin(r) || digit(r):
		return 'a'
	default:
		return r
	}
}

// sortsOf gives the sorts of the words [p,q), of which up to two may lie outside the clause.
func (m *mentioner) sortsOf(p, q int) []rune { return m.sorts[p+2 : q+2] }

// nameable reports whether [a,b) of the text is made as a name can be.
func (m *mentioner) nameable(a, b int) bool {
	if b-a < 2 || b-a > maxMention {
		return false
	}
	for _, r := range m.text[a:b] {
		if !nounRune(r) {
			return false
		}
	}
	return m.text[b-1] != '的' && m.text[a] != '的' && !(digit(m.text[a]) && digit(m.text[b-1]))
}

// around gives the characters [a,b) of the clause, of which up to three may lie outside it.
func (m *mentioner) around(a, b int) []rune { return m.padded[a+3 : b+3] }

// seeBegin tells to what shows that a name begins at stop n of the clause.
func (m *mentioner) seeBegin(c *clause, n int, to signs) {
	a := m.stops[n]
	for k := 1; k <= 3; k++ {
		to.part("(", m.around(a-k, a))
	}
	to.part("<", m.around(a, a+1))
	to.part("<", m.around(a, a+2))
	to.part("(<", m.around(a-1, a+1))
	to.part("[", m.sortsOf(n-1, n))
	to.part("[", m.sortsOf(n-2, n))
	if n > 0 {
		to.part("word before ", m.text[m.stops[n-1]:a])
		if n > 1 {
			to.part("words before ", m.text[m.stops[n-2]:a])
		}
	}
	for _, x := range c.marks {
		if x.j == c.i+a {
			to.list(x.class, standsBefore)
		}
		if x.i == c.i+a {
			to.list(x.class, standsFirst)
		}
	}
	if c.surname(c.i+a) > 0 {
		to.word("surname", "")
	}
	to.word("begins often ", m.howOften(m.around(a, a+2)))
}

// seeEnd tells to what shows that a name ends at stop n of the clause.
func (m *mentioner) seeEnd(c *clause, n int, to signs) {
	b := m.stops[n]
	for k := 1; k <= 3; k++ {
		to.part(")", m.around(b, b+k))
	}
	to.part(">", m.around(b-1, b))
	to.part(">", m.around(b-2, b))
	to.part(">)", m.around(b-1, b+1))
	to.part("]", m.sortsOf(n, n+1))
	to.part("]", m.sortsOf(n, n+2))
	if n+1 < len(m.stops) {
		to.part("word behind ", m.text[b:m.stops[n+1]])
		if n+2 < len(m.stops) {
			to.part("words behind ", m.text[b:m.stops[n+2]])
		}
	}
	for _, x := range c.marks {
		if x.i == c.i+b {
			to.list(x.class, standsBehind)
		}
		if x.j == c.i+b {
			to.list(x.class, standsLast)
		}
	}
	to.word("ends often ", m.howOften(m.around(b-2, b)))
}

// seeInside tells to what the words between stop p and stop q show by themselves, and together with their neighbours.
func (m *mentioner) seeInside(c *clause, p, q int, to signs) {
	a, b := m.stops[p], m.stops[q]
	to.word("length ", counts[min(b-a, len(counts)-1)])
	to.word("words ", counts[min(q-p, len(counts)-1)])
	to.part("shape ", m.sortsOf(p, q))
	to.part("name ", m.text[a:b])
	m.pair = append(append(m.pair[:0], m.around(a-1, a)...), m.around(b, b+1)...)
	to.part("()", m.pair)
	m.pair = append(append(append(m.pair[:0], m.sortsOf(p-1, p)...), m.sortsOf(q-1, q)...), m.sortsOf(q, q+1)...)
	to.part("[]", m.pair)
	for k := 1; k <= 2; k++ {
		m.pair = append(append(append(m.pair[:0], m.sortsOf(p, q)...), ')'), m.around(b, b+k)...)
		to.part("", m.pair)
		m.pair = append(append(append(m.pair[:0], m.sortsOf(p, q)...), '('), m.around(a-k, a)...)
		to.part("", m.pair)
	}
	if q-p == 1 {
		cost, ok := parse.CommonWord(m.text[a:b])
		if !ok {
			cost = 99
		}
		to.word("cost ", counts[min(cost/10, len(counts)-1)])
	}
	for _, x := range c.marks {
		switch {
		case x.i == c.i+a && x.j == c.i+b:
			to.list(x.class, standsAlone)
		case x.i == c.i+b:
			to.part(m.f.x.behind[x.class], m.sortsOf(p, q))
		case x.j == c.i+a:
			to.part(m.f.x.before[x.class], m.sortsOf(p, q))
		}
	}
	switch i, j := c.i+a, c.i+b; {
	case c.titled(i) == j:
		to.word("titled", "")
	case c.nicknamed(i) == j:
		to.word("nicknamed", "")
	case c.person(i, j) == j:
		to.word("person", "")
	}
	if latin(m.text[a]) || digit(m.text[a]) {
		to.word("latin", "")
	}
}

// seeFigure tells to what the figure shows by itself and beside the others of the talk.
func (m *mentioner) seeFigure(c *clause, sp span, p, q int, to signs) {
	to.word("figure ", string(sp.kind))
	to.word("digits ", counts[min(len(strconv.Itoa(int(sp.v))), len(counts)-1)])
	switch v := int(sp.v); {
	case sp.v != float64(v):
		to.word("broken", "")
	case v%100 == 0:
		to.word("hundreds", "")
	case v%10 == 0:
		to.word("tens", "")
	}
	if sp.v >= 1990 && sp.v < 2040 {
		to.word("a year", "")
	}
	a, b := m.stops[p], m.stops[q]
	m.pair = append(append(m.pair[:0], m.around(a-1, a)...), m.around(b, b+1)...)
	to.part("()", m.pair)
	for k := 1; k <= 2; k++ {
		to.part(string(sp.kind)+")", m.around(b, b+k))
		to.part(string(sp.kind)+"(", m.around(a-k, a))
	}
	if sp.i == c.i && sp.j >= c.bare {
		to.word("alone ", string(c.Side))
	}
	said, close := "", ""
	for n := max(0, c.said.index-6); n <= c.said.index; n++ {
		s := m.f.lines[n]
		for _, o := range s.spans {
			if o.kind != 'M' && o.kind != 'N' || s == c.said && o.i >= sp.i {
				continue
			}
			who := string(o.kind)
			if s.Side != c.Side {
				who += " other"
			}
			if o.v == sp.v {
				said = who
			} else if o.v > 0 && sp.v/o.v > 0.6 && sp.v/o.v < 1.6 {
				close = who
			}
		}
	}
	if m.counted[sp.v] {
		to.word("said of a count", "")
	}
	if c.counted(sp.j) {
		to.word("counted", "")
	}
	if c.perUnit(sp) {
		to.word("per unit", "")
	}
	to.word("said ", said)
	to.word("close ", close)
	if slices.ContainsFunc(c.said.spans, func(o span) bool { return o.kind == 'M' && o.i != sp.i }) {
		to.word("beside money", "")
	}
}

// figure gives the words between which the figure stands, if it is one that may be money.
func (m *mentioner) figure(c *clause, sp span) (p, q int, ok bool) {
	if sp.kind != 'M' && sp.kind != 'N' || sp.v <= 0 || sp.j > c.i+len(m.text) {
		return 0, 0, false
	}
	p, from := slices.BinarySearch(m.stops, sp.i-c.i)
	q, to := slices.BinarySearch(m.stops, sp.j-c.i)
	return p, q, from && to
}

// seeClause tells to what the clause shows of all names in it.
func (m *mentioner) seeClause(c *clause, to signs) {
	to.word("side ", string(c.Side))
	for _, x := range c.marks {
		to.list(x.class, standsIn)
	}
	for _, sp := range c.spans {
		m.pair = append(m.pair[:0], '#', spanSigns[sp.kind])
		to.run(m.pair...)
	}
	if c.ask {
		to.word("ask", "")
	}
	to.word("clause ", counts[min(len(m.stops)-1, len(counts)-1)])
	to.word("line ", counts[min(c.said.index, 5)])
	if c.n > 0 {
		for _, x := range c.said.clauses[c.n-1].marks {
			to.list(x.class, standsNear)
		}
	} else if b := m.f.before(c); b != nil {
		last := &b.clauses[len(b.clauses)-1]
		if last.ask || last.is("question") {
			to.word("asked", "")
		}
		for _, x := range last.marks {
			to.word("asked ", m.f.x.names[x.class])
		}
	}
}

var counts = [...]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

// mention is a stretch of a clause that names something, and how likely.
type mention struct {
	i, j   int   // in the line
	figure *span // if it is one
	p      [mentionVerdicts]float64
}

// shares are what a clause, a beginning, an end or a stretch adds to each verdict.
type shares [mentionVerdicts]float64

// add gives the sums of what is seen.
func (m *mentioner) add(see func(to signs)) shares {
	m.votes.begin(m.f.x)
	see(&m.votes)
	var sum shares
	for v := range sum {
		sum[v] = m.votes.of(verdict(v))
	}
	return sum
}

// mentions weighs the stretches of the clause that may be names, and its figures. Where hardly any name begins as the
// words before and its first ones tell, nothing more is looked at: that is so in half of all clauses.
func (m *mentioner) mentions(c *clause) []mention {
	if !m.enter(c) {
		return nil
	}
	whole := m.add(func(to signs) { m.seeClause(c, to) })
	for v := range whole {
		whole[v] += float64(m.votes.base[v]) / 100
	}
	m.begins, m.ends = append(m.begins[:0], make([]shares, len(m.stops)-1)...), append(m.ends[:0], make([]shares, len(m.stops))...)
	m.hopes = append(m.hopes[:0], make([]bool, len(m.begins))...)
	begins, ends, hopes := m.begins, m.ends, m.hopes
	hope := false
	for n := range begins {
		if r := m.text[m.stops[n]]; r != spanSigns['M'] && (!nounRune(r) || r == '的') {
			continue
		}
		begins[n] = m.add(func(to signs) { m.seeBegin(c, n, to) })
		for v := range vNamesPrice {
			hopes[n] = hopes[n] || whole[v]+begins[n][v] > hopeless
		}
		hope = hope || hopes[n]
	}
	if !hope && !slices.ContainsFunc(c.spans, func(sp span) bool { return sp.kind == 'M' || sp.kind == 'N' }) {
		return nil
	}
	for n := 1; n < len(ends); n++ {
		ends[n] = m.add(func(to signs) { m.seeEnd(c, n, to) })
	}
	var all []mention
	for p := range begins {
		for q := p + 1; hopes[p] && q < len(m.stops) && m.stops[q]-m.stops[p] <= maxMention; q++ {
			if !m.nameable(m.stops[p], m.stops[q]) {
				continue
			}
			hope := false
			for v := range vNamesPrice {
				hope = hope || whole[v]+begins[p][v]+ends[q][v] > hopeless
			}
			if !hope {
				continue
			}
			inside := m.add(func(to signs) { m.seeInside(c, p, q, to) })
			x := mention{i: c.i + m.stops[p], j: c.i + m.stops[q]}
			for v := range vNamesPrice {
				x.p[v] = likely(whole[v] + begins[p][v] + ends[q][v] + inside[v])
			}
			all = append(all, x)
		}
	}
	for k, sp := range c.spans {
		p, q, ok := m.figure(c, sp)
		if !ok {
			continue
		}
		inside := m.add(func(to signs) { m.seeFigure(c, sp, p, q, to) })
		x := mention{i: sp.i, j: sp.j, figure: &c.spans[k]}
		for v := vNamesPrice; v < mentionVerdicts; v++ {
			x.p[v] = likely(whole[v] + begins[p][v] + ends[q][v] + inside[v])
		}
		all = append(all, x)
	}
	return all
}

// hopeless are the log odds below which nothing more is looked at: of 793 names of the labelled records twelve begin
// below it, and with their ends none lies there.
const hopeless = -4
