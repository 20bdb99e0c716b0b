package chatlog

import (
	"strings"
	"testing"
	"time"
)

// longRecord gives a record of n lines, made from the conversations of testdata/facts.
func longRecord(t testing.TB, n int) (*Record, Options) {
	t.Helper()
	var lines []Line
	for _, file := range []string{"01-sales", "02-service", "03-trade", "04-more", "05-trades", "06-more", "07-last"} {
		for _, s := range readStories(t, "testdata/facts/"+file+".facts") {
			for _, l := range s.rec.Lines {
				if l.Side == Customer {
					l.Sender = "客户"
				} else {
					l.Sender, l.Side = "我们", Us
				}
				lines = append(lines, l)
			}
		}
	}
	rec := &Record{}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	for i := range n {
		l := lines[i%len(lines)]
		l.N = i + 1
		when := at.Add(time.Duration(i) * time.Minute)
		l.At = &when
		rec.Lines = append(rec.Lines, l)
	}
	return rec, Options{Now: at.AddDate(0, 1, 0), Us: []string{"我们"}}
}

// BenchmarkFacts5000 reads the facts of a record of 5,000 lines; the promise is under 100 ms.
func BenchmarkFacts5000(b *testing.B) {
	rec, o := longRecord(b, 5000)
	findFacts(rec, o)
	b.ReportAllocs()
	for b.Loop() {
		findFacts(rec, o)
	}
}

// FuzzFacts reads whatever two people may write; it must answer, prove each fact by a line that exists, and
// answer the same twice.
func FuzzFacts(f *testing.F) {
	for _, file := range []string{"01-sales", "02-service", "03-trade", "04-more", "05-trades", "06-more", "07-last"} {
		for _, s := range readStories(f, "testdata/facts/"+file+".facts") {
			for i := range s.rec.Lines {
				f.Add(s.rec.Lines[i].Text, s.rec.Lines[max(0, i-1)].Text)
			}
		}
	}
	f.Add("3万", " ")
	f.Add("[微笑]https://x.y/元月 ¥", "比\x00的\u202e一对一")
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	f.Fuzz(func(t *testing.T, a, b string) {
		rec := &Record{Lines: []Line{{N: 1, Kind: Text, Text: a, Side: Customer, Sender: "客"}, {N: 2, Kind: Text, Text: b, Side: Us, Sender: "我"}, {N: 3, Kind: Voice, Text: a + " " + b, At: &now}}}
		o := Options{Now: now, Us: []string{"我"}}
		first := findFacts(rec, o)
		for _, x := range first {
			if len(x.Lines) == 0 {
				t.Fatalf("%v has no line", x)
			}
			for _, n := range x.Lines {
				if n < 1 || n > 3 {
					t.Fatalf("%v: no line %d", x, n)
				}
			}
		}
		if again := findFacts(rec, o); len(again) != len(first) {
			t.Fatalf("%d facts, then %d", len(first), len(again))
		}
	})
}

// TestFactsOfNothing reads records without words.
func TestFactsOfNothing(t *testing.T) {
	t.Parallel()
	for _, r := range []Record{{}, {Lines: []Line{{N: 1, Kind: Image}, {N: 2, Kind: System, Text: "以上是打招呼的内容"}, {N: 3, Kind: Text, Text: "  "}}}} {
		for _, x := range findFacts(&r, Options{}) {
			if x.Kind != Mood {
				t.Errorf("%+v", x)
			}
		}
	}
}

// TestFactsOfHugeLine reads one line of a megabyte in reasonable time.
func TestFactsOfHugeLine(t *testing.T) {
	t.Parallel()
	rec := &Record{Lines: []Line{{N: 1, Kind: Text, Text: strings.Repeat("预算3万 明天下午3点给王总打电话13812345678,", 3000)}}}
	begin := time.Now()
	findFacts(rec, Options{Now: begin})
	if d := time.Since(begin); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}
