package chatlog

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// least is the F1 of the facts that each corpus under testdata must reach, a little below what it reaches now.
var least = map[string]float64{"sample": 0.97, "tune": 0.96, "second": 0.94, "third": 0.94, "fourth": 0.94, "fifth": 0.90, "sixth": 0.90, "seventh": 0.90, "eighth": 0.90, "ninth": 0.90, "tenth": 0.90, "eleventh": 0.90, "twelfth": 0.90, "thirteenth": 0.90, "fourteenth": 0.90, "fifteenth": 0.90, "sixteenth": 0.88}

// TestFactCorpora scores the facts of the labelled records of testdata: kind, a line that proves it, and value.
func TestFactCorpora(t *testing.T) {
	t.Parallel()
	for name, limit := range least {
		dir := filepath.Join("testdata", name)
		hit, miss, over := 0, 0, 0
		for _, l := range readLabelled(t, filepath.Join(dir, "expected.jsonl")) {
			data, err := os.ReadFile(filepath.Join(dir, l.File))
			if err != nil { // one that is made before it is read
				continue
			}
			got := Read(l.File, data, Options{Now: l.Now, Us: l.Us}).Facts
			h, m, o := l.score(got, func(string, ...any) {})
			hit, miss, over = hit+h, miss+m, over+o
		}
		if hit == 0 {
			t.Fatalf("%s: no facts", name)
		}
		f1 := float64(2*hit) / float64(2*hit+miss+over)
		t.Logf("%s: F1 %.3f, precision %.3f", name, f1, float64(hit)/float64(hit+over))
		if f1 < limit {
			t.Errorf("%s: F1 is %.3f, at least %.3f is wanted", name, f1, limit)
		}
	}
}

// score counts the facts found, missed and too many, and says which.
func (l labelled) score(got []Fact, say func(string, ...any)) (hit, miss, over int) {
	used := make([]bool, len(got))
	for _, w := range l.Facts {
		k := slices.IndexFunc(got, func(g Fact) bool {
			return w.is(g) && !used[slices.IndexFunc(got, func(o Fact) bool { return o.key() == g.key() })]
		})
		if k < 0 {
			miss++
			say("%s%s - %s %v%s %q", l.File, l.Title, w.Kind, w.Value, w.At, l.said(w.Lines))
			continue
		}
		used[k] = true
		hit++
	}
	for k, g := range got {
		if !used[k] && !(g.Kind == Mood && l.File == "") && !slices.ContainsFunc(append(l.Also, l.Facts...), func(w want) bool { return w.is(g) }) {
			over++
			say("%s%s + %s %v%s%s %q", l.File, l.Title, g.Kind, g.Value, g.Text, whenOf(g.At), l.said(g.Lines))
		}
	}
	return hit, miss, over
}

// said gives the text of the first of the lines.
func (l labelled) said(lines []int) string {
	if len(lines) == 0 || lines[0] > len(l.Lines) {
		return ""
	}
	return l.Lines[lines[0]-1].Text
}

// is reports whether the fact says what is wanted, as far as kind, line and value go.
func (w want) is(g Fact) bool {
	if g.Kind != w.Kind && !slices.Contains(w.Or, g.Kind) || len(w.Lines) > 0 && !slices.ContainsFunc(w.Lines, func(n int) bool { return slices.Contains(g.Lines, n) }) {
		return false
	}
	if w.Value == nil && w.At == "" {
		return true
	}
	if w.Kind == Date {
		day := w.At
		if day == "" {
			day = fmt.Sprint(w.Value)
		}
		if len(day) > 10 {
			at, err := time.Parse(time.RFC3339, day)
			return err == nil && g.At != nil && g.At.Equal(at)
		}
		return g.day() == day
	}
	if v, ok := w.Value.(float64); ok {
		n, ok := g.Value.(float64)
		return ok && math.Abs(n-v) < 1e-6*math.Max(1, v)
	}
	return slices.ContainsFunc(append([]any{w.Value}, w.Alt...), func(v any) bool {
		a, b := letters(fmt.Sprint(v)), letters(fmt.Sprint(g.Value))
		return strings.Contains(b, a) || len(b) > 3 && strings.Contains(a, b)
	})
}

// letters gives the letters and digits of s, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
