package parse

import (
	"slices"
	"strings"
)

// How sure the learned reading must be to change what the rules have read, and to add what they have not. Chosen by
// cross-validation on the labelled utterances (TestRolesByCrossValidation prints the table).
var (
	sureOfName    = 0.3
	sureOfNewName = 0.6
	sureOfSaid    = 0.15
	sureOfWorker  = 0.3
	sureOfSupport = 0.7 // below it a write is shown first
)

// actionNumbers of the places of the message: which action the rules give them to, in the order of [actionOrder].
func (s *scan) actionNumbers(frames []*frame) []int {
	at := make([]int, len(s.norm))
	for _, f := range frames {
		n := 1 + slices.Index(actionOrder, f.action)
		for _, p := range f.parts {
			for k := p.i; k < p.j; k++ {
				at[k] = n
			}
		}
	}
	return at
}

// actionOrder gives the actions that name somebody their numbers.
var actionOrder = []string{"activity.log", "reminder.create", "task.create", "ticket.create", "lead.create", "customer.create", "contact.create", "deal.create", "deal.update",
	"deal.win", "deal.lose", "quote.create", "contract.create", "payment.plan", "payment.record", "order.create", "ticket.assign", "ticket.escalate", "ticket.reply", "ticket.close",
	"customer.transfer", "customer.tag", "customer.update", "customer.view", "coupon.send", "points.adjust", "points.redeem", "points.balance", "lead.assign", "lead.convert", "library.find"}

// actionsOf are the frames as actions.
func actionsOf(frames []*frame) []Action {
	all := make([]Action, len(frames))
	for n, f := range frames {
		all[n] = Action{f.action, f.params}
	}
	return all
}

// roles lets what was learned mend the edges of names and of what was said. The rules decide what is asked for; which
// characters belong to whom has more shapes than rules.
func (s *scan) roles(frames []*frame) (mended bool) {
	chains := learned()[0]
	if len(frames) == 0 || len(s.norm) < 4 || len(s.norm) > 200 || len(chains) < 2 {
		return false
	}
	mended = s.mendBy(chains, frames)
	for _, c := range slotChains {
		mended = s.mendSlots(c, c.chain(), frames) || mended
	}
	return mended
}

func (s *scan) mendBy(chains []*roleChain, frames []*frame) (mended bool) {
	actions := actionsOf(frames)
	numbers := s.actionNumbers(frames)
	tags, _ := s.line.names(actions)
	names, _ := chains[0].roleSpans(s.roleFeatures(tags, numbers))
	said, _ := s.line.contents(actions)
	contents, _ := chains[1].roleSpans(s.roleFeatures(said, numbers))
	was := map[string]string{}
	for _, f := range frames {
		n := len(f.trail)
		f.mendNames(names, was)
		f.unsupported = f.nameUnsure(names)
		f.mendSaid(contents)
		f.unsureName = f.unsure(names, "customer", "company", "contact", "assignee", "owner")
		f.unsureSaid = f.unsure(contents, "content")
		mended = mended || len(f.trail) > n || f.unsupported || f.unsureName+f.unsureSaid > 0
	}
	for _, f := range frames { // what was carried over from an action before
		if c, ok := f.params["customer"].(string); ok && was[c] != "" {
			f.set("customer", was[c])
		}
	}
	return mended
}

// covers reports whether [i,j) lies in the frame's part of the message.
func (f *frame) covers(i, j int) bool {
	for _, p := range f.parts {
		if i >= p.i && j <= p.j {
			return true
		}
	}
	return false
}

// mendNames takes the learned name for a parameter where it is sure and the only one of its role in the frame.
func (f *frame) mendNames(names []roleSpan, was map[string]string) {
	if len(f.more) > 0 {
		return
	}
	for _, param := range []string{"customer", "company", "contact", "assignee", "owner", "to", "product"} {
		role := roleOf(param)
		var one *roleSpan
		n := 0
		for k := range names {
			if names[k].role == role && f.covers(names[k].i, names[k].j) {
				one = &names[k]
				n++
			}
		}
		if n != 1 || param == "customer" && f.ownHouse(one.i, one.j) {
			continue
		}
		if k := f.anyAt(one.i, "然后", "另外", "还有", "顺便", "接着", "同时"); k > 0 && one.j-one.i-k > 1 && param == "customer" { // 然后|蓝海
			one = &roleSpan{role: one.role, i: one.i + k, j: one.j, sure: one.sure}
		}
		text := f.said(one.i, one.j)
		old, had := f.params[param].(string)
		if param == "customer" && had && old == f.carry && text != old && !pronouns[text] && f.plausible(text) { // another may be meant; unless it is taken below
			f.otherSeen = true
		}
		switch {
		case text == "" || strings.HasPrefix(text, "这是") || had && (old == text || pronouns[text]): // 这是云帆王总原话
		case had:
			if one.sure < sureOfName || role >= roleWorker && one.sure < sureOfWorker {
				continue
			}
			if f.longer(param, old, text) || f.swallows(one.i, one.j, old) || role >= roleWorker && f.inTeam(one.i, one.j, old) {
				continue
			}
			if i, at := f.where(old, nil); at < 0 || f.v.known.at(f.line, i) == at-i { // another rule's work, or a name of the speaker's records
				continue
			}
			f.set(param, text)
			f.cutOff(param, old, text)
			f.trail = append(f.trail, "  learned: "+param+" is "+text+", not "+old)
			if i, j := f.where(old, nil); param == "customer" && f.covers(i, j) { // a name carried over from an action before stays there
				was[old] = text
			}
		case param == "customer" && one.sure >= sureOfNewName && carried[f.action] && !f.has(recordOf[f.action]) && !f.has("filter") && (f.action != "reminder.create" && f.action != "task.create" || f.plausible(text)):
			f.set(param, text)
			f.trail = append(f.trail, "  learned: "+param+" is "+text)
		case param == "assignee" && one.sure >= sureOfNewName && (f.action == "task.create" || f.action == "reminder.create" || f.action == "ticket.create"):
			f.set(param, text)
			f.trail = append(f.trail, "  learned: "+param+" is "+text)
		case param == "contact" && one.sure >= sureOfNewName && (f.action == "activity.log" || f.action == "lead.create" || f.action == "contact.create"), param == "company" && one.sure >= sureOfNewName && f.action == "lead.create":
			f.set(param, text)
			f.trail = append(f.trail, "  learned: "+param+" is "+text)
		}
	}
}

// cutOff gives a ticket back the first word of its trouble where the customer's name had swallowed it: 星河酒店|空调不制冷.
func (f *frame) cutOff(param, old, text string) {
	content, ok := f.params["content"].(string)
	if param != "customer" || f.action != "ticket.create" || !strings.HasPrefix(old, text) {
		return
	}
	i, end := f.where(old, nil)
	if !ok && i >= 0 { // all of it: 开个工单，海纳|空压机漏油
		f.set("content", f.said(i+utf8Len(text), end))
		f.cut = true
		return
	}
	if k, j := f.where(content, nil); i >= 0 && k == end {
		f.set("content", f.said(i+utf8Len(text), j))
	}
}

// longer reports whether the learned name only adds to the one that was read what is no part of it: the job title that was read
// (鲁大伟|店长), or what a deal is called in Latin letters behind a company's ending (拓普物流|TMS).
func (f *frame) longer(param, old, text string) bool {
	more, ok := strings.CutPrefix(text, old)
	if !ok || more == "" {
		return false
	}
	if param == "contact" {
		return f.params["title"] == more
	}
	if i, j := f.where(old, nil); param == "customer" && i >= 0 && (f.brandWithPerson(i) == j || f.wellKnown(i, j)) { // 顺丰|薄姐
		return true
	}
	if i, j := f.where(old, nil); param == "customer" && f.action == "ticket.create" && i >= 0 && f.v.things.at(f.line, j) > 0 { // 保利天悦|监控花屏
		return true
	}
	l := newLine(old)
	for _, r := range strings.TrimSpace(more) {
		if r >= 128 || !isAlnum(r|0x20) {
			return false
		}
	}
	return param == "customer" && f.v.suffixes.endsAt(l, 1, len(l.norm)) > 0
}

// inTeam reports whether [i,j) is the colleague with the team in front: 设计组|小邵.
func (f *frame) inTeam(i, j int, colleague string) bool {
	k, e := f.ofTeam(i, j)
	return e == j && f.said(k, e) == colleague
}

// swallows reports whether the learned name [i,j) takes in all that gave the order, which the one that was read did not: 云帆|健康度.
func (f *frame) swallows(i, j int, old string) bool {
	a, b := f.where(old, nil)
	return f.hit.phrase >= 0 && f.hit.j > f.hit.i && i <= f.hit.i && f.hit.j <= j && !(a <= f.hit.i && f.hit.j <= b)
}

// nameUnsure reports whether the customer that a frame names stands in its part of the message, and what was learned sees
// another edge there, or hardly this one.
func (f *frame) nameUnsure(names []roleSpan) bool {
	c, _ := f.params["customer"].(string)
	i, j := f.where(c, nil)
	if c == "" || i < 0 || !f.covers(i, j) || f.v.known.at(f.line, i) == j-i {
		return false
	}
	for _, n := range names {
		if (n.role == roleCustomer || n.role == roleContact && f.action == "customer.create") && f.said(n.i, n.j) == c { // 新客户 王强 138…
			return n.sure < sureOfSupport
		}
	}
	return true
}

// unsure tells how unsure what was learned is of the parameters, at the worst: one which it does not see at all is.
func (f *frame) unsure(spans []roleSpan, params ...string) (worst float64) {
	for _, param := range params {
		v, _ := f.params[param].(string)
		if i, _ := f.where(v, nil); v == "" || v == "me" || i < 0 || !f.covers(i, i+1) || param == "content" && !saidIn(f.action) {
			continue
		}
		if i, j := f.where(v, nil); f.v.known.at(f.line, i) == j-i {
			continue
		}
		x := 1.0
		for _, s := range spans {
			if f.said(s.i, s.j) == v {
				x = min(x, 1-s.sure)
			}
		}
		worst = max(worst, x)
	}
	return worst
}

// marked reports whether all of [i,j) was read already, or is no more than 就是.
func (f *frame) marked(i, j int) bool {
	for k := i; k < j; k++ {
		if !f.used[k] && !isEdge(f.norm[k]) && f.anyAt(k, "就是", "是") == 0 && f.anyAt(k-1, "就是") == 0 {
			return false
		}
	}
	return f.action == "reminder.create" || f.action == "task.create"
}

// toldFrom is where in [i,j) a time longer than a day begins, which is told and in no parameter; else j: 下个月|再谈.
func (f *frame) toldFrom(i, j int) int {
	name, _ := f.params["customer"].(string)
	from, to := f.where(name, nil)
	for k := i; k < j; k++ {
		if sp := f.at[k]; sp != nil && sp.kind == 'T' && sp.i == k && sp.j <= j && sp.when.Grain > Day && !f.used[k] && (k < from || k >= to) {
			return k
		}
	}
	return j
}

// meetingWords in what was cut off a content say that it was the way of meeting.
var meetingWords = []string{"电", "微信", "企微", "聊", "会", "访", "邮件", "短信", "通了", "见", "碰", "打了", "沟通"}

// mendSaid takes the learned edges of what was said.
func (f *frame) mendSaid(contents []roleSpan) {
	old, had := f.params["content"].(string)
	if !had || !saidIn(f.action) {
		return
	}
	var one *roleSpan
	n := 0
	for k := range contents {
		c := contents[k]
		if c.i < f.end() && c.j > f.start() {
			one = &contents[k]
			n++
		}
	}
	if n != 1 || one.sure < sureOfSaid {
		return
	}
	if i, _ := f.where(old, nil); f.hit.phrase >= 0 && (f.action == "reminder.create" || f.action == "task.create") && one.i < i && one.i >= f.hit.i && i <= f.hit.j {
		one.i = i // 别让我忘了 is the order, not what it is about
	}
	if i, _ := f.where(old, nil); one.i < i && f.marked(one.i, i) { // 提醒我|一下就是
		one.i = i
	}
	if i, _ := f.where(old, nil); i >= 0 && i < one.i && f.action == "activity.log" {
		one.i = f.toldFrom(i, one.i)
	}
	if who, _ := f.params["assignee"].(string); who != "" && f.said(one.i, one.j) == who+old { // 提醒设计组小邵|周五前交稿
		return
	}
	if name, _ := f.params["customer"].(string); f.cut && name+old == f.said(one.i, one.j) {
		return
	}
	if text := f.said(one.i, one.j); text != "" && text != old {
		f.set("content", text)
		if cut := strings.Replace(old, text, "", 1); cut != old && (utf8Len(cut) <= 3 || hasAny(cut, meetingWords)) {
			f.trimmed = append(f.trimmed, string(newLine(old).norm))
		}
		f.trail = append(f.trail, "  learned: what was said begins or ends elsewhere")
	}
}
