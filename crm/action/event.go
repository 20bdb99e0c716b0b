package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// EventCreate announces a gathering.
type EventCreate struct {
	Event    string  `json:"event" doc:"*活动名"`
	At       instant `json:"at,omitempty" doc:"什么时候"`
	Place    string  `json:"place,omitempty" doc:"在哪"`
	Capacity int     `json:"capacity,omitempty" doc:"多少个名额，不说就不限"`
}

func eventCreate(ctx context.Context, r *run, p *EventCreate) (*Result, error) {
	g := crm.Gathering{Name: strings.TrimSpace(p.Event), At: p.At.Time, Place: strings.TrimSpace(p.Place), Capacity: p.Capacity}
	if err := crm.CheckGathering(g, r.now); err != nil {
		return nil, r.bad("event", err)
	}
	if len([]rune(g.Place)) > 100 {
		return nil, r.ask("place", "地点太长了，请只说在哪。")
	}
	same, err := r.tx.Gatherings(ctx, store.GatheringQuery{Name: g.Name, From: r.now, Limit: 10})
	if err != nil {
		return nil, err
	}
	for _, row := range same {
		if crm.Fold(row.Name) == crm.Fold(g.Name) && row.Gathering().At.Equal(g.At) {
			return nil, crm.Refuse(crm.ErrConflict, "活动「%s」已经建过了（#%d），直接说「给客户报名%s」就行。", row.Name, row.ID, row.Name)
		}
	}
	ref := crm.Ref{Kind: crm.KindGathering, Name: g.Name}
	res := &Result{Record: ref}
	res.changes(ref, "活动", g.Name, "时间", r.sayWhen(g), "地点", g.Place)
	if g.Capacity > 0 {
		res.changes(ref, "名额", fmt.Sprintf("%d 人", g.Capacity))
	}
	r.then(func(ctx context.Context) error {
		id, err := r.tx.AddGathering(ctx, g, r.req.Actor.UserID)
		if err != nil {
			return err
		}
		ref.ID = int64(id)
		res.settle(ref)
		if eve := crm.GatheringEve(g.At, r.now); !eve.IsZero() {
			r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindEventEve, Subject: ref.ID, Due: eve, Dedupe: fmt.Sprintf("event:%d:%d", ref.ID, g.At.Unix())})
		}
		r.audit("event.create", ref, res.Changes)
		r.event("event.created", ref, nil)
		return nil
	})
	r.title("活动「%s」", g.Name)
	return res, nil
}

// sayWhen is when a gathering begins, as people say it; "" when that is not set yet.
func (r *run) sayWhen(g crm.Gathering) string {
	if g.At.IsZero() {
		return ""
	}
	return crm.SayTime(g.At, r.now, r.zone)
}

// gathering finds the gathering that was said, by its number or its name; with nothing said, the only one ahead.
func (r *run) gathering(ctx context.Context, said string) (g store.GatheringRow, err error) {
	said = strings.TrimSpace(said)
	q := store.GatheringQuery{Name: said, Limit: 20}
	if ref, ok := r.chosen("event"); ok && ref.ID != 0 {
		q = store.GatheringQuery{ID: ref.ID, Limit: 1}
	} else if id, ok := recordNumber(said); ok {
		q = store.GatheringQuery{ID: id, Limit: 1}
	} else if said == "" {
		q.From = r.now.AddDate(0, 0, -1)
	}
	rows, err := r.tx.Gatherings(ctx, q)
	if err != nil {
		return g, err
	}
	var exact, ahead []store.GatheringRow
	for _, row := range rows {
		if crm.Fold(row.Name) == crm.Fold(said) {
			exact = append(exact, row)
		}
		if row.At == nil || row.At.After(r.now.AddDate(0, 0, -1)) {
			ahead = append(ahead, row)
		}
	}
	for _, fits := range [][]store.GatheringRow{exact, ahead} { // of several, the one that is still ahead is meant
		if len(fits) == 1 {
			return fits[0], nil
		}
	}
	switch {
	case len(rows) == 1:
		return rows[0], nil
	case len(rows) == 0 && said == "":
		return g, r.ask("event", "哪个活动？还没有要办的活动，先说「建活动 新品品鉴会，下周六下午2点」。")
	case len(rows) == 0:
		return g, crm.Refuse(crm.ErrNotFound, "没有找到活动「%s」，说「活动列表」看看有哪些。", said)
	}
	options := make([]Option, len(rows))
	for i, row := range rows {
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindGathering, ID: row.ID, Name: row.Name}, Detail: strings.TrimSpace(r.sayWhen(row.Gathering()) + " " + row.Place)}
	}
	return g, r.pick("event", said, options, false)
}

// EventList lists gatherings, those ahead when no time is said.
type EventList struct {
	Period string `json:"period,omitempty" doc:"时间段"`
}

// EventRow is a gathering in a view.
type EventRow struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	When     string `json:"when,omitempty"`
	Place    string `json:"place,omitempty"`
	Capacity int    `json:"capacity,omitempty"`
	Taken    int    `json:"taken"`
	Waiting  int    `json:"waiting,omitempty"`
	Came     int    `json:"came,omitempty"`
}

func (r *run) eventRow(g store.GatheringRow) EventRow {
	return EventRow{ID: g.ID, Name: g.Name, When: r.sayWhen(g.Gathering()), Place: g.Place, Capacity: g.Capacity, Taken: g.Taken, Waiting: g.Waiting, Came: g.Came}
}

// EventListView is Data of event.list.
type EventListView struct {
	Rows  []EventRow `json:"rows,omitempty"`
	Total int        `json:"total"`
}

func eventList(ctx context.Context, r *run, p *EventList) (*Result, error) {
	q := store.GatheringQuery{From: r.now.AddDate(0, 0, -1), Limit: pageSize, Skip: pageSize * r.req.Page}
	if p.Period != "" {
		var err error
		if q.From, q.To, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	rows, err := r.tx.Gatherings(ctx, q)
	if err != nil {
		return nil, err
	}
	v := EventListView{}
	for _, row := range rows {
		v.Rows, v.Total = append(v.Rows, r.eventRow(row)), row.Total
	}
	return view(&Result{}, v)
}

// EventGet shows a gathering and who comes, as far as the actor sees the customers.
type EventGet struct {
	Event string `json:"event" doc:"*活动名"`
}

// SignupView is a sign-up in a view.
type SignupView struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	Contact  string `json:"contact,omitempty"`
	Count    int    `json:"count"`
	Waiting  bool   `json:"waiting,omitempty"`
	Came     bool   `json:"came,omitempty"`
	By       string `json:"by"`
}

// EventView is Data of event.view.
type EventView struct {
	EventRow
	Rows  []SignupView `json:"rows,omitempty"`
	Total int          `json:"total"` // of the rows that the actor sees
}

func eventGet(ctx context.Context, r *run, p *EventGet) (*Result, error) {
	g, err := r.gathering(ctx, p.Event)
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.Signups(ctx, crm.GatheringID(g.ID), pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v := EventView{EventRow: r.eventRow(g)}
	for _, s := range rows {
		v.Total = s.Total
		v.Rows = append(v.Rows, SignupView{ID: s.ID, Customer: s.Name, Contact: s.Contact, Count: s.Count, Waiting: s.State == crm.SignupWaiting, Came: s.Came != nil, By: s.ByName})
	}
	return view(&Result{Record: crm.Ref{Kind: crm.KindGathering, ID: g.ID, Name: g.Name}}, v)
}
