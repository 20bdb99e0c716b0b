package parse

import (
	"strings"
	"time"
)

// closing are the words that make a day the day of closing.
var closing = []string{"签单", "签约", "签下", "签合同", "签", "成交", "结单", "关单", "定下来", "拿下", "敲定", "下单", "落单", "收单", "close", "成单", "搞定", "预计", "落地"}

func (f *frame) dealCreate() {
	f.markHit()
	if f.before(probabilityWords...) >= 0 {
		f.probability()
		f.markAll(probabilityWords...)
	}
	f.customer("customer")
	f.labelled("amount", "金额", "总价", "预算", "总额", "合同额", "单子大概", "价格", "预计金额", "大概", "大约", "约")
	if !f.has("amount") {
		f.money("amount")
	}
	if !f.due("close_date") {
		f.dueByFestival("close_date")
	}
	f.stage(false)
	if !f.has("amount") {
		f.plainAmount("amount")
	}
	f.title("商机名称", "商机名", "项目名称", "项目名", "商机标题", "标题")
	f.product()
	if !f.has("product") && !f.has("title") {
		f.plainProduct()
	}
	f.nothing()
	if !f.has("title") {
		f.title("商机名称", "商机名", "项目名称", "项目名", "名称", "名字叫", "名叫", "叫做", "标题", "叫")
	}
}

// plainAmount takes a number of four digits or more that stands by itself as an amount.
func (f *frame) plainAmount(name string) {
	for _, p := range f.pieces() {
		i, j := f.trim(p[0], p[1])
		if i >= j || f.at[i] != nil {
			continue
		}
		if m, ok := f.line.money(i); ok && m.end == j && isHanNumber(f.norm[i]) && m.Vague == "" && m.Yuan >= 1000 { // 五千六
			f.set(name, yuan(m.Yuan))
			f.mark(i, j)
			return
		}
		if !isDigit(f.norm[i]) {
			continue
		}
		if v, e := f.plainDigits(i); e == j && v >= 1000 {
			f.set(name, yuan(v))
			f.mark(i, j)
			return
		}
	}
}

// plainProduct takes a piece that stands by itself and is no person, no place and no verb as the product.
func (f *frame) plainProduct() {
	if !f.has("customer") {
		return
	}
	for _, p := range f.pieces() {
		i, j := f.bare(p[0], p[1])
		if j-i < 2 || j-i > 10 || f.person(i, j) == j || f.v.terms["region"].find.at(f.line, i) > 0 || f.v.notNames[string(f.norm[i:j])] || f.v.gaps.at(f.line, i) > 1 || f.v.fillers.at(f.line, i) > 0 {
			continue
		}
		if f.thing(i, j) != j {
			continue
		}
		if f.projectName(i, j) { // 浮动码头项目
			f.set("title", f.said(i, j))
		} else {
			f.set("product", f.said(i, j))
		}
		f.mark(i, j)
		return
	}
}

// projectName reports whether [i,j) is what a deal is called rather than a thing that is sold.
func (f *frame) projectName(i, j int) bool {
	for _, w := range []string{"项目", "改造", "工程", "改建", "扩建", "升级改造"} {
		if n := utf8Len(w); j-n > i+1 && f.hasAt(j-n, w) {
			return true
		}
	}
	return false
}

// title reads what is named behind one of the labels.
func (f *frame) title(labels ...string) {
	if i := f.after(labels...); i >= 0 {
		limit := f.limit(i)
		for i < limit && (isEdge(f.norm[i]) || strings.ContainsRune("是叫为", f.norm[i])) {
			i++
		}
		j := i
		for j < limit && f.at[j] == nil && !f.used[j] && f.norm[j] != ' ' && f.norm[j] != '"' {
			j++
		}
		if j > i+1 {
			f.set("title", f.said(i, j))
			f.mark(i, j)
		}
	}
}

// movers are words before the stage that a deal moves to.
var movers = []string{"到了", "进了", "到", "成", "为", "至", "进入", "入", "进", "是", "在", "改", "阶段", "→", "处于", "属于", "开始", "推", "挪", "转", "放", ":", "：", "还", "了", "得", "去", "回", "已经", "已", "才"}

// stage sets the stage that the deal is moved to; anywhere accepts one without a word of moving.
func (f *frame) stage(anywhere bool) bool {
	t := f.v.terms["stage"]
	found, fi, fj := "", 0, 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil {
				continue
			}
			name, n := t.at(f.line, k)
			if n == 0 || k+n > p.j {
				continue
			}
			led := anywhere || f.anyAt(k+n, "阶段") > 0 || n > 2 && f.hasAt(k+n-2, "阶段")
			led = led || (k == p.i || isEdge(f.norm[k-1])) && (k+n >= p.j || isEdge(f.norm[k+n]) || k+n+1 == p.j && strings.ContainsRune("呢中了吧", f.norm[k+n]))
			for _, m := range movers {
				w := utf8Len(m)
				if k-w >= p.i && f.hasAt(k-w, m) {
					led = true
				}
			}
			if led {
				found, fi, fj = name, k, k+n
			}
			k += n - 1
		}
	}
	if found == "" {
		return false
	}
	if f.hasAt(fj, "阶段") {
		fj += 2
	}
	f.set("stage", found)
	f.mark(fi, fj)
	return true
}

// unknownStage takes a stage that the pack does not know as it was said (推进到火星阶段), so that whoever runs the
// action can answer with the stages there are.
func (f *frame) unknownStage() {
	i := f.after("推进到", "推进至", "推到", "推至", "走到", "进展到", "挪到", "移到", "切到", "更新到", "改到", "调到", "转到", "跳到", "进到", "进入", "到")
	if i < 0 || f.at[i] != nil {
		return
	}
	limit := f.limit(i)
	for j := i + 1; j < limit && j <= i+6 && f.at[j] == nil && isHan(f.norm[j]); j++ {
		if f.hasAt(j, "阶段") && f.anyAt(i, "下一", "哪", "什么", "这", "那") == 0 {
			f.set("stage", f.said(i, j+2))
			f.mark(i, j+2)
			f.doubt += 0.3
			return
		}
	}
}

// probabilityWords stand before or behind how likely a deal is.
var probabilityWords = []string{"概率", "把握", "胜率", "可能性", "赢率", "赢面", "成功率", "几率", "机率", "希望"}

// probability reads how likely a deal is: 概率60%, 七成把握, 赢率 60.
func (f *frame) probability() {
	if sp := f.find('D'); len(sp) > 0 && !sp[0].off {
		f.set("probability", sp[0].rate)
		f.mark(sp[0].i, sp[0].j)
	}
	if f.before(probabilityWords...) >= 0 && !f.has("probability") {
		if i := f.after(probabilityWords...); i >= 0 {
			for k := i; k < f.limit(i); k++ {
				if isDigit(f.norm[k]) {
					v, e := f.plainDigits(k)
					if v > 1 {
						v /= 100
					}
					if v <= 1 {
						f.set("probability", round(v, 4))
						f.mark(k, e)
					}
					break
				}
			}
		}
	}
}

// nothing refuses an amount of 0, which nobody sells for.
func (f *frame) nothing() {
	if v, ok := f.params["amount"].(int64); ok && v == 0 {
		delete(f.params, "amount")
		f.problem(BadAmount, "amount", "0", "金额要大于 0，请直接说金额，例如「金额38万」")
	}
}

func (f *frame) dealUpdate() bool {
	f.id("deal")
	f.labelled("amount", "成交金额", "合同金额", "商机金额", "预计金额", "金额", "总价", "预算", "报价", "价格", "合同额")
	f.probability()
	f.markHit()
	if !f.has("deal") || f.stage(false) {
		f.stage(false)
	}
	if !f.has("stage") {
		f.unknownStage()
	}
	if !f.has("amount") {
		f.money("amount")
	}
	f.nothing()
	if !f.due("close_date") {
		f.dueByFestival("close_date")
	}
	f.customer("customer")
	if f.has("customer") && f.has("deal") {
		delete(f.params, "customer")
	}
	f.moreCustomers()
	if day, ok := f.params["close_date"].(string); ok && day < f.now.Format(time.DateOnly) && f.before("签了", "签下了", "成交了", "拿下了", "定了") >= 0 { // 昨天签了
		f.action = "deal.win"
		delete(f.params, "close_date")
		delete(f.params, "stage")
		return true
	}
	return f.has("stage") || f.has("amount") || f.has("close_date") || f.has("probability") || len(f.bad) > 0
}

func (f *frame) dealWin() {
	f.id("deal")
	f.labelled("amount", "成交金额", "合同金额", "金额", "总价", "成交价", "合同额", "最终")
	if !f.has("amount") {
		f.money("amount")
	}
	f.markHit()
	f.customer("customer")
	if !f.has("amount") {
		f.plainAmount("amount")
	}
	f.oneRecord("deal")
}

// oneRecord drops a customer that was only the tail of a sentence about a numbered record.
func (f *frame) oneRecord(record string) {
	if f.has(record) && f.has("customer") {
		delete(f.params, "customer")
	}
}

func (f *frame) dealLose() {
	f.id("deal")
	f.markHit()
	f.markAll("商机改成", "商机改为", "商机标为", "商机标成", "商机设为", "商机状态改成", "单子改成", "单子标成", "单子改为", "状态改成", "状态改为", "阶段改成", "阶段改为")
	f.markAll("登记成", "标记成", "标成", "记成", "算作", "商机关了吧", "商机关了", "商机关掉")
	f.competitor()
	if !f.has("competitor") {
		f.takenBy()
	}
	f.customer("customer")
	f.reason(true)
	f.oneRecord("deal")
}

// competitor reads who took the deal: 被SAP拿走了, 输给了用友, 最后选了金蝶.
func (f *frame) competitor() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil {
				continue
			}
			n := f.anyAt(k, "输给了", "输给", "被", "选了", "最后选了", "选择了", "改用了", "改找了", "改选了", "转头找了", "另找了", "用了", "签给了", "签了", "给了", "定了", "跟了", "投了", "转投", "败给了", "败给", "让", "竞争对手是", "竞品是", "对手是", "竞争对手", "没打过", "打不过", "没拼过", "拼不过", "没干过", "干不过")
			if n == 0 {
				continue
			}
			if n == 1 && f.anyAt(k, "让", "被") > 0 && f.hasAt(k+n, "给") {
				n++
			}
			i := f.skip(k+n, p.j)
			if m := f.anyAt(i, "对手", "竞争对手", "竞品", "同行", "友商"); m > 0 {
				if !(i+m < p.j && (isHan(f.norm[i+m]) || isLatin(f.norm[i+m])) && f.v.gaps.at(f.line, i+m) == 0) {
					continue
				}
				i += m
			}
			j := f.run(i, p.j)
			for e := i + 1; e < j; e++ {
				if f.at[e] == nil && f.anyAt(e, "抢", "拿", "截", "撬", "挖", "签", "中标", "中了", "低价", "的", "家", "做", "捷足", "那边", "以", "用", "给") > 0 {
					j = e
					break
				}
			}
			if f.hasAt(k, "被") || f.hasAt(k, "让") {
				if f.anyAt(j, "抢", "拿", "截", "撬", "挖", "签", "中", "低价", "捷足", "以", "用", "给", "那边", "的", "做", "家", "搅") == 0 {
					continue
				}
			}
			if j-i < 2 || f.v.notNames[string(f.norm[i:j])] || f.anyAt(i, "他们", "我们", "别人", "别家", "人家", "对方", "客户", "其他", "另一家", "价格") > 0 {
				continue
			}
			f.set("competitor", f.said(i, j))
			e := j
			if m := f.anyAt(e, "抢走了", "抢走", "抢了", "拿走了", "拿走", "拿下了", "拿下", "截胡了", "截胡", "撬走了", "撬走", "签走了", "签走", "挖走了", "中标了", "中标", "家", "那边"); m > 0 {
				e += m
			}
			f.mark(k, e)
			return
		}
	}
}

// takenBy reads who took the deal before what he did: Salesforce抢走的.
func (f *frame) takenBy() {
	for _, p := range f.parts {
		for k := p.i + 2; k < p.j && !f.has("competitor"); k++ {
			n := f.anyAt(k, "抢走的", "拿走的", "截胡的", "撬走的", "抢了去", "中标的", "拿下的")
			if n == 0 || f.at[k] != nil || f.run(p.i, k) != k || !f.isName(p.i, k) || !f.free(p.i, k) || f.anyAt(p.i, "被", "让", "他们", "别人", "人家", "对手") > 0 {
				continue
			}
			f.set("competitor", f.said(p.i, k))
			f.mark(p.i, k+n)
		}
	}
}

// reasons introduce why something happened.
var reasonWords = []string{"理由就俩字", "理由就一个", "原因就一个", "说白了就是", "说到底", "主要还是", "还是因为", "理由就是", "理由是", "原因就是", "原因是", "主要原因是", "理由:", "原因:", "理由：", "原因：", "主要是因为", "是因为", "因为", "由于", "主要是", "说是", "理由", "原因", "主要"}

// reason reads the reason of the frame: behind a word for it, else, when loose, what is left of the clauses.
func (f *frame) reason(loose bool) {
	if i := f.before(reasonWords...); i >= 0 {
		n := f.anyAt(i, reasonWords...)
		limit := f.limit(i)
		end := f.reasonEnd(i+n, limit)
		if text := f.text(i+n, end); text != "" {
			f.set("reason", text)
			f.mark(i, end)
			return
		}
	}
	if !loose {
		return
	}
	if text, i, j := f.leftover(); text != "" && (j-i >= 3 || f.anyAt(i, "嫌", "没", "太", "被") > 0) {
		f.set("reason", text)
		f.mark(i, j)
	}
}

// reasonEnd extends a reason to the clauses behind it that hold no phrase of the action.
func (f *frame) reasonEnd(i, limit int) int {
	end := limit
	seen := false
	for _, p := range f.parts {
		if p.j == limit {
			seen = true
			continue
		}
		if !seen {
			continue
		}
		if len(p.hits) > 0 || !f.free(p.i, p.j) || p.j-p.i <= 5 && f.anyAt(p.i, "结了", "结掉", "关了", "关掉", "关吧", "可以关", "可以结", "结单", "关单", "麻烦", "谢谢", "辛苦") > 0 {
			break
		}
		end = p.j
	}
	return end
}

// leftover gives the longest unused stretch of the frame, without connecting words at its ends.
func (f *frame) leftover() (text string, bi, bj int) {
	for n := 0; n < len(f.parts); n++ {
		p := f.parts[n]
		k := p.i
		for k < p.j {
			if f.used[k] || isEdge(f.norm[k]) {
				k++
				continue
			}
			e := k
			for e < p.j && !f.used[e] {
				e++
			}
			i, j := f.bare(k, e)
			if e == p.j && j > i { // run on over the following clauses that are free
				for m := n + 1; m < len(f.parts) && len(f.parts[m].hits) == 0 && f.free(f.parts[m].i, f.parts[m].j); m++ {
					j = f.parts[m].j
				}
			}
			if j-i > bj-bi {
				bi, bj = i, j
			}
			k = e
		}
	}
	if bj-bi < 2 {
		return "", 0, 0
	}
	return f.said(bi, bj), bi, bj
}

// bare strips fillers and particles from both ends of [i,j).
func (f *frame) bare(i, j int) (int, int) {
	i, j = f.trim(i, j)
	for i < j {
		if n := f.v.fillers.at(f.line, i); n > 0 && i+n <= j && f.at[i] == nil {
			i += n
			i, j = f.trim(i, j)
			continue
		}
		if strings.ContainsRune("的了呢吧啊就都也给把", f.norm[i]) && f.at[i] == nil {
			i++
			continue
		}
		break
	}
	for j > i && strings.ContainsRune("的呢吧啊哈", f.norm[j-1]) {
		j--
	}
	return f.trim(i, j)
}
