package action

import (
	"context"
	"errors"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// rulesHear lets rules react to events; what has to be done again goes into failed.
func (x *Executor) rulesHear(ctx context.Context, events []store.Happened, failed map[int64]error) {
	var names []string
	for _, e := range events {
		names = append(names, e.Name)
	}
	again := func(err error) {
		for _, e := range events {
			failed[e.ID] = errors.Join(failed[e.ID], err)
		}
	}
	var rows []store.RuleRow
	err := x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		rows, err = tx.RulesHearing(ctx, names)
		return err
	})
	if err != nil {
		again(err)
		return
	}
	for _, row := range rows {
		if err := x.ruleHears(ctx, row, meetingsOf(row, events), failed); err != nil {
			again(err)
		}
	}
}

// ruleHears lets one rule react.
func (x *Executor) ruleHears(ctx context.Context, row store.RuleRow, meetings []*meeting, failed map[int64]error) error {
	if len(meetings) == 0 {
		return nil
	}
	owner, err := x.ruleOwner(ctx, row)
	if errors.Is(err, crm.ErrNotFound) {
		return nil // nobody is there in whose name it could act
	}
	if err != nil {
		return err
	}
	now := x.store.Now().UTC()
	err = x.store.As(ctx, owner, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = now
		return x.plan(ctx, tx, row, owner, meetings, now)
	})
	var refusal *crm.Refusal
	if errors.As(err, &refusal) { // the rule itself is wrong: a stage or a segment that is no more
		return x.broken(ctx, row, owner, refusal)
	}
	if err != nil {
		return fmt.Errorf("rule %d: %w", row.ID, err)
	}
	x.fireAll(ctx, row, owner, meetings, now, func(m *meeting, err error) {
		failed[m.event.ID] = errors.Join(failed[m.event.ID], err)
	})
	return nil
}

// broken tells the owner once a day that a rule cannot be looked at any more.
func (x *Executor) broken(ctx context.Context, row store.RuleRow, owner crm.Actor, no *crm.Refusal) error {
	return x.store.As(ctx, owner, func(_ context.Context, tx *store.Tx) error {
		f := store.Firing{At: x.store.Now().UTC(), Told: store.FiringTold{No: no.Sentence}}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, ruleTrouble(row, owner, f, ""))
		return nil
	})
}

// ruleOwner is the actor in whose name a rule acts; crm.ErrNotFound when nobody is there, or they may write no rules any more.
func (x *Executor) ruleOwner(ctx context.Context, row store.RuleRow) (crm.Actor, error) {
	if row.RunsAs == 0 || !row.Running {
		return crm.Actor{}, crm.ErrNotFound
	}
	owner, err := x.store.UserByID(ctx, crm.UserID(row.RunsAs))
	if err == nil && owner.CheckDeed(crm.WriteRule) != nil {
		err = crm.ErrNotFound
	}
	return owner, err
}
