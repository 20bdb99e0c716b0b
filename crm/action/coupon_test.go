package action_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// coupons makes n coupons on those terms without a holder and answers their codes.
func (h *house) codes(n int, p params) []string {
	h.t.Helper()
	p["codes"] = n
	v := data[action.CouponSendView](h.t, h.must("李雷", call("coupon.send", p)))
	if len(v.Codes) != n {
		h.t.Fatalf("%d codes of %d: %+v", len(v.Codes), n, v)
	}
	return v.Codes
}

// couponOf issues a coupon to a customer and answers its code, which only the customer is told.
func (h *house) couponOf(customer string, p params) string {
	h.t.Helper()
	p["customer"] = customer
	h.must("李雷", call("coupon.send", p))
	return h.codeOf(customer)
}

// codeOf is the code of a customer's newest coupon.
func (h *house) codeOf(customer string) (code string) {
	h.t.Helper()
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		rows, _, err := tx.CouponsOf(ctx, crm.CustomerID(h.view("李雷", customer).ID), "", 1, 0)
		if err == nil && len(rows) > 0 {
			code = crm.SayCouponCode(rows[0].Code)
		}
		return err
	})
	if err != nil || code == "" {
		h.t.Fatalf("%s has no coupon: %v", customer, err)
	}
	return code
}

func TestCouponIsSentAndRedeemedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	req := h.request("李雷", call("coupon.send", params{"customer": "云帆", "discount": 0.8, "valid_days": 10}))
	req.Hold = true
	out, err := h.run(req)
	if err != nil || out.Risk != action.High || !strings.Contains(out.Why, "云帆") {
		t.Fatalf("%+v, %v", out, err)
	}
	if n := h.count(`SELECT count(*) FROM coupons`); n != 0 {
		t.Fatalf("%d coupons before anybody said yes", n)
	}
	code := h.couponOf("云帆", params{"discount": 0.8, "valid_days": 10})
	if n := h.count(`SELECT count(*) FROM offers o JOIN coupons c ON c.id = o.coupon_id AND o.source_id = c.batch_id WHERE o.source = 'coupon' AND o.auto`); n != 1 {
		t.Errorf("%d offers", n)
	}
	if n := h.count(`SELECT count(*) FROM coupons WHERE position(convert_to('` + strings.ReplaceAll(code, "-", "") + `', 'UTF8') IN code) > 0`); n != 0 {
		t.Error("the code lies open")
	}
	list := data[action.CouponsView](t, h.must("李雷", call("coupon.list", params{"customer": "云帆"})))
	if list.Total != 1 || list.Rows[0].State != "issued" || strings.Contains(list.Rows[0].Code, code[:4]) || list.Rows[0].Until != "2026-11-28" {
		t.Errorf("%+v", list)
	}

	// The shop's assistant does not see the customer, and has the code.
	h.refused("韩梅梅", nil, []string{"云帆的8折券", "用券前多少钱"}, call("coupon.redeem", params{"code": code}))
	out = h.must("韩梅梅", call("coupon.redeem", params{"code": strings.ToLower(code), "amount": 60, "shop": "南山店"}))
	v := data[action.CouponView](t, out)
	if v.State != "redeemed" || v.Off != crm.Yuan(12) || v.Pays != crm.Yuan(48) || v.Customer != "云帆" || v.CustomerID != 0 {
		t.Errorf("%+v", v)
	}
	h.now = h.now.Add(time.Hour)
	h.refused("李雷", crm.ErrConflict, []string{"云帆的这张8折券", "今天 10:00", "在南山店", "只能用一次"}, call("coupon.redeem", params{"code": code, "amount": 60}))

	// Whoever redeemed it by mistake can take that back, and then it is good again.
	h.must("韩梅梅", call("undo", params{"code": out.UndoCode}))
	out = h.must("李雷", call("coupon.redeem", params{"code": code, "amount": 100}))
	if v := data[action.CouponView](t, out); v.Off != crm.Yuan(20) || v.CustomerID == 0 {
		t.Errorf("%+v", v)
	}
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'coupon.redeemed'`); n != 2 {
		t.Errorf("%d events", n)
	}
	if s := h.refused("李雷", crm.ErrNotFound, []string{"0000-0000-0000"}, call("coupon.view", params{"code": "oooo oooo oooo"})); s == "" {
		t.Error("a code of nobody's was found")
	}
	h.refused("李雷", nil, []string{"12 位"}, call("coupon.redeem", params{"code": "K7F2"}))
}

// Fifty tills redeem one coupon at the same moment: one of them does, the others hear that it is used.
func TestCouponIsRedeemedOnceByFifty(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	code := h.couponOf("云帆", params{"amount_off": 20})
	const tills = 50
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, refused := 0, 0
	for i := range tills {
		wg.Go(func() {
			_, err := h.x.Run(context.Background(), action.Request{Actor: h.who[[]string{"李雷", "韩梅梅", "孙客服"}[i%3]], Via: "api", Now: h.now, Key: fmt.Sprintf("till %d", i),
				Calls: []action.Call{call("coupon.redeem", params{"code": code, "amount": 100 + i})}})
			mu.Lock()
			defer mu.Unlock()
			var no *crm.Refusal
			switch {
			case err == nil:
				done++
			case errors.As(err, &no) && errors.Is(err, crm.ErrConflict) && strings.Contains(no.Sentence, "用过了"):
				refused++
			default:
				t.Errorf("till %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if done != 1 || refused != tills-1 {
		t.Errorf("%d redeemed, %d refused", done, refused)
	}
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'coupon.redeemed'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

// The same request, repeated by a till that did not hear the answer, gives the same answer.
func TestCouponRedeemedAgainByTheSameKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	req := h.request("韩梅梅", call("coupon.redeem", params{"code": h.couponOf("云帆", params{"amount_off": 20}), "amount": 50}))
	for i := range 3 {
		out, err := h.run(req)
		if err != nil || out.Replayed != (i > 0) || data[action.CouponView](t, out).Pays != crm.Yuan(30) {
			t.Errorf("%d: %+v, %v", i, out, err)
		}
	}
}

func TestCouponOnAnOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"云帆", "星河"} {
		h.must("李雷", call("customer.create", params{"customer": c}))
	}
	order := h.must("李雷", call("order.create", params{"customer": "云帆", "product": "抹茶拿铁", "quantity": 2, "amount": 60})).Results[0].Record.ID
	other := h.must("李雷", call("order.create", params{"customer": "星河", "product": "抹茶拿铁", "quantity": 2, "amount": 60})).Results[0].Record.ID
	first, second := h.couponOf("云帆", params{"second_half": true, "product": "抹茶"}), h.couponOf("云帆", params{"amount_off": 5})
	h.refused("李雷", crm.ErrConflict, []string{"云帆", "别的客户"}, call("coupon.redeem", params{"code": first, "order": other}))
	h.refused("李雷", crm.ErrNotFound, []string{"SO-1"}, call("coupon.redeem", params{"code": first, "order": "SO-1"}))
	out := h.must("李雷", call("coupon.redeem", params{"code": first, "order": fmt.Sprintf("#%d", order)}))
	if v := data[action.CouponView](t, out); v.Off != crm.Yuan(15) || v.Pays != crm.Yuan(45) || v.Order != order {
		t.Errorf("%+v", v)
	}
	h.refused("李雷", crm.ErrConflict, []string{"一单只能用一张"}, call("coupon.redeem", params{"code": second, "order": order}))
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	h.must("李雷", call("coupon.redeem", params{"code": second, "order": order}))
	h.refused("李雷", crm.ErrInvalid, []string{"云帆的", "两件"}, call("coupon.redeem", params{"code": first, "product": "抹茶拿铁", "quantity": 1, "amount": 30}))

	report := data[action.CouponReport](t, h.must("钱总", call("report.coupon", params{})))
	if a := report.All; a.Issued != 2 || a.Redeemed != 1 || a.Revenue != crm.Yuan(55) || a.Off != crm.Yuan(5) || len(report.Batches) != 2 || report.Batches[0].Title != "立减5元券" {
		t.Errorf("%+v", report)
	}
	if report := data[action.CouponReport](t, h.must("李雷", call("report.coupon", params{}))); report.All.Issued != 2 {
		t.Errorf("of one's own: %+v", report)
	}
	if report := data[action.CouponReport](t, h.must("韩梅梅", call("report.coupon", params{}))); report.All.Issued != 0 {
		t.Errorf("of others: %+v", report)
	}
}

// A coupon used while the order is written down lowers what the order costs, and both go back together.
func TestCouponWithANewOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	code := h.couponOf("云帆", params{"discount": 0.5, "product": "抹茶", "min_spend": 30})
	items := []params{{"product": "抹茶拿铁", "quantity": 1, "amount": 30}, {"product": "抹茶蛋糕", "quantity": 1, "amount": 20}, {"product": "杯子", "quantity": 1, "amount": 50}}
	order := call("order.create", params{"customer": "云帆", "items": items, "coupon": code})
	out := h.must("李雷", order)
	if n := h.count(`SELECT amount FROM orders WHERE id = $1`, out.Results[0].Record.ID); n != 75_00 {
		t.Errorf("the order costs %d fen", n)
	}
	if n := h.count(`SELECT sum(amount) FROM order_items WHERE order_id = $1 AND product LIKE '抹茶%'`, out.Results[0].Record.ID); n != 25_00 {
		t.Errorf("its lines cost %d fen", n)
	}
	if v := data[action.CouponView](t, h.must("李雷", call("coupon.view", params{"code": code}))); v.State != "redeemed" || v.Order != out.Results[0].Record.ID || v.Off != crm.Yuan(25) || v.Price != crm.Yuan(100) {
		t.Errorf("%+v", v)
	}
	h.refused("李雷", crm.ErrCouponUsed, nil, order)
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	h.must("李雷", order)
	if n := h.count(`SELECT count(*) FROM orders WHERE deleted_at IS NULL`); n != 1 {
		t.Errorf("%d orders", n)
	}
	h.refused("李雷", crm.ErrCouponOther, []string{"云帆"}, call("customer.create", params{"customer": "星河"}),
		call("order.create", params{"customer": "星河", "items": items, "coupon": h.couponOf("云帆", params{"amount_off": 5})}))
}

func TestCouponToASegment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"茶客甲", "茶客乙", "茶客丙", "茶客丁", "茶客戊", "茶客己"} {
		h.must("李雷", call("customer.create", params{"customer": c}))
		h.must("李雷", call("customer.tag", params{"customer": c, "tags": []string{"抹茶"}}))
	}
	h.must("韩梅梅", call("customer.create", params{"customer": "南方客"}))
	h.must("韩梅梅", call("customer.tag", params{"customer": "南方客", "tags": []string{"抹茶"}}))
	h.must("李雷", call("order.create", params{"customer": "茶客甲", "product": "抹茶", "amount": 100}))
	h.must("孙客服", call("ticket.create", params{"content": "漏了", "customer": "茶客乙", "kind": "投诉"}))
	h.couponOf("茶客丙", params{"discount": 0.8, "valid_days": 3})
	if _, err := h.owner.Exec(`INSERT INTO consents (customer_id, purpose, channel, allowed, at, via) SELECT id, 'marketing', '*', false, now(), 'test' FROM customers WHERE name = '茶客丁'`); err != nil {
		t.Fatal(err)
	}
	send := call("coupon.send", params{"filter": params{"tags": []string{"抹茶"}}, "discount": 0.8, "valid_days": 10})
	h.refused("孙客服", crm.ErrDenied, nil, send)
	out, err := h.x.Preview(t.Context(), h.request("李雷", send))
	if err != nil || out.Risk != action.High {
		t.Fatalf("%+v, %v", out, err)
	}
	v := data[action.CouponSendView](t, out)
	if v.Total != 6 || v.Issued != 3 || len(v.Left) != 3 || v.Left[1].Why != "有没处理完的工单" || v.Left[1].Names[0] != "茶客乙" || !v.About || v.Cost != crm.Yuan(60) {
		t.Errorf("%+v", v)
	}
	out = h.must("钱总", send) // a manager sees the whole company
	if v := data[action.CouponSendView](t, out); v.Issued != 4 || v.Batch == 0 {
		t.Errorf("%+v", v)
	}
	h.refused("李雷", crm.ErrConflict, []string{"6 位", "手里还有没用的同样的券"}, send)

	// One has been sent and one is used: undo takes back the other two and says so.
	if _, err := h.owner.Exec(`UPDATE offers SET state = 'sent' WHERE customer_id = (SELECT id FROM customers WHERE name = '茶客甲')`); err != nil {
		t.Fatal(err)
	}
	h.must("李雷", call("coupon.redeem", params{"code": h.codeOf("茶客戊"), "amount": 50}))
	back := h.must("钱总", call("undo", params{"code": out.UndoCode}))
	if notes := strings.Join(back.Results[0].Notes, ""); !strings.Contains(notes, "没发出去的 2 张") || !strings.Contains(notes, "另有 2 张") || !strings.Contains(notes, "1 张已经用掉") {
		t.Errorf("%q", notes)
	}
	if n := h.count(`SELECT count(*) FROM coupons c JOIN offers o ON o.coupon_id = c.id WHERE c.batch_id = $1 AND c.state = 'voided' AND o.state = 'stopped'`,
		data[action.CouponSendView](t, out).Batch); n != 2 {
		t.Errorf("%d voided", n)
	}
	report := data[action.CouponReport](t, h.must("钱总", call("report.coupon", params{})))
	if report.All.Redeemed != 1 || report.All.Voided != 2 {
		t.Errorf("%+v", report.All)
	}
}

// What has left cannot be called back; what has not, can.
func TestCouponSendIsTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	out := h.must("李雷", call("coupon.send", params{"customer": "云帆", "discount": 0.8}))
	code := h.codeOf("云帆")
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	h.refused("李雷", crm.ErrConflict, []string{"作废"}, call("coupon.redeem", params{"code": code, "amount": 60}))
	if n := h.count(`SELECT count(*) FROM offers WHERE state = 'stopped'`); n != 1 {
		t.Errorf("%d offers stopped", n)
	}
	out = h.must("李雷", call("coupon.send", params{"customer": "云帆", "discount": 0.8}))
	if _, err := h.owner.Exec(`UPDATE offers SET state = 'queued' WHERE state = 'planned'`); err != nil {
		t.Fatal(err)
	}
	h.refused("李雷", crm.ErrConflict, []string{"撤不回来"}, call("undo", params{"code": out.UndoCode}))
}

func TestCouponIsVoided(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"云帆", "星河"} {
		h.must("李雷", call("customer.create", params{"customer": c}))
	}
	code := h.couponOf("云帆", params{"discount": 0.8})
	h.refused("韩梅梅", crm.ErrDenied, []string{"不是你的客户"}, call("coupon.void", params{"code": code}))
	out := h.must("李雷", call("coupon.void", params{"code": code, "reason": "发错人了"}))
	h.refused("李雷", crm.ErrConflict, []string{"作废", "发错人了"}, call("coupon.redeem", params{"code": code, "amount": 60}))
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	h.couponOf("云帆", params{"amount_off": 5})
	h.must("李雷", call("coupon.void", params{"customer": "云帆"}))
	h.refused("李雷", crm.ErrNotFound, []string{"云帆"}, call("coupon.void", params{"customer": "云帆"}))
	list := data[action.CouponsView](t, h.must("李雷", call("coupon.list", params{"customer": "云帆", "status": "作废"})))
	if list.Total != 2 || list.Status != "已作废" {
		t.Errorf("%+v", list)
	}
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'coupon.voided'`); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Three days before the end its holder is reminded, once; after it the coupon is over.
func TestCouponEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"云帆", "星河"} {
		h.must("李雷", call("customer.create", params{"customer": c}))
	}
	h.couponOf("云帆", params{"discount": 0.8, "valid_days": 10})
	used := h.couponOf("星河", params{"discount": 0.8, "valid_days": 10})
	h.must("李雷", call("coupon.redeem", params{"code": used, "amount": 60}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'coupon.remind' AND due = '2026-11-25 08:00+08'`); n != 2 {
		t.Errorf("%d timers", n)
	}
	ring := 0
	step := func(name string) (n int) {
		t.Helper()
		ring++
		for _, batch := range h.ids(`SELECT id FROM coupon_batches ORDER BY id`) {
			out, err := h.x.Run(t.Context(), action.Request{Actor: crm.System, Via: "timer", Now: h.now, Key: fmt.Sprintf("%s %d %d", name, batch, ring), Calls: []action.Call{call(name, params{"batch": batch})}})
			if err != nil {
				t.Fatal(err)
			}
			n += data[action.CouponStep](t, out).Done
		}
		return n
	}
	h.now = time.Date(2026, 11, 25, 10, 0, 0, 0, crm.Shanghai).UTC()
	if n := step("coupon.remind"); n != 0 {
		t.Errorf("%d reminded who have not heard of theirs", n)
	}
	if _, err := h.owner.Exec(`UPDATE coupons SET sent_at = issued_at, reminded_at = NULL`); err != nil {
		t.Fatal(err)
	}
	if n := step("coupon.remind"); n != 1 {
		t.Errorf("%d reminded", n)
	}
	h.now = h.now.Add(time.Hour)
	if n := step("coupon.remind"); n != 0 {
		t.Errorf("%d reminded again", n)
	}
	h.now = time.Date(2026, 11, 28, 23, 59, 59, 0, crm.Shanghai).UTC()
	if n := step("coupon.expire"); n != 0 {
		t.Errorf("%d over before their time", n)
	}
	h.now = h.now.Add(time.Second)
	code := h.codeOf("云帆")
	h.refused("李雷", crm.ErrConflict, []string{"昨天", "到期"}, call("coupon.redeem", params{"code": code, "amount": 60}))
	if n := step("coupon.expire"); n != 1 {
		t.Errorf("%d over", n)
	}
	h.refused("李雷", crm.ErrConflict, []string{"到期"}, call("coupon.redeem", params{"code": code, "amount": 60}))
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'coupon.expired'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Coupons that a process was reminding of, or ending, when it was killed are not passed over by the process that takes its work up.
func TestCouponsOfADyingProcessAreWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := h.guestsOf(3, 1)
	batch := crm.CouponBatchID(data[action.CouponSendView](t, h.must("李雷", call("coupon.send", params{"filter": params{"owner": "李雷"}, "discount": 0.8, "valid_days": 10}))).Batch)
	if n := h.count(`WITH sent AS (UPDATE coupons SET sent_at = issued_at WHERE batch_id = $1 RETURNING id) SELECT count(*) FROM sent`, int64(batch)); n != len(ids) {
		t.Fatalf("%d coupons of %d", n, len(ids))
	}
	step := func(name string) (n int) {
		t.Helper()
		out, err := h.x.Run(t.Context(), action.Request{Actor: crm.System, Via: "timer", Now: h.now, Key: name, Calls: []action.Call{call(name, params{"batch": batch})}})
		if err != nil {
			t.Fatal(err)
		}
		return data[action.CouponStep](t, out).Done
	}
	h.now = h.now.AddDate(0, 0, 9)
	h.dying(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CouponsToRemind(ctx, batch, h.now.AddDate(0, 0, 3), 2)
		return err
	}, func() {
		if n := step("coupon.remind"); n != len(ids) {
			t.Errorf("%d of %d reminded", n, len(ids))
		}
	})
	h.now = h.now.AddDate(0, 0, 3)
	h.dying(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExpireCoupons(ctx, batch, 2)
		return err
	}, func() {
		if n := step("coupon.expire"); n != len(ids) {
			t.Errorf("%d of %d ended", n, len(ids))
		}
	})
}

// ids are the numbers that a query finds.
func (h *house) ids(query string) (all []int64) {
	h.t.Helper()
	rows, err := h.owner.Query(query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, id)
	}
	return all
}

func TestCouponTermsAreAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	h.refused("李雷", nil, []string{"什么券"}, call("coupon.send", params{"customer": "云帆"}))
	h.refused("钱总", nil, []string{"哪个客户"}, call("coupon.send", params{"discount": 0.8}))
	h.refused("李雷", crm.ErrInvalid, []string{"折扣"}, call("coupon.send", params{"customer": "云帆", "discount": 8}))
	h.refused("李雷", nil, []string{"200"}, call("coupon.send", params{"discount": 0.8, "codes": 201}))
	codes := h.codes(3, params{"gift": "马克杯", "min_spend": 68})
	h.refused("李雷", crm.ErrInvalid, []string{"还差 ¥18"}, call("coupon.redeem", params{"code": codes[0], "amount": 50}))
	out := h.must("韩梅梅", call("coupon.redeem", params{"code": codes[0], "amount": 70}))
	if v := data[action.CouponView](t, out); v.Gift != "马克杯" || v.Off != 0 || v.Pays != crm.Yuan(70) {
		t.Errorf("%+v", v)
	}
}
