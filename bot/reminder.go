package bot

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// timeWire is the form of an instant in an action's parameters.
const timeWire = time.RFC3339

// local is now as the speaker's clock shows it; the parser reads 「明天」 against it.
func (t *turn) local() time.Time { return t.now.In(t.actor.Location()) }

// snoozeTo is when a button puts a reminder off to: "1h", "tomorrow".
func (t *turn) snoozeTo(span string) time.Time {
	now := t.local()
	switch span {
	case "tomorrow":
		return time.Date(now.Year(), now.Month(), now.Day()+1, 9, 0, 0, 0, now.Location())
	default:
		d, err := time.ParseDuration(span)
		if err != nil || d <= 0 {
			d = time.Hour
		}
		return now.Add(d).Truncate(time.Minute)
	}
}

// commandOnList does 「完成 1」, 「1和3完成」, 「改期 1 明天10点」 and their like on the last list of reminders, or on
// the reminders of those numbers.
func (t *turn) commandOnList(cmd parse.Command) (bool, error) {
	numbers := cmd.Numbers
	if len(numbers) == 0 {
		// A bare 「完成」 most likely means what has just rung, but a ring leaves no trace in the conversation. So
		// the executor looks: the only open reminder, else a pick.
		t.mind.Focus.Reminder = crm.Ref{}
		numbers = []int{0}
	}
	job := pending{Sure: true, Text: cmd.Rest}
	for _, n := range numbers {
		id := int64(n)
		if n > 0 && n < firstRecord {
			switch {
			case len(t.mind.List) == 0:
				t.say(t.text("list_gone", nil))
				return true, nil
			case n > len(t.mind.List):
				t.say(t.text("list_range", map[string]any{"Most": len(t.mind.List)}))
				return true, nil
			case t.mind.List[n-1].Kind != crm.KindReminder:
				t.say(t.text("list_other", map[string]any{"Name": t.mind.List[n-1].Name, "Kind": t.mind.List[n-1].Kind.Chinese()}))
				return true, nil
			}
			id = t.mind.List[n-1].ID
		}
		params := map[string]any{}
		if id != 0 {
			params["reminder"] = id
		}
		call := action.Call{Name: "reminder.done", Params: mustJSON(params)}
		if cmd.Kind == parse.Snooze {
			at := t.snoozeTo("1h")
			if cmd.Rest != "" {
				when, ok := parse.When(cmd.Rest, t.local())
				if !ok {
					call = action.Call{Name: "reminder.snooze", Params: mustJSON(params)}
					return true, t.askValue(pending{Calls: []action.Call{call}, Text: cmd.Rest, Sure: true}, &action.Ask{Param: "at", Question: t.text("snooze_when", nil)})
				}
				at = when.Instant(t.local(), false)
			}
			params["at"] = at.Format(timeWire)
			call = action.Call{Name: "reminder.snooze", Params: mustJSON(params)}
		}
		job.Calls = append(job.Calls, call)
	}
	return true, t.run(job, 1)
}

// firstRecord is where record numbers begin; smaller ones count lines of a list.
const firstRecord = 1001

// ringReminder makes the ring of a reminder, and sets the next one of a repeating reminder.
func (b *Bot) ringReminder(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	now := b.now().UTC()
	tx.Now = now
	r, err := tx.ReminderByID(ctx, crm.ReminderID(c.Subject))
	if err != nil {
		return nil, err
	}
	if r.State != crm.StateOpen || r.At.After(now) { // done, cancelled or put off since the timer fired
		return nil, nil
	}
	user, err := b.store.UserByID(ctx, crm.UserID(r.UserID))
	if err != nil {
		return nil, err
	}
	peer, err := b.door(ctx, user.UserID)
	if err != nil {
		return nil, err
	}
	next, err := b.actions.NextOccurrence(ctx, tx, crm.ReminderID(r.ID))
	if err != nil {
		return nil, fmt.Errorf("reminder %d: next: %w", r.ID, err)
	}
	number := strconv.FormatInt(r.ID, 10)
	data := map[string]any{"Content": r.Content, "Customer": r.Customer, "Contact": r.Contact, "Number": number,
		"When": crm.SayTime(r.At, now, user.Location()), "Late": now.Sub(r.At) > time.Minute, "Next": ""}
	if !next.IsZero() {
		data["Next"] = crm.SayTime(next, now, user.Location())
	}
	card := &chat.Card{
		ID: fmt.Sprintf("ring-%d-%d", r.ID, r.At.Unix()), Title: b.say("ring", data), Body: b.say("ring_detail", data),
		Buttons: []chat.Button{
			{Key: "done:" + number, Text: "完成", Style: "primary", Command: "完成 #" + number},
			{Key: "snooze:" + number + ":1h", Text: "推迟1小时", Command: "推迟 #" + number + " 1小时后"},
			{Key: "snooze:" + number + ":tomorrow", Text: "明早9点", Command: "推迟 #" + number + " 明天9点"},
		},
	}
	return []chat.Reply{{Key: "ring:" + c.Key, To: chat.PeerID(peer), Text: b.say("ring_text", data), Card: card}}, nil
}
