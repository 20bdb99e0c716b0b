package tabular

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Data is a table: the names of the columns and rows of cells, each as long as Header.
type Data struct {
	Header []string
	Rows   [][]string
}

// kind is what the cells of a column are.
type kind int

const (
	empty    kind = iota // nothing, or the same everywhere
	numeric              // num holds the values
	date                 // num holds days since 1970
	category             // code and levels
	text                 // words that people wrote
	id                   // names one row each
)

// column is a column that was made sense of. Its slices have one entry a row.
type column struct {
	name    string
	kind    kind
	num     []float64 // NaN where nothing is said
	code    []int32   // index in levels, -1 where nothing is said
	levels  []string
	cells   []string // of a text
	words   []map[string]struct{}
	integer bool // all numbers are whole
	filled  int
}

// blankAt reports whether row i says nothing.
func (c *column) blankAt(i int) bool {
	switch c.kind {
	case numeric, date:
		return math.IsNaN(c.num[i])
	case category, id:
		return c.code[i] < 0
	case text:
		return c.cells[i] == ""
	}
	return true
}

// read makes sense of column at of the table.
func read(d Data, at int) *column {
	c := &column{name: d.Header[at]}
	var said []string
	cells := make([]string, len(d.Rows))
	for i, row := range d.Rows {
		if s := strings.TrimSpace(row[at]); !isBlank(s) {
			cells[i] = s
			said = append(said, s)
		}
	}
	c.filled = len(said)
	if len(said) == 0 {
		return c
	}
	if c.num = readDays(cells, len(said)); c.num != nil {
		c.kind = date
		return c
	}
	if c.readNumbers(cells, said) {
		c.notice()
		return c
	}
	c.readLevels(cells)
	c.notice()
	return c
}

// readNumbers fills num when at least 97 of 100 cells are numbers with one unit.
func (c *column) readNumbers(cells, said []string) bool {
	decimalComma := false
	commas := 0
	for _, s := range said {
		if i := strings.LastIndexByte(s, ','); i >= 0 && !thousands(s) && !strings.Contains(s[i:], ".") {
			commas++
		}
	}
	decimalComma = commas*4 > len(said)
	units := map[string]int{}
	c.num = make([]float64, len(cells))
	read := 0
	for i, s := range cells {
		c.num[i] = math.NaN()
		if s == "" {
			continue
		}
		if v, unit, ok := number(s, decimalComma); ok && utf8.RuneCountInString(unit) <= 8 && !strings.ContainsFunc(unit, unicode.IsDigit) {
			c.num[i] = v
			units[unit]++
			read++
		}
	}
	common, most := "", 0
	for unit, n := range units {
		if n > most || n == most && unit < common {
			common, most = unit, n
		}
	}
	if most*100 < len(said)*97 {
		c.num = nil
		return false
	}
	c.kind, c.integer = numeric, true
	for i, s := range cells {
		if s == "" || math.IsNaN(c.num[i]) {
			continue
		}
		if _, unit, _ := number(s, decimalComma); unit != common {
			c.num[i] = math.NaN()
		} else if c.num[i] != math.Trunc(c.num[i]) {
			c.integer = false
		}
	}
	return true
}

// readLevels fills code and levels, in the order of their names.
func (c *column) readLevels(cells []string) {
	c.kind = category
	index := map[string]int32{}
	for _, s := range cells {
		if s != "" {
			index[s] = 0
		}
	}
	for s := range index {
		c.levels = append(c.levels, s)
	}
	slices.Sort(c.levels)
	for i, s := range c.levels {
		index[s] = int32(i)
	}
	c.code = make([]int32, len(cells))
	words, runes := 0, 0
	for i, s := range cells {
		c.code[i] = -1
		if s == "" {
			continue
		}
		c.code[i] = index[s]
		words += len(strings.Fields(s))
		runes += utf8.RuneCountInString(s)
	}
	distinct := float64(len(c.levels)) / float64(max(1, c.filled))
	if len(c.levels) > 50 && distinct > 0.3 && (words > 3*c.filled || runes > 12*c.filled && wordy(c.levels)) {
		c.kind, c.cells, c.code, c.levels = text, cells, nil, nil
		c.words = make([]map[string]struct{}, len(cells))
		for i, s := range cells {
			c.words[i] = wordsOf(s)
		}
	}
}

// wordy reports whether most of the texts are more than one token: they have blanks or Chinese in them.
func wordy(levels []string) bool {
	n := 0
	for _, s := range levels {
		if strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || unicode.Is(unicode.Han, r) }) {
			n++
		}
	}
	return n*2 > len(levels)
}

// idNames are the words that the names of ids end in.
var idNames = []string{"id", "no", "no.", "number", "uuid", "guid", "key", "rownumber", "index", "编号", "序号", "单号", "卡号", "账号", "手机", "电话", "phone", "mobile", "email", "邮箱"}

// notice finds columns that say nothing or name one row each.
func (c *column) notice() {
	seen := map[float64]bool{}
	low, high := math.Inf(1), math.Inf(-1)
	switch c.kind {
	case numeric:
		for _, v := range c.num {
			if !math.IsNaN(v) {
				seen[v] = true
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
		if len(seen) <= 1 && c.filled == len(c.num) || len(seen) == 0 {
			c.kind = empty
			return
		}
		if !c.integer || c.filled < 50 || len(seen)*100 < c.filled*98 {
			return
		}
		if c.saysID() || high-low+1 <= 1.02*float64(c.filled) || low >= 1e9 {
			c.kind = id
			c.code = make([]int32, len(c.num))
		}
	case category:
		if len(c.levels) <= 1 && c.filled == len(c.code) {
			c.kind = empty
		} else if c.filled >= 50 && len(c.levels)*10 > c.filled*9 {
			c.kind = id
		}
	}
}

func (c *column) saysID() bool {
	name := strings.ToLower(strings.TrimSpace(c.name))
	for _, end := range idNames {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
