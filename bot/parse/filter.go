package parse

import "strings"

// filter reads a selection of customers: 西南的重点客户,一个月没下单的.
func (f *frame) filter() map[string]any {
	m := map[string]any{}
	f.filterSegment(m)
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

// filterSegment reads a saved selection: 人群「沉睡老客」, 沉睡老客人群.
func (f *frame) filterSegment(m map[string]any) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "人群", "分群", "客群")
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := k + n
			for i < p.j && (f.norm[i] == '"' || f.norm[i] == ' ' || f.norm[i] == ':') {
				i++
			}
			j := i
			for j < p.j && f.norm[j] != '"' && !isEdge(f.norm[j]) && f.anyAt(j, "发", "送", "推", "群发", "进入", "走", "启动", "里", "的", "来", "做", "中", "一", "每", "都") == 0 {
				j++
			}
			if j-i >= 2 {
				m["segment"] = f.said(i, j)
				f.mark(k, min(j+1, p.j))
				if j < p.j && f.norm[j] != '"' {
					f.used[j] = false
				}
				return
			}
			b := k
			for b > p.i && !f.used[b-1] && f.at[b-1] == nil && !isEdge(f.norm[b-1]) && f.norm[b-1] != '"' && f.anyAt(b-1, "给", "让", "把", "向", "对", "为") == 0 {
				b--
			}
			if k-b >= 2 {
				m["segment"] = f.said(b, k)
				f.mark(b, k+n)
				return
			}
		}
	}
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
	at := f.before("生日", "寿星", "过生")
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
		n := f.anyAt(at, "生日的", "生日", "寿星", "过生")
		for _, w := range []string{"要过", "过"} {
			f.markBefore(at, w)
		}
		f.mark(at, at+n)
		return
	}
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
			if name, w := t.at(f.line, k); w > 0 && (f.anyAt(k+w, "阶段") > 0 || w > 2 && f.hasAt(k+w-2, "阶段")) {
				m["stage"] = name
				f.mark(k, k+w+f.anyAt(k+w, "阶段"))
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
			if n := f.anyAt(e, "上认识的", "认识的", "来源的", "来源", "上来的", "过来的", "来的", "渠道来的", "渠道的", "渠道", "进来的", "引流来的", "引流的", "加的", "获客的"); n > 0 {
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
			if name, n := level.at(f.line, k); n > 0 && m["level"] == nil && (n >= 3 || f.anyAt(k+n, "客户", "级") > 0 || f.hasAt(k+n, "的") && k+n+1 >= p.j && (k == p.i || isEdge(f.norm[k-1]))) { // …，重点的，
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
			if n := f.anyAt(k, "非会员", "还不是会员", "不是会员", "还没成会员", "没成会员", "没成为会员", "还没入会", "没入会", "未入会", "没办会员"); n > 0 {
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
			if n := industry.find.at(f.line, k); n > 0 && m["industry"] == nil && (f.anyAt(k+n, "客户", "的客户", "行业", "类客户", "企业", "的", "公司", "会员", "类", "商", "里", "中") > 0 || k > p.i && f.norm[k-1] == '做' && (k+n >= p.j || isEdge(f.norm[k+n]))) {
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
		f.filterTrade(m)
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

// filterTrade reads a trade that the pack does not know: 搞农机的, 专做宠物粮的客户.
func (f *frame) filterTrade(m map[string]any) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "专门做", "主要做", "专做", "从事", "做", "搞")
			if n == 0 || f.at[k] != nil || f.used[k] {
				continue
			}
			for e := k + n + 2; e <= k+n+5 && e < p.j && f.free(k, e) && isHan(f.norm[e-1]) && f.at[e-1] == nil; e++ {
				if !f.hasAt(e, "的") || e+1 < p.j && !isEdge(f.norm[e+1]) && f.anyAt(e+1, "客户", "企业", "公司", "会员", "老客", "都", "有") == 0 {
					continue
				}
				if text := string(f.norm[k+n : e]); !strings.ContainsAny(text, "过完了好主定不没活动") && f.v.terms["region"].find.at(f.line, k+n) == 0 {
					m["industry"] = f.said(k+n, e)
					f.mark(k, e+1)
					return
				}
			}
		}
	}
}

// filterOwner reads 我名下的, 我的, 吴迪跟的, 销售一部负责的.
func (f *frame) filterOwner(m map[string]any) {
	if who, i, j := f.belongsTo(); who != "" {
		m["owner"] = who
		f.mark(i, j)
		return
	}
	if who, i, j := f.ownerSaid(true); who != "" {
		m["owner"] = who
		f.mark(i, j)
	}
}
