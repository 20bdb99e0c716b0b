package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
)

// AppointmentRow is an appointment as it is kept, with the names around it.
type AppointmentRow struct {
	ID            int64     `db:"id"`
	CustomerID    int64     `db:"customer_id"`
	TechnicianID  int64     `db:"technician_id"`
	TicketID      int64     `db:"ticket_id"` // 0 for none
	DeviceID      int64     `db:"device_id"` // 0 for none
	From          time.Time `db:"starts_at"`
	To            time.Time `db:"ends_at"`
	SealedContent []byte    `db:"content"`
	SealedAddress []byte    `db:"address"`
	SealedContact []byte    `db:"contact"`
	State         string    `db:"state"`
	CreatedBy     int64     `db:"created_by"`
	Version       int       `db:"version"`
	Customer      string    `db:"customer"` // name, also of one that the reader does not see
	Seen          bool      `db:"seen"`     // the reader sees the customer
	OwnerID       int64     `db:"owner_id"` // of the customer; 0 of one that the reader does not see
	Technician    string    `db:"technician"`
	Total         int       `db:"total"` // of a list

	Content string `db:"-"`
	Address string `db:"-"`
	Contact string `db:"-"` // whom to call
}

const appointmentColumns = `SELECT a.id, a.customer_id, a.technician_id, coalesce(a.ticket_id, 0) AS ticket_id, coalesce(a.device_id, 0) AS device_id,
	a.starts_at, a.ends_at, a.content, a.address, a.contact, a.state, a.created_by, a.version,
	coalesce(c.name, gendan_customer_called(a.customer_id), '') AS customer, c.id IS NOT NULL AS seen, coalesce(c.owner_id, 0) AS owner_id,
	coalesce(u.name, '') AS technician, count(*) OVER () AS total
	FROM appointments a LEFT JOIN customers c ON c.id = a.customer_id LEFT JOIN users u ON u.id = a.technician_id `

// AddAppointment creates an appointment and notes it for undo.
func (tx *Tx) AddAppointment(ctx context.Context, a crm.Appointment, content, address, contact string) (crm.AppointmentID, error) {
	var id int64
	err := tx.Get(ctx, &id, `
		INSERT INTO appointments (customer_id, technician_id, ticket_id, device_id, starts_at, ends_at, content, address, contact, created_by, created_at, updated_at)
		VALUES ($1, $2, nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11, $11)
		RETURNING id`,
		int64(a.CustomerID), int64(a.TechnicianID), a.TicketID, int64(a.DeviceID), a.From, a.To, tx.Keys.SealText("appointments", "content", content),
		tx.Keys.SealText("appointments", "address", address), tx.Keys.SealText("appointments", "contact", contact), int64(tx.Actor.UserID), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("appointment: %w", err)
	}
	tx.Created(crm.KindAppointment, id, 1)
	return crm.AppointmentID(id), nil
}

// AppointmentByID finds an appointment that the actor sees, whatever its state; crm.ErrNotFound.
func (tx *Tx) AppointmentByID(ctx context.Context, id crm.AppointmentID) (AppointmentRow, error) {
	var row [1]AppointmentRow
	if err := tx.Get(ctx, &row[0], appointmentColumns+`WHERE a.id = $1 AND a.deleted_at IS NULL`, int64(id)); err != nil {
		return row[0], fmt.Errorf("appointment %d: %w", id, err)
	}
	return row[0], tx.openAppointments(row[:])
}

// AppointmentQuery selects open appointments; zero values select all.
type AppointmentQuery struct {
	People   []int64 // technicians; nil is anybody
	Customer crm.CustomerID
	From, To time.Time // they end after From and begin before To
	Limit    int
	Skip     int
}

// Appointments lists open appointments, earliest first; Total of each is of all.
func (tx *Tx) Appointments(ctx context.Context, q AppointmentQuery) (rows []AppointmentRow, err error) {
	w, args := `WHERE a.deleted_at IS NULL AND a.state = 'open'`, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		w += fmt.Sprintf(" AND "+condition, len(args))
	}
	if q.People != nil {
		add(`a.technician_id = ANY ($%d)`, pqInts(q.People))
	}
	if q.Customer != 0 {
		add(`a.customer_id = $%d`, int64(q.Customer))
	}
	if !q.From.IsZero() {
		add(`a.ends_at > $%d`, q.From)
	}
	if !q.To.IsZero() {
		add(`a.starts_at < $%d`, q.To)
	}
	n := len(args)
	err = tx.Select(ctx, &rows, appointmentColumns+w+fmt.Sprintf(` ORDER BY a.starts_at, a.id LIMIT $%d OFFSET $%d`, n+1, n+2), append(args, q.Limit, q.Skip)...)
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	return rows, tx.openAppointments(rows)
}

func (tx *Tx) openAppointments(rows []AppointmentRow) (err error) {
	for i := range rows {
		a := &rows[i]
		for column, into := range map[string]struct {
			sealed []byte
			text   *string
		}{"content": {a.SealedContent, &a.Content}, "address": {a.SealedAddress, &a.Address}, "contact": {a.SealedContact, &a.Contact}} {
			if *into.text, err = tx.Keys.OpenText("appointments", column, into.sealed); err != nil {
				return fmt.Errorf("appointment %d: %w", a.ID, err)
			}
		}
		a.SealedContent, a.SealedAddress, a.SealedContact = nil, nil, nil
	}
	return nil
}

// Busy is when a colleague is at customers between two moments, beside one appointment; at whose, it does not tell.
func (tx *Tx) Busy(ctx context.Context, who crm.UserID, from, to time.Time, beside crm.AppointmentID) (busy []crm.Stretch, err error) {
	var rows []struct {
		From time.Time `db:"starts_at"`
		To   time.Time `db:"ends_at"`
	}
	if err = tx.Select(ctx, &rows, `SELECT starts_at, ends_at FROM gendan_busy($1, $2, $3) WHERE id <> $4`, int64(who), from, to, int64(beside)); err != nil {
		return nil, fmt.Errorf("user %d: busy: %w", who, err)
	}
	for _, r := range rows {
		busy = append(busy, crm.Stretch{From: r.From, To: r.To})
	}
	return busy, nil
}

// LockSchedule keeps others from making or moving appointments of who until the transaction ends.
func (tx *Tx) LockSchedule(ctx context.Context, who crm.UserID) error {
	var locked string
	if err := tx.Get(ctx, &locked, `SELECT pg_advisory_xact_lock(hashtextextended('appointment:' || $1::bigint, 0))::text`, int64(who)); err != nil {
		return fmt.Errorf("user %d: schedule: %w", who, err)
	}
	return nil
}

// GuestOf is the customer's side of a talk: the ticket's, else of the customer whoever wrote last in a dialogue; 0 when there is none.
func (tx *Tx) GuestOf(ctx context.Context, ticket crm.TicketID, customer crm.CustomerID) (id crm.GuestID, err error) {
	if err = tx.Get(ctx, &id, `
		SELECT coalesce((SELECT guest_id FROM tickets WHERE id = $1 AND deleted_at IS NULL),
			(SELECT id FROM guests WHERE customer_id = $2 AND platform = 'kf' ORDER BY last_seen DESC LIMIT 1), 0)`, int64(ticket), int64(customer)); err != nil {
		return 0, fmt.Errorf("guest of customer %d: %w", customer, err)
	}
	return id, nil
}

// AppointmentEver is [Tx.AppointmentByID], also of one that was taken back; gone tells so.
func (tx *Tx) AppointmentEver(ctx context.Context, id crm.AppointmentID) (row AppointmentRow, gone bool, err error) {
	var rows []AppointmentRow
	if err := tx.Select(ctx, &rows, appointmentColumns+`WHERE a.id = $1`, int64(id)); err != nil {
		return row, false, fmt.Errorf("appointment %d: %w", id, err)
	}
	if len(rows) == 0 {
		return row, false, fmt.Errorf("appointment %d: %w", id, crm.ErrNotFound)
	}
	if err := tx.openAppointments(rows); err != nil {
		return row, false, err
	}
	_, err = tx.AppointmentByID(ctx, id)
	if gone = errors.Is(err, crm.ErrNotFound); gone {
		err = nil
	}
	return rows[0], gone, err
}

// StopVisitOffers takes back what the customer of an appointment would be told by SMS or mail and has not been told yet. told says
// that they have been told something of it before.
func (tx *Tx) StopVisitOffers(ctx context.Context, id crm.AppointmentID, reason string) (stopped int, told bool, err error) {
	back, err := tx.takeBack(ctx, reason, `o.source = 'appointment' AND o.source_id = $3`, int64(id))
	if err == nil {
		err = tx.Get(ctx, &told, `SELECT EXISTS (SELECT FROM offers WHERE source = 'appointment' AND source_id = $1 AND (state = 'sent' OR withdrawn))`, int64(id))
	}
	if err != nil {
		return 0, false, fmt.Errorf("appointment %d: stop news: %w", id, err)
	}
	return len(back), told, nil
}
