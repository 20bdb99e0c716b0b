package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func send(t *testing.T, s *store.Store, rows ...store.OutboxRow) {
	t.Helper()
	err := s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Ledger.Outbox = rows
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func row(lane, key string) store.OutboxRow {
	return store.OutboxRow{Platform: "wecom", Lane: lane, Peer: "wecom:lilei", Kind: "reply", Payload: []byte(`{"text":"` + key + `"}`), Key: key}
}

func claim(t *testing.T, s *store.Store, want ...string) []store.OutboxClaim {
	t.Helper()
	list, err := s.ClaimOutbox(t.Context(), "wecom", 10, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range list {
		got = append(got, c.Key)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("claimed %v, want %v", got, want)
	}
	return list
}

func mark(c store.OutboxClaim) store.OutboxMark {
	return store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt, Platform: c.Platform, Conversation: c.Lane}
}

func TestOutboxLanesKeepOrder(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	send(t, s, row("a", "a1"), row("a", "a2"), row("b", "b1"), row("a", "a3"), row("a", "a1")) // a1 twice is once
	send(t, s, row("a", "a2"), row("c", "c1"))
	first := claim(t, s, "a1", "b1", "c1")
	claim(t, s) // all lanes are held up
	if err := s.OutboxSent(t.Context(), []store.OutboxMark{mark(first[0]), mark(first[2])}); err != nil {
		t.Fatal(err)
	}
	second := claim(t, s, "a2")
	again := mark(second[0])
	again.NotBefore, again.Code = s.Now().Add(300*time.Millisecond), "45009"
	if err := s.OutboxRetry(t.Context(), []store.OutboxMark{again}); err != nil {
		t.Fatal(err)
	}
	claim(t, s) // a3 waits behind a2's retry
	deadline := time.Now().Add(10 * time.Second)
	var third []store.OutboxClaim
	for len(third) == 0 && time.Now().Before(deadline) {
		var err error
		if third, err = s.ClaimOutbox(t.Context(), "wecom", 10, time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if len(third) != 1 || third[0].Key != "a2" || third[0].Attempts != 1 || string(third[0].Payload) != `{"text":"a2"}` {
		t.Fatalf("%+v", third)
	}
	dead := mark(third[0])
	dead.Code, dead.Advice = "60020", "请把服务器地址加入可信 IP"
	if err := s.OutboxDead(t.Context(), []store.OutboxMark{dead}); err != nil {
		t.Fatal(err)
	}
	claim(t, s, "a3") // a dead letter holds up nothing
	letters, err := s.DeadLetters(t.Context())
	if err != nil || len(letters) != 1 || letters[0].Code != "60020" || letters[0].Attempts != 2 || letters[0].Advice == "" {
		t.Fatalf("%+v %v", letters, err)
	}
	stats, err := s.OutboxStats(t.Context())
	if err != nil || len(stats) != 1 || stats[0].Dead != 1 || stats[0].Later != 2 || stats[0].Open != 0 {
		t.Fatalf("%+v %v", stats, err)
	}
	if err := s.OutboxReviveDead(t.Context(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	claim(t, s, "a2")
}

func TestOutboxLeaseEnds(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	send(t, s, row("a", "a1"))
	if list, err := s.ClaimOutbox(t.Context(), "wecom", 10, 100*time.Millisecond); err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // its holder died
		list, err := s.ClaimOutbox(t.Context(), "wecom", 10, time.Minute)
		if err != nil || time.Now().After(deadline) {
			t.Fatal(err)
		}
		if len(list) == 1 && list[0].Attempts == 1 {
			return
		}
	}
}

// What is due tomorrow does not hold up what is said today.
func TestOutboxLaterIsNoObstacle(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	s := storetest.New(t, storetest.WithClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }))
	later := row("a", "a1")
	later.NotBefore = time.Now().Add(24 * time.Hour)
	send(t, s, later, row("a", "a2"))
	c := claim(t, s, "a2")
	if err := s.OutboxSent(t.Context(), []store.OutboxMark{mark(c[0])}); err != nil {
		t.Fatal(err)
	}
	claim(t, s)
	ahead.Store(int64(25 * time.Hour))
	claim(t, s, "a1")
}

func TestOutboxManySenders(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	keys := store.NewKeys()
	processes := []*store.Store{storetest.Open(t, url, storetest.WithKeys(keys)), storetest.Open(t, url, storetest.WithKeys(keys))}
	const lanes, each = 40, 5
	var rows []store.OutboxRow
	for i := range each {
		for l := range lanes {
			rows = append(rows, row(fmt.Sprint("lane", l), fmt.Sprintf("%d/%d", l, i)))
		}
	}
	send(t, processes[0], rows...)
	var mu sync.Mutex
	sent := map[string]int{}
	next := map[string]int{}
	var g sync.WaitGroup
	for w := range 4 {
		g.Go(func() {
			s := processes[w%2]
			for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
				list, err := s.ClaimOutbox(t.Context(), "wecom", 15, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				var marks []store.OutboxMark
				mu.Lock()
				for _, c := range list {
					sent[c.Key]++
					if want := fmt.Sprintf("%s/%d", c.Lane[4:], next[c.Lane]); c.Key != want {
						t.Errorf("sent %s, want %s", c.Key, want)
					}
					next[c.Lane]++
					m := mark(c)
					m.MessageID, m.Text = "id"+c.Key, "text"
					marks = append(marks, m)
				}
				all := len(sent) == lanes*each
				mu.Unlock()
				if err := s.OutboxSent(t.Context(), marks); err != nil {
					t.Error(err)
					return
				}
				if all {
					return
				}
			}
			t.Error("not finished in time")
		})
	}
	g.Wait()
	for k, n := range sent {
		if n != 1 {
			t.Errorf("%s sent %d times", k, n)
		}
	}
}
