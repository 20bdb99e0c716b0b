package chatlog

import (
	"slices"
	"strings"

	"gendan/bot/parse"
)

// objectionClasses are the classes of what keeps a customer from buying, each with its list of words.
var objectionClasses = []string{"price", "delivery", "quality", "trust", "competitor", "timing"}

// findDoubts finds objections: their class, and the customer's words.
func (f *finder) findDoubts() {
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			class := f.doubted(c)
			if class == "" || class == "delivery" && f.complains(c) && !c.holds("就") || class == "quality" && f.troubled(c) && !c.is("fear") && !c.holds("太") {
				continue
			}
			if k := slices.IndexFunc(f.facts, func(x *Fact) bool {
				return x.Kind == Objection && x.Value == class && x.Lines[0] == s.N
			}); k >= 0 { // said twice in one line: 太久了 我等不了
				x := f.facts[k]
				delete(f.index, x.key())
				if at := strings.Index(s.Text, x.Text); at >= 0 && strings.HasSuffix(s.Text[:at+len(x.Text)], x.Text) {
					from := len([]rune(s.Text[:at]))
					if from < c.i {
						x.Text = c.typed(from, c.j)
					}
				}
				f.index[x.key()] = x
				continue
			}
			f.add(Fact{Kind: Objection, Value: class, Text: c.words(), Lines: []int{s.N}})
		}
	}
}

// doubted gives the class of the doubt that the clause tells, by the rules and the second opinion.
func (f *finder) doubted(c *clause) string {
	class := f.doubt(c)
	if f.op == nil {
		return class
	}
	for k, name := range objectionClasses {
		if name == class && f.holds(c, vObjection+verdict(k), true) {
			return class
		}
	}
	best, p := "", 0.0
	for k, name := range objectionClasses {
		if v := vObjection + verdict(k); f.thinks(c)[v] > p && f.holds(c, v, false) {
			best, p = name, f.thinks(c)[v]
		}
	}
	if best == "" && class == "" && (c.fears() || c.warns()) {
		best, p = "trust", 0.05
		for k, name := range objectionClasses {
			if v := f.thinks(c)[vObjection+verdict(k)]; v > p {
				best, p = name, v
			}
		}
	}
	return best
}

// warns reports whether the clause tells what we should not do as others did: 别像上家 说好20号结果婚礼当天才到.
func (c *clause) warns() bool {
	return c.Side != Us && c.n > 0 && c.said.clauses[c.n-1].bare-c.said.clauses[c.n-1].i <= 9 && c.said.clauses[c.n-1].warning() && c.bare-c.i >= 4
}

// warning reports whether the clause begins with 别像 or 别跟 somebody.
func (c *clause) warning() bool {
	i := c.i
	for i < c.j && strings.ContainsRune("可就你们千万这回次", c.text[i]) {
		i++
	}
	return hasAny(c.text[:c.j], i, "别像", "别跟", "别学", "不要像")
}

// fears reports whether the clause begins with what the customer is afraid of, whatever that is: 我怕到时候学位占用, 就担心孩子跟不上.
// What somebody cannot stand (我妈怕闷) is a wish.
func (c *clause) fears() bool {
	if c.Side == Us || c.ask || c.is("question", "fear.not", "objection.not") {
		return false
	}
	for k := c.i; k < min(c.i+4, c.j); k++ {
		n := 0
		switch {
		case c.text[k] == '怕':
			n = 1
		case hasAny(c.text[:c.j], k, "担心"):
			n = 2
		case !strings.ContainsRune("我们就主要最还也都只是咱", c.text[k]):
			return false
		default:
			continue
		}
		return c.bare-k-n >= 4 && !hasAny(c.text, k+n, "是", "您", "你忘", "打扰", "耽误你", "麻烦")
	}
	return false
}

// doubt gives the class of what the clause holds against buying, or nothing.
func (f *finder) doubt(c *clause) string {
	if f.rivalPriced(c) { // 天工报我才13100
		return "price"
	}
	if c.is("objection.not") || c.said.holdsAny("third_party") {
		return ""
	}
	if len(f.rivalNames) > 0 && f.rivalsIn(c) && c.holds("比你", "不如") && !c.is("objection.price") { // 红博汇给的赠品比你们多
		return "competitor"
	}
	for _, class := range objectionClasses {
		if class == "delivery" && c.is("decides") {
			continue
		}
		if c.is("objection."+class) && (class != "competitor" || f.prefers(c)) {
			if class == "quality" && c.text[c.i] == '别' && !c.holds("又", "再", "到时", "就") { // 别有味道: a wish
				continue
			}
			if class == "trust" && c.Side == "" && c.holds("写进合同", "白纸黑字") && !c.holds("敢", "能", "要", "吗", "你", "得") { // what our side may say
				continue
			}
			if class == "price" && c.holds("太早") { // 太早搬不划算
				return "timing"
			}
			return class
		}
	}
	if c.is("talk_over") && c.n > 0 && c.said.clauses[c.n-1].holds("这个数", "这数", "这个价", "这价", "这个钱", "这钱") { // 全包这个价 我跟家里再商量商量
		return "price"
	}
	if c.hearsay() {
		return "trust"
	}
	if c.holds("那关", "这关") && c.holds("过不", "不好过", "难过", "不会过") { // 财务那关过不去
		if c.figured() {
			return "price"
		}
		return "trust"
	}
	for k := c.i; k+2 < c.j; k++ { // 漏不漏, 卡不卡
		if c.text[k+1] == '不' && c.text[k] == c.text[k+2] && strings.ContainsRune("漏掉裂卡吵臭响糊坏褪锈塌烫晃滑皱", c.text[k]) {
			return "quality"
		}
	}
	if c.is("complaint", "defect", "defect.bad") && c.holds("负责吗", "管吗", "大不大", "怎么办", "重不重") { // 漏水你们负责吗
		return "quality"
	}
	if c.is("fear") && !c.is("fear.not") && (c.is("complaint", "defect")) { // 怕漏雨, 会起球吧
		return "quality"
	}
	return ""
}

// hearsay reports whether the clause tells what bad others say of us: 邻居都说你们后面会加钱.
func (c *clause) hearsay() bool {
	return c.customers() && c.is("you") && c.is("hearsay") && !c.is("mood.good") &&
		c.holds("网上", "邻居", "群里", "朋友", "同事", "人家", "别人", "有人", "听说", "亲戚", "家长", "评论", "抖音", "小红书", "同行") &&
		c.holds("加", "涨", "坑", "跑", "拖", "骗", "后面", "后头", "半路", "老", "乱", "忽悠", "糊弄", "隔三差五", "让", "强", "不", "没", "套路", "收", "换人", "倒闭", "转包")
}

// prefers reports whether a clause with words like 别家 weighs them against us: a bare mention is no doubt, and a
// rival who is named is told as one.
func (f *finder) prefers(c *clause) bool {
	n, _ := c.x.class.of("objection.competitor")
	for _, m := range c.marks {
		if m.class == n && !c.within("rival.generic", m) {
			for _, name := range f.rivalNames {
				if indexRunes(c.text[c.i:c.j], name) >= 0 {
					return false
				}
			}
			return true
		}
	}
	return c.is("than.more", "rival.says", "rival.tail", "rival.weigh")
}

// rivalPriced reports whether the clause holds a competitor's price against ours.
func (f *finder) rivalPriced(c *clause) bool {
	if c.customers() && len(f.rivalNames) > 0 && f.rivalsIn(c) && c.is("rival.claim") && c.holds("免费", "白送", "不收钱", "不要钱", "免安装") { // 帝豪那边会议室免费送的
		return true
	}
	if c.n > 0 && c.customers() && c.holds("才", "只要") && len(c.spansOf('M'))+len(c.spansOf('N')) > 0 && c.spans[0].v >= 10 { // 我朋友用慧算账 一年才1800
		b := &c.said.clauses[c.n-1]
		for _, name := range f.rivalNames {
			if indexRunes(b.text[b.i:b.j], name) >= 0 {
				return true
			}
		}
	}
	if c.customers() && c.holds("别人", "别家", "人家") && c.startsNear("rival.generic") && len(c.spansOf('M'))+len(c.spansOf('N')) > 0 && c.bare-c.i <= 12 { // 别人1200
		return true
	}
	return f.rivalsIn(c) && c.is("rival.says") && len(c.spansOf('M'))+len(c.spansOf('N')) > 0
}

// startsNear reports whether a word of the list stands at the beginning of the clause.
func (c *clause) startsNear(list string) bool { return c.at(list, c.i) > 0 }

// findDeciders finds who decides: 吴主任说了算, 孩子她爸不点头我报不了, 要老板批.
func (f *finder) findDeciders() {
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			for _, m := range c.all("decides") {
				if len(c.spansOf('M')) > 0 && hasAny(c.text, m.i, "批") { // 领导批了十二万: what may be spent
					continue
				}
				if i, j := c.deciderBefore(m.i); j > i {
					f.decider(c, i, j)
					break
				}
				if i, j := c.meant(m.i); j > i { // 我爸管装修 他满意就签
					f.decider(c, i, j)
					break
				}
			}
			for _, m := range c.all("decides.who") {
				if i, j := c.deciderAfter(m.j); j > i {
					f.decider(c, i, j)
					break
				}
			}
			if c.n > 0 && c.is("decides", "decides.who") && c.bare-c.i >= 3 && hasAny(c.text[:c.bare], c.bare-2, "由他", "由她", "归他", "归她", "看他", "看她", "问他", "问她", "听他", "听她") { // 我跟焦总报一下 定不定由他
				if i, j := c.said.clauses[c.n-1].anybody(); j > i {
					f.decider(c, i, j)
				}
			}
			if f.op != nil && !slices.ContainsFunc(f.facts, func(x *Fact) bool { return x.Kind == DecisionMaker && slices.Contains(x.Lines, s.N) }) && f.holds(c, vDecider, false) {
				if i, j := c.anybody(); j > i {
					f.decider(c, i, j)
				}
			}
		}
	}
}

// anybody gives the first person or body of the clause that can decide.
func (c *clause) anybody() (int, int) {
	for i := c.i; i < c.j; i++ {
		if j := c.titled(i); j > i {
			return i, j
		}
	}
	for i := c.i; i < c.j; i++ {
		for j := min(c.j, i+7); j >= i+2; j-- {
			if c.endsAt("role", j) == j-i {
				return i, j
			}
		}
	}
	return 0, 0
}

func (f *finder) decider(c *clause, i, j int) {
	if c.endsAt("role", j) == j-i || i < j && latin(c.text[j-1]) { // 合伙人Kevin
		for j < c.j && latin(c.text[j]) {
			j++
		}
	}
	name := c.typed(i, j)
	if f.own.has(name) {
		return
	}
	for _, x := range f.facts {
		if x.Kind == DecisionMaker && strings.Contains(x.Value.(string), name) {
			name = x.Value.(string)
		}
	}
	f.drop(func(x Fact) bool { // told as who decides, not as whom to talk to
		return x.Kind == Contact && x.Company == "" && len(x.Lines) == 1 && x.Lines[0] == c.N && strings.HasSuffix(name, x.Value.(string))
	})
	f.add(Fact{Kind: DecisionMaker, Value: name, Lines: []int{c.N}})
}

// deciderBefore reads who stands before a verb of deciding that begins at j.
func (c *clause) deciderBefore(j int) (int, int) {
	for j > c.i {
		if c.endsAt("role", j) > 0 { // 董事会, whose 会 is no verb
			break
		}
		if n := c.endsAt("decider.skip", j); n > 0 {
			j -= n
		} else if c.text[j-1] == ' ' {
			j--
		} else {
			break
		}
	}
	i := j
	for i > c.i && (han(c.text[i-1]) || latin(c.text[i-1])) && c.endsAt("decider_stop", i) == 0 && j-i < 9 {
		i--
	}
	for k := j - 2; k > i; k-- { // 付款我老板娘管
		if c.text[k] == '我' && hasAny(c.text[:c.j], k, "我") && c.endsAt("role", j) > 0 && k+1+c.endsAt("role", j) == j {
			i = k
		}
	}
	if !c.somebody(i, j) {
		return 0, 0
	}
	return i, j
}

// meant gives the person of the clause before whom 他 or 她 in front of a verb of deciding at j means.
func (c *clause) meant(j int) (int, int) {
	for j > c.i && c.endsAt("decider.skip", j) > 0 && c.text[j-1] != '他' && c.text[j-1] != '她' {
		j -= c.endsAt("decider.skip", j)
	}
	if c.n == 0 || j != c.i+1 || c.text[c.i] != '他' && c.text[c.i] != '她' {
		return 0, 0
	}
	for n := c.n - 1; n >= max(0, c.n-2); n-- {
		b := &c.said.clauses[n]
		for k := b.i; k < b.j; k++ {
			if e := b.titled(k); e > k {
				return k, e
			}
			n := b.at("role", k)
			switch {
			case n == 0:
				continue
			case k+n < b.j && b.text[k+n] == '姓':
				return k, min(k+n+2, b.j)
			case k > b.i && b.text[k-1] == '我':
				k, n = k-1, n+1
			}
			return k, k + n
		}
	}
	return 0, 0
}

// deciderAfter reads who stands behind words like 最终要看 that end at i.
func (c *clause) deciderAfter(i int) (int, int) {
	for i < c.j {
		if n := c.at("decider.skip", i); n > 0 {
			i += n
		} else if c.text[i] == ' ' || c.text[i] == ':' || c.text[i] == '：' {
			i++
		} else {
			break
		}
	}
	best := i
	for j := i + 1; j <= c.j && j-i <= 9; j++ {
		if c.at("decider_stop", j-1) > 0 {
			break
		}
		if c.somebody(i, j) {
			best = j
		}
	}
	return i, best
}

// common reports whether text is a word of everybody: 原件, 方案.
func common(text []rune) bool {
	cost, ok := parse.CommonWord(text)
	return ok && cost <= commonCost
}

// somebody reports whether [i,j) names a person or a body that can decide.
func (c *clause) somebody(i, j int) bool {
	if j-i < 2 {
		return false
	}
	if n := c.endsAt("role", j); n > 0 {
		return true
	}
	if j-i >= 4 && j-i <= 7 && strings.ContainsRune("部处科办", c.text[j-1]) && c.at("role", i) > 0 { // 集团能源部
		return true
	}
	for k := i; k < j-1; k++ {
		if c.titled(k) == j || c.nicknamed(k) == j && (k == i || c.endsAt("role", k) > 0) || k == i && c.person(k, j) == j && !common(c.text[k:j]) {
			return true
		}
	}
	return false
}
