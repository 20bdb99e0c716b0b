package chatlog

import (
	"slices"
	"strings"
)

// named is how likely a stretch must name something to be taken for its name where the rules saw none.
var named = [mentionVerdicts]float64{vNamesProduct: 0.6, vNamesRival: 0.45, vNamesCompany: 0.25, vNamesContact: 0.5, vNamesPrice: 0.85, vNamesBudget: 0.5}

// leastPrice and leastGoods are how likely a figure must be a price, and a noun a product, to stay what the rules took it for.
const leastPrice, leastGoods = 0.1, 0.02

// findMentions finds the names of competitors, companies and people that the rules did not see, and keeps those of
// products for findProducts.
func (f *finder) findMentions() {
	if f.op == nil {
		return
	}
	m := f.newMentioner(mentionOpinion())
	f.goodsNamed, f.goodsLikely = map[*clause][]mention{}, map[int][]string{}
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			if c.recited() {
				continue
			}
			all := m.mentions(c)
			f.weighFigures(c, all)
			if c.customers() {
				for _, x := range best(all, vNamesContact) {
					if !f.saidOf(Contact, c, x) {
						f.contact(c, x.i, x.j, c.companyBefore(x.i))
					}
				}
				for _, x := range best(all, vNamesCompany) {
					if !f.saidOf(Company, c, x) {
						f.company(c, x.i, x.j)
					}
				}
				for _, x := range best(all, vNamesRival) {
					if !f.saidOf(Competitor, c, x) && !f.saidOf(Company, c, x) {
						f.rivalAt(c, x.i, x.j)
					}
				}
			}
			if goods := best(all, vNamesProduct); goods != nil {
				f.goodsNamed[c] = goods
			}
			for _, m := range c.all("goods") { // 每日坚果, where 每日 was read as a time
				f.goodsLikely[c.N] = append(f.goodsLikely[c.N], string(c.text[m.i:m.j]))
			}
			for _, x := range all {
				if p := x.p[vNamesProduct]; p >= leastAwaited && len(f.goodsMaybe) < maxSaid {
					f.goodsMaybe = append(f.goodsMaybe, maybe{c, x.i, x.j, p})
				}
				if x.p[vNamesProduct] >= leastGoods {
					f.goodsLikely[c.N] = append(f.goodsLikely[c.N], string(c.text[x.i:x.j]))
				}
			}
		}
	}
	f.heardAgain()
}

// heardAgain takes for products what several lines name, none of them for sure.
func (f *finder) heardAgain() {
	type heard struct {
		not  float64 // how likely no line names a product by it
		last int
	}
	names := map[string]heard{}
	for _, x := range f.goodsMaybe {
		name := string(x.c.text[x.i:x.j])
		h, ok := names[name]
		if !ok {
			h.not = 1
		}
		if h.last != x.c.N {
			names[name] = heard{h.not * (1 - x.p), x.c.N}
		}
	}
	for _, x := range f.goodsMaybe {
		if h := names[string(x.c.text[x.i:x.j])]; 1-h.not >= againLikely && x.p < named[vNamesProduct] {
			f.goodsNamed[x.c] = append(f.goodsNamed[x.c], mention{i: x.i, j: x.j})
		}
	}
}

// weighFigures adds the prices and the budget that the rules did not see, and drops a price that is none.
func (f *finder) weighFigures(c *clause, all []mention) {
	for _, x := range all {
		sp := x.figure
		if sp == nil {
			continue
		}
		told := f.pricesOf(c.N, sp.v)
		switch {
		case told == nil && x.p[vNamesBudget] >= named[vNamesBudget] && c.customers() && !slices.ContainsFunc(f.facts, func(o *Fact) bool { return o.Kind == Budget }):
			f.add(Fact{Kind: Budget, Value: sp.v, Lines: []int{c.N}})
		case told == nil && x.p[vNamesPrice] >= named[vNamesPrice] && !f.withdrawn[figureAt{c.N, sp.v}] && !f.rivalsIn(c) && !c.notPrice(*sp) && !f.noPrice(c, *sp):
			f.add(Fact{Kind: Price, Value: sp.v, Lines: []int{c.N}})
		case told != nil && told.Kind == Price && len(told.Lines) == 1 && x.p[vNamesPrice] < leastPrice:
			f.drop(func(o Fact) bool { return o.key() == told.key() })
		}
	}
}

// againLikely is how likely some line must name a product for a name that several lines hold.
const againLikely = 0.7

// figureAt is a figure of a line.
type figureAt struct {
	line int
	v    float64
}

// pricesOf gives the price or budget of the value that the line tells, if any.
func (f *finder) pricesOf(line int, v float64) *Fact {
	for _, o := range f.sums[line] {
		if o.Value == v {
			return o
		}
	}
	return nil
}

// best gives those that name what the verdict says, the likeliest of any that overlap.
func best(all []mention, v verdict) []mention {
	var out []mention
	for k, x := range all {
		if x.p[v] < named[v] {
			continue
		}
		first := true
		for n, o := range all {
			if o.i < x.j && x.i < o.j && (o.p[v] > x.p[v] || o.p[v] == x.p[v] && n < k) {
				first = false
				break
			}
		}
		if first {
			out = append(out, x)
		}
	}
	return out
}

// maxSaid limits the facts that a mention is compared with, so that a hostile record costs no time.
const maxSaid = 1000

// saidOf reports whether a fact of the kind shares words with the mention.
func (f *finder) saidOf(kind FactKind, c *clause, x mention) bool {
	name := strings.ToLower(c.typed(x.i, x.j))
	for _, o := range f.facts[max(0, len(f.facts)-maxSaid):] {
		if o.Kind != kind {
			continue
		}
		said, _ := o.Value.(string)
		if said = strings.ToLower(said); strings.Contains(said, name) || strings.Contains(name, said) {
			return true
		}
	}
	return false
}

// likelyGoods reports whether some line lets the thing be a product, by the table of mentions: 相当于 and 一瓦 are none.
func (f *finder) likelyGoods(t *thing) bool {
	if f.op == nil || t.listed || t.qty > 0 && latin([]rune(t.name)[0]) { // X200
		return true
	}
	for _, n := range t.lines {
		if slices.ContainsFunc(f.goodsLikely[n], func(name string) bool {
			return strings.Contains(t.name, name) && 3*len(name) >= len(t.name) || strings.Contains(name, t.name)
		}) {
			return true
		}
	}
	return false
}
