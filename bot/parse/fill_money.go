package parse

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
	f.freeMeasures()
	f.freeAsked()
	if !f.behindAny("给", "为", "帮", "替", "跟", "对") {
		f.customer("customer")
	}
	if items := f.items(); len(items) > 0 {
		f.set("items", items)
	}
}

// freeAsked gives back the things between 要 and 的报价, which the phrase has taken: 要两台洗碗机的报价.
func (f *frame) freeAsked() {
	for k := f.hit.i; k < f.hit.j; k++ {
		if !isDigit(f.norm[k]) && !isHanNumber(f.norm[k]) {
			continue
		}
		_, e, _ := f.number(k)
		n := 0
		if e > k {
			n = f.v.measures.at(f.line, e)
		}
		if n == 0 {
			continue
		}
		for x := e + n + 1; x < f.hit.j; x++ {
			if f.anyAt(x, "的报价", "报价") > 0 {
				for ; k < x; k++ {
					f.used[k] = false
				}
				return
			}
		}
	}
}

// behindAny reads the customer behind one of the words, wherever it stands, even in the words of the order.
func (f *frame) behindAny(words ...string) bool {
	for _, p := range f.parts {
		for i := p.i; i < p.j; i++ {
			n := f.anyAt(i, words...)
			if n == 0 || f.at[i] != nil || f.anyAt(i, "给我", "给他", "给她", "跟他", "跟她", "帮我", "帮忙") > 0 || i > p.i && f.anyAt(i-1, "合同", "共同", "转给", "发给") > 0 {
				continue
			}
			if !f.countedFrom(i+n, p.j) && f.customerAt("customer", i+n, p.j) {
				f.mark(i, i+n)
				return true
			}
		}
	}
	return false
}

// countedFrom reports whether a thing that is counted stands at i, before the words of the order.
func (f *frame) countedFrom(i, limit int) bool {
	for i < limit && f.used[i] {
		i++
	}
	for k := i; k < limit; k++ {
		if f.used[k] {
			limit = k
		}
	}
	return f.counted2(&clause{i: i, j: limit})
}

// freeMeasures gives the measure words behind numbers back, which a phrase with a count in it has taken.
func (f *frame) freeMeasures() {
	for _, p := range f.parts {
		for k := p.i + 1; k < p.j; k++ {
			if n := f.v.measures.at(f.line, k); n > 0 && f.used[k] && f.used[k-1] && isHanNumber(f.norm[k-1]) { // 定了|五十台
				b := k - 1
				for b > p.i && f.used[b-1] && isHanNumber(f.norm[b-1]) {
					b--
				}
				if v, e, _ := f.number(b); e == k && v > 1 {
					for e := b; e < k+n; e++ {
						f.used[e] = false
					}
				}
			}
			if n := f.v.measures.at(f.line, k); n > 0 && f.used[k] && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1])) && !f.used[k-1] {
				for e := k; e < k+n; e++ {
					f.used[e] = false
				}
			}
		}
	}
}

// markedPrice reports whether a word for a unit price stands before k.
func (f *frame) markedPrice(k int) bool {
	for n := 1; n <= 2 && k-n-1 >= 0; n++ { // 每组260
		if f.norm[k-n-1] == '每' && f.v.measures.at(f.line, k-n) == n {
			return true
		}
	}
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
	if n := f.anyAt(i, "一批次", "一批"); n > 0 && i+n+1 < j {
		i += n
	}
	for {
		n := max(f.anyAt(i, wants...), f.anyAt(i, "再", "又", "下单", "要货", "要了", "定了", "订了", "拿了", "买了", "订", "录", "来", "购"))
		if n == 0 || i+n >= j || n == 1 && f.anyAt(i, "做工", "买家", "订书", "来电", "录音", "录像", "再生", "购物") > 0 {
			break
		}
		i += n
		i, j = f.bare(i, j)
	}
	for {
		n := f.anyAt(i, "报价单", "报价", "报", "产品是", "产品", "内容是", "内容", "要", "的", "需要", "包括", "包含", "清单", "有", "分别是", "：", ":", "采购", "买", "订", "一份", "份", "单", "原价", "售价", "每")
		if n == 0 || i+n > j {
			break
		}
		if n == 1 && f.anyAt(i, "有机", "有色", "要素", "报警", "单反") > 0 {
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
	f.customer("customer")
	if start := f.start(); !f.has("customer") && f.carry == "" && start > 1 { // 跟云帆科技签合同，|出个合同28万
		before := f.clause(0, start)
		f.parts = append([]*clause{before}, f.parts...)
		f.customerAfter("customer", before, "跟", "和", "与", "给", "同")
	}
}

func (f *frame) approval() {
	f.id("approval")
	f.markHit()
	for _, p := range f.parts {
		if len(p.hits) > 0 {
			f.markIn(p, "号", "审批退了", "审批驳了", "审批打回", "审批单", "审批", "申请", "那个", "这个", "那条", "这条", "的", "单子")
		}
	}
	if !f.has("approval") {
		f.customer("customer")
	}
	if f.action == "approval.reject" {
		f.reason(true)
	} else if f.before(reasonWords...) >= 0 {
		f.reason(false)
	} else if n := len(f.parts); n > 1 && len(f.parts[n-1].hits) == 0 { // 我批了，年底冲量
		if text, i, j := f.leftover(); j-i >= 4 && i >= f.parts[n-1].i {
			f.set("reason", text)
			f.mark(i, j)
		}
	}
}

// loneAmount takes the last number in characters of three digits or more that stands by itself as an amount: 500条，七百五.
func (f *frame) loneAmount(name string) {
	pieces := f.pieces()
	for n := len(pieces) - 1; n > 0; n-- {
		i, j := f.trim(pieces[n][0], pieces[n][1])
		i += f.anyAt(i, "总共", "一共", "合计", "共")
		if i >= j || f.at[i] != nil || !isHanNumber(f.norm[i]) && !(isDigit(f.norm[i]) && j-i >= 3 && f.isFigure(i, j) && f.countedElsewhere(i)) {
			continue
		}
		if m, ok := f.line.money(i); ok && m.end == j && m.Vague == "" && m.Yuan >= 100 {
			f.set(name, yuan(m.Yuan))
			f.mark(pieces[n][0], j)
			return
		}
	}
}

// isFigure reports whether [i,j) is nothing but digits.
func (f *frame) isFigure(i, j int) bool {
	for ; i < j; i++ {
		if !isDigit(f.norm[i]) && f.norm[i] != '.' {
			return false
		}
	}
	return true
}

// countedElsewhere reports whether how many are ordered is said before i, so that the figure there can only be what they cost: 买了一台B超 19800.
func (f *frame) countedElsewhere(i int) bool {
	for _, p := range f.parts {
		for k := p.i; k < p.j && k < i; k++ {
			if !isDigit(f.norm[k]) && !isHanNumber(f.norm[k]) || k > p.i && isDigit(f.norm[k-1]) {
				continue
			}
			if _, e, _ := f.number(k); e > k && e < i && f.v.measures.at(f.line, e) > 0 {
				return true
			}
		}
	}
	return false
}

func (f *frame) orderCreate() {
	f.labelled("amount", "总价", "总计", "金额", "总额", "一共", "总共", "合计", "共计", "货款", "共")
	if !f.has("amount") {
		f.money("amount")
	}
	f.markHit()
	f.freeMeasures()
	if !f.has("amount") {
		f.loneAmount("amount")
	}
	if !f.behindAny("给", "为", "帮", "替") {
		f.customer("customer")
	}
	if items := f.items(); len(items) > 0 {
		item := items[0].(map[string]any)
		f.set("product", item["product"])
		if item["quantity"] != nil {
			f.set("quantity", item["quantity"])
		}
		if price := item["price"]; !f.has("amount") && price != nil && len(items) == 1 && f.before("单价", "每", "各", "一个", "一台", "一件", "一箱") < 0 { // 鱼饵500包，四千五
			f.set("amount", price)
		}
		return
	}
	if !f.has("customer") {
		f.customer("customer")
	}
	f.product()
}
