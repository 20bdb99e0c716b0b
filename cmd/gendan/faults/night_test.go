package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// office is a house with an administrator, its database and an executor in the test process, which writes while gendan dies.
type office struct {
	*house
	st   *store.Store
	x    *action.Executor
	boss crm.Actor
	c    *child // the process that dies
}

// open makes an office with n customers of the administrator's, persons who collect points.
func open(t *testing.T, n int, journeys ...crm.JourneyPlan) *office {
	t.Helper()
	h := build(t, plan{people: staff(1, app)})
	away := 12 - time.Now().UTC().Hour() // in that zone it is noon: nobody's night is disturbed
	h.set["GENDAN_TZ"] = fmt.Sprintf("Etc/GMT%+d", -away)
	if away == 0 {
		h.set["GENDAN_TZ"] = "UTC"
	}
	h.gendan("user", "add", "--name", "老板", "--role", "admin", "--wecom", h.people[0].id)
	o := &office{house: h}
	var err error
	if o.st, err = store.Open(t.Context(), store.Config{URL: h.set["DATABASE_URL"], Keys: h.keys}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.st.Close() })
	if o.boss, err = o.st.UserByPeer(t.Context(), "wecom:"+h.people[0].id); err != nil {
		t.Fatal(err)
	}
	o.x = o.executor(journeys...)
	o.exec(`INSERT INTO customers (name, name_key, name_core, terms, person, owner_id, created_by, created_at, updated_at)
		SELECT n, n, n, '{}', true, $2, $2, now(), now() FROM (SELECT '张' || chr(20468 + i) || '芳' AS n FROM generate_series(1, $1::int) i) c`, n, int64(o.boss.UserID))
	return o
}

func (o *office) executor(journeys ...crm.JourneyPlan) *action.Executor {
	pack := templates.Default()
	return action.New(o.st, action.Config{Points: templates.MustPoints(pack), Field: templates.MustField(pack), Service: pack.Service, Journeys: append(templates.MustJourneys(pack), journeys...)})
}

func (o *office) exec(query string, args ...any) {
	o.t.Helper()
	if _, err := o.db().Exec(query, args...); err != nil {
		o.t.Fatalf("%s: %v", query, err)
	}
}

// run does one action as the administrator by an executor, which stands for a process; the key is its name and n.
func (o *office) run(x *action.Executor, name string, n int, params any) {
	o.t.Helper()
	raw, err := json.Marshal(params)
	var out action.Outcome
	if err == nil {
		out, err = x.Run(context.Background(), action.Request{Actor: o.boss, Key: fmt.Sprintf("%s:%d", name, n), Via: "api", Now: time.Now().UTC(), Calls: []action.Call{{Name: name, Params: raw}}})
	}
	if err != nil || out.Ask != nil || out.Pick != nil {
		o.t.Fatalf("%s %s: %v, asks %+v %+v", name, raw, err, out.Ask, out.Pick)
	}
}

// dies runs gendan and kills it at random instants until done says so, at most that many times; then it is left alone until done.
// While it dies, each is called once before each death.
func (o *office) dies(most int, what string, done func() bool, each func()) (deaths int) {
	o.t.Helper()
	if o.c == nil {
		o.c = o.serve()
	}
	for !done() && deaths < most {
		if each != nil {
			each()
		}
		time.Sleep(rand.N(350 * time.Millisecond))
		o.c.kill()
		o.c = o.serve()
		deaths++
	}
	until(o.t, what, 60*time.Second, done)
	time.Sleep(time.Second) // what is done twice is done by now
	return deaths
}

// sums checks what queries count.
func (o *office) sums(want map[string]int) {
	o.t.Helper()
	for query, n := range want {
		if got := o.count(query); got != n {
			o.t.Errorf("%d, want %d: %s", got, n, query)
		}
	}
}

// TestKill9FiresRulesOnce kills gendan at random instants while a rule reacts to orders: each order makes one task, also those that
// a process writes which does not know of the rule yet, and no order from before it was turned on does.
func TestKill9FiresRulesOnce(t *testing.T) {
	t.Parallel()
	const orders, before = 40, 1
	o := open(t, orders)
	var guests []int64
	if err := o.db().QueryRow(`SELECT array_agg(id ORDER BY id) FROM customers`).Scan(pq.Array(&guests)); err != nil {
		t.Fatal(err)
	}
	other := o.executor()
	order := func(x *action.Executor, n int) {
		o.run(x, "order.create", n, map[string]any{"customer": fmt.Sprintf("#%d", guests[n%orders]), "product": "抹茶拿铁", "amount": 26})
	}
	order(other, 0) // now it knows for a while that nobody listens
	o.run(o.x, "rule.save", 0, map[string]any{"active": true, "rule": json.RawMessage(`{"name":"谢谢下单","most":1000,"says":"下单后打个电话","when":{"kind":"event","event":"order.created"},
		"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"{{负责人}}","content":"谢谢{{客户}}"}}]}`)})
	order(other, 1)
	n := 1
	deaths := o.dies(4, "the rule has fired for all orders", func() bool {
		return n == orders && o.count(`SELECT count(*) FROM rule_firings`) >= orders
	}, func() {
		for end := min(n+10, orders); n < end; {
			n++
			order([]*action.Executor{o.x, other}[n%2], n)
		}
	})
	t.Logf("%d deaths", deaths)
	if deaths < 3 {
		t.Errorf("%d deaths prove nothing", deaths)
	}
	until(t, "every event has been reacted to", time.Minute, func() bool { // the last to fire may be ahead of events that nobody listens to
		return o.count(`SELECT count(*) FROM outbox WHERE state = 0 AND platform = '' AND kind = 'react'`) == 0
	})
	o.sums(map[string]int{
		`SELECT count(*) FROM events WHERE name = 'order.created'`:                 before + orders,
		`SELECT count(*) FROM rule_firings WHERE state = 'done'`:                   orders,
		`SELECT count(*) FROM rule_firings WHERE state <> 'done'`:                  0,
		`SELECT count(*) FROM tasks`:                                               orders,
		`SELECT count(DISTINCT customer_id) FROM tasks`:                            orders,
		`SELECT count(*) FROM audit WHERE via = 'rule' AND action = 'task.create'`: orders,
		`SELECT sum(fired)::int FROM rule_days`:                                    orders,
	})
}

// TestKill9TakesJourneyStepsOnce kills gendan at random instants while customers go through a journey: each takes each step once.
func TestKill9TakesJourneyStepsOnce(t *testing.T) {
	t.Parallel()
	const people = 400
	o := open(t, people, crm.JourneyPlan{Name: "三步", About: "打两次电话", Purpose: crm.Care, Goal: crm.JourneyGoal{Days: 60}, Steps: []crm.JourneyStep{
		{Do: crm.StepTask, Content: "第一次问候{{客户}}"}, {Do: crm.StepWait, Days: 2}, {Do: crm.StepTask, Content: "第二次问候{{客户}}"}}})
	if err := o.x.KeepJourneys(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := o.count(`SELECT id FROM journeys WHERE name = '三步'`)
	o.run(o.x, "journey.start", 0, map[string]any{"journey": "三步", "filter": map[string]any{"max_orders": 0}})
	if n := o.count(`SELECT count(*) FROM journey_people WHERE journey_id = $1`, id); n != people {
		t.Fatalf("%d entered", n)
	}
	all := func(tasks int) func() bool {
		return func() bool { return o.count(`SELECT count(*) FROM tasks`) >= tasks }
	}
	deaths := o.dies(4, "the first step is taken", all(people), nil)
	o.exec(`UPDATE journey_people SET due = now() - interval '1 second' WHERE journey_id = $1 AND state = 'active'`, id) // two days later
	if err := o.st.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("journey:%d", id), Kind: action.KindJourney, Subject: int64(id)})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	later := o.dies(4, "the step after the wait is taken", all(2*people), nil)
	t.Logf("%d and %d deaths", deaths, later)
	if deaths+later < 2 {
		t.Errorf("%d deaths prove nothing", deaths+later)
	}
	o.sums(map[string]int{
		`SELECT count(*) FROM tasks`: 2 * people,
		`SELECT count(*) FROM (SELECT FROM tasks GROUP BY customer_id HAVING count(*) = 2) t`:                              people,
		fmt.Sprintf(`SELECT count(*) FROM journey_steps WHERE journey_id = %d AND took > %d`, id, people):                  0,
		fmt.Sprintf(`SELECT count(*) FROM journey_people WHERE journey_id = %d AND state = 'active' AND due <= now()`, id): 0,
	})
}

// TestKill9MovesPointsOnce kills gendan at random instants while loaded orders earn points and old points end: each order earns
// once, each lot ends once, and every ledger adds up to its balance.
func TestKill9MovesPointsOnce(t *testing.T) {
	t.Parallel()
	const people, later = 700, 300
	n := 0 // orders loaded
	o := open(t, people)
	load := func(from, to int, at string) {
		o.exec(`INSERT INTO orders (customer_id, owner_id, product, amount, at, created_by, created_at, updated_at)
			SELECT c.id, c.owner_id, '抹茶拿铁', 2600, now() - $3::interval, c.owner_id, now(), now() FROM customers c JOIN generate_series($1::int, $2::int) i ON c.name = '张' || chr(20468 + i) || '芳'`, from, to, at)
	}
	load(1, people, "500 days")
	for more := true; more; { // in those days
		if err := o.st.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			tx.Now = time.Now().UTC().AddDate(0, 0, -500)
			more, err = o.x.PointsLoaded(ctx, tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.count(`SELECT count(*) FROM points_accounts WHERE balance > 0`); n != people {
		t.Fatalf("%d accounts", n)
	}
	const nights = `FROM timers WHERE kind = 'points.night' AND state = 0`
	defer func() {
		if t.Failed() {
			t.Logf("%d orders loaded, %d waiting, %d expired, %d earned, %d nights due", n, o.count(`SELECT count(*) FROM points_waiting`), o.count(`SELECT count(*) FROM points_ledger WHERE kind = 'expire'`),
				o.count(`SELECT count(*) FROM points_ledger WHERE kind = 'earn'`), o.count(`SELECT count(*) `+nights+` AND due < now()`))
		}
	}()
	o.c = o.serve()
	until(t, "the night's timer is set", 60*time.Second, func() bool { return o.count(`SELECT count(*) `+nights) > 0 })
	o.exec(`UPDATE timers SET due = now() - interval '1 second', dedupe = 'points:missed' WHERE id IN (SELECT id ` + nights + `)`) // a night that was missed: each process sets the coming one anew when it starts
	deaths := o.dies(5, "all points are given and all old ones have ended", func() bool {
		return n == later && o.count(`SELECT count(*) FROM points_waiting`) == 0 && o.count(`SELECT count(*) FROM points_ledger WHERE kind = 'expire'`) >= people &&
			o.count(`SELECT count(*) FROM points_ledger WHERE kind = 'earn'`) >= people+later
	}, func() {
		if n < later {
			load(n+1, n+100, "0")
			n += 100
		}
	})
	t.Logf("%d deaths", deaths)
	if deaths < 3 {
		t.Errorf("%d deaths prove nothing", deaths)
	}
	o.sums(map[string]int{
		`SELECT count(*) FROM points_ledger WHERE kind = 'earn'`:                                                                                people + later,
		`SELECT count(DISTINCT source_id) FROM points_ledger WHERE kind = 'earn'`:                                                               people + later,
		`SELECT count(*) FROM points_ledger WHERE kind = 'expire'`:                                                                              people,
		`SELECT count(DISTINCT customer_id) FROM points_ledger WHERE kind = 'expire'`:                                                           people,
		`SELECT count(*) FROM points_accounts WHERE balance > 0`:                                                                                later,
		`SELECT count(*) FROM points_accounts a WHERE balance <> (SELECT sum(points) FROM points_ledger l WHERE l.customer_id = a.customer_id)`: 0,
		`SELECT count(*) FROM outbox WHERE state = 2`:                                                                                           0,
	})
}
