package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// take keeps the latest lines of a day, the earliest of them first.
func (v *dayTelling) take(lines []store.DayLine, clock string, zone *time.Location) {
	slices.SortStableFunc(lines, func(a, b store.DayLine) int { return b.At.Compare(a.At) })
	lines = lines[:min(len(lines), mostDay)]
	v.More = v.Total - len(lines)
	for _, l := range slices.Backward(lines) {
		v.Lines = append(v.Lines, dayLine{At: l.At.In(zone).Format(clock), Customer: crm.BrandName(l.Customer), Content: cut(oneLine(l.Content), 40), Ticket: l.Ticket, Kind: l.Kind})
	}
}

// mate is a colleague in the list of a team.
type mate struct {
	Name, Role, Team string
	There            bool
	Done             int // what they wrote down today
	Open             int // tickets that are theirs
}

// mostMates is how many colleagues a list shows.
const mostMates = 30

// teamPeople are the colleagues whom the speaker answers for, else those of their own team, by team; and whether that is everybody.
func (t *turn) teamPeople() (people []store.Colleague, all bool, err error) {
	if people, err = t.tx.Colleagues(t.ctx); err != nil {
		return nil, false, fmt.Errorf("team: %w", err)
	}
	all = t.actor.Role == crm.Manager || t.actor.Role == crm.Admin
	people = slices.DeleteFunc(people, func(p store.Colleague) bool {
		return !all && (p.TeamID == 0 || p.TeamID != int64(t.actor.TeamID) && !slices.Contains(t.actor.Teams, crm.TeamID(p.TeamID)))
	})
	slices.SortStableFunc(people, func(a, b store.Colleague) int { return cmp.Or(cmp.Compare(a.Team, b.Team), cmp.Compare(a.ID, b.ID)) })
	return people, all, nil
}

// today is the span of the speaker's day.
func (t *turn) today() (from, to time.Time) {
	now := t.local()
	from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	return from, from.AddDate(0, 0, 1)
}

// idle lists the reps of the team who have written nothing down today. Who sees only their own customers does not see what
// colleagues wrote, and is told so.
func (t *turn) idle() error {
	if t.actor.Scope == crm.ScopeOwn {
		t.say(t.text("desk_idle_own", nil))
		return nil
	}
	people, _, err := t.teamPeople()
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(p store.Colleague) bool { return crm.Role(p.Role) != crm.Rep })
	ids := make([]int64, len(people))
	for n, p := range people {
		ids[n] = p.ID
	}
	from, to := t.today()
	counts, err := t.tx.DayCounts(t.ctx, ids, from, to)
	if err != nil {
		return err
	}
	total := len(people)
	people = slices.DeleteFunc(people, func(p store.Colleague) bool { return counts[p.ID] > 0 })
	idle := len(people)
	var mates []mate
	for _, p := range people[:min(idle, mostMates)] {
		mates = append(mates, mate{Name: p.Name, Team: p.Team})
	}
	t.say(t.text("desk_idle", map[string]any{"Mates": mates, "Total": total, "Idle": idle, "More": idle - len(mates), "Part": t.actor.Scope != crm.ScopeAll}))
	return nil
}

// team lists the colleagues of the team: who is at work, and what they have done today.
func (t *turn) team() error {
	people, all, err := t.teamPeople()
	if err != nil {
		return err
	}
	var ids []int64
	total := len(people)
	people = people[:min(total, mostMates)]
	there, counts := map[crm.UserID]bool{}, map[int64]int{}
	var users []crm.UserID
	for _, p := range people {
		ids, users = append(ids, p.ID), append(users, crm.UserID(p.ID))
	}
	on, err := t.bot.actions.OnDuty(t.ctx, t.tx, users, t.now)
	if err != nil {
		return err
	}
	for _, id := range on {
		there[id] = true
	}
	from, to := t.today()
	if counts, err = t.tx.DayCounts(t.ctx, ids, from, to); err != nil {
		return err
	}
	load, err := t.tx.TicketLoad(t.ctx, ids)
	if err != nil {
		return err
	}
	var mates []mate
	for _, p := range people {
		mates = append(mates, mate{Name: p.Name, Role: crm.Role(p.Role).Chinese(), Team: p.Team, There: there[crm.UserID(p.ID)], Done: counts[p.ID], Open: load[p.ID]})
	}
	example := ""
	for _, m := range mates {
		if m.Name != t.actor.Name && (example == "" || m.Done > 0) {
			example = m.Name
		}
	}
	t.say(t.text("desk_team", map[string]any{"Mates": mates, "Total": total, "More": total - len(mates), "All": all, "Example": example}))
	return nil
}

// briefHour tells when the speaker's morning brief comes.
func (t *turn) briefHour() error {
	minute, err := t.tx.MyBrief(t.ctx)
	if err != nil {
		return err
	}
	at := ""
	if minute >= 0 {
		at = fmt.Sprintf("%02d:%02d", minute/60, minute%60)
	}
	t.say(t.text("desk_brief", map[string]any{"At": at}))
	return nil
}

// left tells those who answer for a colleague that left what they leave behind, and how to hand it on.
func (t *turn) left(who string) (bool, error) {
	p, ok, err := t.oneColleague(who)
	if !ok || err != nil || crm.PersonFits(p.Name, who) < 3 || p.ID == int64(t.actor.UserID) {
		return false, err
	}
	if !t.leads() {
		t.say(t.text("desk_left_else", map[string]any{"Name": p.Name}))
		return true, nil
	}
	customers, tickets, err := t.tx.Belongings(t.ctx, crm.UserID(p.ID), 1000)
	if err != nil {
		return true, err
	}
	t.say(t.text("desk_left", map[string]any{"Name": p.Name, "Customers": len(customers), "Tickets": len(tickets), "Admin": t.actor.Role == crm.Admin}))
	return true, nil
}

// todosOf lists what a colleague has to do: their tasks, and their reminders when there are any.
func (t *turn) todosOf(who, text string) (bool, error) {
	p, ok, err := t.oneColleague(who)
	if !ok || err != nil {
		return false, err
	}
	_, reminders, err := t.tx.RemindersOf(t.ctx, []int64{p.ID}, 0, time.Time{}, time.Time{}, 1)
	if err != nil {
		return true, err
	}
	owner := mustJSON(map[string]any{"owner": p.Name})
	calls := []action.Call{{Name: "task.list", Params: owner}}
	if reminders > 0 {
		calls = append(calls, action.Call{Name: "reminder.list", Params: owner})
	}
	return true, t.run(pending{Calls: calls, Text: text}, 1)
}

// handOver gives what a colleague has in hand to another one: 韩梅梅休假了，客户先给李雷. All of it is shown before it is done.
func (t *turn) handOver(from, what, to, text string) (bool, error) {
	p, ok, err := t.oneColleague(from)
	if !ok || err != nil {
		if from == "我" && err == nil {
			p, ok = store.Colleague{ID: int64(t.actor.UserID), Name: t.actor.Name}, true
		}
		if !ok {
			return false, err
		}
	}
	if known, err := t.colleague(to); !known || err != nil {
		return false, err
	}
	customers, tickets, err := t.tx.Belongings(t.ctx, crm.UserID(p.ID), 1000)
	if err != nil {
		return true, err
	}
	switch what {
	case "客户":
		tickets = nil
	case "工单":
		customers = nil
	}
	var calls []action.Call
	for _, c := range customers {
		calls = append(calls, action.Call{Name: "customer.transfer", Params: mustJSON(map[string]any{"customer": "#" + strconv.FormatInt(c.ID, 10), "owner": to})})
	}
	for _, k := range tickets {
		calls = append(calls, action.Call{Name: "ticket.assign", Params: mustJSON(map[string]any{"ticket": k.ID, "assignee": to})})
	}
	if len(calls) == 0 {
		t.say(t.text("desk_nothing", map[string]any{"Name": p.Name, "What": what}))
		return true, nil
	}
	job := pending{Text: text, Calls: calls[:min(len(calls), mostHandOver)], Doubt: t.text("desk_give", map[string]any{"Name": p.Name, "N": len(calls), "Most": mostHandOver})}
	if len(calls) > mostHandOver {
		job.Missing = []string{t.text("desk_rest", map[string]any{"Left": len(calls) - mostHandOver, "Text": text})}
	}
	return true, t.run(job, 1)
}
