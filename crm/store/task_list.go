package store

import (
	"context"
	"fmt"

	"gendan/crm"
)

// TaskQuery selects open tasks; zero values select all that the actor sees.
type TaskQuery struct {
	Users    []int64 // for any of them; nil is anybody
	From     crm.UserID
	Customer crm.CustomerID
	Back     bool // call-backs after a low score only
	Limit    int
}

// OpenTasks lists open tasks, the earliest due first, and counts them all.
func (tx *Tx) OpenTasks(ctx context.Context, q TaskQuery) ([]TaskRow, int, error) {
	var rows []struct {
		TaskRow
		Total int `db:"total"`
	}
	err := tx.Select(ctx, &rows, `
		SELECT count(*) OVER () AS total, `+taskColumns+`
		WHERE t.state = 'open' AND t.deleted_at IS NULL
			AND (t.user_id = ANY ($1::bigint[]) OR $1::bigint[] IS NULL)
			AND (t.created_by = $2 AND t.user_id <> $2 OR $2::bigint = 0)
			AND (t.customer_id = $3 OR $3::bigint = 0)
			AND (NOT $5 OR EXISTS (SELECT FROM survey_answers s WHERE s.task_id = t.id))
		ORDER BY t.due NULLS LAST, t.id LIMIT $4`, pqInts(q.Users), int64(q.From), int64(q.Customer), q.Limit, q.Back)
	if err != nil {
		return nil, 0, fmt.Errorf("tasks: %w", err)
	}
	out, total := make([]TaskRow, len(rows)), 0
	for i, r := range rows {
		out[i], total = r.TaskRow, r.Total
	}
	return out, total, tx.openTasks(out)
}
