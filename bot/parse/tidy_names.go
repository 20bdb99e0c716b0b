package parse

import (
	"slices"
	"strings"
)

// doings are English verbs that a name takes in where Chinese goes on behind them: BYD move到…, Zara place了…
var doings = []string{" move", " place", " placed", " push", " check", " update", " close", " add", " assign", " sign", " change", " order"}

// tidyNames takes particles in front of a customer's name, an English verb behind it, the verb behind a colleague's and 就写 before a reason; what is no
// name at all (够的话, 处理完了) is none.
func (f *frame) tidyNames() (changed bool) {
	for _, param := range []string{"reason", "resolution", "product", "next", "gift"} { // the customer is none of these
		if said, ok := f.params[param].(string); ok && said == f.params["customer"] {
			if f.carry != "" && f.carry != said { // …的权总开完会，…，顺便建个商机 吉祥物设计
				f.set("customer", f.carry)
			} else {
				delete(f.params, param)
			}
			changed = true
		}
	}
	if name, ok := f.params["customer"].(string); ok {
		short := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(name, "了 "), "的"), " ")
		if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i {
			for _, verb := range doings {
				if j < len(f.norm) && isHan(f.norm[j]) {
					short = strings.TrimSuffix(short, verb)
				}
			}
			short = f.withoutErrand(f.withoutAddress(short))
			if n := j - i; n >= 3 && strings.ContainsRune("发送寄补加扣", f.norm[j-1]) && j < len(f.norm) && (f.norm[j] == ' ' || isDigit(f.norm[j])) && f.person(i, j-1) == j-1 && f.v.compound.at(f.line, i) > 0 { // 给夏侯静|发 68折券
				short = string([]rune(name)[:n-1])
			}
			if f.action == "ticket.create" {
				for _, kind := range []string{"咨询", "投诉", "报修", "反馈", "反映", "求助", "来电"} {
					if rest, found := strings.CutSuffix(short, kind); found && utf8Len(rest) > 1 && !f.edge(j) {
						short = rest
					}
				}
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
	if name, ok := f.params["customer"].(string); ok && (f.action == "task.create" || f.action == "reminder.create") && name != f.carry && ownShop(name) {
		if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i {
			delete(f.params, "customer")
			changed = true
		}
	}
	if name, ok := f.params["customer"].(string); ok && f.action == "customer.merge" {
		if utf8Len(name) < 2 {
			delete(f.params, "customer")
			changed = true
		} else if short := mergedName(name); short != name {
			f.set("customer", short)
			changed = true
		}
	}
	if f.action == "customer.merge" && f.params["customer"] == f.params["into"] { // nothing goes into itself
		delete(f.params, "customer")
		changed = true
	}
	if reason, ok := f.params["reason"].(string); ok {
		if said, found := strings.CutPrefix(reason, "就写"); found && said != "" {
			f.set("reason", said)
			changed = true
		}
	}
	for _, param := range []string{"owner", "assignee"} {
		name, ok := f.params[param].(string)
		if n := []rune(name); ok && len(n) == 4 && f.v.surnames[n[0]] && strings.ContainsRune("接养跟管弄来做审", n[3]) {
			if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i && (f.v.compound.at(f.line, i) == 0 || n[3] == '审') {
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

// mergedName is the name of who goes into another without what is told of it: 系统里有两个合并传媒把|合并传媒2, 瑞丰粮油|这条重了.
func mergedName(name string) string {
	short := name
	if k := strings.LastIndex(short, "把"); k > 0 && utf8Len(short[k+len("把"):]) > 1 {
		short = short[k+len("把"):]
	}
	for _, w := range []string{"这个客户", "那个客户", "这条", "那条", "录重", "建重", "重复", "重了", "也在"} {
		if k := strings.Index(short, w); k > 0 && utf8Len(short[:k]) > 1 {
			short = short[:k]
		}
	}
	for _, w := range []string{"客户", "重复", "去重", "了", "的", " "} {
		if rest, found := strings.CutPrefix(short, w); found && utf8Len(rest) > 1 {
			short = rest
		}
	}
	return short
}

// withoutAddress cuts what was said to the bot off the head of a name, and 他们 or 那边 off its tail: 帮我|云帆, 云帆|那边. Nothing is left of 麻烦.
func (f *frame) withoutAddress(name string) string {
	short := name
	for _, w := range []string{"帮我", "帮忙", "麻烦", "你好", "您好", "对了", "再就是", "再"} {
		rest, found := strings.CutPrefix(short, w)
		if found && utf8Len(rest) != 1 && !hasPrefix(rest, "生", "来", "回首", "见") && f.v.suffixes.endsAt(newLine(rest), 0, utf8Len(rest)) < max(1, utf8Len(rest)) {
			short = rest
		}
	}
	if i, _ := f.where(name, nil); strings.HasPrefix(short, "我") && i > 0 && f.norm[i-1] == '帮' && utf8Len(short) > 2 {
		short = strings.TrimPrefix(short, "我")
	}
	for _, w := range []string{"他们", "她们", "那边", "这边"} {
		if rest, found := strings.CutSuffix(short, w); found && utf8Len(rest) > 1 && !strings.HasSuffix(rest, "你") {
			short = rest
		}
	}
	return strings.TrimLeft(short, " ，,把将")
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

// ownShop reports whether a name only says in which street a shop is: it is one of the house's own (把春熙路店的价签换完).
func ownShop(name string) bool {
	for _, end := range []string{"路店", "路分店", "路门店"} {
		if street, found := strings.CutSuffix(name, end); found {
			return utf8Len(street) <= 3
		}
	}
	return false
}
