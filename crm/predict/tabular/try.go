package tabular

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gendan/crm/predict"
)

// Options say what is asked of a table.
type Options struct {
	Kind   Kind
	Target string // name of the column with the outcome
	Time   string // name of the column that orders the rows, empty for none
}

// Report is what came of trying a model: fitted on the earlier rows, measured on the later ones. The base beside it gives everybody the
// share of the training rows that came true.
type Report struct {
	NTrain    int      `json:"n_train"`
	NTest     int      `json:"n_test"`
	AUC       float64  `json:"auc"`
	Brier     float64  `json:"brier"`
	ECE       float64  `json:"ece"`
	BaseAUC   float64  `json:"base_auc"`
	BaseBrier float64  `json:"base_brier"`
	Top       []Factor `json:"top"`

	Yes, No  string          `json:"-"` // the two outcomes as the table writes them
	Rule     string          `json:"-"` // the best single column
	RuleAUC  float64         `json:"-"` // what its rates alone reach
	Mix      string          `json:"-"` // what the model is made of
	Deciles  []predict.Group `json:"-"`
	Notes    []string        `json:"-"` // what was left out and why
	Promised []float64       `json:"-"` // probability of each test row
	Came     []bool          `json:"-"` // what came of it
}

// Factor is a column that the model leans on.
type Factor struct {
	Column string  `json:"column"`
	Drop   float64 `json:"auc_drop"` // AUC lost when the column's values are shuffled
	High   string  `json:"high"`     // where most came true
	Low    string  `json:"low"`      // where fewest did
}

// testShare is the part of the rows that the model is measured on.
const testShare = 0.25

// Try fits a model on the earlier rows of a table and measures it on the later ones; without a time the rows are divided by a fixed seed.
func Try(d Data, o Options) (Report, error) {
	var r Report
	if !slices.Contains(Kinds, o.Kind) {
		return r, fmt.Errorf("no kind %q: lead, win or churn", o.Kind)
	}
	target, err := find(d.Header, o.Target)
	if err != nil {
		return r, err
	}
	cells := make([]string, len(d.Rows))
	for i, row := range d.Rows {
		cells[i] = row[target]
	}
	became, yes, no, err := outcomes(cells, o.Kind)
	if err != nil {
		return r, err
	}
	r.Yes, r.No = yes, no
	f := &frame{y: make([]bool, len(became)), months: true}
	unsaid := make([]bool, len(became))
	var rows []int
	for i, b := range became {
		f.y[i], unsaid[i] = b == came, b == open
		if b != open {
			rows = append(rows, i)
		}
	}
	if left := len(became) - len(rows); left > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d rows have no outcome and are left out", left))
	}
	timeAt := -1
	if o.Time != "" {
		if timeAt, err = find(d.Header, o.Time); err != nil {
			return r, err
		}
		if timeAt == target {
			return r, errors.New("the time is the target itself")
		}
	}
	f.columns = make([]*column, 0, len(d.Header))
	sense := make([]*column, len(d.Header))
	inParallel(len(sense), func(at int) { sense[at] = read(d, at) })
	for at, c := range sense {
		if at != target {
			f.columns = append(f.columns, c)
		}
	}
	if timeAt >= 0 {
		note, err := f.setTime(sense[timeAt], cellsOf(d, timeAt), &rows)
		if err != nil {
			return r, err
		}
		if note != "" {
			r.Notes = append(r.Notes, note)
		}
	}
	train, test, err := f.divide(rows)
	if err != nil {
		return r, err
	}
	r.Notes = append(r.Notes, f.tell()...)
	r.Notes = append(r.Notes, f.leaks(d.Header[target], o.Kind, train, unsaid)...)
	f.season(train)
	recipe := f.choose(train)
	m := f.fit(recipe, train)
	drawn := values(m.signals, test, false)
	r.Promised = m.predict(drawn, len(test))
	_, r.Came = f.truths(test)
	r.NTrain, r.NTest = len(train), len(test)
	r.AUC, r.Brier, r.ECE = predict.AUC(r.Promised, r.Came), predict.Brier(r.Promised, r.Came), predict.ECE(r.Promised, r.Came)
	r.Deciles = predict.Deciles(r.Promised, r.Came)
	base := make([]float64, len(test))
	for i := range base {
		base[i] = f.share(train)
	}
	r.BaseAUC, r.BaseBrier = predict.AUC(base, r.Came), predict.Brier(base, r.Came)
	r.Rule, r.RuleAUC = f.bestRule(train, test)
	r.Top = f.top(m, train, test)
	r.Mix = fmt.Sprintf("%.0f %% trees (%d of %d leaves), %.0f %% regression (ridge %g), slope %.2f", 100*m.mix, m.growth.trees, m.growth.leaves, 100-100*m.mix, m.ridge, m.slope)
	return r, nil
}

func cellsOf(d Data, at int) []string {
	cells := make([]string, len(d.Rows))
	for i, row := range d.Rows {
		cells[i] = row[at]
	}
	return cells
}

// find is the index of a column by name; case and the way words are parted do not matter when it is the only one.
func find(header []string, name string) (int, error) {
	if at := slices.Index(header, name); at >= 0 {
		return at, nil
	}
	wanted, at := strings.Join(nameWords(name), ""), -1
	for i, h := range header {
		if strings.Join(nameWords(h), "") == wanted {
			if at >= 0 {
				return 0, fmt.Errorf("several columns are called like %q: write it as in the file", name)
			}
			at = i
		}
	}
	if at < 0 {
		return 0, fmt.Errorf("no column %q; there are: %s", name, strings.Join(header[:min(40, len(header))], ", "))
	}
	return at, nil
}

// setTime orders the rows by a column: days, numbers or, as text, years with months or quarters. Rows without a time are left out.
func (f *frame) setTime(c *column, cells []string, rows *[]int) (note string, err error) {
	f.time, f.when = c, make([]float64, len(cells))
	switch c.kind {
	case date, numeric:
		copy(f.when, c.num)
	case id:
		if c.num == nil {
			return "", fmt.Errorf("%q is no time: its cells are neither days nor numbers", c.name)
		}
		copy(f.when, c.num)
	case category:
		if !ordered(c.levels) {
			return "", fmt.Errorf("%q is no time: its cells are neither days nor numbers", c.name)
		}
		for i, code := range c.code {
			if f.when[i] = float64(code); code < 0 {
				f.when[i] = math.NaN()
			}
		}
	default:
		return "", fmt.Errorf("%q is no time: its cells are neither days nor numbers", c.name)
	}
	var kept []int
	for _, i := range *rows {
		if !math.IsNaN(f.when[i]) {
			kept = append(kept, i)
		}
	}
	if left := len(*rows) - len(kept); left > 0 {
		note = fmt.Sprintf("%d rows have no %s and are left out", left, c.name)
	}
	*rows = kept
	f.order(*rows)
	return note, nil
}

// ordered reports whether all levels begin with a year, so that their alphabetical order is that of time.
func ordered(levels []string) bool {
	for _, s := range levels {
		if len(s) < 4 || s[:4] < "1900" || s[:4] > "2200" {
			return false
		}
	}
	return len(levels) > 1
}

// divide parts the rows: by time the last quarter is for the test, else a quarter of either outcome by a fixed seed.
func (f *frame) divide(rows []int) (train, test []int, err error) {
	if f.time != nil {
		at := f.boundary(rows, 1-testShare)
		train, test = rows[:at], rows[at:]
	} else {
		random := rand.New(rand.NewPCG(20, 26))
		for _, side := range []bool{false, true} {
			var part []int
			for _, i := range rows {
				if f.y[i] == side {
					part = append(part, i)
				}
			}
			random.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
			at := int(math.Round(float64(len(part)) * testShare))
			test, train = append(test, part[:at]...), append(train, part[at:]...)
		}
		slices.Sort(train)
		slices.Sort(test)
	}
	if len(train) < 40 || !f.bothSides(train) || len(test) == 0 {
		return nil, nil, fmt.Errorf("too few rows with an outcome: %d to learn from, %d to test on; at least 40 with 5 of each outcome are needed to learn", len(train), len(test))
	}
	return train, test, nil
}

// season decides whether months may count: with an order of the rows only when the training rows cover each month more than once.
func (f *frame) season(train []int) {
	if f.time == nil {
		return
	}
	f.months = false
	if f.time.kind == date {
		f.months = f.when[train[len(train)-1]]-f.when[train[0]] > 548
	}
}

// tell names the columns that say nothing.
func (f *frame) tell() (notes []string) {
	var ids, same []string
	for _, c := range f.columns {
		if c == f.time {
			continue
		}
		switch c.kind {
		case id:
			ids = append(ids, c.name)
		case empty:
			same = append(same, c.name)
		}
	}
	if len(ids) > 0 {
		notes = append(notes, "left out because every row has its own: "+strings.Join(ids, ", "))
	}
	if len(same) > 0 {
		notes = append(notes, "left out because all rows are the same: "+strings.Join(same, ", "))
	}
	return notes
}

func (f *frame) share(rows []int) float64 {
	n := 0.0
	for _, i := range rows {
		n += one(f.y[i])
	}
	return n / float64(len(rows))
}

// bestRule is the column whose rates tell most among the training rows, and what it reaches on the test rows: what a person with a
// pivot table would do.
func (f *frame) bestRule(train, test []int) (name string, auc float64) {
	best := 0.0
	for _, c := range f.columns {
		if c.kind != numeric && c.kind != category || c == f.time {
			continue
		}
		steps, size := f.steps(c, train)
		if a := f.alone(steps, size, train); a > best {
			best, name = a, c.name
			p, came := f.rule(steps, size, train, test, false)
			auc = predict.AUC(p, came)
		}
	}
	return name, auc
}
