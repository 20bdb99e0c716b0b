package chatlog

import "strings"

// toldOf reads competitors by what is told of them without a word for one: whom they will go back to (老总说再出状况就切回云账本去),
// whom this must not be like (别跟永昌租的似的), one that is new to us (有家叫快企通的), whom they or somebody they know dealt with
// (上次走捷达的, 我同学报的津门驾校才2600), and who is to bid as well (让金盾来投一份).
func (f *finder) toldOf(c *clause, first map[string]int) {
	if c.ask && !c.is("rival.to") {
		return
	}
	for _, m := range c.all("rival.to") {
		if c.is("you") {
			continue
		}
		j := c.bare
		for j > m.j && strings.ContainsRune("了去做吧的算得", c.text[j-1]) {
			j--
		}
		if f.companyAt(c, m.j, j) || c.endsAt("rival.back", m.j) > 0 && j-m.j >= 2 && j-m.j <= 4 && c.unheard(m.j, j) && c.titled(m.j) != j {
			f.rivalSurely(c, m.j, j, first)
		}
	}
	for _, m := range c.all("rival.like") {
		for i := max(c.i+1, m.i-8); i+2 <= m.i; i++ {
			if c.text[i-1] != '跟' && c.text[i-1] != '像' && c.text[i-1] != '和' {
				continue
			}
			for _, w := range []string{"上回", "上次", "去年", "之前", "以前"} {
				if hasAny(c.text, i, w) {
					i += 2
				}
			}
			j, like := m.i, i-2 >= c.i && c.text[i-2] == '别' || c.is("bygone")
			for _, w := range []string{"租的", "买的", "装的", "做的", "家的", "家"} {
				if n := len([]rune(w)); j-n >= i+2 && hasAny(c.text, j-n, w) {
					j, like = j-n, true
					break
				}
			}
			if like && f.companyAt(c, i, j) {
				f.rivalSurely(c, i, j, first)
			}
			break
		}
	}
	for _, m := range c.all("rival.named") {
		i := m.j
		if i < c.j && c.text[i] == '叫' {
			i++
		}
		for j := i + 2; j <= min(i+5, c.j); j++ {
			if (j >= c.bare || strings.ContainsRune("的才说就只", c.text[j])) && c.strange(i, j) && !f.commonName(c, i, j) {
				f.rivalSurely(c, i, j, first)
				break
			}
		}
	}
	for _, m := range c.all("rival.let") {
		if j := c.slot(m.j, "来投", "来报", "来竞", "也投", "也报", "来比", "来做吧", "来一份"); j > m.j {
			f.rivalSurely(c, m.j, j, first)
			break
		}
	}
	f.toldDeed(c, first)
	f.toldHome(c, first)
	f.toldBrand(c, first)
}

// rivalSurely takes [i,j) for a competitor's name without asking the second opinion.
func (f *finder) rivalSurely(c *clause, i, j int, first map[string]int) {
	if f.rival(c, i, j, first) {
		f.rivalSure = append(f.rivalSure, c.typed(i, j))
	}
}

// toldBrand reads a house that everybody knows, which the customer begins with and tells a price or deed of: 用友的送, 韵达 3块2一票.
func (f *finder) toldBrand(c *clause, first map[string]int) {
	i := c.led(c.i)
	n := c.at("brand", i)
	if n < 2 || c.Side == "" && !c.figured() || c.is("you", "price.ask", "buy", "need") {
		return
	}
	j := i + n
	if hasAny(c.text[:c.j], j, "的送", "的免费", "自带", "送的", "那边", "的人", "销售", "业务", "也能", "也有", "才", "只要", "报", "给我", "是") && (c.figured() || !c.holds("坏", "修")) {
		f.rivalSurely(c, i, j, first)
		return
	}
	for _, sp := range append(c.spans, c.nextSpans()...) {
		if sp.kind == 'M' && (sp.i == j || sp.i == j+1 && c.text[j] == ' ') {
			f.rivalSurely(c, i, j, first)
			return
		}
	}
}

// toldDeed reads whom somebody dealt with: 往年都买瑞象的, 隔壁街拿的山岚 才58.
func (f *finder) toldDeed(c *clause, first map[string]int) {
	loyal := c.all("rival.loyal")
	known := c.is("acquaintance") || c.is("bygone")
	if len(loyal) == 0 && !known || c.is("you") {
		return
	}
	for k, m := range append(loyal, c.all("rival.had")...) {
		if k >= len(loyal) && (!known || m.i == c.i) {
			continue
		}
		for j := m.j + 2; j <= min(m.j+6, c.j); j++ {
			ends := j >= c.bare || digit(c.text[j]) || strings.ContainsRune(" 的才是就也不只", c.text[j])
			if ends && f.companyAt(c, m.j, j) {
				f.rivalSurely(c, m.j, j, first)
				return
			}
		}
	}
}

// toldHome reads a house called by its owner, with a price or deed of theirs: 亮家才四千出头, 老韩家给我报12万.
func (f *finder) toldHome(c *clause, first map[string]int) {
	if !c.figured() {
		return
	}
	for _, m := range c.all("rival.home") {
		i, j := c.led(c.i), m.i+1
		if j-i < 2 || j-i > 3 || c.text[m.i] != '家' || strings.ContainsRune("你我他她您咱谁自大人这那哪回搬两几一别每全国专", c.text[i]) {
			continue
		}
		if name := string(c.text[i:j]); f.rivals[name] == nil && (j-i == 2 || c.nicknamed(i) == m.i) && len(f.rivals) <= 20 && !f.own.has(name) {
			f.rivals[name], first[name] = &Fact{Kind: Competitor, Value: c.typed(i, j), Lines: []int{c.N}}, c.N
			f.rivalNames = append(f.rivalNames, c.text[i:j])
		}
	}
}

// companyAt reports whether [i,j) can be the name of a company where only one is due: a brand, a name that no list explains, or one
// that ends like a company's.
func (f *finder) companyAt(c *clause, i, j int) bool {
	if j-i < 2 || j-i > 6 || j > c.j {
		return false
	}
	if c.at("brand", i) == j-i {
		return true
	}
	if c.person(i, j) == j && c.endsAt("suffix", j) == 0 || !c.strange(i, j) {
		return false
	}
	return j-i <= 4 && c.unheard(i, j) || c.endsAt("suffix", j) > 1 && j-i >= 4
}
