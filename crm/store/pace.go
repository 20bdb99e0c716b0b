package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
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

// OutboxBehind lists what waits behind each of claims in its lane and could go with it now, of the same kind, oldest first,
// at most most in a lane. They are not leased: whoever closes them first has them.
func (tx *Tx) OutboxBehind(ctx context.Context, claims []OutboxClaim, most int) ([]OutboxClaim, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	var lanes []string
	var ids []int64
	oldest := claims[0].CreatedAt
	for _, c := range claims {
		lanes, ids = append(lanes, c.Lane), append(ids, c.ID)
		if c.CreatedAt.Before(oldest) {
			oldest = c.CreatedAt
		}
	}
	var rows []OutboxClaim
	err := tx.Select(ctx, &rows, `
		SELECT o.id, o.created_at, o.platform, o.lane, o.peer, o.kind, o.subject, o.key, o.payload, o.attempts
		FROM unnest($1::text[], $2::bigint[]) AS u (lane, id)
			CROSS JOIN LATERAL (
				SELECT * FROM outbox o
				WHERE o.lane = u.lane AND o.id > u.id AND o.state = 0 AND o.kind = $3 AND o.not_before <= $4 AND o.created_at >= $5
				ORDER BY o.id LIMIT $6
			) o
		ORDER BY o.id`, pq.Array(lanes), pq.Array(ids), claims[0].Kind, tx.Now, oldest, most)
	if err != nil {
		return nil, fmt.Errorf("outbox behind: %w", err)
	}
	for i := range rows {
		if rows[i].Payload, err = tx.Keys.Open("outbox", "payload", rows[i].Payload); err != nil {
			return nil, fmt.Errorf("outbox %d: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}
