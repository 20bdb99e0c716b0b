package chatlog

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// finder gathers the facts of one record.
type finder struct {
	rec     *Record
	o       Options
	x       *lexicon
	op      *opinion
	votes   tally
	cutter  cutter
	sums    map[int][]*Fact // prices and budgets by line
	lines   []*said         // lines with words, in order
	sided   bool            // some line has a side
	facts   []*Fact
	index   map[string]*Fact // by what they say
	own     owned
	things  []*thing // products, see fact_product.go
	awaited *thing   // how many a customer wants of what nobody named so far
	rivals  map[string]*Fact

	withdrawn   map[figureAt]bool     // prices that a later word took back
	goodsNamed  map[*clause][]mention // what else names a product, by the table of mentions
	goodsMaybe  []maybe               // what may name one, by the same
	goodsLikely map[int][]string      // by line, what may be one

	rivalNames [][]rune         // folded
	rivalSure  []string         // competitors of whom the second opinion is not asked
	unplaced   []unplaced       // quantities of something named elsewhere
	tally      map[float64]bool // how many of something somebody said so far
	bid        int              // the line in which the customer named a price last
}

// findFacts gives what the lines of r say, in the order of the kinds and then of the lines. It reads nothing
// but its arguments: the same record gives the same facts. What a line orders is never done, only read.
func findFacts(r *Record, o Options) []Fact { return findFactsBy(r, o, secondOpinion()) }

// findFactsBy does so with the second opinion that is given.
func findFactsBy(r *Record, o Options, op *opinion) []Fact {
	f := newFinder(r, o, op)
	if len(f.lines) == 0 {
		return []Fact{}
	}
	f.find()
	all := make([]Fact, len(f.facts))
	for i, x := range f.facts {
		all[i] = *x
	}
	return all
}

// newFinder makes the lines of r ready.
func newFinder(r *Record, o Options, op *opinion) *finder {
	f := &finder{rec: r, o: o, op: op, votes: tally{opinion: op}, x: lexiconOf(o.Pack), index: map[string]*Fact{}}
	for i := range r.Lines {
		l := &r.Lines[i]
		f.sided = f.sided || l.Side != ""
		if s := hear(l, o, f.x); s != nil {
			s.index = len(f.lines)
			f.lines = append(f.lines, s)
		}
	}
	if !f.sided && !slices.ContainsFunc(f.lines, func(s *said) bool { return s.Sender != "" }) {
		f.guessSides(speakerOpinion())
	}
	return f
}

// find runs the readers of all kinds, those first on which others lean.
func (f *finder) find() {
	f.findOwn()
	f.findRivals()
	f.findReach()
	f.findContacts()
	f.findCompanies()
	f.findPrices()
	f.addUp()
	f.reconsiderRivals()
	f.reconsiderBudget()
	f.addUp()
	f.findMentions()
	f.nameEmployers()
	f.findProducts()
	f.findPlans()
	f.findDates()
	f.findWishes()
	f.findDoubts()
	f.findDeciders()
	f.findMood()
	f.order()
}

// kindOrder is the order in which facts are listed.
var kindOrder = []FactKind{Contact, Company, Phone, Email, WeChat, DecisionMaker, Product, Budget, Price, Need, Date, Promise, NextStep, Objection, Competitor, Complaint, Mood}

// add keeps a fact; one that was said before with the same kind, value, turn and time gets the lines instead.
func (f *finder) add(n Fact) {
	slices.Sort(n.Lines)
	key := n.key()
	o := f.index[key]
	if o == nil || o.Discount != n.Discount && n.Discount != 0 && o.Discount != 0 {
		f.index[key] = &n
		f.facts = append(f.facts, &n)
		return
	}
	o.Lines = joinLines(o.Lines, n.Lines)
	if o.Company == "" {
		o.Company = n.Company
	}
	if n.Quantity != 0 {
		o.Quantity = n.Quantity
	}
	if n.Discount != 0 {
		o.Discount = n.Discount
	}
	if o.What == "" {
		o.What = n.What
	}
}

// key is the same for facts that say the same.
func (x *Fact) key() string {
	var b strings.Builder
	for _, part := range []string{string(x.Kind), x.Text, string(x.Who)} {
		b.WriteString(part)
		b.WriteByte(0)
	}
	switch v := x.Value.(type) {
	case string:
		b.WriteString(v)
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case nil:
		b.WriteString(strconv.FormatFloat(x.Discount, 'g', -1, 64))
	}
	if x.At != nil {
		b.WriteString(strconv.FormatInt(x.At.Unix(), 36))
	}
	return b.String()
}

// drop takes facts away that a later line has corrected.
func (f *finder) drop(gone func(Fact) bool) {
	f.facts = slices.DeleteFunc(f.facts, func(x *Fact) bool {
		if !gone(*x) {
			return false
		}
		delete(f.index, x.key())
		return true
	})
}

func joinLines(a, b []int) []int {
	for _, n := range b {
		if !slices.Contains(a, n) {
			a = append(a, n)
		}
	}
	slices.Sort(a)
	return a
}

func (f *finder) order() {
	place := func(k FactKind) int { return slices.Index(kindOrder, k) }
	sort.SliceStable(f.facts, func(a, b int) bool {
		x, y := f.facts[a], f.facts[b]
		if x.Kind != y.Kind {
			return place(x.Kind) < place(y.Kind)
		}
		return x.Lines[0] < y.Lines[0]
	})
}
