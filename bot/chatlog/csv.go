package chatlog

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// maxPreamble is how many lines may stand above the headings of a table.
const maxPreamble = 8

// readCSV reads a table with headings; nil when there are none.
func readCSV(text string, o Options) *draft {
	text = strings.TrimPrefix(text, "\ufeff")
	rest := text
	for range maxPreamble {
		line, after, more := strings.Cut(rest, "\n")
		if len(line) < 4096 {
			for _, comma := range [...]rune{',', '\t', ';', '|', '，'} {
				if !strings.ContainsRune(line, comma) {
					continue
				}
				fields, err := csvReader(line, comma).Read()
				if err != nil {
					continue
				}
				if l, ok := readHeadings(fields); ok {
					return readRows(after, comma, l, strings.TrimSpace(text[:len(text)-len(rest)]), o)
				}
			}
		}
		if !more {
			break
		}
		rest = after
	}
	return readBareCSV(text, o)
}

// readBareCSV reads a table without headings, when its first rows show which column is what.
func readBareCSV(text string, o Options) *draft {
	first, _, _ := strings.Cut(text, "\n")
	if len(first) > 4096 {
		return nil
	}
	for _, comma := range [...]rune{',', '\t', ';', '|'} {
		if strings.Count(first, string(comma)) < 2 {
			continue
		}
		in := csvReader(text, comma)
		in.ReuseRecord = false
		var sample [][]string
		for len(sample) < 20 {
			row, err := in.Read()
			if err != nil {
				break
			}
			sample = append(sample, row)
		}
		if l, ok := guessLayout(sample, o); ok {
			return readRows(text, comma, l, "", o)
		}
	}
	return nil
}

func csvReader(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = comma
	r.LazyQuotes = true
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	return r
}

func readRows(text string, comma rune, l layout, above string, o Options) *draft {
	r := &rows{layout: l, cal: newCalendar(o.Now)}
	r.format = CSV
	above, _, _ = strings.Cut(above, "\n")
	if above = strings.Trim(above, ",;\t#\"\r "); runeCount(above, 60) <= 60 {
		r.title = above
	}
	text, mended := strayQuotes(text, comma, l)
	in := csvReader(text, comma)
	for {
		row, err := in.Read()
		if mended {
			for i := range row {
				row[i] = strings.ReplaceAll(row[i], strayQuote, "\"")
			}
		}
		if errors.Is(err, io.EOF) {
			return &r.draft
		}
		if err != nil { // only a broken quote ends here, at the end of the text
			r.warn(WarnTruncated)
			return &r.draft
		}
		if len(row) > l.width { // commas that nobody quoted belong to the content
			row = mend(row, l, comma)
		}
		r.row(row)
	}
}

// mend joins what a content with bare commas was split into, when the content is the last column.
func mend(row []string, l layout, comma rune) []string {
	at := l.at[colText]
	extra := len(row) - l.width
	if at != l.width-1 {
		for _, s := range row[l.width:] {
			if s != "" {
				return joinAt(row, at, extra, comma)
			}
		}
		return row
	}
	return joinAt(row, at, extra, comma)
}

func joinAt(row []string, at, extra int, comma rune) []string {
	out := append([]string{}, row[:at]...)
	out = append(out, strings.Join(row[at:at+extra+1], string(comma)))
	return append(out, row[at+extra+1:]...)
}

// strayQuote stands for a quotation mark that somebody wrote, where the export forgot to double it.
const strayQuote = "\ue0f1"

// strayQuotes finds lines with an odd quotation mark that the next row follows: their marks are no CSV, and
// would swallow the rows below.
func strayQuotes(text string, comma rune, l layout) (mendedText string, mended bool) {
	at := l.at[colTime]
	if at < 0 || !strings.Contains(text, "\"") {
		return text, false
	}
	lines := strings.SplitAfter(text, "\n")
	open := false // inside a quoted content of several lines
	for i, line := range lines {
		if strings.Count(line, "\"")%2 == 0 {
			continue
		}
		if !open && i+1 < len(lines) && beginsRow(lines[i+1], comma, at) {
			lines[i], mended = strings.ReplaceAll(line, "\"", strayQuote), true
			continue
		}
		open = !open
	}
	if !mended {
		return text, false
	}
	return strings.Join(lines, ""), true
}

// beginsRow tells whether the column of times has one.
func beginsRow(line string, comma rune, at int) bool {
	for range at {
		_, after, more := strings.Cut(line, string(comma))
		if !more {
			return false
		}
		line = after
	}
	cell, _, _ := strings.Cut(line, string(comma))
	cell = strings.Trim(cell, "\" \r\n")
	st, n := scanStamp(cell)
	return n > 0 && n == len(cell) && st.clock
}
