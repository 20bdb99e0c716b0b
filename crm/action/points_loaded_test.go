package action_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// loaded gives orders that were loaded in bulk their points, and tells how many steps it took.
func (h *house) loaded() (steps int) {
	h.t.Helper()
	for more := true; more; steps++ {
		if err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			tx.Now = h.now
			more, err = h.x.PointsLoaded(ctx, tx)
			return err
		}); err != nil {
			h.t.Fatal(err)
		}
	}
	return steps
}

// load writes n orders of a customer past the program, one a day back from now, in one statement.
func (h *house) load(customer string, n int, fen int64) {
	h.t.Helper()
	if _, err := h.owner.Exec(`
		INSERT INTO orders (customer_id, owner_id, product, amount, at, created_by, created_at, updated_at)
		SELECT c.id, c.owner_id, '抹茶拿铁', $3, $4::timestamptz - n * interval '1 day', c.owner_id, $4, $4 FROM customers c, generate_series($2::int - 1, 0, -1) n WHERE c.name = $1`,
		customer, n, fen, h.now); err != nil {
		h.t.Fatal(err)
	}
}

func TestLoadedOrdersEarnAsTypedOnesDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("customer.create", params{"customer": "王先生"}))
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	for n := 11; n >= 0; n-- { // typed, one a day
		at := h.now.AddDate(0, 0, -n)
		h.must("李雷", call("order.create", params{"customer": "王先生", "product": "抹茶拿铁", "amount": 500.5, "at": at}))
	}
	h.load("张小姐", 12, 50050)
	h.load("云帆", 1, 50050)
	h.load("上海云帆科技", 3, 50050)
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'points.loaded'`); n != 2 {
		t.Errorf("%d rows ask for the points of two loads", n)
	}
	h.loaded()
	typed, bulk := h.points("王先生"), h.points("张小姐")
	typed.Customer, bulk.Customer = "", ""
	if fmt.Sprint(typed) != fmt.Sprint(bulk) || bulk.Balance <= 12*500 || bulk.Tier != "金卡" {
		t.Errorf("typed %+v\nloaded %+v", typed, bulk)
	}
	if v := h.points("云帆"); v.Member || v.Balance != 0 { // a company that is no member
		t.Errorf("%+v", v)
	}
	h.loaded()
	if again := h.points("张小姐"); again.Balance != bulk.Balance {
		t.Errorf("earned twice: %+v", again)
	}
	// Old points are over, and what is deleted before its turn earns nothing.
	h.now = h.now.AddDate(1, 2, 0)
	h.load("张小姐", 1, 10000)
	if _, err := h.owner.Exec(`UPDATE orders SET deleted_at = $1 WHERE at = $1`, h.now); err != nil {
		t.Fatal(err)
	}
	h.loaded()
	if v := h.points("张小姐"); v.Balance != bulk.Balance {
		t.Errorf("%+v", v)
	}
	h.sums()
}

// A load of many customers is worked off in pages, each in a transaction of its own; one that fails leaves all of its orders
// waiting.
func TestALoadOfManyOrdersEarnsInPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	if _, err := h.owner.Exec(`
		INSERT INTO customers (name, name_key, name_core, terms, person, owner_id, created_by)
		SELECT p.name, p.name, p.name, '{}', true, c.owner_id, c.owner_id FROM customers c,
			(SELECT substr('赵钱孙李周吴郑王冯陈', 1 + n / 100, 1) || substr('伟芳娜敏静丽强磊军洋', 1 + n / 10 % 10, 1) || substr('一二三四五六七八九十', 1 + n % 10, 1) AS name FROM generate_series(0, 999) n) p
		WHERE c.name = '张小姐'`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.owner.Exec(`
		INSERT INTO orders (customer_id, owner_id, product, amount, at, created_by, created_at, updated_at)
		SELECT c.id, c.owner_id, '奶茶', 1000 + c.id % 7 * 100, $1::timestamptz - n * interval '1 hour', c.owner_id, $1, $1 FROM customers c, generate_series(1, 2) n`, h.now); err != nil {
		t.Fatal(err)
	}
	orders := h.count(`SELECT count(*) FROM orders`)
	_ = h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		if _, err := h.x.PointsLoaded(ctx, tx); err != nil {
			t.Error(err)
		}
		return context.Canceled
	})
	if n := h.count(`SELECT count(*) FROM points_waiting`); n != orders {
		t.Errorf("%d of %d orders wait after a step that failed", n, orders)
	}
	if steps := h.loaded(); steps != orders/500+1 {
		t.Errorf("%d steps for %d orders", steps, orders)
	}
	if n := h.count(`SELECT count(*) FROM orders o WHERE (SELECT count(*) FROM points_ledger l WHERE l.source_kind = 'order' AND l.source_id = o.id AND l.amount = o.amount) <> 1`); n != 0 {
		t.Errorf("%d orders have not earned exactly once", n)
	}
	if n := h.count(`SELECT count(*) FROM customer_facts WHERE NOT member`); n != 0 {
		t.Errorf("%d are no members", n)
	}
	h.sums()
	h.replay()
}

func TestATierCanBeAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, amount := range map[string]float64{"张小姐": 100, "王先生": 1500, "赵女士": 6000, "上海云帆科技": 9000} {
		h.must("李雷", call("customer.create", params{"customer": name}))
		h.must("李雷", call("order.create", params{"customer": name, "product": "奶茶", "amount": amount}))
	}
	h.must("李雷", call("customer.tag", params{"customer": "云帆", "tags": []string{"金卡"}}))
	h.must("李雷", call("segment.save", params{"name": "银卡们", "filter": params{"tier": "银卡会员"}}))
	for _, c := range []struct {
		filter params
		want   string
	}{
		{params{"tier": "金卡"}, "赵女士"}, {params{"tier": "白银会员"}, "王先生"}, {params{"tier": "普通会员"}, "张小姐"},
		{params{"tags": []string{"金卡"}}, "上海云帆科技 赵女士"}, {params{"not": params{"tier": "金卡"}, "member": true}, "张小姐 王先生"}, {params{"segment": "银卡们"}, "王先生"},
	} {
		if got := h.found("李雷", c.filter); got != c.want {
			t.Errorf("%v: %q, want %q", c.filter, got, c.want)
		}
	}
	h.must("李雷", call("order.create", params{"customer": "张小姐", "product": "奶茶", "amount": 950}))
	if got := h.found("李雷", params{"segment": "银卡们"}); got != "张小姐 王先生" {
		t.Errorf("after a rise: %q", got)
	}
	h.refused("李雷", crm.ErrInvalid, []string{"没有「白金」", "金卡"}, call("customer.search", params{"filter": params{"tier": "白金"}}))
}

func TestMergedCustomersKeepTheirTierAndWhatCountsForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	buy := func(customer string, amount float64) {
		h.must("李雷", call("order.create", params{"customer": customer, "product": "奶茶", "amount": amount}))
	}
	tier := func(customer string) action.PointsView {
		v := h.points(customer)
		v.Gifts, v.Benefits, v.Customer = nil, nil, ""
		return v
	}
	for _, name := range []string{"张小姐", "张女士", "王先生", "王老板", "陈先生", "陈老板"} {
		h.must("李雷", call("customer.create", params{"customer": name}))
	}
	// Two ordinary members are a silver one together.
	buy("张小姐", 600)
	buy("张女士", 700)
	one, two := tier("张小姐"), tier("张女士")
	out := h.must("李雷", call("customer.merge", params{"customer": "张女士", "into": "张小姐"}))
	if v := tier("张小姐"); v.Tier != "银卡" || v.Balance != 1300 || v.Lacks != "再消费 ¥3,700" {
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if a, b := tier("张小姐"), tier("张女士"); fmt.Sprint(a) != fmt.Sprint(one) || fmt.Sprint(b) != fmt.Sprint(two) {
		t.Errorf("after undo: %+v, %+v; before %+v, %+v", a, b, one, two)
	}
	// The higher tier goes along, with its end.
	buy("王老板", 6000)
	h.now = h.now.AddDate(0, 1, 0)
	buy("王先生", 100)
	gold, plain := tier("王老板"), tier("王先生")
	out = h.must("李雷", call("customer.merge", params{"customer": "王老板", "into": "王先生"}))
	if v := tier("王先生"); v.Tier != "金卡" || v.TierUntil != gold.TierUntil || v.Lacks != "再消费 ¥13,900" {
		t.Errorf("%+v", v)
	}
	if got := h.found("李雷", params{"tier": "金卡"}); got != "王先生" {
		t.Errorf("gold now: %q", got)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if a, b := tier("王老板"), tier("王先生"); fmt.Sprint(a) != fmt.Sprint(gold) || fmt.Sprint(b) != fmt.Sprint(plain) {
		t.Errorf("after undo: %+v, %+v; before %+v, %+v", a, b, gold, plain)
	}
	// An account of one of them alone moves as it is, and its facts with it.
	buy("陈老板", 1200)
	out = h.must("李雷", call("customer.merge", params{"customer": "陈老板", "into": "陈先生"}))
	if got := h.found("李雷", params{"tier": "银卡"}); got != "陈先生" {
		t.Errorf("silver after the merge: %q", got)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if got := h.found("李雷", params{"tier": "银卡"}); got != "陈老板" {
		t.Errorf("silver after undo: %q", got)
	}
	if got := h.found("李雷", params{"member": false}); got != "陈先生" {
		t.Errorf("no members after undo: %q", got)
	}
	h.sums()
}

// Orders that a process held when it was killed are given their points by the process that takes its work up, though its connection
// is seen to have ended only later.
func TestLoadedOrdersOfADyingProcessAreWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.load("张小姐", 3, 50050)
	h.dying(func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.TakeLoaded(ctx, 500)
		return err
	}, func() { h.loaded() })
	if n := h.count(`SELECT count(*) FROM points_ledger WHERE kind = 'earn'`); n != 3 {
		t.Errorf("%d orders have earned, want 3", n)
	}
}

// dying does work while a process that was killed still holds what it took: its transaction ends, undone, once work stands behind it or
// has passed it.
func (h *house) dying(took func(ctx context.Context, tx *store.Tx) error, work func()) {
	h.t.Helper()
	held, passed, killed := make(chan struct{}), make(chan struct{}), errors.New("killed")
	dying := make(chan error, 1)
	go func() {
		dying <- h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			err := took(ctx, tx)
			close(held)
			if err != nil {
				return err
			}
			for waits := 0; waits == 0; {
				select {
				case <-passed:
					return killed
				case <-time.After(5 * time.Millisecond):
				}
				waits = h.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
			}
			return killed
		})
	}()
	<-held
	work()
	close(passed)
	if err := <-dying; !errors.Is(err, killed) {
		h.t.Fatal(err)
	}
}
