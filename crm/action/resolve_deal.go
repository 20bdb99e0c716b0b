package action

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// deal finds the open deal that is meant: by number, else the only open one of the customer that was said, else
// the one last spoken of. create opens one when the customer has none and the person wants it, or is new itself.
func (r *run) deal(ctx context.Context, id crm.DealID, said string, create func(c *customer) *deal) (*deal, error) {
	if ref, ok := r.chosen("deal"); ok && ref.ID != 0 {
		id = crm.DealID(ref.ID)
	}
	if id == 0 && said == "" && r.focus.Deal.ID != 0 {
		id = crm.DealID(r.focus.Deal.ID)
	}
	if id != 0 {
		return r.dealByID(ctx, id)
	}
	if said == "" && r.focus.Customer.ID == 0 && len(r.customers) == 0 {
		return nil, r.ask("customer", "哪个客户的商机？说一下客户名就行。")
	}
	c, err := r.customer(ctx, said, orContact)
	if err != nil {
		return nil, err
	}
	switch len(c.deals) {
	case 1:
		return r.spoken(c.deals[0]), nil
	case 0:
		if _, yes := r.chosen("deal"); yes || c.fresh {
			return create(c), nil
		}
		return nil, r.pick("deal", c.Name, nil, true)
	}
	for _, d := range slices.Backward(c.deals) {
		if d.fresh { // made in this very message
			return r.spoken(d), nil
		}
	}
	options := make([]Option, len(c.deals))
	for i, d := range c.deals {
		options[i] = Option{Ref: d.ref(), Detail: dealDetail(d.DealRow)}
	}
	return nil, r.pick("deal", c.Name, options, false)
}

func dealDetail(d store.DealRow) string {
	parts := []string{d.Stage}
	if d.Amount > 0 {
		parts = append(parts, crm.Money(d.Amount).String())
	}
	if d.CloseDate != nil {
		parts = append(parts, "预计 "+*d.CloseDate)
	}
	return strings.Join(parts, " · ")
}

func (r *run) dealByID(ctx context.Context, id crm.DealID) (*deal, error) {
	if d := r.deals[int64(id)]; d != nil {
		return r.spoken(d), nil
	}
	row, err := r.tx.DealByID(ctx, id)
	if errors.Is(err, crm.ErrNotFound) {
		return nil, r.otherKind(ctx, int64(id), crm.KindDeal)
	}
	if err != nil {
		return nil, err
	}
	c, err := r.customerByID(ctx, row.CustomerID, "")
	if err != nil {
		return nil, err
	}
	d := r.deals[row.ID]
	if d == nil { // closed: not among the customer's open ones
		d = &deal{DealRow: row, customer: c}
		r.deals[row.ID] = d
	}
	return r.spoken(d), nil
}

// spoken makes d the deal last spoken of.
func (r *run) spoken(d *deal) *deal {
	r.focus.Customer, r.focus.Deal = d.customer.ref(), d.ref()
	return d
}
