package bot

import (
	"errors"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
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
	q.talk.Asked, q.talk.Acked = nil, q.now
	v := q.ticketWords(q.ticket)
	v["Why"] = why
	if !q.withPerson() {
		if err := q.moveTo(v); err != nil {
			return err
		}
	}
	q.tell("guest_human", v)
	return nil
}

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
		if says := readGuestWords(q.words, text, false); text != "" && says.human && len([]rune(text)) > 12 {
			return text // says what it is about itself
		}
		return l.Text
	}
	if text == "" {
		return "客户要求转人工"
	}
	return text
}

// moveTo decides who gets the session and notes it in v for the text.
func (q *guestTurn) moveTo(v map[string]any) error {
	open, _ := q.bot.deskOpen(q.now)
	if !open {
		v["To"] = "later"
		return nil
	}
	if q.ticket.OwnerID != 0 {
		peers, err := q.tx.PeersOf(q.ctx, q.ticket.OwnerID)
		if err != nil {
			return err
		}
		for _, p := range peers {
			if platformOf(p) == servicerPlatform(q.message.Platform) {
				q.move, q.g.Agent = &chat.Session{To: chat.ToPerson, Servicer: chat.PeerID(p)}, q.ticket.OwnerID
				v["To"] = chat.ToPerson
				return nil
			}
		}
		v["To"] = "ticket" // answers come through the ticket
		return nil
	}
	q.move = &chat.Session{To: chat.ToPool}
	v["To"] = chat.ToPool
	return nil
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
		if s := readGuestWords(q.words, l.Text, false); !l.Ours && (s.greeting || s.thanks) {
			continue
		}
		said = append(said, map[string]any{"Ours": l.Ours, "At": l.At.In(crm.Shanghai).Format("15:04"), "Text": oneLine(l.Text)})
	}
	if len(said) < 2 {
		return ""
	}
	v := map[string]any{"Who": q.g.Called(), "Lines": said, "Scene": q.g.Scene, "Asked": ""}
	if a := q.talk.Asked; a != nil {
		v["Asked"] = a.Question
	}
	return q.text("guest_summary", v)
}

// unmoved is the platform's refusal to give the session to somebody: they are not on duty there. The customer hears what
// happens instead.
func (q *guestTurn) unmoved(e chat.Event) error {
	q.g.Session, q.g.Agent = "", 0
	if q.ticket == nil {
		return nil
	}
	v := q.ticketWords(q.ticket)
	if open, _ := q.bot.deskOpen(q.now); open && e.To == chat.ToPerson {
		q.move = &chat.Session{To: chat.ToPool}
		v["To"], v["Why"] = chat.ToPool, "asked"
		q.tell("guest_human", v)
		return nil
	}
	q.tell("guest_unmoved", v)
	return nil
}

// note leaves an internal note on the guest's ticket.
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

// deskOpen tells whether somebody answers customers at now, and if not, when somebody does again.
func (b *Bot) deskOpen(now time.Time) (open bool, next time.Time) {
	w := deskHours()
	if w.Works(now) {
		return true, now
	}
	return false, w.Add(now, time.Second).Add(-time.Second)
}

// deskHours are the hours of the service desk.
func deskHours() *crm.Worktime {
	day := []crm.Span{{From: 9 * 60, To: 18 * 60}}
	w, err := crm.NewWorktime(crm.Hours{Week: [7][]crm.Span{1: day, 2: day, 3: day, 4: day, 5: day}}, action.Calendar(nil))
	if err != nil {
		panic(err) // our own hours
	}
	return w
}
