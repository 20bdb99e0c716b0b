package bot

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// either is the kind of the question whether words under a quoted ticket are for the customer or for colleagues.
const either = "either"

// ticketWords are parameters whose answer is free text: whatever is typed is it.
var ticketWords = []string{"content", "resolution", "reason"}

// ticketAnswered takes text as the answer to an open question about a ticket. It reports whether it was.
func (t *turn) ticketAnswered(text string, job *pending) (bool, error) {
	switch {
	case job == nil || len(job.Calls) == 0 || !strings.HasPrefix(job.Calls[0].Name, "ticket."):
		return false, nil
	case job.Kind == either:
		switch strings.Trim(text, "。.!！ ") {
		case "回复", "回复客户", "1", "发给客户":
			return true, t.chosenEither(*job, false)
		case "备注", "内部备注", "2", "记备注":
			return true, t.chosenEither(*job, true)
		}
		return false, nil
	case job.Kind != "ask" || job.Ask == nil || !slices.Contains(ticketWords, job.Ask.Param) || job.Calls[0].Name == "ticket.create":
		return false, nil
	}
	if cmd, ok := parse.ReadCommand(text); ok && (cmd.Kind == parse.Cancel || cmd.Kind == parse.Undo) {
		return false, nil
	}
	if m := ticketNumber.FindStringIndex(text); m != nil && m[0] == 0 { // another order about a ticket by its number
		return false, nil
	}
	res := t.read(text)
	if t.readsSurely(res) {
		return false, nil
	}
	params := map[string]any{}
	if err := json.Unmarshal(job.Calls[0].Params, &params); err != nil {
		return false, fmt.Errorf("open question: %w", err)
	}
	params[job.Ask.Param] = text
	next := *job
	next.Calls = []action.Call{{Name: job.Calls[0].Name, Params: mustJSON(params)}}
	next.Kind, next.Ask = "", nil
	if orders(res.Actions) && res.Confidence >= 0.9 && job.Calls[0].Name == "ticket.reply" { // 「云帆推进到报价」 is nothing to tell a customer unseen
		next.Doubt = t.text("ticket_order_like", nil)
	}
	return true, t.run(next, 1)
}

// askTicket asks for what an order about a ticket lacks: words, or who shall have it.
func (t *turn) askTicket(job pending, id int64, param string) error {
	if param == "assignee" {
		return t.askWhom(job, id)
	}
	job.Asked++
	job.Kind, job.Ask, job.Card = "ask", &action.Ask{Param: param, Question: t.text("ticket_ask_"+strings.TrimPrefix(job.Calls[0].Name, "ticket."), map[string]any{"ID": id})}, ""
	t.mind.Focus.Ticket = crm.Ref{Kind: crm.KindTicket, ID: id}
	t.wait(job)
	t.say(job.Ask.Question)
	return nil
}

// mostWhom is how many colleagues a card offers to give a ticket to; departments come behind them.
const mostWhom = 4

// askWhom asks who shall have a ticket, and offers the colleagues of its team with the least to do, and the departments.
func (t *turn) askWhom(job pending, id int64) error {
	row, err := t.tx.TicketByID(t.ctx, crm.TicketID(id))
	if errors.Is(err, crm.ErrNotFound) {
		t.say(t.text("ticket_unknown", map[string]any{"ID": id}))
		return nil
	}
	if err != nil {
		return fmt.Errorf("whom: %w", err)
	}
	people, load, err := t.helpers(row)
	if err != nil {
		return err
	}
	number := strconv.FormatInt(id, 10)
	job.Asked++
	job.Kind, job.Card = "ask", t.cardID("w")
	job.Ask = &action.Ask{Param: "assignee", Question: t.text("ticket_ask_assign", map[string]any{"ID": id})}
	job.Title = job.Ask.Question
	card := chat.Card{ID: job.Card, Title: job.Ask.Question}
	offer := func(name, detail string) {
		card.Buttons = append(card.Buttons, chat.Button{Key: onceKey + ":转交 " + number + " " + name, Text: cut(name, 10), Command: "转交 " + number + " " + name})
		card.Fields = append(card.Fields, chat.Field{Name: name, Value: detail})
	}
	for _, p := range people {
		offer(p.Name, t.text("ticket_load", map[string]any{"Open": load[p.ID], "Team": p.Team}))
	}
	departments, err := t.departments(row)
	if err != nil {
		return err
	}
	for _, name := range departments {
		offer(name, t.text("ticket_department", nil))
	}
	t.mind.Focus.Ticket = crm.Ref{Kind: crm.KindTicket, ID: id, Name: cut(row.Content, 20)}
	t.wait(job)
	t.reply(chat.Reply{Text: t.text("ticket_whom", map[string]any{"Title": card.Title, "Fields": card.Fields, "ID": id}), Card: &card})
	return nil
}

// helpers are the colleagues who could have a ticket, those of its team first, the least busy first.
func (t *turn) helpers(row store.TicketRow) (people []store.Colleague, load map[int64]int, err error) {
	all, err := t.tx.Colleagues(t.ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("helpers: %w", err)
	}
	var ids []int64
	for _, p := range all {
		ours := row.TeamID != 0 && p.TeamID == int64(row.TeamID) || p.Role == string(crm.Service)
		if ours && p.ID != int64(row.OwnerID) && p.ID != int64(t.actor.UserID) {
			people, ids = append(people, p), append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil, nil
	}
	if load, err = t.tx.TicketLoad(t.ctx, ids); err != nil {
		return nil, nil, fmt.Errorf("helpers: %w", err)
	}
	far := func(p store.Colleague) int {
		if row.TeamID != 0 && p.TeamID == int64(row.TeamID) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(people, func(a, b store.Colleague) int {
		return cmp.Or(far(a)-far(b), load[a.ID]-load[b.ID], strings.Compare(a.Name, b.Name))
	})
	return people[:min(len(people), mostWhom)], load, nil
}

// departments are the names of the company's departments that the pack hands tickets to, other than the ticket's own, at most two.
func (t *turn) departments(row store.TicketRow) (names []string, err error) {
	rules, err := t.bot.actions.ServiceRules(t.ctx, t.tx)
	if err != nil {
		return nil, fmt.Errorf("departments: %w", err)
	}
	teams, err := t.tx.Departments(t.ctx)
	if err != nil {
		return nil, fmt.Errorf("departments: %w", err)
	}
	for _, d := range teams {
		if _, known := rules.Department(d.Name); known && d.ID != int64(row.TeamID) && len(names) < 2 {
			names = append(names, d.Name)
		}
	}
	return names, nil
}

// replyOrNote asks what words under a quoted ticket are: an answer to the customer, or a note for colleagues.
func (t *turn) replyOrNote(id int64, text string) error {
	job := pending{Kind: either, Card: t.cardID("e"), Text: text, Calls: []action.Call{{Name: "ticket.reply", Params: mustJSON(map[string]any{"ticket": id, "content": text})}}}
	job.Title = t.text("ticket_either", map[string]any{"ID": id, "Text": cut(text, 30)})
	t.wait(job)
	t.reply(chat.Reply{Text: t.text("ticket_either_text", map[string]any{"Title": job.Title}), Card: &chat.Card{ID: job.Card, Title: job.Title, Buttons: []chat.Button{
		{Key: "either:reply", Text: "回复客户", Style: "primary", Command: "回复"},
		{Key: "either:note", Text: "内部备注", Command: "备注"},
		{Key: "cancel", Text: "取消", Command: "取消"},
	}}})
	return nil
}

// chosenEither goes on with words that are for the customer, or a note.
func (t *turn) chosenEither(job pending, note bool) error {
	if note {
		job.Calls = []action.Call{{Name: "ticket.note", Params: job.Calls[0].Params}}
	}
	job.Kind = ""
	return t.run(job, 1)
}
