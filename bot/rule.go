package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// keepRules brings the pack's rules into the database and sees to it that each rule with daily work has its next timer.
func (b *Bot) keepRules(ctx context.Context) error {
	never := make(chan struct{})
	for {
		timers, err := b.actions.KeepRules(ctx)
		if err == nil {
			err = b.store.SetTimers(ctx, timers)
		}
		wait := 10 * time.Minute
		if err != nil && ctx.Err() == nil {
			b.log.Error("keep rules", zap.Error(err))
			wait = 10 * time.Second
		}
		if !pause(ctx, never, wait) {
			return nil
		}
	}
}

// ringRuleNight takes a step of a rule's daily work, in transactions of its own, and answers what its row leaves behind: the
// row of the next step, or the timer of the next day.
func (b *Bot) ringRuleNight(ctx context.Context, c store.OutboxClaim) (leave func(tx *store.Tx), err error) {
	step := action.RuleSweep{Rule: crm.RuleID(c.Subject)}
	if len(c.Payload) > 0 {
		if err := json.Unmarshal(c.Payload, &step); err != nil {
			return nil, fmt.Errorf("rule %d: %w", c.Subject, err)
		}
	}
	next, timer, err := b.actions.RuleStep(ctx, step)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) {
		switch {
		case !next.Ended:
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("rules.night:%d", c.Subject), Kind: action.KindRuleNight, Subject: c.Subject,
				Payload: mustJSON(next), Key: fmt.Sprintf("rules.night:%d:%s:%d", c.Subject, next.Day, next.After)})
		case timer.Kind != "":
			tx.Ledger.Timers = append(tx.Ledger.Timers, timer)
		}
	}, nil
}

// ringRule tells a rule's owner of trouble with it; nobody hears at night.
func (b *Bot) ringRule(ctx context.Context, c store.OutboxClaim) (rings []chat.Reply, to notice, err error) {
	var v action.RuleTrouble
	if err := json.Unmarshal(c.Payload, &v); err != nil {
		return nil, to, fmt.Errorf("rule trouble %s: %w", c.Key, err)
	}
	if to.to, err = b.store.UserByID(ctx, crm.UserID(c.Subject)); err != nil {
		return nil, to, err
	}
	peer, err := b.door(ctx, to.to.UserID)
	if err != nil {
		return nil, to, err
	}
	if at := afterRest(b.now().UTC(), to.to.Location()); at.After(b.now()) {
		to.wait = at
		return nil, to, nil
	}
	return []chat.Reply{{Key: c.Key + ":told", To: chat.PeerID(peer), Text: b.say("rule_trouble", v)}}, notice{}, nil
}

// RuleNow is a rule after it was switched or written.
func (v telling) RuleNow() *action.RuleView { return dataOf[action.RuleView](v) }

// ruleCard is the card of a rule that was looked at or tried: what can be done with it next.
func (b *Bot) ruleCard(view any, id string) *chat.Card {
	var row action.RuleRow
	tried := false
	switch v := view.(type) {
	case *action.RuleView:
		row = v.RuleRow
	case *action.RuleTry:
		row, tried = v.RuleRow, true
	default:
		return nil
	}
	typed := func(verb, text, command string) chat.Button {
		return chat.Button{Key: verb + ":" + command, Text: text, Command: command}
	}
	card := &chat.Card{ID: id, Title: b.say("rule_title", row)}
	if !tried {
		card.Buttons = append(card.Buttons, typed("run", "试跑", "试跑规则 "+row.Name))
	}
	if row.On {
		card.Buttons = append(card.Buttons, typed(onceKey, "关掉", "关掉规则 "+row.Name))
	} else {
		open := typed(onceKey, "打开", "打开规则 "+row.Name)
		open.Style = "primary"
		card.Buttons = append(card.Buttons, open)
	}
	return card
}
