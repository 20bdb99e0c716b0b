package action_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// night runs a night of health at the house's clock.
func (h *house) night() action.HealthReport {
	h.t.Helper()
	var sum action.HealthReport
	for step := (action.HealthStep{}); !step.Ended; {
		err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			next, report, err := h.x.HealthStep(ctx, tx, step, h.now)
			step, sum.Looked, sum.Warned, sum.Orphans = next, sum.Looked+report.Looked, sum.Warned+report.Warned, sum.Orphans+report.Orphans
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return sum
}

func TestANightTellsAFallOnceAndCostsWhatIsDue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "level": "战略客户"}),
		call("order.create", params{"customer": "云帆", "product": "空压机", "amount": 200000}),
		call("activity.log", params{"customer": "云帆", "content": "王总很满意", "channel": "拜访"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "星河贸易"}))
	if got := h.night(); got != (action.HealthReport{Looked: 2}) {
		t.Errorf("the first night: %+v", got)
	}
	v := data[action.HealthView](t, h.must("李雷", call("health.view", params{"customer": "云帆"})))
	if v.Score < 80 || v.Word != "健康" || v.Before != nil || v.Visit != "12月18日前" {
		t.Errorf("%+v", v)
	}
	// A quiet night costs nothing but what changed in the last minutes of the one before.
	h.now = h.now.Add(24 * time.Hour)
	h.night()
	h.now = h.now.Add(24 * time.Hour)
	if got := h.night(); got.Looked != 0 {
		t.Errorf("a night without changes: %+v", got)
	}
	// Three open tickets, one of them a complaint: a fall.
	for _, kind := range []string{"投诉", "故障", "故障"} {
		h.must("孙客服", call("ticket.create", params{"customer": "云帆", "content": "又漏油了", "kind": kind}))
	}
	h.now = h.now.Add(72 * time.Hour)
	if got := h.night(); got.Warned != 1 {
		t.Errorf("after the tickets: %+v", got)
	}
	var fall action.HealthFall
	raw := h.outbox(action.KindHealth)
	if err := json.Unmarshal(raw, &fall); err != nil || fall.From-fall.Score < 15 || fall.Worst != "工单" {
		t.Errorf("%s %v", raw, err)
	}
	h.now = h.now.Add(24 * time.Hour)
	if got := h.night(); got.Warned != 0 {
		t.Errorf("told twice: %+v", got)
	}
	v = data[action.HealthView](t, h.must("李雷", call("health.view", params{"customer": "云帆"})))
	if v.Before == nil || *v.Before-v.Score < 15 {
		t.Errorf("%+v", v)
	}
	// Everybody sees their own, managers all, the worst first.
	if list := data[action.HealthListView](t, h.must("李雷", call("health.list", params{}))); list.Total != 1 || list.Rows[0].Name != "上海云帆科技" {
		t.Errorf("%+v", list)
	}
	if list := data[action.HealthListView](t, h.must("钱总", call("health.list", params{}))); list.Total != 2 || list.Rows[0].Score > list.Rows[1].Score {
		t.Errorf("%+v", list)
	}
	h.refused("韩梅梅", crm.ErrDenied, []string{"李雷"}, call("health.view", params{"customer": "云帆"}))
	if list := data[action.HealthListView](t, h.must("韩梅梅", call("health.list", params{"owner": "李雷"}))); list.Total != 0 {
		t.Errorf("another's: %+v", list)
	}
}

// outbox is the payload of the only outbox row of a kind.
func (h *house) outbox(kind string) []byte {
	h.t.Helper()
	var sealed []byte
	if err := h.owner.QueryRow(`SELECT payload FROM outbox WHERE kind = $1`, kind).Scan(&sealed); err != nil {
		h.t.Fatal(err)
	}
	raw, err := h.store.Keys().Open("outbox", "payload", sealed)
	if err != nil {
		h.t.Fatal(err)
	}
	return raw
}

func TestWhomToVisit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "level": "战略客户"}))
	h.must("李雷", call("customer.create", params{"customer": "北京长风汽车", "level": "普通客户"}))
	h.night()
	list := func() action.HealthListView {
		return data[action.HealthListView](t, h.must("李雷", call("visit.list", params{})))
	}
	if v := list(); v.Total != 0 {
		t.Errorf("30 days ahead: %+v", v)
	}
	h.now = h.now.AddDate(0, 0, 25)
	if v := list(); v.Total != 1 || v.Rows[0].Name != "上海云帆科技" || v.Rows[0].Visit != "12月18日前" {
		t.Errorf("%+v", v)
	}
	h.now = h.now.AddDate(0, 0, 10)
	if v := list(); v.Total != 1 || v.Rows[0].Visit != "已超 5 天" || !v.Rows[0].Late {
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("activity.log", params{"customer": "云帆", "content": "打了电话", "channel": "电话"}))
	if v := list(); v.Total != 1 {
		t.Errorf("a call is no visit: %+v", v)
	}
	h.must("李雷", call("activity.log", params{"customer": "云帆", "content": "看了新厂房", "channel": "拜访"}))
	if v := list(); v.Total != 0 {
		t.Errorf("visited: %+v", v)
	}
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'visit' AND due = '2027-01-22 09:00+08'`); n != 1 {
		t.Error("the next visit does not ring")
	}
}

func TestAHighValueCustomerWhoseOwnerIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "level": "战略客户"}))
	h.must("李雷", call("customer.create", params{"customer": "北京长风汽车", "level": "普通客户"}))
	if err := h.store.DisableUser(t.Context(), h.who["李雷"].UserID); err != nil {
		t.Fatal(err)
	}
	if got := h.night(); got.Orphans != 1 {
		t.Errorf("%+v", got)
	}
	h.now = h.now.AddDate(0, 0, 40)
	h.night()
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'orphan'`); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// Among a hundred thousand customers that are not due, a night and the lists read by index what they are about.
func TestANightUsesIndexes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := int64(h.who["李雷"].UserID)
	for _, statement := range []string{
		`INSERT INTO customers (name, name_key, name_core, terms, owner_id, level, created_by, created_at, updated_at)
			SELECT '客户' || k, '客户' || k, '客户' || k, '{}', $1, '重点客户', $1, '2026-01-01', '2026-01-01' FROM generate_series(1, 100000) k`,
		`INSERT INTO customer_health (customer_id, score, parts, base, low, visit_due, due, computed_at)
			SELECT id, 20 + id % 80, '[]', 80, false, '2026-11-18'::timestamptz + make_interval(mins => id::int),
				'2026-12-18'::timestamptz + make_interval(secs => id), '2026-11-17' FROM customers WHERE owner_id = $1`,
		`INSERT INTO orders (customer_id, owner_id, product, at, created_by, updated_at) SELECT id, $1, '空压机', '2026-01-01', $1, '2026-01-01' FROM customers WHERE id % 5 = 0`,
		`INSERT INTO deals (customer_id, owner_id, title, stage, stage_since, created_by, updated_at) SELECT id, $1, '商机', '初步接触', '2026-01-01', $1, '2026-01-01' FROM customers WHERE id % 3 = 0`,
		`INSERT INTO tickets (customer_id, kind, priority, source, updated_at) SELECT id, '咨询', '普通', 'chat', '2026-01-01' FROM customers WHERE id % 4 = 0 AND owner_id = $1`,
	} {
		if _, err := h.owner.Exec(statement, me); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`UPDATE health_nights SET changed = '2026-11-17', seeded = 10000000`,
		`UPDATE customers SET updated_at = '2026-11-17 12:00' WHERE id % 1000 = 7`,
		`UPDATE customer_health SET due = '2026-11-18' WHERE customer_id % 1000 = 9`,
		`ANALYZE`,
	} {
		if _, err := h.owner.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	scans := func(ctx context.Context, tx *store.Tx) (n int, err error) {
		return n, tx.Get(ctx, &n, `SELECT sum(pg_stat_get_xact_numscans(oid)) FROM pg_class
			WHERE relname IN ('customers', 'customer_health', 'orders', 'deals', 'tickets') AND relkind = $1`, "r")
	}
	for says, c := range map[string]struct {
		who  crm.Actor
		want int
		look func(ctx context.Context, tx *store.Tx) (int, error)
	}{
		"what is due and changed": {crm.System, 200, func(ctx context.Context, tx *store.Tx) (int, error) {
			if _, err := tx.MarkHealthDue(ctx, h.now.Add(-24*time.Hour), h.now, 0, 10); err != nil {
				return 0, err
			}
			come, err := tx.HealthDue(ctx, h.now, store.HealthCome{}, 1000)
			return len(come), err
		}},
		"the next page of them": {crm.System, 100, func(ctx context.Context, tx *store.Tx) (int, error) {
			if _, err := tx.MarkHealthDue(ctx, h.now.Add(-24*time.Hour), h.now, 0, 10); err != nil {
				return 0, err
			}
			come, err := tx.HealthDue(ctx, h.now, store.HealthCome{}, 100)
			if err != nil {
				return 0, err
			}
			come, err = tx.HealthDue(ctx, h.now, come[len(come)-1], 1000)
			return len(come), err
		}},
		"the facts of a page": {crm.System, 10, func(ctx context.Context, tx *store.Tx) (int, error) {
			ids, err := tx.CustomersAfter(ctx, 5000, 10)
			if err != nil {
				return 0, err
			}
			rows, err := tx.HealthFacts(ctx, ids, []string{"拜访"})
			return len(rows), err
		}},
		"a manager's worst": {h.who["钱总"], 10, func(ctx context.Context, tx *store.Tx) (int, error) {
			rows, _, err := tx.HealthList(ctx, nil, store.LowestFirst, time.Time{}, 10, 0)
			return len(rows), err
		}},
		"a manager's visits": {h.who["钱总"], 10, func(ctx context.Context, tx *store.Tx) (int, error) {
			rows, _, err := tx.HealthList(ctx, nil, store.VisitFirst, h.now.AddDate(0, 0, 7), 10, 0)
			return len(rows), err
		}},
	} {
		err := h.store.As(t.Context(), c.who, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			before, err := scans(ctx, tx)
			if err != nil {
				return err
			}
			start := time.Now()
			n, err := c.look(ctx, tx)
			if err != nil {
				return err
			}
			t.Logf("%s: %d rows, %v", says, n, time.Since(start).Round(10*time.Microsecond))
			if n != c.want {
				t.Errorf("%s: %d rows, want %d", says, n, c.want)
			}
			if after, err := scans(ctx, tx); err != nil || after > before {
				t.Errorf("%s: %d tables read from end to end, %v", says, after-before, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", says, err)
		}
	}
}
