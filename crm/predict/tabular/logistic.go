package tabular

import (
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// term is one column of the regression: a function of a signal, brought to mean 0 and deviation 1.
type term struct {
	signal   int
	of       func(float64) float64
	mean, by float64
}

// terms unfolds the signals as the regression sees them; values holds the signals of the training rows. At most most terms are kept,
// those that go best with y.
func terms(signals []signal, values [][]float64, y []float64, most int) []term {
	var all []term
	var worth []float64
	add := func(s int, of func(float64) float64) {
		t := term{signal: s, of: of}
		n := float64(len(y))
		var sum, square, with, yes float64
		for i, v := range values[s] {
			x := of(v)
			sum, square, with, yes = sum+x, square+x*x, with+x*y[i], yes+y[i]
		}
		t.mean = sum / n
		variance := square/n - t.mean*t.mean
		if !(variance > 1e-9) || variance*n < 3 && variance < 1e-3 {
			return
		}
		t.by = 1 / math.Sqrt(variance)
		all = append(all, t)
		worth = append(worth, math.Abs(with/n-t.mean*yes/n)*t.by)
	}
	for s, sig := range signals {
		switch sig.shape {
		case flat:
			add(s, orZero)
		case bent:
			bend(values[s], func(of func(float64) float64) { add(s, of) })
		case oneHot:
			for _, level := range sig.levels {
				add(s, func(v float64) float64 { return one(v == level) })
			}
			add(s, func(v float64) float64 { return one(math.IsNaN(v)) })
		}
	}
	if len(all) <= most {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case worth[a] > worth[b]:
			return -1
		case worth[a] < worth[b]:
			return 1
		}
		return 0
	})
	order = order[:most]
	slices.Sort(order)
	kept := make([]term, most)
	for i, at := range order {
		kept[i] = all[at]
	}
	return kept
}

// bend unfolds a number: itself (its logarithm when few are very large), kinks at the quartiles, whether it is missing, whether it is 0.
func bend(values []float64, add func(func(float64) float64)) {
	said := make([]float64, 0, len(values))
	zeros := 0
	for _, v := range values {
		if !math.IsNaN(v) {
			said = append(said, v)
			if v == 0 {
				zeros++
			}
		}
	}
	if len(said) < len(values) {
		add(func(v float64) float64 { return one(math.IsNaN(v)) })
	}
	if len(said) == 0 {
		return
	}
	slices.Sort(said)
	quantile := func(q float64) float64 { return said[int(q*float64(len(said)-1))] }
	low, high, middle := quantile(0.005), quantile(0.995), quantile(0.5)
	scale := func(v float64) float64 { return v }
	if low >= 0 && high > 8*math.Max(middle, 1e-9) {
		scale = math.Log1p
	}
	straight := func(v float64) float64 {
		if math.IsNaN(v) {
			v = middle
		}
		return scale(math.Min(math.Max(v, low), high))
	}
	add(straight)
	if zeros*20 > len(said) && zeros*20 < 19*len(said) {
		add(func(v float64) float64 { return one(v == 0) })
	}
	last := scale(low)
	for _, q := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
		kink := scale(quantile(q))
		if kink > last && kink < scale(high) {
			add(func(v float64) float64 { return math.Max(0, straight(v)-kink) })
			last = kink
		}
	}
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// design is the table of the regression, row after row, the last entry of each being 1.
func design(ts []term, values [][]float64, n int) []float64 {
	wide := len(ts) + 1
	x := make([]float64, n*wide)
	for t, term := range ts {
		for i, v := range values[term.signal] {
			x[i*wide+t] = (term.of(v) - term.mean) * term.by
		}
	}
	for i := range n {
		x[i*wide+wide-1] = 1
	}
	return x
}

// regress finds the weights that make y most probable, with half of ridge times their squares taken off (not for the last one, which
// is the mean), by Newton's method from start. A fit that gets no better stops.
func regress(x []float64, y []float64, wide int, ridge float64, start []float64) []float64 {
	beta := slices.Clone(start)
	best := math.Inf(-1)
	for range 25 {
		hessian, gradient, likelihood := sums(x, y, wide, beta)
		for j := range wide - 1 {
			likelihood -= ridge / 2 * beta[j] * beta[j]
			gradient[j] -= ridge * beta[j]
			hessian.SetSym(j, j, hessian.At(j, j)+ridge)
		}
		hessian.SetSym(wide-1, wide-1, hessian.At(wide-1, wide-1)+1e-6)
		if likelihood < best+1e-6*math.Abs(best) && !math.IsInf(best, -1) {
			break
		}
		best = likelihood
		var factor mat.Cholesky
		if !factor.Factorize(hessian) {
			break
		}
		step := mat.NewVecDense(wide, nil)
		if err := factor.SolveVecTo(step, mat.NewVecDense(wide, gradient)); err != nil {
			break
		}
		longest := 0.0
		for j := range beta {
			longest = math.Max(longest, math.Abs(step.AtVec(j)))
		}
		shrink := math.Min(1, 3/math.Max(longest, 1e-12)) // far from the top Newton's steps are too long
		for j := range beta {
			beta[j] += shrink * step.AtVec(j)
		}
		if longest < 1e-5 {
			break
		}
	}
	return beta
}

// lanes are the parts in which the rows are summed; their number is fixed, so that the sums are the same on every machine.
const lanes = 4

// sums is the Hessian (without ridge), the gradient and the log likelihood at beta.
func sums(x, y []float64, wide int, beta []float64) (*mat.SymDense, []float64, float64) {
	n := len(y)
	type part struct {
		h *mat.SymDense
		g []float64
		l float64
	}
	parts := make([]part, lanes)
	var wait sync.WaitGroup
	for lane := range lanes {
		wait.Go(func() {
			p := part{mat.NewSymDense(wide, nil), make([]float64, wide), 0}
			const block = 512
			scaled := make([]float64, block*wide)
			for from := n * lane / lanes; from < n*(lane+1)/lanes; from += block {
				to := min(from+block, n*(lane+1)/lanes)
				for i := from; i < to; i++ {
					row := x[i*wide : (i+1)*wide]
					z := 0.0
					for j, b := range beta {
						z += b * row[j]
					}
					q := sigmoid(z)
					p.l += y[i]*z - softplus(z)
					d, w := y[i]-q, math.Sqrt(math.Max(q*(1-q), 1e-9))
					out := scaled[(i-from)*wide : (i-from+1)*wide]
					for j, v := range row {
						p.g[j] += d * v
						out[j] = w * v
					}
				}
				a := blas64.General{Rows: to - from, Cols: wide, Stride: wide, Data: scaled[:(to-from)*wide]}
				blas64.Syrk(blas.Trans, 1, a, 1, p.h.RawSymmetric())
			}
			parts[lane] = p
		})
	}
	wait.Wait()
	total := parts[0]
	for _, p := range parts[1:] {
		total.h.AddSym(total.h, p.h)
		for j := range total.g {
			total.g[j] += p.g[j]
		}
		total.l += p.l
	}
	return total.h, total.g, total.l
}

// softplus is log(1+exp(z)) without overflow.
func softplus(z float64) float64 {
	if z > 30 {
		return z
	}
	return math.Log1p(math.Exp(z))
}

// scores are the log odds of the rows of a design.
func scores(x []float64, wide int, beta []float64) []float64 {
	out := make([]float64, len(x)/wide)
	for i := range out {
		for j, b := range beta {
			out[i] += b * x[i*wide+j]
		}
	}
	return out
}
