package parse

// What an order means beside those before it, once all of the message is read.

import (
	"reflect"
	"slices"
	"strings"
)

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

// aboutCustomers are the kinds of records that are of a customer.
var aboutCustomers = []string{"ticket.", "task.", "reminder.", "deal.", "contract.", "quote.", "order.", "activity.", "payment.", "contact."}

// labels reports whether what reads as a new customer is the label that says whom the orders before are about, and gives it to them: 建个任务：整理合同，客户：云帆科技.
func (f *frame) labels(before []*frame) (said bool) {
	if f.action != "customer.create" || len(f.params) != 1 || !f.has("customer") || len(f.parts) == 0 || f.anyAt(f.parts[0].i, "客户:", "客户：", "客户名:", "客户名：") == 0 {
		return false
	}
	for _, b := range before {
		about := slices.ContainsFunc(aboutCustomers, func(kind string) bool { return strings.HasPrefix(b.action, kind) })
		if about && !b.has("customer") && recordOf[b.action] == "" {
			b.set("customer", f.params["customer"])
			b.nameI, b.nameJ = f.nameI, f.nameJ
			said = true
		}
	}
	return said
}

// handsTicket makes of a transfer of 它 behind an order about a ticket that the ticket is handed on: 天府店的工单列出来，再把它转给机电组.
func (f *frame) handsTicket(before []*frame) bool {
	n := len(before)
	if n > 0 && f.action == "lead.assign" && !f.has("lead") && !f.has("customer") && strings.HasPrefix(before[n-1].action, "ticket.") && before[n-1].has("ticket") && f.before("线索") < 0 { // 2240号工单回复客户…，然后指派给计量组
		f.action = "ticket.assign"
		f.params = map[string]any{"assignee": f.params["owner"], "ticket": before[n-1].params["ticket"]}
		return true
	}
	if n > 0 && f.action == "customer.transfer" && before[n-1].action == "lead.convert" && before[n-1].has("lead") && !f.has("customer") { // 线索1190转化一下，再转给我
		f.action = "lead.assign"
		f.params = map[string]any{"owner": f.params["owner"], "lead": before[n-1].params["lead"]}
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

// ownersTicket takes the colleague whom a new ticket is 转给 in a clause of its own for who is to see to it: 建一张工单，乐活瑜伽馆，小程序打不开，转给研发部.
func (f *frame) ownersTicket(before []*frame) bool {
	n := len(before)
	if n == 0 || f.action != "customer.transfer" || before[n-1].action != "ticket.create" || before[n-1].has("assignee") || f.params["customer"] != before[n-1].params["customer"] || f.before("客户", "这家", "以后") >= 0 {
		return false
	}
	name, _ := f.params["customer"].(string)
	if i, _ := f.where(name, nil); name != "" && i >= f.start() && f.in(i, i+1) { // it names the customer itself
		return false
	}
	before[n-1].set("assignee", f.params["owner"])
	return true
}

// ofTickets makes of the assignment of a bare number that of a ticket where tickets are all that the message speaks of: #1710分给老靳，#1711…升级给品质部.
func (f *frame) ofTickets(frames []*frame) bool {
	if f.action != "lead.assign" || !f.has("lead") || len(frames) < 2 || f.before("线索", "lead") >= 0 {
		return false
	}
	for _, g := range frames {
		if g != f && (!strings.HasPrefix(g.action, "ticket.") || !g.has("ticket")) {
			return false
		}
	}
	f.action = "ticket.assign"
	f.params = map[string]any{"assignee": f.params["owner"], "ticket": f.params["lead"]}
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
