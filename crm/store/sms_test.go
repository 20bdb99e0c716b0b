package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/crm/store/storetest"
)

// TestTextMessagesAreCountedByAllProcesses: twenty senders at once get ten messages out to a number a day; the same message counts
// once, one that did not leave not at all, and the next day begins anew in China.
func TestTextMessagesAreCountedByAllProcesses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 15, 30, 0, 0, time.UTC) // 23:30
	s := storetest.New(t, storetest.WithClock(func() time.Time { return now }))
	var out atomic.Int64
	var senders sync.WaitGroup
	for i := range 20 {
		senders.Go(func() {
			ok, again, err := s.TakeSMS(t.Context(), "13812345678", fmt.Sprint("offer:", i), 10)
			if err != nil || again {
				t.Error(again, err)
			}
			if ok {
				out.Add(1)
			}
		})
	}
	senders.Wait()
	if out.Load() != 10 {
		t.Errorf("%d messages", out.Load())
	}
	take := func(number, key string) (ok, again bool) {
		t.Helper()
		ok, again, err := s.TakeSMS(t.Context(), number, key, 10)
		if err != nil {
			t.Fatal(err)
		}
		return ok, again
	}
	if ok, again := take("13900000000", "a"); !ok || again {
		t.Error("another number is full")
	}
	if ok, again := take("13900000000", "a"); !ok || !again {
		t.Errorf("the same message again: %v %v", ok, again)
	}
	if err := s.GiveSMS(t.Context(), "13900000000", "a"); err != nil {
		t.Fatal(err)
	}
	if ok, again := take("13900000000", "a"); !ok || again {
		t.Errorf("one that did not leave: %v %v", ok, again)
	}
	now = now.Add(40 * time.Minute)
	if ok, _ := take("13812345678", "tomorrow"); !ok {
		t.Error("the next day begins full")
	}
}
