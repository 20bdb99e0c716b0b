package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/crm"
)

// SegmentRow is a saved filter.
type SegmentRow struct {
	ID        int64     `db:"id"`
	Name      string    `db:"name"`
	Filter    []byte    `db:"filter"` // JSON of a crm.Filter
	OwnerID   int64     `db:"owner_id"`
	OwnerName string    `db:"owner_name"`
	Version   int       `db:"version"`
	CreatedAt time.Time `db:"created_at"`
}

const segmentColumns = `s.id, s.name, s.filter, s.owner_id, coalesce(u.name, '') AS owner_name, s.version, s.created_at`

const segmentsFrom = `
	FROM segments s LEFT JOIN users u ON u.id = s.owner_id WHERE s.deleted_at IS NULL`

// SegmentNamed finds a saved filter by its name; crm.ErrNotFound.
func (tx *Tx) SegmentNamed(ctx context.Context, name string) (s SegmentRow, err error) {
	if err = tx.Get(ctx, &s, `SELECT `+segmentColumns+segmentsFrom+` AND s.name_key = $1`, crm.Fold(name)); err != nil {
		return s, fmt.Errorf("segment %q: %w", name, err)
	}
	return s, nil
}

// SegmentByID finds a saved filter; crm.ErrNotFound.
func (tx *Tx) SegmentByID(ctx context.Context, id int64) (s SegmentRow, err error) {
	if err = tx.Get(ctx, &s, `SELECT `+segmentColumns+segmentsFrom+` AND s.id = $1`, id); err != nil {
		return s, fmt.Errorf("segment %d: %w", id, err)
	}
	return s, nil
}

// Segments lists the saved filters, newest first, and counts them.
func (tx *Tx) Segments(ctx context.Context, limit, skip int) (all []SegmentRow, total int, err error) {
	var rows []struct {
		SegmentRow
		Total int `db:"total"`
	}
	if err = tx.Select(ctx, &rows, `SELECT `+segmentColumns+`, count(*) OVER () AS total`+segmentsFrom+` ORDER BY s.id DESC LIMIT $1 OFFSET $2`, limit, skip); err != nil {
		return nil, 0, fmt.Errorf("segments: %w", err)
	}
	for _, row := range rows {
		all, total = append(all, row.SegmentRow), row.Total
	}
	return all, total, nil
}

// AddSegment saves a filter and notes it for undo; crm.ErrConflict when the name is taken, the transaction goes on.
func (tx *Tx) AddSegment(ctx context.Context, name string, f crm.Filter) (int64, error) {
	filter, err := json.Marshal(f)
	if err != nil {
		return 0, fmt.Errorf("segment: %w", err)
	}
	var ids []int64
	if err := tx.Select(ctx, &ids, `
		INSERT INTO segments (name, name_key, filter, owner_id, created_at, updated_at) VALUES ($1, $2, $3::text::jsonb, $4, $5, $5)
		ON CONFLICT DO NOTHING RETURNING id`, name, crm.Fold(name), string(filter), int64(tx.Actor.UserID), tx.Now); err != nil {
		return 0, fmt.Errorf("segment: %w", err)
	}
	if len(ids) == 0 {
		return 0, fmt.Errorf("segment: %w", crm.ErrConflict)
	}
	tx.Created(crm.KindSegment, ids[0], 1)
	return ids[0], nil
}

// LookAtSegment brings the kept members of a segment up to date; q is its filter now. What has not changed since the last
// look is not looked at again.
func (tx *Tx) LookAtSegment(ctx context.Context, id int64, q CustomerQuery) error {
	f, err := q.json(tx.Keys)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT gendan_look($1, $2::text::jsonb, $3)`, id, f, tx.Now)
	}
	if err != nil {
		return fmt.Errorf("segment %d: %w", id, err)
	}
	return nil
}

// LookIsLong tells whether the next look at a segment has to go through everybody, and everybody is more than most; q is its
// filter now. With id 0 it tells that of a segment nobody has looked at.
func (tx *Tx) LookIsLong(ctx context.Context, id int64, q CustomerQuery, most int) (long bool, err error) {
	f, err := q.json(tx.Keys)
	if err == nil {
		err = tx.Get(ctx, &long, `SELECT gendan_look_is_long($1, $2::text::jsonb, $3, $4)`, id, f, tx.Now, most)
	}
	if err != nil {
		return false, fmt.Errorf("segment %d: %w", id, err)
	}
	return long, nil
}

// LookStands tells whether the members that are kept of a segment were looked at within the bounds of a replica's age.
func (tx *Tx) LookStands(ctx context.Context, id int64, q CustomerQuery) (stands bool, err error) {
	f, err := q.json(tx.Keys)
	if err == nil {
		err = tx.Get(ctx, &stands, `SELECT gendan_look_stands($1, $2::text::jsonb, $3)`, id, f, tx.Now.Add(-staleAfter))
	}
	if err != nil {
		return false, fmt.Errorf("segment %d: %w", id, err)
	}
	return stands, nil
}

// AgeRFM gives new marks to customers whose time has come, at most that many, and tells how many they were.
func (tx *Tx) AgeRFM(ctx context.Context, most int) (n int, err error) {
	if err = tx.Get(ctx, &n, `SELECT gendan_age_rfm($1, $2)`, tx.Now, most); err != nil {
		return 0, fmt.Errorf("age rfm: %w", err)
	}
	return n, nil
}

// ForgetChanges drops the changes of customers that every segment has looked at. Only the service may.
func (tx *Tx) ForgetChanges(ctx context.Context) (n int, err error) {
	if err = tx.Get(ctx, &n, `SELECT gendan_forget_changes()`); err != nil {
		return 0, fmt.Errorf("forget changes: %w", err)
	}
	return n, nil
}
