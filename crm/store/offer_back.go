package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/lib/pq"

	"gendan/crm"
)

// TakenBack is an offer that shall not leave any more.
type TakenBack struct {
	ID       crm.OfferID    `db:"id"`
	Owner    crm.UserID     `db:"owner_id"`
	Customer crm.CustomerID `db:"customer_id"`
	Name     string         `db:"name"` // of the customer
	Channel  string         `db:"channel"`
	Tries    int            `db:"tries"`
	Queued   bool           `db:"queued"` // it had been handed to a door

	Coupon crm.CouponID      `db:"coupon"` // that ended with it; 0 is none
	Batch  crm.CouponBatchID `db:"batch"`
}

// takeBack stops offers that have not left, those that are with a door too: their messages are dropped before the door, and tasks
// of colleagues are taken back. Coupons that came with what had not been handed to a door end with it; those of the others when it
// is known that they have not left, see [Tx.EndWithdrawn]. An offer that turns out to have left is sent all the same.
func (tx *Tx) takeBack(ctx context.Context, reason, where string, args ...any) (back []TakenBack, err error) {
	args = append([]any{reason, tx.Now}, args...)
	if err = tx.Select(ctx, &back, `
		WITH b AS MATERIALIZED (
			SELECT o.id, o.state FROM offers o WHERE o.state IN ('planned', 'asked', 'queued') AND o.deleted_at IS NULL AND `+where+` ORDER BY o.id FOR UPDATE
		), o AS (
			UPDATE offers o SET state = 'stopped', reason = $1, withdrawn = b.state = 'queued', version = o.version + 1, updated_at = $2
			FROM b WHERE o.id = b.id
			RETURNING o.id, o.owner_id, o.customer_id, o.channel, o.tries, o.coupon_id, b.state = 'queued' AS queued
		), c AS (
			UPDATE coupons c SET state = 'voided', ended_at = $2, reason = $1, version = c.version + 1, updated_at = $2
			FROM o WHERE c.id = o.coupon_id AND NOT o.queued AND c.state = 'issued' AND c.sent_at IS NULL
			RETURNING c.id, c.batch_id
		)
		SELECT o.id, o.owner_id, o.customer_id, k.name, o.channel, o.tries, o.queued, coalesce(c.id, 0) AS coupon, coalesce(c.batch_id, 0) AS batch
		FROM o JOIN customers k ON k.id = o.customer_id LEFT JOIN c ON c.id = o.coupon_id ORDER BY o.id`, args...); err != nil {
		return nil, err
	}
	var keys []string
	for _, o := range back {
		if o.Coupon != 0 {
			if err := tx.couponEvents("coupon.voided", []EndedCoupon{{ID: o.Coupon, CustomerID: o.Customer, Batch: o.Batch}}); err != nil {
				return nil, err
			}
		}
		if o.Queued && o.Channel == crm.ByContact {
			keys = append(keys, fmt.Sprintf("offer:%d:%d", o.ID, o.Tries))
		}
	}
	if err := tx.StopContactTasks(ctx, keys); err != nil {
		return nil, err
	}
	return back, tx.tellTakenBack(back, reason)
}

// EndTasks takes back group-send tasks whose offers have come to their end before anybody confirmed them, at most limit, as what stops offers does.
func (tx *Tx) EndTasks(ctx context.Context, reason string, limit int) (ended int, err error) {
	back, err := tx.takeBack(ctx, reason, `o.id IN (SELECT id FROM offers WHERE state = 'queued' AND channel = 'contact' AND deleted_at IS NULL AND until <= $2 ORDER BY until, id LIMIT $3)`, limit)
	if err != nil {
		return 0, fmt.Errorf("end tasks: %w", err)
	}
	return len(back), nil
}

// OffersBack says which tasks in the group-send helper of a colleague are taken back, and why.
type OffersBack struct {
	Reason string   `json:"reason"`
	Names  []string `json:"names"` // of the first customers
	Count  int      `json:"count"`
	Kept   bool     `json:"kept,omitempty"` // the platform did not let us
}

const backNames = 3

// tellTakenBack lets owners know of tasks that they need not confirm any more.
func (tx *Tx) tellTakenBack(back []TakenBack, reason string) error {
	by := map[crm.UserID]*OffersBack{}
	first := map[crm.UserID]crm.OfferID{}
	for _, o := range back {
		if !o.Queued || o.Channel != crm.ByContact {
			continue
		}
		b := by[o.Owner]
		if b == nil {
			b = &OffersBack{Reason: reason}
			by[o.Owner], first[o.Owner] = b, o.ID
		}
		if b.Count++; len(b.Names) < backNames {
			b.Names = append(b.Names, o.Name)
		}
	}
	for owner, b := range by {
		payload, err := json.Marshal(OfferEnd{Back: b})
		if err != nil {
			return fmt.Errorf("taken back: %w", err)
		}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, OutboxRow{Lane: fmt.Sprintf("offers.back:%d", owner), Kind: KindOfferEnd, Subject: int64(owner), Payload: payload,
			Key: fmt.Sprintf("offers.back:%d:%d", first[owner], owner)})
	}
	return nil
}

// tellKept lets owners know of tasks that shall not reach their customers and that the platform does not take back: they must not
// be confirmed.
func (tx *Tx) tellKept(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	var rows []struct {
		Owner  crm.UserID `db:"owner_id"`
		Name   string     `db:"name"`
		Reason string     `db:"reason"`
		Key    string     `db:"key"`
	}
	if err := tx.Select(ctx, &rows, `
		SELECT o.owner_id, c.name, o.reason, k.key FROM unnest($1::text[]) AS k (key)
		JOIN offers o ON k.key = 'offer:' || o.id || ':' || split_part(k.key, ':', 3) AND o.id = CASE WHEN k.key ~ '^offer:[0-9]{1,18}:[0-9]+$' THEN split_part(k.key, ':', 2)::bigint END
		JOIN customers c ON c.id = o.customer_id ORDER BY o.owner_id, k.key`, pq.Array(keys)); err != nil {
		return fmt.Errorf("tasks kept: %w", err)
	}
	by := map[crm.UserID]*OffersBack{}
	for _, r := range rows {
		b := by[r.Owner]
		if b == nil {
			b = &OffersBack{Reason: r.Reason, Kept: true}
			by[r.Owner] = b
		}
		if b.Count++; len(b.Names) < backNames {
			b.Names = append(b.Names, r.Name)
		}
	}
	for owner, b := range by {
		payload, err := json.Marshal(OfferEnd{Back: b})
		if err != nil {
			return fmt.Errorf("tasks kept: %w", err)
		}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, OutboxRow{Lane: fmt.Sprintf("offers.back:%d", owner), Kind: KindOfferEnd, Subject: int64(owner), Payload: payload,
			Key: fmt.Sprintf("offers.kept:%s:%d", keys[0], owner)})
	}
	return nil
}

// EndWithdrawn ends the coupons of offers that were taken back while a door had them, now that it is known that they have not left.
func (tx *Tx) EndWithdrawn(ctx context.Context, offers []int64) error {
	if len(offers) == 0 {
		return nil
	}
	offers = slices.Sorted(slices.Values(offers))
	var ended []EndedCoupon
	if err := tx.Select(ctx, &ended, `
		UPDATE coupons c SET state = 'voided', ended_at = $2, reason = o.reason, version = c.version + 1, updated_at = $2
		FROM offers o WHERE o.id = ANY ($1::bigint[]) AND o.withdrawn AND o.state = 'stopped' AND c.id = o.coupon_id AND c.state = 'issued' AND c.sent_at IS NULL
		RETURNING c.id, coalesce(c.customer_id, 0) AS customer_id, c.batch_id`,
		pq.Array(offers), tx.Now); err != nil {
		return explain(err, "coupons of offers taken back")
	}
	return tx.couponEvents("coupon.voided", ended)
}

// StopCampaignOffers takes back what a campaign, or one send of it, has not sent yet, with the coupons that came with that.
func (tx *Tx) StopCampaignOffers(ctx context.Context, campaign crm.CampaignID, send int64, reason string) (stopped int, err error) {
	back, err := tx.takeBack(ctx, reason, `o.source = 'campaign' AND o.source_id = $3 AND ($4 = 0 OR split_part(o.step, '/', 1) = $4::text)`, int64(campaign), send)
	if err != nil {
		return 0, fmt.Errorf("stop campaign %d: %w", campaign, err)
	}
	return len(back), nil
}

// StopJourneyOffers takes back what a journey would say to customers and has not said, with its coupons. It tells how many are stopped.
func (tx *Tx) StopJourneyOffers(ctx context.Context, id crm.JourneyID, customers []int64, reason string) (stopped int64, err error) {
	if len(customers) == 0 {
		return 0, nil
	}
	back, err := tx.takeBack(ctx, reason, `o.source = 'journey' AND o.source_id = $3 AND o.customer_id = ANY ($4)`, int64(id), pqInts(customers))
	if err != nil {
		return 0, fmt.Errorf("journey %d: stop offers: %w", id, err)
	}
	return int64(len(back)), nil
}

// StopAllJourneyOffers is [Tx.StopJourneyOffers] for everybody: also those who have come to the end while their last message waits.
func (tx *Tx) StopAllJourneyOffers(ctx context.Context, id crm.JourneyID, reason string) (stopped int64, err error) {
	back, err := tx.takeBack(ctx, reason, `o.source = 'journey' AND o.source_id = $3`, int64(id))
	if err != nil {
		return 0, fmt.Errorf("journey %d: stop offers: %w", id, err)
	}
	return int64(len(back)), nil
}
