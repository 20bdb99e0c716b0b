package action

import (
	"context"
	"time"

	"gendan/crm"
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
