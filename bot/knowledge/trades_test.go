package knowledge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gendan/templates"
)

// asked is a question with the entry that answers it, "" for none.
type asked struct{ text, id string }

// trade is the list of one company and what its customers ask.
type trade struct {
	name    string
	entries []Entry
	asks    []asked         // as customers write
	traps   []asked         // close, but not answered by the list
	served  map[string]bool // of the questions that no list answers, those that this one does
}

// trades reads the lists of a folder of testdata.
func trades(t testing.TB, folder string) []trade {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists in %s: %v", folder, err)
	}
	var out []trade
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		one := trade{name: strings.TrimSuffix(filepath.Base(f), ".txt"), served: map[string]bool{}}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "## "):
				p := strings.SplitN(line[3:], " | ", 4)
				if len(p) != 4 && len(p) != 3 {
					t.Fatalf("%s: %q", f, line)
				}
				e := Entry{ID: p[0], Question: p[1], Answer: strings.TrimSpace(strings.TrimSuffix(p[2], "|"))}
				if len(p) == 4 {
					e.Similar = strings.FieldsFunc(p[3], func(r rune) bool { return r == '|' })
				}
				one.entries = append(one.entries, e)
			case strings.HasPrefix(line, "- "):
				one.asks = append(one.asks, asked{line[2:], one.entries[len(one.entries)-1].ID})
			case strings.HasPrefix(line, "~ "):
				one.served[line[2:]] = true
			case strings.HasPrefix(line, "! "):
				one.traps = append(one.traps, asked{line[2:], ""})
			}
		}
		out = append(out, one)
	}
	return out
}

// except leaves out of questions those that the list answers.
func (one *trade) except(questions []asked) []asked {
	var out []asked
	for _, q := range questions {
		if !one.served[q.text] {
			out = append(out, q)
		}
	}
	return out
}

func traps(t testing.TB) []asked {
	t.Helper()
	data, err := os.ReadFile("testdata/traps.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []asked
	for _, line := range strings.Fields(strings.ReplaceAll(string(data), " ", "\x00")) {
		out = append(out, asked{strings.ReplaceAll(line, "\x00", " "), ""})
	}
	return out
}

func words(t testing.TB) *Words {
	t.Helper()
	s, err := templates.LoadSynonyms("default")
	if err != nil {
		t.Fatal(err)
	}
	return NewWords(s.Same, s.Near, s.Apart, s.Topics)
}
