//go:build unix

package parse

import (
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	for _, row := range corpus(f, "tune.jsonl") {
		f.Add(row.Text)
	}
	f.Add(strings.Repeat("万", 3000))
	f.Add("明天@#￥%……&*（）——+|}{：“？》《")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		start := spent(t)
		a := Parse(text, wednesday, nil)
		if d := spent(t) - start; d > 5*time.Second {
			t.Fatalf("%d bytes took %v of the processor", len(text), d)
		}
		if a.Confidence < 0 || a.Confidence > 1 {
			t.Fatalf("confidence %v", a.Confidence)
		}
		if b := Parse(text, wednesday, nil); len(a.Actions) != len(b.Actions) {
			t.Fatal("two answers")
		}
		ReadCommand(text)
		Correction(text, Action{Name: "reminder.create", Params: map[string]any{"at": "2026-11-19T15:00:00+08:00"}}, wednesday, nil)
		for _, missing := range []string{"customer", "at", "amount", "owner", "tags", "filter"} {
			Fill(Action{Name: "deal.create"}, missing, text, wednesday, nil)
		}
	})
}

// spent is the processor time of this process so far: on a busy machine the clock on the wall says nothing about the parser.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
