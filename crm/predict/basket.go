package predict

import (
	"math"
	"slices"
	"strings"
)

// Order is what one customer bought at one time. Orders of a customer come in the order of their times.
type Order struct {
	Customer int64
	Items    []int64
}

// Pair says how often a second product was bought together with a first one or after it.
type Pair struct {
	Other int64
	N     int     // customers
	Share float64 // of the customers of the first one
	Lift  float64 // how many times more than by chance, drawn towards what their categories do
}

// Baskets are what was bought with and after what (一起买). Only what is more than chance is kept.
type Baskets struct {
	Customers int
	Bought    map[int64]int            // customers by product
	Segments  map[string]int           // customers by segment
	BySegment map[string]map[int64]int // customers by segment and product
	Category  map[int64]string
	Pairs     map[int64][]Pair // by first product, the largest lifts first
	Follow    map[string][]CategoryPair
	Mixed     map[string][]string // by category: those that its customers buy as well, a third as often as by chance or more; nil is not known
}

// CategoryPair says how often a category was bought with or after another.
type CategoryPair struct {
	Other string
	N     int
	Lift  float64
}

// What the lifts lean on.
const (
	pairsMost    = 40  // pairs that are kept of a product
	pairsPrior   = 4.0 // customers by chance that a category's lift counts for
	followPrior  = 8.0 // likewise for a lift of 1 with categories
	segmentPrior = 50  // customers of the whole shop that stand beside a segment's own
	itemsMost    = 60  // products of one customer that are looked at, the first ones; a wholesaler would outvote everybody
)

// FitBaskets counts what was bought together and in which order. category and segment may be empty.
func FitBaskets(orders []Order, category map[int64]string, segment map[int64]string) *Baskets {
	b := &Baskets{Bought: map[int64]int{}, Segments: map[string]int{}, BySegment: map[string]map[int64]int{}, Category: category, Pairs: map[int64][]Pair{}, Follow: map[string][]CategoryPair{}}
	together := map[[2]int64]int{}
	follow := map[[2]string]int{}
	groups := map[string]int{}
	eachCustomer(orders, func(customer int64, list []Order) {
		b.Customers++
		s := segment[customer]
		if s != "" {
			b.Segments[s]++
			if b.BySegment[s] == nil {
				b.BySegment[s] = map[int64]int{}
			}
		}
		var items []int64
		var kinds []string
		seenPair := map[[2]string]bool{}
		for _, o := range list {
			fresh := newOf(o.Items, items)
			if room := itemsMost - len(items); len(fresh) > room {
				fresh = fresh[:max(0, room)]
			}
			for _, x := range fresh {
				b.Bought[x]++
				if s != "" {
					b.BySegment[s][x]++
				}
				for _, a := range items {
					together[[2]int64{a, x}]++
				}
				for _, a := range fresh {
					if a != x {
						together[[2]int64{a, x}]++
					}
				}
			}
			var freshKinds []string
			for _, x := range fresh {
				if k := category[x]; k != "" && !slices.Contains(kinds, k) && !slices.Contains(freshKinds, k) {
					freshKinds = append(freshKinds, k)
				}
			}
			for _, k := range freshKinds {
				groups[k]++
				for _, a := range append(slices.Clone(kinds), freshKinds...) {
					if a != k && !seenPair[[2]string{a, k}] {
						seenPair[[2]string{a, k}] = true
						follow[[2]string{a, k}]++
					}
				}
			}
			items, kinds = append(items, fresh...), append(kinds, freshKinds...)
		}
	})
	if b.Customers == 0 {
		return b
	}
	n := float64(b.Customers)
	b.followUps(follow, groups, n)
	b.Mixed = mixed(follow, groups, n)
	lifts := map[[2]string]float64{}
	for from, list := range b.Follow {
		for _, p := range list {
			lifts[[2]string{from, p.Other}] = p.Lift
		}
	}
	// Of two things bought apart only one order counts: by chance a pair is seen less often than the product of the shares.
	var seen, chance float64
	for pair, k := range together {
		seen += float64(k)
		chance += float64(b.Bought[pair[0]]) * float64(b.Bought[pair[1]]) / n
	}
	thin := 1.0
	if chance > 0 {
		thin = math.Min(1, math.Max(0.5, seen/chance))
	}
	for pair, k := range together {
		if k < 2 {
			continue
		}
		expected := thin * float64(b.Bought[pair[0]]) * float64(b.Bought[pair[1]]) / n
		prior := 1.0
		if l, ok := lifts[[2]string{category[pair[0]], category[pair[1]]}]; ok {
			prior = l
		}
		// One standard error is taken off, so that a lift of few customers has to be large to be believed.
		lift := (float64(k) + pairsPrior*prior) / (expected + pairsPrior) * math.Exp(-1/math.Sqrt(float64(k)))
		if lift > 1.05 {
			b.Pairs[pair[0]] = append(b.Pairs[pair[0]], Pair{pair[1], k, float64(k) / float64(b.Bought[pair[0]]), lift})
		}
	}
	for a, list := range b.Pairs {
		slices.SortFunc(list, func(x, y Pair) int {
			// What is sure and large first: a lift of many customers says more than one of two.
			if d := worth(y) - worth(x); d != 0 {
				return int(math.Copysign(1, d))
			}
			return int(x.Other - y.Other)
		})
		b.Pairs[a] = slices.Clip(list[:min(len(list), pairsMost)])
	}
	return b
}

func worth(p Pair) float64 { return math.Log(p.Lift) * math.Sqrt(float64(p.N)) }

// mixed tells which categories share customers.
func mixed(follow map[[2]string]int, groups map[string]int, n float64) map[string][]string {
	all := map[string][]string{}
	for a := range groups {
		all[a] = []string{}
		for k := range groups {
			both := float64(follow[[2]string{a, k}] + follow[[2]string{k, a}])
			if a != k && both > 0 && 3*both >= float64(groups[a])*float64(groups[k])/n {
				all[a] = append(all[a], k)
			}
		}
		slices.Sort(all[a])
	}
	return all
}

// followUps makes the lifts of categories.
func (b *Baskets) followUps(follow map[[2]string]int, groups map[string]int, n float64) {
	for pair, k := range follow {
		expected := float64(groups[pair[0]]) * float64(groups[pair[1]]) / n * 0.75 // half of the pairs in time have the other order
		lift := (float64(k) + followPrior) / (expected + followPrior)
		if k >= 3 && lift > 1.1 {
			b.Follow[pair[0]] = append(b.Follow[pair[0]], CategoryPair{pair[1], k, lift})
		}
	}
	for a, list := range b.Follow {
		slices.SortFunc(list, func(x, y CategoryPair) int {
			if x.Lift != y.Lift {
				return int(math.Copysign(1, y.Lift-x.Lift))
			}
			return strings.Compare(x.Other, y.Other)
		})
		b.Follow[a] = list
	}
}

// eachCustomer hands over the orders of each customer; those of one stand together.
func eachCustomer(orders []Order, do func(int64, []Order)) {
	for from := 0; from < len(orders); {
		to := from
		for to < len(orders) && orders[to].Customer == orders[from].Customer {
			to++
		}
		do(orders[from].Customer, orders[from:to])
		from = to
	}
}

// newOf are the items that are not among the old ones, each once.
func newOf(items, old []int64) []int64 {
	var fresh []int64
	for _, x := range items {
		if !slices.Contains(old, x) && !slices.Contains(fresh, x) {
			fresh = append(fresh, x)
		}
	}
	return fresh
}

// Reason is why something is suggested.
type Reason string

// The reasons, the strongest first.
const (
	Together Reason = "together" // who bought From often buys this
	Follows  Reason = "follows"  // who bought of From's category often buys of this one's next
	Segment  Reason = "segment"  // customers of the same segment buy this more than others
	Popular  Reason = "popular"  // many buy this
)

// Suggestion is a product for a customer, with what it stands on.
type Suggestion struct {
	Item  int64
	Score float64 // larger is better; no chance
	Why   Reason
	From  int64   // what the customer has, for Together and Follows
	N     int     // customers it was seen with
	Share float64 // of the customers of From (of the segment, of all) who bought it
	Lift  float64
}

// Suggest names at most k products for a customer who has owned, the best first. skip tells what must not be suggested (nil: what is
// owned). Popularity counts too: a rare pair never outweighs what nearly everybody takes.
func (b *Baskets) Suggest(owned []int64, segment string, skip func(int64) bool, k int) []Suggestion {
	if b.Customers == 0 {
		return nil
	}
	n := float64(b.Customers)
	share := func(x int64) (p float64, mine float64) {
		p = (float64(b.Bought[x]) + 0.5) / (n + 1)
		if in := b.Segments[segment]; in > 0 {
			mine = (float64(b.BySegment[segment][x]) + segmentPrior*p) / (float64(in) + segmentPrior)
			return p, mine
		}
		return p, p
	}
	type sum struct {
		logs float64
		best Pair
		from int64
	}
	sums := map[int64]*sum{}
	for _, a := range owned {
		for _, pair := range b.Pairs[a] {
			s := sums[pair.Other]
			if s == nil {
				s = &sum{}
				sums[pair.Other] = s
			}
			s.logs += math.Log(pair.Lift)
			if pair.Lift > s.best.Lift {
				s.best, s.from = pair, a
			}
		}
	}
	followed := map[string]CategoryPair{}
	followedFrom := map[string]int64{}
	for _, a := range owned {
		for _, f := range b.Follow[b.Category[a]] {
			if f.Lift > followed[f.Other].Lift {
				followed[f.Other], followedFrom[f.Other] = f, a
			}
		}
	}
	near := b.near(owned, segment)
	weight := 1 / math.Sqrt(math.Max(1, float64(len(owned)))) // what is owned says much the same again and again
	var all []Suggestion
	for x := range b.Bought {
		if skip != nil && skip(x) || skip == nil && slices.Contains(owned, x) {
			continue
		}
		p, mine := share(x)
		s := Suggestion{Item: x, Score: math.Log(mine), Why: Popular, N: b.Bought[x], Share: p, Lift: 1}
		if mine > 1.2*p {
			s.Why, s.N, s.Lift = Segment, b.BySegment[segment][x], mine/p
			s.Share = float64(s.N) / float64(b.Segments[segment])
		}
		if got := sums[x]; got != nil {
			s.Score += 1.5 * weight * got.logs
			s.Why, s.From, s.N, s.Share, s.Lift = Together, got.from, got.best.N, got.best.Share, got.best.Lift
		} else if f, ok := followed[b.Category[x]]; ok {
			s.Score += 0.7 * math.Log(f.Lift)
			s.Why, s.From, s.N, s.Lift = Follows, followedFrom[b.Category[x]], f.N, f.Lift
		} else if c := b.Category[x]; c != "" && len(near) > 0 && !near[c] {
			continue
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(x, y Suggestion) int {
		if x.Score != y.Score {
			return int(math.Copysign(1, y.Score-x.Score))
		}
		return int(x.Item - y.Item)
	})
	return all[:min(k, len(all))]
}

// near are the categories that have to do with a customer: those of what is owned, and those that share customers with them; of who owns
// nothing that has a category, those that their segment buys at least a quarter as often as everybody. What is only popular stays within them: a laser
// printer is nothing for a tea shop's guest. Empty when nothing can be told.
func (b *Baskets) near(owned []int64, segment string) map[string]bool {
	near := map[string]bool{}
	for _, a := range owned {
		if c := b.Category[a]; c != "" {
			near[c] = true
			for _, other := range b.Mixed[c] {
				near[other] = true
			}
		}
	}
	if len(near) > 0 {
		if b.Mixed == nil {
			return nil
		}
		return near
	}
	in := b.Segments[segment]
	if in == 0 {
		return nil
	}
	everybody, mine := map[string]int{}, map[string]int{}
	for x, n := range b.Bought {
		everybody[b.Category[x]] += n
		mine[b.Category[x]] += b.BySegment[segment][x]
	}
	for c, n := range mine {
		if c != "" && 4*n*b.Customers >= everybody[c]*in && n > 0 {
			near[c] = true
		}
	}
	return near
}

// MostPopular names the k products that most customers bought, the plain rule beside which suggestions are measured.
func (b *Baskets) MostPopular(skip func(int64) bool, k int) []int64 {
	var all []int64
	for x := range b.Bought {
		if skip == nil || !skip(x) {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(x, y int64) int {
		if b.Bought[x] != b.Bought[y] {
			return b.Bought[y] - b.Bought[x]
		}
		return int(x - y)
	})
	return all[:min(k, len(all))]
}
