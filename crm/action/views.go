package action

import (
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// What reads find, as JSON in Result.Data. Rows are at most ten a page; Total counts them all. When is a time as
// people say it. Phone numbers are whole for whoever works on the customer and masked for others; in groups
// the bot masks them all.

// pageSize is how many rows a list shows at once.
const pageSize = 10

// CustomerView is Data of customer.view: everything about one customer on a card.
type CustomerView struct {
	ID           int64             `json:"id"`
	Name         string            `json:"name"`
	Owner        string            `json:"owner"`
	Industry     string            `json:"industry,omitempty"`
	Region       string            `json:"region,omitempty"`
	Level        string            `json:"level,omitempty"`
	Source       string            `json:"source,omitempty"`
	Phone        string            `json:"phone,omitempty"`
	Address      string            `json:"address,omitempty"`
	Tags         []string          `json:"tags,omitempty"`
	Shared       []string          `json:"shared,omitempty"` // who works along
	Fields       map[string]string `json:"fields,omitempty"`
	LastContact  string            `json:"last_contact,omitempty"` // "昨天 15:00"
	NextContact  string            `json:"next_contact,omitempty"` // "周五 09:00 发报价单"
	Contacts     []ContactRow      `json:"contacts,omitempty"`
	Deals        []DealRow         `json:"deals,omitempty"`   // open ones
	Bought       *PurchasesView    `json:"bought,omitempty"`  // what was bought in all, and the last three
	Points       *PointsView       `json:"points,omitempty"`  // of a member
	Devices      []DeviceView      `json:"devices,omitempty"` // the last three
	DeviceCount  int               `json:"device_count,omitempty"`
	Ahead        *AheadView        `json:"ahead,omitempty"`      // what they will probably do
	Activities   []ActivityRow     `json:"activities,omitempty"` // the last three
	Reminders    []ReminderRow     `json:"reminders,omitempty"`  // the actor's next three
	Tickets      []TicketRow       `json:"tickets,omitempty"`    // open ones, the nearest deadline first, at most five
	TicketCount  int               `json:"ticket_count,omitempty"`
	ShownInFull  bool              `json:"shown_in_full"` // phones are whole
	DealAmount   crm.Money         `json:"deal_amount,omitempty"`
	Cared                          // what it is worth and likes, points, coupons, consent
	QuietForDays int               `json:"quiet_for_days,omitempty"` // since the last contact
}

// ContactRow is a contact in a view.
type ContactRow struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Email    string `json:"email,omitempty"`
	Wechat   string `json:"wechat,omitempty"`
	Birthday string `json:"birthday,omitempty"`
}

// DealRow is a deal in a view.
type DealRow struct {
	ID          int64     `json:"id"`
	Customer    string    `json:"customer,omitempty"`
	Title       string    `json:"title"`
	Stage       string    `json:"stage"`
	Amount      crm.Money `json:"amount,omitempty"` // yuan in JSON
	CloseDate   string    `json:"close_date,omitempty"`
	Probability float64   `json:"probability"`
	Owner       string    `json:"owner,omitempty"`
	Days        int       `json:"days"` // in this stage
}

// DealListView is Data of deal.list.
type DealListView struct {
	Owner    string    `json:"owner,omitempty"`
	Stage    string    `json:"stage,omitempty"`
	Period   string    `json:"period,omitempty"`
	Customer string    `json:"customer,omitempty"`
	About    string    `json:"about,omitempty"` // what else is asked for: 金额50万以上
	Rows     []DealRow `json:"rows,omitempty"`
	Total    int       `json:"total"`
	Amount   crm.Money `json:"amount"`   // of all
	Weighted crm.Money `json:"weighted"` // of all, by probability
}

// ActivityRow is a line of history in a view.
type ActivityRow struct {
	When    string `json:"when"`
	Who     string `json:"who"`
	Channel string `json:"channel,omitempty"`
	Content string `json:"content"`
	Record  int64  `json:"record,omitempty"` // its number when it is a chat record, to see the lines by
}

// ActivityLogged is Data of activity.log.
type ActivityLogged struct {
	Customer string `json:"customer"`
}

// ReminderRow is a reminder in a view; also Data of reminder.create, done and snooze.
type ReminderRow struct {
	ID       int64     `json:"id,omitempty"`
	Content  string    `json:"content"`
	At       time.Time `json:"at"`
	When     string    `json:"when"`
	Repeat   string    `json:"repeat,omitempty"` // 每周
	For      string    `json:"for,omitempty"`    // whom it rings, when it is not the actor
	Customer string    `json:"customer,omitempty"`
	Contact  string    `json:"contact,omitempty"`
	Overdue  bool      `json:"overdue,omitempty"`
}

// ReminderListView is Data of reminder.list.
type ReminderListView struct {
	Owner  string        `json:"owner,omitempty"` // "" is the actor
	Period string        `json:"period,omitempty"`
	Rows   []ReminderRow `json:"rows,omitempty"`
	Total  int           `json:"total"`
}

// TaskRow is a task in a view; also Data of task.create.
type TaskRow struct {
	ID       int64  `json:"id,omitempty"`
	Content  string `json:"content"`
	For      string `json:"for,omitempty"`
	From     string `json:"from,omitempty"` // who gave it, when it is not the actor
	Due      string `json:"due,omitempty"`  // as people say it
	Overdue  bool   `json:"overdue,omitempty"`
	Customer string `json:"customer,omitempty"`
	Ticket   int64  `json:"ticket,omitempty"` // the ticket that it is a part of
	State    string `json:"state,omitempty"`  // of a ticket's task: crm.StateOpen, StateDone, StateCancelled
}

// TaskListView is Data of task.list.
type TaskListView struct {
	Owner    string    `json:"owner,omitempty"` // "" is the actor
	Customer string    `json:"customer,omitempty"`
	Given    bool      `json:"given,omitempty"` // those that the actor gave to others
	Rows     []TaskRow `json:"rows,omitempty"`
	Total    int       `json:"total"`

	Back  bool      `json:"back,omitempty"`  // call-backs after a low score only
	Out   []TaskRow `json:"out,omitempty"`   // beside one's own: what others still have to do of what the actor gave, the first three
	Outer int       `json:"outer,omitempty"` // how many those are in all
}

// SearchResult is Data of customer.search.
type SearchResult struct {
	Rows  []CustomerRow `json:"rows,omitempty"`
	Total int           `json:"total"`          // stops counting at 1001
	More  bool          `json:"more,omitempty"` // there are more than Total
}

// CustomerRow is a customer in a list.
type CustomerRow struct {
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Owner       string   `json:"owner"`
	Industry    string   `json:"industry,omitempty"`
	Region      string   `json:"region,omitempty"`
	Level       string   `json:"level,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	LastContact string   `json:"last_contact,omitempty"`
}

// LeadRow is a lead in a view.
type LeadRow struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Source string `json:"source,omitempty"`
	Need   string `json:"need,omitempty"`
	When   string `json:"when"`
}

// BriefView is Data of brief: what a person has to do. The lists show up to ten each; the counts are of all.
type BriefView struct {
	Day       string        `json:"day"` // 2006-01-02
	Name      string        `json:"name"`
	Due       []ReminderRow `json:"due,omitempty"`     // later today
	Overdue   []ReminderRow `json:"overdue,omitempty"` // not done in time
	Tasks     []TaskRow     `json:"tasks,omitempty"`   // due by today
	Contacts  []CustomerRow `json:"contacts,omitempty"`
	Leads     []LeadRow     `json:"leads,omitempty"`    // new since the working day before
	Standing  []DealRow     `json:"standing,omitempty"` // deals that have not moved for a week
	DueCount  int           `json:"due_count"`
	LateCount int           `json:"late_count"`
	Tickets   []TicketRow   `json:"tickets,omitempty"` // that the person handles, the nearest deadline first, at most five
	TicketSum int           `json:"ticket_sum,omitempty"`
	OpenDeals int           `json:"open_deals"`
	OpenSum   crm.Money     `json:"open_sum"`
}

// Help is Data of help.
type Help struct {
	Topic   string `json:"topic,omitempty"`
	Role    string `json:"role,omitempty"` // of who asks
	Actions []Spec `json:"actions"`
}

func (r *run) dealView(d store.DealRow) DealRow {
	v := DealRow{ID: d.ID, Customer: d.Customer, Title: d.Title, Stage: d.Stage, Amount: crm.Money(d.Amount), Probability: d.Probability,
		Owner: d.OwnerName, Days: int(r.now.Sub(d.StageSince).Hours() / 24)}
	if d.CloseDate != nil {
		v.CloseDate = *d.CloseDate
	}
	return v
}

func (r *run) reminderView(row store.ReminderRow) ReminderRow {
	v := ReminderRow{ID: row.ID, Content: row.Content, At: row.At, When: crm.SayTime(row.At, r.now, r.zone), Repeat: crm.Repeat(row.Repeat).Chinese(),
		Customer: row.Customer, Contact: row.Contact, Overdue: row.At.Before(r.now)}
	if row.UserID != int64(r.req.Actor.UserID) {
		v.For = row.UserName
	}
	return v
}
