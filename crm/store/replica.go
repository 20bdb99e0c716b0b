package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"

	"gendan/crm"
)

// How far behind a replica may be for reports and counts, and for how long an answer to that holds.
const (
	staleAfter  = 30 * time.Second
	staleAsked  = time.Second
	staleWithin = 2 * time.Second // a replica that takes longer to say so is as good as down
)

// ErrPrimary is what a function of [Store.Reading] returns when only the primary can tell.
var ErrPrimary = errors.New("store: ask the primary")

// freshness remembers for a moment whether the replica may be read.
type freshness struct {
	mu    sync.Mutex
	asked time.Time
	fresh bool
}

// Reading runs fn in a transaction that only reads, as actor, on the replica, and tells whether it did: not when there is no
// replica, when it is down or more than 30 s behind, and when fn wrote after all or returned [ErrPrimary]. Then the caller reads from the primary.
func (s *Store) Reading(ctx context.Context, actor crm.Actor, fn func(ctx context.Context, tx *Tx) error) (read bool, err error) {
	if s.replica == s.app || !s.fresh(ctx) {
		return false, nil
	}
	conn, err := s.replica.Connx(ctx)
	if err != nil {
		s.stale(err)
		return false, nil
	}
	defer conn.Close()
	tx := &Tx{Actor: actor, Now: s.Now(), Ledger: &Ledger{}, Keys: s.keys, conn: conn, store: s, replica: true}
	defer func() {
		if tx.opened {
			rollback(ctx, conn)
		}
	}()
	err = fn(ctx, tx)
	if tx.failed != nil { // whatever a standby cannot do, the primary can
		s.stale(tx.failed)
		return false, nil
	}
	if errors.Is(err, ErrPrimary) {
		return false, nil
	}
	return true, err
}

// Replica tells whether the transaction is one of [Store.Reading].
func (tx *Tx) Replica() bool { return tx.replica }

// fresh tells whether the replica may be read: it shows a heartbeat of some process that is at most 30 s old. All processes that
// send write one every second.
func (s *Store) fresh(ctx context.Context) bool {
	f := &s.freshness
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.asked) < staleAsked {
		return f.fresh
	}
	ctx, cancel := context.WithTimeout(ctx, staleWithin)
	defer cancel()
	behind, err := s.behind(ctx)
	was := f.fresh
	f.asked, f.fresh = time.Now(), err == nil && behind <= staleAfter
	if was && !f.fresh {
		s.log.Warn("reports are read from the primary: the replica is down or behind", zap.Duration("behind", behind), zap.Error(err))
	}
	return f.fresh
}

// stale keeps the replica from being read for a moment.
func (s *Store) stale(err error) {
	s.log.Warn("replica", zap.Error(err))
	s.freshness.mu.Lock()
	defer s.freshness.mu.Unlock()
	s.freshness.asked, s.freshness.fresh = time.Now(), false
}

// behind is how old the last heartbeat is that the replica knows of.
func (s *Store) behind(ctx context.Context) (time.Duration, error) {
	tx, err := s.replica.BeginTxx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if s.pooled {
		if _, err := tx.ExecContext(ctx, `SET LOCAL ROLE gendan_app`); err != nil {
			return 0, err
		}
	}
	if _, err := tx.ExecContext(ctx, `SET LOCAL gendan.scope = 'system'`); err != nil {
		return 0, err
	}
	var seconds *float64
	if err := sqlx.GetContext(ctx, tx, &seconds, `SELECT extract(epoch FROM clock_timestamp() - max(seen_at))::float8 FROM processes`); err != nil {
		return 0, fmt.Errorf("heartbeat: %w", err)
	}
	if seconds == nil {
		return 0, errors.New("no heartbeat")
	}
	return time.Duration(*seconds * float64(time.Second)), nil
}
