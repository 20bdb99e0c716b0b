package chatlog

import (
	"maps"
	"slices"
	"strings"

	"gendan/bot/parse"
)

// findRivals finds the competitors that customers name: beside a comparison, a price of theirs, or a verb of
// dealing with them. A name that our side said first is none.
func (f *finder) findRivals() {
	f.rivals = map[string]*Fact{}
	first := map[string]int{}
	for _, s := range f.lines {
		if s.Side == Us {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			for _, m := range c.all("competitor") {
				f.rival(c, m.i, m.j, first)
			}
			f.compared(c, first)
			f.undercut(c, first)
			f.dealt(c, first)
			f.claimed(c, first)
			f.framed(c, first)
			f.toldOf(c, first)
		}
	}
	if len(f.rivals) == 0 {
		return
	}
	for _, s := range f.lines { // later mentions prove it too
		text := string(s.text)
		for name, x := range f.rivals {
			if strings.Contains(text, strings.ToLower(name)) {
				x.Lines = joinLines(x.Lines, []int{s.N})
			}
		}
	}
	names := slices.Sorted(maps.Keys(f.rivals))
	for _, s := range f.lines {
		for _, name := range names {
			if x := f.rivals[name]; first[name] == s.N {
				f.facts, f.index[x.key()] = append(f.facts, x), x
			}
		}
	}
	f.order()
}

func (f *finder) rival(c *clause, i, j int, first map[string]int) bool {
	name := c.typed(i, j)
	n := len([]rune(name))
	if n < 2 || n > 8 || strings.ContainsRune("的好完掉坏了", c.text[j-1]) || f.own.has(name) || c.at("not_rival", i) > 0 || c.titled(i) > i {
		return false
	}
	if f.commonName(c, i, j) || digit(c.text[i]) || c.role(i, j) || c.nicknamed(i) > i {
		return false
	}
	for k := i; k < j; k++ {
		if !han(c.text[k]) && !latin(c.text[k]) && !digit(c.text[k]) || c.inSpan(k) || c.text[k] == '在' {
			return false
		}
	}
	if f.rivals[name] == nil {
		for _, s := range f.lines {
			if s.N >= c.N {
				break
			}
			if s.Side == Us && strings.Contains(string(s.text), strings.ToLower(name)) {
				return false
			}
		}
		if len(f.rivals) > 20 {
			return false
		}
		f.rivals[name] = &Fact{Kind: Competitor, Value: name, Lines: []int{c.N}}
		first[name] = c.N
		f.rivalNames = append(f.rivalNames, c.text[i:j])
	}
	return true
}

// commonCost is the cost up to which a word is too common for a name.
const commonCost = 54

// commonName reports whether [i,j) is a word of everybody or a number of something, and no name: 押金, 一学期.
func (f *finder) commonName(c *clause, i, j int) bool {
	if max(c.at("brand", i), c.at("competitor", i)) == j-i {
		return false
	}
	if strings.ContainsRune("一两二三四五六七八九十半每", c.text[i]) && (c.at("measure", i+1) > 0 || c.at("unit", i+1) > 0 || hasAny(c.text, i+1, "学期", "学年", "半")) {
		return true
	}
	if j-i == 2 && strings.ContainsRune("两二三四五六七八九十几", c.text[i]) && strings.ContainsRune("样家个种件套台口人位只条头层块次车趟", c.text[i+1]) { // 三样才三百
		return true
	}
	if cost, ok := parse.CommonWord(c.text[i:j]); ok && cost <= commonCost {
		return true
	}
	known := false
	for _, w := range f.cutter.cut(c.text[i:j]) { // 下雨可以, 新合同
		cost, ok := parse.CommonWord(w)
		if !ok || cost > commonCost-6 || len(w) == 1 && cost > plainCost {
			return false
		}
		known = known || len(w) > 1 && cost <= commonCost-12
	}
	return known
}

// role reports whether [i,j) ends like a place at work, which is no company: 财务部, 采购.
func (c *clause) role(i, j int) bool {
	return c.endsAt("rival.not_named", j) > 0 || c.endsAt("role", j) > 0 || c.endsAt("department", j) > 0 || c.endsAt("not_rival_end", j) > 0
}

// rivalRun gives the end of the name that begins at i.
func (c *clause) rivalRun(i int) int {
	if n := max(c.at("brand", i), c.at("competitor", i)); n > 1 { // 美的
		return i + n
	}
	j := i
	for j < c.j && (han(c.text[j]) || latin(c.text[j]) || digit(c.text[j])) && j-i < 9 && !c.inSpan(j) {
		if n := c.at("rival_stop", j); n > 1 || n == 1 && (j-i >= 2 || strings.ContainsRune("的是了吗你我他她它这那给报才卖只就还也家", c.text[j])) {
			break // a single character can also stand at the beginning of a name
		}
		j++
	}
	return j
}

// compared reads 比宏架的高出一截, 和金蝶比哪个好.
func (f *finder) compared(c *clause, first map[string]int) {
	for _, m := range c.all("than") {
		i := m.j
		if i+2 < c.j && c.text[i+1] == '楼' && numeral(c.text[i]) { // 比三楼珊珊饰品好看
			i += 2
		}
		if j := c.rivalRun(i); j > i && j < c.j && c.is("than.more") {
			if c.unheard(i, j) {
				f.rivalSurely(c, i, j, first)
			} else {
				f.rival(c, i, j, first)
			}
		}
	}
	for _, m := range c.all("with") {
		j := c.rivalRun(m.j)
		if j > m.j && (c.at("with.compare", j) > 0 || c.at("with.deal", j) > 0 && c.is("with.long") && !c.is("you")) { // 我们和施耐德合作好几年了
			f.rival(c, m.j, j, first)
		}
	}
	for _, m := range c.all("rival.owns") { // 海康那边给的价更低
		i := c.i
		for _, l := range c.all("rival.lead") {
			if l.j > i && l.j < m.i {
				i = l.j
			}
		}
		if c.rivalRun(i) == m.i && m.i-i >= 2 && c.is("rival.offer") && c.is("than.more") && !c.is("need") {
			f.rival(c, i, m.i, first)
			break
		}
	}
}

// undercut reads a price of theirs: 途旅网上标的才430元, 我们小区那家音皇才150元.
func (f *finder) undercut(c *clause, first map[string]int) {
	if j := c.rivalRun(c.i); c.figured() && !c.is("you", "self_price") && hasAny(c.text, j, "给到", "报到", "能给到") && c.unheard(c.i, j) { // 书虫社给到1块
		f.rival(c, c.i, j, first)
		return
	}
	if !c.is("rival.says", "rival.tail") || c.is("price.ask", "self_price") || c.holds("报一下", "报下") || c.Side == "" && !c.is("rival.says") {
		return
	}
	i := c.i
	says, ok := c.first("rival.says")
	if !ok {
		says, _ = c.first("rival.tail")
	}
	for _, m := range c.all("rival.lead") {
		if m.j > i && m.j < says.i {
			i = m.j
		}
	}
	j := c.rivalRun(i)
	if j == i || j >= c.j || c.at("rival.says", j) == 0 && c.at("rival.after", j) == 0 && c.at("rival_stop", j) == 0 {
		return
	}
	if c.is("rival.tail") && c.Side == Customer && c.figured() && (c.text[j] == '每' || c.text[j] == '一') { // 鲁能钢构每平430就做
		f.rival(c, i, j, first)
		return
	}
	for _, m := range c.all("rival.says") { // their price follows at once
		for _, sp := range c.spans {
			if (sp.kind == 'M' || sp.kind == 'N' || sp.kind == 'D') && m.i >= j && sp.i >= m.j && sp.i-m.j <= 5 && sp.i < c.j {
				f.rival(c, i, j, first)
				return
			}
		}
	}
}

// dealt reads 我们现在用的是金蝶, 也在看用友的, 还在跟宏达谈.
func (f *finder) dealt(c *clause, first map[string]int) {
	for _, m := range c.all("rival.verb") {
		i := m.j
		if n := c.at("rival.lead", i); n > 0 {
			i += n
		}
		j := c.rivalRun(i)
		if c.within("rival.verb.weak", m) && c.at("rival.owns", j) == 0 && c.at("brand", i) == 0 && max(c.endsAt("suffix", j), c.endsAt("place", j)) == 0 && !c.said.holdsAny("objection.price") && !(c.is("acquaintance") && j > i && c.strange(i, j)) {
			continue // 考虑换季: only what is plainly a company's
		}
		if j > i && (j >= c.bare || c.at("rival.after", j) > 0) {
			f.rival(c, i, j, first)
		}
		if j > i && j < c.j && c.at("with", j) == 1 { // 对比过美的和格力
			if e := c.rivalRun(j + 1); e > j+1 && e >= c.bare {
				f.rival(c, i, j, first)
				f.rival(c, j+1, e, first)
			}
		}
	}
	for _, m := range c.all("rival.had") { // 邻村装的天顺 人家4万2
		if c.n+1 >= len(c.said.clauses) {
			break
		}
		next := &c.said.clauses[c.n+1]
		if j := c.rivalRun(m.j); j-m.j >= 2 && j >= c.bare && next.is("rival.generic") && len(next.spansOf('M'))+len(next.spansOf('N')) > 0 {
			f.rival(c, m.j, j, first)
		}
	}
	for _, m := range c.all("rival.used") { // 上次用迅达搬坏了一台
		if j := c.rivalRun(m.j); j-m.j >= 2 && j-m.j <= 4 && (j >= c.bare || c.at("rival_stop", j) > 0) {
			f.rival(c, m.j, j, first)
		}
	}
	for _, m := range c.all("rival.go") { // 去货多多拿货
		j := c.rivalRun(m.j)
		if k := j + c.at("rival.owns", j); j-m.j >= 2 && c.at("rival.goods", k) > 0 {
			f.rival(c, m.j, j, first)
		}
	}
	for _, m := range c.all("rival.tried") { // 大疆的我也试过, 前天百安居的人来量过房
		i := c.i
		for _, sp := range c.spansOf('T') {
			if sp.j > i && sp.j < m.i {
				i = sp.j
			}
		}
		for _, l := range c.all("rival.lead") {
			if l.j > i && l.j < m.i {
				i = l.j
			}
		}
		j := c.rivalRun(i)
		for _, sp := range c.spansOf('T') { // 清溯前天也来过
			if sp.i == j && sp.j == m.i && c.strange(i, j) {
				f.rival(c, i, j, first)
			}
		}
		if j == m.i && m.i-i >= 2 && (c.at("brand", i) > 0 || !strings.ContainsRune("换修装送洗搬拉接查测量", c.text[i])) { // 换水的人也不来
			f.rival(c, i, m.i, first)
		}
	}
	f.dealtAt(c, first)
	for _, m := range c.all("rival.home") { // 宏架家的便宜
		i := m.i
		for i > c.i && (han(c.text[i-1]) || latin(c.text[i-1])) && c.endsAt("rival_stop", i) == 0 && m.i-i < 6 && !c.inSpan(i-1) {
			i--
		}
		if m.i-i >= 2 {
			f.rival(c, i, m.i, first)
		}
	}
}

// dealtAt reads where somebody had the same done: 我闺蜜在喜悦阁才花了两万多, 去年在宏远印的.
func (f *finder) dealtAt(c *clause, first map[string]int) {
	if c.ask || c.is("you") {
		return
	}
	for k := c.i; k+3 < c.j; k++ {
		if c.text[k] != '在' || !c.is("rival.at.deal") {
			continue
		}
		for j := k + 3; j < c.j && j-k <= 6; j++ {
			e := j + c.at("rival.owns", j)
			for e < c.j && strings.ContainsRune("才只就也都", c.text[e]) {
				e++
			}
			if c.at("rival.at.deal", e) > 0 {
				if c.unheard(k+1, j) {
					f.rival(c, k+1, j, first)
				}
				return
			}
		}
	}
	for k := c.i; k+4 < c.j; k++ { // 再有一次我就换鲜达通了
		if c.text[k] == '换' && c.text[c.j-1] == '了' && k > c.i && strings.ContainsRune("就要得好接想", c.text[k-1]) && c.j-1-k <= 5 && c.unheard(k+1, c.j-1) {
			f.rival(c, k+1, c.j-1, first)
			return
		}
	}
}

// unheard reports whether [i,j) can be a company's name and is no word of everybody.
func (c *clause) unheard(i, j int) bool {
	_, known := parse.CommonWord(c.text[i:j])
	for k := i + 2; k < j && !known; k++ { // 顺冻物流 is none because of what it does
		if k+c.at("suffix", k) == j && c.at("suffix", k) > 0 {
			return c.strange(i, k)
		}
	}
	return !known && c.strange(i, j)
}

// claimed reads a name of nobody known at the beginning of a clause that tells what they give, charge or do for a
// customer: 帝豪那边会议室免费送的, 卡瑞给我们58, 大华不是便宜么, 康衣坊都要问.
func (f *finder) claimed(c *clause, first map[string]int) {
	if !c.is("rival.claim") || c.is("price.ask", "self_price", "need") || c.holds("报一下", "报下", "报个") {
		return
	}
	i := c.i
	for moved := true; moved; {
		moved = false
		if n := c.at("rival.lead", i); n > 0 && (n > 1 || c.text[i] == '但' || c.text[i] == '像') {
			i, moved = i+n, true
		}
	}
	for _, sp := range c.spans { // 路歌租赁2500都能谈
		if (sp.kind == 'M' || sp.kind == 'N') && sp.v >= 10 && sp.i-i >= 2 && sp.i-i <= 5 && hasAny(c.text, sp.j, "都能", "就能", "都可以", "就可以", "都做", "就做", "还包", "还送", "能谈", "都给") && c.strange(i, sp.i) {
			f.rival(c, i, sp.i, first)
			return
		}
	}
	for j := i + 2; j <= min(i+5, c.j); j++ {
		n := c.at("rival.claim", j)
		if n == 0 {
			continue
		}
		sure := c.at("rival.claim.sure", j) > 0
		there := hasAny(c.text, j, "那边")
		if !c.strange(i, j) || !sure && !there && len(c.spansOf('M'))+len(c.spansOf('N'))+len(c.spansOf('D')) == 0 && !c.holds("便宜", "免费", "比你", "报过", "报了", "的价") {
			return
		}
		if there && !c.holds("免费", "送", "便宜", "给", "报", "推", "约", "优惠", "赠", "比你", "含", "包", "低", "少", "快") && !c.figured() {
			return
		}
		f.rival(c, i, j, first)
		if c.holds("都要", "都在", "都报") && c.n > 1 && sure { // 至少三家 白鸽服饰 康衣坊都要问
			if b := &c.said.clauses[c.n-1]; b.j-b.i <= 6 && b.strange(b.i, b.j) {
				f.rival(b, b.i, b.j, first)
			}
		}
		return
	}
}

// strange reports whether [i,j) can be the name of a company that no list explains: no place, person, role, thing
// or word of ours.
func (c *clause) strange(i, j int) bool {
	if j-i < 2 || c.role(i, j) || c.titled(i) > i || c.nicknamed(i) > i {
		return false
	}
	for k := i; k < j; k++ {
		if !han(c.text[k]) && !latin(c.text[k]) || c.inSpan(k) || c.at("place_noun", k) > 0 || c.at("self", k) > 0 || c.at("you", k) > 0 {
			return false
		}
		if n := c.at("not_rival", k); n > 1 || n == 1 && k == i {
			return false
		}
		if n := c.at("rival_stop", k); n > 1 && k+n <= j || n == 1 && k == i {
			return false
		}
		for _, list := range []string{"do", "price.how", "complaint", "need", "soon", "objection.price", "not_product_end", "buy", "question", "request"} {
			if n := c.at(list, k); n > 1 && k+n <= j {
				return false
			}
		}
	}
	return true
}

// rivalsIn reports whether the clause speaks of a competitor, named or not.
func (f *finder) rivalsIn(c *clause) bool {
	if c.Side == Us {
		return c.is("rival.generic")
	}
	if c.is("rival.generic") {
		return true
	}
	for _, name := range f.rivalNames {
		if indexRunes(c.text[c.i:c.j], name) >= 0 {
			return true
		}
	}
	return false
}
