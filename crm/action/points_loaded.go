package action

import (
	"context"
	"strconv"

	"gendan/crm"
	"gendan/crm/store"
)

// KindPointsLoaded is the kind of the outbox rows that ask for the points of orders written past the program; no subject, no
// payload: a trigger of the table orders writes the first.
const KindPointsLoaded = "points.loaded"

// PointsLoaded gives a page of orders that were loaded in bulk the points that they would have earned had they been typed, in
// the order in which they were bought: members and those whom a first order makes one, tiers, limits of time and all. more says
// that others may wait. An order earns once, whatever is repeated or dies in between.
func (x *Executor) PointsLoaded(ctx context.Context, tx *store.Tx) (more bool, err error) {
	r := newRun(x, tx, Request{Actor: crm.System, Via: "timer"})
	orders, taken, err := tx.TakeLoaded(ctx, pointsPage)
	if err != nil {
		return false, err
	}
	var customers []crm.CustomerID
	var ids []int64
	kept := orders[:0]
	for _, o := range orders {
		if !o.Member && !x.points.Enrolls(o.Name) {
			continue
		}
		kept = append(kept, o)
		customers, ids = append(customers, crm.CustomerID(o.Customer)), append(ids, o.Customer)
	}
	if len(kept) == 0 {
		return taken == pointsPage, nil
	}
	accounts, err := tx.LockPoints(ctx, customers...)
	if err != nil {
		return false, err
	}
	progress, err := tx.PointsProgress(ctx, ids, r.yearAgo())
	if err != nil {
		return false, err
	}
	book := store.PointsBook{Warn: x.warnOn}
	for _, a := range accounts {
		book.Accounts = append(book.Accounts, a)
	}
	for _, o := range kept {
		id := crm.CustomerID(o.Customer)
		a, p := accounts[id], progress[id]
		buy := crm.PointsPurchase{Source: crm.PointsSource{Kind: crm.KindOrder, ID: o.ID}, At: o.At, Lines: crm.PaidLines(o.Lines, crm.Money(o.Amount), o.Product)}
		if !a.Member {
			if !x.points.Enrolls(o.Name) { // has left since
				continue
			}
			r.join(a, buy.Source)
		}
		r.credit(a, buy, &p, &book)
		book.Entries[len(book.Entries)-1].Key = "order:" + strconv.FormatInt(o.ID, 10)
		progress[id] = p
	}
	if err := r.keepPoints(ctx, book); err != nil {
		return false, err
	}
	return taken == pointsPage, r.leaveReactions(ctx)
}
