package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// GatheringRow is a gathering as it is kept, and how many come to it.
type GatheringRow struct {
	ID       int64      `db:"id"`
	Name     string     `db:"name"`
	At       *time.Time `db:"starts_at"`
	Place    string     `db:"place"`
	Capacity int        `db:"capacity"`
	Version  int        `db:"version"`
	By       int64      `db:"created_by"`
	Taken    int        `db:"taken"`
	Waiting  int        `db:"waiting"`
	Came     int        `db:"came"`
	Total    int        `db:"total"`
}

// Gathering is the row as the rules know it.
func (g GatheringRow) Gathering() crm.Gathering {
	out := crm.Gathering{ID: crm.GatheringID(g.ID), Name: g.Name, Place: g.Place, Capacity: g.Capacity}
	if g.At != nil {
		out.At = *g.At
	}
	return out
}

// AddGathering creates g and notes it for undo.
func (tx *Tx) AddGathering(ctx context.Context, g crm.Gathering, by crm.UserID) (crm.GatheringID, error) {
	var id int64
	if err := tx.Get(ctx, &id, `
		INSERT INTO gatherings (name, starts_at, place, capacity, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`,
		g.Name, orNone(g.At), g.Place, g.Capacity, int64(by), tx.Now); err != nil {
		return 0, fmt.Errorf("gathering: %w", err)
	}
	tx.Created(crm.KindGathering, id, 1)
	return crm.GatheringID(id), nil
}

// GatheringQuery selects gatherings; zero values select all.
type GatheringQuery struct {
	ID       int64
	Name     string    // holds it, or is held by it
	From, To time.Time // begins within; those without a time are in every span
	Limit    int
	Skip     int
}

// Gatherings lists gatherings, the next first; Total of each is of all.
func (tx *Tx) Gatherings(ctx context.Context, q GatheringQuery) (rows []GatheringRow, err error) {
	if err := tx.Select(ctx, &rows, `
		SELECT g.id, g.name, g.starts_at, g.place, g.capacity, g.version, g.created_by, count(*) OVER () AS total,
			coalesce(p.taken, 0) AS taken, coalesce(p.waiting, 0) AS waiting, coalesce(p.came, 0) AS came
		FROM gatherings g LEFT JOIN LATERAL gendan_places(ARRAY[g.id]) p ON true
		WHERE g.deleted_at IS NULL AND ($1 = 0 OR g.id = $1) AND ($2 = '' OR position(lower($2) IN lower(g.name)) > 0 OR position(lower(g.name) IN lower($2)) > 0)
			AND ($3::timestamptz IS NULL OR g.starts_at IS NULL OR g.starts_at >= $3) AND ($4::timestamptz IS NULL OR g.starts_at IS NULL OR g.starts_at < $4)
		ORDER BY g.starts_at NULLS LAST, g.id LIMIT $5 OFFSET $6`,
		q.ID, q.Name, orNone(q.From), orNone(q.To), q.Limit, q.Skip); err != nil {
		return nil, fmt.Errorf("gatherings: %w", err)
	}
	return rows, nil
}

// LockGathering locks a gathering until the end of the transaction and tells how many places are taken then.
func (tx *Tx) LockGathering(ctx context.Context, id crm.GatheringID) (capacity, taken int, err error) {
	if err := tx.Get(ctx, &capacity, `SELECT capacity FROM gatherings WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, int64(id)); err != nil {
		return 0, 0, fmt.Errorf("gathering %d: %w", id, err)
	}
	if err := tx.Get(ctx, &taken, `SELECT coalesce((SELECT taken FROM gendan_places(ARRAY[$1::bigint])), 0)::int`, int64(id)); err != nil {
		return 0, 0, fmt.Errorf("gathering %d: %w", id, err)
	}
	return capacity, taken, nil
}

// SignupRow is a sign-up as it is kept, with the names around it.
type SignupRow struct {
	ID        int64      `db:"id"`
	Gathering int64      `db:"gathering_id"`
	Customer  int64      `db:"customer_id"`
	Name      string     `db:"name"` // of the customer
	Contact   string     `db:"contact"`
	Count     int        `db:"count"`
	State     string     `db:"state"`
	Came      *time.Time `db:"came_at"`
	Version   int        `db:"version"`
	By        int64      `db:"created_by"`
	ByName    string     `db:"by_name"`
	Total     int        `db:"total"`
}

const signupColumns = `s.id, s.gathering_id, s.customer_id, c.name, s.contact, s.count, s.state, s.came_at, s.version, s.created_by, coalesce(u.name, '') AS by_name`

// AddSignup creates s and notes it for undo.
func (tx *Tx) AddSignup(ctx context.Context, s crm.Signup) (crm.SignupID, error) {
	var id int64
	if err := tx.Get(ctx, &id, `
		INSERT INTO signups (gathering_id, customer_id, contact, count, state, came_at, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id`,
		int64(s.Gathering), int64(s.Customer), s.Contact, s.Count, s.State, orNone(s.Came), int64(s.By), tx.Now); err != nil {
		return 0, fmt.Errorf("signup: %w", err)
	}
	tx.Created(crm.KindSignup, id, 1)
	return crm.SignupID(id), nil
}

// SignupOf is a customer's sign-up for a gathering; crm.ErrNotFound.
func (tx *Tx) SignupOf(ctx context.Context, g crm.GatheringID, customer crm.CustomerID) (row SignupRow, err error) {
	if err := tx.Get(ctx, &row, `SELECT `+signupColumns+` FROM signups s JOIN customers c ON c.id = s.customer_id LEFT JOIN users u ON u.id = s.created_by
		WHERE s.gathering_id = $1 AND s.customer_id = $2 AND s.deleted_at IS NULL`, int64(g), int64(customer)); err != nil {
		return row, fmt.Errorf("signup: %w", err)
	}
	return row, nil
}

// SignupByID is the sign-up of a number, also one that was taken back; crm.ErrNotFound.
func (tx *Tx) SignupByID(ctx context.Context, id crm.SignupID) (row SignupRow, err error) {
	if err := tx.Get(ctx, &row, `SELECT `+signupColumns+` FROM signups s JOIN customers c ON c.id = s.customer_id LEFT JOIN users u ON u.id = s.created_by
		WHERE s.id = $1`, int64(id)); err != nil {
		return row, fmt.Errorf("signup %d: %w", id, err)
	}
	return row, nil
}

// Signups lists the sign-ups for a gathering that the actor sees, in the order of their numbers; Total of each is of all.
func (tx *Tx) Signups(ctx context.Context, g crm.GatheringID, limit, skip int) (rows []SignupRow, err error) {
	if err := tx.Select(ctx, &rows, `
		SELECT `+signupColumns+`, count(*) OVER () AS total FROM signups s JOIN customers c ON c.id = s.customer_id LEFT JOIN users u ON u.id = s.created_by
		WHERE s.gathering_id = $1 AND s.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY s.state, s.id LIMIT $2 OFFSET $3`, int64(g), limit, skip); err != nil {
		return nil, fmt.Errorf("signups of %d: %w", g, err)
	}
	return rows, nil
}

// MovedUp is a sign-up that got a place that became free.
type MovedUp struct {
	Signup   int64  `db:"signup"`
	Customer int64  `db:"customer"`
	Name     string `db:"known_as"`
	Told     int64  `db:"told"` // the colleague who hears of it
}

// MoveUp gives the free places of a gathering, which must be locked, to those who wait.
func (tx *Tx) MoveUp(ctx context.Context, g crm.GatheringID) (moved []MovedUp, err error) {
	if err := tx.Select(ctx, &moved, `SELECT * FROM gendan_move_up($1, $2)`, int64(g), tx.Now); err != nil {
		return nil, fmt.Errorf("gathering %d: move up: %w", g, err)
	}
	return moved, nil
}

// AllSignups are those with a place at a gathering, after a number; for the service itself.
func (tx *Tx) AllSignups(ctx context.Context, g crm.GatheringID, after int64, limit int) (rows []SignupRow, err error) {
	if err := tx.Select(ctx, &rows, `
		SELECT `+signupColumns+` FROM signups s JOIN customers c ON c.id = s.customer_id LEFT JOIN users u ON u.id = s.created_by
		WHERE s.gathering_id = $1 AND s.id > $2 AND s.state = 'in' AND s.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY s.id LIMIT $3`,
		int64(g), after, limit); err != nil {
		return nil, fmt.Errorf("signups of %d: %w", g, err)
	}
	return rows, nil
}
