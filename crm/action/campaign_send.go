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

// CampaignSend speaks to the customers of a campaign, each once with the same words.
type CampaignSend struct {
	Campaign   string     `json:"campaign" doc:"*推广名"`
	Filter     crm.Filter `json:"filter,omitzero" doc:"发给哪些客户；不说就是建推广时说的"`
	Content    string     `json:"content" doc:"*发给客户的话，可以用 {{称呼}} {{券}} {{有效期}} {{链接}}"`
	Content2   string     `json:"content2,omitempty" doc:"第二种文案，客户平均分着看"`
	Content3   string     `json:"content3,omitempty" doc:"第三种文案"`
	Discount   float64    `json:"discount,omitempty" doc:"带一张券：付几成，八折是 0.8"`
	AmountOff  *crm.Money `json:"amount_off,omitempty" doc:"带一张券：立减多少（元）"`
	SecondHalf bool       `json:"second_half,omitempty" doc:"带一张券：第二件半价"`
	Gift       string     `json:"gift,omitempty" doc:"带一张券：赠品"`
	MinSpend   *crm.Money `json:"min_spend,omitempty" doc:"券满多少可用（元）"`
	MaxOff     *crm.Money `json:"max_off,omitempty" doc:"券最多减多少（元）"`
	Product    string     `json:"product,omitempty" doc:"券限哪些产品或品类"`
	ValidDays  int        `json:"valid_days,omitempty" doc:"券有效天数"`
}

// CampaignSendView is what a send will do, and did.
type CampaignSendView struct {
	Send     int64             `json:"send,omitempty"`
	Campaign string            `json:"campaign"`
	People   int               `json:"people"`
	Title    string            `json:"title,omitempty"` // of the coupon
	Cost     crm.Money         `json:"cost,omitempty"`  // what the coupons take off at most; 0 is not known
	About    bool              `json:"about,omitempty"` // Cost is a guess from what these customers spend
	Left     []CouponLeft      `json:"left,omitempty"`
	Variants []CampaignVariant `json:"variants"`
}

// CampaignVariant is one text of a send.
type CampaignVariant struct {
	Send    int64  `json:"send,omitempty"`
	Name    string `json:"name"` // A, B, C
	Text    string `json:"text,omitempty"`
	People  int    `json:"people"`
	Waiting int    `json:"waiting,omitempty"`
	Sent    int    `json:"sent,omitempty"`
	Failed  int    `json:"failed,omitempty"`
	Clicked int    `json:"clicked,omitempty"`
}

func campaignSend(ctx context.Context, r *run, p *CampaignSend) (*Result, error) {
	c, err := r.campaign(ctx, p.Campaign)
	if err != nil {
		return nil, err
	}
	if c.State != crm.CampaignOpen {
		return nil, crm.Refuse(crm.ErrConflict, "推广「%s」已经停了，新建一个再发。", c.Name)
	}
	v := CampaignSendView{Campaign: c.Name}
	for _, text := range []string{p.Content, p.Content2, p.Content3} {
		if text == p.Content || strings.TrimSpace(text) != "" {
			if text, err = checkOfferText(r, text); err != nil {
				return nil, err
			}
			v.Variants = append(v.Variants, CampaignVariant{Name: string(rune('A' + len(v.Variants))), Text: text})
		}
	}
	ask := CouponSend{Filter: p.Filter, Discount: p.Discount, AmountOff: p.AmountOff, SecondHalf: p.SecondHalf, Gift: p.Gift, MinSpend: p.MinSpend, MaxOff: p.MaxOff,
		Product: p.Product, ValidDays: p.ValidDays}
	if ask.Filter.IsZero() {
		ask.Filter = c.Filter
	}
	if ask.Filter.IsZero() {
		return nil, r.ask("filter", "「%s」发给哪些客户？比如「30天没下单的会员」。", c.Name)
	}
	terms := ask.Terms()
	coupon := CouponSendView{}
	if terms.Kind != "" {
		if err := terms.Check(); err != nil {
			return nil, err
		}
		v.Title, coupon.Title = terms.Title(), terms.Title()
	}
	guests, _, err := r.couponGuests(ctx, &ask, terms, &coupon)
	if err != nil {
		return nil, err
	}
	hash, err := campaignHash(v.Variants, terms)
	if err != nil {
		return nil, err
	}
	v.Left = coupon.Left
	if guests, err = r.notTold(ctx, c, hash, guests, &v); err != nil {
		return nil, err
	}
	if terms.Kind != "" {
		if err := r.couponCost(ctx, terms, guests, &coupon); err != nil {
			return nil, err
		}
		v.Cost, v.About = coupon.Cost, coupon.About
	}
	page := ""
	if links, err := r.tx.CampaignLinks(ctx, crm.CampaignID(c.ID), 1); err != nil {
		return nil, err
	} else if len(links) > 0 {
		page = links[0].URL
	}
	ref := campaignRef(c)
	res := &Result{Record: ref}
	r.sayCampaignSend(res, v)
	r.risky(fmt.Sprintf("会发给 %d 位客户，发出后收不回来", v.People))
	r.then(func(ctx context.Context) error { return r.sendCampaign(ctx, res, c, terms, guests, hash, page, v) })
	r.title("「%s」的群发", c.Name)
	return view(res, v)
}

// campaignHash names what is said and given: the same twice is not sent to the same customer.
func campaignHash(texts []CampaignVariant, terms crm.CouponTerms) (string, error) {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = t.Text
	}
	raw, err := json.Marshal(map[string]any{"texts": all, "terms": terms})
	if err != nil {
		return "", fmt.Errorf("campaign send: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}

// notTold leaves out who gets, or got, the same before; it refuses when nobody is left.
func (r *run) notTold(ctx context.Context, c store.CampaignRow, hash string, all []store.CouponGuest, v *CampaignSendView) (guests []store.CouponGuest, err error) {
	ids := make([]int64, len(all))
	for i, g := range all {
		ids[i] = g.ID
	}
	told, err := r.tx.CampaignTold(ctx, crm.CampaignID(c.ID), hash, ids)
	if err != nil {
		return nil, err
	}
	again := CouponLeft{Why: "已经发过一样的"}
	for _, g := range all {
		if !told[g.ID] {
			guests = append(guests, g)
			continue
		}
		if again.Count++; len(again.Names) < leftNames {
			again.Names = append(again.Names, crm.BrandName(g.Name))
		}
	}
	if again.Count > 0 {
		v.Left = append(v.Left, again)
	}
	if v.People = len(guests); v.People == 0 {
		return nil, crm.Refuse(crm.ErrConflict, "符合条件的客户都已经发过一样的了，换段话再发。")
	}
	return guests, nil
}

// sayCampaignSend puts into the result what a person should see before the send.
func (r *run) sayCampaignSend(res *Result, v CampaignSendView) {
	cost := costSaid(v.Cost, v.About)
	left := make([]string, len(v.Left))
	for i, l := range v.Left {
		left[i] = l.Say()
	}
	for _, t := range v.Variants {
		name := "文案"
		if len(v.Variants) > 1 {
			name += t.Name
		}
		res.changes(res.Record, name, t.Text)
	}
	res.changes(res.Record, "券", v.Title, "发给", fmt.Sprintf("%d 位客户", v.People), "最多让利", cost, "不发", strings.Join(left, "；"))
}

// What is added to a text that does not speak of the coupon or the link that come with it.
const (
	campaignCouponTail = " 送您一张{{券}}，{{有效期}}前有效：{{链接}}"
	campaignCodeTail   = " 送您一张{{券}}，{{有效期}}前有效，券码 {{券码}}。"
)

// sendCampaign issues the coupons, makes each customer a link of their own, and plans what tells of it.
func (r *run) sendCampaign(ctx context.Context, res *Result, c store.CampaignRow, terms crm.CouponTerms, guests []store.CouponGuest, hash, page string, v CampaignSendView) error {
	campaign := crm.CampaignID(c.ID)
	if err := r.tx.TouchCampaign(ctx, campaign); err != nil {
		return err
	}
	texts, err := json.Marshal(v.Variants)
	if err != nil {
		return fmt.Errorf("campaign send: %w", err)
	}
	if v.Send, err = r.tx.AddCampaignSend(ctx, campaign, hash, string(texts), len(guests)); err != nil {
		return err
	}
	ids := make([]int64, len(guests))
	for i, g := range guests {
		ids[i] = g.ID
	}
	var coupons []crm.Coupon
	if terms.Kind != "" {
		if coupons, err = r.issueCoupons(ctx, terms, ids, "campaign", c.ID, fmt.Sprintf("campaign:%d", v.Send)); err != nil {
			return err
		}
	}
	offers := make([]crm.Offer, len(guests))
	var linked []int64
	var urls, tokens []string
	for i, g := range guests {
		n := crm.Variant(v.Send, crm.CustomerID(g.ID), len(v.Variants))
		t := &v.Variants[n]
		t.People++
		o := crm.Offer{CustomerID: crm.CustomerID(g.ID), Purpose: crm.Marketing, Source: "campaign", SourceID: c.ID, CampaignID: c.ID, Text: t.Text, Auto: true,
			Step: fmt.Sprintf("%d/%s", v.Send, t.Name), Key: fmt.Sprintf("campaign:%d:%d", v.Send, g.ID), Prompt: g.OwnerID == int64(r.req.Actor.UserID)}
		url := page
		if coupons != nil {
			o.CouponID, o.Fills, o.Until = int64(coupons[i].ID), r.couponFills(coupons[i]), coupons[i].Expires
			url = r.x.couponLink(coupons[i])
		}
		if url != "" && r.x.doors.Link != "" {
			token := store.NewLinkToken()
			o.Link = r.x.campaignURL(token)
			linked, urls, tokens = append(linked, g.ID), append(urls, url), append(tokens, token)
		}
		if end := r.campaignEnds(c); !end.IsZero() && (o.Until.IsZero() || end.Before(o.Until)) {
			o.Until = end
		}
		o.Text = campaignText(o)
		offers[i] = o
	}
	if len(linked) > 0 {
		if err := r.tx.AddCustomerLinks(ctx, campaign, v.Send, "群发", linked, urls, tokens); err != nil {
			return err
		}
	}
	if err := r.reach(ctx, offers); err != nil {
		return err
	}
	r.audit("campaign.send", res.Record, res.Changes)
	r.event("campaign.sent", res.Record, map[string]any{"send": v.Send, "count": v.People})
	_, err = view(res, v)
	return err
}

// campaignEnds is when a campaign's last day is over; zero when it has none, or when it is over already and is sent all the same.
func (r *run) campaignEnds(c store.CampaignRow) time.Time {
	if c.EndsOn == nil {
		return time.Time{}
	}
	y, m, d := c.EndsOn.Date()
	if end := time.Date(y, m, d+1, 0, 0, 0, 0, r.zone).UTC(); end.After(r.now) {
		return end
	}
	return time.Time{}
}

// campaignText is the text of an offer that also speaks of what comes with it.
func campaignText(o crm.Offer) string {
	link, coupon := strings.Contains(o.Text, "{{链接"), strings.Contains(o.Text, "{{券")
	switch {
	case o.CouponID != 0 && !link && !coupon && o.Link != "":
		return o.Text + campaignCouponTail
	case o.CouponID != 0 && !link && !coupon:
		return o.Text + campaignCodeTail
	case o.Link != "" && !link:
		return o.Text + " {{链接}}"
	}
	return o.Text
}

// sendBack takes a send back: what has not left does not leave.
func (r *run) sendBack(ctx context.Context, send int64) error {
	campaign, _, err := r.tx.CampaignOfSend(ctx, send)
	if err != nil {
		return err
	}
	_, err = r.tx.StopCampaignOffers(ctx, campaign, send, "群发撤销了")
	return err
}

// recallSends says what taking back a send cannot take back.
func (r *run) recallSends(ctx context.Context, u store.SavedUndo) (notes []string, err error) {
	for _, step := range u.Steps {
		if step.Kind != crm.KindCampaignSend {
			continue
		}
		_, left, err := r.tx.CampaignOfSend(ctx, step.ID)
		if err != nil {
			return nil, err
		}
		if left > 0 {
			notes = append(notes, fmt.Sprintf("已经发出的 %d 条收不回来，没发的都停了。", left))
		}
	}
	return notes, nil
}

// CampaignStop ends a campaign: nothing more is sent.
type CampaignStop struct {
	Campaign string `json:"campaign" doc:"*推广名"`
}

func campaignStop(ctx context.Context, r *run, p *CampaignStop) (*Result, error) {
	c, err := r.campaign(ctx, p.Campaign)
	if err != nil {
		return nil, err
	}
	if c.State != crm.CampaignOpen {
		return nil, crm.Refuse(crm.ErrConflict, "推广「%s」已经停了。", c.Name)
	}
	ref := campaignRef(c)
	res := &Result{Record: ref}
	sent, err := r.tx.CampaignSent(ctx, crm.CampaignID(c.ID))
	if err != nil {
		return nil, err
	}
	waiting := 0
	for _, s := range sent {
		waiting += s.Waiting
	}
	if waiting > 0 {
		r.risky(fmt.Sprintf("还有 %d 条没发，停了就不发了", waiting))
		res.changes(ref, "没发的", fmt.Sprintf("没发的 %d 条", waiting))
	}
	res.changes(ref, "状态", "停止")
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindCampaign, c.ID, c.Version, []store.Col{{Name: "state", Value: crm.CampaignStopped}}); err != nil {
			return err
		}
		if _, err := r.tx.StopCampaignOffers(ctx, crm.CampaignID(c.ID), 0, "推广停了"); err != nil {
			return err
		}
		r.audit("campaign.stop", ref, res.Changes)
		r.event("campaign.stopped", ref, nil)
		return nil
	})
	r.title("停掉推广「%s」", c.Name)
	return res, nil
}
