package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindCouponRemind and KindCouponExpire are timers of a batch (Subject): some days before a day on which coupons of it end,
// those who have not used theirs are reminded; when the day is over the coupons end.
const (
	KindCouponRemind = "coupon.remind"
	KindCouponExpire = "coupon.expire"
)

const (
	couponRemindDays = 3 // before the last day
	couponRemindHour = 8 // of the company's clock: before the owners are told what leaves today
)

// issueCoupons makes a coupon on those terms for each of customers: one statement for all of them. It writes, so it belongs
// into the second pass. source and sourceID say what issues them: a journey, a rule and a campaign each have one batch for
// each of their terms, which report.coupon tells apart; whoever has no number (source "coupon", "manual") has one for each
// keyPrefix. The same keyPrefix and customer always give the same coupon, so that a repeat issues nothing twice. What was
// issued is in the order of customers; the caller sends it, with [crm.Offer].CouponID.
func (r *run) issueCoupons(ctx context.Context, terms crm.CouponTerms, customers []int64, source string, sourceID int64, keyPrefix string) ([]crm.Coupon, error) {
	if err := terms.Check(); err != nil {
		return nil, err
	}
	if len(customers) == 0 {
		return nil, nil
	}
	batchKey := fmt.Sprintf("%s:%s", source, keyPrefix)
	if sourceID != 0 {
		raw, err := json.Marshal(terms)
		if err != nil {
			return nil, fmt.Errorf("coupon terms: %w", err)
		}
		sum := sha256.Sum256(raw)
		batchKey = fmt.Sprintf("%s:%d:%s", source, sourceID, hex.EncodeToString(sum[:8]))
	}
	batch, made, err := r.tx.CouponBatch(ctx, batchKey, terms, source, sourceID)
	if err != nil {
		return nil, err
	}
	if made && sourceID == 0 {
		r.tx.Created(crm.KindCouponBatch, int64(batch), 1)
	}
	keys := make([]string, len(customers))
	for i, id := range customers {
		keys[i] = fmt.Sprintf("%s:%d", keyPrefix, id)
		if id == 0 {
			keys[i] = fmt.Sprintf("%s:0:%d", keyPrefix, i)
		}
	}
	expires := terms.ExpiresAt(r.now, r.zone)
	coupons, err := r.tx.AddCoupons(ctx, batch, terms, customers, keys, expires)
	if err != nil {
		return nil, err
	}
	r.couponTimers(batch, expires)
	return coupons, nil
}

// couponTimers sets when the coupons of a batch that end at expires are reminded of, and when they end. All that end on one
// day share the two timers.
func (r *run) couponTimers(batch crm.CouponBatchID, expires time.Time) {
	zone := r.zone
	y, m, d := expires.In(zone).Date()
	day := fmt.Sprintf("%d:%04d%02d%02d", batch, y, m, d)
	r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindCouponExpire, Subject: int64(batch), Due: expires, Dedupe: KindCouponExpire + ":" + day})
	if remind := time.Date(y, m, d-1-couponRemindDays, couponRemindHour, 0, 0, 0, zone); remind.Sub(r.now) > 24*time.Hour { // not the day after it came
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindCouponRemind, Subject: int64(batch), Due: remind.UTC(), Dedupe: KindCouponRemind + ":" + day})
	}
}

// couponLink is the page on which a coupon's holder sees it; "" when customers cannot open pages of ours.
func (x *Executor) couponLink(c crm.Coupon) string {
	if x.doors.Link == "" || c.Code == "" {
		return ""
	}
	return strings.TrimSuffix(x.doors.Link, "/") + "/c/" + c.Code
}

// couponHow tells how a customer will hear of a coupon as things stand, and what whoever sends it can do.
func (r *run) couponHow(ctx context.Context, o crm.Offer, name string) (string, error) {
	t, err := r.tryOffer(ctx, o.CustomerID, o.Text, o.Purpose)
	if err != nil {
		return "", err
	}
	whose := "负责人"
	if o.Prompt {
		whose = "你"
	}
	switch c := t.Choice; {
	case c.Channel == crm.ByLink:
		return fmt.Sprintf("现在没有能直接发给%s的渠道，会把要转的话发给%s，复制转给TA就行；加上TA的微信、记下邮箱，或请TA点客服链接说句话，以后就能直接发", crm.BrandName(name), whose), nil
	case c.Channel == crm.ByContact:
		return fmt.Sprintf("会放进%s企业微信的「群发助手」，点一下发送TA就收到", whose), nil
	case c.Channel != "" && o.Prompt:
		return "马上用" + crm.ChannelChinese(c.Channel) + "发给TA", nil
	case c.Channel != "":
		return "会用" + crm.ChannelChinese(c.Channel) + "发给TA，负责人先看到，不拦就发", nil
	case !c.Wait.IsZero():
		return crm.SayTime(c.Wait, r.now, r.zone) + " 再发给TA（" + c.Reason + "）", nil
	default:
		return "现在发不出去：" + c.Reason + "。券一直有效，可以当面或打电话把券码告诉TA", nil
	}
}
