// Command peers measures other schedulers as alarm clocks, beside the product's own: `gendan bench timers --peers
// bin/peers` runs it on its own servers. Their settings are the best that we found, their handlers do nothing but note
// the time; the product writes its message in the same breath.
//
// It flushes the Redis and empties the tables of the database that it is given. The last line is its figures, as JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// load is what is to be scheduled.
type load struct {
	n      int
	due    time.Time     // of the first
	window time.Duration // over which they are spread; 0: all at once
}

func (l load) dueOf(i int) time.Time {
	return l.due.Add(time.Duration(float64(l.window) * float64(i) / float64(l.n)))
}

// recorder notes how late each was done.
type recorder struct {
	mu   sync.Mutex
	late []time.Duration
	last time.Time
	all  chan struct{} // closed when n are done
	n    int
}

func newRecorder(n int) *recorder {
	return &recorder{n: n, all: make(chan struct{}), late: make([]time.Duration, 0, n)}
}

func (r *recorder) done(due time.Time) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = now
	if r.late = append(r.late, now.Sub(due)); len(r.late) == r.n {
		close(r.all)
	}
}

// wait ends when everything is done.
func (r *recorder) wait(ctx context.Context) error {
	select {
	case <-r.all:
		return nil
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		return fmt.Errorf("%d of %d done: %w", len(r.late), r.n, ctx.Err())
	}
}

// figure has the names of gendan's own summary.
type figure struct {
	Who     string  `json:"who"`
	Mode    string  `json:"mode"`
	N       int     `json:"n"`
	Set     float64 `json:"set_per_s"`
	Drain   float64 `json:"drain_per_s"`
	P50     float64 `json:"late_p50_ms"`
	P99     float64 `json:"late_p99_ms"`
	Max     float64 `json:"late_max_ms"`
	Early   int     `json:"early"`
	EarlyBy float64 `json:"early_by_ms,omitempty"`
}

// peers run a load: they set it, which takes as long as they return, work it off and tell rec.
var peers = map[string]func(ctx context.Context, l load, rec *recorder, database, redis string) (setting time.Duration, err error){
	"asynq": asynqPeer,
	"river": riverPeer,
}

func main() {
	var l load
	who := flag.String("peer", "", "asynq or river")
	flag.IntVar(&l.n, "n", 100_000, "how many")
	lead := flag.Duration("lead", 10*time.Second, "from now until the first is due")
	flag.DurationVar(&l.window, "window", 0, "over which they are spread; 0 is all at once")
	database := flag.String("database", os.Getenv("DATABASE_URL"), "Postgres, for river; its tables are emptied")
	redis := flag.String("redis", os.Getenv("REDIS_URL"), "Redis, for asynq; it is flushed")
	flag.Parse()
	f, err := measure(*who, l, *lead, *database, *redis)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func measure(who string, l load, lead time.Duration, database, redis string) (f figure, err error) {
	run := peers[who]
	if run == nil {
		return f, fmt.Errorf("-peer %q: asynq or river", who)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lead+l.window+4*time.Minute)
	defer cancel()
	l.due = time.Now().Add(lead).Truncate(time.Second).Add(time.Second)
	rec := newRecorder(l.n)
	setting, err := run(ctx, l, rec, database, redis)
	if err != nil {
		return f, fmt.Errorf("%s: %w", who, err)
	}
	slices.Sort(rec.late)
	at := func(q float64) float64 {
		return float64(rec.late[min(l.n-1, int(q*float64(l.n)))].Round(10*time.Microsecond)) / float64(time.Millisecond)
	}
	f = figure{Who: who, Mode: "burst", N: l.n, Set: float64(l.n) / setting.Seconds(), Drain: float64(l.n) / rec.last.Sub(l.due).Seconds(),
		P50: at(.5), P99: at(.99), Max: at(1)}
	if l.window > 0 {
		f.Mode = "spread"
	}
	f.Early, _ = slices.BinarySearch(rec.late, 0)
	if f.Early > 0 {
		f.EarlyBy = -at(0)
	}
	return f, nil
}
