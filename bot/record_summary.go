package bot

import (
	"context"
	"maps"
	"slices"

	"gendan/bot/chat"
	"gendan/bot/model"
	"gendan/crm"
)

const (
	longRecord    = 200 // lines: a record of more is summed up by the model, where there is one
	summaryTokens = 400
	mostNameKeys  = 5000 // stretches of a record that are looked up among the contacts' names
)

// summarise asks the model once for a summary of a long record. The record is data: the model is offered no actions with it,
// and what it says becomes a line of the draft that the person may leave out. Without an answer there is no such line.
func (t *turn) summarise(d *recordDraft, draft crm.RecordDraft) error {
	if t.bot.askModel == nil || d.Summed || len(draft.Record.Lines) <= longRecord {
		return nil
	}
	d.Summed = true
	veil, err := t.recordVeil(*d, draft.Record)
	if err != nil {
		return err
	}
	q := chat.ModelRequest{Person: t.person(), System: model.SummaryTask, Text: model.RecordText(draft.Record, veil), Most: summaryTokens}
	ask := t.bot.askModel
	got, err := t.workOutside("summary", modelTimeout, func(ctx context.Context) (any, error) { return ask(ctx, q) })
	if waits(err) {
		return err
	}
	if answer, ok := got.(chat.ModelAnswer); ok && err == nil {
		d.Summary = model.Summary(answer.Text, draft.Record, veil)
	}
	return nil
}

// recordVeil hides everybody who speaks in a record or belongs to its customer, all colleagues, and the speaker's customers
// that it names.
func (t *turn) recordVeil(d recordDraft, r crm.ChatRecord) (*model.Veil, error) {
	var people []string
	firms := []string{d.Customer.Name}
	if d.Customer.ID != 0 {
		contacts, err := t.tx.ContactsOf(t.ctx, crm.CustomerID(d.Customer.ID))
		if err != nil {
			return nil, err
		}
		for _, c := range contacts {
			people = append(people, c.Name)
		}
	}
	colleagues, err := t.tx.Colleagues(t.ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range colleagues {
		people = append(people, c.Name)
	}
	own, seen := t.ownNames(), map[string]bool{}
	for _, l := range r.Lines {
		if l.Sender != "" && !seen[l.Sender] {
			seen[l.Sender] = true
			people = append(people, l.Sender, nickname(l.Sender))
		}
		for _, n := range own.spoken(l.Text) {
			if !seen["\x00"+n] {
				seen["\x00"+n], firms = true, append(firms, n)
			}
		}
	}
	for _, form := range []func(string) string{crm.CompanyName, crm.CoreName, crm.BrandName} {
		firms = append(firms, form(d.Customer.Name))
	}
	keys := map[string]bool{}
	for _, l := range r.Lines {
		for _, k := range nameKeys(cut(l.Text, mostForModel)) {
			if len(keys) < mostNameKeys {
				keys[k] = true
			}
		}
	}
	known, err := t.tx.PeopleNamed(t.ctx, slices.Sorted(maps.Keys(keys)))
	if err != nil {
		return nil, err
	}
	return model.NewVeil(append(people, known...), firms), nil
}
