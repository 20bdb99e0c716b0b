package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// isCoupon tells whether a due row is one of a batch of coupons.
func isCoupon(kind string) bool {
	return kind == action.KindCouponRemind || kind == action.KindCouponExpire
}

// ringCoupons reminds of, or ends, the coupons of a batch: a part of them in each transaction, so that a batch of any size
// holds nobody up. What was done stays done when it is repeated.
func (b *Bot) ringCoupons(ctx context.Context, c store.OutboxClaim) error {
	for part := 0; ; part++ {
		out, err := b.actions.Run(ctx, action.Request{
			Actor: crm.System, Via: "timer", Key: fmt.Sprintf("%s:%d:%d", c.Key, c.Attempts, part), Now: b.now().UTC(),
			Calls: []action.Call{{Name: c.Kind, Params: mustJSON(map[string]any{"batch": c.Subject})}},
		})
		if err != nil {
			return err
		}
		var step action.CouponStep
		if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &step) != nil || !step.More {
			return nil
		}
	}
}

// couponIn is what a write of coupons tells; nil when r is none.
func couponIn(r action.Result) any {
	switch r.Name {
	case "coupon.send":
		var v action.CouponSendView
		if json.Unmarshal(r.Data, &v) == nil {
			return v
		}
	case "coupon.redeem":
		var v action.CouponView
		if json.Unmarshal(r.Data, &v) == nil {
			return v
		}
	}
	return nil
}

// aboutCoupons tells whether an action looks at coupons.
func aboutCoupons(name string) bool {
	return strings.HasPrefix(name, "coupon.") || name == "report.coupon"
}

// With is the same telling of something else that was found.
func (v telling) With(view any) telling {
	v.View = view
	return v
}
