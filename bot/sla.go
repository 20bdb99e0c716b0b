package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// isSLA tells whether kind is the ring of a promise about a ticket: sla.first.50 and its like.
func isSLA(kind string) bool { return strings.HasPrefix(kind, action.KindSLA) }

// ringSLA does what a promise that runs out calls for. Before its deadline it leaves news for those who can still keep it;
// they go the way of all news of tickets: read as their reader sees the ticket, at any hour when it is urgent. At the
// deadline it is written down and escalated by the executor, under the key of the ring, so that a ring that comes twice
// escalates once. Who rings for what is done, waits, or has another deadline says nothing.
func (b *Bot) ringSLA(ctx context.Context, tx *store.Tx, c store.OutboxClaim) error {
	ring, ok := action.ParseSLARing(c.Key)
	if !ok {
		return fmt.Errorf("ring %q: %w", c.Key, crm.ErrInvalid)
	}
	now := b.now().UTC()
	tx.Now = now
	if ring.Percent < 100 {
		return b.warnSLA(ctx, tx, c, ring)
	}
	_, err := b.actions.Do(ctx, tx, action.Request{Actor: crm.System, Via: "timer", Now: now, Key: c.Key, Calls: []action.Call{ring.Call()}})
	var refusal *crm.Refusal
	if errors.As(err, &refusal) { // the ticket is gone
		return nil
	}
	return err
}

// keepClocks looks now and then for tickets whose deadlines no timer waits for, and sets their timers.
func (b *Bot) keepClocks(ctx context.Context) error {
	never := make(chan struct{})
	for {
		n, err := b.actions.WatchClocks(ctx, b.now().UTC())
		switch {
		case err != nil && ctx.Err() == nil:
			b.log.Error("watch clocks", zap.Error(err))
		case n > 0:
			b.log.Warn("deadlines of tickets had no timers", zap.Int("tickets", n))
		}
		if !pause(ctx, never, 5*time.Minute) {
			return nil
		}
	}
}

// warnSLA leaves news of a promise that runs out.
func (b *Bot) warnSLA(ctx context.Context, tx *store.Tx, c store.OutboxClaim, ring action.SLARing) error {
	w, ok, err := b.actions.SLAWarning(ctx, tx, ring, tx.Now)
	if err != nil || !ok {
		return err
	}
	for _, user := range w.To {
		role := action.AsTeam
		if user == w.Ticket.OwnerID {
			role = action.AsAssignee
		}
		payload, err := json.Marshal(action.TicketNews{Topic: action.TicketDue, Ticket: ring.Ticket, Role: role, Urgent: w.Ticket.Priority == crm.Urgent,
			Clock: ring.Clock, Percent: ring.Percent, Due: &ring.Due})
		if err != nil {
			return fmt.Errorf("ring %q: %w", c.Key, err)
		}
		number := strconv.FormatInt(int64(user), 10)
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "ticket:" + number, Kind: kindTicket, Subject: int64(user), Payload: payload, Key: c.Key + ":" + number})
	}
	return nil
}

// staleDue tells that news of a promise come too late: while they waited for the end of somebody's night it was kept,
// broken, or given another deadline.
func staleDue(v *action.TicketView, n action.TicketNews, now time.Time) bool {
	due, runs := v.Deadlines[n.Clock]
	return !runs || n.Due == nil || due.Unix() != n.Due.Unix() || !now.Before(due)
}
