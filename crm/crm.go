// Package crm is the business: its types and its rules as plain functions. It knows no database, no
// network, no clock and no log; the time is an argument wherever it matters.
package crm

import (
	"errors"
	"fmt"
	"time"
)

// The keys of the records. All business records draw from one sequence, so that a number that a person
// says (#1024) names one thing. Zero is "none".
type (
	UserID     int64 // 同事
	TeamID     int64 // 团队, 部门
	CustomerID int64 // 客户
	ContactID  int64 // 联系人
	LeadID     int64 // 线索
	DealID     int64 // 商机
	ActivityID int64 // 跟进记录
	ReminderID int64 // 提醒
	TaskID     int64 // 任务
	TicketID   int64 // 工单
)

// Kind names a kind of record.
type Kind string

// The kinds of records that a number can name.
const (
	KindCustomer    Kind = "customer"
	KindContact     Kind = "contact"
	KindLead        Kind = "lead"
	KindDeal        Kind = "deal"
	KindActivity    Kind = "activity"
	KindReminder    Kind = "reminder"
	KindTask        Kind = "task"
	KindTicket      Kind = "ticket"
	KindEntry       Kind = "entry" // a line of a ticket's story
	KindOrder       Kind = "order"
	KindDevice      Kind = "device"
	KindAppointment Kind = "appointment" // of a technician at a customer
	KindArticle     Kind = "article"     // what the knowledge base answers
	KindRepair      Kind = "repair"      // where a thing is on its way; told by its ticket's number
	KindOffer       Kind = "offer"       // what is said to one customer unasked
	KindProduct     Kind = "product"     // what is sold
	KindSegment     Kind = "segment"     // a saved filter of customers
	KindUser        Kind = "user"        // a colleague; no record number
	KindTeam        Kind = "team"        // a department; no record number

	KindCoupon      Kind = "coupon"
	KindCouponBatch Kind = "coupon_batch" // coupons issued together

	KindGathering Kind = "gathering" // to which customers are invited
	KindSignup    Kind = "signup"    // of a customer for a gathering

	KindCampaign     Kind = "campaign"      // what is spent to bring customers
	KindCampaignCost Kind = "campaign_cost" // an entry of what was spent; taken back by another
	KindCampaignLink Kind = "campaign_link"
	KindCampaignSend Kind = "campaign_send" // what went to the customers of a campaign together

	KindPoints Kind = "points" // an entry of the points ledger; no record number
	KindMember Kind = "member" // a customer's membership; told by the customer's number

	KindRule    Kind = "rule"          // when, if, then; no record number
	KindJourney Kind = "journey"       // what happens to customers step by step
	KindJoin    Kind = "journey_start" // customers put into a journey by hand, together
)

// Chinese is the kind as people say it.
func (k Kind) Chinese() string {
	switch k {
	case KindCustomer:
		return "客户"
	case KindContact:
		return "联系人"
	case KindLead:
		return "线索"
	case KindDeal:
		return "商机"
	case KindActivity:
		return "跟进记录"
	case KindReminder:
		return "提醒"
	case KindTask:
		return "任务"
	case KindTicket:
		return "工单"
	case KindEntry:
		return "工单记录"
	case KindOrder:
		return "订单"
	case KindDevice:
		return "设备"
	case KindAppointment:
		return "预约"
	case KindArticle:
		return "知识"
	case KindRepair:
		return "维修进度"
	case KindOffer:
		return "触达"
	case KindCoupon:
		return "优惠券"
	case KindCouponBatch:
		return "一批优惠券"
	case KindGathering:
		return "活动"
	case KindSignup:
		return "报名"
	case KindCampaign:
		return "推广"
	case KindCampaignCost:
		return "推广费用"
	case KindCampaignLink:
		return "推广链接"
	case KindCampaignSend:
		return "推广群发"
	case KindPoints:
		return "积分"
	case KindMember:
		return "会员"
	case KindRule:
		return "规则"
	case KindJourney:
		return "旅程"
	case KindJoin:
		return "旅程的启动"
	case KindProduct:
		return "产品"
	case KindSegment:
		return "人群"
	case KindUser:
		return "同事"
	case KindTeam:
		return "部门"
	}
	return string(k)
}

// Ref points at a record and carries the name people know it by.
type Ref struct {
	Kind Kind   `json:"kind"`
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Role is what a colleague may do.
type Role string

// The roles.
const (
	Admin    Role = "admin"    // everything, and hears of trouble
	Manager  Role = "manager"  // sees all records
	TeamLead Role = "lead"     // team lead (主管): own team and those below
	Rep      Role = "rep"      // sales rep (销售): own records and those shared with them
	Service  Role = "service"  // customer service (客服): reads all customers, writes activities and tickets
	Marketer Role = "marketer" // marketing (市场): reads all customers, writes leads and tags
)

// Scope is how far a role sees.
type Scope string

// The scopes, from nothing to everything.
const (
	ScopeNone   Scope = ""       // sees nothing
	ScopeOwn    Scope = "own"    // own records, and those one collaborates on
	ScopeTeam   Scope = "team"   // own team's records and those of teams below
	ScopeAll    Scope = "all"    // the company's
	ScopeSystem Scope = "system" // the service itself: inbox, outbox, timers
)

// Scope tells how far r sees.
func (r Role) Scope() Scope {
	switch r {
	case Admin, Manager, Service, Marketer:
		return ScopeAll
	case TeamLead:
		return ScopeTeam
	case Rep:
		return ScopeOwn
	}
	return ScopeNone
}

// Actor is the person (or the service itself) on whose behalf something happens. The store turns it into
// the settings that row-level security reads.
type Actor struct {
	UserID UserID
	Name   string
	Role   Role
	TeamID TeamID
	Scope  Scope
	Teams  []TeamID       // with ScopeTeam: the teams seen, own and below
	Zone   *time.Location // nil is Asia/Shanghai
}

// System is the service's own actor: it reads and writes inbox, outbox, timers and conversations, and
// may look at every record to ring timers; it never answers a person's question with it.
var System = Actor{Name: "系统", Scope: ScopeSystem}

// Location is the zone in which times are shown to a.
func (a Actor) Location() *time.Location {
	if a.Zone != nil {
		return a.Zone
	}
	return Shanghai
}

// Shanghai is UTC+8, the company zone unless configured otherwise. It is fixed rather than loaded, since
// China has had no daylight saving since 1991 and a container may lack the zone files.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// The reasons for saying no. They are met with errors.Is.
var (
	ErrNotFound = errors.New("crm: not found")
	ErrConflict = errors.New("crm: conflict")
	ErrDenied   = errors.New("crm: denied")
	ErrInvalid  = errors.New("crm: invalid")
)

// Refusal is the business saying no in a sentence for the person in chat. It is not an operator's error.
type Refusal struct {
	Cause    error  // one of the sentinels above
	Sentence string // Chinese: what is wrong and what to type instead
	Wall     Ref    // what only its owner can open to the speaker, who may ask (申请协作); zero for other refusals
}

func (r *Refusal) Error() string { return r.Cause.Error() + ": " + r.Sentence }

func (r *Refusal) Unwrap() error { return r.Cause }

// Refuse returns a [Refusal]; format and args make the sentence.
func Refuse(cause error, format string, args ...any) error {
	return &Refusal{Cause: cause, Sentence: fmt.Sprintf(format, args...)}
}
