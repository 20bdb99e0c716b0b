package parse

import (
	"testing"
	"time"
)

// TestReadingEndsInBracket reads a day before a bracket that nothing follows.
func TestReadingEndsInBracket(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	r := NewReading("周四(", now)
	if w, end := r.Time(0); end != 2 || w.From.Format(time.DateOnly) != "2026-11-19" {
		t.Errorf("%v until %d", w.From, end)
	}
}
