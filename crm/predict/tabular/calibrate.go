package tabular

import (
	"math"
	"slices"

	"gendan/crm/predict"
)

// calibration turns log odds into probabilities that keep what they promise.
type calibration struct {
	slope, shift float64
	steps        []step  // of the isotonic one, nil when the straight one is used
	trust, mean  float64 // the log odds are drawn to the mean's by what is missing to a trust of 1; 0 is not asked
}

// step is a stretch of the isotonic curve: up to and with score, p.
type step struct{ score, p float64 }

func (c calibration) at(z float64) float64 {
	p := c.curve(z)
	if c.trust == 0 || c.trust > 0.96 {
		return p
	}
	p = math.Min(math.Max(p, 1e-6), 1-1e-6)
	return sigmoid(c.mean + c.trust*(logit(p)-c.mean))
}

func (c calibration) curve(z float64) float64 {
	straight := sigmoid(c.slope*z + c.shift)
	if c.steps == nil {
		return straight
	}
	i, _ := slices.BinarySearchFunc(c.steps, z, func(s step, z float64) int {
		switch {
		case s.score < z:
			return -1
		case s.score > z:
			return 1
		}
		return 0
	})
	// A quarter of the straight one keeps rows apart that lie on one step.
	return 0.75*c.steps[min(i, len(c.steps)-1)].p + 0.25*straight
}

// calibrate fits a line through the log odds of rows that the model had not seen; with many rows also a rising curve of steps, which is
// taken when it does clearly better on halves it was not fitted on.
func calibrate(z []float64, came []bool) calibration {
	straight := platt(z, came)
	if len(z) < 2000 {
		return straight
	}
	var lossStraight, lossSteps float64
	for half := range 2 {
		var fitZ, checkZ []float64
		var fitY, checkY []bool
		for i := range z {
			if i%2 == half {
				fitZ, fitY = append(fitZ, z[i]), append(fitY, came[i])
			} else {
				checkZ, checkY = append(checkZ, z[i]), append(checkY, came[i])
			}
		}
		line := platt(fitZ, fitY)
		curve := line
		curve.steps = isotonic(fitZ, fitY)
		lossStraight += predict.LogLoss(line.all(checkZ), checkY)
		lossSteps += predict.LogLoss(curve.all(checkZ), checkY)
	}
	if lossSteps < 0.995*lossStraight {
		straight.steps = isotonic(z, came)
	}
	return straight
}

func (c calibration) all(z []float64) []float64 {
	p := make([]float64, len(z))
	for i, v := range z {
		p[i] = c.at(v)
	}
	return p
}

// platt fits slope and shift of the log odds, both drawn gently to 1 and 0.
func platt(z []float64, came []bool) calibration {
	a, b := 1.0, 0.0
	for range 50 {
		ga, gb := -4*(a-1), -b/25
		haa, hab, hbb := 4.0, 0.0, 1.0/25
		for i, v := range z {
			v = math.Min(math.Max(v, -12), 12)
			q := sigmoid(a*v + b)
			d, w := one(came[i])-q, math.Max(q*(1-q), 1e-9)
			ga += d * v
			gb += d
			haa += w * v * v
			hab += w * v
			hbb += w
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		if long := math.Max(math.Abs(da), math.Abs(db)); long > 1 {
			da, db = da/long, db/long
		}
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return calibration{slope: math.Max(a, 0.02), shift: b}
}

// isotonic pools neighbouring rows until the shares rise with the score; a step holds at least 30 rows.
func isotonic(z []float64, came []bool) []step {
	order := make([]int, len(z))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case z[a] < z[b]:
			return -1
		case z[a] > z[b]:
			return 1
		}
		return 0
	})
	type pool struct{ n, yes, score float64 }
	var pools []pool
	for from := 0; from < len(order); {
		to := min(from+30, len(order))
		for to < len(order) && (z[order[to]] == z[order[to-1]] || len(order)-to < 30) {
			to++
		}
		p := pool{n: float64(to - from), score: z[order[to-1]]}
		for _, i := range order[from:to] {
			p.yes += one(came[i])
		}
		pools = append(pools, p)
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.yes*b.n < b.yes*a.n {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.n + b.n, a.yes + b.yes, b.score})
		}
		from = to
	}
	steps := make([]step, len(pools))
	for i, p := range pools {
		steps[i] = step{p.score, (p.yes + 0.5) / (p.n + 1)}
	}
	return steps
}
