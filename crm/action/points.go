package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// PointsBalance shows a customer's points and tier.
type PointsBalance struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// PointsView is Data of points.balance, and a part of customer.view.
type PointsView struct {
	Customer  string   `json:"customer"`
	Member    bool     `json:"member"`
	Balance   int64    `json:"balance"`
	Owed      int64    `json:"owed,omitempty"`   // taken back after they were spent; new ones pay for it first
	Earned    int64    `json:"earned,omitempty"` // in all time
	Tier      string   `json:"tier,omitempty"`   // of a member
	TierUntil string   `json:"tier_until,omitempty"`
	Benefits  []string `json:"benefits,omitempty"`
	Next      string   `json:"next,omitempty"` // the tier above
	Lacks     string   `json:"lacks,omitempty"`
	Ended     int64    `json:"ended,omitempty"`  // have ended, and go in the night
	Ending    int64    `json:"ending,omitempty"` // end within the pack's days of warning
	EndingOn  string   `json:"ending_on,omitempty"`
	Gifts     []string `json:"gifts,omitempty"` // within reach
	Joined    string   `json:"joined,omitempty"`
}

func pointsBalance(ctx context.Context, r *run, p *PointsBalance) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	v, err := r.pointsView(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return nil, err
	}
	v.Customer = c.Name
	return view(&Result{Record: c.ref()}, v)
}

// PointsOf is a customer's account in words, for the customer: whoever calls knows who asks.
func (x *Executor) PointsOf(ctx context.Context, tx *store.Tx, customer crm.CustomerID) (PointsView, error) {
	return newRun(x, tx, Request{Now: tx.Now}).pointsView(ctx, customer)
}

// pointsView is a customer's account in words.
func (r *run) pointsView(ctx context.Context, customer crm.CustomerID) (v PointsView, err error) {
	a, err := r.tx.Points(ctx, customer)
	if err != nil {
		return v, err
	}
	v = PointsView{Member: a.Member, Balance: a.Balance, Owed: a.Owed, Earned: a.Earned}
	if !a.Member {
		return v, nil
	}
	rules, now := &r.x.points, r.now.In(r.zone)
	day := func(s string) string {
		t, err := time.ParseInLocation(time.DateOnly, s, r.zone)
		if err != nil {
			return ""
		}
		return crm.SayDay(t, now)
	}
	v.Joined = crm.SayDay(a.Joined.In(r.zone), now)
	tier := rules.Tiers.Of(a.Tier)
	v.Tier, v.TierUntil, v.Benefits = tier.Name, day(a.TierUntil), tier.Benefits
	progress, err := r.pointsProgress(ctx, customer, nil)
	if err != nil {
		return v, err
	}
	if next, lacks, ok := rules.Tiers.Next(a.Tier, progress); ok {
		v.Next, v.Lacks = next.Name, map[bool]string{true: "再积 ", false: "再消费 "}[rules.Tiers.By == "points"]+rules.Tiers.Say(lacks)
	}
	if points, first := a.Ending(r.inDays(0), r.inDays(rules.Warn)); points > 0 {
		v.Ending, v.EndingOn = points, day(first)
	}
	v.Ended = a.Ended(r.inDays(0))
	for _, g := range rules.Gifts {
		if g.Points <= a.Balance && len(v.Gifts) < 3 {
			v.Gifts = append(v.Gifts, fmt.Sprintf("%s（%d 分）", g.Name, g.Points))
		}
	}
	return v, nil
}

// PointsHistory shows how a customer's points came and went.
type PointsHistory struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// PointsRow is a line of a customer's points.
type PointsRow struct {
	When    string `json:"when"`
	What    string `json:"what"` // 消费, 调整, 兑换, 到期, 退回
	Points  int64  `json:"points"`
	Move    string `json:"move"` // +100
	Owed    int64  `json:"owed,omitempty"`
	Balance int64  `json:"balance"` // after it
	About   string `json:"about,omitempty"`
	By      string `json:"by,omitempty"`
	Order   int64  `json:"order,omitempty"` // record number of the purchase
}

// PointsHistoryView is Data of points.history.
type PointsHistoryView struct {
	Customer string      `json:"customer"`
	Balance  int64       `json:"balance"`
	Tier     string      `json:"tier,omitempty"` // of a member
	Ends     []PointsEnd `json:"ends,omitempty"` // what is left, by the day on which it ends, the first to end first
	Rows     []PointsRow `json:"rows,omitempty"`
	Total    int         `json:"total"`
}

// PointsEnd are points that end together.
type PointsEnd struct {
	On     string `json:"on"` // the last day on which they are good; "" when they do not end
	Points int64  `json:"points"`
}

func pointsHistory(ctx context.Context, r *run, p *PointsHistory) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	lines, total, err := r.tx.PointsHistory(ctx, crm.CustomerID(c.ID), pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	a, err := r.tx.Points(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return nil, err
	}
	v := PointsHistoryView{Customer: c.Name, Balance: a.Balance, Total: total}
	if a.Member {
		v.Tier = r.x.points.Tiers.Of(a.Tier).Name
	}
	for _, lot := range a.Lots[:min(len(a.Lots), 3)] {
		end := PointsEnd{Points: lot.Points}
		if lot.Last != crm.PointsForever {
			end.On = r.sayOn(lot.Last)
		}
		v.Ends = append(v.Ends, end)
	}
	for _, l := range lines {
		v.Rows = append(v.Rows, r.pointsRow(l))
	}
	return view(&Result{Record: c.ref()}, v)
}

// pointsWords are the kinds of entries as people say them.
var pointsWords = map[string]string{crm.PointsEarn: "消费", crm.PointsAdjust: "调整", crm.PointsRedeem: "兑换", crm.PointsExpire: "到期", crm.PointsRefund: "退回"}

func (r *run) pointsRow(l store.PointsLine) PointsRow {
	row := PointsRow{When: crm.SayDay(l.At.In(r.zone), r.now.In(r.zone)), What: pointsWords[l.Kind], Points: l.Points, Move: signed(l.Points), Owed: l.Owed, Balance: l.Balance,
		About: l.Note, By: l.ByName, Order: l.Source.ID}
	if l.Gift != "" {
		row.About = l.Gift
	}
	return row
}

// TierList shows the tiers, what they give, and what points buy.
type TierList struct{}

// TierRow is a tier in a list.
type TierRow struct {
	Name     string   `json:"name"`
	Needs    string   `json:"needs,omitempty"` // in twelve months; "" for the first
	Benefits []string `json:"benefits,omitempty"`
	Rate     float64  `json:"rate"` // points for a yuan
	Birthday float64  `json:"birthday,omitempty"`
}

// GiftRow is a gift in a list.
type GiftRow struct {
	Name   string `json:"name"`
	Points int64  `json:"points"`
	Left   int    `json:"left"` // -1: as many as are wanted
}

// TierListView is Data of tier.list.
type TierListView struct {
	Tiers []TierRow `json:"tiers"`
	Gifts []GiftRow `json:"gifts,omitempty"`
	Valid int       `json:"valid,omitempty"` // months; 0: for ever
}

func tierList(ctx context.Context, r *run, _ *TierList) (*Result, error) {
	rules := &r.x.points
	v := TierListView{Valid: rules.Months}
	for i, t := range rules.Tiers.List {
		row := TierRow{Name: t.Name, Benefits: t.Benefits, Rate: rules.Rate * max(t.Rate, 1), Birthday: max(t.Birthday, rules.Birthday)}
		if i > 0 {
			row.Needs = rules.Tiers.Say(int64(t.Min))
		}
		v.Tiers = append(v.Tiers, row)
	}
	taken, err := r.tx.GiftsTaken(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range rules.Gifts {
		row := GiftRow{Name: g.Name, Points: g.Points, Left: -1}
		if g.Stock > 0 {
			row.Left = max(0, g.Stock-taken[g.Name])
		}
		v.Gifts = append(v.Gifts, row)
	}
	return view(&Result{}, v)
}

// MemberCreate makes a customer a member.
type MemberCreate struct {
	Customer string `json:"customer" doc:"*客户名"`
	Phone    string `json:"phone,omitempty" doc:"电话"`
	Birthday string `json:"birthday,omitempty" doc:"生日"`
}

func memberCreate(ctx context.Context, r *run, p *MemberCreate) (*Result, error) {
	if err := r.checkPerson(&p.Phone, "", p.Birthday); err != nil {
		return nil, err
	}
	if strings.TrimSpace(p.Customer) == "" {
		return nil, r.ask("customer", "谁要入会？说一下名字，可以带上电话和生日。")
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	var question *stop
	if errors.As(err, &question) && question.pick != nil && question.pick.Create && len(question.pick.Options) == 0 {
		c, err = r.freshCustomer(ctx, newCustomer{name: p.Customer, person: crm.LooksLikePerson(p.Customer)}) // who joins may well be new
	}
	if err != nil {
		return nil, err
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindMember, ID: c.ID, Name: c.Name}}
	r.ours(c, res)
	member, err := r.isMember(ctx, c)
	if err != nil {
		return nil, err
	}
	if !member {
		res.changes(res.Record, "会员", c.Name)
	} else if p.Phone != "" {
		if known, err := r.hasPhone(ctx, c, p.Phone); err != nil {
			return nil, err
		} else if known {
			p.Phone = ""
		}
	}
	if p.Phone != "" || p.Birthday != "" {
		r.addContact(c, store.ContactRow{Name: c.Name, Phone: p.Phone, Birthday: p.Birthday}, res)
	}
	if member {
		if len(res.Changes) == 0 {
			return nil, crm.Refuse(crm.ErrConflict, "%s已经是会员了，说「%s的积分」看看有多少。", c.Name, crm.BrandName(c.Name))
		}
		r.title("%s的会员资料", c.Name)
		return res, nil
	}
	r.then(func(ctx context.Context) error {
		ref := crm.Ref{Kind: crm.KindMember, ID: c.ID, Name: c.Name}
		res.settle(ref)
		a, err := r.account(ctx, crm.CustomerID(c.ID))
		if err != nil || a.Member {
			return err
		}
		r.join(a, crm.PointsSource{})
		if err := r.keepPoints(ctx, r.book(a)); err != nil {
			return err
		}
		r.tx.Created(crm.KindMember, c.ID, a.Version)
		r.audit("member.create", ref, res.Changes)
		r.history(c, 0, "成为会员")
		return nil
	})
	r.title("%s入会", c.Name)
	return res, nil
}

// hasPhone tells whether a customer, or a contact of theirs, is reached under a number.
func (r *run) hasPhone(ctx context.Context, c *customer, phone string) (bool, error) {
	holders, err := r.tx.PhoneHolders(ctx, phone)
	return slices.ContainsFunc(holders, func(h store.PhoneHolder) bool { return h.CustomerID != nil && *h.CustomerID == c.ID }), err
}

func (r *run) isMember(ctx context.Context, c *customer) (bool, error) {
	if c.fresh {
		return false, nil
	}
	a, err := r.tx.Points(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return false, err
	}
	return a.Member, nil
}

// memberBack takes a membership back; the points stay, so that whoever joins again has them.
func (r *run) memberBack(ctx context.Context, customer int64) (version int, err error) {
	a, err := r.account(ctx, crm.CustomerID(customer))
	if err != nil {
		return 0, err
	}
	a.Member, a.Joined, a.JoinedBy = false, time.Time{}, crm.PointsSource{}
	a.Version++
	return a.Version, r.keepPoints(ctx, r.book(a))
}

// giftNames are what points buy, in a line.
func (x *Executor) giftNames() string {
	var names []string
	for _, g := range x.points.Gifts {
		names = append(names, fmt.Sprintf("%s %d 分", g.Name, g.Points))
	}
	return strings.Join(names, "、")
}

// gift finds what was said among the gifts.
func (x *Executor) gift(said string) (crm.PointsGift, bool) {
	if said == "" {
		return crm.PointsGift{}, false
	}
	return x.points.Gift(said)
}

// giftOf is the only gift of a price; ok is false when none or several have it.
func (x *Executor) giftOf(points int64) (g crm.PointsGift, ok bool) {
	fits := slices.DeleteFunc(slices.Clone(x.points.Gifts), func(g crm.PointsGift) bool { return g.Points != points })
	if len(fits) != 1 {
		return g, false
	}
	return fits[0], true
}
