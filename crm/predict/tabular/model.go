package tabular

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"gendan/crm/predict"
)

// ridges are the strengths of the regression's leash that are tried, the tightest first.
var ridges = []float64{1000, 300, 100, 30, 10, 3, 1}

// recipe is what is chosen by rows held back: how the regression is leashed, how the trees grow, how the two are mixed.
type recipe struct {
	ridge  float64
	growth growth
	mix    float64 // share of the trees in the mix of log odds
	calibration
}

// model is a fitted mix.
type model struct {
	recipe
	signals []signal
	terms   []term
	beta    []float64
	ends    [][]float64
	forests []*forest
	treeAt  []int // signals that the trees see
}

// fold is one division of the training rows.
type fold struct{ train, check []int }

// folds divides the training rows: by time the later ones are checked by the earlier, else every row once by the others.
func (f *frame) folds(train []int) []fold {
	n := len(train)
	if f.time == nil {
		k := 5
		if n > 12000 {
			k = 3
		}
		part := make([]int, len(f.y))
		for _, side := range []bool{false, true} { // each part gets its share of both outcomes
			at := 0
			for _, i := range train {
				if f.y[i] == side {
					part[i] = at % k
					at++
				}
			}
		}
		all := make([]fold, k)
		for _, i := range train {
			for p := range all {
				if part[i] == p {
					all[p].check = append(all[p].check, i)
				} else {
					all[p].train = append(all[p].train, i)
				}
			}
		}
		if n > 30000 {
			all = all[:2]
		}
		return all
	}
	ends := []float64{0.5, 0.625, 0.75, 0.875, 1}
	if n > 30000 {
		ends = []float64{0.6, 0.8, 1}
	}
	var all []fold
	for e := 0; e+1 < len(ends); e++ {
		from, to := f.boundary(train, ends[e]), f.boundary(train, ends[e+1])
		d := fold{train[:from], train[from:to]}
		if f.bothSides(d.train) && len(d.check) > 0 {
			all = append(all, d)
		}
	}
	return all
}

// boundary is the index nearest to the share of the rows at which the time changes, so that no moment is on both sides.
func (f *frame) boundary(rows []int, share float64) int {
	at := int(math.Round(share * float64(len(rows))))
	if at <= 0 || at >= len(rows) {
		return min(max(at, 0), len(rows))
	}
	down, up := at, at
	for down > 0 && f.when[rows[down]] == f.when[rows[down-1]] {
		down--
	}
	for up < len(rows) && f.when[rows[up]] == f.when[rows[up-1]] {
		up++
	}
	switch {
	case down == 0 && up == len(rows):
		return at
	case down == 0 || up < len(rows) && up-at <= at-down:
		return up
	}
	return down
}

func (f *frame) bothSides(rows []int) bool {
	yes := 0
	for _, i := range rows {
		yes += int(one(f.y[i]))
	}
	return yes >= 5 && len(rows)-yes >= 5
}

// growths are the ways to grow trees that are tried.
func growths(n int) []growth {
	least := math.Min(60, math.Max(5, float64(n)/200))
	small := growth{trees: 500, leaves: 6, rate: 0.06, least: least, ridge: 3, columns: 0.6, rows: 0.7, patience: 60}
	large := growth{trees: 800, leaves: 20, rate: 0.07, least: least / 2, ridge: 4, columns: 0.6, rows: 0.8, patience: 50}
	switch {
	case n < 1500:
		small.leaves, small.rate = 4, 0.04
		large.leaves, large.rate, large.least = 8, 0.05, least
	case n > 30000:
		large.trees, large.rate, large.leaves, large.least = 250, 0.1, 24, least
		return []growth{large}
	}
	return []growth{small, large}
}

// values draws the signals of rows; own values training rows by others.
func values(signals []signal, rows []int, own bool) [][]float64 {
	out := make([][]float64, len(signals))
	inParallel(len(signals), func(s int) {
		v := make([]float64, len(rows))
		for at, i := range rows {
			part := outside
			if own {
				part = inner(i)
			}
			v[at] = signals[s].at(i, part)
		}
		out[s] = v
	})
	return out
}

// inParallel does n things on all processors.
func inParallel(n int, do func(int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

func (f *frame) truths(rows []int) (y []float64, came []bool) {
	y, came = make([]float64, len(rows)), make([]bool, len(rows))
	for at, i := range rows {
		y[at], came[at] = one(f.y[i]), f.y[i]
	}
	return y, came
}

// most is the number of terms that so many rows can carry.
func most(rows int) int { return min(200, max(30, rows/10)) }

// trial is what a fold told: log odds of its checked rows by ridge and, after each tree, the loss by growth.
type trial struct {
	came   []bool
	linear [][]float64
	curve  [][]float64   // by growth and number of trees: log loss
	scores [][][]float32 // by growth: log odds of the checked rows every tenth tree
}

// every is how many trees lie between two remembered scores.
const every = 10

// attempt fits everything on a fold's training rows and looks at its checked ones.
func (f *frame) attempt(d fold, ways []growth) trial {
	signals := f.signals(d.train)
	learn, check := values(signals, d.train, true), values(signals, d.check, false)
	y, _ := f.truths(d.train)
	_, came := f.truths(d.check)
	t := trial{came: came, linear: make([][]float64, len(ridges)), curve: make([][]float64, len(ways)), scores: make([][][]float32, len(ways))}
	inParallel(len(ways)+1, func(job int) {
		if job == 0 {
			t.linear = path(signals, learn, check, y)
			return
		}
		g := job - 1
		bins, ends, at := f.binned(signals, learn)
		checked := binnedBy(check, at, ends)
		z := make([]float64, len(d.check))
		started := false
		best, stale, trees := math.Inf(1), 0, 0
		p := make([]float64, len(z))
		mean := 0.0
		for _, v := range y {
			mean += v / float64(len(y))
		}
		grow(bins, ends, y, ways[g], seedOf("fold", g), func(tree []node) bool {
			if !started {
				for i := range z {
					z[i] = logit(math.Min(math.Max(mean, 1e-6), 1-1e-6))
				}
				started = true
			}
			for i := range z {
				z[i] += treeScore(tree, checked, i)
			}
			trees++
			if trees%every != 0 {
				return false
			}
			now := make([]float32, len(z))
			for i, v := range z {
				now[i], p[i] = float32(v), sigmoid(v)
			}
			loss := predict.LogLoss(p, came)
			t.curve[g] = append(t.curve[g], loss)
			t.scores[g] = append(t.scores[g], now)
			if loss < best-1e-6 {
				best, stale = loss, 0
			} else {
				stale += every
			}
			return stale >= ways[g].patience
		})
	})
	return t
}

// path fits the regression for every ridge, the tightest first, each from the one before; with very many rows on a part of them.
func path(signals []signal, learn, check [][]float64, y []float64) [][]float64 {
	n := len(y)
	if n > 20000 {
		step := float64(n) / 20000
		kept := make([][]float64, len(learn))
		var few []float64
		for at := 0.0; int(at) < n; at += step {
			few = append(few, y[int(at)])
		}
		for s, v := range learn {
			for at := 0.0; int(at) < n; at += step {
				kept[s] = append(kept[s], v[int(at)])
			}
		}
		learn, y, n = kept, few, len(few)
	}
	ts := terms(signals, learn, y, most(n))
	x, checked := design(ts, learn, n), design(ts, check, len(check[0]))
	wide := len(ts) + 1
	beta := make([]float64, wide)
	out := make([][]float64, len(ridges))
	for r, ridge := range ridges {
		beta = regress(x, y, wide, ridge, beta)
		out[r] = scores(checked, wide, beta)
	}
	return out
}

// binned cuts the signals that trees see.
func (f *frame) binned(signals []signal, learn [][]float64) (bins [][]uint8, ends [][]float64, at []int) {
	for s, sig := range signals {
		if sig.trees {
			e := cuts(learn[s])
			ends, at = append(ends, e), append(at, s)
			bins = append(bins, binned(learn[s], e))
		}
	}
	return bins, ends, at
}

func binnedBy(values [][]float64, at []int, ends [][]float64) [][]uint8 {
	out := make([][]uint8, len(at))
	for b, s := range at {
		out[b] = binned(values[s], ends[b])
	}
	return out
}

// choose tries everything on the folds and takes what did best on all checked rows together.
func (f *frame) choose(train []int) recipe {
	ds := f.folds(train)
	ways := growths(len(train))
	trials := make([]trial, len(ds))
	for i, d := range ds {
		trials[i] = f.attempt(d, ways)
	}
	var came []bool
	for _, t := range trials {
		came = append(came, t.came...)
	}
	if len(came) == 0 {
		return recipe{ridge: 100, growth: growth{trees: 40, leaves: 4, rate: 0.05, least: 10, ridge: 5, columns: 0.7, rows: 0.7}, mix: 0.5, calibration: calibration{slope: 1}}
	}
	var r recipe
	best := math.Inf(1)
	var linear []float64
	for k, ridge := range ridges {
		var z []float64
		for _, t := range trials {
			z = append(z, t.linear[k]...)
		}
		if loss := predict.LogLoss(spread01(z), came); loss < best {
			best, r.ridge, linear = loss, ridge, z
		}
	}
	best = math.Inf(1)
	var boosted []float64
	for g, way := range ways {
		length := math.MaxInt
		for _, t := range trials {
			length = min(length, len(t.curve[g]))
		}
		for k := range length {
			loss := 0.0
			for _, t := range trials {
				loss += t.curve[g][k] * float64(len(t.came))
			}
			if loss < best {
				best, r.growth, r.growth.trees = loss, way, (k+1)*every
				boosted = boosted[:0]
				for _, t := range trials {
					for _, v := range t.scores[g][k] {
						boosted = append(boosted, float64(v))
					}
				}
			}
		}
	}
	best = math.Inf(1)
	var mixed []float64
	for m := 0; m <= 10; m++ {
		z := mixture(linear, boosted, float64(m)/10)
		if loss := predict.LogLoss(spread01(z), came); loss < best-1e-6 {
			best, r.mix, mixed = loss, float64(m)/10, z
		}
	}
	r.calibration = calibrate(mixed, came)
	r.believe(mixed, came)
	return r
}

// believe draws the probabilities to the mean as far as the progress over it may be luck: the best of many tries always looks a little
// better than it is. Progress of ten standard errors and more is left as it is.
func (r *recipe) believe(z []float64, came []bool) {
	mean := 0.5
	for _, c := range came {
		mean += one(c)
	}
	mean /= float64(len(came)) + 1
	p := r.all(z)
	var sum, squares float64
	for i, c := range came {
		q, base := p[i], mean
		if !c {
			q, base = 1-q, 1-base
		}
		gain := math.Log(math.Max(q, 1e-12) / base)
		sum, squares = sum+gain, squares+gain*gain
	}
	n := float64(len(came))
	error2 := (squares/n - sum/n*sum/n) / n
	if sum <= 0 {
		r.trust = 0.05
	} else {
		r.trust = math.Max(0.05, 1-4*error2/(sum/n*sum/n))
	}
	r.mean = logit(mean)
}

func spread01(z []float64) []float64 {
	p := make([]float64, len(z))
	for i, v := range z {
		p[i] = sigmoid(v)
	}
	return p
}

func mixture(a, b []float64, share float64) []float64 {
	z := make([]float64, len(a))
	for i := range z {
		z[i] = (1-share)*a[i] + share*b[i]
	}
	return z
}

// fit fits the recipe on all training rows. With few rows several forests are averaged, because one is a matter of luck.
func (f *frame) fit(r recipe, train []int) *model {
	m := &model{recipe: r, signals: f.signals(train)}
	learn := values(m.signals, train, true)
	y, _ := f.truths(train)
	forests := 6
	if len(train) > 30000 {
		forests = 2
	}
	m.forests = make([]*forest, forests)
	bins, ends, at := f.binned(m.signals, learn)
	m.ends, m.treeAt = ends, at
	inParallel(forests+1, func(job int) {
		if job == 0 {
			m.terms = terms(m.signals, learn, y, most(len(train)))
			x := design(m.terms, learn, len(train))
			m.beta = make([]float64, len(m.terms)+1)
			for _, ridge := range ridges {
				if ridge > r.ridge && ridge < 10*r.ridge || ridge == r.ridge {
					m.beta = regress(x, y, len(m.terms)+1, ridge, m.beta)
				}
			}
			return
		}
		m.forests[job-1] = grow(bins, ends, y, r.growth, seedOf("forest", job), nil)
	})
	return m
}

// predict gives the probabilities of rows whose signals are drawn.
func (m *model) predict(values [][]float64, n int) []float64 {
	linear := scores(design(m.terms, values, n), len(m.terms)+1, m.beta)
	bins := binnedBy(values, m.treeAt, m.ends)
	boosted := make([]float64, n)
	all := make([][]float64, len(m.forests))
	inParallel(len(m.forests), func(k int) { all[k] = m.forests[k].scores(bins, n) })
	for _, z := range all {
		for i, v := range z {
			boosted[i] += v / float64(len(all))
		}
	}
	return m.all(mixture(linear, boosted, m.mix))
}

// order sorts rows by time, rows of one moment by their place in the table.
func (f *frame) order(rows []int) {
	slices.SortStableFunc(rows, func(a, b int) int {
		switch {
		case f.when[a] < f.when[b]:
			return -1
		case f.when[a] > f.when[b]:
			return 1
		}
		return 0
	})
}
