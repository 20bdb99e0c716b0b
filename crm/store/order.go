package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// AddOrder creates o with its lines and notes it for undo. What it names and nobody sold before becomes a product.
// crm.ErrConflict when its shop has an order of that number.
func (tx *Tx) AddOrder(ctx context.Context, o crm.Order) (crm.OrderID, error) {
	n := len(o.Items)
	products, categories, quantities, amounts := make([]string, n), make([]string, n), make([]float64, n), make([]int64, n)
	for i, item := range o.Items {
		products[i], categories[i], quantities[i], amounts[i] = item.Product, item.Category, item.Quantity, int64(item.Amount)
	}
	if n > 0 {
		if _, err := tx.Exec(ctx, `
			INSERT INTO products AS p (name, category, created_by, created_at, updated_at)
			SELECT DISTINCT ON (gendan_product_key(u.name)) u.name, u.category, $3::bigint, $4::timestamptz, $4::timestamptz
			FROM unnest($1::text[], $2::text[]) AS u (name, category) WHERE gendan_product_key(u.name) <> '' ORDER BY gendan_product_key(u.name)
			ON CONFLICT (name_key) WHERE deleted_at IS NULL DO UPDATE SET category = excluded.category WHERE p.category = '' AND excluded.category <> ''`,
			pq.Array(products), pq.Array(categories), orNull(int64(tx.Actor.UserID)), tx.Now); err != nil {
			return 0, fmt.Errorf("order: products: %w", err)
		}
	}
	var id int64
	err := tx.Get(ctx, &id, `
		WITH o AS (
			INSERT INTO orders (customer_id, owner_id, product, quantity, amount, at, created_by, created_at, updated_at, number, shop)
			VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $7, $8, $9)
			RETURNING id
		), lines AS (
			INSERT INTO order_items (order_id, line, product, product_id, quantity, amount)
			SELECT o.id, u.line, u.product, p.id, u.quantity, u.amount
			FROM o, unnest($10::text[], $11::float8[], $12::bigint[]) WITH ORDINALITY AS u (product, quantity, amount, line)
			LEFT JOIN products p ON p.name_key = gendan_product_key(u.product) AND p.deleted_at IS NULL
			WHERE u.product <> ''
		)
		SELECT id FROM o`,
		int64(o.CustomerID), int64(o.OwnerID), o.Product, o.Quantity, int64(o.Amount), o.At, tx.Now, o.Number, o.Shop,
		pq.Array(products), pq.Array(quantities), pq.Array(amounts))
	if err != nil {
		return 0, fmt.Errorf("order: %w", err)
	}
	tx.Created(crm.KindOrder, id, 1)
	return crm.OrderID(id), nil
}

// NumberedOrder is an order that a shop knows by a number.
type NumberedOrder struct {
	ID         int64  `db:"id"`
	CustomerID int64  `db:"customer_id"`
	Product    string `db:"product"`
}

// OrderNumbered finds the order of a shop's number among those that the actor sees; crm.ErrNotFound.
func (tx *Tx) OrderNumbered(ctx context.Context, shop, number string) (o NumberedOrder, err error) {
	if err = tx.Get(ctx, &o, `SELECT id, customer_id, product FROM orders WHERE shop = $1 AND number = $2 AND deleted_at IS NULL`, shop, number); err != nil {
		return o, fmt.Errorf("order %s: %w", number, err)
	}
	return o, nil
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
