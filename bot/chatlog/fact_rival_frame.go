package chatlog

import "strings"

// framed reads the name of a company that nobody explains by what stands around it: their price (翼升给180, 海路通上午刚报的 两万整),
// whom somebody had it done by (上回找顺冻物流跑, 我表弟加盟那个茶小鹿), who does it now (现在食惠坊送的), and where the customer says
// they will go (再有下次我直接去途捷了).
func (f *finder) framed(c *clause, first map[string]int) {
	if c.ask || c.is("price.ask", "self_price") {
		return
	}
	f.framedPrice(c, first)
	f.framedDeed(c, first)
	f.framedNow(c, first)
	f.framedThreat(c, first)
	f.framedWords(c, first)
}

// framedWords reads a name that begins the clause and is followed by what they say or give for nothing (鑫汇人力说他们包办,
// 童码邦试听课都是免费的), two that did the same (特来充和万马都报了), and one of whom the next clause tells the price (隔壁学校用的老灶台 一个才一块五).
func (f *finder) framedWords(c *clause, first map[string]int) {
	if c.is("you") {
		return
	}
	i := c.led(c.i)
	if j := c.slot(i, "说他们", "说能", "说可以", "说包", "说保", "说给", "说免", "说送", "说只", "说不收", "那边说", "的都是", "的都不", "的都免", "的都包", "的都送", "也没涨", "没涨", "没这么", "也没你", "可没"); j > i {
		f.rival(c, i, j, first)
		return
	}
	if c.is("rival.free") {
		for j := min(i+3, c.j); j <= min(i+4, c.j); j++ {
			if c.unheard(i, j) && f.coined(c, i, j) {
				f.rival(c, i, j, first)
				return
			}
		}
	}
	for _, m := range c.all("with") {
		if m.j-m.i != 1 || !c.is("rival.both") {
			continue
		}
		j := c.slot(m.j, "都", "我都", "也都")
		if m.i-i >= 2 && m.i-i <= 4 && j > m.j && c.unheard(i, m.i) {
			f.rival(c, i, m.i, first)
			f.rival(c, m.j, j, first)
			return
		}
	}
	if c.n+1 >= len(c.said.clauses) || !c.is("acquaintance") {
		return
	}
	next := &c.said.clauses[c.n+1]
	if !next.holds("才", "只要", "只收") || len(next.spansOf('M'))+len(next.spansOf('N')) == 0 {
		return
	}
	for _, m := range c.all("rival.had") {
		if c.bare-m.j >= 2 && c.bare-m.j <= 4 && c.unheard(m.j, c.bare) {
			f.rival(c, m.j, c.bare, first)
			return
		}
	}
}

// slot gives the end of a name of two to five characters that begins at i and is followed by one of the words, else i.
func (c *clause) slot(i int, words ...string) int {
	if i > c.i && latin(c.text[i-1]) {
		return i
	}
	for j := i + 2; j <= min(i+6, c.j); j++ {
		if hasAny(c.text[:c.j], j, words...) && (j-i <= 4 || c.endsAt("suffix", j) > 0) && c.unheard(i, j) {
			return j
		}
	}
	return i
}

// led gives the place behind words with which what is told of others begins: 不过, 今天上午, 隔壁的.
func (c *clause) led(i int) int {
	for moved := true; moved && i < c.j; {
		moved = false
		if n := c.at("rival.lead", i); n > 0 {
			i, moved = i+n, true
			continue
		}
		for _, sp := range c.spansOf('T') {
			if sp.i == i && sp.j > i {
				i, moved = sp.j, true
			}
		}
	}
	return i
}

// framedPrice reads a name that begins the clause and is followed, perhaps after a time, by a verb of pricing and an amount.
func (f *finder) framedPrice(c *clause, first map[string]int) {
	figure := c.figured()
	if !figure && c.n+1 < len(c.said.clauses) {
		figure = c.said.clauses[c.n+1].startsWithFigure()
	}
	if !figure {
		return
	}
	for _, i := range []int{c.i, c.led(c.i)} {
		for j := i + 2; j <= min(i+5, c.j); j++ {
			if !c.unheard(i, j) {
				continue
			}
			k := j
			for moved := true; moved && k < c.j; {
				moved = false
				for _, w := range []string{"那边", "那儿", "那里", "上面", "网上", "平台", "上头", "家", "里", "上午", "下午", "早上", "昨天", "前天", "刚刚", "刚才", "刚", "今早", "今天", "也", "都", "就", "才", "现在", "之前", "去年", "上周", "早"} {
					if hasAny(c.text[:c.j], k, w) {
						k, moved = k+len([]rune(w)), true
					}
				}
			}
			verb := hasAny(c.text[:c.j], k, "报", "显示", "标", "挂", "卖", "给", "喊", "要价", "开价", "收我", "收的")
			if !verb || hasAny(c.text[:c.j], k, "报名", "报销", "报警", "标准", "给你", "给您", "收到", "收货", "报一下", "报个", "报下") {
				continue
			}
			if !hasAny(c.text[:c.j], k, "报", "显示") && !f.coined(c, i, j) {
				continue
			}
			for _, sp := range append(c.spans, c.nextSpans()...) {
				if (sp.kind == 'M' || sp.kind == 'N' || sp.kind == 'D') && sp.i > k && (sp.i < c.j && sp.i-k <= 6 || sp.i >= c.j) {
					f.rival(c, i, j, first)
					return
				}
			}
		}
	}
}

// nextSpans gives the spans of the next clause when an amount is nearly all that it says.
func (c *clause) nextSpans() []span {
	if c.n+1 < len(c.said.clauses) && c.said.clauses[c.n+1].startsWithFigure() {
		return c.said.clauses[c.n+1].spans
	}
	return nil
}

var dealVerbs = []string{"跑", "做", "弄", "修", "印", "装", "搬", "送", "拉", "洗", "拍", "订", "打", "办", "翻", "运", "租", "代", "供", "设计", "施工", "维护", "保养", "配", "贴", "刷", "清", "培训", "搭", "种", "养", "寄", "发", "托运", "学", "检测"}

// dealsNow is how it is told that somebody does one of them at present.
var dealsNow = func() []string {
	var all []string
	for _, v := range dealVerbs {
		all = append(all, v+"的", v+"着", "在"+v, "给"+v, "给我们"+v, "帮我们"+v)
	}
	return append(all, "管", "包的", "在管", "供着")
}()

// framedDeed reads whom they, or somebody they know, had it done by.
func (f *finder) framedDeed(c *clause, first map[string]int) {
	past, known := c.is("bygone") || c.holds("以前", "之前", "早先", "头一回", "头回", "前两年", "前几年", "那年", "第一次", "原来"), c.is("acquaintance")
	if !past && !known || c.is("you") {
		return
	}
	for k := c.i; k+2 < c.j; k++ {
		for _, w := range []string{"加盟", "找", "用", "请", "托", "让", "选", "签", "跟", "从"} {
			if !hasAny(c.text[:c.j], k, w) {
				continue
			}
			i := k + len([]rune(w))
			if hasAny(c.text[:c.j], i, "的是") {
				i += 2
			} else if i < c.j && strings.ContainsRune("的了过", c.text[i]) {
				i++
			}
			pointed := hasAny(c.text[:c.j], i, "那个", "那家", "这家", "一家叫", "个叫", "家叫")
			if pointed {
				for hasAny(c.text[:c.j], i, "那", "这", "一", "个", "家", "叫") {
					i++
				}
			}
			j := c.slot(i, dealVerbs...)
			if j == i && (pointed || w == "加盟") && c.bare-i >= 2 && c.bare-i <= 4 && c.unheard(i, c.bare) {
				j = c.bare
			}
			if j > i {
				f.rival(c, i, j, first)
				return
			}
		}
	}
}

// framedNow reads who does it at present.
func (f *finder) framedNow(c *clause, first map[string]int) {
	if c.is("you") {
		return
	}
	i := c.i
	for _, w := range []string{"我们", "我家", "咱", "咱们", "我们这", "我们厂", "我们店"} {
		if hasAny(c.text[:c.j], c.i, w) {
			i = max(i, c.i+len([]rune(w)))
		}
	}
	for _, w := range []string{"现在都是", "现在是", "现在", "目前是", "目前", "一直都是", "一直是", "一直", "眼下", "这几年都是", "这几年", "以前都是", "以前是", "以前", "原先", "原来是", "原来", "之前是", "之前", "去年是", "去年"} {
		if !hasAny(c.text[:c.j], i, w) {
			continue
		}
		at := i + len([]rune(w))
		if j := c.slot(at, dealsNow...); j > at {
			f.rival(c, at, j, first)
		}
		return
	}
}

// framedThreat reads where the customer says they will go instead.
func (f *finder) framedThreat(c *clause, first map[string]int) {
	if !c.said.holdsAny("rival.threat") || c.is("you") {
		return
	}
	for k := c.i; k+2 < c.j; k++ {
		for _, w := range []string{"直接去", "直接找", "直接换", "可去", "可找", "可换", "要去", "要找", "要换", "得去", "得找", "得换", "就去", "就找", "就换", "我去", "我找", "我换", "还是找", "还是去", "改去", "改找", "改用", "投奔", "转投", "不如找", "不如去", "该找", "该去"} {
			if !hasAny(c.text[:c.j], k, w) {
				continue
			}
			i := k + len([]rune(w))
			j := c.bare
			for j > i && strings.ContainsRune("了去", c.text[j-1]) {
				j--
			}
			if hasAny(c.text[:c.j], j-2, "算了", "得了") && j-2 > i {
				j -= 2
			}
			if j-i >= 2 && j-i <= 4 && c.unheard(i, j) {
				f.rival(c, i, j, first)
				return
			}
		}
	}
}

// coined reports whether no word of everybody stands in [i,j), as in most names of companies.
func (f *finder) coined(c *clause, i, j int) bool {
	for _, w := range f.cutter.cut(c.text[i:j]) {
		if len(w) > 1 {
			return false
		}
	}
	return true
}
