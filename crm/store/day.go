package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// DayLine is one thing that a colleague did, as the reader may see it.
type DayLine struct {
	At       time.Time `db:"at"`
	Kind     string    `db:"kind"` // "note", "record", "change"; of a ticket "reply", "ticket note", "ticket"
	Customer string    `db:"customer"`
	Ticket   int64     `db:"ticket"` // 0 is none
	Sealed   []byte    `db:"content"`
	Total    int       `db:"total"` // of its table

	Content string `db:"-"`
}

// DayOf lists what user did between from and to, the latest first: notes and changes of customers and deals, and work on tickets;
// at most limit lines of each, and how many of both there are. What the actor does not see is not among it.
func (tx *Tx) DayOf(ctx context.Context, user crm.UserID, from, to time.Time, limit int) (lines []DayLine, total int, err error) {
	for _, table := range []struct{ name, query string }{
		{"activities", `
			SELECT a.at, a.type AS kind, c.name AS customer, 0::bigint AS ticket, a.content, count(*) OVER () AS total
			FROM activities a JOIN customers c ON c.id = a.customer_id
			WHERE a.user_id = $1 AND a.at >= $2 AND a.at < $3 AND a.deleted_at IS NULL
			ORDER BY a.at DESC, a.id DESC LIMIT $4`},
		{"ticket_entries", `
			SELECT e.at, CASE e.side WHEN 'reply' THEN 'reply' WHEN 'note' THEN 'ticket note' ELSE 'ticket' END AS kind,
				coalesce(c.name, gendan_customer_called(t.customer_id), '') AS customer, t.id AS ticket, e.content, count(*) OVER () AS total
			FROM ticket_entries e JOIN tickets t ON t.id = e.ticket_id LEFT JOIN customers c ON c.id = t.customer_id
			WHERE e.user_id = $1 AND e.at >= $2 AND e.at < $3 AND e.deleted_at IS NULL
			ORDER BY e.at DESC, e.id DESC LIMIT $4`},
	} {
		var rows []DayLine
		if err := tx.Select(ctx, &rows, table.query, int64(user), from, to, limit); err != nil {
			return nil, 0, fmt.Errorf("day of %d: %s: %w", user, table.name, err)
		}
		for i := range rows {
			if rows[i].Content, err = tx.Keys.OpenText(table.name, "content", rows[i].Sealed); err != nil {
				return nil, 0, fmt.Errorf("day of %d: %s: %w", user, table.name, err)
			}
			rows[i].Sealed = nil
		}
		if len(rows) > 0 {
			total += rows[0].Total
		}
		lines = append(lines, rows...)
	}
	return lines, total, nil
}

// DayCounts are how many notes and changes each of people wrote between from and to, as far as the actor sees them.
func (tx *Tx) DayCounts(ctx context.Context, people []int64, from, to time.Time) (counts map[int64]int, err error) {
	var rows []struct {
		User int64 `db:"user_id"`
		N    int   `db:"n"`
	}
	err = tx.Select(ctx, &rows, `
		SELECT user_id, sum(n)::int AS n FROM (
			SELECT user_id, count(*) AS n FROM activities WHERE user_id = ANY ($1) AND at >= $2 AND at < $3 AND deleted_at IS NULL GROUP BY 1
			UNION ALL
			SELECT user_id, count(*) FROM ticket_entries WHERE user_id = ANY ($1) AND at >= $2 AND at < $3 AND deleted_at IS NULL GROUP BY 1
		) done GROUP BY 1`, pqInts(people), from, to)
	if err != nil {
		return nil, fmt.Errorf("days of %d people: %w", len(people), err)
	}
	counts = make(map[int64]int, len(rows))
	for _, r := range rows {
		counts[r.User] = r.N
	}
	return counts, nil
}

// Belongings are what a colleague has in hand, as the actor sees it: customers by name, and open tickets; at most limit of each.
func (tx *Tx) Belongings(ctx context.Context, user crm.UserID, limit int) (customers, tickets []crm.Ref, err error) {
	if err = tx.Select(ctx, &customers, `SELECT 'customer' AS kind, id, name FROM customers WHERE owner_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT $2`, int64(user), limit); err == nil {
		err = tx.Select(ctx, &tickets, `SELECT 'ticket' AS kind, id, '' AS name FROM tickets WHERE owner_id = $1 AND state <> 'closed' AND deleted_at IS NULL ORDER BY id LIMIT $2`, int64(user), limit)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("belongings of %d: %w", user, err)
	}
	return customers, tickets, nil
}

// BriefAt moves the actor's morning brief to minutes after midnight in their zone, -1 for none, and tells when it was.
func (tx *Tx) BriefAt(ctx context.Context, minute int) (was int, err error) {
	var before *int
	if err := tx.Get(ctx, &before, `SELECT gendan_brief_at($1)`, minute); err != nil {
		return 0, fmt.Errorf("brief of %d: %w", tx.Actor.UserID, err)
	}
	if before == nil {
		return 0, fmt.Errorf("brief of %d: %w", tx.Actor.UserID, crm.ErrNotFound)
	}
	return *before, nil
}

// MyBrief is when the actor has the morning brief: minutes after midnight in their zone, -1 for none.
func (tx *Tx) MyBrief(ctx context.Context) (minute int, err error) {
	if err = tx.Get(ctx, &minute, `SELECT brief_minute FROM users WHERE id = $1 AND active`, int64(tx.Actor.UserID)); err != nil {
		return 0, fmt.Errorf("brief of %d: %w", tx.Actor.UserID, err)
	}
	return minute, nil
}

// BriefMoved notes for undo that the actor's brief was at another time.
func (tx *Tx) BriefMoved(was int) {
	tx.remember(UndoStep{Kind: crm.KindUser, ID: int64(tx.Actor.UserID), From: 1, Before: fmt.Appendf(nil, `{"brief_minute":%d}`, was)})
}
