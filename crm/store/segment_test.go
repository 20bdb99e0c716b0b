package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gendan/crm"
	"gendan/crm/store"
)

// anyQuery is a random filter, with branches down to depth.
func anyQuery(rt *rapid.T, depth int) store.CustomerQuery {
	q := store.CustomerQuery{}
	number := func(most int) *int { n := rapid.IntRange(0, most).Draw(rt, "n"); return &n }
	money := func() *crm.Money { m := crm.Money(rapid.IntRange(0, 30).Draw(rt, "money") * 1000); return &m }
	for range rapid.IntRange(0, 2).Draw(rt, "keys") {
		switch rapid.IntRange(0, 16).Draw(rt, "key") {
		case 0:
			q.NoOrderDays = rapid.IntRange(1, 60).Draw(rt, "days")
		case 1:
			q.QuietDays = rapid.IntRange(1, 60).Draw(rt, "days")
		case 2:
			q.MinSpent = money()
		case 3:
			q.MaxSpent = money()
		case 4:
			q.MinOrders = number(4)
		case 5:
			q.MaxOrders = number(4)
		case 6:
			q.Birthday = rapid.SampledFrom([]string{"today", "tomorrow", "this_week", "next_week", "this_month", "next_month"}).Draw(rt, "span")
		case 7:
			q.Tags = []string{rapid.SampledFrom([]string{"抹茶", "VIP"}).Draw(rt, "tag")}
		case 8:
			q.Level = rapid.SampledFrom([]string{"重点客户", "普通客户"}).Draw(rt, "level")
		case 9:
			q.Industry = rapid.SampledFrom([]string{"制造", "茶"}).Draw(rt, "industry")
		case 10:
			q.Regions = []string{"上海", "江苏"}[:rapid.IntRange(1, 2).Draw(rt, "regions")]
		case 11:
			q.RFM = rapid.SampledFrom([]string{"新客", "潜力", "沉睡"}).Draw(rt, "rfm")
		case 12:
			yes := rapid.Bool().Draw(rt, "member")
			q.Member = &yes
		case 13:
			q.Products = []int64{8001, 8002, 8003}[:rapid.IntRange(0, 3).Draw(rt, "products")]
		case 14:
			q.Stage = rapid.SampledFrom([]string{"初步接触", "方案报价"}).Draw(rt, "stage")
		case 15:
			q.Source = "展会"
		case 16:
			q.Regular = []int64{8001, 8002}
		}
	}
	if depth > 0 {
		for range rapid.IntRange(0, 2).Draw(rt, "all") {
			q.All = append(q.All, anyQuery(rt, depth-1))
		}
		for range rapid.IntRange(0, 2).Draw(rt, "any") {
			q.Any = append(q.Any, anyQuery(rt, depth-1))
		}
		if rapid.Bool().Draw(rt, "not") {
			not := anyQuery(rt, depth-1)
			q.Not = &not
		}
	}
	return q
}

// person is a customer as the reference knows it, read from what was written and not from the facts.
type person struct {
	id               int64
	gone, member     bool
	created, contact time.Time
	level, industry  string
	region, source   string
	tags, birthdays  []string
	orders           []time.Time
	spent            crm.Money
	products         []int64 // one for each order
	stages           []string
}

// fits is the meaning of a filter, plainly.
func (p *person) fits(q store.CustomerQuery, now time.Time) bool {
	last, quiet := p.created, p.created
	for i, at := range p.orders {
		if i == 0 || at.After(last) {
			last = at
		}
	}
	if !p.contact.IsZero() {
		quiet = p.contact
	}
	has := func(list []string, what string) bool { return what == "" || slices.Contains(list, what) }
	bought := q.Products == nil
	for _, id := range q.Products {
		bought = bought || slices.Contains(p.products, id)
	}
	fit := (q.NoOrderDays == 0 || last.Before(now.AddDate(0, 0, -q.NoOrderDays))) && (q.QuietDays == 0 || quiet.Before(now.AddDate(0, 0, -q.QuietDays))) &&
		(q.MinSpent == nil || p.spent >= *q.MinSpent) && (q.MaxSpent == nil || p.spent <= *q.MaxSpent) &&
		(q.MinOrders == nil || len(p.orders) >= *q.MinOrders) && (q.MaxOrders == nil || len(p.orders) <= *q.MaxOrders) &&
		(q.Birthday == "" || p.bornIn(q.Birthday, now)) && (len(q.Tags) == 0 || has(p.tags, q.Tags[0])) && (q.Level == "" || q.Level == p.level) &&
		(q.Industry == "" || contains(p.industry, q.Industry)) && (q.Source == "" || contains(p.source, q.Source)) &&
		(len(q.Regions) == 0 || slices.ContainsFunc(q.Regions, func(r string) bool { return contains(p.region, r) })) &&
		(q.RFM == "" || q.RFM == p.band(last, now)) && (q.Member == nil || *q.Member == p.member) && bought && has(p.stages, q.Stage)
	regular := q.Regular == nil
	for _, id := range q.Regular {
		n := 0
		for _, b := range p.products {
			n += map[bool]int{true: 1}[b == id]
		}
		regular = regular || n >= 3
	}
	fit = fit && regular
	for _, part := range q.All {
		fit = fit && p.fits(part, now)
	}
	if len(q.Any) > 0 {
		fit = fit && slices.ContainsFunc(q.Any, func(part store.CustomerQuery) bool { return p.fits(part, now) })
	}
	return fit && (q.Not == nil || !p.fits(*q.Not, now))
}

// band is the default rules' name, as far as the test's amounts and numbers of orders go.
func (p *person) band(last, now time.Time) string {
	days := now.Sub(last).Hours() / 24
	switch {
	case len(p.orders) == 0:
		return ""
	case days < 90 && len(p.orders) == 1:
		return "新客"
	case days < 90 && len(p.orders) >= 5:
		return "忠诚"
	case days < 90:
		return "潜力"
	case days < 365:
		return "沉睡"
	}
	return "流失"
}

func (p *person) bornIn(span string, now time.Time) bool {
	day := now.In(crm.Shanghai)
	first := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, crm.Shanghai)
	days := 1
	switch span {
	case "tomorrow":
		first = first.AddDate(0, 0, 1)
	case "this_week", "next_week":
		first, days = first.AddDate(0, 0, -(int(first.Weekday())+6)%7), 7
		if span == "next_week" {
			first = first.AddDate(0, 0, 7)
		}
	case "this_month", "next_month":
		first = first.AddDate(0, 0, 1-first.Day())
		if span == "next_month" {
			first = first.AddDate(0, 1, 0)
		}
		days = first.AddDate(0, 1, 0).AddDate(0, 0, -1).Day()
	}
	for i := range days {
		if slices.Contains(p.birthdays, first.AddDate(0, 0, i).Format("01-02")) {
			return true
		}
	}
	return false
}

func contains(s, part string) bool {
	return part == "" || len(s) >= len(part) && (s == part || slices.Contains(splits(s, len(part)), part))
}

func splits(s string, n int) (all []string) {
	for i := 0; i+n <= len(s); i++ {
		all = append(all, s[i:i+n])
	}
	return all
}

// crowd is some customers and their reference; what is done to one is done to both.
type crowd struct {
	company
	now    time.Time
	people []*person
	next   int64
}

func newCrowd(t *testing.T, n int) *crowd {
	w := &crowd{company: newCompany(t), now: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC), next: 100_000}
	w.exec(t, `INSERT INTO products (id, name) VALUES (8001, '墨盒'), (8002, '打印纸'), (8003, '碎纸机')`)
	for i := range n {
		w.add(t, i)
	}
	return w
}

func (w *crowd) add(t *testing.T, i int) {
	w.next++
	p := &person{id: w.next, created: w.now.AddDate(0, 0, -i%70), level: []string{"", "重点客户", "普通客户"}[i%3], industry: []string{"制造业", "茶饮", ""}[i%3],
		region: []string{"上海市", "江苏苏州", "北京"}[i%3], source: []string{"展会", "官网"}[i%2]}
	w.exec(t, `INSERT INTO customers (id, name, name_key, name_core, terms, owner_id, created_by, created_at, updated_at, level, industry, region, source)
		SELECT $1, $2, $2, $2, '{}', id, id, $3, $3, $4, $5, $6, $7 FROM users WHERE name = 'rep'`, p.id, fmt.Sprint("客户", p.id), p.created, p.level, p.industry, p.region, p.source)
	w.people = append(w.people, p)
}

// change does something to somebody.
func (w *crowd) change(t *testing.T, rt *rapid.T) {
	p := rapid.SampledFrom(w.people).Draw(rt, "who")
	w.next++
	switch what := rapid.IntRange(0, 9).Draw(rt, "what"); what {
	case 0, 1:
		at, amount, product := w.now.AddDate(0, 0, -rapid.IntRange(0, 100).Draw(rt, "ago")), int64(rapid.IntRange(0, 20).Draw(rt, "amount")*1000), int64(rapid.IntRange(8001, 8003).Draw(rt, "product"))
		w.exec(t, `WITH o AS (INSERT INTO orders (id, customer_id, owner_id, created_by, product, amount, at, updated_at)
			SELECT $1, id, owner_id, owner_id, 'x', $3, $4, $5 FROM customers WHERE id = $2 RETURNING id)
			INSERT INTO order_items (order_id, line, product, product_id) SELECT id, 1, 'x', $6 FROM o`, w.next, p.id, amount, at, w.now, product)
		p.orders, p.spent, p.products = append(p.orders, at), p.spent+crm.Money(amount), append(p.products, product)
	case 2:
		w.exec(t, `UPDATE customers SET last_contact_at = $2, updated_at = $2 WHERE id = $1`, p.id, w.now)
		p.contact = w.now
	case 3:
		p.tags = []string{"抹茶", "VIP"}[:rapid.IntRange(0, 2).Draw(rt, "tags")]
		w.exec(t, `UPDATE customers SET tags = CASE $2::int WHEN 0 THEN '{}' WHEN 1 THEN '{抹茶}' ELSE '{抹茶,VIP}' END::text[] WHERE id = $1`, p.id, len(p.tags))
	case 4:
		day := w.now.In(crm.Shanghai).AddDate(0, 0, rapid.IntRange(-5, 40).Draw(rt, "born")).Format("01-02")
		w.exec(t, `INSERT INTO contacts (customer_id, name, name_key, birthday, created_by) SELECT $1, '王', '王', '1990-' || $2::text, id FROM users WHERE name = 'rep'`, p.id, day)
		p.birthdays = append(p.birthdays, day)
	case 5:
		p.stages = append(p.stages, rapid.SampledFrom([]string{"初步接触", "方案报价"}).Draw(rt, "stage"))
		w.exec(t, `INSERT INTO deals (customer_id, owner_id, created_by, title, stage, stage_since) SELECT id, owner_id, owner_id, '商机', $2, now() FROM customers WHERE id = $1`,
			p.id, p.stages[len(p.stages)-1])
	case 6:
		w.exec(t, `UPDATE deals SET state = 'lost' WHERE customer_id = $1`, p.id)
		p.stages = nil
	case 7:
		p.member = !p.member
		w.exec(t, `UPDATE customer_facts SET member = $2 WHERE customer_id = $1`, p.id, p.member)
	case 8:
		p.gone = !p.gone
		w.exec(t, `UPDATE customers SET deleted_at = CASE WHEN $2::boolean THEN now() END WHERE id = $1`, p.id, p.gone)
	case 9:
		w.add(t, int(w.next))
	}
}

func (w *crowd) fitting(q store.CustomerQuery) []int64 {
	ids := []int64{}
	for _, p := range w.people {
		if !p.gone && p.fits(q, w.now) {
			ids = append(ids, p.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// disputed tells what is stored of the customers that only one of the lists has: their facts, the transactions that changed them, and up
// to which one the segment has looked.
func (w *crowd) disputed(t *testing.T, segment int64, kept, want []int64) (all string) {
	for _, p := range w.people {
		if slices.Contains(kept, p.id) == slices.Contains(want, p.id) {
			continue
		}
		var stored string
		if err := w.owner.QueryRowContext(t.Context(), `SELECT to_jsonb(f)::text || ' changed by ' || ARRAY(SELECT h.tx FROM customer_changes h WHERE h.customer_id = $1)::text
			|| ' looked ' || (SELECT to_jsonb(l)::text FROM segment_looks l WHERE l.segment_id = $2) || ' now ' || pg_current_snapshot()::text
			FROM customer_facts f WHERE f.customer_id = $1`, p.id, segment).Scan(&stored); err != nil {
			stored = err.Error()
		}
		all += fmt.Sprintf("%d at %v, orders %v: %s\n", p.id, w.now, p.orders, stored)
	}
	return all
}

// as runs fn as the manager at the crowd's time.
func (w *crowd) as(t *testing.T, who string, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := w.As(t.Context(), w.actor[who], func(ctx context.Context, tx *store.Tx) error {
		tx.Now = w.now
		return fn(ctx, tx)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestFiltersAndSegmentsMeanWhatTheySay: whatever happens to customers, and however time goes by, a filter finds whom it
// describes, and a saved segment's kept members are the same.
func TestFiltersAndSegmentsMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	w := newCrowd(t, 40)
	var segments []int64
	var queries []store.CustomerQuery
	rapid.Check(t, func(rt *rapid.T) {
		if len(segments) < 8 {
			q := anyQuery(rt, 2)
			if sure := []store.CustomerQuery{{Birthday: "tomorrow"}, {RFM: "沉睡"}, {NoOrderDays: 20}, {QuietDays: 15}}; len(segments) < len(sure) {
				q = sure[len(segments)]
			}
			w.as(t, "manager", func(ctx context.Context, tx *store.Tx) error {
				id, err := tx.AddSegment(ctx, fmt.Sprint("人群", len(segments)), crm.Filter{})
				segments, queries = append(segments, id), append(queries, q)
				return err
			})
		}
		for range rapid.IntRange(0, 6).Draw(rt, "changes") {
			w.change(t, rt)
		}
		w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 24, 24 * 9}).Draw(rt, "hours")) * time.Hour)
		w.as(t, "manager", func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.AgeRFM(ctx, 1000); err != nil {
				return err
			}
			q := anyQuery(rt, 2)
			if ids, err := tx.Audience(ctx, q, 0, 1000); err != nil || !slices.Equal(ids, w.fitting(q)) {
				rt.Fatalf("%+v: %v, want %v, %v", q, ids, w.fitting(q), err)
			}
			q.Limit = 2000
			if rows, total, err := tx.SearchCustomers(ctx, q); err != nil || total != len(w.fitting(q)) || len(rows) != total {
				rt.Fatalf("%+v: %d found, %d, want %d, %v", q, len(rows), total, len(w.fitting(q)), err)
			}
			for i, id := range segments {
				if err := tx.LookAtSegment(ctx, id, queries[i]); err != nil {
					return err
				}
				kept, err := tx.Audience(ctx, store.CustomerQuery{Segment: id}, 0, 1000)
				if err != nil || !slices.Equal(kept, w.fitting(queries[i])) {
					rt.Fatalf("segment %d %+v: %v, want %v, %v\n%s", i, queries[i], kept, w.fitting(queries[i]), err, w.disputed(t, id, kept, w.fitting(queries[i])))
				}
				if n, err := tx.CountCustomers(ctx, store.CustomerQuery{Segment: id}); err != nil || n != len(kept) {
					rt.Fatalf("segment %d counts %d, has %d, %v", i, n, len(kept), err)
				}
			}
			return nil
		})
	})
}

// TestAudienceOfWhoSeesLess: a rep's audience is the rep's own customers, whatever the filter or segment.
func TestAudienceOfWhoSeesLess(t *testing.T) {
	t.Parallel()
	w := newCrowd(t, 30)
	w.exec(t, `UPDATE customers SET owner_id = (SELECT id FROM users WHERE name = 'other') WHERE id % 3 = 0`)
	w.exec(t, `UPDATE customers SET collaborators = ARRAY[(SELECT id FROM users WHERE name = 'other')] WHERE id % 3 = 1 AND id % 2 = 0`)
	var segment int64
	w.as(t, "manager", func(ctx context.Context, tx *store.Tx) (err error) {
		if segment, err = tx.AddSegment(ctx, "都在", crm.Filter{}); err != nil {
			return err
		}
		return tx.LookAtSegment(ctx, segment, store.CustomerQuery{})
	})
	for who, want := range map[string]int{"manager": 30, "rep": 20, "other": 15} {
		w.as(t, who, func(ctx context.Context, tx *store.Tx) error {
			for _, q := range []store.CustomerQuery{{}, {Segment: segment}, {Not: &store.CustomerQuery{Level: "没有"}}} {
				ids, err := tx.Audience(ctx, q, 0, 1000)
				n, err2 := tx.CountCustomers(ctx, q)
				q.Limit = 7
				rows, total, err3 := tx.SearchCustomers(ctx, q)
				if len(ids) != want || n != want || total != want || len(rows) != 7 || err != nil || err2 != nil || err3 != nil {
					t.Errorf("%s %+v: %d, %d, %d, %v %v %v, want %d", who, q, len(ids), n, total, err, err2, err3, want)
				}
			}
			return nil
		})
	}
	if _, err := w.owner.Exec(`SET ROLE gendan_app`); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := w.owner.QueryRow(`SELECT cardinality(gendan_audience('{}', now(), 0, 10))`).Scan(&n); err != nil || n != 0 {
		t.Error("without an actor:", n, err)
	}
}
