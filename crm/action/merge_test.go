package action_test

import (
	"fmt"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// everywhere is whose every row is that hangs on a customer, by table.
func (h *house) everywhere(customer int64) map[string]int {
	h.t.Helper()
	rows, err := h.owner.Query(`SELECT name FROM merge_tables`)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			h.t.Fatal(err)
		}
		all[name] = h.count(`SELECT count(*) FROM `+name+` WHERE customer_id = $1`, customer)
	}
	return all
}

func TestMergeMovesEverythingAndBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"云帆科技", "云帆科技上海"} {
		h.must("李雷", call("customer.create", params{"customer": c, "contact": "王强", "phone": "1381234567" + fmt.Sprint(len(c)%10)}))
		h.must("李雷", call("activity.log", params{"customer": c, "content": "聊了聊"}))
		h.must("李雷", call("deal.create", params{"customer": c, "amount": 1000}))
		h.must("李雷", call("ticket.create", params{"customer": c, "content": "发票没到"}))
		h.must("李雷", call("reminder.create", params{"customer": c, "content": "回访", "at": h.at(48)}))
		h.must("李雷", call("member.create", params{"customer": c}))
		h.order(c, 3, "墨盒"+c, "耗材", 200)
		h.must("李雷", call("customer.tag", params{"customer": c, "tags": []string{"标签" + c}}))
	}
	h.must("李雷", call("customer.update", params{"customer": "云帆科技上海", "field": "行业", "value": "制造业"}))
	h.must("李雷", call("customer.create", params{"customer": "星河贸易"}))
	from, into := h.view("李雷", "云帆科技上海").ID, h.view("李雷", "云帆科技").ID
	before, beforeFrom := h.everywhere(into), h.everywhere(from)
	balance := func(c string) int64 {
		return data[action.PointsView](t, h.must("李雷", call("points.balance", params{"customer": c}))).Balance
	}
	state := records(h)

	out := h.must("李雷", call("customer.merge", params{"customer": "云帆科技上海", "into": "云帆科技"}))
	if s := fmt.Sprint(out.Results[0].Changes); !strings.Contains(s, "商机 1") || !strings.Contains(s, "订单 1") || out.Why == "" {
		t.Error(s, out.Why)
	}
	for table, n := range h.everywhere(from) {
		if n != 0 && !strings.HasPrefix(table, "points_") {
			t.Errorf("%s: %d rows stayed", table, n)
		}
	}
	for table, n := range h.everywhere(into) {
		if want := before[table] + beforeFrom[table]; n < want && !strings.HasPrefix(table, "points_") {
			t.Errorf("%s: %d rows, want %d", table, n, want)
		}
	}
	v := h.view("李雷", "云帆科技上海") // the former name finds the one that stayed
	if v.ID != into || v.Industry != "制造业" || len(v.Tags) != 2 || len(v.Contacts) != 2 || v.Bought.Total != 2 {
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("customer.merge", params{"customer": "云帆科技", "into": "星河贸易"}))
	if v := h.view("李雷", "云帆科技上海"); v.Name != "星河贸易" { // through two merges
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("undo", nil)) // the second
	if n := h.count(`SELECT orders FROM customer_facts WHERE customer_id = $1`, into); n != 2 {
		t.Error(n)
	}
	if n := balance("云帆科技"); n != 400 {
		t.Error(n)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if now := records(h); now != state {
		t.Errorf("after undo:\n%s", diff(state, now))
	}
	for table, n := range h.everywhere(from) {
		if n != beforeFrom[table] && table != "activities" && table != "rfm_log" && !strings.HasPrefix(table, "points_ledger") {
			t.Errorf("%s: %d rows back, want %d", table, n, beforeFrom[table])
		}
	}
	if a, b := balance("云帆科技"), balance("云帆科技上海"); a != 200 || b != 200 {
		t.Error(a, b)
	}
}

func TestWhoMayMerge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "星河贸易"}))
	h.must("李雷", call("customer.create", params{"customer": "云帆科技上海"}))
	h.refused("李雷", crm.ErrDenied, []string{"韩梅梅"}, call("customer.merge", params{"customer": "云帆科技上海", "into": "星河贸易"}))
	h.refused("李雷", crm.ErrInvalid, []string{"同一个"}, call("customer.merge", params{"customer": "云帆科技上海", "into": "云帆科技上海"}))
	h.refused("李雷", nil, []string{"留下"}, call("customer.merge", params{"customer": "云帆科技上海"}))
	h.must("钱总", call("customer.merge", params{"customer": "星河贸易", "into": "云帆科技"}))
	if v := h.view("韩梅梅", "云帆科技"); v.ID == 0 { // its former owner works along
		t.Errorf("%+v", v)
	}
}
