package action_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// fillJourney puts n people on the way in a journey, all of them waiting, but for due of them, whose next step is due.
func (h *house) fillJourney(name string, n, due int) crm.JourneyID {
	h.t.Helper()
	id := crm.JourneyID(h.count(`SELECT id FROM journeys WHERE name = $1`, name))
	for _, statement := range []string{
		`UPDATE journeys SET state = 'on' WHERE id = $1 AND $2::int > 0 AND $3::int > 0 AND $4::timestamptz IS NOT NULL AND $5::bigint > 0`,
		`INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by, created_at, updated_at) SELECT '茶客' || i, '茶客' || i, '茶客' || i, '{}', $5, $5, $4, $4
			FROM generate_series(1, $2::int) i WHERE $1 > 0 AND $3::int > 0`,
		`INSERT INTO journey_people (journey_id, customer_id, entry, plan, step, state, control, due, entered_at, until, waiting)
			SELECT $1, c.id, 1, 1, CASE WHEN c.nr <= $3 THEN 0 ELSE 1 END, 'active', false,
				CASE WHEN c.nr <= $3 THEN $4::timestamptz - interval '1 minute' ELSE $4::timestamptz + make_interval(mins => (c.nr % 40000)::int + 1440) END, $4::timestamptz - interval '3 days', $4::timestamptz + interval '27 days', c.nr > $3
			FROM (SELECT id, row_number() OVER (ORDER BY id * 7919 % 1000003) AS nr FROM customers) c WHERE $2::int > 0 AND $5::bigint > 0`,
	} {
		tx, err := h.owner.Begin()
		if err == nil && strings.Contains(statement, "journey_people") {
			_, err = tx.Exec(`SET LOCAL session_replication_role = replica`) // without the checks of keys, which take most of the time
		}
		if err == nil {
			_, err = tx.Exec(statement, int64(id), n, due, h.now, int64(h.who["李雷"].UserID))
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	for _, statement := range []string{`ANALYZE customers`, `ANALYZE customer_facts`, `ANALYZE journey_people`} {
		if _, err := h.owner.Exec(statement); err != nil {
			h.t.Fatal(err)
		}
	}
	return id
}

// step takes batches until nobody is due, and tells how many moved and how long a batch took on average.
func (h *house) step(id crm.JourneyID) (moved int, each time.Duration) {
	h.t.Helper()
	batches := 0
	start := time.Now()
	for {
		n := 0
		err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			tx.Now = h.now
			n, err = h.x.JourneyStep(ctx, tx, id)
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
		moved += n
		batches++
		if n < 500 {
			return moved, time.Since(start) / time.Duration(batches)
		}
	}
}

var longWait = crm.JourneyPlan{Name: "长路", Purpose: crm.Care, Goal: crm.JourneyGoal{Days: 30}, Steps: []crm.JourneyStep{
	{Do: crm.StepOffer, Text: "{{称呼}}，好久不见"}, {Do: crm.StepWait, Days: 20}, {Do: crm.StepOffer, Text: "{{称呼}}，还好吗"}}}

// TestDueStepsGoThroughTheIndex: among many on the way those that are due are found without reading the others.
func TestDueStepsGoThroughTheIndex(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t, longWait)
	id := h.fillJourney("长路", 30_000, 700)
	rows, err := h.owner.Query(`EXPLAIN SELECT customer_id FROM journey_people WHERE journey_id = $1 AND state = 'active' AND due <= $2 ORDER BY due LIMIT 500 FOR UPDATE SKIP LOCKED`, int64(id), h.now)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	plan := ""
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan += line + "\n"
	}
	if !strings.Contains(plan, "journey_people_due") || strings.Contains(plan, "Sort") {
		t.Errorf("who is due is looked for otherwise:\n%s", plan)
	}
	if moved, each := h.step(id); moved != 700 {
		t.Errorf("%d moved, %v a batch", moved, each)
	}
}

// TestMillionOnTheWay: a million enrolled cost no more than their due steps. With GENDAN_SCALE only: filling takes a minute.
func TestMillionOnTheWay(t *testing.T) {
	if os.Getenv("GENDAN_SCALE") == "" {
		t.Skip("set GENDAN_SCALE to put 1,000,000 people on the way")
	}
	cost := map[int]time.Duration{}
	for _, n := range []int{10_000, 1_000_000} {
		h := journeyHouse(t, longWait)
		start := time.Now()
		id := h.fillJourney("长路", n, 5000)
		t.Logf("%d on the way after %v", n, time.Since(start).Round(time.Second))
		moved, each := h.step(id)
		if moved != 5000 {
			t.Errorf("%d moved of 5,000 that were due", moved)
		}
		cost[n] = each
		t.Logf("%d on the way: %d due, %v a batch of 500", n, moved, each.Round(time.Millisecond))
		start = time.Now()
		if again, _ := h.step(id); again != 0 {
			t.Errorf("%d moved though nobody was due", again)
		}
		t.Logf("%d on the way: a look at nobody who is due takes %v", n, time.Since(start).Round(100*time.Microsecond))
		start = time.Now()
		h.must("钱总", call("journey.view", params{"journey": "长路"}))
		t.Logf("%d on the way: the view takes %v", n, time.Since(start).Round(time.Millisecond))
		start = time.Now()
		h.must("钱总", call("report.recall", params{"journey": "长路"}))
		t.Logf("%d on the way: the report takes %v", n, time.Since(start).Round(time.Millisecond))
	}
	if cost[1_000_000] > 2*cost[10_000]+50*time.Millisecond {
		t.Errorf("a batch among a million takes %v, among ten thousand %v", cost[1_000_000], cost[10_000])
	}
}
