package action

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindTicket is the kind of an outbox row that tells one colleague what became of a ticket: Subject is the colleague,
// Payload a [TicketNews]. It is written in the run's own transaction, belongs to no platform and is in the lane
// "ticket:<user>"; whoever sends it looks for the colleague's door then, reads the ticket as that colleague (ticket.view
// through the executor: so a row never tells what its reader may not see) and makes the message. Only [TicketNews.Urgent]
// is told in quiet hours.
const KindTicket = "ticket"

// TicketTopic is what a colleague hears of a ticket.
type TicketTopic string

// The topics. Nobody is told of what they did themselves.
const (
	TicketCreated     TicketTopic = "created"      // a new ticket: to the customer's owner and collaborators, who handles it, or its whole team
	TicketAssigned    TicketTopic = "assigned"     // To handles it now: to To, and to who handled it before
	TicketTaken       TicketTopic = "taken"        // By took it over: to who handled it before, and the customer's owner
	TicketReplied     TicketTopic = "replied"      // By answered the customer (Content): to all who follow
	TicketNoted       TicketTopic = "noted"        // By left an internal note (Content): to who handles it and the customer's owner
	TicketEscalated   TicketTopic = "escalated"    // to To, who shall look after it (Why), and who handles it
	TicketClosed      TicketTopic = "closed"       // to all who were told; Content is the resolution
	TicketReopened    TicketTopic = "reopened"     // likewise; Why
	TicketHanded      TicketTopic = "handed"       // a task (Task, Content) of it was given to To's department: to the customer's owner and who handles it
	TicketHandoffDone TicketTopic = "handoff_done" // that task was done, changed (Changes) or dropped (Why)
	TicketSaid        TicketTopic = "said"         // the customer wrote (Content): to who handles it, else the team
	TicketMerged      TicketTopic = "merged"       // it went into ticket Into: to all who follow
	TicketSplit       TicketTopic = "split"        // it was made of ticket From
	TicketDue         TicketTopic = "due"          // Percent of what Clock allows has passed: to who handles it, and later the team
	TicketChanged     TicketTopic = "changed"      // Changes: to who handles it and the customer's owner
)

// TicketNews is one thing that happened to a ticket, for one reader.
type TicketNews struct {
	Topic   TicketTopic  `json:"topic"`
	Ticket  crm.TicketID `json:"ticket"`
	Role    TicketRole   `json:"role"`              // why the reader is told
	By      string       `json:"by,omitempty"`      // who did it; "" is the customer or the service
	ByID    crm.UserID   `json:"by_id,omitempty"`   // likewise 0
	Undone  bool         `json:"undone,omitempty"`  // it was taken back
	Urgent  bool         `json:"urgent,omitempty"`  // tell it at any hour: the ticket is 紧急
	To      string       `json:"to,omitempty"`      // who has it now, or the department
	ToID    crm.UserID   `json:"to_id,omitempty"`   // likewise; 0 of a department
	Content string       `json:"content,omitempty"` // what was said, as it was said
	Why     string       `json:"why,omitempty"`     // the reason that was given
	Upset   bool         `json:"upset,omitempty"`   // of TicketSaid: the customer is angry, or threatens
	Entry   int64        `json:"entry,omitempty"`   // number of the entry that holds Content
	Task    int64        `json:"task,omitempty"`    // of a hand-off
	Into    crm.TicketID `json:"into,omitempty"`
	From    crm.TicketID `json:"from,omitempty"`
	Changes []Change     `json:"changes,omitempty"`
	Clock   string       `json:"clock,omitempty"`   // of TicketDue: crm.ClockFirst …
	Percent int          `json:"percent,omitempty"` // likewise
	Due     *time.Time   `json:"due,omitempty"`     // likewise
}

// TicketRole is why somebody hears of a ticket.
type TicketRole string

// The roles, the strongest first: whoever has several is told in the first.
const (
	AsAssignee TicketRole = "assignee" // handles it, or shall
	AsBefore   TicketRole = "before"   // handled it until now
	AsOwner    TicketRole = "owner"    // the customer is theirs
	AsShared   TicketRole = "shared"   // works along on the customer
	AsCreator  TicketRole = "creator"  // wrote the ticket down
	AsTeam     TicketRole = "team"     // may take it
	AsWatcher  TicketRole = "watcher"  // was told before
)

// readers are who hears of a ticket, each in one role.
type readers map[crm.UserID]TicketRole

// add gives people role unless they have one.
func (to readers) add(role TicketRole, people ...crm.UserID) {
	for _, u := range people {
		if _, ok := to[u]; !ok && u != 0 {
			to[u] = role
		}
	}
}

// tell tells readers of a ticket when the run is done. It belongs into the second pass.
func (r *run) tell(t *ticket, to readers, n TicketNews) {
	n.Ticket, n.By, n.ByID, n.Urgent = t.ID, r.req.Actor.Name, r.req.Actor.UserID, t.Priority == crm.Urgent
	if r.req.Actor.Scope == crm.ScopeSystem && n.Topic != TicketSaid && n.Topic != TicketCreated {
		n.By = ""
	}
	ref := t.ref()
	for user, role := range to {
		n.Role = role
		told := n
		r.inform(int64(user), News{Topic: TicketTold, Record: ref, Ticket: &told})
	}
}

// TicketTold is the topic of news of a ticket among those that a run leaves; they go out as rows of their own kind.
const TicketTold Topic = "ticket"

// ticketRows takes the news of tickets out of what user is told and makes rows of them.
func (r *run) ticketRows(run string, user int64, news []News) (rest []News, err error) {
	number := strconv.FormatInt(user, 10)
	for i, n := range news {
		if n.Ticket == nil {
			rest = append(rest, n)
			continue
		}
		told := *n.Ticket
		told.Undone = told.Undone || n.Undone
		payload, err := json.Marshal(told)
		if err != nil {
			return nil, fmt.Errorf("ticket news: %w", err)
		}
		r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: "ticket:" + number, Kind: KindTicket, Subject: user, Payload: payload,
			Key: fmt.Sprintf("ticket:%s:%s:%d", run, number, i)})
	}
	return rest, nil
}

// follow are those who follow a ticket: who handles it, whose the customer is, who works along, who wrote it down, and
// everybody who was told of it.
func (t *ticket) follow() readers {
	to := readers{}
	to.add(AsAssignee, t.OwnerID)
	to.add(AsOwner, t.customerOwner)
	to.add(AsShared, t.shared...)
	to.add(AsCreator, t.CreatedBy)
	to.add(AsWatcher, t.Watchers...)
	return to
}

// near are the two who answer for a ticket: who handles it and whose the customer is.
func (t *ticket) near() readers {
	to := readers{}
	to.add(AsAssignee, t.OwnerID)
	to.add(AsOwner, t.customerOwner)
	return to
}

// teamOf are the members of a ticket's team, at most 50; who handles tickets when it has none.
func teamOf(t *ticket, people []store.Colleague) (members []crm.UserID) {
	for _, p := range people {
		if t.TeamID != 0 && p.TeamID == int64(t.TeamID) || t.TeamID == 0 && p.Role == string(crm.Service) {
			members = append(members, crm.UserID(p.ID))
		}
	}
	slices.Sort(members)
	return members[:min(len(members), 50)]
}
