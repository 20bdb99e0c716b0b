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
			if n := f.anyAt(i, "更新一下", "修改一下", "改一下", "变更一下", "调整一下", "更新下", "改下", "更新", "变更", "修改", "变更了", "更新了", "改了", "有变化", "有变动", "变动了", "写错了", "填错了", "错了", "不对", "有误", "变了", "换了", "要改", "不对了"); n > 0 && i+n >= p.j {
				i = p.j
			}
			m := 0
			if i < p.j && f.at[i] == nil {
				m = f.anyAt(i, changes...)
			}
			between := f.norm[max(k-1, 0)] == '的' || k > p.i && f.norm[k-1] == ' '
			if m == 0 && i < p.j && !(between && i > k+n) && f.hit.weight < 3 {
				continue
			}
			v := i + m
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
				if c == 0 || w+c >= q.j {
					continue
				}
				v, e = w+c, q.j
			}
			if v >= e {
				continue
			}
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
	return f.hit.weight >= 3
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
	markers := []string{"打上标签", "打标签", "加上标签", "加标签", "贴上标签", "贴标签", "标签加上", "标签加", "标签打上", "标签打", "标签是", "标签为", "标签:", "标签：", "标签", "tag上", "tag:", "tag：", "tag", "标记为", "标记成", "标注为", "标为", "标成", "标上", "打上", "贴上", "贴个", "加个", "打个", "贴一个", "打一个", "加上", "挂上", "挂个", "补个", "添加", "添个", "加一个", "标个", "标注", "打标", "贴标", "挂标", "加标"}
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
			for i < p.j && (isEdge(f.norm[i]) || f.anyAt(i, "加上", "加", "打上", "打", "是", "为", "贴上", "贴", "补上", "补", "写", "上", "俩", "两个", "仨", "几个") > 0) {
				if w := f.anyAt(i, "加上", "打上", "贴上", "补上"); w > 0 {
					i += w
				} else {
					i++
				}
			}
			end := p.j
			if i < p.j {
				f.tags(i, end)
				f.mark(k, end)
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
	f.customer("customer")
}

// tags cuts [i,j) into single tags.
func (f *frame) tags(i, j int) {
	var list []any
	if have, ok := f.params["tags"].([]any); ok {
		list = have
	}
	start := i
	cut := func(k int) {
		a, b := f.trim(start, k)
		for a < b && f.anyAt(a, "标签", "标:", "标：", "一个", "个", "俩", ":", "：") > 0 && f.anyAt(a, "个人", "个性", "标签机") == 0 {
			a += f.anyAt(a, "标签", "标:", "标：", "一个", "个", "俩", ":", "：")
			a, b = f.trim(a, b)
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

// customerMerge reads 把A合并到B, 合并A和B, 合并客户：A → B, A和B是同一家.
func (f *frame) customerMerge() {
	if len(f.parts) > 1 { // A和B是一家,合并到B; A跟B重复了,把前面那个并到后面
		if p := f.parts[0]; !hasAny(p.text, []string{"合并", "并到", "并入", "合到", "并进", "merge"}) && f.pair(p.i, p.j) {
			f.mergeDirection()
			return
		}
	}
	for n, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			m := f.anyAt(k, "合并到", "合并进", "合并入", "合并给", "合并成", "并到", "并入", "并进", "并给", "合到", "合进", "合成", "合入", "归到", "归并到", "合并", "归入", "merge到", "merge进", "merge")
			if m == 0 || f.at[k] != nil {
				continue
			}
			word := string(f.norm[k : k+m])
			if word != "合并" && word != "merge" {
				f.takeInto("into", k+m, p.j)
				f.mark(k, k+m)
				if !f.customerAt("customer", p.i, k) && n > 0 {
					f.customerAt("customer", f.parts[0].i, f.parts[0].j)
				}
				return
			}
			f.mark(k, k+m)
			i := k + m
			if f.pair(i, p.j) {
				return
			}
			if f.pair(p.i, k) {
				return
			}
		}
	}
	p := f.parts[0]
	if f.pair(p.i, p.j) {
		return
	}
	// 百川重复了,跟百川环保合并
	if f.customerAt("customer", p.i, p.j) && len(f.parts) > 1 {
		q := f.parts[1]
		f.customerAfter("into", q, "跟", "和", "与", "到", "把")
	}
}

// mergeDirection turns a pair round when the second clause says that the later one goes into the former.
func (f *frame) mergeDirection() {
	a, b := f.params["customer"], f.params["into"]
	for _, p := range f.parts[1:] {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "合并到", "合并进", "合并入", "合并成", "并到", "并入", "并进", "合到", "合进", "归到", "归入", "保留", "留", "统一成", "统一到", "以", "merge到")
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := f.skip(k+n, p.j)
			first := f.anyAt(i, "前者", "前面", "前一个", "第一个", "上面") > 0
			if !first && strings.HasPrefix(f.said(i, min(p.j, i+utf8Len(a.(string)))), a.(string)) {
				first = !strings.HasPrefix(b.(string), a.(string)) || !strings.HasPrefix(f.said(i, min(p.j, i+utf8Len(b.(string)))), b.(string))
			}
			if first {
				f.set("customer", b)
				f.set("into", a)
			}
			f.mark(p.i, p.j)
			return
		}
	}
}

// pair reads two names joined by 和, 跟, →, 到.
func (f *frame) pair(i, j int) bool {
	i = f.skip(i, j)
	if n := f.anyAt(i, "客户", "一下", "把", "将"); n > 0 {
		i = f.skip(i+n, j)
	}
	if n := f.anyAt(i, "把", "将", "客户"); n > 0 {
		i = f.skip(i+n, j)
	}
	for k := i + 2; k < j; k++ {
		n := f.anyAt(k, "→", "->", "和", "跟", "与", "到", "进", "、", "并入", "=>", " ")
		if n == 0 || f.at[k] != nil {
			continue
		}
		a, b := f.bare(i, k)
		x := k + n
		if f.anyAt(x, "把", "将") > 0 {
			x++
		}
		c := f.skip(x, j)
		for c < j && (isEdge(f.norm[c]) || f.norm[c] == '>') {
			c++
		}
		if m := f.anyAt(c, "→", "到", "->", "进"); m > 0 {
			c = f.skip(c+m, j)
		}
		d := f.run(c, j)
		if !f.isName(a, b) || !f.isName(c, d) {
			continue
		}
		f.set("customer", f.said(a, b))
		f.set("into", f.said(c, d))
		f.mark(i, d)
		return true
	}
	return false
}

func (f *frame) takeInto(param string, i, limit int) bool {
	i = f.skip(i, limit)
	if n := f.anyAt(i, "客户"); n > 0 {
		i += n
	}
	j := f.run(i, limit)
	i, j = f.bare(i, j)
	if f.hasAt(j-2, "里面") && j-2 > i+1 {
		j -= 2
	}
	for _, tail := range []string{"里", "下面", "名下", "那条", "那个", "去", "里边"} {
		if n := utf8Len(tail); j-n > i+1 && f.hasAt(j-n, tail) {
			j -= n
		}
	}
	if !f.isName(i, j) {
		return false
	}
	f.set(param, f.said(i, j))
	f.mark(i, j)
	return true
}

// contactCreate reads a new contact of a customer.
func (f *frame) contactCreate() {
	f.markHit()
	f.common()
	f.birthday()
	for _, p := range f.parts { // 联系人 孙权 …
		for k := p.i; k < p.j && !f.has("contact"); k++ {
			n := f.anyAt(k, "联系人是", "联系人叫", "联系人:", "联系人：", "联系人", "对接人是", "对接人叫", "对接人换成了", "对接人换成", "对接人")
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := k + n
			for i < p.j && isEdge(f.norm[i]) {
				i++
			}
			if e := f.person(i, p.j); e > i && (e >= p.j || isEdge(f.norm[e]) || f.at[e] != nil || f.v.jobs.at(f.line, e) > 0 || !isHan(f.norm[e])) {
				f.set("contact", f.said(i, e))
				f.mark(k, e)
			}
		}
	}
	for _, p := range f.parts {
		if f.customerAfter("customer", p, "加到", "存到", "记到", "录到", "放到", "挂到", "加进", "录进") {
			break
		}
	}
	p := f.parts[0]
	if !f.has("customer") && !f.customerAt("customer", p.i, p.j) {
		f.customerAfter("customer", p, "给", "在", "为", "到", "往", "把")
	}
	f.markAll("的联系人", "联系人", "对接人")
	for _, p := range f.parts { // 新来了个采购总监叫杜鹃
		for k := p.i; k < p.j && !f.has("contact"); k++ {
			if n := f.anyAt(k, "名叫", "叫", "名字是", "姓名"); n > 0 && f.at[k] == nil && !f.used[k] {
				if e := f.person(k+n, p.j); e > k+n {
					f.set("contact", f.said(k+n, e))
					f.mark(k, e)
					if _, i, j := f.lookup("job"); j > i {
						f.set("title", f.said(i, j))
						f.mark(i, j)
					}
				}
			}
		}
	}
	for _, x := range f.pieces() {
		i, j := f.bare(x[0], x[1])
		if i >= j || f.label(i, j) {
			continue
		}
		f.who(i, j)
	}
	if !f.has("contact") {
		for _, p := range f.parts {
			for k := p.i; k < p.j && !f.has("contact"); k++ {
				if f.used[k] || k > p.i && isHan(f.norm[k-1]) && !f.used[k-1] && f.v.gaps.endsAt(f.line, p.i, k) == 0 {
					continue
				}
				if e := f.person(k, p.j); e > k && isHan(f.norm[k]) && f.free(k, e) {
					f.set("contact", f.said(k, e))
					f.mark(k, e)
				}
			}
		}
	}
	if !f.has("title") {
		if _, i, j := f.lookup("job"); j > i {
			f.set("title", f.said(i, j))
			f.mark(i, j)
		}
	}
}

// birthday reads 生日六月一号, 1985年3月5日出生.
func (f *frame) birthday() {
	at := f.before("生日", "出生", "生于", "生辰")
	if at < 0 {
		return
	}
	for _, sp := range f.find('T') {
		if sp.when.Grain != Day {
			continue
		}
		if f.badDate("birthday", sp) {
			return
		}
		form := "01-02"
		if !sp.when.NoYear {
			form = "2006-01-02"
		}
		f.set("birthday", sp.when.From.Format(form))
		f.mark(sp.i, sp.j)
		for _, p := range f.parts {
			for k := p.i; k < p.j; k++ {
				if n := f.anyAt(k, "生日是", "生日在", "生日", "出生", "生于"); n > 0 {
					f.mark(k, k+n)
				}
			}
		}
		return
	}
}
