package action

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// meeting is that a rule may meet a customer: what is asked, and what came of it. It is planned the same way for a dry run,
// an explanation and the deed.
type meeting struct {
	ask    store.RuleAsk
	missed time.Time       // when the day's work was to begin that is made up for; zero: it is today's
	moved  time.Time       // into the segment or out of it
	event  *store.Happened // nil when a day brought it
	facts  crm.RuleFacts
	env    ruleEnv
	seen   bool   // the rule's owner sees the customer, or it is about none
	when   string // what met the trigger, or why it is not met, in Chinese
	values []string
	again  bool   // it was done before
	not    string // why the rule does nothing; "": it fires

	occasion string
	calls    []Call
	chosen   map[string]crm.Ref
}

// plan finds out for each meeting of a rule whether it fires and what it does then. It reads all customers together, as
// whoever tx is of, and writes nothing.
func (x *Executor) plan(ctx context.Context, tx *store.Tx, row store.RuleRow, owner crm.Actor, meetings []*meeting, now time.Time) error {
	rule, zone := row.Rule, crm.Shanghai
	for _, m := range meetings { // the transaction may be running again
		*m = meeting{ask: m.ask, event: m.event, moved: m.moved, missed: m.missed}
	}
	cond, err := x.conditions.compile(rule.If.Expr)
	if err != nil {
		return err
	}
	if err := x.readFacts(ctx, tx, row, meetings); err != nil {
		return err
	}
	open := meetings[:0:0]
	for _, m := range meetings {
		if !m.seen {
			m.not = "规则的负责人看不到这个客户"
			continue
		}
		m.env = makeEnv(m.facts, now, zone)
		at := now
		if !m.missed.IsZero() {
			at = m.missed
		}
		occasion, said, ok := rule.When.Meets(m.facts, at, zone)
		m.occasion, m.when = occasion, said
		if !ok {
			m.not = "触发没到：" + said
			continue
		}
		open = append(open, m)
	}
	if open, err = x.narrow(ctx, tx, rule, open, now); err != nil {
		return err
	}
	kept := open[:0:0]
	for _, m := range open {
		holds, values, err := cond.holds(m.env)
		m.values = values
		switch {
		case err != nil:
			m.not = "条件算不出来"
		case !holds:
			m.not = "条件不成立"
		default:
			kept = append(kept, m)
		}
	}
	if err := x.notAgain(ctx, tx, row, kept, now); err != nil {
		return err
	}
	return x.fill(ctx, tx, rule, owner, kept, now)
}

// readFacts reads what is known of the customers of meetings.
func (x *Executor) readFacts(ctx context.Context, tx *store.Tx, row store.RuleRow, meetings []*meeting) error {
	rule := row.Rule
	want := store.FactsWanted{}
	if rule.If.Filter != nil {
		want.Stage = rule.If.Filter.Stage
	}
	switch rule.When.Kind {
	case crm.WhenComplaints:
		want.ComplaintsDays = rule.When.Days
	case crm.WhenOrders:
		want.Nth = rule.When.Count
	}
	var asks []store.RuleAsk
	var about []*meeting
	for _, m := range meetings {
		if m.ask.Customer == 0 {
			m.seen = m.event != nil
			m.hear()
			continue
		}
		asks, about = append(asks, m.ask), append(about, m)
	}
	facts, pos, err := tx.RuleFacts(ctx, asks, want)
	if err != nil {
		return err
	}
	for i, f := range facts {
		m := about[pos[i]]
		m.facts, m.seen = f, true
		m.facts.InSegmentSince, m.facts.LeftSegmentSince = m.moved, m.moved
		if row.Since != nil {
			m.facts.Since = *row.Since
		}
		m.hear()
	}
	return x.moreFacts(ctx, tx, rule, about)
}

// hear puts the event into the facts.
func (m *meeting) hear() {
	if m.event == nil {
		return
	}
	m.facts.Event, m.facts.EventID, m.facts.Record, m.facts.Data = m.event.Name, m.event.ID, m.event.Ref, m.event.Data
}

// narrow keeps the meetings whose customer the rule's filter selects.
func (x *Executor) narrow(ctx context.Context, tx *store.Tx, rule crm.Rule, meetings []*meeting, now time.Time) ([]*meeting, error) {
	if rule.If.Filter == nil || len(meetings) == 0 {
		return meetings, nil
	}
	var ids []int64
	for _, m := range meetings {
		if m.ask.Customer != 0 && !slices.Contains(ids, m.ask.Customer) {
			ids = append(ids, m.ask.Customer)
		}
	}
	slices.Sort(ids)
	in, err := x.among(ctx, tx, *rule.If.Filter, ids, now)
	if err != nil {
		return nil, err
	}
	kept := meetings[:0:0]
	for _, m := range meetings {
		if !in[m.ask.Customer] {
			m.not = "不在规则的人群里"
			continue
		}
		kept = append(kept, m)
	}
	return kept, nil
}

// among tells which of some customers a filter selects.
func (x *Executor) among(ctx context.Context, tx *store.Tx, f crm.Filter, ids []int64, now time.Time) (map[int64]bool, error) {
	q, err := newRun(x, tx, Request{Actor: tx.Actor, Now: now}).customerQuery(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return tx.Among(ctx, q, ids)
}

// notAgain marks the meetings that the rule has had before.
func (x *Executor) notAgain(ctx context.Context, tx *store.Tx, row store.RuleRow, meetings []*meeting, now time.Time) error {
	if len(meetings) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(meetings))
	for _, m := range meetings {
		ids = append(ids, m.ask.Customer)
	}
	since := now
	if row.Rule.Again > 0 {
		since = now.AddDate(0, 0, -row.Rule.Again)
	}
	met, err := tx.RuleMet(ctx, crm.RuleID(row.ID), row.Edition, ids, since)
	if err != nil {
		return err
	}
	type key struct {
		customer int64
		occasion string
	}
	before, lately := map[key]time.Time{}, map[int64]time.Time{}
	for _, m := range met { // the latest first
		if m.Edition == row.Edition {
			before[key{m.Customer, m.Occasion}] = m.At
		}
		if _, ok := lately[m.Customer]; !ok && m.State == store.FiringDone && m.Customer != 0 {
			lately[m.Customer] = m.At
		}
	}
	first := map[key]bool{} // of this page
	for _, m := range meetings {
		k := key{m.ask.Customer, m.occasion}
		if at, ok := before[k]; ok {
			m.not = "这件事已经做过了（" + crm.SayDay(at.In(crm.Shanghai), now.In(crm.Shanghai)) + "）"
		} else if at, ok := lately[m.ask.Customer]; ok && row.Rule.Again > 0 && at.After(since) {
			m.not = fmt.Sprintf("%d 天内只做一次，上次是%s", row.Rule.Again, crm.SayDay(at.In(crm.Shanghai), now.In(crm.Shanghai)))
		} else if first[k] {
			m.not = "这件事已经在做了"
		}
		m.again = m.not != ""
		first[k] = true
	}
	return nil
}

// fill fills the actions of the meetings that fire.
func (x *Executor) fill(ctx context.Context, tx *store.Tx, rule crm.Rule, owner crm.Actor, meetings []*meeting, now time.Time) error {
	people, teams, err := x.people.load(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range meetings {
		if m.not != "" {
			continue
		}
		f := filler{env: m.env, facts: m.facts, now: now, zone: crm.Shanghai, x: x, people: people, teams: teams, owner: owner}
		if m.calls, m.chosen, err = f.calls(rule.Then); err != nil {
			m.not = sentence(err)
		}
	}
	return nil
}

// meetingsOf are the meetings of a rule with events that it may react to.
func meetingsOf(row store.RuleRow, events []store.Happened) (list []*meeting) {
	listens := row.Rule.When.Listens()
	for i := range events {
		e := &events[i]
		if !slices.Contains(listens, e.Name) || !mayFollow(crm.RuleID(row.ID), causedBy(*e)) {
			continue
		}
		m := &meeting{event: e}
		switch {
		case e.Ref.Kind == crm.KindCustomer:
			m.ask.Customer = e.Ref.ID
		default:
			if id, ok := e.Data["customer"].(float64); ok {
				m.ask.Customer = int64(id)
			}
		}
		if e.Ref.Kind == crm.KindDeal {
			m.ask.Deal = e.Ref.ID
		}
		list = append(list, m)
	}
	return list
}
