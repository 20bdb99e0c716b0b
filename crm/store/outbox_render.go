package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// OutboxKnown tells whether a row of that key was ever written, sent or not.
func (tx *Tx) OutboxKnown(ctx context.Context, key string) (known bool, err error) {
	return known, tx.Get(ctx, &known, `SELECT EXISTS (SELECT FROM outbox_keys WHERE key = $1)`, key)
}

// OutboxRendered closes a claimed row whose meaning the transaction has put into rows of its own. It is
// [crm.ErrConflict] when another has closed it since: then this transaction must leave nothing behind.
func (tx *Tx) OutboxRendered(ctx context.Context, c OutboxClaim) error {
	n, err := tx.Exec(ctx, `
		UPDATE outbox SET state = 1, closed_at = now()
		WHERE id = $1 AND created_at = $2 AND state + 0 = 0`, c.ID, c.CreatedAt)
	if err == nil && n == 0 {
		err = fmt.Errorf("closed since: %w", crm.ErrConflict)
	}
	return explain(err, "outbox %d rendered", c.ID)
}

// OutboxAllRendered is [Tx.OutboxRendered] for several rows in one statement. closed are the ids that it closed; a row that
// another has closed since is not among them.
func (tx *Tx) OutboxAllRendered(ctx context.Context, claims []OutboxClaim) (closed map[int64]bool, err error) {
	closed = make(map[int64]bool, len(claims))
	if len(claims) == 0 {
		return closed, nil
	}
	ids := make([]int64, len(claims))
	first, last := claims[0].CreatedAt, claims[0].CreatedAt
	for i, c := range claims {
		ids[i] = c.ID
		if c.CreatedAt.Before(first) {
			first = c.CreatedAt
		}
		if c.CreatedAt.After(last) {
			last = c.CreatedAt
		}
	}
	var done []int64
	err = tx.Select(ctx, &done, `
		UPDATE outbox SET state = 1, closed_at = now()
		WHERE id = ANY ($1::bigint[]) AND created_at BETWEEN $2 AND $3 AND state + 0 = 0
		RETURNING id`, pq.Array(ids), first, last)
	for _, id := range done {
		closed[id] = true
	}
	return closed, explain(err, "outbox rendered")
}
