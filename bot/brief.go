package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// keepBriefs sees to it that everybody has a timer for the next morning brief (晨报). Each brief sets the
// next one when it rings; this finds new colleagues, whoever changed the hour, and whose last brief could not be made.
func (b *Bot) keepBriefs(ctx context.Context) error {
	for {
		if err := b.setBriefs(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("set briefs", zap.Error(err))
		}
		if !pause(ctx, b.briefs, 10*time.Minute) {
			return nil
		}
	}
}

// briefsMoved sees to it that the timers of briefs are looked at soon.
func (b *Bot) briefsMoved() {
	select {
	case b.briefs <- struct{}{}:
	default:
	}
}

// setBriefs sets the timers of everybody's next brief in one transaction. A timer that exists stays: its
// dedupe key is the person and the day.
func (b *Bot) setBriefs(ctx context.Context) error {
	users, err := b.store.ListUsers(ctx)
	if err != nil {
		return fmt.Errorf("briefs: %w", err)
	}
	var timers []store.TimerRow
	for _, u := range users {
		if u.Active && u.BriefMinute >= 0 && len(u.Peers) > 0 {
			timers = append(timers, b.nextBrief(u.ID, u.BriefMinute, b.store.ZoneOf(u.Zone), b.now()))
		}
	}
	predictions, err := b.predictTimers(ctx)
	if err != nil {
		return fmt.Errorf("predictions: %w", err)
	}
	return b.store.SetTimers(ctx, append(append(timers, predictions...), nextNight(b.now(), b.store.Zone()), nextPointsNight(b.now(), b.store.Zone())))
}

// nextBrief is the timer of a colleague's first brief after now: at their minute on a working day in their zone, and not
// before the quiet hours end.
func (b *Bot) nextBrief(user crm.UserID, asked int, zone *time.Location, now time.Time) store.TimerRow {
	day, minute := now.In(zone), asked
	if restful(minute) {
		minute = quietUntil
	}
	at := func(d time.Time) time.Time {
		return time.Date(d.Year(), d.Month(), d.Day(), minute/60, minute%60, 0, 0, zone)
	}
	due := at(day)
	for !due.After(now) || !b.actions.Workday(due) {
		day = day.AddDate(0, 0, 1)
		due = at(day)
	}
	return store.TimerRow{
		Kind: kindBrief, Subject: int64(user), Due: due.UTC(),
		Dedupe: briefKey(user, due.Format("2006-01-02"), asked),
	}
}

// briefKey names a brief by person, day and minute: whoever moves the hour gets a timer at the new one, and the old
// one, found not to be theirs any more, says nothing.
func briefKey(id crm.UserID, day string, minute int) string {
	return fmt.Sprintf("brief:%d:%s:%d", id, day, minute)
}

// ringBrief makes the morning brief of a person: what they would get for 「今天做什么」. What it leaves in the transaction
// that closes its row is the timer of the next one, so that no morning is between the two.
func (b *Bot) ringBrief(ctx context.Context, c store.OutboxClaim) (_ []chat.Reply, leave func(*store.Tx), _ error) {
	minute, err := b.store.BriefMinute(ctx, crm.UserID(c.Subject))
	if err != nil || !strings.HasSuffix(c.Key, ":"+strconv.Itoa(minute)) {
		return nil, nil, err
	}
	actor, err := b.store.UserByID(ctx, crm.UserID(c.Subject))
	if err != nil {
		return nil, nil, err
	}
	peer, err := b.door(ctx, actor.UserID)
	if err != nil {
		return nil, nil, err
	}
	now := b.now().UTC()
	leave = func(tx *store.Tx) {
		tx.Ledger.Timers = append(tx.Ledger.Timers, b.nextBrief(actor.UserID, minute, actor.Location(), now))
	}
	out, err := b.actions.Run(ctx, action.Request{Actor: actor, Calls: []action.Call{{Name: "brief"}}, Via: "timer", Now: now})
	if err != nil {
		return nil, nil, fmt.Errorf("brief of user %d: %w", c.Subject, err)
	}
	if len(out.Results) == 0 {
		return nil, leave, nil
	}
	var v action.BriefView
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
		return nil, nil, fmt.Errorf("brief of user %d: %w", c.Subject, err)
	}
	if quiet(v) {
		return nil, leave, nil
	}
	f := b.found(teller{actor: actor, now: now}, out.Results[0])
	f.reply.Key, f.reply.To = "brief:"+c.Key, chat.PeerID(peer)
	return []chat.Reply{f.reply}, leave, nil
}

// quiet tells whether a brief has nothing to say; then nobody is woken for it.
func quiet(v action.BriefView) bool {
	return v.DueCount+v.LateCount+len(v.Tasks)+len(v.Contacts)+len(v.Leads)+len(v.Standing)+len(v.Tickets) == 0
}
