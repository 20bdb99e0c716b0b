package action

import (
	"context"
	"time"

	"gendan/crm"
)

// mergeTiers gives the customer that stays the membership and the tier of the one that became a part of it, and the tier that
// both together have bought enough for. An account of the other alone has moved as it is.
func (r *run) mergeTiers(ctx context.Context, from, into *customer) error {
	ids := [2]crm.CustomerID{crm.CustomerID(from.ID), crm.CustomerID(into.ID)}
	both, err := r.tx.HavePoints(ctx, ids[:])
	if err != nil || both < 2 {
		return err
	}
	other, err := r.tx.Points(ctx, ids[0])
	if err != nil {
		return err
	}
	a, err := r.account(ctx, ids[1])
	if err != nil {
		return err
	}
	progress, err := r.pointsProgress(ctx, ids[1], nil)
	if err != nil {
		return err
	}
	source := crm.PointsSource{Kind: crm.KindCustomer, ID: from.ID}
	if other.Member && !a.Member {
		r.join(a, source)
	}
	book := r.book(a)
	if change, ok := r.x.points.Tiers.Merge(a, other, progress, r.now); ok {
		change.Source = source
		r.tierChanged(&book, change)
	}
	return r.keepPoints(ctx, book)
}

// unmergeTiers takes back what a merge gave the customer that stayed, when nothing changed since. What was bought
// since then counts.
func (r *run) unmergeTiers(ctx context.Context, from, into crm.CustomerID) error {
	both, err := r.tx.HavePoints(ctx, []crm.CustomerID{from, into})
	if err != nil || both < 2 {
		return err
	}
	a, err := r.account(ctx, into)
	if err != nil {
		return err
	}
	source := crm.PointsSource{Kind: crm.KindCustomer, ID: int64(from)}
	if a.Member && a.JoinedBy == source {
		a.Member, a.Joined, a.JoinedBy = false, time.Time{}, crm.PointsSource{}
		a.Version++
	}
	progress, err := r.pointsProgress(ctx, into, nil)
	if err != nil {
		return err
	}
	book := r.book(a)
	last, err := r.tx.LastTier(ctx, into)
	if err != nil && !notFound(err) {
		return err
	}
	if err == nil && last.Source == source {
		if change, ok := r.x.points.Tiers.Unmerge(a, last, progress); ok {
			r.tierChanged(&book, change)
		}
	}
	if change, ok := r.x.points.Tiers.Raise(a, progress, r.now); ok {
		r.tierChanged(&book, change)
	}
	return r.keepPoints(ctx, book)
}
