package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gendan/crm"
)

// Col is a column of a record and its new value; NULL is nil.
type Col struct {
	Name  string
	Value any
}

// recordTables are the tables that Set, Created and Restore know. Each has id, version, updated_at and deleted_at.
var recordTables = map[crm.Kind]string{
	crm.KindCustomer:    "customers",
	crm.KindContact:     "contacts",
	crm.KindLead:        "leads",
	crm.KindDeal:        "deals",
	crm.KindActivity:    "activities",
	crm.KindReminder:    "reminders",
	crm.KindTask:        "tasks",
	crm.KindTicket:      "tickets",
	crm.KindEntry:       "ticket_entries",
	crm.KindGathering:   "gatherings",
	crm.KindSignup:      "signups",
	crm.KindOrder:       "orders",
	crm.KindDevice:      "devices",
	crm.KindAppointment: "appointments",
	crm.KindArticle:     "articles",
	crm.KindRepair:      "repairs",
	crm.KindRule:        "rules",
	crm.KindProduct:     "products",
	crm.KindSegment:     "segments",
	crm.KindCoupon:      "coupons",
	crm.KindCouponBatch: "coupon_batches",
	crm.KindOffer:       "offers",
	crm.KindJourney:     "journeys",
	crm.KindJoin:        "journey_starts",

	crm.KindCampaign:     "campaigns",
	crm.KindCampaignLink: "campaign_links",
	crm.KindCampaignSend: "campaign_sends",
}

// columnName is what a column may be called; the ones kept by the store itself are refused.
var (
	columnName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)
	ownColumns = []string{"id", "version", "created_at", "updated_at"}
)

func checkColumn(name string) error {
	if !columnName.MatchString(name) || slices.Contains(ownColumns, name) {
		return fmt.Errorf("%w: column %q", crm.ErrInvalid, name)
	}
	return nil
}

// Set changes columns of a record, if it still has version, and notes in the ledger's undo entry how they were. It
// returns the record's new version, and [crm.ErrConflict] when the record has another version or cannot be seen.
func (tx *Tx) Set(ctx context.Context, kind crm.Kind, id int64, version int, set []Col) (newVersion int, err error) {
	table, ok := recordTables[kind]
	if !ok || len(set) == 0 {
		return 0, fmt.Errorf("%w: set %d columns of %q", crm.ErrInvalid, len(set), kind)
	}
	var names, assign strings.Builder // how the columns were, and what becomes of them
	args := []any{id, version, tx.Now}
	for i, c := range set {
		if err := checkColumn(c.Name); err != nil {
			return 0, err
		}
		if i > 0 {
			names.WriteString(", ")
		}
		names.WriteString("'" + c.Name + "', old." + c.Name)
		args = append(args, c.Value)
		fmt.Fprintf(&assign, ", %s = $%d", c.Name, len(args))
	}
	var row struct {
		Version int             `db:"version"`
		Before  json.RawMessage `db:"before"`
	}
	err = tx.Get(ctx, &row, `
		UPDATE `+table+` AS t
		SET version = t.version + 1, updated_at = $3`+assign.String()+`
		FROM `+table+` AS old
		WHERE t.id = $1 AND t.version = $2 AND old.id = $1 AND old.version = $2
		RETURNING t.version, jsonb_build_object(`+names.String()+`) AS before`, args...)
	if errors.Is(err, crm.ErrNotFound) {
		return 0, fmt.Errorf("%s %d: changed since: %w", kind, id, crm.ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("%s %d: %w", kind, id, err)
	}
	tx.remember(UndoStep{Kind: kind, ID: id, From: version, Version: row.Version, Before: row.Before})
	return row.Version, nil
}

// Created notes that a record came into being in this transaction: undoing marks it deleted.
func (tx *Tx) Created(kind crm.Kind, id int64, version int) {
	tx.remember(UndoStep{Kind: kind, ID: id, Version: version})
}

// remember adds a step to the way back. A record changed twice in one run goes back to how it was first.
func (tx *Tx) remember(step UndoStep) {
	if tx.Ledger.Undo == nil {
		tx.Ledger.Undo = &UndoEntry{}
	}
	steps := tx.Ledger.Undo.Steps
	for i := range steps {
		if steps[i].Kind != step.Kind || steps[i].ID != step.ID {
			continue
		}
		steps[i].Version = step.Version
		if steps[i].Before != nil { // a created record stays a created one
			steps[i].Before = mergeBefore(steps[i].Before, step.Before)
		}
		return
	}
	tx.Ledger.Undo.Steps = append(steps, step)
}

// mergeBefore adds the columns of later that first has not.
func mergeBefore(first, later json.RawMessage) json.RawMessage {
	var all, old map[string]json.RawMessage
	if json.Unmarshal(later, &all) != nil || json.Unmarshal(first, &old) != nil {
		return first
	}
	for name, value := range old {
		all[name] = value
	}
	merged, err := json.Marshal(all)
	if err != nil {
		return first
	}
	return merged
}

// Restore takes one step back: a changed record gets its columns back, a created one is marked deleted. It returns
// [crm.ErrConflict] when somebody changed the record since. The step back is itself noted for undo.
func (tx *Tx) Restore(ctx context.Context, step UndoStep) (newVersion int, err error) {
	if step.Before == nil {
		return tx.Set(ctx, step.Kind, step.ID, step.Version, []Col{{"deleted_at", tx.Now}})
	}
	table, ok := recordTables[step.Kind]
	if !ok {
		return 0, fmt.Errorf("%w: restore %q", crm.ErrInvalid, step.Kind)
	}
	var before map[string]json.RawMessage
	if err := json.Unmarshal(step.Before, &before); err != nil {
		return 0, fmt.Errorf("restore %s %d: %w", step.Kind, step.ID, err)
	}
	names := make([]string, 0, len(before))
	for name := range before {
		if err := checkColumn(name); err != nil {
			return 0, err
		}
		names = append(names, name)
	}
	slices.Sort(names) // the same columns make the same statement
	list := strings.Join(names, ", ")
	var row struct {
		Version int             `db:"version"`
		Before  json.RawMessage `db:"before"`
	}
	err = tx.Get(ctx, &row, `
		WITH old AS (SELECT id, `+list+` FROM `+table+` WHERE id = $1 AND version = $2 FOR UPDATE)
		UPDATE `+table+` AS t
		SET version = t.version + 1, updated_at = $3,
			(`+list+`) = (SELECT `+list+` FROM jsonb_populate_record(NULL::`+table+`, $4::jsonb))
		FROM old
		WHERE t.id = $1 AND t.version = $2
		RETURNING t.version, to_jsonb(old) - 'id' AS before`, step.ID, step.Version, tx.Now, string(step.Before))
	if errors.Is(err, crm.ErrNotFound) {
		return 0, fmt.Errorf("%s %d: changed since: %w", step.Kind, step.ID, crm.ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("restore %s %d: %w", step.Kind, step.ID, err)
	}
	tx.remember(UndoStep{Kind: step.Kind, ID: step.ID, Version: row.Version, Before: row.Before})
	return row.Version, nil
}
