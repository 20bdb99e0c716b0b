package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
		VALUES ($1, $2::text::jsonb, $3, $4, CASE $3 WHEN 'campaign' THEN nullif($4, 0) END, nullif($5::bigint, 0), $6, $6)
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
