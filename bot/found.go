package bot

import (
	"encoding/json"
	"fmt"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// finding is what a read found, ready to be told: the words, and the records that its numbers stand for.
type finding struct {
	reply chat.Reply
	list  []crm.Ref
	more  int // rows after these
}

// rowsPerPage is how many rows a list shows before 「更多」; package action cuts its pages alike.
const rowsPerPage = 10

// found tells what a read found.
func (b *Bot) found(who teller, r action.Result) finding {
	v := b.telling(who, r)
	v.Page = who.page
	var f finding
	view, err := viewOf(r, &f)
	if err != nil {
		b.log.Error("view", zap.String("action", r.Name), zap.Error(err))
		f.reply.Text = b.say("trouble", map[string]any{"Number": "view"})
		return f
	}
	f.more = max(0, f.more-rowsPerPage*(who.page+1))
	v.View, v.More = view, f.more
	f.reply.Text = b.say(b.textFor("found", r.Name), v)
	for _, n := range r.Notes {
		f.reply.Text += "\n" + n
	}
	return f
}

// viewOf reads the data of r into the struct that its action fills, and notes the records that it numbers.
// f.more is set to how many there are in all.
func viewOf(r action.Result, f *finding) (any, error) {
	read := func(v any) error {
		if len(r.Data) == 0 {
			return nil
		}
		if err := json.Unmarshal(r.Data, v); err != nil {
			return fmt.Errorf("data of %s: %w", r.Name, err)
		}
		return nil
	}
	switch r.Name {
	case "customer.view":
		var v action.CustomerView
		return &v, read(&v)
	case "customer.search":
		var v action.SearchResult
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "deal.list":
		var v action.DealListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindDeal, ID: row.ID, Name: row.Title})
		}
		f.more = v.Total
		return &v, err
	case "reminder.list":
		var v action.ReminderListView
		err := read(&v)
		f.list = append(f.list, reminders(v.Rows)...)
		f.more = v.Total
		return &v, err
	case "brief":
		var v action.BriefView
		return &v, read(&v) // by record number: a brief is also pushed, outside of any conversation's memory
	case "help":
		var v action.Help
		return &v, read(&v)
	}
	return nil, fmt.Errorf("no view for %s: %w", r.Name, crm.ErrInvalid)
}

func reminders(rows []action.ReminderRow) (list []crm.Ref) {
	for _, row := range rows {
		list = append(list, crm.Ref{Kind: crm.KindReminder, ID: row.ID, Name: row.Content})
	}
	return list
}

// more shows the next page of the last list.
func (t *turn) more() error {
	p := t.mind.Page
	if p == nil {
		t.say(t.text("page_end", nil))
		return nil
	}
	return t.run(pending{Calls: p.Calls, Page: p.Next, Sure: true}, 1)
}
