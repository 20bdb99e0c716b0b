package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"gendan/crm"
)

// TimerDue is a timer that waits: its number and when it rings.
type TimerDue struct {
	ID  int64     `db:"id"`
	Due time.Time `db:"due"`
}

// fire closes the timers that a common table expression named due has found open, and writes their outbox rows. A
// timer closes once, so its row is written once, whoever else tries and whenever a process dies.
const fire = `
	, fired AS (
		UPDATE timers t
		SET state = 1, closed_at = now()
		FROM due d
		WHERE t.id = d.id AND t.state + 0 = 0 AND t.due <= $2
		RETURNING t.id, t.due, t.kind, t.subject, t.surface, t.peer, t.dedupe
	), o AS (
		INSERT INTO outbox (platform, lane, peer, kind, subject, key, not_before)
		SELECT surface, CASE WHEN peer = '' THEN 'timer:' || dedupe ELSE peer END, peer, kind, subject, 'timer:' || dedupe, due
		FROM fired
		ORDER BY due, id
	)
	SELECT surface, count(*) AS n FROM fired GROUP BY surface`

// firedCount is what fire answers.
type firedCount struct {
	Surface string `db:"surface"`
	N       int    `db:"n"`
}

func (s *Store) ringFired(counts []firedCount) (fired int) {
	var f flushed
	for _, c := range counts {
		fired += c.N
		f.platforms = append(f.platforms, c.Surface)
	}
	s.ring(f)
	return fired
}

// FireTimers rings those of ids that are open and due at now: one statement closes them and writes their outbox rows.
// It tells how many that were; the others rang before, were cancelled, or moved.
func (s *Store) FireTimers(ctx context.Context, ids []int64, now time.Time) (fired int, err error) {
	var counts []firedCount
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		counts = counts[:0]
		// "t.state + 0" keeps the planner off timers_open: with statistics that say "hardly any is open" it would
		// walk that whole index for every batch of a burst.
		return sqlx.SelectContext(ctx, q, &counts, `
			WITH due AS (SELECT unnest($1::bigint[]) AS id)`+fire, pq.Array(ids), now)
	})
	if err != nil {
		return 0, explain(err, "fire timers")
	}
	return s.ringFired(counts), nil
}

// FireDue rings up to limit timers that are due at now, earliest first, leaving out those that another process has in
// hand. It is the way without Redis, and the sweeper's.
func (s *Store) FireDue(ctx context.Context, now time.Time, limit int) (fired int, err error) {
	var counts []firedCount
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		counts = counts[:0]
		return sqlx.SelectContext(ctx, q, &counts, `
			WITH due AS MATERIALIZED (
				SELECT id FROM timers WHERE state = 0 AND due <= $2 ORDER BY due, id LIMIT $1 FOR UPDATE SKIP LOCKED
			)`+fire, limit, now)
	})
	if err != nil {
		return 0, explain(err, "fire due timers")
	}
	return s.ringFired(counts), nil
}

// OpenTimers lists open timers in order of their time, after a given one, at most limit: to fill an empty Redis.
func (s *Store) OpenTimers(ctx context.Context, after TimerDue, limit int) ([]TimerDue, error) {
	var list []TimerDue
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		list = list[:0]
		return sqlx.SelectContext(ctx, q, &list, `
			SELECT id, due FROM timers
			WHERE state = 0 AND (due, id) > ($1, $2)
			ORDER BY due, id
			LIMIT $3`, after.Due, after.ID, limit)
	})
	return list, explain(err, "open timers")
}

// NextDue tells when the earliest open timer rings; ok is false when none waits.
func (s *Store) NextDue(ctx context.Context) (due time.Time, ok bool, err error) {
	list, err := s.OpenTimers(ctx, TimerDue{}, 1)
	if err != nil || len(list) == 0 {
		return time.Time{}, false, err
	}
	return list[0].Due, true, nil
}

// SetTimers writes timers outside of anybody's turn, such as tomorrow's briefs; see [Ledger.Timers].
func (s *Store) SetTimers(ctx context.Context, rows []TimerRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		tx.Ledger.Timers = append(tx.Ledger.Timers, rows...)
		return nil
	}); err != nil {
		return fmt.Errorf("set timers: %w", err)
	}
	return nil
}
