package parse

import (
	"reflect"
	"testing"
)

// TestWhatWasSeenHoldsForEachReading compares the phrases found in the clauses of parts of messages, and the second opinion on them, with and
// without what was seen before.
func TestWhatWasSeenHoldsForEachReading(t *testing.T) {
	t.Parallel()
	v, shared := compiled(nil), 0
	for _, row := range corpus(t, "several.jsonl")[:200] {
		l := v.mend(newLine(row.Text))
		seen := newSeen()
		for from := 0; from < len(l.norm); from += 3 {
			s := newScan(l.part(from, len(l.norm)), wednesday, v)
			parts := s.clauses()
			for _, c := range parts {
				want := s.v.match(c)
				s.seen = seen
				if _, ok := seen.clauses[c.text]; ok && c.i != seen.clauses[c.text].clause.i && len(want) > 0 {
					shared++
				}
				if got := s.match(c); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
					t.Fatalf("%s: %v, want %v", c.text, got, want)
				}
				s.seen = nil
			}
			want := secondOpinion().of(s, parts)
			s.seen = seen
			for range 2 {
				if got := secondOpinion().of(s, parts); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s: %v, want %v", row.Text, got, want)
				}
			}
		}
	}
	if shared < 100 {
		t.Errorf("only %d clauses were met again elsewhere", shared)
	}
}
