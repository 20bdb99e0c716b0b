package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// LoadedOrder is an order that was written past the program and has not earned its points yet.
type LoadedOrder struct {
	ID       int64     `db:"id"`
	Customer int64     `db:"customer_id"`
	Name     string    `db:"name"` // of the customer
	Member   bool      `db:"member"`
	At       time.Time `db:"at"`
	Amount   int64     `db:"amount"` // fen
	Product  string    `db:"product"`
	RawLines []byte    `db:"lines"`

	Lines []crm.PointsLine `db:"-"`
}

// TakeLoaded takes at most limit of the orders that wait for their points, the first ones bought first; taken is how many that
// were, with those that earn nothing any more: deleted since, of a customer who is gone, or entered already.
func (tx *Tx) TakeLoaded(ctx context.Context, limit int) (rows []LoadedOrder, taken int, err error) {
	var ids []int64
	if err = tx.Select(ctx, &ids, `SELECT gendan_take_loaded($1)`, limit); err != nil {
		return nil, 0, fmt.Errorf("loaded orders: %w", err)
	}
	if len(ids) == 0 {
		return nil, 0, nil
	}
	if err = tx.Select(ctx, &rows, `
		SELECT o.id, o.customer_id, c.name, coalesce(a.member, false) AS member, o.at, o.amount, o.product,
			coalesce((SELECT jsonb_agg(jsonb_build_object('Product', i.product, 'Category', coalesce(p.category, ''), 'Amount', i.amount) ORDER BY i.line)
				FROM order_items i LEFT JOIN products p ON p.id = i.product_id WHERE i.order_id = o.id), '[]') AS lines
		FROM orders o JOIN customers c ON c.id = o.customer_id AND c.deleted_at IS NULL LEFT JOIN points_accounts a ON a.customer_id = o.customer_id
		WHERE o.id = ANY ($1) AND o.deleted_at IS NULL AND o.amount > 0
			AND NOT EXISTS (SELECT FROM points_ledger l WHERE l.source_kind = 'order' AND l.source_id = o.id)
		ORDER BY o.at, o.id`, pq.Array(ids)); err != nil {
		return nil, 0, fmt.Errorf("loaded orders: %w", err)
	}
	for i := range rows {
		var lines []struct {
			Product, Category string
			Amount            int64 // fen; crm.Money reads yuan
		}
		if err := json.Unmarshal(rows[i].RawLines, &lines); err != nil {
			return nil, 0, fmt.Errorf("lines of order %d: %w", rows[i].ID, err)
		}
		for _, l := range lines {
			rows[i].Lines = append(rows[i].Lines, crm.PointsLine{Product: l.Product, Category: l.Category, Amount: crm.Money(l.Amount)})
		}
	}
	return rows, len(ids), nil
}
