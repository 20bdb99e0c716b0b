package store_test

import (
	"strings"
	"testing"
	"time"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// TestWhatIsDueAtOneInstantLeavesInOrder: timers of one instant ring in several statements, in any order, and a claim may have
// read the clock just before.
func TestWhatIsDueAtOneInstantLeavesInOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 19, 0, 50, 0, 0, time.UTC)
	now := at.Add(-time.Second)
	s := storetest.New(t, storetest.WithClock(func() time.Time { return now }))
	timers := []store.TimerRow{
		{Kind: "reminder", Subject: 1, Due: at, Dedupe: "r1"}, {Kind: "reminder", Subject: 2, Due: at, Dedupe: "r2"},
		{Kind: "brief", Subject: 9, Due: at, Dedupe: "b9"},
	}
	if err := s.SetTimers(t.Context(), timers); err != nil {
		t.Fatal(err)
	}
	open, err := s.OpenTimers(t.Context(), store.TimerDue{}, 10)
	if err != nil || len(open) != 3 {
		t.Fatalf("%v, %v", open, err)
	}
	waits := row("notice:9", "news")
	waits.Platform, waits.NotBefore = "", at
	send(t, s, waits)
	claimed := func(clock time.Time) string {
		t.Helper()
		now = clock
		list, err := s.ClaimOutbox(t.Context(), "", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, c := range list {
			keys = append(keys, c.Key)
		}
		return strings.Join(keys, " ")
	}
	for i, number := range []int64{open[2].ID, open[1].ID, open[0].ID} { // the latest first
		if n, err := s.FireTimers(t.Context(), []int64{number}, at); err != nil || n != 1 {
			t.Fatalf("%d fired, %v", n, err)
		}
		if got := claimed(at.Add(-time.Millisecond)); got != "" {
			t.Errorf("a clock read too early claims %q", got)
		}
		if got := claimed(at); i < 2 && got != "" {
			t.Errorf("claimed %q while timers of the same instant have not rung", got)
		} else if want := "news timer:b9 timer:r1 timer:r2"; i == 2 && got != want {
			t.Errorf("claimed %q, want %q", got, want)
		}
	}
}

// TestATimerThatDoesNotRingHoldsUpNothing for longer than a moment.
func TestATimerThatDoesNotRingHoldsUpNothing(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 19, 0, 50, 0, 0, time.UTC)
	now := at
	s := storetest.New(t, storetest.WithClock(func() time.Time { return now }))
	if err := s.SetTimers(t.Context(), []store.TimerRow{{Kind: "reminder", Subject: 1, Due: at, Dedupe: "r1"}}); err != nil {
		t.Fatal(err)
	}
	waits := row("notice:9", "news")
	waits.Platform, waits.NotBefore = "", at
	send(t, s, waits)
	for after, want := range map[time.Duration]int{0: 0, 299 * time.Millisecond: 0} {
		now = at.Add(after)
		if list, err := s.ClaimOutbox(t.Context(), "", 10, time.Minute); err != nil || len(list) != want {
			t.Errorf("after %v: %d, %v", after, len(list), err)
		}
	}
	now = at.Add(301 * time.Millisecond)
	if list, err := s.ClaimOutbox(t.Context(), "", 10, time.Minute); err != nil || len(list) != 1 {
		t.Errorf("%d, %v", len(list), err)
	}
}
