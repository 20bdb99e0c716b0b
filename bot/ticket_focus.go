package bot

import (
	"strings"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindTicketCards is an outbox row that makes the cards of a ticket say who has taken it: Subject is the ticket.
const kindTicketCards = "ticket cards"

// ticketOrElse keeps the ticket that was last spoken of only while it is the subject: after a run about something else a bare
// 「转给小马」 means that. It also sees to it that the ticket's other cards change when somebody has taken it.
func (t *turn) ticketOrElse(before action.Focus, out action.Outcome) {
	about := false
	for _, r := range out.Results {
		if !strings.HasPrefix(r.Name, "ticket.") {
			continue
		}
		about = true
		switch r.Name {
		case "ticket.take", "ticket.assign", "ticket.close", "ticket.merge":
			t.tx.Ledger.Outbox = append(t.tx.Ledger.Outbox, store.OutboxRow{Lane: "cards:" + t.message.ID, Kind: kindTicketCards, Subject: r.Record.ID,
				Key: "cards:" + t.message.Platform + ":" + t.message.ID})
		}
	}
	f := &t.mind.Focus
	if about || f.Ticket.ID == 0 {
		return
	}
	other := f.Customer.ID != before.Customer.ID || f.Deal.ID != before.Deal.ID || f.Reminder.ID != before.Reminder.ID || f.Lead.ID != before.Lead.ID
	for _, r := range out.Results {
		other = other || action.Writes(r.Name)
	}
	if other {
		f.Ticket = crm.Ref{}
	}
}
