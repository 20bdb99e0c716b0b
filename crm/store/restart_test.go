package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gendan/adapters/embedded"
	"gendan/crm"
	"gendan/crm/store"
)

// Postgres is killed and comes back while messages are heard and turns run: what was said to be durable is there,
// once, and everything goes on by itself.
func TestPostgresRestart(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "gendan-restart")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	o := embedded.ForTests(dir)
	o.Settings["synchronous_commit"] = "on" // the machine does not die, only the server
	pg, err := embedded.StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Stop(context.Background()) })
	url := pg.URL(embedded.Database)
	if err := store.Migrate(t.Context(), url, nil); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{URL: url, Keys: store.NewKeys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })

	var stop atomic.Bool
	var heard, turns, failed atomic.Int64
	var g sync.WaitGroup
	for w := range 4 {
		g.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if _, err := s.Hear(t.Context(), message(fmt.Sprintf("%d-%d", w, i), fmt.Sprint("wecom:c", w))); err != nil {
					failed.Add(1)
				} else {
					heard.Add(1)
				}
			}
		})
		g.Go(func() {
			for !stop.Load() {
				err := s.AsIn(t.Context(), crm.System, fmt.Sprint("wecom:c", w), func(ctx context.Context, tx *store.Tx) error {
					c, rows, err := tx.LockConversation(ctx)
					if err != nil {
						return err
					}
					for _, r := range rows {
						tx.Ledger.InboxDone = append(tx.Ledger.InboxDone, r.InboxKey)
						tx.Ledger.Outbox = append(tx.Ledger.Outbox, row("lane", "reply:"+r.MessageID))
					}
					tx.Ledger.Conversation = &c
					return nil
				})
				if err == nil {
					turns.Add(1)
				}
			}
		})
	}
	wait := func(what string) {
		h, n := heard.Load(), turns.Load()
		until(t, what, func() bool { return heard.Load() > h+50 && turns.Load() > n+50 })
	}
	wait("work before")
	b, err := os.ReadFile(filepath.Join(pg.Folder(), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(b), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	wait("work after a kill")
	t.Logf("working again %v after the kill; %d calls failed", time.Since(killed), failed.Load())
	stop.Store(true)
	g.Wait()
	until(t, "the rest is answered", func() bool {
		open := 0
		for w := range 4 {
			_ = s.AsIn(t.Context(), crm.System, fmt.Sprint("wecom:c", w), func(ctx context.Context, tx *store.Tx) error {
				_, rows, err := tx.LockConversation(ctx)
				open += len(rows)
				for _, r := range rows {
					tx.Ledger.InboxDone = append(tx.Ledger.InboxDone, r.InboxKey)
					tx.Ledger.Outbox = append(tx.Ledger.Outbox, row("lane", "reply:"+r.MessageID))
				}
				return err
			})
		}
		return open == 0
	})
	err = s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		var n struct{ Rows, Keys, Replies, Different int64 }
		if err := tx.Get(ctx, &n, `
			SELECT (SELECT count(*) FROM inbox) AS rows, (SELECT count(*) FROM inbox_keys) AS keys,
				(SELECT count(*) FROM outbox) AS replies, (SELECT count(DISTINCT key) FROM outbox) AS different`); err != nil {
			return err
		}
		if n.Rows < heard.Load() || n.Rows != n.Keys || n.Rows != n.Replies || n.Replies != n.Different {
			t.Errorf("%d acknowledged; %+v", heard.Load(), n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
