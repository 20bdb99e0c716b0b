// Package sheet reads tables that people keep in files: CSV as Excel and other programs write it, and xlsx workbooks.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Table is the rectangle of a file: the names of its columns and the rows below them, each as long as Header.
// Cells are trimmed text; dates of a workbook are written 2006-01-02 or 2006-01-02 15:04:05.
type Table struct {
	Header []string
	Rows   [][]string
}

// MaxBytes is the size of the largest file that is read, and of the largest part of a workbook once unpacked.
const MaxBytes = 512 << 20

// Read reads a CSV file or a sheet of a workbook; its bytes tell which. Of several sheets it is the longest that has the wanted columns,
// else the longest. The header is the first row with the wanted columns (lists often have a title above), else the first row.
// Rows without anything are left out, short rows are filled up, columns without a name are called "column 3".
func Read(data []byte, wanted ...string) (Table, error) {
	var sheets [][][]string
	var err error
	switch {
	case len(data) > MaxBytes:
		return Table{}, fmt.Errorf("larger than %d MB", MaxBytes>>20)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		sheets, err = readWorkbook(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		err = errors.New("an .xls file of old Excel (or one with a password): save it as .xlsx or .csv")
	default:
		sheets = make([][][]string, 1)
		sheets[0], err = readCSV(data)
	}
	if err != nil {
		return Table{}, err
	}
	var longest [][]string
	has := false // the longest one has the wanted columns
	for _, rows := range sheets {
		from, ok := headerAt(rows, wanted)
		if ok && !has || ok == has && len(rows)-from > len(longest) {
			longest, has = rows[from:], ok
		}
	}
	return rectangle(longest)
}

// headerAt is the row among the first twenty that has all the wanted cells.
func headerAt(rows [][]string, wanted []string) (int, bool) {
	if len(wanted) == 0 {
		return 0, false
	}
	for i, row := range rows[:min(20, len(rows))] {
		found := 0
		for _, name := range wanted {
			if slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) == name }) {
				found++
			}
		}
		if found == len(wanted) {
			return i, true
		}
	}
	return 0, false
}

// rectangle makes a table of rows whose first one with anything in it is the header.
func rectangle(rows [][]string) (Table, error) {
	var t Table
	width := 0
	for _, row := range rows {
		filled := 0
		for i, cell := range row {
			row[i] = strings.TrimSpace(cell)
			if row[i] != "" {
				filled = i + 1
			}
		}
		if filled == 0 {
			continue
		}
		width = max(width, filled)
		if t.Header == nil {
			t.Header = row[:filled]
			continue
		}
		t.Rows = append(t.Rows, row[:filled])
	}
	if t.Header == nil {
		return t, errors.New("the file is empty")
	}
	for i, row := range t.Rows {
		for len(row) < width {
			row = append(row, "")
		}
		t.Rows[i] = row
	}
	for len(t.Header) < width {
		t.Header = append(t.Header, "")
	}
	seen := map[string]bool{}
	for i, name := range t.Header {
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		for base, n := name, 2; seen[name]; n++ {
			name = fmt.Sprintf("%s %d", base, n)
		}
		seen[name], t.Header[i] = true, name
	}
	return t, nil
}
