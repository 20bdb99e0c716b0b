package action_test

import (
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

func TestARepairGoesItsWayAndTellsEachStepOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	device := h.must("李雷", call("device.create", params{"customer": "云帆", "serial": "SN88123", "product": "打印机"})).Results[0].Record.ID
	ticket := h.must("孙客服", call("ticket.create", params{"customer": "云帆", "content": "打印机卡纸，要返修", "kind": "维修", "device": device})).Results[0].Record.ID
	out := h.must("孙客服", call("repair.update", params{"ticket": ticket, "step": "收到件"}))
	if c := out.Results[0].Changes; len(c) != 1 || c[0].Field != "维修进度" || c[0].New != "检测" {
		t.Errorf("%+v", c)
	}
	if notes := out.Results[0].Notes; len(notes) != 1 || notes[0] != "客户没有线上渠道，请李雷转告：「您的打印机 SN88123 已经收到，正在检测。」" {
		t.Errorf("%q", notes)
	}
	h.refused("孙客服", crm.ErrConflict, []string{"已经是检测"}, call("repair.update", params{"ticket": ticket, "step": "检测"}))
	h.refused("孙客服", nil, []string{"待收件", "维修中"}, call("repair.update", params{"ticket": ticket, "step": "飞走了"}))
	h.must("孙客服", call("repair.update", params{"ticket": ticket, "step": "维修中"}))
	back := h.must("孙客服", call("repair.update", params{"ticket": ticket, "step": "检测", "note": "又发现一处"})) // back: told before
	if len(back.Results[0].Notes) != 0 {
		t.Errorf("told twice: %q", back.Results[0].Notes)
	}
	h.must("孙客服", call("undo", params{"code": back.UndoCode}))
	if n := h.count(`SELECT count(*) FROM repairs WHERE ticket_id = $1 AND step = '维修中'`, ticket); n != 1 {
		t.Error("the step is not taken back")
	}
	v := data[action.TicketView](t, h.must("李雷", call("ticket.view", params{"ticket": ticket})))
	last := v.Entries[len(v.Entries)-1].Content
	if v.State != crm.TicketWorking || last != "维修进度：维修中" {
		t.Errorf("%s, %q", v.State, last)
	}
	other := h.must("孙客服", call("ticket.create", params{"customer": "云帆", "content": "态度不好", "kind": "投诉"})).Results[0].Record.ID
	h.refused("孙客服", crm.ErrConflict, []string{"投诉", "类型改成维修"}, call("repair.update", params{"ticket": other, "step": "检测"}))
	h.refused("韩梅梅", nil, nil, call("repair.update", params{"ticket": ticket, "step": "完成"}))
}

// The customer's own door hears each step once.
func TestTheCustomerHearsOfARepair(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	ticket := h.must("孙客服", call("ticket.create", params{"customer": "云帆", "content": "打印机卡纸，要返修", "kind": "维修"})).Results[0].Record.ID
	if _, err := h.owner.Exec(`INSERT INTO guests (platform, peer, first_seen, last_seen) VALUES ('kf', 'kf:a/b', now(), now())`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.owner.Exec(`UPDATE tickets SET guest_id = (SELECT id FROM guests) WHERE id = $1`, ticket); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"检测", "维修中", "检测", "待取件"} {
		h.must("孙客服", call("repair.update", params{"ticket": ticket, "step": step}))
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'guest'`); n != 3 {
		t.Errorf("told %d times", n)
	}
}
