package chatlog

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// thing is something that may be a product: a noun beside a quantity, a price or a verb of buying.
type thing struct {
	name    string // folded
	said    string // as first written
	lines   []int
	qty     float64
	measure string
	theirs  bool // a customer named it
	bought  bool // a customer wants it, or a price for each was given
	listed  bool // the pack knows it
	plain   bool // a customer said it with how many, and nothing more
	asked   bool // the quantity stood behind a word of wanting
}

// maxThings limits the nouns of one record, so that a hostile one costs no time.
const maxThings = 200

// findProducts finds products: the pack's, and the nouns that stand beside a quantity, a price or a verb of
// buying. A noun that stands there only once counts when it was asked for or sold; one that is mentioned
// again in another line tells by that where it begins.
func (f *finder) findProducts() {
	all := f.folded()
	for n, s := range f.lines {
		for k := range s.clauses {
			c := &s.clauses[k]
			if f.rivalsIn(c) || len(f.things) >= maxThings {
				continue
			}
			for _, m := range c.all("product") {
				f.noun(c, m.i, m.j, true, 0, "")
				for _, t := range f.things {
					t.listed = t.listed || t.name == string(c.text[m.i:m.j])
				}
			}
			found := false
			for _, sp := range c.spansOf('Q') {
				found = f.counted(c, sp, all) || found
			}
			f.priced(c, all)
			f.asked(c, all)
			f.pointed(c, all)
			f.wanted(c, all)
			f.renewed(c, all)
			for _, x := range f.goodsNamed[c] {
				f.nounNamed(c, x)
			}
			if !found && s.Side != Us {
				found = f.countedBeside(c, all)
			}
			if !found && s.Side != Us {
				f.recount(c, n)
				f.renumber(c)
				f.bareCount(c)
			}
		}
	}
	f.giveAwaited()
	f.giveUnplaced()
	f.merge(all)
	for _, t := range f.things {
		f.add(Fact{Kind: Product, Value: t.said, Quantity: t.qty, Lines: t.lines})
	}
}

// nounNamed keeps what the table of mentions takes for a product, unless the rules saw its words already.
func (f *finder) nounNamed(c *clause, x mention) {
	name := string(c.text[x.i:x.j])
	for _, t := range f.things {
		if slices.Contains(t.lines, c.N) && (strings.Contains(t.name, name) || strings.Contains(name, t.name)) {
			t.bought = true
			return
		}
	}
	f.noun(c, x.i, x.j, true, 0, "")
}

// text of all lines, one a line, for counting mentions.
type book struct {
	text  string
	start []int // where each line begins
	n     []int // its number
}

func (f *finder) folded() *book {
	b := &book{}
	var all strings.Builder
	for _, s := range f.lines {
		b.start = append(b.start, all.Len())
		b.n = append(b.n, s.N)
		all.WriteString(string(s.text))
		all.WriteByte(0)
	}
	b.text = all.String()
	return b
}

// lines gives the numbers of the first lines in which w stands, at most limit.
func (b *book) lines(w string, limit int) []int {
	var out []int
	for at := 0; len(out) < limit; {
		i := strings.Index(b.text[at:], w)
		if i < 0 {
			break
		}
		line := sort.SearchInts(b.start, at+i+1) - 1
		out = append(out, b.n[line])
		if line+1 >= len(b.start) {
			break
		}
		at = b.start[line+1]
	}
	return out
}

// joins reports whether the space at k stands inside a Latin name: LED driver.
func (c *clause) joins(k int) bool {
	return c.text[k] == ' ' && k > c.i && k+1 < c.j && (latin(c.text[k-1]) || digit(c.text[k-1])) && latin(c.text[k+1])
}

func nounRune(r rune) bool {
	return han(r) || latin(r) || digit(r) || r == '-' || r == '+' || r == '.'
}

// before gives where the noun that ends at j begins, after stepping over words like 大概 and 再要; the place
// where it ends comes back too.
func (c *clause) before(j int) (int, int) {
	for j > c.i {
		if c.text[j-1] == ' ' || edge(c.text[j-1]) {
			j--
		} else if n := c.endsAt("quantity.lead", j); n > 0 && c.endsAt("noun.whole", j) == 0 {
			j -= n
		} else if j-2 >= c.i && strings.ContainsRune("先再得", c.text[j-2]) && han(c.text[j-1]) { // 外壳先打8件: any verb
			j -= 2
		} else {
			break
		}
	}
	i := j
	for i > c.i && (nounRune(c.text[i-1]) || c.joins(i-1)) && c.endsAt("noun_stop", i) == 0 && j-i < 20 && !c.inSpan(i-1) {
		i--
	}
	for i < j && (c.text[i] == '.' || c.text[i] == '-') {
		i++
	}
	for _, sp := range c.spans { // 40尺高柜, 12米剪叉车
		if sp.kind == 'Q' && sp.j == i && j-i >= 2 && sp.v >= 2 && digit(c.text[sp.i]) && slices.Contains(sizes, string(c.text[sp.m:sp.j])) {
			i = sp.i
		}
	}
	return i, j
}

// sizes are measures that tell the size of one thing where they stand before its name.
var sizes = []string{"米", "尺", "寸", "升", "匹", "座", "层", "平方", "毫米", "厘米", "公分", "英寸"}

// after gives the noun that begins at i, after stepping over 的 and spaces.
func (c *clause) after(i int) (int, int) {
	for i < c.j {
		if c.text[i] == ' ' || c.text[i] == '的' || c.text[i] == '"' {
			i++
		} else if n := c.at("noun.lead", i); n > 0 {
			i += n
		} else {
			break
		}
	}
	j := i
	for j < c.j && (nounRune(c.text[j]) || c.joins(j)) && c.at("noun_stop", j) == 0 && j-i < 20 && !c.inSpan(j) {
		j++
	}
	return i, j
}

// goods gives the noun that begins at i or, when that is only what the next one is like (带扶手的办公椅, 灰色的
// 沙发), the next one.
func (f *finder) goods(c *clause, i int) (int, int) {
	i, j := c.after(i)
	if j > i && j < c.j && c.text[j] == '的' {
		if a, b := c.after(j + 1); f.good(c, a, b) && a == j+1 {
			return a, b
		}
	}
	return i, j
}

// inSpan reports whether a number, time or phone covers i; digits inside a model's name (A4纸) do not count.
func (c *clause) inSpan(i int) bool {
	for _, sp := range c.spans {
		if sp.i <= i && i < sp.j && sp.kind != 'N' && !(sp.kind == 'T' && sp.when.Repeat != "") {
			return true
		}
	}
	return false
}

// noverb reports whether nothing in [i,j) ends a product's name.
func (c *clause) noverb(i, j int) bool {
	for k := i; k < j; k++ {
		if c.at("noun_stop", k) > 0 || c.inSpan(k) || !nounRune(c.text[k]) {
			return false
		}
	}
	return true
}

// good reports whether [i,j) can be the name of a product.
func (f *finder) good(c *clause, i, j int) bool {
	n := j - i
	if n < 2 || n > 12 && !latin(c.text[i]) {
		return false
	}
	letters := 0
	for k := i; k < j; k++ {
		if han(c.text[k]) || latin(c.text[k]) {
			letters++
		}
	}
	if latin(c.text[i]) && n == 2 && digit(c.text[j-1]) && c.perUnitAny() { // K5一台42800元
		letters++
	}
	if latin(c.text[i]) && n >= 3 && digit(c.text[i+1]) && digit(c.text[j-1]) { // C30
		letters++
	}
	return letters >= 2 && c.at("not_product", i) < n && c.endsAt("not_product_end", j) == 0 && c.titled(i) != j && c.nicknamed(i) != j && !slices.Contains(f.own.names, string(c.text[i:j]))
}

// longNoun is the length from which a noun probably holds more than the product's name.
const longNoun = 6

// trimHead shortens a long noun from its beginning to what another line says too.
func (f *finder) trimHead(c *clause, i, j int, all *book) (int, int) {
	for k := i; j-i >= longNoun && k <= j-2; k++ {
		if k > i && (digit(c.text[i]) || latin(c.text[i])) && j-i <= 8 { // 6308轴承
			break
		}
		if len(all.lines(string(c.text[k:j]), 2)) > 1 && f.good(c, k, j) {
			return k, j
		}
	}
	return i, j
}

// trimTail shortens a long noun from its end to what another line says too.
func (f *finder) trimTail(c *clause, i, j int, all *book) (int, int) {
	for k := j; j-i >= longNoun && k >= i+3; k-- {
		if len(all.lines(string(c.text[i:k]), 2)) > 1 && f.good(c, i, k) {
			return i, k
		}
	}
	return i, j
}

// pointed reads the noun behind 那台, 上次的 or 你们家, of which something is said or asked.
func (f *finder) pointed(c *clause, all *book) {
	if c.Side == Us {
		return
	}
	for _, list := range []string{"demo", "demo.weak"} {
		for _, m := range c.all(list) {
			i, j := f.goods(c, m.j)
			if i != m.j && c.text[i-1] == ' ' || !f.good(c, i, j) {
				continue
			}
			i, j = f.trimTail(c, i, j, all)
			sure := list == "demo" && !c.is("complaint") || c.is("asks.thing", "buy", "need") && !c.is("complaint")
			if f.noun(c, i, j, sure, 0, ""); list == "demo" {
				f.things[len(f.things)-1].measure = string(c.text[m.j-1 : m.j])
			}
			return
		}
	}
}

// noun keeps a candidate; the last quantity said wins.
func (f *finder) noun(c *clause, i, j int, bought bool, qty float64, measure string) bool {
	name := string(c.text[i:j])
	for _, t := range f.things {
		if t.name == name {
			t.lines = joinLines(t.lines, []int{c.N})
			t.bought, t.theirs = t.bought || bought, t.theirs || c.Side != Us
			if qty > 0 && (c.Side != Us || t.qty == 0) {
				t.qty, t.measure = qty, measure
			}
			return true
		}
	}
	f.things = append(f.things, &thing{name: name, said: c.typed(i, j), lines: []int{c.N}, qty: qty, measure: measure, bought: bought, theirs: c.Side != Us})
	return true
}

// priced reads the noun before a price: 西达摩每公斤168元, 车牌识别道闸6300元一套.
func (f *finder) priced(c *clause, all *book) {
	if c.is("not_price") {
		return
	}
	for _, sp := range c.spans {
		if sp.kind != 'M' && !(sp.kind == 'N' && (c.perUnit(sp) || c.offered(sp) || c.pricedAfter(sp.j))) || sp.i < c.i || sp.i >= c.j {
			continue
		}
		j := sp.i
		for j > c.i {
			n := max(c.endsAt("price.lead", j), c.endsAt("per.lead", j))
			if m := c.endsAt("measure", j); n == 0 && m > 0 && j-m > c.i && (c.text[j-m-1] == '每' || c.text[j-m-1] == '一') {
				n = m + 1
			}
			if n == 0 && unitOfTime(c.text[j-1]) && j-2 >= c.i && c.text[j-2] == '一' { // 套房一晚880
				n = 2
			}
			if n == 0 && c.text[j-1] == ' ' {
				n = 1
			}
			if n == 0 {
				break
			}
			j -= n
		}
		i, j := c.before(j)
		if !f.good(c, i, j) {
			continue
		}
		i, j = f.trimHead(c, i, j, all)
		f.noun(c, i, j, c.Side == Us && (c.perUnit(sp) || i == c.i), 0, "")
		f.measured(string(c.text[i:j]), c.priceUnit(sp))
	}
}

// measured notes in what the thing is counted by its price; how many were asked for before it was named are of it.
func (f *finder) measured(name, measure string) {
	k := slices.IndexFunc(f.things, func(t *thing) bool { return t.name == name })
	if k < 0 || measure == "" || f.things[k].measure != "" {
		return
	}
	t := f.things[k]
	t.measure = measure
	if a := f.awaited; a != nil && a.measure == measure {
		t.qty, t.bought, t.lines = a.qty, true, joinLines(t.lines, a.lines)
		f.awaited = nil
	}
}

// priceUnit gives the measure of which the amount is the price for each: 一台42800元, 每平方760元, 680元一组.
func (c *clause) priceUnit(sp span) string {
	j := sp.j
	for j < c.j && c.text[j] == ' ' {
		j++
	}
	if j < c.j && strings.ContainsRune("/每一", c.text[j]) && c.at("measure", j+1) > 0 {
		return string(c.text[j+1 : j+1+c.at("measure", j+1)])
	}
	if n := c.endsAt("measure", sp.i); n > 0 && sp.i-n > c.i && strings.ContainsRune("每一", c.text[sp.i-n-1]) {
		return string(c.text[sp.i-n : sp.i])
	}
	return ""
}

// asked reads the noun whose price or stock is asked for: 钢琴怎么收费, 湖景房还有吗.
func (f *finder) asked(c *clause, all *book) {
	if c.Side == Us {
		return
	}
	for _, m := range c.all("price.how") {
		j := m.i
		for _, sp := range c.spansOf('Q') {
			if sp.j == j && sp.v == 1 {
				j = sp.i
			}
		}
		if i, j := c.before(j); f.good(c, i, j) {
			i, j = f.trimHead(c, i, j, all)
			f.noun(c, i, j, true, 0, "")
			return
		}
	}
}

// wanted reads the noun behind a verb of buying: 想采购一批办公椅, 咨询你们的ERP系统.
func (f *finder) wanted(c *clause, all *book) {
	if c.Side == Us || c.is("quantity.not") {
		return
	}
	faint, _ := c.x.class.of("buy.weak")
	for _, m := range append(c.all("buy"), c.all("buy.weak")...) {
		weak := m.class == faint
		if m.j < c.j && c.text[m.j] == '过' { // 咨询过: told, not wanted
			continue
		}
		i := m.j
		for _, sp := range c.spansOf('Q') {
			if sp.i == i {
				i = sp.j
			}
		}
		if i, j := f.goods(c, i); f.good(c, i, j) && c.person(i, j) != j {
			whole := j
			i, j = f.trimTail(c, i, j, all)
			f.noun(c, i, j, !weak && j == whole && c.nounEnds(j) && !(j+1 == c.j && c.text[j] == '的'), 0, "") // 想要白绿色系的 tells what it is like
			return
		}
	}
}

// nounEnds reports whether what follows j lets a noun end there: the clause's end or a particle.
func (c *clause) nounEnds(j int) bool { return j >= c.bare || !han(c.text[j]) }

// renewed reads the noun before words of replacing: 午休床要换新的, 滤芯到期了.
func (f *finder) renewed(c *clause, all *book) {
	m, ok := c.first("renew")
	if !ok || c.Side == Us || c.ask {
		return
	}
	if i, j := c.before(m.i); f.good(c, i, j) && j == m.i {
		i, j = f.trimHead(c, i, j, all)
		f.noun(c, i, j, true, 0, "")
	}
}

// lastThing gives the product spoken of last, rather one that a customer wants.
func (f *finder) lastThing() *thing {
	for k := len(f.things) - 1; k >= 0; k-- {
		if f.things[k].bought && f.things[k].theirs {
			return f.things[k]
		}
	}
	return f.things[len(f.things)-1]
}

// noGoods reports whether the second opinion sees no goods in any clause that names the thing.
func (f *finder) noGoods(t *thing) bool {
	if f.op == nil {
		return false
	}
	for _, s := range f.lines {
		if !slices.Contains(t.lines, s.N) {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			if strings.Contains(string(c.text[c.i:c.j]), t.name) && f.holds(c, vProduct, true) {
				return false
			}
		}
	}
	return true
}

// unpriceNames takes the prices off the ends of names, and joins what is named the same then.
func (f *finder) unpriceNames() {
	var kept []*thing
	for _, t := range f.things {
		f.unpriced(t)
		k := slices.IndexFunc(kept, func(o *thing) bool { return o.name == t.name })
		if k < 0 {
			kept = append(kept, t)
			continue
		}
		o := kept[k]
		if o.qty == 0 || t.qty > 0 && t.theirs && !o.theirs {
			o.qty, o.measure = t.qty, t.measure
		}
		o.bought, o.theirs, o.lines = o.bought || t.bought, o.theirs || t.theirs, joinLines(o.lines, t.lines)
	}
	f.things = kept
}

// unpriced takes a price off the end of the name: 床单95, where 床单95一条 was said.
func (f *finder) unpriced(t *thing) {
	name := []rune(t.name)
	j := len(name)
	for j > 0 && digit(name[j-1]) {
		j--
	}
	if j < 2 || j == len(name) || !han(name[j-1]) {
		return
	}
	v, err := strconv.ParseFloat(string(name[j:]), 64)
	if err != nil || !slices.ContainsFunc(t.lines, func(n int) bool { return f.pricesOf(n, v) != nil }) {
		return
	}
	said := []rune(t.said)
	t.name, t.said = string(name[:j]), string(said[:min(j, len(said))])
}

// merge joins the names of one product (道闸, 车牌识别道闸), adds the lines that mention it, and drops what
// was neither asked for nor mentioned twice.
func (f *finder) merge(all *book) {
	f.unpriceNames()
	for _, t := range f.things {
		more := all.lines(t.name, 12)
		if len(more) > 1 && !t.bought {
			t.bought = t.qty > 0 || len(t.lines) > 1
		}
		t.lines = joinLines(t.lines, more)
	}
	f.things = slices.DeleteFunc(f.things, func(o *thing) bool { // 床单被套, where each is counted by itself
		parts := 0
		for _, t := range f.things {
			if t != o && t.plain && t.qty > 0 && len(o.name) > len(t.name) && strings.Contains(o.name, t.name) {
				parts++
			}
		}
		return parts > 1
	})
	var kept []*thing
	for a, t := range f.things {
		var into *thing
		several := false
		for b, o := range f.things {
			if a != b && len(o.name) > len(t.name) && strings.Contains(o.name, t.name) && (o.bought || t.bought) {
				several = several || into != nil
				if into == nil || o.qty == 0 || len(o.lines) > len(into.lines) {
					into = o
				}
			}
		}
		if into == nil {
			kept = append(kept, t)
			continue
		}
		into.bought = into.bought || t.bought
		if t.plain && !into.plain { // 莫斯卡托要48瓶 behind 有支莫斯卡托
			into.plain, into.name, into.said = true, t.name, t.said
		}
		if into.qty == 0 || t.qty > 0 && t.theirs && !into.theirs || t.qty > 0 && !several && t.lines[len(t.lines)-1] > into.lines[len(into.lines)-1] {
			into.qty = t.qty
		}
		if !several {
			into.lines = joinLines(into.lines, t.lines)
		}
	}
	f.things = nil
	for _, t := range kept {
		if t.bought && (t.plain || !f.noGoods(t) && f.likelyGoods(t)) {
			f.things = append(f.things, t)
		}
	}
}
