package tabular

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// blank are the cells that say nothing, in lower case.
var blank = map[string]bool{
	"": true, "na": true, "n/a": true, "#n/a": true, "nan": true, "null": true, "nil": true, "none": true, "-": true, "--": true, "—": true,
	"?": true, ".": true, "\\n": true, "(blank)": true, "无": true, "空": true, "暂无": true, "未填写": true, "<na>": true, "nat": true, "missing": true,
}

// isBlank reports whether a cell says nothing; databases write 0000-00-00 for no day.
func isBlank(s string) bool {
	return s == "" || len(s) <= 12 && blank[strings.ToLower(s)] || len(s) >= 8 && (s[:8] == "00/00/00" || s[:8] == "0000-00-" || s[:8] == "0000/00/")
}

// narrow turns full-width digits and signs into the usual ones.
func narrow(s string) string {
	for _, r := range s {
		if r >= '！' && r <= '～' || r == '　' {
			return strings.Map(func(r rune) rune {
				switch {
				case r >= '！' && r <= '～':
					return r - '！' + '!'
				case r == '　':
					return ' '
				}
				return r
			}, s)
		}
	}
	return s
}

// number reads a cell as a number and returns what stands behind it: 1,234.5, ¥12, 12.5%, 3.2万, (120), 12 months. A percentage is
// the number before the sign. decimalComma reads 12,5 as twelve and a half.
func number(s string, decimalComma bool) (v float64, unit string, ok bool) {
	s = strings.TrimSpace(narrow(s))
	sign := 1.0
	if inner, found := strings.CutPrefix(s, "("); found && strings.HasSuffix(inner, ")") {
		s, sign = strings.TrimSuffix(inner, ")"), -1
	}
	for _, c := range []string{"¥", "￥", "$", "€", "£", "₹", "US$", "RMB", "USD", "EUR", "CNY"} {
		if rest, found := strings.CutPrefix(s, c); found {
			s = strings.TrimSpace(rest)
			break
		}
	}
	end := 0
	for end < len(s) && strings.IndexByte("0123456789.,+-eE", s[end]) >= 0 {
		if (s[end] == 'e' || s[end] == 'E') && (end == 0 || end+1 >= len(s) || strings.IndexByte("0123456789+-", s[end+1]) < 0) {
			break
		}
		end++
	}
	digits, unit := s[:end], strings.TrimSpace(s[end:])
	if digits == "" {
		return 0, "", false
	}
	if decimalComma {
		digits = strings.ReplaceAll(strings.ReplaceAll(digits, ".", ""), ",", ".")
	} else if strings.Contains(digits, ",") {
		if !thousands(digits) {
			return 0, "", false
		}
		digits = strings.ReplaceAll(digits, ",", "")
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, "", false
	}
	for mark, times := range map[string]float64{"万": 1e4, "亿": 1e8} {
		if rest, found := strings.CutPrefix(unit, mark); found {
			v, unit = v*times, rest
			break
		}
	}
	switch unit {
	case "k", "K":
		v, unit = v*1e3, ""
	case "M":
		v, unit = v*1e6, ""
	case "元", "USD", "EUR", "CNY", "RMB":
		unit = ""
	}
	return sign * v, unit, true
}

// thousands reports whether the commas part groups of three digits.
func thousands(s string) bool {
	whole, _, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if i == 0 && (len(g) == 0 || len(g) > 3) || i > 0 && len(g) != 3 {
			return false
		}
	}
	return true
}

// reading is the order in which a column writes its days. What begins with the year or names the month is read in either.
type reading int

const (
	monthFirst reading = iota // 3/14/2026
	dayFirst                  // 14/3/2026
)

// layouts are the ways to write a day; the exports of spreadsheets mix several in one column.
var (
	evident = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2-Jan-2006", "2-Jan-06", "2 Jan 2006", "Jan 2, 2006",
		"January 2, 2006", "2 January 2006", "2006-1", "2006/1", "2006年1月", "Jan-06", "Jan 2006"}
	layouts = map[reading][]string{
		monthFirst: append([]string{"1/2/2006", "1/2/06", "1-2-2006", "1-2-06"}, evident...),
		dayFirst:   append([]string{"2/1/2006", "2/1/06", "2-1-2006", "2-1-06", "2.1.2006", "2.1.06"}, evident...),
	}
)

// clocks are what may follow a day.
var clocks = []string{"", " 15:04", " 15:04:05", "T15:04:05", "T15:04", " 3:04 PM", " 3:04:05 PM", "T15:04:05Z07:00", " 15:04:05-07", " 15:04:05 MST"}

// days reads cells in one order and remembers the layout that worked last, for mostly the next cell is like it.
type days struct {
	reading
	layout, clock string
}

// of reads a cell and returns days since 1970 (UTC, with the time of day as a fraction).
func (d *days) of(s string) (float64, bool) {
	s = strings.TrimSpace(narrow(s))
	if len(s) < 5 || len(s) > 40 || s[0] != 'J' && !strings.ContainsFunc(s, unicode.IsDigit) {
		return 0, false
	}
	if i := strings.IndexByte(s, '.'); i > 0 && strings.Contains(s[:i], ":") { // fractions of a second
		j := i + 1
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		s = s[:i] + s[j:]
	}
	if d.layout != "" {
		if at, err := time.Parse(d.layout+d.clock, s); err == nil && believable(at, d.layout) {
			return float64(at.Unix()) / 86400, true
		}
	}
	timed := strings.Contains(s, ":")
	for _, layout := range layouts[d.reading] {
		for _, clock := range clocks {
			if timed != (clock != "") {
				continue
			}
			if at, err := time.Parse(layout+clock, s); err == nil && believable(at, layout) {
				d.layout, d.clock = layout, clock
				return float64(at.Unix()) / 86400, true
			}
		}
	}
	return 0, false
}

// believable keeps numbers apart from days.
func believable(at time.Time, layout string) bool {
	if layout == "20060102" {
		return at.Year() >= 1930 && at.Year() < 2100
	}
	return at.Year() >= 1900 && at.Year() <= 2200
}

// readDays reads a column as days when at least 97 of 100 cells are. Where the months may stand first or second, the order that reads
// more wins, and with equals the one under which the days lie closer together, for a wrong order strews them over the year.
func readDays(cells []string, said int) []float64 {
	var best []float64
	most, width := 0, 0.0
	for _, order := range []reading{monthFirst, dayFirst} {
		d := days{reading: order}
		out := make([]float64, len(cells))
		read, tried := 0, 0
		low, high := math.Inf(1), math.Inf(-1)
		for i, s := range cells {
			out[i] = math.NaN()
			if s == "" {
				continue
			}
			tried++
			if v, ok := d.of(s); ok {
				out[i] = v
				read++
				low, high = math.Min(low, v), math.Max(high, v)
			}
			if tried == 50 && read < 40 {
				break
			}
		}
		if read*100 < said*97 || read == 0 {
			continue
		}
		if read > most || read == most && high-low < width {
			best, most, width = out, read, high-low
		}
	}
	return best
}
