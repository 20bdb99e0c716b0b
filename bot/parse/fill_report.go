package parse

import "strings"

// report reads the parameters that the reports share.
func (f *frame) report() {
	if f.action == "report.forecast" {
		f.months()
		return
	}
	if f.action == "report.roi" {
		f.channelOrCampaign()
	}
	if f.action == "report.breach" { // 及时率 names nobody
		f.markHit()
	}
	f.period()
	switch f.action {
	case "report.ranking":
		f.metric()
	case "report.funnel":
		f.reportOwner()
		if n, i, j := f.region(); n != "" {
			f.set("region", n)
			f.mark(i, j)
		}
	case "report.performance", "report.quality", "report.satisfaction", "report.breach":
		f.reportOwner()
	}
}

// reportOwner reads whose report it is: with a word of owning, 我, or a person or team that is left over, wherever it
// stands (查客户数据质量,韦小芬的).
func (f *frame) reportOwner() {
	if f.ownerOf("owner"); f.has("owner") {
		return
	}
	if f.mine(); f.has("owner") {
		return
	}
	f.markHit()
	for _, x := range f.pieces() {
		i, j := f.bare(x[0], x[1])
		if n := f.v.openers.at(f.line, i); n > 0 && i+n < j {
			i, j = f.bare(i+n, j)
		}
		for k := i + 1; k < j; k++ {
			if n := f.v.teams.at(f.line, k); n > 0 && k+n <= j && k+n-i > 2 && !f.regionTeam(i, k+n) && f.anyAt(i, "全", "整个", "我们", "咱们", "各") == 0 {
				f.set("owner", f.said(i, k+n))
				f.mark(i, k+n)
				return
			}
		}
		if j-i >= 2 && !f.v.notNames[string(f.norm[i:j])] && f.person(i, j) == j && f.colleagueName(i, j) && f.v.terms["region"].find.at(f.line, i) == 0 {
			f.set("owner", f.said(i, j))
			f.mark(i, j)
			return
		}
	}
}

// region finds a region said by name.
func (f *frame) region() (string, int, int) {
	t := f.v.terms["region"]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if n := t.find.at(f.line, k); n > 0 && f.at[k] == nil && !f.used[k] {
				return f.said(k, k+n), k, k + n
			}
		}
	}
	return "", 0, 0
}

// mine reads 我 as the owner where the person asks about the own results (我这个月做了多少).
func (f *frame) mine() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] == nil && f.hasAt(k, "我") && f.anyAt(k, "我们", "我想", "我要", "我看", "我再看", "我再", "我先看", "我来看", "我司") == 0 && (k == 0 || f.norm[k-1] != '给' && f.norm[k-1] != '帮') {
				f.set("owner", "me")
				return
			}
		}
	}
}

// months reads how far a forecast looks: 接下来4个月, 未来一个季度.
func (f *frame) months() {
	for _, sp := range f.find('T') {
		switch sp.when.Grain {
		case Months:
			f.set("months", int64(sp.when.Count))
			return
		case Month:
			if !sp.when.From.Before(monthStart(f.now)) {
				f.set("months", int64(1))
				return
			}
		case Quarter:
			f.set("months", int64(3))
			return
		case Year:
			f.set("months", int64(12))
			return
		case Span:
			if n := int64(sp.when.To.Sub(f.now).Hours()/24+15) / 30; n > 0 {
				f.set("months", n)
				return
			}
		}
	}
	for _, sp := range f.find('U') {
		if sp.days >= 30 {
			f.set("months", int64((sp.days+29)/30))
			return
		}
	}
	if i := f.after("半年"); i >= 0 {
		f.set("months", int64(6))
	}
}

// metric reads by what a ranking goes.
func (f *frame) metric() {
	text := string(f.norm[f.start():f.end()])
	best, at := "", len(text)
	t := f.v.terms["metric"]
	for w, name := range t.name {
		if i := strings.Index(text, w); i >= 0 && (i < at || i == at && len(w) > 0 && name < best) {
			best, at = name, i
		}
	}
	if best != "" {
		f.set("metric", best)
		return
	}
	switch {
	case hasAny(text, []string{"卖得", "卖的", "做得最多", "业绩", "销冠", "卖了"}):
		f.set("metric", "金额")
	case hasAny(text, []string{"拜访", "勤", "跟得"}):
		f.set("metric", "跟进")
	case hasAny(text, []string{"单最多", "单数", "开单", "成单", "几单", "签单"}):
		f.set("metric", "单数")
	case hasAny(text, []string{"收款", "收钱", "到账", "回钱"}):
		f.set("metric", "回款")
	}
}

// channelOrCampaign reads of which source or activity the return is asked.
func (f *frame) channelOrCampaign() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			if f.norm[k] == '"' {
				for e := k + 1; e < p.j; e++ {
					if f.norm[e] == '"' {
						f.set("campaign", f.said(k+1, e))
						f.mark(k, e+1)
						k = e
						break
					}
				}
				continue
			}
			n := f.anyAt(k, "活动", "推广", "大促")
			if n > 0 && k > p.i && f.anyAt(k, "推广渠道") == 0 {
				b := k
				for b > p.i && !f.used[b-1] && f.at[b-1] == nil && (isHan(f.norm[b-1]) || isAlnum(f.norm[b-1])) && f.endsWith(b, p.i, "的", "看看", "看", "查", "这次", "那次", "一下", "算算", "算", "分析", "对比") == 0 {
					b--
				}
				if b > p.i && f.at[b-1] != nil && f.at[b-1].kind == 'T' && f.hasAt(b-1, "1") || b > p.i && f.anyAt(max(p.i, b-3), "双十一", "双十二") > 0 {
					b = f.at[b-1].i // 双11大促
					f.mark(b, k)
				}
				if f.hasAt(k, "大促") {
					b, k, n = min(b, k), k+2, 0
				}
				if k-b >= 2 && f.v.terms["source"].find.at(f.line, b) != k-b && !f.has("campaign") {
					e := k
					if w := f.endsWith(k, b+2, "那波", "这波", "那次", "这次", "那场", "这场", "那个", "这个"); w > 0 {
						e -= w
					}
					f.set("campaign", f.said(b, e))
					f.mark(b, k+n)
					continue
				}
			}
			name, m := f.v.terms["source"].at(f.line, k)
			if m > 0 {
				if !f.has("channel") {
					f.set("channel", name)
				} else if name != f.params["channel"] && f.before("分别", "各自", "各", "这俩", "这两", "两个", "都") >= 0 {
					f.again = append(f.again, map[string]any{"channel": name})
				}
				f.mark(k, k+m)
				k += m - 1
			}
		}
	}
}

// libraryFind reads what is looked for and of which kind it is.
func (f *frame) libraryFind() {
	kinds := []struct {
		name  string
		words []string
	}{
		{"话术", []string{"应对话术", "销售话术", "话术", "怎么回应", "怎么回复", "怎么应对", "怎么说服", "怎么说", "怎么回", "怎么答", "怎么讲", "说辞", "如何应对", "如何回应", "异议处理", "应对"}},
		{"案例", []string{"成功案例", "客户案例", "标杆案例", "案例", "标杆客户", "成功故事", "标杆"}},
		{"产品", []string{"产品资料", "产品手册", "产品介绍", "产品说明", "产品参数", "说明书", "规格书", "技术参数", "参数表", "参数", "彩页", "白皮书", "手册", "产品", "价目表", "规格"}},
	}
	for _, kd := range kinds {
		if i := f.before(kd.words...); i >= 0 {
			f.set("kind", kd.name)
			f.mark(i, i+f.anyAt(i, kd.words...))
			break
		}
	}
	for k := f.hit.i; k < f.hit.j; k++ {
		if n := f.anyAt(k, "找一下", "找找", "找个", "找一个", "找几个", "找", "查一下", "查查", "查", "搜一下", "搜搜", "搜", "翻一翻", "翻一下", "翻翻", "翻", "来个", "来点", "来几个", "来一套", "来一个", "给我", "有没有", "有什么", "有哪些", "发我", "要", "看看", "看", "推荐", "给个", "求"); n > 0 && f.at[k] == nil {
			f.mark(k, k+n)
			k += n - 1
		}
	}
	f.markAll("知识库里查查", "知识库里查一下", "知识库里查", "知识库里找找", "资料库里", "知识库里", "资料库", "知识库", "搜搜", "搜一搜", "资料", "相关的", "有关的", "关于", "类似的", "方面的", "里的", "调出来", "在哪里", "在哪儿", "在哪找", "在哪", "也几条", "也来", "找几条", "几条", "几份", "有没有", "给我", "帮我", "发我", "一份", "一套", "几个", "一下", "麻烦", "相关", "有吗", "哪里有", "客户问", "客户问到", "的时候", "发一份", "发一下", "发过来", "发给我", "给我看看", "看一下", "看看", "给一份", "来一份", "来一下", "参考一下", "学习一下", "有么", "没有", "有没")
	if k := f.start() + 2; !f.has("query") && f.anyAt(f.start(), "搜", "找", "查", "看") > 0 { // 搜案例：危化品运输
		for ; k < f.end() && k < f.start()+8 && f.norm[k] != ':' && f.norm[k] != '：'; k++ {
		}
		if k+2 < f.end() && (f.norm[k] == ':' || f.norm[k] == '：') && f.used[k-1] {
			f.set("query", f.said(k+1, f.end()))
			f.mark(k, f.end())
			return
		}
	}
	for _, kd := range kinds {
		if len(f.parts) > 1 {
			f.markLone(kd.words...)
		}
	}
	i, j := f.queryPlace()
	if i >= j {
		return
	}
	i, j = f.bare(i, j)
	for {
		n := f.anyAt(i, "客户说", "客户问到", "客户问", "客户觉得", "客户", "对方说", "对方", "找找", "找", "查", "搜", "翻一翻", "翻翻", "来个", "来点", "给", "要", "看看", "看", "推荐", "求", "那个", "我想要", "我想", "想", "一段", "一篇", "一套", "一条", "几段", "几篇", "段", "个", "下", "我们", "我", "来", "说", "当", "如果", "另外", "还有", "顺便", "以及", "有做过", "做过", "有没有做过")
		if n == 0 || i+n >= j || f.anyAt(i, "说明") > 0 || f.hasAt(i, "客户嫌") && f.kindBehind(j) {
			break
		}
		i += n
		i, j = f.bare(i, j)
	}
	for {
		cut := 0
		for _, t := range []string{"该", "要", "应该", "的", "时", "我", "我们", "有", "可以抄", "能抄", "可以用", "能发给客户", "可以发给客户", "能给客户看", "可以给客户看", "能", "可以", "能用", "能拿来用", "能参考", "可以参考", "能分享", "一份", "吗", "呢", "那种", "这种", "，", ","} {
			if n := utf8Len(t); j-n > i && f.hasAt(j-n, t) && n > cut {
				cut = n
			}
		}
		if cut == 0 {
			break
		}
		j -= cut
		for j > i && f.used[j-1] {
			j--
		}
	}
	if text := f.text(i, j); text != "" {
		f.set("query", text)
	}
}

// kindBehind reports whether the kind that is looked for stands behind j (客户嫌贵的|话术).
func (f *frame) kindBehind(j int) bool {
	return f.anyAt(j, "的话术", "话术", "的说辞", "说辞", "的案例") > 0
}

// queryPlace gives where what is looked for stands: in quotes, else the first clause of which something remains.
func (f *frame) queryPlace() (i, j int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.norm[k] == '"' {
				for e := k + 1; e < p.j; e++ {
					if f.norm[e] == '"' && e > k+1 {
						return k + 1, e
					}
				}
			}
		}
	}
	f.markLone("来一段", "来几段", "来个", "来一个", "来几个", "找几个", "找一个", "搜一下", "有没有", "有吗")
	for _, p := range f.parts {
		i, j = p.i, p.j
		for i < j && (f.used[i] || isEdge(f.norm[i])) {
			i++
		}
		for j > i && (f.used[j-1] || isEdge(f.norm[j-1])) {
			j--
		}
		if a, b := f.bare(i, j); a < b {
			return i, j
		}
	}
	return 0, 0
}
