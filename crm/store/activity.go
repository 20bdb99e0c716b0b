package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// ActivityView is a line of a customer's history.
type ActivityView struct {
	ID       int64      `db:"id"`
	Type     string     `db:"type"`
	Channel  string     `db:"channel"`
	At       time.Time  `db:"at"`
	NextAt   *time.Time `db:"next_at"`
	UserName string     `db:"user_name"`
	Sealed   []byte     `db:"content"`

	Content string `db:"-"`
}

// ActivitiesOf lists the last lines of a customer's history, newest first.
func (tx *Tx) ActivitiesOf(ctx context.Context, customer crm.CustomerID, limit int) ([]ActivityView, error) {
	var rows []ActivityView
	err := tx.Select(ctx, &rows, `
		SELECT a.id, a.type, a.channel, a.at, a.next_at, coalesce(u.name, '') AS user_name, a.content
		FROM activities a LEFT JOIN users u ON u.id = a.user_id
		WHERE a.customer_id = $1 AND a.deleted_at IS NULL
		ORDER BY a.at DESC, a.id DESC LIMIT $2`, int64(customer), limit)
	if err != nil {
		return nil, fmt.Errorf("activities of %d: %w", customer, err)
	}
	for i := range rows {
		if rows[i].Content, err = tx.Keys.OpenText("activities", "content", rows[i].Sealed); err != nil {
			return nil, fmt.Errorf("activity %d: %w", rows[i].ID, err)
		}
		rows[i].Sealed = nil
	}
	return rows, nil
}

// WriteActivities writes the ledger's activities of a customer now instead of at the end: after a transfer the
// actor may no longer write them.
func (tx *Tx) WriteActivities(ctx context.Context, customer crm.CustomerID) error {
	var rest []ActivityRow
	for _, a := range tx.Ledger.Activities {
		if a.Customer != customer {
			rest = append(rest, a)
			continue
		}
		var next *time.Time
		if !a.NextAt.IsZero() {
			next = &a.NextAt
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO activities (id, customer_id, deal_id, contact_id, user_id, type, channel, content, at, next_at, next)
			VALUES (coalesce(nullif($1::bigint, 0), nextval('record_numbers')), $2, nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11)`,
			int64(a.ID), int64(a.Customer), int64(a.Deal), int64(a.Contact), orNull(int64(tx.Actor.UserID)), a.Type, a.Channel,
			tx.Keys.SealText("activities", "content", a.Content), a.At, next, tx.Keys.SealText("activities", "next", a.Next)); err != nil {
			return fmt.Errorf("activity of %d: %w", customer, err)
		}
	}
	tx.Ledger.Activities = rest
	return nil
}
