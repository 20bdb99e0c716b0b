package action

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

const (
	mostCouponGuests = 20_000 // customers of one coupon.send
	mostCouponCodes  = 200    // codes handed out at once, since a person has to read them
	leftNames        = 3      // customers left out that are told by name
)

// CouponSend gives a coupon to a customer, or to every customer of a segment, or makes codes to hand out.
type CouponSend struct {
	Customer   string     `json:"customer,omitempty" doc:"客户名"`
	Filter     crm.Filter `json:"filter,omitzero" doc:"发给哪些客户"`
	Discount   float64    `json:"discount,omitempty" doc:"折扣：付几成，八折是 0.8"`
	AmountOff  *crm.Money `json:"amount_off,omitempty" doc:"立减多少（元）"`
	SecondHalf bool       `json:"second_half,omitempty" doc:"第二件半价"`
	Gift       string     `json:"gift,omitempty" doc:"赠品"`
	MinSpend   *crm.Money `json:"min_spend,omitempty" doc:"满多少可用（元）"`
	MaxOff     *crm.Money `json:"max_off,omitempty" doc:"折扣最多减多少（元）"`
	Product    string     `json:"product,omitempty" doc:"限哪些产品或品类，用顿号隔开"`
	ValidDays  int        `json:"valid_days,omitempty" doc:"有效天数，不说是 30 天"`
	Name       string     `json:"name,omitempty" doc:"券的名字"`
	Content    string     `json:"content,omitempty" doc:"发给客户的话，可以用 {{称呼}} {{券}} {{有效期}} {{链接}}"`
	Codes      int        `json:"codes,omitempty" doc:"不发给客户，只做这么多个券码"`
}

// Terms are what the coupon promises.
func (p *CouponSend) Terms() crm.CouponTerms {
	t := crm.CouponTerms{Name: strings.TrimSpace(p.Name), Discount: p.Discount, Gift: strings.TrimSpace(p.Gift), ValidDays: p.ValidDays}
	for _, said := range []struct {
		from *crm.Money
		to   *crm.Money
	}{{p.AmountOff, &t.Off}, {p.MinSpend, &t.MinSpend}, {p.MaxOff, &t.MaxOff}} {
		if said.from != nil {
			*said.to = *said.from
		}
	}
	for _, product := range strings.FieldsFunc(p.Product, func(r rune) bool { return strings.ContainsRune("、,，;；/", r) }) {
		if product = strings.TrimSpace(product); product != "" {
			t.Products = append(t.Products, product)
		}
	}
	switch {
	case p.SecondHalf:
		t.Kind, t.Discount = crm.CouponSecondHalf, 0
	case t.Gift != "":
		t.Kind = crm.CouponGift
	case t.Off != 0:
		t.Kind = crm.CouponAmount
	case t.Discount != 0:
		t.Kind = crm.CouponPercent
	}
	return t
}

// CouponSendView is what a send will do, and did.
type CouponSendView struct {
	Batch   int64           `json:"batch,omitempty"`
	Title   string          `json:"title"`          // 8折券
	Says    string          `json:"says,omitempty"` // the conditions, when there are any
	Until   string          `json:"until"`          // the last day
	Total   int             `json:"total"`          // customers asked for
	Issued  int             `json:"issued"`
	Left    []CouponLeft    `json:"left,omitempty"`
	Cost    crm.Money       `json:"cost,omitempty"`    // what all of them take off at most; 0 is not known
	About   bool            `json:"about,omitempty"`   // Cost is a guess from what these customers spend
	Codes   []string        `json:"codes,omitempty"`   // made to hand out
	Link    string          `json:"link,omitempty"`    // of the one coupon
	Terms   crm.CouponTerms `json:"terms"`             //
	Someone string          `json:"someone,omitempty"` // the one customer
	How     string          `json:"how,omitempty"`     // in Chinese: how the one customer hears of it, and what the sender can do
}

// CouponLeft are customers who get none, and why.
type CouponLeft struct {
	Why   string   `json:"why"`
	Count int      `json:"count"`
	Names []string `json:"names,omitempty"` // the first of them
}

// Say is 「2 位有没处理完的工单（云帆、星河）」.
func (l CouponLeft) Say() string {
	names := strings.Join(l.Names, "、")
	if l.Count > len(l.Names) {
		names += "等"
	}
	return fmt.Sprintf("%d 位%s（%s）", l.Count, l.Why, names)
}

func couponSend(ctx context.Context, r *run, p *CouponSend) (*Result, error) {
	terms := p.Terms()
	if terms.Kind == "" {
		return nil, r.ask("discount", "发什么券？说「8折」「满100减20」「第二件半价」或「送马克杯」。")
	}
	if err := terms.Check(); err != nil {
		return nil, err
	}
	if len([]rune(p.Content)) > 300 {
		return nil, r.ask("content", "发给客户的话太长了，最多 300 个字。")
	}
	v := CouponSendView{Title: terms.Title(), Says: strings.Join(terms.Limits(), "，"), Until: couponLastDay(terms, r), Terms: terms}
	if p.Codes != 0 {
		return couponCodes(ctx, r, p, terms, v)
	}
	guests, res, err := r.couponGuests(ctx, p, terms, &v)
	if err != nil {
		return nil, err
	}
	if err := r.couponCost(ctx, terms, guests, &v); err != nil {
		return nil, err
	}
	r.sayCoupons(res, v)
	r.risky(fmt.Sprintf("会发给%s，发出后收不回来", couponTo(v)))
	r.then(func(ctx context.Context) error { return r.sendCoupons(ctx, res, p, terms, guests, v) })
	r.title("发给%s的%s", couponTo(v), v.Title)
	return view(res, v)
}

func couponTo(v CouponSendView) string {
	if v.Someone != "" {
		return v.Someone
	}
	return fmt.Sprintf(" %d 位客户", v.Issued)
}

// couponLastDay is the last day on which a coupon issued now is good.
func couponLastDay(terms crm.CouponTerms, r *run) string {
	return crm.SayDay(terms.ExpiresAt(r.now, r.zone).AddDate(0, 0, -1).In(r.zone), r.now.In(r.zone))
}

// couponGuests are the customers who get one, and the result that speaks of them.
func (r *run) couponGuests(ctx context.Context, p *CouponSend, terms crm.CouponTerms, v *CouponSendView) (guests []store.CouponGuest, res *Result, err error) {
	filter, err := json.Marshal(p.Filter)
	if err != nil {
		return nil, nil, fmt.Errorf("filter: %w", err)
	}
	if p.Customer != "" || string(filter) == "{}" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, nil, err
		}
		if c.fresh {
			return nil, nil, crm.Refuse(crm.ErrInvalid, "%s这次才建，建好以后再发券。", c.Name)
		}
		guests, err = r.tx.CouponGuests(ctx, []int64{c.ID}, terms)
		if err != nil {
			return nil, nil, err
		}
		res = &Result{Record: c.ref()}
		r.ours(c, res)
		v.Someone, v.Total = c.Name, 1
		switch {
		case len(guests) == 0:
			return nil, nil, crm.Refuse(crm.ErrNotFound, "没有找到客户「%s」，换个说法试试。", c.Name)
		case guests[0].Stopped:
			return nil, nil, crm.Refuse(crm.ErrConflict, "%s退订了营销，不能发券；TA同意后说「恢复给%s发营销」再发。", c.Name, crm.BrandName(c.Name))
		case guests[0].Ticket:
			return nil, nil, crm.Refuse(crm.ErrConflict, "%s还有没处理完的工单，先处理好再发券。", c.Name)
		case guests[0].Holds:
			res.Notes = append(res.Notes, fmt.Sprintf("%s手里还有一张没用的%s，这次是再发一张。", crm.BrandName(c.Name), v.Title))
		}
		v.Issued = 1
		return guests, res, nil
	}
	switch r.req.Actor.Role {
	case crm.Service:
		return nil, nil, crm.Refuse(crm.ErrDenied, "群发优惠券请找主管或市场来发。")
	}
	ids, err := r.audience(ctx, p.Filter, mostCouponGuests)
	if err != nil {
		return nil, nil, err
	}
	all, err := r.tx.CouponGuests(ctx, ids, terms)
	if err != nil {
		return nil, nil, err
	}
	left := map[string]*CouponLeft{}
	out := func(why, name string) {
		l := left[why]
		if l == nil {
			l = &CouponLeft{Why: why}
			left[why] = l
		}
		if l.Count++; len(l.Names) < leftNames {
			l.Names = append(l.Names, crm.BrandName(name))
		}
	}
	for _, g := range all {
		switch {
		case g.Stopped:
			out("退订了营销", g.Name)
		case g.Ticket:
			out("有没处理完的工单", g.Name)
		case g.Holds:
			out("手里还有没用的同样的券", g.Name)
		default:
			guests = append(guests, g)
		}
	}
	for _, why := range []string{"退订了营销", "有没处理完的工单", "手里还有没用的同样的券"} {
		if l := left[why]; l != nil {
			v.Left = append(v.Left, *l)
		}
	}
	v.Total, v.Issued = len(all), len(guests)
	if len(guests) == 0 {
		says := make([]string, len(v.Left))
		for i, l := range v.Left {
			says[i] = l.Say()
		}
		return nil, nil, crm.Refuse(crm.ErrConflict, "符合条件的 %d 位客户这次都不能发：%s。", v.Total, strings.Join(says, "，"))
	}
	return guests, &Result{Record: crm.Ref{Kind: crm.KindCouponBatch, Name: v.Title}}, nil
}

// couponCost tells what the coupons can cost at most: exactly where the terms bound it, else by what these customers spend.
func (r *run) couponCost(ctx context.Context, terms crm.CouponTerms, guests []store.CouponGuest, v *CouponSendView) error {
	n := crm.Money(len(guests))
	switch terms.Kind {
	case crm.CouponAmount:
		v.Cost = n * terms.Off
		return nil
	case crm.CouponPercent:
		if terms.MaxOff > 0 {
			v.Cost = n * terms.MaxOff
			return nil
		}
		var orders int
		var spent int64
		for _, g := range guests {
			orders, spent = orders+g.Orders, spent+g.Spent
		}
		if orders == 0 {
			return nil
		}
		for _, g := range guests {
			one := spent / int64(orders) // who has not bought yet buys as much as the others
			if g.Orders > 0 {
				one = g.Spent / int64(g.Orders)
			}
			price := max(one, int64(terms.MinSpend))
			v.Cost += crm.Money(price - int64(math.Round(float64(price)*terms.Discount)))
		}
		v.About = true
		return nil
	}
	names, part := terms.Products, crm.Money(2)
	if terms.Kind == crm.CouponGift {
		names, part = []string{terms.Gift}, 1
	}
	for _, name := range names {
		price, err := r.tx.ProductPrice(ctx, name)
		if err != nil {
			return err
		}
		v.Cost = max(v.Cost, n*(price/part))
	}
	return nil
}

// costSaid is how much offers may cost at most, for a card; about tells that it was estimated. "" is nothing.
func costSaid(cost crm.Money, about bool) string {
	switch {
	case cost <= 0:
		return ""
	case about:
		return "约 " + cost.String() + "（按这些客户的平均订单估）"
	}
	return cost.String()
}

// sayCoupons puts into the result what a person should see before the send.
func (r *run) sayCoupons(res *Result, v CouponSendView) {
	to := fmt.Sprintf("%d 位客户", v.Issued)
	if v.Someone != "" {
		to = v.Someone
	}
	cost := costSaid(v.Cost, v.About)
	left := make([]string, len(v.Left))
	for i, l := range v.Left {
		left[i] = l.Say()
	}
	res.changes(res.Record, "券", v.Title, "条件", v.Says, "有效期", v.Until+"前（含当天）", "发给", to, "最多让利", cost, "不发", strings.Join(left, "；"))
}

// What customers are told when the sender says nothing else.
const (
	couponTextLink  = "{{称呼}}您好，送您一张{{券}}，{{有效期}}前有效，到店或下单时出示就行：{{链接}}"
	couponTextCode  = "{{称呼}}您好，送您一张{{券}}，{{有效期}}前有效，到店或下单时报券码 {{券码}} 就行。"
	couponTextAgain = "{{称呼}}您好，您的{{券}}{{有效期}}就到期了，别忘了用："
)

// couponOffer is what tells a customer of a coupon.
func (r *run) couponOffer(c crm.Coupon, text string) crm.Offer {
	link := r.x.couponLink(c)
	if text == "" {
		text = couponTextLink
		if link == "" {
			text = couponTextCode
		}
	}
	return crm.Offer{CustomerID: c.CustomerID, Purpose: crm.Marketing, Source: "coupon", SourceID: int64(c.Batch), CouponID: int64(c.ID), Text: text, Link: link,
		Fills: r.couponFills(c), Until: c.Expires, Key: fmt.Sprintf("coupon:%d", c.ID), Auto: true}
}

// couponFills are the words for a coupon in the template of an offer: 券, 有效期, 券码.
func (r *run) couponFills(c crm.Coupon) map[string]string {
	name := c.Terms.Title()
	if limits := c.Terms.Limits(); len(limits) > 0 {
		name += "（" + strings.Join(limits, "，") + "）"
	}
	last := c.Expires.In(r.zone).AddDate(0, 0, -1)
	return map[string]string{"券": name, "有效期": last.Format("1月2日"), "券码": crm.SayCouponCode(c.Code)}
}

// sendCoupons issues the coupons and plans what tells of them.
func (r *run) sendCoupons(ctx context.Context, res *Result, p *CouponSend, terms crm.CouponTerms, guests []store.CouponGuest, v CouponSendView) error {
	ids, owner := make([]int64, len(guests)), make(map[crm.CustomerID]int64, len(guests))
	for i, g := range guests {
		ids[i], owner[crm.CustomerID(g.ID)] = g.ID, g.OwnerID
	}
	source, sourceID := r.couponSource()
	coupons, err := r.issueCoupons(ctx, terms, ids, source, sourceID, r.couponKey())
	if err != nil {
		return err
	}
	if len(coupons) == 0 {
		return nil
	}
	offers := make([]crm.Offer, len(coupons))
	for i, c := range coupons {
		offers[i] = r.couponOffer(c, strings.TrimSpace(p.Content))
		offers[i].Prompt = owner[c.CustomerID] == int64(r.req.Actor.UserID) // whoever sends it does not object to it
	}
	if len(offers) == 1 && v.Someone != "" {
		if v.How, err = r.couponHow(ctx, offers[0], v.Someone); err != nil {
			return err
		}
	}
	if err := r.reach(ctx, offers); err != nil {
		return err
	}
	v.Batch, v.Issued = int64(coupons[0].Batch), len(coupons)
	if len(coupons) == 1 && v.Someone != "" {
		v.Link = r.x.couponLink(coupons[0])
	}
	ref := crm.Ref{Kind: crm.KindCouponBatch, ID: v.Batch, Name: v.Title}
	if v.Someone == "" {
		res.settle(ref)
	}
	about := res.Record
	for i := range res.Changes {
		res.Changes[i].Record = about
	}
	r.audit("coupon.send", about, res.Changes)
	r.event("coupon.issued", ref, map[string]any{"batch": v.Batch, "count": v.Issued, "kind": terms.Kind})
	_, err = view(res, v)
	return err
}

// couponSource is what issues the coupons of this run. A rule has one batch for each of its terms.
func (r *run) couponSource() (source string, id int64) {
	if r.req.Via == "rule" {
		if n, err := fmt.Sscanf(r.req.Key, "rule:%d:", &id); n == 1 && err == nil {
			return "rule", id
		}
	}
	return "coupon", 0
}

// couponKey is the key of the coupons of this call: the run's own, so that the run repeated issues nothing twice.
func (r *run) couponKey() string {
	key := r.req.Key
	if key == "" {
		key = newToken()
	}
	return fmt.Sprintf("%s:%d", key, r.call)
}

// couponCodes makes codes without a customer, to print or to hand out.
func couponCodes(ctx context.Context, r *run, p *CouponSend, terms crm.CouponTerms, v CouponSendView) (*Result, error) {
	if p.Codes < 0 || p.Codes > mostCouponCodes {
		return nil, r.ask("codes", "一次可以做 1 到 %d 个券码，要几个？", mostCouponCodes)
	}
	v.Total, v.Issued = p.Codes, p.Codes
	if err := r.couponCost(ctx, terms, make([]store.CouponGuest, p.Codes), &v); err != nil {
		return nil, err
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindCouponBatch, Name: v.Title}}
	cost := ""
	if v.Cost > 0 {
		cost = v.Cost.String()
	}
	res.changes(res.Record, "券", v.Title, "条件", v.Says, "有效期", v.Until+"前（含当天）", "数量", fmt.Sprintf("%d 个券码", p.Codes), "最多让利", cost)
	if p.Codes > 1 {
		r.risky(fmt.Sprintf("会做出 %d 个谁拿到都能用的券码", p.Codes))
	}
	r.then(func(ctx context.Context) error {
		coupons, err := r.issueCoupons(ctx, terms, make([]int64, p.Codes), "coupon", 0, r.couponKey())
		if err != nil {
			return err
		}
		v.Batch, v.Issued, v.Codes = int64(coupons[0].Batch), len(coupons), nil
		for _, c := range coupons {
			v.Codes = append(v.Codes, crm.SayCouponCode(c.Code))
		}
		ref := crm.Ref{Kind: crm.KindCouponBatch, ID: v.Batch, Name: v.Title}
		res.settle(ref)
		r.audit("coupon.send", ref, res.Changes)
		r.event("coupon.issued", ref, map[string]any{"batch": v.Batch, "count": v.Issued, "kind": terms.Kind})
		_, err = view(res, v)
		return err
	})
	r.title("%d 个%s的券码", p.Codes, v.Title)
	return view(res, v)
}

// couponsBack takes a send back: what has not left is void, what has stays good, since its holder was promised it.
func (r *run) couponsBack(ctx context.Context, step store.UndoStep) error {
	_, err := r.tx.CallBackBatch(ctx, crm.CouponBatchID(step.ID), "发券撤销了")
	return err
}

// couponBatches tells which of u's steps are batches of coupons.
func couponBatches(u store.SavedUndo) (all []crm.CouponBatchID) {
	for _, step := range u.Steps {
		if step.Kind == crm.KindCouponBatch && step.Before == nil {
			all = append(all, crm.CouponBatchID(step.ID))
		}
	}
	return slices.Compact(all)
}

// recall refuses to take back a send of which everything has left, and says what cannot be taken back of the others.
func (r *run) recall(ctx context.Context, u store.SavedUndo) (notes []string, err error) {
	for _, batch := range couponBatches(u) {
		s, err := r.tx.HoldBatch(ctx, batch)
		if err != nil {
			return nil, err
		}
		if s.Issued == 0 && s.Gone+s.Used > 0 {
			return nil, crm.Refuse(crm.ErrConflict, "券已经到客户手里，撤不回来了；一定要作废就说「作废」加客户名和「的券」。")
		}
		if s.Gone+s.Used > 0 {
			note := fmt.Sprintf("没发出去的 %d 张作废了；另有 %d 张已经发出，撤不回来，客户还能用", s.Issued, s.Gone+s.Used)
			if s.Used > 0 {
				note += fmt.Sprintf("（其中 %d 张已经用掉）", s.Used)
			}
			notes = append(notes, note+"。")
		}
	}
	return notes, nil
}
