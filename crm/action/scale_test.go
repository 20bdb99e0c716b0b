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
	"gendan/crm/store/storetest"
)

// At 50,000 customers every look-up of the hot path and every search goes through an index: no table of customers
// is read from end to end. Row-level security must not change that.
func TestLookupsUseIndexes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := int64(h.who["李雷"].UserID)
	for _, statement := range []string{
		`INSERT INTO customers (name, name_key, name_core, terms, owner_id, industry, region, level, created_by, updated_at)
			SELECT n, n, n, ARRAY(SELECT substr(n, i, 2) FROM generate_series(1, length(n) - 1) i), CASE WHEN k % 100 = 0 THEN ` + fmt.Sprint(me) + ` ELSE ` + fmt.Sprint(int64(h.who["韩梅梅"].UserID)) + ` END,
				'制造业', '江苏', '普通客户', ` + fmt.Sprint(me) + `, now() - make_interval(secs => k)
			FROM (SELECT k, substr('云海天星月山河川林木金石光明东方南北', 1 + k % 18, 1) || substr('甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未', 1 + k / 18 % 18, 1) ||
				substr('春夏秋冬梅兰竹菊琴棋书画诗酒花茶松柏', 1 + k / 324 % 18, 1) || k || '科技' AS n FROM generate_series(1, 50000) k) q`,
		`INSERT INTO deals (customer_id, owner_id, title, amount, stage, stage_since, created_by)
			SELECT id, owner_id, name, 1000, '初步接触', now(), owner_id FROM customers`,
		`INSERT INTO contacts (customer_id, name, name_key, created_by) SELECT id, '联系人' || id, '联系人' || id, owner_id FROM customers WHERE id % 10 = 0 OR owner_id = ` + fmt.Sprint(me),
		`ANALYZE`,
	} {
		if _, err := h.owner.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	var some string
	if err := h.owner.QueryRow(`SELECT name FROM customers WHERE owner_id = $1 ORDER BY id OFFSET 77 LIMIT 1`, me).Scan(&some); err != nil {
		t.Fatal(err)
	}
	part := strings.TrimSuffix(some, "科技")
	for _, who := range []string{"李雷", "周主管", "钱总"} {
		for says, look := range map[string]func(ctx context.Context, tx *store.Tx) (int, error){
			"the whole name": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.CustomersNamed(ctx, some)
				return len(rows), err
			},
			"how it begins": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.CustomersNamed(ctx, part)
				return len(rows), err
			},
			"a part": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.CustomersNamed(ctx, string([]rune(part)[1:]))
				return len(rows), err
			},
			"a search for a part": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, _, err := tx.SearchCustomers(ctx, store.CustomerQuery{Text: string([]rune(part)[1:]), Limit: 10})
				return len(rows), err
			},
			"an owner's customers": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, _, err := tx.SearchCustomers(ctx, store.CustomerQuery{Owners: []int64{me}, Limit: 10})
				return len(rows), err
			},
			"an owner's open deals": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, _, err := tx.Deals(ctx, store.DealFilter{Owners: []int64{me}, Limit: 10})
				return len(rows), err
			},
			"a contact's name": func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.CustomersNamed(ctx, "联系人"+fmt.Sprint(firstID(ctx, tx, some)))
				return len(rows), err
			},
		} {
			err := h.store.As(t.Context(), h.who[who], func(ctx context.Context, tx *store.Tx) error {
				before, err := wholeScans(ctx, tx)
				if err != nil {
					return err
				}
				start := time.Now()
				n, err := look(ctx, tx)
				if err != nil {
					return err
				}
				t.Logf("%s, %s: %d rows, %v", who, says, n, time.Since(start).Round(10*time.Microsecond))
				if n == 0 {
					t.Errorf("%s, %s: nothing found", who, says)
				}
				if after, err := wholeScans(ctx, tx); err != nil || after > before {
					t.Errorf("%s, %s: %d tables read from end to end, %v", who, says, after-before, err)
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s, %s: %v", who, says, err)
			}
		}
	}
}

// wholeScans counts how often this connection has read a table from end to end.
func wholeScans(ctx context.Context, tx *store.Tx) (n int, err error) {
	return n, tx.Get(ctx, &n, `
		SELECT sum(pg_stat_get_xact_numscans(oid)) FROM pg_class
		WHERE relname IN ('customers', 'deals', 'contacts') AND relkind = $1`, "r")
}

func firstID(ctx context.Context, tx *store.Tx, name string) int64 {
	rows, err := tx.CustomersNamed(ctx, name)
	if err != nil || len(rows) == 0 {
		return 0
	}
	return rows[0].ID
}

// A push forward with a reminder costs four statements beside begin, flush and commit: the receipt, the names, the
// deal, the reminder.
func TestTheHotPathIsShort(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强"}), call("deal.create", params{"customer": "云帆", "amount": 1000}))
	req := h.request("李雷", call("deal.update", params{"customer": "云帆", "stage": "方案报价", "amount": 1200}),
		call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "打给王强", "customer": "云帆", "contact": "王强"}))
	// A fresh connection prepares each statement once, so what it has prepared is what the run took.
	keys := storetest.WithKeys(h.store.Keys())
	fresh := storetest.Open(t, storetest.URL(h.store), keys, storetest.WithClock(func() time.Time { return h.now }), func(c *store.Config) { c.MaxConns = 1 })
	x := action.New(fresh, action.Config{})
	var statements []string
	err := fresh.AsIn(t.Context(), h.who["李雷"], req.Conversation, func(ctx context.Context, tx *store.Tx) error {
		if _, err := x.Do(ctx, tx, req); err != nil {
			return err
		}
		return tx.Select(ctx, &statements, `SELECT left(regexp_replace(statement, '\s+', ' ', 'g'), 100) FROM pg_prepared_statements`)
	})
	if err != nil || len(statements) != 4 {
		t.Errorf("%d statements, %v\n%s", len(statements), err, strings.Join(statements, "\n"))
	}
	if v := h.view("李雷", "云帆"); v.Deals[0].Amount != crm.Yuan(1200) {
		t.Errorf("%+v", v)
	}
}
