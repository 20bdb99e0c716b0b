package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// CustomerMerge makes two customers that are one and the same into one: everything of customer moves to into.
type CustomerMerge struct {
	Customer string `json:"customer" doc:"*多出来的那个客户，合并后就没有了"`
	Into     string `json:"into" doc:"*留下的客户"`
}

func customerMerge(ctx context.Context, r *run, p *CustomerMerge) (*Result, error) {
	from, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	into, err := r.mergeInto(ctx, p.Into, from)
	if err != nil {
		return nil, err
	}
	switch {
	case from.fresh || into.fresh:
		return nil, crm.Refuse(crm.ErrInvalid, "这次才建的客户不用合并，直接用原来的就行。")
	case from.ID == into.ID:
		return nil, crm.Refuse(crm.ErrInvalid, "「%s」和「%s」本来就是同一个客户（#%d）。", p.Customer, p.Into, from.ID)
	}
	if err := r.mayGive(from); err != nil {
		return nil, err
	}
	res := &Result{Record: into.ref()}
	r.ours(into, res)
	counts, err := r.tx.Merging(ctx, crm.CustomerID(from.ID))
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(counts))
	for i, c := range counts {
		parts[i] = fmt.Sprintf("%s %d", c.Label, c.Rows)
	}
	res.Changes = []Change{{Record: into.ref(), Field: "并入", New: from.Name}}
	if len(parts) > 0 {
		res.Changes = append(res.Changes, Change{Record: into.ref(), Field: "转过来", New: strings.Join(parts, "、")})
	}
	r.risky(fmt.Sprintf("合并后只剩%s，%s的资料都转过去", into.Name, from.Name))
	r.last(func(ctx context.Context) error { return r.merge(ctx, from, into, res) })
	r.title("%s并入%s", from.Name, into.Name)
	return res, nil
}

// mergeInto finds the customer that stays; a choice for it is kept apart from the one for the other.
func (r *run) mergeInto(ctx context.Context, said string, from *customer) (*customer, error) {
	if strings.TrimSpace(said) == "" {
		return nil, r.ask("into", "并到哪个客户？说一下留下的客户名。")
	}
	if ref, ok := r.chosen("into"); ok && ref.ID != 0 {
		return r.customerByID(ctx, ref.ID, said)
	}
	if id, ok := recordNumber(said); ok {
		return r.customerByID(ctx, id, said)
	}
	if c := r.known(said); c != nil && c.ID != from.ID {
		return c, nil
	}
	rows, err := r.tx.CustomersNamed(ctx, said)
	if err != nil {
		return nil, err
	}
	kept := plausible(said, rows)
	others := kept[:0]
	for _, row := range kept { // the name of one is often a part of the other's
		if row.ID != from.ID {
			others = append(others, row)
		}
	}
	switch {
	case len(others) == 0 && len(kept) > 0:
		return from, nil
	case len(others) == 0:
		return nil, crm.Refuse(crm.ErrNotFound, "没有找到客户「%s」，换个说法试试。", said)
	case !others[0].Seen:
		return nil, walled(crm.ErrDenied, others[0], fmt.Sprintf("%s由%s负责，合并请找TA或主管来做。", others[0].Name, others[0].OwnerName))
	case len(others) == 1 && others[0].Score > 40:
		return r.keep(said, &customer{CustomerRow: others[0]}), nil
	}
	return nil, r.pick("into", said, customerOptions(others), false)
}

// merge moves everything and marks the emptied customer deleted.
func (r *run) merge(ctx context.Context, from, into *customer, res *Result) error {
	if err := r.mergePoints(ctx, from, into); err != nil {
		return err
	}
	if err := r.tx.Merge(ctx, crm.CustomerID(from.ID), crm.CustomerID(into.ID)); err != nil {
		return err
	}
	if err := r.mergedRefusals(ctx, crm.CustomerID(into.ID)); err != nil {
		return err
	}
	set, err := r.tx.MergeCols(ctx, &from.CustomerRow, &into.CustomerRow)
	if err != nil {
		return err
	}
	if into.Version, err = r.tx.Set(ctx, crm.KindCustomer, into.ID, into.Version, set); err != nil {
		return err
	}
	if from.Version, err = r.tx.Set(ctx, crm.KindCustomer, from.ID, from.Version, []store.Col{{Name: "deleted_at", Value: r.now}, {Name: "merged_into", Value: into.ID}}); err != nil {
		return err
	}
	if err := r.mergeTiers(ctx, from, into); err != nil {
		return err
	}
	r.focus = Focus{Customer: into.ref()}
	r.audit("customer.merge", into.ref(), res.Changes)
	r.event("customer.merged", into.ref(), map[string]any{"from": from.ID, "into": into.ID})
	r.history(into, 0, say(res.Changes))
	return nil
}

// mergedRefusals ends what is on its way to a customer that has just taken over the refusal of another one.
func (r *run) mergedRefusals(ctx context.Context, into crm.CustomerID) error {
	said, err := r.tx.ConsentsOf(ctx, into)
	if err != nil {
		return err
	}
	for _, k := range said {
		if k.Channel == crm.AnyChannel && !k.Allowed {
			if _, err := r.dropOffers(ctx, into, "客户不同意", k.Purpose); err != nil {
				return err
			}
		}
	}
	return nil
}

// mergePoints brings the points of both together when both collect them; an account of from alone moves as it is.
func (r *run) mergePoints(ctx context.Context, from, into *customer) error {
	ids := [2]crm.CustomerID{crm.CustomerID(from.ID), crm.CustomerID(into.ID)}
	both, err := r.tx.HavePoints(ctx, ids[:])
	if err != nil || both < 2 {
		return err
	}
	a, err := r.account(ctx, ids[0])
	if err != nil || a.Balance == 0 {
		return err
	}
	b, err := r.account(ctx, ids[1])
	if err != nil {
		return err
	}
	lots := slices.Clone(a.Lots)
	taken, err := a.Take(crm.PointsAdjust, a.Balance)
	if err != nil {
		return err
	}
	taken.Note, taken.By = "并入"+into.Name, r.req.Actor.UserID
	var entries []*crm.PointsEntry
	for _, lot := range lots {
		put := b.Put(crm.PointsAdjust, lot.Points, lot.Last)
		put.Note, put.By = "从"+from.Name+"并入", r.req.Actor.UserID
		entries = append(entries, &put)
	}
	book, more := r.book(a, &taken), r.book(b, entries...)
	for _, part := range []*store.PointsBook{&book, &more} {
		if err := r.keepPoints(ctx, *part); err != nil {
			return err
		}
		for _, e := range part.Entries {
			r.tx.Created(crm.KindPoints, int64(e.ID), 1)
		}
	}
	return nil
}
