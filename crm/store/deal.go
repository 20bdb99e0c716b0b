package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// DealRow is a deal as it is kept.
type DealRow struct {
	ID          int64     `db:"id" json:"id"`
	CustomerID  int64     `db:"customer_id" json:"customer_id"`
	OwnerID     int64     `db:"owner_id" json:"owner_id"`
	Title       string    `db:"title" json:"title"`
	Product     string    `db:"product" json:"product"`
	Quantity    float64   `db:"quantity" json:"quantity"`
	Amount      int64     `db:"amount" json:"amount"` // fen
	Stage       string    `db:"stage" json:"stage"`
	StageSince  time.Time `db:"stage_since" json:"stage_since"`
	State       string    `db:"state" json:"state"`
	CloseDate   *string   `db:"close_date" json:"close_date"` // 2006-01-02
	Probability float64   `db:"probability" json:"probability"`
	Version     int       `db:"version" json:"version"`

	Customer  string `db:"customer" json:"-"`   // name; filled by lists
	OwnerName string `db:"owner_name" json:"-"` // filled by lists
}

const dealColumns = `d.id, d.customer_id, d.owner_id, d.title, d.product, d.quantity, d.amount, d.stage, d.stage_since, d.state,
	d.close_date::text AS close_date, d.probability, d.version`

// AddDeal creates d and notes it for undo. ID and Version are filled in.
func (tx *Tx) AddDeal(ctx context.Context, d *DealRow) error {
	err := tx.Get(ctx, &d.ID, `
		INSERT INTO deals (customer_id, owner_id, title, product, quantity, amount, stage, stage_since, close_date, probability,
			created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::date, $10, $11, $8, $8)
		RETURNING id`,
		d.CustomerID, d.OwnerID, d.Title, d.Product, d.Quantity, d.Amount, d.Stage, tx.Now, d.CloseDate, d.Probability, int64(tx.Actor.UserID))
	if err != nil {
		return fmt.Errorf("deal: %w", err)
	}
	d.Version = 1
	tx.Created(crm.KindDeal, d.ID, 1)
	return nil
}

// DealByID finds a deal that the actor sees, with its customer's name; crm.ErrNotFound.
func (tx *Tx) DealByID(ctx context.Context, id crm.DealID) (d DealRow, err error) {
	err = tx.Get(ctx, &d, `
		SELECT `+dealColumns+`, c.name AS customer, u.name AS owner_name
		FROM deals d JOIN customers c ON c.id = d.customer_id JOIN users u ON u.id = d.owner_id
		WHERE d.id = $1 AND d.deleted_at IS NULL`, int64(id))
	if err != nil {
		return d, fmt.Errorf("deal %d: %w", id, err)
	}
	return d, nil
}

// DealFilter selects deals; zero values select all.
type DealFilter struct {
	Owners   []int64
	Customer crm.CustomerID
	Stage    string
	From, To string // close date, 2006-01-02, both included; open deals without one are left out
	Limit    int

	MinAmount, MaxAmount int64     // fen, both included; 0 bounds nothing
	StandingSince        time.Time // only those that have been in their stage since before; zero: all
}

// DealSums is what a list of deals adds up to.
type DealSums struct {
	Count    int     `db:"count"`
	Amount   int64   `db:"amount"`   // fen
	Weighted float64 `db:"weighted"` // fen, by probability
}

// Deals lists deals, newest change first, and what all that answer add up to. Without a stage it is the
// open ones.
func (tx *Tx) Deals(ctx context.Context, f DealFilter) (rows []DealRow, sums DealSums, err error) {
	where, args := f.where()
	all := append(args[:len(args):len(args)], f.Limit+1)
	err = tx.Select(ctx, &rows, `
		SELECT `+dealColumns+`, coalesce(c.name, '') AS customer, coalesce(u.name, '') AS owner_name
		FROM (SELECT d.* FROM deals d `+where+` ORDER BY d.updated_at DESC, d.id DESC LIMIT $`+fmt.Sprint(len(all))+`) d
		LEFT JOIN customers c ON c.id = d.customer_id LEFT JOIN users u ON u.id = d.owner_id
		ORDER BY d.updated_at DESC, d.id DESC`, all...)
	if err != nil {
		return nil, sums, fmt.Errorf("deals: %w", err)
	}
	if len(rows) <= f.Limit { // that is all of them
		for _, d := range rows {
			sums.Count++
			sums.Amount += d.Amount
			sums.Weighted += float64(d.Amount) * d.Probability
		}
		return rows, sums, nil
	}
	if err = tx.Get(ctx, &sums, `
		SELECT count(*) AS count, coalesce(sum(d.amount), 0)::bigint AS amount, coalesce(sum(d.amount * d.probability), 0)::float8 AS weighted
		FROM deals d `+where, args...); err != nil {
		return nil, sums, fmt.Errorf("deals: %w", err)
	}
	return rows[:f.Limit], sums, nil
}

// where composes the condition; every value is an argument.
func (f DealFilter) where() (string, []any) {
	w, args := `WHERE d.deleted_at IS NULL`, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		w += fmt.Sprintf(" AND "+condition, len(args))
	}
	if f.Stage == "" {
		w += ` AND d.state = 'open'`
	} else {
		add(`d.stage = $%d`, f.Stage)
	}
	if len(f.Owners) == 1 { // the index then gives the order, too
		add(`d.owner_id = $%d`, f.Owners[0])
	} else if f.Owners != nil {
		add(`d.owner_id = ANY($%d)`, pqInts(f.Owners))
	}
	if f.Customer != 0 {
		add(`d.customer_id = $%d`, int64(f.Customer))
	}
	if f.From != "" {
		add(`d.close_date >= $%d::text::date`, f.From)
		add(`d.close_date <= $%d::text::date`, f.To)
	}
	if f.MinAmount > 0 {
		add(`d.amount >= $%d`, f.MinAmount)
	}
	if f.MaxAmount > 0 {
		add(`d.amount <= $%d`, f.MaxAmount)
	}
	if !f.StandingSince.IsZero() {
		add(`d.stage_since <= $%d`, f.StandingSince)
	}
	return w, args
}

// StandingDeals lists the open deals of owner that have been in their stage since before, longest first.
func (tx *Tx) StandingDeals(ctx context.Context, owner crm.UserID, before time.Time, limit int) (rows []DealRow, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT `+dealColumns+`, c.name AS customer
		FROM deals d JOIN customers c ON c.id = d.customer_id
		WHERE d.owner_id = $1 AND d.state = 'open' AND d.deleted_at IS NULL AND d.stage_since < $2
		ORDER BY d.stage_since LIMIT $3`, int64(owner), before, limit)
	if err != nil {
		return nil, fmt.Errorf("standing deals: %w", err)
	}
	return rows, nil
}
