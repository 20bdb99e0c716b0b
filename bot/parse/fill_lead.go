package parse

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
	if name, n := f.v.terms["source"].at(f.line, f.hit.i); n > 0 && f.hit.phrase >= 0 && n < f.hit.j-f.hit.i { // 官网表单 …
		f.set("source", name)
	}
	f.markHit()
	f.event()
	f.common()
	f.wayIn()
	f.nick()
	f.source()
	if !f.has("source") {
		f.metAt()
	}
	f.need()
	f.regionIndustry()
	f.placeAlone()
	f.companyFirst()
	for _, p := range f.pieces() {
		i, j := f.bare(p[0], p[1])
		i += f.onePerson(i, j)
		if n := 1 + max(f.v.compound.at(f.line, i+1), 1); f.hasAt(i, "姓") && i+n == j && f.at[i] == nil && f.v.surnames[f.norm[i+1]] || f.hasAt(i, "姓") && f.v.compound.at(f.line, i+1) == j-i-1 { // 姓万俟，万俟先生
			f.mark(i, j)
			continue
		}
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
	f.looseIndustry()
	return f.has("contact") || f.has("company") || f.has("phone") || f.has("need") || f.has("source") || f.hit.weight >= 3 && len(f.bad) > 0 || f.hit.weight >= 4
}

// cameBy are words that make a piece of a message the way by which a lead came.
var cameBy = []string{"来的", "来一个", "来个", "进来", "留言", "留资", "留了", "私信", "引流", "扫到", "扫楼", "陌拜", "加了个", "加的", "打进来", "打来", "收到", "收的", "拿的", "有人", "有个", "后台", "潜在客户", "名片", "表单", "直播间"}

// wayIn reads how a lead came where that is a piece of its own (小红书上有个潜在客户留言, 名片收到一张): it is no company.
func (f *frame) wayIn() {
	t := f.v.terms["source"]
	for _, x := range f.pieces() {
		i, j := f.bare(x[0], x[1])
		if f.wanting(x[0], i) { // 想要一套直播间补光设备
			continue
		}
		for k := i; k < j; k++ {
			if f.at[k] != nil && f.at[k].kind != 'C' || f.anyAt(k, "问", "想", "要", "咨询", "打听", "求购", "需", "叫", "找", "说") > 0 {
				j = k
			}
		}
		if j-i < 2 || !hasAny(string(f.norm[i:j]), cameBy) || f.shaped(i, j) || f.person(i, j) == j {
			continue
		}
		for k := i; k < j; k++ {
			if name, n := t.at(f.line, k); n > 0 && k+n <= j && !f.has("source") && name != "微信" && name != "陌拜" {
				f.set("source", name)
				k += n - 1
			}
		}
		f.mark(i, j)
	}
}

// wanting reports whether [i,j) holds a word of wanting.
func (f *frame) wanting(i, j int) bool {
	return i < j && hasAny(string(f.norm[i:j]), []string{"想", "要", "需", "求购", "打算", "准备"})
}

// onePerson gives the length of words that count one person who stands behind them: 一位|胡小姐, 有个|老板姓唐.
func (f *frame) onePerson(i, j int) int {
	n := f.anyAt(i, "来了一位", "来了个", "有一位", "是一位", "有位", "是位", "一位", "这位", "那位", "有一个", "有个", "一个", "一名", "是个", "位")
	if n > 0 && i+n < j && f.at[i] == nil && f.person(i+n, j) == j {
		return n
	}
	return 0
}

// event reads the campaign by which a lead came, named before 活动: 秋季糖酒会活动来的, 「春季招生」活动上收的名片.
func (f *frame) event() {
	for _, p := range f.parts {
		for k := p.i + 2; k < p.j; k++ {
			n := f.anyAt(k, "活动")
			if n == 0 || f.at[k] != nil || f.used[k] || f.has("campaign") {
				continue
			}
			if e := k + n; f.anyAt(e, "上", "来的", "来", "带来", "的线索", "线索", "报名", "扫码", "扫", "现场", "获客", "留", "引", "认识", "拿", "收", "进来", "过来", "加的", "里", "中", "期间", "登记") == 0 {
				continue
			}
			i := k
			for i > p.i && k-i < 12 && !f.used[i-1] && f.norm[i-1] != ' ' && !hardStop(f.norm[i-1]) && (f.at[i-1] == nil || f.at[i-1].kind == 'C' || festive(string(f.norm[f.at[i-1].i:f.at[i-1].j]))) {
				i--
			}
			i += f.anyAt(i, "线索来自", "来源于", "来自于", "来自", "来源是", "来源", "通过", "参加", "是从", "从", "是在", "在", "是")
			a, b := f.bare(i, k)
			if b-a < 2 || f.wanting(a, b) || f.v.terms["source"].find.at(f.line, a) == b-a || hasAny(string(f.norm[a:b]), []string{"公司", "客户", "我们", "一个", "有个", "什么"}) {
				continue
			}
			f.set("campaign", f.said(a, b))
			f.mark(i, k+n+f.anyAt(k+n, "上收的名片", "上收到的名片", "上拿的名片", "上换的名片", "现场扫码来的", "扫码来的", "上扫码来的", "上认识的", "带来的", "报名来的", "报名的", "上留的", "现场留的", "上来的", "进来的", "过来的", "上加的", "来的", "现场", "的", "上", "来"))
			return
		}
	}
}

// festive reports whether a day is one by which sales campaigns are called.
func festive(day string) bool {
	return hasAny(day, []string{"双", "五一", "六一", "国庆", "元旦", "圣诞", "情人节", "妇女节", "劳动节", "儿童节", "教师节", "平安夜"})
}

// nick reads a name behind 网名: whoever leaves a number on a platform need not have a surname.
func (f *frame) nick() {
	i := f.after("网名叫", "网名是", "网名", "昵称叫", "昵称是", "昵称")
	if i < 0 || f.has("contact") {
		return
	}
	limit := f.limit(i)
	for i < limit && (isEdge(f.norm[i]) || f.norm[i] == '"') {
		i++
	}
	j := i
	for j < limit && !isEdge(f.norm[j]) && f.norm[j] != '"' && f.at[j] == nil {
		j++
	}
	if j > i {
		f.set("contact", f.said(i, j))
		f.mark(f.before("网名", "昵称"), j)
	}
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
			came := f.anyAt(e, "刚进来", "刚进", "昨晚进", "昨天进", "今早进", "进了", "填的表", "填表", "填的单", "填单", "留的表", "提交的", "提交", "注册的", "注册", "报名的", "报名", "换的名片", "换名片", "名片", "收的名片", "拿的名片", "收到的名片", "现场登记", "现场", "登记的", "打进来的", "打进来", "打来的", "打来", "呼入", "过来的", "转过来的", "推过来的", "给的", "投放的", "投放", "广告来的", "推广来的", "推广", "评论", "私信的", "弹窗", "咨询过来的", "咨询来的", "客服转来的", "转来的", "那边的", "了一个", "了个", "了一家", "来了", "来", "上认识的", "上加的", "上碰到的", "上碰见的", "上遇到的", "上遇见的", "上结识的", "上聊上的", "碰到的", "碰见的", "遇到的", "遇见的", "结识的", "认识的", "过来的", "上来的", "来的", "那边来的", "上过来的", "进来的", "线索", "留资的", "留资", "加的", "找来的", "上找来的", "上留言的", "上留言", "上私信", "私信", "上咨询", "上问", "上看到我们的", "看到我们的", "上看到的", "看到的", "刷到的", "上刷到我们的", "搜到的", "找到我们的", "上看到我们", "看到我们", "上找到我们的", "留的", "留言", "咨询的", "得来的", "的线索", "引流", "获客", "带来的", "拿的", "上拿的", "扫码来的", "扫的", "渠道")
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

// gatherings end what people meet at.
var gatherings = []string{"沙龙", "论坛", "峰会", "酒会", "年会", "聚会", "饭局", "饭桌", "大会", "交流会", "招商会", "推介会", "研讨会", "培训课", "活动", "展", "群", "圈"}

// metAt reads a source of which the pack knows nothing: 行业沙龙上加的.
func (f *frame) metAt() {
	for _, p := range f.parts {
		for k := p.i + 2; k < p.j && !f.has("source"); k++ {
			n := f.anyAt(k, "上加的", "上认识的", "上碰到的", "上碰见的", "上遇到的", "上遇见的", "上结识的", "里加的", "里认识的", "上聊的", "上拿的", "上收的")
			if n == 0 || f.at[k] != nil {
				continue
			}
			for _, w := range gatherings {
				i := p.i + f.anyAt(p.i, "是在", "在", "从", "是", "昨天", "今天", "上周")
				if x := utf8Len(w); k-x >= i && f.hasAt(k-x, w) && k-i >= 2 && k-i <= 10 && f.free(i, k) {
					f.set("source", f.said(i, k))
					f.mark(p.i, k+n)
					break
				}
			}
		}
	}
}

// needWords begin what somebody wants.
var needWords = []string{"想要", "想找", "想做", "想买", "想上", "想了解", "想咨询", "想问", "想看", "想采购", "想订", "想换", "想", "要看", "要买", "要做", "要上", "要采购", "要找", "要订", "要", "需要", "需求是", "需求:", "需求：", "需求", "来咨询", "咨询", "打听", "打算", "准备", "计划", "有意", "感兴趣", "对", "询问", "问了", "问的是", "问", "求购", "采购", "在找", "找", "看中", "意向", "了解", "考虑", "希望", "关注", "正在选", "正在看", "在看", "急需", "缺"}

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
			if (k == p.i || isEdge(f.norm[k-1]) || f.used[k-1]) && f.v.jobs.at(f.line, k) > 1 { // 采购
				if e := k + f.v.jobs.at(f.line, k); e >= p.j || isEdge(f.norm[e]) || f.used[e] {
					continue
				}
			}
			if f.hasAt(k, "找") && m == 1 {
				if e := f.person(k+1, p.j); e > k+2 && (e >= p.j || isEdge(f.norm[e])) {
					continue
				}
			}
			if f.hasAt(k, "采购") && f.anyAt(k+2, "部", "科", "处", "中心", "那边", "这边", "的", "组", "办") > 0 { // 采购部的刘姐
				continue
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
			for e := i + 2; e < j; e++ { // 要换 院长叫翁美玲
				if f.norm[e-1] == ' ' && f.titledPerson(e, j) {
					j = e
					break
				}
			}
			i, k = f.needed(p, i, k, m, j)
			end := j
			if j == p.j {
				for x := n + 1; x < len(f.parts); x++ {
					q := f.parts[x]
					if len(q.hits) > 0 || !f.free(q.i, q.j) || f.labelStart(q.i) || f.onlyPlace(q) {
						break
					}
					end = q.j
				}
			}
			ti, tj := f.trim(i, f.orderBehind(i, end))
			if tj-ti < 2 {
				continue
			}
			f.set("need", f.said(ti, tj))
			f.mark(k, end)
			return
		}
	}
}

// titledPerson reports whether a job and who has it stand at i: 院长叫翁美玲, 采购经理孙权.
func (f *frame) titledPerson(i, limit int) bool {
	e := f.job(i, limit)
	if e <= i {
		return false
	}
	k := e + f.anyAt(e, "名叫", "叫", "是", "姓名", "：", ":")
	return f.person(k, limit) > k+1
}

// needed widens a need that ends with its verb by the thing before it (种植牙设备要换), where that is a piece of its own.
func (f *frame) needed(p *clause, i, k, m, j int) (int, int) {
	e := j
	for x := i; x < j; x++ {
		if f.norm[x] == ' ' {
			e = x
			break
		}
	}
	if i != k || f.anyAt(k+m-1, "换", "更换", "升级", "改造", "翻新", "维修", "检修", "扩容", "采购", "招标") != e-k-m+1 && f.anyAt(k+m, "换", "更换", "升级", "改造", "翻新", "维修", "检修", "扩容", "采购", "招标") != e-k-m {
		return i, k
	}
	b := k
	for b > p.i && !f.used[b-1] && f.at[b-1] == nil && isHan(f.norm[b-1]) {
		b--
	}
	if b == p.i || k-b < 2 || f.norm[b-1] != ' ' && !f.used[b-1] || f.shaped(b, k) {
		return i, k
	}
	return b, b
}

// onlyPlace reports whether a clause says no more than where somebody is: 杭州滨江的.
func (f *frame) onlyPlace(p *clause) bool {
	n := f.v.terms["region"].find.at(f.line, p.i)
	return n > 0 && p.j-p.i <= 9 && (f.hasAt(p.j-1, "的") || f.hasAt(p.j-1, "人") || p.j-p.i <= n+1)
}

// placeAlone takes a clause that says no more than where somebody is as the region.
func (f *frame) placeAlone() {
	for _, p := range f.parts {
		if f.has("region") || !f.free(p.i, p.j) || !f.onlyPlace(p) || !f.hasAt(p.j-1, "的") && !f.hasAt(p.j-1, "人") {
			continue
		}
		f.set("region", f.said(p.i, p.j-1))
		f.mark(p.i, p.j)
	}
}

// orderBehind gives where behind a space the words of the order begin that end what is wanted (… 先进线索池), else end.
func (f *frame) orderBehind(i, end int) int {
	for k := end - 1; k > i+1; k-- {
		if f.norm[k] != ' ' && !hardStop(f.norm[k]) {
			continue
		}
		text := string(f.norm[k+1 : end])
		if hasAny(text, []string{"线索", "lead", "记一下", "录一下", "记下", "录下", "存一下", "登记"}) && utf8Len(text) <= 8 {
			return k
		}
		return end
	}
	return end
}
