package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// JourneyEntry asks who enters a journey by itself today: those after a number, lowest first, at most Limit.
type JourneyEntry struct {
	On    string    // crm.EnterSilence …
	From  time.Time // of what the entry looks at: after it,
	To    time.Time // and not after that
	Days  []string  // MM-DD
	Zone  string
	After int64
	Limit int
}

// entrants are the conditions of each entry over customer_facts f: $1 from, $2 to, $3 days, $4 zone. Each walks the customers
// by their number and adds nothing up.
var entrants = map[string]string{
	crm.EnterSilence:     `f.order_since > $1 AND f.order_since <= $2 AND f.orders > 0 AND $3::text[] IS NOT NULL AND $4::text <> ''`,
	crm.EnterFirstOrder:  `f.first_order > $1 AND f.first_order <= $2 AND $3::text[] IS NOT NULL AND $4::text <> ''`,
	crm.EnterBirthday:    `f.birthdays && $3::text[] AND $1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL AND $4::text <> ''`,
	crm.EnterAnniversary: `f.first_order > $1 AND f.first_order <= $2 AND to_char(f.first_order AT TIME ZONE $4, 'MM-DD') = ANY ($3::text[])`,
	crm.EnterFestival:    `$1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL AND $3::text[] IS NOT NULL AND $4::text <> ''`,
	crm.EnterCycle:       `$3::text[] IS NOT NULL AND $4::text <> '' AND f.customer_id IN (SELECT y.customer_id FROM customer_cycles y WHERE y.due_at > $1 AND y.due_at <= $2)`,
}

// JourneyEntrants lists them.
func (tx *Tx) JourneyEntrants(ctx context.Context, q JourneyEntry) (ids []int64, err error) {
	where, ok := entrants[q.On]
	if !ok {
		return nil, fmt.Errorf("entry %q: %w", q.On, crm.ErrInvalid)
	}
	days := q.Days
	if days == nil {
		days = []string{}
	}
	if err = tx.Select(ctx, &ids, `SELECT f.customer_id FROM customer_facts f WHERE NOT f.gone AND `+where+` AND f.customer_id > $5 ORDER BY f.customer_id LIMIT $6`,
		q.From, q.To, pq.Array(days), q.Zone, q.After, q.Limit); err != nil {
		return nil, fmt.Errorf("who enters by %s: %w", q.On, err)
	}
	return ids, nil
}

// NextNeeds tells of customers what they should buy again next, by the product's name; those of whom nothing is expected are
// left out.
func (tx *Tx) NextNeeds(ctx context.Context, ids []int64) (map[int64]string, error) {
	var rows []struct {
		ID   int64  `db:"customer_id"`
		Name string `db:"name"`
	}
	if err := tx.Select(ctx, &rows, `
		SELECT DISTINCT ON (y.customer_id) y.customer_id, p.name FROM customer_cycles y JOIN products p ON p.id = y.product_id
		WHERE y.customer_id = ANY ($1) AND y.due_at > $2::timestamptz - interval '14 days' AND y.due_at < 'infinity' ORDER BY y.customer_id, y.due_at`, pqInts(ids), tx.Now); err != nil {
		return nil, fmt.Errorf("next needs: %w", err)
	}
	names := make(map[int64]string, len(rows))
	for _, row := range rows {
		names[row.ID] = row.Name
	}
	return names, nil
}

// Among tells which of ids a filter holds for, of those that the actor sees.
func (tx *Tx) Among(ctx context.Context, q CustomerQuery, ids []int64) (map[int64]bool, error) {
	f, err := q.json(tx.Keys)
	if err != nil {
		return nil, fmt.Errorf("among customers: %w", err)
	}
	var holds pq.Int64Array
	if err := tx.Get(ctx, &holds, `SELECT gendan_among($1::text::jsonb, $2, $3::bigint[])`, f, tx.Now, pqInts(ids)); err != nil {
		return nil, fmt.Errorf("among customers: %w", err)
	}
	return setOf(holds), nil
}
