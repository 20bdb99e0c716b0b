package crm

import (
	"fmt"
	"time"
)

// RuleFacts is what a rule knows of a customer and of what happened to it. What is not known is zero.
type RuleFacts struct {
	Customer   CustomerID
	Name       string // of the customer
	Contact    string // whom we speak to there
	Owner      UserID
	OwnerName  string
	OwnerThere bool // and still works here
	Level      string
	Industry   string
	Region     string
	Source     string
	Tags       []string
	Created    time.Time

	Orders      int // and won deals
	Spent       Money
	LastOrder   time.Time
	NthOrder    time.Time // the purchase that the trigger counts to
	LastProduct string
	LastContact time.Time
	Birthdays   []string // MM-DD
	RFM         string
	Member      bool

	Complaints       int // within the trigger's days, where it has any
	LastComplaint    int64
	OpenTickets      int
	Health           int       // 0 to 100; -1: not looked at yet
	Churn            float64   // percent; -1: not known
	NextOrder        time.Time // expected
	NextProduct      string
	InSegmentSince   time.Time
	LeftSegmentSince time.Time

	Deal       DealID // that the event is about, else the largest open one
	DealTitle  string
	Stage      string
	Amount     Money
	StageSince time.Time
	Deals      int // open ones

	Since time.Time // when the rule was turned on: what is counted to must come after it

	Event   string         // that happened; "" when a day brought it
	EventID int64          //
	Record  Ref            // that the event is about
	Data    map[string]any // what came with it
}

// wholeDays is how many whole days lie between two instants.
func wholeDays(from, to time.Time) int {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return int(to.Sub(from) / (24 * time.Hour))
}

// QuietOrder is for how many days nothing was bought, by [Filter]'s NoOrderDays: since the customer came where nothing ever was.
func (f RuleFacts) QuietOrder(now time.Time) int {
	if f.LastOrder.IsZero() {
		return wholeDays(f.Created, now)
	}
	return wholeDays(f.LastOrder, now)
}

// QuietContact is for how many days nobody spoke with the customer, likewise.
func (f RuleFacts) QuietContact(now time.Time) int {
	if f.LastContact.IsZero() {
		return wholeDays(f.Created, now)
	}
	return wholeDays(f.LastContact, now)
}

// Meets tells whether the trigger of a rule is met by f at now in zone. said is why, in Chinese, also why not; occasion
// names what met it: the same occasion counts once.
func (w RuleWhen) Meets(f RuleFacts, now time.Time, zone *time.Location) (occasion, said string, ok bool) {
	local := now.In(zone)
	on := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
	if f.Event != "" && w.Kind != WhenComplaints && w.Kind != WhenOrders {
		return w.heard(f, zone)
	}
	switch w.Kind {
	case WhenDate:
		return "date:" + on(now), fmt.Sprintf("今天是%d月%d日", local.Month(), local.Day()), w.Falls(local)
	case WhenSilence:
		return w.silent(f, now, zone)
	case WhenBirthday:
		for _, day := range Birthdays(local, w.Days) {
			for _, b := range f.Birthdays {
				if b == day {
					return "birthday:" + local.AddDate(0, 0, w.Days).Format("2006-01-02"), "生日 " + b, true
				}
			}
		}
		return "", "生日还没到", false
	case WhenCycle:
		if f.NextOrder.IsZero() {
			return "", "还看不出多久买一次", false
		}
		said = "预计 " + SayDay(f.NextOrder.In(zone), local) + "再买" + f.NextProduct
		return "cycle:" + on(f.LastOrder) + ":" + f.NextProduct, said, !f.NextOrder.After(now.AddDate(0, 0, w.Days))
	case WhenScore:
		return w.scored(f, local)
	case WhenStage:
		if f.Stage != w.Stage || f.StageSince.IsZero() {
			return "", "商机不在" + w.Stage, false
		}
		n := wholeDays(f.StageSince, now)
		return fmt.Sprintf("stage:%d:%s", f.Deal, on(f.StageSince)), fmt.Sprintf("商机在%s停了 %d 天", w.Stage, n), n >= w.Days
	case WhenComplaints:
		said = fmt.Sprintf("投诉 %d 次", f.Complaints)
		if w.Days > 0 {
			said = fmt.Sprintf("近 %d 天", w.Days) + said
		}
		return fmt.Sprintf("complaint:%d", f.LastComplaint), said, f.Complaints >= w.Count
	case WhenOrders:
		if f.Orders < w.Count {
			return "", fmt.Sprintf("买过 %d 次", f.Orders), false
		}
		said = fmt.Sprintf("第 %d 次购买在 %s", w.Count, SayDay(f.NthOrder.In(zone), local))
		return fmt.Sprintf("orders:%d", w.Count), said, !f.NthOrder.Before(f.Since)
	case WhenSegment:
		since, verb := f.InSegmentSince, "进入"
		if w.Of == "leave" {
			since, verb = f.LeftSegmentSince, "离开"
		}
		return "segment:" + on(since), verb + "人群「" + w.Segment + "」", !since.IsZero()
	}
	return "", "没有发生", false
}

func (w RuleWhen) silent(f RuleFacts, now time.Time, zone *time.Location) (occasion, said string, ok bool) {
	since, n, what := f.LastContact, f.QuietContact(now), "没联系"
	if w.Of == "order" {
		since, n, what = f.LastOrder, f.QuietOrder(now), "没下单"
		if f.Orders == 0 {
			return "", "还没买过", false
		}
	}
	if since.IsZero() {
		since = f.Created
	}
	return "silence:" + since.In(zone).Format(time.DateOnly), fmt.Sprintf("%d 天%s（上次 %s）", n, what, SayDay(since.In(zone), now.In(zone))), n >= w.Days
}

// scored looks at a score. It counts again in another quarter of a year only, however it moves.
func (w RuleWhen) scored(f RuleFacts, local time.Time) (occasion, said string, ok bool) {
	occasion = fmt.Sprintf("score:%d-Q%d", local.Year(), (int(local.Month())+2)/3)
	if w.Of == "rfm" {
		if f.RFM == "" {
			return occasion, "还没有分层", false
		}
		return occasion, "分层是" + f.RFM, f.RFM == w.Band
	}
	value, name := float64(f.Health), "健康度"
	if w.Of == "churn" {
		value, name = f.Churn, "流失风险"
	}
	if value < 0 {
		return occasion, name + "还没算出来", false
	}
	return occasion, fmt.Sprintf("%s %.0f", name, value), (w.Below == 0 || value < w.Below) && (w.Above == 0 || value > w.Above)
}

// heard looks at an event.
func (w RuleWhen) heard(f RuleFacts, zone *time.Location) (occasion, said string, ok bool) {
	occasion, said = fmt.Sprintf("event:%d", f.EventID), EventChinese(f.Event)
	switch w.Kind {
	case WhenEvent:
		return occasion, said, f.Event == w.Event
	case WhenTag:
		fields, _ := f.Data["fields"].([]any)
		tagged := false
		for _, name := range fields {
			tagged = tagged || name == "标签"
		}
		has := false
		for _, t := range f.Tags {
			has = has || t == w.Tag
		}
		return "tag:" + w.Tag, "打了标签「" + w.Tag + "」", tagged && has
	case WhenStage:
		to, _ := f.Data["to"].(string)
		if f.Event == "deal.created" {
			to, _ = f.Data["stage"].(string)
		}
		return occasion, "商机到了" + w.Stage, to == w.Stage && w.Days == 0
	}
	return occasion, said, false
}

// EventChinese is what an event is called.
func EventChinese(name string) string {
	if said, ok := eventsChinese[name]; ok {
		return said
	}
	return name
}

var eventsChinese = map[string]string{
	"customer.created": "新建客户", "customer.changed": "客户资料变了", "customer.transferred": "客户转交了", "contact.created": "加了联系人",
	"lead.created": "来了线索", "lead.assigned": "线索分给了人", "lead.converted": "线索转成客户",
	"deal.created": "新建商机", "deal.changed": "商机变了", "deal.stage_changed": "商机换了阶段", "deal.won": "赢单", "deal.lost": "输单",
	"activity.logged": "记了跟进", "order.created": "下了订单", "rfm.changed": "价值分层变了",
	"ticket.created": "建了工单", "ticket.closed": "工单关闭", "ticket.reopened": "工单重开", "ticket.breached": "工单超时", "ticket.escalated": "工单升级",
	"survey.answered": "客户评价了", "appointment.created": "约了上门", "appointment.done": "上门完成", "device.created": "登记了设备",
	"coupon.sent": "发了券", "coupon.redeemed": "用了券", "coupon.expired": "券过期了", "coupon.voided": "券作废了", "points.earned": "得了积分", "points.redeemed": "换了积分", "points.tier": "会员等级变了",
	"offer.sent": "发了消息", "offer.replied": "客户回了消息", "offer.opened": "客户打开了", "offer.clicked": "客户点了链接", "offer.refused": "消息没有发", "offer.failed": "消息没有送到", "offer.skipped": "跳过了消息", "member.created": "成了会员", "product.created": "上了新品",
	"event.signup": "活动报名", "event.attended": "参加了活动",
}
