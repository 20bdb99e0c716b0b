package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// SLARing is a moment in the life of a promise at which somebody is told: Percent of it has passed. At 100 it is broken,
// and Step counts how far help has been called since: 0 at the deadline. A ring whose Due is not the ticket's deadline any
// more is stale.
type SLARing struct {
	Ticket  crm.TicketID
	Clock   string // crm.ClockFirst …
	Percent int
	Step    int
	Due     time.Time
}

// KindSLA is how the kinds of SLA timers begin: sla.first.50, sla.solve.100, sla.solve.up1.
const KindSLA = "sla."

func (g SLARing) kind() string {
	if g.Step > 0 {
		return KindSLA + g.Clock + ".up" + strconv.Itoa(g.Step)
	}
	return KindSLA + g.Clock + "." + strconv.Itoa(g.Percent)
}

// timer is g at a time. It belongs to no platform: whom it tells is looked up when it rings.
func (g SLARing) timer(at time.Time) store.TimerRow {
	return store.TimerRow{Kind: g.kind(), Subject: int64(g.Ticket), Due: at,
		Dedupe: fmt.Sprintf("sla:%d:%s:%d.%d:%d", g.Ticket, g.Clock, g.Percent, g.Step, g.Due.Unix())}
}

// ParseSLARing reads the ring from the key of its outbox row.
func ParseSLARing(key string) (g SLARing, ok bool) {
	parts := strings.Split(key, ":")
	if len(parts) < 5 || parts[len(parts)-5] != "sla" {
		return g, false
	}
	parts = parts[len(parts)-4:]
	percent, step, both := strings.Cut(parts[2], ".")
	id, err := strconv.ParseInt(parts[0], 10, 64)
	p, err2 := strconv.Atoi(percent)
	s, err3 := strconv.Atoi(step)
	due, err4 := strconv.ParseInt(parts[3], 10, 64)
	if !both || err != nil || err2 != nil || err3 != nil || err4 != nil || !slices.Contains(crm.Clocks, parts[1]) {
		return g, false
	}
	return SLARing{Ticket: crm.TicketID(id), Clock: parts[1], Percent: p, Step: s, Due: time.Unix(due, 0).UTC()}, true
}

// Call is what breaks the promise of a ring at 100 percent.
func (g SLARing) Call() Call {
	params, err := json.Marshal(TicketBreach{Ticket: g.Ticket, Clock: g.Clock, Due: instant{g.Due}, Step: g.Step})
	if err != nil {
		panic(err) // numbers and a time always marshal
	}
	return Call{Name: "ticket.breach", Params: params}
}

// stale tells that g says nothing any more: what it is about was done, waits for the customer, or has another deadline.
func (g SLARing) stale(t *crm.Ticket) bool {
	due := t.Deadline(g.Clock)
	return due == nil || due.Unix() != g.Due.Unix()
}

// SLAWarned is a promise that runs out, for those who have to know.
type SLAWarned struct {
	Ticket store.TicketRow
	Ring   SLARing
	Left   time.Duration // working time until the deadline
	To     []crm.UserID  // in order, each once
}

// SLAWarning reads the ticket of a ring before its deadline. ok is false when there is nothing to say.
func (x *Executor) SLAWarning(ctx context.Context, tx *store.Tx, g SLARing, now time.Time) (w SLAWarned, ok bool, err error) {
	w.Ring = g
	if w.Ticket, err = tx.TicketByID(ctx, g.Ticket); err != nil {
		if notFound(err) {
			return w, false, nil
		}
		return w, false, err
	}
	if g.stale(&w.Ticket.Ticket) || !now.Before(g.Due) {
		return w, false, nil
	}
	rules, err := x.rules(ctx, tx)
	if err != nil {
		return w, false, err
	}
	warning, known := rules.Warning(g.Percent)
	sla, promised := rules.SLANamed(w.Ticket.SLA)
	if !known || !promised {
		return w, false, nil
	}
	w.Left = sla.Hours.Between(now.Truncate(time.Second), g.Due)
	people, _, err := x.people.load(ctx, tx)
	if err != nil {
		return w, false, err
	}
	if slices.Contains(warning.Tell, "owner") && w.Ticket.OwnerID != 0 {
		w.To = append(w.To, w.Ticket.OwnerID)
	}
	if slices.Contains(warning.Tell, "team") || w.Ticket.OwnerID == 0 {
		team := teamOf(&ticket{Ticket: w.Ticket.Ticket}, people)
		there, err := x.OnDuty(ctx, tx, team, now)
		if err != nil {
			return w, false, err
		}
		if len(there) > 0 { // in the night of an urgent one nobody is, and all hear
			team = there
		}
		for _, u := range team {
			if !slices.Contains(w.To, u) {
				w.To = append(w.To, u)
			}
		}
	}
	return w, len(w.To) > 0, nil
}

// TicketBreach writes down that a promise about a ticket was broken, and calls for help: the team's lead at once, the
// manager when nobody has taken the ticket on. Only the service itself does it, from a timer.
type TicketBreach struct {
	Ticket crm.TicketID `json:"ticket" doc:"*工单编号"`
	Clock  string       `json:"clock" doc:"*哪个时限"`
	Due    instant      `json:"due" doc:"*什么时候到期"`
	Step   int          `json:"step,omitempty" doc:"升级到第几级"`
}

func ticketBreach(ctx context.Context, r *run, p *TicketBreach) (*Result, error) {
	t, err := r.ticketByID(ctx, p.Ticket, anyState)
	if err != nil {
		return nil, err
	}
	ring := SLARing{Ticket: t.ID, Clock: p.Clock, Percent: 100, Step: p.Step, Due: p.Due.Time}
	if ring.stale(&t.Ticket) || r.now.Before(ring.Due) || p.Step > 0 && t.Accepted(ring.Due) {
		return &Result{Record: t.ref()}, nil
	}
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	due := *t.Deadline(p.Clock)
	reason := crm.ClockChinese(p.Clock) + "已超时，应在 " + crm.SayTime(due, r.now, crm.Shanghai) + " 前完成"
	if p.Step > 0 {
		reason = crm.ClockChinese(p.Clock) + "已超时，还没有人接手"
	}
	if p.Step == 0 {
		if !slices.Contains(t.Breached, p.Clock) {
			t.Breached = append(slices.Clone(t.Breached), p.Clock)
		}
		r.then(func(ctx context.Context) error {
			return r.tx.PromiseEnded(ctx, t.ID, crm.Ended{Clock: p.Clock, Due: due})
		})
	}
	r.event("ticket.breached", t.ref(), map[string]any{"clock": p.Clock, "due": due, "step": p.Step, "owner": t.OwnerID})
	r.callsLater(t, rules, ring, due)
	to, err := r.help(ctx, t, rules, p.Step)
	if err != nil {
		return nil, err
	}
	if to.ID == 0 { // nobody above: the ticket itself says that it is late
		r.then(func(ctx context.Context) error { return r.saveTicket(ctx, t) })
		return &Result{Record: t.ref()}, nil
	}
	if r.req.Chosen == nil {
		r.req.Chosen = map[string]crm.Ref{}
	}
	r.req.Chosen[r.slot("to")] = crm.Ref{Kind: crm.KindUser, ID: to.ID, Name: to.Name}
	res, err := ticketEscalate(ctx, r, &TicketEscalate{Ticket: t.ID, To: to.Name, Reason: reason})
	if err != nil {
		return nil, err
	}
	if t.OwnerID == 0 && p.Step == 0 {
		people, _, err := r.x.people.load(ctx, r.tx)
		if err != nil {
			return nil, err
		}
		team := readers{}
		team.add(AsTeam, teamOf(t, people)...)
		delete(team, crm.UserID(to.ID))
		r.then(func(ctx context.Context) error {
			r.tell(t, team, TicketNews{Topic: TicketEscalated, To: to.Name, ToID: crm.UserID(to.ID), Why: reason, Content: t.Content})
			return nil
		})
	}
	return res, nil
}

// callsLater sets the timers that call for more help if nobody takes the ticket on.
func (r *run) callsLater(t *ticket, rules *crm.ServiceRules, ring SLARing, due time.Time) {
	sla, ok := rules.SLANamed(t.SLA)
	if ring.Step > 0 || !ok {
		return
	}
	for i, e := range rules.Escalations {
		if i == 0 {
			continue
		}
		next := ring
		next.Step = i
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, next.timer(sla.Hours.Add(due, e.After)))
	}
}

// help is who is called at a step: the lead of the ticket's team, or a manager when there is none; nobody has ID 0.
func (r *run) help(ctx context.Context, t *ticket, rules *crm.ServiceRules, step int) (to store.Colleague, err error) {
	if step >= len(rules.Escalations) {
		return to, nil
	}
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return to, err
	}
	team := int64(t.TeamID)
	for _, p := range people {
		if team == 0 && p.ID == int64(t.OwnerID) {
			team = p.TeamID
		}
	}
	may := func(p store.Colleague) bool { return p.ID != int64(t.OwnerID) && p.Platform != "" }
	if rules.Escalations[step].To == "lead" {
		for _, d := range teams {
			for _, p := range people {
				if d.ID == team && p.ID == d.Lead && may(p) {
					return p, nil
				}
			}
		}
	}
	for _, role := range []crm.Role{crm.Manager, crm.Admin} {
		for _, p := range people {
			if p.Role == string(role) && may(p) {
				return p, nil
			}
		}
	}
	return to, nil
}
