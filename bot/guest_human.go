package bot

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

// handOver gives the dialogue to a person: to whoever handles the ticket, when they answer in the platform's own window, else
// to the queue, and out of hours to the ticket with a promise. why is "asked", "unsure" or "unsolved"; text is what was said
// last, "" for a tap.
func (q *guestTurn) handOver(why, text string) error {
	fresh := q.ticket == nil
	if fresh {
		says := guestSays{priority: "普通"}
		if text != "" {
			says = readGuestWords(q.words, text, false)
		}
		if err := q.open(says, q.matter(why, text)); err != nil {
			return err
		}
	} else {
		said := text
		if said == "" {
			said = "客户要求转人工"
		}
		if err := q.saidTo(q.ticket.ID, said); err != nil {
			return err
		}
		if err := q.again(); err != nil {
			return err
		}
	}
	q.talk.Asked, q.talk.Acked, q.talk.Why = nil, q.now, why
	v, err := q.ticketWords(q.ticket)
	if err != nil {
		return err
	}
	v["Why"] = why
	if !q.withPerson() {
		if err := q.moveTo(v); err != nil {
			return err
		}
	}
	if v["Bare"] = q.ticket.Content == bareMatter; v["Bare"] == true {
		q.talk.Want = "matter"
	}
	q.tell("guest_human", v)
	return nil
}

// bareMatter is what the ticket of a customer is about who wants a person and does not say why.
const bareMatter = "客户要求转人工"

// matter is what the ticket of a handed over dialogue is about: the question, or what the customer said before.
func (q *guestTurn) matter(why, text string) string {
	if why != "asked" {
		return text
	}
	for i := len(q.talk.Lines) - 1; i >= 0; i-- {
		l := q.talk.Lines[i]
		s := readGuestWords(q.words, l.Text, false)
		if l.Ours || s.human || s.greeting || s.thanks || s.status || q.now.Sub(l.At) > time.Hour {
			continue
		}
		if says := readGuestWords(q.words, text, false); text != "" && says.human && (says.trouble != "" || len([]rune(text)) > 12) {
			return text // says what it is about itself
		}
		return l.Text
	}
	if says := readGuestWords(q.words, text, false); text == "" || says.human && says.trouble == "" && len([]rune(text)) <= 12 {
		return bareMatter
	}
	return text
}

// moveTo decides who gets the session and notes it in v for the text.
func (q *guestTurn) moveTo(v map[string]any) error {
	d, err := q.desk()
	switch {
	case err != nil:
		return err
	case !d.open:
		v["To"] = "later"
		return nil
	}
	owner := q.ticket.OwnerID
	if slices.Contains(d.there, owner) {
		peer, err := q.servicer(owner)
		if err != nil {
			return err
		}
		v["To"] = "ticket" // answers come through the ticket
		if peer != "" {
			q.move, q.g.Agent = &chat.Session{To: chat.ToPerson, Servicer: peer}, owner
			v["To"] = chat.ToPerson
		}
		return nil
	}
	for _, who := range d.there {
		peer, err := q.servicer(who)
		if err != nil {
			return err
		}
		if peer != "" { // whoever of them takes it up
			q.move = &chat.Session{To: chat.ToPool}
			v["To"] = chat.ToPool
			return nil
		}
	}
	v["To"], v["Who"] = "ticket", ""
	return nil
}

// servicer is the colleague where sessions of this door can be taken over; "" when they are not there.
func (q *guestTurn) servicer(user crm.UserID) (chat.PeerID, error) {
	peers, err := q.tx.PeersOf(q.ctx, user)
	if err != nil {
		return "", err
	}
	for _, p := range peers {
		if platformOf(p) == servicerPlatform(q.message.Platform) {
			return chat.PeerID(p), nil
		}
	}
	return "", nil
}

// servicerPlatform is where the people sit who can take over a session of a customers' door.
func servicerPlatform(door string) string {
	if door == "kf" {
		return "wecom"
	}
	return ""
}

// summary is what was said so far, for whoever takes over; "" when the ticket says it all.
func (q *guestTurn) summary() string {
	var said []map[string]any
	for _, l := range q.talk.Lines {
		if q.closed != nil && q.closed.ClosedAt != nil && l.At.Before(*q.closed.ClosedAt) {
			continue // of the matter before
		}
		if s := readGuestWords(q.words, l.Text, false); !l.Ours && (s.greeting || s.thanks) {
			continue
		}
		said = append(said, map[string]any{"Ours": l.Ours, "At": l.At.In(crm.Shanghai).Format("15:04"), "Text": oneLine(l.Text)})
	}
	if len(said) < 2 {
		return ""
	}
	v := map[string]any{"Who": q.g.Called(), "Lines": said, "Scene": q.g.Scene, "Asked": ""}
	if a := q.talk.Asked; a != nil && a.Article != "" {
		v["Asked"] = a.Question
	}
	return q.text("guest_summary", v)
}

// unmoved is the platform's refusal to give the session to somebody: they are not on duty there. The customer hears what
// happens instead.
func (q *guestTurn) unmoved(e chat.Event) error {
	q.g.Session, q.g.Agent = "", 0
	if e.To == chat.ToEnd { // an answer was to go with it
		return q.note("guest_note_failed", map[string]any{"Advice": e.Advice, "Code": e.Code})
	}
	if q.ticket == nil {
		return nil
	}
	v, err := q.ticketWords(q.ticket)
	if err != nil {
		return err
	}
	if v["Open"] == true && e.To == chat.ToPerson {
		q.move = &chat.Session{To: chat.ToPool}
		v["To"], v["Why"] = chat.ToPool, cmp.Or(q.talk.Why, "asked")
		q.tell("guest_human", v)
		return nil
	}
	q.tell("guest_unmoved", v)
	return nil
}

// entry writes what happened into the ticket's story; nobody is told.
func (q *guestTurn) entry(name string, data map[string]any) error {
	t := q.ticket
	if t == nil {
		t = q.closed
	}
	if t == nil {
		return nil
	}
	_, err := q.tx.AddTicketEntry(q.ctx, &store.TicketEntry{TicketID: t.ID, Side: crm.SideChange, Content: q.text(name, data),
		Key: q.message.Platform + ":" + q.message.ID})
	q.tx.Ledger.Undo = nil
	return err
}

// note leaves an internal note on the guest's ticket, and those who answer for it hear of it.
func (q *guestTurn) note(name string, data map[string]any) error {
	if q.ticket == nil {
		return nil
	}
	_, err := q.do("ticket.note", map[string]any{"ticket": q.ticket.ID, "content": q.text(name, data)})
	var no *crm.Refusal
	if errors.As(err, &no) {
		return nil
	}
	return err
}
