package action_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// points is a customer's account in words.
func (h *house) points(customer string) action.PointsView {
	h.t.Helper()
	return data[action.PointsView](h.t, h.must("钱总", call("points.balance", params{"customer": customer})))
}

// sums checks that the ledger adds up to the accounts, and each lot to what is left of it.
func (h *house) sums() {
	h.t.Helper()
	var wrong int
	if err := h.owner.QueryRow(`
		SELECT count(*) FROM points_accounts a LEFT JOIN (
			SELECT customer_id, sum(points) AS points, sum(owed) AS owed, max(seq) AS seq FROM points_ledger GROUP BY 1) l USING (customer_id)
		WHERE a.balance <> coalesce(l.points, 0) OR a.owed <> coalesce(l.owed, 0) OR a.seq <> coalesce(l.seq, 0)
			OR a.balance <> coalesce((SELECT x.balance FROM points_ledger x WHERE x.customer_id = a.customer_id AND x.seq = a.seq), 0)
			OR EXISTS (SELECT FROM (SELECT e.day, sum(e.part) AS n FROM points_ledger x, unnest(x.ends, x.parts) e (day, part) WHERE x.customer_id = a.customer_id GROUP BY 1) s
				FULL JOIN unnest(a.ends, a.lefts) k (day, n) USING (day) WHERE coalesce(s.n, 0) <> coalesce(k.n, 0))`).Scan(&wrong); err != nil {
		h.t.Fatal(err)
	}
	if wrong != 0 {
		h.t.Errorf("%d accounts are not what their ledgers add up to", wrong)
	}
}

func TestAPurchaseEarnsAndAGiftCosts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	if v := h.points("张小姐"); v.Member || v.Balance != 0 {
		t.Errorf("before: %+v", v)
	}
	out := h.must("李雷", call("order.create", params{"customer": "张小姐", "product": "抹茶拿铁", "amount": 288.5}))
	if notes := strings.Join(out.Results[0].Notes, ""); !strings.Contains(notes, "积分 +288，现有 288 分") {
		t.Errorf("notes: %q", notes)
	}
	if v := h.points("张小姐"); !v.Member || v.Balance != 288 || v.Tier != "普通会员" || v.Lacks != "再消费 ¥712" {
		t.Errorf("after the order: %+v", v)
	}
	h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "一杯"}))
	h.refused("李雷", crm.ErrConflict, []string{"积分不够：现有 188 分，要用 800 分，还差 612 分"}, call("points.redeem", params{"customer": "张小姐", "gift": "雨伞"}))
	h.must("李雷", call("points.adjust", params{"customer": "张小姐", "points": 12, "reason": "生日礼"}))
	if v := h.points("张小姐"); v.Balance != 200 {
		t.Errorf("after the gift: %+v", v)
	}
	rows := data[action.PointsHistoryView](t, h.must("李雷", call("points.history", params{"customer": "张小姐"}))).Rows
	if len(rows) != 3 || rows[0].About != "生日礼" || rows[1].Move != "-100" || rows[1].About != "饮品一杯" || rows[2].Order == 0 || rows[2].Balance != 288 {
		t.Errorf("%+v", rows)
	}
	h.sums()
}

func TestACompanyEarnsOnlyAsAMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("李雷", call("order.create", params{"customer": "云帆", "amount": 500}))
	if v := h.points("云帆"); v.Member || v.Balance != 0 {
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("member.create", params{"customer": "云帆"}))
	h.refused("李雷", crm.ErrConflict, []string{"已经是会员"}, call("member.create", params{"customer": "云帆"}))
	h.must("李雷", call("deal.create", params{"customer": "云帆", "title": "耗材", "amount": 800}))
	won := h.must("李雷", call("deal.win", params{"customer": "云帆"}))
	if v := h.points("云帆"); v.Balance != 800 {
		t.Errorf("a won deal: %+v", v)
	}
	h.must("李雷", call("undo", params{"code": won.UndoCode}))
	if v := h.points("云帆"); v.Balance != 0 || !v.Member {
		t.Errorf("not won after all: %+v", v)
	}
	h.must("李雷", call("deal.win", params{"customer": "云帆", "amount": 900}))
	if v := h.points("云帆"); v.Balance != 900 {
		t.Errorf("won again for more: %+v", v)
	}
	h.sums()
}

func TestUndoIsAnotherEntry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	given := h.must("李雷", call("points.adjust", params{"customer": "张小姐", "points": 300}))
	spent := h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "定制礼盒", "points": 250}))
	h.refused("李雷", crm.ErrConflict, []string{"用掉"}, call("undo", params{"code": given.UndoCode}))
	h.must("李雷", call("undo", params{"code": spent.UndoCode}))
	h.must("李雷", call("undo", params{"code": given.UndoCode}))
	if v := h.points("张小姐"); v.Balance != 0 {
		t.Errorf("%+v", v)
	}
	var n int
	if err := h.owner.QueryRow(`SELECT count(*) FROM points_ledger`).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d entries, %v", n, err)
	}
	// An order whose points are spent can be taken back: what is missing is owed, and paid by the next.
	order := h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 500}))
	h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "定制礼盒", "points": 300}))
	h.must("李雷", call("undo", params{"code": order.UndoCode}))
	if v := h.points("张小姐"); v.Balance != 0 || v.Owed != 300 {
		t.Errorf("after the order was taken back: %+v", v)
	}
	h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 1000}))
	if v := h.points("张小姐"); v.Balance != 700 || v.Owed != 0 || v.Tier != "银卡" {
		t.Errorf("after the next: %+v", v)
	}
	h.sums()
}

func TestTwoAtTheSameMomentCannotSpendTheSamePoints(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("points.adjust", params{"customer": "张小姐", "points": 1000}))
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, short := 0, 0
	for i := range 16 {
		req := h.request("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "礼盒", "points": 130}))
		req.Key = fmt.Sprintf("pos:%d", i/2) // each twice: a door that repeats itself
		wg.Go(func() {
			out, err := h.x.Run(context.Background(), req)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && !out.Replayed:
				done++
			case errors.Is(err, crm.ErrConflict):
				short++
			case err != nil:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if v := h.points("张小姐"); v.Balance != 1000-7*130 || done != 7 {
		t.Errorf("%d went through, %d were short: %+v", done, short, v)
	}
	h.sums()
}

func TestStockIsNotPromisedTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rules := crm.DefaultPointsRules
	rules.Gifts = []crm.PointsGift{{Name: "雨伞", Points: 10, Stock: 3}}
	h.x = action.New(h.store, action.Config{Points: rules})
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("points.adjust", params{"customer": "张小姐", "points": 1000}))
	h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "雨伞", "quantity": 2}))
	h.refused("李雷", crm.ErrConflict, []string{"雨伞只剩 1 份"}, call("points.redeem", params{"customer": "张小姐", "gift": "雨伞", "quantity": 2}))
	last := h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "雨伞"}))
	h.refused("李雷", crm.ErrConflict, []string{"雨伞只剩 0 份"}, call("points.redeem", params{"customer": "张小姐", "gift": "雨伞"}))
	h.must("李雷", call("undo", params{"code": last.UndoCode}))
	h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "雨伞"}))
	h.sums()
}

func TestTheLedgerIsNeverChanged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("points.adjust", params{"customer": "张小姐", "points": 100}))
	for _, sql := range []string{`UPDATE points_ledger SET points = 1`, `DELETE FROM points_ledger`, `UPDATE points_accounts SET balance = balance + 1`} {
		err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, sql)
			return err
		})
		if err == nil {
			t.Errorf("%s went through", sql)
		}
	}
}
