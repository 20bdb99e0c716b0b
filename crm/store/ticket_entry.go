package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// TicketEntry is a line of a ticket's story.
type TicketEntry struct {
	ID       int64        `db:"id"`
	TicketID crm.TicketID `db:"ticket_id"`
	At       time.Time    `db:"at"`
	UserID   crm.UserID   `db:"user_id"` // 0: the customer, or the service itself
	Side     string       `db:"side"`    // crm.SideCustomer, SideReply, SideNote, SideChange
	Sealed   []byte       `db:"content"`
	Door     string       `db:"door"` // of a reply: the platform by which it went to the customer; "" when it did not
	Key      string       `db:"key"`  // of what was heard: the same key is one entry; "" is none
	UserName string       `db:"user_name"`

	Content string `db:"-"`
}

// AddTicketEntry writes an entry and notes it for undo; ID and At are filled in. ok is false when its key is there already:
// then nothing was written.
func (tx *Tx) AddTicketEntry(ctx context.Context, e *TicketEntry) (ok bool, err error) {
	if e.At.IsZero() {
		e.At = tx.Now
	}
	err = tx.Get(ctx, &e.ID, `
		INSERT INTO ticket_entries (ticket_id, at, user_id, side, content, door, key, updated_at)
		VALUES ($1, $2, nullif($3::bigint, 0), $4, $5, $6, $7, $8)
		ON CONFLICT (key) WHERE key <> '' DO NOTHING
		RETURNING id`,
		int64(e.TicketID), e.At, int64(e.UserID), e.Side, tx.Keys.SealText("ticket_entries", "content", e.Content), e.Door, e.Key, tx.Now)
	if errors.Is(err, crm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ticket %d: entry: %w", e.TicketID, err)
	}
	tx.Created(crm.KindEntry, e.ID, 1)
	return true, nil
}

// TicketEntries lists the last entries of a ticket, oldest first.
func (tx *Tx) TicketEntries(ctx context.Context, id crm.TicketID, limit int) ([]TicketEntry, error) {
	var rows []TicketEntry
	err := tx.Select(ctx, &rows, `
		SELECT e.id, e.ticket_id, e.at, coalesce(e.user_id, 0) AS user_id, e.side, e.content, e.door, e.key, coalesce(u.name, '') AS user_name
		FROM (SELECT * FROM ticket_entries WHERE ticket_id = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT $2) e
		LEFT JOIN users u ON u.id = e.user_id
		ORDER BY e.id`, int64(id), limit)
	if err != nil {
		return nil, fmt.Errorf("ticket %d: entries: %w", id, err)
	}
	for i := range rows {
		if rows[i].Content, err = tx.Keys.OpenText("ticket_entries", "content", rows[i].Sealed); err != nil {
			return nil, fmt.Errorf("ticket %d: entry %d: %w", id, rows[i].ID, err)
		}
		rows[i].Sealed = nil
	}
	return rows, nil
}

// TicketEntryKnown tells whether an entry of that key was written.
func (tx *Tx) TicketEntryKnown(ctx context.Context, key string) (known bool, err error) {
	return known, tx.Get(ctx, &known, `SELECT EXISTS (SELECT FROM ticket_entries WHERE key = $1 AND key <> '')`, key)
}

// TicketEntriesSent tells whether one of the entries has gone to a customer.
func (tx *Tx) TicketEntriesSent(ctx context.Context, ids []int64) (sent bool, err error) {
	return sent, tx.Get(ctx, &sent, `SELECT EXISTS (SELECT FROM ticket_entries WHERE id = ANY ($1) AND door <> '')`, pq.Array(ids))
}
