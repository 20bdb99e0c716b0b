package action

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gendan/crm"
	"gendan/crm/predict"
	"gendan/crm/store"
)

// KindPredict is the kind of the rows by which a night of predictions goes on: no subject, Payload is a [PredictStep], none for the first.
const KindPredict = "predict"

// ChurnRisen is the event of a customer whose risk to stay away has come to the line.
const ChurnRisen = "churn.risen"

const (
	predictPage = 500 // customers of one step
	predictFar  = 60  // days ahead in which a change by time alone is looked for
	churnRhythm = 3   // times a customer's own interval: from there on the rule of silence speaks beside the model
)

// PredictStep is how far a night of predictions has come; the zero value is its beginning.
type PredictStep struct {
	At    time.Time `json:"at"`    // when the night began, UTC
	Since time.Time `json:"since"` // what changed from here on is looked at
	After int64     `json:"after"` // the customer looked at last
	Ended bool      `json:"ended"`
}

// PredictReport is what a step did.
type PredictReport struct {
	Fitted         bool // the models were fitted anew
	Looked, Risen  int
	Cycles, Events int
}

// PredictNever tells whether no night has been yet.
func (x *Executor) PredictNever(ctx context.Context, tx *store.Tx) (bool, error) {
	rows, err := tx.Models(ctx)
	return len(rows) == 0, err
}

// PredictStep takes one step of a night: the first one fits the models when they are a week old; each looks at a page of those customers
// whose purchases changed since the night before, or whose risk has moved by time alone, and at no others. Who has come to the line of risk
// leaves an event. It returns the step that follows.
func (x *Executor) PredictStep(ctx context.Context, tx *store.Tx, s PredictStep) (next PredictStep, report PredictReport, err error) {
	if s.At.IsZero() {
		if s.Since, report.Fitted, err = x.beginPredictions(ctx, tx); err != nil {
			return s, report, err
		}
		s.At = tx.Now
	}
	m, err := loadModels(ctx, tx)
	if err != nil {
		return s, report, err
	}
	due, err := tx.BuyersDue(ctx, s.Since, s.After, predictPage)
	if err != nil {
		return s, report, err
	}
	if err := x.lookAhead(ctx, tx, m, due, &report); err != nil {
		return s, report, err
	}
	if len(due) > 0 {
		s.After = due[len(due)-1].ID
	}
	if s.Ended = len(due) < predictPage; s.Ended {
		err = tx.KeepModel(ctx, "night", map[string]time.Time{"changed": s.At}, 0)
	}
	return s, report, err
}

// beginPredictions fits the models when it is time, and tells from when on changes are looked at: after a fit everybody's.
func (x *Executor) beginPredictions(ctx context.Context, tx *store.Tx) (since time.Time, fitted bool, err error) {
	rows, err := tx.Models(ctx)
	if err != nil {
		return since, false, err
	}
	var night struct{ Changed time.Time }
	if row, ok := rows["night"]; ok {
		if err := json.Unmarshal(row.Params, &night); err != nil {
			return since, false, fmt.Errorf("night of predictions: %w", err)
		}
	}
	if row, ok := rows["baskets"]; ok && tx.Now.Sub(row.FittedAt) < time.Duration(x.churn.FitDays)*24*time.Hour-time.Hour {
		return night.Changed, false, nil
	}
	return night.Changed, true, x.fitModels(ctx, tx)
}

// lookAhead tells of customers what is told, writes it down and leaves the events.
func (x *Executor) lookAhead(ctx context.Context, tx *store.Tx, m models, due []store.BuyerRow, report *PredictReport) error {
	if len(due) == 0 {
		return nil
	}
	ids := make([]int64, len(due))
	byID := make(map[int64]store.BuyerRow, len(due))
	for i, d := range due {
		ids[i], byID[d.ID] = d.ID, d
	}
	rows, err := tx.PurchasesOfAll(ctx, ids)
	if err != nil {
		return err
	}
	var told []store.PredictionRow
	var cycles []store.CycleRow
	var risen []store.PredictionRow
	eachBuyer(rows, func(id int64, mine []store.PurchaseRow) {
		again := m.cyclesOf(id, mine, tx.Now)
		p := x.foretell(m, byID[id], mine, again, tx.Now)
		if before := byID[id].Risk; p.RisenAt != nil && byID[id].RisenAt == nil && before != nil {
			risen = append(risen, p)
		}
		told = append(told, p)
		cycles = append(cycles, again...)
	})
	if err := tx.KeepPredictions(ctx, told); err != nil {
		return err
	}
	if err := tx.KeepCycles(ctx, ids, cycles); err != nil {
		return err
	}
	report.Looked, report.Risen, report.Cycles = len(told), len(risen), len(cycles)
	if len(risen) == 0 {
		return nil
	}
	heard, err := x.heard(ctx, tx)
	if err != nil {
		return err
	}
	for _, p := range risen {
		data, err := json.Marshal(map[string]any{"customer": p.CustomerID, "risk": p.Risk, "worth": crm.Money(p.Worth)})
		if err != nil {
			return fmt.Errorf("risk of %d: %w", p.CustomerID, err)
		}
		tx.Ledger.Events = append(tx.Ledger.Events, store.Event{Name: ChurnRisen, Kind: crm.KindCustomer, ID: p.CustomerID, Data: data, React: heard[ChurnRisen]})
	}
	report.Events = len(risen)
	return nil
}

// foretell tells the risk of a customer, and when it will next be another one by time alone. Silence counts from when something should have
// been bought again: whoever has a cartridge for three months is not gone after one.
func (x *Executor) foretell(m models, d store.BuyerRow, mine []store.PurchaseRow, again []store.CycleRow, now time.Time) store.PredictionRow {
	p := store.PredictionRow{CustomerID: d.ID, LastOrder: d.LastOrder, Worth: d.Worth}
	days, waits := daysOf(mine), dayOf(d.LastOrder)
	for _, c := range again {
		waits = math.Max(waits, dayOf(c.DueAt))
	}
	risk := func(today float64) int {
		silent := today - dayOf(d.LastOrder)
		rule := x.churn.SilentRisk(today - waits)
		h, ok := predict.HistoryOf(days, today)
		if !ok || m.bgnbd == nil || h.Repeats+1 < x.churn.ModelOrders {
			return rule
		}
		told := int(math.Round(100 * (1 - m.bgnbd.Alive(h))))
		if silent >= float64(x.churn.SilentDays) && silent*float64(h.Repeats) >= churnRhythm*h.Last*7 {
			return max(told, rule) // the model thinks that people buy at random; who came every week and is silent for five is missed
		}
		return told
	}
	today := dayOf(now)
	p.Risk = risk(today)
	if h, ok := predict.HistoryOf(days, today); ok && h.Repeats > 0 {
		every := h.Last * 7 / float64(h.Repeats)
		p.Every = &every
		if m.bgnbd != nil && h.Repeats+1 >= x.churn.ModelOrders {
			alive, buys := m.bgnbd.Alive(h), m.bgnbd.Buys(h, 30.0/7)
			p.Alive, p.Buys = &alive, &buys
		}
	}
	if p.Risk >= x.churn.Line {
		at := now
		if d.RisenAt != nil {
			at = *d.RisenAt
		}
		p.RisenAt = &at
	}
	// The next look is when the risk has moved by ten points or crosses the line; a risk that has come to rest is looked at no more.
	for ahead := 1.0; ahead <= predictFar; ahead++ {
		then := risk(today + ahead)
		if (then >= x.churn.Line) != (p.Risk >= x.churn.Line) || then >= p.Risk+10 {
			due := midnight(today + ahead)
			p.Due = &due
			return p
		}
	}
	if p.Risk < 90 {
		due := midnight(today + predictFar)
		p.Due = &due
	}
	return p
}

// cyclesOf tells what a customer should buy again and when: of products whose rhythm is known, or that the customer bought again before.
func (m models) cyclesOf(id int64, mine []store.PurchaseRow, now time.Time) (rows []store.CycleRow) {
	for _, b := range seriesOf(mine, m.life) {
		k, ok := m.cycles.Products[b.product]
		if !ok || !k.Known && len(b.gaps) == 0 {
			continue
		}
		e := k.Next(b.gaps)
		day := func(days float64) time.Time {
			return b.last.Add(time.Duration(days * b.pieces * 24 * float64(time.Hour)))
		}
		if day(e.High).Before(now.AddDate(0, -6, 0)) || e.Days*b.pieces > 1000 {
			continue // long gone, or no rhythm that anybody could wait for
		}
		rows = append(rows, store.CycleRow{CustomerID: id, ProductID: b.product, Times: b.times, LastAt: b.last, Days: e.Days * b.pieces,
			DueAt: day(e.Days), LowAt: day(e.Low), HighAt: day(e.High), Own: e.Own})
	}
	return rows
}
