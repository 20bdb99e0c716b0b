package chatlog

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// expectation is a record of testdata/*/expected.jsonl, as far as lines go.
type expectation struct {
	File     string    `json:"file"`
	Format   Format    `json:"format"`
	Now      time.Time `json:"now"`
	Us       []string  `json:"us"`
	Title    string    `json:"title"`
	Generate *struct {
		Head, Body, Tail, Close string
		Times                   int
	} `json:"generate"`
	Lines []struct {
		At       string   `json:"at"`
		Sender   string   `json:"sender"`
		Side     Side     `json:"side"`
		Kind     Kind     `json:"kind"`
		Kinds    []Kind   `json:"kinds"`
		Text     *string  `json:"text"`
		Has      []string `json:"has"`
		Optional bool     `json:"optional"`
		Whole    bool     `json:"whole"`
	} `json:"lines"`
}

func (e *expectation) data(t *testing.T, dir string) []byte {
	t.Helper()
	if g := e.Generate; g != nil {
		return []byte(g.Head + strings.Repeat(g.Body, g.Times) + g.Tail + strings.Repeat(g.Close, g.Times))
	}
	data, err := os.ReadFile(filepath.Join(dir, e.File))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCorpora reads every record of the corpora under testdata and holds format, lines and sides to what their
// authors expect.
func TestCorpora(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/*/expected.jsonl")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no corpus", err)
	}
	for _, index := range dirs {
		dir := filepath.Dir(index)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			f, err := os.Open(index)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			in := bufio.NewScanner(f)
			in.Buffer(nil, 1<<24)
			want, right := 0, 0
			for in.Scan() {
				var e expectation
				if err := json.Unmarshal(in.Bytes(), &e); err != nil {
					t.Fatal(err)
				}
				w, r := e.check(t, dir)
				want, right = want+w, right+r
			}
			if want == 0 || float64(right) < 0.98*float64(want) {
				t.Errorf("%d of %d lines are right", right, want)
			}
		})
	}
}

// check compares one record and returns how many lines there should be and how many are right. A line too many
// counts as one more that should have been right.
func (e *expectation) check(t *testing.T, dir string) (want, right int) {
	t.Helper()
	data := e.data(t, dir)
	got := Read(e.File, data, Options{Now: e.Now, Us: e.Us})
	if got.Format != e.Format {
		t.Errorf("%s: format %s, want %s", e.File, got.Format, e.Format)
	}
	i := 0
	for n := range e.Lines {
		w := &e.Lines[n]
		for i < len(got.Lines) && e.extra(n, &got.Lines[i]) {
			i++
		}
		if i >= len(got.Lines) {
			if !w.Optional {
				want++
				t.Logf("%s: line %d is missing", e.File, n+1)
			}
			continue
		}
		l := &got.Lines[i]
		same := e.same(n, l, string(data))
		if w.Optional {
			if same {
				i++
			}
			continue
		}
		want++
		i++
		if same {
			right++
		} else {
			t.Logf("%s: line %d is %+v", e.File, n+1, *l)
		}
	}
	for ; i < len(got.Lines); i++ {
		if !e.extra(len(e.Lines), &got.Lines[i]) {
			want++
			t.Logf("%s: line %d is too many: %+v", e.File, i+1, got.Lines[i])
		}
	}
	return want, right
}

// extra tells whether l is a notice that nobody expects at place n.
func (e *expectation) extra(n int, l *Line) bool {
	if l.Kind != System && l.Kind != Recall {
		return false
	}
	return n >= len(e.Lines) || e.Lines[n].Kind != l.Kind
}

func (e *expectation) same(n int, l *Line, whole string) bool {
	w := &e.Lines[n]
	if w.Whole {
		return strings.TrimSpace(l.Text) == strings.TrimSpace(whole)
	}
	if w.Text != nil {
		if strings.TrimSpace(*w.Text) != strings.TrimSpace(l.Text) && (l.Kind == Text || !contains(w.Kinds, l.Kind)) {
			return false
		}
	} else if l.Kind != w.Kind && !contains(w.Kinds, l.Kind) && !strings.HasPrefix(l.Text, "[") {
		return false
	}
	for _, h := range w.Has {
		if !strings.Contains(l.Text, h) {
			return false
		}
	}
	if w.Sender != "" {
		if name, _ := cleanName(w.Sender); name != l.Sender {
			return false
		}
	}
	if w.Side != "" && w.Side != l.Side {
		return false
	}
	if w.At == "" {
		return true
	}
	at, err := time.Parse(time.RFC3339, w.At)
	return err == nil && l.At != nil && at.Equal(*l.At)
}

func contains(kinds []Kind, k Kind) bool {
	for _, x := range kinds {
		if x == k {
			return true
		}
	}
	return false
}
