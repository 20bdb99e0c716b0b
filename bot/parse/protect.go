package parse

import "strings"

// named turns a time, an amount or a count at the beginning of a company's name (三万里旅行, 明日之星教育) into the
// name. It must stand where a name may begin, and be followed by what may follow one.
func (s *scan) named(sp *span) *span {
	if sp != nil && strings.IndexByte("TMU", sp.kind) >= 0 {
		if j := s.quoted(sp.i); j > sp.j && j-sp.i <= 12 {
			return &span{kind: 'C', i: sp.i, j: j}
		}
	}
	if sp == nil || strings.IndexByte("TMU", sp.kind) < 0 || isDigit(s.norm[sp.i]) || !s.boundaryBefore(sp.i) {
		return sp
	}
	if sp.kind == 'M' && strings.ContainsRune("元块钱币", s.norm[sp.j-1]) || sp.kind == 'T' && s.exact(sp) {
		return sp
	}
	for k := sp.j; k <= sp.j+2 && k < len(s.norm) && s.at[k] == nil; k++ {
		if n := s.v.suffixes.at(s.line, k); n > 1 {
			if k > sp.j && s.anyAt(sp.i, "上个月", "上月", "本月", "这个月", "下个月", "上周", "本周", "这周", "下周", "上季度", "本季度", "今年", "去年", "明年", "昨天", "前天", "昨日", "昨儿", "昨晚", "前儿", "大前天", "今天", "今儿", "今早", "今晚") == sp.j-sp.i && !strings.ContainsRune("之见有好来不相", s.norm[sp.j]) { // 上个月|恒鑫化工
				return sp
			}
			j := s.companyTail(k)
			if k == sp.j+2 && s.norm[sp.j] == '之' && n > 1 { // 明日之星教育|汇了…
				return &span{kind: 'C', i: sp.i, j: j}
			}
			if j < len(s.norm) && isHan(s.norm[j]) && s.v.gaps.at(s.line, j) == 0 && !strings.ContainsRune(functional, s.norm[j]) || s.industryUse(k, j) || strings.ContainsRune("费款部", s.norm[min(j, len(s.norm)-1)]) {
				return sp
			}
			return &span{kind: 'C', i: sp.i, j: j}
		}
		if !isHan(s.norm[k]) || s.v.gaps.at(s.line, k) > 0 && !strings.ContainsRune("之里", s.norm[k]) || strings.ContainsRune(functional, s.norm[k]) {
			return sp
		}
	}
	return sp
}

// exact reports whether a time says more than names do: a weekday or a part of a day behind a day (上周三, 昨天下午).
func (s *scan) exact(sp *span) bool {
	for k := sp.i + 1; k < sp.j; k++ {
		if s.anyAt(k, "上午", "中午", "下午", "傍晚", "晚上", "早上", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "周天", "星期", "礼拜", "点") > 0 {
			return true
		}
	}
	return false
}

// quoted gives the end of what stands in quotation marks from i on, else i.
func (s *scan) quoted(i int) int {
	if i == 0 || s.norm[i-1] != '"' {
		return i
	}
	for j := i; j < len(s.norm) && j < i+maxName; j++ {
		if s.norm[j] == '"' {
			return j
		}
		if hardStop(s.norm[j]) {
			break
		}
	}
	return i
}

// protected gives the end of a company name at i that looks like something else: a brand of the pack, or a
// word for a time, a number or a command with the ending of a company behind it (明天控股, 7天酒店).
func (s *scan) protected(i int) int {
	if n := s.brand(i); n > 0 && !(i > 0 && isAlnum(s.norm[i]) && isAlnum(s.norm[i-1])) {
		j := i + n
		if s.dayOrVerb(i, j) {
			return i
		}
		if isAlnum(s.norm[j-1]) && (j < len(s.norm) && isAlnum(s.norm[j]) || s.anyAt(j, "万", "元", "块", "台", "个", "人", "套", "天", "号", ".", "-", "%", "条", "点", "件", "箱", "张", "积分", "千", "分", "次", "家") > 0) {
			return i
		}
		if k := s.companyTail(j); k > j {
			return k
		}
		if t := s.v.towns.at(s.line, j); t > 0 { // 三只松鼠莆田仓
			if k := j + t; s.anyAt(k, "仓库", "仓", "分公司", "工厂", "办事处", "分仓") > 0 && s.anyAt(k, "仓储", "仓促") == 0 {
				return k + s.anyAt(k, "仓库", "仓", "分公司", "工厂", "办事处", "分仓")
			}
			if k := j + t; n > 1 && s.boundaryBefore(i) && (k == len(s.norm) || hardStop(s.norm[k]) || s.norm[k] == '的' || s.v.gaps.at(s.line, k) > 0) { // 海尔武汉|回款计划
				return k
			}
		}
		return j
	}
	n := s.v.traps.at(s.line, i)
	if k := s.mascot(i, n); k > i {
		return k
	}
	if n == 0 {
		if k := i; isDigit(s.norm[i]) || isHanNumber(s.norm[i]) {
			for k < len(s.norm) && (isDigit(s.norm[k]) || isHanNumber(s.norm[k])) {
				k++
			}
			if u := s.anyAt(k, "天", "点", "度", "号", "月", "年", "分", "只", "棵", "里", "方", "元", "维"); u > 0 && k-i <= 3 && !(s.hasAt(k, "号") && s.brand(k+u) > 0) { // 16号|顺丰控股回款
				n = k + u - i
			}
		}
		if n == 0 {
			return i
		}
	}
	if i > 0 && (isHan(s.norm[i-1]) && !s.boundaryBefore(i)) {
		return i
	}
	past := s.anyAt(i, pastDays...) == n
	for gap := 0; gap <= 2; gap++ {
		j := i + n + gap
		if gap > 0 && past { // 前天|启航科技, but 今天国际物流
			break
		}
		if gap > 0 && isHan(s.norm[i]) && !strings.ContainsRune("天日末周月年底晚早午间夜点半钟节后前春秋冬夏一二三四五六", s.norm[i+n-1]) { // 拜访智谱医疗
			break
		}
		if gap > 0 && (j-1 >= len(s.norm) || !isHan(s.norm[j-1]) || s.v.gaps.at(s.line, j-1) > 0 && !strings.ContainsRune("见有好来不相", s.norm[j-1])) {
			break
		}
		if k := s.v.trapEnds.at(s.line, j); k > 0 && s.anyAt(j, "网络", "网上", "网站", "网页", "网友", "酒店的") == 0 {
			if tail := max(s.companyTail(j), j+k); !s.industryUse(i, tail) {
				return tail
			}
		}
	}
	return i
}

// pastDays are days that what is told is mostly of, so that a name behind one is seldom a part of one with it.
var pastDays = []string{"昨天", "昨日", "昨儿", "昨晚", "前天", "前日", "前儿", "大前天", "今天", "今儿", "今早", "今晚", "刚才", "刚刚"}

// brand gives the length of a brand or a well-known company at i. A company's name of two characters may lie across two words
// (其中建议), so it counts only where a name may begin.
func (s *scan) brand(i int) int {
	n := s.v.brands.at(s.line, i)
	if k := s.v.companies.at(s.line, i); k > n && (k > 2 || s.boundaryBefore(i)) {
		return k
	}
	return n
}

// brandWithPerson gives the end of the well-known company that begins at i where one of its people is named right behind it (顺丰|薄姐,
// 小罐茶|缪春来问), else i.
func (s *scan) brandWithPerson(i int) int {
	sp := s.at[i]
	if sp == nil || sp.kind != 'C' || sp.i != i || sp.j >= len(s.norm) || s.at[sp.j] != nil || !isHan(s.norm[sp.j]) || s.v.suffixes.at(s.line, sp.j) > 0 {
		return i
	}
	k := sp.j
	n := s.v.compound.at(s.line, k)
	if n == 0 && s.v.surnames[s.norm[k]] {
		n = 1
	}
	if n == 0 {
		return i
	}
	if t := s.v.titles.at(s.line, k+n); t > 0 && !s.notTitle(k+n) && (t > 1 || s.nameEnds(k+n+1, len(s.norm)) || s.tells(k+n+1)) {
		return k
	}
	if commonWords().has(wordKey(s.norm[k:min(k+2, len(s.norm))])) {
		return i
	}
	for e := k + n + 1; e <= k+n+2 && e < len(s.norm); e++ {
		if s.at[e] == nil && isHan(s.norm[e-1]) && s.v.gaps.at(s.line, e-1) == 0 && s.tells(e) {
			return k
		}
	}
	return i
}

// wellKnown reports whether [i,j) is a well-known company of three characters or more, whose name seldom goes on, and no branch of it
// (海底捞万象店) or company of a like name follows.
func (s *scan) wellKnown(i, j int) bool {
	sp := s.at[i]
	if sp == nil || sp.kind != 'C' || sp.i != i || sp.j != j || j-i < 3 || max(s.v.companies.at(s.line, i), s.v.brands.at(s.line, i)) != j-i {
		return false
	}
	if isDigit(s.norm[j-1]) { // 1919酒类
		return false
	}
	for k := j; k <= j+5 && k < len(s.norm) && s.at[k] == nil && (isHan(s.norm[k]) || isAlnum(s.norm[k])); k++ {
		if s.v.suffixes.at(s.line, k) > 1 || s.v.places.at(s.line, k) > 0 && s.anyAt(k, "网络", "网上", "网站", "网页", "店长", "厂长", "馆长", "店员") == 0 {
			return false
		}
	}
	return s.v.terms["region"].find.at(s.line, j) == 0
}

// brandPerson gives the end of the person named at j right behind the well-known company [i,j), else j.
func (s *scan) brandPerson(i, j, limit int) int {
	if s.brandWithPerson(i) != j {
		return j
	}
	n := max(s.v.compound.at(s.line, j), 1)
	if t := s.v.titles.at(s.line, j+n); t > 0 && !s.notTitle(j+n) && j+n+t <= limit {
		return j + n + t
	}
	for e := j + n + 1; e <= j+n+2 && e <= limit; e++ {
		if s.tells(e) {
			return e
		}
	}
	return j
}

// tells reports whether at j begins what a person of the customer says or does.
func (s *scan) tells(j int) bool {
	return s.anyAt(j, "说", "讲", "问", "来问", "来咨询", "来电", "来说", "打来", "打电话", "发来", "带我", "带着", "反馈", "反映", "表示", "觉得", "答应", "要求", "希望", "想要", "想问", "那边", "投诉", "提出", "让我", "让咱", "约我", "找我", "通知", "回复", "回了", "告诉", "确认", "催", "嫌") > 0
}

// dayOrVerb reports whether the brand [i,j) is rather a day (签约日改到7-11, 7-11之前交) or a verb said twice (过去转转).
func (s *scan) dayOrVerb(i, j int) bool {
	if s.hasAt(i, "7-11") && j == i+4 {
		return i > 0 && (strings.ContainsRune("到至在定于为成期日是等-/年", s.norm[i-1])) || s.anyAt(j, "之前", "以前", "前", "号", "日", "上午", "下午", "晚上", "早上", "中午", "到期", "签约", "交付", "签") > 0 || j < len(s.norm) && strings.ContainsRune("-/~", s.norm[j])
	}
	return j == i+2 && s.norm[i] == s.norm[i+1] && isHan(s.norm[i]) && i > 0 && strings.ContainsRune("去来再先多想要出下里上", s.norm[i-1])
}

// mascot reads an invented name of a command word and a creature (提醒熊), which must open the message or stand
// by itself, and be followed by what follows a name.
func (s *scan) mascot(i, n int) int {
	if n < 2 || isDigit(s.norm[i]) || i > 0 && isHan(s.norm[i-1]) && !strings.ContainsRune("把给跟和查看叫是", s.norm[i-1]) {
		return i
	}
	k := s.v.mascots.at(s.line, i+n)
	if k == 0 {
		return i
	}
	j := i + n + k
	if s.v.titles.at(s.line, j) > 0 && !s.notTitle(j) {
		return i
	}
	if j >= len(s.norm) || s.anyAt(j, afterName...) > 0 && s.anyAt(i, "客户要", "客户说", "客户想") == 0 || s.anyAt(j, "的", " ", "，", ",", "那边", "这边", "这单", "那单", "公司", "科技", "：", ":") > 0 {
		return j
	}
	return i
}

// afterName are words of orders and reports that follow the name of a customer.
var afterName = []string{"推进", "推到", "签了", "签约", "签下", "下单", "下了", "回款", "回了", "到账", "打来", "打了", "转给", "级别", "金额", "联系人", "商机", "工单", "线索", "审批", "提醒", "标签", "积分", "报价", "合同", "说", "要", "想", "问", "那个", "这家", "那家", "改", "黄了", "丢了", "赢了", "成交", "补货", "补", "建个", "订", "付", "买", "现在", "目前", "邮箱", "电话", "地址", "规模", "行业", "并入", "并到", "合并", "加订", "升级", "走", "分"}

// numberedPlace gives where the name of a place with a number begins that goes on with the number at i, and where it ends (深圳湾1号), else i, i.
func (s *scan) numberedPlace(i int) (from, to int) {
	if i < 2 || !isDigit(s.norm[i]) || !strings.ContainsRune("湾院府园馆城坊墅邸庭苑境岸洲", s.norm[i-1]) || s.at[i-1] != nil {
		return i, i
	}
	j := i
	for j < len(s.norm) && isDigit(s.norm[j]) {
		j++
	}
	if j-i > 2 || !s.hasAt(j, "号") {
		return i, i
	}
	b := i
	for b > 0 && i-b < 5 && isHan(s.norm[b-1]) && s.at[b-1] == nil && !strings.ContainsRune("把将给跟和与的去到在对为同让请找约见", s.norm[b-1]) {
		if n := s.v.openers.endsAt(s.line, max(0, b-4), b); n > 1 {
			break
		}
		b--
	}
	if i-b < 2 {
		return i, i
	}
	return b, j + 1
}

// industryUse reports whether what looks like a company's ending is an ordinary word: 明天 软件 上线.
func (s *scan) industryUse(i, j int) bool {
	return s.anyAt(j, "行业", "类", "方面", "客户", "产品", "系统", "部", "上线", "安装", "演示", "里") > 0
}

// companyTail extends a name over endings of companies (科技 有限公司, 重工（集团）有限公司).
func (s *scan) companyTail(j int) int {
	for {
		k := j
		if s.hasAt(k, "(") {
			for e := k + 1; e < len(s.norm) && e < k+8; e++ {
				if s.norm[e] == ')' {
					k = e + 1
					break
				}
			}
			if n := s.v.suffixes.at(s.line, k); k > j && n > 0 {
				j = k + n
				continue
			}
			return j
		}
		n := s.v.suffixes.at(s.line, k)
		if n == 0 {
			return j
		}
		j = k + n
	}
}

// boundaryBefore reports whether a name may begin at i: behind a space, punctuation or a word that ends one.
func (s *scan) boundaryBefore(i int) bool {
	if i == 0 || !isHan(s.norm[i-1]) {
		return true
	}
	if s.at[i-1] != nil {
		return true
	}
	return strings.ContainsRune("把将给跟和与为让去到见找约在对同说从被帮替请是由的户访系问了下", s.norm[i-1])
}
