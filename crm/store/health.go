package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// HealthRow is what a customer's health is told from, and what is remembered of the last look.
type HealthRow struct {
	CustomerID  int64         `db:"id"`
	Name        string        `db:"name"`
	Level       string        `db:"level"`
	OwnerID     int64         `db:"owner_id"`
	OwnerActive bool          `db:"owner_active"`
	CreatedAt   time.Time     `db:"created_at"`
	LastContact *time.Time    `db:"last_contact_at"`
	Contacts    int           `db:"contacts"`
	LastVisit   *time.Time    `db:"last_visit"`
	Spent       int64         `db:"spent"` // fen
	Purchase    *time.Time    `db:"purchase"`
	Open        int           `db:"open"`
	Late        int           `db:"late"`
	Complaints  int           `db:"complaints"`
	Mark        float64       `db:"mark"`
	Sealed      pq.ByteaArray `db:"notes"`
	Score       *int          `db:"score"` // of the last look; nil when there was none
	Base        *int          `db:"base"`
	Low         *bool         `db:"low"`
	Before      []byte        `db:"before"` // its parts, JSON

	Notes []string `db:"-"`
}

// Facts are the row's facts as the rules know them.
func (h HealthRow) Facts() crm.HealthFacts {
	f := crm.HealthFacts{Created: h.CreatedAt, Contacts90: h.Contacts, Spent365: crm.Money(h.Spent), OpenTickets: h.Open, LateTickets: h.Late,
		Complaints90: h.Complaints, Notes: h.Notes, Satisfaction: h.Mark}
	if h.LastContact != nil {
		f.LastContact = *h.LastContact
	}
	if h.Purchase != nil {
		f.LastPurchase = *h.Purchase
	}
	return f
}

// Watch is what is remembered of the last look.
func (h HealthRow) Watch() crm.HealthWatch {
	if h.Base == nil || h.Low == nil {
		return crm.HealthWatch{}
	}
	return crm.HealthWatch{Known: true, Base: *h.Base, Low: *h.Low}
}

// HealthFacts reads what the health of customers is told from, in the order of their numbers; those that are deleted, or
// that the actor does not see, are left out. visits are the channels of activities that are visits.
func (tx *Tx) HealthFacts(ctx context.Context, customers []int64, visits []string) ([]HealthRow, error) {
	var rows []HealthRow
	err := tx.Select(ctx, &rows, `
		SELECT c.id, c.name, c.level, c.owner_id, coalesce(u.active, false) AS owner_active, c.created_at, c.last_contact_at,
			a.contacts, a.last_visit, b.spent, b.purchase, t.open, t.late, t.complaints, s.mark, n.notes, h.score, h.base, h.low, h.parts AS before
		FROM customers c
		LEFT JOIN users u ON u.id = c.owner_id
		LEFT JOIN customer_health h ON h.customer_id = c.id
		CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE a.at > $2::timestamptz - interval '90 days') AS contacts, max(a.at) FILTER (WHERE a.channel = ANY ($3)) AS last_visit
			FROM activities a WHERE a.customer_id = c.id AND a.deleted_at IS NULL AND a.type IN ('note', 'record') AND a.at > $2::timestamptz - interval '400 days') a
		CROSS JOIN LATERAL (
			SELECT coalesce(sum(p.amount) FILTER (WHERE p.at > $2::timestamptz - interval '365 days'), 0)::bigint AS spent, max(p.at) AS purchase FROM (
				SELECT o.at, o.amount FROM orders o WHERE o.customer_id = c.id AND o.deleted_at IS NULL
				UNION ALL SELECT coalesce(d.closed_at, d.updated_at), d.amount FROM deals d WHERE d.customer_id = c.id AND d.state = 'won' AND d.deleted_at IS NULL) p) b
		CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE t.state <> 'closed') AS open, count(*) FILTER (WHERE t.state <> 'closed' AND t.due < $2) AS late,
				count(*) FILTER (WHERE t.kind = '投诉' AND t.created_at > $2::timestamptz - interval '90 days') AS complaints
			FROM tickets t WHERE t.customer_id = c.id AND t.deleted_at IS NULL) t
		CROSS JOIN LATERAL (
			SELECT coalesce(avg(CASE WHEN s.metric = 'nps' THEN 1 + 0.4 * w.score ELSE w.score END), 0)::float8 AS mark
			FROM surveys s JOIN survey_answers w ON w.survey_id = s.id
			WHERE s.customer_id = c.id AND s.sent_at > $2::timestamptz - interval '365 days') s
		CROSS JOIN LATERAL (
			SELECT coalesce(array_agg(q.content), '{}') AS notes FROM (
				SELECT a.content FROM activities a
				WHERE a.customer_id = c.id AND a.deleted_at IS NULL AND a.type IN ('note', 'record') AND a.at > $2::timestamptz - interval '90 days'
				ORDER BY a.at DESC LIMIT 5) q) n
		WHERE c.id = ANY ($1) AND c.deleted_at IS NULL
		ORDER BY c.id`, pq.Array(customers), tx.Now, pq.Array(visits))
	if err != nil {
		return nil, fmt.Errorf("health facts: %w", err)
	}
	for i := range rows {
		for _, sealed := range rows[i].Sealed {
			note, err := tx.Keys.OpenText("activities", "content", sealed)
			if err != nil {
				return nil, fmt.Errorf("customer %d: note: %w", rows[i].CustomerID, err)
			}
			rows[i].Notes = append(rows[i].Notes, note)
		}
		rows[i].Sealed = nil
	}
	return rows, nil
}

// HealthLook is what a look at a customer's health found.
type HealthLook struct {
	Customer crm.CustomerID
	Score    crm.HealthScore
	Watch    crm.HealthWatch
	VisitDue time.Time // zero when its level has no rhythm
}

// KeepHealth writes down looks; a line of history is added where the score moved by three points or more.
func (tx *Tx) KeepHealth(ctx context.Context, looks []HealthLook) error {
	if len(looks) == 0 {
		return nil
	}
	n := len(looks)
	ids, scores, bases := make([]int64, n), make([]int64, n), make([]int64, n)
	parts, lows, visits, dues, whys := make([]string, n), make([]bool, n), make([]string, n), make([]string, n), make([]string, n)
	for i, l := range looks {
		raw, err := json.Marshal(l.Score.Parts)
		if err != nil {
			return fmt.Errorf("health of %d: %w", l.Customer, err)
		}
		ids[i], scores[i], bases[i], parts[i], lows[i] = int64(l.Customer), int64(l.Score.Score), int64(l.Watch.Base), string(raw), l.Watch.Low
		visits[i], dues[i], whys[i] = stamp(l.VisitDue), stamp(l.Score.Next), l.Score.Reason()
	}
	_, err := tx.Exec(ctx, `
		WITH looks AS (
			SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[])
				AS l (id, score, base, parts, low, visit, due, why)
		), moved AS (
			INSERT INTO customer_health_log (customer_id, at, score, why)
			SELECT l.id, $9, l.score, l.why FROM looks l LEFT JOIN LATERAL (
				SELECT g.score FROM customer_health_log g WHERE g.customer_id = l.id ORDER BY g.at DESC LIMIT 1) last ON true
			WHERE last.score IS NULL OR abs(last.score - l.score) >= 3
			ON CONFLICT DO NOTHING
		)
		INSERT INTO customer_health (customer_id, score, parts, base, low, visit_due, due, computed_at)
		SELECT id, score, parts::jsonb, base, low, nullif(visit, '')::timestamptz, due::timestamptz, $9 FROM looks
		ON CONFLICT (customer_id) DO UPDATE SET score = excluded.score, parts = excluded.parts, base = excluded.base, low = excluded.low,
			visit_due = excluded.visit_due, due = excluded.due, computed_at = excluded.computed_at`,
		pq.Array(ids), pq.Array(scores), pq.Array(bases), pq.Array(parts), pq.Array(lows), pq.Array(visits), pq.Array(dues), pq.Array(whys), tx.Now)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	return nil
}

// HealthNight is how far the nights have come.
type HealthNight struct {
	Changed time.Time `db:"changed"` // changes before it are read
	Seeded  int64     `db:"seeded"`  // customers up to it have had their first look
}

// HealthNight reads how far the nights have come.
func (tx *Tx) HealthNight(ctx context.Context) (n HealthNight, err error) {
	if err = tx.Get(ctx, &n, `SELECT greatest(changed, '1970-01-01') AS changed, seeded FROM health_nights`); err != nil {
		return n, fmt.Errorf("health night: %w", err)
	}
	return n, nil
}

// KeepHealthNight writes down how far the nights have come.
func (tx *Tx) KeepHealthNight(ctx context.Context, n HealthNight) error {
	if _, err := tx.Exec(ctx, `UPDATE health_nights SET changed = $1, seeded = $2`, n.Changed, n.Seeded); err != nil {
		return fmt.Errorf("health night: %w", err)
	}
	return nil
}

// healthChanged are the customers that something concerns which changed since $1, each part by an index.
const healthChanged = `(
			SELECT id FROM customers WHERE updated_at > $1 AND deleted_at IS NULL
			UNION SELECT customer_id FROM deals WHERE updated_at > $1
			UNION SELECT customer_id FROM orders WHERE updated_at > $1
			UNION SELECT customer_id FROM tickets WHERE updated_at > $1 AND customer_id IS NOT NULL
		)`

// MarkHealthDue makes customers due at now that something concerns which changed since: once for a night, so that its pages need
// not look for them again. It returns those up to seeded that have no row of health yet, at most limit.
func (tx *Tx) MarkHealthDue(ctx context.Context, since, now time.Time, seeded int64, limit int) (unseen []int64, err error) {
	_, err = tx.Exec(ctx, `
		UPDATE customer_health h SET due = $2
		FROM `+healthChanged+` q WHERE h.customer_id = q.id AND h.due > $2`, since, now)
	if err == nil {
		err = tx.Select(ctx, &unseen, `
		SELECT q.id FROM `+healthChanged+` q
		WHERE q.id <= $2 AND NOT EXISTS (SELECT FROM customer_health h WHERE h.customer_id = q.id)
			AND EXISTS (SELECT FROM customers c WHERE c.id = q.id AND c.deleted_at IS NULL)
		ORDER BY q.id LIMIT $3`, since, seeded, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("health due: %w", err)
	}
	return unseen, nil
}

// HealthCome is a customer whose time has come.
type HealthCome struct {
	ID  int64     `db:"customer_id"`
	Due time.Time `db:"due"`
}

// HealthDue lists customers whose time has come until, the earliest first, that come after one. Each page reads through the index no
// more than it returns.
func (tx *Tx) HealthDue(ctx context.Context, until time.Time, after HealthCome, limit int) (come []HealthCome, err error) {
	err = tx.Select(ctx, &come, `
		SELECT customer_id, due FROM customer_health WHERE due <= $1 AND (due, customer_id) > ($2, $3) ORDER BY due, customer_id LIMIT $4`,
		until, after.Due, after.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("health due: %w", err)
	}
	return come, nil
}

// RestHealth says that customers need no look until something of them changes: they are gone.
func (tx *Tx) RestHealth(ctx context.Context, gone []int64) error {
	if len(gone) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE customer_health SET due = '9999-01-01' WHERE customer_id = ANY ($1)`, pqInts(gone)); err != nil {
		return fmt.Errorf("health of %d customers that are gone: %w", len(gone), err)
	}
	return nil
}

// CustomersAfter lists numbers of customers after one, lowest first.
func (tx *Tx) CustomersAfter(ctx context.Context, after int64, limit int) (ids []int64, err error) {
	if err = tx.Select(ctx, &ids, `SELECT id FROM customers WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2`, after, limit); err != nil {
		return nil, fmt.Errorf("customers after %d: %w", after, err)
	}
	return ids, nil
}

// HealthListRow is a customer in a list by health or by visits.
type HealthListRow struct {
	ID        int64           `db:"id"`
	Name      string          `db:"name"`
	Level     string          `db:"level"`
	OwnerName string          `db:"owner_name"`
	Score     int             `db:"score"`
	Parts     json.RawMessage `db:"parts"`
	VisitDue  *time.Time      `db:"visit_due"`
	Total     int             `db:"total"`
}

// HealthOrder is by what a list of customers is ordered.
type HealthOrder string

// The orders.
const (
	LowestFirst HealthOrder = "h.score, h.customer_id"
	VisitFirst  HealthOrder = "h.visit_due, h.customer_id"
)

// HealthList lists customers of owners (nil is all that the actor sees) with their health, in that order; with until only
// those whose visit is due before it. total stops counting at 1001.
func (tx *Tx) HealthList(ctx context.Context, owners []int64, by HealthOrder, until time.Time, limit, skip int) (rows []HealthListRow, total int, err error) {
	w, args := `c.deleted_at IS NULL`, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		w += fmt.Sprintf(" AND "+condition, len(args))
	}
	if owners != nil {
		add(`c.owner_id = ANY ($%d)`, pqInts(owners))
	}
	if by == VisitFirst {
		add(`h.visit_due < $%d`, until)
	}
	from := ` FROM customer_health h JOIN customers c ON c.id = h.customer_id WHERE ` + w
	// The numbers stand in the text: a plan for any page reckons with a tenth of all customers, and reads and sorts them all.
	page := fmt.Sprintf(` LIMIT %d OFFSET %d`, limit, skip)
	err = tx.Select(ctx, &rows, `
		SELECT q.id, q.name, q.level, q.score, q.parts, q.visit_due, coalesce(u.name, '') AS owner_name FROM (
			SELECT c.id, c.name, c.level, c.owner_id, h.score, h.parts, h.visit_due`+from+` ORDER BY `+string(by)+page+`
		) q LEFT JOIN users u ON u.id = q.owner_id`+map[HealthOrder]string{LowestFirst: ` ORDER BY q.score, q.id`, VisitFirst: ` ORDER BY q.visit_due, q.id`}[by],
		args...)
	if err != nil {
		return nil, 0, fmt.Errorf("health list: %w", err)
	}
	if skip == 0 && len(rows) < limit {
		return rows, len(rows), nil
	}
	if err = tx.Get(ctx, &total, `SELECT count(*) FROM (SELECT 1`+from+` LIMIT 1001) q`, args...); err != nil {
		return nil, 0, fmt.Errorf("health list: %w", err)
	}
	return rows, total, nil
}

// HealthPoint is a line of a customer's health history.
type HealthPoint struct {
	At    time.Time `db:"at"`
	Score int       `db:"score"`
	Why   string    `db:"why"`
}

// HealthHistory lists the last lines of a customer's health history, newest first.
func (tx *Tx) HealthHistory(ctx context.Context, customer crm.CustomerID, limit int) (rows []HealthPoint, err error) {
	if err = tx.Select(ctx, &rows, `SELECT at, score, why FROM customer_health_log WHERE customer_id = $1 ORDER BY at DESC LIMIT $2`, int64(customer), limit); err != nil {
		return nil, fmt.Errorf("health of %d: %w", customer, err)
	}
	return rows, nil
}

// Visited moves a customer's next visit, if it has a row of health at all.
func (tx *Tx) Visited(ctx context.Context, customer crm.CustomerID, due time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE customer_health SET visit_due = $2 WHERE customer_id = $1`, int64(customer), orNone(due)); err != nil {
		return fmt.Errorf("visit of %d: %w", customer, err)
	}
	return nil
}

// CareRow is a customer as the one who has to care for it is told.
type CareRow struct {
	ID        int64      `db:"id"`
	Name      string     `db:"name"`
	Level     string     `db:"level"`
	OwnerID   int64      `db:"owner_id"`
	OwnerName string     `db:"owner_name"`
	Active    bool       `db:"active"` // the owner works here
	Score     *int       `db:"score"`
	VisitDue  *time.Time `db:"visit_due"`
	LastAt    *time.Time `db:"last_contact_at"`
}

// Care reads it; crm.ErrNotFound.
func (tx *Tx) Care(ctx context.Context, customer crm.CustomerID) (c CareRow, err error) {
	if err = tx.Get(ctx, &c, `
		SELECT c.id, c.name, c.level, c.owner_id, coalesce(u.name, '') AS owner_name, coalesce(u.active, false) AS active, h.score, h.visit_due, c.last_contact_at
		FROM customers c LEFT JOIN users u ON u.id = c.owner_id LEFT JOIN customer_health h ON h.customer_id = c.id
		WHERE c.id = $1 AND c.deleted_at IS NULL`, int64(customer)); err != nil {
		return c, fmt.Errorf("customer %d: %w", customer, err)
	}
	return c, nil
}
