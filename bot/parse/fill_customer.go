package parse

import "strings"

func (f *frame) customerCreate() {
	f.markHit()
	f.common()
	f.source()
	f.level()
	f.regionIndustry()
	for _, p := range f.pieces() {
		i, j := f.bare(p[0], p[1])
		if i >= j {
			continue
		}
		if f.label(i, j) {
			continue
		}
		f.who(i, j)
	}
	f.looseIndustry()
}

// looseIndustry takes a stretch that is left over and ends with an industry (连锁餐饮).
func (f *frame) looseIndustry() {
	if f.has("industry") {
		return
	}
	for _, p := range f.pieces() {
		i, j := f.bare(p[0], p[1])
		if f.anyAt(i, "做", "是") > 0 {
			i++
		}
		if n := f.v.terms["industry"].find.endsAt(f.line, i, j); n > 1 && j-i <= n+4 {
			f.set("industry", f.said(i, j))
			f.mark(i, j)
			return
		}
	}
}

// regionIndustry reads a region or an industry said on its own: 华东的, 制造业.
func (f *frame) regionIndustry() {
	for _, list := range []string{"region", "industry"} {
		if f.has(list) {
			continue
		}
		for _, p := range f.pieces() {
			i, j := f.bare(p[0], p[1])
			if n := f.v.terms[list].find.at(f.line, i); n > 0 && (i+n == j || f.anyAt(i+n, "的", "行业", "地区", "区域", "这边") > 0 && j-i-n <= 2) {
				f.set(list, f.said(i, i+n))
				f.mark(i, j)
				break
			}
			if n := f.v.terms[list].find.at(f.line, i); list == "region" && n > 0 && f.hasAt(i+n, "的") && i+n+1 < j { // 华东的制造业
				f.set(list, f.said(i, i+n))
				f.mark(i, i+n+1)
				break
			}
			if list == "industry" && strings.HasSuffix(string(f.norm[i:j]), "行业") && j-i > 2 && j-i <= 8 {
				k := i
				if f.anyAt(k, "做", "是") > 0 {
					k++
				}
				f.set(list, f.said(k, j-2))
				f.mark(i, j)
				break
			}
			if list == "industry" && f.hasAt(i, "做") && f.v.terms[list].find.at(f.line, i+1) > 0 {
				n := f.v.terms[list].find.at(f.line, i+1)
				f.set(list, f.said(i+1, i+1+n))
				f.mark(i, j)
				break
			}
		}
	}
}

func (f *frame) level() {
	if f.has("level") {
		return
	}
	t := f.v.terms["level"]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] {
				continue
			}
			name, n := t.at(f.line, k)
			alone := (k == p.i || f.norm[k-1] == ' ') && (k+n >= p.j || isEdge(f.norm[k+n]))
			if n == 0 || n == 2 && !alone && !(f.before("级别", "等级") >= 0) {
				continue
			}
			i, j := k, k+n
			for _, w := range []string{"定为", "算", "是", "作为", "级别", "属于", "按"} {
				f.markBefore(i, w)
			}
			f.set("level", name)
			f.mark(i, j)
			return
		}
	}
}

// changes join a field and its new value.
var changes = []string{"更新一下", "修改一下", "改一下", "变更一下", "调整一下", "换一下", "更新下", "改下", "更新到", "更改到", "变更到", "修改到", "现在改成", "现在变成", "现在是", "现在为", "目前是", "改写成", "登记成", "标成", "标为", "定成", "列为", "归为", "变动为", "记为", "记成", "应该改成", "应该改为", "应该是", "更正为", "更正成", "更改为", "更改成", "变更为", "变更成", "修改为", "修改成", "更新为", "更新成", "调整为", "调整成", "调整到", "设置为", "设置成", "改填", "改成了", "改成", "改为", "改到", "换成了", "换成", "换为", "变成了", "变成", "变为", "设成", "设为", "写成", "填成", "填上", "填", "写", "调成", "调到", "调为", "升为", "升级为", "升到", "升级到", "降为", "降到", "升成", "登记为", "定为", "补上", "补充", "补一下", "加上", "更新", "改", "→", "->", "=", ":", "：", "是", "为"}

// wrongly say that what a field holds is wrong.
var wrongly = []string{"写错了", "填错了", "录错了", "登记错了", "搞错了", "弄错了", "记错了", "错了", "不对", "有误"}

func (f *frame) customerUpdate() bool {
	t := f.v.terms["field"]
	for n2, p := range f.parts {
		n2++
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil {
				continue
			}
			name, n := t.at(f.line, k)
			if n == 0 || k+n > p.j {
				continue
			}
			i := k + n
			for i < p.j && (f.norm[i] == ' ' || f.norm[i] == '"') {
				i++
			}
			if n := f.anyAt(i, "这个字段", "这一字段", "这个栏目", "字段", "这一栏", "那一栏", "这一项", "那一项", "这栏", "那栏", "这项", "那项", "信息", "栏"); n > 0 && i+n < p.j && (f.anyAt(f.skipEdges(i+n, p.j), changes...) > 0 || f.anyAt(i+n, "要", "得", "应", "现", "先", "请", "帮") > 0) { // 官网字段更新成…
				i = f.skipEdges(i+n, p.j)
			}
			if n := f.anyAt(i, "需要", "应该", "要", "得", "现在", "先", "请", "帮我", "帮忙", "直接"); n > 0 && f.anyAt(i+n, changes...) > 0 { // 规模要写500人以上
				i += n
			}
			if n := f.anyAt(i, "更新一下", "修改一下", "改一下", "变更一下", "调整一下", "更新下", "改下", "更新", "变更", "修改", "变更了", "更新了", "改了", "有变化", "有变动", "变动了", "写错了", "填错了", "错了", "不对", "有误", "变了", "换了", "要改一下", "要改下", "要改改", "得改一下", "得改下", "得改", "要更新一下", "要更新", "需要改一下", "需要改", "需要更新", "需要修改", "要修改", "要变更", "得更新", "得更新一下", "想改一下", "帮我改一下", "帮忙改一下", "要换一下", "要变一下", "要改", "不对了", "换啦", "变啦", "改啦", "更新啦", "有误", "搬了", "搬啦"); n > 0 && i+n >= p.j {
				i = p.j
			}
			m := 0
			if i < p.j && f.at[i] == nil {
				m = f.anyAt(i, changes...)
				if n := f.anyAt(i, "从", "由"); m == 0 && n > 0 && f.after("改成", "改为", "改到", "变成", "变为", "调整为", "调整到", "更新为", "更新成", "换成", "升为", "升到", "降为", "扩到", "涨到", "降到") > i {
					m = n
				}
			}
			between := f.norm[max(k-1, 0)] == '的' || k > p.i && f.norm[k-1] == ' '
			if m == 0 && i < p.j && !(between && i > k+n) && f.hit.weight < 3 {
				continue
			}
			v := i + m
			if m == 0 || f.hasAt(i+m-1, "了") || f.anyAt(i, "换了", "变了", "改了", "搬了") > 0 || f.anyAt(i, wrongly...) > 0 { // 地址换了 现在是…
				x := i + f.anyAt(i, "已经换了", "换了", "变了", "改了", "搬了", "更新了", "变更了", "换啦", "变啦")
				x += f.anyAt(x, wrongly...)
				x = f.skipEdges(x, p.j)
				if n := f.anyAt(x, "现在是", "现在改成", "现在换成", "新的是", "新地址是", "现在的是", "现改为", "应该是", "最新的是", "改成", "换成", "变成", "搬到", "现在"); n > 0 && x > i && x+n < p.j {
					v = x + n
				}
			}
			if x := f.skipEdges(v, p.j); m > 0 && x > v && f.anyAt(x, "成", "为", "到") > 0 && f.anyAt(i, "更新", "改") == m { // 备注 update 成…
				v = x + 1
			}
			if f.anyAt(i, "从", "由", "原来是", "原来", "之前是", "之前") > 0 && f.at[i] == nil { // 规模从200人改成350人
				for x := i + 2; x < p.j; x++ {
					if n := f.anyAt(x, "改成", "改为", "改到", "变成", "变为", "换成", "调成", "调整为", "调整到", "涨到", "降到", "增加到", "减到", "扩到", "升到", "更新为", "到", "现在是"); n > 0 && f.at[x] == nil && x+n < p.j {
						m, v = max(m, 1), x+n
						break
					}
				}
			}
			for v < p.j && (isEdge(f.norm[v]) || f.anyAt(v, "一下", "为", "了") > 0 && f.at[v] == nil) {
				v++
			}
			e := p.j
			if v >= p.j && n2 < len(f.parts) { // 更新云帆的地址,改成人民路88号
				q := f.parts[n2]
				w := f.skipEdges(q.i, q.j)
				c := f.anyAt(w, changes...)
				if m := f.anyAt(w, "新的是", "新地址是", "新的为", "新", "最新的是", "最新是", "应为", "正确的是", "实际是", "实际上是", "换到", "搬到"); m > c {
					c = m
				}
				bare := c == 0 && m > 0 && len(q.hits) == 0 && w < q.j && (isDigit(f.norm[w]) || f.at[w] != nil) // 规模填上，20人
				if c == 0 && !bare || w+c >= q.j {
					continue
				}
				v, e = w+c, q.j
			}
			if v >= e {
				continue
			}
			if n := f.anyAt(v, "改成", "改为", "换成", "变成", "更新为", "更新成"); n > 0 && v > i+m && v+n < e { // 邮箱改一下 改成…
				v = f.skipEdges(v+n, e)
			}
			e = f.secondField(v, e)
			f.set("field", name)
			f.set("value", f.value(name, v, e))
			f.mark(k, e)
			for _, w := range []string{"更新一下", "更新", "修改", "补充", "改一下", "改"} {
				f.markBefore(k, w)
			}
			f.customer("customer")
			return true
		}
	}
	// 锦程升为重点客户
	if name, i, j := f.lookup("level"); name != "" {
		f.set("field", "客户级别")
		f.set("value", name)
		f.mark(i, j)
		f.markHit()
		f.customer("customer")
		return true
	}
	if name, i, j := f.lookup("field"); name != "" { // 枫桥机械的规模要改一下: what it becomes is asked for
		f.set("field", name)
		f.mark(i, j)
		f.markHit()
		f.customer("customer")
		return true
	}
	return f.hit.weight >= 3
}

// secondField finds a further field and its value behind a space in [v,e) (邮箱改成a@b.cn 区域改华东), keeps it to be repeated and gives where
// the first value ends.
func (f *frame) secondField(v, e int) int {
	for k := v + 1; k < e; k++ {
		if f.norm[k-1] != ' ' || f.at[k] != nil {
			continue
		}
		name, n := f.v.terms["field"].at(f.line, k)
		if n == 0 {
			continue
		}
		i := k + n
		m := f.anyAt(i, changes...)
		if m == 0 || i+m >= e || strings.ContainsRune("是为:：", f.norm[i]) && m == 1 && k-v < 3 {
			continue
		}
		f.again = append(f.again, map[string]any{"field": name, "value": f.value(name, i+m, e)})
		return k - 1
	}
	return e
}

// value reads the new value of a field in the pack's form where there is one.
func (f *frame) value(field string, i, j int) string {
	i, j = f.trim(i, j)
	for _, tail := range []string{"补一下", "更新一下", "录一下", "填一下", "改一下", "补上", "加上", "记上", "了", "吧", "哈", "啊", "一下", "谢谢", "就行", "就好", "里"} {
		if n := utf8Len(tail); j-n > i && f.hasAt(j-n, tail) {
			j -= n
		}
	}
	if sp := f.at[i]; sp != nil {
		if sp.kind == 'P' && sp.j == j && sp.phone.Bad == "" {
			return sp.phone.Digits
		}
		if sp.kind == 'P' && sp.phone.Bad != "" {
			f.problem(BadPhone, "value", sp.phone.Digits, sp.phone.Bad)
		}
	}
	if field == "客户级别" {
		if name, n := f.v.terms["level"].at(f.line, i); n > 0 {
			return name
		}
	}
	if field == "客户来源" {
		if name, n := f.v.terms["source"].at(f.line, i); n > 0 && i+n == j {
			return name
		}
	}
	return f.said(i, j)
}

func (f *frame) customerView() {
	f.markHit()
	f.customer("customer")
}

// customerTag reads the tags and the customer who gets them.
func (f *frame) customerTag() {
	markers := []string{"打上标签", "打标签", "加上标签", "加标签", "贴上标签", "贴标签", "标签加上", "标签加", "标签打上", "标签打", "标签是", "标签为", "标签:", "标签：", "标签", "tag上", "tag:", "tag：", "tag", "标记为", "标记成", "标注为", "标为", "标成", "标上", "打上", "贴上", "贴个", "加个", "打个", "贴一个", "打一个", "加上", "挂上", "挂个", "补个", "添加", "添个", "加一个", "标个", "标注", "打标", "贴标", "挂标", "加标", "标一下", "标记一下", "标记下", "打一下", "贴一下"}
	// 给X打上「V」标签 and 给X打个V的标签: the tags stand before the word 标签
	for n, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			m := f.anyAt(k, "标签", "tag")
			if m == 0 || f.at[k] != nil {
				continue
			}
			b := k
			for b > p.i && (isEdge(f.norm[b-1]) || f.anyAt(b-1, "的") > 0) {
				b--
			}
			for _, c := range []string{"这两个", "这几个", "这三个", "两个", "这个", "三个", "等"} {
				if n := utf8Len(c); b-n > p.i && f.hasAt(b-n, c) {
					b -= n
				}
			}
			verb := -1
			for x := b - 1; x >= p.i; x-- {
				if v := f.anyAt(x, "把", "将", "打上", "打个", "打一个", "打了", "贴上", "贴个", "贴一个", "加上", "加个", "加一个", "挂上", "挂个", "补个", "补上", "添加", "添个", "标上", "标记", "打", "贴", "加", "标", "补", "挂"); v > 0 && f.at[x] == nil {
					verb = x + v
					for y := x - 1; y >= p.i && y >= x-2; y-- {
						if f.at[y] == nil && f.anyAt(y, "打上", "贴上", "加上", "打个", "加个", "贴个", "打一个", "加一个") > x-y {
							verb = max(verb, y+f.anyAt(y, "打上", "贴上", "加上", "打个", "加个", "贴个", "打一个", "加一个"))
							x = y
						}
					}
					if verb < b {
						f.tags(verb, b)
						f.mark(x, k+m)
					}
					break
				}
			}
			if f.has("tags") {
				break
			}
			i := k + m
			i += f.anyAt(i, "一下", "上")
			for i < p.j && (isEdge(f.norm[i]) || f.anyAt(i, "加一个", "加个", "打一个", "打个", "贴一个", "贴个", "加上", "加", "打上", "打", "是", "为", "贴上", "贴", "补上", "补", "写", "上", "俩", "两个", "仨", "几个") > 0) {
				if w := f.anyAt(i, "加一个", "加个", "打一个", "打个", "贴一个", "贴个", "加上", "打上", "贴上", "补上"); w > 0 {
					i += w
				} else {
					i++
				}
			}
			end := p.j
			if i < p.j {
				f.tags(i, end)
				f.mark(k, end)
				for _, q := range f.parts[n+1:] { // 加标签 毕业季,旺季客户
					if len(q.hits) > 0 || q.j-q.i > 8 || !f.free(q.i, q.j) {
						break
					}
					f.tags(q.i, q.j)
					f.mark(q.i, q.j)
				}
			} else if n+1 < len(f.parts) && !f.has("tags") {
				q := f.parts[n+1]
				f.tags(q.i, q.j)
				f.mark(q.i, q.j)
			}
			for x := max(p.i, k-3); x < k; x++ {
				if w := f.anyAt(x, "打上", "打个", "打", "贴上", "贴个", "贴", "加上", "加个", "加", "补", "挂"); w > 0 && x+w <= k && !f.used[x] {
					f.mark(x, k)
				}
			}
			break
		}
		if f.has("tags") {
			break
		}
	}
	if !f.has("tags") {
		for _, p := range f.parts {
			for k := p.i; k < p.j; k++ {
				if m := f.anyAt(k, markers...); m > 0 && f.at[k] == nil {
					f.tags(k+m, p.j)
					f.mark(k, p.j)
					break
				}
			}
		}
	}
	if !f.has("tags") {
		f.tagsBefore()
	}
	if !f.has("customer") {
		f.customer("customer")
	}
	f.tagged()
	f.moreCustomers()
}

// tagsBefore reads tags that stand before the order to set them: 蓝鲸教育：价格敏感、回款慢，标签打上.
func (f *frame) tagsBefore() {
	for n, p := range f.parts {
		if n == 0 || f.anyAt(p.i, "标签", "tag", "打上标签", "加上标签", "贴上标签") == 0 {
			continue
		}
		first := f.parts[0]
		for k := first.i + 2; k < first.j; k++ {
			if k+1 < first.j && strings.ContainsRune(":：", f.norm[k]) && f.run(f.skip(first.i, k), k) == k {
				f.tags(k+1, f.parts[n-1].j)
				f.mark(k, f.parts[n-1].j)
				return
			}
		}
		if n > 1 && f.run(f.skip(first.i, first.j), first.j) == first.j {
			f.tags(f.parts[1].i, f.parts[n-1].j)
			f.mark(f.parts[1].i, f.parts[n-1].j)
		}
		return
	}
}

// tagged takes a well-known company that is listed last among the tags as who gets them: 打标签 VIP 十月稻田.
func (f *frame) tagged() {
	list, _ := f.params["tags"].([]any)
	if f.has("customer") || f.carry != "" || len(list) < 2 {
		return
	}
	name, _ := list[len(list)-1].(string)
	if i, j := f.where(name, nil); i >= 0 && f.at[i] != nil && f.at[i].kind == 'C' && f.at[i].i == i && f.at[i].j == j {
		f.set("customer", name)
		f.set("tags", list[:len(list)-1])
	}
}

// tagWord gives the length of what says that a tag follows at i: 叫“…”, 写“…”, 名为…; a tag may itself begin so (叫好).
func (f *frame) tagWord(i, j int) int {
	n := f.anyAt(i, "内容就是", "内容是", "写着", "写的是", "写了", "名字叫", "名称叫", "叫做", "叫作", "名为", "名叫", "写上", "写成", "写", "叫")
	if n == 0 || i+n >= j || n == 1 && j-i < 3 || f.anyAt(i, "写字楼", "写作", "叫车", "叫好", "叫醒", "写手", "写真") > 0 {
		return 0
	}
	return n
}

// tags cuts [i,j) into single tags. A customer who gets them may stand before an arrow or behind 贴给.
func (f *frame) tags(i, j int) {
	for k := i; k < j && !f.has("customer"); k++ {
		if n := f.anyAt(k, "贴给", "打给", "加给", "挂给", "给"); n > 0 && f.at[k] == nil && k > i && isEdge(f.norm[k-1]) {
			if f.takeName("customer", k+n, j) {
				f.mark(k, j)
				j = k
			}
		} else if f.norm[k] == '→' && k > i && f.takeName("customer", i, k) {
			f.mark(i, k+1)
			i = k + 1
		}
	}
	var list []any
	if have, ok := f.params["tags"].([]any); ok {
		list = have
	}
	start := i
	cut := func(k int) {
		a, b := f.trim(start, k)
		for n := f.tagWord(a, b); n > 0; n = f.tagWord(a, b) {
			a, b = f.trim(a+n, b)
		}
		for a < b && f.anyAt(a, "标签", "叫做", "叫", "名为", "标:", "标：", "再加个", "再加上", "加个", "加上", "一个", "个", "俩", ":", "：") > 0 && f.anyAt(a, "个人", "个性", "标签机") == 0 {
			a += f.anyAt(a, "标签", "叫做", "叫", "名为", "标:", "标：", "再加个", "再加上", "加个", "加上", "一个", "个", "俩", ":", "：")
			a, b = f.trim(a, b)
		}
		if b-a == 1 && strings.ContainsRune("和跟与及加的标叫写", f.norm[a]) || b-a == 2 && f.anyAt(a, "的标", "还有", "以及", "标签") == 2 {
			return
		}
		for _, tail := range []string{"这两个", "这几个", "的", "吧", "了", "这个", "标签"} {
			if n := utf8Len(tail); b-n > a && f.hasAt(b-n, tail) {
				b -= n
			}
		}
		if a < b {
			list = append(list, f.said(a, b))
		}
	}
	for k := i; k < j; k++ {
		r := f.norm[k]
		n := 0
		switch {
		case r == '、' || r == '"' || r == '+' || r == '/' || r == '|' || hardStop(r):
			n = 1
		case r == ' ':
			n = 1
		case (r == '和' || r == '跟' || r == '与') && (k > start+1 || k > i && f.norm[k-1] == '"') && j-k > 2 && f.at[k] == nil:
			n = 1
		case f.anyAt(k, "以及", "还有") > 0:
			n = 2
		}
		if n > 0 {
			cut(k)
			start = k + n
			k += n - 1
		}
	}
	cut(j)
	if len(list) > 0 {
		f.set("tags", list)
	}
}
