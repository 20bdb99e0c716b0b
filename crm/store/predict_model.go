package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// ModelRow is a fitted model.
type ModelRow struct {
	Kind      string          `db:"kind"`
	Params    json.RawMessage `db:"params"`
	Customers int             `db:"customers"`
	FittedAt  time.Time       `db:"fitted_at"`
}

// Models reads the fitted models by kind: bgnbd, cycles, baskets.
func (tx *Tx) Models(ctx context.Context) (map[string]ModelRow, error) {
	var rows []ModelRow
	if err := tx.Select(ctx, &rows, `SELECT kind, params, customers, fitted_at FROM predict_models`); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	m := map[string]ModelRow{}
	for _, r := range rows {
		m[r.Kind] = r
	}
	return m, nil
}

// KeepModel writes down a fitted model.
func (tx *Tx) KeepModel(ctx context.Context, kind string, params any, customers int) error {
	text, err := json.Marshal(params)
	if err == nil {
		_, err = tx.Exec(ctx, `
			INSERT INTO predict_models (kind, params, customers, fitted_at) VALUES ($1, $2::text::jsonb, $3, $4)
			ON CONFLICT (kind) DO UPDATE SET params = excluded.params, customers = excluded.customers, fitted_at = excluded.fitted_at`, kind, string(text), customers, tx.Now)
	}
	if err != nil {
		return fmt.Errorf("model %s: %w", kind, err)
	}
	return nil
}

// LifeRow is what the catalogue says of a product.
type LifeRow struct {
	ID       int64  `db:"id"`
	Name     string `db:"name"`
	Category string `db:"category"`
	LifeDays int    `db:"life_days"` // 0: it is not used up
}

// Catalogue reads all products.
func (tx *Tx) Catalogue(ctx context.Context) (rows []LifeRow, err error) {
	if err = tx.Select(ctx, &rows, `SELECT id, name, category, coalesce(life_days, 0) AS life_days FROM products WHERE deleted_at IS NULL ORDER BY id`); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return rows, nil
}

// ProductCycleRow is how a product is bought again; see predict.ProductCycle.
type ProductCycleRow struct {
	ProductID int64   `db:"product_id"`
	Mean      float64 `db:"mean"`
	Between   float64 `db:"between"`
	Within    float64 `db:"within"`
	Customers int     `db:"customers"`
	Known     bool    `db:"known"`
}

// KeepProductCycles writes down the cycles of products, as of now.
func (tx *Tx) KeepProductCycles(ctx context.Context, rows []ProductCycleRow) error {
	n := len(rows)
	ids, customers := make([]int64, n), make([]int64, n)
	mean, between, within, known := make([]float64, n), make([]float64, n), make([]float64, n), make([]bool, n)
	for i, r := range rows {
		ids[i], customers[i], mean[i], between[i], within[i], known[i] = r.ProductID, int64(r.Customers), r.Mean, r.Between, r.Within, r.Known
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO product_cycles (product_id, mean, between, within, customers, known, fitted_at)
		SELECT r.*, $7 FROM unnest($1::bigint[], $2::float8[], $3::float8[], $4::float8[], $5::int[], $6::boolean[]) AS r
		ON CONFLICT (product_id) DO UPDATE SET mean = excluded.mean, between = excluded.between, within = excluded.within,
			customers = excluded.customers, known = excluded.known, fitted_at = excluded.fitted_at`,
		pq.Array(ids), pq.Array(mean), pq.Array(between), pq.Array(within), pq.Array(customers), pq.Array(known), tx.Now); err != nil {
		return fmt.Errorf("product cycles: %w", err)
	}
	return nil
}

// ProductCycles reads the cycles of the last fit.
func (tx *Tx) ProductCycles(ctx context.Context) (rows []ProductCycleRow, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT c.product_id, c.mean, c.between, c.within, c.customers, c.known FROM product_cycles c
		JOIN predict_models m ON m.kind = 'cycles' AND m.fitted_at = c.fitted_at`); err != nil {
		return nil, fmt.Errorf("product cycles: %w", err)
	}
	return rows, nil
}

// ProductPairRow is a product that is bought with or after another.
type ProductPairRow struct {
	ProductID int64   `db:"product_id"`
	OtherID   int64   `db:"other_id"`
	Together  int     `db:"together"`
	Share     float64 `db:"share"`
	Lift      float64 `db:"lift"`
}

// KeepPairs writes down pairs of products, as of now.
func (tx *Tx) KeepPairs(ctx context.Context, rows []ProductPairRow) error {
	n := len(rows)
	ids, others, together := make([]int64, n), make([]int64, n), make([]int64, n)
	share, lift := make([]float64, n), make([]float64, n)
	for i, r := range rows {
		ids[i], others[i], together[i], share[i], lift[i] = r.ProductID, r.OtherID, int64(r.Together), r.Share, r.Lift
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO product_pairs (product_id, other_id, together, share, lift, fitted_at)
		SELECT r.*, $6 FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::float8[], $5::float8[]) AS r
		ON CONFLICT (product_id, other_id) DO UPDATE SET together = excluded.together, share = excluded.share, lift = excluded.lift, fitted_at = excluded.fitted_at`,
		pq.Array(ids), pq.Array(others), pq.Array(together), pq.Array(share), pq.Array(lift), tx.Now); err != nil {
		return fmt.Errorf("product pairs: %w", err)
	}
	return nil
}

// FollowRow is a category that is bought with or after another.
type FollowRow struct {
	Category string  `db:"category"`
	Other    string  `db:"other"`
	Together int     `db:"together"`
	Lift     float64 `db:"lift"`
}

// KeepFollows writes down which category follows which, as of now.
func (tx *Tx) KeepFollows(ctx context.Context, rows []FollowRow) error {
	n := len(rows)
	from, to, together, lift := make([]string, n), make([]string, n), make([]int64, n), make([]float64, n)
	for i, r := range rows {
		from[i], to[i], together[i], lift[i] = r.Category, r.Other, int64(r.Together), r.Lift
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO category_follows (category, other, together, lift, fitted_at)
		SELECT r.*, $5 FROM unnest($1::text[], $2::text[], $3::int[], $4::float8[]) AS r
		ON CONFLICT (category, other) DO UPDATE SET together = excluded.together, lift = excluded.lift, fitted_at = excluded.fitted_at`,
		pq.Array(from), pq.Array(to), pq.Array(together), pq.Array(lift), tx.Now); err != nil {
		return fmt.Errorf("category follows: %w", err)
	}
	return nil
}

// BuyersRow is how many customers of a segment ("" is all) bought a product.
type BuyersRow struct {
	Segment   string `db:"segment"`
	ProductID int64  `db:"product_id"`
	Buyers    int    `db:"buyers"`
}

// KeepBuyers writes down who buys what, as of now.
func (tx *Tx) KeepBuyers(ctx context.Context, rows []BuyersRow) error {
	n := len(rows)
	segments, ids, buyers := make([]string, n), make([]int64, n), make([]int64, n)
	for i, r := range rows {
		segments[i], ids[i], buyers[i] = r.Segment, r.ProductID, int64(r.Buyers)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO product_buyers (segment, product_id, buyers, fitted_at)
		SELECT r.*, $4 FROM unnest($1::text[], $2::bigint[], $3::int[]) AS r
		ON CONFLICT (segment, product_id) DO UPDATE SET buyers = excluded.buyers, fitted_at = excluded.fitted_at`,
		pq.Array(segments), pq.Array(ids), pq.Array(buyers), tx.Now); err != nil {
		return fmt.Errorf("product buyers: %w", err)
	}
	return nil
}

// SegmentsOf reads by which segment customers who bought little are likened to others: their industry, else where they came from; of
// every customer with a number divisible by nth.
func (tx *Tx) SegmentsOf(ctx context.Context, nth int) (map[int64]string, error) {
	var rows []struct {
		ID      int64  `db:"id"`
		Segment string `db:"segment"`
	}
	if err := tx.Select(ctx, &rows, `SELECT customer_id AS id, `+segmentOf+` AS segment FROM customer_facts WHERE orders > 0 AND customer_id % $1 = 0`, max(1, nth)); err != nil {
		return nil, fmt.Errorf("segments: %w", err)
	}
	m := map[int64]string{}
	for _, r := range rows {
		m[r.ID] = r.Segment
	}
	return m, nil
}

const segmentOf = `CASE WHEN industry <> '' THEN 'industry:' || industry WHEN source <> '' THEN 'source:' || source ELSE '' END`
