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

// labelled is one record of an expected.jsonl, see docs/chat-records.md.
type labelled struct {
	Record
	Now   time.Time `json:"now"`
	Us    []string  `json:"us"`
	Facts []want    `json:"facts"`
	Also  []want    `json:"also"`
	Heard []heard   `json:"-"`
}

// heard are the strings that a line without a text of its own must hold.
type heard struct {
	Has []string `json:"has"`
}

type want struct {
	Kind  FactKind `json:"kind"`
	Value any      `json:"value"`
	Text  string   `json:"text"` // of an objection
	At    string   `json:"at"`
	Lines []int    `json:"lines"`

	Alt []any      `json:"alt"` // other values accepted
	Or  []FactKind `json:"or"`  // other kinds accepted
}

func readLabelled(t testing.TB, path string) []labelled {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []labelled
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		var l labelled
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		var heard struct {
			Lines []heard `json:"lines"`
		}
		if err := json.Unmarshal(scan.Bytes(), &heard); err != nil {
			t.Fatal(err)
		}
		l.Heard = heard.Lines
		all = append(all, l)
	}
	return all
}

// TestFactsOf writes the facts of the labelled lines of a directory, so that the facts can be scored apart from
// the reading of the forms: FACTS_OF is the directory, FACTS_TO where each record's answer goes.
func TestFactsOf(t *testing.T) {
	from, to := os.Getenv("FACTS_OF"), os.Getenv("FACTS_TO")
	if from == "" || to == "" {
		t.Skip("set FACTS_OF and FACTS_TO")
	}
	for _, l := range readLabelled(t, filepath.Join(from, "expected.jsonl")) {
		for i := range l.Lines { // what a recording says stands in has
			if l.Lines[i].Kind == Voice && len(l.Heard) > i {
				l.Lines[i].Text = strings.Join(l.Heard[i].Has, " ")
			}
		}
		l.Record.Facts = findFacts(&l.Record, Options{Now: l.Now, Us: l.Us})
		text, err := json.Marshal(l.Record)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, l.File+".json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
