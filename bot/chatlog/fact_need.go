package chatlog

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// findWishes finds what customers want and what they complain about, in their words.
func (f *finder) findWishes() {
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		var wrong, want told
		for n := range s.clauses {
			c := &s.clauses[n]
			switch {
			case f.troubled(c):
				wrong.in(c)
			case c.bare-c.i >= 3 && !f.taken(c) && !f.howMany(c) && f.holds(c, vNeed, f.wishes(c)) && !c.holds("不用", "不需要"):
				want.in(c)
			}
		}
		if wrong.from != nil {
			f.widen(&wrong)
			f.add(Fact{Kind: Complaint, Value: wrong.from.more(wrong.to.j), Lines: []int{s.N}})
		}
		if want.from != nil {
			f.add(Fact{Kind: Need, Value: want.words(), Lines: []int{s.N}})
		}
	}
}

// howMany reports whether the clause says hardly more than how many of a product the customer takes, which the
// product tells: 扫码枪60把, 要三台, 扫码枪再加20把.
func (f *finder) howMany(c *clause) bool {
	for _, sp := range c.spansOf('Q') {
		for _, x := range f.facts {
			if x.Kind != Product || x.Quantity != sp.v || !slices.Contains(x.Lines, c.N) {
				continue
			}
			left, k := c.bare-c.i-(sp.j-sp.i), sp.i
			for k > c.i {
				n := c.endsAt("quantity.lead", k)
				if n == 0 && c.text[k-1] == '加' {
					n = 1
				}
				if n == 0 {
					break
				}
				left, k = left-n, k-n
			}
			if name, _ := x.Value.(string); strings.Contains(string(c.text[c.i:c.j]), strings.ToLower(name)) {
				left -= utf8.RuneCountInString(name)
			}
			if left <= 1 {
				return true
			}
		}
	}
	return false
}

// told is what a line tells of one matter: people say in several clauses what they mean as one.
type told struct{ from, to *clause }

func (t *told) in(c *clause) {
	if t.from == nil {
		t.from = c
	}
	t.to = c
}

// words gives the matter as it was written.
func (t *told) words() string { return t.from.typed(t.from.i, t.to.j) }

// alike is how likely a clause beside a complaint must be one too for the quotation to take it in.
const alike = 0.1

// widen takes in the clauses beside the complaint that tell of it too: O型圈说好的氟胶 你给我发的丁腈.
func (f *finder) widen(t *told) {
	if f.op == nil {
		return
	}
	all := t.from.said.clauses
	also := func(n int) bool {
		if n < 0 || n >= len(all) {
			return false
		}
		c := &all[n]
		return c.bare-c.i > 2 && !c.called() && !c.holds("要投诉") && !f.taken(c) && !f.wishes(c) && f.thinks(c)[vComplaint] >= alike
	}
	for also(t.from.n - 1) {
		t.from = &all[t.from.n-1]
	}
	for also(t.to.n + 1) {
		t.to = &all[t.to.n+1]
	}
}

// troubled reports whether the clause is a complaint, by the rules and the second opinion.
func (f *finder) troubled(c *clause) bool {
	return c.bare-c.i >= 3 && !c.called() && !f.othersFault(c) && f.holds(c, vComplaint, f.complains(c))
}

// called reports whether the clause is only a form of address: 李经理，….
func (c *clause) called() bool { return c.titled(c.i) >= c.bare || c.nicknamed(c.i) >= c.bare }

// othersFault reports whether a competitor whom the line names before is to blame: 上回找的听桥 现场串频.
func (f *finder) othersFault(c *clause) bool {
	if slices.ContainsFunc(c.said.text, func(r rune) bool { return r == '你' || r == '您' }) {
		return false
	}
	return slices.ContainsFunc(c.said.clauses[:c.n], func(b clause) bool { return f.rivalsIn(&b) })
}

// wishes reports whether the clause tells what the customer wants.
func (f *finder) wishes(c *clause) bool {
	return c.is("need") && !c.is("need.not") && c.bare-c.i >= 4 && !f.otherwise(c)
}

// complains reports whether the clause tells of trouble with what was delivered or used. Words that a doubt may
// hold too (太长, 离谱) are none where a doubt is said; words of mishaps (丢了, 湿了) need a word of what we did.
func (f *finder) complains(c *clause) bool {
	if c.is("complaint.not", "fear") || c.is("request") && !c.is("defect.adverb", "past", "done", "delivered") || c.Side == "" && c.is("to_you") || c.said.holdsAny("elsewhere") || c.said.holdsAny("third_party") {
		return false
	}
	if c.warns() { // what others did
		return false
	}
	if c.broken() {
		return true
	}
	if !c.is("complaint") {
		return false
	}
	strong, weak := false, false
	n, _ := c.x.class.of("complaint")
	for _, m := range c.marks {
		if m.class != n {
			continue
		}
		switch {
		case c.within("complaint.thin", m):
			strong = strong || c.said.holdsAny("complaint.proof")
		case c.within("complaint.weak", m):
			weak = true
		default:
			strong = true
		}
	}
	return strong || weak && f.doubt(c) == ""
}

// broken reads trouble by its grammar: what became of a thing (都黄了, 全是花的, 开始掉灰), what it fails to do
// (看不清, 导不出来), and its noise (滋滋响).
func (c *clause) broken() bool {
	if c.ask || c.is("question", "if") {
		return false
	}
	for _, m := range c.all("defect") {
		now := c.endsAt("defect.adverb", m.i) > 0
		if now && (m.j >= c.bare || c.text[m.j] == '了' || c.text[m.j] == '的') || hasRunes(c.text, m.j, []rune("了一半")) {
			return !c.is("fails.not")
		}
	}
	if c.soonBad() || c.harmed() || c.again() || c.faulted() || c.botched() || c.short() || c.late() {
		return true
	}
	for _, m := range c.all("defect.bad") { // 粉尘特别大, 护士意见很大
		if n := c.at("degree", m.j); n > 0 && c.bare-m.j-n <= 3 && !c.is("fails.not") {
			return true
		}
	}
	for _, m := range c.all("defect") { // 破得太多, 卡了半小时, 监控糊的
		if m.i == c.i && m.j-m.i == 1 {
			continue
		}
		if c.at("degree.got", m.j) > 0 {
			return true
		}
		if m.j < c.bare && c.text[m.j] == '了' && m.j+1 < c.bare && (numeral(c.text[m.j+1]) || c.text[m.j+1] == '好') && c.lasts(m.j+1) {
			return true
		}
	}
	for k := c.i + 1; k < c.bare; k++ {
		switch {
		case c.text[k] == '响' && k-2 >= c.i && c.text[k-1] == c.text[k-2]:
			return true
		case c.text[k] == '不' && han(c.text[k-1]) && k-1 > c.i && c.at("fails", k+1) > 0 && !c.is("fails.not", "self", "you") && k+1+c.at("fails", k+1) >= c.bare:
			return true
		}
	}
	return false
}

// soonBad reads how little time or use went by before something happened to it: 没半年就晃, 不到俩月就起毛, 用两回就瘪了.
func (c *clause) soonBad() bool {
	if c.Side == Us || c.is("if", "fear", "request", "buy", "price.cue", "mood.good", "will") || len(c.spansOf('M')) > 0 {
		return false
	}
	for k := c.i; k+4 < c.j; k++ {
		if !hasAny(c.text[:c.j], k, "没", "不到", "才", "用了", "用", "洗", "穿", "刚") {
			continue
		}
		for j := k + 2; j+2 < c.j && j-k <= 6; j++ {
			if !strings.ContainsRune("天周月年次回水期时", c.text[j]) || c.text[j+1] != '就' || !numeral(c.text[j-1]) && !numeral(c.text[j-2]) && !strings.ContainsRune("个学小半俩仨", c.text[j-1]) {
				continue
			}
			return !strings.ContainsRune("好到发完能行可会给送来做有要回交上出搞", c.text[j+2])
		}
	}
	return false
}

// harmed reads damage done to the customer's own things: 把我冰箱门磕了个坑, 车门被你们蹭掉一块漆.
func (c *clause) harmed() bool {
	if c.is("fear") || c.Side != Customer && c.Side != "" {
		return false
	}
	done := false
	for k := c.i; k+1 < c.j; k++ {
		switch {
		case strings.ContainsRune("把被给", c.text[k]):
			done = true
		case done && k > c.i+1 && strings.ContainsRune("磕撞刮蹭砸摔碰压烫踩戳捅泡淋划", c.text[k]) && strings.ContainsRune("了出坏掉破烂瘪花碎", c.text[k+1]):
			return true
		}
	}
	return false
}

// again reports whether trouble came back so often: 一年换三回, 修了两次, 这都第三次了.
func (c *clause) again() bool {
	if c.is("price.cue", "buy") {
		return false
	}
	for j := c.i + 1; j+1 < c.j; j++ {
		if !strings.ContainsRune("次回趟遍", c.text[j+1]) || !strings.ContainsRune("两二三四五六七八九十几23456789", c.text[j]) {
			continue
		}
		if c.text[j-1] == '第' {
			return j+2 < c.j && c.text[j+2] == '了' || c.holds("又", "都第")
		}
		k := j - 1
		for k > c.i && strings.ContainsRune("了过好", c.text[k]) {
			k--
		}
		if strings.ContainsRune("修换坏停断催卡掉漏堵", c.text[k]) && (c.text[j-1] == '了' || c.text[j-1] == '好' || c.holds("年", "月", "周", "天")) && !c.is("do.yours", "request", "will") {
			return true
		}
	}
	return false
}

// botched reads work that came out wrong: 字印反了, 尺寸切短了, 你们把名字写错了. What somebody wrote or typed wrong
// himself is none without a word of whose work it was.
func (c *clause) botched() bool {
	for k := c.i; k+1 < c.j; k++ {
		if !strings.ContainsRune("错反歪偏短窄浅破脏皱漏", c.text[k+1]) || !strings.ContainsRune("写印装切做剪贴配送发开算绣刻喷裁缝排录填寄拿刷焊铺安量登记", c.text[k]) {
			continue
		}
		if k+2 < c.bare && c.text[k+2] != '了' || k+2 >= c.j || c.is("self", "fear") {
			continue
		}
		if !strings.ContainsRune("写发填拿登记寄", c.text[k]) || c.said.holdsAny("delivered") || c.holds("你", "上的", "里的", "抬头", "名字") {
			return true
		}
	}
	return false
}

// short reports whether goods are missing: 拆箱发现少两个螺丝.
func (c *clause) short() bool {
	if c.Side == Customer && c.said.holdsAny("on_paper") && c.holds("才给", "只给", "就给", "才到", "才来", "只来", "到手") && len(c.spansOf('Q')) > 0 && len(c.spansOf('M')) == 0 { // 底片才给12张 单子上写的30张
		return true
	}
	if !c.holds("少了", "少一", "少两", "少几", "缺了", "缺一", "缺两") || !c.said.holdsAny("delivered") && !c.said.holdsAny("unpacked") {
		return false
	}
	return len(c.spansOf('Q')) > 0 && len(c.spansOf('M')) == 0
}

// late reports whether something came later than was agreed: 说好八点到 九点半才来.
func (c *clause) late() bool {
	return c.Side != Us && c.said.holdsAny("agreed") && c.holds("才来", "才到", "才送", "才发", "才给", "还没", "没来", "没到", "没送", "没发", "没给", "没影", "没动静", "不来", "又说", "又变", "又改")
}

// faulted reads what is said against something we delivered: a word of what we sent or did, then one that finds fault.
func (c *clause) faulted() bool {
	if c.Side != Customer || c.is("bad.not", "mood.good", "request", "need", "objection.price", "buy") || len(c.spansOf('M'))+len(c.spansOf('T')) > 0 {
		return false
	}
	m, ok := c.first("delivered")
	if !ok && c.n > 0 {
		b := &c.said.clauses[c.n-1]
		if p, there := b.first("delivered"); there && b.bare-p.j <= 3 && !b.is("bad.not", "request") {
			m, ok = mark{i: c.i, j: c.i}, true
		}
	}
	if !ok {
		return false
	}
	for _, bad := range c.all("bad.sign") {
		if bad.i >= m.j && bad.i-m.j <= 6 && bad.j < c.bare {
			return true
		}
	}
	return false
}

// lasts reports whether a stretch of time begins at i: 半小时, 三天, 好几次.
func (c *clause) lasts(i int) bool {
	for j := i; j < c.bare && j < i+5; j++ {
		if hasAny(c.text, j, "小时", "分钟", "天", "回", "次", "周", "个月", "宿", "晚") {
			return j > i
		}
	}
	return false
}

// within reports whether the mark stands inside a word of the list.
func (c *clause) within(list string, m mark) bool {
	n, ok := c.x.class.of(list)
	for _, o := range c.marks {
		if ok && o.class == n && o.i <= m.i && m.j <= o.j {
			return true
		}
	}
	return false
}

// holdsAny reports whether a word of the list stands in the line.
func (s *said) holdsAny(list string) bool {
	n, ok := s.x.class.of(list)
	return ok && s.has[n/64]&(1<<(n%64)) != 0
}

// otherwise reports whether what sounds like a wish says something else: a doubt, who decides, whom else they
// deal with, a price that is bargained for, or only how many.
func (f *finder) otherwise(c *clause) bool {
	if c.is("need.sure") {
		return false
	}
	if f.doubt(c) != "" || c.is("decides", "decides.who") && c.decider() || len(f.rivalNames) > 0 && f.rivalsIn(c) {
		return true
	}
	for _, sp := range c.spans {
		if (sp.kind == 'M' || sp.kind == 'N' && sp.v >= 100) && f.isPriced(c.N, sp.v) {
			return true
		}
		if sp.kind == 'Q' && c.amountOnly(sp) {
			return true
		}
	}
	return false
}

// decider reports whether the clause names who decides.
func (c *clause) decider() bool {
	for _, m := range c.all("decides") {
		if i, j := c.deciderBefore(m.i); j > i {
			return true
		}
	}
	for _, m := range c.all("decides.who") {
		if i, j := c.deciderAfter(m.j); j > i {
			return true
		}
	}
	return false
}

// isPriced reports whether the amount is told already as a price.
func (f *finder) isPriced(line int, v float64) bool {
	for _, x := range f.facts {
		if (x.Kind == Price || x.Kind == Budget) && x.Value == v && slices.Contains(x.Lines, line) {
			return true
		}
	}
	return false
}

// amountOnly reports whether the clause says little more than a quantity of something: 要五十斤牛腩.
func (c *clause) amountOnly(sp span) bool {
	i := sp.i
	for i > c.i {
		n := c.endsAt("quantity.lead", i)
		if n == 0 {
			break
		}
		i -= n
	}
	if i > c.i && i-c.i <= 8 && i < sp.i && c.bare-sp.j <= 1 && !c.is("need.wish") { // 护栏需要1200米
		return true
	}
	return i == c.i && c.text[c.j-1] != '的' && c.bare-sp.j <= 6 && c.bare-sp.j >= 0
}

// more gives the words from the clause to j; when those of the clause are few, with the clause before, which says of what.
func (c *clause) more(j int) string {
	if c.bare-c.i > 3 || c.n == 0 {
		return c.typed(c.i, j)
	}
	return c.typed(c.said.clauses[c.n-1].i, j)
}

// taken reports whether the clause is told already as a plan.
func (f *finder) taken(c *clause) bool {
	for _, x := range f.facts {
		if (x.Kind == Promise || x.Kind == NextStep) && x.Lines[0] == c.N && strings.Contains(x.Value.(string), c.words()) {
			return true
		}
	}
	return false
}
