package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// candidate runs Lead in the background and tells when it leads.
type candidate struct {
	leads atomic.Bool
	stop  context.CancelFunc
	done  chan error
}

func stand(s *store.Store, r redis.UniversalClient, both *atomic.Int64) *candidate {
	ctx, stop := context.WithCancel(context.Background())
	c := &candidate{stop: stop, done: make(chan error, 1)}
	go func() {
		c.done <- s.Elector(r).Lead(ctx, "bot", func(ctx context.Context) error {
			if both.Add(1) > 1 {
				panic("two lead")
			}
			c.leads.Store(true)
			<-ctx.Done()
			c.leads.Store(false)
			both.Add(-1)
			return nil
		})
	}()
	return c
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: " + what)
		}
	}
}

func TestOneLeads(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*storetest.RedisServer{"redis": storetest.NewRedis(t), "postgres": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r redis.UniversalClient
			if server != nil {
				server = storetest.NewRedis(t)
				r = server.Client
			}
			url := storetest.Database(t)
			var both atomic.Int64
			a := stand(storetest.Open(t, url), r, &both)
			until(t, "a leads", a.leads.Load)
			b := stand(storetest.Open(t, url), r, &both)
			if server != nil { // Redis is no arbiter: whatever happens to it, a goes on
				server.Client.FlushAll(t.Context())
				time.Sleep(1200 * time.Millisecond) // longer than b waits between two tries
				server.Stop()
				time.Sleep(1200 * time.Millisecond)
			}
			if !a.leads.Load() || b.leads.Load() {
				t.Error("the lead changed without a reason")
			}
			a.stop()
			if err := <-a.done; err != nil {
				t.Error(err)
			}
			until(t, "b leads", b.leads.Load)
			b.stop()
			if err := <-b.done; err != nil {
				t.Error(err)
			}
		})
	}
}

// A leader whose connection breaks stops working, and somebody leads again.
func TestALostLockEndsTheLead(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	var both atomic.Int64
	c := stand(s, nil, &both)
	until(t, "it leads", c.leads.Load)
	if _, err := storetest.Owner(t, s).Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	until(t, "it notices", func() bool { return !c.leads.Load() })
	until(t, "it leads again", c.leads.Load)
	c.stop()
	if err := <-c.done; err != nil {
		t.Error(err)
	}
}

func TestLeadReturnsWhatWorkReturned(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	err := storetest.New(t).Elector(nil).Lead(t.Context(), "x", func(context.Context) error { return boom })
	if !errors.Is(err, boom) {
		t.Error(err)
	}
}
