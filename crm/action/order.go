package action

import (
	"context"
	"strconv"

	"gendan/crm"
)

// OrderCreate writes down what a customer bought.
type OrderCreate struct {
	Customer string     `json:"customer" doc:"*客户名"`
	Product  string     `json:"product,omitempty" doc:"产品"`
	Quantity float64    `json:"quantity,omitempty" doc:"数量"`
	Amount   *crm.Money `json:"amount,omitempty" doc:"金额（元）"`
}

func orderCreate(ctx context.Context, r *run, p *OrderCreate) (*Result, error) {
	if err := crm.CheckQuantity(p.Quantity); err != nil {
		return nil, r.bad("quantity", err)
	}
	if p.Amount != nil {
		if err := crm.CheckAmount(*p.Amount); err != nil {
			return nil, r.bad("amount", err)
		}
	}
	if len([]rune(p.Product)) > 100 {
		return nil, r.ask("product", "产品名太长了，请只说名字和型号。")
	}
	if p.Product == "" && p.Quantity == 0 && p.Amount == nil {
		return nil, r.ask("product", "买了什么？比如「空压机 2 台 5万」。")
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	o := crm.Order{OwnerID: r.req.Actor.UserID, Product: p.Product, Quantity: p.Quantity, At: r.now}
	quantity, amount := "", ""
	if p.Quantity > 0 {
		quantity = strconv.FormatFloat(p.Quantity, 'f', -1, 64)
	}
	if p.Amount != nil {
		o.Amount, amount = *p.Amount, p.Amount.String()
		if why, risky := crm.RiskyAmount(0, *p.Amount); risky {
			r.risky(why)
		}
	}
	name := p.Product
	if name == "" {
		name = crm.BrandName(c.Name) + "的订单"
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindOrder, Name: name}}
	r.ours(c, res)
	res.changes(res.Record, "客户", c.Name, "产品", p.Product, "数量", quantity, "金额", amount)
	r.then(func(ctx context.Context) error {
		o.CustomerID = crm.CustomerID(c.ID)
		if o.OwnerID == 0 { // a shop's or an ERP's
			o.OwnerID = crm.UserID(c.OwnerID)
		}
		id, err := r.tx.AddOrder(ctx, o)
		if err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindOrder, ID: int64(id), Name: name}
		res.settle(ref)
		r.audit("order.create", ref, res.Changes)
		r.event("order.created", ref, map[string]any{"customer": c.ID, "product": p.Product, "quantity": p.Quantity, "amount": o.Amount})
		r.history(c, 0, "下单："+say(res.Changes[1:]))
		r.informOwners(c, nil, News{Topic: OrderBooked, Record: ref, Changes: res.Changes[1:]})
		return r.earn(ctx, c, crm.PointsPurchase{Source: crm.PointsSource{Kind: crm.KindOrder, ID: ref.ID}, At: o.At, Lines: []crm.PointsLine{{Product: o.Product, Amount: o.Amount}}}, res)
	})
	r.title("%s的订单", c.Name)
	return res, nil
}

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
