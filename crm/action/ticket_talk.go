package action

import (
	"context"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketReply answers the customer. It leaves by the door that the customer came through; without one it is kept with the
// ticket, and somebody has to tell the customer.
type TicketReply struct {
	Content  string       `json:"content" doc:"*回复客户的话"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Seen     int          `json:"seen,omitempty" doc:"看到的工单版本，由卡片填写"`

	Article crm.ArticleID `json:"article,omitempty" doc:"用这条知识的回答"`
}

func ticketReply(ctx context.Context, r *run, p *TicketReply) (*Result, error) {
	t, content, res := (*ticket)(nil), p.Content, &Result{}
	var err error
	if p.Article == 0 {
		if content, err = r.ticketText("content", p.Content, "回复客户什么？说一下内容。"); err != nil {
			return nil, err
		}
	}
	if t, err = r.workOn(ctx, p.Ticket, p.Customer); err != nil {
		return nil, err
	}
	if p.Article != 0 {
		content, err = r.answerWith(ctx, p.Article, t, res)
	} else {
		err = r.sameAnswer(ctx, content, t, res)
	}
	if err != nil {
		return nil, err
	}
	r.collide(t, p.Seen, res)
	door := ""
	if t.GuestID != 0 {
		door = "guest"
	} else {
		caller, err := r.caller(ctx, t)
		if err != nil {
			return nil, err
		}
		res.Notes = append(res.Notes, fmt.Sprintf("这张工单没有接到客户的线上渠道，回复只记在工单里，请%s告诉%s。", caller, t.calledCustomer()))
	}
	owner := t.OwnerID
	t.Reply(r.req.Actor.UserID, r.now)
	if owner == 0 {
		t.ownerName = r.req.Actor.Name
		if t.TeamID == 0 {
			t.TeamID = r.req.Actor.TeamID
		}
	}
	res.Changes = []Change{{Record: t.ref(), Field: "回复客户", New: content}}
	if t.was.State != t.State {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "状态", Old: crm.TicketStateChinese(t.was.State), New: crm.TicketStateChinese(t.State)})
	}
	return r.moved(t, res, move{action: "ticket.reply", event: "ticket.replied", title: fmt.Sprintf("回复工单 %s", t.number()),
		entry: store.TicketEntry{Side: crm.SideReply, Content: content, Door: door}, to: t.near(),
		news: TicketNews{Topic: TicketReplied, Content: content}, guest: &GuestNews{Topic: GuestReply, Content: content}})
}

// collide notes that a colleague took or answered t a moment ago, which the speaker may not know: it is shown first. seen
// is the version of t that the speaker looked at, 0 when not known.
func (r *run) collide(t *ticket, seen int, res *Result) {
	if t.TouchedBy == 0 || t.TouchedBy == r.req.Actor.UserID || !t.Fresh(r.now) || seen >= t.Version {
		return
	}
	did := "处理过"
	if t.FirstAt == nil {
		did = "接手了"
	}
	ago := "刚刚"
	if minutes := int(r.now.Sub(*t.TouchedAt).Minutes()); minutes > 0 {
		ago = fmt.Sprintf(" %d 分钟前", minutes)
	}
	res.Notes = append(res.Notes, fmt.Sprintf("%s%s%s，先看一眼再回，免得重复。", t.toucher, ago, did))
	r.risky(fmt.Sprintf("%s%s%s", t.toucher, ago, did))
}

// caller is who should tell the customer: whose the customer is, else who handles the ticket.
func (r *run) caller(ctx context.Context, t *ticket) (string, error) {
	for _, id := range []crm.UserID{t.customerOwner, t.OwnerID} {
		if id == r.req.Actor.UserID {
			break
		}
		if name, err := r.nameOfUser(ctx, id); err != nil || name != "" {
			return name, err
		}
	}
	return "你", nil
}

// calledCustomer is who waits for the answer.
func (t *ticket) calledCustomer() string {
	switch {
	case t.contact != "":
		return t.contact
	case t.customer != "":
		return t.customer
	}
	return "客户"
}

// TicketNote leaves a word for colleagues (内部备注); the customer never sees it.
type TicketNote struct {
	Content  string       `json:"content" doc:"*备注，客户看不到"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
}

func ticketNote(ctx context.Context, r *run, p *TicketNote) (*Result, error) {
	content, err := r.ticketText("content", p.Content, "备注什么？说一下内容。")
	if err != nil {
		return nil, err
	}
	t, err := r.ticket(ctx, p.Ticket, p.Customer, anyState)
	if err != nil {
		return nil, err
	}
	if err := r.mayWork(t); err != nil {
		return nil, err
	}
	res := &Result{Changes: []Change{{Record: t.ref(), Field: "备注", New: content}}}
	return r.moved(t, res, move{action: "ticket.note", event: "ticket.noted", title: fmt.Sprintf("工单 %s 的备注", t.number()),
		entry: store.TicketEntry{Side: crm.SideNote, Content: content}, to: t.near(), news: TicketNews{Topic: TicketNoted, Content: content}})
}

// TicketHeard is a word from the customer about a ticket: only the service itself writes it, from what a door heard. The
// ticket is named, or is the newest of the guest's. A closed ticket is opened again by it, unless it is a word after the end.
type TicketHeard struct {
	Content string       `json:"content" doc:"*客户说的话"`
	Ticket  crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Guest   crm.GuestID  `json:"guest,omitempty" doc:"客户侧会话"`
	Message string       `json:"message,omitempty" doc:"消息编号，同一条只记一次"`
	Seen    bool         `json:"seen,omitempty" doc:"处理人已经看到，不用再通知"`
	After   bool         `json:"after,omitempty" doc:"结单后的一句话，不重新打开"`
	Upset   bool         `json:"upset,omitempty" doc:"客户很不满，处理人和客户负责人都要知道"`
}

func ticketSaid(ctx context.Context, r *run, p *TicketHeard) (*Result, error) {
	content, err := r.ticketText("content", p.Content, "客户说了什么？")
	if err != nil {
		return nil, err
	}
	if p.Ticket == 0 && p.Guest != 0 {
		rows, _, err := r.tx.Tickets(ctx, store.TicketFilter{State: anyState, Guest: p.Guest, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, crm.Refuse(crm.ErrNotFound, "这位客户还没有工单。")
		}
		p.Ticket = rows[0].ID
	}
	t, err := r.ticketByID(ctx, p.Ticket, anyState)
	if err == nil && t.MergedInto != 0 {
		t, err = r.ticketByID(ctx, t.MergedInto, anyState)
	}
	if err != nil {
		return nil, err
	}
	if p.Message != "" {
		known, err := r.tx.TicketEntryKnown(ctx, p.Message)
		if err != nil {
			return nil, err
		}
		if known {
			res := &Result{Record: t.ref()}
			return res, r.showTicket(res, t)
		}
	}
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	after := p.After && !t.Open()
	closed := !t.Open() && !after
	to := readers{}
	if after {
		to.add(AsAssignee, t.ClosedBy)
	} else {
		t.Said(r.now)
	}
	if !p.Seen && len(to) == 0 || closed || p.Upset {
		to.add(AsAssignee, t.OwnerID)
	}
	if t.OwnerID == 0 && len(to) == 0 {
		to.add(AsTeam, teamOf(t, people)...)
	}
	if closed || p.Upset {
		to.add(AsOwner, t.customerOwner)
	}
	res := &Result{Changes: []Change{{Record: t.ref(), Field: "客户说", New: content}}}
	return r.moved(t, res, move{action: "ticket.said", event: "ticket.said", title: fmt.Sprintf("客户说：%s", briefly(content, 20)),
		entry: store.TicketEntry{Side: crm.SideCustomer, Content: content, Key: p.Message}, to: to, news: TicketNews{Topic: TicketSaid, Content: content, Upset: p.Upset},
		data: map[string]any{"reopened": closed}})
}
