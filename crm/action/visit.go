package action

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// VisitList lists whom to visit: customers whose level has a rhythm and whose next visit is due, longest first.
type VisitList struct {
	Owner  string `json:"owner,omitempty" doc:"负责人：同事、部门或 me"`
	Period string `json:"period,omitempty" doc:"时间段，不说就是一周以内"`
}

func visitList(ctx context.Context, r *run, p *VisitList) (*Result, error) {
	until := r.now.AddDate(0, 0, 7)
	if p.Period != "" {
		_, to, err := span(p.Period, r.zone)
		if err != nil {
			return nil, r.bad("period", err)
		}
		until = to
	}
	return r.healthList(ctx, p.Owner, store.VisitFirst, until)
}

// sayVisit is when a visit is due as people say it: 「后天前」, 「已超 12 天」.
func (r *run) sayVisit(due time.Time) string {
	if due.Before(r.now) {
		if n := int(r.now.Sub(due).Hours() / 24); n > 0 {
			return fmt.Sprintf("已超 %d 天", n)
		}
		return "今天"
	}
	return crm.SayDay(due.In(r.zone), r.now.In(r.zone)) + "前"
}

// VisitKey is the dedupe key of the timer of a visit. When the visit has moved since, the ring says nothing.
func VisitKey(customer crm.CustomerID, due time.Time) string {
	return "visit:" + strconv.FormatInt(int64(customer), 10) + ":" + due.In(crm.Shanghai).Format(time.DateOnly)
}

// visitTimer rings at nine in the morning of the day on which the visit is due.
func visitTimer(customer crm.CustomerID, due time.Time) store.TimerRow {
	day := due.In(crm.Shanghai)
	at := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, crm.Shanghai)
	return store.TimerRow{Kind: KindVisit, Subject: int64(customer), Due: at.UTC(), Dedupe: VisitKey(customer, due)}
}

// visited moves the next visit of c when something happened by a channel that counts as one.
func (r *run) visited(ctx context.Context, c *customer, channel string, at time.Time) error {
	rhythm, ok := r.x.field.Rhythm(c.Level)
	if !ok || !slices.Contains(rhythm.Channels, channel) {
		return nil
	}
	due := rhythm.Due(at)
	if due.After(r.now) {
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, visitTimer(crm.CustomerID(c.ID), due))
	}
	return r.tx.Visited(ctx, crm.CustomerID(c.ID), due)
}
