package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

const (
	cycleLate    = 30 * 24 * time.Hour // a purchase that was expected longer ago is no cycle any more
	segmentNotes = 7 * 24 * time.Hour  // who moved longer ago was seen to by an earlier look
)

// moreFacts reads the facts that only some triggers need.
func (x *Executor) moreFacts(ctx context.Context, tx *store.Tx, rule crm.Rule, meetings []*meeting) error {
	if rule.When.Kind != crm.WhenCycle || len(meetings) == 0 {
		return nil
	}
	ids := make([]int64, len(meetings))
	for i, m := range meetings {
		ids[i] = m.ask.Customer
	}
	expected, err := tx.Expected(ctx, ids, tx.Now.Add(-cycleLate))
	if err != nil {
		return err
	}
	for _, m := range meetings {
		if e, ok := expected[m.ask.Customer]; ok {
			m.facts.NextOrder, m.facts.NextProduct = e.At, e.Product
		}
	}
	return nil
}

// segmentOf finds the segment that a rule watches, its members brought up to date.
func (x *Executor) segmentOf(ctx context.Context, tx *store.Tx, w crm.RuleWhen, now time.Time) (int64, error) {
	q, err := newRun(x, tx, Request{Actor: tx.Actor, Now: now}).customerQuery(ctx, crm.Filter{Segment: w.Segment})
	if err != nil {
		return 0, fmt.Errorf("segment: %w", err)
	}
	return q.Segment, nil
}

// moved are the customers that came into a rule's segment, or left it. looks says that the rule may note whom it has seen:
// a dry run may not.
func (x *Executor) moved(ctx context.Context, tx *store.Tx, row store.RuleRow, after int64, limit int, now time.Time, looks bool) ([]store.Moved, error) {
	segment, err := x.segmentOf(ctx, tx, row.Rule.When, now)
	if err != nil {
		return nil, err
	}
	if looks && after == 0 {
		if err := tx.RuleLook(ctx, crm.RuleID(row.ID), segment, false); err != nil {
			return nil, err
		}
	}
	return tx.RuleMoved(ctx, crm.RuleID(row.ID), segment, row.Rule.When.Of == "leave", now.Add(-segmentNotes), after, limit)
}

// watch begins to watch the segment of a rule that is turned on: who is in it already does not come into it.
func (r *run) watch(ctx context.Context, row store.RuleRow) error {
	if row.Rule.When.Kind != crm.WhenSegment || !row.Active {
		return nil
	}
	segment, err := r.x.segmentOf(ctx, r.tx, row.Rule.When, r.now)
	if err != nil {
		var refusal *crm.Refusal
		if errors.As(err, &refusal) {
			return nil // its first look says so
		}
		return err
	}
	return r.tx.RuleLook(ctx, crm.RuleID(row.ID), segment, true)
}
