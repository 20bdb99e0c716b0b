package parse

import "strings"

// fill reads the parameters of the frame's action; false drops the action.
func (f *frame) fill() bool {
	ok := true
	switch f.action {
	case "lead.create":
		ok = f.leadCreate()
	case "lead.assign", "customer.transfer":
		f.handOver("owner")
	case "lead.convert":
		f.leadConvert()
	case "customer.create":
		f.customerCreate()
	case "customer.update":
		ok = f.customerUpdate()
	case "customer.view":
		f.customerView()
	case "customer.search":
		ok = f.customerSearch()
	case "customer.tag":
		f.customerTag()
	case "customer.merge":
		f.customerMerge()
	case "contact.create":
		f.contactCreate()
	case "activity.log":
		ok = f.activityLog()
	case "deal.create":
		f.dealCreate()
	case "deal.update":
		ok = f.dealUpdate()
	case "deal.win":
		f.dealWin()
	case "deal.lose":
		f.dealLose()
	case "deal.list":
		f.dealList()
	case "reminder.create":
		f.reminderCreate()
	case "reminder.list":
		f.reminderList()
	case "reminder.done":
		f.reminderDone()
	case "reminder.snooze":
		f.reminderSnooze()
	case "task.create":
		ok = f.taskCreate()
	case "help":
		f.help()
	default:
		ok = f.fillOther()
	}
	if ok {
		f.carryOver()
	}
	return ok
}

// carried are the actions that take the customer named before in the same message.
var carried = map[string]bool{
	"customer.update": true, "customer.view": true, "customer.transfer": true, "customer.tag": true, "contact.create": true, "activity.log": true,
	"deal.create": true, "deal.update": true, "deal.win": true, "deal.lose": true, "reminder.create": true, "task.create": true, "quote.create": true,
	"contract.create": true, "payment.plan": true, "payment.record": true, "order.create": true, "ticket.create": true, "ticket.assign": true,
	"ticket.escalate": true, "ticket.reply": true, "ticket.close": true, "coupon.send": true, "journey.start": true, "points.balance": true,
	"order.list": true, "device.create": true, "device.list": true, "health.view": true, "appointment.create": true,
	"points.adjust": true, "points.redeem": true, "survey.send": true, "reminder.done": true, "reminder.snooze": true, "lead.assign": true, "lead.convert": true,
}

// recordOf names the parameter for a record number by action.
var recordOf = map[string]string{
	"lead.assign": "lead", "lead.convert": "lead", "deal.update": "deal", "deal.win": "deal", "deal.lose": "deal", "reminder.done": "reminder",
	"reminder.snooze": "reminder", "approval.approve": "approval", "approval.reject": "approval", "ticket.assign": "ticket", "ticket.escalate": "ticket",
	"ticket.reply": "ticket", "ticket.close": "ticket", "survey.send": "ticket", "repair.update": "ticket",
	"appointment.move": "appointment", "appointment.done": "appointment", "appointment.cancel": "appointment",
}

// carryOver takes the customer or the record number named before in the message (reading rule 1).
func (f *frame) carryOver() {
	record := recordOf[f.action]
	if record != "" && f.has(record) {
		f.ids[record] = int(f.params[record].(int64))
		return
	}
	if f.has("customer") || f.has("filter") {
		return
	}
	if f.carry != "" && (f.action == "deal.list" || f.action == "ticket.list") && !f.has("owner") && f.before("他", "她", "它", "这家") >= 0 {
		f.set("customer", f.carry)
	}
	if record != "" {
		if id, ok := f.ids[record]; ok {
			f.set(record, int64(id))
			return
		}
	}
	if f.carry != "" && carried[f.action] {
		f.set("customer", f.carry)
	}
}

// markHit marks the words of the phrase itself, but nothing recognised in it.
func (f *frame) markHit() {
	for _, p := range f.parts {
		for _, h := range append([]hit{f.hit}, p.hits...) {
			if h.action != f.action {
				continue
			}
			for k := max(h.i, 0); k < h.j; k++ {
				if f.at[k] == nil && !h.open(k) && !isDigit(f.norm[k]) {
					f.used[k] = true
				}
			}
		}
	}
}

// open reports whether rune k stands in a stretch that the phrase leaves open.
func (h hit) open(k int) bool {
	for _, g := range h.gaps {
		if k >= g[0] && k < g[1] {
			return true
		}
	}
	return false
}

// markAll marks every occurrence of the words in the frame.
func (f *frame) markAll(words ...string) {
	for _, p := range f.parts {
		f.markIn(p, words...)
	}
}

// markIn is [frame.markAll] for one clause.
func (f *frame) markIn(p *clause, words ...string) {
	for k := p.i; k < p.j; k++ {
		if f.at[k] == nil {
			if n := f.anyAt(k, words...); n > 0 && k+n <= p.j {
				f.mark(k, k+n)
			}
		}
	}
}

// quantity finds a count with its measure (60台, 两套, 一打) and gives the value and its place.
func (f *frame) quantity() (v float64, i, j int, ok bool) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if v, e, ok := f.countAt(k, p.j); ok {
				return v, k, e, true
			}
		}
	}
	return 0, 0, 0, false
}

func (f *frame) countAt(k, limit int) (v float64, end int, ok bool) {
	if k >= limit || f.used[k] || f.at[k] != nil && f.at[k].kind != 'M' {
		return 0, k, false
	}
	if k > 0 && (isAlnum(f.norm[k-1]) || isHanNumber(f.norm[k-1]) || f.norm[k-1] == '第' || f.norm[k-1] == '.' || f.norm[k-1] == '这' || f.norm[k-1] == '那' || f.norm[k-1] == '每') {
		return 0, k, false
	}
	v, e, _ := f.number(k)
	if e == k || v <= 0 {
		return 0, k, false
	}
	if f.hasAt(e, " ") {
		e++
	}
	if f.hasAt(e, "来") || f.hasAt(e, "多") {
		e++
	}
	n := f.v.measures.at(f.line, e)
	if n == 0 || e+n > limit || f.hasAt(e, "打") && f.rated(e+1) {
		return 0, k, false
	}
	if f.anyAt(e, "个月", "个人", "个客户", "个商机", "个线索", "个单", "个提醒", "个任务", "个电话", "个会", "个新", "条线索", "个点", "份合同", "份报价", "个工单", "张工单", "张券", "条跟进", "个机会", "个项目", "平台", "部门", "份文件", "组织", "张报价", "把握", "包装", "面谈", "面试", "套路", "个小时", "个多", "头", "下单", "个礼拜", "个星期", "道", "个订单", "张订单", "个标签", "个待办", "把阶段", "路", "次性", "口罩", "口腔", "口红", "口服", "口价", "口子", "口味", "口头") > 0 {
		return 0, k, false
	}
	if f.hasAt(e, "打") {
		v *= 12
	}
	if v == 1 && n == 1 && f.anyAt(e, "个", "条", "张", "笔", "份") > 0 && (e+n >= limit || strings.ContainsRune(":：，, ", f.norm[e+n])) && k > 1 && f.anyAt(k-2, "商机", "线索", "工单", "订单", "单子", "报价", "合同") == 2 { // 商机一个：
		return 0, k, false
	}
	if v == 1 && n == 1 && f.hasAt(k, "一") && k > 0 && strings.ContainsRune("录记登存挂", f.norm[k-1]) && f.anyAt(e, "条", "个", "份", "张") > 0 { // 商机录一条
		return 0, k, false
	}
	if v == 1 && n == 1 && f.anyAt(e, "个", "份", "条", "张", "把", "部", "块", "面", "头", "路", "门", "道", "间", "端", "批", "组", "节") > 0 && f.hasAt(k, "一") && (f.anyAt(e, "批", "部分", "组") > 0 || f.v.gaps.at(f.line, e+n) > 0 || e+n >= limit) {
		return 0, k, false
	}
	return v, e + n, true
}

// product sets product and quantity: what is counted stands behind the count or before it.
func (f *frame) product() bool {
	v, i, j, ok := f.quantity()
	if !ok {
		return f.wanted()
	}
	defer func() {
		if !f.has("product") {
			f.wanted()
		}
	}()
	f.set("quantity", yuan(v))
	f.mark(i, j)
	limit := f.limit(i)
	k := j
	for k < limit && (f.norm[k] == ' ' || f.norm[k] == '的') {
		k++
	}
	lead := i
	for lead > f.partStart(i) && f.norm[lead-1] == ' ' {
		lead--
	}
	if e := f.thing(k, limit); e > k && !(k > j && f.norm[j] == ' ' && (f.back(i, f.partStart(i)) < i || lead < i && f.backThing(lead, f.partStart(i)) < lead-1)) {
		f.set("product", f.said(k, e))
		f.mark(k, e)
		return true
	}
	b := i
	for b > f.partStart(i) && f.norm[b-1] == ' ' {
		b--
	}
	if k := f.backThing(b, f.partStart(i)); k < b {
		f.set("product", f.said(k, b))
		f.mark(k, b)
		return true
	}
	return true
}

// wants are verbs of wanting goods; what follows is the product.
var wants = []string{"想采购", "要采购", "采购", "购买", "购置", "选购", "求购", "想买", "要买", "想要", "想上", "要上", "打算上", "准备上", "想订", "要订", "订购", "想换", "要换", "意向", "看中", "看上", "需要", "想装", "要装", "想用", "感兴趣的是", "产品是", "产品:", "产品：", "产品", "再订", "又订", "加购", "加订", "追加", "续订", "追订", "补订", "买", "做"}

// wanted reads the product behind a verb of wanting when nothing is counted.
func (f *frame) wanted() bool {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, wants...)
			if n == 0 || f.at[k] != nil || f.used[k] {
				continue
			}
			e := f.skip(k+n, p.j)
			if f.hasAt(e, "一批") {
				e += 2
			}
			if j := f.thing(e, p.j); j > e+1 {
				f.set("product", f.said(e, j))
				f.mark(k, j)
				return true
			}
		}
	}
	return false
}

// thing reads the name of a product from k: up to a gap, a price or the end.
func (f *frame) thing(k, limit int) int {
	j := k
	for j < limit {
		if sp := f.at[j]; sp != nil && sp.kind != 'C' || f.used[j] {
			break
		}
		r := f.norm[j]
		if !isHan(r) && !isAlnum(r) && r != '-' && r != '+' && r != '.' && r != '/' {
			if !(r == ' ' && f.latinJoint(j, k, limit)) {
				break
			}
		}
		if j > k && f.thingEnds(j) {
			break
		}
		if _, _, ok := f.countAt(j, limit); ok && j > k {
			break
		}
		j++
	}
	return j
}

// thingEnds reports whether a product's name ends before j.
func (f *frame) thingEnds(j int) bool {
	return f.anyAt(j, "总价", "总额", "金额", "单价", "预算", "一共", "总共", "共计", "合计", "大概", "大约", "左右", "预计", "月底", "年底", "开个", "开一", "建个", "建一", "立个", "立一", "的商机", "商机", "的单", "这单", "每", "给", "打折", "共", "约", "要求", "希望", "的需求", "的意向", "的项目", "需求", "报价", "的订单", "订单", "建", "录", "吧", "了", "，", "的机会", "，", "算", "优惠", "折", "一台", "一套", "一个", "一件", "一台", "@", "×", "和", "跟", "，", "记", "下单", "，", "帮", "走", "阶段", "已经", "价格", "价", "按", "来", "新增", "新建", "加") > 0
}

// backThing is like back for a product, whose name may contain single characters that end a customer's
// (苏打水).
func (f *frame) backThing(i, start int) int {
	k := i
	for k > start {
		r := f.norm[k-1]
		if f.used[k-1] || f.at[k-1] != nil || !isHan(r) && !isAlnum(r) && r != '-' {
			break
		}
		if f.v.gaps.endsAt(f.line, start, k) > 1 || strings.ContainsRune("的了要买订把下是来给购单", r) && !f.hasAt(k-1, "购物") && !f.hasAt(k-1, "来电") && !f.hasAt(k-1, "单反") {
			break
		}
		k--
	}
	return k
}

// partStart is the start of the clause in which rune i stands.
func (f *frame) partStart(i int) int {
	for _, p := range f.parts {
		if i >= p.i && i < p.j {
			return p.i
		}
	}
	return i
}

// back walks from i towards start over the words of one name and gives where it begins.
func (f *frame) back(i, start int) int {
	k := i
	for k > start {
		r := f.norm[k-1]
		if f.used[k-1] || f.at[k-1] != nil || !isHan(r) && !isAlnum(r) && r != '-' {
			break
		}
		if f.v.gaps.endsAt(f.line, start, k) > 0 || f.v.fillers.endsAt(f.line, start, k) > 0 {
			break
		}
		k--
	}
	return k
}
