package action

import (
	"context"
	"maps"
	"sync"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// shifts keeps the working time of shifts by what they were said as.
type shifts struct {
	mu     sync.Mutex
	byText map[string]*crm.Worktime
}

// of is the working time of a shift; nil is the company's.
func (s *shifts) of(text string, c crm.Calendar) *crm.Worktime {
	if text == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.byText[text]; ok {
		return w
	}
	var w *crm.Worktime
	if week, err := crm.ParseWeek(text); err == nil { // it was checked when it was said
		if w, err = crm.NewWorktime(crm.Hours{Week: week}, c); err != nil {
			w = nil
		}
	}
	if s.byText == nil || len(s.byText) > 10_000 {
		s.byText = map[string]*crm.Worktime{}
	}
	s.byText[text] = w
	return w
}

func (x *Executor) presence(d store.Duty) crm.Presence {
	return crm.Presence{Shift: x.shifts.of(d.Shift, x.calendar), Said: d.Said}
}

// agents are those of people who can be given work, with what decides whose turn it is; see [crm.PickAgent].
func (r *run) agents(ctx context.Context, rules *crm.ServiceRules, people []int64) ([]crm.Agent, error) {
	if len(people) == 0 {
		return nil, nil
	}
	duties, err := r.tx.Duties(ctx, people)
	if err != nil {
		return nil, err
	}
	b := &r.x.service
	b.mu.Lock()
	given := maps.Clone(b.given)
	b.mu.Unlock()
	agents := make([]crm.Agent, len(duties))
	for i, d := range duties {
		id := crm.UserID(d.UserID)
		agents[i] = crm.Agent{ID: id, Skills: d.Skills, OnDuty: r.x.presence(d).OnDuty(r.now, rules.Shift), Load: d.Open, Given: given[id]}
	}
	return agents, nil
}

// turnTaken notes that somebody has been given work, so that of equals another one is next.
func (r *run) turnTaken(by crm.UserID) {
	if r.req.preview {
		return
	}
	b := &r.x.service
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.given == nil {
		b.given = map[crm.UserID]time.Time{}
	}
	b.given[by] = r.now
}

// OnDuty are those of people who are at work at now, in their order.
func (x *Executor) OnDuty(ctx context.Context, tx *store.Tx, people []crm.UserID, now time.Time) (there []crm.UserID, err error) {
	rules, err := x.rules(ctx, tx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(people))
	for i, id := range people {
		ids[i] = int64(id)
	}
	duties, err := tx.Duties(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range duties {
		if x.presence(d).OnDuty(now, rules.Shift) {
			there = append(there, crm.UserID(d.UserID))
		}
	}
	return there, nil
}
