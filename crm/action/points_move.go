package action

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// manyPoints is how many points are not moved before a person has seen it.
const manyPoints = 10_000

// PointsAdjust gives a customer points or takes some.
type PointsAdjust struct {
	Customer string `json:"customer" doc:"*客户名"`
	Points   int64  `json:"points" doc:"*加多少积分，减就是负数"`
	Reason   string `json:"reason,omitempty" doc:"原因"`
}

func pointsAdjust(ctx context.Context, r *run, p *PointsAdjust) (*Result, error) {
	if p.Points == 0 {
		return nil, r.ask("points", "加减多少积分？比如「加100积分」「扣50积分」。")
	}
	if err := crm.CheckPoints(p.Points); err != nil {
		return nil, r.bad("points", err)
	}
	if len([]rune(p.Reason)) > 200 {
		return nil, r.ask("reason", "原因太长了，一句话就行。")
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	if p.Points > manyPoints || p.Points < -manyPoints {
		r.risky(fmt.Sprintf("一次%s %d 积分", map[bool]string{true: "加", false: "扣"}[p.Points > 0], max(p.Points, -p.Points)))
	}
	apply := func(a *crm.PointsAccount) (crm.PointsEntry, error) {
		if p.Points > 0 {
			return a.Put(crm.PointsAdjust, p.Points, r.x.points.LastDay(r.now)), nil
		}
		return a.Take(crm.PointsAdjust, -p.Points)
	}
	res, err := r.movePoints(ctx, c, pointsMove{action: "points.adjust", apply: apply, note: strings.TrimSpace(p.Reason)})
	if err != nil {
		return nil, err
	}
	r.title("%s的积分%s", c.Name, signed(p.Points))
	return res, nil
}

// PointsRedeem gives a customer a gift for points.
type PointsRedeem struct {
	Customer string `json:"customer" doc:"*客户名"`
	Gift     string `json:"gift,omitempty" doc:"换什么"`
	Points   int64  `json:"points,omitempty" doc:"用多少积分，不说按礼品的价"`
	Quantity int    `json:"quantity,omitempty" doc:"换几份，不说就是一份"`
}

func pointsRedeem(ctx context.Context, r *run, p *PointsRedeem) (*Result, error) {
	if p.Points < 0 || p.Quantity < 0 || p.Quantity > 1000 {
		return nil, r.ask("points", "用多少积分换？比如「100积分换一杯」。")
	}
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	gift, known := r.x.gift(p.Gift)
	if !known && p.Gift == "" {
		gift, known = r.x.giftOf(p.Points)
	}
	count, name := max(1, p.Quantity), strings.TrimSpace(p.Gift)
	cost := p.Points
	switch {
	case known:
		name = gift.Name
		if cost == 0 {
			cost = gift.Points * int64(count)
		} else if p.Quantity == 0 && cost > gift.Points && cost%gift.Points == 0 {
			count = int(cost / gift.Points)
		}
		if cost != gift.Points*int64(count) {
			return nil, r.ask("points", "%s是 %d 分一份，%d 份要 %d 分，用多少分换？", gift.Name, gift.Points, count, gift.Points*int64(count))
		}
	case cost == 0 && name == "":
		return nil, r.ask("gift", "换什么？现在能换：%s。", r.x.giftNames())
	case cost == 0:
		return nil, r.ask("points", "「%s」不在兑换目录里，用多少积分换？", name)
	case len([]rune(name)) > 60:
		return nil, r.ask("gift", "礼品名太长了，请只说名字。")
	}
	if cost > 0 {
		if err := crm.CheckPoints(cost); err != nil {
			return nil, r.bad("points", err)
		}
	}
	apply := func(a *crm.PointsAccount) (crm.PointsEntry, error) {
		e, err := a.Take(crm.PointsRedeem, cost)
		e.Gift, e.Gifts = name, count
		return e, err
	}
	m := pointsMove{action: "points.redeem", apply: apply, gift: name, count: count}
	if known {
		if m.stock, m.stocked = gift.Stock, true; gift.Stock > 0 {
			taken, err := r.tx.GiftsTaken(ctx)
			if err != nil {
				return nil, err
			}
			if left := max(0, gift.Stock-taken[name]); left < count {
				return nil, crm.Refuse(crm.ErrConflict, "%s只剩 %d 份了，换点别的吧：%s。", name, left, r.x.giftNames())
			}
		}
	}
	res, err := r.movePoints(ctx, c, m)
	if err != nil {
		return nil, err
	}
	r.title("%s兑换%s", c.Name, name)
	return res, nil
}

// pointsStep changes an account by one entry, or refuses to.
type pointsStep = func(*crm.PointsAccount) (crm.PointsEntry, error)

// pointsMove is a change of a customer's points by a colleague.
type pointsMove struct {
	action  string
	apply   pointsStep
	note    string
	gift    string
	count   int
	stock   int  // of the gift in all; 0: as many as are wanted
	stocked bool // the gift is in the pack, and what is gone of it is counted
}

// movePoints queues a change of points. What it would come to is tried first, so that a refusal comes before anything is written;
// what counts is tried again with the account locked.
func (r *run) movePoints(ctx context.Context, c *customer, m pointsMove) (*Result, error) {
	ref := crm.Ref{Kind: crm.KindPoints, Name: c.Name}
	res := &Result{Record: ref}
	r.ours(c, res)
	a := &crm.PointsAccount{}
	if !c.fresh {
		var err error
		if a, err = r.tx.Points(ctx, crm.CustomerID(c.ID)); err != nil {
			return nil, err
		}
	}
	for _, before := range r.pointsBefore[c] { // by earlier calls of this run
		if _, err := before(a); err != nil {
			return nil, err
		}
	}
	if r.pointsBefore == nil {
		r.pointsBefore = map[*customer][]pointsStep{}
	}
	r.pointsBefore[c] = append(r.pointsBefore[c], m.apply)
	e, err := m.apply(a)
	if err != nil {
		return nil, err
	}
	quantity := ""
	if m.gift != "" && m.count > 1 {
		quantity = strconv.Itoa(m.count)
	}
	res.changes(ref, "客户", c.Name, "积分", signed(e.Value()), "礼品", m.gift, "份数", quantity, "原因", m.note, "余额", strconv.FormatInt(e.Balance, 10))
	r.then(func(ctx context.Context) error { return r.pointsMoved(ctx, c, res, m) })
	return res, nil
}

// pointsMoved writes a change of points.
func (r *run) pointsMoved(ctx context.Context, c *customer, res *Result, m pointsMove) error {
	a, err := r.account(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return err
	}
	if !a.Member {
		r.join(a, crm.PointsSource{})
	}
	e, err := m.apply(a)
	if err != nil {
		return store.RunAgain(err) // spent by somebody else just now: the first pass says so
	}
	if m.stocked {
		if err := r.tx.TakeGift(ctx, m.gift, m.count, m.stock); err != nil {
			return err // taken by somebody else just now: likewise
		}
	}
	e.By, e.Note = r.req.Actor.UserID, m.note
	book := r.book(a, &e)
	if err := r.keepPoints(ctx, book); err != nil {
		return err
	}
	id := int64(book.Entries[0].ID)
	r.tx.Created(crm.KindPoints, id, 1)
	for i := range res.Changes {
		if res.Changes[i].Field == "余额" {
			res.Changes[i].New = strconv.FormatInt(e.Balance, 10)
		}
	}
	ref := crm.Ref{Kind: crm.KindPoints, ID: id, Name: c.Name}
	res.settle(ref)
	r.audit(m.action, ref, res.Changes)
	r.history(c, 0, say(res.Changes[1:]))
	r.informOwners(c, nil, News{Topic: PointsMoved, Record: ref, Changes: res.Changes[1:]})
	return nil
}

// pointsUntouched refuses to take entries back whose points are spent, and memberships that changed since. It writes
// nothing.
func (r *run) pointsUntouched(ctx context.Context, steps []store.UndoStep) error {
	accounts := map[crm.CustomerID]*crm.PointsAccount{}
	for _, step := range slices.Backward(steps) {
		if step.Kind == crm.KindMember {
			a, err := r.tx.Points(ctx, crm.CustomerID(step.ID))
			if err != nil {
				return err
			}
			if !a.Member || a.Version != step.Version {
				return crm.Refuse(crm.ErrConflict, "会员资格之后又改过了，撤销不了。")
			}
		}
		if step.Kind != crm.KindPoints {
			continue
		}
		e, err := r.tx.PointsEntry(ctx, crm.PointsID(step.ID))
		if err != nil {
			return err
		}
		if accounts[e.Customer] == nil {
			if accounts[e.Customer], err = r.tx.Points(ctx, e.Customer); err != nil {
				return err
			}
		}
		if _, err := accounts[e.Customer].Counter(e); err != nil {
			return err
		}
	}
	return nil
}

// recordSteps are the steps that changed records; entries of ledgers and memberships are taken back in their own way.
func recordSteps(steps []store.UndoStep) []store.UndoStep {
	return slices.DeleteFunc(slices.Clone(steps), func(s store.UndoStep) bool {
		return s.Kind == crm.KindPoints || s.Kind == crm.KindMember || s.Kind == crm.KindCampaignCost || s.Kind == crm.KindUser
	})
}

// pointsBack takes an entry back by another one.
func (r *run) pointsBack(ctx context.Context, id crm.PointsID) (version int, err error) {
	e, err := r.tx.PointsEntry(ctx, id)
	if err != nil {
		return 0, err
	}
	a, err := r.account(ctx, e.Customer)
	if err != nil {
		return 0, err
	}
	back, err := a.Counter(e)
	if err != nil {
		return 0, err
	}
	back.By = r.req.Actor.UserID
	if _, known := r.x.gift(e.Gift); known {
		if err := r.tx.TakeGift(ctx, e.Gift, -e.Gifts, 0); err != nil {
			return 0, err
		}
	}
	return 2, r.keepPoints(ctx, r.book(a, &back))
}

// signed is a number with its sign.
func signed(n int64) string {
	if n > 0 {
		return "+" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}
