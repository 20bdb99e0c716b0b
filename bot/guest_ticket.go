package bot

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/crm/store"
)

// ticketMost is how much of a customer's message one entry of a ticket holds, in characters; what is longer makes several.
const ticketMost = 4500

// keep adds what was said to the open ticket and says nothing: a colleague is talking with the customer. Without a ticket
// the words make one, so that nothing that a customer says is only in somebody's window.
func (q *guestTurn) keep(text string) error {
	if q.ticket == nil {
		return q.open(guestSays{priority: "普通"}, text)
	}
	return q.saidTo(q.ticket.ID, text)
}

// saidTo adds text to a ticket as the customer's words. Of anger whoever handles it and the customer's owner hear.
func (q *guestTurn) saidTo(id crm.TicketID, text string) error {
	return q.saidAs(id, text, q.g.Session == chat.ToPerson && q.g.Agent != 0 && q.ticket != nil && q.g.Agent == q.ticket.OwnerID) // in the window where they talk
}

// saidAs is saidTo; seen tells that whoever handles the ticket has seen the words or hears of them otherwise.
func (q *guestTurn) saidAs(id crm.TicketID, text string, seen bool) error {
	marked := q.marked(text)
	if q.upset(text) {
		if err := q.raise(); err != nil {
			return err
		}
	}
	for i, part := range parts(text, ticketMost) {
		key := fmt.Sprintf("%s:%s:%d", q.message.Platform, q.message.ID, q.deeds)
		if _, err := q.do("ticket.said", map[string]any{"ticket": id, "content": part, "message": key, "seen": seen, "upset": marked && i == 0}); err != nil {
			return err
		}
	}
	return nil
}

// parts cuts text into pieces of at most n characters.
func parts(text string, n int) (list []string) {
	runes := []rune(text)
	for len(runes) > n {
		list = append(list, string(runes[:n]))
		runes = runes[n:]
	}
	if rest := strings.TrimSpace(string(runes)); rest != "" {
		list = append(list, rest)
	}
	return list
}

// add adds what was said to the open ticket, and confirms it now and then.
func (q *guestTurn) add(text string) error {
	if err := q.saidTo(q.ticket.ID, text); err != nil {
		return err
	}
	if calm, err := q.calm(text); calm || err != nil {
		return err
	}
	if q.now.Sub(q.talk.Acked) < guestAckEvery {
		return nil
	}
	q.talk.Acked = q.now
	if err := q.again(); err != nil {
		return err
	}
	if err := q.tellTicket("guest_added"); err != nil {
		return err
	}
	q.offer(buttonStatus, buttonHuman)
	return nil
}

// nowKnown is what a ticket is about that was opened without a word of it: its promises follow from it.
func (q *guestTurn) nowKnown(says guestSays, text string) error {
	if says.trouble != "" || says.priority != "普通" {
		params := map[string]any{"ticket": q.ticket.ID}
		if says.trouble != "" {
			params["kind"] = says.trouble
		}
		if says.priority != "普通" {
			params["priority"] = says.priority
		}
		if _, err := q.do("ticket.update", params); err != nil {
			return err
		}
	}
	q.talk.Acked = time.Time{}
	return q.add(text)
}

// again reads the ticket anew, after something was done to it.
func (q *guestTurn) again() error {
	row, err := q.tx.TicketByID(q.ctx, q.ticket.ID)
	if err != nil {
		return err
	}
	q.ticket = &row
	return nil
}

// open makes a ticket of text, with the dialogue so far as a note for whoever handles it.
func (q *guestTurn) open(says guestSays, text string) error {
	pieces := parts(text, ticketMost)
	if len(pieces) == 0 {
		pieces = []string{"客户要求人工服务"}
	}
	params := map[string]any{"content": pieces[0], "kind": cmp.Or(says.trouble, "咨询"), "source": q.message.Platform, "guest": q.g.ID}
	if says.priority != "普通" {
		params["priority"] = says.priority // else the rules of service say it
	}
	if q.g.Customer != 0 {
		params["customer"] = fmt.Sprintf("#%d", q.g.Customer)
		device, err := q.ownDevice(text)
		if err != nil {
			return err
		}
		if device != 0 {
			params["device"] = device
		}
	}
	out, err := q.do("ticket.create", params)
	if err != nil {
		return err
	}
	row, err := q.tx.TicketByID(q.ctx, crm.TicketID(out.Results[0].Record.ID))
	if err != nil {
		return err
	}
	q.ticket = &row
	for _, piece := range pieces[1:] {
		if err := q.saidTo(row.ID, piece); err != nil {
			return err
		}
	}
	if note := q.summary(); note != "" {
		if _, err := q.do("ticket.note", map[string]any{"ticket": row.ID, "content": note}); err != nil {
			return err
		}
	}
	return q.again()
}

// trouble takes down a complaint or a fault.
func (q *guestTurn) trouble(says guestSays, text string) error {
	if q.ticket != nil {
		return q.add(text)
	}
	if err := q.open(says, text); err != nil {
		return err
	}
	q.talk.Acked = time.Time{} // the next words are of a new ticket
	v, err := q.ticketWords(q.ticket)
	if err != nil {
		return err
	}
	v["Urgent"], v["Sorry"] = q.ticket.Priority == crm.Urgent, q.ticket.Kind == "投诉" || says.angry
	q.tell("guest_ticket", v)
	if known, ok := q.known(text); ok && says.trouble != "投诉" {
		q.tell("guest_meanwhile", map[string]any{"Answer": known.Text})
	}
	q.offer(buttonStatus, buttonHuman)
	return nil
}

// wantsReport asks what the trouble is.
func (q *guestTurn) wantsReport(says guestSays, text string) error {
	if q.ticket != nil && says.trouble == "" {
		if err := q.tellTicket("guest_report_open"); err != nil {
			return err
		}
	} else {
		q.tell("guest_report", map[string]any{"Complaint": says.trouble == "投诉"})
	}
	q.talk.Want = "report"
	q.offer(buttonHuman)
	return nil
}

// tellTicket says something of the open ticket.
func (q *guestTurn) tellTicket(name string) error {
	v, err := q.ticketWords(q.ticket)
	if err != nil {
		return err
	}
	q.tell(name, v)
	return nil
}

// ticketWords is what the texts say of a ticket: its number, who handles it, and by when.
func (q *guestTurn) ticketWords(t *store.TicketRow) (map[string]any, error) {
	v := map[string]any{"Number": int64(t.ID), "Who": t.OwnerName, "Answer": "", "Solve": "", "Why": "", "To": "", "Bare": false, "What": q.what(t)}
	zone := crm.Shanghai
	when := func(at *time.Time) string {
		if at == nil || !at.After(q.now) {
			return ""
		}
		return crm.SayTime(*at, q.now, zone)
	}
	switch {
	case t.FirstAt == nil:
		v["Answer"] = when(t.FirstDue)
	case t.AskedAt != nil:
		v["Answer"] = when(t.NextDue)
	}
	v["Solve"] = when(t.SolveDue)
	return q.deskWords(v)
}

// what is what this guest is told that a ticket is about: of one that somebody else of their company wrote, who may have
// left a name and a number in it, no more than the kind.
func (q *guestTurn) what(t *store.TicketRow) string {
	if t.GuestID != q.g.ID {
		return t.Kind
	}
	return ticketWhat(t)
}

// ticketWhat is what a customer calls a ticket: their own words, and of what a colleague has written no more than the kind.
func ticketWhat(t *store.TicketRow) string {
	switch {
	case t.Content == bareMatter:
		return "转人工"
	case t.CreatedBy != 0 || t.GuestID == 0:
		return t.Kind
	}
	return clipRunes(oneLine(t.Content), 24)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// grievance tells whether text tells of trouble with what was delivered, by the grammar that reads chat records.
func (q *guestTurn) grievance(text string) bool {
	record := mustJSON(map[string]any{"title": "聊天记录", "item": []any{map[string]any{
		"send_time": q.now.Unix(), "msgtype": "text", "sender_name": "客户",
		"msg_content": string(mustJSON(map[string]any{"msgtype": "text", "text": map[string]string{"content": clipRunes(text, 500)}})),
	}}})
	r := chatlog.Read("", record, chatlog.Options{Format: chatlog.KF, Now: q.now.In(crm.Shanghai), Pack: q.bot.pack})
	for _, f := range r.Facts {
		if f.Kind == chatlog.Complaint {
			return true
		}
	}
	return false
}

// sentThing keeps a picture, a file or a recording: with the open ticket, else for the one that the next words make.
func (q *guestTurn) sentThing(text string) error {
	if q.ticket != nil {
		return q.add(text)
	}
	q.tell("guest_thing", map[string]any{"What": strings.Trim(clipRunes(text, 30), "[]")})
	q.talk.Want = "report"
	q.offer(buttonHuman)
	return nil
}

// wordless answers a message of signs only.
func (q *guestTurn) wordless(text string) error {
	if q.ticket != nil {
		return nil // a thumb up: nothing to do
	}
	return q.greeted()
}

// status tells how far the guest's own matters are: those of this very session, and those of the customer that a colleague
// has linked it to. What the message names plays no part.
func (q *guestTurn) status() error {
	rows, _, err := q.tx.Tickets(q.ctx, store.TicketFilter{Guest: q.g.ID, State: "all", Limit: guestStatusRows})
	if err != nil {
		return err
	}
	if q.g.Customer != 0 {
		more, _, err := q.tx.Tickets(q.ctx, store.TicketFilter{Customer: q.g.Customer, State: "open", Limit: guestStatusRows})
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	var list []map[string]any
	seen := map[crm.TicketID]bool{}
	for _, open := range []bool{true, false} {
		for i := range rows {
			t := &rows[i]
			if seen[t.ID] || t.Open() != open || t.MergedInto != 0 {
				continue
			}
			if !open && (len(list) > 0 || t.ClosedAt == nil || q.now.Sub(*t.ClosedAt) > guestStatusLife) {
				continue // done long ago, or beside what is open
			}
			seen[t.ID] = true
			v, err := q.ticketWords(t)
			if err != nil {
				return err
			}
			repair, err := q.tx.RepairOf(q.ctx, t.ID)
			if err != nil {
				return err
			}
			v["Step"], v["Flow"] = repair.Step, cmp.Or(repair.Flow, t.Kind)
			if v["Device"], err = q.deviceName(t.DeviceID); err != nil {
				return err
			}
			v["State"], v["Result"] = t.State, clipRunes(oneLine(t.Resolution), 80)
			list = append(list, v)
		}
	}
	if len(list) > guestStatusMost {
		list = list[:guestStatusMost]
	}
	q.tell("guest_status", map[string]any{"List": list})
	if len(list) == 0 {
		q.offer(buttonReport)
	}
	q.offer(buttonHuman)
	return nil
}

// chased answers 到底几点来 and 催一下: how far the matter is, and whoever handles it hears the words, for only they know the
// answer.
func (q *guestTurn) chased(text string) error {
	if err := q.saidTo(q.ticket.ID, text); err != nil {
		return err
	}
	if err := q.again(); err != nil {
		return err
	}
	q.talk.Acked = q.now
	if err := q.status(); err != nil {
		return err
	}
	return q.tellTicket("guest_chased")
}

const (
	guestStatusRows = 20
	guestStatusMost = 5
	guestStatusLife = 30 * 24 * time.Hour // a closed ticket is told so long
)
