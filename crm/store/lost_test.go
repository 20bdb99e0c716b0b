package store_test

import (
	"testing"
	"time"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// A lease whose process died is an attempt of which nobody knows the end; it is counted apart from what a platform refused.
func TestLostLeasesAreNoRefusals(t *testing.T) {
	t.Parallel()
	dying, peer := twoProcesses(t)
	owner := storetest.Owner(t, peer)
	send(t, dying, row("a", "a1"))
	again := func(c store.OutboxClaim, untried bool) {
		t.Helper()
		m := mark(c)
		m.Untried = untried
		if err := peer.OutboxRetry(t.Context(), []store.OutboxMark{m}); err != nil {
			t.Fatal(err)
		}
	}
	claim(t, dying, "a1")
	if _, err := owner.Exec(`UPDATE outbox SET free_at = '-infinity'`); err != nil { // its lease has ended, and nobody said a word
		t.Fatal(err)
	}
	c := claim(t, peer, "a1")[0]
	if c.Attempts != 1 || c.Lost != 1 || c.Refusals() != 0 {
		t.Errorf("after a lease that ran out: %d attempts, %d of them lost", c.Attempts, c.Lost)
	}
	again(c, false)
	c = claim(t, peer, "a1")[0]
	if c.Attempts != 2 || c.Refusals() != 1 {
		t.Errorf("after a refusal: %d attempts, %d of them lost", c.Attempts, c.Lost)
	}
	again(c, true)
	if c = claim(t, peer, "a1")[0]; c.Attempts != 2 || c.Refusals() != 1 {
		t.Errorf("after a claim that was given back untried: %d attempts, %d of them lost", c.Attempts, c.Lost)
	}
	again(c, true)
	claim(t, dying, "a1")
	dying.Close()
	within(t, 20*time.Second, "the dead process's lease", func() bool {
		list, err := peer.ClaimOutbox(t.Context(), "wecom", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 && (list[0].Lost != 2 || list[0].Refusals() != 1) {
			t.Errorf("after a process was given up: %d attempts, %d of them lost", list[0].Attempts, list[0].Lost)
		}
		return len(list) == 1
	})
}
