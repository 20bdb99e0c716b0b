package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// JourneyList lists the journeys.
type JourneyList struct{}

// JourneyRow is a journey in a list.
type JourneyRow struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	About   string `json:"about"`
	State   string `json:"state"` // 运行中, 已暂停, 未启动
	Auto    string `json:"auto,omitempty"`
	Active  int    `json:"active"`
	Control int    `json:"control,omitempty"`
	Goal    int    `json:"goal,omitempty"`
	Done    int    `json:"done,omitempty"`
	Left    int    `json:"left,omitempty"`
}

// JourneysView is Data of journey.list.
type JourneysView struct {
	Rows []JourneyRow `json:"rows"`
}

func journeyList(ctx context.Context, r *run, _ *JourneyList) (*Result, error) {
	all, err := r.tx.Journeys(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := r.tx.JourneyCounts(ctx, 0)
	if err != nil {
		return nil, err
	}
	v := JourneysView{Rows: make([]JourneyRow, len(all))}
	for i, j := range all {
		v.Rows[i] = journeyRow(j, counts)
	}
	return view(&Result{}, v)
}

func journeyRow(j store.JourneyRow, counts []store.JourneyCount) JourneyRow {
	row := JourneyRow{ID: int64(j.ID), Name: j.Name, About: j.Plan.About, State: journeyState(j)}
	if j.Auto {
		row.Auto = sayEntry(j.Plan.Entry)
	}
	for _, c := range counts {
		if c.JourneyID != j.ID {
			continue
		}
		switch c.State {
		case crm.TravelActive:
			row.Active += c.People
		case crm.TravelControl:
			row.Control += c.People
		case crm.TravelGoal:
			row.Goal += c.People
		case crm.TravelDone:
			row.Done += c.People
		case crm.TravelLeft:
			if c.Reason != crm.LeftUndone {
				row.Left += c.People
			}
		}
	}
	return row
}

func journeyState(j store.JourneyRow) string {
	switch j.State {
	case crm.JourneyOn:
		if j.Auto {
			return "自动运行中"
		}
		return "运行中"
	case crm.JourneyPaused:
		return "已暂停"
	}
	return "未启动"
}

// JourneyView shows one journey: what happens in it and where its people are.
type JourneyView struct {
	Journey string `json:"journey" doc:"*旅程的名字"`
}

// JourneyStepRow is a step with how many have come past it and how many stand at it.
type JourneyStepRow struct {
	Says string `json:"says"`
	Took int64  `json:"took"`
	Here int    `json:"here"`
}

// JourneyDetail is Data of journey.view.
type JourneyDetail struct {
	JourneyRow
	Owner   string           `json:"owner,omitempty"`
	Entry   string           `json:"entry,omitempty"` // who would enter by itself
	Holdout int              `json:"holdout,omitempty"`
	Steps   []JourneyStepRow `json:"steps"`
	Older   int              `json:"older,omitempty"` // people who finish on an older plan
	Why     []string         `json:"why,omitempty"`   // why people left
}

func journeyView(ctx context.Context, r *run, p *JourneyView) (*Result, error) {
	j, err := r.journey(ctx, p.Journey)
	if err != nil {
		return nil, err
	}
	counts, err := r.tx.JourneyCounts(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	took, err := r.tx.StepsTaken(ctx, j.ID, j.Number)
	if err != nil {
		return nil, err
	}
	v := JourneyDetail{JourneyRow: journeyRow(j, counts), Owner: j.OwnerName, Entry: sayEntry(j.Plan.Entry), Holdout: j.Plan.Holdout, Steps: make([]JourneyStepRow, len(j.Plan.Steps))}
	for i, s := range j.Plan.Steps {
		v.Steps[i] = JourneyStepRow{Says: sayStep(s), Took: took[i]}
	}
	left := map[string]int{}
	for _, c := range counts {
		switch {
		case c.State == crm.TravelActive && c.Plan != j.Number:
			v.Older += c.People
		case c.State == crm.TravelActive && c.Step < len(v.Steps):
			v.Steps[c.Step].Here += c.People
		case c.State == crm.TravelLeft:
			left[c.Reason] += c.People
		}
	}
	for _, w := range []struct{ reason, says string }{{crm.LeftStopped, "被请出"}, {crm.LeftTicket, "工单一直没处理完"}, {crm.LeftConsent, "退订"},
		{crm.LeftFilter, "不再符合条件"}, {crm.LeftCustomer, "客户已删除"}} {
		if n := left[w.reason]; n > 0 {
			v.Why = append(v.Why, fmt.Sprintf("%s %d 位", w.says, n))
		}
	}
	return view(&Result{Record: j.Ref()}, v)
}

// JourneyStop takes a customer out of a journey, or out of all with none named; with no customer it stops the journey.
type JourneyStop struct {
	Journey  string `json:"journey,omitempty" doc:"旅程的名字"`
	Customer string `json:"customer,omitempty" doc:"客户名；不说就是停掉整个旅程"`
}

// JourneyStopView is Data of journey.stop.
type JourneyStopView struct {
	Journey  string `json:"journey,omitempty"`
	Customer string `json:"customer,omitempty"`
	Left     int    `json:"left"`    // people, or with a customer journeys
	Stopped  int64  `json:"stopped"` // messages that are not sent now
}

func journeyStop(ctx context.Context, r *run, p *JourneyStop) (*Result, error) {
	if p.Customer != "" {
		return r.leaveJourneys(ctx, p)
	}
	j, err := r.journey(ctx, p.Journey)
	if err != nil {
		return nil, err
	}
	if err := r.mayRun(j); err != nil {
		return nil, err
	}
	if j.State == crm.JourneyOff {
		return nil, crm.Refuse(crm.ErrConflict, "旅程「%s」没有在运行，不用停。", j.Name)
	}
	counts, err := r.tx.JourneyCounts(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	row := journeyRow(j, counts)
	res := &Result{Record: j.Ref()}
	res.changes(res.Record, "旅程", j.Name, "离开", fmt.Sprintf("%d 位客户", row.Active))
	if row.Active > 0 {
		r.risky(fmt.Sprintf("旅程「%s」里的 %d 位客户都会离开，收不回来", j.Name, row.Active))
	}
	v := JourneyStopView{Journey: j.Name, Left: row.Active}
	r.then(func(ctx context.Context) error {
		if err := r.tx.SwitchJourney(ctx, j, crm.JourneyOff, false, 0); err != nil {
			return err
		}
		r.x.listening.forget()
		active, err := r.tx.LeaveJourney(ctx, j.ID, 0, 0, crm.LeftStopped)
		if err != nil {
			return err
		}
		v.Left = len(active)
		if v.Stopped, err = r.tx.StopAllJourneyOffers(ctx, j.ID, "旅程停了"); err != nil {
			return err
		}
		r.audit("journey.stop", res.Record, res.Changes)
		r.event("journey.stopped", res.Record, map[string]any{"left": v.Left})
		_, err = view(res, v)
		return err
	})
	return view(res, v)
}

// leaveJourneys takes a customer out of one journey or of all.
func (r *run) leaveJourneys(ctx context.Context, p *JourneyStop) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	in, err := r.tx.JourneysOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if p.Journey != "" {
		j, err := r.journey(ctx, p.Journey)
		if err != nil {
			return nil, err
		}
		all := in
		in = nil
		for _, row := range all {
			if row.ID == j.ID {
				in = append(in, row)
			}
		}
	}
	var names []string
	for _, row := range in {
		names = append(names, row.Name)
	}
	if len(in) == 0 {
		return nil, crm.Refuse(crm.ErrConflict, "%s不在%s里，不用停。", c.Name, orAny(p.Journey))
	}
	res := &Result{Record: c.ref()}
	r.ours(c, res)
	res.changes(res.Record, "离开旅程", strings.Join(names, "、"))
	v := JourneyStopView{Journey: strings.Join(names, "、"), Customer: c.Name, Left: len(in)}
	r.then(func(ctx context.Context) error {
		for _, row := range in {
			if _, err := r.tx.LeaveJourney(ctx, row.ID, 0, c.ID, crm.LeftStopped); err != nil {
				return err
			}
			n, err := r.tx.StopJourneyOffers(ctx, row.ID, []int64{c.ID}, "已经离开旅程")
			if err != nil {
				return err
			}
			v.Stopped += n
		}
		r.audit("journey.stop", res.Record, res.Changes)
		r.event("journey.left", res.Record, map[string]any{"journeys": names})
		r.history(c, 0, "离开旅程「"+v.Journey+"」")
		_, err := view(res, v)
		return err
	})
	return view(res, v)
}

func orAny(name string) string {
	if name == "" {
		return "任何旅程"
	}
	return "旅程「" + name + "」"
}

// mayRun refuses whoever may not run a journey of the whole company.
func (r *run) mayRun(j store.JourneyRow) error {
	switch r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead, crm.Marketer:
		return nil
	}
	if j.OwnerID == int64(r.req.Actor.UserID) && !j.Auto || r.req.Actor.Scope == crm.ScopeSystem {
		return nil
	}
	return crm.Refuse(crm.ErrDenied, "旅程「%s」要主管或市场来开关；自己的客户可以说「把张姐移出%s旅程」。", j.Name, j.Name)
}

// JourneyPause lets everybody in a journey wait where they are.
type JourneyPause struct {
	Journey string `json:"journey" doc:"*旅程的名字"`
}

// JourneySwitched is Data of journey.pause and journey.resume.
type JourneySwitched struct {
	Journey string `json:"journey"`
	Active  int    `json:"active"`
	Auto    string `json:"auto,omitempty"`
}

func journeyPause(ctx context.Context, r *run, p *JourneyPause) (*Result, error) {
	j, err := r.journey(ctx, p.Journey)
	if err != nil {
		return nil, err
	}
	if err := r.mayRun(j); err != nil {
		return nil, err
	}
	switch j.State {
	case crm.JourneyPaused:
		return nil, crm.Refuse(crm.ErrConflict, "旅程「%s」已经暂停了，说「继续%s旅程」可以接着走。", j.Name, j.Name)
	case crm.JourneyOff:
		return nil, crm.Refuse(crm.ErrConflict, "旅程「%s」没有在运行，不用暂停。", j.Name)
	}
	return r.switchTo(ctx, j, "journey.pause", crm.JourneyPaused)
}

// JourneyResume lets a paused journey go on; one that is off begins, and lets in by itself whom it is for.
type JourneyResume struct {
	Journey string `json:"journey" doc:"*旅程的名字"`
}

func journeyResume(ctx context.Context, r *run, p *JourneyResume) (*Result, error) {
	j, err := r.journey(ctx, p.Journey)
	if err != nil {
		return nil, err
	}
	if err := r.mayRun(j); err != nil {
		return nil, err
	}
	switch j.State {
	case crm.JourneyOn:
		return nil, crm.Refuse(crm.ErrConflict, "旅程「%s」正在运行，不用继续。", j.Name)
	case crm.JourneyOff:
		res, err := journeyStart(ctx, r, &JourneyStart{Journey: p.Journey})
		if res != nil {
			res.Name = "journey.start"
		}
		return res, err
	}
	return r.switchTo(ctx, j, "journey.resume", crm.JourneyOn)
}

// switchTo pauses a journey or lets it go on.
func (r *run) switchTo(ctx context.Context, j store.JourneyRow, action, state string) (*Result, error) {
	counts, err := r.tx.JourneyCounts(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	was := journeyState(j)
	j.State = state
	res := &Result{Record: j.Ref(), Changes: []Change{{Record: j.Ref(), Field: "旅程", Old: was, New: journeyState(j)}}}
	v := JourneySwitched{Journey: j.Name, Active: journeyRow(j, counts).Active}
	if j.Auto {
		v.Auto = sayEntry(j.Plan.Entry)
	}
	r.then(func(ctx context.Context) error {
		if err := r.tx.SwitchJourney(ctx, j, state, j.Auto, 0); err != nil {
			return err
		}
		if err := r.x.listenAnew(ctx, r.tx); err != nil {
			return err
		}
		if state == crm.JourneyOn {
			if err := wakeJourney(ctx, r.tx, j.ID, true); err != nil {
				return err
			}
			if j.Auto {
				r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, r.x.nextLook(j, r.now))
			}
		}
		r.audit(action, res.Record, res.Changes)
		r.event(action+"d", res.Record, nil)
		return nil
	})
	return view(res, v)
}
