package store

import (
	"context"
	"fmt"
	"time"
)

// LeadFilter selects open leads; zero values select all that the actor sees.
type LeadFilter struct {
	Owners   []int64   // whose, any of them; nil is anybody's
	NoOwner  bool      // only those in the pool
	Source   string    // as written
	From, To time.Time // written down in this time, To excluded
	Limit    int       // rows; at most 1000 are counted
}

// countLeads is where counting leads stops.
const countLeads = 1001

// Leads lists open leads, newest first, and how many there are; the count stops at 1001.
func (tx *Tx) Leads(ctx context.Context, f LeadFilter) (rows []LeadRow, total int, err error) {
	where, args := f.where()
	all := append(args[:len(args):len(args)], f.Limit+1)
	err = tx.Select(ctx, &rows, `
		SELECT `+leadColumns+`
		FROM (SELECT * FROM leads l `+where+fmt.Sprintf(` ORDER BY l.created_at DESC LIMIT $%d`, len(all))+`) l
		LEFT JOIN users u ON u.id = l.owner_id
		ORDER BY l.created_at DESC`, all...)
	if err != nil {
		return nil, 0, fmt.Errorf("leads: %w", err)
	}
	if total = len(rows); total > f.Limit { // there are more than are shown
		rows = rows[:f.Limit]
		args = append(args, countLeads)
		err = tx.Get(ctx, &total, `SELECT count(*) FROM (SELECT 1 FROM leads l `+where+fmt.Sprintf(` LIMIT $%d) q`, len(args)), args...)
		if err != nil {
			return nil, 0, fmt.Errorf("leads: %w", err)
		}
	}
	return rows, total, tx.openLeads(rows)
}

// where composes the condition; every value is an argument.
func (f LeadFilter) where() (string, []any) {
	w, args := `WHERE l.deleted_at IS NULL AND l.state = 'open'`, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		w += fmt.Sprintf(" AND "+condition, len(args))
	}
	switch {
	case f.NoOwner:
		w += ` AND l.owner_id IS NULL`
	case len(f.Owners) == 1: // the index then gives the order, too
		add(`l.owner_id = $%d`, f.Owners[0])
	case f.Owners != nil:
		add(`l.owner_id = ANY ($%d)`, pqInts(f.Owners))
	}
	if f.Source != "" {
		add(`l.source = $%d`, f.Source)
	}
	if !f.From.IsZero() {
		add(`l.created_at >= $%d`, f.From)
	}
	if !f.To.IsZero() {
		add(`l.created_at < $%d`, f.To)
	}
	return w, args
}
