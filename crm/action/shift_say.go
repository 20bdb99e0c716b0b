package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// DutyView is when somebody works and what they can do; Data of the actions that change it, and a row of shift.list.
type DutyView struct {
	Name   string     `json:"name"`
	There  bool       `json:"there"`            // at work now
	Until  *time.Time `json:"until,omitempty"`  // until when what was said holds
	When   string     `json:"when,omitempty"`   // Until as people say it
	From   string     `json:"from,omitempty"`   // the first day off when that is later: 明天
	Shift  string     `json:"shift,omitempty"`  // 周一至周五 09:00-18:00; "" is the company's hours
	Skills []string   `json:"skills,omitempty"` //
	Open   int        `json:"open"`             // tickets that are theirs
	Me     bool       `json:"me,omitempty"`
}

// DutyListView is Data of shift.list.
type DutyListView struct {
	Team string     `json:"team,omitempty"`
	Rows []DutyView `json:"rows,omitempty"`
}

// duty finds whose duty is meant and how it stands. Only leads and managers change that of others.
func (r *run) duty(ctx context.Context, owner string) (d store.Duty, name string, err error) {
	to := r.me()
	if owner != "" {
		if to, _, err = r.person(ctx, "owner", owner); err != nil {
			return d, "", err
		}
	}
	if to.ID != int64(r.req.Actor.UserID) {
		a := r.req.Actor
		if leads := a.Role == crm.TeamLead && slices.Contains(a.Teams, crm.TeamID(to.TeamID)); !leads && a.Role != crm.Admin && a.Role != crm.Manager {
			return d, "", crm.Refuse(crm.ErrDenied, "同事的班次和技能由TA的主管来改，请找主管，或请%s自己说。", to.Name)
		}
	}
	if to.ID == 0 {
		return d, "", crm.Refuse(crm.ErrInvalid, "要改谁的班次？说一下同事的名字。")
	}
	rows, err := r.tx.Duties(ctx, []int64{to.ID})
	if err != nil {
		return d, "", err
	}
	return rows[0], to.Name, nil
}

// keepDuty queues d and shows it.
func (r *run) keepDuty(ctx context.Context, d store.Duty, name, what, old, new string) (*Result, error) {
	ref := crm.Ref{Kind: crm.KindUser, ID: d.UserID, Name: name}
	res := &Result{Record: ref, Changes: []Change{{Record: ref, Field: what, Old: old, New: new}}}
	r.then(func(ctx context.Context) error {
		if err := r.tx.KeepDuty(ctx, d); err != nil {
			return err
		}
		r.audit(r.req.Calls[r.call].Name, ref, res.Changes)
		r.event("duty.changed", ref, map[string]any{"what": what})
		return nil
	})
	v, err := r.dutyView(ctx, d, name)
	if err != nil {
		return nil, err
	}
	return view(res, v)
}

func (r *run) dutyView(ctx context.Context, d store.Duty, name string) (DutyView, error) {
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return DutyView{}, err
	}
	v := DutyView{Name: name, There: r.x.presence(d).OnDuty(r.now, rules.Shift), Shift: d.Shift, Skills: d.Skills, Open: d.Open, Me: d.UserID == int64(r.req.Actor.UserID)}
	if s, ok := spellNow(d.Said, r.now); ok {
		until := s.Until
		v.Until, v.When = &until, crm.SayDay(until.In(r.zone).AddDate(0, 0, -1), r.now.In(r.zone)) // they end at midnight
		if s.Since.After(r.now) {
			v.From = crm.SayDay(s.Since.In(r.zone), r.now.In(r.zone))
		}
	}
	return v, nil
}

// spellNow is what was said of now, else of the time that comes next.
func spellNow(said []crm.Spell, now time.Time) (next crm.Spell, ok bool) {
	for _, s := range slices.Backward(said) {
		if s.Holds(now) {
			return s, true
		}
		if s.Since.After(now) && (!ok || s.Since.Before(next.Since)) {
			next, ok = s, true
		}
	}
	return next, ok
}

// mostSpells is how much of what was said is kept.
const mostSpells = 20

// withSpell adds s to what was said and forgets what has passed.
func withSpell(said []crm.Spell, s crm.Spell, now time.Time) []crm.Spell {
	said = slices.DeleteFunc(slices.Clone(said), func(s crm.Spell) bool { return !s.Until.After(now) })
	said = append(said, s)
	return said[max(0, len(said)-mostSpells):]
}

// midnight is the beginning of the day that lies days after that of t.
func (r *run) midnight(t time.Time, days int) time.Time {
	t = t.In(r.zone)
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, r.zone).UTC()
}

// ShiftOn says that somebody is at work (上班), also outside of their hours: until the end of the day then.
type ShiftOn struct {
	Owner string `json:"owner,omitempty" doc:"谁，不说就是自己"`
}

func shiftOn(ctx context.Context, r *run, p *ShiftOn) (*Result, error) {
	d, name, err := r.duty(ctx, p.Owner)
	if err != nil {
		return nil, err
	}
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	for i := range d.Said { // whoever is back early is back
		if s := &d.Said[i]; !s.On && s.Holds(r.now) {
			s.Until = r.now
		}
	}
	d.Said = slices.DeleteFunc(d.Said, func(s crm.Spell) bool { return !s.Until.After(r.now) })
	if !r.x.presence(d).OnDuty(r.now, rules.Shift) {
		d.Said = withSpell(d.Said, crm.Spell{On: true, Since: r.now, Until: r.midnight(r.now, 1)}, r.now)
	}
	return r.keepDuty(ctx, d, name, "班次", "", "上班")
}

// ShiftOff says that somebody is not at work (下班, 请假): today, or the days from From to Until.
type ShiftOff struct {
	Owner string `json:"owner,omitempty" doc:"谁，不说就是自己"`
	From  date   `json:"from,omitempty" doc:"哪天开始，不说就是现在"`
	Until date   `json:"until,omitempty" doc:"到哪天，含这一天"`
}

func shiftOff(ctx context.Context, r *run, p *ShiftOff) (*Result, error) {
	for param, d := range map[string]date{"from": p.From, "until": p.Until} {
		if err := d.check(); err != nil {
			return nil, r.bad(param, err)
		}
	}
	d, name, err := r.duty(ctx, p.Owner)
	if err != nil {
		return nil, err
	}
	since, until := r.now, r.midnight(r.now, 1)
	day := func(d date) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, string(d), r.zone)
		if err != nil {
			return r.now // it was checked
		}
		return t
	}
	if p.From != "" && day(p.From).After(r.now) {
		since, until = day(p.From).UTC(), r.midnight(day(p.From), 1)
	}
	if p.Until != "" {
		until = r.midnight(day(p.Until), 1)
	}
	switch {
	case !until.After(since) || !until.After(r.now):
		return nil, r.ask("until", "这一天已经过了，请假到哪天？")
	case until.Sub(r.now) > 400*24*time.Hour:
		return nil, r.ask("until", "请假最长一年，到哪天？")
	}
	d.Said = withSpell(d.Said, crm.Spell{Since: since, Until: until}, r.now)
	said := "下班"
	if p.From != "" || p.Until != "" {
		said = "请假到 " + until.In(r.zone).AddDate(0, 0, -1).Format(time.DateOnly)
	}
	shown := d // what was just said, whatever else is known
	shown.Said = d.Said[len(d.Said)-1:]
	res, err := r.keepDuty(ctx, d, name, "班次", "", said)
	if err == nil {
		if v, err := r.dutyView(ctx, shown, name); err != nil {
			return nil, err
		} else if res, err = view(res, v); err != nil {
			return nil, err
		}
	}
	if err == nil && d.Open > 0 && since.Sub(r.now) <= 0 {
		whose := name + "手上"
		if d.UserID == int64(r.req.Actor.UserID) {
			whose = "你手上"
		}
		res.Notes = append(res.Notes, fmt.Sprintf("%s还有 %d 张没关的工单，要交给别人就说「转交 编号 同事」。", whose, d.Open))
	}
	return res, err
}

// ShiftSet sets somebody's own hours; "" goes back to the company's.
type ShiftSet struct {
	Owner string `json:"owner,omitempty" doc:"谁，不说就是自己"`
	Hours string `json:"hours,omitempty" doc:"班次，比如「周一至周五 9:00-18:00」；不说就是公司的"`
}

func shiftSet(ctx context.Context, r *run, p *ShiftSet) (*Result, error) {
	hours := strings.Join(strings.Fields(p.Hours), " ")
	if hours == "默认" || hours == "公司" || hours == "恢复默认" {
		hours = ""
	}
	if hours != "" {
		if _, err := crm.ParseWeek(hours); err != nil || len(hours) > 500 {
			return nil, r.ask("hours", "没看懂班次「%s」，可以说「周一至周五 9:00-12:00、13:00-18:00」。", briefly(hours, 30))
		}
	}
	d, name, err := r.duty(ctx, p.Owner)
	if err != nil {
		return nil, err
	}
	old := d.Shift
	d.Shift = hours
	new := hours
	if new == "" {
		new = "公司班次"
	}
	return r.keepDuty(ctx, d, name, "班次", old, new)
}

// SkillSet adds or takes away what somebody can do (技能).
type SkillSet struct {
	Owner  string   `json:"owner,omitempty" doc:"谁，不说就是自己"`
	Skills []string `json:"skills" doc:"*技能，比如打印机、网络"`
	Remove bool     `json:"remove,omitempty" doc:"去掉"`
}

// mostSkills is how many skills somebody has at most.
const mostSkills = 30

func skillSet(ctx context.Context, r *run, p *SkillSet) (*Result, error) {
	var said []string
	for _, s := range p.Skills {
		if s = strings.TrimSpace(s); s != "" && len([]rune(s)) <= 20 && !slices.Contains(said, s) {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		return nil, r.ask("skills", "什么技能？比如「打印机」「网络」，20 个字以内。")
	}
	d, name, err := r.duty(ctx, p.Owner)
	if err != nil {
		return nil, err
	}
	old := strings.Join(d.Skills, "、")
	kept := slices.DeleteFunc(slices.Clone([]string(d.Skills)), func(s string) bool { return slices.Contains(said, s) })
	if !p.Remove {
		kept = append(kept, said...)
	}
	if len(kept) > mostSkills {
		return nil, crm.Refuse(crm.ErrInvalid, "一个人最多 %d 个技能，请先去掉几个。", mostSkills)
	}
	d.Skills = kept
	return r.keepDuty(ctx, d, name, "技能", old, strings.Join(kept, "、"))
}

// ShiftList shows who is at work.
type ShiftList struct {
	Owner string `json:"owner,omitempty" doc:"哪个部门或谁，不说就是自己部门"`
}

func shiftList(ctx context.Context, r *run, p *ShiftList) (*Result, error) {
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	v := DutyListView{}
	if p.Owner != "" && !isMe(p.Owner) {
		if ids, v.Team, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	} else {
		team := int64(r.req.Actor.TeamID)
		for _, c := range people {
			if team != 0 && c.TeamID == team || team == 0 && c.Role == string(crm.Service) {
				ids = append(ids, c.ID)
			}
		}
	}
	rows, err := r.tx.Duties(ctx, ids[:min(len(ids), 50)])
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, c := range people {
		names[c.ID] = c.Name
	}
	for _, d := range rows {
		row, err := r.dutyView(ctx, d, names[d.UserID])
		if err != nil {
			return nil, err
		}
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b DutyView) int {
		switch {
		case a.There == b.There:
			return 0
		case a.There:
			return -1
		}
		return 1
	})
	return view(&Result{}, v)
}
