package chatlog

import (
	"slices"
	"strings"
)

// findPrices finds what was quoted or asked for, what the customer can spend, and discounts.
func (f *finder) findPrices() {
	quoted := map[float64]bool{}
	lastLine := map[Side]int{}
	f.bid = -2
	f.tally, f.withdrawn = map[float64]bool{}, map[figureAt]bool{}
	var last float64
	for n, s := range f.lines {
		for k := range s.clauses {
			c := &s.clauses[k]
			f.budget(c, n)
			for _, sp := range c.spans {
				if sp.kind != 'M' && sp.kind != 'N' || !f.isPrice(c, sp, quoted) && !f.bargains(c, sp, last) && !f.counters(c, sp, last, n) && !f.variant(c, sp, last) || f.noPrice(c, sp) {
					continue
				}
				last = sp.v
				if at, ok := lastLine[s.Side]; ok && n-at <= 4 && f.corrects(f.lines[n:n+1], "price.wrong") {
					old := f.lines[at].N
					f.drop(func(x Fact) bool {
						gone := x.Kind == Price && x.Value != sp.v && len(x.Lines) == 1 && x.Lines[0] == old && !f.ofOther(f.lines[at], x.Value, c)
						if v, ok := x.Value.(float64); ok && gone {
							f.withdrawn[figureAt{old, v}] = true
						}
						return gone
					})
				}
				quoted[sp.v] = true
				lastLine[s.Side] = n
				if s.Side == Customer {
					f.bid = n
				}
				f.add(Fact{Kind: Price, Value: sp.v, Discount: c.discountOf(), Lines: []int{s.N}})
			}
			if d := c.discountOf(); d > 0 && !f.rivalsIn(c) && !f.hasPriceIn(s.N, d) && !c.is("not_discount") && !f.rebate(c, d) {
				f.add(Fact{Kind: Price, Discount: d, Lines: []int{s.N}})
			}
		}
		f.agreed(s, n)
		for _, sp := range s.spans {
			if sp.kind == 'Q' && sp.v >= 10 {
				f.tally[sp.v] = true
			}
		}
	}
}

// rebate gives the discount to the price that the clause before tells, if the line has only one: 标准房39800 现在订98折.
func (f *finder) rebate(c *clause, discount float64) bool {
	if c.n == 0 || c.Side != Us {
		return false
	}
	var only *Fact
	for _, x := range f.facts {
		if x.Kind == Price && len(x.Lines) == 1 && x.Lines[0] == c.N {
			if only != nil || x.Discount != 0 {
				return false
			}
			only = x
		}
	}
	if only == nil || !slices.ContainsFunc(c.said.clauses[c.n-1].spans, func(sp span) bool { return only.Value == sp.v }) {
		return false
	}
	only.Discount = discount
	return true
}

// agreed adds the price that the customer asks about and we repeat: 50支900对吧, then 对 900 另外送您两支.
func (f *finder) agreed(s *said, n int) {
	if n == 0 || s.Side != Us || f.lines[n-1].Side != Customer || !hasAny(s.text, 0, "对", "嗯", "是的", "没错", "行", "好") {
		return
	}
	before := f.lines[n-1]
	for k := range s.clauses[:min(2, len(s.clauses))] {
		c := &s.clauses[k]
		for _, sp := range c.spansOf('N') {
			if sp.v < 100 || sp.j < c.bare || c.counted(sp.j) || c.notPrice(sp) || sp.i-c.i > 3 {
				continue
			}
			for i := range before.clauses {
				b := &before.clauses[i]
				for _, o := range b.spans {
					end := o.j
					if o.kind == 'Q' { // 900对 is not so many pairs here
						end = o.m
					} else if o.kind != 'N' {
						continue
					}
					if o.v == sp.v && hasAny(b.text, end, "对吧", "是吧", "对不", "对吗", "是不", "没错吧") {
						f.add(Fact{Kind: Price, Value: sp.v, Lines: []int{before.N, s.N}})
					}
				}
			}
		}
	}
}

// ofOther reports whether the price that the line told is of another thing than the one that c speaks of, which the
// line names too: 球机720元一个 录像机1500元一台, then 球机是690元.
func (f *finder) ofOther(s *said, price any, c *clause) bool {
	mine, others := false, false
	for n := range s.clauses {
		b := &s.clauses[n]
		same := false
		for i := b.i; i+2 <= b.j; i++ {
			if han(b.text[i]) && han(b.text[i+1]) && !b.inSpan(i) && !b.inSpan(i+1) && indexRunes(c.text[c.i:c.j], b.text[i:i+2]) >= 0 {
				same = true
				break
			}
		}
		for _, sp := range b.spans {
			if price == sp.v {
				mine = mine || same
			} else if sp.kind == 'M' || sp.kind == 'N' {
				others = others || same
			}
		}
	}
	return others && !mine
}

// noPrice reports whether what looks like a price is a number said before of something else: how many they want
// (60袋 … 冻干粮60), or the customer's budget that we build on (2万8的话可以做一拖四).
func (f *finder) noPrice(c *clause, sp span) bool {
	if sp.kind == 'N' && sp.j+1 < c.j && han(c.text[sp.j]) && slices.ContainsFunc(c.spans, func(o span) bool { return o.kind == 'M' && o.i > sp.j+1 }) && c.at("price.after", sp.j) == 0 && c.at("price.deal", sp.j) == 0 && !c.perUnit(sp) { // 63缸单价2150元: a size
		return true
	}
	if sp.kind == 'N' && f.tally[sp.v] && !c.perUnit(sp) && !c.pricedBefore(sp.i) {
		return true
	}
	if sp.kind == 'N' && c.n > 0 && c.said.clauses[c.n-1].holds("剩", "库存", "存货") { // 黑色剩400 银色900
		return true
	}
	if sp.kind == 'N' && c.customers() && f.rather(sp.v) && !c.perUnit(sp) {
		return true
	}
	if c.Side == Us && hasAny(c.text[:c.j], sp.j, "的话") && slices.ContainsFunc(c.spans, func(o span) bool { return (o.kind == 'M' || o.kind == 'N') && o.i > sp.j && o.v > 0 && o.v*20 < sp.v }) { // 3万的话瓶子给1.28
		return true
	}
	if c.Side != Us || !c.is("if") {
		return false
	}
	for _, x := range f.facts {
		if x.Kind == Budget && x.Value == sp.v {
			return true
		}
	}
	return false
}

// rather reports whether the number is near one of how many, and near no price: 先印2000本, then 那就3000吧.
func (f *finder) rather(v float64) bool {
	count := false
	for n := range f.tally {
		count = count || v >= 100 && v > 0.3*n && v < 3*n
	}
	return count && !slices.ContainsFunc(f.facts, func(x *Fact) bool {
		p, ok := x.Value.(float64)
		return ok && x.Kind == Price && v > 0.3*p && v < 3*p
	})
}

// bargains reports whether the number that is nearly all a clause says stands near the price told last, which
// makes it another bid for the same: 3600 要两台, 9块 签一年, 原厂16行不行.
func (f *finder) bargains(c *clause, sp span, last float64) bool {
	if last == 0 || sp.v < 0.6*last || sp.v > 1.6*last || c.Side == Us && sp.v == float64(int(sp.v)) || f.rivalsIn(c) || f.isBudget(c.N, sp.v) || c.counted(sp.j) || c.notPrice(sp) || !digit(c.text[sp.i]) {
		return false
	}
	if sp.v >= 2000 && sp.v < 2040 && sp.kind == 'N' || c.is("objection.price") && c.Side == Us {
		return false
	}
	if c.is("not_offer") {
		return false
	}
	ends := c.bare-sp.j <= 1 || c.Side == Customer && sp.i == c.i && c.holds("定", "成交", "签", "订", "下单", "拿") || c.at("price.deal", sp.j) > 0 || c.at("price.after", sp.j) > 0 || sp.j < c.j && c.text[sp.j] == ' '
	return ends && (sp.i-c.i <= 4 || c.opens(sp))
}

// counters reports whether a number that is all that our clause says answers the customer's bid in the line before:
// 3420走不走, then 3450 再低要赔了.
func (f *finder) counters(c *clause, sp span, last float64, n int) bool {
	return c.Side == Us && n-f.bid <= 3 && sp.kind == 'N' && sp.i == c.i && sp.j >= c.bare && sp.v >= 0.8*last && sp.v <= 1.3*last && digit(c.text[sp.i])
}

// opens reports whether the amount begins the clause, or what stands behind a space in it: 我妈觉得贵 1500吧.
func (c *clause) opens(sp span) bool { return sp.i == c.i || c.text[sp.i-1] == ' ' }

func (f *finder) hasPriceIn(line int, discount float64) bool {
	for _, x := range f.facts {
		if x.Kind == Price && x.Discount == discount && len(x.Lines) == 1 && x.Lines[0] == line {
			return true
		}
	}
	return false
}

func (c *clause) discountOf() float64 {
	for _, sp := range c.spansOf('D') {
		return sp.v
	}
	return 0
}

// budget reads the amount of a clause that speaks of a budget, or of the answer to our question for it.
func (f *finder) budget(c *clause, n int) {
	if c.Side == Us || c.recited() {
		return
	}
	cued := c.is("budget") && !c.is("budget.not")
	if !cued && c.n > 0 {
		before := &c.said.clauses[c.n-1]
		cued = before.is("budget") && len(before.spansOf('M')) == 0 && c.startsWithFigure()
	}
	if !cued && n > 0 && c.n == 0 && c.startsWithFigure() && f.lines[n-1].Side == Us {
		asked := f.lines[n-1]
		last := &asked.clauses[len(asked.clauses)-1]
		cued = last.is("budget") && (last.ask || last.is("question"))
	}
	if !cued {
		return
	}
	v := 0.0
	for _, sp := range c.spans {
		if sp.kind == 'M' || sp.kind == 'N' && sp.v >= 100 && !c.counted(sp.j) {
			v = sp.v
		}
	}
	if v <= 0 || c.perUnitAny() && !c.is("budget.sure") || f.rivalsIn(c) {
		return
	}
	f.drop(func(x Fact) bool { return x.Kind == Budget }) // the last one said wins
	f.add(Fact{Kind: Budget, Value: v, Lines: []int{c.N}})
}

// reconsiderBudget asks the second opinion about the amounts of customers that are no budget by the rules.
func (f *finder) reconsiderBudget() {
	if f.op == nil || slices.ContainsFunc(f.facts, func(x *Fact) bool { return x.Kind == Budget }) {
		return
	}
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			v := 0.0
			for _, sp := range c.spans {
				if sp.kind == 'M' || sp.kind == 'N' && sp.v >= 100 && !c.counted(sp.j) {
					v = sp.v
				}
			}
			if v <= 0 || c.perUnitAny() || f.rivalsIn(c) || c.recited() || !f.holds(c, vBudget, false) {
				continue
			}
			f.drop(func(x Fact) bool {
				return x.Kind == Budget || x.Kind == Price && x.Value == v && len(x.Lines) == 1 && x.Lines[0] == s.N
			})
			f.add(Fact{Kind: Budget, Value: v, Lines: []int{s.N}})
		}
	}
}

// recited reports whether the clause stands in a quotation, at least in part, so that it is not what the speaker says.
func (c *clause) recited() bool {
	open := false
	for i, r := range c.r.Typed[:c.j] {
		switch r {
		case '「', '『', '“':
			open = true
		case '」', '』', '”':
			if i >= c.i && open {
				return true
			}
			open = false
		}
	}
	return open && c.j-c.i > 4
}

// startsWithFigure reports whether an amount is nearly all that the clause says.
func (c *clause) startsWithFigure() bool {
	for _, sp := range c.spans {
		if (sp.kind == 'M' || sp.kind == 'N') && sp.i <= c.i+4 {
			return c.bare-sp.j <= 3
		}
	}
	return false
}

func (c *clause) perUnitAny() bool {
	for _, sp := range c.spans {
		if (sp.kind == 'M' || sp.kind == 'N') && c.perUnit(sp) {
			return true
		}
	}
	return false
}

// counted reports whether what follows a number at j makes it a count, a date or a share.
func (c *clause) counted(j int) bool {
	for j < c.j && c.text[j] == ' ' {
		j++
	}
	if j < c.j && j > 0 && c.text[j-1] == ' ' && hasAny(c.text, j, nextThings...) {
		return false
	}
	return j < c.j && (c.at("measure", j) > 0 && c.text[j] != '块' || c.text[j] == '%' || c.at("not_money", j) > 0)
}

// perUnit reports whether the amount is one for each of something: 680元一组, 458元/晚, 每公斤168, 一组680.
func (c *clause) perUnit(sp span) bool {
	j := sp.j
	for j < c.j && c.text[j] == ' ' {
		j++
	}
	if j < c.j && (c.text[j] == '/' || c.text[j] == '每' || c.text[j] == '一') && c.unit(j+1) {
		return true
	}
	i := sp.i
	for i > c.i && (c.text[i-1] == ' ' || c.endsAt("per.lead", i) > 0) {
		i -= max(1, c.endsAt("per.lead", i))
	}
	n := c.endsAt("measure", i)
	if n == 0 && c.endsAt("unit", i) > 1 { // 一个月3600
		n = c.endsAt("unit", i)
	}
	if n == 0 && i > c.i && unitOfTime(c.text[i-1]) {
		n = 1
	}
	if c.eachOf(i) {
		return true
	}
	return n > 0 && i-n > c.i-1 && i-n-1 >= c.i && (c.text[i-n-1] == '每' || c.text[i-n-1] == '一')
}

// eachOf reports whether what stands before i names of what the amount is for each: 每个托盘位165.
func (c *clause) eachOf(i int) bool {
	for k := i - 1; k >= c.i && i-k <= 8 && han(c.text[k]); k-- {
		if c.text[k] == '每' {
			n := c.at("measure", k+1)
			return n > 0 && i-k-1-n >= 2
		}
	}
	return false
}

// unit reports whether a measure word or a unit of time stands at i.
func (c *clause) unit(i int) bool {
	return i < c.j && (c.at("measure", i) > 0 || c.at("unit", i) > 0)
}

func unitOfTime(r rune) bool {
	switch r {
	case '天', '晚', '月', '年', '人', '位', '次', '平', '夜':
		return true
	}
	return false
}

// isPrice reports whether the number is what we quoted or the customer asked for.
func (f *finder) isPrice(c *clause, sp span, quoted map[float64]bool) bool {
	per := c.perUnit(sp)
	if sp.v <= 0 || f.rivalsIn(c) || f.isBudget(c.N, sp.v) {
		return false
	}
	if sp.kind == 'N' && sp.v >= 100 && c.Side == Customer && sp.i == c.i && c.at("price.after", sp.j) > 0 && c.is("price.ask") { // 3800包安装行不行
		return true
	}
	if sp.kind == 'N' && sp.v >= 100 && !digit(c.text[sp.i]) && per && c.Side == Us && !c.notPrice(sp) { // 四千八一桌
		return true
	}
	if sp.kind == 'N' && sp.v >= 100 && !digit(c.text[sp.i]) && !c.counted(sp.j) && (c.pricedAfter(sp.j) || c.Side == Customer && sp.i == c.i && c.at("price.deal", sp.j) > 0) { // 八千起, 两千五行吗
		return !c.notPrice(sp)
	}
	if sp.kind == 'N' && sp.v >= 100 && sp.j == c.bare && sp.j-sp.i == 3 && !digit(c.text[sp.i]) && strings.ContainsRune("百千万", c.text[sp.i+1]) && !c.notPrice(sp) { // 九百二, 2万只两千二
		return true
	}
	if sp.kind == 'N' && sp.v >= 10 && c.Side == Customer && c.bare == sp.j && sp.i > c.i+1 && c.text[sp.i-1] == '报' && c.is("you") && !c.notPrice(sp) { // 你报65
		return true
	}
	if sp.kind == 'N' && (c.counted(sp.j) || !digit(c.text[sp.i]) || !per && (sp.v < 10 || !c.pricedBefore(sp.i) && !quoted[sp.v] && !c.offered(sp) && !c.labelled(sp) && !c.pricedAfter(sp.j) && !(sp.v >= 100 && c.Side == Customer && c.opens(sp) && c.at("price.deal", sp.j) > 0))) {
		return false
	}
	if c.notPrice(sp) && !per || sp.kind == 'N' && sp.i > c.i && strings.ContainsRune("*×x/-", c.text[sp.i-1]) { // YJV4*95
		return false
	}
	if c.is("budget") && c.Side == Us && c.ask {
		return false
	}
	if c.Side == Us {
		return true
	}
	deal := sp.j
	if deal < c.j && c.text[deal] == '整' { // 8万整行不
		deal++
	}
	if quoted[sp.v] || c.is("price.ask") || c.opens(sp) && c.at("price.deal", deal) > 0 {
		return true
	}
	if c.Side == "" {
		return per || c.is("price.cue") || c.labelled(sp) || c.pricedAfter(sp.j) || sp.kind == 'M' && !c.ask && !c.is("question")
	}
	return per && (c.ask || c.is("price.deal") || c.followedBy("price.deal"))
}

// followedBy reports whether a word of the list stands in the next clause, and little else.
func (c *clause) followedBy(list string) bool {
	if c.n+1 >= len(c.said.clauses) {
		return false
	}
	next := &c.said.clauses[c.n+1]
	return next.is(list) && next.j-next.i <= 5
}

// labelled reports whether a bare number closes a clause of a record without sides that names what it is of: 铁盒的168.
func (c *clause) labelled(sp span) bool {
	return c.Side == "" && sp.v >= 20 && sp.j >= c.bare && sp.i-c.i >= 3 && c.text[sp.i-1] == '的' && !c.is("not_offer", "past", "if") && !c.ask && digit(c.text[sp.i])
}

// offered reports whether a bare number of ours ends what was said of a thing, which makes it its price:
// 玫瑰套餐45800, 专车4800.
func (c *clause) offered(sp span) bool {
	if c.Side != Us || sp.v < 30 && sp.v == float64(int(sp.v)) && !(sp.v >= 10 && c.besidePrice()) || sp.v < 2 || round4(sp.v*100) != float64(int(sp.v*100+0.5)) || c.n == 0 && sp.i-c.i < 2 && sp.v != float64(int(sp.v)) || c.is("not_offer") || sp.j < c.bare && c.text[sp.j] != ' ' || sp.v >= 2000 && sp.v < 2040 {
		return false
	}
	return sp.i > c.i && (han(c.text[sp.i-1]) || c.text[sp.i-1] == ' ') || c.n > 0
}

// besidePrice reports whether another clause of the line gives the price for each of something: 供料的话198一个 氧化20.
func (c *clause) besidePrice() bool {
	for k := range c.said.clauses {
		b := &c.said.clauses[k]
		if k != c.n && b.perUnitAny() {
			return true
		}
	}
	return false
}

// variant reports whether the number with which a clause of ours begins is the price of one of several: 28的是两荤两素, 20的话没饮料.
func (f *finder) variant(c *clause, sp span, last float64) bool {
	return c.Side == Us && sp.kind == 'N' && sp.i == c.i && sp.v >= 10 && hasAny(c.text[:c.j], sp.j, "的是", "的话", "的有", "的多个", "的多送", "的带", "的送", "的含", "的不含") &&
		(last > 0 && sp.v > 0.3*last && sp.v < 3*last || last == 0 && strings.Count(string(c.said.text), "的") > 1)
}

// pricedAfter reports whether a word that only a price has stands right behind the number of ours: 3420就可以.
func (c *clause) pricedAfter(j int) bool {
	return c.Side != Customer && c.at("price.after", j) > 0 && !hasAny(c.text, j, "起订", "起批", "起送", "起发", "起售")
}

func (f *finder) isBudget(line int, v float64) bool {
	for _, x := range f.facts {
		if x.Kind == Budget && x.Value == v && x.Lines[len(x.Lines)-1] == line {
			return true
		}
	}
	return false
}

// notPrice reports whether a word near the amount makes it another sum: a deposit, a refund, a turnover.
func (c *clause) notPrice(sp span) bool {
	if c.endsAt("price.less", sp.i) > 0 { // 便宜200
		return true
	}
	for _, m := range c.all("not_price") {
		if c.Side == Us && (sp.unit || m.j == sp.i) && !c.is("done", "past", "if") && hasAny(c.text, m.i, "押金", "定金", "订金", "保证金") { // what we ask for first is a price too
			continue
		}
		if m.j <= sp.i && sp.i-m.j <= 6 || m.i >= sp.j && m.i-sp.j <= 3 {
			return true
		}
	}
	return false
}

// pricedBefore reports whether a word that announces a price stands right before i.
func (c *clause) pricedBefore(i int) bool {
	for _, m := range c.all("price.cue") {
		if m.j <= i && i-m.j <= 3 {
			return true
		}
	}
	return false
}
