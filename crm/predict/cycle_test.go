package predict

import (
	"math"
	"math/rand/v2"
	"testing"
)

// cyclePeople plays the process: products with cycles of 20 to 90 days, customers around them, intervals around the customers' own.
func cyclePeople(seed uint64, products, customers, intervals int) (all []Series, truth []float64) {
	random := rand.New(rand.NewPCG(seed, 1))
	for p := range products {
		mean := math.Log(20 + 70*random.Float64())
		for range customers {
			own := mean + 0.4*random.NormFloat64()
			s := Series{Product: int64(p + 1)}
			for range 1 + random.IntN(intervals) {
				s.Gaps = append(s.Gaps, math.Exp(own+0.35*random.NormFloat64()))
			}
			all, truth = append(all, s), append(truth, own)
		}
	}
	return all, truth
}

// TestCyclesBeatBothExtremes: the next interval is foretold better than by the product's mean or by the customer's own alone, and eight
// of ten intervals fall in the spread that is told.
func TestCyclesBeatBothExtremes(t *testing.T) {
	t.Parallel()
	all, truth := cyclePeople(9, 12, 150, 6)
	c := FitCycles(all, nil)
	random := rand.New(rand.NewPCG(9, 2))
	var mixed, product, own, inside, before, n float64
	for i, s := range all {
		next := truth[i] + 0.35*random.NormFloat64()
		k := c.Products[s.Product]
		e := k.Next(s.Gaps)
		mine := 0.0
		for _, g := range s.Gaps {
			mine += math.Log(g) / float64(len(s.Gaps))
		}
		mixed += math.Abs(math.Log(e.Days) - next)
		product += math.Abs(k.Mean - next)
		own += math.Abs(mine - next)
		if days := math.Exp(next); days > e.Low && days < e.High {
			inside++
		}
		before += 1 - e.Still(math.Exp(next))
		n++
	}
	if mixed >= own*0.98 || mixed >= product*0.9 {
		t.Errorf("log error %.4f, own mean %.4f, product's %.4f", mixed/n, own/n, product/n)
	}
	if inside/n < 0.77 || inside/n > 0.83 || math.Abs(before/n-0.5) > 0.03 {
		t.Errorf("%.3f in the spread, %.3f before", inside/n, before/n)
	}
	if math.Abs(c.Any.Within-0.35*0.35) > 0.01 || math.Abs(c.Any.Between-0.16) > 0.03 {
		t.Errorf("variances %.3f and %.3f", c.Any.Within, c.Any.Between)
	}
}

func TestCyclesWithLittle(t *testing.T) {
	t.Parallel()
	c := FitCycles(nil, map[int64]float64{7: 90})
	cartridge := c.Products[7]
	if e := cartridge.Next(nil); math.Abs(e.Days-90) > 15 || e.Own != 0 || !cartridge.Known {
		t.Errorf("nothing but what was said: %+v", e)
	}
	few := cartridge.Next([]float64{60, 61, 59})
	if few.Days >= 80 || few.Days <= 60 {
		t.Errorf("three intervals of 60 move 90 to %.0f", few.Days)
	}
	if many := cartridge.Next([]float64{60, 61, 59, 60, 60, 60, 60, 60, 60, 60, 60}); many.Days >= few.Days || many.High-many.Low >= few.High-few.Low {
		t.Errorf("more of the same make it surer: %+v after %+v", many, few)
	}
	e := few
	if e.Still(0) != 1 || math.Abs(e.Still(e.Days)-0.5) > 1e-9 || math.Abs(e.Still(e.High)-0.1) > 1e-9 {
		t.Errorf("still: %v %v %v", e.Still(0), e.Still(e.Days), e.Still(e.High))
	}
	if c := FitCycles([]Series{{Product: 1, Gaps: []float64{0, 0.5}}}, nil); c.Products[1].Known || c.Any.Customers != 0 {
		t.Errorf("purchases of one day are one: %+v", c)
	}
}
