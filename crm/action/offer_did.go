package action

import (
	"context"
	"slices"
	"strings"

	"gendan/crm"
)

// offerLink is the link of an offer as its customer reads it: by us, so that we hear of it, unless it leads to a page of ours that
// tells by itself, or nobody can come by us.
func (x *Executor) offerLink(s *OfferStep) string {
	base := strings.TrimSuffix(x.doors.Link, "/")
	if s.ID == 0 || base == "" || s.Link == "" || strings.HasPrefix(s.Link, base+"/") {
		return s.Link
	}
	if _, err := crm.CheckLink(s.Link); err != nil {
		return s.Link
	}
	return base + "/l/" + x.store.Keys().OfferToken(s.ID)
}

// follow is somebody following the link of an offer: it leads to the address that the offer holds, and no other.
func (r *run) follow(ctx context.Context, id crm.OfferID, person bool) (*Result, error) {
	rows, err := r.tx.OffersByID(ctx, []int64{int64(id)})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errLinkGone
	}
	url, err := crm.CheckLink(rows[0].Link)
	if err != nil {
		return nil, errLinkGone
	}
	if person {
		r.then(func(ctx context.Context) error { return r.offerClicked(ctx, id, nil) })
	}
	return view(&Result{}, CampaignOpened{URL: url})
}

var errLinkGone = crm.Refuse(crm.ErrNotFound, "链接不对，或已经收回了。")

// offerClicked tells rules and journeys that the customer of an offer has followed its link, and so has opened it: each once.
func (r *run) offerClicked(ctx context.Context, id crm.OfferID, more map[string]any) error {
	clicked, opened, err := r.tx.OfferClicked(ctx, id)
	if err != nil || !clicked {
		return err
	}
	rows, err := r.tx.OffersByID(ctx, []int64{int64(id)})
	for _, o := range rows {
		data := map[string]any{"channel": o.Channel}
		for k, v := range more {
			data[k] = v
		}
		if opened {
			offerEvent(r.tx, "offer.opened", o, data)
		}
		offerEvent(r.tx, "offer.clicked", o, data)
	}
	return err
}

// couponOpened tells rules and journeys that the page of a coupon was opened of which offers have told: each once.
func (r *run) couponOpened(ctx context.Context, id crm.CouponID) error {
	rows, err := r.tx.OffersOpened(ctx, id)
	for _, o := range rows {
		offerEvent(r.tx, "offer.opened", o, map[string]any{"channel": o.Channel})
	}
	return err
}

// mailAnswers notes that a customer has answered by mail what reached them, by whatever door it came.
func (r *run) mailAnswers(ctx context.Context, from string) error {
	ids, err := r.tx.CustomersByMail(ctx, from)
	if err != nil {
		return err
	}
	for _, id := range slices.Compact(ids) {
		if err := r.offersAnswered(ctx, crm.CustomerID(id)); err != nil {
			return err
		}
	}
	return nil
}
