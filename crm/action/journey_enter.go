package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/6tail/lunar-go/calendar"

	"gendan/crm"
	"gendan/crm/store"
)

// journeyPage is how many customers one step of a daily look lets in at most.
const journeyPage = 5000

// JourneyPage is how far a journey's daily look has come; the zero value is its beginning.
type JourneyPage struct {
	Day   string `json:"day"`   // 2006-01-02
	After int64  `json:"after"` // the customer looked at last
}

// JourneyLook takes one step of a journey's daily look: it lets in some of those whom the journey is for today, and leaves the
// row of the next step, or the timer of tomorrow's look. It tells how many came in.
func (x *Executor) JourneyLook(ctx context.Context, tx *store.Tx, id crm.JourneyID, page JourneyPage) (entered int, err error) {
	j, err := tx.Journey(ctx, id)
	if notFound(err) || err == nil && (j.State == crm.JourneyOff || !j.Auto) {
		return 0, nil // it is set going again when it is switched on
	}
	if err != nil {
		return 0, err
	}
	if page.Day == "" {
		page.Day = tx.Now.In(crm.Shanghai).Format(time.DateOnly)
	}
	more := false
	if j.State == crm.JourneyOn { // a paused journey looks again tomorrow
		r := newRun(x, tx, Request{Actor: tx.Actor, Via: "journey", Now: tx.Now})
		var ids []int64
		if ids, more, err = x.entryPage(ctx, r, j, page.After, journeyPage); err != nil {
			return 0, fmt.Errorf("journey %d: who enters: %w", id, err)
		}
		if len(ids) > 0 {
			page.After = ids[len(ids)-1]
		}
		if entered, err = r.letIn(ctx, j, ids); err != nil {
			return 0, err
		}
	}
	if entered > 0 {
		if err := wakeJourney(ctx, tx, id, true); err != nil {
			return 0, err
		}
	}
	if !more {
		tx.Ledger.Timers = append(tx.Ledger.Timers, x.nextLook(j, tx.Now))
		return entered, nil
	}
	payload, err := json.Marshal(page)
	if err != nil {
		return 0, fmt.Errorf("journey %d: %w", id, err)
	}
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "journey:" + strconv.FormatInt(int64(id), 10), Kind: KindJourneyLook, Subject: int64(id), Payload: payload})
	return entered, nil
}

// letIn lets those of ids in who fit.
func (r *run) letIn(ctx context.Context, j store.JourneyRow, ids []int64) (entered int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	e := entering(j)
	fits, err := r.tx.JourneyFits(ctx, e, ids)
	if err != nil {
		return 0, err
	}
	var fit []int64
	for _, f := range fits {
		if f.Why == "" {
			fit = append(fit, f.ID)
		}
	}
	entered, _, err = r.tx.EnterJourney(ctx, e, fit, heldOut(j, fit))
	return entered, err
}

// nextLook is the timer of a journey's first daily look after now.
func (x *Executor) nextLook(j store.JourneyRow, now time.Time) store.TimerRow {
	local := now.In(crm.Shanghai)
	due := time.Date(local.Year(), local.Month(), local.Day(), j.Plan.Entry.LookHour(), 0, 0, 0, crm.Shanghai)
	if !due.After(now) {
		due = due.AddDate(0, 0, 1)
	}
	return store.TimerRow{Kind: KindJourneyLook, Subject: int64(j.ID), Due: due.UTC(), Dedupe: fmt.Sprintf("journey.look:%d:%s", j.ID, due.Format("2006-01-02T15"))}
}

// whoEnters are all whom the journey is for today, lowest number first.
func (x *Executor) whoEnters(ctx context.Context, r *run, j store.JourneyRow, most int) (all []int64, err error) {
	for after, more := int64(0), true; more && len(all) < most; {
		var ids []int64
		if ids, more, err = x.entryPage(ctx, r, j, after, journeyPage); err != nil {
			return nil, err
		}
		if len(ids) > 0 {
			after = ids[len(ids)-1]
		}
		all = append(all, ids...)
	}
	return all, nil
}

// entryPage are some of those whom the journey is for today, those after a number; more says that there may be others.
func (x *Executor) entryPage(ctx context.Context, r *run, j store.JourneyRow, after int64, limit int) (ids []int64, more bool, err error) {
	e := j.Plan.Entry
	q := store.JourneyEntry{On: e.On, From: r.now.AddDate(0, 0, -3650), Zone: crm.Shanghai.String(), After: after, Limit: limit}
	today := r.now.In(crm.Shanghai)
	day := today.AddDate(0, 0, e.Days)
	switch e.On {
	case crm.EnterSilence:
		q.To = r.now.AddDate(0, 0, -e.Days)
		if e.Until > 0 {
			q.From = r.now.AddDate(0, 0, -e.Until)
		}
	case crm.EnterFirstOrder:
		q.From, q.To = r.now.AddDate(0, 0, -3), r.now
	case crm.EnterBirthday:
		q.Days = crm.Birthdays(today, e.Days)
	case crm.EnterAnniversary:
		q.Days, q.To = crm.Birthdays(today, e.Days), r.now.AddDate(0, 0, -300)
	case crm.EnterFestival:
		if !slices.ContainsFunc(festivalsOn(day), func(f string) bool { return slices.Contains(e.Festivals, f) }) {
			return nil, false, nil
		}
	case crm.EnterCycle:
		q.From, q.To = r.now.AddDate(0, 0, e.Days-14), r.now.AddDate(0, 0, e.Days)
	default:
		return nil, false, nil
	}
	found, err := r.tx.JourneyEntrants(ctx, q)
	if err != nil {
		return nil, false, err
	}
	more = len(found) == limit
	if len(found) == 0 {
		return nil, false, nil
	}
	last := found[len(found)-1]
	f, any := entryFilter(j.Plan)
	if any {
		holds, err := r.among(ctx, f, found)
		if err != nil {
			return nil, false, err
		}
		ids = found[:0]
		for _, id := range found {
			if holds[id] {
				ids = append(ids, id)
			}
		}
	} else {
		ids = found
	}
	if more && (len(ids) == 0 || ids[len(ids)-1] != last) { // the walk goes on behind what was looked at, whoever of it fits
		rest, restMore, err := x.entryPage(ctx, r, j, last, limit)
		if err != nil {
			return nil, false, err
		}
		return append(slices.Clone(ids), rest...), restMore, nil
	}
	return ids, more, nil
}

// entryFilter is what those who enter by themselves have to be; any is false when it is nothing.
func entryFilter(p crm.JourneyPlan) (f crm.Filter, any bool) {
	raw, err := json.Marshal(p.Entry.Filter)
	some := err == nil && string(raw) != "{}"
	switch {
	case some && p.Not != nil:
		return crm.Filter{All: []crm.Filter{p.Entry.Filter}, Not: p.Not}, true
	case some:
		return p.Entry.Filter, true
	case p.Not != nil:
		return crm.Filter{Not: p.Not}, true
	}
	return f, false
}

// festivalsOn names the festivals of [crm.Festivals] that fall on a day.
func festivalsOn(day time.Time) (names []string) {
	switch day.Format("01-02") {
	case "01-01":
		names = append(names, "元旦")
	case "10-01":
		names = append(names, "国庆")
	}
	lunar := calendar.NewSolarFromYmd(day.Year(), int(day.Month()), day.Day()).GetLunar()
	if name := map[[2]int]string{{1, 1}: "春节", {1, 15}: "元宵", {5, 5}: "端午", {7, 7}: "七夕", {8, 15}: "中秋", {9, 9}: "重阳"}[[2]int{lunar.GetMonth(), lunar.GetDay()}]; name != "" {
		names = append(names, name) // a leap month has a negative number: its festival was a month ago
	}
	if term := lunar.GetJieQi(); term == "清明" || term == "冬至" {
		names = append(names, term)
	}
	return names
}
