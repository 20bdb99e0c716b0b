package action_test

import (
	"context"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// TestCouponsOfABatchAreHeard: rules hear of every coupon of a batch that was sent, or called back, as they do of a single one's; and of an
// offer that was refused on its way.
func TestCouponsOfABatchAreHeard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	task := `"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"{{负责人}}","content":"听见了"}}]}`
	rules := map[string]int64{}
	for _, event := range []string{"coupon.sent", "coupon.voided", "offer.refused"} {
		rules[event] = h.saveRule("钱总", `{"name":"听`+event+`","when":{"kind":"event","event":"`+event+`"},`+task).ID
	}
	heard := func(event string, want int) {
		t.Helper()
		h.react()
		if n := h.fired(rules[event], "done"); n != want {
			t.Errorf("%s: heard %d times, want %d", event, n, want)
		}
	}
	for _, c := range []struct{ name, phone string }{{"王强", "13812345601"}, {"赵敏", "13812345602"}, {"周芷若", "13812345603"}} {
		h.customerOf("李雷", c.name, c.phone)
		h.must("李雷", call("consent.set", params{"customer": c.name, "channel": "短信"}), call("customer.tag", params{"customer": c.name, "tags": []string{"茶友"}}))
	}
	filter := params{"tags": []string{"茶友"}}
	h.must("李雷", call("coupon.send", params{"filter": filter, "discount": 0.8}))
	all := h.decide()
	h.must("李雷", call("ticket.create", params{"customer": "周芷若", "content": "投诉漏发", "kind": "投诉"}))
	err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		var ids []int64
		keys := map[int64]string{}
		for _, s := range all {
			ids, keys[int64(s.ID)] = append(ids, int64(s.ID)), action.OfferKey(s.ID, 1)
		}
		may, err := h.x.OffersMay(ctx, tx, ids, keys)
		if err != nil {
			return err
		}
		ids = ids[:0]
		for id, ok := range may {
			if ok {
				ids = append(ids, id)
			}
		}
		return h.x.OffersLeft(ctx, tx, ids)
	})
	if err != nil {
		t.Fatal(err)
	}
	heard("coupon.sent", 2)
	heard("offer.refused", 1)
	out := h.must("李雷", call("coupon.send", params{"filter": filter, "amount_off": 5}))
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	heard("coupon.voided", 2)
}
