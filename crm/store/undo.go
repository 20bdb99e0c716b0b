package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
)

// SavedUndo is an undo entry as it was kept.
type SavedUndo struct {
	UndoEntry
	ID       int64
	Created  time.Time
	UndoneAt time.Time // zero while it can still be taken back
}

// FindUndo finds the actor's entry by its code, whatever its state, the newest if there are two. With no code it is
// the latest in the conversation that has not been taken back. It returns [crm.ErrNotFound] when there is none.
func (tx *Tx) FindUndo(ctx context.Context, conversation, code string) (SavedUndo, error) {
	var row struct {
		ID           int64      `db:"id"`
		Code         string     `db:"code"`
		Conversation string     `db:"conversation"`
		Title        []byte     `db:"title"`
		Steps        []byte     `db:"steps"`
		Card         string     `db:"card"`
		Created      time.Time  `db:"created_at"`
		Expires      time.Time  `db:"expires_at"`
		UndoneAt     *time.Time `db:"undone_at"`
		Told         []byte     `db:"told"`
	}
	const columns = `SELECT id, code, conversation, title, steps, card, created_at, expires_at, undone_at, told FROM undo WHERE user_id = $1 AND `
	var err error
	if code != "" {
		err = tx.Get(ctx, &row, columns+`code = $2 ORDER BY id DESC LIMIT 1 FOR UPDATE`, int64(tx.Actor.UserID), code)
	} else {
		err = tx.Get(ctx, &row, columns+`conversation = $2 AND undone_at IS NULL ORDER BY id DESC LIMIT 1 FOR UPDATE`, int64(tx.Actor.UserID), conversation)
	}
	if err != nil {
		return SavedUndo{}, fmt.Errorf("undo %q: %w", code, err)
	}
	u := SavedUndo{ID: row.ID, Created: row.Created}
	u.Code, u.Conversation, u.Card, u.Expires = row.Code, row.Conversation, row.Card, row.Expires
	if row.UndoneAt != nil {
		u.UndoneAt = *row.UndoneAt
	}
	if u.Title, err = tx.Keys.OpenText("undo", "title", row.Title); err != nil {
		return u, err
	}
	if u.Told, err = tx.Keys.Open("undo", "told", row.Told); err != nil {
		return u, err
	}
	steps, err := tx.Keys.Open("undo", "steps", row.Steps)
	if err != nil {
		return u, err
	}
	if err := json.Unmarshal(steps, &u.Steps); err != nil {
		return u, fmt.Errorf("undo %q: %w", code, err)
	}
	return u, nil
}

// MarkUndone closes an entry; it returns [crm.ErrConflict] when that was done before.
// The lines about its records that the run wrote into the history go with it; the audit trail keeps what happened.
func (tx *Tx) MarkUndone(ctx context.Context, u SavedUndo) error {
	var wrote []time.Time
	err := tx.Select(ctx, &wrote, `UPDATE undo SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL RETURNING wrote_at`, u.ID, tx.Now)
	if err == nil && len(wrote) == 0 {
		err = crm.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("undo %d: %w", u.ID, err)
	}
	records := make([]int64, len(u.Steps))
	for i, step := range u.Steps {
		records[i] = step.ID
	}
	if _, err := tx.Exec(ctx, `
		UPDATE activities SET deleted_at = $4, version = version + 1, updated_at = now()
		WHERE created_at = $1 AND at = $2 AND type = 'change' AND deleted_at IS NULL
			AND (customer_id = ANY ($3::bigint[]) OR deal_id = ANY ($3::bigint[]) OR contact_id = ANY ($3::bigint[]))`,
		wrote[0], u.Created, pqInts(records), tx.Now); err != nil {
		return fmt.Errorf("undo %d: history: %w", u.ID, err)
	}
	return nil
}

// Receipt finds the outcome kept under an idempotency key; ok is false when the key has not run. Of another
// person's key nothing is seen, and running under it ends in [crm.ErrConflict].
func (tx *Tx) Receipt(ctx context.Context, key string) (outcome json.RawMessage, ok bool, err error) {
	var sealed []byte
	err = tx.Get(ctx, &sealed, `SELECT outcome FROM receipts WHERE key = $1`, key)
	if errors.Is(err, crm.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	outcome, err = tx.Keys.Open("receipts", "outcome", sealed)
	return outcome, err == nil, err
}
