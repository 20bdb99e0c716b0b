package tabular

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"gendan/crm/predict"
)

// topMost is how many columns a report names.
const topMost = 10

// top names the columns that the model leans on: how much worse it orders the test rows when a column's cells are shuffled among them.
func (f *frame) top(m *model, train, test []int) []Factor {
	if len(test) > 3000 {
		step := float64(len(test)) / 3000
		var few []int
		for at := 0.0; int(at) < len(test); at += step {
			few = append(few, test[int(at)])
		}
		test = few
	}
	drawn := values(m.signals, test, false)
	_, came := f.truths(test)
	whole := predict.AUC(m.predict(drawn, len(test)), came)
	random := rand.New(rand.NewPCG(4, 2))
	shuffled := random.Perm(len(test))
	factors := []Factor{}
	for at, c := range f.columns {
		if c.kind == empty || c.kind == id {
			continue
		}
		mixed := slices.Clone(drawn)
		touched := false
		for s, sig := range m.signals {
			if sig.column != at {
				continue
			}
			touched = true
			mixed[s] = make([]float64, len(test))
			for i, j := range shuffled {
				mixed[s][i] = drawn[s][j]
			}
		}
		if !touched {
			continue
		}
		drop := whole - predict.AUC(m.predict(mixed, len(test)), came)
		if drop <= 0.0002 {
			continue
		}
		fact := Factor{Column: c.name, Drop: math.Round(drop*1e4) / 1e4}
		fact.High, fact.Low = f.ends(c, train)
		factors = append(factors, fact)
	}
	slices.SortStableFunc(factors, func(a, b Factor) int {
		switch {
		case a.Drop > b.Drop:
			return -1
		case a.Drop < b.Drop:
			return 1
		}
		return 0
	})
	return factors[:min(topMost, len(factors))]
}

// ends are the values of a column with which most and fewest training rows came true.
func (f *frame) ends(c *column, train []int) (high, low string) {
	if c.kind == text {
		return "", ""
	}
	steps, size := f.steps(c, train)
	n, yes := make([]float64, size), make([]float64, size)
	first, last := make([]float64, size), make([]float64, size)
	for s := range first {
		first[s], last[s] = math.Inf(1), math.Inf(-1)
	}
	for _, i := range train {
		s := steps[i]
		n[s]++
		yes[s] += one(f.y[i])
		if c.kind != category && !c.blankAt(i) {
			first[s], last[s] = math.Min(first[s], c.num[i]), math.Max(last[s], c.num[i])
		}
	}
	mean := f.share(train)
	best, worst := -1, -1
	rate := func(s int) float64 { return (yes[s] + 10*mean) / (n[s] + 10) }
	for s := range n {
		if n[s] < math.Max(5, 0.01*float64(len(train))) {
			continue
		}
		if best < 0 || rate(s) > rate(best) {
			best = s
		}
		if worst < 0 || rate(s) < rate(worst) {
			worst = s
		}
	}
	if best < 0 || best == worst {
		return "", ""
	}
	say := func(s int) string {
		name := "(empty)"
		switch {
		case s == size-1:
		case c.kind == category:
			name = c.levels[s]
		case c.kind == date:
			name = dayName(first[s]) + "…" + dayName(last[s])
		case first[s] == last[s]:
			name = short(first[s])
		default:
			name = short(first[s]) + "…" + short(last[s])
		}
		return fmt.Sprintf("%s: %.0f%%", name, 100*yes[s]/n[s])
	}
	return say(best), say(worst)
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func dayName(v float64) string { return time.Unix(int64(v*86400), 0).UTC().Format(time.DateOnly) }
