package parse

import "strings"

// figure is a number in a list of items, with what its surroundings say it is.
type figure struct {
	v     float64
	i, j  int
	count bool // 6台, ×6
	price bool // 单价350, 350元, 350一台
	total bool // 一共3200, and the 一台 of 一台1500: no part of the item
	per   bool // the 一台 of 一台三千: no part of an item whose number is known
}

// items reads 投影仪 6台 4999元一台,幕布6块350元一块 whatever comes first, the thing, its number or its price: each word
// that is left opens an item unless the one before still lacks its name, each second number of a kind does likewise.
func (f *frame) items() []any {
	var all []map[string]any
	cur := map[string]any{}
	flush := func() {
		if cur["product"] != nil && len(cur) > 1 {
			all = append(all, cur)
		}
		cur = map[string]any{}
	}
	for _, p := range f.parts {
		word := p.i
		for k := p.i; k <= p.j; {
			g, ok := f.figureAt(k, p)
			if !ok && k < p.j && !f.used[k] && f.itemJoint(k, p.j) == 0 && (f.inWord(k) || f.norm[k] == ' ' && k > word && isLatin(f.norm[k-1]) && f.latinJoint(k, word, p.j) && isLatin(f.norm[k+1])) {
				k++
				continue
			}
			if a, b := f.bareProduct(word, k); b > a && f.thingOf(a, b) {
				if cur["product"] != nil && len(cur) > 1 {
					flush()
				}
				cur["product"] = f.said(a, b)
				f.mark(a, b)
			}
			if !ok {
				k = f.pass(k, p.j)
				word = k
				continue
			}
			if key := f.figureKey(g, cur, p); key != "" {
				if cur[key] != nil {
					flush()
				}
				cur[key] = yuan(g.v)
			}
			f.mark(g.i, g.j)
			k, word = g.j, g.j
		}
	}
	flush()
	var items []any
	for _, item := range all {
		items = append(items, item)
	}
	return items
}

// itemJoint gives the length of a word between two items at k.
func (f *frame) itemJoint(k, limit int) int {
	if n := f.anyAt(k, "、", "以及", "还有", "另外", "外加", "再加上", "再加", "加上", "；", "+"); n > 0 && !(f.hasAt(k, "+") && k > 0 && isAlnum(f.norm[k-1])) {
		return n
	}
	if strings.ContainsRune("和跟加", f.norm[k]) && f.figureWithin(k+1, limit) {
		for b := k - 1; b >= 0 && b > k-14 && !hardStop(f.norm[b]); b-- {
			if f.used[b] && isDigit(f.norm[b]) || f.used[b] && isHanNumber(f.norm[b]) {
				return 1
			}
		}
	}
	return 0
}

// inWord reports whether rune k may stand in the name of a thing.
func (f *frame) inWord(k int) bool {
	if sp := f.at[k]; sp != nil && sp.kind != 'C' && sp.kind != 'M' {
		return false
	}
	return f.norm[k] != ' ' && f.norm[k] != ':' && f.norm[k] != '"'
}

// pass goes over what is neither a figure nor a word.
func (f *frame) pass(k, limit int) int {
	if k >= limit {
		return k + 1
	}
	if sp := f.at[k]; sp != nil && sp.kind != 'C' && sp.kind != 'M' {
		return max(k+1, sp.j)
	}
	return k + max(1, f.itemJoint(k, limit))
}

// thingOf reports whether [i,j) can name a thing and is no mere talk around the list.
func (f *frame) thingOf(i, j int) bool {
	text := string(f.norm[i:j])
	if text == "报价" || text == "报价单" || text == "边" || text == "打" || text == "那边" || text == "这边" || f.v.fillers.at(f.line, i) == j-i || f.v.openers.at(f.line, i) == j-i {
		return false
	}
	return (!strings.Contains(text, "折") || strings.Contains(text, "折叠")) && !hasAny(text, []string{"客户", "优惠", "总价", "合计", "谢谢", "辛苦", "尽快", "含税", "有效"}) && (j-i >= 2 || isHan(f.norm[i]) && !isHanNumber(f.norm[i]))
}

func (f *frame) figureWithin(i, j int) bool {
	for k := i; k < j; k++ {
		if isDigit(f.norm[k]) || f.at[k] != nil && f.at[k].kind == 'M' {
			return true
		}
		if _, e, ok := f.countAt(k, j); ok && e > k {
			return true
		}
	}
	return false
}

// figureAt reads the number that begins at k; a model number at the end of a word (轴承6204) is none.
func (f *frame) figureAt(k int, p *clause) (figure, bool) {
	if k < p.j && f.anyAt(k, "一次性") > 0 {
		return figure{}, false
	}
	var g figure
	if k >= p.j || f.used[k] || !isDigit(f.norm[k]) && !isHanNumber(f.norm[k]) && f.norm[k] != '¥' && f.anyAt(k, "半价") == 0 {
		return g, false
	}
	if sp := f.at[k]; sp != nil && sp.kind != 'M' {
		return g, false
	}
	if k > p.i && isDigit(f.norm[k]) && (isDigit(f.norm[k-1]) || isLatin(f.norm[k-1]) && !strings.ContainsRune("x*×", f.norm[k-1]) || f.norm[k-1] == '-' || f.norm[k-1] == '.') {
		return g, false
	}
	led := f.anyAt(k, "¥")
	v, e, unit := f.number(k + led)
	if e == k+led || v <= 0 {
		return g, false
	}
	if sp := f.at[k]; sp != nil && sp.i == k && sp.j > e+1 && sp.money.Yuan > 0 && !(f.norm[sp.j-1] == '块' && f.norm[e] == ' ') { // 7块5, but not 12 块
		v, e, unit = sp.money.Yuan, sp.j, true
	}
	g = figure{v: v, i: k, j: e, price: led > 0 || unit}
	f.figureUnit(&g)
	if k > p.i && strings.ContainsRune("x*×", f.norm[k-1]) {
		g.price = f.counted(p, k)
		g.count = !g.price
	}
	if f.markedPrice(k) && !(v == 1 && g.count && !g.price) {
		g.price, g.count = true, false
	}
	g.total = f.endsWith(k, p.i, "一共", "总共", "总价", "合计", "共计", "总计", "总额", "总金额", "金额", "共") > 0
	if !g.count && !g.price && (isHanNumber(f.norm[k]) || g.j < len(f.norm) && isLatin(f.norm[g.j])) && f.at[k] == nil {
		return g, false
	}
	if !g.count && !g.price && k > p.i && isHan(f.norm[k-1]) && !f.used[k-1] && (g.j >= p.j || f.norm[g.j] == ' ') {
		return g, false
	}
	if f.hasAt(k, "一") && g.v == 1 && g.count && !g.price && g.j < p.j {
		g.total = isDigit(f.norm[g.j]) || f.norm[g.j] == '¥'
		g.per = isHanNumber(f.norm[g.j])
	}
	if v == 1 && g.count && f.anyAt(g.j-1, "份", "个", "张", "下") > 0 && f.anyAt(g.j, "报价", "单子", "方案") > 0 {
		return g, false
	}
	if g.count && !g.price && f.hasAt(g.j-1, "寸") && g.j < p.j && isHan(f.norm[g.j]) { // 43寸屏 15块
		return g, false
	}
	if f.anyAt(g.j-1, "项", "样", "种", "个") > 0 && f.anyAt(g.j, ":", "：") > 0 { // 报价三项：…
		return g, false
	}
	if v == 1 && f.anyAt(k, "一批") > 0 { // 一批餐盒，两万只
		return g, false
	}
	return g, true
}

// figureUnit reads the unit behind a number and what it says: 元 a price, 台 a count, 一台 the price of one.
func (f *frame) figureUnit(g *figure) {
	s := g.j
	if f.hasAt(s, " ") && (f.v.measures.at(f.line, s+1) > 0 && f.anyAt(s+1, "口罩", "门禁", "路由", "门锁", "头盔", "面板", "板材", "桌面", "床垫", "床头", "盘子", "杯子", "车载", "柜子", "端子", "包装", "组装", "节能", "道闸", "把手", "平台", "本子", "条码", "片剂") == 0 || f.hasAt(s+1, "元") || f.spaced(s+1)) {
		s++
	}
	switch {
	case f.anyAt(s, "万元", "元", "块钱", "rmb") > 0:
		if f.hasAt(s, "万元") {
			g.v *= 1e4
		}
		g.price, g.j = true, s+f.anyAt(s, "万元", "元", "块钱", "rmb")
	case f.hasAt(s, "块") && !g.price && s+1 < len(f.norm) && isDigit(f.norm[s+1]) && (s+2 >= len(f.norm) || !isDigit(f.norm[s+2]) && f.v.measures.at(f.line, s+2) == 0): // 7块5
		g.v += float64(f.norm[s+1]-'0') / 10
		g.price, g.j = true, s+2
	case f.hasAt(s, "块") && !g.price:
		g.j = s + 1
		g.count, g.price = true, true // of either kind: what else is said decides
	case f.hasAt(s, "打") && f.rated(s+1): // 单价168 打9折
	case f.v.measures.at(f.line, s) > 0 && (!g.price || f.largeCount(g.i, s)):
		g.price = false
		g.count, g.j = true, s+f.v.measures.at(f.line, s)
		if f.hasAt(s, "打") && !f.hasAt(s, "打折") {
			g.v *= 12
		}
		return
	}
	if n := f.anyAt(s, moreMeasures...); n > 0 && !g.price && !g.count && f.anyAt(s, "次性", "年级", "项目") == 0 {
		g.count, g.j = true, s+n
		return
	}
	if n := f.anyAt(g.j, "一", "每", "/", "1"); n > 0 {
		if m := max(f.v.measures.at(f.line, g.j+n), f.anyAt(g.j+n, moreMeasures...)); m > 0 && f.anyAt(g.j+n, "项目", "年级") == 0 {
			g.price, g.count = true, false
			g.j += n + m
		}
	}
}

// moreMeasures count what is no piece: they are measures in a list of items only.
var moreMeasures = []string{"人天", "人次", "课时", "次", "年", "项", "趟", "码"}

// spaced reports whether one of moreMeasures stands at k by itself: 1 次 3500.
func (f *frame) spaced(k int) bool {
	n := f.anyAt(k, moreMeasures...)
	return n > 0 && (k+n >= len(f.norm) || !isHan(f.norm[k+n]))
}

// largeCount reports whether the number from i to the measure at s is a count in ten thousands (一万个, 2万双), no price.
func (f *frame) largeCount(i, s int) bool {
	return s > i && strings.ContainsRune("万亿千k", f.norm[s-1]) && f.anyAt(s, "元", "块") == 0
}

// counted reports whether a count stands before the × at k-1: 5套×8000.
func (f *frame) counted(p *clause, k int) bool {
	b := k - 2
	for b > p.i && f.norm[b] == ' ' {
		b--
	}
	return b >= p.i && f.used[b] && isHan(f.norm[b])
}

// figureKey says which part of the item a figure is, "" for none.
func (f *frame) figureKey(g figure, cur map[string]any, p *clause) string {
	switch {
	case g.total || g.per && cur["quantity"] != nil:
		return ""
	case g.count && g.price: // 6块: a count when a price follows, a price otherwise
		if n, ok := f.nextFigure(g.j, p); ok && n.price && cur["quantity"] == nil {
			return "quantity"
		}
		for x, q := range f.parts { // LED屏 3块，2.6w一块
			if q == p && x+1 < len(f.parts) && cur["quantity"] == nil {
				next := f.parts[x+1]
				if n, ok := f.figureAt(f.skip(next.i, next.j), next); ok && n.price && !n.count {
					return "quantity"
				}
			}
		}
		return "price"
	case g.count:
		return "quantity"
	case g.price:
		return "price"
	case cur["quantity"] == nil && cur["price"] == nil:
		if n, ok := f.nextFigure(g.j, p); ok && !n.count {
			return "quantity"
		}
		return "price"
	case cur["quantity"] != nil:
		return "price"
	}
	return "quantity"
}

// nextFigure finds the next number of the same item.
func (f *frame) nextFigure(k int, p *clause) (figure, bool) {
	for ; k < p.j; k++ {
		if f.itemJoint(k, p.j) > 0 {
			break
		}
		if g, ok := f.figureAt(k, p); ok {
			return g, true
		}
	}
	return figure{}, false
}
