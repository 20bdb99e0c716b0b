package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"gendan/adapters/embedded"
	"gendan/crm"
	"gendan/crm/store"
)

// segmentsResult is how long filters take over so many customers.
type segmentsResult struct {
	Customers int           `json:"customers"`
	Orders    int           `json:"orders"`
	Megabytes int           `json:"megabytes"` // of the database
	Rows      []segmentsRow `json:"rows"`
	SaveMS    float64       `json:"first_look_ms"` // of a segment that was just saved: all customers are looked at
	LookMS    float64       `json:"look_ms"`       // after nothing happened
	ChangedMS float64       `json:"changed_ms"`    // after Changes orders
	Changes   int           `json:"changes"`
	DayMS     float64       `json:"day_ms"` // after a day went by
	Came      int           `json:"came"`   // customers whom that day brought
	OrderMS   float64       `json:"order_ms"`
	BulkMS    float64       `json:"bulk_ms"` // one statement of 10,000 orders of as many customers, with its facts
}

// segmentsRow is one filter: the first look of a process that has just started Postgres anew, and later ones.
type segmentsRow struct {
	Name    string  `json:"filter"`
	Found   int     `json:"found"`
	FirstMS float64 `json:"first_count_ms"`
	CountMS float64 `json:"count_ms"`
	PageMS  float64 `json:"page_ms"`     // the first page of a list, newest change first
	WalkMS  float64 `json:"audience_ms"` // the first 5,000 of whom a campaign would reach
}

// benchSegments measures filters and saved segments over b.customers customers with ten orders each.
func benchSegments(ctx context.Context, b *bench) (any, error) {
	st, err := b.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	id, err := st.AddUser(ctx, store.NewUser{Name: "钱总", Role: crm.Manager, Peers: []string{"wecom:qian"}})
	if err != nil {
		return nil, err
	}
	manager, err := st.UserByID(ctx, id)
	if err != nil {
		return nil, err
	}
	db, err := b.owner(embedded.Database)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	b.say("making %d customers with %d orders", b.customers, 10*b.customers)
	if err := fillCustomers(ctx, db, b); err != nil {
		return nil, err
	}
	res := &segmentsResult{Customers: b.customers, Orders: 10 * b.customers, Changes: 1000}
	if err := db.QueryRowContext(ctx, `SELECT pg_database_size(current_database()) >> 20`).Scan(&res.Megabytes); err != nil {
		return nil, err
	}
	b.say("%d MB; load now: %s", res.Megabytes, load())
	m := &segmentBench{bench: b, store: st, actor: manager, now: time.Now().UTC()}
	for _, f := range benchFilters() {
		row, err := m.filter(ctx, f.name, f.query)
		if err != nil {
			return nil, err
		}
		b.say("%-46s %8d found, first %6.0f ms, count %6.0f ms, page %6.0f ms, audience %6.0f ms", row.Name, row.Found, row.FirstMS, row.CountMS, row.PageMS, row.WalkMS)
		res.Rows = append(res.Rows, row)
	}
	return res, m.segment(ctx, db, res)
}

// fillCustomers makes the customers, their orders and facts, without triggers: as if they had come over years.
func fillCustomers(ctx context.Context, db *sql.DB, b *bench) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var indexes []string // made anew behind the rows: a quarter of the time
	if err := func() error {
		rows, err := conn.QueryContext(ctx, `SELECT i.indexdef, i.indexname FROM pg_indexes i LEFT JOIN pg_constraint k ON k.conname = i.indexname
			WHERE i.schemaname = 'public' AND k.oid IS NULL AND i.tablename IN ('customers', 'orders', 'order_items', 'customer_facts')`)
		if err != nil {
			return err
		}
		defer rows.Close()
		var drop string
		for rows.Next() {
			var def, name string
			if err := rows.Scan(&def, &name); err != nil {
				return err
			}
			indexes, drop = append(indexes, def), drop+"DROP INDEX "+name+";"
		}
		rows.Close()
		_, err = conn.ExecContext(ctx, drop)
		return err
	}(); err != nil {
		return fmt.Errorf("indexes: %w", err)
	}
	n := b.customers
	for _, step := range []struct{ say, text string }{
		{"", `SET session_replication_role = replica`},
		{"", `SET work_mem = '256MB'`},
		{"", `SET maintenance_work_mem = '512MB'`},
		{"", `INSERT INTO users (id, name, role) SELECT 900000 + n, '销售' || n, 'rep' FROM generate_series(1, 200) n`},
		{"", `INSERT INTO products (id, name, category) SELECT 800000 + n, '产品' || n, '品类' || n % 40 FROM generate_series(1, 1000) n`},
		{"customers", fmt.Sprintf(`INSERT INTO customers (id, name, name_key, name_core, terms, person, owner_id, industry, region, level, source, tags, phone, phone_index, phone_tail,
				last_contact_at, created_by, created_at, updated_at)
			SELECT 1000000 + n, '第' || n || '号客户有限公司', '第' || n || '号客户有限公司', '第' || n || '号客户',
				ARRAY['第' || n %% 10, n %% 1000 || '号', '号客', '客户', '户有', '有限', '限公', '公司', '^di hao ke hu ' || n, '~' || n %% 977], false, 900001 + n %% 200,
				(ARRAY['制造业','零售','餐饮','物流','教育','医疗','贸易','软件'])[1 + n %% 8], (ARRAY['上海市','江苏苏州','浙江杭州','广东深圳','北京','四川成都','山东青岛','湖北武汉'])[1 + (n / 8) %% 8],
				(ARRAY['','普通客户','普通客户','重点客户','战略客户'])[1 + n %% 5], (ARRAY['展会','官网','抖音','转介绍'])[1 + n %% 4],
				CASE WHEN n %% 10 = 0 THEN ARRAY['VIP'] WHEN n %% 1000 = 7 THEN ARRAY['抹茶', 'VIP'] ELSE '{}' END,
				decode(repeat(md5(n::text), 2), 'hex'), decode(md5(n || 'p'), 'hex'), decode(md5((n %% 10000)::text), 'hex'),
				now() - (n * 7919 %% 400) * interval '1 day', 900001, now() - (400 + n %% 800) * interval '1 day', now() - (n * 104729 %% 34560000) * interval '1 second'
			FROM generate_series(1::bigint, %d) n`, n)},
		{"orders", fmt.Sprintf(`INSERT INTO orders (id, customer_id, owner_id, product, quantity, amount, at, created_by)
			SELECT 100000000 + n, 1000001 + n %% %[1]d, 900001, '产品' || 1 + (n * 31 + n / %[1]d) %% 1000, 1, 1000 + n * 7907 %% 200000, now() - ((n %% %[1]d) * 7907 %% 500 + n / %[1]d * 30) * interval '1 day', 900001
			FROM generate_series(1::bigint, %[2]d::bigint) n`, n, 10*n)},
		{"lines of orders", `INSERT INTO order_items (order_id, line, product, product_id, quantity, amount) SELECT o.id, 1, o.product, 800000 + substr(o.product, 3)::bigint, 1, o.amount FROM orders o`},
		{"deals", fmt.Sprintf(`INSERT INTO deals (customer_id, owner_id, created_by, title, stage, stage_since)
			SELECT 1000000 + n * 10, 900001, 900001, '商机', (ARRAY['初步接触','需求分析','方案报价','商务谈判'])[1 + n %% 4], now() FROM generate_series(1::bigint, %d) n`, n/10)},
		{"facts", `INSERT INTO customer_facts (customer_id, orders, spent, first_order, last_order, order_since, products, birthdays, member, r, f, m, rfm, due,
				owner_id, level, industry, region, source, tags, quiet_since)
			SELECT c.id, coalesce(o.n, 0), coalesce(o.spent, 0), o.first, o.last, coalesce(o.last, c.created_at), coalesce(o.products, '{}'),
				CASE WHEN c.id % 3 = 0 THEN ARRAY[to_char(date '2026-01-01' + (c.id % 365)::int, 'MM-DD')] ELSE '{}' END, c.id % 4 = 0, x.r, x.f, x.m, x.rfm, x.due,
				c.owner_id, c.level, c.industry, c.region, c.source, c.tags, coalesce(c.last_contact_at, c.created_at)
			FROM customers c LEFT JOIN (
				SELECT o.customer_id, count(*)::int AS n, sum(o.amount)::bigint AS spent, min(o.at) AS first, max(o.at) AS last, array_agg(DISTINCT 800000 + substr(o.product, 3)::bigint) AS products
				FROM orders o GROUP BY o.customer_id) o ON o.customer_id = c.id
			CROSS JOIN LATERAL gendan_rfm((SELECT rules FROM rfm_rules), coalesce(o.n, 0), coalesce(o.spent, 0), o.last, now()) x
			WHERE c.id > 1000000 ORDER BY c.id`},
		{"indexes", strings.Join(indexes, ";")},
		{"", `RESET session_replication_role`},
		{"vacuum", `VACUUM (ANALYZE)`},
	} {
		start := time.Now()
		if _, err := conn.ExecContext(ctx, step.text); err != nil {
			return fmt.Errorf("%s: %w", step.say, err)
		}
		if step.say != "" {
			b.say("%s: %.0f s", step.say, time.Since(start).Seconds())
		}
	}
	return nil
}

// benchFilters are a filter for each key, and some of several.
func benchFilters() []struct {
	name  string
	query store.CustomerQuery
} {
	type q = store.CustomerQuery
	money, number, yes := func(y float64) *crm.Money { m := crm.Yuan(y); return &m }, func(n int) *int { return &n }, true
	return []struct {
		name  string
		query store.CustomerQuery
	}{
		{"no_order_days 30", q{NoOrderDays: 30}},
		{"no_contact_days 7", q{QuietDays: 7}},
		{"no_contact_days 399", q{QuietDays: 399}},
		{"min_spent 15000", q{MinSpent: money(15_000)}},
		{"min_orders 3", q{MinOrders: number(3)}},
		{"birthday today", q{Birthday: "today"}},
		{"birthday this_month", q{Birthday: "this_month"}},
		{"tags VIP", q{Tags: []string{"VIP"}}},
		{"tags 抹茶", q{Tags: []string{"抹茶"}}},
		{"level 战略客户", q{Level: "战略客户"}},
		{"industry 制造", q{Industry: "制造"}},
		{"region 华东", q{Regions: crm.RegionWords("华东")}},
		{"source 展会", q{Source: "展会"}},
		{"stage 方案报价", q{Stage: "方案报价"}},
		{"owner", q{Owners: []int64{900_007}}},
		{"rfm 沉睡", q{RFM: "沉睡"}},
		{"member", q{Member: &yes}},
		{"bought one product", q{Products: []int64{800_100}}},
		{"bought of a category (25 products)", q{Products: category()}},
		{"30 days silent, members, spent 5000", q{NoOrderDays: 30, Member: &yes, MinSpent: money(5000)}},
		{"nested: any(抹茶, bought, 重点) not silent", q{Any: []q{{Tags: []string{"抹茶"}}, {Products: []int64{800_100}}, {All: []q{{Level: "重点客户"}, {MinOrders: number(9)}}}}, Not: &q{NoOrderDays: 200}}},
		{"nested: not(any(stage, silent 60, rfm))", q{Not: &q{Any: []q{{Stage: "方案报价"}, {QuietDays: 60}, {RFM: "流失"}}}}},
		{"nobody", q{Tags: []string{"没有"}, MinOrders: number(10_000)}},
	}
}

func category() (ids []int64) {
	for n := int64(7); n <= 1000; n += 40 {
		ids = append(ids, 800_000+n)
	}
	return ids
}

// segmentBench asks as a manager.
type segmentBench struct {
	*bench
	store *store.Store
	actor crm.Actor
	now   time.Time
}

// time is how long one question takes, in a transaction of its own.
func (m *segmentBench) time(ctx context.Context, ask func(ctx context.Context, tx *store.Tx) error) (ms float64, err error) {
	start := time.Now()
	err = m.store.As(ctx, m.actor, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = m.now
		return ask(ctx, tx)
	})
	return float64(time.Since(start).Microseconds()) / 1000, err
}

func (m *segmentBench) filter(ctx context.Context, name string, q store.CustomerQuery) (row segmentsRow, err error) {
	row.Name = name
	count := func(ctx context.Context, tx *store.Tx) (err error) {
		row.Found, err = tx.CountCustomers(ctx, q)
		return err
	}
	q.Limit = 10
	for _, step := range []struct {
		ms  *float64
		ask func(ctx context.Context, tx *store.Tx) error
	}{
		{&row.FirstMS, count}, {&row.CountMS, count},
		{&row.PageMS, func(ctx context.Context, tx *store.Tx) error { _, _, err := tx.SearchCustomers(ctx, q); return err }},
		{&row.WalkMS, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Audience(ctx, q, 0, 5000); return err }},
	} {
		if *step.ms, err = m.time(ctx, step.ask); err != nil {
			return row, fmt.Errorf("%s: %w", name, err)
		}
	}
	return row, nil
}

// segment measures a saved segment of several keys, two of them of time: when it is saved, when nothing happened, after
// some orders, and after a day.
func (m *segmentBench) segment(ctx context.Context, db *sql.DB, res *segmentsResult) error {
	member := true
	q := store.CustomerQuery{NoOrderDays: 30, Any: []store.CustomerQuery{{QuietDays: 60}, {Member: &member}}, Not: &store.CustomerQuery{Level: "战略客户"}}
	var id int64
	if _, err := m.time(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddSegment(ctx, "沉睡会员", crm.Filter{NoOrderDays: 30})
		return err
	}); err != nil {
		return err
	}
	found := 0
	look := func(ctx context.Context, tx *store.Tx) (err error) { // what segment.view does
		if err = tx.LookAtSegment(ctx, id, q); err != nil {
			return err
		}
		if found, err = tx.CountCustomers(ctx, store.CustomerQuery{Segment: id}); err != nil {
			return err
		}
		_, _, err = tx.SearchCustomers(ctx, store.CustomerQuery{Segment: id, Limit: 10})
		return err
	}
	var err error
	if res.SaveMS, err = m.time(ctx, look); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `VACUUM (ANALYZE) segment_members`); err != nil {
		return err
	}
	if res.LookMS, err = m.time(ctx, look); err != nil {
		return err
	}
	start := time.Now()
	for i := range res.Changes {
		if err := benchOrders(ctx, db, []int64{1_000_001 + int64(i)*int64(m.customers/res.Changes)}); err != nil {
			return err
		}
	}
	res.OrderMS = float64(time.Since(start).Milliseconds()) / float64(res.Changes)
	if res.ChangedMS, err = m.time(ctx, look); err != nil {
		return err
	}
	before := found
	m.now = m.now.AddDate(0, 0, 1)
	if res.DayMS, err = m.time(ctx, look); err != nil {
		return err
	}
	res.Came = found - before
	bulk := make([]int64, 10_000)
	for i := range bulk {
		bulk[i] = 1_000_002 + int64(i)*int64(m.customers/len(bulk))
	}
	start = time.Now()
	if err := benchOrders(ctx, db, bulk); err != nil {
		return err
	}
	res.BulkMS = float64(time.Since(start).Milliseconds())
	text, err := json.Marshal(res)
	if err != nil {
		return err
	}
	m.say("segment of %d: %s", found, text)
	return nil
}

// benchOrders books an order for each of these customers, in one statement.
func benchOrders(ctx context.Context, db *sql.DB, customers []int64) error {
	_, err := db.ExecContext(ctx, `
		WITH o AS (INSERT INTO orders (customer_id, owner_id, created_by, product, quantity, amount, at)
			SELECT c, 900001, 900001, '产品9', 1, 1000, now() FROM unnest($1::bigint[]) c RETURNING id)
		INSERT INTO order_items (order_id, line, product, product_id) SELECT id, 1, '产品9', 800009 FROM o`, pq.Array(customers))
	return err
}
