package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// TaskRow is a task as it is kept, with the names around it.
type TaskRow struct {
	ID         int64   `db:"id"`
	UserID     int64   `db:"user_id"`
	CreatedBy  int64   `db:"created_by"`
	CustomerID *int64  `db:"customer_id"`
	TicketID   *int64  `db:"ticket_id"` // the ticket that it is a part of
	Sealed     []byte  `db:"content"`
	Due        *string `db:"due"` // 2006-01-02
	State      string  `db:"state"`
	Version    int     `db:"version"`
	Customer   string  `db:"customer"`
	FromName   string  `db:"from_name"` // who gave it
	UserName   string  `db:"user_name"` // whom it is for

	Content string `db:"-"`
}

// AddTask creates t and notes it for undo.
func (tx *Tx) AddTask(ctx context.Context, t crm.Task) (crm.TaskID, error) {
	var due *string
	if t.Due != nil {
		day := t.Due.Format(time.DateOnly)
		due = &day
	}
	var id int64
	err := tx.Get(ctx, &id, `
		INSERT INTO tasks (user_id, created_by, customer_id, content, due, ticket_id, created_at, updated_at)
		VALUES ($1, $2, nullif($3::bigint, 0), $4, $5::text::date, nullif($7::bigint, 0), $6, $6)
		RETURNING id`,
		int64(t.UserID), int64(t.CreatedBy), int64(t.CustomerID), tx.Keys.SealText("tasks", "content", t.Content), due, tx.Now, int64(t.TicketID))
	if err != nil {
		return 0, fmt.Errorf("task: %w", err)
	}
	tx.Created(crm.KindTask, id, 1)
	return crm.TaskID(id), nil
}

const taskColumns = `t.id, t.user_id, t.created_by, t.customer_id, t.ticket_id, t.content, t.due::text AS due, t.state, t.version,
	coalesce(c.name, '') AS customer, coalesce(u.name, '') AS from_name, coalesce(w.name, '') AS user_name
	FROM tasks t LEFT JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.id = t.created_by LEFT JOIN users w ON w.id = t.user_id
	`

// TaskByID finds a task that the actor sees; crm.ErrNotFound.
func (tx *Tx) TaskByID(ctx context.Context, id crm.TaskID) (TaskRow, error) {
	var row [1]TaskRow
	if err := tx.Get(ctx, &row[0], `SELECT `+taskColumns+`WHERE t.id = $1 AND t.deleted_at IS NULL`, int64(id)); err != nil {
		return row[0], fmt.Errorf("task %d: %w", id, err)
	}
	return row[0], tx.openTasks(row[:])
}

// TasksOf lists the open tasks of user, of one customer or with 0 of any, earliest first.
func (tx *Tx) TasksOf(ctx context.Context, user crm.UserID, customer crm.CustomerID, limit int) ([]TaskRow, error) {
	var rows []TaskRow
	err := tx.Select(ctx, &rows, `
		SELECT `+taskColumns+`
		WHERE t.user_id = $1 AND t.state = 'open' AND t.deleted_at IS NULL AND (t.customer_id = $2 OR $2::bigint = 0)
		ORDER BY t.due NULLS LAST, t.id LIMIT $3`, int64(user), int64(customer), limit)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return rows, tx.openTasks(rows)
}

// TasksOfTicket lists what departments do about a ticket, done or not, newest first.
func (tx *Tx) TasksOfTicket(ctx context.Context, ticket crm.TicketID) ([]TaskRow, error) {
	var rows []TaskRow
	err := tx.Select(ctx, &rows, `SELECT `+taskColumns+`WHERE t.ticket_id = $1 AND t.deleted_at IS NULL ORDER BY t.id DESC LIMIT $2`, int64(ticket), 20)
	if err != nil {
		return nil, fmt.Errorf("ticket %d: tasks: %w", ticket, err)
	}
	return rows, tx.openTasks(rows)
}

// TasksDue lists the open tasks of user that are due on or before day, or without a day, earliest first.
func (tx *Tx) TasksDue(ctx context.Context, user crm.UserID, day string, limit int) ([]TaskRow, error) {
	var rows []TaskRow
	err := tx.Select(ctx, &rows, `
		SELECT `+taskColumns+`
		WHERE t.user_id = $1 AND t.state = 'open' AND t.deleted_at IS NULL AND (t.due IS NULL OR t.due <= $2::text::date)
		ORDER BY t.due NULLS LAST, t.id LIMIT $3`, int64(user), day, limit)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return rows, tx.openTasks(rows)
}

func (tx *Tx) openTasks(rows []TaskRow) (err error) {
	for i := range rows {
		if rows[i].Content, err = tx.Keys.OpenText("tasks", "content", rows[i].Sealed); err != nil {
			return fmt.Errorf("task %d: %w", rows[i].ID, err)
		}
		rows[i].Sealed = nil
	}
	return nil
}
