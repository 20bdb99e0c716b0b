package chatlog

import (
	"slices"
	"sort"
)

// finder gathers the facts of one record.
type finder struct {
	rec    *Record
	o      Options
	x      *lexicon
	lines  []*said // lines with words, in order
	sided  bool    // some line has a side
	facts  []Fact
	own    owned
	things []*thing // products, see fact_product.go
	rivals map[string]*Fact
}

// findFacts gives what the lines of r say, in the order of the kinds and then of the lines. It reads nothing
// but its arguments: the same record gives the same facts. What a line orders is never done, only read.
func findFacts(r *Record, o Options) []Fact {
	f := &finder{rec: r, o: o, x: lexiconOf(o.Pack), facts: []Fact{}}
	for i := range r.Lines {
		l := &r.Lines[i]
		f.sided = f.sided || l.Side != ""
		if s := hear(l, o, f.x); s != nil {
			f.lines = append(f.lines, s)
		}
	}
	if len(f.lines) == 0 {
		return f.facts
	}
	f.findOwn()
	f.findRivals()
	f.findReach()
	f.findContacts()
	f.findCompanies()
	f.findPrices()
	f.findProducts()
	f.findPlans()
	f.findDates()
	f.findWishes()
	f.findDoubts()
	f.findDeciders()
	f.findMood()
	f.order()
	return f.facts
}

// kindOrder is the order in which facts are listed.
var kindOrder = []FactKind{Contact, Company, Phone, Email, WeChat, DecisionMaker, Product, Budget, Price, Need, Date, Promise, NextStep, Objection, Competitor, Complaint, Mood}

// add keeps a fact; one that was said before with the same kind, value, turn and time gets the lines instead.
func (f *finder) add(n Fact) {
	for i := range f.facts {
		o := &f.facts[i]
		if o.Kind != n.Kind || o.Value != n.Value || o.Who != n.Who || o.Text != n.Text || !sameTime(o, &n) || o.Discount != n.Discount && n.Discount != 0 && o.Discount != 0 {
			continue
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
		return
	}
	slices.Sort(n.Lines)
	f.facts = append(f.facts, n)
}

// drop takes facts away that a later line has corrected.
func (f *finder) drop(gone func(Fact) bool) { f.facts = slices.DeleteFunc(f.facts, gone) }

func sameTime(a, b *Fact) bool {
	if a.At == nil || b.At == nil {
		return a.At == b.At
	}
	return a.At.Equal(*b.At)
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
