package bot

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gendan/bot/chat"
	"gendan/bot/model"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// A model is optional. It is asked only about what the parser did not understand, sees the message with placeholders for
// personal data and nothing else, and what it answers is shown to the person before anything is done. When it fails, whatever
// the reason, the person is answered as without it.

const (
	modelTimeout  = 9 * time.Second // the client's own limit is shorter
	leastForModel = 4               // characters: what is shorter says too little
	mostForModel  = 500
)

// AskModel puts a question to a language model. An error means: go on without.
type AskModel func(ctx context.Context, q chat.ModelRequest) (chat.ModelAnswer, error)

// negated are words of somebody who orders nothing. A model would overhear them.
var negated = regexp.MustCompile(`不要|不用|不必|先不|先别|暂不|别再|别给|别把|别跟|别和|别建|别记|别提醒|别改|甭|勿|(?:^|[，,。；;！!？?\s])(?:那|先|请|就|你|都|麻烦|可|千万)*别`)

// proposed asks the model what a text means that nobody understood, and shows what it makes of it. It reports false when there
// is no model, or nothing came of it.
func (t *turn) proposed(text string) (bool, error) {
	if !t.forModel(text) {
		return false, nil
	}
	veil, err := t.veil(text)
	if err != nil {
		return false, err
	}
	tools, err := model.Tools(t.actor, t.bot.pack)
	if err != nil {
		return false, err
	}
	q := chat.ModelRequest{Person: t.person(), System: model.Task(t.local()), Text: veil.Hide(text), Tools: tools}
	ask := t.bot.askModel
	got, err := t.workOutside("model", modelTimeout, func(ctx context.Context) (any, error) { return ask(ctx, q) })
	if waits(err) {
		return true, err
	}
	answer, ok := got.(chat.ModelAnswer)
	if err != nil || !ok {
		return false, nil
	}
	calls := t.withoutPronouns(model.Check(answer, tools, veil, text, t.local(), t.bot.pack))
	if len(calls) == 0 {
		return false, nil
	}
	return t.propose(pending{Calls: calls, Text: text, Doubt: t.text("model_doubt", nil)})
}

// forModel tells whether text is one that a model may be asked about: typed or dictated, no answer to an open question, no
// negation.
func (t *turn) forModel(text string) bool {
	switch t.message.Kind {
	case chat.Text, chat.Voice, chat.Mixed:
	default:
		return false
	}
	n := utf8.RuneCountInString(text)
	return t.bot.askModel != nil && t.actor.UserID != 0 && n >= leastForModel && n <= mostForModel && t.mind.open(t.now) == nil && !negated.MatchString(text)
}

// person is the speaker as the model's budget knows them.
func (t *turn) person() string { return strconv.FormatInt(int64(t.actor.UserID), 10) }

// veil hides in text, besides what a veil recognises by itself, the speaker's customers, the contacts that they see, and all
// colleagues.
func (t *turn) veil(text string) (*model.Veil, error) {
	people, err := t.tx.PeopleNamed(t.ctx, nameKeys(text))
	if err != nil {
		return nil, err
	}
	if t.mind.Focus.Contact.Name != "" {
		people = append(people, t.mind.Focus.Contact.Name)
	}
	colleagues, err := t.tx.Colleagues(t.ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range colleagues {
		people = append(people, c.Name)
	}
	return model.NewVeil(people, append(t.ownNames().spoken(text), t.mind.Focus.Customer.Name)), nil
}

// spoken lists the forms of customers' names that stand in a text, folded.
func (n *names) spoken(text string) (found []string) {
	folded := []rune(crm.Fold(text))
	for i := 0; i+1 < len(folded); i++ {
		for _, f := range n.exact[[2]rune{folded[i], folded[i+1]}] {
			if f.record.kind != store.KnownProduct && startsWith(folded[i:], f.text) {
				found = append(found, string(f.text))
			}
		}
	}
	return found
}

// nameKeys are the stretches of a text that may be a person's name, folded.
func nameKeys(text string) (keys []string) {
	runes := []rune(crm.Fold(text))
	seen := map[string]bool{}
	for i := range runes {
		for size := 2; size <= 4 && i+size <= len(runes); size++ {
			key := string(runes[i : i+size])
			if crm.Surname(key) != "" && !seen[key] {
				seen[key], keys = true, append(keys, key)
			}
		}
	}
	return keys
}

// withoutPronouns leaves out customers that are only words for the one last spoken of: without a name that one is meant.
func (t *turn) withoutPronouns(calls []action.Call) []action.Call {
	for i, c := range calls {
		var params map[string]any
		if json.Unmarshal(c.Params, &params) != nil {
			continue
		}
		if name, _ := params["customer"].(string); name != "" && isPronoun(name) {
			delete(params, "customer")
			calls[i].Params = mustJSON(params)
		}
	}
	return calls
}

// propose shows what job would do and waits for a word or a tap, however sure the model is and whatever the job. It reports
// false when the executor would not run it as it is: then nothing was understood.
func (t *turn) propose(job pending) (bool, error) {
	out, err := t.bot.actions.Do(t.ctx, t.tx, t.request(job, job.Doubt))
	var no *crm.Refusal
	switch {
	case errors.As(err, &no):
		return false, nil
	case err != nil:
		return false, err
	case out.Ask != nil, out.Pick != nil && len(out.Pick.Options) == 0:
		return false, nil
	case out.Pick != nil:
		return true, t.askWhich(job, out.Pick)
	}
	job.Kind, job.Card, job.Shown = "confirm", t.cardID("m"), out.Proposed
	card := chat.Card{Title: t.text("model_title", nil)}
	if writes(job.Calls) {
		card = t.bot.difference(t, out)
	}
	for _, c := range job.Calls {
		if !action.Writes(c.Name) {
			card.Fields = append(card.Fields, chat.Field{Name: t.text("model_look", nil), Value: lookedUp(c)})
		}
	}
	card.ID, job.Title = job.Card, card.Title
	card.Body = strings.TrimSpace(job.Doubt + "\n" + card.Body)
	card.Buttons = []chat.Button{
		{Key: "confirm", Text: "确认", Style: "primary", Command: "确认"},
		{Key: "cancel", Text: "不要", Command: "不要"},
	}
	card.Note = t.text("confirm_note", map[string]any{"Minutes": int(askLife.Minutes())})
	t.wait(job)
	t.reply(chat.Reply{Text: t.text("model_card", map[string]any{"Card": card, "Why": job.Doubt}), Card: &card})
	return true, nil
}

// lookedUp says in a line what a call that only reads would show.
func lookedUp(c action.Call) string {
	specs := action.Vocabulary()
	i := slices.IndexFunc(specs, func(s action.Spec) bool { return s.Name == c.Name })
	if i < 0 {
		return c.Name
	}
	var params map[string]any
	_ = json.Unmarshal(c.Params, &params) // they were made by the checker
	line := specs[i].Doc
	for _, p := range specs[i].Params {
		if s, ok := params[p.Name].(string); ok && s != "me" {
			line += "，" + s
		}
	}
	return line
}
