package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// Entering is what people entering a journey have in common.
type Entering struct {
	Journey crm.JourneyID
	Plan    int           // number
	Again   int           // days in which nobody enters again; 0: never
	Window  time.Duration // of the goal
	Calm    bool          // not with an open ticket
	Purpose string        // of its messages: who wants none does not enter
	Start   int64         // 0: by itself
}

// Fit says of a customer why it cannot enter a journey.
type Fit struct {
	ID  int64  `db:"id"`
	Why string `db:"why"` // "": it can; in: on the way; been: was in it; ticket: has an open one; stopped: wants no messages
}

// JourneyFits tells of each of ids whether it can enter; those that the actor does not see are left out.
func (tx *Tx) JourneyFits(ctx context.Context, e Entering, ids []int64) (fits []Fit, err error) {
	err = tx.Select(ctx, &fits, `
		SELECT c.id, CASE
			WHEN l.state = 'active' OR l.state = 'control' AND l.until > $3 THEN 'in'
			WHEN l.state IS NOT NULL AND l.reason <> 'undone' AND ($4 = 0 OR l.entered_at > $3::timestamptz - make_interval(days => $4)) THEN 'been'
			WHEN $5 AND f.open_tickets > 0 THEN 'ticket'
			WHEN s.allowed = false THEN 'stopped'
			ELSE '' END AS why
		FROM unnest($2::bigint[]) AS u (id)
		JOIN customers c ON c.id = u.id AND c.deleted_at IS NULL
		LEFT JOIN customer_facts f ON f.customer_id = u.id
		LEFT JOIN consents s ON s.customer_id = u.id AND s.purpose = $6 AND s.channel = '*'
		LEFT JOIN LATERAL (
			SELECT p.state, p.until, p.reason, p.entered_at FROM journey_people p WHERE p.journey_id = $1 AND p.customer_id = u.id ORDER BY p.entry DESC LIMIT 1) l ON true
		ORDER BY c.id`,
		int64(e.Journey), pqInts(ids), tx.Now, e.Again, e.Calm, e.Purpose)
	if err != nil {
		return nil, fmt.Errorf("journey %d: who fits: %w", e.Journey, err)
	}
	return fits, nil
}

// EnterJourney lets ids in, those of held as ones to be watched only. Whoever is in it meanwhile is left as they are. It
// tells how many came in, and how many of them are held out.
func (tx *Tx) EnterJourney(ctx context.Context, e Entering, ids []int64, held []bool) (entered, control int, err error) {
	var n struct {
		Entered int `db:"entered"`
		Control int `db:"control"`
	}
	err = tx.Get(ctx, &n, `
		WITH new AS (
			INSERT INTO journey_people (journey_id, customer_id, entry, plan, step, state, control, due, entered_at, until, start_id)
			SELECT $1, u.id, coalesce(l.entry, 0) + 1, $4, 0, CASE WHEN u.held THEN 'control' ELSE 'active' END, u.held, $5, $5, $6, nullif($7::bigint, 0)
			FROM unnest($2::bigint[], $3::boolean[]) AS u (id, held)
			LEFT JOIN LATERAL (SELECT p.entry FROM journey_people p WHERE p.journey_id = $1 AND p.customer_id = u.id ORDER BY p.entry DESC LIMIT 1) l ON true
			ORDER BY u.id
			ON CONFLICT DO NOTHING
			RETURNING state
		)
		SELECT count(*) AS entered, count(*) FILTER (WHERE state = 'control') AS control FROM new`,
		int64(e.Journey), pqInts(ids), pq.Array(held), e.Plan, tx.Now, tx.Now.Add(e.Window), e.Start)
	if err != nil {
		return 0, 0, fmt.Errorf("enter journey %d: %w", e.Journey, err)
	}
	return n.Entered, n.Control, nil
}

// Traveller is somebody whose next step is due.
type Traveller struct {
	CustomerID  int64          `db:"customer_id"`
	Entry       int            `db:"entry"`
	Plan        int            `db:"plan"`
	Step        int            `db:"step"`
	Due         time.Time      `db:"due"`
	EnteredAt   time.Time      `db:"entered_at"`
	Until       time.Time      `db:"until"`
	Held        int            `db:"held"`
	Waiting     bool           `db:"waiting"` // in the wait that step is
	Did         pq.StringArray `db:"did"`
	Name        string         `db:"name"` // of the customer
	OwnerID     int64          `db:"owner_id"`
	OpenTickets int            `db:"open_tickets"`
	Gone        bool           `db:"gone"`    // the customer is deleted
	Stopped     bool           `db:"stopped"` // wants no messages of the journey's purpose
	Bought      bool           `db:"bought"`  // anything since entering
	OrderedAt   *time.Time     `db:"ordered"` // the first order since entering, of the goal
	State       string         `db:"-"`       // set by the run
	Reason      string         `db:"-"`
}

// DueTravellers takes those whose next step is due, the longest waiting first, and leaves out those that another process has
// in hand. What is told of them is what every step asks.
func (tx *Tx) DueTravellers(ctx context.Context, id crm.JourneyID, purpose, product string, limit int) (rows []Traveller, err error) {
	err = tx.Select(ctx, &rows, `
		WITH due AS MATERIALIZED (
			SELECT customer_id, entry, plan, step, due, entered_at, until, held, waiting, did FROM journey_people
			WHERE journey_id = $1 AND state = 'active' AND due <= $2
			ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED
		)
		SELECT d.*, c.name, c.owner_id, c.deleted_at IS NOT NULL AS gone, coalesce(f.open_tickets, 0) AS open_tickets, coalesce(s.allowed = false, false) AS stopped,
			coalesce(f.last_order > d.entered_at, false) OR used.at IS NOT NULL AS bought,
			CASE WHEN f.last_order > d.entered_at OR used.at IS NOT NULL THEN (
				SELECT min(b.at) FROM (
					SELECT o.at FROM orders o WHERE o.customer_id = d.customer_id AND o.deleted_at IS NULL
						AND ($5 = '' OR EXISTS (SELECT FROM order_items i LEFT JOIN products q ON q.id = i.product_id
							WHERE i.order_id = o.id AND (strpos(i.product, $5) > 0 OR q.category = $5)))
					UNION ALL
					SELECT coalesce(w.closed_at, w.updated_at) FROM deals w WHERE w.customer_id = d.customer_id AND w.state = 'won' AND w.deleted_at IS NULL
						AND ($5 = '' OR strpos(w.product, $5) > 0)
					UNION ALL
					SELECT used.at WHERE $5 = '') b
				WHERE b.at > d.entered_at AND b.at <= d.until) END AS ordered
		FROM due d JOIN customers c ON c.id = d.customer_id
		LEFT JOIN customer_facts f ON f.customer_id = d.customer_id
		LEFT JOIN consents s ON s.customer_id = d.customer_id AND s.purpose = $4 AND s.channel = '*'
		LEFT JOIN LATERAL (
			SELECT min(c.ended_at) AS at FROM coupons c WHERE c.customer_id = d.customer_id AND c.ended_at > d.entered_at AND c.state = 'redeemed' AND c.order_id IS NULL AND c.deleted_at IS NULL) used ON true
		ORDER BY d.customer_id`, int64(id), tx.Now, limit, purpose, product)
	if err != nil {
		return nil, fmt.Errorf("journey %d: who is due: %w", id, err)
	}
	return rows, nil
}

// MoveTravellers writes down where travellers are now, in one statement.
func (tx *Tx) MoveTravellers(ctx context.Context, id crm.JourneyID, rows []Traveller) error {
	n := len(rows)
	customer, entry, step, held := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	state, due, reason, waiting := make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	for i, t := range rows {
		customer[i], entry[i], step[i], held[i] = t.CustomerID, int64(t.Entry), int64(t.Step), int64(t.Held)
		state[i], due[i], reason[i], waiting[i] = t.State, stamp(t.Due), t.Reason, t.Waiting
	}
	if _, err := tx.Exec(ctx, `
		UPDATE journey_people p
		SET step = u.step, held = u.held, state = u.state, due = u.due::timestamptz, reason = u.reason, waiting = u.waiting,
			ended_at = CASE WHEN u.state <> 'active' THEN $10::timestamptz END
		FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::boolean[])
			AS u (customer_id, entry, step, held, state, due, reason, waiting)
		WHERE p.journey_id = $1 AND p.customer_id = u.customer_id AND p.entry = u.entry`,
		int64(id), pqInts(customer), pqInts(entry), pqInts(step), pqInts(held), pq.Array(state), pq.Array(due), pq.Array(reason), pq.Array(waiting), tx.Now); err != nil {
		return fmt.Errorf("journey %d: move: %w", id, err)
	}
	return nil
}

// StepTaken counts those who came past a step.
type StepTaken struct {
	Plan int   `db:"plan"`
	Step int   `db:"step"`
	Took int64 `db:"took"`
}

// CountSteps adds to what came past each step.
func (tx *Tx) CountSteps(ctx context.Context, id crm.JourneyID, taken []StepTaken) error {
	if len(taken) == 0 {
		return nil
	}
	plan, step, took := make([]int64, len(taken)), make([]int64, len(taken)), make([]int64, len(taken))
	for i, t := range taken {
		plan[i], step[i], took[i] = int64(t.Plan), int64(t.Step), t.Took
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO journey_steps AS s (journey_id, plan, step, took)
		SELECT $1, u.plan, u.step, u.took FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u (plan, step, took) ORDER BY 2, 3
		ON CONFLICT (journey_id, plan, step) DO UPDATE SET took = s.took + excluded.took`, int64(id), pqInts(plan), pqInts(step), pqInts(took)); err != nil {
		return fmt.Errorf("journey %d: steps: %w", id, err)
	}
	return nil
}
