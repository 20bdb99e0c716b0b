package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/adapters/embedded"
	"gendan/crm"
	"gendan/crm/store"
)

// durable is a store on a server that waits for the disk, as in production.
func durable(b *testing.B) *store.Store {
	b.Helper()
	dir, err := os.MkdirTemp("", "gendan-bench")
	if err != nil {
		b.Fatal(err)
	}
	pg, err := embedded.StartPostgres(b.Context(), embedded.Options{Dir: dir, Throwaway: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		pg.Stop(context.Background())
		os.RemoveAll(dir)
	})
	url := pg.URL(embedded.Database)
	if err := store.Migrate(b.Context(), url, nil); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), store.Config{URL: url, Keys: store.NewKeys()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkHear is durable messages a second from 64 clients.
func BenchmarkHear(b *testing.B) {
	s := durable(b)
	payload := json.RawMessage(fmt.Sprintf(`{"text":%q}`, make([]byte, 150)))
	var n atomic.Int64
	var g sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		g.Go(func() {
			for {
				i := n.Add(1)
				if i > int64(b.N) {
					return
				}
				m := message(fmt.Sprint("m", i), fmt.Sprint("wecom:c", i%500))
				m.Payload = payload
				if isNew, err := s.Hear(context.Background(), m); err != nil || !isNew {
					b.Error(isNew, err)
					return
				}
			}
		})
	}
	g.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkTurn is what the store costs in a turn: lock, read, answer, ledger, commit, of 8 people at once.
func BenchmarkTurn(b *testing.B) {
	s := durable(b)
	actor := crm.Actor{UserID: 1, Name: "李雷", Role: crm.Rep, Scope: crm.ScopeOwn}
	const people = 8
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			for i := range b.N/people + 1 {
				if _, err := s.Hear(b.Context(), message(fmt.Sprint("m", p, "-", i), fmt.Sprint("wecom:c", p, "-", i%50))); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ResetTimer()
	var g sync.WaitGroup
	var turns atomic.Int64
	for p := range people {
		g.Go(func() {
			for i := 0; turns.Load() < int64(b.N); i++ {
				conversation := fmt.Sprint("wecom:c", p, "-", i%50)
				err := s.AsIn(context.Background(), actor, conversation, func(ctx context.Context, tx *store.Tx) error {
					c, rows, err := tx.LockConversation(ctx)
					if err != nil {
						return err
					}
					turns.Add(1)
					l := fullLedger(tx.Now)
					l.Timers[0].Dedupe = fmt.Sprint("r", p, "-", i)
					l.Outbox[0].Key, l.Receipt.Key = fmt.Sprint("k", p, "-", i), fmt.Sprint("k", p, "-", i)
					if len(rows) > 0 {
						l.InboxDone = []store.InboxKey{rows[0].InboxKey}
					}
					c.State = json.RawMessage(`{"focus":"云帆科技"}`)
					l.Conversation = &c
					tx.Ledger = l
					return nil
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	g.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

// BenchmarkTimers is timers a second, all due at one instant, with four hands.
func BenchmarkTimers(b *testing.B) {
	s := durable(b)
	due := time.Now()
	for i := 0; i < b.N; i += 5000 {
		var rows []store.TimerRow
		for j := i; j < min(i+5000, b.N); j++ {
			rows = append(rows, store.TimerRow{Kind: "reminder", Subject: int64(j), Due: due, Dedupe: fmt.Sprint("t", j), Surface: "wecom", Peer: fmt.Sprint("wecom:p", j%500)})
		}
		if err := s.SetTimers(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	var g sync.WaitGroup
	var fired atomic.Int64
	for range 3 {
		g.Go(func() {
			for {
				n, err := s.FireDue(context.Background(), time.Now(), 500)
				if err != nil {
					b.Error(err)
				}
				fired.Add(int64(n))
				if n < 500 {
					return
				}
			}
		})
	}
	g.Wait()
	if fired.Load() != int64(b.N) {
		b.Errorf("%d of %d", fired.Load(), b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "timers/s")
}

// BenchmarkOutbox claims and marks 500 lanes' messages.
func BenchmarkOutbox(b *testing.B) {
	s := durable(b)
	for i := 0; i < b.N; i += 5000 {
		err := s.As(b.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			for j := i; j < min(i+5000, b.N); j++ {
				tx.Ledger.Outbox = append(tx.Ledger.Outbox, row(fmt.Sprint("lane", j%500), fmt.Sprint("k", j)))
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for sent := 0; sent < b.N; {
		list, err := s.ClaimOutbox(context.Background(), "wecom", 100, time.Minute)
		if err != nil {
			b.Fatal(err)
		}
		var marks []store.OutboxMark
		for _, c := range list {
			m := mark(c)
			m.MessageID, m.Text = c.Key, "好的"
			marks = append(marks, m)
		}
		if err := s.OutboxSent(context.Background(), marks); err != nil {
			b.Fatal(err)
		}
		sent += len(list)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
