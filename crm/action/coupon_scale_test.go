package action_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// At 100,000 issued coupons (GENDAN_COUPONS sets another number) everything that is asked of coupons goes through an index,
// whoever asks: no table is read from end to end. Only a report of all time has to look at all of them.
func TestCouponsUseIndexes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	many := 100_000
	if s := os.Getenv("GENDAN_COUPONS"); s != "" {
		var err error
		if many, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	h.must("李雷", call("customer.create", params{"customer": "云帆"}))
	code := h.couponOf("云帆", params{"discount": 0.8})
	begun := time.Now()
	for i, statement := range []string{
		fmt.Sprintf(`INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by)
			SELECT 'K' || k, 'k' || k, 'k' || k, '{}', CASE WHEN k %% 50 = 0 THEN %d ELSE %d END, 1 FROM generate_series(1, %d) k`,
			h.who["李雷"].UserID, h.who["韩梅梅"].UserID, many/10),
		fmt.Sprintf(`INSERT INTO coupon_batches (key, terms, source, created_by, created_at, updated_at)
			SELECT 'b' || k, '{"kind": "percent", "discount": 0.8}', 'coupon', %d, timestamptz '2026-11-18 02:00Z' - make_interval(hours => k), now() FROM generate_series(1, 100) k`,
			h.who["钱总"].UserID),
		fmt.Sprintf(`INSERT INTO coupons (batch_id, customer_id, code, code_index, key, state, issued_at, sent_at, expires_at, ended_at, price, off, created_by, created_at, updated_at)
			SELECT b.ids[1 + k %% 100], c.ids[1 + k %% %d], x.code, int8send(k::bigint) || int8send(k::bigint), 'k' || k, CASE WHEN k %% 10 = 0 THEN 'redeemed' ELSE 'issued' END,
				timestamptz '2026-11-18 02:00Z' - make_interval(mins => k %% 6000 + 1), timestamptz '2026-11-18 02:00Z' - make_interval(mins => k %% 6000), timestamptz '2026-11-25 16:00Z' + make_interval(days => k / 100 %% 60),
				CASE WHEN k %% 10 = 0 THEN timestamptz '2026-11-18 02:00Z' - make_interval(mins => k %% 5000) END, CASE WHEN k %% 10 = 0 THEN 6000 ELSE 0 END, CASE WHEN k %% 10 = 0 THEN 1200 ELSE 0 END, %d, now(), now()
			FROM generate_series(1, %d) k, (SELECT code FROM coupons LIMIT 1) x,
				(SELECT array_agg(id ORDER BY id) AS ids FROM coupon_batches WHERE key LIKE 'b%%') b, (SELECT array_agg(id ORDER BY id) AS ids FROM customers WHERE name LIKE 'K%%') c`,
			many/10, h.who["钱总"].UserID, many),
		`INSERT INTO offers (customer_id, owner_id, purpose, source, source_id, coupon_id, text, key, auto, state, due, created_at, updated_at)
			SELECT k.customer_id, c.owner_id, 'marketing', 'coupon', k.batch_id, k.id, 'x', 'c' || k.id, true, CASE WHEN k.id % 2 = 0 THEN 'planned' ELSE 'sent' END, now(), now(), now()
			FROM coupons k JOIN customers c ON c.id = k.customer_id WHERE k.id % 5 = 0`,
		`ANALYZE coupons, coupon_batches, customers, offers`,
	} {
		if i > 0 { // customers bring their rows of facts along; the others go without the checks of keys, which take most of the time
			statement = `SET session_replication_role = replica; ` + statement + `; RESET session_replication_role`
		}
		if _, err := h.owner.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d coupons: %v", many, time.Since(begun).Round(time.Millisecond))
	customer := crm.CustomerID(h.count(`SELECT id FROM customers WHERE name = 'K50'`))
	batch := crm.CouponBatchID(h.count(`SELECT id FROM coupon_batches WHERE key = 'b7'`))
	plain, err := crm.ReadCouponCode(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct {
		says, who string
		do        func(ctx context.Context, tx *store.Tx) (n int, err error)
	}{
		{"a code, by somebody who does not see the customer", "韩梅梅", func(ctx context.Context, tx *store.Tx) (int, error) {
			c, err := tx.CouponByCode(ctx, plain)
			return int(c.ID), err
		}},
		{"a customer's, by the owner", "李雷", func(ctx context.Context, tx *store.Tx) (int, error) {
			_, n, err := tx.CouponsOf(ctx, customer, "", 10, 0)
			return n, err
		}},
		{"a customer's that are good, by a manager", "钱总", func(ctx context.Context, tx *store.Tx) (int, error) {
			_, n, err := tx.CouponsOf(ctx, customer, crm.CouponIssued, 10, 0)
			return n, err
		}},
		{"who may get one", "钱总", func(ctx context.Context, tx *store.Tx) (int, error) {
			all, err := tx.CouponGuests(ctx, []int64{int64(customer), int64(customer) + 1}, crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.8})
			return len(all), err
		}},
		{"whom to remind", "", func(ctx context.Context, tx *store.Tx) (int, error) {
			all, err := tx.CouponsToRemind(ctx, batch, h.now.AddDate(0, 0, 12), 100)
			return len(all), err
		}},
		{"what is over", "", func(ctx context.Context, tx *store.Tx) (int, error) {
			tx.Now = h.now.AddDate(0, 0, 12)
			all, err := tx.ExpireCoupons(ctx, batch, 100)
			return len(all), err
		}},
		{"a day's report", "钱总", func(ctx context.Context, tx *store.Tx) (int, error) {
			all, err := tx.CouponReport(ctx, h.now.Add(-time.Hour), h.now, nil)
			return len(all), err
		}},
		{"a report of one's own", "李雷", func(ctx context.Context, tx *store.Tx) (int, error) {
			all, err := tx.CouponReport(ctx, h.now.AddDate(-1, 0, 0), h.now.AddDate(0, 0, 1), []int64{int64(h.who["李雷"].UserID)})
			return len(all), err
		}},
		{"taking a batch back", "钱总", func(ctx context.Context, tx *store.Tx) (int, error) {
			s, err := tx.HoldBatch(ctx, batch)
			return s.Gone, err
		}},
	} {
		actor := crm.System
		if look.who != "" {
			actor = h.who[look.who]
		}
		err := h.store.As(t.Context(), actor, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			before, err := couponScans(ctx, tx)
			if err != nil {
				return err
			}
			start := time.Now()
			n, err := look.do(ctx, tx)
			if err != nil {
				return err
			}
			t.Logf("%s: %d, %v", look.says, n, time.Since(start).Round(10*time.Microsecond))
			if n == 0 {
				t.Errorf("%s: nothing found", look.says)
			}
			if after, err := couponScans(ctx, tx); err != nil || after > before {
				t.Errorf("%s: %d tables read from end to end, %v", look.says, after-before, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", look.says, err)
		}
	}
	start := time.Now()
	year := data[action.CouponReport](t, h.must("钱总", call("report.coupon", params{"period": "2026"})))
	t.Logf("a report of all: %v", time.Since(start).Round(time.Millisecond))
	if year.All.Issued < many || len(year.Batches) != 10 || year.More < 90 {
		t.Errorf("%+v", year.All)
	}
	if statements := h.statements("韩梅梅", call("coupon.redeem", params{"code": code, "amount": 60})); len(statements) > 3 {
		t.Errorf("a redemption takes %d statements beside begin, flush and commit: %q", len(statements), statements)
	}
	start = time.Now()
	out := h.must("钱总", call("coupon.send", params{"filter": params{"owner": "李雷"}, "amount_off": 5}))
	t.Logf("coupons to %d customers: %v", data[action.CouponSendView](t, out).Issued, time.Since(start).Round(time.Millisecond))
}

// couponScans counts how often this connection has read a table of coupons from end to end.
func couponScans(ctx context.Context, tx *store.Tx) (n int, err error) {
	return n, tx.Get(ctx, &n, `
		SELECT sum(pg_stat_get_xact_numscans(oid)) FROM pg_class
		WHERE relname IN ('coupons', 'customers', 'offers') AND relkind = $1`, "r")
}
