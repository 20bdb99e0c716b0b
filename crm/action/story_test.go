package action_test

import (
	"testing"

	"gendan/crm"
)

// The story of the issue: a customer, a deal, a push forward with a reminder, and all of it taken back.
func TestTheMainStory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	out := h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678", "source": "展会"}))
	if out.Results[0].Record.Name != "上海云帆科技" || out.Results[0].Record.ID < 1001 || out.UndoCode == "" {
		t.Fatalf("create: %+v", out)
	}
	out = h.must("李雷", call("deal.create", params{"customer": "云帆", "amount": 380000, "close_date": "2026-11-30"}))
	if out.Focus.Customer.Name != "上海云帆科技" || out.Focus.Deal.ID == 0 {
		t.Fatalf("deal: %+v", out.Focus)
	}
	out = h.must("李雷",
		call("deal.update", params{"customer": "云帆", "stage": "方案报价"}),
		call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "打给王强", "customer": "云帆", "contact": "王强"}))
	if c := out.Results[0].Changes; len(c) != 1 || c[0].Old != "初步接触" || c[0].New != "方案报价" {
		t.Errorf("changes %+v", c)
	}
	v := h.view("李雷", "云帆")
	if len(v.Deals) != 1 || v.Deals[0].Stage != "方案报价" || v.Deals[0].Amount != crm.Yuan(380000) || len(v.Reminders) != 1 ||
		v.Reminders[0].When != "明天 15:00" || len(v.Contacts) != 1 || v.Contacts[0].Phone != "13812345678" {
		t.Errorf("view %+v", v)
	}
	if n := h.count(`SELECT count(*) FROM timers WHERE state = 0 AND due = '2026-11-19T07:00:00Z' AND surface = 'wecom'`); n != 1 {
		t.Errorf("%d timers", n)
	}
	h.must("李雷", call("undo", nil))
	v = h.view("李雷", "云帆")
	if v.Deals[0].Stage != "初步接触" || len(v.Reminders) != 0 {
		t.Errorf("after undo %+v", v)
	}
	if n := h.count(`SELECT count(*) FROM timers WHERE state = 0`); n != 0 {
		t.Errorf("%d timers after undo", n)
	}
	h.must("李雷", call("undo", nil)) // the deal
	h.must("李雷", call("undo", nil)) // the customer
	h.refused("李雷", crm.ErrNotFound, []string{"没有找到客户「云帆」"}, call("customer.view", params{"customer": "云帆"}))
	h.refused("李雷", crm.ErrNotFound, []string{"没有可以撤销"}, call("undo", nil))
}
