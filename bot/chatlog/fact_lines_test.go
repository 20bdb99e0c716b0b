package chatlog

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// factLine is one line of testdata/facts/lines.txt: a record of one line, and all of its facts.
type factLine struct {
	side Side
	text string
	want []lineFact
}

type lineFact struct {
	kind     FactKind
	value    string
	optional bool
}

// readFactLines reads lines of the form side|text|kind=value;…, where side is C or U, none means that nothing may be
// found, ? marks a fact that may be found, ~ a discount, * a quantity and @ who promises.
func readFactLines(t testing.TB, path string) []factLine {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []factLine
	for _, l := range strings.Split(string(text), "\n") {
		part := strings.Split(l, "|")
		if strings.HasPrefix(l, "#") || l == "" {
			continue
		}
		if len(part) != 3 {
			t.Fatalf("%q is no line of facts", l)
		}
		x := factLine{side: Customer, text: part[1]}
		if part[0] == "U" {
			x.side = Us
		}
		for _, w := range strings.Split(part[2], ";") {
			kind, value, ok := strings.Cut(w, "=")
			if ok {
				name, optional := strings.CutPrefix(kind, "?")
				x.want = append(x.want, lineFact{FactKind(name), value, optional})
			}
		}
		all = append(all, x)
	}
	return all
}

// said reports whether the fact says what was wanted: sums and quantities exactly, words by what they hold.
func (w lineFact) said(f Fact) bool {
	if f.Kind != w.kind {
		return false
	}
	got := fmt.Sprint(f.Value)
	switch w.kind {
	case Price, Budget:
		if d, ok := strings.CutPrefix(w.value, "~"); ok {
			return strconv.FormatFloat(f.Discount, 'f', -1, 64) == d
		}
		v, _ := f.Value.(float64)
		return strconv.FormatFloat(v, 'f', -1, 64) == w.value
	case Date:
		return strings.HasPrefix(got, w.value) || f.At != nil && f.At.Format(time.DateOnly) == w.value
	case Product:
		name, quantity, counted := strings.Cut(w.value, "*")
		return strings.Contains(got, name) && (!counted || strconv.FormatFloat(f.Quantity, 'f', -1, 64) == quantity)
	case Promise:
		deed, who, _ := strings.Cut(w.value, "@")
		return string(f.Who) == who && strings.Contains(got, deed)
	case Objection, Phone, Email, WeChat:
		return got == w.value
	}
	return strings.Contains(got, w.value)
}

// TestFactLines reads single lines of many trades, a third of them with nothing to find though they look like it.
func TestFactLines(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 30, 0, 0, time.FixedZone("", 8*3600))
	right, missed, extra := 0, 0, 0
	for _, l := range readFactLines(t, "testdata/facts/lines.txt") {
		line := Line{N: 1, Kind: Text, Text: l.text, Side: l.side, Sender: "王晓", At: &now}
		if l.side == Us {
			line.Sender = "小林"
		}
		found := findFacts(&Record{Lines: []Line{line}}, Options{Now: now, Us: []string{"小林"}})
		used := make([]bool, len(found))
		var wrong []string
		planned := false
		for _, w := range l.want {
			planned = planned || w.kind == Promise || w.kind == NextStep || w.kind == Objection
			hit := false
			for i, f := range found {
				if !used[i] && w.said(f) {
					used[i], hit = true, true
					break
				}
			}
			switch {
			case w.optional:
			case hit:
				right++
			default:
				missed++
				wrong = append(wrong, fmt.Sprintf("-%s %s", w.kind, w.value))
			}
		}
		for i, f := range found {
			if used[i] || f.Kind == Mood || f.Kind == Date && planned {
				continue
			}
			extra++
			wrong = append(wrong, fmt.Sprintf("+%s %v%s", f.Kind, f.Value, whenOf(f.At)))
		}
		if len(wrong) > 0 {
			t.Logf("%s: %s", l.text, strings.Join(wrong, ", "))
		}
	}
	precision, recall := float64(right)/float64(right+extra), float64(right)/float64(right+missed)
	t.Logf("precision %.3f, recall %.3f", precision, recall)
	if precision < 0.90 || recall < 0.93 {
		t.Errorf("precision %.3f (at least 0.90), recall %.3f (at least 0.93)", precision, recall)
	}
}
