package timer

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// clock is real time that a test can move.
type clock struct{ offset, furthest atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) move(by time.Duration) {
	at := c.offset.Add(int64(by))
	c.furthest.Store(max(c.furthest.Load(), at))
}

type world struct {
	t     *testing.T
	clock *clock
	store *store.Store
	owner *sql.DB
	n     int
}

func newWorld(t *testing.T) *world {
	t.Parallel()
	w := &world{t: t, clock: &clock{}}
	w.store = storetest.New(t, storetest.WithClock(w.clock.now))
	w.owner = storetest.Owner(t, w.store)
	return w
}

// start runs an alarm clock until the test ends.
func (w *world) start(r redis.UniversalClient) *Alarm {
	a := New(w.store, r, w.clock.now, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	return a
}

// set writes n timers, the i-th due at due(i).
func (w *world) set(n int, due func(i int) time.Time) {
	w.t.Helper()
	rows := make([]store.TimerRow, n)
	for i := range rows {
		w.n++
		rows[i] = store.TimerRow{Kind: "reminder", Subject: int64(w.n), Due: due(i), Dedupe: fmt.Sprint("t", w.n), Surface: "wecom", Peer: fmt.Sprint("wecom:p", w.n%50)}
	}
	if err := w.store.SetTimers(w.t.Context(), rows); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.owner.QueryRow(query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// rung waits until n timers have rung, and checks that each rang once and none early.
func (w *world) rung(n int, within time.Duration) {
	w.t.Helper()
	deadline := time.Now().Add(within)
	for w.count(`SELECT count(*) FROM outbox`) < n {
		if time.Now().After(deadline) {
			w.t.Fatalf("after %v: %d of %d rang", within, w.count(`SELECT count(*) FROM outbox`), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := w.count(`SELECT count(*) FROM outbox`); got != n {
		w.t.Fatalf("%d rows for %d timers", got, n)
	}
	if got := w.count(`SELECT count(DISTINCT key) FROM outbox`); got != n {
		w.t.Fatalf("%d different rows for %d timers", got, n)
	}
	if early := w.count(`SELECT count(*) FROM timers WHERE state = 1 AND closed_at + make_interval(secs => $1) < due`, time.Duration(w.clock.furthest.Load()).Seconds()); early > 0 {
		w.t.Fatalf("%d rang early", early)
	}
}

// lateness is the largest, of those that rang.
func (w *world) lateness() (late time.Duration) {
	w.t.Helper()
	var s float64
	if err := w.owner.QueryRow(`SELECT coalesce(max(extract(epoch FROM closed_at - due)), 0) FROM timers WHERE state = 1`).Scan(&s); err != nil {
		w.t.Fatal(err)
	}
	return time.Duration(s * float64(time.Second))
}

// both runs a test with Redis and with Postgres alone.
func both(t *testing.T, f func(w *world, r redis.UniversalClient)) {
	t.Parallel()
	t.Run("redis", func(t *testing.T) { w := newWorld(t); f(w, storetest.Redis(t)) })
	t.Run("postgres", func(t *testing.T) { f(newWorld(t), nil) })
}

func TestSpreadOutTimersRingOnTime(t *testing.T) {
	both(t, func(w *world, r redis.UniversalClient) {
		base := time.Now()
		w.set(100, func(i int) time.Time { return base.Add(time.Duration(i) * 10 * time.Millisecond) }) // before the start: loaded
		w.start(r)
		w.set(100, func(i int) time.Time { return base.Add(time.Second + time.Duration(i)*10*time.Millisecond) }) // after it: noted
		w.rung(200, 15*time.Second)
		w.t.Logf("largest lateness %v", w.lateness())
		if late := w.lateness(); late > 3*time.Second {
			w.t.Errorf("late by %v", late)
		}
	})
}

func TestBurstRingsOnce(t *testing.T) {
	both(t, func(w *world, r redis.UniversalClient) {
		w.start(r)
		w.start(r) // a second process
		due := time.Now().Add(time.Second)
		w.set(5000, func(int) time.Time { return due })
		w.rung(5000, 20*time.Second)
		if open := w.count(`SELECT count(*) FROM timers WHERE state <> 1`); open != 0 {
			w.t.Errorf("%d still open", open)
		}
		w.t.Logf("5000 at once: the last %v late", w.lateness())
	})
}

func TestEmptiedRedisLosesNothing(t *testing.T) {
	w := newWorld(t)
	r := storetest.Redis(t)
	w.start(r)
	base := time.Now().Add(time.Second)
	w.set(300, func(i int) time.Time { return base.Add(time.Duration(i) * 5 * time.Millisecond) })
	for range 5 {
		time.Sleep(300 * time.Millisecond) // spread over the ringing
		if err := r.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	w.rung(300, 15*time.Second)
	if late := w.lateness(); late > 5*time.Second {
		t.Errorf("late by %v", late)
	}
}

func TestStoppedRedisLosesNothing(t *testing.T) {
	w := newWorld(t)
	r := storetest.NewRedis(t)
	w.start(r.Client)
	base := time.Now().Add(500 * time.Millisecond)
	w.set(100, func(i int) time.Time { return base.Add(time.Duration(i) * 10 * time.Millisecond) })
	r.Stop()
	w.set(100, func(i int) time.Time { return base.Add(time.Duration(i) * 10 * time.Millisecond) }) // only Postgres hears of these
	w.rung(200, 15*time.Second)
	if late := w.lateness(); late > 5*time.Second {
		t.Errorf("late by %v", late)
	}
	r.Start()
	again := time.Now().Add(2 * time.Second)
	w.set(100, func(i int) time.Time { return again })
	w.rung(300, 15*time.Second)
}

func TestDeadWorkersClaimComesBack(t *testing.T) {
	w := newWorld(t)
	r := storetest.Redis(t)
	w.set(200, func(int) time.Time { return time.Now() })
	dead := New(w.store, r, w.clock.now, nil)
	if err := dead.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range shards { // it claims everything and dies
		now := time.Now()
		if err := claimDue.Run(t.Context(), r, []string{dead.key(i), dead.mark(i)}, now.UnixMilli(), batch, now.Add(lease).UnixMilli()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	w.start(r)
	w.rung(200, lease+5*time.Second)
}

func TestClockJumps(t *testing.T) {
	both(t, func(w *world, r redis.UniversalClient) {
		w.start(r)
		base := time.Now()
		w.set(50, func(int) time.Time { return base.Add(50 * time.Second) })
		w.set(50, func(int) time.Time { return base.Add(100 * time.Second) })
		w.clock.move(time.Minute)
		w.rung(50, 10*time.Second)
		w.clock.move(-time.Minute)
		w.set(50, func(int) time.Time { return w.clock.now().Add(time.Second) })
		w.rung(100, 10*time.Second)
		w.clock.move(2 * time.Minute)
		w.rung(150, 10*time.Second)
	})
}

func TestSnoozedAndCancelled(t *testing.T) {
	both(t, func(w *world, r redis.UniversalClient) {
		w.start(r)
		due := time.Now().Add(700 * time.Millisecond)
		w.set(3, func(int) time.Time { return due })
		err := w.store.As(w.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Ledger.Cancels = []store.TimerCancel{{Kind: "reminder", Subject: 1}, {Kind: "reminder", Subject: 2}}
			tx.Ledger.Timers = []store.TimerRow{ // 2 is set anew, under its own key and a new time
				{Kind: "reminder", Subject: 2, Due: due.Add(time.Second), Dedupe: "t2", Surface: "wecom", Peer: "wecom:p"}}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.rung(1, 10*time.Second)
		if w.count(`SELECT subject FROM outbox`) != 3 {
			w.t.Error("the wrong one rang")
		}
		w.rung(2, 10*time.Second)
		if w.count(`SELECT count(*) FROM timers WHERE state = 2 AND subject = 1`) != 1 {
			w.t.Error("1 is not cancelled")
		}
	})
}

// A reminder far away is not in Redis; moving the demo clock there rings it at once.
func TestPokeAfterADemoMovesTheClock(t *testing.T) {
	w := newWorld(t)
	a := w.start(storetest.Redis(t))
	w.set(1, func(int) time.Time { return time.Now().Add(10 * 24 * time.Hour) })
	w.clock.move(10*24*time.Hour + time.Second)
	a.Poke()
	w.rung(1, 5*time.Second)
}
