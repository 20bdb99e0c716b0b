package parse

import "strings"

// filter reads a selection of customers: 西南的重点客户,一个月没下单的.
func (f *frame) filter() map[string]any {
	m := map[string]any{}
	f.filterDays(m)
	f.filterBirthday(m)
	f.filterOrders(m)
	f.filterSpent(m)
	f.filterTags(m)
	f.filterBought(m)
	f.filterStage(m)
	f.filterSource(m)
	f.filterOwner(m)
	f.filterTerms(m)
	return m
}

// filterDays reads 30天未消费, 一周没联系, 超过半年没下单, 没跟进超过7天.
func (f *frame) filterDays(m map[string]any) {
	orders := []string{"下单", "消费", "买", "购买", "成交", "采购", "订货", "复购", "进货", "到店", "光顾", "下过单", "来买", "回购", "拿货", "来消费", "来过", "订单", "购物", "开单", "交易", "来", "到店"}
	talks := []string{"联系", "跟进", "互动", "回访", "沟通", "拜访", "动静", "打电话", "打过电话", "说话", "来往", "聊", "走动", "理", "碰", "维护", "往来", "消息", "去过", "见面"}
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
		limit := f.limit(sp.i)
		key, end := "", 0
		for k := sp.j; k < limit && k < sp.j+10; k++ {
			n := f.anyAt(k, "没有", "没", "未", "无", "不")
			if n == 0 {
				continue
			}
			for e := k + n; e <= k+n+4 && e < limit; e++ {
				if w := f.anyAt(e, orders...); w > 0 {
					key, end = "no_order_days", e+w
					break
				}
				if w := f.anyAt(e, talks...); w > 0 {
					key, end = "no_contact_days", e+w
					break
				}
			}
			break
		}
		start := sp.i
		if key == "" { // 没跟进超过7天
			for k := max(f.partStart(sp.i), sp.i-10); k < sp.i; k++ {
				n := f.anyAt(k, "没有", "没", "未")
				if n == 0 {
					continue
				}
				for e := k + n; e < sp.i && e <= k+n+3; e++ {
					if f.anyAt(e, orders...) > 0 {
						key, end, start = "no_order_days", sp.j, k
						break
					}
					if f.anyAt(e, talks...) > 0 {
						key, end, start = "no_contact_days", sp.j, k
						break
					}
				}
				break
			}
		}
		if key == "" {
			continue
		}
		if _, had := m[key]; had {
			continue
		}
		m[key] = int64(days)
		for _, w := range []string{"已经", "连续", "超过", "有", "快", "近"} {
			f.markBefore(start, w)
		}
		for end < limit && f.anyAt(end, "过", "了", "的", "东西", "单", "记录") > 0 {
			end += f.anyAt(end, "过", "了", "的", "东西", "单", "记录")
		}
		f.mark(start, end)
	}
}

// daysSaid gives the days of a span said as 最近30天, 近三个月, 一个月内.
func (f *frame) daysSaid(sp *span) int {
	for k := sp.i; k < sp.j; k++ {
		if isDigit(f.norm[k]) || isHanNumber(f.norm[k]) {
			if d, _, ok := f.duration(k); ok {
				return d
			}
			sub := *f.scan
			sub.line = &line{orig: f.orig[k:sp.j], norm: f.norm[k:sp.j]}
			if d, _, ok := sub.duration(0); ok {
				return d
			}
		}
	}
	return 0
}

func (f *frame) filterBirthday(m map[string]any) {
	at := f.before("生日", "寿星")
	if at < 0 {
		return
	}
	for _, sp := range f.spans {
		if sp.kind != 'T' || !f.in(sp.i, sp.j) {
			continue
		}
		value := ""
		w := sp.when
		switch {
		case w.Grain == Day && w.From.Equal(midnight(f.now)):
			value = "today"
		case w.Grain == Week && w.From.Equal(monday(f.now)):
			value = "this_week"
		case w.Grain == Month && w.From.Equal(monthStart(f.now)):
			value = "this_month"
		case w.Grain == Month && w.From.Equal(monthStart(f.now).AddDate(0, 1, 0)):
			value = "next_month"
		}
		if value == "" {
			continue
		}
		m["birthday"] = value
		f.mark(sp.i, sp.j)
		n := f.anyAt(at, "生日的", "生日", "寿星")
		for _, w := range []string{"要过", "过"} {
			f.markBefore(at, w)
		}
		f.mark(at, at+n)
		return
	}
}

// bounds are words around a number and the side that they limit.
var lowerBefore = []string{"超过", "大于", "高于", "不低于", "不少于", "满", "达到", "至少", "过", "多于", "超", "以上", "够", "达", "在"}
var upperBefore = []string{"不足", "不到", "低于", "小于", "少于", "没到", "未满", "不满", "不超过", "至多", "最多", "没过", "不够", "才", "仅", "只"}

// bound reads which side a number at [i,j) limits: -1 upper, +1 lower, 0 neither.
func (f *frame) bound(i, j int) (side, start, end int) {
	start, end = i, j
	for _, w := range upperBefore {
		if n := utf8Len(w); i-n >= 0 && f.hasAt(i-n, w) {
			return -1, i - n, j
		}
	}
	if n := f.anyAt(j, "以下", "以内", "之内", "及以下", "不到"); n > 0 {
		return -1, i, j + n
	}
	for _, w := range lowerBefore {
		if n := utf8Len(w); i-n >= 0 && f.hasAt(i-n, w) {
			e := j
			if n := f.anyAt(j, "及以上", "以上", "之上"); n > 0 {
				e += n
			}
			return 1, i - n, e
		}
	}
	if n := f.anyAt(j, "及以上", "以上", "之上", "多"); n > 0 {
		return 1, i, j + n
	}
	return 0, i, j
}

// filterOrders reads 买满3次, 下单5次以上, 只买过一次, 订单数不到2.
func (f *frame) filterOrders(m map[string]any) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil || k > 0 && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1])) {
				continue
			}
			v, e, _ := f.number(k)
			if e == k || v <= 0 || v > 10000 {
				continue
			}
			n := f.anyAt(e, "次", "单", "笔订单", "个订单", "笔", "回")
			ctx := f.around(p.i, k, 10)
			if n == 0 && !(strings.Contains(ctx, "订单数") || strings.Contains(ctx, "下单次数") || strings.Contains(ctx, "购买次数") || strings.Contains(ctx, "消费次数")) {
				continue
			}
			if !hasAny(ctx+string(f.norm[e:min(p.j, e+8)]), []string{"买", "下单", "消费", "订单", "购", "成交", "下过", "复购", "采购"}) {
				continue
			}
			side, i, j := f.bound(k, e+n)
			b := f.anyAt(e+n, "以上", "及以上", "以下", "以内")
			if side == 0 {
				for _, w := range []string{"买过", "下过", "消费过", "购买过", "下了", "买了"} {
					if x := utf8Len(w); k-x-1 >= p.i && f.hasAt(k-x, w) {
						if f.hasAt(k-x-1, "只") || f.hasAt(k-x-1, "才") || f.hasAt(k-x-1, "仅") {
							side = -1
						}
					}
				}
			}
			if b > 0 {
				j = max(j, e+n+b)
				if f.hasAt(e+n, "以上") || f.hasAt(e+n, "及以上") {
					side = 1
				} else {
					side = -1
				}
			}
			if side < 0 {
				m["max_orders"] = int64(v)
			} else {
				m["min_orders"] = int64(v)
			}
			for i > p.i && !f.used[i-1] && f.at[i-1] == nil && strings.ContainsRune("买下单消费购买过累计订数次采满只才了仅总共至少成交交易复", f.norm[i-1]) {
				i--
			}
			f.mark(i, j)
		}
	}
}

// around gives up to n folded runes before k.
func (f *frame) around(start, k, n int) string {
	return string(f.norm[max(start, k-n):k])
}

// filterSpent reads 累计消费过万, 消费不足200, 花了5000以上.
func (f *frame) filterSpent(m map[string]any) {
	words := []string{"消费", "花", "累计", "买了", "消费额", "交易额", "成交额", "采购额", "客单价", "购买金额", "贡献"}
	for _, p := range f.parts {
		at := -1
		for k := p.i; k < p.j; k++ {
			if f.at[k] == nil && !f.used[k] && f.anyAt(k, words...) > 0 && f.anyAt(k, "花店", "花卉", "消费者", "消费品") == 0 {
				at = k
				break
			}
		}
		if at < 0 {
			continue
		}
		for k := at; k < p.j; k++ {
			if f.used[k] || k > 0 && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1]) || f.norm[k-1] == '.') {
				continue
			}
			var v float64
			e := k
			if sp := f.at[k]; sp != nil {
				if sp.kind != 'M' {
					continue
				}
				v, e = sp.money.Yuan, sp.j
			} else if n := f.anyAt(k, "万元", "万", "千", "百"); n > 0 && k > 0 && (f.norm[k-1] == '过' || f.norm[k-1] == '上' || f.norm[k-1] == '破' || f.norm[k-1] == '满' || f.norm[k-1] == '超') {
				v, e = float64(hanUnits[f.norm[k]]), k+n
			} else {
				var n int
				v, n, _ = f.number(k)
				if n == k || v < 10 || f.anyAt(n, "次", "天", "单", "个", "月", "周", "年", "笔", "积分", "分", "%", "折") > 0 {
					if n > k {
						k = n - 1
					}
					continue
				}
				e = n
				if w := f.anyAt(e, "元", "块钱", "块"); w > 0 {
					e += w
				}
			}
			side, _, j := f.bound(k, e)
			if n := f.anyAt(e, "到", "至", "-", "~"); n > 0 && side == 0 { // 1万到5万
				if v2, e2, _ := f.number(e + n); e2 > e+n {
					m["min_spent"] = yuan(v)
					m["max_spent"] = yuan(v2)
					f.mark(at, e2+f.anyAt(e2, "元", "块"))
					return
				}
			}
			if side < 0 {
				m["max_spent"] = yuan(v)
			} else {
				m["min_spent"] = yuan(v)
			}
			if side == 0 && f.hasAt(e, "以上") {
				j = e + 2
			}
			f.mark(at, max(j, e))
			for _, w := range []string{"累计", "总", "年", "历史"} {
				f.markBefore(at, w)
			}
			k = max(j, e) - 1
			if _, both := m["max_spent"]; both && m["min_spent"] != nil {
				return
			}
		}
	}
}

// filterTags reads 喜欢抹茶的, 标签是VIP的, 带“招标”标签的, 打了要招标标签的.
func (f *frame) filterTags(m map[string]any) {
	var tags []any
	add := func(i, j int) bool {
		i, j = f.trim(i, j)
		if j-i < 1 || j-i > 14 {
			return false
		}
		start := i
		for k := i; k <= j; k++ {
			if k == j || f.norm[k] == '、' || f.norm[k] == '"' || f.norm[k] == ',' || (f.norm[k] == '和' || f.norm[k] == '或' || f.norm[k] == '且') && k > start+1 && j-k > 2 {
				a, b := f.trim(start, k)
				if b > a {
					tags = append(tags, f.said(a, b))
				}
				start = k + 1
			}
		}
		return true
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil && f.at[k].kind != 'C' || f.used[k] {
				continue
			}
			if n := f.anyAt(k, "特别喜欢", "最喜欢", "喜欢吃", "喜欢喝", "喜欢用", "喜欢", "爱吃", "爱喝", "爱用", "偏爱", "偏好", "爱买"); n > 0 {
				if e := f.until(k+n, p.j, "的客户", "的会员", "的人", "的", "客户"); e > k+n {
					add(k+n, e)
					f.mark(k, e+f.anyAt(e, "的"))
					continue
				}
			}
			if n := f.anyAt(k, "标签里面有", "标签里带", "标签里有", "标签中有", "标签包含", "标签含有", "标签含", "标签带", "标签为", "标签是", "标签有", "标签:", "标签：", "标签=", "tag是", "tag为", "tag有", "tag:", "标签叫"); n > 0 {
				i := k + n
				for i < p.j && isEdge(f.norm[i]) {
					i++
				}
				e := f.until(i, p.j, "的", "\"", "”", "客户", "会员")
				if e == i {
					e = p.j
				}
				add(i, e)
				f.mark(k, e)
				continue
			}
			if n := f.anyAt(k, "打了", "打过", "打上", "带有", "带着", "带了", "贴了", "贴过", "有", "带", "标了", "标记了", "标记为", "标为", "打着", "含"); n > 0 {
				e := f.until(k+n, p.j, "这个标签", "标签", "tag")
				if e > k+n && e < p.j && f.anyAt(e, "这个标签", "标签", "tag") > 0 {
					x := e
					if f.hasAt(x-1, "的") {
						x--
					}
					if add(k+n, x) {
						f.mark(k, e+f.anyAt(e, "这个标签", "标签", "tag"))
					}
				}
			}
		}
	}
	if len(tags) > 0 {
		m["tags"] = tags
	}
}

// until gives the place of the first of the words from i, or i when none stands within the limit.
func (f *frame) until(i, limit int, words ...string) int {
	for k := i; k < limit && k < i+16; k++ {
		if k > i && f.anyAt(k, words...) > 0 {
			return k
		}
		if f.used[k] || f.norm[k] == ' ' {
			return i
		}
	}
	return i
}

func (f *frame) filterBought(m map[string]any) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "购买过", "采购过", "买过", "订过", "买了", "购买了", "用过", "下单过", "入手过", "拿过", "购过")
			if n == 0 {
				continue
			}
			i := k + n
			e := f.until(i, p.j, "的客户", "的会员", "的人", "的", "客户", "但", "会员")
			if e == i {
				e = p.j
			}
			if e <= i || f.number2(i) {
				continue
			}
			m["bought"] = f.said(i, e)
			f.mark(k, e+f.anyAt(e, "的"))
			return
		}
	}
}

func (f *frame) number2(i int) bool {
	_, e, _ := f.number(i)
	return e > i && f.anyAt(e, "次", "单", "回", "笔") > 0
}

func (f *frame) filterStage(m map[string]any) {
	t := f.v.terms["stage"]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "还停留在", "停留在", "还处于", "还处在", "处于", "处在", "还卡在", "卡在", "停在", "还在", "正在", "走到", "推进到", "进入", "进入了", "到了", "到", "在", "阶段是", "阶段为", "阶段")
			if n == 0 {
				continue
			}
			name, w := t.at(f.line, k+n)
			if w == 0 || k+n+w > p.j {
				continue
			}
			e := k + n + w
			e += f.anyAt(e, "阶段")
			m["stage"] = name
			f.mark(k, e)
			return
		}
		for k := p.i; k < p.j; k++ {
			if f.used[k] {
				continue
			}
			if name, w := t.at(f.line, k); w > 0 && f.anyAt(k+w, "阶段") > 0 {
				m["stage"] = name
				f.mark(k, k+w+2)
				return
			}
		}
	}
}

func (f *frame) filterSource(m map[string]any) {
	t := f.v.terms["source"]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			if n := f.anyAt(k, "来源是", "来源为", "来源于", "来自", "来源"); n > 0 {
				if name, w := t.at(f.line, k+n); w > 0 {
					m["source"] = name
					f.mark(k, k+n+w)
					return
				}
			}
			name, w := t.at(f.line, k)
			if w == 0 {
				continue
			}
			e := k + w
			if n := f.anyAt(e, "上认识的", "认识的", "上来的", "过来的", "来的", "渠道来的", "渠道的", "渠道", "进来的", "引流来的", "引流的", "加的", "获客的"); n > 0 {
				m["source"] = name
				f.mark(k, e+n)
				f.markBefore(k, "从")
				f.markBefore(k, "通过")
				return
			}
		}
	}
}

// filterTerms reads levels, segments, regions, industries and membership, which are said by name.
func (f *frame) filterTerms(m map[string]any) {
	level, rfm, region, industry := f.v.terms["level"], f.v.terms["rfm"], f.v.terms["region"], f.v.terms["industry"]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			if name, n := level.at(f.line, k); n > 0 && m["level"] == nil && (n >= 3 || f.anyAt(k+n, "客户", "级") > 0) {
				m["level"] = name
				f.mark(k, k+n)
				k += n - 1
				continue
			}
			if name, n := rfm.at(f.line, k); n > 0 && m["rfm"] == nil && f.anyAt(k+n, "率", "分析", "原因", "情况", "预警", "趋势") == 0 && f.anyAt(k+n, "客户", "会员", "的", "用户", "型", "了", "人群", "客") > 0 {
				m["rfm"] = name
				f.mark(k, k+n)
				k += n - 1
				continue
			}
			if n := region.find.at(f.line, k); n > 0 && m["region"] == nil {
				e := k + n
				e += f.anyAt(e, "地区", "区域", "大区", "那边", "这边", "市", "省", "片区")
				m["region"] = f.said(k, k+n)
				f.mark(k, e)
				k = e - 1
				continue
			}
			if n := f.anyAt(k, "非会员", "不是会员"); n > 0 {
				m["member"] = false
				f.mark(k, k+n)
				k += n - 1
				continue
			}
			if n := f.anyAt(k, "会员"); n > 0 && f.anyAt(k, "会员价", "会员卡", "会员日", "会员权益") == 0 && m["member"] == nil {
				m["member"] = true
				f.mark(k, k+n)
				k += n - 1
				continue
			}
			if n := industry.find.at(f.line, k); n > 0 && m["industry"] == nil && f.anyAt(k+n, "客户", "的客户", "行业", "类客户", "企业", "的", "公司", "会员", "类", "商") > 0 {
				if f.hasAt(k+n, "业") {
					n++
				}
				m["industry"] = f.said(k, k+n)
				e := k + n
				e += f.anyAt(e, "行业", "类")
				f.mark(k, e)
				k = e - 1
				continue
			}
		}
	}
	if m["industry"] == nil {
		if i := f.after("行业是", "行业为", "行业:", "行业："); i >= 0 {
			if j := f.run(i, f.limit(i)); j > i {
				m["industry"] = f.said(i, j)
				f.mark(i, j)
			}
		}
	}
	if m["industry"] == nil {
		for _, p := range f.parts {
			for k := p.i + 2; k < p.j; k++ {
				if f.anyAt(k, "行业", "业客户", "业的客户") == 0 || f.at[k] != nil {
					continue
				}
				b := f.back(k, p.i)
				e := k
				if f.hasAt(k, "业") {
					e++
				}
				if f.hasAt(b, "做") {
					b++
				}
				if b < k && k-b <= 5 && f.free(b, e) {
					m["industry"] = f.said(b, e)
					f.mark(b, e)
					return
				}
			}
		}
	}
}

// filterOwner reads 我名下的, 我的, 吴迪跟的, 销售一部负责的.
func (f *frame) filterOwner(m map[string]any) {
	if who, i, j := f.ownerSaid(true); who != "" {
		m["owner"] = who
		f.mark(i, j)
	}
}
