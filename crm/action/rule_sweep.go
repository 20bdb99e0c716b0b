package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindRuleNight is the kind of the timer of a rule's daily work, and of the rows of its steps: Subject is the rule, Payload
// a [RuleSweep], none for the first step.
const KindRuleNight = "rules.night"

// rulePage is how many customers are looked at in a step of a rule's daily work.
const rulePage = 500

// RuleSweep is how far a rule's work of a day has come; the zero value but for Rule is its beginning.
type RuleSweep struct {
	Rule  crm.RuleID `json:"rule"`
	Day   string     `json:"day"`   // that it is about, 2026-11-18: today, or one that nobody worked
	After int64      `json:"after"` // the number looked at last
	Ended bool       `json:"ended"`
}

// RuleStep takes one step of a rule's work of a day: it looks at those customers whom the trigger may concern, in the order
// of their numbers, and does what is to be done for those whom it does. It may be repeated: what was done is not done again.
// It returns the step that follows; next is the timer of the rule's next day, zero when the rule is off.
func (x *Executor) RuleStep(ctx context.Context, s RuleSweep) (RuleSweep, store.TimerRow, error) {
	var row store.RuleRow
	var swept bool
	var fired int
	now := x.store.Now().UTC()
	today := now.In(crm.Shanghai).Format(time.DateOnly)
	err := x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		tx.Now = now
		if row, err = tx.RuleByID(ctx, s.Rule); err != nil {
			return err
		}
		if s.Day == "" {
			if s.Day, err = firstDay(ctx, tx, row, now); err != nil {
				return err
			}
		}
		if fired, swept, err = tx.RuleDay(ctx, s.Rule, today); err != nil || s.Day == today {
			return err
		}
		_, swept, err = tx.RuleDay(ctx, s.Rule, s.Day)
		return err
	})
	s.Ended = true
	if errors.Is(err, crm.ErrNotFound) || err == nil && (!row.Active || !row.Rule.When.Daily()) {
		return s, store.TimerRow{}, nil
	}
	if err != nil {
		return s, store.TimerRow{}, fmt.Errorf("sweep: %w", err)
	}
	timer := ruleTimer(row, now)
	if local := now.In(crm.Shanghai); s.After == 0 && (local.Before(row.Rule.When.On(local)) || row.Rule.When.Late(local)) {
		return s, timer, nil // the ring of a day that is past: what is due is done in daytime, at the next ring
	}
	owner, err := x.ruleOwner(ctx, row)
	if errors.Is(err, crm.ErrNotFound) || err == nil && swept {
		return nextDay(s, today), timer, nil
	}
	if err != nil {
		return s, timer, fmt.Errorf("sweep: %w", err)
	}
	var missed time.Time
	if s.Day != today {
		day, err := time.ParseInLocation(time.DateOnly, s.Day, crm.Shanghai)
		if err != nil {
			return s, timer, fmt.Errorf("sweep of %q: %w", s.Day, err)
		}
		missed = row.Rule.When.On(day)
	}
	page, err := x.sweepPage(ctx, row, owner, s.After, now, missed)
	var refusal *crm.Refusal
	if errors.As(err, &refusal) {
		return s, timer, x.broken(ctx, row, owner, refusal)
	}
	if err != nil {
		return s, timer, fmt.Errorf("sweep of rule %d after %d: %w", row.ID, s.After, err)
	}
	var failed []error
	over, err := x.withinDay(ctx, row, owner, page.meetings, row.Rule.Ceiling()-fired, now)
	if err != nil {
		return s, timer, err
	}
	full := x.fireAll(ctx, row, owner, page.meetings, now, func(_ *meeting, err error) { failed = append(failed, err) })
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return s, timer, err // the step is taken again; what was done stays done
	}
	s.After, s.Ended = page.last, full || over || !page.more
	if s.Ended {
		err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error { return tx.RuleDaySwept(ctx, s.Rule, s.Day) })
		s = nextDay(s, today)
	}
	return s, timer, err
}

// firstDay is the day with which the work of a ring begins: the earliest of the last days that the rule was on and nobody worked,
// else today.
func firstDay(ctx context.Context, tx *store.Tx, row store.RuleRow, now time.Time) (string, error) {
	local := now.In(crm.Shanghai)
	today := local.Format(time.DateOnly)
	if !row.Active || !row.Rule.When.Missable() {
		return today, nil
	}
	var days []string
	for n := crm.CatchUp; n > 0; n-- {
		day := local.AddDate(0, 0, -n)
		if row.Since != nil && !row.Since.After(row.Rule.When.On(day)) {
			days = append(days, day.Format(time.DateOnly))
		}
	}
	swept, err := tx.RuleDaysSwept(ctx, crm.RuleID(row.ID), days)
	if err != nil {
		return "", err
	}
	for _, day := range days {
		if !slices.Contains(swept, day) {
			return day, nil
		}
	}
	return today, nil
}

// nextDay is the step behind a day that is done: the day after, until today.
func nextDay(s RuleSweep, today string) RuleSweep {
	day, err := time.Parse(time.DateOnly, s.Day)
	if err != nil || s.Day >= today {
		s.Ended = true
		return s
	}
	return RuleSweep{Rule: s.Rule, Day: day.AddDate(0, 0, 1).Format(time.DateOnly)}
}

// withinDay leaves of a page the first meetings that the rule's day has room for, so that it is theirs whoever is quicker.
// over says that there were more.
func (x *Executor) withinDay(ctx context.Context, row store.RuleRow, owner crm.Actor, meetings []*meeting, room int, now time.Time) (over bool, err error) {
	for _, m := range meetings {
		if m.not != "" {
			continue
		}
		if room--; room >= 0 {
			continue
		}
		if !over {
			if err := x.full(ctx, row, owner, m, now); err != nil {
				return true, err
			}
		}
		over, m.not = true, "今天已经做满了，明天接着"
	}
	return over, nil
}

// rulePageOf is a page of customers whom a daily rule may concern.
type rulePageOf struct {
	meetings []*meeting
	last     int64 // the number that the next page comes after
	more     bool
}

// sweepPage reads a page and plans it, in one transaction as the rule's owner. missed is when the work of a day that is past
// was to begin; zero for today's.
func (x *Executor) sweepPage(ctx context.Context, row store.RuleRow, owner crm.Actor, after int64, now, missed time.Time) (page rulePageOf, err error) {
	err = x.store.As(ctx, owner, func(ctx context.Context, tx *store.Tx) (err error) {
		tx.Now = now
		at := now
		if !missed.IsZero() {
			at = missed
		}
		if page, err = x.candidates(ctx, tx, row, after, rulePage, at, true); err != nil {
			return err
		}
		for _, m := range page.meetings {
			m.missed = missed
		}
		return x.plan(ctx, tx, row, owner, page.meetings, now)
	})
	return page, err
}

// candidates are the customers whom the trigger of a daily rule may concern, a page of them after a number: found by an
// index where there is one, and already narrowed by the rule's filter where the trigger is one itself. looks says that it may
// note whom it saw.
func (x *Executor) candidates(ctx context.Context, tx *store.Tx, row store.RuleRow, after int64, limit int, now time.Time, looks bool) (page rulePageOf, err error) {
	w, local := row.Rule.When, now.In(crm.Shanghai)
	var ids []int64
	var asks []store.RuleAsk
	switch w.Kind {
	case crm.WhenDate:
		if !w.Falls(local) {
			return page, nil
		}
		ids, err = x.selected(ctx, tx, crm.Filter{}, row.Rule.If, after, limit, now)
	case crm.WhenSilence:
		f := crm.Filter{NoContactDays: w.Days}
		if w.Of == "order" {
			one := 1
			f = crm.Filter{NoOrderDays: w.Days, MinOrders: &one}
		}
		ids, err = x.selected(ctx, tx, f, row.Rule.If, after, limit, now)
	case crm.WhenBirthday:
		ids, err = tx.WithBirthday(ctx, crm.Birthdays(local, w.Days), after, limit)
	case crm.WhenCycle:
		ids, err = tx.DueAgain(ctx, now.Add(-cycleLate), now.AddDate(0, 0, w.Days), after, limit)
	case crm.WhenScore:
		switch w.Of {
		case "rfm":
			ids, err = x.selected(ctx, tx, crm.Filter{RFM: w.Band}, row.Rule.If, after, limit, now)
		case "churn":
			ids, err = tx.RiskBetween(ctx, w.Below, w.Above, after, limit)
		default:
			ids, err = tx.HealthBetween(ctx, w.Below, w.Above, after, limit)
		}
	case crm.WhenStage:
		if asks, err = tx.DealsStanding(ctx, w.Stage, now.AddDate(0, 0, -w.Days), after, limit); len(asks) > 0 {
			page.last = asks[len(asks)-1].Deal
		}
	case crm.WhenComplaints:
		since := now.AddDate(0, 0, -w.Days)
		if w.Days == 0 {
			since = time.Unix(0, 0)
		}
		ids, err = tx.Complainers(ctx, w.Count, since, after, limit)
	case crm.WhenOrders:
		since := now
		if row.Since != nil {
			since = *row.Since
		}
		ids, err = tx.BuyersSince(ctx, w.Count, since, after, limit)
	case crm.WhenSegment:
		moved, err := x.moved(ctx, tx, row, after, limit, now, looks)
		for _, m := range moved {
			page.meetings = append(page.meetings, &meeting{ask: store.RuleAsk{Customer: m.Customer}, moved: m.At})
			page.last = m.Customer
		}
		page.more = len(moved) == limit
		return page, err
	}
	if err != nil {
		return page, err
	}
	for _, id := range ids {
		asks = append(asks, store.RuleAsk{Customer: id})
		page.last = id
	}
	for _, a := range asks {
		page.meetings = append(page.meetings, &meeting{ask: a})
	}
	page.more = len(asks) == limit
	return page, nil
}

// selected are the customers that a filter and the rule's own select, a page of them.
func (x *Executor) selected(ctx context.Context, tx *store.Tx, f crm.Filter, also crm.RuleIf, after int64, limit int, now time.Time) ([]int64, error) {
	if also.Filter != nil {
		f.All = append(f.All, *also.Filter)
	}
	q, err := newRun(x, tx, Request{Actor: tx.Actor, Now: now}).customerQuery(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return tx.Audience(ctx, q, after, limit)
}

// ruleTimer is the timer of a rule's next work after now; zero when it has no daily work or is off.
func ruleTimer(row store.RuleRow, now time.Time) store.TimerRow {
	if !row.Active || !row.Rule.When.Daily() {
		return store.TimerRow{}
	}
	day := now.In(crm.Shanghai)
	due := row.Rule.When.On(day)
	if !due.After(now) {
		due = row.Rule.When.On(day.AddDate(0, 0, 1))
	}
	return store.TimerRow{Kind: KindRuleNight, Subject: row.ID, Due: due.UTC(), Dedupe: fmt.Sprintf("rules.night:%d:%s", row.ID, due.Format("2006-01-02T15:04"))}
}

// KeepRules brings the pack's rules into the database and answers the timers of the daily work of all rules that are on; a
// timer that is set already stays as it is.
func (x *Executor) KeepRules(ctx context.Context) (timers []store.TimerRow, err error) {
	now := x.store.Now().UTC()
	err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = now
		if !x.rulesKept.Load() {
			if err := x.listeningMore(ctx, tx, func() error { return tx.KeepPresets(ctx, x.presets) }); err != nil {
				return err
			}
		}
		rows, err := tx.RulesOn(ctx)
		if err != nil {
			return err
		}
		timers = timers[:0]
		for _, row := range rows {
			if t := ruleTimer(row, now); t.Kind != "" {
				timers = append(timers, t)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep rules: %w", err)
	}
	x.rulesKept.Store(true)
	x.listening.forget()
	return timers, nil
}
