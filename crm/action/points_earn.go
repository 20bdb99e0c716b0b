package action

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// earnOrder gives a customer the points of an order that was just written down.
func (r *run) earnOrder(ctx context.Context, c *customer, o crm.Order, res *Result) error {
	lines := make([]crm.PointsLine, len(o.Items))
	for i, item := range o.Items {
		lines[i] = crm.PointsLine{Product: item.Product, Category: item.Category, Amount: item.Amount}
	}
	if r.x.points.ByCategory() {
		known, err := r.tx.OrderCategories(ctx, o.ID)
		if err != nil {
			return err
		}
		for i := range lines {
			if i < len(known) && lines[i].Category == "" {
				lines[i].Category = known[i]
			}
		}
	}
	buy := crm.PointsPurchase{Source: crm.PointsSource{Kind: crm.KindOrder, ID: int64(o.ID)}, At: o.At, Lines: crm.PaidLines(lines, o.Amount, o.Product)}
	return r.earn(ctx, c, buy, res)
}

// earn gives a customer the points of a purchase that was just written down, and says so in the receipt. It belongs into
// the second pass. Whoever is no member earns nothing, unless the pack makes a first order a membership.
func (r *run) earn(ctx context.Context, c *customer, buy crm.PointsPurchase, res *Result) error {
	return r.earnFor(ctx, crm.CustomerID(c.ID), r.x.points.Enrolls(c.Name) && buy.Source.Kind == crm.KindOrder, buy, res)
}

// earnFor is earn for a customer who joins by this purchase or not.
func (r *run) earnFor(ctx context.Context, customer crm.CustomerID, joins bool, buy crm.PointsPurchase, res *Result) error {
	if buy.Amount() <= 0 {
		return nil
	}
	if !joins {
		if a, err := r.tx.Points(ctx, customer); err != nil || !a.Member {
			return err
		}
	}
	a, err := r.account(ctx, customer)
	if err != nil {
		return err
	}
	if !a.Member {
		if !joins {
			return nil
		}
		r.join(a, buy.Source)
	}
	progress, err := r.pointsProgress(ctx, customer, nil)
	if err != nil {
		return err
	}
	book := r.book(a)
	e, raised := r.credit(a, buy, &progress, &book)
	if raised != "" {
		raised = "，升到" + raised
	}
	if res != nil && e.Points > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("积分 +%d，现有 %d 分%s。", e.Points, e.Balance, raised))
	}
	return r.keepPoints(ctx, book)
}

// credit gives the account the points of a purchase, into the book. p is what the customer has bought in the last twelve
// months, and grows by it; raised is the tier that this was enough for, if it was.
func (r *run) credit(a *crm.PointsAccount, buy crm.PointsPurchase, p *crm.Progress, book *store.PointsBook) (e crm.PointsEntry, raised string) {
	rules := &r.x.points
	last := rules.LastDay(buy.At)
	points := rules.Earned(a, buy)
	if last < r.today() {
		points = 0 // they would have ended by now
	}
	e = a.Put(crm.PointsEarn, points, last)
	e.At, e.Source, e.Amount, e.Counts, e.By = r.now, buy.Source, buy.Amount(), buy.At.In(crm.Shanghai).Format(time.DateOnly), r.req.Actor.UserID
	a.Earned += points
	if e.Counts > r.yearAgo() {
		p.Spent += e.Amount
		p.Points += e.Value()
	}
	book.Entries = append(book.Entries, e)
	if change, ok := rules.Tiers.Raise(a, *p, r.now); ok {
		change.Source = buy.Source
		r.tierChanged(book, change)
		raised = change.To
	}
	return e, raised
}

// unearn takes back the points of a purchase: all that it has earned so far, and the tier that it alone gave.
func (r *run) unearn(ctx context.Context, source crm.PointsSource) error {
	earned, err := r.tx.PointsOf(ctx, source)
	if err != nil {
		return err
	}
	for _, was := range earned {
		if was.Value == 0 && was.Amount == 0 {
			continue
		}
		a, err := r.account(ctx, was.Customer)
		if err != nil {
			return err
		}
		e := a.Recall(crm.PointsRefund, max(0, was.Value), was.Last)
		e.Source, e.Amount, e.Counts, e.By = source, crm.Money(-was.Amount), was.Counts, r.req.Actor.UserID
		a.Earned -= was.Value
		if a.Member && a.JoinedBy == source {
			a.Member, a.Joined, a.JoinedBy = false, time.Time{}, crm.PointsSource{}
			a.Version++
		}
		book := r.book(a, &e)
		if err := r.tierBack(ctx, &book, a, &e); err != nil {
			return err
		}
		if err := r.keepPoints(ctx, book); err != nil {
			return err
		}
	}
	return nil
}

// tierBack takes a rise back that came of the purchase of e, unless what is left suffices.
func (r *run) tierBack(ctx context.Context, book *store.PointsBook, a *crm.PointsAccount, e *crm.PointsEntry) error {
	if a.TierUntil == "" {
		return nil
	}
	last, err := r.tx.LastTier(ctx, a.Customer)
	if notFound(err) || err == nil && last.Source != e.Source {
		return nil
	}
	if err != nil {
		return err
	}
	progress, err := r.pointsProgress(ctx, a.Customer, e)
	if err != nil {
		return err
	}
	if change, ok := r.x.points.Tiers.Back(a, last, progress); ok {
		r.tierChanged(book, change)
	}
	return nil
}

// dealPoints makes the points of a deal what they should be now: a won deal earns as an order does, one that is open again,
// lost or deleted does not.
func (r *run) dealPoints(ctx context.Context, id int64) error {
	source := crm.PointsSource{Kind: crm.KindDeal, ID: id}
	earned, err := r.tx.PointsOf(ctx, source)
	if err != nil {
		return err
	}
	var counted crm.Money
	for _, was := range earned {
		counted += crm.Money(was.Amount)
	}
	d, err := r.tx.DealByID(ctx, crm.DealID(id))
	if err != nil && !notFound(err) {
		return err
	}
	won := err == nil && d.State == crm.DealWon
	if won && counted == crm.Money(d.Amount) || !won && counted == 0 {
		return nil
	}
	if err := r.unearn(ctx, source); err != nil || !won {
		return err
	}
	return r.earnFor(ctx, crm.CustomerID(d.CustomerID), false, crm.PointsPurchase{Source: source, At: d.StageSince,
		Lines: []crm.PointsLine{{Product: d.Product, Amount: crm.Money(d.Amount)}}}, nil)
}

// account locks a customer's account for the rest of the transaction.
func (r *run) account(ctx context.Context, customer crm.CustomerID) (*crm.PointsAccount, error) {
	accounts, err := r.tx.LockPoints(ctx, customer)
	if err != nil {
		return nil, err
	}
	return accounts[customer], nil
}

// join makes the account a member's.
func (r *run) join(a *crm.PointsAccount, by crm.PointsSource) {
	a.Member, a.Joined, a.JoinedBy = true, r.now, by
	a.Version++
	r.event("member.joined", crm.Ref{Kind: crm.KindCustomer, ID: int64(a.Customer)}, map[string]any{"customer": a.Customer})
}

// book is what is written of one account.
func (r *run) book(a *crm.PointsAccount, entries ...*crm.PointsEntry) store.PointsBook {
	b := store.PointsBook{Accounts: []*crm.PointsAccount{a}, Warn: r.x.warnOn}
	for _, e := range entries {
		e.At = r.now
		b.Entries = append(b.Entries, *e)
	}
	return b
}

// warnOn are the days on which to tell that points end, and a tier.
func (x *Executor) warnOn(a *crm.PointsAccount) (points, tier string) {
	return a.WarnOn(x.points.Warn), x.points.Tiers.WarnOn(a)
}

// pointsEvents are the names of what happens to points.
var pointsEvents = map[string]string{crm.PointsEarn: "points.earned", crm.PointsAdjust: "points.adjusted", crm.PointsRedeem: "points.redeemed",
	crm.PointsExpire: "points.expired", crm.PointsRefund: "points.refunded"}

// keepPoints writes the book, and tells the rules of each entry.
func (r *run) keepPoints(ctx context.Context, b store.PointsBook) error {
	if err := r.tx.KeepPoints(ctx, b); err != nil {
		return err
	}
	for _, e := range b.Entries {
		if e.Points == 0 {
			continue
		}
		data := map[string]any{"customer": e.Customer, "points": e.Points, "balance": e.Balance}
		if e.Gift != "" {
			data["gift"] = e.Gift
		}
		r.event(pointsEvents[e.Kind], crm.Ref{Kind: crm.KindCustomer, ID: int64(e.Customer)}, data)
	}
	return nil
}

// tierChanged notes a change of tier in the book, and tells the rules.
func (r *run) tierChanged(b *store.PointsBook, c crm.TierChange) {
	b.Tiers = append(b.Tiers, c)
	if c.Why == "keep" && c.From == c.To {
		return
	}
	r.event("tier.changed", crm.Ref{Kind: crm.KindCustomer, ID: int64(c.Customer)}, map[string]any{"customer": c.Customer, "why": c.Why,
		"from": r.x.points.Tiers.Of(c.From).Name, "tier": r.x.points.Tiers.Of(c.To).Name, "until": c.ToEnd})
}

// pointsProgress is what a customer has bought in the last twelve months, with an entry that is not written yet.
func (r *run) pointsProgress(ctx context.Context, customer crm.CustomerID, e *crm.PointsEntry) (crm.Progress, error) {
	after := r.yearAgo()
	all, err := r.tx.PointsProgress(ctx, []int64{int64(customer)}, after)
	if err != nil {
		return crm.Progress{}, err
	}
	p := all[customer]
	if e != nil && e.Counts > after {
		p.Spent += e.Amount
		p.Points += e.Value()
	}
	return p, nil
}

// today is the day in the company's zone, 2006-01-02.
func (r *run) today() string { return r.now.In(crm.Shanghai).Format(time.DateOnly) }

// yearAgo is the day after which purchases count for a tier.
func (r *run) yearAgo() string { return r.now.In(crm.Shanghai).AddDate(-1, 0, 0).Format(time.DateOnly) }

// setsPurchase tells whether columns of a deal decide what it earns: it is won now, or may have been.
func setsPurchase(state string, set []store.Col) bool {
	return slices.ContainsFunc(set, func(c store.Col) bool { return c.Name == "state" || c.Name == "amount" && state == crm.DealWon })
}
