package parse

import "strings"

// leads are the words that stand before the customer an order is about.
var leads = []string{"把", "将", "给", "跟", "和", "与", "同", "为", "帮", "替", "对", "约", "去", "到", "找", "让", "拜访", "见", "关于", "针对", "在", "陪", "向", "来自", "来自于", "关于", "收到"}

// departments of a customer, which are not part of its name.
var departments = []string{"信息科", "信息部", "信息中心", "采购部", "采购科", "采购处", "采购中心", "技术部", "技术科", "财务部", "财务科", "财务处", "市场部", "工程部", "设备科", "设备部", "生产部", "人事部", "人力资源部", "行政部", "后勤处", "后勤部", "后勤科", "研发部", "研发中心", "运营部", "品质部", "质量部", "质检科", "it部", "it部门", "总务科", "物资处", "招标办", "总部", "车间", "前台", "客服部", "法务部", "仓库", "项目部", "教务处", "办公室", "药剂科", "检验科", "集团总部"}

// counted2 reports whether the clause opens with a thing that is counted (键盘20个), which is no customer.
func (f *frame) counted2(p *clause) bool {
	j := f.run(f.skip(p.i, p.j), p.j)
	for j < p.j && f.norm[j] == ' ' {
		j++
	}
	_, e, ok := f.countAt(j, p.j)
	return ok && e > j
}

// customerAfter takes the first name behind one of the words.
func (f *frame) customerAfter(param string, p *clause, words ...string) bool {
	for i := p.i; i < p.j; i++ {
		if f.at[i] != nil || f.used[i] {
			continue
		}
		n := f.anyAt(i, words...)
		if n == 0 {
			continue
		}
		if f.customerAt(param, i+n, p.j) {
			f.mark(i, i+n)
			return true
		}
	}
	return false
}

// customerAt takes the name that opens [i,limit), behind fillers and times.
func (f *frame) customerAt(param string, i, limit int) bool {
	for i < limit {
		if i > 0 && f.used[i-1] && f.at[i] == nil && strings.ContainsRune("查看问记改录加建发推说瞅了添送来做开给", f.norm[i-1]) {
			if n := f.anyAt(i, "一下", "下", "个", "一个"); n > 0 && i+n < limit && f.anyAt(i, "下沙", "下厨房", "个人") == 0 {
				i += n
			}
		}
		k := f.skip(i, limit)
		if n := f.justDone(k, limit); n > 0 { // 给刚完工的杭州青瓷酒店
			i = k + n
			continue
		}
		if k+3 < limit && f.at[k] == nil && isHan(f.norm[k]) && f.hasAt(k+1, "一下") && f.at[k+1] == nil { // 开一下…
			i = k + 3
			continue
		}
		if k < limit && f.at[k] == nil {
			if n := f.v.openers.at(f.line, k); n > 0 && k+n < limit && !f.beginsName(k, n, limit) {
				i = k + n
				continue
			}
		}
		if k < limit && f.at[k] != nil && f.at[k].kind != 'C' {
			k = f.at[k].j
		} else if n := f.lead(k); n > 0 && k+n < limit && !f.beginsName(k, n, limit) {
			k += n
		} else if n := f.anyAt(k, "客户名称", "客户名字", "客户名", "客户", "公司名称", "公司名字", "公司名", "公司", "名称", "名字", "全称"); n > 0 && k+n < limit && (isEdge(f.norm[k+n]) || f.anyAt(k+n, "是", "叫") > 0 || n == 2 && f.hasAt(k, "客户") && f.anyAt(k+n, "那", "的", "说", "要", "在", "问", "想", "提", "反", "对", "已", "不", "没", "都", "还", "们", "名", "级", "生", "关", "催", "打", "来") == 0) {
			k += n
			if f.anyAt(k, "是", "叫") > 0 {
				k++
			}
		}
		if k == i {
			break
		}
		i = k
	}
	if i >= limit || f.used[i] {
		return false
	}
	return f.takeName(param, i, limit)
}

// justDone gives the length of what says in which state the customer is that is named behind it: 刚完工的, 已经签约的, 刚验收完的.
func (f *frame) justDone(i, limit int) int {
	if i >= limit || f.at[i] != nil {
		return 0
	}
	k := i + f.anyAt(i, "刚刚", "刚", "已经", "已", "才", "新近", "新")
	n := f.anyAt(k, "完工", "签约", "签单", "上线", "验收", "交付", "装", "安装", "成交", "结束", "开业", "到货", "提车", "付款", "收货", "投产", "交货", "下单", "续费", "续约", "入住", "修", "维修", "竣工", "做", "试用")
	if n == 0 || k == i && i > 0 && f.used[i-1] && f.norm[i-1] != '刚' && f.at[i-1] == nil || k == i && (i == 0 || !strings.ContainsRune("刚已才新", f.norm[i-1]) && f.at[i-1] == nil) {
		return 0
	}
	e := k + n
	e += f.anyAt(e, "完成", "完毕", "完", "好", "结束")
	e += f.anyAt(e, "了")
	if !f.hasAt(e, "的") || e+2 >= limit {
		return 0
	}
	return e + 1 - i
}

// speaks reports whether what stands at i is what a person says, wants or does.
func (f *frame) speaks(i int) bool {
	return f.anyAt(i, "说", "讲", "表示", "觉得", "反馈", "认为", "提", "要", "想", "问", "让", "希望", "对", "还", "不", "没", "已", "答应", "同意", "在", "回复", "正", "嫌", "出差", "生日", "担心", "比较", "很", "今天", "明天", "下周") > 0
}

// titled reads a surname with a form of address right behind it (胡总, 欧阳经理) at k.
func (f *frame) titled(k, limit int) int {
	n := f.v.compound.at(f.line, k)
	if n == 0 && strings.ContainsRune(commonSurnames, f.norm[k]) {
		n = 1
	}
	if n == 0 || f.at[k] != nil {
		return k
	}
	t := f.v.titles.at(f.line, k+n)
	if t == 0 || k+n+t > limit || f.notTitle(k+n) {
		return k
	}
	return k + n + t
}

// lead gives the length of a word that leads to a name at i, unless it begins the name itself.
func (f *frame) lead(i int) int {
	if i >= len(f.norm) || f.at[i] != nil {
		return 0
	}
	if f.anyAt(i, "把酒言欢", "和气生财", "对得起", "同事", "同行", "同时", "同城", "同意", "和平", "到账", "到期", "到货", "去年", "对方", "对手", "对接", "约定", "见面", "在线", "给力", "找到", "帮助") > 0 {
		return 0
	}
	if f.anyAt(i, "和", "与", "同") > 0 && (f.action == "customer.tag" || f.action == "customer.transfer" || f.action == "customer.view" || f.action == "customer.update") { // 和善堂药房以后归…
		return 0
	}
	if f.anyAt(i, "和", "与", "同") > 0 && f.action != "activity.log" && f.action != "reminder.create" && f.opensClause(i) { // 和熙汽车 玻璃水30箱
		if j := f.run(i, f.limit(i)); j >= i+4 && f.shaped(i+1, j) && (j >= f.limit(i) || f.norm[j] == ' ') {
			return 0
		}
	}
	return f.anyAt(i, leads...)
}

// takeName reads the name at i, cuts a department and a person off its tail, and sets param and contact.
func (f *frame) takeName(param string, i, limit int) bool {
	for k := i; k < limit; k++ {
		if f.used[k] {
			limit = k
		}
	}
	j := f.run(i, limit)
	if j <= i {
		return false
	}
	if f.at[i] != nil && f.at[i].kind == 'C' && f.v.brands.at(f.line, i) == j-i { // 佳能|打印耗材的上官主任
		for k := j; k < limit && k <= j+6 && (isHan(f.norm[k]) || f.norm[k] == '的') && f.at[k] == nil; k++ {
			if f.norm[k] == '的' {
				if e := f.person(k+1, limit); k >= j+2 && e > k+1 && f.v.titles.endsAt(f.line, k+2, e) > 0 {
					j = k
				}
				break
			}
			if f.v.gaps.at(f.line, k) > 0 {
				break
			}
		}
	}
	if f.at[i] == nil && f.carry != "" && f.job(i, limit) > j { // 器械科|科长
		return false
	}
	if f.at[i] == nil && !isHan(f.norm[i]) && j-i <= 4 && f.anyAt(j, "系统", "软件", "平台", "模块", "接口") > 0 { // WMS系统
		return false
	}
	if _, e, ok := f.countAt(i, j); ok && f.at[i] == nil && e < j && !(isHanNumber(f.norm[i]) && e-i == 2 && strings.ContainsRune("只棵颗朵头匹", f.norm[e-1]) && j-f.v.suffixes.endsAt(f.line, i, j)-e >= 2 && f.shaped(i, j)) { // 5台数控机床, but 三只松树民宿
		return false
	}
	if j-i > 2 && j < limit && isLatin(f.norm[j]) && strings.ContainsRune("发做开報报出打", f.norm[j-1]) && f.at[j-1] == nil { // 给三只松鼠发NPS
		j--
	}
	if n := f.v.compound.at(f.line, i); n == 2 && j == i+2 && f.at[i] == nil && f.person(i, limit) == i+3 { // 钟离月: the surname alone is no name
		j = i + 3
	}
	for k := j; f.at[i] == nil && k < limit && k <= i+8 && isHan(f.norm[k]) && f.at[k] == nil && !f.used[k]; k++ { // 卤味觉醒这家
		if f.anyAt(k, "这家", "那家", "这个客户", "那个客户") > 0 {
			if k > j && f.v.gaps.at(f.line, j) < 2 && f.nameScore(i, k) > leastSubject {
				j = k
			}
			break
		}
		if f.v.gaps.at(f.line, k) > 0 {
			break
		}
	}
	for k := i + 2; k < j; k++ { // 启航胡总电话: the person ends the name
		if e := f.titled(k, limit); e > k {
			j = e
			break
		}
		if (f.norm[k] == '老' || f.norm[k] == '小') && k+2 < j && f.at[k+1] == nil && strings.ContainsRune(commonSurnames, f.norm[k+1]) && f.anyAt(k+2, "说", "讲", "表示", "反馈", "来电") > 0 { // 黄龙淀粉老乔说…
			j = k + 2
			break
		}
	}
	end := j
	for _, d := range append([]string{"那边", "这边", "那头", "那里", "这里", "那儿", "这儿", "下边", "下面", "底下", "里边", "里面", "那个", "这个", "那家", "这家", "方面", "的人", "他们", "那", "这", "客户", "公司那边", "搬家", "搬迁", "改名", "换人"}, departments...) {
		n := utf8Len(d)
		if j-n >= i+2 && f.hasAt(j-n, d) && f.at[j-1] == nil {
			j -= n
		}
	}
	contact, split := f.tailPerson(i, j)
	if split > i {
		j = split
	}
	for k := i + 2; k+3 < j; k++ { // 于丹那家华鼎置业
		if f.anyAt(k, "那家", "这家", "那个", "这个") > 0 && f.shaped(k+2, j) {
			f.mark(i, k+2)
			i = k + 2
			break
		}
	}
	if !f.isName(i, j) {
		return false
	}
	if f.person(i, j) == j && f.addressed(i, j) && f.hasAt(j, "的") { // 屈老板的红砖铺子
		if e := f.run(j+1, limit); e > j+2 && f.shaped(j+1, e) && f.isName(j+1, e) && f.person(j+1, e) != e {
			f.set(param, f.said(j+1, e))
			f.nameI, f.nameJ = j+1, e
			if allowsContact[f.action] && !f.has("contact") {
				f.set("contact", f.said(i, j))
			}
			f.mark(i, e)
			return true
		}
	}
	if e := f.brandPerson(i, j, limit); contact == "" && e > j { // 标致雪铁龙|牟部长
		contact, split = f.said(j, e), j
		end = max(end, e)
	}
	f.set(param, f.said(i, j))
	f.nameI, f.nameJ = i, j
	if split > i && f.action == "activity.log" && f.speaks(end) { // 百川胡总说…: he stays in the content
		end = split
	}
	f.mark(i, end)
	if contact != "" && allowsContact[f.action] && !f.has("contact") {
		f.set("contact", contact)
	}
	if end < limit && (f.action == "reminder.create" || f.action == "activity.log") && !f.has("contact") && f.at[end] == nil && f.v.surnames[f.norm[end]] { // 跟零跑|闻总吃饭
		if e := f.person(end, limit); e > end && e-end <= 4 && f.v.titles.endsAt(f.line, end+1, e) > 0 && !f.notTitle(e-f.v.titles.endsAt(f.line, end+1, e)) {
			f.set("contact", f.said(end, e))
			if f.action == "activity.log" && !f.speaks(e) {
				f.mark(end, e)
			}
			return true
		}
	}
	if f.hasAt(end, "的") && end < limit {
		k := end + 1
		if t := f.job(k, limit); t > k+2 && f.person(t, limit) > t && f.addressed(t, f.person(t, limit)) { // 的车队长|老邝
			k = t
		}
		if e := f.person(k, limit); e > k && allowsContact[f.action] && !f.has("contact") && (f.addressed(k, e) || f.givenName(k, e)) {
			f.set("contact", f.said(k, e))
			if f.action == "activity.log" && f.speaks(e) {
				e = k
			}
			f.mark(end, e)
		} else {
			f.used[end] = true
		}
	}
	return true
}

var allowsContact = map[string]bool{"customer.create": true, "contact.create": true, "activity.log": true, "reminder.create": true, "ticket.create": true, "lead.create": true}

// addressed reports whether [i,j) is a person for sure: it carries a form of address or 老 or 小 in front.
func (f *frame) addressed(i, j int) bool {
	if f.v.titles.endsAt(f.line, i+1, j) > 0 {
		return true
	}
	return strings.ContainsRune("老小", f.norm[i])
}

// tailPerson finds a person with a form of address at the end of a name (百川胡总) and gives where it begins.
func (f *frame) tailPerson(i, j int) (contact string, start int) {
	n := f.v.titles.endsAt(f.line, i, j)
	if f.v.suffixes.endsAt(f.line, i, j) > 2 { // 自驾俱乐部 is no 乐部
		return "", i
	}
	if n == 0 {
		if k := j - 2; k >= i+2 && (f.norm[k] == '老' || f.norm[k] == '小') && f.v.surnames[f.norm[k+1]] && strings.ContainsRune(commonSurnames, f.norm[k+1]) { // 云帆老王
			return f.said(k, j), k
		}
		return "", i
	}
	if n == 1 && strings.ContainsRune("科处局所部导少", f.norm[j-1]) && f.v.towns.at(f.line, i) == j-2-i { // 滁州惠科
		return "", i
	}
	for k := j - n - 1; k >= i+2 && k >= j-n-4; k-- {
		if e := f.person(k, j); e == j {
			// 百川胡总: prefer the shortest surname, but a whole compound one
			if k-1 >= i+2 && f.v.compound.at(f.line, k-1) == 2 {
				k--
			}
			return f.said(k, j), k
		}
	}
	return "", i
}

// people finds a person with a form of address anywhere in the frame, without using it up.
func (f *frame) people() (contact string, i, j int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil {
				continue
			}
			if e := f.person(k, p.j); e > k && f.v.titles.endsAt(f.line, k+1, e) > 0 && !f.notTitle(e-f.v.titles.endsAt(f.line, k+1, e)) && isHan(f.norm[k]) && f.free(k, e) && f.personStart(k, p.i) {
				return f.said(k, e), k, e
			}
		}
	}
	return "", 0, 0
}

// personStart reports whether a person's name may begin at k and is not the tail of another word.
func (f *frame) personStart(k, start int) bool {
	if k <= start || !isHan(f.norm[k-1]) || f.used[k-1] {
		return true
	}
	if f.v.compound.at(f.line, k-1) > 0 {
		return false
	}
	return true
}
