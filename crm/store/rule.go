package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// RuleRow is a rule as it is kept.
type RuleRow struct {
	ID         int64      `db:"id"`
	Name       string     `db:"name"`
	Preset     string     `db:"preset"`
	Edited     bool       `db:"edited"`
	Definition []byte     `db:"definition"` // JSON of a [crm.Rule]
	Edition    int        `db:"edition"`
	Active     bool       `db:"active"`
	Since      *time.Time `db:"since"`   // when it was turned on last
	RunsAs     int64      `db:"runs_as"` // its owner; 0: nobody yet, then whoever leads the company
	RunsName   string     `db:"runs_name"`
	Running    bool       `db:"running"` // the owner still works here
	Version    int        `db:"version"`
	Fired      int        `db:"fired"` // today
	Rule       crm.Rule   `db:"-"`
}

// ruleColumns reads rules with their owner; the first argument is today. A rule that nobody has turned on runs as the first
// manager, or where there is none the first administrator.
const ruleColumns = `
	SELECT r.id, r.name, r.preset, r.edited, r.definition, r.edition, r.active, r.since, r.version,
		coalesce(u.id, 0) AS runs_as, coalesce(u.name, '') AS runs_name, coalesce(u.active, false) AS running, coalesce(d.fired, 0) AS fired
	FROM rules r
	LEFT JOIN users u ON u.id = coalesce(r.runs_as, (
		SELECT b.id FROM users b WHERE b.active AND b.role IN ('manager', 'admin') ORDER BY b.role = 'manager' DESC, b.id LIMIT 1))
	LEFT JOIN rule_days d ON d.rule_id = r.id AND d.day = $1
	WHERE r.deleted_at IS NULL `

func (tx *Tx) rules(ctx context.Context, where string, args ...any) (rows []RuleRow, err error) {
	today := tx.Now.In(crm.Shanghai).Format(time.DateOnly)
	if err := tx.Select(ctx, &rows, ruleColumns+where+` ORDER BY r.id`, append([]any{today}, args...)...); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	for i := range rows {
		if err := json.Unmarshal(rows[i].Definition, &rows[i].Rule); err != nil {
			return nil, fmt.Errorf("rule %d: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}

// Rules lists all rules.
func (tx *Tx) Rules(ctx context.Context) ([]RuleRow, error) { return tx.rules(ctx, ``) }

// RulesOn lists the rules that are on.
func (tx *Tx) RulesOn(ctx context.Context) ([]RuleRow, error) { return tx.rules(ctx, `AND r.active`) }

// RulesHearing lists the rules that are on and listen to any of these events.
func (tx *Tx) RulesHearing(ctx context.Context, events []string) ([]RuleRow, error) {
	return tx.rules(ctx, `AND r.active AND r.listens && $2`, pq.Array(events))
}

// RuleByID reads a rule; crm.ErrNotFound.
func (tx *Tx) RuleByID(ctx context.Context, id crm.RuleID) (row RuleRow, err error) {
	rows, err := tx.rules(ctx, `AND r.id = $2`, int64(id))
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("rule %d: %w", id, crm.ErrNotFound)
	}
	if err != nil {
		return row, err
	}
	return rows[0], nil
}

// RuleCols are the columns of a rule's definition.
func RuleCols(r crm.Rule) ([]Col, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	listens := r.When.Listens()
	if listens == nil {
		listens = []string{}
	}
	return []Col{{"name", r.Name}, {"name_key", crm.Fold(r.Name)}, {"definition", string(text)}, {"listens", pq.Array(listens)}}, nil
}

// AddRule keeps a new rule of the company's own.
func (tx *Tx) AddRule(ctx context.Context, r crm.Rule, active bool, owner crm.UserID) (id crm.RuleID, err error) {
	cols, err := RuleCols(r)
	if err != nil {
		return 0, err
	}
	var since *time.Time
	if active {
		since = &tx.Now
	}
	err = tx.Get(ctx, &id, `
		INSERT INTO rules (name, name_key, definition, listens, active, since, runs_as, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0), $8, $8)
		RETURNING id`, cols[0].Value, cols[1].Value, cols[2].Value, cols[3].Value, active, since, int64(owner), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return id, nil
}

// KeepPresets brings the rules of a pack into the database: new ones come in, those that the company has not changed follow
// the pack. It is for the service itself, at its start, and harmless to repeat.
func (tx *Tx) KeepPresets(ctx context.Context, presets []crm.Rule) error {
	for _, r := range presets {
		cols, err := RuleCols(r)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `
			UPDATE rules r
			SET definition = $2, listens = $3, version = r.version + 1, updated_at = $4,
				edition = r.edition + (r.definition->'when' IS DISTINCT FROM $2::jsonb->'when' OR r.definition->'if' IS DISTINCT FROM $2::jsonb->'if')::int
			WHERE r.preset = $1 AND NOT r.edited AND r.definition IS DISTINCT FROM $2::jsonb`, r.Name, cols[2].Value, cols[3].Value, tx.Now)
		if err == nil && n == 0 {
			_, err = tx.Exec(ctx, `
				INSERT INTO rules (name, name_key, preset, definition, listens, active, since, created_at, updated_at)
				SELECT $1, $2, $1, $3::jsonb, $4, $5, CASE WHEN $5 THEN $6::timestamptz END, $6, $6
				WHERE NOT EXISTS (SELECT FROM rules o WHERE o.preset = $1 OR o.name_key = $2 AND o.deleted_at IS NULL)
				ON CONFLICT DO NOTHING`, r.Name, cols[1].Value, cols[2].Value, cols[3].Value, r.Active, tx.Now)
		}
		if err != nil {
			return fmt.Errorf("rule %s of the pack: %w", r.Name, err)
		}
	}
	return nil
}
