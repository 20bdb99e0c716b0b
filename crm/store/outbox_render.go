package store

import (
	"context"
	"fmt"

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
