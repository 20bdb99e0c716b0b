package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
)

// JourneyRow is a journey with its newest plan.
type JourneyRow struct {
	ID        crm.JourneyID   `db:"id"`
	Name      string          `db:"name"`
	State     string          `db:"state"` // crm.JourneyOn …
	Auto      bool            `db:"auto"`  // customers enter by themselves
	Number    int             `db:"plan"`  // of the newest plan
	OwnerID   int64           `db:"owner_id"`
	OwnerName string          `db:"owner_name"`
	Version   int             `db:"version"`
	Raw       json.RawMessage `db:"raw"`

	Plan crm.JourneyPlan `db:"-"` // the newest
}

// Ref points at the journey.
func (j JourneyRow) Ref() crm.Ref {
	return crm.Ref{Kind: crm.KindJourney, ID: int64(j.ID), Name: j.Name}
}

func (j *JourneyRow) open() error {
	if err := json.Unmarshal(j.Raw, &j.Plan); err != nil {
		return fmt.Errorf("journey %d: plan %d: %w", j.ID, j.Number, err)
	}
	j.Plan.Name = j.Name
	return nil
}

const journeySelect = `
	SELECT j.id, j.name, j.state, j.auto, j.plan, coalesce(j.owner_id, 0) AS owner_id, coalesce(u.name, '') AS owner_name, j.version, p.plan AS raw
	FROM journeys j JOIN journey_plans p ON p.journey_id = j.id AND p.number = j.plan LEFT JOIN users u ON u.id = j.owner_id
	WHERE j.deleted_at IS NULL`

// Journeys lists all journeys that were ever started, oldest first.
func (tx *Tx) Journeys(ctx context.Context) (rows []JourneyRow, err error) {
	if err = tx.Select(ctx, &rows, journeySelect+` ORDER BY j.id`); err != nil {
		return nil, fmt.Errorf("journeys: %w", err)
	}
	for i := range rows {
		if err := rows[i].open(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Journey reads one; [crm.ErrNotFound].
func (tx *Tx) Journey(ctx context.Context, id crm.JourneyID) (j JourneyRow, err error) {
	if err = tx.Get(ctx, &j, journeySelect+` AND j.id = $1`, int64(id)); err != nil {
		return j, fmt.Errorf("journey %d: %w", id, err)
	}
	return j, j.open()
}

// AddJourney keeps a journey with its first plan, switched off; by is 0 for the pack's. One of that name is left as it is:
// id is 0 then.
func (tx *Tx) AddJourney(ctx context.Context, plan crm.JourneyPlan, by crm.UserID) (id crm.JourneyID, err error) {
	raw, err := json.Marshal(plan)
	if err != nil {
		return 0, fmt.Errorf("journey %s: %w", plan.Name, err)
	}
	err = tx.Get(ctx, &id, `
		WITH made AS (
			INSERT INTO journeys (name, state, auto, plan, owner_id, created_by, created_at, updated_at)
			VALUES ($1, 'off', false, 1, nullif($2::bigint, 0), nullif($2::bigint, 0), $3, $3)
			ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING
			RETURNING id
		), planned AS (
			INSERT INTO journey_plans (journey_id, number, plan, made_by, made_at) SELECT id, 1, $4::text::jsonb, nullif($2::bigint, 0), $3 FROM made
		)
		SELECT id FROM made`, plan.Name, int64(by), tx.Now, string(raw))
	if err != nil && !errors.Is(err, crm.ErrNotFound) {
		return 0, fmt.Errorf("journey %s: %w", plan.Name, err)
	}
	return id, nil
}

// SwitchJourney sets what a journey does with its people and whether customers enter by themselves; [crm.ErrConflict] when it
// has changed since. There is no way back by undo: who started it, and what came of it, may be others by then.
func (tx *Tx) SwitchJourney(ctx context.Context, j JourneyRow, state string, auto bool, owner int64) error {
	n, err := tx.Exec(ctx, `
		UPDATE journeys SET state = $3, auto = $4, owner_id = coalesce(nullif($5::bigint, 0), owner_id), version = version + 1, updated_at = $6
		WHERE id = $1 AND version = $2 AND deleted_at IS NULL`, int64(j.ID), j.Version, state, auto, owner, tx.Now)
	if err == nil && n == 0 {
		err = crm.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("journey %d: %w", j.ID, err)
	}
	return nil
}

// AddJourneyPlan keeps a next plan of j and makes it the one on which people enter. With its Migrate those on the way go
// over to it at the step of the same name, else the same place; they are as many as are told.
func (tx *Tx) AddJourneyPlan(ctx context.Context, j JourneyRow, plan crm.JourneyPlan, by crm.UserID) (moved int64, err error) {
	raw, err := json.Marshal(plan)
	if err != nil {
		return 0, fmt.Errorf("journey %d: %w", j.ID, err)
	}
	next := j.Number + 1
	if _, err = tx.Exec(ctx, `INSERT INTO journey_plans (journey_id, number, plan, made_by, made_at) VALUES ($1, $2, $3::text::jsonb, nullif($4::bigint, 0), $5)`,
		int64(j.ID), next, string(raw), int64(by), tx.Now); err != nil {
		return 0, fmt.Errorf("journey %d: plan %d: %w", j.ID, next, err)
	}
	n, err := tx.Exec(ctx, `UPDATE journeys SET plan = $3, version = version + 1, updated_at = $4 WHERE id = $1 AND version = $2`, int64(j.ID), j.Version, next, tx.Now)
	if err == nil && n == 0 {
		err = crm.ErrConflict
	}
	if err != nil {
		return 0, fmt.Errorf("journey %d: plan %d: %w", j.ID, next, err)
	}
	if !plan.Migrate {
		return 0, nil
	}
	old, err := tx.JourneyPlans(ctx, j.ID)
	if err != nil {
		return 0, err
	}
	var from, was, to []int64
	for number, p := range old {
		if number == next {
			continue
		}
		for i := range p.Steps {
			place := i
			if name := p.Steps[i].Name; name != "" && plan.Place(name) >= 0 {
				place = plan.Place(name)
			}
			from, was, to = append(from, int64(number)), append(was, int64(i)), append(to, int64(min(place, len(plan.Steps))))
		}
	}
	if moved, err = tx.Exec(ctx, `
		UPDATE journey_people p SET plan = $2, step = m.there
		FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS m (number, here, there)
		WHERE p.journey_id = $1 AND p.state = 'active' AND p.plan = m.number AND p.step = m.here`,
		int64(j.ID), next, pqInts(from), pqInts(was), pqInts(to)); err != nil {
		return 0, fmt.Errorf("journey %d: move to plan %d: %w", j.ID, next, err)
	}
	return moved, nil
}

// JourneyPlans are all plans of a journey by their number.
func (tx *Tx) JourneyPlans(ctx context.Context, id crm.JourneyID) (map[int]crm.JourneyPlan, error) {
	var rows []struct {
		Number int             `db:"number"`
		Plan   json.RawMessage `db:"plan"`
	}
	if err := tx.Select(ctx, &rows, `SELECT number, plan FROM journey_plans WHERE journey_id = $1`, int64(id)); err != nil {
		return nil, fmt.Errorf("plans of journey %d: %w", id, err)
	}
	plans := make(map[int]crm.JourneyPlan, len(rows))
	for _, row := range rows {
		var p crm.JourneyPlan
		if err := json.Unmarshal(row.Plan, &p); err != nil {
			return nil, fmt.Errorf("journey %d: plan %d: %w", id, row.Number, err)
		}
		plans[row.Number] = p
	}
	return plans, nil
}

// AddJourneyStart keeps that somebody put customers into a journey.
func (tx *Tx) AddJourneyStart(ctx context.Context, id crm.JourneyID, filter []byte, turnedOn bool) (start int64, err error) {
	var f any
	if len(filter) > 0 {
		f = string(filter)
	}
	if err = tx.Get(ctx, &start, `
		INSERT INTO journey_starts (journey_id, filter, turned_on, created_by, created_at, updated_at)
		VALUES ($1, $2::text::jsonb, $3, $4, $5, $5) RETURNING id`, int64(id), f, turnedOn, int64(tx.Actor.UserID), tx.Now); err != nil {
		return 0, fmt.Errorf("start of journey %d: %w", id, err)
	}
	return start, nil
}

// JourneyStart is a start: its journey, and whether it switched the journey on.
type JourneyStart struct {
	JourneyID crm.JourneyID `db:"journey_id"`
	TurnedOn  bool          `db:"turned_on"`
}

// JourneyStartByID reads it.
func (tx *Tx) JourneyStartByID(ctx context.Context, id int64) (s JourneyStart, err error) {
	if err = tx.Get(ctx, &s, `SELECT journey_id, turned_on FROM journey_starts WHERE id = $1`, id); err != nil {
		return s, fmt.Errorf("journey start %d: %w", id, err)
	}
	return s, nil
}

// NextJourneyDue is when the next step of a journey is due; ok is false when nobody is on the way.
func (tx *Tx) NextJourneyDue(ctx context.Context, id crm.JourneyID) (due time.Time, ok bool, err error) {
	var rows []time.Time
	if err = tx.Select(ctx, &rows, `SELECT due FROM journey_people WHERE journey_id = $1 AND state = 'active' ORDER BY due LIMIT 1`, int64(id)); err != nil {
		return due, false, fmt.Errorf("journey %d: next step: %w", id, err)
	}
	if len(rows) == 0 {
		return due, false, nil
	}
	return rows[0], true, nil
}

// PackJourney is a journey as the pack's upkeep sees it.
type PackJourney struct {
	JourneyRow
	ByPeople bool `db:"by_people"` // the newest plan is the company's own
}

// PackJourneys are all journeys by name.
func (tx *Tx) PackJourneys(ctx context.Context) (map[string]PackJourney, error) {
	var rows []PackJourney
	if err := tx.Select(ctx, &rows, `
		SELECT j.id, j.name, j.state, j.auto, j.plan, coalesce(j.owner_id, 0) AS owner_id, '' AS owner_name, j.version, p.plan AS raw, p.made_by IS NOT NULL AS by_people
		FROM journeys j JOIN journey_plans p ON p.journey_id = j.id AND p.number = j.plan WHERE j.deleted_at IS NULL`); err != nil {
		return nil, fmt.Errorf("journeys of the pack: %w", err)
	}
	all := make(map[string]PackJourney, len(rows))
	for _, row := range rows {
		if err := row.open(); err != nil {
			return nil, err
		}
		all[row.Name] = row
	}
	return all, nil
}
