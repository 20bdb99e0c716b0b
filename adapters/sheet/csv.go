package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// readCSV reads values parted by comma, semicolon, tab or bar, whichever the first lines agree on.
func readCSV(data []byte) ([][]string, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma(text), -1, true
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// decode returns the text of a file: UTF-8 or UTF-16 by its mark, else UTF-8 when it is valid, else GB18030, as Chinese Excel writes.
func decode(data []byte) (string, error) {
	if utf8.Valid(data) {
		return string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))), nil
	}
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if body, ok := bytes.CutPrefix(data, []byte(mark)); ok && len(body)%2 == 0 {
			units := make([]uint16, len(body)/2)
			for i := range units {
				units[i] = order.Uint16(body[2*i:])
			}
			return string(utf16.Decode(units)), nil
		}
	}
	gb, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil {
		return "", fmt.Errorf("neither UTF-8 nor GB18030: %w", err)
	}
	if wrong := bytes.Count(gb, []byte("\ufffd")); wrong*1000 > len(gb) {
		// A few damaged letters do not make a table useless; Latin-1 from an old export looks like this too.
		return latin(data), nil
	}
	return string(gb), nil
}

// latin reads every byte as a letter of its own, as ISO 8859-1 does.
func latin(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/16)
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// comma is the separator that the first twenty lines agree on most, outside of quotes.
func comma(text string) rune {
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '|'} {
		line, count, least := 0, 0, -1
		quoted := false
		for _, r := range text {
			switch {
			case r == '"':
				quoted = !quoted
			case r == c && !quoted:
				count++
			case r == '\n' && !quoted:
				if least < 0 || count < least {
					least = count
				}
				line, count = line+1, 0
			}
			if line == 20 {
				break
			}
		}
		if least < 0 {
			least = count
		}
		if least > most {
			best, most = c, least
		}
	}
	return best
}
