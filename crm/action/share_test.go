package action_test

import (
	"errors"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

// A rep who is refused asks, the owner agrees, both work; taking it back closes the door again.
func TestSharingACustomer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 1000}))
	h.told()
	_, err := h.do("韩梅梅", call("deal.update", params{"customer": "云帆", "amount": 2000}))
	var no *crm.Refusal
	if !errors.As(err, &no) || no.Wall.Name != "上海云帆科技" || no.Wall.ID == 0 {
		t.Fatalf("refusal %+v", err)
	}
	h.must("韩梅梅", call("share.ask", params{"customer": no.Wall.Name}))
	h.tells("asking", "李雷: share.asked 上海云帆科技")
	h.refused("韩梅梅", crm.ErrConflict, []string{"今天已经"}, call("share.ask", params{"customer": "云帆"}))
	h.must("李雷", call("share.deny", params{"customer": "云帆", "to": "韩梅梅"}))
	h.tells("no", "韩梅梅: share.denied 上海云帆科技")
	h.must("李雷", call("customer.share", params{"customer": "云帆", "to": "韩梅梅"}))
	h.tells("yes", "韩梅梅: customer.shared 上海云帆科技")
	h.must("韩梅梅", call("deal.update", params{"customer": "云帆", "amount": 2000}))
	h.tells("a collaborator's change", "李雷: record.changed 上海云帆科技商机")
	if v := h.view("韩梅梅", "云帆"); !v.ShownInFull || len(v.Shared) != 1 || v.Shared[0] != "韩梅梅" {
		t.Errorf("view %+v", v)
	}
	for _, c := range []action.Call{call("customer.share", params{"customer": "云帆", "to": "周主管"}), call("customer.unshare", params{"customer": "云帆", "to": "me"}),
		call("share.deny", params{"customer": "云帆", "to": "周主管"}), call("customer.transfer", params{"customer": "云帆", "owner": "me"})} {
		h.refused("韩梅梅", crm.ErrDenied, []string{"李雷负责"}, c)
	}
	h.refused("韩梅梅", crm.ErrInvalid, []string{"不用申请"}, call("share.ask", params{"customer": "云帆"}))
	h.refused("李雷", crm.ErrInvalid, []string{"客服"}, call("customer.share", params{"customer": "云帆", "to": "孙客服"}))
	h.refused("李雷", crm.ErrConflict, []string{"已经是"}, call("share.deny", params{"customer": "云帆", "to": "韩梅梅"}))
	for _, who := range []string{"孙客服", "冯市场"} {
		h.refused(who, crm.ErrDenied, nil, call("customer.share", params{"customer": "云帆", "to": "韩梅梅"}))
	}
	if out := h.must("李雷", call("customer.share", params{"customer": "云帆", "to": "韩梅梅"})); out.UndoCode != "" || len(out.Results[0].Notes) != 1 {
		t.Errorf("twice: %+v", out)
	}
	code := h.must("李雷", call("customer.unshare", params{"customer": "云帆", "to": "韩梅梅"})).UndoCode
	h.refused("韩梅梅", crm.ErrDenied, []string{"申请协作"}, call("customer.view", params{"customer": "云帆"}))
	h.must("李雷", call("undo", params{"code": code}))
	h.view("韩梅梅", "云帆")
	h.tells("out and in again", "韩梅梅: customer.closed 上海云帆科技 | -customer.closed 上海云帆科技")
	for _, who := range []string{"周主管", "钱总", "郑管理"} {
		h.must(who, call("customer.unshare", params{"customer": "云帆", "to": "韩梅梅"}))
		h.must(who, call("customer.share", params{"customer": "云帆", "to": "韩梅梅"}))
	}
	h.now = h.now.Add(24 * time.Hour)
	h.must("钱总", call("customer.unshare", params{"customer": "云帆", "to": "韩梅梅"}))
	h.must("韩梅梅", call("share.ask", params{"customer": "云帆"})) // another day
}

// Tags go on and off in one order.
func TestTagsComeOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("李雷", call("customer.tag", params{"customer": "云帆", "tags": []string{"VIP", "重点"}}))
	h.must("李雷", call("customer.tag", params{"customer": "云帆", "tags": []string{"老客户"}, "remove": []string{"VIP"}}))
	if tags := h.view("李雷", "云帆").Tags; len(tags) != 2 || tags[0] != "重点" || tags[1] != "老客户" {
		t.Errorf("tags %v", tags)
	}
	if out := h.must("李雷", call("customer.tag", params{"customer": "云帆", "remove": []string{"VIP"}})); out.UndoCode != "" {
		t.Errorf("nothing to take off: %+v", out)
	}
	h.refused("李雷", nil, []string{"标签"}, call("customer.tag", params{"customer": "云帆"}))
}
