package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// move is what one action does to a ticket beside changing its fields, which the handler has done.
type move struct {
	action string
	event  string
	title  string // for undo
	entry  store.TicketEntry
	to     readers
	news   TicketNews
	guest  *GuestNews
	data   map[string]any
	also   func(ctx context.Context) error // in the second pass, before the ticket is written
}

// moved queues what t has become, with its deadlines, story, audit line, events and news.
func (r *run) moved(t *ticket, res *Result, m move) (*Result, error) {
	res.Record = t.ref()
	for user := range m.to {
		t.Watch(user)
	}
	r.then(func(ctx context.Context) error {
		if m.also != nil {
			if err := m.also(ctx); err != nil {
				return err
			}
		}
		if err := r.saveTicket(ctx, t); err != nil {
			return err
		}
		m.entry.TicketID, m.entry.UserID = t.ID, r.req.Actor.UserID
		if m.entry.Content != "" {
			if _, err := r.tx.AddTicketEntry(ctx, &m.entry); err != nil {
				return err
			}
		}
		ref := t.ref()
		res.settle(ref)
		r.audit(m.action, ref, res.Changes)
		data := t.eventData()
		for key, value := range m.data {
			data[key] = value
		}
		r.event(m.event, ref, data)
		m.news.Entry = m.entry.ID
		r.tell(t, m.to, m.news)
		if m.guest != nil {
			m.guest.Ticket, m.guest.By = int64(t.ID), r.req.Actor.Name
			if err := r.tellGuest(t.GuestID, *m.guest); err != nil {
				return err
			}
		}
		return r.showTicket(res, t)
	})
	r.title("%s", m.title)
	return res, r.showTicket(res, t)
}

// saveTicket writes what t has become, with its deadlines.
func (r *run) saveTicket(ctx context.Context, t *ticket) error {
	if err := r.clock(ctx, t); err != nil {
		return err
	}
	if err := r.tx.SaveTicket(ctx, t.was, &t.Ticket); err != nil {
		return err
	}
	if err := r.wake(ctx, t); err != nil {
		return err
	}
	r.surveySoon(t)
	t.was = t.Ticket
	return nil
}

// workOn finds an open ticket that the actor may work on.
func (r *run) workOn(ctx context.Context, id crm.TicketID, said string) (*ticket, error) {
	t, err := r.ticket(ctx, id, said, openOnly)
	if err != nil {
		return nil, err
	}
	return t, r.mayWork(t)
}

// mayWork refuses those who only see a ticket: marketers see all of them, and works on what they were told of.
func (r *run) mayWork(t *ticket) error {
	me := r.req.Actor.UserID
	switch r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead, crm.Service:
		return nil
	}
	if r.req.Actor.Scope == crm.ScopeSystem || slices.Contains([]crm.UserID{t.OwnerID, t.CreatedBy, t.customerOwner}, me) ||
		slices.Contains(t.Watchers, me) || slices.Contains(t.shared, me) {
		return nil
	}
	return crm.Refuse(crm.ErrDenied, "工单 #%d 由%s处理，请直接找TA。", t.ID, t.handler())
}

// others marks a change of a ticket that a colleague handles as one to be seen first; leads and managers need not.
func (r *run) others(t *ticket, res *Result) {
	switch r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead, "":
		return
	}
	if !t.fresh && t.OwnerID != 0 && t.OwnerID != r.req.Actor.UserID && t.ownerName != "" {
		res.Owner = t.ownerName
		r.risky(fmt.Sprintf("工单 #%d 由%s处理", t.ID, t.ownerName))
	}
}

// TicketAssign gives a ticket to a colleague or a department.
type TicketAssign struct {
	Assignee string       `json:"assignee" doc:"*处理人：同事、部门或 me"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Reason   string       `json:"reason,omitempty" doc:"为什么转，或交代一句"`
}

func ticketAssign(ctx context.Context, r *run, p *TicketAssign) (*Result, error) {
	if p.Assignee == "" {
		return nil, r.ask("assignee", "转给谁处理？说一下同事的名字或部门。")
	}
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	r.others(t, res)
	old, before := t.handler(), t.OwnerID
	next := &ticket{Ticket: t.Ticket}
	if err := r.assignee(ctx, next, p.Assignee, res); err != nil {
		return nil, err
	}
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	if next.OwnerID == before && next.TeamID == t.TeamID {
		res.Record = t.ref()
		res.Notes = append(res.Notes, fmt.Sprintf("工单 #%d 本来就由%s处理，没有改动。", t.ID, old))
		return res, r.showTicket(res, t)
	}
	t.Assign(next.OwnerID, next.TeamID)
	t.named(people)
	res.Changes = []Change{{Record: t.ref(), Field: "处理人", Old: old, New: t.handler()}}
	p.Reason = clip(strings.TrimSpace(p.Reason), 200)
	why := ""
	if p.Reason != "" {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "原因", New: p.Reason})
		why = "（" + p.Reason + "）"
	}
	to := readers{}
	to.add(AsAssignee, t.OwnerID)
	if t.OwnerID == 0 {
		to.add(AsTeam, teamOf(t, people)...)
	}
	to.add(AsBefore, before)
	return r.moved(t, res, move{action: "ticket.assign", event: "ticket.assigned", title: fmt.Sprintf("工单 %s 转给%s", t.number(), t.handler()),
		entry: store.TicketEntry{Side: crm.SideChange, Content: "处理人 " + old + " → " + t.handler() + why}, to: to,
		news: TicketNews{Topic: TicketAssigned, Why: p.Reason, To: t.handler(), ToID: t.OwnerID, Content: t.Content}, data: map[string]any{"before": before}})
}

// TicketTake makes the speaker the one who handles a ticket (我来处理).
type TicketTake TicketGet

func ticketTake(ctx context.Context, r *run, p *TicketTake) (*Result, error) {
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	old, before := t.handler(), t.OwnerID
	if t.Level == 0 && t.State != crm.TicketNew { // somebody is at it, and nobody called for help
		r.others(t, res)
	}
	if err := t.Take(r.req.Actor.UserID, t.ownerName, r.now); err != nil {
		return nil, err
	}
	t.ownerName = r.req.Actor.Name
	if t.TeamID == 0 {
		t.TeamID = r.req.Actor.TeamID
	}
	if before != t.OwnerID {
		res.Changes = []Change{{Record: t.ref(), Field: "处理人", Old: old, New: t.ownerName}}
	} else {
		res.Changes = []Change{{Record: t.ref(), Field: "状态", Old: crm.TicketStateChinese(t.was.State), New: crm.TicketStateChinese(t.State)}}
	}
	to := t.near()
	to.add(AsBefore, before)
	if t.Level > 0 { // those who were called know that it is looked after
		to.add(AsWatcher, t.Watchers...)
	}
	return r.moved(t, res, move{action: "ticket.take", event: "ticket.taken", title: fmt.Sprintf("接手工单 %s", t.number()),
		entry: store.TicketEntry{Side: crm.SideChange, Content: r.req.Actor.Name + "接手"}, to: to,
		news: TicketNews{Topic: TicketTaken, To: t.ownerName, ToID: t.OwnerID}, guest: &GuestNews{Topic: GuestTaken}, data: map[string]any{"before": before}})
}

// TicketWait makes a ticket wait for the customer: the deadlines stand still until the customer writes.
type TicketWait TicketGet

func ticketWait(ctx context.Context, r *run, p *TicketWait) (*Result, error) {
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	r.others(t, res)
	old := crm.TicketStateChinese(t.State)
	if err := t.Wait(r.now); err != nil {
		return nil, err
	}
	res.Changes = []Change{{Record: t.ref(), Field: "状态", Old: old, New: crm.TicketStateChinese(t.State)}}
	return r.moved(t, res, move{action: "ticket.wait", event: "ticket.waiting", title: fmt.Sprintf("工单 %s 等客户回复", t.number()),
		entry: store.TicketEntry{Side: crm.SideChange, Content: "等客户回复"}, to: readers{}, news: TicketNews{Topic: TicketChanged}})
}

// TicketUpdate changes what a ticket is.
type TicketUpdate struct {
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Kind     string       `json:"kind,omitempty" doc:"类型：咨询、投诉、故障、退换、维修、其他"`
	Priority string       `json:"priority,omitempty" doc:"优先级：紧急、高、普通、低"`
	Customer string       `json:"customer,omitempty" doc:"改成哪个客户的"`
	Contact  string       `json:"contact,omitempty" doc:"联系人"`
	Deal     crm.DealID   `json:"deal,omitempty" doc:"商机编号"`
	Order    int64        `json:"order,omitempty" doc:"订单编号"`
	Device   int64        `json:"device,omitempty" doc:"设备编号"`
	Told     bool         `json:"told,omitempty" doc:"由系统填写：相关的人已经另行通知"`
}

func ticketUpdate(ctx context.Context, r *run, p *TicketUpdate) (*Result, error) {
	said := "" // without a number the customer names the ticket; with one it is the ticket's new customer
	if p.Ticket == 0 && r.focus.Ticket.ID == 0 {
		said, p.Customer = p.Customer, ""
	}
	t, err := r.workOn(ctx, p.Ticket, said)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	r.others(t, res)
	change := func(field, old, new string) {
		if old != new {
			res.Changes = append(res.Changes, Change{Record: t.ref(), Field: field, Old: old, New: new})
		}
	}
	if p.Kind != "" {
		kind, err := crm.FindTicketKind(p.Kind)
		if err != nil {
			return nil, r.bad("kind", err)
		}
		change("类型", t.Kind, kind)
		t.Kind = kind
	}
	if p.Priority != "" {
		priority, err := crm.FindTicketPriority(p.Priority)
		if err != nil {
			return nil, r.bad("priority", err)
		}
		change("优先级", t.Priority, priority)
		t.Priority = priority
	}
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		change("客户", t.customer, c.Name)
		if t.CustomerID != crm.CustomerID(c.ID) {
			t.of(c)
			t.ContactID, t.contact, t.DealID = 0, "", 0
		}
		r.focus.Ticket = t.ref()
	}
	if err := r.ticketContact(ctx, t, p.Contact, change); err != nil {
		return nil, err
	}
	old := t.Ticket
	if err := r.linked(ctx, t, p.Deal, p.Order, p.Device); err != nil {
		return nil, err
	}
	numbered := func(id int64) string {
		if id == 0 {
			return ""
		}
		return fmt.Sprintf("#%d", id)
	}
	change("商机", numbered(int64(old.DealID)), numbered(int64(t.DealID)))
	change("订单", numbered(old.OrderID), numbered(t.OrderID))
	change("设备", numbered(old.DeviceID), numbered(t.DeviceID))
	if len(res.Changes) == 0 {
		if p.Kind == "" && p.Priority == "" && p.Customer == "" && p.Contact == "" && p.Deal == 0 && p.Order == 0 && p.Device == 0 {
			return nil, r.ask("priority", "要改工单的什么？比如「优先级改成紧急」。")
		}
		res.Record = t.ref()
		res.Notes = append(res.Notes, fmt.Sprintf("工单 #%d 本来就是这样，没有改动。", t.ID))
		return res, r.showTicket(res, t)
	}
	to := t.near()
	if p.Told && r.req.Actor.Scope == crm.ScopeSystem { // they hear the reason, which says it all
		to = readers{}
	}
	return r.moved(t, res, move{action: "ticket.update", event: "ticket.changed", title: fmt.Sprintf("工单 %s：%s", t.number(), say(res.Changes)),
		entry: store.TicketEntry{Side: crm.SideChange, Content: say(res.Changes)}, to: to, news: TicketNews{Topic: TicketChanged, Changes: res.Changes},
		data: map[string]any{"fields": fieldNames(res.Changes)}})
}

// ticketContact changes whom a ticket's answers go to.
func (r *run) ticketContact(ctx context.Context, t *ticket, said string, change func(field, old, new string)) error {
	if said == "" {
		return nil
	}
	if t.about == nil && t.CustomerID != 0 {
		c, err := r.customerByID(ctx, int64(t.CustomerID), "")
		if err != nil {
			return err
		}
		t.about = c
		r.focus.Ticket = t.ref()
	}
	if t.about == nil {
		return crm.Refuse(crm.ErrInvalid, "工单 #%d 还没有客户，请先说「#%d 的客户是 …」。", t.ID, t.ID)
	}
	contact := t.about.contact(said)
	if contact == nil {
		return r.ask("contact", "%s没有联系人「%s」，先说「%s的联系人 %s 电话…」加上。", t.about.Name, said, crm.BrandName(t.about.Name), said)
	}
	change("联系人", t.contact, contact.Name)
	t.ContactID, t.contact = crm.ContactID(contact.ID), contact.Name
	return nil
}
