package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// DueAgain lists the customers of whom a purchase is expected between two times, those after a number, lowest first.
func (tx *Tx) DueAgain(ctx context.Context, from, to time.Time, after int64, limit int) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT DISTINCT k.customer_id FROM customer_cycles k JOIN customers c ON c.id = k.customer_id AND c.deleted_at IS NULL
		WHERE k.due_at > $1 AND k.due_at <= $2 AND k.customer_id > $3 ORDER BY k.customer_id LIMIT $4`, from, to, after, limit)
	if err != nil {
		return nil, fmt.Errorf("due again: %w", err)
	}
	return ids, nil
}

// RiskBetween lists the customers whose risk to be gone (percent) lies below and above these bounds; 0 is no bound.
func (tx *Tx) RiskBetween(ctx context.Context, below, above float64, after int64, limit int) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT p.customer_id FROM customer_predictions p JOIN customers c ON c.id = p.customer_id AND c.deleted_at IS NULL
		WHERE ($1::float8 = 0 OR p.risk < $1) AND ($2::float8 = 0 OR p.risk > $2) AND p.customer_id > $3 ORDER BY p.customer_id LIMIT $4`,
		below, above, after, limit)
	if err != nil {
		return nil, fmt.Errorf("risk between: %w", err)
	}
	return ids, nil
}

// Expected reads of customers the first purchase that is expected after a time: when, and of what.
func (tx *Tx) Expected(ctx context.Context, customers []int64, after time.Time) (map[int64]Expectation, error) {
	var rows []Expectation
	err := tx.Select(ctx, &rows, `
		SELECT DISTINCT ON (k.customer_id) k.customer_id, k.due_at, p.name FROM customer_cycles k JOIN products p ON p.id = k.product_id
		WHERE k.customer_id = ANY ($1) AND k.due_at > $2 ORDER BY k.customer_id, k.due_at`, pq.Array(customers), after)
	if err != nil {
		return nil, fmt.Errorf("expected purchases: %w", err)
	}
	all := make(map[int64]Expectation, len(rows))
	for _, r := range rows {
		all[r.Customer] = r
	}
	return all, nil
}

// Expectation is a purchase that is expected.
type Expectation struct {
	Customer int64     `db:"customer_id"`
	At       time.Time `db:"due_at"`
	Product  string    `db:"name"`
}

// RuleLook notes who is in a rule's segment now; the first look, when the rule is turned on, takes everybody as they are. The
// segment's own members must be up to date.
func (tx *Tx) RuleLook(ctx context.Context, rule crm.RuleID, segment int64, first bool) error {
	if _, err := tx.Exec(ctx, `SELECT gendan_rule_look($1, $2, $3, $4)`, int64(rule), segment, tx.Now, first); err != nil {
		return fmt.Errorf("rule %d: segment %d: %w", rule, segment, err)
	}
	return nil
}

// Moved is that a customer came into a segment or left it.
type Moved struct {
	Customer int64     `db:"customer"`
	At       time.Time `db:"moved"`
}

// RuleMoved lists who came into a rule's segment since a time, or left it, by number after one.
func (tx *Tx) RuleMoved(ctx context.Context, rule crm.RuleID, segment int64, leaving bool, since time.Time, after int64, limit int) (rows []Moved, err error) {
	err = tx.Select(ctx, &rows, `SELECT customer, moved FROM gendan_rule_moved($1, $2, $3, $4, $5, $6, $7)`, int64(rule), segment, leaving, since, tx.Now, after, limit)
	if err != nil {
		return nil, fmt.Errorf("rule %d: segment %d: %w", rule, segment, err)
	}
	return rows, nil
}
