package predict

import (
	"math"
	"slices"
)

// Series are one customer's intervals between purchases of one product, in days.
type Series struct {
	Product int64
	Gaps    []float64
}

// ProductCycle is how a product is bought again: the logarithm of an interval is normal around the customer's own mean, and the customers'
// means are normal around the product's.
type ProductCycle struct {
	Mean      float64 `json:"mean"`      // of the customers' means, log days
	Between   float64 `json:"between"`   // variance of the customers' means
	Within    float64 `json:"within"`    // variance of one customer's intervals
	Customers int     `json:"customers"` // whose intervals were seen
	Known     bool    `json:"known"`     // enough were seen, or somebody said how long one lasts
}

// Cycles are the cycles of all products (复购周期); Any is for those that nobody bought twice.
type Cycles struct {
	Any      ProductCycle           `json:"any"`
	Products map[int64]ProductCycle `json:"products"`
}

// How much the whole shop counts beside a product's own customers, and what somebody said of its life beside both.
const (
	shopCustomers = 3.0  // the shop's mean counts like so many customers' means
	lifeCustomers = 5.0  // "lasts 90 days" counts like so many
	shopIntervals = 20.0 // the shop's variances count like so many intervals
	enoughSeries  = 5    // customers whose intervals make a product's cycle known
)

// FitCycles learns from what was bought again (empirical Bayes on log intervals: the variances come from all customers, and draw the
// mean of those with few intervals towards the product's, the product's towards the shop's). life is how many days one of a product lasts,
// where somebody said so.
func FitCycles(all []Series, life map[int64]float64) Cycles {
	type mean struct {
		n, value float64
		product  int64
	}
	var means []mean
	var squares, freedom float64
	own := map[int64][2]float64{} // squares and freedom within customers, by product
	for _, s := range all {
		var sum, n float64
		for _, g := range s.Gaps {
			if g >= 1 {
				sum += math.Log(g)
				n++
			}
		}
		if n == 0 {
			continue
		}
		m := sum / n
		means = append(means, mean{n, m, s.Product})
		var ss float64
		for _, g := range s.Gaps {
			if g >= 1 {
				ss += (math.Log(g) - m) * (math.Log(g) - m)
			}
		}
		squares, freedom = squares+ss, freedom+n-1
		v := own[s.Product]
		own[s.Product] = [2]float64{v[0] + ss, v[1] + n - 1}
	}
	c := Cycles{Products: map[int64]ProductCycle{}}
	c.Any.Within = (squares + 0.25*5) / (freedom + 5) // before anything is seen an interval is right within a factor of 1.6
	byProduct := map[int64][]mean{}
	var total float64
	for _, m := range means {
		byProduct[m.product] = append(byProduct[m.product], m)
		c.Any.Mean += m.value
		total++
	}
	c.Any.Customers = len(means)
	if total == 0 {
		c.Any.Mean = math.Log(30)
	} else {
		c.Any.Mean /= total
	}
	centre := func(list []mean) (m float64) {
		for _, x := range list {
			m += x.value / float64(len(list))
		}
		return m
	}
	var spread, count float64
	for _, product := range sortedKeys(byProduct) {
		list := byProduct[product]
		if len(list) < 2 {
			continue
		}
		m := centre(list)
		for _, x := range list {
			spread += (x.value-m)*(x.value-m)*float64(len(list))/float64(len(list)-1) - c.Any.Within/x.n
			count++
		}
	}
	c.Any.Between = math.Max(0.02, (spread+0.15*5)/(count+5))
	products := sortedKeys(byProduct)
	for p := range life {
		if _, seen := byProduct[p]; !seen {
			products = append(products, p)
		}
	}
	for _, p := range products {
		list := byProduct[p]
		k := ProductCycle{Customers: len(list)}
		v := own[p]
		k.Within = (v[0] + c.Any.Within*shopIntervals) / (v[1] + shopIntervals)
		weight, sum := 0.0, 0.0
		for _, x := range list {
			w := (c.Any.Between + k.Within) / (c.Any.Between + k.Within/x.n) // 1 for one interval, more for a mean of many
			weight, sum = weight+w, sum+w*x.value
		}
		if days := life[p]; days > 0 {
			weight, sum = weight+lifeCustomers, sum+lifeCustomers*math.Log(days)
		} else {
			weight, sum = weight+shopCustomers, sum+shopCustomers*c.Any.Mean
		}
		k.Mean = sum / weight
		var ss float64
		for _, x := range list {
			ss += (x.value-k.Mean)*(x.value-k.Mean) - k.Within/x.n
		}
		k.Between = math.Max(0.02, (ss+c.Any.Between*shopIntervals)/(float64(len(list))+shopIntervals))
		k.Known = len(list) >= enoughSeries || life[p] > 0
		c.Products[p] = k
	}
	return c
}

func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Expectation is when a customer should buy a product again.
type Expectation struct {
	Days      float64 // from the last purchase; half of such customers buy before
	Low, High float64 // eight of ten buy between these
	Own       int     // intervals of the customer's own that it stands on
	mean, dev float64
}

// Next is the expectation for a customer with these intervals of the product (none after a first purchase).
func (k ProductCycle) Next(gaps []float64) Expectation {
	e := Expectation{}
	precision, sum := 1/k.Between, k.Mean/k.Between
	for _, g := range gaps {
		if g >= 1 {
			precision += 1 / k.Within
			sum += math.Log(g) / k.Within
			e.Own++
		}
	}
	e.mean, e.dev = sum/precision, math.Sqrt(1/precision+k.Within)
	const eighty = 1.2815515655446004 // a tenth of a normal distribution lies above
	e.Days, e.Low, e.High = math.Exp(e.mean), math.Exp(e.mean-eighty*e.dev), math.Exp(e.mean+eighty*e.dev)
	return e
}

// Still is the chance that an interval that has lasted so many days is not over: it begins at 1 and falls; below 0.1 a customer who comes
// back at all should have come.
func (e Expectation) Still(days float64) float64 {
	if days <= 0 {
		return 1
	}
	return 0.5 * math.Erfc((math.Log(days)-e.mean)/e.dev/math.Sqrt2)
}
