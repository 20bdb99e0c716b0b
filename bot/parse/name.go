package parse

import (
	"strings"
)

// gapAt reports whether a name that began at i must end before j. A single character ends only a name that
// has two already, because many names contain one (有赞, 来伊份).
func (s *scan) gapAt(i, j int) bool {
	n := max(s.v.gaps.at(s.line, j), s.v.things.at(s.line, j))
	if n == 0 {
		return false
	}
	if n == 1 && j-i <= 4 && s.norm[j] == '记' && s.houseOf(i, j) {
		return false
	}
	if n == 1 && j-i >= 2 && strings.ContainsRune(insideNames, s.norm[j]) && s.endsCompany(j+1) {
		return false
	}
	if j-i >= 3 && s.v.surnames[s.norm[j-1]] && s.v.titles.at(s.line, j) > 0 && !s.notTitle(j) {
		return false
	}
	if n > 1 && j-i == 1 && s.v.gaps.at(s.line, j+1) > 1 { // 汇通|电话, not 汇|通电话
		return false
	}
	if n == 1 && j-i < 2 && isHan(s.norm[j-1]) && !strings.ContainsRune("的了说被把", s.norm[j]) {
		return false
	}
	return true
}

// insideNames are characters that end a name in a sentence, but also stand inside many companies' names.
const insideNames = "建开交正满通和成全发之与进定得用好见天来不有为里"

// endsCompany reports whether the ending of a company begins at most three characters behind j and is
// followed by something that cannot belong to the name.
func (s *scan) endsCompany(j int) bool {
	for k := j; k <= j+3 && k < len(s.norm) && s.at[k] == nil && isHan(s.norm[k]); k++ {
		if k > j && s.v.gaps.at(s.line, k-1) > 0 && !strings.ContainsRune(insideNames, s.norm[k-1]) {
			return false
		}
		if n := s.v.suffixes.at(s.line, k); n > 1 {
			return true
		}
	}
	return false
}

// houseOf reports whether 记 at j ends the name of a shop that began at i (椒麻记), rather than being the
// verb of 记一下.
func (s *scan) houseOf(i, j int) bool {
	if i < 0 || j-i < 2 || s.at[i] != nil && s.at[i].kind != 'C' { // person asks with a start moved to the left, beyond the text's own
		return false
	}
	for k := i; k < j; k++ {
		if !isHan(s.norm[k]) || s.v.gaps.at(s.line, k) > 0 && k > i {
			return false
		}
	}
	if s.v.suffixes.endsAt(s.line, i, j) > 0 || s.v.places.endsAt(s.line, i, j) > 0 || s.v.titles.endsAt(s.line, i, j) > 0 {
		return false
	}
	return j+1 >= len(s.norm) || s.at[j+1] != nil || s.anyAt(j+1, "一", "个", "下", "条", "录", "得", "上", "住", "笔", "成", "账", "入", "在", "到", "跟进", "回款", "线索", "客户", "工单", "投诉", "任务", "故障", "为", "作", "了", "起", "错", "者", "，", "：", ":") == 0 || s.anyAt(j+1, "成交", "上门", "到期", "下单", "下周", "下个", "客户级别", "在谈") > 0
}

// given reads a foreign given name (Tony) of the pack at i.
func (s *scan) given(i, limit int) int {
	j := i
	for j < limit && isLatin(s.norm[j]) {
		j++
	}
	if j > i && s.v.givenNames[string(s.norm[i:j])] && (i == 0 || !isLatin(s.norm[i-1])) {
		return j
	}
	return i
}

// colleagueName reports whether the person at [i,j) can be meant as a colleague: a Chinese name, or a
// foreign one that is a given name.
func (s *scan) colleagueName(i, j int) bool {
	return j > i && (isHan(s.norm[i]) || s.given(i, j) == j)
}

// latinJoint reports whether the space at j joins two words of one name: Blue Bottle, Kern & Söhne, Kern 上海代表处.
func (s *scan) latinJoint(j, i, limit int) bool {
	if j == i || j+1 >= limit || s.at[j+1] != nil && s.at[j+1].kind != 'C' {
		return false
	}
	before, behind := s.norm[j-1], s.norm[j+1]
	switch {
	case !isLatin(before) && before != '&':
		return false
	case behind == '&':
		return j+3 < limit && s.norm[j+2] == ' ' && isAlnum(s.norm[j+3])
	case isLatin(behind):
		return s.v.gaps.at(s.line, j+1) == 0
	}
	return s.office(j+1) > j+1
}

// offices are what a foreign company calls its house in a place.
var offices = []string{"代表处", "办事处", "分公司", "子公司", "总公司", "公司", "工厂", "分部", "旗舰店", "门店", "分店", "店", "研发中心", "有限公司"}

// office gives the end of the house in a place that is named at i (上海代表处, 中国有限公司), else i.
func (s *scan) office(i int) int {
	n := max(s.v.terms["region"].find.at(s.line, i), s.anyAt(i, "中国", "亚太", "大中华区", "亚洲"))
	if n == 0 {
		return i
	}
	n += s.anyAt(i+n, "市", "省")
	if k := s.anyAt(i+n, offices...); k > 0 {
		return i + n + k
	}
	return i
}

func (s *scan) bracket(j, limit int) int {
	for e := j + 1; e < limit && e < j+10; e++ {
		if s.norm[e] == ')' {
			return e + 1
		}
	}
	return 0
}

// person reads the person's name that begins at i: 王总, 老赵, 小马, 欧阳娜娜, 王强, Linda. The name must end
// where something else begins; strict asks for that to be sure.
func (s *scan) person(i, limit int) int {
	if i >= limit || s.at[i] != nil {
		return i
	}
	if n := s.v.notPeople.at(s.line, i); n > 0 && s.v.compound.at(s.line, i) != n {
		return i
	}
	if isLatin(s.norm[i]) {
		j := i
		for j < limit && (isLatin(s.norm[j]) || s.norm[j] == '.' && j+1 < limit && isLatin(s.norm[j+1])) {
			j++
		}
		if j+1 < limit && s.norm[j] == ' ' && isLatin(s.norm[j+1]) && s.v.gaps.at(s.line, j+1) == 0 {
			for j++; j < limit && isLatin(s.norm[j]); j++ {
			}
		}
		if j-i >= 2 {
			if n := s.v.titles.at(s.line, j); n > 0 && j+n <= limit {
				j += n
			}
			return j
		}
		if n := s.v.titles.at(s.line, j); n > 0 && j+n <= limit { // J总
			return j + n
		}
		return i
	}
	r := s.norm[i]
	surname := s.v.compound.at(s.line, i)
	if (r == '老' || r == '小' || r == '阿' || r == '大') && i+1 < limit && s.v.surnames[s.norm[i+1]] && s.at[i+1] == nil {
		if n := s.v.compound.at(s.line, i+1); n > 0 {
			return i + 1 + n
		}
		return i + 2
	}
	if strings.ContainsRune("阿小老大", r) && i+1 < limit && isLatin(s.norm[i+1]) && (i == 0 || !isHan(s.norm[i-1]) || s.boundaryBefore(i) || s.v.gaps.endsAt(s.line, 0, i) > 0) { // 阿May, 小K
		j := i + 1
		for j < limit && isLatin(s.norm[j]) {
			j++
		}
		if j-i <= 7 && !(r == '大' || r == '小' || r == '老') || j-i == 2 {
			return j
		}
	}
	if n := s.petName(i, limit); n > 0 {
		return i + n
	}
	if surname == 0 && s.v.surnames[r] {
		surname = 1
	}
	if surname == 0 {
		return i
	}
	j := i + surname
	if n := s.v.titles.at(s.line, j); n > 0 && j+n <= limit && !s.notTitle(j) {
		return j + n
	}
	best := i
	for k := j + 1; k <= j+2 && k <= limit; k++ {
		if !isHan(s.norm[k-1]) || s.at[k-1] != nil || s.norm[k-1] == '的' {
			break
		}
		if k > j+1 && s.gapAt(i-2, k-1) {
			break
		}
		if k == j+1 && s.v.gaps.at(s.line, k-1) > 1 {
			break
		}
		if k > j+1 && strings.ContainsRune("盯催寄陪找带", s.norm[k-1]) { // 提醒邵鹏|盯一下
			break
		}
		if n := s.v.titles.at(s.line, k); n > 0 && k+n <= limit && s.nameEnds(k+n, limit) && !s.notTitle(k) {
			return k
		}
		if s.nameEnds(k, limit) {
			best = k
			if k < limit && s.v.jobs.at(s.line, k) > 0 {
				break
			}
		}
	}
	return best
}

// petName gives the length of a colleague's short name at i that has no surname (阿芬, 小翠): no common word, and followed by what one
// says of a person.
func (s *scan) petName(i, limit int) int {
	if s.norm[i] != '阿' && s.norm[i] != '小' || i+1 >= limit || !isHan(s.norm[i+1]) || s.at[i+1] != nil || i > 0 && isHan(s.norm[i-1]) && s.v.gaps.endsAt(s.line, 0, i) == 0 && !s.boundaryBefore(i) {
		return 0
	}
	if commonWords().has(wordKey(s.norm[i:i+2])) || i+2 < limit && !s.spoken(i+2) {
		return 0
	}
	return 2
}

// spoken reports whether at j begins what one says of a person.
func (s *scan) spoken(j int) bool {
	return s.at[j] != nil || hardStop(s.norm[j]) || s.norm[j] == ' ' || s.anyAt(j, "把", "给", "去", "在", "来", "要", "负责", "跟", "处理", "做", "准备", "联系", "今天", "明天", "周", "下周", "的", "名下", "那边", "整理", "交", "写", "发", "打", "约", "催", "送", "拜访") > 0
}

// notTitle reports whether a form of address at j is the head of another word (总部, 工厂, 工单).
func (s *scan) notTitle(j int) bool {
	return s.anyAt(j, "总部", "总价", "总共", "总额", "总体", "总是", "总量", "总算", "工厂", "工单", "工程", "工作", "工期", "工地", "工艺", "工业", "部门", "部署", "处理", "处于", "所以", "所有", "科技", "局面", "导出", "导入", "少了", "少量", "少发", "少送", "少装", "少给", "少件", "少货", "少收", "少付", "少算", "少打", "少配", "少寄", "少一", "少两", "少个", "会上", "哥们", "姐妹", "董事会", "科室", "站点", "厨房", "厨具", "厨卫", "厨电", "厨余") > 0 && s.anyAt(j, "工程师", "工程师") == 0
}

// nameEnds reports whether a name may end at k: something recognised, punctuation or a gap word follows.
func (s *scan) nameEnds(k, limit int) bool {
	if k >= limit || k >= len(s.norm) {
		return true
	}
	if s.at[k] != nil || !isHan(s.norm[k]) {
		return true
	}
	return s.v.gaps.at(s.line, k) > 0 || s.v.jobs.at(s.line, k) > 0
}

// colleague reads the colleague, team or department that begins at i; me is 我.
func (s *scan) colleague(i, limit int) (who string, end int) {
	for i < limit && (s.norm[i] == ' ' || s.norm[i] == '@' || s.norm[i] == '"') {
		i++
	}
	if n := s.anyAt(i, "我自己", "我本人", "本人", "自己", "我", "俺", "咱自己"); n > 0 && s.anyAt(i, "我们", "我司", "俺们") == 0 {
		return "me", i + n
	}
	if k := s.rank(i, limit); k > i { // 技术总监诸葛亮亮, 维修二组的老邢
		return s.said(k, s.person(k, limit)), s.person(k, limit)
	}
	if k, e := s.ofTeam(i, limit); e > k { // 设计组小邵
		return s.said(k, e), e
	}
	if j := s.team(i, limit); j > i {
		return s.said(i, j), j
	}
	if n := s.v.jobs.at(s.line, i); n > 1 && i+n <= limit {
		return s.said(i, i+n), i + n
	}
	if j := s.person(i, limit); j > i {
		if isHan(s.norm[i]) || j-i >= 2 {
			return s.said(i, j), j
		}
	}
	j := s.run(i, limit)
	if j > i+5 || j-i < 1 || s.v.notNames[string(s.norm[i:j])] {
		return "", i
	}
	return s.said(i, j), j
}

// team reads 销售二部, 售后部, 研发部, 华东大区, 客服中心, 财务.
func (s *scan) team(i, limit int) int {
	if n := s.v.jobs.at(s.line, i); n > 2 && i+n <= limit {
		return i
	}
	if n := s.v.terms["region"].find.at(s.line, i); n > 0 && s.anyAt(i+n, "售后", "客服", "运维", "技术", "运营") > 0 { // 华东售后
		if j := s.team(i+n, limit); j > i+n {
			return j
		}
	}
	if n := s.anyAt(i, "技术支持一线", "技术支持二线", "技术支持三线", "一线支持", "二线支持", "三线支持", "大客户部", "大客户组", "大客户中心", "客户部", "客户成功部", "客户成功组", "客户服务部", "商务部", "渠道部", "财务部", "法务部", "客服组", "技术支持", "财务", "法务", "客服", "售后", "运维", "技术部", "市场部", "前台", "研发", "技术", "运营", "采购部", "仓库", "物流"); n > 0 {
		if k := s.v.teams.at(s.line, i+n); k > 0 && i+n+k <= limit {
			n += k
		}
		if i > 0 && s.norm[i] == '研' && s.norm[i-1] == '调' { // 调研发给客户
			return i
		}
		if i+n <= limit && s.nameEnds(i+n, limit) && s.v.jobs.at(s.line, i) <= n {
			return i + n
		}
	}
	for j := i + 1; j < limit && j < i+8; j++ {
		if s.at[j] != nil && s.at[j].kind != 'C' || !isHan(s.norm[j]) && !isAlnum(s.norm[j]) {
			break
		}
		if n := s.v.teams.at(s.line, j); n > 0 && j+n <= limit && s.nameEnds(j+n, limit) && j > i {
			if s.anyAt(j, "区别", "部分", "部署", "科技", "队伍", "组织", "中心思想") > 0 || n == 1 && s.hasAt(j, "班") && strings.ContainsRune("值加上下换调排轮代早晚夜中", s.norm[j-1]) { // 小周|值班
				continue
			}
			return j + n
		}
		if s.v.gaps.at(s.line, j) > 1 {
			break
		}
	}
	return i
}

// ownHouse reports whether [i,j) is a team or a warehouse of one's own house (安装组, 惠州仓), or what it uses up (科室耗材).
func (s *scan) ownHouse(i, j int) bool {
	if s.v.known.at(s.line, i) == j-i {
		return false
	}
	if n := s.v.towns.at(s.line, i); n > 0 && s.anyAt(i+n, "仓库", "仓", "分仓", "总仓") == j-i-n {
		return true
	}
	if s.norm[j-1] == '组' && j-i >= 3 && j-i <= 4 && s.anyAt(j-2, "剧组", "机组", "重组", "模组") == 0 {
		return true
	}
	return s.anyAt(i, "科室", "办公", "医用", "打印", "实验", "检验") == 2 && j == i+4 && s.anyAt(i+2, "耗材") > 0
}

// ofTeam gives the person whose team or department is named at i, right before: 设计组|小邵, 技术部的|老薛, 华南组|张伟.
func (s *scan) ofTeam(i, limit int) (begin, end int) {
	for j := i + 1; j+2 < limit && j < i+8 && s.at[j] == nil && isHan(s.norm[j]); j++ {
		n := s.v.teams.at(s.line, j)
		if n == 0 || strings.ContainsRune("给把将让请叫由找跟和的是", s.norm[i]) || s.anyAt(j, "区别", "部分", "部署", "科技", "队伍", "组织", "中心思想") > 0 {
			continue
		}
		k := j + n
		for k < limit && (s.norm[k] == '的' || s.norm[k] == ' ') {
			k++
		}
		if k+2 > limit || s.at[k] != nil {
			continue
		}
		e := k
		switch {
		case strings.ContainsRune("老小阿", s.norm[k]) && s.v.surnames[s.norm[k+1]] && s.anyAt(k, "小时", "小程", "老客", "小区", "小组") == 0:
			e = k + 2
		case s.v.notPeople.at(s.line, k) == 0 && s.v.jobs.at(s.line, k) == 0:
			if x := s.person(k, limit); x >= k+2 && x <= k+4 && (s.given(k, x) == x || x == limit || s.spoken(x)) && isHan(s.norm[k]) {
				e = x
			}
		}
		if e > k {
			return k, e
		}
	}
	return i, i
}

// job reads the job title that begins at i.
func (s *scan) job(i, limit int) int {
	n := s.v.jobs.at(s.line, i)
	for j := i + n + 1; j <= limit && j <= i+6 && isHan(s.norm[j-1]) && s.at[j-1] == nil; j++ { // 调度主管
		if (j == limit || !isHan(s.norm[j]) || s.v.surnames[s.norm[j]] && s.person(j, limit) > j+1) && j-i > 3 && s.v.ranks.endsAt(s.line, i+2, j) > 0 && !s.v.surnames[s.norm[i]] {
			return j
		}
	}
	if n == 0 || i+n > limit {
		return i
	}
	if m := s.v.ranks.at(s.line, i+n); m > 0 && i+n+m <= limit { // HR负责人
		n += m
	}
	return i + n
}

// isName reports whether [i,j) can be the name of a customer.
func (s *scan) isName(i, j int) bool {
	i, j = s.trim(i, j)
	if j-i < 2 || j-i > 40 {
		return false
	}
	text := string(s.norm[i:j])
	if s.v.notNames[text] {
		return false
	}
	if s.at[i] != nil && s.at[i].kind != 'C' {
		return false
	}
	if s.at[i] == nil && strings.ContainsRune("一两几每", s.norm[i]) && s.v.measures.at(s.line, i+1) == j-i-1 { // 一台
		return false
	}
	if s.at[i] == nil && j-i == 2 && s.norm[i] == s.norm[i+1] && strings.ContainsRune("看聊谈碰问说想试找催跑转逛瞧听坐查管盯磨", s.norm[i]) { // 再去碰碰
		return false
	}
	for _, w := range s.v.pack.Extra["not_name_starts"] {
		if strings.HasPrefix(text, w) && !(utf8Len(w) == 1 && (s.shaped(i+1, j) || s.v.towns.at(s.line, i) > 1)) && !(s.at[i] != nil && s.at[i].kind == 'C') {
			return false
		}
	}
	if !s.shaped(i, j) && s.at[i] == nil && (strings.ContainsRune("还没不未别能会可应已就都也再又很太", s.norm[i]) && j-i <= 2 || strings.HasSuffix(text, "一下")) {
		return false
	}
	if s.at[i] == nil && s.ownHouse(i, j) {
		return false
	}
	if s.at[i] == nil && !s.shaped(i, j) && (s.norm[i] == '的' || i > 0 && s.norm[i-1] == '对' && s.norm[i] == '方') {
		return false
	}
	if n := s.v.towns.at(s.line, i); n > 0 && i+n+2 <= j && s.at[i] == nil && s.at[i+n] == nil && isHanNumber(s.norm[i+n]) && s.anyAt(i+n+1, "家", "个", "位", "台", "间", "处", "名", "套", "场") > 0 { // 广州三家店
		return false
	}
	digits := true
	for _, r := range text {
		if !isDigit(r) {
			digits = false
		}
	}
	return !digits
}
