package bot

import (
	"slices"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
)

const (
	guestCalmEvery  = time.Hour // how often anger is answered
	guestMarks      = 3         // angry messages in that time that those who answer for the ticket hear of as such
	guestRaisedKept = 8         // tickets that are remembered as raised
)

// upset tells whether words about an open ticket are angry or threaten. What a forwarded chat record holds was not said to us.
func (q *guestTurn) upset(text string) bool {
	return q.ticket != nil && q.message.Kind != chat.Record && readGuestWords(q.words, text, true).angry
}

// raise puts the open ticket one priority higher, once for each ticket, however long the customer goes on. Those who answer
// for it hear of it with the words.
func (q *guestTurn) raise() error {
	higher := higherPriority(q.ticket.Priority)
	if higher == "" || slices.Contains(q.talk.Raised, int64(q.ticket.ID)) {
		return nil
	}
	if _, err := q.do("ticket.update", map[string]any{"ticket": q.ticket.ID, "priority": higher, "told": true}); err != nil {
		return err
	}
	raised := append(q.talk.Raised, int64(q.ticket.ID))
	q.talk.Raised = raised[max(0, len(raised)-guestRaisedKept):]
	return q.again()
}

// marked tells whether those who answer for the ticket shall hear that its customer is angry. Of somebody who goes on and on
// they hear some messages so; the rest reaches whoever handles it like all others.
func (q *guestTurn) marked(text string) bool {
	if !q.upset(text) {
		return false
	}
	if q.now.Sub(q.talk.Marked) >= guestCalmEvery {
		q.talk.Marked, q.talk.Marks = q.now, 0
	}
	q.talk.Marks++
	return q.talk.Marks <= guestMarks
}

// higherPriority is the priority one step above; "" when there is none.
func higherPriority(priority string) string {
	if i := slices.Index(crm.TicketPriorities, priority); i > 0 {
		return crm.TicketPriorities[i-1]
	}
	return ""
}

// calm answers anger: who has it, and by when. It says so once an hour; done is false when the words want another answer.
func (q *guestTurn) calm(text string) (done bool, err error) {
	if !q.upset(text) || q.now.Sub(q.talk.Calmed) < guestCalmEvery {
		return false, nil
	}
	q.talk.Calmed, q.talk.Acked = q.now, q.now
	if err := q.again(); err != nil {
		return true, err
	}
	v, err := q.ticketWords(q.ticket)
	if err != nil {
		return true, err
	}
	v["Raised"] = slices.Contains(q.talk.Raised, int64(q.ticket.ID))
	q.tell("guest_calm", v)
	q.offer(buttonHuman)
	return true, nil
}
