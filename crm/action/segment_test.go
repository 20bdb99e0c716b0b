package action_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

// found are the names that a search by filter finds, in the order of their numbers.
func (h *house) found(who string, filter params) string {
	h.t.Helper()
	v := data[action.SearchResult](h.t, h.must(who, call("customer.search", params{"filter": filter})))
	names := ""
	for i := range v.Rows {
		names = v.Rows[len(v.Rows)-1-i].Name + " " + names
	}
	if len(v.Rows) != v.Total {
		h.t.Errorf("%v: %d rows, %d in all", filter, len(v.Rows), v.Total)
	}
	return sortedWords(names)
}

func (h *house) order(customer string, daysAgo int, product, category string, amount float64) {
	h.t.Helper()
	h.must("李雷", call("order.create", params{"customer": customer, "product": product, "category": category, "quantity": 1, "amount": amount,
		"at": h.now.AddDate(0, 0, -daysAgo).Format(time.RFC3339)}))
}

func TestEveryKeyOfAFilterIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"阿一", "阿二", "阿三", "阿四"} {
		h.must("李雷", call("customer.create", params{"customer": c + "茶铺", "region": map[string]string{"阿一": "上海", "阿二": "江苏"}[c]}))
	}
	for i := range 3 {
		h.order("阿一茶铺", 5+i, "抹茶拿铁", "奶茶", 30)
	}
	h.order("阿二茶铺", 40, "抹茶蛋糕", "甜品", 12_000)
	h.order("阿三茶铺", 400, "红茶", "茶叶", 88)
	h.must("李雷", call("customer.tag", params{"customer": "阿四茶铺", "tags": []string{"抹茶"}}))
	h.must("李雷", call("contact.create", params{"customer": "阿二茶铺", "contact": "王芳", "birthday": "1990-11-20"}))
	for _, c := range []struct {
		filter params
		want   string
	}{
		{params{"no_order_days": 30}, "阿三茶铺 阿二茶铺"},
		{params{"min_spent": 10_000}, "阿二茶铺"},
		{params{"max_spent": 100}, "阿一茶铺 阿三茶铺 阿四茶铺"},
		{params{"min_orders": 3}, "阿一茶铺"},
		{params{"max_orders": 0}, "阿四茶铺"},
		{params{"birthday": "this_week"}, "阿二茶铺"},
		{params{"birthday": "next_month"}, ""},
		{params{"tags": []string{"抹茶"}}, "阿一茶铺 阿四茶铺"}, // tagged, or buys it again and again
		{params{"rfm": "流失"}, "阿三茶铺"},
		{params{"rfm": "沉睡客户"}, ""},
		{params{"member": false, "bought": "红茶"}, "阿三茶铺"},
		{params{"bought": "抹茶"}, "阿一茶铺 阿二茶铺"},
		{params{"bought": "甜品"}, "阿二茶铺"},
		{params{"category": "茶叶"}, "阿三茶铺"},
		{params{"region": "华东"}, "阿一茶铺 阿二茶铺"},
		{params{"any": []params{{"min_orders": 3}, {"region": "江苏"}}, "not": params{"min_spent": 10_000}}, "阿一茶铺"},
		{params{"all": []params{{"min_orders": 1}, {"not": params{"bought": "抹茶"}}}}, "阿三茶铺"},
	} {
		if got := h.found("李雷", c.filter); got != c.want {
			t.Errorf("%v: %s, want %s", c.filter, got, c.want)
		}
	}
	deep := params{"level": "重点客户"}
	for range 6 {
		deep = params{"not": deep}
	}
	h.refused("李雷", nil, []string{"太多层"}, call("customer.search", params{"filter": deep}))
	h.refused("李雷", nil, []string{"1 到 3650"}, call("customer.search", params{"filter": params{"any": []params{{"no_order_days": -1}}}}))
}

func TestSegmentsAreSavedAndKeptUpToDate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 4 {
		h.must("李雷", call("customer.create", params{"customer": fmt.Sprintf("阿%d茶铺", i)}))
		h.order(fmt.Sprintf("阿%d茶铺", i), 25+i, "抹茶拿铁", "奶茶", 30)
	}
	out := h.must("李雷", call("segment.save", params{"name": "沉睡的抹茶客", "filter": params{"no_order_days": 27, "owner": "me"}}))
	if v := data[action.SegmentView](t, out); v.Total != 1 || v.Says != "李雷名下的、27 天没下单" || v.Filter.OwnerID == 0 {
		t.Errorf("%+v", v)
	}
	total := func(who, segment string) int {
		v := data[action.SegmentView](t, h.must(who, call("segment.view", params{"segment": segment})))
		if len(v.Rows) != v.Total {
			t.Errorf("%d rows of %d", len(v.Rows), v.Total)
		}
		return v.Total
	}
	if n := total("李雷", "沉睡的抹茶客"); n != 1 {
		t.Error(n)
	}
	h.now = h.now.AddDate(0, 0, 2)
	if n := total("钱总", "沉睡的抹茶客"); n != 3 { // of 李雷, whoever looks
		t.Error(n)
	}
	h.order("阿3茶铺", 0, "抹茶拿铁", "奶茶", 30)
	if n, of := total("李雷", "沉睡的抹茶客"), total("韩梅梅", "沉睡的抹茶客"); n != 2 || of != 0 {
		t.Error(n, of)
	}
	if got := h.found("李雷", params{"segment": "沉睡的抹茶客", "not": params{"bought": "红茶"}}); got != "阿1茶铺 阿2茶铺" {
		t.Error(got)
	}
	// One inside another follows it.
	h.must("李雷", call("segment.save", params{"name": "其余的", "filter": params{"min_orders": 1, "not": params{"segment": "沉睡的抹茶客"}}}))
	if n := total("李雷", "其余的"); n != 2 {
		t.Error(n)
	}
	h.must("李雷", call("segment.save", params{"name": "沉睡的抹茶客", "filter": params{"no_order_days": 1}}))
	if n, rest := total("李雷", "沉睡的抹茶客"), total("李雷", "其余的"); n != 3 || rest != 1 {
		t.Error(n, rest)
	}
	h.refused("李雷", crm.ErrInvalid, []string{"它自己"}, call("segment.save", params{"name": "沉睡的抹茶客", "filter": params{"segment": "沉睡的抹茶客"}}))
	h.refused("韩梅梅", crm.ErrDenied, []string{"李雷"}, call("segment.remove", params{"segment": "其余的"}))
	h.refused("李雷", nil, []string{"存哪些客户", "30天没下单"}, call("segment.save", params{"name": "空的"}))
	code := h.must("李雷", call("segment.remove", params{"segment": "其余的"})).UndoCode
	h.refused("李雷", crm.ErrNotFound, []string{"人群列表"}, call("segment.view", params{"segment": "其余的"}))
	h.must("李雷", call("undo", params{"code": code}))
	if v := data[action.SegmentListView](t, h.must("李雷", call("segment.list", nil))); v.Total != 2 || v.Rows[0].Name != "其余的" || v.Rows[0].Total != 1 {
		t.Errorf("%+v", v)
	}
}

func TestRFMAndItsMovements(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 5 {
		h.must("李雷", call("customer.create", params{"customer": fmt.Sprintf("阿%d茶铺", i)}))
	}
	h.order("阿0茶铺", 1, "红茶", "", 100)
	h.order("阿1茶铺", 80, "红茶", "", 20_000)
	h.order("阿1茶铺", 81, "红茶", "", 20_000)
	h.order("阿2茶铺", 360, "红茶", "", 100)
	look := func() (v action.RFMView, bands map[string]int) {
		v, bands = data[action.RFMView](t, h.must("李雷", call("rfm.list", nil))), map[string]int{}
		for _, b := range v.Bands {
			bands[b.Name] = b.Customers
		}
		return v, bands
	}
	if v, bands := look(); bands["新客"] != 1 || bands["高价值"] != 1 || bands["沉睡"] != 1 || v.Nobody != 2 || v.Total != 3 {
		t.Errorf("%+v", v)
	}
	h.now = h.now.AddDate(0, 0, 40)
	v, bands := look()
	if bands["新客"] != 1 || bands["高价值"] != 0 || bands["沉睡"] != 1 || bands["流失"] != 1 {
		t.Errorf("%+v", v)
	}
	moved := map[string]int{}
	for _, m := range v.Moves {
		moved[m.From+">"+m.To] = m.Customers
	}
	if moved["高价值>沉睡"] != 1 || moved["沉睡>流失"] != 1 || len(v.Moves) != 2 {
		t.Errorf("%+v", v.Moves)
	}
	if other := data[action.RFMView](t, h.must("韩梅梅", call("rfm.list", nil))); other.Total != 0 || len(other.Moves) != 0 {
		t.Errorf("%+v", other)
	}
}

func TestAnOrderHasLinesAndANumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	order := params{"customer": "云帆科技", "number": "SO-7", "shop": "有赞", "buyer": "u_9", "items": []params{
		{"product": "墨盒 HP803", "quantity": 2, "amount": 240, "category": "耗材"}, {"product": "打印纸", "quantity": 1, "amount": 25.5}}}
	out := h.must("李雷", call("order.create", order))
	if s := fmt.Sprint(out.Results[0].Changes); !contains(s, "墨盒 HP803等 2 件") || !contains(s, "265.5") {
		t.Error(s)
	}
	h.must("李雷", call("order.create", order)) // again, from a shop that repeats itself
	// The shop's customer is known by its number, whatever the shop calls it.
	order["customer"], order["number"] = "买家九号", "SO-8"
	h.must("李雷", call("order.create", order))
	if n, sum := h.count(`SELECT count(*) FROM orders`), h.count(`SELECT spent FROM customer_facts WHERE orders = 2`); n != 2 || sum != 53_100 {
		t.Error(n, sum)
	}
	h.must("李雷", call("order.create", params{"customer": "云帆科技", "product": "墨盒 hp-803", "quantity": 1}))
	h.must("李雷", call("product.create", params{"product": "墨盒HP803", "price": 120, "life_days": 90}))
	v := data[action.ProductListView](t, h.must("李雷", call("product.list", params{"category": "耗材"})))
	if v.Total != 1 || v.Rows[0].Orders != 3 || v.Rows[0].LifeDays != 90 || *v.Rows[0].Price != crm.Yuan(120) {
		t.Errorf("%+v", v)
	}
	code := h.must("李雷", call("product.create", params{"product": "碎纸机", "category": "设备"})).UndoCode
	h.must("李雷", call("undo", params{"code": code}))
	if v := data[action.ProductListView](t, h.must("李雷", call("product.list", nil))); v.Total != 2 {
		t.Errorf("%+v", v)
	}
	h.refused("李雷", nil, []string{"已经过去"}, call("order.create", params{"customer": "云帆科技", "product": "墨盒", "at": "2027-01-01T00:00:00+08:00"}))
	h.refused("李雷", nil, []string{"买了什么"}, call("order.create", params{"customer": "云帆科技"}))
}

func contains(s, part string) bool { return strings.Contains(s, part) }

func sortedWords(s string) string { return strings.Join(sorted(strings.Fields(s)), " ") }
