package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// The ends of a firing.
const (
	FiringDone    = "done"
	FiringRefused = "refused" // the business said no; Told says why
	FiringCapped  = "capped"  // the rule's day was full
)

// FiringTold is what a firing tells of itself.
type FiringTold struct {
	Why    string   `json:"why"`              // what met the trigger
	Values []string `json:"values,omitempty"` // of the condition, as they were: 金额 120000
	Did    []string `json:"did,omitempty"`    // what was done, a line for each action
	No     string   `json:"no,omitempty"`     // why not
	Undo   string   `json:"undo,omitempty"`   // the owner's code to take it back
}

// Firing is that a rule met a customer on an occasion.
type Firing struct {
	ID       int64
	Rule     crm.RuleID
	RuleName string
	Edition  int
	Customer crm.CustomerID // 0: it was about none
	Name     string         // of the customer
	Occasion string
	At       time.Time
	State    string
	Told     FiringTold
}

// KeepFiring writes down that a rule has met a customer on an occasion. counted says that its day had room, fresh that this
// edition had not met it before; unless both hold the transaction must leave nothing else behind, except that a full day is
// kept as that with state [FiringCapped], which needs no room. The row of the rule's day stays locked until the end, so that
// no day is overfull.
func (tx *Tx) KeepFiring(ctx context.Context, f Firing, most int) (counted, fresh bool, err error) {
	told, err := json.Marshal(f.Told)
	if err != nil {
		return false, false, fmt.Errorf("firing of rule %d: %w", f.Rule, err)
	}
	var kept struct {
		Counted int `db:"counted"`
		Fresh   int `db:"fresh"`
	}
	day := f.At.In(crm.Shanghai).Format(time.DateOnly)
	err = tx.Get(ctx, &kept, `
		WITH room AS (
			INSERT INTO rule_days AS d (rule_id, day, fired, capped) VALUES ($1, $2, ($3::text <> 'capped')::int, ($3::text = 'capped')::int)
			ON CONFLICT (rule_id, day) DO UPDATE SET fired = d.fired + excluded.fired, capped = d.capped + excluded.capped
			WHERE d.fired < $4 OR excluded.capped > 0
			RETURNING 1
		), fresh AS (
			INSERT INTO rule_firings (rule_id, edition, customer_id, occasion, at, day, state, told)
			SELECT $1, $5, $6, $7, $8, $2, $3, $9 FROM room
			ON CONFLICT (rule_id, edition, customer_id, occasion) DO NOTHING
			RETURNING 1
		)
		SELECT (SELECT count(*) FROM room) AS counted, (SELECT count(*) FROM fresh) AS fresh`,
		int64(f.Rule), day, f.State, most, f.Edition, int64(f.Customer), f.Occasion, f.At, tx.Keys.Seal("rule_firings", "told", told))
	if err != nil {
		return false, false, fmt.Errorf("firing of rule %d: %w", f.Rule, err)
	}
	return kept.Counted > 0, kept.Fresh > 0, nil
}

// Met is that a rule has met a customer before.
type Met struct {
	Customer int64     `db:"customer_id"`
	Edition  int       `db:"edition"`
	Occasion string    `db:"occasion"`
	At       time.Time `db:"at"`
	State    string    `db:"state"`
}

// RuleMet tells on which occasions this edition of a rule has met some customers, and whom any edition has met since a time.
func (tx *Tx) RuleMet(ctx context.Context, rule crm.RuleID, edition int, customers []int64, since time.Time) (rows []Met, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT customer_id, edition, occasion, at, state FROM rule_firings
		WHERE rule_id = $1 AND customer_id = ANY ($3) AND (edition = $2 OR at > $4)
		ORDER BY at DESC`, int64(rule), edition, pq.Array(customers), since)
	if err != nil {
		return nil, fmt.Errorf("what rule %d has met: %w", rule, err)
	}
	return rows, nil
}

// Firings lists what fired lately, the latest first, of a rule, of a customer, or of both; 0 is any.
func (tx *Tx) Firings(ctx context.Context, rule crm.RuleID, customer crm.CustomerID, limit int) ([]Firing, error) {
	var rows []struct {
		ID       int64     `db:"id"`
		Rule     int64     `db:"rule_id"`
		RuleName string    `db:"rule_name"`
		Edition  int       `db:"edition"`
		Customer int64     `db:"customer_id"`
		Name     string    `db:"name"`
		Occasion string    `db:"occasion"`
		At       time.Time `db:"at"`
		State    string    `db:"state"`
		Told     []byte    `db:"told"`
	}
	where, args := ``, []any{limit}
	if rule != 0 {
		args = append(args, int64(rule))
		where += fmt.Sprintf(` AND f.rule_id = $%d`, len(args))
	}
	if customer != 0 {
		args = append(args, int64(customer))
		where += fmt.Sprintf(` AND f.customer_id = $%d`, len(args))
	}
	err := tx.Select(ctx, &rows, `
		SELECT f.id, f.rule_id, r.name AS rule_name, f.edition, f.customer_id, coalesce(c.name, '') AS name, f.occasion, f.at, f.state, f.told
		FROM rule_firings f JOIN rules r ON r.id = f.rule_id LEFT JOIN customers c ON c.id = f.customer_id
		WHERE true`+where+` ORDER BY f.at DESC, f.id DESC LIMIT $1`, args...)
	if err != nil {
		return nil, fmt.Errorf("firings: %w", err)
	}
	list := make([]Firing, len(rows))
	for i, row := range rows {
		list[i] = Firing{ID: row.ID, Rule: crm.RuleID(row.Rule), RuleName: row.RuleName, Edition: row.Edition, Customer: crm.CustomerID(row.Customer),
			Name: row.Name, Occasion: row.Occasion, At: row.At, State: row.State}
		told, err := tx.Keys.Open("rule_firings", "told", row.Told)
		if err == nil && len(told) > 0 {
			err = json.Unmarshal(told, &list[i].Told)
		}
		if err != nil {
			return nil, fmt.Errorf("firing %d: %w", row.ID, err)
		}
	}
	return list, nil
}

// FiringOffer is what has become of a message to the customer that a firing planned.
type FiringOffer struct {
	Firing  int64  `db:"firing"`
	State   string `db:"state"`
	Reason  string `db:"reason"`
	Channel string `db:"channel"`
}

// FiringOffers reads what has become of the messages that firings planned: those of the same customer and transaction.
func (tx *Tx) FiringOffers(ctx context.Context, firings []Firing) (rows []FiringOffer, err error) {
	ids := make([]int64, len(firings))
	for i, f := range firings {
		ids[i] = f.ID
	}
	err = tx.Select(ctx, &rows, `
		SELECT f.id AS firing, o.state, o.reason, o.channel FROM rule_firings f
		JOIN offers o ON o.customer_id = f.customer_id AND o.created_at = f.at AND o.deleted_at IS NULL
			AND CASE o.source WHEN 'rule' THEN o.source_id = f.rule_id
				WHEN 'coupon' THEN EXISTS (SELECT FROM coupon_batches b WHERE b.id = o.source_id AND b.source = 'rule' AND b.source_id = f.rule_id) ELSE true END
		WHERE f.id = ANY ($1) ORDER BY o.id`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("offers of firings: %w", err)
	}
	return rows, nil
}

// RuleDaySwept marks that a rule's work of a day is done.
func (tx *Tx) RuleDaySwept(ctx context.Context, rule crm.RuleID, day string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO rule_days (rule_id, day, swept) VALUES ($1, $2, true)
		ON CONFLICT (rule_id, day) DO UPDATE SET swept = true`, int64(rule), day)
	if err != nil {
		return fmt.Errorf("rule %d: %w", rule, err)
	}
	return nil
}

// RuleDaysSwept are those of some days whose work is done.
func (tx *Tx) RuleDaysSwept(ctx context.Context, rule crm.RuleID, days []string) (swept []string, err error) {
	if err = tx.Select(ctx, &swept, `SELECT day::text FROM rule_days WHERE rule_id = $1 AND day = ANY ($2::text[]::date[]) AND swept`, int64(rule), pq.Array(days)); err != nil {
		return nil, fmt.Errorf("days of rule %d: %w", rule, err)
	}
	return swept, nil
}

// RuleDay tells how often a rule fired on a day, and whether its work of the day is done.
func (tx *Tx) RuleDay(ctx context.Context, rule crm.RuleID, day string) (fired int, swept bool, err error) {
	var rows []struct {
		Fired int  `db:"fired"`
		Swept bool `db:"swept"`
	}
	if err := tx.Select(ctx, &rows, `SELECT fired, swept FROM rule_days WHERE rule_id = $1 AND day = $2`, int64(rule), day); err != nil {
		return 0, false, fmt.Errorf("day of rule %d: %w", rule, err)
	}
	if len(rows) == 0 {
		return 0, false, nil
	}
	return rows[0].Fired, rows[0].Swept, nil
}
