package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// AddOrder creates o and notes it for undo.
func (tx *Tx) AddOrder(ctx context.Context, o crm.Order) (crm.OrderID, error) {
	var id int64
	err := tx.Get(ctx, &id, `
		INSERT INTO orders (customer_id, owner_id, product, quantity, amount, at, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $7)
		RETURNING id`,
		int64(o.CustomerID), int64(o.OwnerID), o.Product, o.Quantity, int64(o.Amount), o.At, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("order: %w", err)
	}
	tx.Created(crm.KindOrder, id, 1)
	return crm.OrderID(id), nil
}

// bought are the lines of a customer's purchases: $1 is the customer.
const bought = `
	SELECT 'order' AS kind, o.id, o.at, o.product AS what, o.quantity, o.amount FROM orders o
	WHERE o.customer_id = $1 AND o.deleted_at IS NULL
	UNION ALL
	SELECT 'deal', d.id, coalesce(d.closed_at, d.updated_at), coalesce(nullif(d.product, ''), d.title), d.quantity, d.amount FROM deals d
	WHERE d.customer_id = $1 AND d.state = 'won' AND d.deleted_at IS NULL`

// PurchasesOf is what a customer has bought: its won deals and its orders. At most limit lines, after skip of them; the
// sums are of all.
func (tx *Tx) PurchasesOf(ctx context.Context, customer crm.CustomerID, limit, skip int) (p crm.Purchases, err error) {
	var rows []struct {
		Kind     string    `db:"kind"`
		ID       int64     `db:"id"`
		At       time.Time `db:"at"`
		What     string    `db:"what"`
		Quantity float64   `db:"quantity"`
		Amount   int64     `db:"amount"`
		Count    int       `db:"n"`
		Sum      int64     `db:"total"`
		Last     time.Time `db:"last"`
	}
	err = tx.Select(ctx, &rows, `
		SELECT *, count(*) OVER () AS n, (sum(amount) OVER ())::bigint AS total, max(at) OVER () AS last
		FROM (`+bought+`) b
		ORDER BY at DESC, id DESC LIMIT $2 OFFSET $3`, int64(customer), limit, skip)
	if err != nil {
		return p, fmt.Errorf("purchases of %d: %w", customer, err)
	}
	for _, row := range rows {
		p.Count, p.Sum, p.Last = row.Count, crm.Money(row.Sum), row.Last
		p.Rows = append(p.Rows, crm.Purchase{Record: crm.Ref{Kind: crm.Kind(row.Kind), ID: row.ID, Name: row.What}, At: row.At, What: row.What,
			Quantity: row.Quantity, Amount: crm.Money(row.Amount)})
	}
	return p, nil
}
