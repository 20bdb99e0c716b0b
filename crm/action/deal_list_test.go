package action_test

import (
	"testing"

	"gendan/crm/action"
)

// 「50万以上的商机」 is a bound on the amount, 「停了20天的」 one on the days in the stage; a new deal may come with how likely it is.
func TestDealListBounds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}),
		call("deal.create", params{"customer": "云帆", "title": "小单", "amount": 54000}),
		call("deal.create", params{"customer": "云帆", "title": "大单", "amount": 600000, "probability": 0.6}))
	for _, c := range []struct {
		params params
		want   string // the title of the only one; "" for none
	}{
		{params{"min_amount": 500000}, "大单"},
		{params{"max_amount": 100000}, "小单"},
		{params{"min_amount": 50000, "max_amount": 60000}, "小单"},
		{params{"stale_days": 20}, ""},
	} {
		list := data[action.DealListView](t, h.must("李雷", call("deal.list", c.params)))
		if list.About == "" || c.want == "" && list.Total != 0 || c.want != "" && (list.Total != 1 || list.Rows[0].Title != c.want) {
			t.Errorf("%v: %+v, want %q", c.params, list, c.want)
		}
	}
	if list := data[action.DealListView](t, h.must("李雷", call("deal.list", params{"min_amount": 500000}))); list.Weighted != list.Amount*6/10 {
		t.Errorf("the probability that was said is lost: %+v", list)
	}
}
