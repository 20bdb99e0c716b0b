package bot

import (
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm/action"
)

// tapped answers a pressed button. What it means stands in its key; confirm and pick belong to the open
// question of the person who was asked, and to nobody else.
func (t *turn) tapped() error {
	if err := t.pressed(); err != nil {
		return err
	}
	t.resume()
	return t.nextPart()
}

func (t *turn) pressed() error {
	tap := t.message.Tap
	if tap == nil {
		t.say(t.text("kind_unsupported", nil))
		return nil
	}
	verb, rest, _ := strings.Cut(tap.Button, ":")
	switch verb {
	case "confirm", "cancel", "pick", "create", either:
		return t.tappedQuestion(tap, verb, rest)
	case "record":
		return t.tappedRecord(tap, rest)
	case "undo":
		return t.undo(rest, tap.Card)
	case "ticket":
		return t.tappedTicket(tap, rest)
	case "done", "snooze":
		return t.tappedReminder(tap, verb, rest)
	case "share", "deny":
		return t.tappedShare(tap, verb, rest)
	case "visit":
		verb, number, _ := strings.Cut(rest, ":")
		return t.visit(verb, number, tap.Card)
	case "care":
		return t.tappedCare(tap, rest)
	case "offer":
		return t.tappedOffer(tap, rest)
	case "contact":
		return t.tappedContact(rest)
	case "more":
		return t.more()
	case "run":
		return t.typed(rest)
	case onceKey:
		t.once = true
		return t.typed(rest)
	}
	t.say(t.text("button_unknown", nil))
	return nil
}

// onceKey begins the key of a button that types the rest of it, like "run", on a card that has nothing more to offer then.
const onceKey = "once"

// endTap sees to it that a pressed card ends: it has become what came of the press, or it says so and is over, or it goes on
// as it was. No card may go on saying that it is being worked on.
func (t *turn) endTap() {
	tap := t.message.Tap
	if t.message.Kind != chat.TapKind || tap == nil || tap.Card == "" {
		return
	}
	if a := t.bot.adapters[t.message.Platform]; a == nil || !a.Limits().CardUpdate {
		return
	}
	answer := -1
	for i, r := range t.replies {
		if r.Replaces == tap.Card {
			return
		}
		if answer < 0 && r.Conversation == t.message.Conversation && r.To == t.message.From {
			answer = i
		}
	}
	if !t.once || answer < 0 {
		t.reply(chat.Reply{Settles: tap.Card, Quiet: true})
		return
	}
	r := &t.replies[answer]
	r.Replaces = tap.Card
	if r.Card == nil {
		r.Card = &chat.Card{ID: tap.Card, Title: t.text("card_dead", nil), Body: r.Text, State: chat.Expired}
	}
}

// tappedQuestion answers an open question by its card.
func (t *turn) tappedQuestion(tap *chat.Tap, verb, rest string) error {
	job := t.mind.Pending
	if (job == nil || job.Card != tap.Card) && t.front(func(p pending) bool { return p.Card == tap.Card }) {
		job = t.mind.Pending
	}
	if job == nil || job.Card != tap.Card {
		for peer, other := range t.memory.Minds {
			if peer != t.message.From && other.asks(tap.Card) != nil {
				t.say(t.text("not_yours", nil))
				return nil
			}
		}
		t.closeCard(tap.Card, chat.Superseded, "card_gone")
		return nil
	}
	if !t.now.Before(job.Expires) {
		t.mind.Pending = nil
		t.closeCard(tap.Card, chat.Expired, "card_expired")
		return nil
	}
	switch verb {
	case "confirm":
		return t.confirmed(*job)
	case "cancel":
		return t.cancelled(*job)
	case "create":
		return t.created(*job)
	case either:
		if job.Kind == either {
			return t.chosenEither(*job, rest == "note")
		}
	}
	n, err := strconv.Atoi(rest)
	if err != nil || job.Pick == nil {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	return t.picked(*job, n)
}

// closeCard shows that a card is dead, and says it in words where the card cannot change. A card whose answer has just
// been carried out shows the receipt: a second tap leaves it so.
func (t *turn) closeCard(id string, state chat.State, text string) {
	if last := t.mind.Last; last != nil && last.On == id && last.Undo != "" {
		t.say(t.text("card_done", map[string]any{"Code": last.Undo}))
		return
	}
	note := t.text(text, nil)
	t.reply(chat.Reply{Text: note, Card: &chat.Card{ID: id, Title: t.text("card_dead", nil), Body: note, State: state}, Replaces: id})
}

// confirmed runs what the card had shown.
func (t *turn) confirmed(job pending) error {
	if job.Kind != "confirm" {
		t.say(t.text("nothing_to_confirm", nil))
		return nil
	}
	job.Sure = true
	return t.run(job, 1)
}

// cancelled drops the open question.
func (t *turn) cancelled(job pending) error { return t.dropped(job, t.text("cancelled", nil)) }

func (t *turn) dropped(job pending, text string) error {
	t.settled(job)
	if job.Card == "" {
		t.say(text)
		return nil
	}
	t.reply(chat.Reply{Text: text, Card: &chat.Card{ID: job.Card, Title: job.Title, State: chat.Cancelled, Note: text}, Replaces: job.Card})
	return nil
}

// tappedReminder does or puts off a reminder from its ring.
func (t *turn) tappedReminder(tap *chat.Tap, verb, rest string) error {
	number, span, _ := strings.Cut(rest, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	call := action.Call{Name: "reminder.done", Params: mustJSON(map[string]any{"reminder": id})}
	if verb == "snooze" {
		call = action.Call{Name: "reminder.snooze", Params: mustJSON(map[string]any{"reminder": id, "at": t.snoozeTo(span).Format(timeWire)})}
	}
	return t.run(pending{Calls: []action.Call{call}, Card: tap.Card, Title: t.text("ring_title", nil), Sure: true}, 1)
}
