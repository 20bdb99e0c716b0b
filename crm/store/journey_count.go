package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// JourneyCount is how many people are where in a journey.
type JourneyCount struct {
	JourneyID crm.JourneyID `db:"journey_id"`
	Plan      int           `db:"plan"`
	Step      int           `db:"step"`
	State     string        `db:"state"`
	Reason    string        `db:"reason"`
	People    int           `db:"people"`
}

// JourneyCounts counts the people of a journey, or with 0 of all journeys, whom the actor sees.
func (tx *Tx) JourneyCounts(ctx context.Context, id crm.JourneyID) (rows []JourneyCount, err error) {
	where := `p.journey_id = $1`
	if id == 0 {
		where = `$1::bigint = 0`
	}
	if err = tx.Select(ctx, &rows, `
		SELECT p.journey_id, p.plan, p.step, p.state, p.reason, count(*) AS people
		FROM journey_people p WHERE `+where+` GROUP BY 1, 2, 3, 4, 5`, int64(id)); err != nil {
		return nil, fmt.Errorf("journey %d: counts: %w", id, err)
	}
	return rows, nil
}

// StepsTaken tells how many have come past each step of a plan.
func (tx *Tx) StepsTaken(ctx context.Context, id crm.JourneyID, plan int) (map[int]int64, error) {
	var rows []StepTaken
	if err := tx.Select(ctx, &rows, `SELECT plan, step, took FROM journey_steps WHERE journey_id = $1 AND plan = $2`, int64(id), plan); err != nil {
		return nil, fmt.Errorf("journey %d: steps: %w", id, err)
	}
	took := make(map[int]int64, len(rows))
	for _, row := range rows {
		took[row.Step] = row.Took
	}
	return took, nil
}

// JourneyOfCustomer is a journey that a customer is in.
type JourneyOfCustomer struct {
	ID        crm.JourneyID `db:"id"`
	Name      string        `db:"name"`
	EnteredAt time.Time     `db:"entered_at"`
	Step      int           `db:"step"`
}

// JourneysOf lists the journeys that a customer is on the way in.
func (tx *Tx) JourneysOf(ctx context.Context, customer int64) (rows []JourneyOfCustomer, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT j.id, j.name, p.entered_at, p.step FROM journey_people p JOIN journeys j ON j.id = p.journey_id
		WHERE p.customer_id = $1 AND p.state = 'active' ORDER BY j.id`, customer); err != nil {
		return nil, fmt.Errorf("journeys of customer %d: %w", customer, err)
	}
	return rows, nil
}

// JourneyArm is one side of a journey's result.
type JourneyArm struct {
	Held    bool      `db:"held"`
	People  int       `db:"people"`
	Buyers  int       `db:"buyers"`
	Revenue crm.Money `db:"revenue"`
	Open    int       `db:"open"` // whose time is not over yet
	Orders  int       `db:"orders"`
}

// JourneyResult compares those who entered a journey between two times with those held out: everybody as they were drawn,
// whatever became of them. What they bought counts up to the end of their own time. product is that of the goal.
func (tx *Tx) JourneyResult(ctx context.Context, id crm.JourneyID, from, to time.Time, product string) (rows []JourneyArm, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT p.drawn AS held, count(*) AS people, count(b.n) AS buyers, coalesce(sum(b.amount), 0)::bigint AS revenue,
			count(*) FILTER (WHERE p.until > $4) AS open, coalesce(sum(b.n), 0)::bigint AS orders
		FROM (SELECT customer_id, entered_at, until, control AS drawn FROM journey_people
			WHERE journey_id = $1 AND entered_at >= $2 AND entered_at < $3 AND reason <> 'undone') p
		LEFT JOIN LATERAL (
			SELECT nullif(count(*), 0) AS n, sum(q.amount) AS amount FROM (
				SELECT o.amount FROM orders o WHERE o.customer_id = p.customer_id AND o.deleted_at IS NULL AND o.at > p.entered_at AND o.at <= p.until
					AND ($5 = '' OR EXISTS (SELECT FROM order_items i LEFT JOIN products g ON g.id = i.product_id
						WHERE i.order_id = o.id AND (strpos(i.product, $5) > 0 OR g.category = $5)))
				UNION ALL
				SELECT d.amount FROM deals d WHERE d.customer_id = p.customer_id AND d.state = 'won' AND d.deleted_at IS NULL
					AND coalesce(d.closed_at, d.updated_at) > p.entered_at AND coalesce(d.closed_at, d.updated_at) <= p.until AND ($5 = '' OR strpos(d.product, $5) > 0)
				UNION ALL
				SELECT c.price - c.off FROM coupons c WHERE $5 = '' AND c.customer_id = p.customer_id AND c.ended_at > p.entered_at AND c.ended_at <= p.until
					AND c.state = 'redeemed' AND c.order_id IS NULL AND c.deleted_at IS NULL) q) b ON true
		GROUP BY p.drawn`, int64(id), from, to, tx.Now, product); err != nil {
		return nil, fmt.Errorf("journey %d: result: %w", id, err)
	}
	return rows, nil
}

// StartSent counts the messages that have left for those whom a start put into a journey.
func (tx *Tx) StartSent(ctx context.Context, start int64) (sent int, err error) {
	if err = tx.Get(ctx, &sent, `
		SELECT count(*) FROM journey_people p JOIN offers o ON o.customer_id = p.customer_id AND o.source = 'journey' AND o.source_id = p.journey_id
		WHERE p.start_id = $1 AND o.state IN ('queued', 'sent') AND o.created_at >= p.entered_at`, start); err != nil {
		return 0, fmt.Errorf("journey start %d: %w", start, err)
	}
	return sent, nil
}

// UncountSteps takes those who came in by a start that was taken back out of the count of the steps before their place.
func (tx *Tx) UncountSteps(ctx context.Context, id crm.JourneyID, start int64) error {
	if _, err := tx.Exec(ctx, `
		UPDATE journey_steps s SET took = greatest(0, s.took - n.people)
		FROM (SELECT k.plan, k.step, count(p.*) AS people FROM journey_steps k JOIN journey_people p
				ON p.journey_id = k.journey_id AND p.plan = k.plan AND p.step > k.step
			WHERE k.journey_id = $1 AND p.start_id = $2 AND p.reason = 'undone' AND NOT p.control GROUP BY 1, 2) n
		WHERE s.journey_id = $1 AND s.plan = n.plan AND s.step = n.step`, int64(id), start); err != nil {
		return fmt.Errorf("journey start %d: steps: %w", start, err)
	}
	return nil
}
