package parse

import "strings"

// quoteCreate reads the customer, the items and the discount of a quote.
func (f *frame) quoteCreate() {
	for _, sp := range f.find('D') {
		if sp.off {
			f.set("discount", sp.rate)
			f.mark(sp.i, sp.j)
			for _, w := range []string{"打", "整体", "全部", "总价", "统一", "一律", "整单", "都"} {
				f.markBefore(sp.i, w)
			}
			break
		}
	}
	f.markHit()
	p := f.parts[0]
	if !f.customerAfter("customer", p, "给", "为", "帮", "替", "跟", "对") {
		f.customerAt("customer", p.i, p.j)
	}
	if !f.has("customer") && len(f.parts) > 1 {
		f.customerAfter("customer", f.parts[1], "给", "为")
	}
	if items := f.items(); len(items) > 0 {
		f.set("items", items)
	}
}

// figure is a number in the list of items, with what its unit says it is.
type figure struct {
	v     float64
	i, j  int
	count bool
	price bool
}

// items reads 投影仪 6台 4999元一台,幕布6块350元一块.
func (f *frame) items() []any {
	var items []any
	for _, p := range f.parts {
		start := p.i
		for k := p.i; k <= p.j; k++ {
			n := 0
			if k < p.j {
				n = f.anyAt(k, "、", "以及", "还有", "另外", "外加", "再加", "加上", "；", "+")
				if n == 0 && (f.norm[k] == '和' || f.norm[k] == '跟' || f.norm[k] == '加') && !f.used[k] && f.figureBehind(k+1, p.j) && k > p.i && f.figureWithin(start, k) {
					n = 1
				}
				if n == 0 && f.norm[k] == ' ' && k+1 < p.j && f.at[k+1] == nil && isHan(f.norm[k+1]) && !isHanNumber(f.norm[k+1]) && !f.used[k+1] && f.anyAt(k+1, "单价", "每", "价格", "一共", "总价", "共") == 0 && f.figureWithin(start, k) && f.figureBehind(k+1, p.j) {
					n = 1
				}
				if n == 0 {
					continue
				}
			}
			if item := f.item(start, k); item != nil {
				if item["product"] == nil && len(items) > 0 {
					last := items[len(items)-1].(map[string]any)
					for key, v := range item {
						if last[key] == nil {
							last[key] = v
						}
					}
				} else if item["product"] != nil {
					items = append(items, item)
				}
			}
			start = k + max(n, 1)
			k = start - 1
			if k < p.i {
				k = p.i
			}
			if n == 0 {
				break
			}
		}
	}
	return items
}

func (f *frame) figureBehind(i, limit int) bool { return f.figureWithin(i, limit) }

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

// item reads one product with its quantity and unit price in [i,j).
func (f *frame) item(i, j int) map[string]any {
	var figures []figure
	for k := i; k < j; k++ {
		if f.used[k] || k > i && (isAlnum(f.norm[k-1]) || f.norm[k-1] == '-') && isDigit(f.norm[k]) && !strings.ContainsRune("x*", f.norm[k-1]) {
			continue
		}
		if !isDigit(f.norm[k]) && !isHanNumber(f.norm[k]) && f.norm[k] != '¥' {
			continue
		}
		if sp := f.at[k]; sp != nil && (sp.kind == 'C' || sp.kind == 'T' || sp.kind == 'P' || sp.kind == 'D') {
			k = sp.j - 1
			continue
		}
		led := f.anyAt(k, "¥")
		v, e, unit := f.number(k + led)
		if e == k+led || v <= 0 {
			continue
		}
		g := figure{v: v, i: k, j: e, price: led > 0}
		s := e
		if v == 1 && f.anyAt(s, "份", "下", "个报价", "张报价") > 0 {
			continue
		}
		if f.hasAt(s, " ") {
			s++
		}
		switch {
		case f.anyAt(s, "元", "块钱", "万元", "rmb") > 0:
			g.price, g.j = true, s+f.anyAt(s, "元", "块钱", "万元", "rmb")
			if f.hasAt(s, "万元") {
				g.v *= 1e4
			}
		case f.hasAt(s, "块"):
			g.j = s + 1
			g.count, g.price = true, true // of either kind: what else is said decides
		case f.v.measures.at(f.line, s) > 0:
			g.count, g.j = true, s+f.v.measures.at(f.line, s)
			if f.hasAt(s, "打") && !f.hasAt(s, "打折") {
				g.v *= 12
			}
		case unit:
			g.price = true
		case f.anyAt(s, "一", "每", "/") > 0 && f.v.measures.at(f.line, s+1) > 0:
			g.price = true
		}
		if k > i && (f.norm[k-1] == 'x' || f.norm[k-1] == '*' || f.norm[k-1] == '×') {
			g.count, g.price = true, false
		}
		if f.markedPrice(k) {
			g.price, g.count = true, false
		}
		if v == 1 && g.count && !g.price && len(figures) > 0 && (figures[len(figures)-1].price) && g.i-figures[len(figures)-1].j <= 1 { // 4999元一台
			k = g.j - 1
			f.mark(g.i, g.j)
			figures[len(figures)-1].count = false
			continue
		}
		if v == 1 && g.count && g.price && len(figures) > 0 && figures[len(figures)-1].price {
			k = g.j - 1
			f.mark(g.i, g.j)
			figures[len(figures)-1].count = false
			continue
		}
		figures = append(figures, g)
		k = g.j - 1
	}
	if len(figures) == 0 {
		a, b := f.bareProduct(i, j)
		if b-a >= 2 && f.free(a, b) && i != f.parts[0].i {
			return nil
		}
		return nil
	}
	item := map[string]any{}
	for n, g := range figures {
		if g.count && g.price { // 6块: a count when a price follows, a price otherwise
			more := false
			for _, o := range figures[n+1:] {
				more = more || o.price
			}
			_, had := item["quantity"]
			if more && !had {
				g.price = false
			} else {
				g.count = false
			}
		}
		if !g.count && !g.price {
			if _, had := item["quantity"]; had || g.v >= 1000 && n > 0 {
				g.price = true
			} else if n+1 < len(figures) {
				g.count = true
			} else {
				g.price = true
			}
		}
		switch {
		case g.count && item["quantity"] == nil:
			item["quantity"] = yuan(g.v)
		case g.price && item["price"] == nil:
			item["price"] = yuan(g.v)
		}
	}
	first := figures[0]
	a, b := f.bareProduct(i, first.i)
	if b-a >= 1 {
		item["product"] = f.said(a, b)
	} else if first.count || first.j < j {
		limit := j
		if len(figures) > 1 {
			limit = figures[1].i
		}
		a, b = f.bareProduct(first.j, limit)
		if b > a {
			item["product"] = f.said(a, b)
		}
	}
	f.mark(i, j)
	return item
}

// markedPrice reports whether a word for a unit price stands before k.
func (f *frame) markedPrice(k int) bool {
	for _, w := range []string{"单价是", "单价", "每台", "每套", "每个", "每件", "每张", "每箱", "每把", "每人", "每块", "每只", "每瓶", "每吨", "每米", "每份", "一台", "一套", "一个", "一件", "一张", "一箱", "一把", "@", "价格", "报价", "各", "每", "按", "价"} {
		if n := utf8Len(w); k-n >= 0 && f.hasAt(k-n, w) {
			return true
		}
		if n := utf8Len(w); k-n-1 >= 0 && f.norm[k-1] == ' ' && f.hasAt(k-n-1, w) {
			return true
		}
	}
	return false
}

// bareProduct strips what does not belong to a product's name.
func (f *frame) bareProduct(i, j int) (int, int) {
	for i < j && f.used[i] {
		i++
	}
	for k := j - 1; k >= i; k-- { // the last stretch counts
		if f.used[k] && k < j-1 || f.norm[k] == ':' {
			i = k + 1
			break
		}
	}
	for j > i && f.used[j-1] {
		j--
	}
	i, j = f.bare(i, j)
	if f.hasAt(i, "每") && j-i <= 3 {
		return i, i
	}
	for {
		n := f.anyAt(i, "报价单", "报价", "报", "产品是", "产品", "内容是", "内容", "要", "的", "需要", "包括", "包含", "清单", "有", "分别是", "：", ":", "采购", "买", "订", "一份", "份", "单")
		if n == 0 || i+n > j {
			break
		}
		if n == 1 && f.hasAt(i, "单") && i+1 < j && f.norm[i+1] != ' ' {
			break
		}
		i += n
		i, j = f.bare(i, j)
	}
	for {
		cut := 0
		for _, t := range []string{"单价是", "单价", "每台", "每套", "每个", "每件", "每张", "每箱", "每把", "每人", "每块", "每", "各", "@", "x", "*", "×", "数量", "要", "价格", "一共", "共", "按"} {
			if n := utf8Len(t); j-n >= i && f.hasAt(j-n, t) && n > cut {
				if (t == "x" || t == "*") && j-n > i && isLatin(f.norm[j-n-1]) {
					continue
				}
				cut = n
			}
		}
		if cut == 0 {
			break
		}
		j -= cut
		i, j = f.trim(i, j)
	}
	return i, j
}

func (f *frame) contractCreate() {
	f.labelled("amount", "总价", "金额", "合同额", "合同金额", "总额", "总金额", "价款")
	if !f.has("amount") {
		f.money("amount")
	}
	f.due("due")
	f.markHit()
	p := f.parts[0]
	if !f.customerAfter("customer", p, "跟", "和", "与", "给", "为", "同", "帮") {
		f.customer("customer")
	}
}

func (f *frame) approval() {
	f.id("approval")
	f.markHit()
	f.markAll("号", "审批单", "审批", "申请", "那个", "这个", "那条", "这条", "的", "单子")
	if !f.has("approval") {
		f.customer("customer")
	}
	if f.action == "approval.reject" {
		f.reason(true)
	} else if f.before(reasonWords...) >= 0 {
		f.reason(false)
	}
}

func (f *frame) paymentPlan() {
	f.due("due")
	f.labelled("amount", "金额", "付", "回", "打", "回款", "收", "尾款", "首付款", "首付", "预付款", "定金")
	if !f.has("amount") {
		f.money("amount")
	}
	f.markHit()
	f.customer("customer")
}

func (f *frame) paymentRecord() bool {
	f.labelled("amount", "金额", "到账", "收到", "回款", "打款", "打了", "付了", "到了", "收了", "进账")
	if !f.has("amount") {
		f.money("amount")
	}
	for _, sp := range f.find('T') {
		if sp.when.Grain > Day || sp.when.Repeat != "" {
			continue
		}
		f.mark(sp.i, sp.j)
		if f.badDate("at", sp) {
			break
		}
		if w := *sp.when; w.Date(f.now).After(midnight(f.now)) && !w.Weekday && !w.Bare && f.before("到账", "到了", "收到", "已", "付了", "打了") < 0 {
			f.action = "payment.plan" // money that comes on a day ahead is planned
			f.set("due", f.date(sp.when, false))
			break
		}
		f.set("at", f.instant(sp.when, true))
		break
	}
	f.markHit()
	f.markAll("收到", "到账", "回款", "那笔", "尾款", "首款", "预付款")
	for _, p := range f.parts {
		if f.customerAt("customer", p.i, p.j) || f.customerAfter("customer", p, "收到", "给", "把", "从", "入") {
			break
		}
	}
	return true
}

func (f *frame) orderCreate() {
	f.labelled("amount", "总价", "金额", "总额", "一共", "总共", "合计", "共计", "货款")
	if !f.has("amount") {
		f.money("amount")
	}
	f.markHit()
	f.customer("customer")
	f.product()
}
