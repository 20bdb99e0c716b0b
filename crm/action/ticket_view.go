package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketRow is a ticket in a list; also Data of every action that changes one, as it is then.
type TicketRow struct {
	ID            int64      `json:"id,omitempty"`
	Content       string     `json:"content"`
	Kind          string     `json:"kind"`
	Priority      string     `json:"priority"`
	State         string     `json:"state"`                    // crm.TicketNew …; crm.TicketStateChinese says it
	Customer      string     `json:"customer,omitempty"`       // name
	CustomerID    int64      `json:"customer_id,omitempty"`    //
	CustomerLevel string     `json:"customer_level,omitempty"` // "" also when the reader may not see the customer
	Contact       string     `json:"contact,omitempty"`
	Owner         string     `json:"owner,omitempty"` // who handles it; "" waits to be taken
	OwnerID       crm.UserID `json:"owner_id,omitempty"`
	Team          string     `json:"team,omitempty"`
	Creator       string     `json:"creator,omitempty"`
	Source        string     `json:"source,omitempty"`
	Guest         bool       `json:"guest,omitempty"` // the customer can be answered through us
	Created       time.Time  `json:"created,omitzero"`
	When          string     `json:"when,omitempty"`     // Created as people say it
	Due           *time.Time `json:"due,omitempty"`      // the nearest deadline that runs
	DueWhen       string     `json:"due_when,omitempty"` // as people say it
	Overdue       bool       `json:"overdue,omitempty"`
	Waiting       bool       `json:"waiting,omitempty"`  // for the customer
	Level         int        `json:"level,omitempty"`    // how far it was escalated
	Breached      []string   `json:"breached,omitempty"` // first, next, solve
	Reopened      int        `json:"reopened,omitempty"`
	Resolution    string     `json:"resolution,omitempty"`
	MergedInto    int64      `json:"merged_into,omitempty"`
	SplitFrom     int64      `json:"split_from,omitempty"`
	Version       int        `json:"version"` // what ticket.reply takes as seen
}

// TicketView is Data of ticket.view: everything about one ticket on a card.
type TicketView struct {
	TicketRow
	CustomerOwner string               `json:"customer_owner,omitempty"`
	GuestName     string               `json:"guest_name,omitempty"` // as the customers' door calls who wrote; it proves nothing
	SLA           string               `json:"sla,omitempty"`        // the pack's rule
	FirstDue      string               `json:"first_due,omitempty"`  // as people say it; "" when met or none
	NextDue       string               `json:"next_due,omitempty"`
	SolveDue      string               `json:"solve_due,omitempty"`
	Deadlines     map[string]time.Time `json:"deadlines,omitempty"`  // by clock: those that run
	Entries       []TicketEntryRow     `json:"entries,omitempty"`    // the last ones, oldest first
	Tasks         []TaskRow            `json:"tasks,omitempty"`      // what departments do about it, newest first
	Others        []TicketRow          `json:"others,omitempty"`     // other tickets of the customer, newest first
	Bought        *PurchasesView       `json:"bought,omitempty"`     // by the customer: orders and won deals
	Device        string               `json:"device,omitempty"`     // that it is about, and its warranty
	Activities    []ActivityRow        `json:"activities,omitempty"` // the customer's last ones
	Watchers      []string             `json:"watchers,omitempty"`   // who was told
	May           map[string]bool      `json:"may,omitempty"`        // of take, close, reopen: what makes sense for the reader now
}

// TicketEntryRow is a line of a ticket's story.
type TicketEntryRow struct {
	ID      int64  `json:"id"`
	When    string `json:"when"`
	Who     string `json:"who,omitempty"` // "" is the customer or the service, by Side
	Side    string `json:"side"`          // crm.SideCustomer, SideReply, SideNote, SideChange
	Content string `json:"content"`
	Sent    bool   `json:"sent,omitempty"` // a reply that went to the customer
}

// TicketGet names a ticket.
type TicketGet struct {
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
}

func ticketView(ctx context.Context, r *run, p *TicketGet) (*Result, error) {
	t, err := r.ticket(ctx, p.Ticket, p.Customer, anyState)
	if err != nil {
		return nil, err
	}
	v := TicketView{TicketRow: r.ticketRow(&t.Ticket, t.names())}
	if v.CustomerOwner, err = r.nameOfUser(ctx, t.customerOwner); err != nil {
		return nil, err
	}
	if v.GuestName, err = r.tx.GuestName(ctx, t.GuestID); err != nil {
		return nil, err
	}
	due := func(at *time.Time, runs bool) string {
		if at == nil || !runs || !t.Open() {
			return ""
		}
		return crm.SayTime(*at, r.now, r.zone)
	}
	v.SLA, v.FirstDue = t.SLA, due(t.FirstDue, t.FirstAt == nil)
	v.NextDue, v.SolveDue = due(t.NextDue, t.WaitingSince == nil), due(t.SolveDue, t.WaitingSince == nil)
	for _, clock := range crm.Clocks {
		if at := t.Deadline(clock); at != nil {
			if v.Deadlines == nil {
				v.Deadlines = map[string]time.Time{}
			}
			v.Deadlines[clock] = *at
		}
	}
	entries, err := r.tx.TicketEntries(ctx, t.ID, shownEntries)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		v.Entries = append(v.Entries, TicketEntryRow{ID: e.ID, When: crm.SayTime(e.At, r.now, r.zone), Who: e.UserName, Side: e.Side, Content: e.Content, Sent: e.Door != ""})
	}
	tasks, err := r.tx.TasksOfTicket(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	for _, row := range tasks {
		task := r.taskView(row)
		task.For, task.State = row.UserName, row.State
		v.Tasks = append(v.Tasks, task)
	}
	if t.CustomerID != 0 {
		if err := r.ticketCustomerView(ctx, t, &v); err != nil {
			return nil, err
		}
	}
	if v.Device, err = r.deviceLine(ctx, t.DeviceID); err != nil {
		return nil, err
	}
	ids := make([]int64, len(t.Watchers))
	for i, id := range t.Watchers {
		ids[i] = int64(id)
	}
	if v.Watchers, err = r.namesOf(ctx, ids); err != nil {
		return nil, err
	}
	v.May = map[string]bool{"take": t.Open() && t.OwnerID != r.req.Actor.UserID, "close": t.Open(), "reopen": !t.Open() && t.MergedInto == 0}
	return view(&Result{Record: t.ref()}, v)
}

// shownEntries is how many lines of a ticket's story its card holds.
const shownEntries = 20

// ticketCustomerView adds what the ticket's customer bought, what was talked with it lately, and its other tickets; only
// what the reader may see.
func (r *run) ticketCustomerView(ctx context.Context, t *ticket, v *TicketView) error {
	bought, err := r.tx.PurchasesOf(ctx, t.CustomerID, shownBelongings, 0)
	if err != nil {
		return err
	}
	if bought.Count > 0 {
		p := r.purchasesView(bought)
		v.Bought = &p
	}
	activities, err := r.tx.ActivitiesOf(ctx, t.CustomerID, 4*shownHistory)
	if err != nil {
		return err
	}
	for _, a := range activities {
		if a.Type == "change" || len(v.Activities) == shownHistory { // what people said with the customer, not what was filled in
			continue
		}
		v.Activities = append(v.Activities, ActivityRow{When: crm.SayTime(a.At, r.now, r.zone), Who: a.UserName, Channel: a.Channel, Content: a.Content})
	}
	others, _, err := r.tx.Tickets(ctx, store.TicketFilter{State: "all", Customer: t.CustomerID, Limit: 6})
	if err != nil {
		return err
	}
	for i := range others {
		if others[i].ID != t.ID && len(v.Others) < 5 {
			v.Others = append(v.Others, r.ticketRow(&others[i].Ticket, &others[i]))
		}
	}
	return nil
}

// nameOfUser is what a colleague is called; "" of nobody.
func (r *run) nameOfUser(ctx context.Context, id crm.UserID) (string, error) {
	names, err := r.namesOf(ctx, []int64{int64(id)})
	if err != nil || len(names) == 0 {
		return "", err
	}
	return names[0], nil
}

// names are what a ticket's people are called, as a row has them.
func (t *ticket) names() *store.TicketRow {
	level := t.customerLevel
	if t.walled {
		level = ""
	}
	return &store.TicketRow{Customer: t.customer, CustomerLevel: level, Contact: t.contact, OwnerName: t.ownerName, TeamName: t.teamName, CreatorName: t.creator}
}

// ticketRow is t as a list shows it, with the names of row.
func (r *run) ticketRow(t *crm.Ticket, names *store.TicketRow) TicketRow {
	v := TicketRow{ID: int64(t.ID), Content: t.Content, Kind: t.Kind, Priority: t.Priority, State: t.State, Customer: names.Customer,
		CustomerID: int64(t.CustomerID), CustomerLevel: names.CustomerLevel, Contact: names.Contact, Owner: names.OwnerName, OwnerID: t.OwnerID,
		Team: names.TeamName, Creator: names.CreatorName, Source: t.Source, Guest: t.GuestID != 0, Created: t.CreatedAt, Due: t.Due(), Waiting: t.State == crm.TicketWaiting,
		Level: t.Level, Breached: t.Breached, Reopened: t.Reopened, Resolution: t.Resolution, MergedInto: int64(t.MergedInto), SplitFrom: int64(t.SplitFrom), Version: t.Version}
	if !t.CreatedAt.IsZero() {
		v.When = crm.SayTime(t.CreatedAt, r.now, r.zone)
	}
	if v.Due != nil {
		v.DueWhen, v.Overdue = crm.SayTime(*v.Due, r.now, r.zone), v.Due.Before(r.now)
	}
	return v
}

// showTicket puts t as it is now into the result.
func (r *run) showTicket(res *Result, t *ticket) error {
	b, err := json.Marshal(r.ticketRow(&t.Ticket, t.names()))
	if err != nil {
		return fmt.Errorf("ticket %d: view: %w", t.ID, err)
	}
	res.Data = b
	return nil
}
