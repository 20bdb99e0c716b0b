package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketClose ends a ticket; everybody who was told of it hears how.
type TicketClose struct {
	Ticket     crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer   string       `json:"customer,omitempty" doc:"客户名"`
	Resolution string       `json:"resolution,omitempty" doc:"怎么解决的"`
}

func ticketClose(ctx context.Context, r *run, p *TicketClose) (*Result, error) {
	resolution := strings.TrimSpace(p.Resolution)
	if n := len([]rune(resolution)); n > mostTicket {
		return nil, r.ask("resolution", "处理结果太长了（%d 个字），请控制在 %d 个字以内。", n, mostTicket)
	}
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	r.others(t, res)
	tasks, err := r.tx.TasksOfTicket(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		if task.State == crm.StateOpen {
			res.Notes = append(res.Notes, fmt.Sprintf("%s的任务「%s」还没做完，不用做了就说「取消 #%d」。", task.UserName, briefly(task.Content, 20), task.ID))
		}
	}
	old := crm.TicketStateChinese(t.State)
	t.Close(r.req.Actor.UserID, resolution, r.now)
	res.Changes = []Change{{Record: t.ref(), Field: "状态", Old: old, New: crm.TicketStateChinese(t.State)}}
	story := "关闭"
	if resolution != "" {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "处理结果", New: resolution})
		story = "关闭：" + resolution
	}
	return r.moved(t, res, move{action: "ticket.close", event: "ticket.closed", title: fmt.Sprintf("关闭工单 %s", t.number()),
		entry: store.TicketEntry{Side: crm.SideChange, Content: story}, to: t.follow(), news: TicketNews{Topic: TicketClosed, Content: resolution},
		guest: &GuestNews{Topic: GuestClosed, Content: resolution}, data: map[string]any{"closed_by": t.ClosedBy, "guest": t.GuestID},
		also: func(ctx context.Context) error {
			if t.CustomerID != 0 && r.req.Actor.UserID != 0 && r.req.Actor.Scope != crm.ScopeSystem {
				return r.ticketHistory(ctx, t, story)
			}
			return nil
		}})
}

// ticketHistory writes what became of a ticket into its customer's history, when the actor sees the customer.
func (r *run) ticketHistory(ctx context.Context, t *ticket, what string) error {
	if sees, err := r.tx.SeesCustomer(ctx, t.CustomerID); err != nil || !sees {
		return err
	}
	c := &customer{}
	c.ID = int64(t.CustomerID)
	r.history(c, int64(t.DealID), fmt.Sprintf("工单 #%d %s", t.ID, what))
	return nil
}

// TicketReopen begins a closed ticket again.
type TicketReopen struct {
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Reason   string       `json:"reason,omitempty" doc:"为什么"`
}

func ticketReopen(ctx context.Context, r *run, p *TicketReopen) (*Result, error) {
	t, err := r.ticket(ctx, p.Ticket, p.Customer, closedOnly)
	if err != nil {
		return nil, err
	}
	if err := r.mayWork(t); err != nil {
		return nil, err
	}
	reason := briefly(p.Reason, 500)
	t.Reopen()
	res := &Result{Changes: []Change{{Record: t.ref(), Field: "状态", Old: crm.TicketStateChinese(crm.TicketClosed), New: crm.TicketStateChinese(t.State)}}}
	story := "重新打开"
	if reason != "" {
		story += "：" + reason
	}
	m := move{action: "ticket.reopen", event: "ticket.reopened", title: fmt.Sprintf("重新打开工单 %s", t.number()),
		entry: store.TicketEntry{Side: crm.SideChange, Content: story}, to: t.follow(), news: TicketNews{Topic: TicketReopened, Why: reason}}
	if r.req.Actor.Scope != crm.ScopeSystem { // else the customer asked for it, and is answered at the door
		m.guest = &GuestNews{Topic: GuestReopened}
	}
	return r.moved(t, res, m)
}

// TicketMerge puts a ticket into another that is about the same: it is closed, and who followed it follows the other.
type TicketMerge struct {
	Ticket crm.TicketID `json:"ticket" doc:"*要并掉的工单编号"`
	Into   crm.TicketID `json:"into" doc:"*并入哪张工单"`
}

func ticketMerge(ctx context.Context, r *run, p *TicketMerge) (*Result, error) {
	if p.Into == 0 {
		return nil, r.ask("into", "并入哪张工单？说一下编号。")
	}
	if p.Ticket == p.Into {
		return nil, crm.Refuse(crm.ErrInvalid, "工单 #%d 不能并入它自己，请说两个不同的编号。", p.Ticket)
	}
	t, err := r.workOn(ctx, p.Ticket, "")
	if err != nil {
		return nil, err
	}
	into, err := r.workOn(ctx, p.Into, "")
	if err != nil {
		return nil, err
	}
	if t == into {
		return nil, crm.Refuse(crm.ErrInvalid, "工单 #%d 不能并入它自己，请说两个不同的编号。", t.ID)
	}
	tasks, err := r.tx.TasksOfTicket(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	r.others(t, res)
	if t.CustomerID != 0 && into.CustomerID != 0 && t.CustomerID != into.CustomerID {
		r.risky("两张工单不是同一个客户的")
	}
	old := crm.TicketStateChinese(t.State)
	to := t.follow()
	t.Close(r.req.Actor.UserID, fmt.Sprintf("并入 #%d", into.ID), r.now)
	t.MergedInto = into.ID
	for user := range to {
		into.Watch(user)
	}
	if into.GuestID == 0 {
		into.GuestID = t.GuestID
	}
	if into.CustomerID == 0 {
		into.CustomerID, into.ContactID, into.customer, into.customerOwner = t.CustomerID, t.ContactID, t.customer, t.customerOwner
	}
	res.Changes = []Change{{Record: t.ref(), Field: "状态", Old: old, New: fmt.Sprintf("并入 #%d", into.ID)}}
	return r.moved(t, res, move{action: "ticket.merge", event: "ticket.merged", title: fmt.Sprintf("工单 %s 并入 #%d", t.number(), into.ID),
		entry: store.TicketEntry{Side: crm.SideChange, Content: fmt.Sprintf("并入 #%d", into.ID)}, to: to,
		news: TicketNews{Topic: TicketMerged, Into: into.ID, Content: t.Content}, data: map[string]any{"into": into.ID},
		also: func(ctx context.Context) error {
			if err := r.saveTicket(ctx, into); err != nil {
				return err
			}
			for _, task := range tasks {
				if _, err := r.tx.Set(ctx, crm.KindTask, task.ID, task.Version, []store.Col{{Name: "ticket_id", Value: int64(into.ID)}}); err != nil {
					return err
				}
			}
			e := store.TicketEntry{TicketID: into.ID, UserID: r.req.Actor.UserID, Side: crm.SideChange, Content: fmt.Sprintf("#%d 并进来：%s", t.ID, t.Content)}
			if _, err := r.tx.AddTicketEntry(ctx, &e); err != nil {
				return err
			}
			r.audit("ticket.merge", into.ref(), []Change{{Record: into.ref(), Field: "并入", New: fmt.Sprintf("#%d", t.ID)}})
			return nil
		}})
}

// TicketSplitOff makes a second ticket of what is another matter in a first one.
type TicketSplitOff struct {
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Content  string       `json:"content" doc:"*另一件事"`
	Kind     string       `json:"kind,omitempty" doc:"类型"`
	Priority string       `json:"priority,omitempty" doc:"优先级"`
	Assignee string       `json:"assignee,omitempty" doc:"处理人"`
}

func ticketSplit(ctx context.Context, r *run, p *TicketSplitOff) (*Result, error) {
	content, err := r.ticketText("content", p.Content, "拆出来的是什么事？说一下内容。")
	if err != nil {
		return nil, err
	}
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	part := &ticket{fresh: true, about: t.about, customer: t.customer, customerLevel: t.customerLevel, customerOwner: t.customerOwner, shared: t.shared,
		contact: t.contact, ownerName: t.ownerName, teamName: t.teamName}
	part.Content, part.State, part.CreatedBy, part.Source, part.SplitFrom = content, crm.TicketNew, r.req.Actor.UserID, t.Source, t.ID
	part.CustomerID, part.ContactID, part.DealID, part.OrderID, part.DeviceID, part.GuestID = t.CustomerID, t.ContactID, t.DealID, t.OrderID, t.DeviceID, t.GuestID
	part.OwnerID, part.TeamID, part.Kind, part.Priority = t.OwnerID, t.TeamID, t.Kind, t.Priority
	if p.Kind != "" {
		if part.Kind, err = crm.FindTicketKind(p.Kind); err != nil {
			return nil, r.bad("kind", err)
		}
	}
	if p.Priority != "" {
		if part.Priority, err = crm.FindTicketPriority(p.Priority); err != nil {
			return nil, r.bad("priority", err)
		}
	}
	if p.Assignee != "" {
		if err := r.assignee(ctx, part, p.Assignee, res); err != nil {
			return nil, err
		}
		people, _, err := r.x.people.load(ctx, r.tx)
		if err != nil {
			return nil, err
		}
		part.named(people)
	}
	res.Record = part.ref()
	res.changes(part.ref(), "工单", content, "拆自", fmt.Sprintf("#%d", t.ID), "客户", part.customer, "类型", part.Kind, "优先级", part.Priority, "处理人", part.handler())
	r.addTicket(part, res, part.near(), "ticket.split", TicketNews{Topic: TicketSplit, From: t.ID, Content: content, To: part.ownerName, ToID: part.OwnerID}, func(ctx context.Context) error {
		e := store.TicketEntry{TicketID: t.ID, UserID: r.req.Actor.UserID, Side: crm.SideChange, Content: fmt.Sprintf("拆出 #%d：%s", part.ID, content)}
		_, err := r.tx.AddTicketEntry(ctx, &e)
		return err
	})
	r.title("从工单 %s 拆出「%s」", t.number(), briefly(content, 20))
	return res, r.showTicket(res, part)
}
