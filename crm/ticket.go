package crm

import (
	"slices"
	"strings"
	"time"
)

// The states of a ticket.
const (
	TicketNew     = "new"     // 待受理: nobody has taken or answered it
	TicketWorking = "working" // 处理中
	TicketWaiting = "waiting" // 等客户回复: the clock of solving stands still
	TicketClosed  = "closed"  // 已关闭
)

// TicketStateChinese is a ticket's state as people say it.
func TicketStateChinese(state string) string {
	switch state {
	case TicketNew:
		return "待受理"
	case TicketWorking:
		return "处理中"
	case TicketWaiting:
		return "等客户回复"
	case TicketClosed:
		return "已关闭"
	}
	return state
}

// The kinds and priorities of tickets, as the contract names them; the most urgent priority first.
var (
	TicketKinds      = []string{"咨询", "投诉", "故障", "退换", "维修", "其他"}
	TicketPriorities = []string{Urgent, "高", "普通", "低"}
)

// Urgent (紧急) is the priority that is told at any hour.
const Urgent = "紧急"

// The sides of a ticket's entries.
const (
	SideCustomer = "customer" // what the customer said
	SideReply    = "reply"    // what a colleague answered the customer
	SideNote     = "note"     // what colleagues say among themselves (内部备注)
	SideChange   = "change"   // what happened to the ticket
)

// Ticket (工单) is something that a customer wants looked after. It is made by a colleague, a customer at one of the doors,
// or a rule; answers, hand-overs and waiting move it; closing ends it until it is opened again. Ids are 0 and times nil
// when there is none. The db tags name its columns.
type Ticket struct {
	ID            TicketID   `db:"id"`
	CustomerID    CustomerID `db:"customer_id"`
	ContactID     ContactID  `db:"contact_id"`
	DealID        DealID     `db:"deal_id"`
	OrderID       int64      `db:"order_id"`
	DeviceID      int64      `db:"device_id"`
	GuestID       GuestID    `db:"guest_id"` // the customer's side, when it came by a door of theirs
	Content       string     `db:"-"`        // what it is about, in the customer's or the agent's words
	Kind          string     `db:"kind"`     // of TicketKinds
	Priority      string     `db:"priority"` // of TicketPriorities
	State         string     `db:"state"`
	OwnerID       UserID     `db:"owner_id"` // who handles it (处理人), not whose the customer is
	TeamID        TeamID     `db:"team_id"`  // whose members may take it
	CreatedBy     UserID     `db:"created_by"`
	Source        string     `db:"source"` // chat, kf, mail, form, api, record, rule
	SLA           string     `db:"sla"`    // the pack's rule it runs under; "" is none
	FirstDue      *time.Time `db:"first_due"`
	NextDue       *time.Time `db:"next_due"`
	SolveDue      *time.Time `db:"solve_due"`
	FirstAt       *time.Time `db:"first_at"`       // when the customer was first answered
	AskedAt       *time.Time `db:"asked_at"`       // the first word of the customer's that is not answered yet, after FirstAt
	WaitingSince  *time.Time `db:"waiting_since"`  // set while State is TicketWaiting
	PausedSeconds int64      `db:"paused_seconds"` // working time spent waiting for the customer, before WaitingSince
	Level         int        `db:"level"`          // how far it was escalated: 0 not, 1 to the lead, 2 to the manager
	Breached      []string   `db:"-"`              // deadlines that passed: first, next, solve
	Watchers      []UserID   `db:"-"`              // everybody who was told of it
	MergedInto    TicketID   `db:"merged_into"`
	SplitFrom     TicketID   `db:"split_from"`
	Reopened      int        `db:"reopened"` // how often
	Resolution    string     `db:"-"`        // how it ended
	ClosedAt      *time.Time `db:"closed_at"`
	ClosedBy      UserID     `db:"closed_by"`
	TouchedBy     UserID     `db:"touched_by"` // the colleague who took or answered it last
	TouchedAt     *time.Time `db:"touched_at"`
	Version       int        `db:"version"`
	CreatedAt     time.Time  `db:"created_at"`
}

// Open tells whether somebody still has to do something about t.
func (t *Ticket) Open() bool { return t.State != TicketClosed }

// Due is the nearest deadline that is running; nil when there is none.
func (t *Ticket) Due() *time.Time {
	if !t.Open() {
		return nil
	}
	var nearest *time.Time
	take := func(due *time.Time, runs bool) {
		if runs && due != nil && (nearest == nil || due.Before(*nearest)) {
			nearest = due
		}
	}
	take(t.FirstDue, t.FirstAt == nil)
	take(t.NextDue, t.WaitingSince == nil)
	take(t.SolveDue, t.WaitingSince == nil)
	return nearest
}

// Watch adds people to those who follow t; zeros and known ones are left out.
func (t *Ticket) Watch(people ...UserID) {
	for _, u := range people {
		if u != 0 && !slices.Contains(t.Watchers, u) {
			t.Watchers = append(slices.Clone(t.Watchers), u)
		}
	}
}

// FindTicketKind is the kind that people mean; "" is 其他.
func FindTicketKind(said string) (string, error) {
	return oneOf(said, TicketKinds, "其他", map[string]string{"客诉": "投诉", "报障": "故障", "报修": "维修", "退货": "退换", "换货": "退换", "退款": "退换",
		"质量问题": "投诉", "问题": "咨询"}, "工单类型没有「%s」，可以说：%s。")
}

// FindTicketPriority is the priority that people mean; "" is 普通.
func FindTicketPriority(said string) (string, error) {
	return oneOf(said, TicketPriorities, "普通", map[string]string{"加急": Urgent, "特急": Urgent, "马上": Urgent, "优先": "高", "中": "普通", "一般": "普通", "不急": "低"},
		"优先级没有「%s」，可以说：%s。")
}

func oneOf(said string, names []string, none string, also map[string]string, sentence string) (string, error) {
	said = strings.TrimSpace(said)
	if said == "" {
		return none, nil
	}
	for _, n := range names {
		if said == n || strings.TrimSuffix(said, "优先级") == n {
			return n, nil
		}
	}
	if n := also[said]; n != "" {
		return n, nil
	}
	return "", Refuse(ErrInvalid, sentence, said, strings.Join(names, "、"))
}
