package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"
)

// TicketLoad counts the open tickets that each of people handles; who handles none is not in it.
func (tx *Tx) TicketLoad(ctx context.Context, people []int64) (map[int64]int, error) {
	var rows []struct {
		User int64 `db:"owner_id"`
		Open int   `db:"open"`
	}
	err := tx.Select(ctx, &rows, `
		SELECT p.id AS owner_id, (SELECT count(*) FROM tickets t WHERE t.owner_id = p.id AND t.deleted_at IS NULL AND t.state <> 'closed') AS open
		FROM unnest($1::bigint[]) p (id)`, pq.Array(people))
	if err != nil {
		return nil, fmt.Errorf("ticket load: %w", err)
	}
	load := make(map[int64]int, len(rows))
	for _, row := range rows {
		load[row.User] = row.Open
	}
	return load, nil
}
