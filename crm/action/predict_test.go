package action_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// predictNight runs a night of predictions at the house's clock.
func (h *house) predictNight() (sum action.PredictReport) {
	h.t.Helper()
	for step := (action.PredictStep{}); !step.Ended; {
		err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			next, report, err := h.x.PredictStep(ctx, tx, step)
			step, sum.Fitted, sum.Looked, sum.Risen, sum.Cycles = next, sum.Fitted || report.Fitted, sum.Looked+report.Looked, sum.Risen+report.Risen, sum.Cycles+report.Cycles
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return sum
}

// buys books an order some days ago.
func (h *house) buys(who, customer string, daysAgo int, amount int, items ...string) {
	h.t.Helper()
	var list []any
	for i, name := range items {
		item := params{"product": name, "quantity": 1}
		if i == 0 {
			item["amount"] = amount
		}
		list = append(list, item)
	}
	h.must(who, call("order.create", params{"customer": customer, "at": h.now.AddDate(0, 0, -daysAgo).Format(time.RFC3339), "items": list}))
}

func TestChurnIsToldByTheRuleOfSilence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"云帆科技", "星河贸易", "北辰物流"} {
		h.must("李雷", call("customer.create", params{"customer": name}))
	}
	h.must("韩梅梅", call("customer.create", params{"customer": "南方茶行"}))
	h.buys("李雷", "云帆科技", 100, 3000, "空压机")
	h.buys("李雷", "云帆科技", 70, 5000, "空压机")
	h.buys("李雷", "星河贸易", 10, 900, "机油")
	h.buys("李雷", "北辰物流", 29, 700, "机油")
	h.buys("韩梅梅", "南方茶行", 60, 200, "机油")
	if got := h.predictNight(); !got.Fitted || got.Looked != 4 || got.Risen != 0 {
		t.Errorf("the first night: %+v", got)
	}
	v := data[action.ChurnView](t, h.must("李雷", call("report.churn", nil)))
	if v.Total != 1 || v.Buyers != 3 || v.Worth != crm.Yuan(8000) || len(v.Rows) != 1 || v.Rows[0].Name != "云帆科技" || v.Rows[0].Silent != 70 || v.Rows[0].Reason != "以前平均 30 天买一次，70 天没下单" {
		t.Errorf("%+v", v)
	}
	if v := data[action.ChurnView](t, h.must("钱总", call("report.churn", nil))); v.Total != 2 || v.Buyers != 4 || v.Rows[1].Reason != "只买过一次，60 天没再下单" {
		t.Errorf("the manager sees %+v", v)
	}
	// A quiet night looks at nobody; the next one at whom time alone brings to the line: 北辰物流, silent for thirty days.
	h.now = h.now.Add(12 * time.Hour)
	h.predictNight()
	h.now = h.now.Add(12 * time.Hour)
	if got := h.predictNight(); got.Fitted || got.Risen != 1 {
		t.Errorf("the night of the thirtieth day: %+v", got)
	}
	var events int
	if err := h.owner.QueryRow(`SELECT count(*) FROM events WHERE name = 'churn.risen'`).Scan(&events); err != nil || events != 1 {
		t.Errorf("%d events, %v", events, err)
	}
	if v := data[action.ChurnView](t, h.must("李雷", call("report.churn", nil))); v.Total != 2 || v.New != 2 {
		t.Errorf("%+v", v)
	}
	h.now = h.now.Add(time.Hour)
	if got := h.predictNight(); got.Looked > 2 { // those that the night before changed at its very beginning
		t.Errorf("nothing happened, %d were looked at", got.Looked)
	}
	// Whoever buys is at risk no more, before any night.
	h.buys("李雷", "云帆科技", 0, 100, "机油")
	if v := data[action.ChurnView](t, h.must("李雷", call("report.churn", nil))); v.Total != 1 || v.Rows[0].Name != "北辰物流" {
		t.Errorf("%+v", v)
	}
	h.predictNight()
	if v := data[action.ChurnView](t, h.must("李雷", call("report.churn", nil))); v.Total != 1 {
		t.Errorf("%+v", v)
	}
}

// TestChurnIsToldByTheModel: forty customers who buy every week or so teach it; one of them is silent for five weeks, another buys every
// thirty-five days and is so by habit.
func TestChurnIsToldByTheModel(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.bulk(`
		INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by)
		SELECT n, n, n, '{}', u.id, u.id FROM generate_series(1, 60) i, users u, LATERAL (SELECT '常客' || lpad(i::text, 2, '0') AS n) x WHERE u.name = '李雷'`)
	h.bulk(`
		INSERT INTO orders (customer_id, product, amount, at, owner_id, created_by, updated_at)
		SELECT c.id, '拿铁', 2500, timestamptz '2026-11-18 02:00+00' - make_interval(days => d), c.owner_id, c.owner_id, timestamptz '2026-11-18 02:00+00'
		FROM customers c, generate_series(0, 200) d
		WHERE CASE WHEN c.name = '常客01' THEN d > 35 AND d % 7 = 1 WHEN c.name = '常客02' THEN d % 35 = 34
			WHEN right(c.name, 1) = '5' THEN d > 120 AND d % 9 = 3 ELSE (d * 11 + c.id) % (6 + c.id % 5) = 0 END`)
	if got := h.predictNight(); !got.Fitted || got.Looked != 60 {
		t.Fatalf("%+v", got)
	}
	v := data[action.ChurnView](t, h.must("李雷", call("report.churn", nil)))
	risk := map[string]action.ChurnRow{}
	for _, row := range v.Rows {
		risk[row.Name] = row
	}
	if row, ok := risk["常客01"]; !ok || row.Risk < 50 || !strings.Contains(row.Reason, "还会再买的可能") {
		t.Errorf("a weekly customer who is silent for five weeks: %+v", v)
	}
	if row, ok := risk["常客02"]; ok {
		t.Errorf("buys every five weeks, silent for five: %+v", row)
	}
	if v.Total < 5 || v.Total > 9 {
		t.Errorf("%d at risk", v.Total)
	}
}

func TestCyclesAndSuggestions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("冯市场", call("product.create", params{"product": "硒鼓", "category": "耗材", "life_days": 90}), call("product.create", params{"product": "打印机", "category": "设备"}))
	for i := range 24 {
		name := fmt.Sprintf("客户%02d号", i)
		h.must("李雷", call("customer.create", params{"customer": name, "industry": []string{"制造业", "零售"}[i%2]}))
		switch {
		case i%3 == 0:
			h.buys("李雷", name, 100, 3000, "打印机", "硒鼓")
		case i%3 == 1:
			h.buys("李雷", name, 20+i, 50, "矿泉水")
		default:
			h.buys("李雷", name, 20+i, 80, "纸巾")
		}
	}
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	h.buys("李雷", "云帆科技", 85, 300, "硒鼓")
	h.must("李雷", call("customer.create", params{"customer": "北辰物流"}))
	h.buys("李雷", "北辰物流", 5, 3000, "打印机")
	if got := h.predictNight(); got.Cycles == 0 {
		t.Errorf("%+v", got)
	}
	due := data[action.CycleView](t, h.must("李雷", call("cycle.list", nil)))
	if due.Total != 9 || due.Rows[8].Name != "云帆科技" || due.Rows[8].Product != "硒鼓" || due.Rows[8].Late != 0 || due.Rows[0].Late < 5 {
		t.Errorf("%+v", due)
	}
	if v := data[action.CycleView](t, h.must("韩梅梅", call("cycle.list", nil))); v.Total != 0 {
		t.Errorf("a colleague's customers: %+v", v)
	}
	if v := data[action.ChurnView](t, h.must("李雷", call("report.churn", nil))); strings.Contains(fmt.Sprint(v.Rows), "云帆科技") {
		t.Errorf("a cartridge of ninety days is there for 85: %+v", v)
	}
	v := data[action.RecommendationView](t, h.must("李雷", call("recommend.view", params{"customer": "北辰物流"})))
	if len(v.Rows) == 0 || v.Rows[0].Product != "硒鼓" || v.Rows[0].Why != "together" || !strings.HasPrefix(v.Rows[0].Reason, "买了打印机的客户常买硒鼓：9 位里有 89%") {
		t.Errorf("%+v", v)
	}
	again := data[action.RecommendationView](t, h.must("李雷", call("recommend.view", params{"customer": "云帆科技"})))
	if len(again.Again) != 1 || again.Again[0].Product != "硒鼓" {
		t.Errorf("%+v", again)
	}
	h.must("李雷", call("customer.create", params{"customer": "新来的厂", "industry": "制造业"}))
	if cold := data[action.RecommendationView](t, h.must("李雷", call("recommend.view", params{"customer": "新来的厂"}))); len(cold.Rows) == 0 || cold.Bought != 0 {
		t.Errorf("%+v", cold)
	}
	// Buying it again moves the date.
	h.buys("李雷", "云帆科技", 0, 300, "硒鼓")
	h.now = h.now.Add(time.Hour)
	h.predictNight()
	if v := data[action.CycleView](t, h.must("李雷", call("cycle.list", nil))); v.Total != 8 {
		t.Errorf("%+v", v)
	}
}

// TestPredictNightsReadWhatChanged: a night among many customers reads by index.
func TestPredictNightsReadWhatChanged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.bulk(`INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by)
		SELECT '客户' || i, '客户' || i, '客户' || i, '{}', u.id, u.id FROM generate_series(1, 3000) i, users u WHERE u.name = '李雷'`)
	h.bulk(`
		INSERT INTO orders (customer_id, product, amount, at, owner_id, created_by, updated_at)
		SELECT c.id, '拿铁', 2500, timestamptz '2026-11-08 02:00+00', c.owner_id, c.owner_id, timestamptz '2026-11-18 02:00+00' FROM customers c`)
	if got := h.predictNight(); got.Looked != 3000 {
		t.Fatalf("%+v", got)
	}
	h.bulk(`UPDATE customer_facts SET updated_at = '2026-11-17'`, `ANALYZE`)
	h.now = h.now.Add(24 * time.Hour)
	h.buys("李雷", "客户7", 0, 100, "机油")
	if got := h.predictNight(); got.Looked != 1 {
		t.Errorf("one of three thousand bought, %d were looked at", got.Looked)
	}
}

// bulk runs statements as the database's owner.
func (h *house) bulk(statements ...string) {
	h.t.Helper()
	for _, s := range statements {
		if _, err := h.owner.Exec(s); err != nil {
			h.t.Fatalf("%v: %s", err, s)
		}
	}
}
