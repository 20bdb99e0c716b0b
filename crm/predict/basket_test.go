package predict

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// shop plays a shop by a stated process: 40 products in 8 categories of unlike popularity; a first thing at random by popularity, and after
// each thing its accessory with a chance of 0.35, in the same order or a later one. People of the segment "company" prefer category 7.
func shop(seed uint64, customers int) (orders []Order, category map[int64]string, segment map[int64]string) {
	random := rand.New(rand.NewPCG(seed, 3))
	category, segment = map[int64]string{}, map[int64]string{}
	var weights []float64
	for p := range int64(40) {
		category[p+1] = string(rune('A' + p/5))
		weights = append(weights, 1/float64(1+(p*7)%40))
	}
	pick := func(company bool) int64 {
		total := 0.0
		for p, w := range weights {
			if company && p >= 35 {
				w *= 8
			}
			total += w
		}
		at := random.Float64() * total
		for p, w := range weights {
			if company && p >= 35 {
				w *= 8
			}
			if at -= w; at < 0 {
				return int64(p + 1)
			}
		}
		return 40
	}
	for c := range int64(customers) {
		company := random.Float64() < 0.3
		if company {
			segment[c] = "company"
		} else {
			segment[c] = "person"
		}
		var next []int64
		for range 1 + random.IntN(4) {
			items := append([]int64{pick(company)}, next...)
			next = nil
			for _, x := range slices.Clone(items) {
				accessory := (x-1)/5*5 + 1 + (x*3)%5 // of its own category
				if x <= 20 {
					accessory = 20 + x // a laptop's mouse
				}
				if random.Float64() < 0.35 {
					if random.Float64() < 0.5 {
						items = append(items, accessory)
					} else {
						next = append(next, accessory)
					}
				}
			}
			orders = append(orders, Order{c, newOf(items, nil)})
		}
	}
	return orders, category, segment
}

// hits is how often one of the first k suggestions is among the new things of a customer's last order; the model knows the orders before it
// and, of others, everything.
type hits struct{ model, popular, cold [3]float64 }

var depths = []int{1, 3, 5}

// heldBack fits on all but the last orders and counts hits on these.
func heldBack(orders []Order, category map[int64]string, segment map[int64]string) (rate hits, n float64) {
	var past []Order
	type test struct {
		customer  int64
		had, came []int64
	}
	var tests []test
	eachCustomer(orders, func(c int64, list []Order) {
		if len(list) < 2 {
			past = append(past, list...)
			return
		}
		past = append(past, list[:len(list)-1]...)
		var had []int64
		for _, o := range list[:len(list)-1] {
			had = append(had, newOf(o.Items, had)...)
		}
		if came := newOf(list[len(list)-1].Items, had); len(came) > 0 {
			tests = append(tests, test{c, had, came})
		}
	})
	b := FitBaskets(past, category, segment)
	count := func(into *[3]float64, items []int64, came []int64) {
		for d, k := range depths {
			if slices.ContainsFunc(items[:min(k, len(items))], func(x int64) bool { return slices.Contains(came, x) }) {
				into[d]++
			}
		}
	}
	for _, x := range tests {
		skip := func(i int64) bool { return slices.Contains(x.had, i) }
		var items, cold []int64
		for _, s := range b.Suggest(x.had, segment[x.customer], skip, 5) {
			items = append(items, s.Item)
		}
		for _, s := range b.Suggest(nil, segment[x.customer], skip, 5) {
			cold = append(cold, s.Item)
		}
		count(&rate.model, items, x.came)
		count(&rate.cold, cold, x.came)
		count(&rate.popular, b.MostPopular(skip, 5), x.came)
	}
	n = float64(len(tests))
	for d := range depths {
		rate.model[d] /= n
		rate.popular[d] /= n
		rate.cold[d] /= n
	}
	return rate, n
}

func TestSuggestionsBeatTheMostPopular(t *testing.T) {
	t.Parallel()
	orders, category, segment := shop(1, 4000)
	rate, n := heldBack(orders, category, segment)
	t.Logf("%.0f last orders: model %.3f, by segment alone %.3f, most popular %.3f", n, rate.model, rate.cold, rate.popular)
	for d, k := range depths {
		if rate.model[d] < rate.popular[d]*1.06 {
			t.Errorf("hit rate at %d: %.3f, most popular %.3f", k, rate.model[d], rate.popular[d])
		}
		if rate.cold[d] <= rate.popular[d] {
			t.Errorf("hit rate at %d by segment alone: %.3f, most popular %.3f", k, rate.cold[d], rate.popular[d])
		}
	}
}

// TestSuggestionsExplain: a laptop's mouse is suggested with the laptop as its reason; where nothing is known of the product its category
// speaks, then the segment, then popularity; the most popular thing of all is no follow-up of everything.
func TestSuggestionsExplain(t *testing.T) {
	t.Parallel()
	const laptop, mouse, bag, water, ink, paper = 1, 2, 3, 4, 5, 6
	category := map[int64]string{laptop: "电脑", mouse: "配件", bag: "配件", water: "水", ink: "耗材", paper: "耗材"}
	segment := map[int64]string{}
	var orders []Order
	for c := range int64(300) {
		items := []int64{water}
		switch c % 3 {
		case 0:
			items = append(items, laptop)
			if c%2 == 0 {
				items = append(items, mouse)
			}
		case 1:
			segment[c] = "公司"
			items = append(items, ink)
		}
		if c == 9 {
			items = append(items, bag)
		}
		orders = append(orders, Order{c, items})
	}
	b := FitBaskets(orders, category, segment)
	first := b.Suggest([]int64{laptop, water}, "", nil, 3)
	if len(first) == 0 || first[0].Item != mouse || first[0].Why != Together || first[0].From != laptop || first[0].Lift < 2 || first[0].N != 50 {
		t.Errorf("after a laptop: %+v", first)
	}
	if at := slices.IndexFunc(first, func(s Suggestion) bool { return s.Item == bag }); at < 0 || first[at].Why != Follows || first[at].From != laptop {
		t.Errorf("a bag is of the category that follows: %+v", first)
	}
	if got := b.Suggest(nil, "公司", func(x int64) bool { return x == water }, 1); len(got) != 1 || got[0].Item != ink || got[0].Why != Segment {
		t.Errorf("for a company: %+v", got)
	}
	if got := b.Suggest(nil, "", nil, 1); len(got) != 1 || got[0].Item != water || got[0].Why != Popular || got[0].Share < 0.9 {
		t.Errorf("for anybody: %+v", got)
	}
	for _, pair := range b.Pairs[laptop] {
		if pair.Other == water {
			t.Errorf("what everybody buys is no follow-up: %+v", pair)
		}
	}
	if got := FitBaskets(nil, nil, nil).Suggest(nil, "", nil, 3); len(got) != 0 {
		t.Errorf("an empty shop suggests %+v", got)
	}
}

// TestColdStartStaysNear: what is only popular is offered within the categories that a customer, or who is like them, buys: a tea shop's
// guest is not offered the laser printer that everybody else buys, and an office no tea.
func TestColdStartStaysNear(t *testing.T) {
	t.Parallel()
	const latte, cake, black, printer, paper = 1, 2, 3, 4, 5
	category := map[int64]string{latte: "奶茶", black: "奶茶", cake: "甜品", printer: "设备", paper: "耗材"}
	b := &Baskets{Customers: 100, Category: category, Bought: map[int64]int{latte: 20, cake: 9, black: 15, printer: 60, paper: 70},
		Segments:  map[string]int{"source:茶会": 20, "industry:财务": 30},
		BySegment: map[string]map[int64]int{"source:茶会": {latte: 15, black: 12}, "industry:财务": {printer: 28, paper: 30}},
		Mixed:     map[string][]string{"奶茶": {"甜品"}, "甜品": {"奶茶"}, "设备": {"耗材"}, "耗材": {"设备"}}}
	offered := func(segment string, owned ...int64) (items []int64) {
		for _, s := range b.Suggest(owned, segment, nil, 5) {
			items = append(items, s.Item)
		}
		slices.Sort(items)
		return items
	}
	for _, c := range []struct {
		name, segment string
		owned, want   []int64
	}{
		{"who drinks tea", "", []int64{latte}, []int64{cake, black}},
		{"who drinks tea and came by an office", "industry:财务", []int64{latte}, []int64{cake, black}},
		{"who is new, from the tea party", "source:茶会", nil, []int64{latte, black}},
		{"who is new, an accountant", "industry:财务", nil, []int64{printer, paper}},
		{"of whom nothing is known", "", nil, []int64{latte, cake, black, printer, paper}},
	} {
		if got := offered(c.segment, c.owned...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
