package store

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
)

// RepairRow is where a thing is on its way.
type RepairRow struct {
	ID      int64  `db:"id"` // 0: it has no way yet
	Flow    string `db:"flow"`
	Step    string `db:"step"`
	Told    string `db:"told"` // the steps the customer was told of, set apart by 、
	Version int    `db:"version"`
}

// Knows tells whether the customer was told of a step.
func (r RepairRow) Knows(step string) bool {
	for told := range strings.SplitSeq(r.Told, "、") {
		if told == step {
			return true
		}
	}
	return false
}

// RepairOf is the way of a ticket's thing; a zero row when it has none yet.
func (tx *Tx) RepairOf(ctx context.Context, ticket crm.TicketID) (r RepairRow, err error) {
	var rows []RepairRow
	if err = tx.Select(ctx, &rows, `SELECT id, flow, step, told, version FROM repairs WHERE ticket_id = $1 AND deleted_at IS NULL`, int64(ticket)); err != nil {
		return r, fmt.Errorf("repair of ticket %d: %w", ticket, err)
	}
	if len(rows) > 0 {
		r = rows[0]
	}
	return r, nil
}

// AddRepair begins the way of a ticket's thing and notes it for undo. crm.ErrConflict when it has begun already.
func (tx *Tx) AddRepair(ctx context.Context, ticket crm.TicketID, flow, step string) (int64, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `INSERT INTO repairs (ticket_id, flow, step, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING RETURNING id`,
		int64(ticket), flow, step, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("repair of ticket %d: %w", ticket, err)
	}
	if len(ids) == 0 {
		return 0, fmt.Errorf("repair of ticket %d: %w", ticket, crm.ErrConflict)
	}
	tx.Created(crm.KindRepair, ids[0], 1)
	return ids[0], nil
}

// RepairTold notes that the customer was told of a step. It is no part of the way back: what was read was read.
func (tx *Tx) RepairTold(ctx context.Context, id int64, step string) error {
	if _, err := tx.Exec(ctx, `UPDATE repairs SET told = concat_ws('、', nullif(told, ''), $2::text) WHERE id = $1`, id, step); err != nil {
		return fmt.Errorf("repair %d: told: %w", id, err)
	}
	return nil
}
