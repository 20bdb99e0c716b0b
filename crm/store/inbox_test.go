package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func TestHeardOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	keys := store.NewKeys()
	processes := []*store.Store{storetest.Open(t, url, storetest.WithKeys(keys)), storetest.Open(t, url, storetest.WithKeys(keys))}
	var fresh, rang atomic.Int64
	for _, s := range processes {
		s.OnHeard(func(string) { rang.Add(1) })
	}
	const messages, repeats = 200, 4
	var g sync.WaitGroup
	for r := range repeats {
		g.Go(func() {
			for i := range messages {
				g.Go(func() {
					isNew, err := processes[r%2].Hear(t.Context(), message(fmt.Sprint("m", i), fmt.Sprint("wecom:c", i%7)))
					if err != nil {
						t.Error(err)
					}
					if isNew {
						fresh.Add(1)
					}
				})
			}
		})
	}
	g.Wait()
	var rows int
	if err := storetest.Owner(t, processes[0]).QueryRow(`SELECT count(*) FROM inbox`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != messages || fresh.Load() != messages || rang.Load() < messages {
		t.Errorf("%d rows, %d new, %d rings for %d messages", rows, fresh.Load(), rang.Load(), messages)
	}
}

// A repeat is recognised in the next month's partition too.
func TestHeardOnceAcrossMonths(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	if _, err := s.Hear(t.Context(), message("m1", "wecom:c1")); err != nil {
		t.Fatal(err)
	}
	owner := storetest.Owner(t, s)
	if _, err := owner.Exec(`UPDATE inbox SET received_at = received_at + interval '1 month'; UPDATE inbox_keys SET received_at = received_at + interval '1 month'`); err != nil {
		t.Fatal(err)
	}
	if isNew, err := s.Hear(t.Context(), message("m1", "wecom:c1")); isNew || err != nil {
		t.Error(isNew, err)
	}
	var month string
	if err := owner.QueryRow(`SELECT tableoid::regclass::text FROM inbox`).Scan(&month); err != nil || month == "inbox_other" {
		t.Error(month, err)
	}
}

func TestABadMessageFailsAlone(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	for name, change := range map[string]func(*store.InboxMessage){
		"no id":       func(m *store.InboxMessage) { m.MessageID = "" },
		"no payload":  func(m *store.InboxMessage) { m.Payload = nil },
		"zero byte":   func(m *store.InboxMessage) { m.Peer = "wecom:\x00" },
		"no utf-8":    func(m *store.InboxMessage) { m.Conversation = "wecom:\xff" },
		"very long":   func(m *store.InboxMessage) { m.MessageID = string(make([]byte, 600)) },
		"no platform": func(m *store.InboxMessage) { m.Platform = "" },
	} {
		m := message("m1", "wecom:c1")
		change(&m)
		if _, err := s.Hear(t.Context(), m); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var g sync.WaitGroup
	for i := range 20 {
		g.Go(func() {
			m := message(fmt.Sprint("m", i), "wecom:c1")
			if i == 7 {
				m.SentAt = time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC) // Postgres ends before
			}
			if _, err := s.Hear(t.Context(), m); (err != nil) != (i == 7) {
				t.Errorf("message %d: %v", i, err)
			}
		})
	}
	g.Wait()
}

// Turns of one conversation follow one another, in two processes, and each message is answered by exactly one.
func TestTurnsOfAConversationInOrder(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	keys := store.NewKeys()
	processes := []*store.Store{storetest.Open(t, url, storetest.WithKeys(keys)), storetest.Open(t, url, storetest.WithKeys(keys))}
	const messages = 60
	var g sync.WaitGroup
	for _, s := range processes {
		for range 3 {
			g.Go(func() {
				for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
					finished := false
					err := s.AsIn(t.Context(), crm.System, "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
						c, rows, err := tx.LockConversation(ctx)
						if err != nil {
							return err
						}
						var seen []string
						if len(c.State) > 0 {
							if err := json.Unmarshal(c.State, &seen); err != nil {
								return err
							}
						}
						if finished = len(seen) == messages; finished || len(rows) == 0 {
							return nil
						}
						seen = append(seen, rows[0].MessageID)
						tx.Ledger.InboxDone = []store.InboxKey{rows[0].InboxKey}
						if c.State, err = json.Marshal(seen); err != nil {
							return err
						}
						tx.Ledger.Conversation = &c
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
					if finished {
						return
					}
				}
				t.Error("not finished in time")
			})
		}
	}
	var want []string
	for i := range messages {
		id := fmt.Sprint("m", i)
		want = append(want, id)
		if _, err := processes[i%2].Hear(t.Context(), message(id, "wecom:c1")); err != nil {
			t.Fatal(err)
		}
	}
	g.Wait()
	err := processes[0].AsIn(t.Context(), crm.System, "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
		c, rows, err := tx.LockConversation(ctx)
		if err != nil {
			return err
		}
		var seen []string
		if err := json.Unmarshal(c.State, &seen); err != nil {
			return err
		}
		if len(rows) != 0 || !slices.Equal(seen, want) {
			t.Errorf("%d left; answered %v", len(rows), seen)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPendingConversations(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	for i, c := range []string{"wecom:c2", "wecom:c1", "wecom:c2"} {
		if _, err := s.Hear(t.Context(), message(fmt.Sprint("m", i), c)); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.PendingConversations(t.Context(), 10); err != nil || len(list) != 0 {
		t.Error("too soon", list, err)
	}
	if _, err := storetest.Owner(t, s).Exec(`UPDATE inbox SET received_at = received_at - interval '2 seconds'`); err != nil {
		t.Fatal(err)
	}
	if list, err := s.PendingConversations(t.Context(), 10); err != nil || !slices.Equal(list, []string{"wecom:c2", "wecom:c1"}) {
		t.Error(list, err)
	}
}

func TestARolledBackTurnLeavesNothing(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	s.OnOutbox(func(string) { t.Error("rang") })
	boom := errors.New("boom")
	err := s.AsIn(t.Context(), crm.System, "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
		if _, _, err := tx.LockConversation(ctx); err != nil {
			return err
		}
		tx.Ledger = fullLedger(tx.Now)
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	err = s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		_, _ = tx.Exec(ctx, `SELECT 1/0`)
		tx.Ledger = fullLedger(tx.Now)
		return nil // it swallowed an error that has ended the transaction
	})
	if err == nil {
		t.Error("a failed transaction seemed to commit")
	}
	func() {
		defer func() { recover() }()
		_ = s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Ledger = fullLedger(tx.Now)
			panic("boom")
		})
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Ledger = fullLedger(tx.Now)
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := tx.Exec(ctx, `SELECT pg_sleep(10)`)
		return err
	})
	if err == nil {
		t.Error("a cancelled transaction committed")
	}
	for _, table := range []string{"conversations", "outbox", "outbox_keys", "timers", "audit", "receipts", "undo", "events"} {
		var n int
		if err := storetest.Owner(t, s).QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d rows, %v", table, n, err)
		}
	}
}

// Two runs under one key at the same moment: one writes, the other finds its receipt.
func TestOneKeyRunsOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	var ran, found atomic.Int64
	var g sync.WaitGroup
	for range 6 {
		g.Go(func() {
			var replay bool
			err := s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
				_, ok, err := tx.Receipt(ctx, "key")
				if err != nil {
					return err
				}
				if replay = ok; ok {
					return nil
				}
				tx.Ledger = fullLedger(tx.Now)
				tx.Ledger.Receipt.Key = "key"
				return nil
			})
			switch {
			case err != nil:
				t.Error(err)
			case replay:
				found.Add(1)
			default:
				ran.Add(1)
			}
		})
	}
	g.Wait()
	if ran.Load() != 1 || found.Load() != 5 {
		t.Errorf("ran %d times, found %d", ran.Load(), found.Load())
	}
	var n int
	if err := storetest.Owner(t, s).QueryRow(`SELECT count(*) FROM outbox`).Scan(&n); err != nil || n != 1 {
		t.Error(n, err)
	}
}
