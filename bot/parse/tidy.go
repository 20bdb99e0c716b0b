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
		changed = f.tidyPronouns() || changed
		changed = f.labelledCustomer() || changed
		changed = f.metThen() || changed
		changed = f.tidyTexts() || changed
		changed = f.supposed() || changed
	}
	tidied = slices.Clone(frames[:0])
	for _, f := range frames {
		changed = f.handsTicket(tidied) || f.paysBefore(tidied) || f.listsToo(tidied) || changed
		if n := len(tidied); n > 0 && f.action == "deal.update" && tidied[n-1].action == "deal.create" && len(tidied[n-1].params) == 1 && tidied[n-1].params["customer"] == f.params["customer"] && tidied[n-1].before("那个商机", "这个商机", "那单商机", "那条商机", "那个单子") >= 0 { // 株洲钻石那个商机，一百零八万
			tidied, changed = tidied[:n-1], true
		}
		if kept := f.searchedFor(tidied); len(kept) < len(tidied) {
			tidied, changed = kept, true
		}
		if writes(f.action) && slices.ContainsFunc(tidied, f.orders) || f.birthdayReason(tidied) { // 商机把握八成，概率给80%
			changed = true
			continue
		}
		tidied = append(tidied, f)
	}
	return tidied, changed
}

// orders reports whether the other frame orders just the same.
func (f *frame) orders(other *frame) bool {
	return f.action == other.action && len(f.params) > 1 && reflect.DeepEqual(f.params, other.params)
}

// doings are English verbs that a name takes in where Chinese goes on behind them: BYD move到…, Zara place了…
var doings = []string{" move", " place", " placed", " push", " check", " update", " close", " add", " assign", " sign", " change", " order"}

// tidyNames takes particles in front of a customer's name, an English verb behind it, the verb behind a colleague's and 就写 before a reason; what is no
// name at all (够的话, 处理完了) is none.
func (f *frame) tidyNames() (changed bool) {
	if name, ok := f.params["customer"].(string); ok {
		short := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(name, "了 "), "的"), " ")
		if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i {
			for _, verb := range doings {
				if j < len(f.norm) && isHan(f.norm[j]) {
					short = strings.TrimSuffix(short, verb)
				}
			}
			short = f.withoutErrand(short)
			if n := j - i; n >= 3 && strings.ContainsRune("发送寄补加扣", f.norm[j-1]) && j < len(f.norm) && (f.norm[j] == ' ' || isDigit(f.norm[j])) && f.person(i, j-1) == j-1 && f.v.compound.at(f.line, i) > 0 { // 给夏侯静|发 68折券
				short = string([]rune(name)[:n-1])
			}
			if whole := f.withSuffix(i, j); short == name && whole != "" {
				short = whole
			}
			if slices.Contains([]string{"to", "for", "the"}, short) || strings.HasSuffix(short, "的话") || strings.HasSuffix(short, "完了") {
				short = f.carry
			}
			switch {
			case short == name:
			case short == "":
				delete(f.params, "customer")
				changed = true
			default:
				f.set("customer", short)
				changed = true
			}
		}
	}
	if reason, ok := f.params["reason"].(string); ok {
		if said, found := strings.CutPrefix(reason, "就写"); found && said != "" {
			f.set("reason", said)
			changed = true
		}
	}
	for _, param := range []string{"owner", "assignee"} {
		name, ok := f.params[param].(string)
		if n := []rune(name); ok && len(n) == 4 && f.v.surnames[n[0]] && strings.ContainsRune("接养跟管弄来做", n[3]) {
			if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i && f.v.compound.at(f.line, i) == 0 {
				f.set(param, string(n[:3]))
				changed = true
			}
		}
	}
	return changed
}

// withSuffix gives the whole name where the ending of a company stands between what was taken for it and the field that changes:
// 海纳|设备|地址改成….
func (f *frame) withSuffix(i, j int) string {
	field, _ := f.params["field"].(string)
	if f.action != "customer.update" || i < 0 || j >= len(f.norm) || field == "" {
		return ""
	}
	k := j + max(f.v.suffixes.at(f.line, j), f.anyAt(j, "设备", "器材", "材料", "配件", "五金"))
	e := k
	if f.hasAt(e, "的") {
		e++
	}
	if k-j < 2 || f.anyAt(e, field, strings.TrimPrefix(field, "客户"), "地址", "电话", "级别", "行业", "规模", "来源", "邮箱", "网址", "备注", "生日", "联系") == 0 {
		return ""
	}
	return f.said(i, k)
}

// errands are verbs of one character for what is done for a customer, and errandThings what is done so with, of one character.
const (
	errands      = "寄订买装办拿看选挑取借还换拆补交递捎送改修做配带"
	errandThings = "花卡章厂货钱票饭酒茶车样料人房单礼药门灯"
)

// withoutErrand cuts what is to be done for the customer off the name, where both are said in one breath: 给云帆|寄月饼, 陪海纳|看厂.
func (f *frame) withoutErrand(name string) string {
	r := []rune(name)
	i, j := f.where(name, nil)
	if len(r) < 4 || i < 1 || j <= i || !f.has("content") || !strings.ContainsRune("给陪帮替为约找去跟和", f.norm[i-1]) {
		return name
	}
	for k := 2; k+1 < len(r); k++ {
		if !strings.ContainsRune(errands, r[k]) || commonWords().has(wordKey(r[k:min(len(r), k+4)])) {
			continue
		}
		if f.shaped(i, j) && !(strings.ContainsRune("寄订买送", r[k]) && f.v.suffixes.endsAt(f.line, i, j) <= len(r)-k-1 || r[k] == '看' && len(r) == k+2 || f.anyAt(i+k, "装软件", "装系统", "装空调", "装监控") > 0) {
			continue // 优装家居 is named so
		}
		if rest := r[k+1:]; len(rest) == 1 && strings.ContainsRune(errandThings, rest[0]) || len(rest) > 1 && len(rest) < 4 && CommonNoun(rest) {
			return string(r[:k])
		}
	}
	return name
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
	f.set("customer", f.carry)
	return true
}

// searchedFor drops the search that only said whom this order is for: 买满10次的会员，“老板俱乐部”旅程给他们开起来.
func (f *frame) searchedFor(before []*frame) []*frame {
	n := len(before)
	if n == 0 || before[n-1].action != "customer.search" || f.action != "journey.start" && f.action != "coupon.send" || !reflect.DeepEqual(before[n-1].params["filter"], f.params["filter"]) {
		return before
	}
	for _, p := range before[n-1].parts {
		if hasAny(p.text, []string{"查", "找", "看", "列", "筛", "搜", "哪", "谁", "名单", "多少", "几", "拉", "捞", "调", "导", "圈", "挑", "选"}) {
			return before
		}
	}
	return before[:n-1]
}

// handsTicket makes of a transfer of 它 behind an order about a ticket that the ticket is handed on: 天府店的工单列出来，再把它转给机电组.
func (f *frame) handsTicket(before []*frame) bool {
	n := len(before)
	if n > 0 && f.action == "lead.assign" && !f.has("lead") && !f.has("customer") && strings.HasPrefix(before[n-1].action, "ticket.") && before[n-1].has("ticket") && f.before("线索") < 0 { // 2240号工单回复客户…，然后指派给计量组
		f.action = "ticket.assign"
		f.params = map[string]any{"assignee": f.params["owner"], "ticket": before[n-1].params["ticket"]}
		return true
	}
	if n == 0 || f.action != "customer.transfer" || !strings.HasPrefix(before[n-1].action, "ticket.") || f.before("它", "这张", "那张") < 0 || f.params["customer"] != before[n-1].params["customer"] && f.has("customer") {
		return false
	}
	f.action = "ticket.assign"
	f.params = map[string]any{"assignee": f.params["owner"]}
	for _, name := range []string{"ticket", "customer"} {
		if v, ok := before[n-1].params[name]; ok {
			f.params[name] = v
			break
		}
	}
	return true
}

// listsToo gives a list that is asked for 也 the customer of the list before it: 鲜丰目前有哪些商机，没关的工单也列一下.
func (f *frame) listsToo(before []*frame) bool {
	n := len(before)
	if n == 0 || !strings.HasSuffix(f.action, ".list") || !strings.HasSuffix(before[n-1].action, ".list") || f.has("customer") || f.has("owner") || !before[n-1].has("customer") || f.before("也", "他家", "他们家") < 0 || f.before("我") >= 0 {
		return false
	}
	f.set("customer", before[n-1].params["customer"])
	return true
}

// paysBefore gives a deal that was won the amount said right behind it, before the order for its contract: 拿下了！83万5千 顺手把合同建了.
func (f *frame) paysBefore(before []*frame) bool {
	n := len(before)
	if n == 0 || f.action != "contract.create" || before[n-1].action != "deal.win" || before[n-1].has("amount") || !f.has("amount") || f.hit.phrase < 0 {
		return false
	}
	for _, sp := range f.scan.spans {
		if sp.kind != 'M' || yuan(sp.money.Yuan) != f.params["amount"] || sp.j >= f.hit.i {
			continue
		}
		for k := sp.j; k < f.hit.i; k++ {
			if f.anyAt(k, "，", ",", "。", "!", "！", " ", "顺手", "顺便", "再", "另外", "然后") > 0 || !isHan(f.norm[k]) && !isAlnum(f.norm[k]) {
				before[n-1].set("amount", f.params["amount"])
				delete(f.params, "amount")
				return true
			}
		}
	}
	return false
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

// birthdayReason gives points the reason that was taken for a birthday: 加50积分，生日补偿.
func (f *frame) birthdayReason(before []*frame) bool {
	value, _ := f.params["value"].(string)
	n := len(before)
	if f.action != "customer.update" || f.params["field"] != "生日" || value == "" || strings.ContainsAny(value, "0123456789一二三四五六七八九十") || n == 0 || before[n-1].action != "points.adjust" && before[n-1].action != "coupon.send" {
		return false
	}
	if last := before[n-1]; !last.has("reason") && last.action == "points.adjust" {
		last.set("reason", "生日"+value)
	}
	return true
}

// supposes are words with which somebody only supposes, or tells what nearly happened.
var supposes = []string{"可能会", "可能要", "也许会", "也许要", "说不定", "没准", "怕是要", "恐怕要", "差点就", "差点", "差一点", "险些"}

// supposed makes a note of what is only supposed of a deal, or nearly happened: 云帆可能会涨到50万, 云帆差点就签了.
func (f *frame) supposed() bool {
	switch f.action {
	case "deal.update", "deal.win", "deal.lose", "payment.record", "order.create":
	default:
		return false
	}
	customer, _ := f.params["customer"].(string)
	if customer == "" || f.has("deal") {
		return false
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j && k < p.i+14; k++ {
			if f.anyAt(k, supposes...) == 0 {
				continue
			}
			if f.hit.phrase >= 0 && f.hit.j <= k { // 推进到谈判，可能会降到30万
				for _, sp := range f.scan.spans {
					if sp.kind == 'M' && sp.i > k && sp.j <= p.j && f.params["amount"] == yuan(sp.money.Yuan) && len(f.params) > 2 {
						delete(f.params, "amount")
						return true
					}
				}
				continue
			}
			for _, w := range supposes {
				customer = strings.TrimSuffix(customer, w)
			}
			if i := f.place(newLine(customer)); utf8Len(customer) < 2 || i < 0 || i > k {
				return false
			}
			f.action, f.params, f.doubt = "activity.log", map[string]any{"customer": customer, "content": f.said(k, f.end())}, 1
			return true
		}
	}
	return false
}
