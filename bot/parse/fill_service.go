package parse

import (
	"slices"
	"strings"
)

// ticketCreate reads a new ticket: who, what, of which kind, how urgent, for whom.
func (f *frame) ticketCreate() {
	f.markAll("内容是", "内容:", "内容：")
	f.priority()
	f.ticketAssignee()
	f.kind()
	f.markHit()
	for _, p := range f.parts {
		if len(p.hits) > 0 && p.hits[0].action == "ticket.create" {
			f.markWords(p, "工单", "建个", "建一个", "开个", "立个", "提个", "新建", "建", "开", "登记", "一张", "一个", "张", "个", "先", "给他", "给她", "帮忙", "帮我", "麻烦", "类")
		}
	}
	f.ticketCustomer()
	f.ticketContact()
	f.ticketContent()
}

// ticketContact reads the contact behind its label.
func (f *frame) ticketContact() {
	for _, label := range []string{"联系人是", "联系人叫", "联系人:", "联系人"} {
		if i := f.before(label); i >= 0 {
			k := f.skipSpace(i+utf8Len(label), f.limit(i))
			if e := f.person(k, f.limit(i)); e > k {
				f.set("contact", f.said(k, e))
				f.mark(i, e)
				return
			}
		}
	}
}

// markWords marks words at the edges of a clause's unused text.
func (f *frame) markWords(p *clause, words ...string) {
	for k := p.i; k < p.j; k++ {
		if f.used[k] || f.at[k] != nil {
			continue
		}
		n := f.anyAt(k, words...)
		if n > 0 && (k == p.i || f.used[k-1] || !isHan(f.norm[k-1])) && (k+n >= p.j || f.used[k+n] || !isHan(f.norm[k+n])) {
			f.mark(k, k+n)
		}
	}
}

func (f *frame) priority() {
	t := f.v.terms["priority"]
	for _, p := range f.parts {
		if n := f.anyAt(p.i, "急急急", "挺急的", "很急的", "有点急", "比较急", "挺急", "急死了", "急得很", "急"); n > 0 && p.i+n == p.j { // a clause of its own
			f.set("priority", f.v.terms["priority"].name["加急"])
			f.mark(p.i, p.j)
			return
		}
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			name, n := t.at(f.line, k)
			if n == 0 || k+n > p.j {
				continue
			}
			led, lead := 0, 0
			for _, w := range []string{"优先级是", "优先级为", "优先级:", "优先级：", "优先级设成", "优先级设为", "优先级调", "优先级", "优先级 ", "优先级: ", "优先级： ", "优先级→", "priority ", "priority:", "priority：", "priority是", "priority", "级别", "标", "设为", "算", "比较", "很", "按"} {
				if x := utf8Len(w); k-x >= p.i && f.hasAt(k-x, w) && x > led {
					led = x
				}
			}
			lead = led
			e := k + n
			tail := f.anyAt(e, "优先级的", "优先级", "工单", "的工单", "处理", "级别", "件")
			single := n <= 2 && (name == "高" || name == "低" || name == "普通") && utf8Len(string(f.norm[k:e])) <= 2
			if single && led == 0 && f.anyAt(e, "优先级") == 0 && n == 1 {
				continue
			}
			if name == "普通" && n == 2 && led == 0 && f.anyAt(e, "优先级", "工单", "的工单") == 0 {
				continue
			}
			if f.anyAt(e, "优先级") == 0 {
				tail = 0
			} else {
				tail = f.anyAt(e, "优先级的", "优先级")
			}
			f.set("priority", name)
			f.mark(k-lead, e+tail)
			return
		}
	}
}

// ticketAssignee reads 给研发部, 派给老黄, 让售后处理 behind the trouble.
func (f *frame) ticketAssignee() {
	for n := len(f.parts) - 1; n >= 0; n-- {
		p := f.parts[n]
		for k := p.j - 1; k >= p.i; k-- {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			if k > p.i && f.hasAt(k, "给") && f.anyAt(k-1, "派", "分", "交", "转", "指", "丢") > 0 {
				k--
			}
			m := f.anyAt(k, "分配给", "指派给", "安排给", "派给", "分给", "交给", "转给", "指给", "给到", "给", "让", "由", "请", "安排", "处理人是", "处理人", "负责人是", "负责人", "指给", "指派", "派")
			if m > 1 {
				m += f.anyAt(k+m, ":", "：")
			}
			if m == 0 {
				continue
			}
			i := k + m
			who, e := "", i
			if a, b := f.ofTeam(f.skipSpace(i, p.j), p.j); b > a {
				who, e = f.said(a, b), b
			} else if j := f.team(f.skipSpace(i, p.j), p.j); j > i {
				who, e = f.said(i, j), j
			} else if j := f.person(f.skipSpace(i, p.j), p.j); j > i && f.colleagueName(f.skipSpace(i, p.j), j) {
				who, e = f.said(i, j), j
			} else if w := f.anyAt(i, "我"); w > 0 && (m >= 2 || f.hasAt(k, "给") && (i+w >= p.j || isEdge(f.norm[i+w]))) {
				who, e = "me", i+w
			} else if f.anyAt(k, "让", "安排", "派", "请") > 0 {
				if w, x := f.colleagueBeforeContent(i, p.j); w != "" {
					who, e = w, x
				}
			}
			if who == "" {
				continue
			}
			tail := f.anyAt(e, "来处理一下", "去处理一下", "来处理", "去处理", "处理一下", "处理", "跟进一下", "跟进", "负责", "去看看", "看一下", "看看", "去修", "上门", "去一趟", "接", "跟", "来")
			rest := e + tail
			if rest < p.j && isHan(f.norm[rest]) && f.hasAt(k, "给") && m == 1 { // 给老黄打电话 is content
				continue
			}
			if m == 1 && f.anyAt(k, "让", "请", "由", "派") > 0 && tail == 0 && !(k == p.i && e >= p.j && f.team(f.skipSpace(i, p.j), p.j) == e) { // …，派技术部
				continue
			}
			f.set("assignee", who)
			f.mark(k, min(rest, p.j))
			return
		}
	}
}

func (f *frame) skipSpace(i, limit int) int {
	for i < limit && (f.norm[i] == ' ' || f.norm[i] == '@') {
		i++
	}
	return i
}

// kind reads the kind of a ticket: behind a label or before 工单 for sure, anywhere else by its own words.
func (f *frame) kind() {
	t := f.v.terms["kind"]
	best, bi, bj, rank := "", 0, 0, 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			name, n := t.at(f.line, k)
			if n == 0 || k+n > p.j {
				continue
			}
			r := 1
			e := k + n
			if f.anyAt(e, "工单", "类工单", "单", "的工单", "类") > 0 && f.anyAt(e, "单价", "单位") == 0 {
				r = 4
			} else if f.has("priority") && f.used[min(e, len(f.norm)-1)] {
				r = 3
			}
			for _, w := range []string{"类型是", "类型:", "类型：", "类型", "类别", "算", "属于", "按"} {
				if x := utf8Len(w); k-x >= p.i && f.hasAt(k-x, w) {
					r = 4
				}
			}
			if r == 1 {
				if n >= 2 && name == string(f.norm[k:e]) && (e >= p.j || !isHan(f.norm[e]) || f.anyAt(e, "说", "：", "我们", "了", "称", "：") > 0) {
					r = 3
				} else if f.anyAt(k, "报修", "报障", "客诉", "退货", "换货", "退换货", "保修", "上门修") > 0 {
					r = 2
					if k == p.i && e >= p.j {
						r = 3
					}
				} else if name != string(f.norm[k:e]) || name == "其他" || name == "咨询" {
					if name == "其他" {
						continue
					}
					r = 1
				} else {
					r = 2
				}
			}
			if r > rank {
				best, bi, bj, rank = name, k, e, r
			}
		}
	}
	if best == "" {
		return
	}
	f.set("kind", best)
	if rank >= 3 {
		e := bj
		if n := f.anyAt(e, "类工单", "工单", "类", "单"); n > 0 && rank == 4 {
			e += n
		}
		if rank == 4 || f.hasAt(bj, "，") || e >= f.limit(bi) || isEdge(f.norm[e]) || f.anyAt(e, "说", "称") > 0 {
			for _, w := range []string{"类型是", "类型:", "类型：", "类型", "算", "属于", "按"} {
				f.markBefore(bi, w)
			}
			f.mark(bi, e)
		}
	}
}

// ticketCustomer finds who has the trouble: a company, or a person who is addressed politely; who speaks for a company
// is the contact.
func (f *frame) ticketCustomer() {
	f.id("ticket")
	delete(f.params, "ticket")
	f.otherIDs = nil
	f.ticketPerson()
	if p := f.parts[0]; !f.has("customer") { // a protected name that opens the message is surer than any other
		if i := f.skip(p.i, p.j); i < p.j && f.at[i] != nil && f.at[i].kind == 'C' {
			f.customerAt("customer", i, p.j)
		}
	}
	f.caller()
	if !f.has("customer") {
		f.customer("customer")
	}
	f.beforeTrouble()
	if c, ok := f.params["customer"].(string); ok && !f.private(c) {
		l := newLine(c)
		if i := f.place(l); i >= 0 && !(f.plausibleCustomer(c) && f.v.terms["kind"].find.at(f.line, i) == 0 && (f.nameScore(i, i+len(l.norm)) >= 0 || f.anyAt(i+len(l.norm), "的", "那边", "这边", "那台", "家的") > 0)) {
			delete(f.params, "customer")
			delete(f.params, "contact")
			f.unmarkName(i)
		}
	}
	if f.has("customer") && !f.has("contact") {
		if c, i, j := f.people(); c != "" && c != f.params["customer"] && c != f.params["assignee"] && (i == 0 || !strings.ContainsRune("派给让找由交", f.norm[i-1])) {
			f.set("contact", c)
			if !f.hasAt(j, "说") && i > 0 && (f.used[i-1] || f.norm[i-1] == ' ') && !f.speaks(j) {
				f.mark(i, j)
			}
		}
	}
	f.markWordsBefore("客户", "顾客", "会员", "用户", "给", "帮", "替")
	f.markAll("登一个", "登个", "开一个", "建一个", "提一个", "立一个", "建工单", "开工单", "提工单", "立工单", "报工单", "开个工单", "建个工单", "提个工单", "立个工单", "开一个工单", "建一个工单")
	f.markLone("开单", "建单", "立单", "登记", "客户是", "客户")
}

// caller takes who opens the message and reports the trouble as the contact, when no customer is named: 小宋报修，…; 罗姐打电话来说….
func (f *frame) caller() {
	p := f.parts[0]
	i := f.skip(p.i, p.j)
	if f.has("customer") || f.has("contact") || i >= p.j || f.at[i] != nil {
		return
	}
	e := f.person(i, p.j)
	if e <= i || !f.addressed(i, e) || f.params["assignee"] == f.said(i, e) {
		return
	}
	if f.anyAt(e, "报修", "报障", "投诉", "反映", "反馈", "来电", "打电话", "打来", "说", "来报") > 0 {
		f.set("contact", f.said(i, e))
		f.mark(i, e)
	}
}

// beforeTrouble cuts the customer's name before a word for the kind of trouble: 信达|投诉物流太慢.
func (f *frame) beforeTrouble() {
	c, _ := f.params["customer"].(string)
	i := f.place(newLine(c))
	j := i + utf8Len(c)
	for k := i + 2; i >= 0 && k < j; k++ {
		if n := f.v.terms["kind"].find.at(f.line, k); n > 0 && f.v.suffixes.endsAt(f.line, i, j) != j-k {
			f.set("customer", f.said(i, k))
			f.unmarkName(k + n)
			return
		}
	}
}

// ticketPerson reads a private person as the customer: 欧女士家洗碗机漏水.
func (f *frame) ticketPerson() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil || k > p.i && isHan(f.norm[k-1]) && !f.used[k-1] && !strings.ContainsRune("给帮是替", f.norm[k-1]) && !f.hasAt(max(0, k-2), "客户") {
				continue
			}
			e := f.person(k, p.j)
			if e <= k || !f.private(f.said(k, e)) || f.hasAt(max(0, k-3), "联系人") {
				continue
			}
			f.set("customer", f.said(k, e))
			f.mark(k, e)
			f.mark(e, e+f.anyAt(e, "那边的", "那边", "家里的", "家里", "家的", "家", "的"))
			f.markBefore(k, "给")
			f.markBefore(k, "客户是")
			return
		}
	}
}

// markWordsBefore marks the words where what follows them is used: 客户|云帆.
func (f *frame) markWordsBefore(words ...string) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if n := f.anyAt(k, words...); n > 0 && k+n < p.j && f.used[k+n] && f.free(k, k+n) {
				f.mark(k, k+n)
			}
		}
	}
}

// private reports whether a name is a person's with a polite form of address (黎女士), not a company's.
func (f *frame) private(name string) bool {
	l := newLine(name)
	n := f.v.titles.endsAt(l, 1, len(l.norm))
	return n > 0 && len(l.norm)-n <= 2 && hasAny(string(l.norm), []string{"女士", "先生", "小姐", "太太", "阿姨", "大爷", "大姐", "大哥", "大叔", "大妈", "奶奶", "爷爷"})
}

// unmarkName frees a name that turned out to be none.
func (f *frame) unmarkName(i int) {
	for k := i; k < f.limit(i) && f.used[k]; k++ {
		f.used[k] = false
	}
}

// plausibleCustomer refuses words of trouble as the name of a customer.
func (f *frame) plausibleCustomer(name string) bool {
	l := newLine(name)
	text := string(l.norm)
	if f.v.suffixes.endsAt(l, 0, len(l.norm)) > 0 || f.v.places.endsAt(l, 0, len(l.norm)) > 0 {
		return true
	}
	if hasAny(text, []string{"系统", "设备", "机器", "打印", "软件", "短信", "验证", "登录", "页面", "发票", "账号", "密码", "空调", "电梯", "门锁", "后台", "网络", "服务器", "快递", "屏", "电脑", "按钮", "数据", "接口", "客户", "用户", "水", "灯", "一直", "导出", "加急", "紧急", "收不到", "扫码", "耗材", "配件", "小程序", "app", "支付", "订单", "物流", "前台", "门口", "大厅", "走廊", "会议室", "楼道", "车间", "收银", "充电", "电池", "主机", "滤芯", "净水", "遥控", "摄像", "蓝牙", "wifi"}) {
		return false
	}
	return len(l.norm) <= 8
}

// ticketContent is what remains: the trouble itself.
func (f *frame) ticketContent() {
	text, i, j := f.remainder()
	if text == "" {
		return
	}
	for i < j {
		m := f.anyAt(i, "客户投诉", "用户投诉", "投诉我们", "我们", "反映说", "反馈说", "来电说", "打电话来说", "打电话说", "来电话说", "微信说", "过来说", "那边说", "报修说", "投诉说", "打电话来", "来电反映", "反映", "那边", "这边", "有个客户咨询", "有客户咨询", "客户咨询", "有个顾客咨询", "有人咨询", "有个会员咨询", "会员咨询", "顾客咨询", "有个客户问", "有客户问", "有个客户反映", "有客户反映", "有个客户投诉", "有客户投诉", "有个客户说", "有客户说", "有个顾客", "顾客说", "顾客反映", "顾客投诉", "顾客", "客户投诉说", "客户反映说", "客户反映", "客户反馈", "客户说", "用户反馈", "用户反映", "用户说", "咨询的是", "投诉的是", "反映的是", "原因是", "情况是", "说是", "说", "内容是", "内容:", "内容：", "内容", "问题是", "问题:", "问题：", "的", "：", ":", "，", ",", " ", "因为", "记录", "描述", "反馈", "了")
		if m == 0 || f.anyAt(i, "说明书", "问题多") > 0 || i+m >= j {
			break
		}
		i += m
	}
	for j > i {
		cut := 0
		for _, t := range []string{"，故障类", "，投诉类", "，咨询类", "，维修类", "，退换类", "，其他类", "，故障", "，投诉", "，咨询", "，维修", "，退换", " 故障类", " 投诉类", " 咨询类", " 维修类", "，建个工单", "，开个工单", "，麻烦处理", "，请处理", "，求处理", "，帮忙看看", "的", "，", " ", "即可", "就行", "就好", "那边", "急", "很急", "挺急", "挺急的", "催得急", "赶紧", "尽快处理", "尽快", "帮忙", "一下", "麻烦", "先", "请"} {
			if n := utf8Len(t); j-n > i && f.hasAt(j-n, t) && n > cut {
				cut = n
			}
		}
		if cut == 0 {
			break
		}
		j -= cut
	}
	if text = f.text(i, j); text != "" && !slices.Contains([]string{"吧", "呗", "啊", "哈", "呀", "哦", "了", "嘛", "一下", "一下吧", "好了"}, text) {
		f.set("content", text)
	}
}

// ticketEscalate reads which ticket, to whom, and why.
func (f *frame) ticketEscalate() {
	f.id("ticket")
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "升级到", "升级至", "升级给", "升至", "上报至", "升给", "升到", "上升到", "上报给", "上报到", "提给", "转给", "交给", "给", "到", "找", "让", "请")
			if n == 0 || f.has("to") {
				continue
			}
			who, e := f.colleague(k+n, p.j)
			if x := f.job(k+n, p.j); x > k+n && f.anyAt(x, "那儿", "那里", "那边", "这边") > 0 { // 升到研发总监那儿
				who, e = f.said(k+n, x), x
			}
			if who == "" && n > 1 { // 升级到售后组长
				for x := k + n + 2; x <= k+n+6 && x <= p.j; x++ {
					if (x == p.j || isEdge(f.norm[x])) && f.anyAt(x-2, "组长", "队长", "班长", "主管", "经理", "总监", "主任", "站长", "店长") > 0 && f.free(k+n, x) {
						who, e = f.said(k+n, x), x
					}
				}
			}
			if who == "" || f.anyAt(k+n, "他", "她", "它", "客户", "对方", "那儿", "那里", "那边") > 0 {
				continue
			}
			if n == 1 && f.person(f.skipSpace(k+n, p.j), p.j) <= k+n && f.team(f.skipSpace(k+n, p.j), p.j) <= k+n && f.v.jobs.at(f.line, k+n) < 3 {
				continue
			}
			f.set("to", who)
			f.mark(k, e)
			f.mark(e, e+f.anyAt(e, "处理一下", "来处理", "处理", "跟进", "看一下", "那边", "那儿", "那里", "这边", "去处理", "来跟"))
		}
	}
	f.markHit()
	f.markAll("那张", "这张", "那个", "这个", "工单", "号", "赶紧", "马上", "尽快", "立刻", "升级一下", "升级", "帮忙", "把", "麻烦", "请")
	if !f.has("ticket") {
		f.customer("customer")
	}
	f.reason(true)
}
