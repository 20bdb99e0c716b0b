package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
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
		// A bare 「完成」 means what has rung. With none or several, the executor looks: the only open one, else a pick.
		just := int64(0) // 「推迟到后天9点」 right behind a receipt means what it set
		if last := t.mind.Last; cmd.Kind == parse.Snooze && cmd.Rest != "" && last != nil && t.now.Sub(last.At).Seconds() <= correctFor && t.reminderJustSet(quoted{}) {
			just = t.lastTodo(crm.KindReminder, quoted{})
		}
		t.mind.Focus.Reminder = crm.Ref{}
		rung, at, err := t.rung()
		if err != nil {
			return false, err
		}
		if just != 0 && (rung == 0 || t.mind.Last.At.After(at)) {
			rung = int(just)
		}
		if list := t.mind.List; rung == 0 && len(list) == 1 && t.mind.idle < askLife && (list[0].Kind == crm.KindReminder || list[0].Kind == crm.KindTask) {
			rung = 1 // the only one that was just listed
		}
		numbers = []int{rung}
	}
	verb := todoDone
	if cmd.Kind == parse.Snooze {
		verb = todoMove
	}
	rows := make([]crm.Ref, len(numbers))
	for i, n := range numbers {
		ref := crm.Ref{Kind: crm.KindReminder, ID: int64(n)}
		if n > 0 && n < firstRecord {
			switch {
			case len(t.mind.List) == 0:
				t.say(t.text("list_gone", nil))
				return true, nil
			case n > len(t.mind.List):
				t.say(t.text("list_range", map[string]any{"Most": len(t.mind.List)}))
				return true, nil
			}
			ref = t.mind.List[n-1]
		}
		rows[i] = ref
	}
	return true, t.todoRows(verb, rows, cmd.Rest, cmp.Or(cmd.Rest, strings.TrimSpace(t.message.Text)))
}

// later reads a time to put something off to, and the moment it counts from: a bare span (半小时, 2天) is added
// to the reminder's own time.
func (t *turn) later(text string, from time.Time) (when parse.Time, now time.Time, ok bool) {
	if when, ok = parse.When(text, t.local()); ok {
		return when, t.local(), true
	}
	when, ok = parse.When(strings.TrimRight(text, "吧。.了 ")+"后", from)
	return when, from, ok
}

// snoozeFrom is what a reminder is put off from: its own time, or now when that has passed.
func (t *turn) snoozeFrom(id int64) (time.Time, error) {
	now := t.local().Truncate(time.Minute)
	if id == 0 {
		return now, nil
	}
	r, err := t.tx.ReminderByID(t.ctx, crm.ReminderID(id))
	if errors.Is(err, crm.ErrNotFound) || err == nil && !r.At.After(now) {
		return now, nil
	}
	if err != nil {
		return now, fmt.Errorf("snooze: %w", err)
	}
	return r.At.In(now.Location()), nil
}

// rung is the number of the speaker's one reminder that has rung and is still open, and when it was due; 0 when there are
// none or several.
func (t *turn) rung() (id int, at time.Time, err error) {
	rows, _, err := t.tx.RemindersOf(t.ctx, []int64{int64(t.actor.UserID)}, 0, time.Time{}, t.now, 2)
	if err != nil {
		return 0, at, fmt.Errorf("what has rung: %w", err)
	}
	if len(rows) != 1 {
		return 0, at, nil
	}
	return int(rows[0].ID), rows[0].At, nil
}

// mostAtOnce is how many reminders are done or put off by one order before the person is shown them first.
const mostAtOnce = 4

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
