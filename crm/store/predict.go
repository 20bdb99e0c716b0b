package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// PurchaseRow is a thing that a customer bought.
type PurchaseRow struct {
	CustomerID int64     `db:"customer_id"`
	At         time.Time `db:"at"`
	ProductID  int64     `db:"product_id"` // 0: not said what
	Quantity   float64   `db:"quantity"`
	Purchase   int64     `db:"purchase"` // the order or deal
}

const purchaseColumns = `customer_id, at, coalesce(product_id, 0) AS product_id, coalesce(quantity, 0) AS quantity, purchase`

// PurchasesSample reads what every customer with a number divisible by nth bought, customer by customer, the oldest first.
func (tx *Tx) PurchasesSample(ctx context.Context, nth int) (rows []PurchaseRow, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT `+purchaseColumns+` FROM gendan_purchases
		WHERE customer_id % $1 = 0 AND at <= $2 ORDER BY customer_id, at, purchase`, max(1, nth), tx.Now); err != nil {
		return nil, fmt.Errorf("purchases: %w", err)
	}
	return rows, nil
}

// PurchasesOfAll reads what customers bought, customer by customer, the oldest first.
func (tx *Tx) PurchasesOfAll(ctx context.Context, customers []int64) (rows []PurchaseRow, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT `+purchaseColumns+` FROM gendan_purchases
		WHERE customer_id = ANY ($1) AND at <= $2 ORDER BY customer_id, at, purchase`, pq.Array(customers), tx.Now); err != nil {
		return nil, fmt.Errorf("purchases: %w", err)
	}
	return rows, nil
}

// Buyers counts the customers who bought anything, exactly up to a limit.
func (tx *Tx) Buyers(ctx context.Context) (n int, err error) {
	if err = tx.Get(ctx, &n, `SELECT count(*) FROM customer_facts WHERE orders > 0`); err != nil {
		return 0, fmt.Errorf("buyers: %w", err)
	}
	return n, nil
}

// BuyerRow is a customer whose prediction is to be told anew, with what was told last.
type BuyerRow struct {
	ID        int64      `db:"id"`
	LastOrder time.Time  `db:"last_order"`
	Worth     int64      `db:"worth"` // fen, spent within a year
	Risk      *int       `db:"risk"`  // nil: never told
	RisenAt   *time.Time `db:"risen_at"`
}

// BuyersDue lists customers after a number whose purchases changed since they were looked at, who were never looked at, or whose time has
// come. since is when the last night began: what changed before was looked at then.
func (tx *Tx) BuyersDue(ctx context.Context, since time.Time, after int64, limit int) (rows []BuyerRow, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT f.customer_id AS id, f.last_order, p.risk, p.risen_at, w.worth
		FROM (
			SELECT id FROM (
				(SELECT customer_id AS id FROM customer_predictions WHERE due <= $1 AND customer_id > $3 ORDER BY customer_id LIMIT $4)
				UNION
				(SELECT customer_id FROM customer_facts WHERE orders > 0 AND updated_at >= $2 AND customer_id > $3 ORDER BY customer_id LIMIT $4)
			) q ORDER BY id LIMIT $4
		) d
		JOIN customer_facts f ON f.customer_id = d.id AND NOT f.gone AND f.last_order IS NOT NULL AND f.last_order <= $1
		LEFT JOIN customer_predictions p ON p.customer_id = d.id
		CROSS JOIN LATERAL (
			SELECT coalesce(sum(b.amount), 0)::bigint AS worth FROM (
				SELECT o.amount FROM orders o WHERE o.customer_id = d.id AND o.deleted_at IS NULL AND o.at > f.last_order - interval '365 days'
				UNION ALL SELECT l.amount FROM deals l WHERE l.customer_id = d.id AND l.state = 'won' AND l.deleted_at IS NULL
					AND coalesce(l.closed_at, l.updated_at) > f.last_order - interval '365 days') b) w
		ORDER BY f.customer_id`, tx.Now, since, after, limit); err != nil {
		return nil, fmt.Errorf("buyers due: %w", err)
	}
	return rows, nil
}

// PredictionRow is what is told of a customer.
type PredictionRow struct {
	CustomerID int64      `db:"customer_id"`
	Risk       int        `db:"risk"`
	Alive      *float64   `db:"alive"`
	Buys       *float64   `db:"buys"`
	Every      *float64   `db:"every"`
	LastOrder  time.Time  `db:"last_order"`
	Worth      int64      `db:"worth"`
	RisenAt    *time.Time `db:"risen_at"`
	Due        *time.Time `db:"due"`
}

// KeepPredictions writes down what was told.
func (tx *Tx) KeepPredictions(ctx context.Context, rows []PredictionRow) error {
	if len(rows) == 0 {
		return nil
	}
	n := len(rows)
	ids, risks, worths := make([]int64, n), make([]int64, n), make([]int64, n)
	alive, buys, every := make([]float64, n), make([]float64, n), make([]float64, n)
	last, risen, due := make([]string, n), make([]string, n), make([]string, n)
	orMinus := func(v *float64) float64 {
		if v == nil {
			return -1
		}
		return *v
	}
	stampOf := func(at *time.Time) string {
		if at == nil {
			return ""
		}
		return stamp(*at)
	}
	for i, r := range rows {
		ids[i], risks[i], worths[i] = r.CustomerID, int64(r.Risk), r.Worth
		alive[i], buys[i], every[i] = orMinus(r.Alive), orMinus(r.Buys), orMinus(r.Every)
		last[i], risen[i], due[i] = stamp(r.LastOrder), stampOf(r.RisenAt), stampOf(r.Due)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO customer_predictions (customer_id, risk, alive, buys, every, last_order, worth, risen_at, due, computed_at)
		SELECT id, risk, CASE WHEN alive >= 0 THEN alive END, CASE WHEN buys >= 0 THEN buys END, CASE WHEN every >= 0 THEN every END,
			last::timestamptz, worth, nullif(risen, '')::timestamptz, nullif(due, '')::timestamptz, $10
		FROM unnest($1::bigint[], $2::bigint[], $3::float8[], $4::float8[], $5::float8[], $6::text[], $7::bigint[], $8::text[], $9::text[])
			AS r (id, risk, alive, buys, every, last, worth, risen, due)
		ON CONFLICT (customer_id) DO UPDATE SET risk = excluded.risk, alive = excluded.alive, buys = excluded.buys, every = excluded.every,
			last_order = excluded.last_order, worth = excluded.worth, risen_at = excluded.risen_at, due = excluded.due, computed_at = excluded.computed_at`,
		pq.Array(ids), pq.Array(risks), pq.Array(alive), pq.Array(buys), pq.Array(every), pq.Array(last), pq.Array(worths), pq.Array(risen), pq.Array(due), tx.Now); err != nil {
		return fmt.Errorf("predictions: %w", err)
	}
	return nil
}

// CycleRow is when a customer should buy a product again.
type CycleRow struct {
	CustomerID int64     `db:"customer_id"`
	ProductID  int64     `db:"product_id"`
	Times      int       `db:"times"`
	LastAt     time.Time `db:"last_at"`
	Days       float64   `db:"days"`
	DueAt      time.Time `db:"due_at"`
	LowAt      time.Time `db:"low_at"`
	HighAt     time.Time `db:"high_at"`
	Own        int       `db:"own"`
}

// KeepCycles writes down when these customers should buy what again. A product of theirs that is not among the rows (taken back, or
// never bought in a rhythm) is put so far back that nobody hears of it.
func (tx *Tx) KeepCycles(ctx context.Context, customers []int64, rows []CycleRow) error {
	n := len(rows)
	ids, products, times, own := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	days := make([]float64, n)
	last, due, low, high := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, r := range rows {
		ids[i], products[i], times[i], own[i], days[i] = r.CustomerID, r.ProductID, int64(r.Times), int64(r.Own), r.Days
		last[i], due[i], low[i], high[i] = stamp(r.LastAt), stamp(r.DueAt), stamp(r.LowAt), stamp(r.HighAt)
	}
	if _, err := tx.Exec(ctx, `
		WITH rows AS (
			SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::float8[], $7::text[], $8::text[], $9::text[], $10::bigint[])
				AS r (id, product, times, last, days, due, low, high, own)
		), gone AS (
			UPDATE customer_cycles c SET due_at = 'epoch', low_at = 'epoch', high_at = 'epoch', computed_at = $11
			WHERE c.customer_id = ANY ($1) AND c.due_at > 'epoch' AND NOT EXISTS (SELECT FROM rows r WHERE r.id = c.customer_id AND r.product = c.product_id)
		)
		INSERT INTO customer_cycles (customer_id, product_id, times, last_at, days, due_at, low_at, high_at, own, computed_at)
		SELECT id, product, times, last::timestamptz, days, due::timestamptz, low::timestamptz, high::timestamptz, own, $11 FROM rows
		ON CONFLICT (customer_id, product_id) DO UPDATE SET times = excluded.times, last_at = excluded.last_at, days = excluded.days,
			due_at = excluded.due_at, low_at = excluded.low_at, high_at = excluded.high_at, own = excluded.own, computed_at = excluded.computed_at`,
		pq.Array(customers), pq.Array(ids), pq.Array(products), pq.Array(times), pq.Array(last), pq.Array(days), pq.Array(due), pq.Array(low), pq.Array(high), pq.Array(own), tx.Now); err != nil {
		return fmt.Errorf("cycles: %w", err)
	}
	return nil
}
