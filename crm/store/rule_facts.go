package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// RuleAsk asks what a rule knows of a customer.
type RuleAsk struct {
	Customer int64
	Deal     int64 // that it is about; 0 is the largest open one
}

// FactsWanted says which of the dearer facts a rule needs; zero is none.
type FactsWanted struct {
	Stage          string // the deal is the largest open one in it
	Nth            int    // when the purchase of that number was
	ComplaintsDays int    // complaints are counted within these days; 0 is since ever
}

type ruleFactsRow struct {
	ID           int64          `db:"id"`
	Ord          int            `db:"ord"`
	Name         string         `db:"name"`
	OwnerID      int64          `db:"owner_id"`
	OwnerName    string         `db:"owner_name"`
	OwnerThere   bool           `db:"owner_there"`
	Level        string         `db:"level"`
	Industry     string         `db:"industry"`
	Region       string         `db:"region"`
	Source       string         `db:"source"`
	Tags         pq.StringArray `db:"tags"`
	Created      time.Time      `db:"created_at"`
	LastContact  *time.Time     `db:"last_contact_at"`
	Orders       int            `db:"orders"`
	Spent        int64          `db:"spent"`
	LastOrder    *time.Time     `db:"last_order"`
	LastProduct  string         `db:"last_product"`
	NthOrder     *time.Time     `db:"nth_order"`
	Birthdays    pq.StringArray `db:"birthdays"`
	RFM          string         `db:"rfm"`
	Member       bool           `db:"member"`
	OpenTickets  int            `db:"open_tickets"`
	Complaints   int            `db:"complaints"`
	LastComplain int64          `db:"last_complaint"`
	Health       int            `db:"health"`
	Risk         int            `db:"risk"`
	Contact      string         `db:"contact"`
	Deal         int64          `db:"deal"`
	DealTitle    string         `db:"deal_title"`
	Stage        string         `db:"stage"`
	Amount       int64          `db:"amount"`
	StageSince   *time.Time     `db:"stage_since"`
	Deals        int            `db:"deals"`
}

// RuleFacts reads what rules know of customers, one answer for each question in their order; those of customers that the
// actor does not see, or that are gone, are left out. pos tells for each answer which question it is of.
func (tx *Tx) RuleFacts(ctx context.Context, asks []RuleAsk, w FactsWanted) (facts []crm.RuleFacts, pos []int, err error) {
	if len(asks) == 0 {
		return nil, nil, nil
	}
	customers, deals := make([]int64, len(asks)), make([]int64, len(asks))
	for i, a := range asks {
		customers[i], deals[i] = a.Customer, a.Deal
	}
	since := time.Unix(0, 0)
	if w.ComplaintsDays > 0 {
		since = tx.Now.AddDate(0, 0, -w.ComplaintsDays)
	}
	var rows []ruleFactsRow
	err = tx.Select(ctx, &rows, `
		SELECT c.id, q.ord::int AS ord, c.name, c.owner_id, coalesce(u.name, '') AS owner_name, coalesce(u.active, false) AS owner_there,
			c.level, c.industry, c.region, c.source, c.tags, c.created_at, c.last_contact_at,
			coalesce(f.orders, 0) AS orders, coalesce(f.spent, 0) AS spent, f.last_order, coalesce(f.birthdays, '{}') AS birthdays,
			coalesce(f.rfm, '') AS rfm, coalesce(f.member, false) AS member, coalesce(f.open_tickets, 0) AS open_tickets,
			t.complaints, t.last_complaint, coalesce(h.score, -1) AS health, coalesce(k.risk, -1) AS risk, coalesce(p.name, '') AS contact,
			coalesce(o.product, '') AS last_product, n.at AS nth_order,
			coalesce(d.id, 0) AS deal, coalesce(d.title, '') AS deal_title, coalesce(d.stage, '') AS stage, coalesce(d.amount, 0) AS amount,
			d.stage_since, e.deals
		FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS q (customer, deal, ord)
		JOIN customers c ON c.id = q.customer AND c.deleted_at IS NULL
		LEFT JOIN customer_facts f ON f.customer_id = c.id
		LEFT JOIN users u ON u.id = c.owner_id
		LEFT JOIN customer_health h ON h.customer_id = c.id
		LEFT JOIN customer_predictions k ON k.customer_id = c.id
		LEFT JOIN LATERAL (
			SELECT p.name FROM contacts p WHERE p.customer_id = c.id AND p.deleted_at IS NULL ORDER BY p.id LIMIT 1) p ON true
		LEFT JOIN LATERAL (
			SELECT o.product FROM orders o WHERE o.customer_id = c.id AND o.deleted_at IS NULL ORDER BY o.at DESC LIMIT 1) o ON f.orders > 0
		LEFT JOIN LATERAL (
			SELECT b.at FROM (
				SELECT o.at FROM orders o WHERE o.customer_id = c.id AND o.deleted_at IS NULL
				UNION ALL SELECT coalesce(d.closed_at, d.updated_at) FROM deals d WHERE d.customer_id = c.id AND d.state = 'won' AND d.deleted_at IS NULL) b
			ORDER BY b.at OFFSET greatest($4::int - 1, 0) LIMIT 1) n ON $4::int > 0
		LEFT JOIN LATERAL (
			SELECT d.id, d.title, d.stage, d.amount, d.stage_since FROM deals d
			WHERE d.customer_id = c.id AND d.deleted_at IS NULL
				AND CASE WHEN q.deal > 0 THEN d.id = q.deal ELSE d.state = 'open' AND ($3::text = '' OR d.stage = $3) END
			ORDER BY d.amount DESC, d.id LIMIT 1) d ON true
		CROSS JOIN LATERAL (
			SELECT count(*)::int AS deals FROM deals d WHERE d.customer_id = c.id AND d.state = 'open' AND d.deleted_at IS NULL) e
		CROSS JOIN LATERAL (
			SELECT count(*)::int AS complaints, coalesce(max(t.id), 0) AS last_complaint FROM tickets t
			WHERE f.complaints > 0 AND t.customer_id = c.id AND t.deleted_at IS NULL AND t.kind = '投诉' AND t.created_at > $5) t
		ORDER BY q.ord`, pq.Array(customers), pq.Array(deals), w.Stage, w.Nth, since)
	if err != nil {
		return nil, nil, fmt.Errorf("facts for rules: %w", err)
	}
	for _, r := range rows {
		facts = append(facts, r.facts())
		pos = append(pos, r.Ord-1)
	}
	return facts, pos, nil
}

func (r ruleFactsRow) facts() crm.RuleFacts {
	return crm.RuleFacts{
		Customer: crm.CustomerID(r.ID), Name: r.Name, Contact: r.Contact, Owner: crm.UserID(r.OwnerID), OwnerName: r.OwnerName, OwnerThere: r.OwnerThere,
		Level: r.Level, Industry: r.Industry, Region: r.Region, Source: r.Source, Tags: r.Tags, Created: r.Created,
		Orders: r.Orders, Spent: crm.Money(r.Spent), LastOrder: at(r.LastOrder), LastProduct: r.LastProduct, NthOrder: at(r.NthOrder),
		LastContact: at(r.LastContact), Birthdays: r.Birthdays, RFM: r.RFM, Member: r.Member,
		Complaints: r.Complaints, LastComplaint: r.LastComplain, OpenTickets: r.OpenTickets, Health: r.Health, Churn: float64(r.Risk),
		Deal: crm.DealID(r.Deal), DealTitle: r.DealTitle, Stage: r.Stage, Amount: crm.Money(r.Amount), StageSince: at(r.StageSince), Deals: r.Deals,
	}
}

// at is t, or the zero time for none.
func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// WithBirthday lists the customers that have one of these birthdays (MM-DD), those after a number, lowest first.
func (tx *Tx) WithBirthday(ctx context.Context, days []string, after int64, limit int) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT f.customer_id FROM customer_facts f JOIN customers c ON c.id = f.customer_id AND c.deleted_at IS NULL
		WHERE f.birthdays && $1::text[] AND f.birthdays <> '{}' AND f.customer_id > $2 ORDER BY f.customer_id LIMIT $3`, pq.Array(days), after, limit)
	if err != nil {
		return nil, fmt.Errorf("birthdays: %w", err)
	}
	return ids, nil
}

// HealthBetween lists the customers whose health lies below and above these scores; 0 is no bound.
func (tx *Tx) HealthBetween(ctx context.Context, below, above float64, after int64, limit int) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT h.customer_id FROM customer_health h JOIN customers c ON c.id = h.customer_id AND c.deleted_at IS NULL
		WHERE ($1::float8 = 0 OR h.score < $1) AND ($2::float8 = 0 OR h.score > $2) AND h.customer_id > $3 ORDER BY h.customer_id LIMIT $4`,
		below, above, after, limit)
	if err != nil {
		return nil, fmt.Errorf("health between: %w", err)
	}
	return ids, nil
}

// DealsStanding lists the open deals that came into a stage before a time, by number after one.
func (tx *Tx) DealsStanding(ctx context.Context, stage string, before time.Time, after int64, limit int) (asks []RuleAsk, err error) {
	var rows []struct {
		Deal     int64 `db:"id"`
		Customer int64 `db:"customer_id"`
	}
	err = tx.Select(ctx, &rows, `
		SELECT d.id, d.customer_id FROM deals d JOIN customers c ON c.id = d.customer_id AND c.deleted_at IS NULL
		WHERE d.stage = $1 AND d.state = 'open' AND d.deleted_at IS NULL AND d.stage_since <= $2 AND d.id > $3 ORDER BY d.id LIMIT $4`,
		stage, before, after, limit)
	if err != nil {
		return nil, fmt.Errorf("deals standing in %s: %w", stage, err)
	}
	for _, r := range rows {
		asks = append(asks, RuleAsk{Customer: r.Customer, Deal: r.Deal})
	}
	return asks, nil
}

// Complainers lists the customers with at least count complaints, the last of them since a time.
func (tx *Tx) Complainers(ctx context.Context, count int, since time.Time, after int64, limit int) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT DISTINCT t.customer_id FROM tickets t JOIN customer_facts f ON f.customer_id = t.customer_id
		WHERE t.kind = '投诉' AND t.deleted_at IS NULL AND t.created_at > $2 AND f.complaints >= $1 AND t.customer_id IS NOT NULL AND t.customer_id > $3
		ORDER BY t.customer_id LIMIT $4`, count, since, after, limit)
	if err != nil {
		return nil, fmt.Errorf("complainers: %w", err)
	}
	return ids, nil
}

// BuyersSince lists the customers with at least count purchases, the last of them since a time.
func (tx *Tx) BuyersSince(ctx context.Context, count int, since time.Time, after int64, limit int) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT f.customer_id FROM customer_facts f JOIN customers c ON c.id = f.customer_id AND c.deleted_at IS NULL
		WHERE f.last_order >= $2 AND f.orders >= $1 AND f.orders > 0 AND f.customer_id > $3 ORDER BY f.customer_id LIMIT $4`, count, since, after, limit)
	if err != nil {
		return nil, fmt.Errorf("buyers: %w", err)
	}
	return ids, nil
}
