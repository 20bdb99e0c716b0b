package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// ReminderRow is a reminder as it is kept, with the names around it.
type ReminderRow struct {
	ID         int64     `db:"id"`
	UserID     int64     `db:"user_id"`
	CreatedBy  int64     `db:"created_by"`
	CustomerID *int64    `db:"customer_id"`
	ContactID  *int64    `db:"contact_id"`
	Sealed     []byte    `db:"content"`
	At         time.Time `db:"at"`
	FirstAt    time.Time `db:"first_at"`
	Repeat     string    `db:"repeat"`
	State      string    `db:"state"`
	NextID     *int64    `db:"next_id"` // the one that follows it in its series
	Version    int       `db:"version"`
	UserName   string    `db:"user_name"`
	Zone       string    `db:"zone"`     // of the user; "" is the company's
	Customer   string    `db:"customer"` // "" when it concerns none, or one that the actor does not see
	Contact    string    `db:"contact"`

	Content string `db:"-"`
}

// Reminder is the row as the rules know it.
func (r ReminderRow) Reminder() crm.Reminder {
	rem := crm.Reminder{ID: crm.ReminderID(r.ID), UserID: crm.UserID(r.UserID), CreatedBy: crm.UserID(r.CreatedBy), Content: r.Content,
		At: r.At, First: r.FirstAt, Repeat: crm.Repeat(r.Repeat), State: r.State, Version: r.Version}
	if r.CustomerID != nil {
		rem.CustomerID = crm.CustomerID(*r.CustomerID)
	}
	if r.ContactID != nil {
		rem.ContactID = crm.ContactID(*r.ContactID)
	}
	return rem
}

const reminderColumns = `r.id, r.user_id, r.created_by, r.customer_id, r.contact_id, r.content, r.at, r.first_at, r.repeat, r.state, r.next_id, r.version,
	coalesce(u.name, '') AS user_name, coalesce(u.zone, '') AS zone, coalesce(c.name, '') AS customer, coalesce(p.name, '') AS contact`

const reminderJoins = ` FROM reminders r
	LEFT JOIN users u ON u.id = r.user_id
	LEFT JOIN customers c ON c.id = r.customer_id
	LEFT JOIN contacts p ON p.id = r.contact_id `

// AddReminder creates r and notes it for undo. The timer is the caller's.
func (tx *Tx) AddReminder(ctx context.Context, r crm.Reminder) (crm.ReminderID, error) {
	var id int64
	err := tx.Get(ctx, &id, `
		INSERT INTO reminders (user_id, created_by, customer_id, contact_id, content, at, first_at, repeat, created_at, updated_at)
		VALUES ($1, $2, nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8, $9, $9)
		RETURNING id`,
		int64(r.UserID), int64(r.CreatedBy), int64(r.CustomerID), int64(r.ContactID), tx.Keys.SealText("reminders", "content", r.Content),
		r.At, r.First, string(r.Repeat), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("reminder: %w", err)
	}
	tx.Created(crm.KindReminder, id, 1)
	return crm.ReminderID(id), nil
}

// ReminderByID finds a reminder that the actor sees; crm.ErrNotFound.
func (tx *Tx) ReminderByID(ctx context.Context, id crm.ReminderID) (ReminderRow, error) {
	var row [1]ReminderRow
	err := tx.Get(ctx, &row[0], `SELECT `+reminderColumns+reminderJoins+`WHERE r.id = $1 AND r.deleted_at IS NULL`, int64(id))
	if err != nil {
		return row[0], fmt.Errorf("reminder %d: %w", id, err)
	}
	return row[0], tx.openReminders(row[:])
}

// RemindersOf lists open reminders of users (nil: all the actor sees), earliest first, and counts them all.
// Zero times are open ends; customer 0 is any.
func (tx *Tx) RemindersOf(ctx context.Context, users []int64, customer crm.CustomerID, from, to time.Time, limit int) ([]ReminderRow, int, error) {
	w, args := `WHERE r.deleted_at IS NULL AND r.state = 'open'`, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		w += fmt.Sprintf(" AND "+condition, len(args))
	}
	if users != nil {
		add(`r.user_id = ANY($%d)`, pqInts(users))
	}
	if customer != 0 {
		add(`r.customer_id = $%d`, int64(customer))
	}
	if !from.IsZero() {
		add(`r.at >= $%d`, from)
	}
	if !to.IsZero() {
		add(`r.at < $%d`, to)
	}
	args = append(args, limit)
	var rows []struct {
		ReminderRow
		Total int `db:"total"`
	}
	err := tx.Select(ctx, &rows, `SELECT `+reminderColumns+`, count(*) OVER () AS total`+reminderJoins+w+
		` ORDER BY r.at, r.id LIMIT $`+fmt.Sprint(len(args)), args...)
	if err != nil {
		return nil, 0, fmt.Errorf("reminders: %w", err)
	}
	out, total := make([]ReminderRow, len(rows)), 0
	for i, r := range rows {
		out[i], total = r.ReminderRow, r.Total
	}
	return out, total, tx.openReminders(out)
}

func (tx *Tx) openReminders(rows []ReminderRow) (err error) {
	for i := range rows {
		if rows[i].Content, err = tx.Keys.OpenText("reminders", "content", rows[i].Sealed); err != nil {
			return fmt.Errorf("reminder %d: %w", rows[i].ID, err)
		}
		rows[i].Sealed = nil
	}
	return nil
}

// Rang tells whether reminder id has rung for that time.
func (tx *Tx) Rang(ctx context.Context, id crm.ReminderID, at time.Time) (rang bool, err error) {
	// By the beginning of the dedupe key, which is indexed: most fired timers have left the index by subject.
	err = tx.Get(ctx, &rang, `
		SELECT EXISTS (SELECT FROM timers
			WHERE dedupe = ANY (SELECT 'reminder:' || $1::bigint || ':' || v FROM generate_series(1, (SELECT version FROM reminders WHERE id = $1)) v)
				AND state = 1 AND due = $2)`, int64(id), at)
	if err != nil {
		return false, fmt.Errorf("reminder %d: rang: %w", id, err)
	}
	return rang, nil
}

// FollowReminder notes that next follows id in its series. crm.ErrConflict when another one does already.
func (tx *Tx) FollowReminder(ctx context.Context, id, next crm.ReminderID) error {
	n, err := tx.Exec(ctx, `UPDATE reminders SET next_id = $2 WHERE id = $1 AND next_id IS NULL`, int64(id), int64(next))
	if err == nil && n == 0 {
		err = crm.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("reminder %d: next: %w", id, err)
	}
	return nil
}

// DropBefore cancels the open reminder that id follows: when a series rings again, its last ring is no longer due.
func (tx *Tx) DropBefore(ctx context.Context, id crm.ReminderID) error {
	_, err := tx.Exec(ctx, `
		UPDATE reminders SET state = 'cancelled', version = version + 1, updated_at = $2
		WHERE next_id = $1 AND state = 'open'`, int64(id), tx.Now)
	if err != nil {
		return fmt.Errorf("reminder %d: before: %w", id, err)
	}
	return nil
}
