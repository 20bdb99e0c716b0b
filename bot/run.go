package bot

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"regexp"
	"slices"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// sureEnough is the confidence above which a write runs at once. Below it the speaker sees first what
// would change.
const sureEnough = 0.8

// askedEnough is the confidence from which a name that nobody knows is taken for one: the parser holds a plain order about
// a customer it does not know at just below sureEnough.
const askedEnough = 0.75

// noteEnough is the same for a note about one's own customer: it changes no field, stands in the history as it was
// said, and goes back by a word. Asking about each note is what makes people stop writing them.
const noteEnough = 0.6

// shownEnough is the confidence from which what is shown before it is done in any case is shown without saying that the
// order may be misheard: the card says all of it.
const shownEnough = 0.35

// previewed are the actions that reach customers and therefore always show first whom and with what.
var previewed = map[string]bool{"coupon.send": true, "journey.start": true, "message.send": true, "campaign.send": true}

// begins are the actions that begin a record under a name.
var begins = map[string]bool{"lead.create": true, "customer.create": true, "contact.create": true}

// enough is the confidence that job needs.
func enough(job pending) float64 {
	if len(job.Calls) == 1 && previewed[job.Calls[0].Name] {
		return shownEnough
	}
	for _, c := range job.Calls {
		if c.Name != "activity.log" && !(len(job.Calls) == 1 && ringsAsSaid(c, job.Text)) {
			return sureEnough
		}
	}
	if asking(job.Text) {
		return sureEnough
	}
	return noteEnough
}

// ringAsked is how one asks to be reminded.
var ringAsked = regexp.MustCompile(`提醒(?:一下)?我|叫(?:一下)?我|喊(?:一下)?我|提醒一下|記得提醒|记得提醒`)

// ringsAsSaid tells whether a call reminds the speaker of the very words that were said, once: its receipt tells all of it, and it goes back
// by a word.
func ringsAsSaid(c action.Call, text string) bool {
	content := paramOf(c, "content")
	return c.Name == "reminder.create" && content != "" && paramOf(c, "at") != "" && paramOf(c, "assignee") == "" && paramOf(c, "repeat") == "" &&
		ringAsked.MatchString(text) && strings.Contains(text, content) && !strings.ContainsAny(text, "，,。；;\n")
}

// run carries out a job, or says why not: the business refuses, a name fits several records, a value is
// missing, or the change is of the kind that people should see first. In all these cases nothing is written.
func (t *turn) run(job pending, confidence float64) error {
	if confidence < noteEnough && job.Chosen == nil && allLater(job.Calls) {
		t.settled(job)
		return t.puzzled(job.Text)
	}
	job, ok := t.withoutLater(job)
	if !ok {
		return nil
	}
	doubt := ""
	if confidence < shownEnough && len(job.Calls) == 1 && begins[job.Calls[0].Name] && job.Chosen == nil {
		t.settled(job)
		return t.puzzled(job.Text) // 「欧阳娜娜啥光景,139…」: a new record under words that were hardly read as a name helps nobody
	}
	if confidence < enough(job) {
		doubt = t.text("doubt", nil)
	}
	if why := t.unsure(job.Calls); why != "" && job.Chosen == nil {
		doubt = why
	}
	if job.Doubt != "" {
		doubt = job.Doubt
	}
	out, err := t.do(job, doubt)
	var no *crm.Refusal
	switch {
	case errors.As(err, &no) && errors.Is(no, crm.ErrNotFound) && nobodyNamed(job.Calls) != "":
		t.settled(job)
		return t.puzzled(job.Text)
	case errors.As(err, &no):
		t.mind.behind(no.Wall)
		if no.Wall.ID != 0 && len(job.Calls) > 1 {
			if rest, ok := t.beyond(job, no.Wall, no.Sentence); ok {
				return t.run(rest, confidence)
			}
		}
		t.settled(job)
		t.say(no.Sentence)
		return nil
	case err != nil:
		return err
	case out.Pick != nil && len(out.Pick.Options) == 0 && out.Pick.Param != "deal" && (confidence < askedEnough && !(othersNamed(job.Calls, out.Pick.Said) && confidence >= noteEnough) || !couldBeNamed(out.Pick.Said)):
		return t.puzzled(job.Text) // a doubtful reading about somebody unknown is no reading
	case out.Ask != nil && confidence < shownEnough && asking(job.Text):
		return t.puzzled(job.Text) // a question that was hardly read is no order with something missing
	case out.Pick != nil && len(out.Pick.Options) == 1 && !writes(job.Calls) && confidence >= noteEnough:
		job.Pick = out.Pick // to look at the only one does no harm
		return t.picked(job, 1)
	case out.Pick != nil && len(out.Pick.Options) == 0 && job.Begin == out.Pick.Slot:
		job.Pick = out.Pick
		return t.created(job)
	case out.Pick != nil:
		return t.askWhich(job, out.Pick)
	case out.Ask != nil:
		return t.askValue(job, out.Ask)
	case out.Risk == action.High && !job.Sure && !out.Replayed && changesNothing(out):
		job.Sure = true // there is nothing to agree to: it is so already
		return t.run(job, 1)
	case out.Risk == action.High && !job.Sure && !out.Replayed:
		return t.askFirst(job, out)
	}
	return t.ran(job, out)
}

// othersNamed tells whether the calls name another customer besides said: then one of several is unknown, and the reading is none the worse for it.
func othersNamed(calls []action.Call, said string) bool {
	return slices.ContainsFunc(calls, func(c action.Call) bool {
		name := paramOf(c, "customer")
		return name != "" && crm.Fold(name) != crm.Fold(said)
	})
}

// changesNothing tells whether all that was ordered is so already, and says so.
func changesNothing(out action.Outcome) bool {
	for _, r := range out.Results {
		switch r.Name {
		case "customer.update", "customer.transfer", "deal.update", "lead.assign":
		default:
			return false
		}
		if len(r.Changes) > 0 || len(r.Notes) == 0 {
			return false
		}
	}
	return len(out.Results) > 0
}

// ran tells what was done and remembers it.
func (t *turn) ran(job pending, out action.Outcome) error {
	before := t.mind.Focus
	if job.Focus != nil {
		before = *job.Focus
	}
	t.mind.Focus = out.Focus
	t.ticketOrElse(before, out)
	t.settled(job)
	wrote := writes(job.Calls)
	t.learned(job.Calls, out)
	if !job.Sure && wrote && len(t.sounded) > 0 && len(out.Results) > 0 { // it was said, not typed: tell whom it was taken for
		last := &out.Results[len(out.Results)-1]
		last.Notes = append(last.Notes, t.text("sounded", map[string]any{"Sounds": t.sounded}))
	}
	if wrote {
		if last := t.mind.Last; last != nil && last.Card != "" && (len(job.Redo) > 0 || job.Amends != nil) {
			t.change(chat.Card{ID: last.Card, Title: t.text("card_amended", nil), State: chat.Superseded, Note: t.text("card_amended_note", nil)})
		}
		if len(job.Redo) == 0 && job.Amends == nil {
			t.mind.past()
		}
		t.mind.Last = &receipt{Undo: out.UndoCode, Card: t.cardID("r"), Calls: job.Calls, Records: records(out), At: t.now,
			Chosen: job.Chosen, Before: before, Sure: job.Sure, On: job.Card}
		if was := job.Amends; was != nil { // the same job as before, with one thing put right
			t.mind.Last.Calls, t.mind.Last.Records, t.mind.Last.Older = was.Calls, was.Records, was.codes()
			t.mind.Last.Chosen, t.mind.Last.Before, t.mind.Last.Sure = was.Chosen, was.Before, was.Sure
		}
	}
	if len(job.Missing) > 0 && len(out.Results) > 0 {
		last := &out.Results[len(out.Results)-1]
		last.Notes = append(last.Notes, job.Missing...)
	}
	if job.Card != "" { // it was confirmed on a card: the card shows what came of it
		return t.receiptInPlace(job, out)
	}
	for _, r := range t.tell(job, out) {
		t.reply(r)
	}
	t.stillOpen(job)
	return nil
}

// done is the state of a card whose job has run.
func done(calls []action.Call) chat.State {
	if len(calls) == 1 && calls[0].Name == "reminder.snooze" {
		return chat.Moved
	}
	return chat.Done
}

// receiptInPlace turns the card that asked into the receipt.
func (t *turn) receiptInPlace(job pending, out action.Outcome) error {
	for i, r := range t.tell(job, out) {
		if i == 0 {
			if r.Card == nil {
				r.Card = &chat.Card{Title: job.Title, Body: r.Text}
			}
			if t.mind.Last != nil {
				t.mind.Last.Card = job.Card
			}
			r.Card.ID, r.Card.State, r.Replaces = job.Card, done(job.Calls), job.Card
		}
		t.reply(r)
	}
	return nil
}

// records are what the calls of a run made or changed, in their order.
func records(out action.Outcome) []crm.Ref {
	refs := make([]crm.Ref, len(out.Results))
	for i, r := range out.Results {
		refs[i] = r.Record
	}
	return refs
}

// writes reports whether any of calls changes something.
func writes(calls []action.Call) bool {
	for _, c := range calls {
		if action.Writes(c.Name) {
			return true
		}
	}
	return false
}

// short is a name for s that people could type: 10 characters, the same for the same s.
func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:12])
}
