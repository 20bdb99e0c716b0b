package parse

import (
	"slices"
	"strings"
	"time"
)

// span is a stretch of the message that has been read as one thing.
type span struct {
	kind  byte // T time, M money, P phone, I record number, D rate, C protected name, U duration, E mail address
	i, j  int
	when  *Time
	money Money
	phone PhoneNumber
	id    int
	noun  string  // I: the kind of record said with the number or with one before it (线索)
	rate  float64 // D: a fraction; 八折 and 80% are both 0.8
	off   bool    // D: said as 折
	days  int     // U
}

// scan is a message with everything recognised in it that has a shape of its own.
type scan struct {
	*line
	v       *vocab
	now     time.Time
	spans   []*span
	before  said          // what was named before this part of the message
	join    join          // of the groups of clauses
	as      string        // the action as which the whole is read; "" finds out
	around  *surroundings // nil until they are asked for
	seen    *seen         // by this and the other readings of the message; nil when there are none
	groups  int           // how many groups of clauses there were
	at      []*span       // by rune, and one for the end; nil where nothing was recognised
	moody   bool          // something in the message is a question or a supposition
	negated bool          // an order was taken back in the message (先不要…)
	tails   []int         // what the words from a place on cost, see segment
	heads   []int         // the same where a name ends
}

var openMask = map[byte]rune{'T': 'Ⓣ', 'M': 'Ⓜ', 'P': 'Ⓟ', 'I': 'Ⓘ', 'D': 'Ⓓ', 'C': 'Ⓒ', 'U': 'Ⓤ', 'E': 'Ⓔ'}
var nextMask = map[byte]rune{'T': 'ⓣ', 'M': 'ⓜ', 'P': 'ⓟ', 'I': 'ⓘ', 'D': 'ⓓ', 'C': 'ⓒ', 'U': 'ⓤ', 'E': 'ⓔ'}

func newScan(l *line, now time.Time, v *vocab) *scan {
	s := &scan{line: l, v: v, now: now, at: make([]*span, len(l.norm)+1)}
	c := &clockwork{line: l, now: now}
	for i := 0; i < len(l.norm); {
		sp := s.named(s.read(c, i))
		if from, to := s.numberedPlace(i); to > i {
			sp = &span{kind: 'C', i: from, j: to}
		}
		if sp == nil || sp.j <= i {
			i++
			continue
		}
		s.spans = append(s.spans, sp)
		for k := sp.i; k < sp.j; k++ {
			s.at[k] = sp
		}
		i = sp.j
	}
	s.nounsOfRecords()
	return s
}

// read recognises what begins at i.
func (s *scan) read(c *clockwork, i int) *span {
	r := s.norm[i]
	if r == ' ' || hardStop(r) {
		return nil
	}
	if r == '下' && i > 0 && s.norm[i-1] == '一' && s.hasAt(i+1, "下") { // 查一下|下周
		return nil
	}
	if r == '下' && i > 1 && s.norm[i-1] == '一' && s.hasAt(i+1, "周") && !strings.ContainsRune("周期拜十初月号二三", s.norm[i-2]) { // show一下|周凯, 看一下|周三
		return nil
	}
	if j := s.protected(i); j > i {
		return &span{kind: 'C', i: i, j: j}
	}
	if isAlnum(r) {
		if j, ok := s.email(i); ok {
			return &span{kind: 'E', i: i, j: j}
		}
	}
	if isDigit(r) || r == '+' || r == '(' || r == '一' || r == '幺' {
		if p, ok := s.phone(i); ok {
			return &span{kind: 'P', i: i, j: p.end, phone: p}
		}
	}
	if id, j, ok := s.record(i); ok {
		return &span{kind: 'I', i: i, j: j, id: id}
	}
	if sp := s.rate(i); sp != nil {
		return sp
	}
	if !(r >= 'a' && r <= 'z') || r == 'q' || r == 't' || r == 'y' || c.english(&Time{}, i) {
		if !s.midWord(i) {
			if w := c.when(i); w != nil && w.end > i {
				return &span{kind: 'T', i: i, j: w.end, when: w}
			}
		}
	}
	if n, j, ok := s.duration(i); ok {
		return &span{kind: 'U', i: i, j: j, days: n}
	}
	if isDigit(r) || isHanNumber(r) || r == '¥' || r == 'r' || r == '负' || r == '-' || r == '几' || r == '数' || r == '上' || r == '人' || r == '$' || r == '好' {
		if i > 0 && (isLatin(s.norm[i-1])) && isDigit(r) {
			return nil
		}
		if m, ok := s.money(i); ok && (m.Unit || slices.Contains(s.norm[i:m.end], ',')) && !s.measured(i, m) && !(!m.Unit && s.ofPoints(i)) {
			return &span{kind: 'M', i: i, j: m.end, money: m}
		}
		// a plain number is skipped whole, so that its tail is not read as another
		if isDigit(r) {
			j := i
			for j < len(s.norm) && (isDigit(s.norm[j]) || s.norm[j] == '.' && j+1 < len(s.norm) && isDigit(s.norm[j+1])) {
				j++
			}
			return nil
		}
	}
	return nil
}

// midWord reports whether a word for a time at i is the tail of another word (八点半折, 一直).
func (s *scan) midWord(i int) bool {
	if isDigit(s.norm[i]) && i > 0 && (isDigit(s.norm[i-1]) || s.norm[i-1] == '.' || isLatin(s.norm[i-1])) {
		return true
	}
	if isHanNumber(s.norm[i]) && i > 0 && (hanUnits[s.norm[i-1]] > 0 && s.norm[i-1] != '百' || isHanNumber(s.norm[i-1])) {
		return true
	}
	return false
}

// ofPoints reports whether points are named right before the number at i: 积分+1,500.
func (s *scan) ofPoints(i int) bool {
	for n := 2; n <= 4 && i-n >= 0; n++ {
		if s.hasAt(i-n, "积分") {
			return true
		}
	}
	return false
}

// measured reports whether the number is a count of things (3万台), not money.
func (s *scan) measured(i int, m Money) bool {
	j := m.end
	if s.norm[j-1] == '块' || s.norm[j-1] == '元' {
		return false
	}
	if s.hasAt(j, " ") {
		j++
	}
	if s.anyAt(j, "个点", "个月") > 0 {
		return true
	}
	if s.hasAt(j, "打") && s.rated(j+1) { // 38万打9折
		return false
	}
	return s.v.measures.at(s.line, j) > 0 && s.anyAt(j, "元", "块", "门店", "组织", "套餐", "端口", "路演", "部分") == 0 || s.anyAt(j, "人", "次", "家", "积分", "分", "名", "公里", "步", "字", "粉丝", "股", "票", "户", "平") > 0
}

// record reads #1207, no.1207, 1207号线索, 线索1207, 工单 1501.
func (s *scan) record(i int) (id, end int, ok bool) {
	digits := func(j int) (int, int) {
		n, k := 0, j
		for k < len(s.norm) && isDigit(s.norm[k]) && k-j < 9 {
			n = n*10 + int(s.norm[k]-'0')
			k++
		}
		return n, k
	}
	if n := s.anyAt(i, "12315", "12345", "12313", "12306"); n > 0 && (i+n >= len(s.norm) || !isDigit(s.norm[i+n])) && (i == 0 || s.norm[i-1] != '#') { // numbers that everybody knows
		return 0, i, false
	}
	if j := s.listedRecord(i); j > i {
		id, _ = digits(i)
		return id, j, true
	}
	if j := s.openingRecord(i); j > i { // 514可以过
		id, _ = digits(i)
		return id, j, true
	}
	if j := s.orderedRecord(i); j > i {
		id, _ = digits(i)
		return id, j, true
	}
	nouns := []string{"线索", "工单", "商机", "审批", "提醒", "申请", "机会", "单子", "待办", "报价", "项目", "lead", "ticket", "deal", "这张", "那张", "这条", "那条", "这个", "那个", "单"}
	if n := s.anyAt(i, "#", "no.", "№", "＃"); n > 0 {
		j := i + n
		if s.hasAt(j, " ") {
			j++
		}
		if id, k := digits(j); k > j {
			if s.hasAt(k, "号") {
				k++
			}
			return id, k, true
		}
		return 0, i, false
	}
	if id, k := s.spokenRecord(i, nouns); k > i {
		return id, k, true
	}
	if !isDigit(s.norm[i]) || i > 0 && (isAlnum(s.norm[i-1]) || s.norm[i-1] == '.' || s.norm[i-1] == '-' || s.norm[i-1] == ':') {
		return 0, i, false
	}
	id, k := digits(i)
	if k == i || k < len(s.norm) && (isAlnum(s.norm[k]) || s.norm[k] == '.') {
		return 0, i, false
	}
	if s.hasAt(k, " 号") { // 731 号工单
		k++
	}
	if s.hasAt(k, "号") {
		j := k + 1
		for s.anyAt(j, " ", "的", "这", "那", "条", "张", "个", "笔") > 0 {
			j++
		}
		if s.anyAt(j, nouns...) > 0 || id > 31 && id < 1e7 && s.anyAt(k, "号楼", "号线", "号店", "号院", "号机") == 0 {
			return id, k + 1, true
		}
		return 0, i, false
	}
	if n := s.anyAt(k, "这张工单", "那张工单", "这个工单", "那个工单", "这条线索", "那条线索", "这个线索", "那个线索", "这个审批", "那个审批", "这个提醒", "那个提醒", "这条提醒", "那条提醒", "这个商机", "那个商机", "这个申请", "那个申请", "这张单", "那张单", "那张", "这张", "这单商机", "那单"); n > 0 && k-i >= 2 {
		return id, k, true
	}
	if j := k; s.anyAt(j, "线索", "工单", "审批", "提醒", " 线索", " 工单", " 审批", "商机") > 0 && k-i >= 1 && k-i <= 6 && s.anyAt(j, "工单位") == 0 {
		return id, k, true
	}
	// 线索1207, 工单 1501
	j := i
	for j > 0 && (s.norm[j-1] == ' ' || s.norm[j-1] == ':' || s.norm[j-1] == '：') {
		j--
	}
	for _, noun := range []string{"线索", "工单", "商机", "审批", "提醒", "提醒事项", "审批单", "单号", "编号", "线索号", "工单号", "lead", "leads", "ticket", "deal", "审批号", "提醒号", "商机号", "和"} {
		n := len([]rune(noun))
		if j >= n && s.hasAt(j-n, noun) && k-i >= 2 && k-i <= 6 && (k-i >= 3 || s.v.measures.at(s.line, k) == 0) && s.anyAt(k, "万", "元", "块", "k", "w", "人", "%", "折", "天", "点", "月", "年", "分钟", "小时", "台", "套", "件", "箱", "个", "千", "百", "家", "次", "亿") == 0 {
			if isLatin([]rune(noun)[0]) && j-n > 0 && isLatin(s.norm[j-n-1]) {
				continue
			}
			if noun == "和" && !(len(s.spans) > 0 && s.spans[len(s.spans)-1].kind == 'I') {
				continue
			}
			if noun == "商机" && j > n && s.anyAt(j-n-1, "个", "条", "笔") > 0 && j == i-1 && k-i >= 4 { // 报个商机 9800
				continue
			}
			return id, k, true
		}
	}
	return 0, i, false
}

// spokenRecord reads a number said in characters before what it numbers: 三号商机, 七百二十号审批.
func (s *scan) spokenRecord(i int, nouns []string) (id, end int) {
	if !isHanNumber(s.norm[i]) || i > 0 && (isAlnum(s.norm[i-1]) || isHanNumber(s.norm[i-1]) || s.norm[i-1] == '月' || s.norm[i-1] == '第') {
		return 0, i
	}
	v, k, _ := s.hanNumber(i)
	if k == i || v < 1 || v != float64(int(v)) || v > 1e7 || !s.hasAt(k, "号") {
		return 0, i
	}
	j := k + 1
	for s.anyAt(j, "的", "这", "那", "条", "张", "个") > 0 {
		j++
	}
	if n := s.anyAt(j, nouns...); n < 2 || s.anyAt(j, "这张", "那张", "这条", "那条", "这个", "那个") > 0 {
		return 0, i
	}
	return int(v), k + 1
}

// rate reads 八折, 85折, 9.5折, 半价, 60%, 百分之六十, 六成.
func (s *scan) rate(i int) *span {
	if s.hasAt(i, "半价") {
		return &span{kind: 'D', i: i, j: i + 2, rate: 0.5, off: true}
	}
	if s.hasAt(i, "对折") || s.hasAt(i, "五五折") {
		return &span{kind: 'D', i: i, j: i + s.anyAt(i, "对折", "五五折"), rate: map[bool]float64{true: 0.55, false: 0.5}[s.hasAt(i, "五五折")], off: true}
	}
	if s.hasAt(i, "百分之") {
		if v, j, _ := s.number(i + 3); j > i+3 {
			return &span{kind: 'D', i: i, j: j, rate: v / 100}
		}
		return nil
	}
	if i > 0 && (isAlnum(s.norm[i-1]) || s.norm[i-1] == '.' || isHanNumber(s.norm[i-1]) && !(strings.ContainsRune("万千百", s.norm[i-1]) && s.rated(i)) && !(i > 1 && (s.hasAt(i-2, "统一") || s.hasAt(i-2, "一律")))) {
		return nil
	}
	if isDigit(s.norm[i]) {
		v, j := s.plainDigits(i)
		if s.hasAt(j, " ") && s.anyAt(j+1, "折", "%") > 0 {
			j++
		}
		switch {
		case s.hasAt(j, "折"):
			if v > 10 {
				v /= 10
			}
			return &span{kind: 'D', i: i, j: j + 1, rate: round(v/10, 4), off: true}
		case s.hasAt(j, "%"):
			return &span{kind: 'D', i: i, j: j + 1, rate: round(v/100, 6)}
		case s.hasAt(j, "个点"):
			return &span{kind: 'D', i: i, j: j + 2, rate: round(v/100, 6)}
		case s.hasAt(j, "成") && v <= 10 && s.anyAt(j, "成交", "成为", "成本", "成功", "成立", "成熟", "成单") == 0:
			return &span{kind: 'D', i: i, j: j + 1, rate: round(v/10, 4)}
		}
		return nil
	}
	d, ok := hanDigits[s.norm[i]]
	if !ok || d == 0 {
		return nil
	}
	j, v := i+1, float64(d)/10
	if j < len(s.norm) {
		if s.hasAt(j, "点") {
			j++
		}
		if e, ok := hanDigits[s.norm[min(j, len(s.norm)-1)]]; ok && j < len(s.norm) {
			v += float64(e) / 100
			j++
		}
	}
	switch {
	case s.hasAt(j, "折") && s.anyAt(j, "折叠", "折腾", "折旧") == 0:
		return &span{kind: 'D', i: i, j: j + 1, rate: round(v, 4), off: true}
	case s.hasAt(j, "成") && s.anyAt(j, "成交", "成为", "成本", "成功", "成立", "成熟", "成单", "成员", "成套") == 0 && d > 1:
		if s.hasAt(j+1, "半") {
			return &span{kind: 'D', i: i, j: j + 2, rate: round(v+0.05, 4)}
		}
		if e := hanDigits[s.norm[min(j+1, len(s.norm)-1)]]; e > 0 && j+1 < len(s.norm) && (j+2 >= len(s.norm) || !isHanNumber(s.norm[j+2])) && s.v.measures.at(s.line, j+2) == 0 { // 八成五
			return &span{kind: 'D', i: i, j: j + 2, rate: round(v+float64(e)/100, 4)}
		}
		return &span{kind: 'D', i: i, j: j + 1, rate: round(v, 4)}
	}
	return nil
}

// duration reads 30天, 三个月, 一周, 半年, 两周 as days: 30 to the month, 365 to the year.
func (s *scan) duration(i int) (days, end int, ok bool) {
	if i > 0 && (isAlnum(s.norm[i-1]) || isHanNumber(s.norm[i-1]) || s.norm[i-1] == '第' || s.norm[i-1] == '.') {
		return 0, i, false
	}
	c := &clockwork{line: s.line, now: s.now}
	half := s.hasAt(i, "半")
	n, j, ok := 0, i+1, true
	if !half {
		if n, j, ok = c.small(i); !ok {
			return 0, i, false
		}
	}
	if s.hasAt(j, "来") {
		j++
	}
	extra := false
	if s.hasAt(j, "个多") {
		j += 2
	} else if s.hasAt(j, "个半") {
		extra = true
		j += 2
	} else if s.hasAt(j, "个") || s.hasAt(j, "多") || s.hasAt(j, " ") {
		j++
	}
	for _, u := range []struct {
		word string
		days int
	}{{"工作日", 1}, {"星期", 7}, {"礼拜", 7}, {"季度", 90}, {"周", 7}, {"月", 30}, {"天", 1}, {"日", 1}, {"年", 365}} {
		if k := s.anyAt(j, u.word); k > 0 {
			if s.anyAt(j, "周年", "周转", "周边", "周期", "周刊", "日用", "日光", "月子", "年糕", "年历", "日历", "日常", "天津", "天猫", "年级", "月饼", "周末", "周一", "周二", "周三", "周四", "周五", "月份") > 0 {
				return 0, i, false
			}
			d := n * u.days
			if half {
				d = u.days / 2
				if u.word == "年" {
					d = 180
				}
			}
			if extra {
				d += u.days / 2
			}
			return d, j + k, d > 0
		}
	}
	return 0, i, false
}

func round(v float64, places int) float64 {
	p := 1.0
	for range places {
		p *= 10
	}
	return float64(int64(v*p+0.5)) / p
}
