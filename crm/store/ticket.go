package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// TicketRow is a ticket as it is kept, with the names around it.
type TicketRow struct {
	crm.Ticket
	SealedContent    []byte         `db:"content"`
	SealedResolution []byte         `db:"resolution"`
	WatcherIDs       pq.Int64Array  `db:"watchers"`
	BreachedNames    pq.StringArray `db:"breached"`
	DueAt            *time.Time     `db:"due"`

	Customer      string        `db:"customer"`       // name, also of a customer that the reader does not see
	CustomerLevel string        `db:"customer_level"` // "" of one that the reader does not see
	CustomerOwner int64         `db:"customer_owner"` // whose the customer is, also when the reader does not see it
	Collaborators pq.Int64Array `db:"collaborators"`  // none of a customer that the reader does not see
	Contact       string        `db:"contact"`
	OwnerName     string        `db:"owner_name"`
	TeamName      string        `db:"team_name"`
	CreatorName   string        `db:"creator_name"`
	ToucherName   string        `db:"toucher_name"`
}

const ticketColumns = `t.id, coalesce(t.customer_id, 0) AS customer_id, coalesce(t.contact_id, 0) AS contact_id, coalesce(t.deal_id, 0) AS deal_id,
	coalesce(t.order_id, 0) AS order_id, coalesce(t.device_id, 0) AS device_id, coalesce(t.guest_id, 0) AS guest_id,
	t.content, t.kind, t.priority, t.state, coalesce(t.owner_id, 0) AS owner_id, coalesce(t.team_id, 0) AS team_id,
	coalesce(t.created_by, 0) AS created_by, t.source, t.sla, t.first_due, t.next_due, t.solve_due, t.first_at, t.asked_at, t.waiting_since,
	t.paused_seconds, t.level, t.breached, t.watchers, coalesce(t.merged_into, 0) AS merged_into, coalesce(t.split_from, 0) AS split_from,
	t.reopened, t.resolution, t.closed_at, coalesce(t.closed_by, 0) AS closed_by, coalesce(t.touched_by, 0) AS touched_by, t.touched_at,
	t.due, t.version, t.created_at,
	coalesce(c.name, gendan_customer_called(t.customer_id), '') AS customer, coalesce(c.level, '') AS customer_level,
	coalesce(c.owner_id, gendan_customer_owner(t.customer_id), 0) AS customer_owner, coalesce(c.collaborators, '{}') AS collaborators, coalesce(p.name, '') AS contact,
	coalesce(o.name, '') AS owner_name, coalesce(m.name, '') AS team_name, coalesce(b.name, '') AS creator_name, coalesce(w.name, '') AS toucher_name`

const ticketNames = `
	LEFT JOIN customers c ON c.id = t.customer_id LEFT JOIN contacts p ON p.id = t.contact_id LEFT JOIN users o ON o.id = t.owner_id
	LEFT JOIN teams m ON m.id = t.team_id LEFT JOIN users b ON b.id = t.created_by LEFT JOIN users w ON w.id = t.touched_by `

// AddTicket creates t and notes it for undo. ID, Version and CreatedAt are filled in.
func (tx *Tx) AddTicket(ctx context.Context, t *crm.Ticket) error {
	err := tx.Get(ctx, &t.ID, `
		INSERT INTO tickets (customer_id, contact_id, deal_id, order_id, device_id, guest_id, content, kind, priority, state, owner_id, team_id,
			created_by, source, sla, first_due, next_due, solve_due, watchers, split_from, touched_by, touched_at, created_at, updated_at)
		VALUES (nullif($1::bigint, 0), nullif($2::bigint, 0), nullif($3::bigint, 0), nullif($4::bigint, 0), nullif($5::bigint, 0), nullif($6::bigint, 0),
			$7, $8, $9, $10, nullif($11::bigint, 0), nullif($12::bigint, 0), nullif($13::bigint, 0), $14, $15, $16, $17, $18, $19, nullif($20::bigint, 0),
			nullif($21::bigint, 0), $22, $23, $23)
		RETURNING id`,
		int64(t.CustomerID), int64(t.ContactID), int64(t.DealID), t.OrderID, t.DeviceID, int64(t.GuestID),
		tx.Keys.SealText("tickets", "content", t.Content), t.Kind, t.Priority, t.State, int64(t.OwnerID), int64(t.TeamID),
		int64(t.CreatedBy), t.Source, t.SLA, t.FirstDue, t.NextDue, t.SolveDue, userIDs(t.Watchers), int64(t.SplitFrom),
		int64(t.TouchedBy), t.TouchedAt, tx.Now)
	if err != nil {
		return fmt.Errorf("ticket: %w", err)
	}
	t.Version, t.CreatedAt = 1, tx.Now
	tx.Created(crm.KindTicket, int64(t.ID), 1)
	return nil
}

func userIDs(ids []crm.UserID) pq.Int64Array {
	out := make(pq.Int64Array, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// TicketHome gives a ticket that is its former owner's again the team where they are now.
func (tx *Tx) TicketHome(ctx context.Context, id crm.TicketID) error {
	if _, err := tx.Exec(ctx, `SELECT gendan_ticket_home($1)`, int64(id)); err != nil {
		return fmt.Errorf("ticket %d: %w", id, err)
	}
	return nil
}

// TicketByID finds a ticket that the actor sees, whatever its state; crm.ErrNotFound.
func (tx *Tx) TicketByID(ctx context.Context, id crm.TicketID) (TicketRow, error) {
	var row [1]TicketRow
	err := tx.Get(ctx, &row[0], `SELECT `+ticketColumns+` FROM tickets t`+ticketNames+`WHERE t.id = $1 AND t.deleted_at IS NULL`, int64(id))
	if err != nil {
		return row[0], fmt.Errorf("ticket %d: %w", id, err)
	}
	return row[0], tx.openTickets(row[:])
}

func (tx *Tx) openTickets(rows []TicketRow) (err error) {
	for i := range rows {
		t := &rows[i]
		if t.Content, err = tx.Keys.OpenText("tickets", "content", t.SealedContent); err != nil {
			return fmt.Errorf("ticket %d: %w", t.ID, err)
		}
		if t.Resolution, err = tx.Keys.OpenText("tickets", "resolution", t.SealedResolution); err != nil {
			return fmt.Errorf("ticket %d: %w", t.ID, err)
		}
		t.Watchers = make([]crm.UserID, len(t.WatcherIDs))
		for k, id := range t.WatcherIDs {
			t.Watchers[k] = crm.UserID(id)
		}
		t.Breached = t.BreachedNames
		t.SealedContent, t.SealedResolution, t.WatcherIDs, t.BreachedNames = nil, nil, nil, nil
	}
	return nil
}

// SaveTicket writes what differs between a ticket as it was read and as it shall be, and notes the way back. It fills in
// the new version. crm.ErrConflict when somebody changed it since it was read. Nothing differing writes nothing.
func (tx *Tx) SaveTicket(ctx context.Context, was crm.Ticket, t *crm.Ticket) error {
	set := tx.ticketChanges(&was, t)
	if len(set) == 0 {
		return nil
	}
	version, err := tx.Set(ctx, crm.KindTicket, int64(t.ID), was.Version, set)
	if err != nil {
		return err
	}
	t.Version = version
	return nil
}

// ticketChanges are the columns in which t differs from was.
func (tx *Tx) ticketChanges(was, t *crm.Ticket) (set []Col) {
	add := func(differs bool, name string, value any) {
		if differs {
			set = append(set, Col{name, value})
		}
	}
	id := func(name string, old, new int64) { add(old != new, name, orNull(new)) }
	at := func(name string, old, new *time.Time) {
		same := old == nil && new == nil || old != nil && new != nil && old.Equal(*new)
		add(!same, name, new)
	}
	text := func(name, old, new string) { add(old != new, name, new) }
	id("customer_id", int64(was.CustomerID), int64(t.CustomerID))
	id("contact_id", int64(was.ContactID), int64(t.ContactID))
	id("deal_id", int64(was.DealID), int64(t.DealID))
	id("order_id", was.OrderID, t.OrderID)
	id("device_id", was.DeviceID, t.DeviceID)
	id("guest_id", int64(was.GuestID), int64(t.GuestID))
	if was.Content != t.Content {
		set = append(set, tx.SealedCol("tickets", "content", t.Content))
	}
	text("kind", was.Kind, t.Kind)
	text("priority", was.Priority, t.Priority)
	text("state", was.State, t.State)
	id("owner_id", int64(was.OwnerID), int64(t.OwnerID))
	id("team_id", int64(was.TeamID), int64(t.TeamID))
	text("sla", was.SLA, t.SLA)
	at("first_due", was.FirstDue, t.FirstDue)
	at("next_due", was.NextDue, t.NextDue)
	at("solve_due", was.SolveDue, t.SolveDue)
	at("first_at", was.FirstAt, t.FirstAt)
	at("asked_at", was.AskedAt, t.AskedAt)
	at("waiting_since", was.WaitingSince, t.WaitingSince)
	add(was.PausedSeconds != t.PausedSeconds, "paused_seconds", t.PausedSeconds)
	add(was.Level != t.Level, "level", t.Level)
	add(!slices.Equal(was.Breached, t.Breached), "breached", pq.StringArray(slices.Clip(append([]string{}, t.Breached...))))
	add(!slices.Equal(was.Watchers, t.Watchers), "watchers", userIDs(t.Watchers))
	id("merged_into", int64(was.MergedInto), int64(t.MergedInto))
	add(was.Reopened != t.Reopened, "reopened", t.Reopened)
	if was.Resolution != t.Resolution {
		set = append(set, tx.SealedCol("tickets", "resolution", t.Resolution))
	}
	at("closed_at", was.ClosedAt, t.ClosedAt)
	id("closed_by", int64(was.ClosedBy), int64(t.ClosedBy))
	id("touched_by", int64(was.TouchedBy), int64(t.TouchedBy))
	at("touched_at", was.TouchedAt, t.TouchedAt)
	return set
}
