package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// AddedOffer is an offer that was written down.
type AddedOffer struct {
	ID    crm.OfferID `db:"id"`
	Owner crm.UserID  `db:"owner_id"`
	Due   time.Time   `db:"due"`
	Auto  bool        `db:"auto"`
}

// AddOffers writes offers down in one statement. A key that is known already, and a customer that the actor does not see or
// that is gone, are left out. due is when each is looked at first; own, unless nil, is when those are whose owner is the actor.
func (tx *Tx) AddOffers(ctx context.Context, offers []crm.Offer, due, own []time.Time) (added []AddedOffer, err error) {
	n := len(offers)
	if n == 0 {
		return nil, nil
	}
	var (
		customer, owner, sourceID, campaign, coupon = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		purpose, source, step, key, at, until       = make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		text, fills, link                           = make([][]byte, n), make([][]byte, n), make([][]byte, n)
		auto                                        = make([]bool, n)
	)
	if own == nil {
		own = due
	}
	owned := make([]string, n)
	for i, o := range offers {
		owned[i] = stamp(own[i])
		customer[i], owner[i], sourceID[i], campaign[i], coupon[i] = int64(o.CustomerID), int64(o.Owner), o.SourceID, o.CampaignID, o.CouponID
		purpose[i], source[i], step[i], key[i], at[i], until[i] = o.Purpose, o.Source, o.Step, o.Key, stamp(due[i]), stamp(o.Until)
		text[i], link[i], auto[i] = tx.Seal("offers", "text", o.Text), tx.Seal("offers", "link", o.Link), o.Auto
		if len(o.Fills) > 0 {
			raw, err := json.Marshal(o.Fills)
			if err != nil {
				return nil, fmt.Errorf("offer %s: %w", o.Key, err)
			}
			fills[i] = tx.Keys.Seal("offers", "fills", raw)
		}
	}
	err = tx.Select(ctx, &added, `
		INSERT INTO offers (customer_id, owner_id, purpose, source, source_id, step, campaign_id, coupon_id, text, fills, link, key, auto, due, until, created_by, created_at, updated_at)
		SELECT c.id, CASE WHEN u.owner = 0 THEN c.owner_id ELSE u.owner END, u.purpose, u.source, u.source_id, u.step, nullif(u.campaign, 0), nullif(u.coupon, 0),
			u.text, nullif(u.fills, ''), nullif(u.link, ''), u.key, u.auto,
			(CASE WHEN CASE WHEN u.owner = 0 THEN c.owner_id ELSE u.owner END = $15::bigint THEN u.own ELSE u.due END)::timestamptz, nullif(u.until, '')::timestamptz, $15::bigint, $16::timestamptz, $16::timestamptz
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[],
				$12::text[], $13::boolean[], $14::text[], $17::text[], $18::text[]) WITH ORDINALITY
			AS u (customer, owner, purpose, source, source_id, step, campaign, coupon, text, fills, link, key, auto, due, until, own, ord)
		JOIN customers c ON c.id = u.customer AND c.deleted_at IS NULL
		ORDER BY u.ord
		ON CONFLICT (key) DO NOTHING
		RETURNING id, owner_id, due, auto`,
		pq.Array(customer), pq.Array(owner), pq.Array(purpose), pq.Array(source), pq.Array(sourceID), pq.Array(step), pq.Array(campaign), pq.Array(coupon),
		pq.Array(text), pq.Array(fills), pq.Array(link), pq.Array(key), pq.Array(auto), pq.Array(at), orNull(int64(tx.Actor.UserID)), tx.Now, pq.Array(until), pq.Array(owned))
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	return added, nil
}
