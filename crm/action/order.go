package action

import (
	"context"
	"strconv"

	"gendan/crm"
)

// OrderList shows what a customer has bought: orders and won deals.
type OrderList struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// PurchaseRow is a line of what a customer has bought.
type PurchaseRow struct {
	ID       int64     `json:"id"`
	Deal     bool      `json:"deal,omitempty"` // it is a won deal
	When     string    `json:"when"`
	What     string    `json:"what"`
	Quantity string    `json:"quantity,omitempty"`
	Amount   crm.Money `json:"amount,omitempty"`
}

// PurchasesView is Data of order.list, and a part of customer.view.
type PurchasesView struct {
	Customer string        `json:"customer,omitempty"`
	Rows     []PurchaseRow `json:"rows,omitempty"`
	Total    int           `json:"total"`
	Sum      crm.Money     `json:"sum"`
	Last     string        `json:"last,omitempty"`
}

func orderList(ctx context.Context, r *run, p *OrderList) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	bought, err := r.tx.PurchasesOf(ctx, crm.CustomerID(c.ID), pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v := r.purchasesView(bought)
	v.Customer = c.Name
	return view(&Result{Record: c.ref()}, v)
}

func (r *run) purchasesView(bought crm.Purchases) PurchasesView {
	v := PurchasesView{Total: bought.Count, Sum: bought.Sum}
	if bought.Count > 0 {
		v.Last = crm.SayDay(bought.Last.In(r.zone), r.now.In(r.zone))
	}
	for _, b := range bought.Rows {
		row := PurchaseRow{ID: b.Record.ID, Deal: b.Record.Kind == crm.KindDeal, When: crm.SayDay(b.At.In(r.zone), r.now.In(r.zone)), What: b.What, Amount: b.Amount}
		if b.Quantity > 0 {
			row.Quantity = strconv.FormatFloat(b.Quantity, 'f', -1, 64)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
