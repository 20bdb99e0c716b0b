package store

import (
	"context"
	"fmt"
	"time"
)

// OutboxLater gives a claimed row back until at, by the service's clock; meanwhile it holds up nothing. A row that another
// process has leased since is left alone.
func (s *Store) OutboxLater(ctx context.Context, c OutboxClaim, at time.Time) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			UPDATE outbox SET not_before = $3, free_at = '-infinity', attempts = greatest(0, attempts - 1), owner = 0
			WHERE id = $1 AND created_at = $2 AND state + 0 = 0 AND owner = $4`, c.ID, c.CreatedAt, at, c.owner)
		return err
	}), "outbox %d later", c.ID)
}

// OutboxLane lists the open rows that wait behind c in its lane and could go with it now, oldest first, at most most. They
// are locked: whoever renders them with c closes them in the same transaction.
func (tx *Tx) OutboxLane(ctx context.Context, c OutboxClaim, most int) ([]OutboxClaim, error) {
	var rows []OutboxClaim
	err := tx.Select(ctx, &rows, `
		SELECT id, created_at, platform, lane, peer, kind, subject, key, payload, attempts FROM outbox
		WHERE lane = $1 AND id > $2 AND state = 0 AND kind = $3 AND not_before <= $4 AND created_at >= $5
		ORDER BY id LIMIT $6 FOR UPDATE SKIP LOCKED`, c.Lane, c.ID, c.Kind, tx.Now, c.CreatedAt, most)
	if err != nil {
		return nil, fmt.Errorf("outbox lane of %d: %w", c.ID, err)
	}
	for i := range rows {
		if rows[i].Payload, err = tx.Keys.Open("outbox", "payload", rows[i].Payload); err != nil {
			return nil, fmt.Errorf("outbox %d: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}
