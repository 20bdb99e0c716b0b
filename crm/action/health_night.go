package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// The kinds of rows that a night of health leaves; their subject is the customer.
const (
	KindHealth = "health" // the customer fell: Payload is a [HealthFall]
	KindOrphan = "orphan" // a high-value customer whose owner is gone
	KindNight  = "night"  // a step of a night: no subject, Payload is a [HealthStep], none for the first
	KindVisit  = "visit"  // a timer: the next visit is due; its dedupe key is VisitKey
)

// HealthFall is what the owner of a customer hears of a fall.
type HealthFall struct {
	From  int    `json:"from"`
	Score int    `json:"score"`
	Why   string `json:"why"`
	Worst string `json:"worst"` // the name of the part that takes most
}

const (
	nightPage = 500    // customers looked at in one step
	nightSeed = 20_000 // that have their first look in one night
	nightBack = 10 * time.Minute
)

// HealthReport is what a step of a night did.
type HealthReport struct {
	Looked, Warned, Orphans int
}

// HealthStep is how far a night of health has come; the zero value is its beginning.
type HealthStep struct {
	At    time.Time `json:"at"`    // when the night began, UTC
	Since time.Time `json:"since"` // what changed from here on is looked at
	After int64     `json:"after"` // the customer looked at last,
	Due   time.Time `json:"due"`   // and when its time had come
	Found bool      `json:"found"` // what changed has been made due
	Seed  int       `json:"seed"`  // how many more have their first look tonight; 0 while those that are due are looked at
	Ended bool      `json:"ended"`
}

// HealthStep takes one step of a night: it looks at some customers of those that changed since the night before, whose
// time has come, or that were never looked at; keeps how well each does; and leaves a word for the owner of each that fell
// and for the managers about each high-value one whose owner is gone, to be told from notBefore on. A night costs what
// these are, whatever customers there are besides. It returns the step that follows.
func (x *Executor) HealthStep(ctx context.Context, tx *store.Tx, s HealthStep, notBefore time.Time) (next HealthStep, report HealthReport, err error) {
	now := tx.Now
	night, err := tx.HealthNight(ctx)
	if err != nil {
		return s, report, err
	}
	if s.At.IsZero() {
		if s.At, s.Since = now, night.Changed; night.Seeded == 0 {
			s.Since = now // nobody was looked at yet: seeding comes to everybody
		}
	}
	var ids []int64
	if s.Seed == 0 {
		if !s.Found {
			if ids, err = tx.MarkHealthDue(ctx, s.Since, s.At, night.Seeded, 10*nightPage); err != nil {
				return s, report, err
			}
			s.Found, s.After = true, 0
		}
		come, err := tx.HealthDue(ctx, s.At, store.HealthCome{ID: s.After, Due: s.Due}, nightPage)
		if err != nil {
			return s, report, err
		}
		for _, c := range come {
			ids = append(ids, c.ID)
			s.After, s.Due = c.ID, c.Due
		}
		if len(come) < nightPage {
			s.Seed = nightSeed
		}
	} else {
		if ids, err = tx.CustomersAfter(ctx, night.Seeded, min(nightPage, s.Seed)); err != nil {
			return s, report, err
		}
		s.Seed -= len(ids)
		s.Ended = len(ids) < nightPage || s.Seed <= 0
		if len(ids) > 0 {
			night.Seeded = ids[len(ids)-1]
		}
		night.Changed = s.At.Add(-nightBack) // what was being written while it began
		if err := tx.KeepHealthNight(ctx, night); err != nil {
			return s, report, err
		}
	}
	report, err = x.lookAt(ctx, tx, ids, now, notBefore)
	return s, report, err
}

// lookAt looks at some customers.
func (x *Executor) lookAt(ctx context.Context, tx *store.Tx, ids []int64, now, notBefore time.Time) (report HealthReport, err error) {
	rows, err := tx.HealthFacts(ctx, ids, x.field.VisitChannels())
	if err != nil {
		return report, err
	}
	there := make(map[int64]bool, len(rows))
	for _, row := range rows {
		there[row.CustomerID] = true
	}
	if err := tx.RestHealth(ctx, slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return there[id] })); err != nil {
		return report, err
	}
	looks := make([]store.HealthLook, 0, len(rows))
	for _, row := range rows {
		look, warn := x.look(row, now)
		looks = append(looks, look)
		report.Looked++
		if warn && row.OwnerActive {
			report.Warned++
			if err := leaveFall(tx, row, look, now, notBefore); err != nil {
				return report, err
			}
		}
		if !row.OwnerActive && x.field.Health.High(row.Level) {
			report.Orphans++
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "orphan", Kind: KindOrphan, Subject: row.CustomerID,
				Key: fmt.Sprintf("orphan:%d:%d", row.CustomerID, row.OwnerID), NotBefore: notBefore})
		}
		if row.OwnerActive && look.VisitDue.After(now) {
			tx.Ledger.Timers = append(tx.Ledger.Timers, visitTimer(look.Customer, look.VisitDue))
		}
	}
	return report, tx.KeepHealth(ctx, looks)
}

// leaveFall leaves a word for the owner of a customer that fell: once a day and customer.
func leaveFall(tx *store.Tx, row store.HealthRow, look store.HealthLook, now, notBefore time.Time) error {
	var before []crm.HealthPart
	if len(row.Before) > 0 {
		if err := json.Unmarshal(row.Before, &before); err != nil {
			return fmt.Errorf("fall of %d: %w", row.CustomerID, err)
		}
	}
	worst := look.Score.Fell(before)
	fall := HealthFall{Score: look.Score.Score, Why: crm.Reasons(worst), From: look.Score.Score}
	if w := row.Watch(); w.Known {
		fall.From = max(w.Base, fall.Score)
	}
	if len(worst) > 0 {
		fall.Worst = worst[0].Name
	}
	payload, err := json.Marshal(fall)
	if err != nil {
		return fmt.Errorf("fall of %d: %w", row.CustomerID, err)
	}
	number := strconv.FormatInt(row.CustomerID, 10)
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "health:" + number, Kind: KindHealth, Subject: row.CustomerID, Payload: payload,
		Key: "health:" + number + ":" + now.In(crm.Shanghai).Format(time.DateOnly), NotBefore: notBefore})
	return nil
}
