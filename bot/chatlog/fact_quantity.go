package chatlog

import (
	"slices"
	"strings"
)

// counted reads the noun beside a quantity: 2间湖景房, 重型货架 大概120组, 拼配豆再要50公斤.
func (f *finder) counted(c *clause, sp span, all *book) (found bool) {
	if c.is("quantity.not") || c.is("complaint") && !c.is("complaint.not") || sp.v <= 0 || c.perMeasure(sp) || c.sized(sp) {
		return false
	}
	measure := string(c.text[sp.m:sp.j])
	if c.at("weak_measure", sp.m) > 0 && sp.v == 1 && !c.besideCount() || c.at("not_goods", sp.j) > 0 || sp.i > c.i && strings.ContainsRune("那这", c.text[sp.i-1]) { // 那两卷
		return false
	}
	wants := c.Side != Us
	defer func() { f.wantedSo(c, sp, found) }()
	if i, j := c.before(sp.i); sp.j < c.bare && c.text[sp.j] == ' ' && j < sp.i && f.good(c, i, j) { // 光束灯要40台 LED大屏120平
		i, j = f.trimHead(c, i, j, all)
		return f.noun(c, i, j, wants, sp.v, measure)
	}
	if i, j := f.goods(c, sp.j); f.good(c, i, j) && !(j < c.j && c.text[j] == '的' && j+1 == c.j) { // 6片崩角的
		if j < c.j && c.text[j] == '了' && c.bare <= j && wants { // 底下两板全软了
			return false
		}
		i, j = f.trimTail(c, i, j, all)
		return f.noun(c, i, j, wants, sp.v, measure)
	}
	if measure == "个" && sp.j+1 == c.bare && han(c.text[sp.j]) { // 新增8个班
		return false
	}
	i, j := c.before(sp.i)
	if f.good(c, i, j) {
		i, j = f.trimHead(c, i, j, all)
		return f.noun(c, i, j, wants, sp.v, measure)
	}
	if wants && j-i == 1 && i == c.i && han(c.text[i]) { // 虾来60斤, of 基围虾 asked for before
		for _, t := range slices.Backward(f.things) {
			if strings.HasSuffix(t.name, string(c.text[i:j])) {
				t.qty, t.measure, t.bought = sp.v, measure, true
				t.lines = joinLines(t.lines, []int{c.N})
				return true
			}
		}
	}
	if j <= c.i && c.n > 0 && sp.i-c.i <= 4 {
		b := &c.said.clauses[c.n-1]
		if i, j := b.before(b.bare); (b.bare == b.j || b.bare == b.j-1 && b.text[b.bare] == '吧') && f.good(b, i, j) && len(b.spansOf('Q')) == 0 && (b.is("buy", "buy.weak", "need") || c.Side == Customer && c.n == len(c.said.clauses)-1 && sp.j >= c.bare-1 && (i == b.i || strings.ContainsRune("的就要定选", b.text[i-1])) || c.customers() && i == b.i && hasAny(c.text[:c.j], c.i, "一共", "总共", "共") || len(all.lines(string(b.text[i:j]), 2)) > 1) {
			i, j = f.trimHead(b, i, j, all)
			return f.noun(b, i, j, wants, sp.v, measure)
		}
	}
	if c.bare-sp.j <= 1 && c.customers() { // 滴灌带也报一下 3万米, 辣椒苗就要8号的 5万株: what the clause begins with, when it was named before
		for _, b := range []*clause{c, &c.said.clauses[max(0, c.n-1)]} {
			from := b.opened()
			for k := min(from+6, sp.i, b.j); k >= from+2 && !b.ask; k-- {
				if f.good(b, from, k) && b.noverb(from, k) && !(k < b.j && b.text[k] == '的') && len(all.lines(string(b.text[from:k]), 2)) > 1 {
					return f.noun(b, from, k, wants, sp.v, measure)
				}
			}
			if b != c && c.wantsAt(sp.i) { // 根管马达跟上回一样 再来10套
				var most maybe
				for _, x := range f.goodsMaybe {
					if x.c == b && x.p > most.p {
						most = x
					}
				}
				if most.c != nil {
					return f.noun(most.c, most.i, most.j, wants, sp.v, measure)
				}
			}
		}
	}
	return false
}

// opened gives where the clause begins behind words that only lead on: 另外, 还有那瓶.
func (c *clause) opened() int {
	i := c.i
	for moved := true; moved && i < c.j; {
		moved = false
		for _, w := range []string{"另外", "还有", "对了", "顺便", "那瓶", "那个", "那台", "那款", "那批", "那套", "你们那种", "你们那款", "再", "然后"} {
			if hasAny(c.text[:c.j], i, w) {
				i, moved = i+len([]rune(w)), true
			}
		}
	}
	return i
}

// wantedSo notes of the thing just counted whether its name and quantity are all that a customer's clause says, and whether
// the quantity was asked for.
func (f *finder) wantedSo(c *clause, sp span, found bool) {
	if !found || c.Side == Us {
		return
	}
	for _, t := range f.things {
		if t.qty != sp.v || t.lines[len(t.lines)-1] != c.N {
			continue
		}
		t.asked = t.asked || c.wantsAt(sp.i)
		i, j := c.before(sp.i)
		t.plain = t.plain || i == c.i && string(c.text[i:j]) == t.name && c.bare-sp.j <= 1 && (c.besideCount() || c.wantsAt(sp.i))
	}
}

// wantsAt reports whether a word of wanting ends at i: 再来50; not 一年下来50.
func (c *clause) wantsAt(i int) bool {
	return c.endsAt("want", i) > 0 && !(i-2 >= c.i && c.text[i-1] == '来' && strings.ContainsRune("下出起过回从本原上算", c.text[i-2]))
}

// besideCount reports whether the clause before or behind gives how many of something else there are: 单人亭要6个
// 双人亭1个, 接收机要150只 翻译间1个.
func (c *clause) besideCount() bool {
	if c.bare-c.i > 8 {
		return false
	}
	for _, n := range []int{c.n - 1, c.n + 1} {
		if n < 0 || n >= len(c.said.clauses) {
			continue
		}
		b := &c.said.clauses[n]
		if slices.ContainsFunc(b.spansOf('Q'), func(sp span) bool { return sp.v >= 2 && b.bare <= sp.j }) {
			return true
		}
	}
	return false
}

// sized reports whether the quantity tells the size of one thing, of which the next words tell how many: 叉车 3吨的 5台.
func (c *clause) sized(sp span) bool {
	return sp.j < len(c.text) && c.text[sp.j] == '的' && (slices.Contains(weights, string(c.text[sp.m:sp.j])) || slices.Contains(sizes, string(c.text[sp.m:sp.j]))) &&
		slices.ContainsFunc(c.said.spans, func(o span) bool { return o.kind == 'Q' && o.i > sp.j && o.i-sp.j <= 2 })
}

// weights are measures that tell the size of one thing where 的 and how many of it follow: 5公斤的 一万个.
var weights = []string{"吨", "公斤", "斤", "克", "kg", "ml", "毫升", "g"}

// perMeasure reports whether the quantity is only the unit of a price: 一组680, 680元一组.
func (c *clause) perMeasure(sp span) bool {
	if sp.v != 1 {
		return false
	}
	for _, m := range c.spans {
		if (m.kind == 'M' || m.kind == 'N') && (m.j <= sp.i && sp.i-m.j <= 1 || m.i >= sp.j && m.i-sp.j <= 2) {
			return true
		}
	}
	return c.is("price.how")
}

// recount reads a quantity said alone, which is of the product spoken of last: 改成60公斤, 6台吧.
func (f *finder) recount(c *clause, n int) {
	qs := slices.DeleteFunc(slices.Clone(c.spansOf('Q')), func(sp span) bool { return sp.v == 1 && c.at("not_goods", sp.j) > 0 }) // 一个月两千斤
	if len(qs) != 1 || c.is("quantity.not") || c.at("not_goods", qs[0].j) > 0 || c.perMeasure(qs[0]) || c.sized(qs[0]) || len(c.spansOf('M')) > 0 {
		return
	}
	sp := qs[0]
	if sp.i > c.i && strings.ContainsRune("那这", c.text[sp.i-1]) {
		return
	}
	if sp.i > c.i && c.text[sp.i-1] == '了' && c.endsAt("quantity.lead", sp.i) == 0 || c.is("complaint") { // 误了一百多桌
		return
	}
	if c.at("weak_measure", sp.m) > 0 && sp.v == 1 {
		return
	}
	measure := string(c.text[sp.m:sp.j])
	ends := c.bare-sp.j <= 2
	for _, o := range c.spansOf('T') {
		ends = ends || o.i == sp.j
	}
	revised := c.is("revise") && !c.is("revise.add")
	if len(f.things) == 0 {
		if ends && !c.ask && (c.Side == Customer || c.Side == "" && c.wantsAt(sp.i)) && (f.awaited == nil || f.awaited.measure == measure) {
			f.awaited = &thing{qty: sp.v, measure: measure, lines: []int{c.N}}
		}
		return
	}
	var t *thing
	for k := len(f.things) - 1; k >= 0; k-- {
		if f.things[k].measure == measure && (t == nil || f.things[k].namedIn(c.said)) {
			t = f.things[k]
			if t.namedIn(c.said) { // 大床房我又核了 改成46间
				break
			}
		}
	}
	if t != nil && t.qty == 0 && !t.theirs && f.lastThing().theirs { // 国产215元一根: of what the customer asked for
		t = f.lastThing()
	}
	switch {
	case t != nil && ends && !c.is("revise.add"):
	case t == nil && (ends || c.is("want") && !strings.HasSuffix(string(c.text[sp.j:c.j]), "的")) && !c.ask:
		t = f.lastThing()
		asks := c.wantsAt(sp.i)
		if t.qty > 0 && !(revised && ends) && !(asks && !t.asked && !c.is("revise.add")) {
			return
		}
		t.asked = t.asked || asks
	default:
		if ends && !c.ask && c.Side == Customer && c.at("weak_measure", sp.m) == 0 {
			f.unplaced = append(f.unplaced, unplaced{c, sp.v, measure})
		}
		return
	}
	t.qty, t.measure, t.bought = sp.v, measure, true
	t.lines = joinLines(t.lines, []int{c.N})
}

// unplaced is a quantity that a customer said of something named in another clause or line.
type unplaced struct {
	c       *clause
	v       float64
	measure string
}

// giveUnplaced gives each such quantity to the thing without one that was named last before it, at most three lines away.
func (f *finder) giveUnplaced() {
	for _, l := range f.unplaced {
		var last *thing
		for _, t := range f.things {
			if t.qty == 0 && t.theirs && t.bought && t.lines[0] <= l.c.N && l.c.N-t.lines[0] <= 3 && (last == nil || t.lines[0] >= last.lines[0]) {
				last = t
			}
		}
		if last != nil {
			last.qty, last.measure = l.v, l.measure
			last.lines = joinLines(last.lines, []int{l.c.N})
		}
	}
}

// giveAwaited gives the quantity that nothing before it was named for to what the table of mentions holds likeliest to be a
// product in the lines up to it: 人造草有没有味道 … 260平 先按这个算.
func (f *finder) giveAwaited() {
	if f.awaited == nil {
		return
	}
	var most maybe
	for _, x := range f.goodsMaybe {
		if x.c.N <= f.awaited.lines[0] && x.p > most.p {
			most = x
		}
	}
	if most.c == nil {
		most = f.topic(f.awaited.lines[0])
	}
	if most.c == nil {
		return
	}
	name := string(most.c.text[most.i:most.j])
	for _, t := range f.things {
		if t.name != name {
			continue
		}
		if t.qty == 0 && t.lines[0] <= f.awaited.lines[0] {
			t.qty, t.measure, t.bought = f.awaited.qty, f.awaited.measure, true
			t.lines = joinLines(t.lines, f.awaited.lines)
		}
		return
	}
	f.noun(most.c, most.i, most.j, true, f.awaited.qty, f.awaited.measure)
	t := f.things[len(f.things)-1]
	t.theirs, t.lines = true, joinLines(t.lines, f.awaited.lines)
}

// topic gives the noun with which a customer first began before the line, behind a form of address and words that ask: 岚姐钛白粉给个价.
func (f *finder) topic(line int) maybe {
	for _, s := range f.lines {
		if s.N > line || s.index > 6 {
			break
		}
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			i := c.opened()
			if j := max(c.titled(i), c.nicknamed(i)); j > i && j < c.j {
				i = j
			}
			for moved := true; moved && i < c.j; {
				moved = false
				for _, w := range []string{"你好", "您好", "想问下", "想问", "问下", "问一下", "咨询下", "咨询", "你们那个", "你们那种", "你们", "那个", "有没有", "还有没有", " ", "想用", "要用", "主推"} {
					if hasAny(c.text[:c.j], i, w) {
						i, moved = i+len([]rune(w)), true
					}
				}
			}
			if a, b := c.after(i); a == i && b-a <= 7 && f.good(c, a, b) && b-a < c.bare-c.i && (b >= c.bare || c.n > 0 || c.ask || c.is("price.how", "asks.thing", "question") || c.inSpan(b)) {
				return maybe{c, a, b, 0}
			}
		}
	}
	return maybe{}
}

// leastAwaited is how likely a stretch must name a product to be what a quantity without a name is of.
const leastAwaited = 0.2

// maybe is a stretch of a clause that may name a product.
type maybe struct {
	c    *clause
	i, j int // in the line
	p    float64
}

// renumber reads another number of what was counted before, said without its measure: 床单改成86, 500改450.
func (f *finder) renumber(c *clause) {
	if !c.is("revise") || c.is("revise.add") || c.ask || len(c.spansOf('Q')) > 0 || len(c.spansOf('M')) > 0 {
		return
	}
	numbers := c.spansOf('N')
	if len(numbers) == 0 || len(numbers) > 2 || c.bare-numbers[len(numbers)-1].j > 1 {
		return
	}
	to := numbers[len(numbers)-1]
	for _, t := range slices.Backward(f.things) {
		named := strings.Contains(string(c.text[c.i:to.i]), t.name)
		if t.qty > 0 && to.v > 0 && (named && len(numbers) == 1 || len(numbers) == 2 && numbers[0].v == t.qty) {
			t.qty, t.bought = to.v, true
			t.lines = joinLines(t.lines, []int{c.N})
			return
		}
	}
}

// countedBeside reads how many of a thing whose measure the clause before has told: 浴巾先来600条 方巾1200, 数学2000本 语文也是2000.
func (f *finder) countedBeside(c *clause, all *book) bool {
	numbers := c.spansOf('N')
	if c.n == 0 || len(numbers) != 1 || c.ask || len(c.spansOf('Q'))+len(c.spansOf('M'))+len(c.spansOf('T')) > 0 {
		return false
	}
	sp, b := numbers[0], &c.said.clauses[c.n-1]
	counts := b.spansOf('Q')
	if len(counts) != 1 || b.bare-counts[0].j > 1 || sp.j < c.bare || sp.v < 2 || sp.v != float64(int(sp.v)) || sp.v < 0.05*counts[0].v || sp.v > 20*counts[0].v {
		return false
	}
	j := sp.i
	for _, w := range []string{"也要", "也是", "也来", "各", "也", "是", "要", "来", "先"} {
		if n := len([]rune(w)); j-n >= c.i+2 && hasAny(c.text, j-n, w) {
			j -= n
			break
		}
	}
	if i, j := c.before(j); f.good(c, i, j) && i == c.i {
		measure := string(b.text[counts[0].m:counts[0].j])
		return f.noun(c, i, j, true, sp.v, measure)
	}
	return false
}

// bareCount reads a number without a measure that changes or gives how many of the thing spoken of: 就3000, 那就8000吧, 要500.
func (f *finder) bareCount(c *clause) {
	numbers := c.spansOf('N')
	if len(numbers) != 1 || c.ask || len(c.spansOf('Q'))+len(c.spansOf('M'))+len(c.spansOf('T')) > 0 {
		return
	}
	sp := numbers[0]
	if sp.v < 20 || sp.v != float64(int(sp.v)) || !digit(c.text[sp.i]) || c.bare-sp.j > 1 || sp.j < c.bare && c.text[sp.j] != '吧' || f.pricesOf(c.N, sp.v) != nil || c.counted(sp.j) || c.is("budget", "price.cue", "price.ask", "price.deal") {
		return
	}
	want := c.wantsAt(sp.i) || c.endsAt("order", sp.i) > 0
	if !want || sp.i-c.i > 5 {
		return
	}
	for _, x := range f.facts { // a bid is near a price
		if v, ok := x.Value.(float64); ok && (x.Kind == Price || x.Kind == Budget) && sp.v > 0.4*v && sp.v < 2.5*v {
			return
		}
	}
	for _, t := range slices.Backward(f.things) {
		if t.qty > 0 && (sp.v < 0.1*t.qty || sp.v > 10*t.qty) || !t.theirs {
			continue
		}
		t.qty, t.bought = sp.v, true
		t.lines = joinLines(t.lines, []int{c.N})
		return
	}
}

// namedIn reports whether the line names the thing, at least by the last two characters of its name.
func (t *thing) namedIn(s *said) bool {
	name := []rune(t.name)
	return len(name) >= 2 && strings.Contains(string(s.text), string(name[len(name)-2:]))
}
