package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// numberOrText is a parameter that programs may send as a number or as text.
type numberOrText string

// UnmarshalJSON reads both.
func (n *numberOrText) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*n = numberOrText(s)
		return nil
	}
	var whole json.Number
	if err := json.Unmarshal(b, &whole); err != nil {
		return err
	}
	*n = numberOrText(whole.String())
	return nil
}

// CouponRedeem uses a coupon on what is bought now, or on an order that is written down.
type CouponRedeem struct {
	Code     string          `json:"code" doc:"*券码"`
	Amount   *crm.Money      `json:"amount,omitempty" doc:"用券前的金额（元）"`
	Product  string          `json:"product,omitempty" doc:"买了什么"`
	Quantity float64         `json:"quantity,omitempty" doc:"几件"`
	Items    []crm.OrderItem `json:"items,omitempty" doc:"订单的明细：产品、数量、金额（用券前）"`
	Order    numberOrText    `json:"order,omitempty" doc:"订单号：我们的 #编号，或商城的单号"`
	Shop     string          `json:"shop,omitempty" doc:"在哪家店用的"`
}

// CouponView is a coupon as colleagues and programs see it.
type CouponView struct {
	ID         int64           `json:"id"`
	Code       string          `json:"code"`                  // K7F2-9QXT-3WDM, or its end only
	Title      string          `json:"title"`                 // 8折券
	Says       string          `json:"says"`                  // what it gives in one phrase
	Limits     []string        `json:"limits,omitempty"`      // 满¥100可用 …
	Customer   string          `json:"customer,omitempty"`    // who holds it
	State      string          `json:"state"`                 // issued, redeemed, voided, expired
	StateSays  string          `json:"state_says"`            // 可用 …
	Issued     string          `json:"issued"`                // the day
	Sent       string          `json:"sent,omitempty"`        // the day on which it reached the customer
	Until      string          `json:"until"`                 // the last day
	UntilSays  string          `json:"until_says"`            // the last day as people say it
	Ended      string          `json:"ended,omitempty"`       // when it was used, voided or over
	Shop       string          `json:"shop,omitempty"`        // where it was used
	Reason     string          `json:"reason,omitempty"`      // of voiding
	Order      int64           `json:"order,omitempty"`       // on which it was used
	Price      crm.Money       `json:"price,omitempty"`       // before the coupon
	Off        crm.Money       `json:"off,omitempty"`         // what it took off
	Pays       crm.Money       `json:"pays,omitempty"`        // what is left to pay
	Gift       string          `json:"gift,omitempty"`        // to hand over
	Terms      crm.CouponTerms `json:"terms"`                 //
	ValidUntil string          `json:"valid_until"`           // RFC 3339: the first moment at which it is not good any more
	Batch      int64           `json:"batch,omitempty"`       //
	CustomerID int64           `json:"customer_id,omitempty"` // when the caller may see the customer
}

// couponView shows a coupon; whole tells its code.
func (r *run) couponView(c store.CouponRow, whole bool) CouponView {
	local := r.now.In(r.zone)
	state, last := c.StateAt(r.now), c.Expires.In(r.zone).AddDate(0, 0, -1)
	v := CouponView{ID: int64(c.ID), Code: crm.HideCouponCode(c.Code), Title: c.Terms.Title(), Says: c.Terms.Says(), Limits: c.Terms.Limits(), Customer: c.Customer,
		State: string(state), StateSays: state.Chinese(), Issued: crm.SayDay(c.IssuedAt.In(r.zone), local), Until: last.Format("2006-01-02"), UntilSays: crm.SayDay(last, local),
		Shop: c.Shop, Reason: c.Reason, Order: int64(c.OrderID), Price: c.Price, Off: c.Off, Terms: c.Terms, ValidUntil: c.Expires.In(r.zone).Format("2006-01-02T15:04:05Z07:00"),
		Batch: int64(c.Batch)}
	if whole {
		v.Code = crm.SayCouponCode(c.Code)
	}
	if c.Seen {
		v.CustomerID = int64(c.CustomerID)
	}
	if !c.SentAt.IsZero() {
		v.Sent = crm.SayDay(c.SentAt.In(r.zone), local)
	}
	if !c.Ended.IsZero() {
		v.Ended = crm.SayTime(c.Ended, r.now, r.zone)
	}
	if state == crm.CouponRedeemed {
		v.Pays = c.Revenue()
	}
	if c.Terms.Kind == crm.CouponGift {
		v.Gift = c.Terms.Gift
	}
	return v
}

// coupon finds the coupon that was said: its code, however typed, or its number with #.
func (r *run) coupon(ctx context.Context, param, said string) (store.CouponRow, error) {
	said = strings.TrimSpace(said)
	if said == "" {
		return store.CouponRow{}, r.ask(param, "哪张券？请报 12 位券码，比如 K7F2-9QXT-3WDM。")
	}
	if number, ok := recordNumber(said); ok && strings.ContainsAny(said, "#＃") {
		c, err := r.tx.CouponByID(ctx, crm.CouponID(number))
		if notFound(err) {
			return c, crm.Refuse(crm.ErrNotFound, "没有找到优惠券 #%d，请核对编号，或报券码。", number)
		}
		return c, err
	}
	code, err := crm.ReadCouponCode(said)
	if err != nil {
		return store.CouponRow{}, r.bad(param, err)
	}
	c, err := r.tx.CouponByCode(ctx, code)
	if notFound(err) {
		return c, crm.Refuse(crm.ErrNotFound, "没有券码是 %s 的券，请核对后再发一次。", crm.SayCouponCode(code))
	}
	return c, err
}

// usable refuses a coupon that is not good any more, and says what became of it.
func (r *run) usable(c store.CouponRow) error {
	what := "这张" + c.Terms.Title()
	if c.Customer != "" {
		what = crm.BrandName(c.Customer) + "的" + what
	}
	switch c.StateAt(r.now) {
	case crm.CouponRedeemed:
		where := ""
		if c.Shop != "" {
			where = "在" + c.Shop
		}
		return crm.Refuse(crm.ErrCouponUsed, "%s %s 已经%s用过了，一张只能用一次。", what, crm.SayTime(c.Ended, r.now, r.zone), where)
	case crm.CouponVoided:
		if c.Reason != "" {
			return crm.Refuse(crm.ErrCouponVoided, "%s已经作废（%s），不能用了。", what, c.Reason)
		}
		return crm.Refuse(crm.ErrCouponVoided, "%s已经作废，不能用了。", what)
	case crm.CouponExpired:
		return crm.Refuse(crm.ErrCouponExpired, "%s %s 到期了，不能用了。", what, crm.SayDay(c.Expires.In(r.zone).AddDate(0, 0, -1), r.now.In(r.zone)))
	}
	return nil
}

// couponUse is a coupon that a run will use.
type couponUse struct {
	store.CouponRow
	take store.CouponUse // what it takes off what
}

// useCoupon checks a coupon against what is bought, for a second pass that calls [run.redeem]. customer is whose order it is;
// 0 is not known.
func (r *run) useCoupon(ctx context.Context, said string, customer int64, lines []crm.CouponLine, shop string) (*couponUse, error) {
	c, err := r.coupon(ctx, "coupon", said)
	if err != nil {
		return nil, err
	}
	if err := r.usable(c); err != nil {
		return nil, err
	}
	if customer != 0 && c.CustomerID != 0 && int64(c.CustomerID) != customer {
		return nil, crm.Refuse(crm.ErrCouponOther, "这张%s是%s的，不能用在别的客户的订单上。", c.Terms.Title(), crm.BrandName(c.Customer))
	}
	return r.couponUse(c, lines, shop)
}

// couponUse is the use of a good coupon on those lines.
func (r *run) couponUse(c store.CouponRow, lines []crm.CouponLine, shop string) (*couponUse, error) {
	off, err := c.Terms.TakesOff(lines)
	if err != nil {
		return nil, err
	}
	use := &couponUse{c, store.CouponUse{Off: off, Shop: strings.TrimSpace(shop), Via: r.req.Via}}
	for _, l := range lines {
		use.take.Price += l.Amount
	}
	return use, nil
}

// redeem uses the coupon up, in the second pass: order is what was bought with it, 0 is not written down.
func (r *run) redeem(ctx context.Context, use *couponUse, order crm.OrderID) error {
	use.take.OrderID = order
	if err := r.tx.RedeemCoupon(ctx, use.CouponRow, use.take); err != nil {
		return err // a conflict: somebody else used it a moment ago; run again and say so
	}
	c := use.CouponRow
	ref := crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID), Name: c.Terms.Title()}
	changes := []Change{{Record: ref, Field: "状态", Old: crm.CouponIssued.Chinese(), New: crm.CouponRedeemed.Chinese()}}
	if use.take.Price > 0 {
		changes = append(changes, Change{Record: ref, Field: "用券前", New: use.take.Price.String()}, Change{Record: ref, Field: "优惠", New: use.take.Off.String()})
	}
	r.audit("coupon.redeem", ref, changes)
	r.event("coupon.redeemed", ref, map[string]any{"customer": c.CustomerID, "coupon": c.ID, "batch": c.Batch, "order": order, "price": use.take.Price, "off": use.take.Off,
		"amount": use.take.Price - use.take.Off})
	if c.Seen {
		line := "用了一张" + c.Terms.Title()
		if use.take.Off > 0 {
			line += fmt.Sprintf("：%s 减 %s，付 %s", use.take.Price, use.take.Off, use.take.Price-use.take.Off)
		}
		r.tx.Ledger.Activities = append(r.tx.Ledger.Activities, store.ActivityRow{Customer: c.CustomerID, Type: "change", Content: line, At: r.now})
	}
	return nil
}

func couponRedeem(ctx context.Context, r *run, p *CouponRedeem) (*Result, error) {
	c, err := r.coupon(ctx, "code", p.Code)
	if err != nil {
		return nil, err
	}
	if err := r.usable(c); err != nil {
		return nil, err
	}
	if len([]rune(p.Shop)) > 60 {
		return nil, r.ask("shop", "店名太长了，请说短一点。")
	}
	lines, order, err := r.couponOrder(ctx, p, c)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 && c.Terms.NeedsAmount() {
		whose := ""
		if c.Customer != "" {
			whose = crm.BrandName(c.Customer) + "的"
		}
		return nil, r.ask("amount", "%s%s，%s 前有效。这一单用券前多少钱？比如「60元」。", whose, c.Terms.Says()+"券", crm.SayDay(c.Expires.In(r.zone).AddDate(0, 0, -1), r.now.In(r.zone)))
	}
	use, err := r.couponUse(c, lines, p.Shop)
	if err != nil {
		return nil, r.couponBad(c, err)
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindCoupon, ID: int64(c.ID), Name: c.Terms.Title()}}
	r.sayUse(res, use)
	if order != 0 {
		res.changes(res.Record, "订单", "#"+strconv.FormatInt(int64(order), 10))
	}
	r.then(func(ctx context.Context) error {
		if err := r.redeem(ctx, use, order); err != nil {
			return err
		}
		c := use.CouponRow
		c.State, c.Ended, c.OrderID, c.Price, c.Off, c.Shop = crm.CouponRedeemed, r.now, order, use.take.Price, use.take.Off, use.take.Shop
		_, err := view(res, r.couponView(c, true))
		return err
	})
	r.title("%s的核销", use.Terms.Title())
	v := r.couponView(c, true)
	v.Price, v.Off, v.Pays = use.take.Price, use.take.Off, use.take.Price-use.take.Off
	return view(res, v)
}

// sayUse puts into the result whose coupon is used and what it takes off.
func (r *run) sayUse(res *Result, use *couponUse) {
	price, off, pays, gift := "", "", "", ""
	if use.take.Price > 0 {
		price, pays = use.take.Price.String(), (use.take.Price - use.take.Off).String()
	}
	if use.take.Off > 0 {
		off = "-" + use.take.Off.String()
	}
	if use.Terms.Kind == crm.CouponGift {
		gift = use.Terms.Gift
	}
	res.changes(res.Record, "券", use.Terms.Title(), "客户", use.Customer, "用券前", price, "优惠", off, "实付", pays, "赠品", gift)
}

// couponBad turns terms that an order does not fulfil into a question where the order was only told by its price.
func (r *run) couponBad(c store.CouponRow, err error) error {
	var no *crm.Refusal
	if errors.As(err, &no) && c.Customer != "" {
		return crm.Refuse(no.Cause, "%s的%s：%s", crm.BrandName(c.Customer), c.Terms.Title(), no.Sentence)
	}
	return err
}

// couponOrder is what is bought with the coupon: the lines that were said, else those of the order, else one of the amount.
func (r *run) couponOrder(ctx context.Context, p *CouponRedeem, c store.CouponRow) (lines []crm.CouponLine, id crm.OrderID, err error) {
	if p.Amount != nil {
		if err := crm.CheckAmount(*p.Amount); err != nil {
			return nil, 0, r.bad("amount", err)
		}
	}
	if err := crm.CheckQuantity(p.Quantity); err != nil {
		return nil, 0, r.bad("quantity", err)
	}
	if len(p.Items) > 200 {
		return nil, 0, r.ask("items", "明细太多了，最多 200 行。")
	}
	if p.Order != "" {
		o, err := r.tx.CouponOrder(ctx, strings.TrimSpace(string(p.Order)))
		switch {
		case notFound(err):
			return nil, 0, crm.Refuse(crm.ErrNotFound, "没有找到订单「%s」，请核对单号；没有订单就报金额。", string(p.Order))
		case err != nil:
			return nil, 0, err
		case c.CustomerID != 0 && o.CustomerID != c.CustomerID:
			return nil, 0, crm.Refuse(crm.ErrCouponOther, "这张%s是%s的，不能用在别的客户的订单上。", c.Terms.Title(), crm.BrandName(c.Customer))
		}
		used, err := r.tx.CouponOfOrder(ctx, o.ID)
		if err == nil {
			return nil, 0, crm.Refuse(crm.ErrCouponOther, "订单 #%d 已经用过一张%s，一单只能用一张。", o.ID, used.Terms.Title())
		}
		if !notFound(err) {
			return nil, 0, err
		}
		id, lines = o.ID, couponLines(o.Items, o.Amount, o.Product, o.Quantity)
	}
	switch {
	case len(p.Items) > 0:
		for _, item := range p.Items {
			if item.Amount < 0 || item.Amount > crm.MaxMoney || crm.CheckQuantity(item.Quantity) != nil {
				return nil, 0, r.ask("items", "「%s」的数量或金额不对，请核对。", item.Product)
			}
		}
		lines = couponLines(p.Items, 0, "", 0)
		if p.Amount != nil {
			lines = couponLines(p.Items, *p.Amount, "", 0)
		}
	case p.Amount != nil && len(lines) <= 1:
		line := crm.CouponLine{Product: p.Product, Quantity: p.Quantity}
		if len(lines) == 1 && p.Product == "" {
			line = lines[0]
		}
		line.Amount = *p.Amount
		lines = []crm.CouponLine{line}
	case len(lines) == 1 && lines[0].Amount == 0: // an order of which nobody said the price
		lines = nil
	}
	return lines, id, nil
}

// couponLines are an order's lines as a coupon sees them. An order whose lines have no prices is one line of its whole price.
func couponLines(items []crm.OrderItem, amount crm.Money, product string, quantity float64) []crm.CouponLine {
	var priced crm.Money
	lines := make([]crm.CouponLine, 0, len(items)+1)
	for _, item := range items {
		lines = append(lines, crm.CouponLine{Product: item.Product, Category: item.Category, Quantity: item.Quantity, Amount: item.Amount})
		priced += item.Amount
	}
	switch {
	case len(lines) == 1 && priced == 0:
		lines[0].Amount = amount
	case len(lines) == 0 || priced == 0:
		lines = []crm.CouponLine{{Product: product, Quantity: quantity, Amount: amount}}
	}
	return lines
}

// CouponOpen is a customer opening a coupon's page.
type CouponOpen struct {
	Code string `json:"code" doc:"*券码"`
	Seen bool   `json:"seen,omitempty" doc:"是人打开的，不是程序"`
}

// CouponPage is what its holder sees of a coupon: nobody's name, since a link can be handed on.
type CouponPage struct {
	Title  string   `json:"title"`
	Says   string   `json:"says"`
	Limits []string `json:"limits,omitempty"`
	State  string   `json:"state"`
	Until  string   `json:"until"`           // the last day: 11月28日
	Ended  string   `json:"ended,omitempty"` // when it was used
	Code   string   `json:"code"`            // K7F2-9QXT-3WDM
	Gift   string   `json:"gift,omitempty"`
}

func couponOpen(ctx context.Context, r *run, p *CouponOpen) (*Result, error) {
	c, err := r.coupon(ctx, "code", p.Code)
	if err != nil {
		return nil, err
	}
	v := r.couponView(c, true)
	if p.Seen {
		r.then(func(ctx context.Context) error { return r.couponOpened(ctx, c.ID) })
	}
	return view(&Result{}, CouponPage{Title: v.Title, Says: v.Says, Limits: v.Limits, State: v.State, Ended: v.Ended, Code: v.Code, Gift: v.Gift,
		Until: c.Expires.In(r.zone).AddDate(0, 0, -1).Format("1月2日")})
}

// orderCoupon checks a coupon that is used on an order which is being written down, and lowers what the order and its lines
// cost by it. nil when code is "".
func (r *run) orderCoupon(ctx context.Context, code string, c *customer, o *crm.Order) (*couponUse, error) {
	if strings.TrimSpace(code) == "" {
		return nil, nil
	}
	customer := c.ID
	if c.fresh {
		customer = -1 // nobody has given it a coupon yet
	}
	lines := couponLines(o.Items, o.Amount, o.Product, o.Quantity)
	use, err := r.useCoupon(ctx, code, customer, lines, o.Shop)
	if err != nil {
		return nil, err
	}
	o.Amount -= min(use.take.Off, o.Amount)
	if len(o.Items) == len(lines) {
		for i, cost := range use.Terms.Spread(lines, use.take.Off) {
			o.Items[i].Amount = min(o.Items[i].Amount, cost) // a line without a price stays without
		}
	}
	return use, nil
}
