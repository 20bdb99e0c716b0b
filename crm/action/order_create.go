package action

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// OrderCreate writes down what a customer bought.
type OrderCreate struct {
	Customer string          `json:"customer" doc:"*客户名"`
	Product  string          `json:"product,omitempty" doc:"产品"`
	Quantity float64         `json:"quantity,omitempty" doc:"数量"`
	Amount   *crm.Money      `json:"amount,omitempty" doc:"金额（元）"`
	Category string          `json:"category,omitempty" doc:"产品的品类"`
	Items    []crm.OrderItem `json:"items,omitempty" doc:"订单的明细：产品、数量、金额、品类"`
	At       instant         `json:"at,omitzero" doc:"什么时候买的，不说就是现在"`
	Number   string          `json:"number,omitempty" doc:"商城或门店的单号，同一个单号只记一次"`
	Shop     string          `json:"shop,omitempty" doc:"哪个商城或门店"`
	Buyer    string          `json:"buyer,omitempty" doc:"客户在那个商城的会员号"`
	Coupon   string          `json:"coupon,omitempty" doc:"用的优惠券的券码；金额都是用券前的，订单记用券后的"`
}

// The most lines of an order, and how old one may be.
const (
	orderLines = 200
	orderAge   = 20 * 365 * 24 * time.Hour
)

// order checks what was said and makes an order of it.
func (p *OrderCreate) order(r *run) (o crm.Order, err error) {
	o = crm.Order{OwnerID: r.req.Actor.UserID, Product: strings.TrimSpace(p.Product), Quantity: p.Quantity, At: r.now, Number: strings.TrimSpace(p.Number),
		Shop: strings.TrimSpace(p.Shop), Items: p.Items}
	if p.Amount != nil {
		o.Amount = *p.Amount
	}
	if len(o.Items) == 0 && o.Product != "" {
		o.Items = []crm.OrderItem{{Product: o.Product, Quantity: o.Quantity, Amount: o.Amount, Category: strings.TrimSpace(p.Category)}}
	}
	if len(o.Items) > orderLines {
		return o, r.ask("items", "一单最多 %d 行，请分成几单来记。", orderLines)
	}
	sum, things := crm.Money(0), 0.0
	for i := range o.Items {
		item := &o.Items[i]
		item.Product = strings.TrimSpace(item.Product)
		if err := crm.CheckProduct(crm.CatalogProduct{Name: item.Product, Category: item.Category}); err != nil {
			return o, r.bad("product", err)
		}
		if item.Amount < 0 {
			return o, r.ask("amount", "「%s」的金额不对，请再说一遍。", item.Product)
		}
		if err := crm.CheckQuantity(item.Quantity); err != nil {
			return o, r.bad("quantity", err)
		}
		sum, things = sum+item.Amount, things+item.Quantity
	}
	if err := crm.CheckQuantity(o.Quantity); err != nil {
		return o, r.bad("quantity", err)
	}
	if p.Amount == nil {
		o.Amount = sum
	}
	if p.Amount != nil || sum > 0 {
		if err := crm.CheckAmount(o.Amount); err != nil {
			return o, r.bad("amount", err)
		}
	}
	if o.Product == "" {
		o.Product, o.Quantity = crm.OrderTitle(o.Items), things
	}
	if o.Product == "" && o.Quantity == 0 && p.Amount == nil {
		return o, r.ask("product", "买了什么？比如「空压机 2 台 5万」。")
	}
	if len([]rune(o.Number)) > 64 || len([]rune(o.Shop)) > 64 || len([]rune(p.Buyer)) > 64 {
		return o, r.ask("number", "单号太长了，核对一下再说一遍。")
	}
	if at := p.At.Time; !at.IsZero() {
		if at.After(r.now.Add(10*time.Minute)) || at.Before(r.now.Add(-orderAge)) {
			return o, r.ask("at", "什么时候买的？请说一个已经过去的时间。")
		}
		o.At = at.UTC()
	}
	return o, nil
}

func orderCreate(ctx context.Context, r *run, p *OrderCreate) (*Result, error) {
	o, err := p.order(r)
	if err != nil {
		return nil, err
	}
	if again, err := r.orderAgain(ctx, o); again != nil || err != nil {
		return again, err
	}
	c, err := r.buyer(ctx, p, o)
	if err != nil {
		return nil, err
	}
	use, err := r.orderCoupon(ctx, p.Coupon, c, &o)
	if err != nil {
		return nil, err
	}
	if why, risky := crm.RiskyAmount(0, o.Amount); risky {
		r.risky(why)
	}
	quantity, amount := "", ""
	if o.Quantity > 0 {
		quantity = strconv.FormatFloat(o.Quantity, 'f', -1, 64)
	}
	if o.Amount > 0 || p.Amount != nil {
		amount = o.Amount.String()
	}
	name := o.Product
	if name == "" {
		name = crm.BrandName(c.Name) + "的订单"
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindOrder, Name: name}}
	r.ours(c, res)
	res.changes(res.Record, "客户", c.Name, "产品", o.Product, "数量", quantity, "金额", amount, "单号", strings.TrimSpace(o.Shop+" "+o.Number))
	if use != nil {
		res.changes(res.Record, "用券", use.Terms.Title(), "优惠", "-"+use.take.Off.String())
	}
	if !p.At.IsZero() {
		res.changes(res.Record, "下单时间", crm.SayTime(o.At, r.now, r.zone))
	}
	r.then(func(ctx context.Context) error {
		o.CustomerID = crm.CustomerID(c.ID)
		if o.OwnerID == 0 { // a shop's or an ERP's
			o.OwnerID = crm.UserID(c.OwnerID)
		}
		id, err := r.tx.AddOrder(ctx, o)
		if err != nil {
			return err
		}
		if p.Buyer != "" {
			if err := r.tx.Identify(ctx, o.CustomerID, o.Shop, p.Buyer); err != nil {
				return err
			}
		}
		ref := crm.Ref{Kind: crm.KindOrder, ID: int64(id), Name: name}
		res.settle(ref)
		r.audit("order.create", ref, res.Changes)
		r.event("order.created", ref, map[string]any{"customer": c.ID, "product": o.Product, "quantity": o.Quantity, "amount": o.Amount, "items": o.Items})
		r.history(c, 0, "下单："+say(res.Changes[1:]))
		r.informOwners(c, nil, News{Topic: OrderBooked, Record: ref, Changes: res.Changes[1:]})
		o.ID = id
		if use != nil {
			if err := r.redeem(ctx, use, o.ID); err != nil {
				return err
			}
		}
		return r.orderBooked(ctx, c, o, res)
	})
	r.title("%s的订单", c.Name)
	return res, nil
}

// orderAgain answers for an order whose number is there already: nothing is written twice. nil when it is new.
func (r *run) orderAgain(ctx context.Context, o crm.Order) (*Result, error) {
	if o.Number == "" {
		return nil, nil
	}
	there, err := r.tx.OrderNumbered(ctx, o.Shop, o.Number)
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := r.customerByID(ctx, there.CustomerID, "")
	if err != nil {
		return nil, err
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindOrder, ID: there.ID, Name: there.Product}}
	res.Notes = append(res.Notes, "单号 "+o.Number+" 记过了，是"+c.Name+"的 #"+strconv.FormatInt(there.ID, 10)+"，没有再记。")
	return res, nil
}

// buyer is the customer of an order: the one the shop knows by that number, else the one who was said.
func (r *run) buyer(ctx context.Context, p *OrderCreate, o crm.Order) (*customer, error) {
	if p.Buyer != "" {
		id, err := r.tx.Identified(ctx, store.KnownByShop, o.Shop+"/"+p.Buyer)
		if err == nil {
			return r.customerByID(ctx, int64(id), p.Customer)
		}
		if !notFound(err) {
			return nil, err
		}
	}
	return r.customer(ctx, p.Customer, orCreate)
}
