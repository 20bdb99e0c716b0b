package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// CouponGuest is a customer who may get a coupon, with what speaks against it.
type CouponGuest struct {
	ID      int64  `db:"id"`
	Name    string `db:"name"`
	OwnerID int64  `db:"owner_id"`
	Stopped bool   `db:"stopped"` // wants no marketing
	Ticket  bool   `db:"ticket"`  // has an open ticket
	Holds   bool   `db:"holds"`   // has an unused coupon of the same terms
	Orders  int    `db:"orders"`
	Spent   int64  `db:"spent"` // fen
}

// CouponGuests looks at customers that the actor sees, in the order of their numbers.
func (tx *Tx) CouponGuests(ctx context.Context, customers []int64, terms crm.CouponTerms) (all []CouponGuest, err error) {
	terms.ValidDays, terms.Name = 0, ""
	raw, err := json.Marshal(terms)
	if err != nil {
		return nil, fmt.Errorf("coupon terms: %w", err)
	}
	err = tx.Select(ctx, &all, `
		SELECT c.id, c.name, coalesce(c.owner_id, 0) AS owner_id, coalesce(f.open_tickets, 0) > 0 AS ticket,
			EXISTS (SELECT FROM consents s WHERE s.customer_id = c.id AND s.purpose = 'marketing' AND s.channel = '*' AND NOT s.allowed) AS stopped,
			EXISTS (SELECT FROM coupons k JOIN coupon_batches b ON b.id = k.batch_id
				WHERE k.customer_id = c.id AND k.state = 'issued' AND k.expires_at > $3 AND k.deleted_at IS NULL
				AND b.terms - 'valid_days' - 'name' = $2::text::jsonb) AS holds,
			coalesce(f.orders, 0) AS orders, coalesce(f.spent, 0) AS spent
		FROM customers c LEFT JOIN customer_facts f ON f.customer_id = c.id
		WHERE c.id = ANY ($1) AND c.deleted_at IS NULL
		ORDER BY c.id`, pq.Array(customers), string(raw), tx.Now)
	if err != nil {
		return nil, fmt.Errorf("who may get a coupon: %w", err)
	}
	return all, nil
}

// ProductPrice is what a product costs, the dearest of those whose name holds what was said; 0 when nobody has said it.
func (tx *Tx) ProductPrice(ctx context.Context, said string) (price crm.Money, err error) {
	err = tx.Get(ctx, &price, `
		SELECT coalesce(max(price), 0) FROM products
		WHERE (name_key = gendan_product_key($1) OR category = $1) AND deleted_at IS NULL`, said)
	if err != nil {
		return 0, fmt.Errorf("price: %w", err)
	}
	return price, nil
}

// CouponBatchState counts the coupons of a batch.
type CouponBatchState struct {
	Issued int `db:"issued"` // still good and not on their way
	Gone   int `db:"gone"`   // sent, or on their way
	Used   int `db:"used"`
}

// HoldBatch locks the offers of a batch that have not left, and counts its coupons.
func (tx *Tx) HoldBatch(ctx context.Context, batch crm.CouponBatchID) (s CouponBatchState, err error) {
	if _, err = tx.Exec(ctx, `SELECT FROM offers WHERE source = 'coupon' AND source_id = $1 AND source_id <> 0 AND state IN ('planned', 'asked') FOR UPDATE`, int64(batch)); err != nil {
		return s, fmt.Errorf("coupon batch %d: %w", batch, err)
	}
	err = tx.Get(ctx, &s, `
		SELECT count(*) FILTER (WHERE c.state = 'issued' AND NOT `+couponGone+`) AS issued,
			count(*) FILTER (WHERE c.state = 'issued' AND `+couponGone+`) AS gone,
			count(*) FILTER (WHERE c.state = 'redeemed') AS used
		FROM coupons c LEFT JOIN offers o ON o.source = 'coupon' AND o.source_id = c.batch_id AND o.source_id <> 0 AND o.coupon_id = c.id AND o.deleted_at IS NULL
		WHERE c.batch_id = $1 AND c.deleted_at IS NULL`, int64(batch))
	if err != nil {
		return s, fmt.Errorf("coupon batch %d: %w", batch, err)
	}
	return s, nil
}

// couponGone tells whether coupon c, with offer o, has left or is leaving.
const couponGone = `(c.sent_at IS NOT NULL OR coalesce(o.state IN ('queued', 'sent'), false))`

// CallBackBatch voids the coupons of a batch that have not left, and stops what would tell of them.
func (tx *Tx) CallBackBatch(ctx context.Context, batch crm.CouponBatchID, reason string) (voided int, err error) {
	var ended []EndedCoupon
	err = tx.Select(ctx, &ended, `
		WITH back AS (
			UPDATE coupons c SET state = 'voided', ended_at = $2, reason = $3, version = c.version + 1, updated_at = $2
			WHERE c.batch_id = $1 AND c.state = 'issued' AND c.sent_at IS NULL AND c.deleted_at IS NULL
			AND NOT EXISTS (SELECT FROM offers o WHERE o.source = 'coupon' AND o.source_id = $1 AND o.source_id <> 0 AND o.coupon_id = c.id AND o.state IN ('queued', 'sent') AND o.deleted_at IS NULL)
			RETURNING c.id, c.customer_id, c.batch_id
		), stopped AS (
			UPDATE offers o SET state = 'stopped', reason = $3, version = o.version + 1, updated_at = $2
			WHERE o.source = 'coupon' AND o.source_id = $1 AND o.source_id <> 0 AND o.state IN ('planned', 'asked')
		)
		SELECT id, coalesce(customer_id, 0) AS customer_id, batch_id FROM back`, int64(batch), tx.Now, reason)
	if err != nil {
		return 0, fmt.Errorf("coupon batch %d: call back: %w", batch, err)
	}
	return len(ended), tx.couponEvents("coupon.voided", ended)
}

// StopCouponOffers stops what would still tell of those coupons.
func (tx *Tx) StopCouponOffers(ctx context.Context, ids []crm.CouponID, reason string) error {
	_, err := tx.Exec(ctx, `
		UPDATE offers o SET state = 'stopped', reason = $2, version = o.version + 1, updated_at = $3
		FROM coupons c
		WHERE c.id = ANY ($1) AND o.customer_id = c.customer_id AND o.coupon_id = c.id AND o.state IN ('planned', 'asked')`,
		pq.Array(numbers(ids)), reason, tx.Now)
	if err != nil {
		return fmt.Errorf("offers of coupons: %w", err)
	}
	return nil
}

// BatchCoupons lists the coupons of a batch that are issued, at most limit.
func (tx *Tx) BatchCoupons(ctx context.Context, batch crm.CouponBatchID, limit int) ([]CouponRow, error) {
	return tx.coupons(ctx, couponSelect+`FROM coupons c`+couponJoin+`WHERE c.batch_id = $1 AND c.state = 'issued' AND c.deleted_at IS NULL LIMIT $2`, int64(batch), limit)
}

// CouponsToRemind are coupons of a batch that end before a time, whose holders have not used them and were not reminded yet:
// at most limit, marked as reminded. Coupons that another transaction has in hand are waited for: it may be that of a process that
// was killed, and whoever passed them over would think that the batch is done.
func (tx *Tx) CouponsToRemind(ctx context.Context, batch crm.CouponBatchID, before time.Time, limit int) ([]CouponRow, error) {
	return tx.coupons(ctx, `
		WITH due AS (
			SELECT id FROM coupons
			WHERE batch_id = $1 AND state = 'issued' AND expires_at > $4 AND expires_at <= $2 AND reminded_at IS NULL AND customer_id IS NOT NULL AND deleted_at IS NULL
			ORDER BY expires_at LIMIT $3 FOR UPDATE
		), c AS (
			UPDATE coupons c SET reminded_at = $4 FROM due WHERE c.id = due.id RETURNING c.*
		) `+couponSelect+`FROM c`+couponJoin, int64(batch), before, limit, tx.Now)
}

// EndedCoupon is a coupon whose time is over.
type EndedCoupon struct {
	ID         crm.CouponID      `db:"id"`
	CustomerID crm.CustomerID    `db:"customer_id"`
	Batch      crm.CouponBatchID `db:"batch_id"`
}

// ExpireCoupons ends coupons of a batch whose time is over, at most limit. It waits as [Tx.CouponsToRemind] does.
func (tx *Tx) ExpireCoupons(ctx context.Context, batch crm.CouponBatchID, limit int) (all []EndedCoupon, err error) {
	err = tx.Select(ctx, &all, `
		WITH due AS (
			SELECT id FROM coupons WHERE batch_id = $1 AND state = 'issued' AND expires_at <= $2 AND deleted_at IS NULL ORDER BY expires_at LIMIT $3 FOR UPDATE
		)
		UPDATE coupons c SET state = 'expired', ended_at = c.expires_at, version = c.version + 1, updated_at = $2
		FROM due WHERE c.id = due.id
		RETURNING c.id, coalesce(c.customer_id, 0) AS customer_id, c.batch_id`, int64(batch), tx.Now, limit)
	if err != nil {
		return nil, fmt.Errorf("coupon batch %d: expire: %w", batch, err)
	}
	return all, nil
}

// CouponCounts is a batch in a report: what happened to its coupons between two times.
type CouponCounts struct {
	Batch    crm.CouponBatchID `db:"batch_id"`
	At       time.Time         `db:"created_at"`
	Source   string            `db:"source"`
	SourceID int64             `db:"source_id"`
	RawTerms []byte            `db:"terms"`
	Issued   int               `db:"issued"`
	Sent     int               `db:"sent"`
	Redeemed int               `db:"redeemed"`
	Expired  int               `db:"expired"`
	Voided   int               `db:"voided"`
	Price    int64             `db:"price"` // fen: of what was bought with them, before them
	Off      int64             `db:"off"`   // fen: what they took off

	Terms crm.CouponTerms `db:"-"`
}

// CouponReport counts, by batch, the coupons that were issued, sent, redeemed and ended from from to before to; the batches
// with most revenue first. issuers nil is anybody's batches, else those that these people have issued.
func (tx *Tx) CouponReport(ctx context.Context, from, to time.Time, issuers []int64) (all []CouponCounts, err error) {
	of, batches := "coupons", pq.Int64Array(nil)
	if issuers != nil { // their batches are few: found first, so that nobody looks through a million coupons of others
		batches = pq.Int64Array{}
		if err = tx.Select(ctx, &batches, `SELECT id FROM coupon_batches WHERE created_by = ANY ($1)`, pq.Array(issuers)); err != nil {
			return nil, fmt.Errorf("coupon report: %w", err)
		}
		of = "(SELECT * FROM coupons WHERE batch_id = ANY ($3) OFFSET 0) c"
	}
	err = tx.Select(ctx, &all, `
		SELECT b.id AS batch_id, b.created_at, b.source, b.source_id, b.terms, n.issued, n.sent, n.redeemed, n.expired, n.voided, n.price, n.off
		FROM (
			SELECT batch_id, sum(issued)::int AS issued, sum(sent)::int AS sent, sum(redeemed)::int AS redeemed, sum(expired)::int AS expired, sum(voided)::int AS voided,
				sum(price)::bigint AS price, sum(off)::bigint AS off
			FROM (
				SELECT batch_id, count(*) AS issued, 0 AS sent, 0 AS redeemed, 0 AS expired, 0 AS voided, 0 AS price, 0 AS off
				FROM `+of+` WHERE issued_at >= $1 AND issued_at < $2 GROUP BY 1
				UNION ALL
				SELECT batch_id, 0, count(*), 0, 0, 0, 0, 0 FROM `+of+` WHERE sent_at >= $1 AND sent_at < $2 GROUP BY 1
				UNION ALL
				SELECT batch_id, 0, 0, count(*) FILTER (WHERE state = 'redeemed'), count(*) FILTER (WHERE state = 'expired'), count(*) FILTER (WHERE state = 'voided'),
					sum(price), sum(off)
				FROM `+of+` WHERE ended_at >= $1 AND ended_at < $2 GROUP BY 1
			) u GROUP BY batch_id
		) n JOIN coupon_batches b ON b.id = n.batch_id
		WHERE (b.deleted_at IS NULL OR n.sent + n.redeemed > 0) AND ($3::bigint[] IS NULL OR b.id = ANY ($3))
		ORDER BY n.price - n.off DESC, n.redeemed DESC, n.issued DESC, b.id DESC`, from, to, batches)
	if err != nil {
		return nil, fmt.Errorf("coupon report: %w", err)
	}
	for i := range all {
		if err := json.Unmarshal(all[i].RawTerms, &all[i].Terms); err != nil {
			return nil, fmt.Errorf("coupon batch %d: terms: %w", all[i].Batch, err)
		}
		all[i].RawTerms = nil
	}
	return all, nil
}

// couponsTold notes which coupons have reached their customers with offers that were sent just now, and tells the rules of each
// that has for the first time.
func (tx *Tx) couponsTold(ctx context.Context, list []OfferChange) error {
	var sent []int64
	for _, c := range list {
		if c.State == crm.OfferSent {
			sent = append(sent, int64(c.ID))
		}
	}
	if len(sent) == 0 {
		return nil
	}
	var told []EndedCoupon
	err := tx.Select(ctx, &told, `
		UPDATE coupons c SET sent_at = $2 FROM offers o
		WHERE o.id = ANY ($1) AND c.id = o.coupon_id AND c.sent_at IS NULL
		RETURNING c.id, coalesce(c.customer_id, 0) AS customer_id, c.batch_id`, pq.Array(sent), tx.Now)
	if err != nil {
		return fmt.Errorf("coupons of offers: %w", err)
	}
	return tx.couponEvents("coupon.sent", told)
}

// couponEvents tells the rules what happened to coupons. Whoever writes them without a run sees to it that they are heard.
func (tx *Tx) couponEvents(name string, coupons []EndedCoupon) error {
	for _, c := range coupons {
		data, err := json.Marshal(map[string]any{"customer": c.CustomerID, "coupon": c.ID, "batch": c.Batch})
		if err != nil {
			return fmt.Errorf("coupon %d: %w", c.ID, err)
		}
		tx.Ledger.Events = append(tx.Ledger.Events, Event{Name: name, Kind: crm.KindCoupon, ID: int64(c.ID), Data: data})
	}
	return nil
}
