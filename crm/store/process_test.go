package store_test

import (
	"testing"
	"time"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// within polls until ok, and fails after d.
func within(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > d {
			t.Fatalf("%s: not within %s", what, d)
		}
	}
}

// twoProcesses are two stores on one database, as two processes have them.
func twoProcesses(t *testing.T) (one, other *store.Store) {
	t.Helper()
	one = storetest.New(t)
	return one, storetest.Open(t, storetest.URL(one), storetest.WithKeys(one.Keys()))
}

func TestLeasesOfASilentProcessAreTakenOver(t *testing.T) {
	t.Parallel()
	dying, peer := twoProcesses(t)
	send(t, dying, row("a", "a1"), row("b", "b1"))
	leased := claim(t, dying, "a1", "b1")
	claim(t, peer)                      // they are leased; it is entered as a process, too
	time.Sleep(4500 * time.Millisecond) // more than a silence: the one lives, so it keeps them
	claim(t, peer)
	if !dying.Holds(leased[0], time.Second) {
		t.Error("a living process does not hold its leases")
	}
	dying.Close()
	n := 0
	within(t, 20*time.Second, "the dead process's leases", func() bool {
		list, err := peer.ClaimOutbox(t.Context(), "wecom", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		n += len(list)
		return n == 2
	})
	var gone int
	if err := storetest.Owner(t, peer).QueryRow(`SELECT count(*) FROM processes WHERE gone`).Scan(&gone); err != nil || gone != 1 {
		t.Errorf("%d processes are given up, not 1; %v", gone, err)
	}
}

func TestAProcessThatWasGivenUpLetsGo(t *testing.T) {
	t.Parallel()
	stalled, peer := twoProcesses(t)
	send(t, stalled, row("a", "a1"), row("b", "b1"))
	list := claim(t, stalled, "a1", "b1")
	if !stalled.Holds(list[0], time.Second) {
		t.Fatal("it does not hold what it has just leased")
	}
	if _, err := storetest.Owner(t, peer).Exec(`UPDATE processes SET gone = true; UPDATE outbox SET owner = 0, free_at = '-infinity'`); err != nil {
		t.Fatal(err)
	}
	claim(t, peer, "a1", "b1")
	within(t, 20*time.Second, "it notices", func() bool { return !stalled.Holds(list[0], time.Second) })
	if err := stalled.OutboxRetry(t.Context(), []store.OutboxMark{mark(list[0])}); err != nil {
		t.Fatal(err)
	}
	claim(t, stalled) // it must not have given back what is another's by now
	if stalled.Holds(list[1], time.Second) {
		t.Error("entered anew, it takes for its own what it had leased before and a peer is sending by now")
	}
}

func TestALeaseThatEndsSoonIsNotHeld(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	send(t, s, row("a", "a1"))
	list, err := s.ClaimOutbox(t.Context(), "wecom", 1, 9*time.Second)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if !s.Holds(list[0], 2*time.Second) || s.Holds(list[0], 10*time.Second) {
		t.Error("a lease of 9 s is held for 2 s and not for 10")
	}
}
