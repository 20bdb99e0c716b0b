package predict

import "slices"

// descend finds a point where f is least by the simplex of Nelder and Mead, from start. gonum's optimize has it too, but brings a module for
// distributions along that nothing else here needs.
func descend(f func([]float64) float64, start []float64) ([]float64, float64) {
	n := len(start)
	type corner struct {
		x []float64
		f float64
	}
	at := func(x []float64) corner { return corner{x, f(x)} }
	build := func(around []float64, size float64) []corner {
		all := []corner{at(slices.Clone(around))}
		for i := range n {
			x := slices.Clone(around)
			x[i] += size
			all = append(all, at(x))
		}
		return all
	}
	simplex := build(start, 0.5)
	rank := func() {
		slices.SortStableFunc(simplex, func(a, b corner) int {
			switch {
			case a.f < b.f:
				return -1
			case a.f > b.f:
				return 1
			}
			return 0
		})
	}
	restarts := 0
	for range 2000 {
		rank()
		best, worst := simplex[0], simplex[n]
		if worst.f-best.f < 1e-8*(1+abs(best.f)) {
			if restarts++; restarts > 2 {
				break
			}
			simplex = build(best.x, 0.2/float64(restarts)) // a simplex that has collapsed is believed when it falls to the same place again
			continue
		}
		middle := make([]float64, n)
		for _, c := range simplex[:n] {
			for i, v := range c.x {
				middle[i] += v / float64(n)
			}
		}
		along := func(t float64) corner {
			x := make([]float64, n)
			for i := range x {
				x[i] = middle[i] + t*(worst.x[i]-middle[i])
			}
			return at(x)
		}
		switch mirrored := along(-1); {
		case mirrored.f < best.f:
			if further := along(-2); further.f < mirrored.f {
				mirrored = further
			}
			simplex[n] = mirrored
		case mirrored.f < simplex[n-1].f:
			simplex[n] = mirrored
		default:
			nearer := along(0.5)
			if mirrored.f < worst.f {
				nearer = along(-0.5)
			}
			if nearer.f < min(mirrored.f, worst.f) {
				simplex[n] = nearer
				continue
			}
			for i := range simplex[1:] {
				x := make([]float64, n)
				for j := range x {
					x[j] = (simplex[i+1].x[j] + best.x[j]) / 2
				}
				simplex[i+1] = at(x)
			}
		}
	}
	rank()
	return simplex[0].x, simplex[0].f
}

func abs(v float64) float64 { return max(v, -v) }
