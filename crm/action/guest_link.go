package action

import (
	"context"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// GuestLink says whose customer somebody is who writes at a customers' door. Only colleagues say so: what a guest claims
// links nobody. From then on the guest hears of that customer's tickets when they ask for theirs.
type GuestLink struct {
	Customer string       `json:"customer" doc:"*客户名"`
	Contact  string       `json:"contact,omitempty" doc:"联系人"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号，说明是哪位微信客户"`
	Guest    crm.GuestID  `json:"guest,omitempty" doc:"同事微信里新加的客户的编号"`
}

func guestLink(ctx context.Context, r *run, p *GuestLink) (*Result, error) {
	g, err := r.guestMeant(ctx, p)
	if err != nil {
		return nil, err
	}
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	contactID, name := int64(0), ""
	if p.Contact != "" {
		contact := c.contact(p.Contact)
		if contact == nil {
			return nil, r.ask("contact", "%s没有联系人「%s」，先说「%s的联系人 %s 电话…」加上。", c.Name, p.Contact, crm.BrandName(c.Name), p.Contact)
		}
		contactID, name = contact.ID, contact.Name
	}
	if owner := c.foreign(r.req.Actor); owner != "" {
		res.Owner = owner
	}
	old := ""
	if g.Customer != 0 && int64(g.Customer) != c.ID {
		if was, err := r.tx.CustomerByID(ctx, g.Customer); err == nil {
			old = was.Name
		}
		r.risky(g.Called() + "原来连着另一个客户")
	}
	if g.Owner != 0 {
		res.changes(res.Record, "微信好友", "「"+g.Name+"」")
	} else {
		res.changes(res.Record, "微信客户", g.Called())
	}
	res.Changes[len(res.Changes)-1].Old = old
	if name != "" {
		res.changes(res.Record, "联系人", name)
	}
	tickets, err := r.guestTickets(ctx, g.ID, crm.CustomerID(c.ID))
	if err != nil {
		return nil, err
	}
	r.then(func(ctx context.Context) error {
		if err := r.tx.LinkGuest(ctx, g.ID, crm.CustomerID(c.ID), crm.ContactID(contactID), r.req.Actor.UserID); err != nil {
			return err
		}
		r.audit("guest.link", c.ref(), res.Changes)
		if g.Owner != 0 {
			r.history(c, 0, g.Called()+"是同事的微信好友")
		}
		r.event("guest.linked", c.ref(), map[string]any{"guest": g.ID, "contact": contactID})
		for _, t := range tickets {
			if err := r.ticketOf(ctx, t, c, crm.ContactID(contactID), name); err != nil {
				return err
			}
		}
		return nil
	})
	r.last(func(context.Context) error {
		r.tx.Ledger.Undo = nil // saying it again puts it right
		return nil
	})
	return res, nil
}

// guestMeant is who is to be linked: a contact of the actor, or the guest of a ticket that the actor works on.
func (r *run) guestMeant(ctx context.Context, p *GuestLink) (g crm.Guest, err error) {
	if p.Guest != 0 {
		g, err = r.tx.Guest(ctx, p.Guest)
		if notFound(err) || err == nil && g.Owner != r.req.Actor.UserID && r.req.Actor.Scope != crm.ScopeAll {
			return g, crm.Refuse(crm.ErrNotFound, "没有找到这位微信客户，请说名字，比如「李娜是云帆的」。")
		}
		return g, err
	}
	t, err := r.guestTicket(ctx, p.Ticket)
	if err != nil {
		return g, err
	}
	if t.GuestID == 0 {
		return g, crm.Refuse(crm.ErrInvalid, "工单 #%d 不是微信客户发来的，请说微信客户那张工单的编号，比如「#%d 的微信客户是云帆的王强」。", t.ID, t.ID)
	}
	if err := r.mayWork(t); err != nil {
		return g, err
	}
	return r.tx.Guest(ctx, crm.GuestID(t.GuestID))
}

// guestTicket is the ticket by which a guest is named: by number, the one last spoken of, or the only one of a guest that the
// actor handles.
func (r *run) guestTicket(ctx context.Context, id crm.TicketID) (*ticket, error) {
	if id != 0 {
		return r.ticketByID(ctx, id, anyState)
	}
	if last := r.focus.Ticket.ID; last != 0 {
		if t, err := r.ticketByID(ctx, crm.TicketID(last), anyState); err != nil && !notFound(err) {
			return nil, err
		} else if err == nil && t.GuestID != 0 {
			return t, nil
		}
	}
	rows, _, err := r.tx.Tickets(ctx, store.TicketFilter{Owners: []int64{int64(r.req.Actor.UserID)}, Limit: 100})
	if err != nil {
		return nil, err
	}
	guests, newest := map[crm.GuestID]bool{}, store.TicketRow{}
	for _, row := range rows {
		if row.GuestID != 0 {
			guests[row.GuestID] = true
			if row.ID > newest.ID {
				newest = row
			}
		}
	}
	if len(guests) != 1 {
		return nil, r.ask("ticket", "哪位微信客户？说一下TA的工单编号，比如「#1024 的微信客户是云帆的王强」。")
	}
	return r.onTicket(newest), nil
}

// guestTickets are the open tickets of a guest that are not customer's yet.
func (r *run) guestTickets(ctx context.Context, guest crm.GuestID, customer crm.CustomerID) (list []*ticket, err error) {
	rows, _, err := r.tx.Tickets(ctx, store.TicketFilter{Guest: guest, Limit: 50})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.CustomerID != customer {
			list = append(list, r.onTicket(row))
		}
	}
	return list, nil
}

// ticketOf makes c the customer of a ticket; whose customer that is hears of the ticket as of a new one.
func (r *run) ticketOf(ctx context.Context, t *ticket, c *customer, contact crm.ContactID, name string) error {
	was := t.customer
	t.of(c)
	t.ContactID, t.contact, t.DealID = contact, name, 0
	to := readers{}
	to.add(AsOwner, t.customerOwner)
	to.add(AsShared, t.shared...)
	for user := range to {
		t.Watch(user)
	}
	if err := r.saveTicket(ctx, t); err != nil {
		return err
	}
	entry := store.TicketEntry{TicketID: t.ID, UserID: r.req.Actor.UserID, Side: crm.SideChange, Content: "客户 " + c.Name}
	if was != "" {
		entry.Content = "客户 " + was + " → " + c.Name
	}
	if _, err := r.tx.AddTicketEntry(ctx, &entry); err != nil {
		return err
	}
	r.audit("guest.link", t.ref(), []Change{{Record: t.ref(), Field: "客户", Old: was, New: c.Name}})
	r.tell(t, to, TicketNews{Topic: TicketCreated, Content: t.Content, To: t.ownerName, ToID: t.OwnerID})
	return nil
}

// GuestInvite makes what a link to the customers' door carries so that whoever opens it is known to be of a customer.
type GuestInvite struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// GuestInvited is what GuestInvite found.
type GuestInvited struct {
	Customer string `json:"customer"`
	Param    string `json:"param"` // for &scene_param= of the door's link
}

func guestInvite(ctx context.Context, r *run, p *GuestInvite) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	if c.ID == 0 {
		return nil, fmt.Errorf("guest.invite: %w", crm.ErrInvalid)
	}
	return view(&Result{Record: c.ref()}, GuestInvited{Customer: c.Name, Param: r.tx.Keys.GuestLink(crm.CustomerID(c.ID))})
}
