package parse

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// frames reads the message into actions: clauses, the phrases found in them, grouping, then the parameters.
func (s *scan) frames() []*frame {
	used := make([]bool, len(s.norm))
	s.ignore(used)
	s.foreign(used)
	var parts []*clause
	for _, c := range s.matched() {
		s.retarget(c)
		parts = append(parts, s.split(c)...)
	}
	parts = s.handedOn(parts)
	s.temper(parts)
	if s.calledOff(parts) {
		return nil
	}
	if s.as != "" && len(parts) > 0 {
		return s.filled([]*group{s.guessed(s.as, parts)}, used)
	}
	groups := s.reconsider(s.group(parts, used), parts)
	if g := s.selects(parts); g != nil {
		groups = []*group{g}
	}
	groups = s.joined(s.dealAtEnd(groups))
	hisTask(groups)
	return s.filled(groups, used)
}

// filled reads the parameters of each group's action.
func (s *scan) filled(groups []*group, used []bool) (frames []*frame) {
	carry, whom, ids := s.before.customer, s.before.colleague, maps.Clone(s.before.records)
	if ids == nil {
		ids = map[string]int{}
	}
	for n, g := range groups {
		if n+1 < len(groups) && s.belongsToNext(g, groups[n+1]) {
			groups[n+1].parts = append(g.parts, groups[n+1].parts...)
			continue
		}
		f := &frame{scan: s, action: g.action, hit: g.hit, parts: g.parts, used: used, params: map[string]any{}, carry: carry, ids: ids, whom: whom}
		if g.hit.phrase >= 0 {
			f.trail = append(f.trail, fmt.Sprintf("%s ← 「%s」 (phrase %d, weight %d)", g.action, s.said(g.hit.i, g.hit.j), g.hit.phrase, g.hit.weight))
		} else {
			f.trail = append(f.trail, g.action+" ← no phrase: a remark about a customer, or the second opinion")
		}
		f.own, f.other = s.secondThoughts(g, groups)
		f.trail = append(f.trail, fmt.Sprintf("  the second opinion: %.2f, and %.2f for something else", f.own, f.other))
		if !f.fill() && !f.hearsay() {
			continue
		}
		f.sameAudience(frames)
		f.sharedPeriod(frames)
		if c := f.remains(); c != "" {
			carry = c
		}
		if s.negated && len(f.params) == 0 { // 不用提醒老董了,我自己跟他说
			continue
		}
		for _, name := range []string{"owner", "assignee", "to"} {
			if p, ok := f.params[name].(string); ok && p != "me" {
				whom = p
			}
		}
		frames = append(frames, f)
		frames = append(frames, f.others()...)
	}
	leadsAhead(frames)
	return frames
}

// approvalBeside reports whether the clause decides on the approval of a number, where that of a customer was decided on before: 丰巢的审批给过，#941也过.
func (s *scan) approvalBeside(cur *group, c *clause, h hit) bool {
	if recordOf[h.action] != "approval" || recordOf[cur.action] != "approval" || !s.holds('I', c.i, c.j) {
		return false
	}
	for _, p := range cur.parts {
		if s.holds('I', p.i, p.j) || !strings.Contains(p.text, "的审批") && !strings.Contains(p.text, "的申请") {
			return false
		}
	}
	return true
}

// remains is the customer that what follows is about: of two that are made one, the one that stays.
func (f *frame) remains() string {
	if into, ok := f.params["into"].(string); ok && f.action == "customer.merge" {
		return into
	}
	c, _ := f.params["customer"].(string)
	return c
}

// hisTask moves what the new owner is to do from the transfer to the task that it belongs to: 转给程野，|让他周五前回一版方案，记成任务.
func hisTask(groups []*group) {
	for n := 0; n+1 < len(groups); n++ {
		g, next := groups[n], groups[n+1]
		if g.action != "customer.transfer" && g.action != "lead.assign" || next.action != "task.create" {
			continue
		}
		for k := 1; k < len(g.parts); k++ {
			if hasAny(g.parts[k].text, []string{"让他", "让她", "请他", "请她", "叫他", "叫她", "要他", "要她"}) {
				next.parts = append(slices.Clone(g.parts[k:]), next.parts...)
				g.parts = g.parts[:k]
				break
			}
		}
	}
}

// sameAudience gives an action for many (让他们走…旅程, 再发一张八折券) that names no customers those of the action before it.
func (f *frame) sameAudience(before []*frame) {
	if f.action != "journey.start" && f.action != "coupon.send" || f.has("customer") || f.has("filter") {
		return
	}
	if len(before) == 0 {
		if f.scan.before.filter != nil {
			f.set("filter", f.scan.before.filter)
		}
		return
	}
	last := before[len(before)-1]
	if filter, ok := last.params["filter"]; ok && (last.action == "customer.search" || last.action == "coupon.send" || last.action == "journey.start") {
		f.set("filter", filter)
	}
}

// others repeats the action for the further records and customers that it was said of: 630号和631号都同意.
func (f *frame) others() []*frame {
	var all []*frame
	repeat := func(name string, v any) {
		g := *f
		g.params = map[string]any{}
		for k, w := range f.params {
			g.params[k] = w
		}
		g.params[name] = v
		g.bad = nil
		all = append(all, &g)
	}
	if r := recordOf[f.action]; r != "" && f.has(r) && f.action != "survey.send" {
		for _, id := range f.otherIDs {
			repeat(r, id)
		}
	}
	for _, name := range f.more {
		repeat("customer", name)
	}
	for _, values := range f.again {
		repeat("", nil)
		delete(all[len(all)-1].params, "")
		for k, v := range values {
			all[len(all)-1].params[k] = v
		}
	}
	return all
}

// namesOther reports whether the group names a customer of its own.
func (s *scan) namesOther(g *group) bool {
	f := &frame{scan: s, action: g.action, parts: g.parts, used: make([]bool, len(s.norm)+1), params: map[string]any{}}
	f.hit = g.hit
	f.markHit()
	p := g.parts[0]
	return f.customerAt("customer", p.i, p.j) && f.plausibleCustomer(f.params["customer"].(string)) && f.plausible(f.params["customer"].(string))
}

// asksToSee reports whether the customers are to be shown, before something is sent to them (…找出来，给他们发一张八折券).
func (s *scan) asksToSee(g *group) bool {
	for _, p := range g.parts {
		if hasAny(p.text, []string{"找出来", "列出来", "列一下", "列个", "查一下", "查下", "查出来", "筛出来", "筛一下", "捞出来", "调出来", "拉出来", "拉个", "拉一下", "看一下", "看看", "看下", "名单", "有哪些", "哪些", "都有谁", "有谁", "多少"}) {
			return true
		}
	}
	return false
}

// onlyNoted reports whether the clause says no more than to note down what was said before it.
func (s *scan) onlyNoted(c *clause) bool {
	f := &frame{scan: s}
	i := f.skipNoted(c.i, c.j)
	return i >= c.j
}

func (f *frame) skipNoted(i, limit int) int {
	for i < limit {
		n := f.anyAt(i, logWords...)
		if n == 0 {
			n = max(f.v.fillers.at(f.line, i), f.anyAt(i, "吧", "了", "哈", "一下", "下", " ", "到系统", "系统", "里"))
		}
		if n == 0 {
			return i
		}
		i += n
	}
	return i
}

// belongsToNext reports whether what was told without naming a customer is the reason or the matter of the
// ticket that the next order is about (客户在电话里骂人了,#1502工单赶紧升级).
func (s *scan) belongsToNext(g, next *group) bool {
	if g.action == "customer.search" && (next.action == "coupon.send" || next.action == "journey.start") && g.hit.weight <= 4 {
		return !s.asksToSee(g)
	}
	if g.action == "report.performance" && next.action == "report.forecast" { // 往后半年的业绩能做多少,预测一版
		return true
	}
	if g.action == "deal.list" && (next.action == "deal.create" || next.action == "deal.update") && g.hit.weight <= 4 && !hasAny(g.parts[0].text, []string{"列", "看", "查", "哪", "几", "多少", "清单", "都"}) { // 上虞皮件城的商机，阶段改成…
		return true
	}
	if g.action == "activity.log" && s.outrightOrder(next) && next.hit.i <= next.parts[0].i+2 { // …登不上去，记一下咨询
		return true
	}
	if g.action == "activity.log" && next.action == "ticket.create" && g.hit.weight <= 3 && !s.namesOther(next) {
		return true
	}
	if g.action == "reminder.list" && next.action == "reminder.create" && len(g.parts) == 1 && hasAny(g.parts[0].text, []string{"约", "设", "加", "建", "定", "来个", "弄"}) {
		return true
	}
	if g.action != "activity.log" || !strings.HasPrefix(next.action, "ticket.") {
		return false
	}
	f := &frame{scan: s, action: g.action, parts: g.parts, used: make([]bool, len(s.norm)+1), params: map[string]any{}}
	if s.anyAt(f.skip(g.parts[0].i, g.parts[0].j), "客户") > 0 {
		return true
	}
	return !f.customer("customer")
}

// group is a run of clauses that belong to one action.
type group struct {
	action string
	hit    hit
	parts  []*clause
	again  bool // ordered once more in so many words, see sequel
}

// group joins clauses to actions: one without a phrase of its own belongs to the action before it, or, at
// the beginning, to the one that follows.
func (s *scan) group(parts []*clause, used []bool) []*group {
	var groups []*group
	var pending []*clause
	var cur *group
	blocked := false
	for _, c := range parts {
		if cur != nil {
			if h, ok := s.retold(cur, c); ok {
				cur = &group{action: h.action, hit: h, parts: []*clause{c}, again: true}
				groups = append(groups, cur)
				continue
			}
		}
		if blocked && cur == nil && s.anyAt(c.i, "我自己", "我来", "我去", "我会", "我已经", "我直接") > 0 { // 不用给瑞幸建工单，|我自己搞定
			continue
		}
		if cur != nil && cur.action == "lead.convert" && len(c.hits) > 0 && c.hits[0].action == "task.create" && s.givesTo(c) { // 喵喵怪的线索转客户，|叫佟丽负责
			c.hits = nil
		}
		if len(c.hits) == 0 {
			h, again := hit{}, false
			if cur != nil {
				h, again = s.sequel(cur, c)
			}
			switch {
			case again:
				cur = &group{action: h.action, hit: h, parts: []*clause{c}, again: true}
				groups = append(groups, cur)
			case cur != nil:
				cur.parts = append(cur.parts, c)
			default:
				pending = append(pending, c)
			}
			continue
		}
		h := c.hits[0]
		if h.action == "none" {
			blocked = true
			s.negated = true
			if cur != nil && swallows[cur.action] && h.weight < 5 {
				cur.parts = append(cur.parts, c)
			} else if cur == nil {
				pending = nil
			}
			continue
		}
		if cur != nil && cur.action == "task.create" && h.action == "reminder.create" && hasAny(c.text, []string{"提醒他", "提醒她", "提醒一下他", "提醒下他"}) {
			cur.action, cur.hit = h.action, h
			cur.parts = append(cur.parts, c)
			continue
		}
		if cur != nil && h.action == "activity.log" && s.onlyNoted(c) {
			cur.parts = append(cur.parts, c)
			continue
		}
		if cur != nil && (h.action == "ticket.assign" || h.action == "lead.assign") && h.action != cur.action && !hasAny(c.text, []string{"工单", "线索", "ticket", "lead"}) && s.handsOther(cur, c) { // 2401号线索分给小周，2402转给阿杰
			h.action = cur.action
			cur = &group{action: h.action, hit: h, parts: []*clause{c}}
			groups = append(groups, cur)
			continue
		}
		if cur != nil && !s.approvalBeside(cur, c, h) && s.continues(cur, c, h) {
			cur.parts = append(cur.parts, c)
			if h.weight > cur.hit.weight && h.action == cur.action {
				cur.hit = h
			}
			continue
		}
		if cur == nil && len(pending) > 0 && !s.timedFor(pending, c, h) && s.standsAlone(pending, h) {
			groups = append(groups, &group{action: "activity.log", hit: hit{action: "activity.log", i: pending[0].i, j: pending[0].i, phrase: -1}, parts: pending})
			pending = nil
		}
		cur = &group{action: h.action, hit: h, parts: append(pending, c)}
		pending = nil
		groups = append(groups, cur)
	}
	if cur == nil && len(pending) > 0 && !blocked && (!s.moody || s.surelyTold(parts)) && s.isRemark(pending) {
		groups = append(groups, &group{action: "activity.log", hit: hit{action: "activity.log", i: pending[0].i, j: pending[0].i, phrase: -1}, parts: pending})
	}
	return groups
}

// surelyTold reports whether the clauses, in which something is supposed, can only be what somebody tells (他说等开完董事会再定).
func (s *scan) surelyTold(parts []*clause) bool {
	if !hasAny(parts[0].text, []string{"刚", "说", "讲", "电话", "微信", "表示", "反馈", "拜访", "回复"}) {
		return false
	}
	o := secondOpinion()
	return o.said(o.of(s, parts), "activity.log") > 0.95
}

// continues reports whether the clause c with its phrase h goes on with the action cur.
func (s *scan) continues(cur *group, c *clause, h hit) bool {
	if h.action == cur.action {
		return !s.freshStart(cur, c)
	}
	if swallows[cur.action] && h.weight < 4 {
		return true
	}
	if cur.action == "contact.create" && h.action == "customer.search" && strings.Contains(c.text, "生日") { // …的联系人里，12月3号生日
		return true
	}
	if cur.action == "deal.list" && h.action == "deal.update" && strings.HasSuffix(c.text, "的") { // …有哪些，预计本月能签的
		return true
	}
	if cur.action == "lead.assign" && h.action == "customer.transfer" && hasAny(c.text, []string{"我来", "我跟", "我接", "我负责", "由我"}) && c.j-c.i <= 5 {
		return true
	}
	if cur.action == "quote.create" && h.action == "deal.update" && hasAny(c.text, []string{"推到", "推进", "商机"}) {
		return false
	}
	if absorbed[[2]string{cur.action, h.action}] {
		return true
	}
	if cur.action == "task.create" && h.weight < 6 && len(cur.parts) == 1 && cur.hit.j-cur.hit.i+3 >= cur.parts[0].j-cur.parts[0].i { // 建个任务，月底前整理完客户名单
		return true
	}
	return h.weight <= 1
}

// absorbed are pairs where the second action's phrase only adds to the first.
var absorbed = map[[2]string]bool{
	{"deal.lose", "activity.log"}: true, {"deal.win", "activity.log"}: true, {"deal.win", "payment.record"}: false,
	{"approval.reject", "activity.log"}: true, {"approval.approve", "activity.log"}: true, {"ticket.close", "activity.log"}: true,
	{"ticket.escalate", "activity.log"}: true, {"quote.create", "deal.update"}: true, {"order.create", "payment.record"}: false,
	{"customer.create", "lead.create"}: true, {"lead.create", "customer.create"}: true, {"contact.create", "customer.update"}: true,
	{"customer.create", "customer.update"}: true, {"lead.create", "contact.create"}: true, {"customer.create", "contact.create"}: true,
	{"deal.create", "order.create"}: true, {"deal.create", "deal.update"}: true, {"points.adjust", "activity.log"}: true,
	{"ticket.create", "ticket.assign"}: true, {"customer.search", "deal.list"}: true, {"coupon.send", "customer.search"}: true,
	{"journey.start", "customer.search"}: true, {"task.create", "reminder.create"}: false, {"reminder.snooze", "reminder.create"}: true, {"customer.transfer", "activity.log"}: true,
	{"contract.create", "deal.update"}: true, {"payment.plan", "payment.record"}: true, {"payment.record", "payment.plan"}: false,
	{"customer.create", "activity.log"}: true, {"deal.create", "activity.log"}: true, {"points.redeem", "activity.log"}: true,
	{"customer.create", "customer.search"}: true, {"lead.create", "customer.search"}: true, {"deal.create", "customer.search"}: true, {"customer.update", "customer.search"}: true,
	{"ticket.create", "order.create"}: true, {"payment.plan", "payment.plan"}: true, {"points.redeem", "points.adjust"}: true,
	{"library.find", "customer.view"}: true, {"deal.list", "customer.view"}: true, {"ticket.list", "customer.view"}: true, {"reminder.list", "customer.view"}: true, {"customer.search", "customer.view"}: true,
	{"lead.create", "customer.view"}: true, {"customer.search", "customer.create"}: false, {"ticket.create", "activity.log"}: true, {"payment.plan", "activity.log"}: true,
	{"contact.create", "activity.log"}: true, {"undo", "activity.log"}: true,
	{"device.create", "device.view"}: true, {"device.create", "device.list"}: true, {"appointment.create", "task.create"}: true, {"ticket.reply", "appointment.create"}: true, {"repair.update", "ticket.close"}: true,
}

// freshStart reports whether a clause with the same action begins a second one: both have a record number
// or a name of their own.
func (s *scan) freshStart(cur *group, c *clause) bool {
	if swallows[cur.action] && cur.action != "reminder.create" && cur.action != "task.create" && cur.action != "lead.create" {
		return false
	}
	has := func(c *clause, kind byte) bool {
		for _, sp := range s.spans {
			if sp.kind == kind && sp.i >= c.i && sp.j <= c.j {
				return true
			}
		}
		return false
	}
	own := func(kind byte) bool {
		if !has(c, kind) {
			return false
		}
		for _, p := range cur.parts {
			if has(p, kind) {
				return true
			}
		}
		return false
	}
	switch cur.action {
	case "customer.update":
		return s.changesField(c) && s.changesField(cur.parts[len(cur.parts)-1])
	case "library.find": // 翻翻物流的案例，再找一段催款话术
		return s.anyAt(c.i, "再", "另外", "还有", "顺便", "然后") > 0 && hasAny(c.text, libraryKinds) && hasAny(cur.parts[len(cur.parts)-1].text, libraryKinds)
	case "report.roi", "report.performance": // 抖音今年投产比看下，直播渠道今年的投产比也要
		return own('T')
	case "reminder.create":
		return own('T')
	case "task.create":
		return c.hits[0].weight >= 3 && own('T')
	case "deal.update": // 云帆的金额改成30万，|海纳的改成20万
		if s.changesOther(c) {
			return true
		}
		last := cur.parts[len(cur.parts)-1]
		if len(c.hits) > 0 && c.hits[0].weight >= 4 && c.hits[0].i >= c.i+2 && len(last.hits) > 0 && last.hits[0].i >= last.i+2 &&
			s.anyAt(c.hits[0].i, "推", "进", "到", "走") > 0 && s.anyAt(last.hits[0].i, "推", "进", "到", "走") > 0 && s.namesOther(&group{action: cur.action, hit: c.hits[0], parts: []*clause{c}}) { // 百果园推到谈判，|沃尔玛推到签约
			return true
		}
	case "coupon.send": // 流失客户发七折券，|今天生日的会员发半价券
		return own('D') && hasAny(c.text, []string{"客户", "会员"})
	case "ticket.assign", "lead.assign", "ticket.close", "ticket.escalate": // 海底捞的工单让技术部处理，|3M中国的工单给老康
		last := cur.parts[len(cur.parts)-1].text
		if hasAny(c.text, []string{"的工单", "的线索", "的单子"}) && hasAny(last, []string{"的工单", "的线索", "的单子"}) {
			return true
		}
		if has(c, 'I') && !has(cur.parts[0], 'I') && hasAny(last, []string{"的工单", "的线索"}) {
			return true
		}
	}
	return own('I') || cur.action != "contact.create" && own('P')
}

// handsOther reports whether the clause without a phrase hands another record to somebody: 2420号给阿杰.
func (s *scan) handsOther(cur *group, c *clause) bool {
	if cur.action != "ticket.assign" && cur.action != "lead.assign" {
		return false
	}
	i := c.i
	for i < c.j && s.anyAt(i, "把", "将", "再", "然后", "另外", " ") > 0 {
		i += s.anyAt(i, "把", "将", "再", "然后", "另外", " ")
	}
	sp := s.at[i]
	if sp == nil || sp.kind != 'I' || i >= c.j {
		return false
	}
	i = sp.j
	for i < c.j {
		n := s.anyAt(i, "号", "的", "那张", "那条", "那单", "那个", "这张", "这条", "工单", "线索", "就", "也", "则", " ")
		if n == 0 {
			break
		}
		i += n
	}
	n := s.anyAt(i, toWords...)
	if n == 0 {
		return false
	}
	who, e := s.colleague(i+n, c.j)
	return who != "" && e > i+n
}

// libraryKinds are what the library keeps.
var libraryKinds = []string{"话术", "案例", "资料", "手册", "说明书", "彩页", "白皮书", "规格书", "参数"}

// changesField reports whether the clause names a field and what it becomes.
func (s *scan) changesField(c *clause) bool {
	for k := c.i; k < c.j; k++ {
		n := s.v.terms["field"].find.at(s.line, k)
		if n == 0 || s.at[k] != nil {
			continue
		}
		for x := k + n; x < c.j; x++ {
			if m := s.anyAt(x, changes...); m > 0 && x+m < c.j {
				return true
			}
		}
	}
	return false
}

// timedFor reports whether the clauses before say when and of what the reminder in c is, which says neither
// (周五下午三点去海纳,到时候叫我).
func (s *scan) timedFor(pending []*clause, c *clause, h hit) bool {
	ahead := func(c *clause) bool {
		for _, sp := range s.spans {
			if sp.kind == 'T' && sp.i >= c.i && sp.j <= c.j && sp.when.Instant(s.now, false).After(s.now) {
				return true
			}
		}
		return false
	}
	return h.action == "reminder.create" && !ahead(c) && slices.ContainsFunc(pending, ahead)
}

// standsAlone reports whether the clauses before an order are a remark of their own, to be kept as what was
// heard about the customer.
func (s *scan) standsAlone(pending []*clause, h hit) bool {
	switch h.action {
	case "reminder.create", "deal.update", "task.create", "deal.create", "quote.create", "contract.create", "customer.tag":
	default:
		return false
	}
	if p := pending[0]; h.action == "task.create" && s.person(p.i, p.j) == p.j {
		return false
	}
	if h.action == "deal.create" || h.action == "quote.create" || h.action == "contract.create" {
		for _, c := range pending {
			if hasAny(c.text, []string{"想", "要", "采购", "买", "需要", "订", "Ⓜ"}) {
				return false
			}
		}
	}
	return s.isRemark(pending)
}

// ignore marks what nobody reads: the bot's name in front (@智能助理).
func (s *scan) ignore(used []bool) {
	for i := 0; i < len(s.norm); i++ {
		if s.norm[i] != '@' || i > 0 && isAlnum(s.norm[i-1]) {
			continue
		}
		j := i + 1
		for j < len(s.norm) && s.norm[j] != ' ' && !hardStop(s.norm[j]) && j-i < 12 {
			j++
		}
		name := string(s.norm[i:j])
		person := s.person(i+1, j) == j || s.team(i+1, j) == j
		if i == 0 && !person || hasAny(name, []string{"助理", "助手", "机器人", "跟单", "小秘", "bot", "gendan", "crm"}) {
			for ; i < j; i++ {
				used[i] = true
				s.norm[i] = ' '
				s.at[i] = nil
			}
		}
	}
}

func hasAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
