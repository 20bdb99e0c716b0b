package parse

import (
	"slices"
	"strings"

	"gendan/crm"
)

// couponSend reads who gets which coupon.
func (f *frame) couponSend() {
	f.giftTo()
	f.couponTerms()
	f.audience()
	if name, ok := f.params["customer"].(string); ok && slices.Contains([]string{"发", "发一", "发张", "发一张", "送", "送一", "送张", "送一张", "推一张", "来一张", "来张"}, name) { // 给客户发一张券: to which?
		delete(f.params, "customer")
	}
}

// giftTo reads the person between 给 and the verb, whose surname may be a measure word: 给张敏发一张8折券.
func (f *frame) giftTo() {
	for _, p := range f.parts {
		for k := p.i; k+3 < p.j; k++ {
			if f.anyAt(k, "给", "为", "向") == 0 || f.at[k] != nil || f.at[k+1] != nil || !f.v.measures.has(f.norm[k+1]) {
				continue
			}
			for e := k + 3; e <= k+5 && e < p.j; e++ {
				if f.anyAt(e, "发", "送", "推", "来", "派") > 0 && f.free(k, e) && crm.LooksLikePerson(string(f.norm[k+1:e])) {
					f.set("customer", f.said(k+1, e))
					f.mark(k, e)
					return
				}
			}
		}
	}
}

// kindsOfCustomers are words before one customer's name that would else choose all of the kind.
var kindsOfCustomers = []string{"VIP会员", "vip会员", "VIP客户", "vip客户", "会员", "老客户", "老顾客", "客户", "顾客"}

// oneOfAll reads the one customer who is named behind the kind: 给会员佘敏发一张券 goes to 佘敏, and not to all members.
func (f *frame) oneOfAll() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, kindsOfCustomers...)
			if n == 0 || f.has("customer") || f.used[k] || f.at[k] != nil && f.at[k].kind != 'C' {
				continue
			}
			i := k + n
			if n := f.v.known.at(f.line, i); n > 0 && i+n < p.j && f.at[i] != nil && f.at[i].i == i && f.at[i].j == i+n { // one of the speaker's records
				f.set("customer", f.said(i, i+n))
				f.mark(k, i+n)
				return
			}
			for e := min(i+4, p.j); e >= i+2; e-- {
				if f.anyAt(e, "发", "送", "推", "来一", "派", "她", "他", "一张", "张", "给", "进", "走", "加入", "，", ",", " ") == 0 || !f.free(i, e) {
					continue
				}
				named := f.person(i, p.j) == e && f.addressed(i, e) || crm.LooksLikePerson(string(f.norm[i:e])) || e-i <= 3 && f.v.compound.at(f.line, i) == 2
				if _, _, common := f.wordCost(i, e); !named && !common && e-i <= 3 && f.v.surnames[f.norm[i]] && f.anyAt(i, "全", "都", "每", "满", "各", "有", "和", "从", "以", "权", "单") == 0 {
					named = f.person(i, e) == e
				}
				if named && f.v.gaps.at(f.line, i) < 2 {
					f.set("customer", f.said(i, e))
					f.mark(k, e)
					return
				}
			}
			k += n - 1
		}
	}
}

// audience reads a filter, or else one customer.
func (f *frame) audience() {
	f.oneOfAll()
	filter := f.filter()
	f.markHit()
	if len(filter) > 0 {
		f.set("filter", filter)
		return
	}
	if f.has("customer") {
		return
	}
	for _, p := range f.parts {
		if f.customerAfter("customer", p, "给", "为", "让", "把", "对", "向", "送") || !f.opensWithVerb(p) && f.customerAt("customer", p.i, p.j) {
			return
		}
	}
}

// opensWithVerb reports whether the clause says at once what is sent, and to whom only by a pronoun: 再给他们发张券.
func (f *frame) opensWithVerb(p *clause) bool {
	k := p.i
	for moved := true; moved; {
		n := f.anyAt(k, " ", "再", "也", "还", "都", "就", "然后", "顺便", "另外", "给他们", "给她们", "给他", "给她", "给这批人", "给这些人", "给大家", "每人", "每位", "每家", "各")
		k, moved = k+n, n > 0
	}
	return f.anyAt(k, "发", "送", "推", "派", "赠", "寄") > 0 && (f.anyAt(k+1, "张", "个", "一", "满", "他", "她") > 0 || f.at[k+1] != nil || isDigit(f.norm[k+1]))
}

// couponTerms reads 满99减20, 八折券, 减50, 20元券, 10天过期, 有效期7天, 抹茶拿铁的券.
func (f *frame) couponTerms() {
	f.secondHalf()
	for _, sp := range f.find('D') {
		if sp.off {
			f.set("discount", sp.rate)
			f.mark(sp.i, sp.j)
			f.mark(sp.j, sp.j+f.anyAt(sp.j, "优惠券", "优惠", "折扣券", "的券", "券"))
			f.markBefore(sp.i, "打")
			break
		}
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] {
				continue
			}
			if n := f.anyAt(k, "立减", "直减", "减", "抵扣", "抵", "优惠", "便宜", "免", "返"); n > 0 && f.at[k] == nil {
				if v, e, ok := f.plainMoney(k + n); ok && !f.has("amount_off") {
					f.set("amount_off", yuan(v))
					f.mark(k, e)
					f.mark(e, e+f.anyAt(e, "的优惠券", "优惠券", "的券", "券", "的"))
					k = e - 1
					continue
				}
			}
			if n := f.anyAt(k, "消费满", "买满", "购物满", "满"); n > 0 && f.at[k] == nil {
				if v, e, ok := f.plainMoney(k + n); ok && f.anyAt(e, "次", "天", "单", "件", "的会员", "的客户", "的人", "的老客") == 0 {
					f.set("min_spend", yuan(v))
					f.mark(k, e)
					if f.anyAt(e, "可用", "使用", "就能用", "能用", "以上可用", "起用") > 0 {
						f.mark(e, e+f.anyAt(e, "以上可用", "可用", "使用", "就能用", "能用", "起用"))
					}
					k = e - 1
					continue
				}
			}
		}
	}
	if !f.has("amount_off") && !f.has("discount") {
		for _, p := range f.parts {
			for k := p.i; k < p.j; k++ {
				if f.used[k] || k > 0 && isDigit(f.norm[k-1]) {
					continue
				}
				v, e, ok := f.plainMoney(k)
				if ok && f.anyAt(e, "优惠券", "代金券", "抵用券", "现金券", "的优惠券", "的代金券", "的券", "券", "无门槛", "红包", "立减券", "抵扣券", "的抵用券") > 0 {
					f.set("amount_off", yuan(v))
					f.mark(k, e)
					break
				}
			}
		}
	}
	f.markAll("无门槛", "每人", "每位")
	f.validDays()
	f.couponProduct()
}

// secondHalf reads 抹茶第二杯半价: half of the second one only.
func (f *frame) secondHalf() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "第二杯半价", "第二件半价", "第二份半价", "第二个半价", "第2杯半价", "第2件半价", "第2份半价", "第二支半价", "第二盒半价", "第二瓶半价")
			if n == 0 {
				continue
			}
			f.set("second_half", true)
			f.set("discount", 0.5)
			b := k
			for b > p.i && !f.used[b-1] && f.at[b-1] == nil && !isEdge(f.norm[b-1]) && f.anyAt(b-1, "发", "送", "推", "的", "张", "来", "个", "波", "给") == 0 {
				b--
			}
			if k-b >= 2 {
				f.set("product", f.said(b, k))
			} else {
				b = k
			}
			f.mark(b, k+n)
			f.mark(k+n, k+n+f.anyAt(k+n, "的优惠券", "的券", "优惠券", "券"))
			return
		}
	}
}

// plainMoney reads an amount with or without its unit.
func (f *frame) plainMoney(k int) (v float64, end int, ok bool) {
	for k < len(f.norm) && f.norm[k] == ' ' {
		k++
	}
	if k >= len(f.norm) || !isDigit(f.norm[k]) && !isHanNumber(f.norm[k]) && f.norm[k] != '¥' {
		return 0, k, false
	}
	k += f.anyAt(k, "¥")
	v, e, _ := f.number(k)
	if e == k || v <= 0 {
		return 0, k, false
	}
	e += f.anyAt(e, "元", "块钱", "块")
	return v, e, true
}

func (f *frame) validDays() {
	for _, sp := range f.spans {
		if sp.kind != 'U' && sp.kind != 'T' || !f.in(sp.i, sp.j) || !f.free(sp.i, sp.j) {
			continue
		}
		days := sp.days
		if sp.kind == 'T' {
			if days = f.daysSaid(sp); days == 0 {
				continue
			}
		}
		tail := f.anyAt(sp.j, "内有效", "有效期", "有效", "过期", "到期", "内使用", "内用完", "内可用", "之内有效", "失效", "后过期", "内用", "用", "可用", "用完", "作废", "的有效期", "之后过期", "内必须用")
		led := 0
		for _, w := range []string{"有效期是", "有效期为", "有效期设", "有效期", "有效", "限", "期限", "用期", "有效期:", "有效期："} {
			if n := utf8Len(w); sp.i-n >= 0 && f.hasAt(sp.i-n, w) && n > led {
				led = n
			}
			if n := utf8Len(w); sp.i-n-1 >= 0 && f.norm[sp.i-1] == ' ' && f.hasAt(sp.i-n-1, w) && n+1 > led {
				led = n + 1
			}
		}
		alone := (sp.i == f.partStart(sp.i) || f.norm[sp.i-1] == ' ') && (sp.j >= f.limit(sp.i) || f.norm[sp.j] == ' ') && sp.kind == 'U'
		if tail == 0 && led == 0 && !alone {
			continue
		}
		f.set("valid_days", int64(days))
		f.mark(sp.i-led, sp.j+tail)
		return
	}
}

// couponProduct reads for which product a coupon is: 一张抹茶拿铁的八折券, 限滤芯使用.
func (f *frame) couponProduct() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			if n := f.anyAt(k, "只能买", "限购", "仅限买", "仅限", "只限", "限买", "限", "适用于", "适用", "指定商品", "用于购买", "用来买", "买"); n > 0 && f.anyAt(k, "买过", "买了", "买满", "限时") == 0 {
				e := f.until(k+n, p.j, "使用", "可用", "用", "的券", "产品", "时")
				if e == k+n {
					e = f.thing(k+n, p.j)
				}
				if e > k+n+1 && (n > 1 || e >= p.j && k == p.i || f.anyAt(e, "使用", "可用", "用", "时", "的券") > 0) && f.free(k, e) {
					f.set("product", f.said(k+n, e))
					f.mark(k, e+f.anyAt(e, "使用", "可用", "用", "的券"))
					return
				}
			}
		}
	}
	for _, p := range f.parts { // 满两万减八百的检测服务券
		for k := p.i + 1; k < p.j; k++ {
			if f.norm[k] != '的' || !f.used[k-1] || f.used[min(k+1, p.j-1)] {
				continue
			}
			e := k + 1
			for e < p.j && !f.used[e] && f.at[e] == nil && isHan(f.norm[e]) && f.anyAt(e, "优惠券", "代金券", "抵用券", "专用券", "券") == 0 {
				e++
			}
			if e-k-1 >= 2 && e-k-1 <= 8 && f.anyAt(e, "优惠券", "代金券", "抵用券", "专用券", "券") > 0 && f.anyAt(k+1, "优惠", "代金", "抵用", "满减", "折扣", "无门槛", "现金", "生日") == 0 {
				f.set("product", f.said(k+1, e))
				f.mark(k, e)
				return
			}
		}
	}
	// 一张抹茶拿铁的八折券, 发滤芯9折券: between the verb and the terms
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "发一张", "发张", "来一张", "来张", "送一张", "送张", "推一张", "发一波", "来一波", "推一波", "发个", "送个", "一张", "张", "发", "送", "推", "来", "派")
			if n == 0 {
				continue
			}
			i := k + n
			for i < p.j && (f.norm[i] == ' ' || f.anyAt(i, "一张", "一波", "个", "一个", "些", "点", "一些") > 0) {
				i += max(1, f.anyAt(i, "一张", "一波", "个", "一个", "些", "点", "一些"))
			}
			j := i
			for j < p.j && !f.used[j] && f.at[j] == nil && f.norm[j] != ' ' && f.anyAt(j, "优惠", "券", "代金", "折扣", "抵用", "给", "无门槛", "的券", "满减") == 0 {
				j++
			}
			a, b := f.bare(i, j)
			if b-a >= 2 && j < p.j && (f.used[j] || f.anyAt(j, "优惠", "券", "代金", "的券", "折扣", "抵用") > 0) && !hasAny(string(f.norm[a:b]), []string{"客户", "会员", "他", "她", "大家", "生日", "一下", "张"}) {
				f.set("product", f.said(a, b))
				f.mark(a, b)
				return
			}
		}
	}
}

// journeyStart reads which journey and who enters it.
func (f *frame) journeyStart() {
	found := false
	for _, p := range f.parts {
		// quoted
		for k := p.i; k < p.j && !found; k++ {
			if f.norm[k] != '"' || f.tagAt(k, p) {
				continue
			}
			for e := k + 1; e < p.j; e++ {
				if f.norm[e] == '"' && e > k+1 {
					f.set("journey", f.said(k+1, e))
					f.mark(k, e+1)
					found = true
					break
				}
			}
		}
		for k := p.i; k < p.j && !found; k++ {
			n := f.anyAt(k, "旅程", "流程", "培育计划", "自动化", "sop", "计划")
			if n == 0 || f.at[k] != nil || k == p.i {
				continue
			}
			b := k
			for b > p.i {
				if f.used[b-1] || f.norm[b-1] == ' ' {
					break
				}
				if w := f.endsWith(b, p.i, "走一遍", "走一下", "走", "进入到", "进入", "加入到", "加入", "加到", "放进", "放到", "进到", "进", "启动", "开启", "开始", "跑一遍", "跑一下", "跑", "上", "参加", "推进", "拉进", "拉入", "丢进", "执行", "触发", "安排", "做", "开", "一个", "个", "一遍", "入", "套", "用", "把", "投进", "过一遍"); w > 0 && !(w == 1 && (f.hasAt(b-1, "个") || f.hasAt(b-1, "上") || f.hasAt(b-1, "用") || f.hasAt(b-1, "做") || f.hasAt(b-1, "开")) && k-b < 1) {
					break
				}
				b--
			}
			a, e := f.bare(b, k)
			if e > a {
				f.set("journey", f.said(a, e))
				f.mark(a, k+n)
				found = true
			} else if x := f.skipEdges(k+n, p.j); x < p.j { // 旅程:双周培育
				y := f.run(x, p.j)
				if y > x+1 {
					f.set("journey", f.said(x, y))
					f.mark(k, y)
					found = true
				}
			}
		}
	}
	f.audience()
}

func (f *frame) skipEdges(i, limit int) int {
	for i < limit && isEdge(f.norm[i]) {
		i++
	}
	return i
}

// endsWith gives the length of the longest word that ends at b, not reaching below start.
func (f *frame) endsWith(b, start int, words ...string) int {
	best := 0
	for _, w := range words {
		if n := utf8Len(w); b-n >= start && n > best && f.hasAt(b-n, w) {
			best = n
		}
	}
	return best
}

func (f *frame) pointsBalance() {
	f.markHit()
	f.customer("customer")
	if c, _ := f.params["customer"].(string); c == "她现在余额" || strings.HasPrefix(c, "余额") {
		delete(f.params, "customer")
	}
}

// addWords give points, cutWords take them; the one nearest before the number counts.
var (
	addWords = []string{"增加", "加上", "加", "补发", "补上", "补", "送", "奖励", "赠送", "发放", "返", "充", "少扣", "多扣了", "少加了", "少加", "漏加了", "漏加", "少给了", "少给", "少记", "+", "给"}
	cutWords = []string{"减掉", "减去", "减", "扣掉", "扣除", "扣减", "扣", "收回", "去掉", "划掉", "冲掉", "清掉", "清", "核减", "退回", "多加了", "多送了", "多给了", "多记了", "多记", "-"}
)

// pointsAdjust reads how many points are added or taken, and why.
func (f *frame) pointsAdjust() bool {
	f.markAll("补送", "补发", "补给", "返还", "多送")
	f.pointsChanged()
	f.markHit()
	f.markAll("扣掉", "扣除", "扣减", "减掉", "减去", "增加", "加上", "补发", "奖励", "赠送")
	f.reason(false)
	f.customer("customer")
	if !f.has("reason") {
		f.markLone("积分", "分", "她", "他", "给", "给她", "给他", "原因", "因为", "再", "办一下", "处理一下")
		if text, i, j := f.leftover(); j-i >= 2 {
			f.set("reason", text)
			f.mark(i, j)
		}
	}
	return true
}

// pointsChanged sets points: the number with 分 behind it, else the first one, with the sign of the verb before it.
func (f *frame) pointsChanged() {
	best, bi, bj, rank := 0.0, 0, 0, 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || k > 0 && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1])) || f.at[k] != nil && f.at[k].kind != 'M' {
				continue
			}
			v, e, _ := f.number(k)
			if e == k || v <= 0 || e > p.j || f.anyAt(e, "月", "号", "日", "天", "次", "元", "块", "个月", "张", "单", "个人", "下", "笔", "直", "定") > 0 {
				continue
			}
			r := 1
			if f.anyAt(e, "个积分", "点积分", "积分", "分", "点") > 0 {
				r = 3
			} else if f.signBefore(k, p.i) != 0 {
				r = 2
			}
			if r > rank {
				best, bi, bj, rank = v, k, e, r
			}
			k = e - 1
		}
	}
	if rank == 0 || rank == 1 && f.before("积分") < 0 {
		return
	}
	sign := f.signBefore(bi, f.partStart(bi))
	if sign == 0 {
		sign = f.signBefore(f.end(), f.start())
	}
	if n := f.endsWith(bi, f.partStart(bi), "多扣", "多加", "多送", "多给"); n > 0 && f.before("补回", "补给", "还给", "还回", "退回", "扣回", "收回", "上次", "上回", "之前", "误", "系统", "昨天", "刚才") >= 0 { // 上次多扣50分，补回去
		sign = -1
		if f.hasAt(bi-1, "扣") {
			sign = 1
		}
	}
	if sign < 0 {
		best = -best
	}
	f.set("points", yuan(best))
	f.mark(bi, bj+f.anyAt(bj, "个积分", "点积分", "积分", "分", "点"))
}

// signBefore gives the sign of the last verb of giving or taking between start and i, 0 when there is none.
func (f *frame) signBefore(i, start int) int {
	for k := i - 1; k >= start; k-- {
		if f.at[k] != nil {
			continue
		}
		add, cut := f.anyAt(k, addWords...), f.anyAt(k, cutWords...)
		if k > start { // 多|加 is one word
			if wide := max(f.anyAt(k-1, addWords...), f.anyAt(k-1, cutWords...)); wide > 1 && wide > max(add, cut) {
				continue
			}
		}
		switch {
		case f.hasAt(k, "给") && add == 1 || k+max(add, cut) > i:
		case cut > add:
			return -1
		case add > 0:
			return 1
		}
	}
	return 0
}

// markLone marks the words where they stand by themselves between what is used, stops and spaces.
func (f *frame) markLone(words ...string) {
	for _, p := range f.parts {
		f.markWords(p, words...)
	}
}

// pointsRedeem reads what the points are exchanged for.
func (f *frame) pointsRedeem() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || k > 0 && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1])) {
				continue
			}
			v, e, _ := f.number(k)
			if e == k || v <= 0 || f.at[k] != nil && f.at[k].kind != 'M' {
				continue
			}
			if w := f.anyAt(e, "个积分", "点积分", "积分", "分"); w > 0 {
				f.set("points", yuan(v))
				f.mark(k, e+w)
				f.markBefore(k, "用掉")
				f.markBefore(k, "用")
				f.markBefore(k, "花")
				f.markBefore(k, "拿")
				break
			}
			if f.anyAt(max(p.i, k-1), "扣", "花", "用") > 0 && k > p.i && f.anyAt(e, "换", "兑", " 换", "，换", "领") > 0 { // 扣200换个保温杯
				f.set("points", yuan(v))
				f.mark(k-1, e)
				break
			}
			if f.hasAt(k-2, "积分") {
				f.set("points", yuan(v))
				f.mark(k-2, e)
				break
			}
		}
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "兑换成", "兑换了", "兑换", "换成", "换走了", "换走", "换购了", "换购", "换礼品：", "换礼品:", "换礼品", "换礼物", "换礼：", "换礼:", "换礼", "换了", "换", "兑了", "兑成", "兑个", "兑", "领了", "领个", "领", "redeem")
			if n == 0 || f.anyAt(k, "兑换记", "换算") > 0 {
				continue
			}
			i := k + n
			for i < p.j {
				if m := f.anyAt(i, "积分商城里的", "积分商城的", "商城里的", "商城的", "一个", "一份", "一张", "一套", "一只", "一把", "一件", "一台", "一盒", "一瓶", "1个", "1份", "1张", "个", "份", "张", " ", "了", "一条", "一支", "一杯", "一箱", "一双", "一袋", "一包", "支", "只", "把", "盒", "瓶", "套", "台", "条", "双", "杯", "箱", "袋", "罐"); m > 0 && (m > 1 || f.measureOf(i, p.j)) && !f.used[i] {
					i += m
					continue
				}
				if i+1 < p.j && strings.ContainsRune("两俩二三四五六七八九十", f.norm[i]) && f.at[i] == nil && f.measureOf(i+1, p.j) { // 兑|两条擦杯布
					i += 2
					continue
				}
				break
			}
			j := i
			for j < p.j && !f.used[j] && f.norm[j] != ' ' && f.at[j] == nil {
				j++
			}
			a, b := f.bare(i, j)
			if e := f.person(a, b); a > k+n && a < b && e == b && f.addressed(a, b) && j < p.j { // 积分兑换 佟姐 护手霜
				f.set("customer", f.said(a, b))
				f.mark(k, b)
				for i = b; i < p.j && f.norm[i] == ' '; i++ {
				}
				for j = i; j < p.j && !f.used[j] && f.norm[j] != ' ' && f.at[j] == nil; j++ {
				}
				a, b = f.bare(i, j)
			}
			for _, t := range []string{"吧", "了", "一个", "一份", "，", "哈", "礼品", "给她", "给他"} {
				if w := utf8Len(t); t != "礼品" && b-w > a && f.hasAt(b-w, t) {
					b -= w
				}
			}
			if n := f.anyAt(a, "杯", "把", "张", "瓶", "盒", "台", "只", "件", "套", "条", "包", "袋", "本", "块"); n > 0 && b-a > 2 && f.anyAt(a, "杯子", "盒子", "包包", "袋子", "把手", "条纹", "台灯", "台历", "本子", "张小", "杯垫", "瓶子") == 0 { // 杯拿铁
				a += n
			}
			if _, e, _ := f.number(a); e > a && e+1 < b && strings.ContainsRune("提箱盒包袋瓶件套个份张", f.norm[e]) { // 两提抽纸
				a = e + 1
			}
			for k := a + 2; k < b; k++ { // 雨伞一把
				if _, e, ok := f.countAt(k, b); ok && e == b {
					b = k
				} else if f.hasAt(k, "一") && k+2 == b && f.v.measures.at(f.line, k+1) == 1 {
					b = k
				}
			}
			if b > a && f.anyAt(a, "积分") == 0 {
				f.set("gift", f.said(a, b))
				f.mark(k, b)
				break
			}
			f.mark(k, i)
		}
		if f.has("gift") {
			break
		}
	}
	f.markAll("拿积分", "用积分", "花积分", "凭积分", "的积分", "积分")
	if !f.has("customer") {
		f.customer("customer")
	}
}

func (f *frame) surveySend() {
	f.id("ticket")
	if text := string(f.norm[f.start():f.end()]); !f.has("ticket") && hasAny(text, []string{"客户", "会员"}) {
		if filter := f.filter(); len(filter) > 0 { // 给重点客户发满意度调查: to all of them
			f.action = "survey.campaign"
			f.set("filter", filter)
			if strings.Contains(text, "nps") || strings.Contains(text, "推荐") {
				f.set("metric", "nps")
			}
			return
		}
	}
	f.markHit()
	f.markAll("工单", "满意度", "调研", "问卷", "调查", "回访问卷", "评价", "nps")
	if f.has("ticket") {
		return
	}
	if !f.behindAny("给", "向", "让", "请") {
		f.customer("customer")
	}
}

// measureOf reports whether the character at i counts the thing behind it (换了支|口红) and is not the beginning of it (换了|台灯).
func (f *frame) measureOf(i, limit int) bool {
	if strings.ContainsRune("个份张 了", f.norm[i]) {
		return true
	}
	if _, _, word := f.wordCost(i, min(i+2, limit)); word {
		return false
	}
	if i+3 > limit {
		return false
	}
	_, noun, ok := f.wordCost(i+1, i+3)
	return ok && noun
}

// tagAt reports whether the quote that opens at k names a tag (标签带“年框”的客户), and passes over it.
func (f *frame) tagAt(k int, p *clause) bool {
	e := k + 1
	for e < p.j && f.norm[e] != '"' {
		e++
	}
	return f.endsWith(k, p.i, "标签带", "标签是", "标签为", "标签有", "标签含", "标签叫", "标签里有", "标签", "打了", "贴了", "带着", "带有", "带", "标了") > 0 && f.anyAt(e+1, "旅程", "流程", "这个旅程", "这个流程", "计划") == 0 || f.endsWith(k, p.i, "的客户") == 0 && f.anyAt(e+1, "标签", "这个标签", "的标签") > 0 || k > p.i && f.closes(k, p)
}

// closes reports whether the quote at k closes one that opened before it in the clause.
func (f *frame) closes(k int, p *clause) bool {
	n := 0
	for i := p.i; i < k; i++ {
		if f.norm[i] == '"' {
			n++
		}
	}
	return n%2 == 1
}
