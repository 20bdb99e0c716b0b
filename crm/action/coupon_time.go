package action

import (
	"context"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// couponStep is how many coupons a timer deals with in one transaction.
const couponStep = 1000

// CouponBatchParams names a batch.
type CouponBatchParams struct {
	Batch crm.CouponBatchID `json:"batch" doc:"*批次编号"`
}

// CouponStep is Data of coupon.remind and coupon.expire.
type CouponStep struct {
	Done int  `json:"done"`
	More bool `json:"more"` // run it again
}

// couponRemind plans to tell the holders of coupons that end within days.
func couponRemind(ctx context.Context, r *run, p *CouponBatchParams) (*Result, error) {
	res := &Result{}
	r.then(func(ctx context.Context) error {
		y, m, d := r.now.In(r.zone).Date()
		before := time.Date(y, m, d+couponRemindDays+1, 0, 0, 0, 0, r.zone)
		rows, err := r.tx.CouponsToRemind(ctx, p.Batch, before, couponStep)
		if err != nil {
			return err
		}
		offers := make([]crm.Offer, 0, len(rows))
		for _, c := range rows {
			if c.SentAt.IsZero() {
				continue // a customer who has heard of none is not reminded of it
			}
			o := r.couponOffer(c.Coupon, "")
			tail := o.Link
			if o.Text = couponTextAgain + "{{链接}}"; tail == "" {
				o.Text = couponTextAgain + "券码 {{券码}}"
			}
			o.Key, o.Step = o.Key+":remind", "remind"
			offers = append(offers, o)
		}
		if err := r.reach(ctx, offers); err != nil {
			return err
		}
		_, err = view(res, CouponStep{Done: len(offers), More: len(rows) == couponStep})
		return err
	})
	return res, nil
}

// couponExpire ends the coupons of a batch whose time is over.
func couponExpire(ctx context.Context, r *run, p *CouponBatchParams) (*Result, error) {
	res := &Result{}
	r.then(func(ctx context.Context) error {
		ended, err := r.tx.ExpireCoupons(ctx, p.Batch, couponStep)
		if err != nil {
			return err
		}
		for _, c := range ended {
			r.event("coupon.expired", crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID)}, map[string]any{"customer": c.CustomerID, "coupon": c.ID, "batch": p.Batch})
		}
		_, err = view(res, CouponStep{Done: len(ended), More: len(ended) == couponStep})
		return err
	})
	return res, nil
}

// couponsSent notes which coupons have reached their customers.
func (r *run) couponsSent(ctx context.Context, ids []crm.CouponID) error {
	return couponsSent(ctx, r.tx, ids)
}

// couponsSent notes in tx which coupons have reached their customers, and tells the rules of each that has for the first time.
func couponsSent(ctx context.Context, tx *store.Tx, ids []crm.CouponID) error {
	if len(ids) == 0 {
		return nil
	}
	sent, err := tx.CouponsSent(ctx, ids, tx.Now)
	if err != nil {
		return err
	}
	r := &run{tx: tx}
	for _, c := range sent {
		r.event("coupon.sent", crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID)}, map[string]any{"customer": c.CustomerID, "coupon": c.ID})
	}
	return nil
}
