package chatlog

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gendan/bot/parse"
)

// opinionTable holds what the signs of a clause (words, pairs of characters, lists, what the rules found) say about
// what it tells. It was learned from the labelled records (TestLearnOpinion writes it anew): the first line names
// the verdicts with their base; each further line gives a sign and, for each verdict that it speaks for or against,
// the verdict's number and a weight in hundredths of log odds.
//
//go:embed opinion.txt
var opinionTable string

// verdict is something that a clause may tell.
type verdict int

// The verdicts; those from vPrice on are the classes of objections, in their order.
const (
	vNeed verdict = iota
	vComplaint
	vPromise
	vNextStep
	vCompetitor
	vDecider
	vBudget
	vDate
	vProduct
	vPrice
	vObjection
	verdicts = vObjection + 6
)

var verdictNames = [verdicts]string{"need", "complaint", "promise", "next_step", "competitor", "decision_maker", "budget", "date", "product", "price",
	"objection.price", "objection.delivery", "objection.quality", "objection.trust", "objection.competitor", "objection.timing"}

// opinion is the second opinion on what a clause tells: it knows no grammar, only which signs were seen with what.
type opinion struct {
	base  [verdicts]float64
	slots []slot // by the low bits of the hash of a sign, or behind that place
	votes [][]vote
}

// slot holds the hash of a sign and its place in votes, counted from 1.
type slot struct {
	hash uint64
	at   int32
}

// at gives the place of the sign's votes, or -1.
func (o *opinion) at(h uint64) int32 {
	if len(o.slots) == 0 {
		return -1
	}
	for i := int(h>>32) & (len(o.slots) - 1); ; i = (i + 1) & (len(o.slots) - 1) {
		if s := &o.slots[i]; s.at == 0 || s.hash == h {
			return s.at - 1
		}
	}
}

func (o *opinion) keep(h uint64, votes []vote) {
	if o.at(h) >= 0 {
		return
	}
	i := int(h>>32) & (len(o.slots) - 1)
	for o.slots[i].at != 0 {
		i = (i + 1) & (len(o.slots) - 1)
	}
	o.votes = append(o.votes, votes)
	o.slots[i] = slot{h, int32(len(o.votes))}
}

type vote struct {
	verdict verdict
	weight  float64
}

var secondOpinion = sync.OnceValue(func() *opinion { return readOpinion(opinionTable) })

func readOpinion(table string) *opinion {
	rows := strings.Split(strings.TrimSpace(table), "\n")
	size := 16
	for size < 4*len(rows) {
		size *= 2
	}
	o := &opinion{slots: make([]slot, size)}
	for n, row := range rows {
		f := strings.Split(row, "\t")
		var votes []vote
		for k, v := range f[1:] {
			name, text, _ := strings.Cut(v, "=")
			weight, _ := strconv.Atoi(text)
			if n == 0 {
				if k < int(verdicts) {
					o.base[k] = float64(weight) / 100
				}
				continue
			}
			if of, err := strconv.Atoi(name); err == nil && of >= 0 && of < int(verdicts) {
				votes = append(votes, vote{verdict(of), float64(weight) / 100})
			}
		}
		if n > 0 {
			o.keep(hashed(hashSeed, f[0]), votes)
		}
	}
	return o
}

const hashSeed, hashPrime = 14695981039346656037, 1099511628211 // FNV-1a, a character at a time

// hashed continues the hash h with the characters of s.
func hashed(h uint64, s string) uint64 {
	for _, r := range s {
		h = (h ^ uint64(r)) * hashPrime
	}
	return h
}

// signs takes what is seen of a clause: a run of characters, or a sign of two words.
type signs interface {
	run(text ...rune)
	word(name, of string)
	list(class int, near bool) // a word of a list, in the clause itself or in one near it
}

// tally adds up the votes of the signs, each once.
type tally struct {
	*opinion
	sum  [verdicts]float64
	seen []uint32 // by place: the clause in which it was seen last
	now  uint32

	here, near []int32 // the places of the signs of lists, by class
}

func (t *tally) run(text ...rune) {
	h := uint64(hashSeed)
	for _, r := range text {
		h = (h ^ uint64(r)) * hashPrime
	}
	t.vote(h)
}

func (t *tally) word(name, of string) { t.vote(hashed(hashed(hashSeed, name), of)) }

func (t *tally) vote(h uint64) { t.add(t.at(h)) }

func (t *tally) list(class int, near bool) {
	if near {
		t.add(t.near[class])
	} else {
		t.add(t.here[class])
	}
}

func (t *tally) add(k int32) {
	if k < 0 || t.seen[k] == t.now {
		return
	}
	t.seen[k] = t.now
	for _, v := range t.votes[k] {
		t.sum[v.verdict] += v.weight
	}
}

// begin forgets the signs of the clause before.
func (t *tally) begin(x *lexicon) {
	if t.seen == nil {
		t.seen = make([]uint32, len(t.votes))
		for _, name := range x.names {
			t.here = append(t.here, t.at(hashed(hashed(hashSeed, "list "), name)))
			t.near = append(t.near, t.at(hashed(hashed(hashSeed, "near "), name)))
		}
	}
	t.now++
	t.sum = t.base
}

// end gives for every verdict how likely it is.
func (t *tally) end() *[verdicts]float64 {
	p := t.sum
	for n := range p {
		p[n] = 1 / (1 + math.Exp(-p[n]))
	}
	return &p
}

// thinks gives what the second opinion holds of the clause, with what the rules say of it among its signs.
func (f *finder) thinks(c *clause) *[verdicts]float64 {
	if c.thought == nil {
		f.votes.begin(f.x)
		f.see(c, &f.votes)
		c.thought = f.votes.end()
	}
	return c.thought
}

// kept and raised are how likely the second opinion must think a verdict that the rules found, and one that they did
// not find. Where raised is above 1 the rules alone find it.
var (
	kept   = [verdicts]float64{0.25, 0.2, 0.25, 0.2, 0.15, 0.2, 0.15, 0.05, 0.05, 0.1, 0.08, 0.02, 0.04, 0.04, 0.03, 0.02}
	raised = [verdicts]float64{0.4, 0.4, 0.6, 0.7, 0.4, 0.5, 0.5, 2, 2, 2, 0.35, 0.35, 0.35, 0.35, 0.4, 0.35}
)

// holds decides whether the clause tells the verdict, of which the rules say whether it does.
func (f *finder) holds(c *clause, v verdict, ruled bool) bool {
	if f.op == nil {
		return ruled
	}
	if ruled {
		return f.thinks(c)[v] >= kept[v]
	}
	return raised[v] <= 1 && f.thinks(c)[v] >= raised[v]
}

// maxSigned is the length up to which a clause's signs are read.
const maxSigned = 60

// see tells to what the second opinion looks at in a clause.
func (f *finder) see(c *clause, to signs) {
	text := c.abridged()
	cut := f.cutter.cut(text)
	for i := 0; i+2 <= len(text); i++ {
		to.run(text[i], text[i+1])
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
		to.list(m.class, false)
	}
	for n := max(0, c.n-2); n <= min(c.n+2, len(c.said.clauses)-1); n++ {
		if n != c.n {
			for _, m := range c.said.clauses[n].marks {
				to.list(m.class, true)
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
	text := []rune{'^'}
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
