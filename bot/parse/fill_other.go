package parse

import "strings"

// fillOther reads the parameters of money, service, the customers' side and insight.
func (f *frame) fillOther() bool {
	switch f.action {
	case "quote.create":
		f.quoteCreate()
	case "contract.create":
		f.contractCreate()
	case "approval.approve", "approval.reject":
		f.approval()
	case "payment.plan", "payment.record":
		return f.payment()
	case "order.create":
		f.orderCreate()
	case "ticket.create":
		f.ticketCreate()
	case "ticket.assign":
		f.handOver("assignee")
		f.oneRecord("ticket")
	case "ticket.escalate":
		f.ticketEscalate()
	case "ticket.reply":
		f.ticketReply()
	case "ticket.close":
		f.ticketClose()
	case "ticket.list":
		f.ticketList()
	case "coupon.send":
		f.couponSend()
	case "journey.start":
		f.journeyStart()
	case "points.balance":
		f.pointsBalance()
	case "points.adjust":
		return f.pointsAdjust()
	case "points.redeem":
		f.pointsRedeem()
	case "survey.send":
		f.surveySend()
	case "library.find":
		f.libraryFind()
	default:
		if !f.fillField() && strings.HasPrefix(f.action, "report.") {
			f.report()
		}
	}
	return true
}

// customerSearch reads the filter; a search that filters nothing is none.
func (f *frame) customerSearch() bool {
	if numbers := f.find('P'); len(numbers) == 1 && numbers[0].phone.Bad == "" { // 查 13812345678: whose number is it
		f.mark(numbers[0].i, numbers[0].j)
		f.set("query", numbers[0].phone.Digits)
		return true
	}
	if i := f.after("名字里带", "名字里有", "名字带", "名字含", "名称里带", "名称包含", "名称含", "名字包含", "名字里含", "名称里有", "名称带", "名里带", "名字像", "名字类似"); i >= 0 || f.calledSo(&i) { // 名字里带“鑫”的客户
		limit := f.limit(i)
		for i < limit && (isEdge(f.norm[i]) || f.norm[i] == '"') {
			i++
		}
		j := i
		for j < limit && f.norm[j] != '"' && f.norm[j] != '的' && f.norm[j] != ' ' && f.anyAt(j, "什么") == 0 {
			j++
		}
		if j > i {
			f.set("query", f.said(i, j))
			return true
		}
	}
	filter := f.filter()
	if len(filter) == 0 { // 搜客户“冷链”
		for _, p := range f.parts {
			for k := p.i; k+1 < p.j; k++ {
				if e := f.quoted(k + 1); f.norm[k] == '"' && e > k+2 && e <= p.j {
					f.set("query", f.said(k+1, e))
					f.mark(k, min(e+1, p.j))
					return true
				}
			}
		}
	}
	if len(filter) > 0 {
		f.set("filter", filter)
	}
	if len(filter) == 0 && f.searched() {
		return true
	}
	if len(filter) == 0 {
		f.doubt = 0.4
	}
	return len(filter) > 0 || f.hit.weight >= 5
}

// searched reads the words that are searched for where nothing is selected: 搜一下“幼儿园”.
func (f *frame) searched() bool {
	p := f.parts[0]
	i := f.skip(p.i, p.j)
	n := f.anyAt(i, "搜一下", "搜搜", "搜下", "搜索一下", "搜索", "检索一下", "检索", "搜")
	if n == 0 || len(f.parts) > 1 {
		return false
	}
	i += n
	i += f.anyAt(i, "关键词", "关键字")
	i = f.skipEdges(i, p.j)
	j := p.j
	for i < j && (f.norm[i] == '"' || f.norm[i] == ':') {
		i++
	}
	for j > i && (isEdge(f.norm[j-1]) || f.norm[j-1] == '"') {
		j--
	}
	if j-i < 2 {
		return false
	}
	f.set("query", f.said(i, j))
	f.mark(p.i, p.j)
	return true
}

// help reads what the question is about.
func (f *frame) help() {
	if n := f.anyAt(f.start(), "你都能", "你都会", "你能", "你会", "你可以", "你都可以"); n > 0 && f.anyAt(f.start()+n, "干", "做", "帮", "些什么", "些啥", "什么", "啥", "哪些") > 0 { // 你都能干些什么
		return
	}
	f.markAll("怎么用", "如何使用", "怎么使用", "怎么", "如何", "咋用", "使用说明", "怎么操作", "操作步骤", "用法", "使用方法", "帮助", "help", "教我", "教一下", "教教我", "教下我", "教一教", "在哪设置", "请问", "都有", "有哪些", "哪些", "功能")
	if f.hit.j-f.hit.i > 2 && f.hit.i == f.parts[0].i && f.before("你") == f.hit.i {
		f.markHit()
	}
	for _, p := range f.parts {
		i, j := f.bare(p.i, p.j)
		if e := f.askedBefore(i, j); e > i { // 工单升级怎么操作呀: what stands before the question is the topic
			j = e
		}
		for i < j && f.used[i] {
			i++
		}
		for j > i && f.used[j-1] {
			j--
		}
		i, j = f.bare(i, j)
		for {
			n := f.anyAt(i, "新建", "创建", "新增", "添加", "建立", "登记", "录入", "建", "录", "我要", "我想", "想要", "要", "想", "这个", "那个", "教教我", "教教", "教我", "教一下", "用一下", "一下", "用", "使用", "怎么", "如何", "一个", "个", "给我讲讲", "讲讲", "说说", "请问", "查看", "问下", "问一下")
			if n == 0 || i+n >= j {
				break
			}
			i += n
		}
		for {
			cut := 0
			for _, t := range []string{"这个功能", "功能", "应该", "是", "要", "该", "这块", "这个", "那个", "的", "一般", "怎么", "到底", "模块", "命令", "啊", "呢", "发我", "发我一下", "发给我", "发一下", "给我"} {
				if n := utf8Len(t); j-n > i && f.hasAt(j-n, t) && n > cut {
					cut = n
				}
			}
			if cut == 0 {
				break
			}
			j -= cut
		}
		i, j = f.trim(i, j)
		for _, t := range []string{"发", "弄", "做", "搞", "操作", "设置", "查", "看", "用", "创建", "使用", "查看"} { // 优惠券怎么发
			if n := utf8Len(t); j-n > i+1 && f.hasAt(j-n, t) && f.used[j-n-1] {
				j -= n
				break
			}
		}
		if j > i {
			if text := f.text(i, j); text != "" {
				f.set("topic", text)
			}
			return
		}
	}
}

// askedBefore gives where a question for the way to do something (怎么录, 咋整) begins behind a topic of [i,j), else i.
func (f *frame) askedBefore(i, j int) int {
	for k := i + 2; k < j; k++ {
		if f.anyAt(k, "怎么", "咋", "如何", "怎样") == 0 || f.at[k] != nil {
			continue
		}
		for b := i; b < k; b++ {
			if !f.used[b] && (isHan(f.norm[b]) || isAlnum(f.norm[b])) && f.anyAt(i, "请问", "教") == 0 {
				return k
			}
		}
		if n := f.anyAt(i, "请问", "教教我", "教我", "教"); n > 0 && i+n < k {
			return k
		}
	}
	return i
}
