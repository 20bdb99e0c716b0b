// Package timer is the alarm clock: it rings the timers that the store remembers, to the second, by moving them to
// the outbox when they are due.
//
// The truth is a row in Postgres and a timer rings by one statement that closes the row and writes the message,
// so nothing rings twice or gets lost, whatever dies when. Redis only makes it quick: a sorted set per shard holds
// ids by time, and a worker claims those due by re-scoring them to the end of a short lease in the same set. When
// Redis is away, was emptied or never was, the same rows are found in Postgres.
package timer

import (
	"context"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"gendan/crm/store"
)

const (
	shards   = 8                      // sorted sets, each with a worker; enough for two cores
	batch    = 500                    // timers in one claim and one statement
	lease    = 5 * time.Second        // a dead worker's claim comes back after this
	poll     = 500 * time.Millisecond // longest sleep of a worker: bounds how late another process's timer or a jump of the clock is seen
	grace    = time.Second            // how late a timer is before the sweeper takes it out of the workers' hands
	horizon  = 48 * time.Hour         // what lies further ahead is not yet in Redis
	refill   = time.Hour              // how often the horizon moves
	sweepers = 3                      // concurrent statements when Postgres works alone
)

// claimDue re-scores up to ARGV[2] members that are due at ARGV[1] to ARGV[3] and answers: whether the set was ever filled,
// the score of the first member after that, and the claimed members. All times are Unix milliseconds.
var claimDue = redis.NewScript(`
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #due > 0 then
  local set = {}
  for i = 1, #due do set[2*i-1] = ARGV[3]; set[2*i] = due[i] end
  redis.call('ZADD', KEYS[1], unpack(set))
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {redis.call('EXISTS', KEYS[2]), first[2] or '', unpack(due)}`)

// forget removes those members that still have our lease's score ARGV[1]: one that was set anew meanwhile stays.
var forget = redis.NewScript(`
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[1] then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 0`)

// Alarm is the alarm clock of one process. New makes it, Run runs it; several processes share the work.
type Alarm struct {
	store *store.Store
	redis redis.UniversalClient // nil: Postgres alone
	now   func() time.Time
	log   *zap.Logger

	prefix string
	wakes  [shards]chan struct{}
	sweep  chan struct{}
	fillUp chan struct{}
	down   atomic.Bool // Redis failed last time

	mu  sync.Mutex
	set []store.TimerDue // committed in this process, not yet in Redis
	add chan struct{}
}

// New makes an alarm clock. r may be nil; now is the service's clock.
func New(s *store.Store, r redis.UniversalClient, now func() time.Time, log *zap.Logger) *Alarm {
	if log == nil {
		log = zap.NewNop()
	}
	a := &Alarm{store: s, redis: r, now: now, log: log, prefix: "gendan:",
		sweep: make(chan struct{}, 1), fillUp: make(chan struct{}, 1), add: make(chan struct{}, 1)}
	for i := range a.wakes {
		a.wakes[i] = make(chan struct{}, 1)
	}
	s.OnTimers(a.noted)
	return a
}

// Run rings until ctx ends, and returns nil then.
func (a *Alarm) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	if a.redis != nil {
		for i := range shards {
			g.Go(func() error { a.work(ctx, i); return nil })
		}
		g.Go(func() error { a.fill(ctx); return nil })
		g.Go(func() error { a.feed(ctx); return nil })
	}
	g.Go(func() error { a.watch(ctx); return nil })
	return g.Wait()
}

// Poke tells that the clock has moved by hand: everybody looks again.
func (a *Alarm) Poke() {
	for _, w := range a.wakes {
		nudge(w)
	}
	nudge(a.sweep)
	nudge(a.fillUp)
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// sleep waits for wake, d or the end of ctx.
func sleep(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-wake:
	case <-t.C:
	case <-ctx.Done():
	}
}

func (a *Alarm) key(shard int) string { return a.prefix + "{timer" + strconv.Itoa(shard) + "}:due" }

// mark is there when the shard's set holds all that is due within the horizon; it goes when Redis is emptied.
func (a *Alarm) mark(shard int) string { return a.prefix + "{timer" + strconv.Itoa(shard) + "}:full" }

// score rounds up, so that nothing rings early.
func score(t time.Time) int64 { return (t.UnixMicro() + 999) / 1000 }

// work is the life of one shard's worker.
func (a *Alarm) work(ctx context.Context, shard int) {
	for ctx.Err() == nil {
		next, err := a.round(ctx, shard)
		wait := poll
		if err != nil {
			if ctx.Err() == nil && !a.down.Swap(true) {
				a.log.Warn("timers ring from Postgres alone", zap.Error(err))
			}
			nudge(a.sweep)
		} else {
			if a.down.Swap(false) {
				a.log.Info("timers ring from Redis again")
				nudge(a.fillUp)
			}
			wait = min(poll, next.Sub(a.now()))
		}
		sleep(ctx, a.wakes[shard], wait)
	}
}

// round claims and rings one batch and tells when the next member is due.
func (a *Alarm) round(ctx context.Context, shard int) (next time.Time, err error) {
	now := a.now()
	until := now.Add(lease).UnixMilli()
	call, cancel := context.WithTimeout(ctx, time.Second)
	v, err := claimDue.Run(call, a.redis, []string{a.key(shard), a.mark(shard)}, now.UnixMilli(), batch, until).Slice()
	cancel()
	if err != nil {
		return next, err
	}
	if full, _ := v[0].(int64); full == 0 {
		nudge(a.fillUp)
	}
	next = now.Add(time.Hour)
	if s, _ := v[1].(string); s != "" {
		if ms, err := strconv.ParseFloat(s, 64); err == nil && ms < math.MaxInt64/1e6 {
			next = time.UnixMilli(int64(ms))
		}
	}
	members := v[2:]
	if len(members) == 0 {
		return next, nil
	}
	ids := make([]int64, 0, len(members))
	for _, m := range members {
		text, _ := m.(string)
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	fired, err := a.store.FireTimers(ctx, ids, now)
	if err != nil { // the lease brings them back; the sweeper is likely sooner
		if ctx.Err() == nil {
			a.log.Warn("timers wait for Postgres", zap.Error(err))
		}
		return a.now().Add(poll), nil
	}
	if fired == len(ids) {
		return next, a.redis.ZRem(ctx, a.key(shard), members...).Err()
	}
	args := append([]any{until}, members...)
	return next, forget.Run(ctx, a.redis, []string{a.key(shard)}, args...).Err()
}

// noted takes timers committed in this process; the store calls it.
func (a *Alarm) noted(set []store.TimerDue) {
	if a.redis == nil {
		nudge(a.sweep)
		return
	}
	a.mu.Lock()
	a.set = append(a.set, set...)
	a.mu.Unlock()
	nudge(a.add)
	if a.down.Load() {
		nudge(a.sweep)
	}
}

// feed puts them into Redis. What fails is found by the sweeper.
func (a *Alarm) feed(ctx context.Context) {
	for {
		select {
		case <-a.add:
		case <-ctx.Done():
			return
		}
		a.mu.Lock()
		set := a.set
		a.set = nil
		a.mu.Unlock()
		end := a.now().Add(horizon)
		near := set[:0]
		for _, t := range set {
			if t.Due.Before(end) {
				near = append(near, t)
			}
		}
		if err := a.put(ctx, near, false); err != nil && ctx.Err() == nil {
			a.log.Debug("timers not in redis", zap.Int("timers", len(near)), zap.Error(err))
		}
	}
}

// put adds timers to their sets and wakes those workers. With keep, members that are there stay as they are, so
// that a running lease is not cut short.
func (a *Alarm) put(ctx context.Context, set []store.TimerDue, keep bool) error {
	if len(set) == 0 {
		return nil
	}
	var zs [shards][]redis.Z
	for _, t := range set {
		i := t.ID % shards
		zs[i] = append(zs[i], redis.Z{Score: float64(score(t.Due)), Member: t.ID})
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	p := a.redis.Pipeline()
	for i, z := range zs {
		for len(z) > 0 {
			n := min(len(z), 1000)
			if keep {
				p.ZAddNX(ctx, a.key(i), z[:n]...)
			} else {
				p.ZAdd(ctx, a.key(i), z[:n]...)
			}
			z = z[n:]
		}
	}
	_, err := p.Exec(ctx)
	for i, z := range zs {
		if len(z) > 0 {
			nudge(a.wakes[i])
		}
	}
	return err
}

// fill keeps all that is due within the horizon in Redis: at the start, when a set turns out to be new, and as the
// horizon moves.
func (a *Alarm) fill(ctx context.Context) {
	for ctx.Err() == nil {
		if err := a.load(ctx); err != nil && ctx.Err() == nil {
			a.log.Debug("timers not loaded into redis", zap.Error(err))
			sleep(ctx, nil, poll)
		} else {
			sleep(ctx, a.fillUp, refill)
		}
	}
}

func (a *Alarm) load(ctx context.Context) error {
	const page = 10_000
	end := a.now().Add(horizon)
	for after := (store.TimerDue{}); ; {
		list, err := a.store.OpenTimers(ctx, after, page)
		if err != nil {
			return err
		}
		n := len(list)
		for n > 0 && list[n-1].Due.After(end) {
			n--
		}
		if err := a.put(ctx, list[:n], true); err != nil {
			return err
		}
		if n < page {
			break
		}
		after = list[n-1]
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	p := a.redis.Pipeline()
	for i := range shards {
		p.Set(ctx, a.mark(i), 1, 0)
	}
	_, err := p.Exec(ctx)
	return err
}

// watch looks in Postgres: for everything while Redis is away, else only for what should have rung a moment ago.
func (a *Alarm) watch(ctx context.Context) {
	for ctx.Err() == nil {
		alone := a.redis == nil || a.down.Load()
		now := a.now()
		if !alone {
			now = now.Add(-grace)
		}
		more, err := a.drain(ctx, now)
		wait := time.Second
		switch {
		case err != nil:
			if ctx.Err() == nil {
				a.log.Warn("timers wait for Postgres", zap.Error(err))
			}
		case more:
			wait = 0
		case alone:
			if due, ok, err := a.store.NextDue(ctx); err == nil && ok {
				// A microsecond, since the clock may be read just before the time that was slept for.
				wait = max(time.Millisecond, min(wait, due.Sub(a.now())+time.Microsecond))
			}
		}
		sleep(ctx, a.sweep, wait)
	}
}

// drain rings what is due at now; more is true when there was a full batch, and likely more.
func (a *Alarm) drain(ctx context.Context, now time.Time) (more bool, err error) {
	fired, err := a.store.FireDue(ctx, now, batch)
	if err != nil || fired < batch {
		return false, err
	}
	g, ctx := errgroup.WithContext(ctx)
	for range sweepers {
		g.Go(func() error {
			for {
				if fired, err := a.store.FireDue(ctx, now, batch); err != nil || fired < batch {
					return err
				}
			}
		})
	}
	return true, g.Wait()
}
