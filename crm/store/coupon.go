package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// couponsAtOnce is how many coupons one statement writes.
const couponsAtOnce = 10_000

// CouponBatch finds or makes the batch of that key.
func (tx *Tx) CouponBatch(ctx context.Context, key string, terms crm.CouponTerms, source string, sourceID int64) (id crm.CouponBatchID, made bool, err error) {
	find := func() error { return tx.Get(ctx, &id, `SELECT id FROM coupon_batches WHERE key = $1`, key) }
	if err = find(); !errors.Is(err, crm.ErrNotFound) {
		return id, false, err
	}
	raw, err := json.Marshal(terms)
	if err != nil {
		return 0, false, fmt.Errorf("coupon batch: %w", err)
	}
	err = tx.Get(ctx, &id, `
		INSERT INTO coupon_batches (key, terms, source, source_id, campaign_id, created_by, created_at, updated_at)
		VALUES ($1, $2::text::jsonb, $3::text, $4::bigint, CASE $3::text WHEN 'campaign' THEN nullif($4::bigint, 0) END, nullif($5::bigint, 0), $6, $6)
		ON CONFLICT (key) DO NOTHING
		RETURNING id`, key, string(raw), source, sourceID, int64(tx.Actor.UserID), tx.Now)
	switch {
	case errors.Is(err, crm.ErrNotFound): // another transaction has made it meanwhile
		return id, false, find()
	case err != nil:
		return 0, false, fmt.Errorf("coupon batch: %w", err)
	}
	return id, true, nil
}

// AddCoupons issues a coupon of the batch to each customer; customer 0 is nobody in particular. keys are one for each: a key
// that was used before gives that coupon again. Number and code are filled in; the order is that of customers.
func (tx *Tx) AddCoupons(ctx context.Context, batch crm.CouponBatchID, terms crm.CouponTerms, customers []int64, keys []string, expires time.Time) ([]crm.Coupon, error) {
	all := make([]crm.Coupon, 0, len(customers))
	for from := 0; from < len(customers); from += couponsAtOnce {
		to := min(from+couponsAtOnce, len(customers))
		some, err := tx.addCoupons(ctx, batch, terms, customers[from:to], keys[from:to], expires)
		if err != nil {
			return nil, fmt.Errorf("coupons of batch %d: %w", batch, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func (tx *Tx) addCoupons(ctx context.Context, batch crm.CouponBatchID, terms crm.CouponTerms, customers []int64, keys []string, expires time.Time) ([]crm.Coupon, error) {
	codes, indexes := make([][]byte, len(customers)), make([][]byte, len(customers))
	for i := range customers {
		code := crm.NewCouponCode()
		codes[i], indexes[i] = tx.Seal("coupons", "code", code), tx.Keys.Index("coupons.code", code)
	}
	var rows []couponRow
	err := tx.Select(ctx, &rows, `
		WITH asked AS (
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) AS u (customer_id, key, code, code_index)
		), made AS (
			INSERT INTO coupons AS c (batch_id, customer_id, code, code_index, key, issued_at, expires_at, created_by, created_at, updated_at)
			SELECT $5, nullif(customer_id, 0), code, code_index, key, $6, $7, nullif($8::bigint, 0), $6, $6 FROM asked
			ON CONFLICT (key) DO NOTHING
			RETURNING `+couponOwn+`
		)
		SELECT * FROM made
		UNION ALL
		SELECT `+couponOwn+` FROM coupons c WHERE c.key = ANY ($2)`,
		pq.Array(customers), pq.Array(keys), pq.Array(codes), pq.Array(indexes), int64(batch), tx.Now, expires, int64(tx.Actor.UserID))
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]*couponRow, len(rows))
	for i := range rows {
		byKey[rows[i].Key] = &rows[i]
	}
	all := make([]crm.Coupon, 0, len(customers))
	for _, key := range keys {
		row := byKey[key]
		if row == nil {
			continue // issued by somebody else at this very moment, under the same key
		}
		c, err := tx.coupon(row)
		if err != nil {
			return nil, err
		}
		c.Terms = terms
		all = append(all, c)
	}
	return all, nil
}

// couponOwn are the columns of a coupon itself, of table c.
const couponOwn = `c.id, c.batch_id, coalesce(c.customer_id, 0) AS customer_id, c.code, c.key, c.state, c.issued_at, c.sent_at, c.expires_at`

type couponRow struct {
	ID         crm.CouponID      `db:"id"`
	Batch      crm.CouponBatchID `db:"batch_id"`
	CustomerID crm.CustomerID    `db:"customer_id"`
	Sealed     []byte            `db:"code"`
	Key        string            `db:"key"`
	State      crm.CouponState   `db:"state"`
	IssuedAt   time.Time         `db:"issued_at"`
	SentAt     *time.Time        `db:"sent_at"`
	Expires    time.Time         `db:"expires_at"`
}

// coupon opens the code of a row; the terms are the caller's.
func (tx *Tx) coupon(row *couponRow) (crm.Coupon, error) {
	code, err := tx.OpenText("coupons", "code", row.Sealed)
	if err != nil {
		return crm.Coupon{}, fmt.Errorf("coupon %d: %w", row.ID, err)
	}
	c := crm.Coupon{ID: row.ID, Batch: row.Batch, CustomerID: row.CustomerID, Code: code, State: row.State, IssuedAt: row.IssuedAt, Expires: row.Expires}
	if row.SentAt != nil {
		c.SentAt = *row.SentAt
	}
	return c, nil
}

// CouponRow is a coupon with what came of it and the name of who holds it.
type CouponRow struct {
	crm.Coupon
	Customer string      // the holder's name, also when the actor does not see them; "" without a holder
	Seen     bool        // the actor sees the holder
	Ended    time.Time   // zero while it is issued
	OrderID  crm.OrderID // 0 when it was redeemed without one
	Price    crm.Money   // of what was bought with it, before it
	Off      crm.Money   // what it took off
	Shop     string
	Reason   string // of voiding
	Source   string
	Version  int
}

// Revenue is what came in with the coupon.
func (c CouponRow) Revenue() crm.Money { return c.Price - c.Off }

type couponRowRow struct {
	couponRow
	Terms    []byte      `db:"terms"`
	Customer string      `db:"customer"`
	Seen     bool        `db:"seen"`
	Ended    *time.Time  `db:"ended_at"`
	OrderID  crm.OrderID `db:"order_id"`
	Price    int64       `db:"price"`
	Off      int64       `db:"off"`
	Shop     string      `db:"shop"`
	Reason   string      `db:"reason"`
	Source   string      `db:"source"`
	Version  int         `db:"version"`
}

const (
	couponSelect = `SELECT ` + couponOwn + `, b.terms, coalesce(p.name, gendan_customer_called(c.customer_id), '') AS customer, p.id IS NOT NULL AS seen, c.ended_at,
		coalesce(c.order_id, 0) AS order_id, c.price, c.off, c.shop, c.reason, b.source, c.version `
	couponJoin = ` JOIN coupon_batches b ON b.id = c.batch_id LEFT JOIN customers p ON p.id = c.customer_id `
)

func (tx *Tx) coupons(ctx context.Context, query string, args ...any) ([]CouponRow, error) {
	var rows []couponRowRow
	if err := tx.Select(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("coupons: %w", err)
	}
	all := make([]CouponRow, 0, len(rows))
	for i := range rows {
		row := &rows[i]
		c, err := tx.coupon(&row.couponRow)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(row.Terms, &c.Terms); err != nil {
			return nil, fmt.Errorf("coupon %d: terms: %w", c.ID, err)
		}
		full := CouponRow{Coupon: c, Customer: row.Customer, Seen: row.Seen, OrderID: row.OrderID, Price: crm.Money(row.Price), Off: crm.Money(row.Off),
			Shop: row.Shop, Reason: row.Reason, Source: row.Source, Version: row.Version}
		if row.Ended != nil {
			full.Ended = *row.Ended
		}
		all = append(all, full)
	}
	return all, nil
}

func onlyCoupon(all []CouponRow, err error) (CouponRow, error) {
	switch {
	case err != nil:
		return CouponRow{}, err
	case len(all) == 0:
		return CouponRow{}, fmt.Errorf("coupon: %w", crm.ErrNotFound)
	}
	return all[0], nil
}

// CouponByCode finds the coupon of a code, as [crm.ReadCouponCode] reads it, whoever's customer holds it; [crm.ErrNotFound].
func (tx *Tx) CouponByCode(ctx context.Context, code string) (CouponRow, error) {
	return onlyCoupon(tx.coupons(ctx, couponSelect+`FROM gendan_coupon($1) c`+couponJoin, tx.Keys.Index("coupons.code", code)))
}

// CouponByID finds a coupon that the actor sees; [crm.ErrNotFound].
func (tx *Tx) CouponByID(ctx context.Context, id crm.CouponID) (CouponRow, error) {
	return onlyCoupon(tx.coupons(ctx, couponSelect+`FROM coupons c`+couponJoin+`WHERE c.id = $1 AND c.deleted_at IS NULL`, int64(id)))
}

// CouponsOf lists a customer's coupons, newest first, and tells how many there are. state is a state at now, "" is any.
func (tx *Tx) CouponsOf(ctx context.Context, customer crm.CustomerID, state crm.CouponState, limit, skip int) (rows []CouponRow, total int, err error) {
	const which = `WHERE c.customer_id = $1 AND c.deleted_at IS NULL
		AND ($2 = '' OR $2 = CASE WHEN c.state = 'issued' AND c.expires_at <= $3 THEN 'expired' ELSE c.state END)`
	if err = tx.Get(ctx, &total, `SELECT count(*) FROM coupons c `+which, int64(customer), string(state), tx.Now); err != nil || total == 0 {
		return nil, 0, err
	}
	rows, err = tx.coupons(ctx, couponSelect+`FROM coupons c`+couponJoin+which+` ORDER BY c.id DESC LIMIT $4 OFFSET $5`, int64(customer), string(state), tx.Now, limit, skip)
	return rows, total, err
}

// CouponsHeld lists the coupons of a customer that are good now and that they may know of, those that end first first, and
// tells how many there are: what waits for its owner's word, or was stopped on the way, is no news for the customer.
func (tx *Tx) CouponsHeld(ctx context.Context, customer crm.CustomerID, limit int) (rows []CouponRow, total int, err error) {
	const which = `WHERE c.customer_id = $1 AND c.deleted_at IS NULL AND c.state = 'issued' AND c.expires_at > $2
		AND (c.sent_at IS NOT NULL OR NOT EXISTS (SELECT FROM offers o WHERE o.customer_id = c.customer_id AND o.coupon_id = c.id
			AND o.state IN ('planned', 'asked', 'stopped') AND o.deleted_at IS NULL))`
	if err = tx.Get(ctx, &total, `SELECT count(*) FROM coupons c `+which, int64(customer), tx.Now); err != nil || total == 0 {
		return nil, 0, err
	}
	rows, err = tx.coupons(ctx, couponSelect+`FROM coupons c`+couponJoin+which+` ORDER BY c.expires_at, c.id LIMIT $3`, int64(customer), tx.Now, limit)
	return rows, total, err
}

// CouponOfOrder is the coupon that was used on an order; [crm.ErrNotFound].
func (tx *Tx) CouponOfOrder(ctx context.Context, id crm.OrderID) (CouponRow, error) {
	return onlyCoupon(tx.coupons(ctx, couponSelect+`FROM coupons c`+couponJoin+`WHERE c.order_id = $1 AND c.deleted_at IS NULL`, int64(id)))
}

// CouponUse is a coupon being used on something.
type CouponUse struct {
	OrderID crm.OrderID // 0 without one
	Price   crm.Money
	Off     crm.Money
	Shop    string
	Via     string
}

// RedeemCoupon uses a coupon up, once: [crm.ErrConflict] when it is not good any more, or the order has used one. It is noted
// for undo.
func (tx *Tx) RedeemCoupon(ctx context.Context, c CouponRow, use CouponUse) error {
	var version int
	err := tx.Get(ctx, &version, `SELECT version FROM gendan_coupon_redeem($1, $2, $3, nullif($4::bigint, 0), $5, $6, $7, $8)`,
		int64(c.ID), tx.Keys.Index("coupons.code", c.Code), tx.Now, int64(use.OrderID), int64(use.Price), int64(use.Off), use.Shop, use.Via)
	if errors.Is(err, crm.ErrNotFound) {
		return fmt.Errorf("coupon %d: used or ended meanwhile: %w", c.ID, crm.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("coupon %d: redeem: %w", c.ID, err)
	}
	tx.remember(UndoStep{Kind: crm.KindCoupon, ID: int64(c.ID), From: version - 1, Version: version,
		Before: json.RawMessage(`{"state":"issued","ended_at":null,"order_id":null,"price":0,"off":0,"shop":"","via":""}`)})
	return nil
}

// VoidCoupons ends those of ids that are issued, and notes them for undo; it tells which.
func (tx *Tx) VoidCoupons(ctx context.Context, ids []crm.CouponID, reason string) ([]crm.CouponID, error) {
	var rows []struct {
		ID      int64 `db:"id"`
		Version int   `db:"version"`
	}
	err := tx.Select(ctx, &rows, `
		UPDATE coupons SET state = 'voided', ended_at = $2, reason = $3, version = version + 1, updated_at = $2
		WHERE id = ANY ($1) AND state = 'issued' AND deleted_at IS NULL
		RETURNING id, version`, pq.Array(numbers(ids)), tx.Now, reason)
	if err != nil {
		return nil, fmt.Errorf("void coupons: %w", err)
	}
	done := make([]crm.CouponID, 0, len(rows))
	for _, row := range rows {
		done = append(done, crm.CouponID(row.ID))
		tx.remember(UndoStep{Kind: crm.KindCoupon, ID: row.ID, From: row.Version - 1, Version: row.Version,
			Before: json.RawMessage(`{"state":"issued","ended_at":null,"reason":""}`)})
	}
	return done, nil
}

func numbers[T ~int64](ids []T) []int64 {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(id)
	}
	return all
}

// CouponOrder is an order that the actor sees, by our number (#1024 or 1024) or the shop's, with its lines; [crm.ErrNotFound].
func (tx *Tx) CouponOrder(ctx context.Context, said string) (o crm.Order, err error) {
	var row struct {
		ID         crm.OrderID    `db:"id"`
		CustomerID crm.CustomerID `db:"customer_id"`
		Product    string         `db:"product"`
		Quantity   float64        `db:"quantity"`
		Amount     int64          `db:"amount"`
		Items      []byte         `db:"items"`
	}
	number, err := strconv.ParseInt(strings.TrimLeft(said, "#＃"), 10, 64)
	if err != nil {
		number = 0
	}
	err = tx.Get(ctx, &row, `
		SELECT o.id, o.customer_id, o.product, o.quantity, o.amount, coalesce((
			SELECT jsonb_agg(jsonb_build_object('product', i.product, 'quantity', i.quantity, 'amount', i.amount / 100.0, 'category', coalesce(p.category, '')) ORDER BY i.line)
			FROM order_items i LEFT JOIN products p ON p.id = i.product_id WHERE i.order_id = o.id), '[]') AS items
		FROM orders o
		WHERE o.id = (SELECT id FROM (
				SELECT id, 1 AS rank FROM orders WHERE number = $2 AND number <> '' AND deleted_at IS NULL
				UNION ALL SELECT id, 2 FROM orders WHERE id = $1 AND deleted_at IS NULL) f ORDER BY rank, id DESC LIMIT 1)`, number, said)
	if err != nil {
		return o, fmt.Errorf("order %q: %w", said, err)
	}
	o = crm.Order{ID: row.ID, CustomerID: row.CustomerID, Product: row.Product, Quantity: row.Quantity, Amount: crm.Money(row.Amount)}
	if err := json.Unmarshal(row.Items, &o.Items); err != nil {
		return o, fmt.Errorf("order %d: items: %w", o.ID, err)
	}
	return o, nil
}
