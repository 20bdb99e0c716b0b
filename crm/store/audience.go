package store

import (
	"context"
	"fmt"
	"slices"
)

// Audience walks the customers of a query that the actor sees: the numbers after one, lowest first, at most limit of them.
func (tx *Tx) Audience(ctx context.Context, q CustomerQuery, after int64, limit int) (ids []int64, err error) {
	for skip := 0; ; skip += 1000 {
		q.Limit, q.Skip = 1000, skip
		rows, _, err := tx.SearchCustomers(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("audience: %w", err)
		}
		for _, row := range rows {
			if row.ID > after {
				ids = append(ids, row.ID)
			}
		}
		if len(rows) < q.Limit {
			slices.Sort(ids)
			return ids[:min(len(ids), limit)], nil
		}
	}
}

// CountCustomers counts the customers of a query that the actor sees.
func (tx *Tx) CountCustomers(ctx context.Context, q CustomerQuery) (int, error) {
	ids, err := tx.Audience(ctx, q, 0, 1<<30)
	return len(ids), err
}
