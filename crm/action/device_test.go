package action_test

import (
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

func TestWhatACustomerBought(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}), call("deal.create", params{"customer": "云帆", "title": "一期", "amount": 380000}))
	h.must("李雷", call("deal.win", params{"customer": "云帆"}))
	h.now = h.now.Add(time.Hour)
	out := h.must("李雷", call("order.create", params{"customer": "云帆", "product": "空压机", "quantity": 2, "amount": 50000}))
	v := data[action.PurchasesView](t, h.must("李雷", call("order.list", params{"customer": "云帆"})))
	if v.Total != 2 || v.Sum != crm.Yuan(430000) || v.Rows[0].What != "空压机" || v.Rows[0].Quantity != "2" || !v.Rows[1].Deal {
		t.Errorf("%+v", v)
	}
	if card := h.view("李雷", "云帆"); card.Bought == nil || card.Bought.Sum != crm.Yuan(430000) {
		t.Errorf("card: %+v", card.Bought)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if v := data[action.PurchasesView](t, h.must("李雷", call("order.list", params{"customer": "云帆"}))); v.Total != 1 || v.Sum != crm.Yuan(380000) {
		t.Errorf("after undo: %+v", v)
	}
	h.refused("孙客服", crm.ErrDenied, nil, call("order.create", params{"customer": "云帆", "product": "空压机"}))
	h.refused("李雷", nil, []string{"数量"}, call("order.create", params{"customer": "云帆", "product": "空压机", "quantity": -1}))
}

func TestADeviceHasItsWarrantyAndOneHolder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "星河贸易"}))
	out := h.must("孙客服", call("device.create", params{"customer": "云帆", "serial": "kx-2026/0318", "product": "螺杆空压机", "installed": "2024-12-10"}))
	id := out.Results[0].Record.ID
	v := data[action.DeviceView](t, h.must("李雷", call("device.view", params{"serial": "KX20260318"})))
	if v.ID != id || !v.Covered || v.Warranty != "在保，还有 21 天（到 2026-12-09）" || v.Customer != "上海云帆科技" {
		t.Errorf("%+v", v)
	}
	// 30 days before the end has passed: only the life's end will ring.
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'device' AND subject = $1`, id); n != 1 {
		t.Errorf("%d timers", n)
	}
	if n := h.count(`SELECT count(*) FROM timers WHERE dedupe = $1 AND due = '2034-11-10 09:00+08'`, action.DeviceKey(crm.DeviceID(id), "life", "2034-12-10")); n != 1 {
		t.Error("the life's end does not ring")
	}
	h.refused("韩梅梅", crm.ErrConflict, []string{"上海云帆科技", "李雷"}, call("device.create", params{"customer": "星河", "serial": "KX-2026-0318"}))
	h.refused("韩梅梅", crm.ErrDenied, []string{"李雷"}, call("device.view", params{"serial": "KX20260318"}))
	h.refused("韩梅梅", nil, nil, call("device.view", params{"device": id}))
	h.refused("冯市场", crm.ErrDenied, nil, call("device.create", params{"customer": "云帆", "serial": "ABC123"}))
	if list := data[action.DeviceListView](t, h.must("李雷", call("device.list", params{"customer": "云帆"}))); list.Total != 1 || list.Rows[0].Serial != "kx-2026/0318" {
		t.Errorf("%+v", list)
	}
	h.now = time.Date(2027, 3, 20, 2, 0, 0, 0, time.UTC)
	v = data[action.DeviceView](t, h.must("李雷", call("device.view", params{"device": id})))
	if v.Covered || !strings.HasPrefix(v.Warranty, "过保 3 个月") {
		t.Errorf("%+v", v)
	}
	if card := h.view("李雷", "云帆"); card.DeviceCount != 1 || card.Devices[0].ID != id {
		t.Errorf("card: %+v", card.Devices)
	}
}

func TestATicketKnowsTheDeviceInItsText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("李雷", call("customer.create", params{"customer": "北京长风汽车"}))
	device := h.must("李雷", call("device.create", params{"customer": "云帆", "serial": "SN88123", "product": "打印机"})).Results[0].Record.ID
	of := func(p params) (ticket, customer int) {
		id := h.must("孙客服", call("ticket.create", p)).Results[0].Record.ID
		return h.count(`SELECT coalesce(device_id, 0) FROM tickets WHERE id = $1`, id), h.count(`SELECT coalesce(customer_id, 0) FROM tickets WHERE id = $1`, id)
	}
	yunfan := h.count(`SELECT customer_id FROM devices`)
	if d, c := of(params{"content": "sn-88123 卡纸了"}); int64(d) != device || c != yunfan {
		t.Errorf("device %d, customer %d", d, c)
	}
	if d, _ := of(params{"content": "SN88123 卡纸了", "customer": "长风"}); d != 0 {
		t.Error("another customer's device")
	}
	h.must("李雷", call("device.create", params{"customer": "云帆", "serial": "SN88124"}))
	if d, _ := of(params{"content": "SN88123 和 SN88124 都卡纸", "customer": "云帆"}); d != 0 {
		t.Error("one of two devices")
	}
	if v := data[action.DeviceView](t, h.must("李雷", call("device.view", params{"device": device}))); v.Tickets != 1 {
		t.Errorf("%+v", v)
	}
}

func TestTheTicketsCardShowsDeviceAndPurchases(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}), call("order.create", params{"customer": "云帆", "product": "打印机", "quantity": 2, "amount": 6000}))
	h.must("李雷", call("device.create", params{"customer": "云帆", "serial": "SN88123", "product": "打印机"}))
	id := h.must("孙客服", call("ticket.create", params{"content": "SN88123 卡纸了"})).Results[0].Record.ID
	v := data[action.TicketView](t, h.must("李雷", call("ticket.view", params{"ticket": id})))
	if v.Device != "打印机 SN88123，在保，还有 11 个月（到 2027-11-17）" || v.Bought == nil || v.Bought.Sum != crm.Yuan(6000) {
		t.Errorf("%q %+v", v.Device, v.Bought)
	}
}
