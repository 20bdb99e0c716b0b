package store

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
)

// ProductRow is a product with what was sold of it.
type ProductRow struct {
	ID       int64  `db:"id"`
	Name     string `db:"name"`
	Category string `db:"category"`
	Price    *int64 `db:"price"` // fen; nil when not said
	LifeDays *int   `db:"life_days"`
	Version  int    `db:"version"`
}

const productColumns = `p.id, p.name, p.category, p.price, p.life_days, p.version`

// ProductNamed finds a product by its name in any spelling; crm.ErrNotFound.
func (tx *Tx) ProductNamed(ctx context.Context, name string) (p ProductRow, err error) {
	if err = tx.Get(ctx, &p, `SELECT `+productColumns+` FROM products p WHERE p.name_key = gendan_product_key($1) AND p.deleted_at IS NULL`, name); err != nil {
		return p, fmt.Errorf("product %q: %w", name, err)
	}
	return p, nil
}

// ProductsLike finds the products that were meant: those whose name holds bought or whose category is that, and those of a
// category. At least an empty list.
func (tx *Tx) ProductsLike(ctx context.Context, bought, category string) ([]int64, error) {
	ids := []int64{}
	if err := tx.Select(ctx, &ids, `
		SELECT p.id FROM products p
		WHERE ($1 = '' OR position(gendan_product_key($1) IN p.name_key) > 0 OR gendan_product_key(p.category) = gendan_product_key($1))
			AND ($2 = '' OR gendan_product_key(p.category) = gendan_product_key($2)) AND p.deleted_at IS NULL
		ORDER BY p.id`, strings.TrimSpace(bought), strings.TrimSpace(category)); err != nil {
		return nil, fmt.Errorf("products like %q: %w", bought+category, err)
	}
	return ids, nil
}

// AddProduct creates a product and notes it for undo; crm.ErrConflict when there is one of that name, the transaction goes on.
func (tx *Tx) AddProduct(ctx context.Context, p crm.CatalogProduct) (crm.ProductID, error) {
	var ids []int64
	if err := tx.Select(ctx, &ids, `
		INSERT INTO products (name, category, price, life_days, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, nullif($4::int, 0), $5, $6, $6) ON CONFLICT DO NOTHING RETURNING id`,
		strings.TrimSpace(p.Name), p.Category, moneyOrNull(p.Price), p.LifeDays, orNull(int64(tx.Actor.UserID)), tx.Now); err != nil {
		return 0, fmt.Errorf("product: %w", err)
	}
	if len(ids) == 0 {
		return 0, fmt.Errorf("product: %w", crm.ErrConflict)
	}
	tx.Created(crm.KindProduct, ids[0], 1)
	return crm.ProductID(ids[0]), nil
}

func moneyOrNull(m *crm.Money) any {
	if m == nil {
		return nil
	}
	return int64(*m)
}

// ProductListRow is a product in a list.
type ProductListRow struct {
	ProductRow
	Orders int `db:"orders"` // lines of orders that name it
	Total  int `db:"total"`  // products in the list
}

// Products lists the products of a category (all with ""), the most sold first.
func (tx *Tx) Products(ctx context.Context, category string, limit, skip int) (rows []ProductListRow, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT `+productColumns+`, count(i.order_id) AS orders, count(*) OVER () AS total
		FROM products p LEFT JOIN order_items i ON i.product_id = p.id
		WHERE p.deleted_at IS NULL AND ($1 = '' OR gendan_product_key(p.category) = gendan_product_key($1))
		GROUP BY p.id ORDER BY count(i.order_id) DESC, p.id LIMIT $2 OFFSET $3`, category, limit, skip); err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	return rows, nil
}
