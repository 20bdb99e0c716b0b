package parse

import (
	"reflect"
	"slices"
	"strings"
)

// tidy puts right what neither the rules nor the learned edges see of a message as a whole, and reports whether it changed anything.
func tidy(frames []*frame) (tidied []*frame, changed bool) {
	for n, f := range frames {
		changed = f.tidyNames() || changed
		changed = f.carryWhereUnsure(frames[:n]) || changed
		changed = f.carriesOn(frames[:n]) || changed
		changed = f.tidyPronouns() || changed
		changed = f.labelledCustomer() || changed
		changed = f.wellKnownSubject() || changed
		changed = f.namesSurely() || changed
		changed = f.sureName() || changed
		changed = f.calledByName() || changed
		changed = f.houseOfContact() || changed
		if !f.unclear && f.signedWith() {
			f.unclear, changed = true, true
			f.lostTo()
		}
		if !f.unclear && (f.discountLeft() || f.aboutAnother()) {
			f.unclear, changed = true, true
		}
		changed = f.metThen() || changed
		changed = f.whoSpeaks() || changed
		changed = f.tidyTexts() || changed
		changed = f.ownTag() || changed
		changed = f.supposed() || changed
	}
	tidied = slices.Clone(frames[:0])
	for _, f := range frames {
		if f.ownersTicket(tidied) {
			changed = true
			continue
		}
		changed = f.ofTickets(frames) || f.handsTicket(tidied) || f.paysBefore(tidied) || f.listsToo(tidied) || changed
		changed = f.knownDeal() || changed
		if n := len(tidied); n > 0 && f.action == "deal.update" && tidied[n-1].knownDealOf(f) { // 株洲钻石那个商机，一百零八万，概率九成
			for name, value := range tidied[n-1].params {
				f.params[name] = value
			}
			tidied, changed = tidied[:n-1], true
		}
		if kept := f.searchedFor(tidied); len(kept) < len(tidied) {
			tidied, changed = kept, true
		}
		if f.labels(tidied) {
			changed = true
			continue
		}
		if writes(f.action) && slices.ContainsFunc(tidied, f.orders) || f.birthdayReason(tidied) { // 商机把握八成，概率给80%
			changed = true
			continue
		}
		tidied = append(tidied, f)
	}
	return tidied, changed
}

// thatDeal are words for a deal that there is already.
var thatDeal = []string{"那个商机", "这个商机", "那单商机", "那条商机", "那个单子"}

// knownDeal makes what reads as a new deal a change of the one that is spoken of: 株洲钻石那个商机，一百零八万.
func (f *frame) knownDeal() bool {
	if f.action != "deal.create" || f.before(thatDeal...) < 0 || f.before("新建", "建一", "建个", "再建", "新增", "开一", "录入", "录一") >= 0 {
		return false
	}
	delete(f.params, "product")
	delete(f.params, "quantity")
	delete(f.params, "title")
	f.action = "deal.update"
	return true
}

// knownDealOf reports whether the frame changes the deal that the next one changes too, and nothing of what that changes.
func (f *frame) knownDealOf(next *frame) bool {
	if f.action != "deal.update" || f.before(thatDeal...) < 0 || f.params["customer"] != next.params["customer"] {
		return false
	}
	for name := range f.params {
		if name != "customer" && next.has(name) {
			return false
		}
	}
	return true
}

// orders reports whether the other frame orders just the same.
func (f *frame) orders(other *frame) bool {
	return f.action == other.action && len(f.params) > 1 && reflect.DeepEqual(f.params, other.params)
}

// carryWhereUnsure gives a later order the customer of the one before it where nothing supports that what stands in its own text is one
// (云帆丢了，12月15号提醒我再去探探口风). It stays unsupported: a write is shown first.
func (f *frame) carryWhereUnsure(before []*frame) bool {
	name, ok := f.params["customer"].(string)
	if !ok || !f.unsupported || f.carry == "" || f.carry == name || !carried[f.action] {
		return false
	}
	if !slices.ContainsFunc(before, func(b *frame) bool { return b.params["customer"] == f.carry && !b.unsupported }) {
		return false
	}
	if i, j := f.where(name, nil); i >= 0 && !strings.ContainsAny(name, "要他她们") && f.opensOrder(i) && f.nameScore(i, j) >= plainName { // 然后|蓝海建个商机
		return false
	}
	f.unclear = true
	f.set("customer", f.carry)
	return true
}

// plainName is what speaks for a name that opens its order, see nameScore, where it is taken though what was learned does not see it.
const plainName = 8

// ownTag takes the customer's own name off the tags: 标签 海纳 +连锁 +账期60天. Where the customer is missing, the first of tags that are added with + is it.
func (f *frame) ownTag() bool {
	list, ok := f.params["tags"].([]any)
	if !ok || f.action != "customer.tag" || len(list) < 2 {
		return false
	}
	first, _ := list[0].(string)
	i, j := f.where(first, nil)
	if i < 0 {
		return false
	}
	next := f.skipSpace(j, len(f.norm))
	listed := f.anyAt(next, "+", "＋") > 0 || f.anyAt(f.skipEdges(next, len(f.norm)), "加", "打上", "贴") > 0 && f.endsWith(i, f.start(), "标签:", "标签：", "标签") > 0
	if f.params["customer"] == list[0] && listed || !f.has("customer") && listed && f.endsWith(f.backSpace(i), f.start(), "标签", "标签:", "标签：", "打标") > 0 {
		f.set("customer", list[0])
		f.set("tags", list[1:])
		return true
	}
	return false
}

// backSpace is the place behind the last character before i that is no space.
func (l *line) backSpace(i int) int {
	for i > 0 && l.norm[i-1] == ' ' {
		i--
	}
	return i
}

// tidyPronouns puts a quoted tag in the place of 它 (把它标签加上「付款爽快」), and takes 每家咖啡店 for no customer.
func (f *frame) tidyPronouns() (changed bool) {
	if list, ok := f.params["tags"].([]any); ok && len(list) == 1 && (list[0] == "它" || list[0] == "他" || list[0] == "她") {
		for k := f.start(); k < f.end(); k++ {
			if f.norm[k] != '"' {
				continue
			}
			for e := k + 2; e < f.end() && e-k < 12; e++ {
				if f.norm[e] == '"' {
					f.set("tags", []any{f.said(k+1, e)})
					return true
				}
			}
		}
	}
	if name, ok := f.params["customer"].(string); ok && (f.action == "reminder.create" || f.action == "task.create") && f.carry == "" {
		for _, w := range []string{"每家", "每个", "每位", "各家", "各位", "所有", "全部", "任何"} {
			if strings.HasPrefix(name, w) {
				delete(f.params, "customer")
				changed = true
			}
		}
	}
	return changed
}

// carriesOn gives an order that was given the customer named before the name that was made of it since: 跟进了下|玉林合作社，…提醒我联系他.
func (f *frame) carriesOn(before []*frame) bool {
	if f.carry == "" || f.params["customer"] != f.carry {
		return false
	}
	for _, b := range slices.Backward(before) {
		name, ok := b.params["customer"].(string)
		if !ok {
			continue
		}
		if name == f.carry || !strings.HasSuffix(f.carry, name) {
			return false
		}
		f.set("customer", name)
		return true
	}
	return false
}

// toWhom are the words before somebody with whom something is to be done.
var toWhom = []string{"给", "跟", "和", "去", "到", "找", "约", "接", "陪", "拜访", "回访", "见", "催", "联系", "向", "与"}

// wellKnownSubject reads the customer of a reminder or a task from a well-known company that opens what is to be done, or with whom it is to be
// done (到李宁校秤), where none was named in it.
func (f *frame) wellKnownSubject() bool {
	if name, ok := f.params["customer"].(string); f.action != "reminder.create" && f.action != "task.create" || ok && name != f.carry {
		return false
	}
	content, _ := f.params["content"].(string)
	i, j := f.where(content, nil)
	if i < 0 {
		return false
	}
	var one *span
	for _, sp := range f.scan.spans {
		if sp.kind != 'C' || sp.i < i || sp.j > j || one != nil && one == sp {
			continue
		}
		if one != nil || sp.j-sp.i < 2 || !isHan(f.norm[sp.i]) {
			return false
		}
		one = sp
	}
	if one == nil || one.i > i && f.endsWith(one.i, i, toWhom...) == 0 && !f.finishes(i, one) || f.hasAt(one.j, "的") && f.person(one.j+1, j) == one.j+1 && f.norm[min(one.j+1, len(f.norm)-1)] == '那' {
		return false
	}
	if f.params["customer"] == f.said(one.i, one.j) {
		return false
	}
	f.set("customer", f.said(one.i, one.j))
	return true
}

// finishing are verbs before whose, or with whom, something is to be done: 续签|家乐福框架协议.
var finishing = []string{"致电", "拜会", "续签", "审完", "审核", "审", "整理", "准备", "核对", "核", "寄", "回复", "回", "催", "问", "对接", "跟进", "打印", "做完", "做", "写", "更新", "发", "交", "改", "盖", "签", "收", "查", "看", "结", "请", "送", "开", "补", "退", "导出", "发货"}

// finishes reports whether what is to be done begins, at i, with a verb whose object opens with the well-known company one, which names what is
// the company's and nothing that people use.
func (f *frame) finishes(i int, one *span) bool {
	k := i
	for k < one.i && f.norm[k] == ' ' {
		k++
	}
	n := f.anyAt(k, finishing...)
	k += n
	k += f.anyAt(k, "一下", "下", "完", "好")
	for k < one.i && f.norm[k] == ' ' {
		k++
	}
	return n > 0 && k == one.i && f.wellKnown(one.i, one.j)
}

// signedWith reports whether a deal that was won may be one that was lost to the other of two companies: 云帆跟金蝶签了.
func (f *frame) signedWith() bool {
	name, _ := f.params["customer"].(string)
	i, j := f.where(name, nil)
	if f.action != "deal.win" || i < 0 {
		return false
	}
	if k := i - 1; k >= f.start()+2 && strings.ContainsRune("跟和与", f.norm[k]) && f.at[k-1] != nil && f.at[k-1].kind == 'C' {
		return true
	}
	if k := i - 1; k >= f.start()+2 && strings.ContainsRune("跟和给与被让", f.norm[k]) && isHan(f.norm[k-1]) && f.at[k-1] == nil {
		b := k
		for b > f.start() && isHan(f.norm[b-1]) {
			b--
		}
		return k-b >= 2 && !(f.person(b, k) == k && (strings.ContainsRune(commonSurnames, f.norm[b]) || f.v.compound.at(f.line, b) > 0)) && f.v.openers.at(f.line, b) == 0 && f.v.fillers.at(f.line, b) == 0 && !strings.ContainsAny(f.said(b, k), "我咱们他她已经今刚终于")
	}
	return strings.ContainsRune("跟和给与被让", f.norm[min(j, len(f.norm)-1)]) && f.anyAt(j+1, "我", "咱") == 0 && !isHanNumber(f.norm[min(j+1, len(f.norm)-1)])
}

// lostTo makes a deal that one of the speaker's own customers signed with somebody who is none one that was lost to them: 海纳跟金蝶签了.
func (f *frame) lostTo() {
	for _, p := range f.parts {
		for k := p.i + 1; k < p.j; k++ {
			sp := f.at[k-1]
			if f.at[k] != nil || !strings.ContainsRune("跟和与", f.norm[k]) || sp == nil || f.v.known.at(f.line, sp.i) != sp.j-sp.i {
				continue
			}
			e := k + 1
			for e < p.j && isHan(f.norm[e]) && f.anyAt(e, "签", "达成", "谈成", "合作", "定了", "成交") == 0 {
				e++
			}
			if e-k-1 < 2 || e-k-1 > 8 || e == p.j || !isHan(f.norm[e]) || f.v.known.at(f.line, k+1) > 0 || f.person(k+1, e) == e {
				return
			}
			f.action = "deal.lose"
			f.params = map[string]any{"customer": f.said(sp.i, sp.j), "competitor": f.said(k+1, e)}
			return
		}
	}
}

// discountLeft reports whether a discount was said of money and went nowhere: 云帆报价38万，打9折.
func (f *frame) discountLeft() bool {
	if f.action != "deal.update" && f.action != "deal.create" && f.action != "order.create" && f.action != "contract.create" {
		return false
	}
	for _, sp := range f.find('D') {
		if sp.off {
			return true
		}
	}
	return false
}

// houseOfContact reads the customer of a reminder from the foreign name of the company that its contact is of: 去车站接|TRUMPF|的Klaus.
func (f *frame) houseOfContact() bool {
	contact, _ := f.params["contact"].(string)
	j, _ := f.where(contact, nil)
	if f.action != "reminder.create" && f.action != "task.create" || f.has("customer") || contact == "" || j < 3 || !f.hasAt(j-1, "的") || !isAlnum(f.norm[j-2]) {
		return false
	}
	i := j - 1
	for i > f.start() && (isAlnum(f.norm[i-1]) || strings.ContainsRune("&.-", f.norm[i-1])) {
		i--
	}
	if j-1-i < 2 || !isLatin(f.norm[i]) || f.v.notNames[string(f.norm[i:j-1])] {
		return false
	}
	f.set("customer", f.said(i, j-1))
	return true
}

// calledByName reads who is to be reminded from what was left over between 提醒 and what is to be done, whatever the surname: 周五三点提醒|植家宝|交周报.
func (f *frame) calledByName() bool {
	content, _ := f.params["content"].(string)
	i, _ := f.where(content, nil)
	if f.action != "reminder.create" || f.has("assignee") || i < 0 {
		return false
	}
	k := i
	for k > f.start() && k > i-5 && f.at[k-1] == nil && isHan(f.norm[k-1]) && f.endsWith(k, f.start(), "提醒", "通知", "喊", "叫") == 0 {
		k--
	}
	if i-k < 2 || i-k > 3 || f.endsWith(k, f.start(), "提醒", "通知") == 0 || !f.free(k, i) || f.v.fillers.at(f.line, k) > 0 || f.v.openers.at(f.line, k) > 0 ||
		strings.ContainsAny(f.said(k, i), "我你他她们下声") || commonWords().has(wordKey(f.norm[k:i])) || f.verbAt(k) {
		return false
	}
	f.set("assignee", f.said(k, i))
	f.mark(k, i)
	return true
}

// metVerbs are what one does at the time that stands right before them.
var metVerbs = []string{"来电", "打来", "打了", "打电话", "微信", "电话", "联系", "拜访", "见", "聊", "加上微信", "加了微信", "加微信", "跟", "和", "去", "到", "在", "陪", "开会", "碰", "收到", "接到", "回访", "过来", "来我", "上门", "视频"}

// metThen reads when it was from a time that stands right before the verb of meeting and in no parameter: 蔺工今天上午来电话说他们换了采购系统.
func (f *frame) metThen() bool {
	if f.action != "activity.log" || f.has("at") {
		return false
	}
	content, _ := f.params["content"].(string)
	from := f.place(newLine(content))
	for _, sp := range f.scan.spans {
		if sp.kind != 'T' || !f.in(sp.i, sp.j) || sp.when.Repeat != "" || sp.when.Bad != "" || from >= 0 && sp.j > from {
			continue
		}
		return f.anyAt(f.skipSpace(sp.j, len(f.norm)), metVerbs...) > 0 && f.remember(sp)
	}
	return false
}

// whoSpeaks reads the contact of a report from a full name of three characters that opens one of its clauses, or follows 的, before what somebody
// says or does (…，万家宝说不急), whatever the surname.
func (f *frame) whoSpeaks() bool {
	if f.action != "activity.log" || f.has("contact") {
		return false
	}
	for _, p := range f.parts {
		for k := p.i; k+3 < p.j; k++ {
			if k > p.i && f.norm[k-1] != '的' && !isEdge(f.norm[k-1]) || f.at[k] != nil || !f.v.surnames[f.norm[k]] || f.v.compound.at(f.line, k) > 0 {
				continue
			}
			e := k + 3
			if f.anyAt(e, "说", "讲", "让我", "让咱", "带我", "表示", "反馈", "觉得", "答应", "回电", "回短信", "回微信", "提了", "嫌", "问我", "问能", "问有", "打来", "来电") == 0 {
				continue
			}
			if !isHan(f.norm[k+1]) || !isHan(f.norm[k+2]) || f.at[k+1] != nil || f.at[k+2] != nil || commonWords().has(wordKey(f.norm[k:k+2])) || commonWords().has(wordKey(f.norm[k+1:e])) || commonWords().has(wordKey(f.norm[k:e])) ||
				strings.ContainsAny(string(f.norm[k:e]), "他她它们我你的了个这那部组方家人") || f.v.titles.endsAt(f.line, k+1, e) > 0 || f.v.jobs.at(f.line, k) > 0 || f.v.suffixes.endsAt(f.line, k, e) > 0 {
				continue
			}
			if name := f.said(k, e); f.params["customer"] != name && !strings.Contains(f.carry, name) {
				f.set("contact", name)
				return true
			}
		}
	}
	return false
}

// labelledCustomer reads the customer of a ticket that a clause of its own names behind a label: 换屏要不要钱，客户：贺兰.
func (f *frame) labelledCustomer() bool {
	if f.action != "ticket.create" || f.has("customer") {
		return false
	}
	for _, p := range f.parts {
		n := f.anyAt(p.i, "客户:", "客户：", "客户名:", "客户名：")
		if n == 0 {
			continue
		}
		i, j := f.bare(p.i+n, p.j)
		if j-i < 2 || j-i > 12 || f.v.titles.endsAt(f.line, i, j) > 0 {
			continue
		}
		for k := i; k < j; k++ {
			if f.at[k] != nil && f.at[k].kind != 'C' || f.v.gaps.at(f.line, k) > 1 || hardStop(f.norm[k]) || f.norm[k] == ' ' || f.norm[k] == '的' {
				return false
			}
		}
		f.set("customer", f.said(i, j))
		f.nameI, f.nameJ = i, j
		return true
	}
	return false
}

// tidyTexts takes the customer's name off the head of what a ticket is about (逍遥游轮，客房空调不制冷), and what stands behind the closing
// quotation mark off what is looked for.
func (f *frame) tidyTexts() bool {
	customer, _ := f.params["customer"].(string)
	if text, ok := f.params["content"].(string); ok && f.action == "ticket.create" && customer != "" {
		rest, found := strings.CutPrefix(text, customer)
		if short := strings.TrimLeft(rest, "，,：: "); found && short != rest && utf8Len(short) >= 4 {
			f.set("content", short)
			return true
		}
	}
	if owner, _ := f.params["owner"].(string); strings.HasSuffix(f.action, ".list") && strings.ContainsAny(owner, "没未") { // 还有几张没关的工单
		delete(f.params, "owner")
		if p := f.parts[0]; !f.has("customer") {
			f.customerAt("customer", p.i, p.j)
		}
		return true
	}
	for _, param := range []string{"product", "gift"} {
		if text, ok := f.params[param].(string); ok && utf8Len(text) > 2 && strings.HasSuffix(text, "了") {
			f.set(param, strings.TrimSuffix(text, "了"))
			return true
		}
	}
	if reason, ok := f.params["reason"].(string); ok && (f.action == "deal.lose" || f.action == "ticket.escalate") {
		for _, w := range []string{"客户说", "对方说", "他们说", "人家说"} {
			if short, found := strings.CutPrefix(reason, w); found && utf8Len(short) >= 3 {
				f.set("reason", short)
				return true
			}
		}
	}
	if text, ok := f.params["query"].(string); ok {
		if k := strings.IndexAny(text, "”\""); k > 0 && strings.Count(text[:k], "“")+strings.Count(text[:k], "\"") == 0 && strings.Count(text[k+1:], "“") == 0 {
			f.set("query", text[:k])
			return true
		}
	}
	return false
}
