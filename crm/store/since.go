package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// ChangedSince tells which records of an undo entry were changed or deleted after it, whether or not the actor
// still sees them.
func (tx *Tx) ChangedSince(ctx context.Context, steps []UndoStep) (changed []crm.Ref, err error) {
	ids := make([]int64, len(steps))
	for i, s := range steps {
		ids[i] = s.ID
	}
	var rows []struct {
		Kind    string `db:"kind"`
		ID      int64  `db:"id"`
		Version int    `db:"version"`
		Name    string `db:"known_as"`
	}
	if err := tx.Select(ctx, &rows, `SELECT kind, id, version, known_as FROM gendan_versions($1)`, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("changed since: %w", err)
	}
	for _, s := range steps {
		now, name := 0, fmt.Sprintf("#%d", s.ID)
		for _, row := range rows {
			if row.ID == s.ID && row.Kind == string(s.Kind) {
				now, name = row.Version, row.Name
			}
		}
		if now != s.Version {
			changed = append(changed, crm.Ref{Kind: s.Kind, ID: s.ID, Name: name})
		}
	}
	return changed, nil
}

// Below lists the records that hang on customers.
func (tx *Tx) Below(ctx context.Context, customers []int64) (refs []crm.Ref, err error) {
	if len(customers) == 0 {
		return nil, nil
	}
	var rows []struct {
		Kind string `db:"kind"`
		ID   int64  `db:"id"`
	}
	if err := tx.Select(ctx, &rows, `
		SELECT 'contact' AS kind, id FROM contacts WHERE customer_id = ANY ($1) AND deleted_at IS NULL
		UNION ALL SELECT 'deal', id FROM deals WHERE customer_id = ANY ($1) AND deleted_at IS NULL
		UNION ALL SELECT 'activity', id FROM activities WHERE customer_id = ANY ($1) AND deleted_at IS NULL AND type <> 'change'
		UNION ALL SELECT 'order', id FROM orders WHERE customer_id = ANY ($1) AND deleted_at IS NULL
		UNION ALL SELECT 'device', id FROM devices WHERE customer_id = ANY ($1) AND deleted_at IS NULL
		UNION ALL SELECT 'appointment', id FROM appointments WHERE customer_id = ANY ($1) AND deleted_at IS NULL AND state = 'open'
		UNION ALL SELECT 'reminder', id FROM reminders WHERE customer_id = ANY ($1) AND deleted_at IS NULL AND state = 'open'
		UNION ALL SELECT 'ticket', id FROM tickets WHERE customer_id = ANY ($1) AND deleted_at IS NULL
		UNION ALL SELECT 'task', id FROM tasks WHERE customer_id = ANY ($1) AND deleted_at IS NULL AND state = 'open'`, pq.Array(customers)); err != nil {
		return nil, fmt.Errorf("below customers: %w", err)
	}
	for _, row := range rows {
		refs = append(refs, crm.Ref{Kind: crm.Kind(row.Kind), ID: row.ID})
	}
	return refs, nil
}

// UnfollowReminder makes room for another reminder to follow the one that next followed.
func (tx *Tx) UnfollowReminder(ctx context.Context, next crm.ReminderID) error {
	if _, err := tx.Exec(ctx, `UPDATE reminders SET next_id = NULL WHERE next_id = $1`, int64(next)); err != nil {
		return fmt.Errorf("reminder %d: unfollow: %w", next, err)
	}
	return nil
}

// Rebase tells the actor's earlier undo entries that records have new versions although they are as those entries
// left them: a later run on top was taken back. undone are that run's steps, now the versions after taking back.
func (tx *Tx) Rebase(ctx context.Context, undone []UndoStep, now []int) error {
	var rows []struct {
		ID    int64  `db:"id"`
		Steps []byte `db:"steps"`
	}
	if err := tx.Select(ctx, &rows, `
		SELECT id, steps FROM undo WHERE user_id = $1 AND undone_at IS NULL AND expires_at > $2
		ORDER BY id DESC LIMIT 50`, int64(tx.Actor.UserID), tx.Now); err != nil {
		return fmt.Errorf("rebase undo: %w", err)
	}
	for _, row := range rows {
		plain, err := tx.Keys.Open("undo", "steps", row.Steps)
		if err != nil {
			return fmt.Errorf("rebase undo %d: %w", row.ID, err)
		}
		var steps []UndoStep
		if err := json.Unmarshal(plain, &steps); err != nil {
			return fmt.Errorf("rebase undo %d: %w", row.ID, err)
		}
		moved := false
		for i := range steps {
			for j, u := range undone {
				if steps[i].Kind == u.Kind && steps[i].ID == u.ID && steps[i].Version == u.From && u.From > 0 {
					steps[i].Version, moved = now[j], true
				}
			}
		}
		if !moved {
			continue
		}
		if plain, err = json.Marshal(steps); err != nil {
			return fmt.Errorf("rebase undo %d: %w", row.ID, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE undo SET steps = $2 WHERE id = $1`, row.ID, tx.Keys.Seal("undo", "steps", plain)); err != nil {
			return fmt.Errorf("rebase undo %d: %w", row.ID, err)
		}
	}
	return nil
}
