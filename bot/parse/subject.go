package parse

import (
	"strings"
	"unicode"
)

// subjectVerbs stand before the customer or the person that something is to be done with.
var subjectVerbs = []string{"完成", "提交", "准备", "整理", "更新", "核对", "检查", "处理", "写", "出", "做", "画", "改", "取", "带", "打电话给", "打给", "回个电话给", "回", "发给", "寄给", "送给", "回复", "联系", "拜访", "回访", "催一下", "催", "跟进", "约", "给", "跟", "和", "去", "找", "问问", "问一下", "问", "陪", "到", "向", "拜会", "走访", "对接", "通知", "请", "把", "确认", "关注", "见", "帮", "与", "接待", "盯一下", "盯", "看看", "看", "祝", "陪同", "电话", "接", "call", "查", "call一下", "ping一下", "ping"}

// subject reads the customer and the contact named in [i,j), which stay in the text.
func (f *frame) subject(i, j int) {
	used := f.used
	f.used = make([]bool, len(f.norm)+1)
	copy(f.used, used)
	defer func() { f.used = used }()
	for k := i; k < j; k++ {
		n := 0
		if f.at[k] == nil {
			n = f.anyAt(k, subjectVerbs...)
		}
		if n == 1 && f.anyAt(k, "接口", "接着", "接下来", "找零", "见面礼") > 0 {
			n = 0
		}
		if n == 0 && (k != i || f.has("customer")) {
			continue
		}
		at := k + n
		if n > 0 {
			at += f.anyAt(at, "好", "完", "一下", "一遍", "一声", "一次", "出", "下")
			if _, e, ok := f.countAt(at, j); ok { // 出三套黛丽丝的门头方案
				at = e
			}
			if m := f.anyAt(at, "找", "见", "给", "跟", "陪", "拜访", "取", "拿", "送", "联系"); m > 0 && f.v.suffixes.endsAt(f.line, at, f.run(at, j)) == 0 && f.run(at+m, j) > at+m { // 带合同去|找Nancy
				k += n - 1
				continue
			}
		}
		weak := n == 0 || f.anyAt(k, "把", "看", "请", "到", "祝", "确认", "完成", "提交", "准备", "整理", "更新", "核对", "检查", "处理", "写", "出", "做", "画", "改", "取", "催", "盯", "看看", "关注", "带", "查") == n
		switch {
		case f.has("customer"):
			if e := f.person(at, j); e > at && (isHan(f.norm[at]) && f.addressed(at, e) || f.givenName(at, e)) {
				f.set("contact", f.said(at, e))
				return
			}
		case weak && f.hasAt(k, "请") && n == 1 && f.compoundName(at, j) > at: // 请百里川吃饭
			f.set("contact", f.said(at, f.compoundName(at, j)))
			return
		case weak && !f.surelyNamed(at, j):
			continue
		case f.named(at, j) && f.has("contact"):
			return
		}
		if n > 0 {
			k += n - 1
		}
	}
}

// compoundName gives the end of a person with a surname of two characters at k, with whom one eats, drinks or meets; else k.
func (f *frame) compoundName(k, j int) int {
	n := f.v.compound.at(f.line, k)
	for e := k + n + 1; n > 0 && e <= k+n+2 && e <= j; e++ {
		if e == j || f.anyAt(e, "吃", "喝", "打", "来", "过来", "喝茶", "钓", "看", "参加", "帮") > 0 {
			return e
		}
	}
	return k
}

// surelyNamed reports whether what stands at k is a name even without a word that leads to one: it has the
// shape of a company or a person, or owns something (启航的合同).
func (f *frame) surelyNamed(k, j int) bool {
	for k < j && f.norm[k] == ' ' {
		k++
	}
	if k >= j {
		return false
	}
	if sp := f.at[k]; sp != nil {
		return sp.kind == 'C'
	}
	if e := f.person(k, j); e > k && isHan(f.norm[k]) && f.addressed(k, e) {
		return true
	}
	e := f.run(k, j)
	if e > k+1 && f.v.gaps.at(f.line, k) == 0 && f.anyAt(e, "续约", "续费", "付款", "到期", "签约", "合同", "回款", "交货", "发货", "验收", "生日", "开业", "尾款", "对账", "催款", "招标", "开标", "上线", "那边", "周年", "试用", "有没有", "是不是", "是否", "到底", "回没回", "到没到", "签没签", "付没付", "收没收", "那头") > 0 {
		return true
	}
	return e > k+1 && (f.hasAt(e, "的") || f.v.suffixes.endsAt(f.line, k, e) > 0 || f.v.places.endsAt(f.line, k, e) > 0 && e-k > 3 || f.v.titles.endsAt(f.line, k+2, e) > 0)
}

// leastSubject is the least that must speak for a name in running text, see nameScore.
const leastSubject = -10

// named reads a customer or a contact at k: 云帆的王总, 王强, 启航.
func (f *frame) named(k, j int) bool {
	for k < j && (f.norm[k] == ' ' || f.norm[k] == '"') {
		k++
	}
	if m := f.anyAt(k, "客户"); m > 0 && f.at[k] == nil {
		k += m
	}
	if k >= j {
		return false
	}
	if t := f.team(k, j); t > k && f.v.suffixes.endsAt(f.line, k, t) == 0 && f.at[k] == nil { // 去财务盖章
		return false
	}
	if e := f.person(k, j); e > k && isHan(f.norm[k]) && f.v.suffixes.endsAt(f.line, k, e) == 0 {
		_, _, common := f.wordCost(k, k+2)
		sure := f.addressed(k, e) || f.v.compound.at(f.line, k) > 0 || !(common && (f.v.places.endsAt(f.line, k+1, e) > 0 || f.hasAt(e-1, "站"))) && f.v.surnames[f.norm[k]] && e-k == 3
		two := e-k == 2 && f.v.surnames[f.norm[k]]
		if sure || two {
			next := e
			if !f.addressed(k, e) && f.hasAt(next, "的") { // 启航的合同: a name before 的 is the customer
				sure = false
				two = false
			}
			if (sure || two && f.likelyPerson(k, e)) && !f.used[k] {
				f.set("contact", f.said(k, e))
				if !f.has("customer") && f.hasAt(e, "(") {
					f.customerAt("customer", e+1, j)
				}
				return true
			}
		}
	}
	e := f.run(k, j)
	if e <= k {
		return false
	}
	if f.givenName(k, e) { // Kevin, but not SAP
		f.set("contact", f.said(k, e))
		return true
	}
	for x := k + 1; x < e; x++ { // 去机场接三只松鼠
		if sp := f.at[x]; sp != nil && sp.kind == 'C' && sp.i == x && (x-k >= 2 || strings.ContainsRune("接见找约催给跟陪去到访", f.norm[k])) && f.v.terms["region"].find.at(f.line, k) == 0 {
			k = x
			break
		}
	}
	before := len(f.params)
	if f.anyAt(k, "我", "你", "他", "她", "自己", "大家") > 0 && f.at[k] == nil || !f.takeName("customer", k, j) {
		return false
	}
	name := f.params["customer"].(string)
	if !f.plausible(name) || f.nameScore(f.nameI, f.nameJ) < leastSubject && !f.hasAt(f.nameJ, "的") {
		delete(f.params, "customer")
		return len(f.params) > before
	}
	return true
}

// givenName reports whether [i,j) is one Latin word that is written like a person's.
func (f *frame) givenName(i, j int) bool {
	if j-i < 3 || j-i > 9 || !unicode.IsUpper(f.orig[i]) || !isLatin(f.norm[i]) {
		return false
	}
	for k := i + 1; k < j; k++ {
		if !unicode.IsLower(f.orig[k]) || !isLatin(f.norm[k]) {
			return false
		}
	}
	return true
}

// likelyPerson tells 王强 from 百川: the surname is a common one.
func (f *frame) likelyPerson(i, j int) bool {
	return strings.ContainsRune(commonSurnames, f.norm[i])
}

// commonSurnames belong to nine people in ten and seldom begin the short name of a company.
const commonSurnames = "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊陆郝孔白崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚文樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂柴焦向柳邢岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫屈鲍位覃霍翁隋植甘景薄包司柏宁柯阮桂闵冉房辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅嵺苟褚廉简娄盖符奚木穆燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝巩稽练仲乐虞卞封竺冼楚佟栗宗台巫鞠僧桑荆谌银扬沙伏岑习胥保蔺"

// plausible reports whether a word in running text can be a customer's name, not a common noun.
func (f *frame) plausible(name string) bool {
	l := newLine(name)
	n := len(l.norm)
	if n < 2 || n > 16 {
		return false
	}
	if f.v.notNames[string(l.norm)] || f.occasion(l) {
		return false
	}
	if f.v.brands.at(l, 0) == n || n > 2 && f.v.companies.at(l, 0) == n || f.v.places.endsAt(l, 0, n) > 0 && n > 3 {
		return true
	}
	for _, w := range f.v.pack.Extra["common_nouns"] {
		if strings.Contains(string(l.norm), w) && f.v.suffixes.endsAt(l, 0, n) == 0 {
			return false
		}
	}
	return true
}

// occasion reports whether a name is rather that of a day or of a meeting (消费者权益日, 年会), or a thing to be switched off (关展厅).
func (f *frame) occasion(l *line) bool {
	n := len(l.norm)
	if n <= 4 && strings.ContainsRune("关锁洗修", l.norm[0]) && f.v.suffixes.endsAt(l, 0, n) == n-1 || l.anyAt(0, "下楼", "上楼", "出门", "下班", "回家", "取快递", "拿快递", "寄快递") > 0 { // 关锅炉, 下楼取快递
		return true
	}
	if f.v.suffixes.endsAt(l, 0, n) > 0 || f.v.brands.at(l, 0) == n {
		return false
	}
	for _, w := range []string{"权益日", "开放日", "纪念日", "促销日", "发薪日", "工资日", "截止日", "交易日", "狂欢节", "购物节", "采购节", "艺术节", "读书节", "运动会", "推介会", "招商会", "订货会", "交流会", "发布会", "年会", "双十一", "双十二"} {
		if m := utf8Len(w); n >= m && l.hasAt(n-m, w) {
			return true
		}
	}
	for _, w := range []string{"仓", "库房", "仓库", "机房", "食堂", "会议室", "展厅"} { // 危化品仓
		if m := utf8Len(w); n > m && n <= m+4 && l.hasAt(n-m, w) && f.v.towns.at(l, 0) == 0 {
			return true
		}
	}
	if l.anyAt(0, "机场", "火车站", "高铁站", "车站", "地铁站") > 0 {
		return true
	}
	return n > 2 && (n <= 4 || hasAny(string(l.norm), []string{"空调", "门窗", "电源", "灯", "绿植", "水电"})) && l.anyAt(0, "关", "锁", "浇", "喂", "缴", "熄") > 0 && l.anyAt(0, "关山", "关东", "关中", "关内", "关爱", "锁骨") == 0
}
