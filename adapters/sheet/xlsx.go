package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// readWorkbook reads the sheets in the order of their tabs (ECMA-376: a zip of XML parts).
func readWorkbook(data []byte) ([][][]string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	w := workbook{parts: map[string]*zip.File{}}
	for _, f := range z.File {
		w.parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	sheets, err := w.sheets()
	if err != nil {
		return nil, err
	}
	if err := w.readStrings(); err != nil {
		return nil, fmt.Errorf("shared strings: %w", err)
	}
	if err := w.readStyles(); err != nil {
		return nil, fmt.Errorf("styles: %w", err)
	}
	all := make([][][]string, len(sheets))
	for i, name := range sheets {
		if all[i], err = w.readSheet(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// workbook is an opened xlsx file.
type workbook struct {
	parts   map[string]*zip.File
	strings []string
	dates   []bool // by style: whether its numbers are days
	from    time.Time
}

// days1900 is day 0 of a workbook (Excel counts a 29 February 1900 that never was, so dates from March 1900 are right);
// days1904 that of workbooks from old Macs.
var (
	days1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	days1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// open opens a part; its size once unpacked is limited, so that a small file cannot fill the memory.
func (w *workbook) open(name string) (io.ReadCloser, error) {
	f := w.parts[name]
	if f == nil {
		return nil, fmt.Errorf("%s is missing: not an Excel workbook", name)
	}
	if f.UncompressedSize64 > MaxBytes {
		return nil, fmt.Errorf("%s is larger than %d MB", name, MaxBytes>>20)
	}
	return f.Open()
}

func (w *workbook) decode(name string, into any) error {
	part, err := w.open(name)
	if err != nil {
		return err
	}
	defer part.Close()
	return xml.NewDecoder(io.LimitReader(part, MaxBytes)).Decode(into)
}

// sheets are the parts of the sheets, in the order of their tabs.
func (w *workbook) sheets() ([]string, error) {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Relation string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode("xl/workbook.xml", &book); err != nil {
		return nil, err
	}
	w.from = days1900
	if book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true" {
		w.from = days1904
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := w.decode("xl/_rels/workbook.xml.rels", &relations); err != nil {
		return nil, err
	}
	target := map[string]string{}
	for _, r := range relations.All {
		name := strings.TrimPrefix(r.Target, "/")
		if name == r.Target {
			name = path.Join("xl", r.Target)
		}
		target[r.ID] = name
	}
	var names []string
	for _, s := range book.Sheets {
		if name := target[s.Relation]; w.parts[name] != nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("the workbook has no sheet")
	}
	return names, nil
}

// rich is a text that may be cut in runs of different looks; phonetic hints are not part of it.
type rich struct {
	Text string `xml:"t"`
	Runs []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (r rich) String() string {
	text := r.Text
	for _, run := range r.Runs {
		text += run.Text
	}
	return text
}

func (w *workbook) readStrings() error {
	if w.parts["xl/sharedStrings.xml"] == nil {
		return nil
	}
	return w.each("xl/sharedStrings.xml", "si", func(d *xml.Decoder, start xml.StartElement) error {
		var text rich
		if err := d.DecodeElement(&text, &start); err != nil {
			return err
		}
		w.strings = append(w.strings, text.String())
		return nil
	})
}

// each calls do for every element of the name, as the part streams by.
func (w *workbook) each(name, element string, do func(*xml.Decoder, xml.StartElement) error) error {
	part, err := w.open(name)
	if err != nil {
		return err
	}
	defer part.Close()
	d := xml.NewDecoder(io.LimitReader(part, MaxBytes))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == element {
			if err := do(d, start); err != nil {
				return err
			}
		}
	}
}

// readStyles finds out which styles show a number as a date.
func (w *workbook) readStyles() error {
	if w.parts["xl/styles.xml"] == nil {
		return nil
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.decode("xl/styles.xml", &styles); err != nil {
		return err
	}
	codes := map[int]string{}
	for _, f := range styles.Formats {
		codes[f.ID] = f.Code
	}
	for _, c := range styles.Cells {
		w.dates = append(w.dates, isDateFormat(c.Format, codes[c.Format]))
	}
	return nil
}

// isDateFormat tells the built-in date formats (14–22; 27–36 and 50–58 in East Asian Excel) and own ones that name a year or day.
func isDateFormat(id int, code string) bool {
	if code == "" {
		return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 50 && id <= 58
	}
	var plain strings.Builder // without what stands in quotes, brackets or behind a backslash
	quoted, bracket, escaped := false, false, false
	for _, r := range strings.ToLower(code) {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		case !quoted && !bracket:
			plain.WriteRune(r)
		}
	}
	return strings.ContainsAny(plain.String(), "yd")
}

// readSheet reads the rows of a sheet.
func (w *workbook) readSheet(name string) ([][]string, error) {
	var rows [][]string
	err := w.each(name, "row", func(d *xml.Decoder, start xml.StartElement) error {
		var row struct {
			Cells []struct {
				At     string `xml:"r,attr"`
				Type   string `xml:"t,attr"`
				Style  int    `xml:"s,attr"`
				Value  string `xml:"v"`
				Inline rich   `xml:"is"`
			} `xml:"c"`
		}
		if err := d.DecodeElement(&row, &start); err != nil {
			return err
		}
		var out []string
		for _, c := range row.Cells {
			at := columnOf(c.At)
			if at < 0 {
				at = len(out)
			}
			if at > 16384 {
				return fmt.Errorf("cell %s: no such column", c.At)
			}
			for len(out) <= at {
				out = append(out, "")
			}
			switch c.Type {
			case "s":
				i, err := strconv.Atoi(c.Value)
				if err != nil || i < 0 || i >= len(w.strings) {
					return fmt.Errorf("cell %s: no shared string %q", c.At, c.Value)
				}
				out[at] = w.strings[i]
			case "inlineStr":
				out[at] = c.Inline.String()
			case "e": // an error such as #N/A is a missing value
			case "b", "str", "d":
				out[at] = c.Value
			default:
				out[at] = w.number(c.Value, c.Style)
			}
		}
		rows = append(rows, out)
		return nil
	})
	return rows, err
}

// number writes a cell's number: as a date when its style says so.
func (w *workbook) number(value string, style int) string {
	if style < 0 || style >= len(w.dates) || !w.dates[style] {
		return value
	}
	days, err := strconv.ParseFloat(value, 64)
	if err != nil || days < 0 || days > 2958466 {
		return value
	}
	whole := math.Floor(days)
	seconds := int(math.Round((days - whole) * 86400))
	at := w.from.AddDate(0, 0, int(whole)).Add(time.Duration(seconds) * time.Second)
	if seconds%86400 == 0 {
		return at.Format(time.DateOnly)
	}
	return at.Format(time.DateTime)
}

// columnOf is the index of the column of a cell's name, 0 for A12; -1 when there is no name.
func columnOf(cell string) int {
	n := 0
	for i := 0; i < len(cell) && cell[i] >= 'A' && cell[i] <= 'Z'; i++ {
		n = n*26 + int(cell[i]-'A') + 1
		if n > 1<<20 {
			return 1 << 20
		}
	}
	return n - 1
}
