package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// The ticket actions call these in every change of a ticket's state, in this order: judge and dispatch when a ticket begins,
// clock before the ticket is written, wake after it.

// judge gives a new ticket the kind and priority that nobody said, by the words and the customer.
func (r *run) judge(ctx context.Context, t *ticket, kind, priority bool) error {
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return err
	}
	asked := crm.Asked{Level: t.customerLevel, Content: t.Content}
	if kind {
		if k := rules.Kind(asked); k != "" {
			t.Kind = k
		}
	}
	asked.Kind = t.Kind
	if priority {
		if p := rules.Priority(asked); p != "" {
			t.Priority = p
		}
	}
	return nil
}

// asked is a ticket as rules look at it.
func (r *run) asked(ctx context.Context, t *ticket) (crm.Asked, error) {
	_, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return crm.Asked{}, err
	}
	a := crm.Asked{Kind: t.Kind, Priority: t.Priority, Level: t.customerLevel, Content: t.Content}
	for _, d := range teams {
		if d.ID == int64(t.TeamID) {
			a.Team = d.Name
		}
	}
	return a, nil
}

// clock computes the deadlines of t (SLA, FirstDue, NextDue, SolveDue, PausedSeconds) for how it will be written; t.was is
// how it was read, and empty for a new ticket, which has no number yet.
func (r *run) clock(ctx context.Context, t *ticket) error {
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil || len(rules.SLAs) == 0 {
		return err
	}
	a, err := r.asked(ctx, t)
	if err != nil {
		return err
	}
	if t.customerLevel == "" && t.CustomerID != 0 && t.was.ID != 0 && t.was.CustomerID == t.CustomerID && t.was.Priority == t.Priority && t.was.Kind == t.Kind && t.was.TeamID == t.TeamID {
		// Somebody who does not see the customer works on the ticket: what was promised stands.
		if sla, ok := rules.SLANamed(t.SLA); ok {
			t.ended = append(t.ended, sla.Wind(&t.Ticket, t.was, r.now)...)
			return nil
		}
	}
	sla, _ := rules.SLA(a)
	t.ended = append(t.ended, sla.Wind(&t.Ticket, t.was, r.now)...)
	return nil
}

// wake sets and takes back the timers of t, which has its number and has just been written, and keeps what became of the
// promises that ended.
func (r *run) wake(ctx context.Context, t *ticket) error {
	for _, e := range t.ended {
		if err := r.tx.PromiseEnded(ctx, t.ID, e); err != nil {
			return err
		}
	}
	t.ended = nil
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return err
	}
	marks := rules.Marks(&t.Ticket, r.now)
	if t.was.ID != 0 {
		if slices.Equal(marks, rules.Marks(&t.was, r.now)) {
			return nil
		}
		r.sleep(t.ID, rules, &t.Ticket)
	}
	r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, slaTimers(t.ID, marks)...)
	return nil
}

// rewake sets the timers of a ticket that was taken back to how it was, and forgets the ends of promises that run again.
func (r *run) rewake(ctx context.Context, id crm.TicketID) error {
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return err
	}
	row, err := r.tx.TicketByID(ctx, id)
	if notFound(err) {
		r.sleep(id, rules, &crm.Ticket{State: crm.TicketClosed})
		return nil // it is gone: nothing rings for it
	}
	if err != nil {
		return err
	}
	r.sleep(id, rules, &row.Ticket)
	for _, clock := range crm.Clocks {
		if due := row.Deadline(clock); due != nil {
			if err := r.tx.PromiseRuns(ctx, id, clock, *due); err != nil {
				return err
			}
		}
	}
	r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, slaTimers(id, rules.Marks(&row.Ticket, r.now))...)
	return nil
}

// WatchClocks sets the timers of tickets whose deadlines no timer waits for, and tells of how many those were. There should be
// none: it is the net below the net.
func (x *Executor) WatchClocks(ctx context.Context, now time.Time) (set int, err error) {
	const batch = 200
	var ids []crm.TicketID
	err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		ids, err = tx.Unwatched(ctx, now, batch)
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
				tx.Now = now
				return newRun(x, tx, Request{Actor: crm.System, Via: "timer", Now: now}).rewake(ctx, id)
			})
			set++
		}
	}
	if err != nil {
		return 0, fmt.Errorf("watch clocks: %w", err)
	}
	return set, nil
}

// sleep takes back the timers of a ticket; what is set again in the same run stays. So do the calls for more help of promises
// that still run as t stands: one that is broken stays broken when the customer writes again, and a call that has become
// stale says nothing.
func (r *run) sleep(id crm.TicketID, rules *crm.ServiceRules, t *crm.Ticket) {
	for _, clock := range crm.Clocks {
		for _, w := range rules.Warnings {
			r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: SLARing{Clock: clock, Percent: w.Percent}.kind(), Subject: int64(id)})
		}
		r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: SLARing{Clock: clock, Percent: 100}.kind(), Subject: int64(id)})
		for i := 1; i < len(rules.Escalations) && t.Deadline(clock) == nil; i++ {
			r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: SLARing{Clock: clock, Percent: 100, Step: i}.kind(), Subject: int64(id)})
		}
	}
}

func slaTimers(id crm.TicketID, marks []crm.Mark) []store.TimerRow {
	rows := make([]store.TimerRow, len(marks))
	for i, m := range marks {
		rows[i] = SLARing{Ticket: id, Clock: m.Clock, Percent: m.Percent, Due: m.Due}.timer(m.At)
	}
	return rows
}

// dispatch proposes who handles a ticket for whom nobody was named: it fills in t.TeamID and t.OwnerID. With no owner the
// whole team is told, and any of it may take the ticket. An agent who writes a ticket down keeps it.
//
// Whom an earlier run that was held back has shown stays, as long as they can: the person confirmed what they read. Else res
// says who has it instead, and why.
func (r *run) dispatch(ctx context.Context, t *ticket, res *Result) error {
	if t.TeamID == 0 && r.req.Actor.Role == crm.Service {
		t.OwnerID, t.TeamID = r.req.Actor.UserID, r.req.Actor.TeamID
		return nil
	}
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return err
	}
	rules, err := r.x.rules(ctx, r.tx)
	if err != nil {
		return err
	}
	asked := crm.Asked{Kind: t.Kind, Priority: t.Priority, Level: t.customerLevel, Content: t.Content}
	if t.TeamID == 0 {
		for _, name := range append(slices.Clone(rules.Team(asked)), "客服") {
			if near := departments(teams, name); len(near) > 0 && slices.ContainsFunc(people, func(p store.Colleague) bool { return p.TeamID == near[0].ID }) {
				t.TeamID = crm.TeamID(near[0].ID)
				break
			}
		}
	}
	var members []int64
	for _, p := range people {
		if p.TeamID == int64(t.TeamID) && t.TeamID != 0 || t.TeamID == 0 && p.Role == string(crm.Service) {
			members = append(members, p.ID)
		}
	}
	on, err := r.agents(ctx, rules, members)
	if err != nil {
		return err
	}
	agent, ok := crm.PickAgent(on, rules.Skill(asked))
	if shown, was := r.req.Proposed[r.slot("handler")]; was && shown.ID != 0 {
		if i := slices.IndexFunc(on, func(a crm.Agent) bool { return int64(a.ID) == shown.ID }); i >= 0 && on[i].OnDuty {
			agent, ok = on[i], true
		} else {
			res.Notes = append(res.Notes, handlerChanged(shown.Name, i >= 0, agent, ok, people))
		}
	} else if was && ok {
		res.Notes = append(res.Notes, fmt.Sprintf("刚才没人在班，现在%s在，就交给TA了。", nameIn(people, int64(agent.ID))))
	}
	if r.proposed == nil {
		r.proposed = map[string]crm.Ref{}
	}
	r.proposed[r.slot("handler")] = crm.Ref{}
	if ok {
		t.OwnerID = agent.ID
		r.proposed[r.slot("handler")] = crm.Ref{Kind: crm.KindUser, ID: int64(agent.ID), Name: nameIn(people, int64(agent.ID))}
		r.then(func(context.Context) error {
			r.turnTaken(agent.ID)
			return nil
		})
	}
	return nil
}

// handlerChanged tells whoever confirmed a card with one handler why it went to another: to now, or with ok false to the whole
// team. member is whether the one who was shown still is one of those who could have it.
func handlerChanged(shown string, member bool, now crm.Agent, ok bool, people []store.Colleague) string {
	why := "已经不在这个组"
	if member {
		why = "刚下班"
	}
	if !ok {
		return fmt.Sprintf("%s%s，现在没人在班，先通知全组，谁接都行。", shown, why)
	}
	return fmt.Sprintf("%s%s，改由%s处理。", shown, why, nameIn(people, int64(now.ID)))
}

// nameIn is what the colleague of that number is called.
func nameIn(people []store.Colleague, id int64) string {
	for _, p := range people {
		if p.ID == id {
			return p.Name
		}
	}
	return "同事"
}

// serviceBook holds the company's rules of service: the pack's with its own over them, read again every few seconds.
type serviceBook struct {
	make func(own []byte, days crm.Calendar) (*crm.ServiceRules, error)

	mu    sync.Mutex
	at    time.Time
	own   json.RawMessage
	rules *crm.ServiceRules
	given map[crm.UserID]time.Time // when this process gave somebody work last
}

// settingService is the name of the setting that holds the company's own rules of service, in the shape of the pack's file.
const settingService = "service"

const rulesAge = 10 * time.Second

// rules are the rules of service as they stand. A setting that cannot be read as rules leaves those before it in force:
// customers are served while somebody mends it; [Executor.CheckService] says what is wrong.
func (x *Executor) rules(ctx context.Context, tx *store.Tx) (*crm.ServiceRules, error) {
	b := &x.service
	if b.make == nil {
		return &crm.ServiceRules{}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rules != nil && time.Since(b.at) < rulesAge {
		return b.rules, nil
	}
	own, err := tx.Setting(ctx, settingService)
	if err != nil {
		return nil, err
	}
	if b.rules == nil || !bytes.Equal(own, b.own) {
		rules, err := b.make(own, x.calendar)
		if err != nil && b.rules == nil {
			rules, err = b.make(nil, x.calendar)
		}
		switch {
		case err == nil:
			b.rules = rules
		case b.rules == nil:
			return nil, err
		}
		b.own = own
	}
	b.at = time.Now()
	return b.rules, nil
}

// CheckService tells what is wrong with own as the company's rules of service; nil is fine.
func (x *Executor) CheckService(own []byte) error {
	if x.service.make == nil {
		return nil
	}
	_, err := x.service.make(own, x.calendar)
	return err
}

// KeepService makes own the company's rules of service, after checking them; nil goes back to the pack's.
func (x *Executor) KeepService(ctx context.Context, own []byte) error {
	if len(bytes.TrimSpace(own)) == 0 {
		own = nil
	}
	if err := x.CheckService(own); err != nil {
		return err
	}
	err := x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error { return tx.KeepSetting(ctx, settingService, own) })
	if err != nil {
		return fmt.Errorf("service rules: %w", err)
	}
	x.service.mu.Lock()
	defer x.service.mu.Unlock()
	x.service.at = time.Time{}
	return nil
}

// ServiceRules are the rules of service as they stand.
func (x *Executor) ServiceRules(ctx context.Context, tx *store.Tx) (*crm.ServiceRules, error) {
	return x.rules(ctx, tx)
}
