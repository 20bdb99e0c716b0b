package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// mostVoided is how many coupons of one customer are voided at once.
const mostVoided = 100

// CouponVoid takes a coupon back from its holder: one by its code, or all that a customer has.
type CouponVoid struct {
	Code     string `json:"code,omitempty" doc:"券码"`
	Customer string `json:"customer,omitempty" doc:"客户名：TA手里没用的券都作废"`
	Reason   string `json:"reason,omitempty" doc:"原因"`
}

func couponVoid(ctx context.Context, r *run, p *CouponVoid) (*Result, error) {
	if len([]rune(p.Reason)) > 100 {
		return nil, r.ask("reason", "原因太长了，请说短一点。")
	}
	var all []store.CouponRow
	res := &Result{}
	if p.Code != "" {
		c, err := r.coupon(ctx, "code", p.Code)
		if err != nil {
			return nil, err
		}
		if err := r.usable(c); err != nil {
			return nil, err
		}
		if c, err = r.tx.CouponByID(ctx, c.ID); notFound(err) { // the code is enough to redeem it, not to take it away
			return nil, crm.Refuse(crm.ErrDenied, "这张券不是你的客户的，请找发券的同事或主管来作废。")
		} else if err != nil {
			return nil, err
		}
		all = []store.CouponRow{c}
		res.Record = crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID), Name: c.Terms.Title()}
		res.changes(res.Record, "券", c.Terms.Title(), "客户", c.Customer)
	} else {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		rows, _, err := r.tx.CouponsOf(ctx, crm.CustomerID(c.ID), crm.CouponIssued, mostVoided, 0)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, crm.Refuse(crm.ErrNotFound, "%s手里没有可以作废的券；说「%s的券」看看有哪些。", c.Name, crm.BrandName(c.Name))
		}
		all, res.Record = rows, c.ref()
		r.ours(c, res)
		if len(rows) > 1 {
			r.risky(fmt.Sprintf("会作废%s手里的 %d 张券", c.Name, len(rows)))
		}
		res.changes(res.Record, "券", couponTitles(rows), "客户", c.Name)
	}
	for _, c := range all {
		if !c.SentAt.IsZero() {
			r.risky("客户已经收到这张券")
			break
		}
	}
	res.changes(res.Record, "原因", p.Reason)
	r.then(func(ctx context.Context) error {
		ids := make([]crm.CouponID, len(all))
		for i, c := range all {
			ids[i] = c.ID
		}
		done, err := r.tx.VoidCoupons(ctx, ids, strings.TrimSpace(p.Reason))
		if err != nil {
			return err
		}
		if len(done) < len(ids) {
			return store.RunAgain(crm.ErrConflict) // used meanwhile: the repeat says so
		}
		if err := r.tx.StopCouponOffers(ctx, done, "券作废了"); err != nil {
			return err
		}
		for _, c := range all {
			ref := crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID), Name: c.Terms.Title()}
			r.audit("coupon.void", ref, []Change{{Record: ref, Field: "状态", Old: crm.CouponIssued.Chinese(), New: crm.CouponVoided.Chinese()}, {Record: ref, Field: "原因", New: p.Reason}})
			r.event("coupon.voided", ref, map[string]any{"customer": c.CustomerID, "coupon": c.ID, "batch": c.Batch})
		}
		return nil
	})
	r.title("%s的作废", couponTitles(all))
	return res, nil
}

// couponTitles is 「8折券」, 「8折券等 3 张」.
func couponTitles(all []store.CouponRow) string {
	if len(all) == 1 {
		return all[0].Terms.Title()
	}
	return fmt.Sprintf("%s等 %d 张", all[0].Terms.Title(), len(all))
}

// CouponList shows a customer's coupons; without a customer, what was issued lately.
type CouponList struct {
	Customer string `json:"customer,omitempty" doc:"客户名，不说就看最近发的每一批"`
	Status   string `json:"status,omitempty" doc:"issued 可用、redeemed 已使用、expired 已过期、voided 已作废"`
}

// CouponsView is Data of coupon.list, and a part of customer.view.
type CouponsView struct {
	Customer string        `json:"customer,omitempty"`
	Status   string        `json:"status,omitempty"` // as people say it
	Rows     []CouponView  `json:"rows,omitempty"`
	Total    int           `json:"total"`
	Batches  *CouponReport `json:"batches,omitempty"` // without a customer
}

// couponStatus is what was said for a state.
func couponStatus(said string) (crm.CouponState, bool) {
	said = strings.ToLower(strings.TrimSpace(said))
	if said == "" {
		return "", true
	}
	for state, words := range map[crm.CouponState][]string{
		crm.CouponIssued: {"issued", "可用", "没用", "未使用", "有效", "没用的", "open"}, crm.CouponRedeemed: {"redeemed", "已使用", "用过", "已核销", "核销", "用了"},
		crm.CouponExpired: {"expired", "过期", "已过期", "到期"}, crm.CouponVoided: {"voided", "作废", "已作废"},
	} {
		for _, w := range words {
			if said == w {
				return state, true
			}
		}
	}
	return "", false
}

func couponList(ctx context.Context, r *run, p *CouponList) (*Result, error) {
	state, ok := couponStatus(p.Status)
	if !ok {
		return nil, r.ask("status", "看哪些券？说「可用」「已使用」「已过期」或「已作废」。")
	}
	if p.Customer == "" {
		report, err := r.couponReport(ctx, r.now.AddDate(0, 0, -90), r.now.Add(time.Second), nil)
		if err != nil {
			return nil, err
		}
		report.Period = "最近 90 天"
		return view(&Result{}, CouponsView{Batches: report})
	}
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	v, err := r.couponsOf(ctx, c, state, pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	return view(&Result{Record: c.ref()}, v)
}

// couponsOf is a customer's coupons.
func (r *run) couponsOf(ctx context.Context, c *customer, state crm.CouponState, limit, skip int) (CouponsView, error) {
	rows, total, err := r.tx.CouponsOf(ctx, crm.CustomerID(c.ID), state, limit, skip)
	if err != nil {
		return CouponsView{}, err
	}
	v := CouponsView{Customer: c.Name, Status: state.Chinese(), Total: total}
	for _, row := range rows {
		v.Rows = append(v.Rows, r.couponView(row, false))
	}
	return v, nil
}

// CouponsHeld is what a customer can use now, with its codes, at most limit of total, for the customer: whoever calls knows who
// asks.
func (x *Executor) CouponsHeld(ctx context.Context, tx *store.Tx, customer crm.CustomerID, limit int) (held []CouponView, total int, err error) {
	rows, total, err := tx.CouponsHeld(ctx, customer, limit)
	if err != nil {
		return nil, 0, err
	}
	r := newRun(x, tx, Request{Now: tx.Now})
	for _, row := range rows {
		held = append(held, r.couponView(row, true))
	}
	return held, total, nil
}

// CouponGet shows one coupon.
type CouponGet struct {
	Code string `json:"code" doc:"*券码"`
}

func couponGet(ctx context.Context, r *run, p *CouponGet) (*Result, error) {
	c, err := r.coupon(ctx, "code", p.Code)
	if err != nil {
		return nil, err
	}
	whole := !strings.ContainsAny(p.Code, "#＃") // whoever says the code knows it
	return view(&Result{Record: crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID), Name: c.Terms.Title()}}, r.couponView(c, whole))
}

// ReportCoupon tells what coupons have brought and cost.
type ReportCoupon struct {
	Period string `json:"period,omitempty" doc:"时间段，不说是本月"`
}

// CouponReport is what coupons did in a time: all, and by batch, those with most revenue first.
type CouponReport struct {
	Period  string           `json:"period"` // as people read it
	From    string           `json:"from"`   // 2006-01-02
	To      string           `json:"to"`     // the last day
	All     CouponReportRow  `json:"all"`
	Batches []CouponBatchRow `json:"batches,omitempty"`
	More    int              `json:"more,omitempty"` // batches not shown
}

// CouponReportRow counts coupons.
type CouponReportRow struct {
	Issued   int       `json:"issued"`
	Sent     int       `json:"sent"`
	Redeemed int       `json:"redeemed"`
	Expired  int       `json:"expired"`
	Voided   int       `json:"voided"`
	Revenue  crm.Money `json:"revenue"` // paid by those who used one
	Off      crm.Money `json:"off"`     // what the coupons took off: their cost
}

// Rate is the part of what was issued that was used, 0 to 1.
func (r CouponReportRow) Rate() float64 {
	if r.Issued == 0 {
		return 0
	}
	return float64(r.Redeemed) / float64(r.Issued)
}

// CouponBatchRow is a batch.
type CouponBatchRow struct {
	CouponReportRow
	Batch  int64  `json:"batch"`
	Title  string `json:"title"`
	Says   string `json:"says"`
	At     string `json:"at"`     // the day on which it began
	Source string `json:"source"` // 发券, 规则, 旅程, 活动 …
}

func couponSourceChinese(source string) string {
	if s, ok := map[string]string{"coupon": "发券", "manual": "发券", "rule": "规则", "journey": "旅程", "campaign": "活动", "greeting": "祝福"}[source]; ok {
		return s
	}
	return source
}

func reportCoupon(ctx context.Context, r *run, p *ReportCoupon) (*Result, error) {
	local := r.now.In(r.zone)
	period := local.Format("2006-01")
	if p.Period != "" {
		period = p.Period
	}
	from, to, err := span(period, r.zone)
	if err != nil {
		return nil, r.bad("period", err)
	}
	report, err := r.couponReport(ctx, from, to, nil)
	if err != nil {
		return nil, err
	}
	report.From, report.To = from.In(r.zone).Format(time.DateOnly), to.In(r.zone).AddDate(0, 0, -1).Format(time.DateOnly)
	report.Period = from.In(r.zone).Format("1月2日") + "–" + to.In(r.zone).AddDate(0, 0, -1).Format("1月2日")
	return view(&Result{}, report)
}

// couponReport counts; who does not see everything is told of the batches of their own people.
func (r *run) couponReport(ctx context.Context, from, to time.Time, issuers []int64) (*CouponReport, error) {
	switch r.req.Actor.Scope {
	case crm.ScopeOwn:
		issuers = []int64{int64(r.req.Actor.UserID)}
	case crm.ScopeTeam:
		issuers = []int64{int64(r.req.Actor.UserID)}
		people, _, err := r.x.people.load(ctx, r.tx)
		if err != nil {
			return nil, err
		}
		for _, c := range people {
			for _, team := range r.req.Actor.Teams {
				if crm.TeamID(c.TeamID) == team {
					issuers = append(issuers, int64(c.ID))
				}
			}
		}
	}
	counts, err := r.tx.CouponReport(ctx, from, to, issuers)
	if err != nil {
		return nil, err
	}
	v := &CouponReport{From: from.In(r.zone).Format(time.DateOnly), To: to.In(r.zone).Format(time.DateOnly)}
	for _, n := range counts {
		row := CouponReportRow{Issued: n.Issued, Sent: n.Sent, Redeemed: n.Redeemed, Expired: n.Expired, Voided: n.Voided, Revenue: crm.Money(n.Price - n.Off), Off: crm.Money(n.Off)}
		a := &v.All
		a.Issued, a.Sent, a.Redeemed, a.Expired, a.Voided = a.Issued+row.Issued, a.Sent+row.Sent, a.Redeemed+row.Redeemed, a.Expired+row.Expired, a.Voided+row.Voided
		a.Revenue, a.Off = a.Revenue+row.Revenue, a.Off+row.Off
		if len(v.Batches) == pageSize {
			v.More++
			continue
		}
		v.Batches = append(v.Batches, CouponBatchRow{CouponReportRow: row, Batch: int64(n.Batch), Title: n.Terms.Title(), Says: n.Terms.Says(),
			At: crm.SayDay(n.At.In(r.zone), r.now.In(r.zone)), Source: couponSourceChinese(n.Source)})
	}
	return v, nil
}
