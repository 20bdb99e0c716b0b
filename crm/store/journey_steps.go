package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// AddTasks gives many tasks in one statement; their numbers come in the order of tasks. They are no part of what can be
// undone.
func (tx *Tx) AddTasks(ctx context.Context, tasks []crm.Task) (ids []int64, err error) {
	n := len(tasks)
	user, by, customer := make([]int64, n), make([]int64, n), make([]int64, n)
	content, due := make([][]byte, n), make([]string, n)
	for i, t := range tasks {
		user[i], by[i], customer[i], content[i] = int64(t.UserID), int64(t.CreatedBy), int64(t.CustomerID), tx.Keys.SealText("tasks", "content", t.Content)
		if t.Due != nil {
			due[i] = t.Due.Format(time.DateOnly)
		}
	}
	err = tx.Select(ctx, &ids, `
		WITH new AS (
			SELECT nextval('record_numbers') AS id, u.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::text[]) WITH ORDINALITY
				AS u (user_id, created_by, customer_id, content, due, nr)
		), made AS (
			INSERT INTO tasks (id, user_id, created_by, customer_id, content, due, created_at, updated_at)
			SELECT id, user_id, created_by, customer_id, content, nullif(due, '')::date, $6, $6 FROM new
		)
		SELECT id FROM new ORDER BY nr`, pqInts(user), pqInts(by), pqInts(customer), pq.Array(content), pq.Array(due), tx.Now)
	if err != nil {
		return nil, fmt.Errorf("%d tasks: %w", n, err)
	}
	return ids, nil
}

// TagCustomers adds and takes away tags of many customers in one statement, and tells which have changed.
func (tx *Tx) TagCustomers(ctx context.Context, ids []int64, add, remove []string) (changed []int64, err error) {
	if err = tx.Select(ctx, &changed, `
		UPDATE customers c
		SET tags = ARRAY(SELECT t FROM unnest(c.tags) WITH ORDINALITY AS u (t, nr) WHERE t <> ALL ($3::text[]) ORDER BY nr)
				|| ARRAY(SELECT t FROM unnest($2::text[]) WITH ORDINALITY AS u (t, nr) WHERE t <> ALL (c.tags) ORDER BY nr),
			version = c.version + 1, updated_at = $4
		WHERE c.id = ANY ($1) AND c.deleted_at IS NULL AND (NOT c.tags @> $2::text[] OR c.tags && $3::text[])
		RETURNING c.id`, pqInts(ids), pq.Array(add), pq.Array(remove), tx.Now); err != nil {
		return nil, fmt.Errorf("tags: %w", err)
	}
	return changed, nil
}

// JourneyRedeemed tells which of customers have redeemed a coupon of the journey since a time that each has.
func (tx *Tx) JourneyRedeemed(ctx context.Context, id crm.JourneyID, customers []int64, since []time.Time) (map[int64]bool, error) {
	at := make([]string, len(since))
	for i, t := range since {
		at[i] = stamp(t)
	}
	var ids []int64
	if err := tx.Select(ctx, &ids, `
		SELECT DISTINCT u.id FROM unnest($2::bigint[], $3::text[]) AS u (id, since)
		JOIN coupons c ON c.customer_id = u.id JOIN coupon_batches b ON b.id = c.batch_id
		WHERE b.source = 'journey' AND b.source_id = $1 AND c.state = 'redeemed' AND c.ended_at >= u.since::timestamptz AND c.deleted_at IS NULL`,
		int64(id), pqInts(customers), pq.Array(at)); err != nil {
		return nil, fmt.Errorf("journey %d: redeemed: %w", id, err)
	}
	return setOf(ids), nil
}

func setOf(ids []int64) map[int64]bool {
	set := make(map[int64]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// Travel is where a customer is in one journey.
type Travel struct {
	JourneyID crm.JourneyID `db:"journey_id"`
	Traveller
}

// TravelsOf locks and reads where a customer is on the way, in journeys that are on or paused.
func (tx *Tx) TravelsOf(ctx context.Context, customer int64) (rows []Travel, err error) {
	if err = tx.Select(ctx, &rows, `
		SELECT p.journey_id, p.customer_id, p.entry, p.plan, p.step, p.due, p.entered_at, p.until, p.held, p.waiting, p.did
		FROM journey_people p WHERE p.customer_id = $1 AND p.state = 'active' ORDER BY p.journey_id FOR UPDATE`, customer); err != nil {
		return nil, fmt.Errorf("journeys of customer %d: %w", customer, err)
	}
	return rows, nil
}

// TravellerDid notes what somebody did in answer; with wake the wait that they are in is over.
func (tx *Tx) TravellerDid(ctx context.Context, t Travel, did string, wake bool) error {
	if _, err := tx.Exec(ctx, `
		UPDATE journey_people SET did = CASE WHEN $4 = ANY (did) THEN did ELSE did || $4 END, due = CASE WHEN $5 THEN least(due, $6) ELSE due END
		WHERE journey_id = $1 AND customer_id = $2 AND entry = $3`, int64(t.JourneyID), t.CustomerID, t.Entry, did, wake, tx.Now); err != nil {
		return fmt.Errorf("journey %d: customer %d: %w", t.JourneyID, t.CustomerID, err)
	}
	return nil
}

// LeaveJourney takes people out: those of one start, or one customer, or everybody who is on the way or held out. It tells who
// was on the way.
func (tx *Tx) LeaveJourney(ctx context.Context, id crm.JourneyID, start, customer int64, reason string) (active []int64, err error) {
	var rows []struct {
		ID    int64  `db:"customer_id"`
		State string `db:"was"`
	}
	if err = tx.Select(ctx, &rows, `
		UPDATE journey_people p SET state = 'left', reason = $4, ended_at = $5, waiting = false
		FROM (SELECT journey_id, customer_id, entry, state FROM journey_people
			WHERE journey_id = $1 AND state IN ('active', 'control') AND ($2 = 0 OR start_id = $2) AND ($3 = 0 OR customer_id = $3) FOR UPDATE) o
		WHERE p.journey_id = o.journey_id AND p.customer_id = o.customer_id AND p.entry = o.entry
		RETURNING p.customer_id, o.state AS was`, int64(id), start, customer, reason, tx.Now); err != nil {
		return nil, fmt.Errorf("journey %d: leave: %w", id, err)
	}
	for _, row := range rows {
		if row.State == crm.TravelActive {
			active = append(active, row.ID)
		}
	}
	return active, nil
}

// GoalReached tells whether a traveller has bought what their journey is for, within its time. product is a part of a
// product's name, or a category; "" is anything, a coupon used without an order among it.
func (tx *Tx) GoalReached(ctx context.Context, t Travel, product string) (reached bool, err error) {
	if err = tx.Get(ctx, &reached, `
		SELECT EXISTS (SELECT FROM orders o WHERE o.customer_id = $1 AND o.deleted_at IS NULL AND o.at > $2 AND o.at <= $3
			AND ($4 = '' OR EXISTS (SELECT FROM order_items i LEFT JOIN products q ON q.id = i.product_id
				WHERE i.order_id = o.id AND (strpos(i.product, $4) > 0 OR q.category = $4))))
		OR EXISTS (SELECT FROM deals w WHERE w.customer_id = $1 AND w.state = 'won' AND w.deleted_at IS NULL
			AND coalesce(w.closed_at, w.updated_at) > $2 AND coalesce(w.closed_at, w.updated_at) <= $3 AND ($4 = '' OR strpos(w.product, $4) > 0))
		OR $4 = '' AND EXISTS (SELECT FROM coupons c WHERE c.customer_id = $1 AND c.ended_at > $2 AND c.ended_at <= $3 AND c.state = 'redeemed' AND c.order_id IS NULL AND c.deleted_at IS NULL)`,
		t.CustomerID, t.EnteredAt, t.Until, product); err != nil {
		return false, fmt.Errorf("journey %d: goal of %d: %w", t.JourneyID, t.CustomerID, err)
	}
	return reached, nil
}
