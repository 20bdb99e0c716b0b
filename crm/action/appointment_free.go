package action

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// workingDay is when who works on the day of at: by their own word, else their shift, else the company's hours.
func (r *run) workingDay(ctx context.Context, who int64, at time.Time) (working []crm.Stretch, err error) {
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	duties, err := r.tx.Duties(ctx, []int64{who})
	if err != nil {
		return nil, err
	}
	var p crm.Presence
	for _, d := range duties {
		p = r.x.presence(d)
	}
	day := at.In(r.zone)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, r.zone)
	works := func(t time.Time) bool {
		if p.Shift != nil || rules.Shift != nil {
			return p.OnDuty(t, rules.Shift)
		}
		hour := t.In(r.zone).Hour() // no hours are configured at all
		return r.x.calendar.Workday(t.In(r.zone)) && hour >= 9 && hour < 18
	}
	const step = 5 * time.Minute
	for t := midnight; t.Before(midnight.AddDate(0, 0, 1)); t = t.Add(step) {
		last := len(working) - 1
		switch {
		case !works(t):
		case last >= 0 && working[last].To.Equal(t):
			working[last].To = t.Add(step)
		default:
			working = append(working, crm.Stretch{From: t, To: t.Add(step)})
		}
	}
	return working, nil
}

// free refuses a time at which the technician is elsewhere, and says when they are free that day. Outside of their working
// time a person is asked first.
func (r *run) free(ctx context.Context, a crm.Appointment, name string) error {
	working, err := r.workingDay(ctx, int64(a.TechnicianID), a.From)
	if err != nil {
		return err
	}
	day := a.From.In(r.zone)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, r.zone)
	busy, err := r.tx.Busy(ctx, a.TechnicianID, midnight, midnight.AddDate(0, 0, 2), a.ID)
	if err != nil {
		return err
	}
	slot := crm.Stretch{From: a.From, To: a.To}
	for _, b := range busy {
		if !slot.Meets(b) {
			continue
		}
		rest := crm.FreeStretches(working, busy, a.To.Sub(a.From), r.now)
		when := "当天没有空了，换一天再说"
		if len(rest) > 0 {
			when = "当天还空 " + crm.SayStretches(rest, r.zone) + "，换个时间再说"
		}
		return r.ask("at", "%s %s 已经有上门了，%s。", name, r.sayStretch(b.From, b.To), when)
	}
	if !crm.Within(slot, working) {
		r.risky(fmt.Sprintf("不在%s的上班时间里", name))
	}
	return nil
}

// stillFree looks once more with the technician's schedule locked; if somebody was faster, the run begins again.
func (r *run) stillFree(ctx context.Context, a crm.Appointment) error {
	if err := r.tx.LockSchedule(ctx, a.TechnicianID); err != nil {
		return err
	}
	busy, err := r.tx.Busy(ctx, a.TechnicianID, a.From, a.To, a.ID)
	if err == nil && len(busy) > 0 {
		err = fmt.Errorf("appointment of %d: %w", a.TechnicianID, crm.ErrConflict)
	}
	return err
}

// SlotList shows when somebody is free on a day.
type SlotList struct {
	Owner   string `json:"owner,omitempty" doc:"谁：同事或 me，不说就是自己"`
	Period  string `json:"period,omitempty" doc:"哪天，不说就是今天"`
	Minutes int    `json:"minutes,omitempty" doc:"要多久，分钟"`
}

// SlotListView is Data of slot.list.
type SlotListView struct {
	Who  string `json:"who"`
	Day  string `json:"day"`            // as people say it
	Free string `json:"free,omitempty"` // 09:00-12:00、13:00-15:00; "" for nothing
	Busy string `json:"busy,omitempty"`
	Off  bool   `json:"off,omitempty"`  // it is no working day for them
	Need string `json:"need,omitempty"` // how long was asked for
}

func slotList(ctx context.Context, r *run, p *SlotList) (*Result, error) {
	who := r.me()
	var err error
	if p.Owner != "" {
		if who, _, err = r.person(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	}
	from := r.now.In(r.zone)
	if p.Period != "" {
		day, _, err := span(p.Period, r.zone)
		if err != nil {
			return nil, r.bad("period", err)
		}
		if day.After(from) {
			from = day
		}
	}
	if p.Minutes < 0 || p.Minutes > 12*60 {
		return nil, r.ask("minutes", "要多久？说个 12 小时以内的，比如「2小时」。")
	}
	length := 30 * time.Minute
	v := SlotListView{Who: who.Name, Day: crm.SayDay(from, r.now.In(r.zone))}
	if p.Minutes > 0 {
		length = time.Duration(p.Minutes) * time.Minute
		v.Need = crm.SayMinutes(length)
	}
	working, err := r.workingDay(ctx, who.ID, from)
	if err != nil {
		return nil, err
	}
	midnight := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, r.zone)
	busy, err := r.tx.Busy(ctx, crm.UserID(who.ID), midnight, midnight.AddDate(0, 0, 1), 0)
	if err != nil {
		return nil, err
	}
	v.Off, v.Busy = len(working) == 0, crm.SayStretches(busy, r.zone)
	v.Free = crm.SayStretches(crm.FreeStretches(working, busy, length, r.now), r.zone)
	return view(&Result{}, v)
}
