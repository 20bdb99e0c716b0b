package predict

import (
	"errors"
	"math"
	"slices"
)

// History is what BG/NBD knows of a customer. The unit of time is free (weeks in the product), the same for all.
type History struct {
	Repeats int     // purchases after the first one; several on one day are one
	Last    float64 // time from the first purchase to the last one, 0 without repeats
	Age     float64 // time from the first purchase to now
}

// HistoryOf makes a history of the days of purchases (in any order, days since any day) as known on the day end, in weeks. Later purchases
// are not looked at; without a purchase ok is false.
func HistoryOf(days []float64, end float64) (h History, ok bool) {
	days = slices.DeleteFunc(slices.Clone(days), func(d float64) bool { return math.Floor(d) > end })
	if len(days) == 0 {
		return h, false
	}
	for i := range days {
		days[i] = math.Floor(days[i])
	}
	slices.Sort(days)
	days = slices.Compact(days)
	first, last := days[0], days[len(days)-1]
	return History{Repeats: len(days) - 1, Last: (last - first) / 7, Age: (end - first) / 7}, true
}

// BGNBD is the beta-geometric/NBD model of Fader, Hardie and Lee ("Counting Your Customers the Easy Way", Marketing Science 24(2), 2005):
// people buy at their own steady rate, rates differing by a gamma distribution (R, Alpha), and after each purchase may be gone for good, with
// a chance of their own that differs by a beta distribution (A, B).
type BGNBD struct {
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
	A     float64 `json:"a"`
	B     float64 `json:"b"`
	// LogLikelihood of the histories it was fitted on, N their number.
	LogLikelihood float64 `json:"ll"`
	N             int     `json:"n"`
}

// fitMost is how many customers a fit looks at, evenly picked from more: the four numbers do not get better by a millionth customer.
const fitMost = 40000

// FitBGNBD finds the model under which the histories are most probable, by Nelder and Mead's method on the logarithms of the four numbers.
// It refuses fewer than 30 customers or ones of whom nobody has come back: there is nothing to learn from.
func FitBGNBD(all []History) (BGNBD, error) {
	if len(all) > fitMost {
		few := make([]History, fitMost)
		for i := range few {
			few[i] = all[i*len(all)/fitMost]
		}
		all = few
	}
	kinds := group(all)
	repeats := 0
	for _, h := range all {
		repeats += h.Repeats
	}
	if len(all) < 30 || repeats < 10 {
		return BGNBD{}, errors.New("too few customers who came back")
	}
	worse := func(x []float64) float64 {
		for _, v := range x {
			if math.Abs(v) > 12 {
				return math.Inf(1)
			}
		}
		return -likelihood(kinds, math.Exp(x[0]), math.Exp(x[1]), math.Exp(x[2]), math.Exp(x[3]))
	}
	age := 0.0
	for _, h := range all {
		age += h.Age / float64(len(all))
	}
	x, least := descend(worse, []float64{0, math.Log(math.Max(age/4, 1e-3)), 0, 0})
	if math.IsNaN(least) || math.IsInf(least, 0) {
		return BGNBD{}, errors.New("the histories fit no model")
	}
	return BGNBD{R: math.Exp(x[0]), Alpha: math.Exp(x[1]), A: math.Exp(x[2]), B: math.Exp(x[3]), LogLikelihood: -least, N: len(all)}, nil
}

// counted is a history and how many customers have it.
type counted struct {
	History
	n float64
}

// group counts equal histories.
func group(all []History) []counted {
	at := map[History]int{}
	var kinds []counted
	for _, h := range all {
		i, known := at[h]
		if !known {
			i = len(kinds)
			at[h] = i
			kinds = append(kinds, counted{h, 0})
		}
		kinds[i].n++
	}
	return kinds
}

// likelihood is the logarithm of the chance of the histories (equation 6 of the paper, in logarithms).
func likelihood(kinds []counted, r, alpha, a, b float64) float64 {
	most := 0
	for _, h := range kinds {
		most = max(most, h.Repeats)
	}
	// ln Γ(r+x)/Γ(r) and ln B(a,b+x)/B(a,b) grow by one factor with each x.
	gamma, beta := make([]float64, most+1), make([]float64, most+1)
	for x := 1; x <= most; x++ {
		gamma[x] = gamma[x-1] + math.Log(r+float64(x-1))
		beta[x] = beta[x-1] + math.Log(b+float64(x-1)) - math.Log(a+b+float64(x-1))
	}
	sum := 0.0
	for _, h := range kinds {
		x := float64(h.Repeats)
		common := gamma[h.Repeats] + r*math.Log(alpha) + beta[h.Repeats]
		alive := -(r + x) * math.Log(alpha+h.Age)
		if h.Repeats > 0 {
			gone := math.Log(a) - math.Log(b+x-1) - (r+x)*math.Log(alpha+h.Last)
			if gone > alive {
				alive, gone = gone, alive
			}
			alive += math.Log1p(math.Exp(gone - alive))
		}
		sum += h.n * (common + alive)
	}
	return sum
}

// odds is the chance of being gone divided by that of being there.
func (m BGNBD) odds(h History) float64 {
	if h.Repeats == 0 {
		return 0
	}
	x := float64(h.Repeats)
	return m.A / (m.B + x - 1) * math.Pow((m.Alpha+h.Age)/(m.Alpha+h.Last), m.R+x)
}

// Alive is the chance that the customer will ever buy again. The model lets people go only after a repeat purchase, so for those who bought
// once it is 1: use Buys for them.
func (m BGNBD) Alive(h History) float64 { return 1 / (1 + m.odds(h)) }

// Buys is the chance that the customer buys at least once within t from now.
func (m BGNBD) Buys(h History, t float64) float64 {
	none := math.Pow((m.Alpha+h.Age)/(m.Alpha+h.Age+t), m.R+float64(h.Repeats))
	return m.Alive(h) * (1 - none)
}

// Purchases is the expected number of purchases within t from now (equation 10 of the paper, its hypergeometric function in Euler's other
// form, whose series is short for heavy buyers too).
func (m BGNBD) Purchases(h History, t float64) float64 {
	a := m.A
	if math.Abs(a-1) < 1e-6 { // the formula's only hole
		a = 1 + 1e-6
	}
	x, z := float64(h.Repeats), t/(m.Alpha+h.Age+t)
	c := a + m.B + x - 1
	if c <= 0 {
		c = 1e-9
	}
	grown := 1 - math.Pow(1-z, a-1)*hypergeometric(c-m.R-x, a-1, c, z)
	return math.Max(0, c/(a-1)*grown/(1+m.odds(h)))
}

// hypergeometric is 2F1(a,b;c;z) for 0 ≤ z < 1 by its series.
func hypergeometric(a, b, c, z float64) float64 {
	sum, term := 1.0, 1.0
	for k := 0.0; k < 20000; k++ {
		term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
		sum += term
		if math.Abs(term) < 1e-13*math.Abs(sum) {
			break
		}
	}
	return sum
}
