package action_test

import (
	"fmt"
	"sync"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// The same key gives the same receipt and one effect, also when it comes twice at the same moment.
func TestAKeyRunsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	req := h.request("李雷", call("deal.create", params{"customer": "云帆", "amount": 1000}))
	var wg sync.WaitGroup
	outs := make([]action.Outcome, 8)
	for i := range outs {
		wg.Go(func() {
			var err error
			if outs[i], err = h.x.Run(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	fresh := 0
	for _, o := range outs {
		if !o.Replayed {
			fresh++
		}
		if len(o.Results) != 1 || o.Results[0].Record != outs[0].Results[0].Record || o.UndoCode != outs[0].UndoCode {
			t.Errorf("another receipt: %+v", o)
		}
	}
	if n := h.count(`SELECT count(*) FROM deals`); n != 1 || fresh != 1 {
		t.Errorf("%d deals, %d runs", n, fresh)
	}
}

// Two people change one deal at the same moment: both changes happen, one after the other.
func TestTwoPeopleAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 1000}))
	var wg sync.WaitGroup
	for i, who := range []string{"李雷", "周主管", "钱总", "李雷"} {
		change := []params{{"customer": "云帆", "stage": "方案报价"}, {"customer": "云帆", "amount": 2000}, {"customer": "云帆", "close_date": "2026-12-31"},
			{"customer": "云帆", "probability": 0.77}}[i]
		req := h.request(who, call("deal.update", change))
		wg.Go(func() {
			if out, err := h.x.Run(t.Context(), req); err != nil || len(out.Results) != 1 {
				t.Errorf("%s: %+v %v", who, out, err)
			}
		})
	}
	wg.Wait()
	v := h.view("李雷", "云帆")
	if d := v.Deals[0]; d.Stage != "方案报价" || d.Amount != crm.Yuan(2000) || d.CloseDate != "2026-12-31" || d.Probability != 0.77 {
		t.Errorf("%+v", d)
	}
}

// Several people type the same new customer at the same moment: one is made, the others are told whose it is.
func TestOneFirmIsOneCustomer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 6 {
		who := []string{"李雷", "韩梅梅"}[i%2]
		req := h.request(who, call("customer.create", params{"customer": fmt.Sprintf("云帆科技%s有限公司", []string{"", "股份"}[i/3])}))
		wg.Go(func() {
			out, err := h.x.Run(t.Context(), req)
			if err == nil && out.Pick == nil {
				mu.Lock()
				made++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n := h.count(`SELECT count(*) FROM customers`); n != 1 || made != 1 {
		t.Errorf("%d customers, %d made", n, made)
	}
}
