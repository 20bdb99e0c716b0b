package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

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
}

// open makes an office with n customers of the administrator's, persons who collect points, called as guest says.
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
	pack := templates.Default()
	o.x = action.New(o.st, action.Config{Points: templates.MustPoints(pack), Field: templates.MustField(pack), Service: pack.Service, Journeys: append(templates.MustJourneys(pack), journeys...)})
	o.exec(`INSERT INTO customers (name, name_key, name_core, terms, person, owner_id, created_by, created_at, updated_at)
		SELECT n, n, n, '{}', true, $2, $2, now(), now() FROM (SELECT '张' || chr(20468 + i) || '芳' AS n FROM generate_series(1, $1::int) i) c`, n, int64(o.boss.UserID))
	return o
}

// guest is the name of the i-th customer, from 1 on.
func guest(i int) string { return fmt.Sprintf("张%c芳", 20468+i) }

func (o *office) exec(query string, args ...any) {
	o.t.Helper()
	if _, err := o.db().Exec(query, args...); err != nil {
		o.t.Fatalf("%s: %v", query, err)
	}
}

// run does one action as the administrator; the key is its name and n.
func (o *office) run(name string, n int, params any) {
	o.t.Helper()
	raw, err := json.Marshal(params)
	if err == nil {
		_, err = o.x.Run(context.Background(), action.Request{Actor: o.boss, Key: fmt.Sprintf("%s:%d", name, n), Via: "api", Now: time.Now().UTC(), Calls: []action.Call{{Name: name, Params: raw}}})
	}
	if err != nil {
		o.t.Fatal(name, err)
	}
}

// dies runs gendan and kills it at random instants until done says so, at most that many times; then it is left alone until done.
// While it dies, each is called once before each death.
func (o *office) dies(most int, what string, done func() bool, each func()) (deaths int) {
	o.t.Helper()
	c := o.serve()
	for !done() && deaths < most {
		if each != nil {
			each()
		}
		time.Sleep(rand.N(350 * time.Millisecond))
		c.kill()
		c = o.serve()
		deaths++
	}
	defer func() {
		if !done() {
			o.t.Log(o.told(`SELECT state || ' ' || attempts || ' ' || coalesce(code, '') || ' ' || count(*) FROM outbox WHERE kind = 'react' GROUP BY state, attempts, code`),
				o.told(`SELECT state || ' ' || count(*) FROM rule_firings GROUP BY state`), o.told(`SELECT name || ' ' || count(*) FROM events GROUP BY name`))
		}
	}()
	until(o.t, what, 60*time.Second, done)
	time.Sleep(time.Second) // what is done twice is done by now
	return deaths
}

func (o *office) told(query string) (lines []string) {
	rows, err := o.db().Query(query)
	if err != nil {
		return []string{err.Error()}
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		_ = rows.Scan(&line)
		lines = append(lines, line)
	}
	return lines
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

// TestKill9TakesJourneyStepsOnce kills gendan at random instants while customers go through a journey: each takes each step once.
func TestKill9TakesJourneyStepsOnce(t *testing.T) {
	t.Parallel()
	const people = 1200
	o := open(t, people, crm.JourneyPlan{Name: "三步", About: "打两次电话", Purpose: crm.Care, Goal: crm.JourneyGoal{Days: 60}, Steps: []crm.JourneyStep{
		{Do: crm.StepTask, Content: "第一次问候{{客户}}"}, {Do: crm.StepWait, Days: 2}, {Do: crm.StepTask, Content: "第二次问候{{客户}}"}}})
	if err := o.x.KeepJourneys(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := o.count(`SELECT id FROM journeys WHERE name = '三步'`)
	o.run("journey.start", 0, map[string]any{"journey": "三步", "filter": map[string]any{"max_orders": 0}})
	if n := o.count(`SELECT count(*) FROM journey_people WHERE journey_id = $1`, id); n != people {
		t.Fatalf("%d entered", n)
	}
	all := func(tasks int) func() bool {
		return func() bool { return o.count(`SELECT count(*) FROM tasks`) >= tasks }
	}
	deaths := o.dies(8, "the first step is taken", all(people), nil)
	t.Logf("%d deaths", deaths)
	if deaths < 2 {
		t.Errorf("%d deaths prove nothing", deaths)
	}
	o.sums(map[string]int{
		`SELECT count(*) FROM tasks`:                    people,
		`SELECT count(DISTINCT customer_id) FROM tasks`: people,
		fmt.Sprintf(`SELECT took::int FROM journey_steps WHERE journey_id = %d ORDER BY step LIMIT 1`, id): people,
		`SELECT count(*) FROM journey_people WHERE state = 'active' AND due > now() + interval '1 day'`:    people,
	})
}

// TestKill9MovesPointsOnce kills gendan at random instants while loaded orders earn points and old points end: each order earns
// once, each lot ends once, and every ledger adds up to its balance.
func TestKill9MovesPointsOnce(t *testing.T) {
	t.Parallel()
	const people, later = 1300, 600
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
	n, night := 0, false
	deaths := o.dies(15, "all points are given and all old ones have ended", func() bool {
		return n == later && o.count(`SELECT count(*) FROM points_waiting`) == 0 && o.count(`SELECT count(*) FROM points_ledger WHERE kind = 'expire'`) >= people &&
			o.count(`SELECT count(*) FROM points_ledger WHERE kind = 'earn'`) >= people+later
	}, func() {
		if !night {
			night = o.count(`WITH r AS (UPDATE timers SET due = now() - interval '1 second' WHERE kind = 'points.night' AND state = 0 RETURNING 1) SELECT count(*) FROM r`) > 0
		}
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
