package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// offerLinkField names the blind index that signs the links of offers.
const offerLinkField = "offer.link"

// OfferToken is what stands in the link of an offer, by which we know that its customer has followed it. Nobody else can make one.
func (k *Keys) OfferToken(offer crm.OfferID) string { return k.signed(offerLinkField, int64(offer)) }

// ReadOfferToken reads what [Keys.OfferToken] made; ok is false for everything else.
func (k *Keys) ReadOfferToken(token string) (offer crm.OfferID, ok bool) {
	id, ok := k.readSigned(offerLinkField, token)
	return crm.OfferID(id), ok
}

// Offers of which customers do something are those that are with them; one whose owner confirms it in WeCom may be there before
// we hear of it.
const offerThere = `state IN ('queued', 'sent') AND deleted_at IS NULL`

// OfferClicked notes that the customer has followed the link of an offer. clicked tells whether that is new, opened whether they
// had not even opened it before.
func (tx *Tx) OfferClicked(ctx context.Context, id crm.OfferID) (clicked, opened bool, err error) {
	var rows []struct {
		Clicked bool `db:"clicked"`
		Opened  bool `db:"opened"`
	}
	err = tx.Select(ctx, &rows, `
		UPDATE offers o SET clicked_at = coalesce(o.clicked_at, $2), opened_at = coalesce(o.opened_at, $2)
		FROM (SELECT id, clicked_at, opened_at FROM offers WHERE id = $1 AND `+offerThere+` FOR UPDATE) b
		WHERE o.id = b.id RETURNING b.clicked_at IS NULL AS clicked, b.opened_at IS NULL AS opened`, int64(id), tx.Now)
	if err != nil || len(rows) == 0 {
		return false, false, explain(err, "offer %d: clicked", id)
	}
	return rows[0].Clicked, rows[0].Opened, nil
}

// OffersOpened notes that the page of a coupon was opened, and returns the offers that told of it and were not opened before.
func (tx *Tx) OffersOpened(ctx context.Context, coupon crm.CouponID) ([]OfferRow, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `UPDATE offers SET opened_at = $2 WHERE coupon_id = $1 AND opened_at IS NULL AND `+offerThere+` RETURNING id`, int64(coupon), tx.Now)
	if err != nil || len(ids) == 0 {
		return nil, explain(err, "offers of coupon %d: opened", coupon)
	}
	return tx.OffersByID(ctx, ids)
}

// CampaignOffers are the offers of a send of a campaign that are with a customer.
func (tx *Tx) CampaignOffers(ctx context.Context, campaign crm.CampaignID, link int64) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT o.id FROM campaign_links l JOIN offers o ON o.customer_id = l.customer_id AND o.campaign_id = l.campaign_id AND split_part(o.step, '/', 1) = l.send_id::text
		WHERE l.id = $2 AND l.campaign_id = $1 AND o.state = ANY ($3) AND o.deleted_at IS NULL ORDER BY o.id`, int64(campaign), link, pq.Array([]string{crm.OfferQueued, crm.OfferSent}))
	if err != nil {
		return nil, fmt.Errorf("offers of link %d: %w", link, err)
	}
	return ids, nil
}
