package bot

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"slices"
	"sync"
)

// mostPast is how many earlier receipts of a speaker are remembered, so that one that is quoted can be put right.
const mostPast = 8

// mostEarlier bounds what is read of them, in bytes: many times what eight receipts can be.
const mostEarlier = 1 << 22

// earlier are the receipts of a speaker's runs before the last one, oldest first: JSON, a line each, deflated. The memory is read
// and written at every message, and they are three quarters of it, but they are looked into only when one is quoted.
type earlier []byte

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is a valid one
	return w
}}

// lines are the receipts as they were written. What cannot be read is forgotten.
func (e earlier) lines() [][]byte {
	if len(e) == 0 {
		return nil
	}
	r := flate.NewReader(bytes.NewReader(e))
	text, err := io.ReadAll(io.LimitReader(r, mostEarlier))
	if err != nil {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// earlierOf writes the last of lines down.
func earlierOf(lines [][]byte) earlier {
	lines = lines[max(0, len(lines)-mostPast):]
	if len(lines) == 0 {
		return nil
	}
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	for _, line := range lines {
		_, _ = w.Write(line) // a buffer takes everything
		_, _ = w.Write([]byte("\n"))
	}
	_ = w.Close()
	return b.Bytes()
}

// past remembers the last run when another one takes its place.
func (d *mind) past() {
	if d.Last == nil || d.Last.Undo == "" {
		return
	}
	d.Earlier = earlierOf(append(d.earlier(), mustJSON(d.Last)))
}

// again makes the run with that undo code the one that a few words put right.
func (d *mind) again(code string) {
	if code == "" {
		return
	}
	lines := d.earlier()
	for i, line := range lines {
		var r receipt
		if json.Unmarshal(line, &r) == nil && slices.Contains(r.codes(), code) {
			d.Earlier = earlierOf(slices.Delete(lines, i, i+1))
			d.Last = &r
			return
		}
	}
}

// earlier are the earlier receipts, those that an older version had written down among them.
func (d *mind) earlier() [][]byte {
	lines := d.Earlier.lines()
	if len(d.Past) > 0 {
		old := make([][]byte, len(d.Past))
		for i, r := range d.Past {
			old[i] = mustJSON(r)
		}
		lines, d.Past = append(old, lines...), nil
	}
	return lines
}
