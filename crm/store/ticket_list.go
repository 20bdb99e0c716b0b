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
	State     string         // "open" (default), "closed", "overdue" (open, and a deadline has passed), "all" (only with Customer or Guest)
	Owners    []int64        // who handles it, any of them; nil is anybody
	Followers []int64        // handles it or was told of it, any of them; goes with Teams, State, From and To only
	Teams     []int64        // with Followers: or it is one of these teams'
	NoOwner   bool           // only those that nobody handles
	Customer  crm.CustomerID // of one customer
	Guest     crm.GuestID    // of one guest
	From, To  time.Time      // created in this time, To excluded; of closed ones: closed
	Limit     int            // rows; at most 1000 are counted
}

// countTickets is where counting tickets stops.
const countTickets = 1001

// Tickets lists tickets, the nearest deadline first, of closed ones and of one customer the newest first, and how many
// there are; the count stops at 1001.
func (tx *Tx) Tickets(ctx context.Context, f TicketFilter) (rows []TicketRow, total int, err error) {
	if f.Followers != nil {
		return tx.followed(ctx, f)
	}
	where, order, args := f.where(tx.Now)
	all := append(args[:len(args):len(args)], f.Limit+1)
	err = tx.Select(ctx, &rows, `
		SELECT `+ticketColumns+`
		FROM (SELECT * FROM tickets t WHERE `+where+` ORDER BY `+order+fmt.Sprintf(` LIMIT $%d`, len(all))+`) t`+ticketNames+`
		ORDER BY `+order, all...)
	if err != nil {
		return nil, 0, fmt.Errorf("tickets: %w", err)
	}
	if total = len(rows); total > f.Limit { // there are more than are shown
		rows = rows[:f.Limit]
		args = append(args, countTickets)
		err = tx.Get(ctx, &total, `SELECT count(*) FROM (SELECT 1 FROM tickets t WHERE `+where+fmt.Sprintf(` LIMIT $%d) q`, len(args)), args...)
		if err != nil {
			return nil, 0, fmt.Errorf("tickets: %w", err)
		}
	}
	return rows, total, tx.openTickets(rows)
}

// followed is [Tx.Tickets] by who follows them, see gendan_followed_tickets; it counts them all.
func (tx *Tx) followed(ctx context.Context, f TicketFilter) (rows []TicketRow, total int, err error) {
	var found struct {
		IDs   pq.Int64Array `db:"ids"`
		Total int           `db:"total"`
	}
	err = tx.Get(ctx, &found, `SELECT ids, total FROM gendan_followed_tickets($1, $2, $3, $4, $5, $6, $7)`,
		pq.Array(f.Followers), pq.Array(f.Teams), f.State, tx.Now, orNone(f.From), orNone(f.To), f.Limit)
	if err == nil && len(found.IDs) > 0 {
		err = tx.Select(ctx, &rows, `
			SELECT `+ticketColumns+`
			FROM unnest($1::bigint[]) WITH ORDINALITY AS f (id, nr) JOIN tickets t ON t.id = f.id`+ticketNames+`
			ORDER BY f.nr`, found.IDs)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("tickets: %w", err)
	}
	return rows, min(found.Total, countTickets), tx.openTickets(rows)
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
