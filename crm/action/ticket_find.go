package action

import (
	"context"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// Which tickets an action can mean.
const (
	openOnly   = "open"
	closedOnly = "closed"
	anyState   = "all"
)

// ticket finds the ticket that is meant: by number, else the only one of the customer that was said, else the one last
// spoken of. Several make the person choose.
func (r *run) ticket(ctx context.Context, id crm.TicketID, said, state string) (*ticket, error) {
	if ref, ok := r.chosen("ticket"); ok && ref.ID != 0 {
		id = crm.TicketID(ref.ID)
	}
	said = strings.TrimSpace(said)
	if number, ok := recordNumber(said); ok && id == 0 {
		if is, err := r.tx.WhatIs(ctx, number); err == nil && is.Kind == crm.KindTicket {
			id = crm.TicketID(number)
		}
	}
	if t := r.freshTicket; t != nil && id == 0 && (said == "" || t.about != nil && r.known(said) == t.about) { // made in this very message
		return t, r.fitsState(t, state)
	}
	if id == 0 && said == "" && r.focus.Ticket.ID != 0 {
		id = crm.TicketID(r.focus.Ticket.ID)
	}
	if id != 0 {
		return r.ticketByID(ctx, id, state)
	}
	if said == "" && r.focus.Customer.ID == 0 {
		return r.myTicket(ctx, state)
	}
	c, err := r.customer(ctx, said, mustExist)
	if err != nil {
		return nil, err
	}
	if c.fresh {
		return nil, crm.Refuse(crm.ErrNotFound, "%s还没有工单，可以说「%s投诉……」建一张。", c.Name, crm.BrandName(c.Name))
	}
	rows, _, err := r.tx.Tickets(ctx, store.TicketFilter{State: state, Customer: crm.CustomerID(c.ID), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	if state == anyState { // of several, those that are still open
		if open := slices.DeleteFunc(slices.Clone(rows), func(t store.TicketRow) bool { return !t.Open() }); len(open) > 0 {
			rows = open
		}
	}
	if len(rows) == 0 {
		what := map[string]string{openOnly: "没有处理中的工单", closedOnly: "没有已关闭的工单", anyState: "没有工单"}[state]
		return nil, crm.Refuse(crm.ErrNotFound, "%s%s，说「%s的工单」看看有哪些。", c.Name, what, crm.BrandName(c.Name))
	}
	return r.oneTicket(rows, c.Name)
}

// myTicket is the only ticket that the actor handles.
func (r *run) myTicket(ctx context.Context, state string) (*ticket, error) {
	if state == openOnly {
		rows, _, err := r.tx.Tickets(ctx, store.TicketFilter{Owners: []int64{int64(r.req.Actor.UserID)}, Limit: pageSize})
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			return r.oneTicket(rows, "你")
		}
	}
	return nil, r.ask("ticket", "哪张工单？说一下编号或客户名就行。")
}

func (r *run) oneTicket(rows []store.TicketRow, said string) (*ticket, error) {
	if len(rows) == 1 {
		return r.onTicket(rows[0]), nil
	}
	options := make([]Option, len(rows))
	for i := range rows {
		t := &rows[i]
		detail := t.Kind + " · " + crm.TicketStateChinese(t.State)
		if t.OwnerName != "" {
			detail += " · " + t.OwnerName
		}
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindTicket, ID: int64(t.ID), Name: briefly(t.Content, 20)}, Detail: detail}
	}
	return nil, r.pick("ticket", said, options, false)
}

// ticketByID finds a ticket by its number and refuses one whose state does not fit.
func (r *run) ticketByID(ctx context.Context, id crm.TicketID, state string) (*ticket, error) {
	if t := r.tickets[id]; t != nil {
		return t, r.fitsState(t, state)
	}
	row, err := r.tx.TicketByID(ctx, id)
	if notFound(err) {
		return nil, r.otherKind(ctx, int64(id), crm.KindTicket)
	}
	if err != nil {
		return nil, err
	}
	t := r.onTicket(row)
	return t, r.fitsState(t, state)
}

func (r *run) fitsState(t *ticket, state string) error {
	switch {
	case state == openOnly && !t.Open() && t.MergedInto != 0:
		return crm.Refuse(crm.ErrConflict, "工单 #%d 已经并入 #%d，请对 #%d 说。", t.ID, t.MergedInto, t.MergedInto)
	case state == openOnly && !t.Open():
		return crm.Refuse(crm.ErrConflict, "工单 #%d 已经关闭了，要继续处理请先说「重新打开 #%d」。", t.ID, t.ID)
	case state == closedOnly && t.Open():
		return crm.Refuse(crm.ErrConflict, "工单 #%d 还没有关闭（%s），直接处理就行。", t.ID, crm.TicketStateChinese(t.State))
	case state == closedOnly && t.MergedInto != 0:
		return crm.Refuse(crm.ErrConflict, "工单 #%d 已经并入 #%d，请对 #%d 说。", t.ID, t.MergedInto, t.MergedInto)
	}
	return nil
}

// onTicket makes a row the ticket that this run works on, and the one last spoken of.
func (r *run) onTicket(row store.TicketRow) *ticket {
	t := r.tickets[row.ID]
	if t == nil {
		t = &ticket{Ticket: row.Ticket, was: row.Ticket, customer: row.Customer, customerLevel: row.CustomerLevel, customerOwner: crm.UserID(row.CustomerOwner),
			contact: row.Contact, ownerName: row.OwnerName, teamName: row.TeamName, creator: row.CreatorName, toucher: row.ToucherName}
		for _, id := range row.Collaborators {
			t.shared = append(t.shared, crm.UserID(id))
		}
		if r.tickets == nil {
			r.tickets = map[crm.TicketID]*ticket{}
		}
		r.tickets[t.ID] = t
	}
	r.focus.Ticket = t.ref()
	return t
}
