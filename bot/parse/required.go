package parse

// need is what an action cannot do without: one of the parameters, and the question for the first.
type need struct {
	any []string
	ask string
}

var who = need{[]string{"customer"}, "哪个客户？"}

// needs lists the required parameters by action, in the order in which they are asked for.
var needs = map[string][]need{
	"lead.create":        {{[]string{"company", "contact", "phone"}, "线索是哪家公司、谁，电话多少？"}},
	"lead.assign":        {{[]string{"lead", "customer"}, "哪条线索？可以说编号，例如 #1207"}, {[]string{"owner"}, "分给谁？"}},
	"lead.convert":       {{[]string{"lead", "customer"}, "哪条线索要转成客户？"}},
	"customer.create":    {{[]string{"customer"}, "客户叫什么名字？"}},
	"customer.update":    {who, {[]string{"field"}, "要改哪一项？"}, {[]string{"value"}, "改成什么？"}},
	"customer.view":      {who},
	"customer.transfer":  {who, {[]string{"owner"}, "转给谁？"}},
	"customer.tag":       {who, {[]string{"tags", "remove"}, "打什么标签？"}},
	"customer.merge":     {{[]string{"customer"}, "哪个客户要合并？"}, {[]string{"into"}, "合并到哪个客户？"}},
	"contact.create":     {{[]string{"customer"}, "是哪个客户的联系人？"}, {[]string{"contact"}, "联系人叫什么？"}},
	"activity.log":       {{[]string{"customer"}, "是哪个客户的跟进？"}, {[]string{"content"}, "跟进了什么内容？"}},
	"deal.create":        {{[]string{"customer"}, "哪个客户的商机？"}},
	"deal.update":        {{[]string{"customer", "deal"}, "哪个客户的商机？"}, {[]string{"stage", "amount", "close_date", "probability"}, "推进到哪个阶段？也可以说金额或预计签约日期"}},
	"deal.win":           {{[]string{"customer", "deal"}, "哪个客户赢单了？"}},
	"deal.lose":          {{[]string{"customer", "deal"}, "哪个客户丢单了？"}},
	"reminder.create":    {{[]string{"at"}, "什么时候提醒？"}},
	"reminder.done":      {{[]string{"customer", "reminder"}, "哪个提醒完成了？"}},
	"reminder.snooze":    {{[]string{"customer", "reminder"}, "哪个提醒？"}, {[]string{"at"}, "推迟到什么时候？"}},
	"task.create":        {{[]string{"assignee"}, "这个任务交给谁？"}, {[]string{"content"}, "任务是什么？"}},
	"quote.create":       {{[]string{"customer"}, "给哪个客户报价？"}, {[]string{"items"}, "报哪些产品，各多少？"}},
	"contract.create":    {{[]string{"customer"}, "和哪个客户的合同？"}},
	"approval.approve":   {{[]string{"approval", "customer"}, "通过哪个审批？可以说编号，例如 #503"}},
	"approval.reject":    {{[]string{"approval", "customer"}, "驳回哪个审批？可以说编号，例如 #504"}},
	"payment.plan":       {{[]string{"customer"}, "哪个客户的回款计划？"}, {[]string{"amount"}, "计划回款多少？"}, {[]string{"due"}, "计划什么时候回款？"}},
	"payment.record":     {{[]string{"customer"}, "哪个客户回款了？"}, {[]string{"amount"}, "回款多少？"}},
	"order.create":       {{[]string{"customer"}, "哪个客户下单？"}},
	"ticket.create":      {{[]string{"content"}, "出了什么问题？"}},
	"ticket.assign":      {{[]string{"ticket", "customer"}, "哪张工单？可以说编号，例如 #1501"}, {[]string{"assignee"}, "派给谁？"}},
	"ticket.escalate":    {{[]string{"ticket", "customer"}, "升级哪张工单？可以说编号，例如 #1502"}},
	"ticket.reply":       {{[]string{"ticket", "customer"}, "回复哪张工单？可以说编号，例如 #1501"}, {[]string{"content"}, "回复什么内容？"}},
	"ticket.close":       {{[]string{"ticket", "customer"}, "关闭哪张工单？可以说编号，例如 #1504"}},
	"coupon.send":        {{[]string{"customer", "filter"}, "发给谁？"}},
	"journey.start":      {{[]string{"journey"}, "开始哪个旅程？"}, {[]string{"customer", "filter"}, "让谁进入旅程？"}},
	"points.balance":     {{[]string{"customer"}, "查谁的积分？"}},
	"points.adjust":      {{[]string{"customer"}, "给谁调积分？"}, {[]string{"points"}, "加减多少积分？"}},
	"points.redeem":      {{[]string{"customer"}, "谁要兑换？"}},
	"survey.send":        {{[]string{"customer", "ticket"}, "给谁发调研？"}},
	"order.list":         {who},
	"device.create":      {{[]string{"customer"}, "哪个客户的设备？"}, {[]string{"serial"}, "序列号是多少？照铭牌上说"}},
	"device.view":        {{[]string{"serial", "device"}, "哪台设备？说一下序列号"}},
	"device.list":        {who},
	"health.view":        {who},
	"appointment.create": {{[]string{"customer", "ticket"}, "约在哪个客户？"}, {[]string{"at"}, "约在什么时候？"}},
	"library.find":       {{[]string{"query"}, "想找什么资料？"}},
	"recommend.view":     {{[]string{"customer"}, "给哪个客户推荐？"}},
	"coupon.list":        {{[]string{"customer"}, "看谁的券？"}},
	"points.history":     {{[]string{"customer"}, "查谁的积分流水？"}},
	"member.create":      {{[]string{"customer"}, "谁要办会员？"}},
	"event.signup":       {{[]string{"customer"}, "给谁报名？"}},
	"event.attend":       {{[]string{"customer"}, "谁签到了？"}},
	"offer.stop":         {{[]string{"customer"}, "不再给哪个客户发？"}},
	"offer.resume":       {{[]string{"customer"}, "恢复给哪个客户发？"}},
	"consent.view":       {who},
	"consent.set":        {who},
	"message.send":       {{[]string{"customer", "filter"}, "发给谁？"}},
}

// Required gives the first parameter that the action still needs and the question to ask for it; both are
// empty when nothing is missing. Where one of several would do, the first is named.
func Required(a Action) (param, question string) {
next:
	for _, n := range needs[a.Name] {
		for _, p := range n.any {
			if _, ok := a.Params[p]; ok {
				continue next
			}
		}
		return n.any[0], n.ask
	}
	return "", ""
}
