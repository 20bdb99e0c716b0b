package bottest

import (
	"context"
	"regexp"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// Codes of coupons are never the same twice: a transcript shows dots, and in what people say {券码} stands for the code of the
// newest coupon, {券码:云帆} for that of a customer's.
var (
	couponCode = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b`)
	couponTail = regexp.MustCompile(`····-[0-9A-HJKMNP-TV-Z]{4}\b`)
	couponPage = regexp.MustCompile(`/c/[0-9A-HJKMNP-TV-Z]{12}\b`)

	campaignPage = regexp.MustCompile(`/l/[A-Z2-7]{16}\b`)

	saidCoupon = regexp.MustCompile(`\{券码(?::([^}]+))?\}`)
)

// hideCoupons puts dots for what differs from run to run.
func hideCoupons(text string) string {
	text = couponCode.ReplaceAllString(text, "····-····-····")
	text = couponTail.ReplaceAllString(text, "····-····")
	text = formPage.ReplaceAllString(text, "/f/············")
	text = campaignPage.ReplaceAllString(text, "/l/············")
	return couponPage.ReplaceAllString(text, "/c/············")
}

// withCoupons puts codes for {券码}.
func (w *world) withCoupons(text string) string {
	return saidCoupon.ReplaceAllStringFunc(text, func(said string) string {
		var code string
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := w.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
			var id crm.CouponID
			if err := tx.Get(ctx, &id, `SELECT max(k.id) FROM coupons k LEFT JOIN customers c ON c.id = k.customer_id WHERE $1 = '' OR strpos(c.name, $1) > 0`,
				saidCoupon.FindStringSubmatch(said)[1]); err != nil {
				return err
			}
			c, err := tx.CouponByID(ctx, id)
			code = crm.SayCouponCode(c.Code)
			return err
		})
		if err != nil {
			w.t.Fatalf("%s: %v", said, err)
		}
		return code
	})
}
