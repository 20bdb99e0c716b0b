package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// Elector lets one of several processes do what only one may do, such as holding a bot's only connection.
// The arbiter is an advisory lock in Postgres, held by a connection of its own: it ends with the process, whatever
// ends that. The lease in Redis only tells the others not to ask Postgres all the time; without Redis they do.
type Elector struct {
	s     *Store
	redis redis.UniversalClient // nil: Postgres alone
	token string
	retry time.Duration // between candidacies
	check time.Duration // between looks at our own lock
	lease time.Duration // of the Redis lease
}

// Elector makes the elector of this process; r may be nil. It needs a direct connection to Postgres, no
// transaction pooler.
func (s *Store) Elector(r redis.UniversalClient) *Elector {
	return &Elector{s: s, redis: r, token: rand.Text(), retry: time.Second, check: 2 * time.Second, lease: 6 * time.Second}
}

var (
	renewLease = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`)
	dropLease = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)
)

// Lead waits until this process is the one for name, runs work, and stands again when it lost the lead: then the
// ctx of work ends, and work should return at once, since another process may already have begun. It returns what
// work returned while leading, or nil when ctx ends.
func (e *Elector) Lead(ctx context.Context, name string, work func(ctx context.Context) error) error {
	// The first candidacy asks Postgres whatever the lease says: it may be that of our own predecessor, killed a moment ago.
	for first := true; ctx.Err() == nil; first = false {
		if e.candidate(ctx, name) || first {
			led, err := e.lead(ctx, name, work)
			e.drop(ctx, name)
			if led && ctx.Err() == nil {
				return err
			}
			if err != nil && ctx.Err() == nil {
				e.s.log.Debug("not leading", zap.String("name", name), zap.Error(err))
			}
		}
		pause(ctx, e.retry)
	}
	return nil
}

func (e *Elector) leaseKey(name string) string { return "gendan:{lead:" + name + "}" }

// candidate takes the lease, or says that somebody else has it. Redis away is no reason not to stand.
func (e *Elector) candidate(ctx context.Context, name string) bool {
	if e.redis == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	got, err := renewLease.Run(ctx, e.redis, []string{e.leaseKey(name)}, e.token, e.lease.Milliseconds()).Int()
	return err != nil || got == 1
}

func (e *Elector) drop(ctx context.Context, name string) {
	if e.redis == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = dropLease.Run(ctx, e.redis, []string{e.leaseKey(name)}, e.token).Err() // it expires by itself, too
}

// lead runs work while our connection holds the lock; led is true when work ended by itself.
func (e *Elector) lead(ctx context.Context, name string, work func(ctx context.Context) error) (led bool, err error) {
	conn, err := e.s.lock.Connx(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer discard(conn) // its end is what frees the lock
	// A dead host is noticed in half a minute rather than in two hours.
	if _, err := conn.ExecContext(ctx, `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3`); err != nil {
		return false, err
	}
	var got bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 7203))`, name).Scan(&got); err != nil || !got {
		return false, err
	}
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan error, 1)
	go func() { done <- work(working) }()
	tick := time.NewTicker(e.check)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return working.Err() == nil, err
		case <-tick.C:
			if working.Err() != nil {
				continue // lost or ending: waiting for work to return
			}
			look, cancel := context.WithTimeout(ctx, e.check)
			_, err := conn.ExecContext(look, `SELECT 1`)
			cancel()
			if err != nil && ctx.Err() == nil {
				e.s.log.Warn("lead lost", zap.String("name", name), zap.Error(err))
				stop(fmt.Errorf("lead of %s lost: %w", name, err))
				continue
			}
			e.candidate(ctx, name) // renews the lease
		}
	}
}
