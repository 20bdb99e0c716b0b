package action

import (
	"context"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketAnswered writes down what the customer has been told already: in the platform's own window, on the telephone. It
// counts like an answer given here, and nothing is sent.
type TicketAnswered struct {
	Content  string       `json:"content" doc:"*答复客户的话"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
}

func ticketAnswered(ctx context.Context, r *run, p *TicketAnswered) (*Result, error) {
	content, err := r.ticketText("content", p.Content, "答复了客户什么？说一下内容。")
	if err != nil {
		return nil, err
	}
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	if err := r.sameAnswer(ctx, content, t, res); err != nil {
		return nil, err
	}
	by := r.req.Actor.UserID
	t.Reply(by, r.now)
	if t.was.OwnerID == 0 && by != 0 {
		t.ownerName = r.req.Actor.Name
		if t.TeamID == 0 {
			t.TeamID = r.req.Actor.TeamID
		}
	}
	res.Changes = []Change{{Record: t.ref(), Field: "答复客户", New: content}}
	if t.was.State != t.State {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "状态", Old: crm.TicketStateChinese(t.was.State), New: crm.TicketStateChinese(t.State)})
	}
	return r.moved(t, res, move{action: "ticket.answered", event: "ticket.replied", title: fmt.Sprintf("工单 #%d 的答复", t.ID),
		entry: store.TicketEntry{Side: crm.SideReply, Content: content}, to: t.near(), news: TicketNews{Topic: TicketReplied, Content: content}})
}
