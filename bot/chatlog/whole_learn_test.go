package chatlog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestLearnWhole reads the records of the authors named in GENDAN_LEARN=whole:eighth,ninth with tables of opinions and
// mentions that were learned without them, and writes each answer below GENDAN_OUT, in the shape in which `gendan
// chatlog` gives it. The tables are kept there for another run. TRY tries other thresholds: k.need=0.3 is kept, r.promise=0.5
// raised, n.price=0.8 named.
func TestLearnWhole(t *testing.T) {
	names, ok := strings.CutPrefix(os.Getenv("GENDAN_LEARN"), "whole:")
	if !ok {
		t.Skip("GENDAN_LEARN is not whole:…")
	}
	for _, x := range strings.Fields(os.Getenv("TRY")) {
		of, at, _ := strings.Cut(x, "=")
		v, _ := strconv.ParseFloat(at, 64)
		for k, name := range verdictNames {
			if "k."+name == of {
				kept[k] = v
			}
			if "r."+name == of {
				raised[k] = v
			}
		}
		for k, name := range mentionNames {
			if "n."+name == of {
				named[k] = v
			}
		}
	}
	all, clauses, lines := teachers(t), taughtLines(t), markedLines(t)
	for name := range strings.SplitSeq(names, ",") {
		to := filepath.Join(os.Getenv("GENDAN_OUT"), name)
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		var others []taught
		for _, r := range all {
			if r.corpus != name {
				others = append(others, r)
			}
		}
		table := func(file string, learn func() string) *opinion {
			file = filepath.Join(to, file)
			text, err := os.ReadFile(file)
			if err != nil {
				text = []byte(learn())
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			return readOpinion(string(text))
		}
		opinions := table("opinion.txt", func() string { return study(others, clauses).table(5) })
		mentions := table("mention.txt", func() string { return learnMentions(others, lines).table(leastMention) })
		secondOpinion, mentionOpinion = func() *opinion { return opinions }, func() *opinion { return mentions }
		dir := filepath.Join("testdata", name)
		for _, l := range readLabelled(t, filepath.Join(dir, "expected.jsonl")) {
			data, err := os.ReadFile(filepath.Join(dir, l.File))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := json.Marshal(Read(l.File, data, Options{Now: l.Now, Us: l.Us}))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(to, l.File), answer, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
