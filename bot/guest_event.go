package bot

import (
	"errors"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
)

// happened takes note of what happened to a customer's session past the bot.
func (q *guestTurn) happened(e chat.Event) error {
	switch e.Type {
	case chat.EventSession:
		return q.sessionChanged(e)
	case chat.EventUnmoved:
		return q.unmoved(e)
	case chat.EventFailed:
		if err := q.offerLost(e); err != nil {
			return err
		}
		return q.note("guest_note_failed", map[string]any{"Advice": e.Advice, "Code": e.Code})
	case chat.EventRecalled:
		return q.entry("guest_note_recalled", map[string]any{"Colleague": q.message.By != ""})
	case chat.EventMet:
		return q.contactMet(e)
	case chat.EventParted:
		return q.contactGone(e)
	case chat.EventRefused:
		return q.entry("guest_note_refused", map[string]any{"On": e.On})
	}
	return nil
}

// sessionChanged follows who has the session.
func (q *guestTurn) sessionChanged(e chat.Event) error {
	who, err := q.colleague(e.New)
	if err != nil {
		return err
	}
	switch e.To {
	case chat.ToPerson:
		q.g.Session, q.g.Agent = chat.ToPerson, who.UserID
		if who.UserID != 0 && q.ticket != nil && q.ticket.OwnerID != who.UserID {
			return q.takenBy(who)
		}
		return nil
	case chat.ToEnd:
		q.g.Session, q.g.Agent = chat.ToEnd, 0
		return q.entry("guest_note_ended", nil)
	}
	q.g.Session, q.g.Agent = e.To, 0
	return nil
}

// colleague is who stands behind a peer; the zero actor when nobody is known by it.
func (q *guestTurn) colleague(peer chat.PeerID) (crm.Actor, error) {
	if peer == "" {
		return crm.Actor{}, nil
	}
	who, err := q.bot.store.UserByPeer(q.ctx, string(peer))
	if errors.Is(err, crm.ErrNotFound) {
		return crm.Actor{}, nil
	}
	return who, err
}

// takenBy makes the colleague who took the session from the queue the one who handles the ticket.
func (q *guestTurn) takenBy(who crm.Actor) error {
	_, err := q.do("ticket.assign", map[string]any{"ticket": q.ticket.ID, "assignee": who.Name})
	var no *crm.Refusal
	if errors.As(err, &no) || errors.Is(err, crm.ErrInvalid) { // two of that name, or the like: the session says who it is all the same
		return nil
	}
	return err
}

// colleagueWrote keeps what a colleague answered in the platform's own window: an answer like one given here.
func (q *guestTurn) colleagueWrote() error {
	text := q.said()
	who, err := q.colleague(q.message.By)
	if err != nil {
		return err
	}
	q.told(text)
	if q.g.Session != chat.ToPerson { // its event was lost or is still to come
		q.g.Session, q.g.Agent = chat.ToPerson, who.UserID
	}
	if q.ticket == nil && q.closed != nil {
		return nil // a last word after the matter was closed
	}
	if q.ticket == nil {
		if err := q.open(guestSays{priority: "普通"}, q.matter("asked", "")); err != nil {
			return err
		}
	}
	return q.answeredBy(who, text)
}

// answeredBy makes a colleague's words to the customer an answer of the ticket: its clock stops.
func (q *guestTurn) answeredBy(who crm.Actor, text string) error {
	actor := who
	if who.UserID == 0 { // of the company, and unknown here
		actor = q.g.Actor()
		text = strings.TrimPrefix(string(q.message.By), platformOf(string(q.message.By))+":") + "：" + text
	}
	_, err := q.doAs(actor, "ticket.answered", map[string]any{"ticket": q.ticket.ID, "content": clipRunes(text, ticketMost)})
	return err
}

// linkedBy links the guest to the customer that a link of ours names. Only a link that we have signed counts.
func (q *guestTurn) linkedBy(param string) error {
	if param = strings.TrimSpace(param); param == "" || q.g.Customer != 0 {
		return nil
	}
	customer, ok := q.tx.Keys.ReadGuestLink(param)
	if !ok {
		return nil
	}
	switch _, err := q.tx.CustomerByID(q.ctx, customer); {
	case errors.Is(err, crm.ErrNotFound): // gone since the link was made
		return nil
	case err != nil:
		return err
	}
	q.g.Customer = customer
	return q.tx.LinkGuest(q.ctx, q.g.ID, customer, 0, 0)
}
