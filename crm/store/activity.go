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
