package parse

import "strings"

// toWords stand before the colleague who gets something.
var toWords = []string{"负责人变更为", "负责人变更成", "负责人调整为", "负责人更换为", "负责人更换成", "负责人更改为", "负责人更新为", "负责人设为", "负责人定为", "归属人改为", "归属人", "归属到", "归属给", "变更为", "挪到", "挪给", "拨给", "让给", "过给", "分派给", "委派给", "归属", "分配给", "指派给", "指定给", "安排给", "移交给", "交接给", "转交给", "转派给", "划拨给", "过户给", "划转给", "转移给", "过户到", "挂到", "移到", "转给", "分给", "派给", "交给", "划给", "划到", "换给", "换成", "换到", "调给", "移给", "丢给", "甩给", "推给", "转到", "归到", "改由", "派", "归", "转由", "由", "给到", "给", "让", "请", "叫", "找", "assign给", "assign to", "负责人改成", "负责人改为", "负责人换成", "负责人是", "负责人", "归属改为", "到", "移交", "转交", "交接", "划转", "过户", "转", "划", "换"}

// handOver reads who gets the lead, the customer or the ticket, and which one.
func (f *frame) handOver(param string) {
	if r := recordOf[f.action]; r != "" {
		f.id(r)
	}
	if f.action == "customer.transfer" {
		f.formerOwner()
	}
	best, bi, bj := "", 0, 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil {
				continue
			}
			n := f.anyAt(k, toWords...)
			if n == 0 {
				continue
			}
			if m := f.anyAt(k+n, "新来的", "新同事", "新人", "值班的", "隔壁的", "同事", "我们组的", "我们部门的", "部门的", "组里的"); m > 0 && f.person(k+n+m, p.j) > k+n+m {
				n += m
			}
			who, e := f.colleague(k+n, p.j)
			if who == "" || e <= k+n {
				continue
			}
			if f.bareVerb(k, n) && !f.surelyColleague(k+n, e) {
				continue
			}
			if f.hasAt(k, "到") && n == 1 && f.team(f.skip(k+n, p.j), p.j) <= k+n {
				continue
			}
			if n == 1 && f.anyAt(k, "让", "请", "叫", "找", "由", "给", "归") > 0 && best != "" && who == "me" {
				continue
			}
			if f.hasAt(k, "给") && n == 1 && f.anyAt(e, "换", "转", "分", "派") > 0 { // 给百川换个人
				continue
			}
			if who == "me" && f.anyAt(k, "帮", "请") > 0 {
				continue
			}
			best, bi, bj = who, k, e
			k = e - 1
		}
	}
	if best == "" {
		if who, i, j := f.taker(); who != "" {
			best, bi, bj = who, i, j
		}
	}
	if best != "" {
		f.set(param, best)
		f.mark(bi, bj)
	}
	f.markHit()
	f.markAll("那条线索", "这条线索", "线索", "工单", "客户")
	if r := recordOf[f.action]; r == "" || !f.has(r) {
		for _, p := range f.parts { // 韩雪要休产假了,把蓝鲸软件划给大刘
			if f.customerAfter("customer", p, "把", "将") {
				break
			}
		}
		if !f.has("customer") {
			f.customer("customer")
		}
	}
	if c, ok := f.params["customer"].(string); ok && c == best {
		delete(f.params, "customer")
	}
	if f.action == "customer.transfer" {
		f.moreCustomers()
	}
}

// formerOwner marks whose the customer was until now: 从李娜名下, 把李娜手上的.
func (f *frame) formerOwner() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "从", "把", "将", "原来", "原本", "原先")
			if f.at[k] != nil || n == 0 && k != p.i {
				continue
			}
			e := f.person(k+n, p.j)
			if e <= k+n || !f.colleagueName(k+n, e) {
				continue
			}
			if m := f.anyAt(e, "名下的", "名下", "手上的", "手上", "手里的", "手里", "手头的", "手头", "那儿的", "那里的", "那边的", "负责的", "跟的"); m > 0 {
				f.mark(k+n, e+m)
				if f.hasAt(k, "从") || f.hasAt(k, "原") {
					f.mark(k, k+n)
				}
				return
			}
		}
	}
}

// moreCustomers reads the further names of a list of customers: 把云帆和百川都转给吴迪.
func (f *frame) moreCustomers() {
	first, ok := f.params["customer"].(string)
	if !ok || f.before("都", "两家", "一起", "全", "这两", "、", "分别", "一并") < 0 {
		return
	}
	p := f.parts[0]
	for k := p.i; k < p.j; k++ {
		n := utf8Len(first)
		if k+n > p.j || f.said(k, k+n) != first {
			continue
		}
		for k += n; k < p.j; {
			m := f.anyAt(k, "、", "和", "跟", "与", "以及", "还有", " ")
			if m == 0 {
				return
			}
			j := f.run(k+m, p.j)
			if !f.isName(k+m, j) || !f.free(k+m, j) {
				return
			}
			f.more = append(f.more, f.said(k+m, j))
			f.mark(k, j)
			k = j
		}
	}
}

// bareVerb reports whether the word at k is a verb of handing over without 给, which a name must follow.
func (f *frame) bareVerb(k, n int) bool {
	return f.anyAt(k, "移交", "转交", "交接", "划转", "过户", "转", "划", "换") == n && f.hasAt(k+n-1, "给") == false
}

// surelyColleague reports whether [i,j) is a colleague without a word that says so: Tony, 老董, 西北组.
func (f *frame) surelyColleague(i, j int) bool {
	i = f.skipSpace(i, j)
	return f.given(i, j) == j || f.team(i, j) == j || j-i == 2 && strings.ContainsRune("老小阿大", f.norm[i]) || f.person(i, j) == j && j-i == 3
}

// taker finds the colleague in sentences such as 吴迪接手百川, 我来跟.
func (f *frame) taker() (who string, i, j int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "来接手", "接手", "来跟进", "来跟", "来负责", "接管", "来处理", "去处理", "来对接", "接着跟", "负责", "跟进", "处理", "接", "去跟", "跟", "管", "带")
			if n == 0 || f.at[k] != nil {
				continue
			}
			b := k
			for b > p.i && f.norm[b-1] == ' ' {
				b--
			}
			for i := max(p.i, b-6); i < b; i++ {
				if f.norm[i] == ' ' {
					continue
				}
				if i > p.i && strings.ContainsRune("以之往现今", f.norm[i-1]) {
					continue
				}
				if w, e := f.colleague(i, b); w != "" && e == b && (i == p.i || f.gapOrEdge(i)) && (w == "me" || f.person(i, b) == b || f.team(i, b) == b) {
					return w, i, e
				}
			}
		}
	}
	return "", 0, 0
}

func (f *frame) gapOrEdge(i int) bool {
	return i == 0 || !isHan(f.norm[i-1]) || f.at[i-1] != nil || f.v.gaps.endsAt(f.line, max(0, i-6), i) > 0
}

func (f *frame) leadConvert() {
	f.id("lead")
	f.markHit()
	f.markAll("那条线索", "这条线索", "这个线索", "的线索", "线索", "号", "转成", "convert成", "convert")
	if !f.has("lead") {
		f.customer("customer")
	}
}

// leadCreate reads a lead: the pieces between spaces and stops are told apart by their shape.
func (f *frame) leadCreate() bool {
	f.markHit()
	f.common()
	f.source()
	f.need()
	f.regionIndustry()
	f.companyFirst()
	for _, p := range f.pieces() {
		i, j := f.bare(p[0], p[1])
		for i < j {
			n := f.v.openers.at(f.line, i)
			if n == 0 || i+n >= j || f.at[i] != nil || f.anyAt(i, "叫", "是") > 0 {
				break
			}
			i, j = f.bare(i+n, j)
		}
		if i >= j {
			continue
		}
		if f.label(i, j) {
			continue
		}
		f.who(i, j)
	}
	return f.has("contact") || f.has("company") || f.has("phone") || f.has("need") || f.has("source") || f.hit.weight >= 3 && len(f.bad) > 0 || f.hit.weight >= 4
}

// companyFirst takes the first of two pieces that could both be people as the company (柯尼卡 谭咏).
func (f *frame) companyFirst() {
	var people [][2]int
	for _, p := range f.pieces() {
		i, j := f.bare(p[0], p[1])
		if i < j && isHan(f.norm[i]) && f.person(i, j) == j && f.v.suffixes.endsAt(f.line, i, j) == 0 && f.job(i, j) == i {
			people = append(people, [2]int{i, j})
		} else if i < j && f.v.suffixes.endsAt(f.line, i, j) > 0 {
			return
		}
	}
	if len(people) < 2 || f.addressed(people[0][0], people[0][1]) {
		return
	}
	i, j := people[0][0], people[0][1]
	if f.v.compound.at(f.line, i) > 0 && j-i > 2 && f.v.compound.at(f.line, people[1][0]) == 0 {
		i, j = people[1][0], people[1][1]
	}
	if f.isName(i, j) {
		f.set("company", f.said(i, j))
		f.mark(i, j)
	}
}

// common reads what has a shape of its own: phone, mail, WeChat id, region and industry behind a label.
func (f *frame) common() {
	f.phone()
	for _, sp := range f.find('E') {
		f.set("email", f.said(sp.i, sp.j))
		f.mark(sp.i, sp.j)
		for _, w := range []string{"邮箱", "邮件", "email", "邮箱是", "邮箱:", "邮箱："} {
			f.markBefore(sp.i, w)
		}
		break
	}
	f.wechat()
	for _, l := range []struct{ word, param, list string }{{"所属行业", "industry", "industry"}, {"行业", "industry", "industry"}, {"做的是", "industry", "industry"}, {"区域", "region", "region"}, {"地区", "region", "region"}, {"级别", "level", "level"}, {"等级", "level", "level"}, {"活动", "campaign", ""}, {"职位", "title", ""}, {"职务", "title", ""}} {
		f.behind(l.word, l.param, l.list)
	}
}

// behind reads the value said after a label: 行业是装备制造, 级别：重点.
func (f *frame) behind(label, param, list string) {
	if f.has(param) {
		return
	}
	i := f.before(label)
	if i < 0 || f.used[i] || utf8Len(label) == 2 && i > f.start() && isHan(f.norm[i-1]) && !f.used[i-1] && f.at[i-1] == nil && f.v.terms[list].find.endsAt(f.line, f.start(), i) > 0 { // 物流行业
		return
	}
	j := i + utf8Len(label)
	limit := f.limit(i)
	strong := false
	for j < limit && (isEdge(f.norm[j]) || f.anyAt(j, "是", "为", "属于", "算", "定为", "填", "做") > 0) {
		strong = true
		j++
	}
	if list != "" {
		if name, n := f.v.terms[list].at(f.line, j); n > 0 {
			if list == "industry" || list == "region" {
				name = f.said(j, j+n)
			}
			f.set(param, name)
			f.mark(i, j+n)
			return
		}
	}
	if !strong || f.at[j] != nil {
		return
	}
	k := f.run(j, limit)
	if k > j {
		f.set(param, f.said(j, k))
		f.mark(i, k)
	}
}

func (f *frame) wechat() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "微信号", "微信", "wechat", "vx", "wx", "薇信", "v信")
			if n == 0 {
				continue
			}
			i := k + n
			for i < p.j && (isEdge(f.norm[i]) || f.norm[i] == '是' || f.norm[i] == '号') {
				i++
			}
			j := i
			for j < p.j && f.norm[j] < 128 && (isAlnum(f.norm[j]) || f.norm[j] == '_' || f.norm[j] == '-') {
				j++
			}
			if j-i >= 4 && (f.at[i] == nil || f.at[i].kind != 'P') {
				f.set("wechat", f.said(i, j))
				f.mark(k, j)
				return
			}
			k = i
		}
	}
}

// source reads 展会来的, 来源官网, 从抖音来, 老客户转介绍, 是转介绍.
func (f *frame) source() {
	t := f.v.terms["source"]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil {
				continue
			}
			if n := f.anyAt(k, "客户来源", "来源", "渠道", "来自于", "来自", "来源渠道"); n > 0 {
				i := k + n
				for i < p.j && (isEdge(f.norm[i]) || f.anyAt(i, "是", "于", "为") > 0) {
					i++
				}
				name, m := t.at(f.line, i)
				if m == 0 {
					if f.norm[k] != '来' {
						continue
					}
					j := f.run(i, p.j)
					if j-i < 2 {
						continue
					}
					if f.hasAt(k, "来自") && f.v.terms["region"].find.at(f.line, i) > 0 {
						continue
					}
					name, m = f.said(i, j), j-i
				}
				e := i + m
				e += f.anyAt(e, "来的", "上来的", "的")
				f.set("source", name)
				f.mark(k, e)
				return
			}
			name, m := t.at(f.line, k)
			if m == 0 || k+m > p.j {
				continue
			}
			e := k + m
			if n := f.anyAt(e, "渠道"); n > 0 {
				e += n
			}
			came := f.anyAt(e, "刚进来", "刚进", "昨晚进", "昨天进", "今早进", "进了", "填的表", "填表", "填的单", "填单", "留的表", "提交的", "提交", "注册的", "注册", "报名的", "报名", "换的名片", "换名片", "名片", "收的名片", "拿的名片", "收到的名片", "现场登记", "现场", "登记的", "打进来的", "打进来", "打来的", "打来", "呼入", "过来的", "转过来的", "推过来的", "给的", "投放的", "投放", "广告来的", "推广来的", "推广", "评论", "私信的", "弹窗", "咨询过来的", "咨询来的", "客服转来的", "转来的", "那边的", "了一个", "了个", "了一家", "来了", "来", "上认识的", "上加的", "认识的", "过来的", "上来的", "来的", "那边来的", "上过来的", "进来的", "线索", "留资的", "留资", "加的", "找来的", "上找来的", "上留言的", "上留言", "上私信", "私信", "上咨询", "上问", "上看到我们的", "看到我们的", "上看到的", "看到的", "刷到的", "上刷到我们的", "搜到的", "找到我们的", "上看到我们", "看到我们", "上找到我们的", "留的", "留言", "咨询的", "得来的", "的线索", "引流", "获客", "带来的", "拿的", "上拿的", "扫码来的", "扫的", "渠道")
			i := k
			led := 0
			for _, w := range []string{"是通过", "通过", "是从", "从", "是在", "在", "是", "经", "由", "老客户", "朋友", "自"} {
				n := utf8Len(w)
				if k-n >= p.i && f.hasAt(k-n, w) {
					led = n
					break
				}
			}
			if came > 0 && f.anyAt(e, "来电", "来看", "来做", "来访") > 0 {
				came = 0
			}
			alone := (k == p.i || isEdge(f.norm[k-1]) || f.used[k-1] || f.v.fillers.endsAt(f.line, p.i, k) > 0) && (e >= p.j || isEdge(f.norm[e]) || f.used[e]) || led > 0 && (e >= p.j || isEdge(f.norm[e]) || f.hasAt(e, "的"))
			if came == 0 && !alone && name != "转介绍" {
				continue
			}
			if name == "电话" && came == 0 && !alone || name == "微信" && came == 0 || name == "邮件" && came == 0 {
				continue
			}
			if name == "电话" && f.at[min(e, len(f.norm)-1)] != nil {
				continue
			}
			if came > 0 && f.anyAt(e, "线索") > 0 {
				came = 0
			}
			if f.hasAt(e+came, "的") {
				came++
			}
			if name == "转介绍" && f.anyAt(e, "过来") > 0 {
				came = f.anyAt(e, "过来的", "过来")
			}
			f.set("source", name)
			f.mark(i-led, e+came)
			return
		}
	}
}

// needWords begin what somebody wants.
var needWords = []string{"想要", "想找", "想做", "想买", "想上", "想了解", "想咨询", "想问", "想看", "想采购", "想订", "想换", "想", "要看", "要买", "要做", "要上", "要采购", "要找", "要订", "要", "需要", "需求是", "需求:", "需求：", "需求", "来咨询", "咨询", "打算", "准备", "计划", "有意", "感兴趣", "对", "询问", "问了", "问的是", "问", "求购", "采购", "在找", "找", "看中", "意向", "了解", "考虑", "希望", "关注", "正在选", "正在看", "在看", "急需", "缺"}

// need reads what the lead wants: from a word of wanting to the end of its clauses.
func (f *frame) need() {
	for n, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil {
				continue
			}
			m := f.anyAt(k, needWords...)
			if m == 0 {
				continue
			}
			if k > p.i && isHan(f.norm[k-1]) && !f.used[k-1] && f.at[k-1] == nil && m == 1 && f.hasAt(k, "对") || f.v.jobs.at(f.line, k) > m {
				continue
			}
			if f.hasAt(k, "找") && m == 1 {
				if e := f.person(k+1, p.j); e > k+2 && (e >= p.j || isEdge(f.norm[e])) {
					continue
				}
			}
			if f.anyAt(k, "对接", "要求加", "找我", "要了", "要到", "对方", "问好", "找上门", "找来", "想起", "要记", "准备好") > 0 {
				continue
			}
			i := k
			if f.anyAt(k, "需求是", "需求:", "需求：", "需求", "问的是", "咨询的是", "想要的是") > 0 {
				i = k + m
			}
			j := p.j
			for e := i; e < p.j; e++ {
				if f.used[e] {
					j = e
					break
				}
			}
			end := j
			if j == p.j {
				for x := n + 1; x < len(f.parts); x++ {
					q := f.parts[x]
					if len(q.hits) > 0 || !f.free(q.i, q.j) || f.labelStart(q.i) {
						break
					}
					end = q.j
				}
			}
			ti, tj := f.trim(i, end)
			if tj-ti < 2 {
				continue
			}
			f.set("need", f.said(ti, tj))
			f.mark(k, end)
			return
		}
	}
}

// labelStart reports whether a clause begins with a label of another parameter.
func (f *frame) labelStart(i int) bool {
	return f.anyAt(i, "电话", "手机", "联系", "来源", "渠道", "行业", "微信", "邮箱", "地区", "区域", "级别", "职位", "公司", "姓名", "联系人", "分给", "转给") > 0
}

// pieces are the unused stretches of the frame, cut at spaces and stops.
func (f *frame) pieces() [][2]int {
	var all [][2]int
	for _, p := range f.parts {
		i := -1
		for k := p.i; k <= p.j; k++ {
			if k == p.j || f.used[k] || f.norm[k] == '、' || f.norm[k] == ':' || f.norm[k] == '"' || f.norm[k] == '/' || f.norm[k] == ' ' && !(i >= 0 && f.latinJoint(k, i, p.j)) {
				if i >= 0 && k > i {
					all = append(all, [2]int{i, k})
				}
				i = -1
				continue
			}
			if i < 0 {
				i = k
			}
		}
	}
	return all
}

// label reads a piece that names its own meaning: 联系人王强, 公司名云帆.
func (f *frame) label(i, j int) bool {
	for _, l := range []struct{ word, param string }{{"联系人是", "contact"}, {"联系人叫", "contact"}, {"联系人", "contact"}, {"对接人是", "contact"}, {"对接人叫", "contact"}, {"对接人", "contact"}, {"姓名", "contact"}, {"名字叫", "contact"}, {"公司名称是", "company"}, {"公司名称", "company"}, {"公司名", "company"}, {"公司叫", "company"}, {"公司是", "company"}, {"单位是", "company"}, {"单位", "company"}, {"叫", "contact"}, {"找", "contact"}, {"活动", "campaign"}, {"职位", "title"}, {"职务", "title"}} {
		n := f.anyAt(i, l.word)
		if n == 0 || i+n >= j {
			continue
		}
		k, e := f.trim(i+n, j)
		if l.param == "contact" {
			if p := f.person(k, e); p > k {
				f.set("contact", f.said(k, p))
				f.mark(i, p)
				f.jobOf(p, e)
				return true
			}
			if l.word == "找" {
				return false
			}
			for _, into := range []struct{ action, param string }{{"customer.create", "customer"}, {"lead.create", "company"}} {
				if strings.Contains(l.word, "叫") && f.action == into.action && !f.has(into.param) && f.isName(k, e) {
					f.set(into.param, f.said(k, e))
					f.mark(i, e)
					return true
				}
			}
			if l.word == "叫" {
				return false
			}
		}
		if l.param == "company" && f.action == "customer.create" {
			f.set("customer", f.said(k, e))
		} else {
			f.set(l.param, f.said(k, e))
		}
		f.mark(i, j)
		return true
	}
	return false
}

// jobOf takes a job title that stands at i.
func (f *frame) jobOf(i, limit int) bool {
	for i < limit && (f.norm[i] == ' ' || f.hasAt(i, "是") || f.hasAt(i, "任") || f.hasAt(i, "职位") || f.hasAt(i, "他们的") || f.hasAt(i, "(")) {
		i++
	}
	if e := f.job(i, limit); e > i && !f.has("title") {
		f.set("title", f.said(i, e))
		f.mark(i, e)
		return true
	}
	return false
}

// who reads a piece as a company, a person, a job title, or several of them together.
func (f *frame) who(i, j int) {
	companyParam := "company"
	if f.action == "customer.create" || f.action == "contact.create" {
		companyParam = "customer"
	}
	if f.v.notNames[string(f.norm[i:j])] {
		return
	}
	if e := f.job(i, j); e == j {
		if !f.has("title") {
			f.set("title", f.said(i, j))
		}
		f.mark(i, j)
		return
	}
	if f.anyAt(i, "公司") == j-i {
		return
	}
	if e := f.person(i, j); e > i && e == j && f.v.suffixes.endsAt(f.line, i, j) == 0 && (isHan(f.norm[i]) && (j-i <= 3 || f.v.titles.endsAt(f.line, i, j) > 0 || f.v.compound.at(f.line, i) > 0) && (f.has(companyParam) || f.addressed(i, j) || f.action != "customer.create" && (f.has("phone") || f.has("wechat") || f.has("email") || f.action == "contact.create")) || !isHan(f.norm[i]) && f.has(companyParam)) && !f.has("contact") {
		f.set("contact", f.said(i, j))
		f.mark(i, j)
		return
	}
	// 王强采购经理, 云帆科技的王总, 云帆科技采购经理王强
	if e := f.person(i, j); e > i && e < j && (f.has(companyParam) || f.v.jobs.at(f.line, e) > 0) && f.job(e, j) == j && !f.has("contact") {
		f.set("contact", f.said(i, e))
		f.set("title", f.said(e, j))
		f.mark(i, j)
		return
	}
	if e := f.job(i, j); e > i && e < j && f.person(e, j) == j && !f.has("contact") {
		f.set("title", f.said(i, e))
		f.set("contact", f.said(e, j))
		f.mark(i, j)
		return
	}
	for k := i + 2; k < j; k++ {
		if f.norm[k] == '的' || f.v.suffixes.endsAt(f.line, i, k) > 0 && k-i >= 4 || f.v.places.endsAt(f.line, i, k) > 0 && k-i >= 4 {
			b := k
			if f.norm[k] == '的' {
				b++
			}
			x := b
			title := f.job(x, j)
			if title > x {
				x = title
			}
			if e := f.person(x, j); e == j && e > x && !f.has(companyParam) && !f.has("contact") {
				f.set(companyParam, f.said(i, k))
				f.set("contact", f.said(x, e))
				if title > b {
					f.set("title", f.said(b, title))
				}
				f.mark(i, j)
				return
			}
		}
	}
	if !f.has(companyParam) && !f.has("title") { // 江南春酒店总经理
		for k := i + 2; k < j; k++ {
			if f.job(k, j) == j && (f.v.suffixes.endsAt(f.line, i, k) > 0 || f.v.places.endsAt(f.line, i, k) > 0 || f.has("contact") && k-i >= 3) && f.isName(i, k) {
				f.set(companyParam, f.said(i, k))
				f.set("title", f.said(k, j))
				f.mark(i, j)
				return
			}
		}
	}
	if c, k := f.tailPerson(i, j); c != "" && !f.has("contact") && !f.has(companyParam) && k >= i+2 {
		f.set(companyParam, f.said(i, k))
		f.set("contact", c)
		f.mark(i, j)
		return
	}
	if !f.has(companyParam) {
		e := f.run(i, j)
		k, e := f.bare(i, e)
		if f.isName(k, e) {
			f.set(companyParam, f.said(k, e))
			f.mark(i, j)
			return
		}
	}
	if !f.has("contact") {
		if e := f.person(i, j); e > i && (isHan(f.norm[i])) && e == j {
			f.set("contact", f.said(i, e))
			f.mark(i, e)
		}
	}
}
