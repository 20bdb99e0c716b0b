package chatlog

import (
	"slices"
	"strings"
	"time"

	"gendan/bot/parse"
)

// scan finds the spans of the line, left to right, none inside another.
func (s *said) scan() {
	timely := strings.ContainsAny(string(s.text), "天日周期拜月年号點点早晚午时分:/-.末旦节晨夜明后儿国庆一二t")
	mail := slices.Contains(s.text, '@')
	ci := 0
	for i := 0; i < len(s.text); i++ {
		for ci < len(s.clauses) && i >= s.clauses[ci].j {
			ci++
		}
		if ci == len(s.clauses) {
			return
		}
		c := &s.clauses[ci]
		if i < c.i {
			continue
		}
		sp, ok := s.spanAt(c, i, timely, mail)
		if !ok || sp.j <= i {
			continue
		}
		sp.i = i
		if sp.kind == 'T' {
			s.sameMonth(&sp)
		}
		s.spans = append(s.spans, sp)
		i = sp.j - 1
	}
}

// sameMonth gives a bare day number the month of a date said before it in the line: 12月18号年会 15号前到货.
func (s *said) sameMonth(sp *span) {
	t := &sp.when
	if !t.Bare || t.Grain != parse.Day || !slices.Contains(s.text[sp.i:sp.j], '号') {
		return
	}
	for _, o := range s.spans[max(0, len(s.spans)-12):] {
		w := o.when
		if o.kind != 'T' || w.Grain != parse.Day || w.Bare || !slices.Contains(s.text[o.i:o.j], '月') {
			continue
		}
		day := time.Date(w.From.Year(), w.From.Month(), t.From.Day(), 0, 0, 0, 0, w.From.Location())
		if day.Month() == w.From.Month() {
			t.From, t.To, t.Bare = day, day, false
		}
	}
}

// numeral reports whether a number can begin with r.
func numeral(r rune) bool {
	return digit(r) || strings.ContainsRune("零一二两三四五六七八九十百半廿几数壹贰叁肆伍陆柒捌玖拾俩", r)
}

func (s *said) spanAt(c *clause, i int, timely, mail bool) (span, bool) {
	r := s.text[i]
	inWord := i > 0 && (latin(s.text[i-1]) || digit(s.text[i-1]) || s.text[i-1] == '_')
	if mail && (latin(r) || digit(r)) && !inWord {
		if j := s.r.Email(i); j > i {
			return span{kind: 'E', j: j, id: strings.ToLower(string(s.r.Folded[i:j]))}, true
		}
	}
	if (digit(r) || r == '+' || r == '(' || r == '一' || r == '幺') && !inWord {
		if id, j := s.r.Phone(i); j > i {
			return span{kind: 'P', j: j, id: id}, true
		}
	}
	if latin(r) && !inWord && r != 'q' && r != 't' && r != 'r' {
		return span{}, false
	}
	if rate, j := s.discount(i); j > i {
		return span{kind: 'D', j: j, v: rate}, true
	}
	if timely && !inWord {
		if t, j := s.r.Time(i); j > i && s.believes(c, t, i, j) {
			return span{kind: 'T', j: j, when: t}, true
		}
	}
	if !(numeral(r) || r == '¥' || r == '$' || r == 'r') || inWord && digit(r) {
		return span{}, false
	}
	return s.figure(c, i)
}

// figure reads an amount, a quantity or a bare number at i.
func (s *said) figure(c *clause, i int) (span, bool) {
	if v, j := s.coins(c, i); j > i {
		return span{kind: 'M', j: j, v: v, unit: true}, true
	}
	if n := c.at("measure", i+1); s.text[i] == '半' && n > 0 && c.at("weak_measure", i+1) == 0 && c.at("unit", i+1) == 0 { // 半吨尿素
		return span{kind: 'Q', j: i + 1 + n, v: 0.5, m: i + 1}, true
	}
	if (s.text[i] == '俩' || s.text[i] == '仨') && s.several(c, i) { // 再来俩冰灯门
		return span{kind: 'Q', j: i + 1, v: map[rune]float64{'俩': 2, '仨': 3}[s.text[i]], m: i}, true
	}
	m, j := s.r.Money(i)
	if j <= i {
		return span{}, false
	}
	v := m.Yuan
	if m.Vague != "" {
		end := j
		if v, j = s.round(i); j <= i {
			return span{kind: 'V', j: max(end, i+1)}, true
		}
		m.Unit = true
	}
	if v2, e := s.round(i); e > j { // 二十来万
		v, j, m.Unit = v2, e, true
	}
	last := s.text[j-1]
	k := j
	for k < c.j && (s.text[k] == ' ' || s.text[k] == '多' || s.text[k] == '来') {
		k++
	}
	counts := c.at("measure", k)
	if k == j && v < 10 && (hasAny(s.text, k, "件套") || i > c.i && han(s.text[i-1]) && hasAny(s.text, k, "联单", "宝饭")) { // 四件套
		return span{}, false
	}
	if counts > 0 && k > j && hasAny(s.text, k, nextThings...) {
		counts = 0
	}
	if counts == 0 && s.text[min(k, len(s.text)-1)] == '蚊' && k == j && !m.Unit { // 98蚊, yuan in the south
		return span{kind: 'M', j: k + 1, v: v, unit: true}, true
	}
	if counts == 1 && hasAny(s.text, k, "部署", "部门", "部分", "部件", "顶天", "顶破", "顶了", "顶格", "顶头") { // 5万部署费
		counts = 0
	}
	if counts == 1 && s.text[k] == '块' && v >= 2 && c.slab(i) { // 光伏板要36块
		return span{kind: 'Q', j: k + 1, v: v, m: k}, true
	}
	if counts > 0 && s.text[k] == '块' && (counts == 1 && (v >= 10 || k+1 >= c.j || !han(s.text[k+1]) || strings.ContainsRune("钱一每的左吧行可能不就包起多啊呀", s.text[k+1]))) {
		counts = 0
	}
	if m.Unit && last == '块' && s.text[i] == '一' && j == i+2 && len(s.spans) > 0 && s.spans[len(s.spans)-1].j == i && s.spans[len(s.spans)-1].kind == 'M' { // 14800元一块
		return span{kind: 'Q', j: j, v: 1, m: i + 1}, true
	}
	if m.Unit && last == '块' && c.Side == Customer && v >= 2 && j >= c.bare && !c.ask && i > c.i && strings.ContainsRune("要来订拿买换", s.text[i-1]) && c.slab(i) { // 锂电池要2块
		return span{kind: 'Q', j: j, v: v, m: j - 1}, true
	}
	if m.Unit && last == '块' && v < 10 && j < c.j && han(s.text[j]) && !strings.ContainsRune("钱一每的左吧行可能不就包起多啊呀", s.text[j]) { // 三块屏
		if n, e := s.r.Number(i); e == j-1 {
			return span{kind: 'Q', j: j, v: n, m: e}, true
		}
	}
	scaled := strings.ContainsRune("万w千k亿", last)
	if counts > 0 && k+counts < len(s.text) && s.text[k+counts] == s.text[i] && !digit(s.text[i]) { // 一对一
		return span{kind: 'V', j: k + counts + 1}, true
	}
	if counts > 0 && (!m.Unit || scaled) {
		j = k + counts
		if s.text[k] == '米' && counts == 1 && j < c.j && digit(s.text[j]) && (j+1 >= c.j || !digit(s.text[j+1]) && s.text[j+1] != '.') && c.at("measure", j+1) <= 1 { // 4米2
			return span{kind: 'Q', j: j + 1, v: v + float64(s.text[j]-'0')/10, m: k}, true
		}
		if j < len(s.text) && s.text[j] == '半' && (j+1 >= c.j || !hasAny(s.text, j, "半年", "半月", "半天")) { // 两吨半
			v += 0.5
		}
		if s.text[k] == '打' && counts == 1 { // a dozen
			v *= 12
		}
		return span{kind: 'Q', j: j, v: v, m: k}, true
	}
	if m.Unit && (scaled || slices.Contains(s.text[i:j], '万') && c.at("count_unit", k) > 1) && c.at("count_unit", k) > 0 { // 50万次, 6万2公里
		return span{kind: 'V', j: k + 1}, true
	}
	if m.Unit && last == 'k' && v >= 1e6 { // 4000K is a colour
		return span{kind: 'V', j: j}, true
	}
	if m.Unit && last == '千' && !digit(s.text[i]) && !money(c, i) && j < c.j && han(s.text[j]) && s.text[j] != '左' { // 一千人
		m.Unit = false
	}
	if m.Unit {
		return span{kind: 'M', j: j, v: v, unit: true}, true
	}
	return span{kind: 'N', j: j, v: v}, true
}

// nextThings begin with a measure and are the next thing named when they stand behind a number and a space: 单人599 双人899.
var nextThings = []string{"双人", "双床", "双层", "双面", "套餐", "套房", "套系", "套票", "片区", "个人", "间接", "次卡", "年卡", "月卡", "季卡", "天丝"}

// several reports whether 俩 or 仨 at i counts the things named behind it, and neither people nor time: 你俩, 俩钟头.
func (s *said) several(c *clause, i int) bool {
	return i+2 < c.j && han(s.text[i+1]) && !strings.ContainsRune("人月钟小时年天礼星周口爷娘", s.text[i+1]) && i > c.i && !strings.ContainsRune("你我他她咱们家这那哥姐弟妹", s.text[i-1])
}

// slab reports whether a noun that is counted in 块 stands before i, with no more than a verb between.
func (c *clause) slab(i int) bool {
	for i > c.i {
		n := c.endsAt("quantity.lead", i)
		if n == 0 {
			break
		}
		i -= n
	}
	return c.endsAt("block_noun", i) > 0 && !c.is("price.how", "price.cue")
}

// money reports whether a word about money stands in the clause before i.
func money(c *clause, i int) bool {
	return c.is("price.cue", "budget")
}

// round reads an amount that is given as about so much: 20来万, 三十多万.
func (s *said) round(i int) (float64, int) {
	v, j := s.r.Number(i)
	if j <= i || v <= 0 || j >= len(s.text) {
		return 0, i
	}
	if s.text[j] != '来' && s.text[j] != '多' {
		return 0, i
	}
	k := j + 1
	switch {
	case k < len(s.text) && s.text[k] == '万':
		v *= 1e4
		k++
	case k < len(s.text) && (s.text[k] == '块' || s.text[k] == '元'):
	default:
		return 0, i
	}
	for k < len(s.text) && strings.ContainsRune("元块钱", s.text[k]) {
		k++
	}
	return v, k
}

// discount reads 八折, 85折, 九五折, 半价, 对折, 让5个点, 优惠3%, and gives what is paid as a fraction.
func (s *said) discount(i int) (float64, int) {
	r := s.text[i]
	switch r {
	case '半':
		if hasAny(s.text, i, "半价") {
			return 0.5, i + 2
		}
		return 0, i
	case '对':
		if hasAny(s.text, i, "对折") {
			return 0.5, i + 2
		}
		return 0, i
	case '让', '降', '优', '便', '减', '下', '返':
		return s.off(i)
	}
	if !numeral(r) || i > 0 && (digit(s.text[i-1]) || s.text[i-1] == '.') {
		return 0, i
	}
	v, j := s.r.Number(i)
	digits := []rune("零一二三四五六七八九")
	if j == i+1 && !digit(r) && j < len(s.text) && !digit(s.text[j]) { // 九五折 is read digit by digit
		if d := slices.Index(digits, s.text[j]); d > 0 && j+1 < len(s.text) && s.text[j+1] == '折' {
			v, j = v*10+float64(d), j+1
		}
	}
	k := j
	for k < len(s.text) && s.text[k] == ' ' {
		k++
	}
	if j == i || k >= len(s.text) || s.text[k] != '折' || hasAny(s.text, k, "折叠", "折腾", "折旧", "折页", "折痕", "折弯") {
		return 0, i
	}
	switch {
	case v > 0 && v < 10:
		v /= 10
	case v < 100:
		v /= 100
	default:
		return 0, i
	}
	if v <= 0 {
		return 0, i
	}
	return round4(v), k + 1
}

// off reads a reduction: 让5个点, 优惠百分之三, 再降2%, 便宜5个点.
func (s *said) off(i int) (float64, int) {
	j := i
	for _, w := range []string{"让利", "让", "下降", "降价", "降低", "降", "优惠", "便宜", "减", "下浮", "返"} {
		if hasAny(s.text, i, w) {
			j = i + len([]rune(w))
			break
		}
	}
	if j == i {
		return 0, i
	}
	for j < len(s.text) && strings.ContainsRune("个到给你您我了再出掉 ", s.text[j]) && j < i+6 {
		if s.text[j] == '到' { // 违约金降到5%
			return 0, i
		}
		j++
	}
	percent := hasAny(s.text, j, "百分之")
	if percent {
		j += 3
	}
	if j >= len(s.text) || !numeral(s.text[j]) {
		return 0, i
	}
	v, k := s.r.Number(j)
	switch {
	case k == j || v <= 0 || v >= 60:
		return 0, i
	case percent:
	case hasAny(s.text, k, "个点"):
		k += 2
	case k < len(s.text) && s.text[k] == '%':
		k++
	case k < len(s.text) && s.text[k] == '点' && v >= 2 && !hasAny(s.text, k, "点钟") && s.text[i] == '让':
		k++
	default:
		return 0, i
	}
	return round4(1 - v/100), k
}

func round4(v float64) float64 { return float64(int(v*10000+0.5)) / 10000 }

// hasAny reports whether one of the words stands at i.
func hasAny(text []rune, i int, words ...string) bool {
	if i < 0 {
		return false
	}
	for _, w := range words {
		k := i
		for _, r := range w {
			if k >= len(text) || text[k] != r {
				k = -1
				break
			}
			k++
		}
		if k >= 0 {
			return true
		}
	}
	return false
}

// believes reports whether what looks like a time at [i,j) is meant as one: not 两点 of a list, not 5号电池.
func (s *said) believes(c *clause, t parse.Time, i, j int) bool {
	if digit(s.text[j-1]) && j < len(s.text) && digit(s.text[j]) { // 每周120元
		return false
	}
	if t.Bad != "" || t.Repeat != "" {
		return t.Repeat != ""
	}
	if j > c.j && s.text[c.j] != ' ' {
		return false
	}
	if t.Grain == parse.NoGrain {
		if t.Part != "" && t.Hour < 0 {
			return !(j-i == 1)
		}
		if t.Hour >= 0 && t.Part == "" && s.text[j-1] == '点' && !digit(s.text[i]) {
			return j < c.j && strings.ContainsRune("钟半前左到见来过出开", s.text[j])
		}
		if s.text[j-1] == '点' && i > 0 && strings.ContainsRune("差慢快早晚大小多少第", s.text[i-1]) {
			return false
		}
		return true
	}
	if i > c.i+1 && hasAny(s.text, i, "一月") && strings.ContainsRune("人位户间台套车", s.text[i-1]) && strings.ContainsRune("一每", s.text[i-2]) { // 一人一月30
		return false
	}
	if s.text[i] == '等' && j >= c.bare && t.Grain == parse.Day { // 浅橡没现货 得等12天
		return false
	}
	if t.Weekday && s.text[i] == '周' && i > c.i && strings.ContainsRune("一每两几半", s.text[i-1]) { // 一周三车
		return false
	}
	if s.text[j-1] == '号' && (c.at("not_day", j) > 0 || t.Bare && i > 0 && strings.ContainsRune("路街道巷弄村镇楼栋座幢院大小加第码门", s.text[i-1])) { // 5号电池, 科技路1号
		return false
	}
	if s.text[j-1] == '号' && t.Bare && i-2 >= c.i && j+1 < len(s.text) && (numeral(s.text[j]) || numeral(s.text[j+1])) && c.variety(i) { // 辛香8号 5万株
		return false
	}
	if digit(s.text[i]) && strings.ContainsAny(string(s.text[i:j]), "-/") && !strings.ContainsAny(string(s.text[i:j]), "月年") { // 12-18, 3/4
		return t.Grain == parse.Day && (len(string(s.text[i:j])) >= 8 || c.is("time.cue"))
	}
	return true
}

// variety reports whether the two characters before i are no word, as those of a variety's name are: 辛香8号, 郑单958号.
func (c *clause) variety(i int) bool {
	if !han(c.text[i-1]) || !han(c.text[i-2]) || !c.unheard(i-2, i) {
		return false
	}
	cost := 0
	for k := i - 2; k < i; k++ {
		n, ok := parse.CommonWord(c.text[k : k+1])
		if !ok {
			n = 64
		}
		if cost += n; n <= plainCost || c.endsAt("quantity.lead", k+1) > 0 || c.at("do", k) > 0 || c.at("event", k) > 0 || c.at("date.part", k) > 0 {
			return false
		}
	}
	return cost >= 80
}
