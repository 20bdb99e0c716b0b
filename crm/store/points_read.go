package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// entryRow is a row of points_ledger.
type entryRow struct {
	ID         int64          `db:"id"`
	Customer   int64          `db:"customer_id"`
	Seq        int            `db:"seq"`
	At         time.Time      `db:"at"`
	Kind       string         `db:"kind"`
	Points     int64          `db:"points"`
	Owed       int64          `db:"owed"`
	Balance    int64          `db:"balance"`
	Ends       pq.StringArray `db:"ends"`
	Parts      pq.Int64Array  `db:"parts"`
	SourceKind string         `db:"source_kind"`
	SourceID   int64          `db:"source_id"`
	Reverses   int64          `db:"reverses"`
	Amount     int64          `db:"amount"`
	Counts     string         `db:"counts"`
	By         int64          `db:"user_id"`
	ByName     string         `db:"by_name"`
	Gift       string         `db:"gift"`
	Gifts      int            `db:"gifts"`
	Note       []byte         `db:"note"`
}

const entryColumns = `l.id, l.customer_id, l.seq, l.at, l.kind, l.points, l.owed, l.balance, l.ends::text[] AS ends, l.parts, l.source_kind, l.source_id,
	coalesce(l.reverses, 0) AS reverses, l.amount, coalesce(l.counts::text, '') AS counts, coalesce(l.user_id, 0) AS user_id, l.gift, l.gifts, l.note`

// PointsLine is an entry of the ledger and who made it.
type PointsLine struct {
	crm.PointsEntry
	ByName string // "" is the service itself
}

func (tx *Tx) entry(r entryRow) (e PointsLine, err error) {
	e.PointsEntry = crm.PointsEntry{ID: crm.PointsID(r.ID), Customer: crm.CustomerID(r.Customer), Seq: r.Seq, At: r.At, Kind: r.Kind, Points: r.Points, Owed: r.Owed,
		Balance: r.Balance, Lots: lotsOf(r.Ends, r.Parts), Source: crm.PointsSource{Kind: crm.Kind(r.SourceKind), ID: r.SourceID},
		Reverses: crm.PointsID(r.Reverses), Amount: crm.Money(r.Amount), Counts: r.Counts, By: crm.UserID(r.By), Gift: r.Gift, Gifts: r.Gifts}
	e.ByName = r.ByName
	if e.Note, err = tx.OpenText("points_ledger", "note", r.Note); err != nil {
		return e, fmt.Errorf("points %d: %w", r.ID, err)
	}
	return e, nil
}

// PointsEntry is one entry of the ledger.
func (tx *Tx) PointsEntry(ctx context.Context, id crm.PointsID) (crm.PointsEntry, error) {
	var row entryRow
	if err := tx.Get(ctx, &row, `SELECT `+entryColumns+` FROM points_ledger l WHERE l.id = $1`, int64(id)); err != nil {
		return crm.PointsEntry{}, fmt.Errorf("points %d: %w", id, err)
	}
	e, err := tx.entry(row)
	return e.PointsEntry, err
}

// PointsHistory are a customer's entries, the newest first, and how many there are in all.
func (tx *Tx) PointsHistory(ctx context.Context, customer crm.CustomerID, limit, skip int) (lines []PointsLine, total int, err error) {
	var rows []struct {
		entryRow
		Total int `db:"total"`
	}
	if err := tx.Select(ctx, &rows, `
		SELECT `+entryColumns+`, coalesce(u.name, '') AS by_name, count(*) OVER () AS total
		FROM points_ledger l LEFT JOIN users u ON u.id = l.user_id
		WHERE l.customer_id = $1 ORDER BY l.seq DESC LIMIT $2 OFFSET $3`, int64(customer), limit, skip); err != nil {
		return nil, 0, fmt.Errorf("points of %d: %w", customer, err)
	}
	for _, r := range rows {
		e, err := tx.entry(r.entryRow)
		if err != nil {
			return nil, 0, err
		}
		lines, total = append(lines, e), r.Total
	}
	return lines, total, nil
}

// PointsBySource is what a purchase has earned and counted so far, whoever's account it went to. since is the day of it.
type PointsBySource struct {
	Customer crm.CustomerID `db:"customer_id"`
	Value    int64          `db:"value"`
	Amount   int64          `db:"amount"`
	Counts   string         `db:"counts"`
	Last     string         `db:"last"` // the last day of the points it gave; "" when it gave none
}

// PointsOf is what a purchase has earned so far, if anything, and whose account that is now: of a customer who was merged into
// another one it is the other's.
func (tx *Tx) PointsOf(ctx context.Context, source crm.PointsSource) (list []PointsBySource, err error) {
	if err := tx.Select(ctx, &list, `
		SELECT coalesce(c.merged_into, l.customer_id) AS customer_id, sum(l.points - l.owed)::bigint AS value, sum(l.amount)::bigint AS amount,
			coalesce(min(l.counts)::text, '') AS counts, coalesce((array_agg(l.ends[1] ORDER BY l.seq) FILTER (WHERE l.kind = 'earn'))[1]::text, '') AS last
		FROM points_ledger l LEFT JOIN customers c ON c.id = l.customer_id
		WHERE l.source_kind = $1 AND l.source_id = $2 AND l.kind IN ('earn', 'refund')
		GROUP BY 1 ORDER BY 1`, string(source.Kind), source.ID); err != nil {
		return nil, fmt.Errorf("points of %s %d: %w", source.Kind, source.ID, err)
	}
	return list, nil
}

// PointsProgress is what customers have bought and earned after a day, 2006-01-02: what their tiers go by. What those bought
// that became a part of them counts.
func (tx *Tx) PointsProgress(ctx context.Context, customers []int64, after string) (map[crm.CustomerID]crm.Progress, error) {
	var rows []struct {
		Customer int64 `db:"customer_id"`
		Spent    int64 `db:"spent"`
		Points   int64 `db:"points"`
	}
	if err := tx.Select(ctx, &rows, `SELECT customer_id, spent, points FROM gendan_points_progress($1, $2::date)`, pq.Array(customers), after); err != nil {
		return nil, fmt.Errorf("points progress: %w", err)
	}
	m := make(map[crm.CustomerID]crm.Progress, len(rows))
	for _, r := range rows {
		m[crm.CustomerID(r.Customer)] = crm.Progress{Spent: crm.Money(r.Spent), Points: r.Points}
	}
	return m, nil
}

// OrderCategories are the categories of an order's lines, in their order; "" where it has none.
func (tx *Tx) OrderCategories(ctx context.Context, order crm.OrderID) (list []string, err error) {
	if err := tx.Select(ctx, &list, `
		SELECT coalesce(p.category, '') FROM order_items i LEFT JOIN products p ON p.id = i.product_id
		WHERE i.order_id = $1 ORDER BY i.line`, int64(order)); err != nil {
		return nil, fmt.Errorf("order %d: categories: %w", order, err)
	}
	return list, nil
}

// LastTier is the last change of a customer's tier; [crm.ErrNotFound] when there was none.
func (tx *Tx) LastTier(ctx context.Context, customer crm.CustomerID) (c crm.TierChange, err error) {
	var row struct {
		Why        string `db:"why"`
		From       string `db:"from_tier"`
		FromUntil  string `db:"from_until"`
		To         string `db:"to_tier"`
		ToUntil    string `db:"to_until"`
		SourceKind string `db:"source_kind"`
		SourceID   int64  `db:"source_id"`
	}
	err = tx.Get(ctx, &row, `
		SELECT why, from_tier, coalesce(from_until::text, '') AS from_until, to_tier, coalesce(to_until::text, '') AS to_until, source_kind, source_id
		FROM points_tiers WHERE customer_id = $1 ORDER BY id DESC LIMIT 1`, int64(customer))
	if err != nil {
		return c, fmt.Errorf("tier of %d: %w", customer, err)
	}
	return crm.TierChange{Customer: customer, Why: row.Why, From: row.From, FromEnd: row.FromUntil, To: row.To, ToEnd: row.ToUntil,
		Source: crm.PointsSource{Kind: crm.Kind(row.SourceKind), ID: row.SourceID}}, nil
}

// TakeGift notes that some of a gift are gone: n of them, back with n below zero. It returns [crm.ErrConflict] when there
// are not that many; stock is how many there are in all, 0 for as many as are wanted.
func (tx *Tx) TakeGift(ctx context.Context, name string, n, stock int) error {
	var taken int
	err := tx.Get(ctx, &taken, `
		INSERT INTO points_gifts AS g (name, taken) SELECT $1, greatest(0, $2::int) WHERE $3::int = 0 OR $2::int <= $3::int
		ON CONFLICT (name) DO UPDATE SET taken = greatest(0, g.taken + $2::int) WHERE $3::int = 0 OR g.taken + $2::int <= $3::int
		RETURNING taken`, name, n, stock)
	if errors.Is(err, crm.ErrNotFound) {
		return fmt.Errorf("gift %s: %w", name, crm.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("gift %s: %w", name, err)
	}
	return nil
}

// GiftsTaken tells of each gift how many are gone.
func (tx *Tx) GiftsTaken(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Name  string `db:"name"`
		Taken int    `db:"taken"`
	}
	if err := tx.Select(ctx, &rows, `SELECT name, taken FROM points_gifts`); err != nil {
		return nil, fmt.Errorf("gifts: %w", err)
	}
	m := make(map[string]int, len(rows))
	for _, r := range rows {
		m[r.Name] = r.Taken
	}
	return m, nil
}
