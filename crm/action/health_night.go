package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// The kinds of rows that a night of health leaves; their subject is the customer.
const (
	KindHealth = "health" // the customer fell: Payload is a [HealthFall]
	KindOrphan = "orphan" // a high-value customer whose owner is gone
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
	nightPage = 500     // customers looked at in one transaction
	nightMost = 200_000 // that are due, in one night; the rest is due the next
	nightSeed = 20_000  // that have their first look in one night
	nightBack = 10 * time.Minute
)

// HealthReport is what a night of health did.
type HealthReport struct {
	Looked, Warned, Orphans int
}

// HealthNight looks at every customer that changed since the last night, whose time has come, or that was never looked
// at, keeps how well each does, and leaves a word for the owner of each that fell and for the managers about each
// high-value one whose owner is gone. It costs what these are, whatever there are besides. Running it again at once does
// nothing more; what it leaves is told from notBefore on.
func (x *Executor) HealthNight(ctx context.Context, now, notBefore time.Time) (report HealthReport, err error) {
	var ids []int64
	var night store.HealthNight
	err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		tx.Now = now
		if night, err = tx.HealthNight(ctx); err != nil {
			return err
		}
		fresh, err := tx.CustomersAfter(ctx, night.Seeded, nightSeed)
		if err != nil {
			return err
		}
		since := night.Changed
		if len(fresh) > 0 && night.Changed.Year() <= 1970 { // the first night: everybody will be seeded, nobody need be read as changed
			since = now
		}
		if ids, err = tx.HealthDue(ctx, since, nightMost); err != nil {
			return err
		}
		if len(fresh) > 0 {
			night.Seeded = fresh[len(fresh)-1]
		}
		ids = merged(ids, fresh)
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("health night: %w", err)
	}
	for page := ids; len(page) > 0; {
		n := min(nightPage, len(page))
		done, err := x.healthPage(ctx, page[:n], now, notBefore)
		if err != nil {
			return report, fmt.Errorf("health night: %w", err)
		}
		report.Looked, report.Warned, report.Orphans = report.Looked+done.Looked, report.Warned+done.Warned, report.Orphans+done.Orphans
		page = page[n:]
	}
	err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		night.Changed = now.Add(-nightBack) // what was being written while this read
		return tx.KeepHealthNight(ctx, night)
	})
	if err != nil {
		return report, fmt.Errorf("health night: %w", err)
	}
	return report, nil
}

// merged are both lists, each number once, lowest first; both are in that order.
func merged(a, b []int64) (all []int64) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			all, a = append(all, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return all
}

// healthPage looks at some customers in one transaction.
func (x *Executor) healthPage(ctx context.Context, ids []int64, now, notBefore time.Time) (report HealthReport, err error) {
	err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		report = HealthReport{}
		tx.Now = now
		rows, err := tx.HealthFacts(ctx, ids, x.field.VisitChannels())
		if err != nil {
			return err
		}
		looks := make([]store.HealthLook, 0, len(rows))
		for _, row := range rows {
			look, warn := x.look(row, now)
			looks = append(looks, look)
			report.Looked++
			if warn && row.OwnerActive {
				report.Warned++
				if err := leaveFall(tx, row, look, now, notBefore); err != nil {
					return err
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
		return tx.KeepHealth(ctx, looks)
	})
	return report, err
}

// leaveFall leaves a word for the owner of a customer that fell: once a day and customer.
func leaveFall(tx *store.Tx, row store.HealthRow, look store.HealthLook, now, notBefore time.Time) error {
	fall := HealthFall{Score: look.Score.Score, Why: look.Score.Reason(), From: look.Score.Score}
	if w := row.Watch(); w.Known {
		fall.From = max(w.Base, fall.Score)
	}
	if worst := look.Score.Worst(); len(worst) > 0 {
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
