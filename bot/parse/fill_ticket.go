package parse

import "strings"

// replyWords introduce what the customer is told.
var replyWords = []string{"reply", "跟他们说一声", "跟他们说一下", "跟他们讲一声", "跟他们讲一下", "跟他们说", "和他们说", "跟他们讲", "和他们讲", "跟她们说", "跟对方说", "和对方说", "跟人家说", "跟客人说", "给他们回", "回他们", "告诉他们", "向他们解释", "跟他们解释一下", "跟他们解释", "跟客户说一声", "跟客户说一下", "跟客户说", "和客户说一声", "和客户说", "告诉客户一声", "告诉客户", "告知客户", "通知客户", "答复客户说", "答复客户", "回复客户说", "回复客户", "回客户说", "回客户", "给客户回复", "给客户回", "回复说", "回复一下", "回复他说", "回复她说", "回复他", "回复她", "回他", "回她", "告诉他", "告诉她", "跟他说", "跟她说", "回复内容", "告诉", "回复", "答复", "回一句", "回过去", "回给客户", "回过", "回话", "回一下", "回个话", "告知", "的客户回：", "的客户回:", "留言", "留个言", "留一句", "说一声", "说一下", "讲一声", "讲一下", "客户讲", "客户说", "用户讲", "用户说"}

func (f *frame) ticketReply() {
	f.id("ticket")
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, replyWords...)
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := k + n
			if !f.has("ticket") && f.hasAt(i, "工单") == false {
				// 回复百川的工单:…
				for e := i; e < p.j && e < i+14; e++ {
					if w := f.anyAt(e, "的工单", "工单"); w > 0 && e > i {
						f.customerAt("customer", i, e)
						i = e + w
						break
					}
				}
			}
			if !f.has("ticket") && !f.has("customer") && p != f.parts[len(f.parts)-1] && i < p.j && !strings.ContainsRune(":：", f.norm[i]) { // 告诉康宁体检,…
				if e := f.run(f.skip(i, p.j), p.j); e >= p.j && f.customerAt("customer", i, p.j) {
					i = p.j
				}
			}
			for i < p.j {
				if f.at[i] != nil && f.used[i] {
					i = f.at[i].j
					continue
				}
				if m := f.anyAt(i, "工单", "ticket", "一下", "说", "内容是", "内容", "：", ":", "，", ",", " ", "客户", "那张", "的", "号", "\"", "他", "她"); m > 0 {
					i += m
					continue
				}
				break
			}
			if !f.has("ticket") && !f.has("customer") {
				f.customerAt("customer", p.i, k)
			}
			end := f.end()
			if i >= p.j {
				// the text stands in the next clause
				for x, q := range f.parts {
					if q == p && x+1 < len(f.parts) {
						i = f.parts[x+1].i
					}
				}
			}
			if i < end {
				if text := f.said(i, f.replyEnd(i, end)); text != "" {
					f.set("content", text)
					f.mark(k, f.end())
				}
			}
			return
		}
	}
}

// replyEnd cuts the order itself off the end of an answer in [i,end): …——回复在工单里.
func (f *frame) replyEnd(i, end int) int {
	for _, tail := range []string{"回复在工单里", "回在工单里", "记在工单里", "回复到工单里", "回复到工单"} {
		if n := utf8Len(tail); end-n > i && f.hasAt(end-n, tail) {
			end -= n
			for end > i && (isEdge(f.norm[end-1]) || f.norm[end-1] == '—') {
				end--
			}
		}
	}
	return end
}

// ticketClose reads which ticket is done and how it was solved.
func (f *frame) ticketClose() {
	f.id("ticket")
	f.markHit()
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "处理结果是", "处理结果:", "处理结果：", "处理结果", "处理办法就是", "处理办法是", "处理办法", "处理方法是", "处理方法", "解决办法就是", "解决办法是", "解决方案是", "解决方法是", "解决办法", "解决方案", "结果是", "处理方式是", "处理方式", "原因是", "结论是", "结论", "处理情况", "备注")
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := k + n
			for i < p.j && isEdge(f.norm[i]) {
				i++
			}
			end := f.reasonEnd(i, p.j)
			f.set("resolution", f.said(i, end))
			f.mark(k, end)
			break
		}
	}
	f.markAll("这两张", "那两张", "这几张", "那几张", "那张", "这张", "那个", "这个", "工单", "可以", "关闭", "关掉", "关单", "关了", "结单", "完结", "结案", "办结", "帮我", "把", "了吧", "麻烦", "请", "号")
	if !f.has("ticket") {
		p := f.parts[0]
		if !f.customerAt("customer", p.i, p.j) {
			f.customerAfter("customer", p, "把", "给")
		}
	}
	if !f.has("resolution") {
		if text, i, j := f.leftover(); j-i >= 3 && f.anyAt(j, "的工单", "那张工单", "的单子", "的那张") == 0 && f.anyAt(i, "关一下", "关了吧", "可以关", "麻烦关", "帮我关", "关掉吧", "结一下", "结了吧", "请关", "销掉", "老") == 0 {
			f.set("resolution", text)
			f.mark(i, j)
		}
	}
}

func (f *frame) ticketList() {
	f.period()
	for _, s := range []struct {
		words  []string
		status string
	}{
		{[]string{"超时", "逾期", "超期", "过期", "超sla", "到期没处理", "overdue", "快超时", "延期"}, "overdue"},
		{[]string{"没关", "未关", "未完成", "没完成", "未解决", "没解决", "没处理", "未处理", "处理中", "待处理", "进行中", "开着", "没结", "未结", "没办完", "在处理", "挂着", "open", "还没处理", "未完结", "没完结", "没搞定", "未关闭", "没关闭", "没结案", "未结案", "在办"}, "open"},
		{[]string{"已关闭", "结了", "结掉了", "关闭", "已关", "关了", "关掉", "已完成", "完成了", "已解决", "解决了", "处理完", "已处理", "结案", "完结", "办结", "closed", "已结", "关单", "完成"}, "closed"},
	} {
		if i := f.before(s.words...); i >= 0 {
			f.set("status", s.status)
			f.mark(i, i+f.anyAt(i, s.words...))
			break
		}
	}
	f.ownerOf("owner")
	if f.has("owner") {
		return
	}
	f.markHit()
	f.markAll("工单", "清单", "列表", "名单", "哪些", "多少")
	p := f.parts[0]
	if f.customerAt("customer", p.i, p.j) {
		if name := f.params["customer"].(string); !f.plausibleCustomer(name) || hasAny(name, []string{"哪些", "多少", "几张", "还有", "所有", "全部", "投诉", "故障", "维修", "咨询", "退换", "紧急"}) {
			delete(f.params, "customer")
		}
	}
}
