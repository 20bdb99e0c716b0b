package action

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindNotice is the kind of an outbox row that tells a colleague what somebody else did: Subject is the colleague,
// Payload a [Notice]. It is written in the run's own transaction and belongs to no platform; whoever sends it looks
// for the colleague's door then.
const KindNotice = "notice"

// Notice is what one colleague hears of one run by somebody else: one message, whatever happened in it.
type Notice struct {
	By   string `json:"by"` // who did it
	News []News `json:"news"`
}

// Topic is what a piece of news is about; it names the text that tells it.
type Topic string

// The topics. Each is told to whom it concerns and never to who did it.
const (
	CustomerGiven      Topic = "customer.given"      // to the new owner
	CustomerTaken      Topic = "customer.taken"      // to the owner before
	CustomerShared     Topic = "customer.shared"     // to the new collaborator
	CustomerClosed     Topic = "customer.closed"     // to the collaborator who is none any more
	ShareAsked         Topic = "share.asked"         // to the owner: By asks to work along
	ShareDenied        Topic = "share.denied"        // to who asked
	LeadGiven          Topic = "lead.given"          // to the new owner
	LeadCame           Topic = "lead.came"           // by a form: to the owner, or to whoever made the form
	LeadAgain          Topic = "lead.again"          // who is known filled in a form: to the owner
	LeadTaken          Topic = "lead.taken"          // to the owner before
	LeadConverted      Topic = "lead.converted"      // to the lead's owner
	TaskGiven          Topic = "task.given"          // to whom it is for
	TaskFinished       Topic = "task.finished"       // to who gave it, and to whom it was for
	TaskChanged        Topic = "task.changed"        // likewise
	TaskDropped        Topic = "task.dropped"        // likewise
	ReminderSet        Topic = "reminder.set"        // to whom it will ring
	ReminderMoved      Topic = "reminder.moved"      // to whom it rings
	ReminderEnded      Topic = "reminder.ended"      // to whom it rang
	ReminderDropped    Topic = "reminder.dropped"    // to whom it would have rung
	RecordChanged      Topic = "record.changed"      // to the owner of the customer or the deal
	DealOpened         Topic = "deal.opened"         // to the owner of the customer
	DealWon            Topic = "deal.won"            // to the owner
	DealLost           Topic = "deal.lost"           // to the owner
	ContactAdded       Topic = "contact.added"       // to the owner of the customer
	ActivityAdded      Topic = "activity.added"      // to the owner of the customer
	RecordAdded        Topic = "record.added"        // likewise: a chat record
	OrderBooked        Topic = "order.booked"        // to the owner of the customer
	DeviceAdded        Topic = "device.added"        // to the owner of the customer
	AppointmentGiven   Topic = "appointment.given"   // to the technician, and whose the customer is
	AppointmentMoved   Topic = "appointment.moved"   // likewise, and to who made it
	AppointmentEnded   Topic = "appointment.ended"   // likewise
	AppointmentDropped Topic = "appointment.dropped" // likewise
	PointsMoved        Topic = "points.moved"        // to the owner of the customer
	EventAttended      Topic = "event.attended"      // to the owner of the customer
	EventMovedUp       Topic = "event.moved_up"      // to who signed the customer up
	EventTomorrow      Topic = "event.tomorrow"      // to who signed customers up
	RecordOffered      Topic = "record.offered"      // likewise: By, who does not see the customer, has a chat record with it
)

// News is one thing that happened to what a colleague works on.
type News struct {
	Topic    Topic        `json:"topic"`
	Undone   bool         `json:"undone,omitempty"` // it was taken back
	Record   crm.Ref      `json:"record"`
	Customer string       `json:"customer,omitempty"` // of Record, when that is another record
	To       string       `json:"to,omitempty"`       // who has it now
	Who      crm.UserID   `json:"who,omitempty"`      // who asks
	Deals    int          `json:"deals,omitempty"`    // open ones that came along
	Amount   crm.Money    `json:"amount,omitempty"`   // of these, or of the deal
	Source   string       `json:"source,omitempty"`   // of a lead
	Phone    string       `json:"phone,omitempty"`    // of a lead; a notice is read by one person only
	Need     string       `json:"need,omitempty"`     // of a lead
	At       time.Time    `json:"at,omitzero"`        // of a reminder
	Repeat   string       `json:"repeat,omitempty"`   // of a reminder: 每周
	Of       crm.TicketID `json:"of,omitempty"`       // of a task: the ticket that it is a part of
	Due      string       `json:"due,omitempty"`      // of a task: 2006-01-02
	Changes  []Change     `json:"changes,omitempty"`
	Lines    int          `json:"lines,omitempty"`   // of a chat record
	Content  string       `json:"content,omitempty"` // what a chat record says in short
	Ticket   *TicketNews  `json:"ticket,omitempty"`  // with TicketTold
}

// inform tells user of news when the run is done; whoever does something is not told of it, but
// of what a rule does in their name they are. It belongs into the
// second pass, where records have their numbers.
func (r *run) inform(user int64, n News) {
	if user == 0 || user == int64(r.req.Actor.UserID) && r.req.Via != "rule" {
		return
	}
	if r.news == nil {
		r.news = map[int64][]News{}
	}
	told := r.news[user]
	if last := len(told) - 1; last >= 0 && n.Topic == RecordChanged && told[last].Topic == n.Topic && told[last].Record == n.Record && told[last].Undone == n.Undone {
		told[last].Changes = append(slices.Clone(told[last].Changes), n.Changes...)
		return
	}
	r.news[user] = append(told, n)
}

// informOwners tells the owner of c, and of d when it is another person's deal.
func (r *run) informOwners(c *customer, d *deal, n News) {
	if n.Record.Kind != crm.KindCustomer {
		n.Customer = c.Name
	}
	if !c.fresh {
		r.inform(c.OwnerID, n)
	}
	if d != nil && d.OwnerID != c.OwnerID {
		r.inform(d.OwnerID, n)
	}
}

// leaveNotices writes what colleagues are told: one row for each, whatever happened.
func (r *run) leaveNotices() error {
	if len(r.news) == 0 {
		return nil
	}
	key := r.req.Key
	if key == "" {
		key = rand.Text()
	}
	users := make([]int64, 0, len(r.news))
	for user := range r.news {
		users = append(users, user)
	}
	slices.Sort(users)
	for _, user := range users {
		news, err := r.ticketRows(key, user, r.news[user])
		if err != nil {
			return err
		}
		if len(news) == 0 {
			continue
		}
		payload, err := json.Marshal(Notice{By: cmp.Or(r.req.By, r.req.Actor.Name), News: news})
		if err != nil {
			return fmt.Errorf("notice: %w", err)
		}
		number := strconv.FormatInt(user, 10)
		r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: "notice:" + number, Kind: KindNotice, Subject: user, Payload: payload,
			Key: r.noticeKey(key, user)})
	}
	if r.tx.Ledger.Undo == nil {
		return nil
	}
	told, err := json.Marshal(r.news)
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	r.tx.Ledger.Undo.Told = told
	return nil
}

// noticeKey is one for each run and reader.
func (r *run) noticeKey(run string, user int64) string {
	if news := r.news[user]; len(news) == 1 && news[0].Topic == ShareAsked {
		return r.askKey(news[0].Record.ID, user)
	}
	return fmt.Sprintf("notice:%s:%d", run, user)
}

// tookBack tells those who had heard of a run that it was taken back.
func (r *run) tookBack(u store.SavedUndo) error {
	if len(u.Told) == 0 {
		return nil
	}
	told := map[int64][]News{}
	if err := json.Unmarshal(u.Told, &told); err != nil {
		return fmt.Errorf("undo %s: whom it was told: %w", u.Code, err)
	}
	for user, news := range told {
		for _, n := range news {
			n.Undone = true
			r.inform(user, n)
		}
	}
	return nil
}
