package action

import (
	"encoding/json"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// KindGuest is an outbox row that tells a guest (a customer who writes at a customers' door) what became of their matter.
// Its Subject is the guest, its payload a [GuestNews]; the bot makes the message when it is sent, so that it keeps to what
// the platform lets us say.
const KindGuest = "guest"

// GuestTopic is what a guest is told.
type GuestTopic string

// The topics.
const (
	GuestReply    GuestTopic = "reply"    // By answers: Content
	GuestTaken    GuestTopic = "taken"    // By takes care of the ticket
	GuestHanded   GuestTopic = "handed"   // the department To works on it; told once for a ticket
	GuestClosed   GuestTopic = "closed"   // the ticket is done; Content is the answer, "" when there is none
	GuestReopened GuestTopic = "reopened" // it is worked on again
	GuestVisit    GuestTopic = "visit"    // Content about an appointment, which need not be of a ticket
)

// GuestNews is one thing that a guest is told of their ticket.
type GuestNews struct {
	Topic   GuestTopic `json:"topic"`
	Ticket  int64      `json:"ticket"`
	By      string     `json:"by,omitempty"`      // the colleague
	To      string     `json:"to,omitempty"`      // the department
	Content string     `json:"content,omitempty"` // as written by the colleague
}

// tellGuest tells the guest of a ticket something when the run is done; nothing when the ticket has none. It belongs into
// the second pass. The same topic in one run about the same ticket is told once.
func (r *run) tellGuest(guest crm.GuestID, n GuestNews) error {
	if guest == 0 {
		return nil
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("guest %d: %w", guest, err)
	}
	key := fmt.Sprintf("guest:%s:%s:%d", r.req.Key, n.Topic, n.Ticket)
	if n.Topic == GuestHanded {
		key = fmt.Sprintf("guest:handed:%d", n.Ticket)
	}
	r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("guest:%d", guest), Kind: KindGuest, Subject: int64(guest), Payload: payload, Key: key})
	return nil
}
