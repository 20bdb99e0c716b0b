package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"

	"gendan/crm"
)

// A process that leases messages says every beat that it lives. One that has been silent loses its leases to its
// peers, or to itself started again; nobody judges who has not just been heard three times himself, so that after an
// outage of Postgres all have time to come back.
const (
	beatEvery   = time.Second
	silence     = 4 * time.Second // then a peer takes over
	freshFor    = 3 * time.Second // how long after its last beat a process may still begin to send
	beatsToRule = 3
)

// presence is this process in the table of processes, from its first lease on.
type presence struct {
	mu    sync.Mutex
	id    int64     // 0 before the first lease, and after peers have given us up
	beat  time.Time // the last one that Postgres took
	beats int       // in a row
	begun bool      // the heart beats
}

// present is this process's number, which leases carry. The first call enters it and starts the heartbeat.
func (s *Store) present(ctx context.Context) (int64, error) {
	p := &s.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id != 0 {
		return p.id, nil
	}
	start, id := time.Now(), int64(0)
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &id, `INSERT INTO processes DEFAULT VALUES RETURNING id`)
	})
	if err != nil {
		return 0, explain(err, "enter process")
	}
	p.id, p.beat, p.beats = id, start, 0
	if !p.begun {
		p.begun = true
		s.done.Go(func() { s.keepBeating(s.background) })
	}
	return id, nil
}

// Holds reports whether c is surely this process's own for as long as that: only then may it begin to send it. After a
// pause of the process or of Postgres it is not; nor when peers have given this process up since, though by now it may
// have entered anew.
func (s *Store) Holds(c OutboxClaim, long time.Duration) bool {
	s.presence.mu.Lock()
	defer s.presence.mu.Unlock()
	return c.owner != 0 && s.presence.id == c.owner && time.Since(s.presence.beat) < freshFor && time.Until(c.until) >= long
}

func (s *Store) keepBeating(ctx context.Context) {
	for pause(ctx, beatEvery) {
		if err := s.heartbeat(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("heartbeat", zap.Error(err))
		}
	}
}

// heartbeat says that this process lives, and after some of them in a row takes over from those that are silent.
func (s *Store) heartbeat(ctx context.Context) error {
	p := &s.presence
	p.mu.Lock()
	id := p.id
	p.mu.Unlock()
	if id == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	start := time.Now()
	var living bool
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &living, `UPDATE processes SET seen_at = clock_timestamp() WHERE id = $1 AND NOT gone RETURNING true`, id)
	})
	err = explain(err, "beat")
	p.mu.Lock()
	switch {
	case errors.Is(err, crm.ErrNotFound): // given up: what we had leased is others' now, and the next lease is made anew
		p.id, p.beats, err = 0, 0, nil
	case err != nil || time.Since(p.beat) > freshFor:
		p.beats = 0
	default:
		p.beats++
	}
	if err == nil {
		p.beat = start
	}
	rule := p.beats >= beatsToRule
	p.mu.Unlock()
	if !rule {
		return err
	}
	return s.takeOver(ctx, id)
}

func (s *Store) takeOver(ctx context.Context, me int64) error {
	var platforms []string
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		platforms = platforms[:0]
		return sqlx.SelectContext(ctx, q, &platforms, `SELECT * FROM gendan_take_over($1, make_interval(secs => $2))`, me, silence.Seconds())
	})
	if err != nil {
		return explain(err, "take over")
	}
	s.ring(flushed{platforms: platforms})
	return nil
}
