package tabular

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// frame is a table that was made sense of: its columns, and what came of each row.
type frame struct {
	columns []*column
	time    *column   // the order of the rows, nil without one
	when    []float64 // by row, NaN where nothing is said
	y       []bool    // by row; only rows with an outcome are used
	months  bool      // the year's season can be learned: more than a year and a half of rows, or no order at all
}

// insideOut is the number of parts by which a training row's category is valued on other rows than itself.
const insideOut = 5

// outside values a row that is not one of the training rows.
const outside = -1

// inner is the part of a training row; it depends on the row alone, so that a fit can be repeated.
func inner(i int) int { return int(uint32(i)*2654435761>>8) % insideOut }

// signal is one number drawn from a row, NaN where there is none.
type signal struct {
	column int // index in frame.columns, -1 for what is drawn from all
	at     func(row, part int) float64
	trees  bool      // the trees see it
	shape  shape     // how the regression sees it
	levels []float64 // of a oneHot
}

// shape is how a signal enters the regression.
type shape int

const (
	hidden shape = iota
	flat         // as it is
	bent         // with kinks at its quartiles, so that a rate may rise and fall
	oneHot       // one weight for each of levels, NaN included
)

// signals draws what can be drawn from the columns; what it has to learn (rates, words) it learns from the training rows.
func (f *frame) signals(train []int) []signal {
	var all []signal
	for at, c := range f.columns {
		if c == f.time {
			continue
		}
		switch c.kind {
		case numeric:
			all = append(all, signal{column: at, at: func(i, _ int) float64 { return c.num[i] }, trees: true, shape: bent})
		case date:
			all = append(all, f.dateSignals(at, c)...)
		case category:
			all = append(all, f.levelSignals(at, c, train)...)
		case text:
			all = append(all, f.wordSignals(at, c, train)...)
		}
	}
	if f.time != nil && f.time.kind == date {
		at := slices.Index(f.columns, f.time)
		all = append(all, signal{column: at, at: func(i, _ int) float64 { return weekday(f.when[i]) }, trees: true, shape: oneHot, levels: []float64{0, 1, 2, 3, 4, 5, 6}})
		if f.months {
			all = append(all, signal{column: at, at: func(i, _ int) float64 { return month(f.when[i]) }, trees: true, shape: oneHot, levels: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}})
		}
	}
	all = append(all, signal{column: -1, at: func(i, _ int) float64 {
		n := 0.0
		for _, c := range f.columns {
			if c.kind != empty && c.kind != id && c.blankAt(i) {
				n++
			}
		}
		return n
	}, trees: true, shape: flat})
	return all
}

func weekday(day float64) float64 {
	if math.IsNaN(day) {
		return day
	}
	return math.Mod(math.Floor(day)+4, 7) // 1 January 1970 was a Thursday
}

// dateSignals are a day's age at the time of the row, its distance from the other days, weekday and month. Without an order of the
// rows the day itself counts too.
func (f *frame) dateSignals(at int, c *column) []signal {
	own := func(of func(float64) float64) func(int, int) float64 {
		return func(i, _ int) float64 { return of(c.num[i]) }
	}
	all := []signal{{column: at, at: own(weekday), trees: true, shape: oneHot, levels: []float64{0, 1, 2, 3, 4, 5, 6}}}
	if f.months {
		all = append(all, signal{column: at, at: own(month), trees: true, shape: oneHot, levels: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}})
	}
	if f.time == nil {
		all = append(all, signal{column: at, at: own(func(v float64) float64 { return v }), trees: true, shape: bent})
	} else if f.time.kind == date && f.time != c {
		all = append(all, signal{column: at, at: func(i, _ int) float64 { return f.when[i] - c.num[i] }, trees: true, shape: bent})
	}
	for later := at + 1; later < len(f.columns); later++ {
		if d := f.columns[later]; d.kind == date && d != f.time && c != f.time {
			all = append(all, signal{column: at, at: func(i, _ int) float64 { return d.num[i] - c.num[i] }, trees: true, shape: bent})
		}
	}
	return all
}

func month(day float64) float64 {
	if math.IsNaN(day) {
		return day
	}
	return float64(time.Unix(int64(day*86400), 0).UTC().Month())
}

// rates is what became of the training rows of each level, as a whole and by part.
type rates struct {
	mean     float64
	n, yes   []float64
	pn, pyes [insideOut][]float64
	weight   float64 // rows that the mean counts for
}

// rate is the share of a level that came true, drawn towards the mean; a training row does not count itself.
func (r *rates) rate(level, part int) float64 {
	n, yes := r.n[level], r.yes[level]
	if part != outside {
		n, yes = n-r.pn[part][level], yes-r.pyes[part][level]
	}
	return (yes + r.weight*r.mean) / (n + r.weight)
}

// ratesOf counts the levels of a category among the training rows; the last entry is for rows without one.
func (f *frame) ratesOf(c *column, train []int) *rates {
	size := len(c.levels) + 1
	r := &rates{n: make([]float64, size), yes: make([]float64, size), weight: 20}
	for p := range r.pn {
		r.pn[p], r.pyes[p] = make([]float64, size), make([]float64, size)
	}
	for _, i := range train {
		level := c.levelAt(i)
		p := inner(i)
		r.n[level]++
		r.pn[p][level]++
		if f.y[i] {
			r.mean++
			r.yes[level]++
			r.pyes[p][level]++
		}
	}
	r.mean = (r.mean + 0.5) / (float64(len(train)) + 1)
	return r
}

// levelAt is the level of row i, len(levels) where there is none.
func (c *column) levelAt(i int) int {
	if c.code[i] < 0 {
		return len(c.levels)
	}
	return int(c.code[i])
}

// levelSignals are the rate of a level, how common it is, and one weight for each level that is common enough.
func (f *frame) levelSignals(at int, c *column, train []int) []signal {
	r := f.ratesOf(c, train)
	many := len(c.levels) > 12
	value := signal{column: at, at: func(i, part int) float64 { return logit(r.rate(c.levelAt(i), part)) }, trees: true}
	if many {
		value.shape = flat
	}
	all := []signal{value}
	if len(c.levels) > 20 {
		all = append(all, signal{column: at, at: func(i, _ int) float64 { return math.Log1p(r.n[c.levelAt(i)]) }, trees: true, shape: flat})
	}
	enough := math.Max(15, 0.004*float64(len(train)))
	var common []float64
	for level, n := range r.n {
		if n >= enough {
			common = append(common, float64(level))
		}
	}
	slices.SortStableFunc(common, func(a, b float64) int { return int(r.n[int(b)] - r.n[int(a)]) })
	if len(common) > 25 {
		common = common[:25]
	}
	return append(all, signal{column: at, at: func(i, _ int) float64 { return float64(c.levelAt(i)) }, shape: oneHot, levels: common})
}

// wordSignals are the length of a text and the words (of Chinese: pairs of characters) that part the outcomes best.
func (f *frame) wordSignals(at int, c *column, train []int) []signal {
	all := []signal{{column: at, at: func(i, _ int) float64 { return math.Log1p(float64(utf8.RuneCountInString(c.cells[i]))) }, trees: true, shape: flat}}
	seen, seenYes := map[string]float64{}, map[string]float64{}
	yes := 0.0
	for _, i := range train {
		if f.y[i] {
			yes++
		}
		for w := range c.words[i] {
			seen[w]++
			if f.y[i] {
				seenYes[w]++
			}
		}
	}
	type worth struct {
		word string
		chi  float64
	}
	n := float64(len(train))
	p := yes / n
	var list []worth
	for w, k := range seen {
		if k < math.Max(15, 0.005*n) || k > 0.9*n {
			continue
		}
		d := seenYes[w] - k*p
		list = append(list, worth{w, d * d / (k * p * (1 - p) * (1 - k/n))})
	}
	slices.SortFunc(list, func(a, b worth) int {
		if a.chi != b.chi {
			return int(math.Copysign(1, b.chi-a.chi))
		}
		return strings.Compare(a.word, b.word)
	})
	for _, w := range list[:min(30, len(list))] {
		if w.chi < 6.6 { // one in a hundred by chance
			break
		}
		all = append(all, signal{column: at, at: func(i, _ int) float64 {
			_, has := c.words[i][w.word]
			return one(has)
		}, trees: true, shape: flat})
	}
	return all
}

// wordsOf are the words of a text in lower case and, of Chinese, the pairs of neighbouring characters.
func wordsOf(s string) map[string]struct{} {
	words := map[string]struct{}{}
	for _, part := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		var han []rune
		for _, r := range part {
			if unicode.Is(unicode.Han, r) {
				han = append(han, r)
			}
		}
		for i := 0; i+1 < len(han); i++ {
			words[string(han[i:i+2])] = struct{}{}
		}
		if len(han) == 0 && len(part) > 1 && len(part) < 24 {
			words[part] = struct{}{}
		}
	}
	return words
}

// seedOf makes a seed of names, so that the same table always gives the same result.
func seedOf(parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, parts...)
	return h.Sum64()
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
