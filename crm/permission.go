package crm

// Deed is a family of actions that a role may or may not do. What it may do them to is a question of
// visibility, which the database answers.
type Deed string

// The deeds.
const (
	ReadRecords   Deed = "read"     // see customers, deals, leads
	WriteCustomer Deed = "customer" // create and change customers and contacts
	TagCustomer   Deed = "tag"      // tags only
	WriteLead     Deed = "lead"     // create, assign and convert leads
	WriteDeal     Deed = "deal"     // create and change deals
	WriteActivity Deed = "activity" // log what happened
	WriteTodo     Deed = "todo"     // reminders and tasks
	HandOver      Deed = "transfer" // give customers to somebody else
	WriteField    Deed = "field"    // devices, repairs and appointments
	WriteTicket   Deed = "ticket"   // create tickets and work on them
	WriteArticle  Deed = "article"  // what the knowledge base holds
	WriteOffer    Deed = "offer"    // say something to customers unasked: coupons, journeys, greetings
	WritePoints   Deed = "points"   // members, their points and gifts
	WriteRule     Deed = "rule"     // what happens by itself: when, if, then
	WriteCampaign Deed = "campaign" // campaigns: what they cost, their links, what they send
	ServeGuests   Deed = "guest"    // what customers and other programs cause; only the service itself does it
)

// May tells whether r may do d at all.
func (r Role) May(d Deed) bool {
	switch d {
	case ServeGuests:
		return false
	case WriteRule, WriteCampaign:
		return r == Admin || r == Manager || r == TeamLead || r == Marketer
	case WriteArticle:
		return r == Admin || r == Manager || r == Service
	case ReadRecords, WriteTodo, WriteActivity, WriteTicket, WritePoints:
		return r.Scope() != ScopeNone
	}
	switch r {
	case Admin, Manager, TeamLead, Rep:
		return true
	case Service:
		return d == WriteField
	case Marketer:
		return d == WriteLead || d == TagCustomer || d == WriteOffer
	}
	return false
}

// Chinese is the role as people say it.
func (r Role) Chinese() string {
	switch r {
	case Admin:
		return "管理员"
	case Manager:
		return "经理"
	case TeamLead:
		return "主管"
	case Rep:
		return "销售"
	case Service:
		return "客服"
	case Marketer:
		return "市场"
	}
	return string(r)
}

// CheckDeed refuses with ErrDenied what a's role may not do.
func (a Actor) CheckDeed(d Deed) error {
	if a.Scope == ScopeSystem || a.Role.May(d) {
		return nil
	}
	what := map[Deed]string{
		WriteCustomer: "新建或修改客户", TagCustomer: "给客户打标签", WriteLead: "处理线索", WriteDeal: "改商机", HandOver: "转交客户",
		WriteField:    "登记设备、排预约",
		WriteActivity: "写跟进记录", WriteTodo: "建提醒和任务", ReadRecords: "查看客户", WriteTicket: "处理工单", ServeGuests: "代客户提交", WriteArticle: "改知识库", WritePoints: "改积分",
		WriteOffer: "给客户发优惠和关怀",
	}[d]
	if d == WriteRule {
		return Refuse(ErrDenied, "%s角色不能改规则，请找主管、市场或经理来做。", a.Role.Chinese())
	}
	if d == WriteCampaign {
		return Refuse(ErrDenied, "%s角色不能做推广，请找主管、市场或经理来做。", a.Role.Chinese())
	}
	if d == WriteArticle {
		return Refuse(ErrDenied, "%s角色不能%s，请找客服或经理来做。", a.Role.Chinese(), what)
	}
	return Refuse(ErrDenied, "%s角色不能%s，请找客户的负责人或主管来做。", a.Role.Chinese(), what)
}
