package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestQuantilesAndMedians(t *testing.T) {
	t.Parallel()
	var all times
	for i := range 100 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	if p50, p99, most := all.at(.5), all.at(.99), all.at(1); p50 != 51 || p99 != 100 || most != 100 {
		t.Errorf("p50 %v, p99 %v, max %v", p50, p99, most)
	}
	if times(nil).at(.5) != 0 {
		t.Error("nothing measured is 0")
	}
	f := medians([]callbackFigure{{Clients: 64, Rate: 3, P99: 1}, {Clients: 64, Rate: 1, P99: 9}, {Clients: 64, Rate: 2, P99: 5}}, (*callbackFigure).numbers)
	if f.Rate != 2 || f.P99 != 5 || f.Clients != 64 {
		t.Errorf("%+v", f)
	}
}

func TestPeopleOfTheLoadNameTheirCustomersApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 2000 * ownCustomers {
		name := brandName(i)
		if seen[name] {
			t.Fatalf("two firms are called %s", name)
		}
		seen[name] = true
	}
}

func TestFiguresAreWrittenBetweenTheirMarks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, document := filepath.Join(dir, "out.txt"), filepath.Join(dir, "doc.md")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(document, "before\n"+figuresBegin+"\nold\n"+figuresEnd+"\nafter\n")
	write(output, `== chat
50 people: …
{"bench":"chat","machine":"2 cores","day":"2026-11-22","rounds":3,"result":{"chat":[{"people":50,"door":"app","turns_per_s":1000,"of_pgbench":0.2}],"half_load":{"people":50,"door":"app","turns_per_s":499,"offered_per_s":500},"pgbench":[{"clients":8,"tps":5000}],"turns":9}}
{"bench":"callback","machine":"2 cores","day":"2026-11-22","rounds":3,"result":{"clients":64,"callbacks_per_s":12345}}
{"bench":"tickets","machine":"2 cores","day":"2026-11-22","rounds":1,"result":{"offered_per_s":200,"seconds":60,"tickets":12000,"tickets_per_s":199,"p50_ms":20,"p99_ms":321.5,"pgbench":{"clients":8,"tps":4000}}}
{"bench":"timers","machine":"2 cores","day":"2026-11-22","rounds":1,"result":[{"who":"gendan","mode":"burst","n":10,"drain_per_s":777},{"who":"asynq","mode":"spread","n":10,"early":3,"early_by_ms":500}]}
`)
	var out, errs bytes.Buffer
	if code := benchCommand(t.Context(), []string{"update", output, document}, streams{out: &out, err: &errs}); code != 0 {
		t.Fatal(errs.String())
	}
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", "\nafter\n", "| app, people: 50 | **1000** turns | 0.20 |", "pgbench, clients: 8 | 5000", "half load: 500 messages/s", "**12345**", "**321.5 ms**", "12000 tickets, each shown to its owner once", "**777**", "3, by up to 500 ms"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "old") {
		t.Error("old figures stay")
	}
	write(document, "no marks")
	if code := benchCommand(t.Context(), []string{"update", output, document}, streams{out: &out, err: &errs}); code != 1 {
		t.Error("a document without marks is refused")
	}
}
