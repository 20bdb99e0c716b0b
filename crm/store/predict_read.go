package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// RiskRow is a customer at risk.
type RiskRow struct {
	ID        int64      `db:"id"`
	Name      string     `db:"name"`
	OwnerName string     `db:"owner_name"`
	Risk      int        `db:"risk"`
	Alive     *float64   `db:"alive"`
	Every     *float64   `db:"every"`
	LastOrder time.Time  `db:"last_order"`
	Worth     int64      `db:"worth"`
	RisenAt   *time.Time `db:"risen_at"`
}

// RiskSum is how many customers are at risk, and what they spent within a year.
type RiskSum struct {
	Customers int   `db:"customers"`
	Worth     int64 `db:"worth"`
	Buyers    int   `db:"buyers"` // all who ever bought
	New       int   `db:"new"`    // at risk since the span began
}

// AtRisk lists the customers of owners (nil: all that the actor sees) who are at risk, the most valuable first, and sums them up.
// Whoever bought since they were looked at is not.
func (tx *Tx) AtRisk(ctx context.Context, owners []int64, since time.Time, limit, skip int) (rows []RiskRow, sum RiskSum, err error) {
	at := ` FROM customer_predictions p JOIN customer_facts f ON f.customer_id = p.customer_id AND f.last_order = p.last_order AND NOT f.gone
		WHERE p.risen_at IS NOT NULL AND ($1::bigint[] IS NULL OR f.owner_id = ANY ($1))`
	bought := `customer_facts b WHERE b.orders > 0 AND NOT b.gone`
	var mine any
	if owners != nil { // by the index of customers' owners: facts of others are not looked at
		mine, bought = pqInts(owners), `customers c JOIN customer_facts b ON b.customer_id = c.id WHERE c.owner_id = ANY ($1) AND c.deleted_at IS NULL AND b.orders > 0 AND NOT b.gone`
	}
	if err = tx.Select(ctx, &rows, `
		SELECT q.id, q.risk, q.alive, q.every, q.last_order, q.worth, q.risen_at, c.name, coalesce(u.name, '') AS owner_name FROM (
			SELECT p.customer_id AS id, p.risk, p.alive, p.every, p.last_order, p.worth, p.risen_at, f.owner_id`+at+`
			ORDER BY p.worth DESC, p.customer_id LIMIT $2 OFFSET $3
		) q JOIN customers c ON c.id = q.id LEFT JOIN users u ON u.id = q.owner_id ORDER BY q.worth DESC, q.id`, mine, limit, skip); err == nil {
		err = tx.Get(ctx, &sum, `
			SELECT count(*) AS customers, coalesce(sum(p.worth), 0)::bigint AS worth, count(*) FILTER (WHERE p.risen_at >= $2) AS new,
				(SELECT count(*) FROM `+bought+`) AS buyers`+at, mine, since)
	}
	if err != nil {
		return nil, sum, fmt.Errorf("at risk: %w", err)
	}
	return rows, sum, nil
}

// PredictionOf reads what is told of a customer; nil when nothing is, or when they bought since.
func (tx *Tx) PredictionOf(ctx context.Context, customer int64) (*RiskRow, error) {
	var rows []RiskRow
	if err := tx.Select(ctx, &rows, `
		SELECT p.customer_id AS id, p.risk, p.alive, p.every, p.last_order, p.worth, p.risen_at FROM customer_predictions p
		JOIN customer_facts f ON f.customer_id = p.customer_id AND f.last_order = p.last_order WHERE p.customer_id = $1`, customer); err != nil {
		return nil, fmt.Errorf("prediction of %d: %w", customer, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// CycleDueRow is a customer who should buy a product again.
type CycleDueRow struct {
	CycleRow
	Customer  string `db:"customer"`
	Product   string `db:"product"`
	OwnerName string `db:"owner_name"`
	Total     int    `db:"total"`
}

// CyclesDue lists what customers of owners (nil: all that the actor sees) should buy again before until, those left out whose time is over:
// whoever has stayed away past the end of the spread has probably bought elsewhere. The soonest come first.
func (tx *Tx) CyclesDue(ctx context.Context, owners []int64, from, until time.Time, limit, skip int) (rows []CycleDueRow, err error) {
	var mine any
	if owners != nil {
		mine = pqInts(owners)
	}
	if err = tx.Select(ctx, &rows, `
		SELECT q.customer_id, q.product_id, q.times, q.last_at, q.days, q.due_at, q.low_at, q.high_at, q.own, q.total,
			c.name AS customer, p.name AS product, coalesce(u.name, '') AS owner_name FROM (
			SELECT y.customer_id, y.product_id, y.times, y.last_at, y.days, y.due_at, y.low_at, y.high_at, y.own, f.owner_id, count(*) OVER ()::int AS total
			FROM customer_cycles y JOIN customer_facts f ON f.customer_id = y.customer_id AND NOT f.gone
			WHERE y.due_at < $3 AND (y.due_at >= $2 OR y.high_at > $4) AND ($1::bigint[] IS NULL OR f.owner_id = ANY ($1))
			ORDER BY y.due_at, y.customer_id, y.product_id LIMIT $5 OFFSET $6
		) q JOIN customers c ON c.id = q.customer_id JOIN products p ON p.id = q.product_id LEFT JOIN users u ON u.id = q.owner_id
		ORDER BY q.due_at, q.customer_id, q.product_id`, mine, from, until, tx.Now, limit, skip); err != nil {
		return nil, fmt.Errorf("cycles due: %w", err)
	}
	return rows, nil
}

// CyclesOf lists what a customer should buy again, the soonest first.
func (tx *Tx) CyclesOf(ctx context.Context, customer int64, limit int) (rows []CycleDueRow, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT y.customer_id, y.product_id, y.times, y.last_at, y.days, y.due_at, y.low_at, y.high_at, y.own, p.name AS product
		FROM customer_cycles y JOIN products p ON p.id = y.product_id
		WHERE y.customer_id = $1 AND y.high_at > $2 ORDER BY y.due_at LIMIT $3`, customer, tx.Now, limit); err != nil {
		return nil, fmt.Errorf("cycles of %d: %w", customer, err)
	}
	return rows, nil
}

// Shelf is what suggestions for a customer are made from: of the last fit, only what concerns them.
type Shelf struct {
	Owned   []int64
	Segment string // "" when the customer is like nobody
	Pairs   []ProductPairRow
	Follows []FollowRow
	Buyers  []BuyersRow // of all, and of the segment, for products that may be suggested
	Goods   []LifeRow   // the products that are named above
}

// shelfMost is how many of the most popular products may be suggested to whoever bought nothing that says more.
const shelfMost = 60

// ShelfOf reads it.
func (tx *Tx) ShelfOf(ctx context.Context, customer int64) (s Shelf, err error) {
	var facts struct {
		Products pq.Int64Array `db:"products"`
		Segment  string        `db:"segment"`
	}
	if err = tx.Get(ctx, &facts, `SELECT products, `+segmentOf+` AS segment FROM customer_facts WHERE customer_id = $1`, customer); err != nil {
		return s, fmt.Errorf("shelf of %d: %w", customer, err)
	}
	s.Owned, s.Segment = facts.Products, facts.Segment
	const fit = `fitted_at = (SELECT fitted_at FROM predict_models WHERE kind = 'baskets')`
	if err = tx.Select(ctx, &s.Pairs, `SELECT product_id, other_id, together, share, lift FROM product_pairs WHERE product_id = ANY ($1) AND `+fit, facts.Products); err != nil {
		return s, fmt.Errorf("shelf of %d: pairs: %w", customer, err)
	}
	if err = tx.Select(ctx, &s.Follows, `
		SELECT category, other, together, lift FROM category_follows
		WHERE category IN (SELECT category FROM products WHERE id = ANY ($1) AND category <> '') AND `+fit, facts.Products); err != nil {
		return s, fmt.Errorf("shelf of %d: follows: %w", customer, err)
	}
	others := make([]int64, 0, len(s.Pairs))
	for _, p := range s.Pairs {
		others = append(others, p.OtherID)
	}
	next := make([]string, 0, len(s.Follows))
	for _, f := range s.Follows {
		next = append(next, f.Other)
	}
	if err = tx.Select(ctx, &s.Buyers, `
		WITH goods AS (
			SELECT unnest($1::bigint[]) AS id
			UNION (SELECT product_id FROM product_buyers WHERE segment = '' AND `+fit+` ORDER BY buyers DESC LIMIT $4)
			UNION (SELECT product_id FROM product_buyers WHERE segment = $2 AND `+fit+` ORDER BY buyers DESC LIMIT $4)
			UNION (SELECT b.product_id FROM product_buyers b JOIN products p ON p.id = b.product_id WHERE p.category = ANY ($3) AND b.segment = '' AND b.`+fit+`
				ORDER BY b.buyers DESC LIMIT $4)
		)
		SELECT b.segment, b.product_id, b.buyers FROM product_buyers b JOIN goods g ON g.id = b.product_id WHERE b.segment IN ('', $2) AND b.`+fit,
		pq.Array(others), facts.Segment, pq.Array(next), shelfMost); err != nil {
		return s, fmt.Errorf("shelf of %d: buyers: %w", customer, err)
	}
	ids := append([]int64(facts.Products), others...)
	for _, b := range s.Buyers {
		ids = append(ids, b.ProductID)
	}
	if err = tx.Select(ctx, &s.Goods, `SELECT id, name, category, coalesce(life_days, 0) AS life_days FROM products WHERE id = ANY ($1) AND deleted_at IS NULL`, pq.Array(ids)); err != nil {
		return s, fmt.Errorf("shelf of %d: products: %w", customer, err)
	}
	return s, nil
}
