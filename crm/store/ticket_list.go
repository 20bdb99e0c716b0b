package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// TicketFilter selects tickets; zero values select all.
type TicketFilter struct {
	State    string         // "open" (default), "closed", "overdue" (open, and a deadline has passed), "all" (only with Customer or Guest)
	Owners   []int64        // who handles it, any of them; nil is anybody
	Watcher  crm.UserID     // handles it or was told of it; with Owners it is ignored
	Team     crm.TeamID     // whose team it is
	NoOwner  bool           // only those that nobody handles
	Customer crm.CustomerID // of one customer
	Guest    crm.GuestID    // of one guest
	From, To time.Time      // created in this time, To excluded; of closed ones: closed
	Limit    int            // rows; at most 1000 are counted
}

// Tickets lists tickets, the nearest deadline first, of closed ones and of one customer the newest first, and how many
// there are; the count stops at 1001.
func (tx *Tx) Tickets(ctx context.Context, f TicketFilter) (rows []TicketRow, total int, err error) {
	where, order, args := f.where(tx.Now)
	if err = tx.Get(ctx, &total, `SELECT count(*) FROM (SELECT 1 FROM tickets t WHERE `+where+` LIMIT 1001) q`, args...); err != nil {
		return nil, 0, fmt.Errorf("tickets: %w", err)
	}
	if total == 0 || f.Limit == 0 {
		return nil, total, nil
	}
	args = append(args, f.Limit)
	err = tx.Select(ctx, &rows, `
		SELECT `+ticketColumns+`
		FROM (SELECT * FROM tickets t WHERE `+where+` ORDER BY `+order+fmt.Sprintf(` LIMIT $%d`, len(args))+`) t`+ticketNames+`
		ORDER BY `+order, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("tickets: %w", err)
	}
	return rows, total, tx.openTickets(rows)
}

// where is the filter as text and its arguments. The text depends only on which fields are set.
func (f TicketFilter) where(now time.Time) (where, order string, args []any) {
	var b strings.Builder
	b.WriteString(`t.deleted_at IS NULL`)
	add := func(text string, arg any) {
		args = append(args, arg)
		b.WriteString(strings.ReplaceAll(" AND "+text, "?", fmt.Sprintf("$%d", len(args))))
	}
	at := "created_at"
	switch order = `t.due, t.id`; f.State {
	case "closed":
		b.WriteString(` AND t.state = 'closed'`)
		at, order = "closed_at", `t.closed_at DESC, t.id DESC`
	case "all":
		order = `t.id DESC`
	case "overdue":
		b.WriteString(` AND t.state <> 'closed'`)
		add(`t.due < ?`, now)
	default:
		b.WriteString(` AND t.state <> 'closed'`)
	}
	switch {
	case f.NoOwner:
		b.WriteString(` AND t.owner_id IS NULL`)
	case len(f.Owners) == 1:
		add(`t.owner_id = ?`, f.Owners[0])
	case f.Owners != nil:
		add(`t.owner_id = ANY (?)`, pq.Array(f.Owners))
	case f.Watcher != 0 && f.State != "closed":
		add(`(t.owner_id = ? OR t.watchers @> ARRAY[?::bigint])`, int64(f.Watcher))
	case f.Watcher != 0:
		add(`t.owner_id = ?`, int64(f.Watcher))
	}
	if f.Team != 0 {
		add(`t.team_id = ?`, int64(f.Team))
	}
	if f.Customer != 0 {
		add(`t.customer_id = ?`, int64(f.Customer))
	}
	if f.Guest != 0 {
		add(`t.guest_id = ?`, int64(f.Guest))
	}
	if !f.From.IsZero() {
		add(`t.`+at+` >= ?`, f.From)
	}
	if !f.To.IsZero() {
		add(`t.`+at+` < ?`, f.To)
	}
	return b.String(), order, args
}
