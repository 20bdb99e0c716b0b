package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// Duty is when somebody works and what they can do.
type Duty struct {
	UserID int64          `db:"user_id"`
	Skills pq.StringArray `db:"skills"`
	Shift  string         `db:"shift"` // 周一至周五 09:00-18:00; "" is the company's hours
	Said   []crm.Spell    `db:"-"`     // 上班, 下班, 请假, in the order in which it was said
	Open   int            `db:"open"`  // tickets that are theirs, at most mostOpen

	SaidJSON []byte `db:"said"`
}

// mostOpen is how far open tickets are counted to compare loads.
const mostOpen = 200

// Duties are the duties of people and how much they have to do, in their order.
func (tx *Tx) Duties(ctx context.Context, people []int64) (rows []Duty, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT w.id AS user_id, coalesce(d.skills, '{}') AS skills, coalesce(d.shift, '') AS shift, coalesce(d.said, '[]') AS said,
			(SELECT count(*) FROM (SELECT FROM tickets t WHERE t.owner_id = w.id AND t.deleted_at IS NULL AND t.state <> 'closed' LIMIT $2) open) AS open
		FROM unnest($1::bigint[]) WITH ORDINALITY w (id, place) LEFT JOIN duties d ON d.user_id = w.id
		ORDER BY w.place`, pq.Array(people), mostOpen)
	if err != nil {
		return nil, fmt.Errorf("duties: %w", err)
	}
	for i := range rows {
		if err := json.Unmarshal(rows[i].SaidJSON, &rows[i].Said); err != nil {
			return nil, fmt.Errorf("duty of %d: %w", rows[i].UserID, err)
		}
		rows[i].SaidJSON = nil
	}
	return rows, nil
}

// KeepDuty writes somebody's duty; Open is not part of it.
func (tx *Tx) KeepDuty(ctx context.Context, d Duty) error {
	if d.Skills == nil {
		d.Skills = pq.StringArray{}
	}
	if d.Said == nil {
		d.Said = []crm.Spell{}
	}
	said, err := json.Marshal(d.Said)
	if err != nil {
		return fmt.Errorf("duty of %d: %w", d.UserID, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO duties (user_id, skills, shift, said, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id) DO UPDATE
		SET skills = excluded.skills, shift = excluded.shift, said = excluded.said, updated_at = excluded.updated_at`,
		d.UserID, d.Skills, d.Shift, said, tx.Now)
	if err != nil {
		return fmt.Errorf("duty of %d: %w", d.UserID, err)
	}
	return nil
}
