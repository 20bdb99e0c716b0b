package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// The ways a firing ends without a trace of its own.
var (
	errDayFull  = errors.New("action: the rule's day is full")
	errMetSince = errors.New("action: the rule has met it meanwhile")
)

// ruleHands is how many firings run side by side.
const ruleHands = 4

// fire does what a rule is to do for a customer, in one transaction as the rule's owner, with the note that it did: so it
// happens once, whoever else tries and whenever a process dies. What the business refuses is noted as that, and told to the
// owner once a day.
func (x *Executor) fire(ctx context.Context, row store.RuleRow, owner crm.Actor, m *meeting, now time.Time) error {
	rule := crm.RuleID(row.ID)
	f := store.Firing{Rule: rule, Edition: row.Edition, Customer: crm.CustomerID(m.ask.Customer), Occasion: m.occasion, At: now,
		Told: store.FiringTold{Why: m.when, Values: m.values}}
	err := x.store.As(ctx, owner, func(ctx context.Context, tx *store.Tx) error {
		f := f
		tx.Now = now
		out, err := x.Do(ctx, tx, x.ruleRequest(row, owner, m, now))
		switch no := refusedBy(out, err); {
		case no != "":
			f.State, f.Told.No = store.FiringRefused, no
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, ruleTrouble(row, owner, f, m.facts.Name))
		case err != nil:
			return err
		default:
			f.State, f.Told.Did, f.Told.Undo = store.FiringDone, didLines(out), out.UndoCode
		}
		return keepFiring(ctx, tx, f, row.Rule.Ceiling())
	})
	switch {
	case errors.Is(err, errMetSince):
		return nil
	case errors.Is(err, errDayFull):
		return err
	case err != nil:
		return fmt.Errorf("rule %d, customer %d: %w", rule, m.ask.Customer, err)
	}
	return nil
}

func keepFiring(ctx context.Context, tx *store.Tx, f store.Firing, most int) error {
	counted, fresh, err := tx.KeepFiring(ctx, f, most)
	switch {
	case err != nil:
		return err
	case !counted:
		return errDayFull
	case !fresh:
		return errMetSince
	}
	return nil
}

// ruleRequest is the run of a rule's actions.
func (x *Executor) ruleRequest(row store.RuleRow, owner crm.Actor, m *meeting, now time.Time) Request {
	var chain []crm.RuleID
	if m.event != nil {
		chain = causedBy(*m.event)
	}
	req := Request{Actor: owner, Calls: m.calls, Chosen: m.chosen, Now: now, Via: "rule", Once: true, By: "规则「" + row.Name + "」",
		Key: fmt.Sprintf("rule:%d:%d:%s", row.ID, m.ask.Customer, m.occasion), Rules: append(chain, crm.RuleID(row.ID))}
	if m.facts.Customer != 0 {
		req.Focus.Customer = crm.Ref{Kind: crm.KindCustomer, ID: int64(m.facts.Customer), Name: m.facts.Name}
	}
	if m.facts.Deal != 0 {
		req.Focus.Deal = crm.Ref{Kind: crm.KindDeal, ID: int64(m.facts.Deal), Name: m.facts.DealTitle}
	}
	return req
}

// refusedBy is the sentence with which the business said no, or asked what nobody is there to answer; "" when it did not.
func refusedBy(out Outcome, err error) string {
	var refusal *crm.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Sentence
	case err != nil:
		return ""
	case out.Pick != nil:
		return fmt.Sprintf("「%s」对得上好几个，要人来选。", out.Pick.Said)
	case out.Ask != nil:
		return out.Ask.Question
	}
	return ""
}

// didLines tell what a run did, a line for each action.
func didLines(out Outcome) (lines []string) {
	for _, r := range out.Results {
		line := say(r.Changes)
		if line == "" {
			line = r.Name
			if a := find(r.Name); a != nil {
				line = a.doc
			}
		}
		lines = append(lines, clip(strings.ReplaceAll(line, "\n", " "), 200))
	}
	return lines
}

// RuleTrouble is what a rule's owner hears once a day.
type RuleTrouble struct {
	Rule     string `json:"rule"`
	Customer string `json:"customer,omitempty"`
	No       string `json:"no,omitempty"`   // why it could not act
	Full     int    `json:"full,omitempty"` // its day is full: this many
}

// KindRule is the kind of an outbox row that tells a rule's owner of trouble with it: Subject is the owner, Payload a
// [RuleTrouble].
const KindRule = "rule"

func ruleTrouble(row store.RuleRow, owner crm.Actor, f store.Firing, customer string) store.OutboxRow {
	t := RuleTrouble{Rule: row.Name, Customer: customer, No: f.Told.No}
	what := "failed"
	if f.State == store.FiringCapped {
		t, what = RuleTrouble{Rule: row.Name, Full: row.Rule.Ceiling()}, "full"
	}
	payload, err := json.Marshal(t)
	if err != nil {
		payload = nil // three strings always marshal
	}
	day := f.At.In(crm.Shanghai).Format(time.DateOnly)
	return store.OutboxRow{Lane: fmt.Sprintf("rule:%d", owner.UserID), Kind: KindRule, Subject: int64(owner.UserID), Payload: payload,
		Key: fmt.Sprintf("rule:%s:%d:%s", what, row.ID, day)}
}

// full tells the owner, once a day, that a rule's day is full; of a customer met by an event it is noted that the rule could not act.
func (x *Executor) full(ctx context.Context, row store.RuleRow, owner crm.Actor, m *meeting, now time.Time) error {
	return x.store.As(ctx, owner, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = now
		f := store.Firing{Rule: crm.RuleID(row.ID), Edition: row.Edition, Occasion: m.occasion, At: now, State: store.FiringCapped,
			Customer: crm.CustomerID(m.ask.Customer), Told: store.FiringTold{Why: m.when, Values: m.values, No: fmt.Sprintf("今天已经做满 %d 次。", row.Rule.Ceiling())}}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, ruleTrouble(row, owner, f, ""))
		if m.event == nil { // the day brings it again
			return nil
		}
		_, _, err := tx.KeepFiring(ctx, f, row.Rule.Ceiling())
		return err
	})
}

// fireAll does what meetings of a rule have come to, some side by side. full says that the rule's day is full. Each failure is
// told with its meeting; the others go on.
func (x *Executor) fireAll(ctx context.Context, row store.RuleRow, owner crm.Actor, meetings []*meeting, now time.Time, failed func(*meeting, error)) (full bool) {
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, ruleHands)
	for _, m := range meetings {
		if m.not != "" || ctx.Err() != nil {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			err := x.fire(ctx, row, owner, m, now)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errDayFull) {
				err = nil
				if !full || m.event != nil {
					err = x.full(ctx, row, owner, m, now)
				}
				full = true
			}
			if err != nil {
				failed(m, err)
			}
		})
	}
	group.Wait()
	return full
}
