package action

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketCreate writes down what a customer wants looked after.
type TicketCreate struct {
	Content  string      `json:"content" doc:"*什么问题"`
	Customer string      `json:"customer,omitempty" doc:"客户名"`
	Contact  string      `json:"contact,omitempty" doc:"联系人"`
	Kind     string      `json:"kind,omitempty" doc:"类型：咨询、投诉、故障、退换、维修、其他"`
	Priority string      `json:"priority,omitempty" doc:"优先级：紧急、高、普通、低"`
	Assignee string      `json:"assignee,omitempty" doc:"处理人：同事、部门或 me"`
	Deal     crm.DealID  `json:"deal,omitempty" doc:"商机编号"`
	Order    int64       `json:"order,omitempty" doc:"订单编号"`
	Device   int64       `json:"device,omitempty" doc:"设备编号"`
	Source   string      `json:"source,omitempty" doc:"来源：chat、kf、mail、form、api、record、rule，不说就看从哪来"`
	Guest    crm.GuestID `json:"guest,omitempty" doc:"客户侧会话，只由系统填写"`
}

// mostTicket is how long a ticket's text or an answer may be, in characters.
const mostTicket = 5000

// ticket is a ticket that this run works on.
type ticket struct {
	crm.Ticket
	was           crm.Ticket   // as it was read; empty when fresh
	about         *customer    // nil when it has none, or was read without
	customer      string       // its name
	customerLevel string       // its level
	customerOwner crm.UserID   // whose the customer is
	shared        []crm.UserID // who works along on the customer
	contact       string
	ownerName     string // who handles it
	teamName      string
	creator       string // who wrote it down
	toucher       string // who took or answered it last
	fresh         bool
	walled        bool        // the actor does not see the customer
	unknown       string      // a customer that was named and is not kept
	ended         []crm.Ended // promises that ended with this change, until they are written down
}

// ref points at the ticket; it is known by how its text begins.
func (t *ticket) ref() crm.Ref {
	return crm.Ref{Kind: crm.KindTicket, ID: int64(t.ID), Name: briefly(t.Content, 20)}
}

// number is what t is called in a sentence; one that is made in this very run has no number yet.
func (t *ticket) number() string {
	if t.ID == 0 {
		return "「" + briefly(t.Content, 20) + "」"
	}
	return fmt.Sprintf("#%d", t.ID)
}

// briefly is the beginning of a text, on one line.
func briefly(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most]) + "…"
}

func ticketCreate(ctx context.Context, r *run, p *TicketCreate) (*Result, error) {
	content, err := r.ticketText("content", p.Content, "客户有什么问题？说一下情况。")
	if err != nil {
		return nil, err
	}
	if err := r.deviceSaid(ctx, p); err != nil {
		return nil, err
	}
	t := &ticket{fresh: true}
	t.Content, t.State, t.CreatedBy = content, crm.TicketNew, r.req.Actor.UserID
	t.Source = r.ticketSource(p.Source)
	if r.req.Actor.Scope == crm.ScopeSystem {
		t.GuestID = p.Guest
	}
	if t.Kind, err = crm.FindTicketKind(p.Kind); err != nil {
		return nil, r.bad("kind", err)
	}
	if t.Priority, err = crm.FindTicketPriority(p.Priority); err != nil {
		return nil, r.bad("priority", err)
	}
	if err := r.linked(ctx, t, p.Deal, p.Order, p.Device); err != nil {
		return nil, err
	}
	res := &Result{}
	if err := r.ticketCustomer(ctx, t, p, res); err != nil {
		return nil, err
	}
	if err := r.judge(ctx, t, p.Kind == "", p.Priority == ""); err != nil {
		return nil, err
	}
	if p.Assignee != "" {
		if err := r.assignee(ctx, t, p.Assignee, res); err != nil {
			return nil, err
		}
	} else if err := r.dispatch(ctx, t, res); err != nil {
		return nil, err
	}
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	t.named(people)
	told := readers{}
	told.add(AsAssignee, t.OwnerID)
	told.add(AsOwner, t.customerOwner)
	told.add(AsShared, t.shared...)
	if t.OwnerID == 0 {
		told.add(AsTeam, teamOf(t, people)...)
	}
	res.Record = t.ref()
	res.changes(t.ref(), "工单", t.Content, "客户", t.customer, "联系人", t.contact, "类型", t.Kind, "优先级", t.Priority, "处理人", t.handler())
	r.addTicket(t, res, told, "ticket.create", TicketNews{Topic: TicketCreated, Content: t.Content, To: t.ownerName, ToID: t.OwnerID}, nil)
	r.title("新建工单「%s」", briefly(content, 20))
	return res, r.showTicket(res, t)
}

// addTicket queues a new ticket of which to hear n; also, when it is not nil, is done once it has its number.
func (r *run) addTicket(t *ticket, res *Result, to readers, action string, n TicketNews, also func(ctx context.Context) error) {
	for user := range to {
		t.Watch(user)
	}
	begins := t.Ticket
	r.freshTicket = t
	r.then(func(ctx context.Context) error {
		becomes := t.Ticket // by later calls of this run, which write it
		t.Ticket = begins
		if t.about != nil {
			t.CustomerID = crm.CustomerID(t.about.ID)
		}
		if err := r.clock(ctx, t); err != nil {
			return err
		}
		if err := r.tx.AddTicket(ctx, &t.Ticket); err != nil {
			return err
		}
		if err := r.wake(ctx, t); err != nil {
			return err
		}
		t.was, t.fresh = t.Ticket, false
		becomes.ID, becomes.Version, becomes.CreatedAt, becomes.CustomerID = t.ID, t.Version, t.CreatedAt, t.CustomerID
		becomes.SLA, becomes.FirstDue, becomes.NextDue, becomes.SolveDue = t.SLA, t.FirstDue, t.NextDue, t.SolveDue
		t.Ticket = becomes
		if also != nil {
			if err := also(ctx); err != nil {
				return err
			}
		}
		ref := t.ref()
		res.settle(ref)
		r.focus.Ticket = ref
		if t.unknown != "" {
			res.Notes = append(res.Notes, fmt.Sprintf("还没有客户「%s」，工单先记下了；建好客户后回「#%d 客户是%s」。", t.unknown, t.ID, t.unknown))
		}
		r.audit(action, ref, res.Changes)
		r.event("ticket.created", ref, t.eventData())
		if t.about != nil && r.req.Actor.UserID != 0 {
			r.history(t.about, int64(t.DealID), fmt.Sprintf("新建%s工单 #%d：%s", t.Kind, t.ID, t.Content))
		}
		r.tell(t, to, n)
		return r.showTicket(res, t)
	})
}

// linked makes t one about a deal, an order or a device that the actor sees; zeros leave t as it is.
func (r *run) linked(ctx context.Context, t *ticket, deal crm.DealID, order, device int64) error {
	for _, link := range []struct {
		id   int64
		kind crm.Kind
	}{{int64(deal), crm.KindDeal}, {order, crm.KindOrder}, {device, crm.KindDevice}} {
		if link.id == 0 {
			continue
		}
		if is, err := r.tx.WhatIs(ctx, link.id); notFound(err) || err == nil && is.Kind != link.kind {
			return r.otherKind(ctx, link.id, link.kind)
		} else if err != nil {
			return err
		}
	}
	if deal != 0 {
		t.DealID = deal
	}
	if order != 0 {
		t.OrderID = order
	}
	if device != 0 {
		t.DeviceID = device
	}
	return nil
}

// ticketText checks a text that goes into a ticket.
func (r *run) ticketText(param, said, question string) (string, error) {
	text := strings.TrimSpace(said)
	switch n := len([]rune(text)); {
	case n == 0:
		return "", r.ask(param, "%s", question)
	case n > mostTicket:
		return "", r.ask(param, "内容太长了（%d 个字），请控制在 %d 个字以内。", n, mostTicket)
	}
	return text, nil
}

// ticketSource is where a ticket comes from: as the door says, else by the door.
func (r *run) ticketSource(said string) string {
	switch said {
	case "chat", "kf", "mail", "form", "api", "record", "rule", "sms":
		return said
	}
	switch r.req.Via {
	case "api", "rule", "kf", "mail", "form":
		return r.req.Via
	}
	return "chat"
}

// ticketCustomer finds the customer and contact of a new ticket. A name that nobody answers to stays in the text: a
// complaint is not lost because its customer is not kept yet.
func (r *run) ticketCustomer(ctx context.Context, t *ticket, p *TicketCreate, res *Result) error {
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		_, number := recordNumber(p.Customer)
		var refusal *crm.Refusal
		switch {
		case errors.As(err, &refusal) && refusal.Wall.ID != 0: // somebody else's: they hear of it
			if err := r.walledCustomer(ctx, t, refusal.Wall, res); err != nil {
				return err
			}
		case notFound(err) && !number:
			if !strings.Contains(t.Content, p.Customer) {
				t.Content += "（" + p.Customer + "）"
			}
			t.unknown = p.Customer
		case err != nil:
			return err
		default:
			t.of(c)
		}
	}
	if t.about == nil {
		if p.Contact != "" && !strings.Contains(t.Content, p.Contact) {
			t.Content += "（联系人：" + p.Contact + "）"
		}
		return nil
	}
	if contact := t.about.contact(p.Contact); contact != nil {
		t.ContactID, t.contact = crm.ContactID(contact.ID), contact.Name
	} else if p.Contact != "" && !strings.Contains(t.Content, p.Contact) {
		t.Content += "（联系人：" + p.Contact + "）"
	}
	return nil
}

// walledCustomer makes a customer that the actor does not see the ticket's: whoever hears of a complaint can write it down.
// Its owner is told; the actor sees the ticket and no more of the customer than its name.
func (r *run) walledCustomer(ctx context.Context, t *ticket, c crm.Ref, res *Result) error {
	w, err := r.tx.TicketCustomer(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return err
	}
	t.walled, t.CustomerID, t.customer, t.customerLevel, t.customerOwner = true, crm.CustomerID(c.ID), c.Name, w.Level, crm.UserID(w.OwnerID)
	for _, id := range w.Collaborators {
		t.shared = append(t.shared, crm.UserID(id))
	}
	owner, err := r.nameOfUser(ctx, t.customerOwner)
	if err != nil {
		return err
	}
	res.Notes = append(res.Notes, fmt.Sprintf("%s由%s负责，已经告诉TA。", c.Name, owner))
	return nil
}

// of makes c the ticket's customer.
func (t *ticket) of(c *customer) {
	t.about, t.CustomerID, t.customer, t.customerLevel, t.customerOwner = c, crm.CustomerID(c.ID), c.Name, c.Level, crm.UserID(c.OwnerID)
	t.shared = nil
	for _, id := range c.Collaborators {
		t.shared = append(t.shared, crm.UserID(id))
	}
}

// assignee makes the colleague or department that was said the one who handles t.
func (r *run) assignee(ctx context.Context, t *ticket, said string, res *Result) error {
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return err
	}
	if !isMe(said) && len(fitting(people, said)) == 0 {
		if near := departments(teams, said); len(near) > 0 {
			t.TeamID, t.OwnerID = crm.TeamID(near[0].ID), 0
			return r.dispatch(ctx, t, res)
		}
	}
	p, _, err := r.person(ctx, "assignee", said)
	if err != nil {
		return err
	}
	t.OwnerID, t.TeamID, t.ownerName = crm.UserID(p.ID), crm.TeamID(p.TeamID), p.Name
	if p.Platform == "" && p.ID != int64(r.req.Actor.UserID) {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还没有绑定企业微信或钉钉，收不到通知，先当面说一声。", p.Name))
	}
	return nil
}

// named fills in what the one who handles t is called.
func (t *ticket) named(people []store.Colleague) {
	t.ownerName, t.teamName = "", ""
	for _, p := range people {
		if p.ID == int64(t.OwnerID) {
			t.ownerName = p.Name
		}
		if p.TeamID == int64(t.TeamID) {
			t.teamName = p.Team
		}
	}
}

// handler is who handles t as people say it.
func (t *ticket) handler() string {
	switch {
	case t.ownerName != "":
		return t.ownerName
	case t.teamName != "":
		return t.teamName + "（待领取）"
	}
	return "待领取"
}

// eventData is what rules hear of a ticket.
func (t *ticket) eventData() map[string]any {
	return map[string]any{"customer": t.CustomerID, "owner": t.OwnerID, "kind": t.Kind, "priority": t.Priority, "state": t.State, "source": t.Source}
}
