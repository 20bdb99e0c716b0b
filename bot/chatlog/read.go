package chatlog

import (
	"strings"
	"time"
)

// Warnings that a Record may carry. They are fixed words, so that the caller can say them in its own language.
const (
	WarnUnreadable = "unreadable"       // no form was recognised: the text is one line
	WarnTruncated  = "truncated"        // the record ends in the middle; what came before is read
	WarnEncoding   = "encoding"         // some bytes are text in no known encoding
	WarnDeep       = "too_deep"         // records inside records beyond the limit stayed closed
	WarnSummary    = "summary_longer"   // DingTalk delivered fewer entries than its summary names
	WarnSummed     = "summary_only"     // DingTalk delivered only its shortened summary
	WarnEmpty      = "empty"            // the record holds no message
	WarnFormat     = "not_this_format"  // it is not the format that was asked for
	WarnUnequal    = "summary_unequal"  // DingTalk's summary and entries disagree: some names may be wrong
	WarnSkipped    = "entries_skipped"  // some entries were no messages
	WarnFacts      = "facts_of_a_part"  // too much for facts: they come from the beginning of long lines and the latest lines
	WarnMany       = "too_many_to_keep" // more lines than a record may have; the rest is one line
)

// maxLines is how many messages a record may have. A client forwards at most a few hundred; exports are longer.
const maxLines = 200_000

// draft is a record while it is read.
type draft struct {
	format   Format
	title    string
	lines    []Line
	warnings []string
	sure     bool // the sides set by the reader come from the data, not from a guess
}

func (d *draft) warn(w string) {
	for _, have := range d.warnings {
		if have == w {
			return
		}
	}
	d.warnings = append(d.warnings, w)
}

// Read reads one chat record: name is the file's name, kept in the answer; data its bytes.
func Read(name string, data []byte, o Options) Record {
	text, lossy := decode(data)
	d := readText(text, o)
	if d == nil {
		d = &draft{format: Unknown, warnings: []string{WarnUnreadable}}
		if o.Format != "" && o.Format != Auto && o.Format != Unknown {
			d.warn(WarnFormat)
		}
		if s := strings.TrimRight(text, "\r\n"); strings.TrimSpace(s) != "" {
			d.lines = []Line{{Kind: Text, Text: strings.ReplaceAll(s, "\r\n", "\n")}}
		}
	}
	if lossy {
		d.warn(WarnEncoding)
	}
	r := Record{File: name, Format: d.format, Title: strings.TrimSpace(d.title), Lines: d.lines,
		Participants: []Participant{}, Facts: []Fact{}, Warnings: d.warnings}
	if r.Lines == nil {
		r.Lines = []Line{}
	}
	if r.Warnings == nil {
		r.Warnings = []string{}
	}
	for i := range r.Lines {
		r.Lines[i].N = i + 1
	}
	if r.Format != Unknown { // what is no record has nobody who said it
		takeSides(&r, o)
		var whole bool
		if r.Facts, whole = boundedFacts(&r, o); !whole {
			r.Warnings = append(r.Warnings, WarnFacts)
		}
	}
	return r
}

// readText finds the form of a text and reads it; nil when it has none.
func readText(text string, o Options) *draft {
	readers := []struct {
		format Format
		read   func(string, Options) *draft
	}{{KF, readJSON}, {DingTalk, readJSON}, {Archive, readJSON}, {HTML, readHTML}, {CSV, readCSV}, {Paste, readPaste}}
	for i, x := range readers {
		switch o.Format {
		case "", Auto:
			if i == 1 || i == 2 { // one reader, three formats
				continue
			}
		default:
			if x.format != o.Format {
				continue
			}
		}
		if d := x.read(text, o); d != nil && (o.Format == "" || o.Format == Auto || d.format == o.Format) {
			if len(d.lines) == 0 {
				d.warn(WarnEmpty)
			}
			return d
		}
	}
	return nil
}

// moment is a pointer to t, which lines share with nobody.
func moment(t time.Time) *time.Time { return &t }
