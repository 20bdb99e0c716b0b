package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// Setting is what the company has set under name, as JSON; nil when nothing is set.
func (tx *Tx) Setting(ctx context.Context, name string) (value json.RawMessage, err error) {
	err = tx.Get(ctx, &value, `SELECT value FROM settings WHERE name = $1`, name)
	if errors.Is(err, crm.ErrNotFound) || err == nil && string(value) == "null" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("setting %s: %w", name, err)
	}
	return value, nil
}

// KeepSetting sets what the company wants under name; nil is the default again. Only the service itself may. Settings are not
// deleted, which the application has no right to, but set to null.
func (tx *Tx) KeepSetting(ctx context.Context, name string, value json.RawMessage) error {
	if value == nil {
		value = json.RawMessage("null")
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`, name, []byte(value))
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	return nil
}

// PromiseEnded writes down how a promise about a ticket ended. One whose deadline passes without an end has At zero.
func (tx *Tx) PromiseEnded(ctx context.Context, id crm.TicketID, e crm.Ended) error {
	if _, err := tx.Exec(ctx, `SELECT gendan_promise_ended($1, $2, $3, $4, $5)`, int64(id), e.Clock, e.Due, orNone(e.At), e.Kept); err != nil {
		return fmt.Errorf("ticket %d: promise: %w", id, err)
	}
	return nil
}

// PromiseRuns takes back that a promise about a ticket ended.
func (tx *Tx) PromiseRuns(ctx context.Context, id crm.TicketID, clock string, due time.Time) error {
	if _, err := tx.Exec(ctx, `SELECT gendan_promise_runs($1, $2, $3)`, int64(id), clock, due); err != nil {
		return fmt.Errorf("ticket %d: promise: %w", id, err)
	}
	return nil
}

// Unwatched lists up to limit open tickets with a deadline that no timer waits for, has waited for, or that was found broken
// before now: after a restore, an import, or a change by hand.
func (tx *Tx) Unwatched(ctx context.Context, now time.Time, limit int) (ids []crm.TicketID, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT DISTINCT t.id
		FROM tickets t CROSS JOIN LATERAL (VALUES
			('first', CASE WHEN t.first_at IS NULL THEN t.first_due END),
			('next', CASE WHEN t.waiting_since IS NULL AND t.asked_at IS NOT NULL THEN t.next_due END),
			('solve', CASE WHEN t.waiting_since IS NULL THEN t.solve_due END)) c (clock, due)
		WHERE t.deleted_at IS NULL AND t.state <> 'closed' AND t.due IS NOT NULL AND c.due IS NOT NULL
			AND NOT (c.clock = ANY (t.breached) AND c.due <= $1)
			AND NOT EXISTS (SELECT FROM timers w WHERE w.state <> 2
				AND w.dedupe = 'sla:' || t.id || ':' || c.clock || ':100.0:' || floor(extract(epoch FROM c.due))::bigint)
		ORDER BY t.id
		LIMIT $2`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("unwatched tickets: %w", err)
	}
	return ids, nil
}

// PromiseCount is how many promises of one sort were kept and broken.
type PromiseCount struct {
	Key    string `db:"key"` // what they have in common: a clock, a person's name, a kind
	Kept   int    `db:"kept"`
	Broken int    `db:"broken"`
}

// promiseKeys are what promises can be counted by.
var promiseKeys = map[string]string{
	"clock": "p.clock", "person": "coalesce(u.name, '')", "kind": "p.kind", "sla": "p.sla", "priority": "p.priority",
}

// PromiseCounts counts the promises that ended from from until before to, by one of promiseKeys, the most broken first.
// With people it counts theirs only; nil is everybody's that the actor sees.
func (tx *Tx) PromiseCounts(ctx context.Context, by string, from, to time.Time, people []int64) (rows []PromiseCount, err error) {
	key, ok := promiseKeys[by]
	if !ok {
		return nil, fmt.Errorf("%w: promises by %q", crm.ErrInvalid, by)
	}
	err = tx.Select(ctx, &rows, `
		SELECT `+key+` AS key, count(*) FILTER (WHERE p.kept) AS kept, count(*) FILTER (WHERE NOT p.kept) AS broken
		FROM promises p LEFT JOIN users u ON u.id = p.owner_id
		WHERE p.counted >= $1 AND p.counted < $2 AND ($3::bigint[] IS NULL OR p.owner_id = ANY ($3))
		GROUP BY 1
		ORDER BY 3 DESC, 2 DESC, 1
		LIMIT 50`, from, to, pq.Array(people))
	if err != nil {
		return nil, fmt.Errorf("promises: %w", err)
	}
	return rows, nil
}

// BrokenPromise is a promise that was not kept.
type BrokenPromise struct {
	Ticket   int64      `db:"ticket_id"`
	Clock    string     `db:"clock"`
	Due      time.Time  `db:"due"`
	Ended    *time.Time `db:"ended_at"`
	Kind     string     `db:"kind"`
	Owner    string     `db:"owner"`
	Customer string     `db:"customer"`
}

// BrokenPromises lists the broken ones of [Tx.PromiseCounts], the last one first.
func (tx *Tx) BrokenPromises(ctx context.Context, from, to time.Time, people []int64, limit int) (rows []BrokenPromise, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT p.ticket_id, p.clock, p.due, p.ended_at, p.kind, coalesce(u.name, '') AS owner,
			coalesce(c.name, gendan_customer_called(t.customer_id), '') AS customer
		FROM promises p JOIN tickets t ON t.id = p.ticket_id LEFT JOIN users u ON u.id = p.owner_id LEFT JOIN customers c ON c.id = t.customer_id
		WHERE NOT p.kept AND p.counted >= $1 AND p.counted < $2 AND ($3::bigint[] IS NULL OR p.owner_id = ANY ($3))
		ORDER BY p.counted DESC, p.ticket_id DESC, p.clock
		LIMIT $4`, from, to, pq.Array(people), limit)
	if err != nil {
		return nil, fmt.Errorf("broken promises: %w", err)
	}
	return rows, nil
}
