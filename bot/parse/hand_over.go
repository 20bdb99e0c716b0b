package parse

import "strings"

// toWords stand before the colleague who gets something.
var toWords = []string{"负责人变更为", "负责人变更成", "负责人调整为", "负责人更换为", "负责人更换成", "负责人更改为", "负责人更新为", "负责人设为", "负责人定为", "归属人改为", "归属人", "归属到", "归属给", "变更为", "挪到", "挪给", "拨给", "移交至", "转交至", "交接至", "划转至", "分配至", "转至", "划至", "调至", "让给", "过给", "分派给", "委派给", "归属", "分配给", "指派给", "指定给", "安排给", "移交给", "交接给", "转交给", "转派给", "划拨给", "过户给", "划转给", "转移给", "过户到", "挂到", "移到", "转给", "分给", "派给", "交给", "划给", "划到", "换给", "换成", "换到", "调给", "移给", "丢给", "甩给", "推给", "转到", "归到", "改由", "派到", "分到", "转派到", "派", "归", "转由", "由", "给到", "给", "让", "请", "叫", "找", "assign给", "assign to", "→", "->", "=>", "负责人改成", "负责人改为", "负责人换成", "负责人是", "负责人", "归属改为", "到", "移交", "转交", "交接", "划转", "过户", "转", "划", "换"}

// handOver reads who gets the lead, the customer or the ticket, and which one.
func (f *frame) handOver(param string) {
	if r := recordOf[f.action]; r != "" {
		f.id(r)
	}
	if f.action == "customer.transfer" {
		f.formerOwner()
	}
	best, bi, bj := "", 0, 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil {
				continue
			}
			n := f.anyAt(k, toWords...)
			if n == 0 || n <= 2 && f.anyAt(k+n, toWords...) >= 2 { // 请|指派给业务二部
				continue
			}
			if m := f.anyAt(k+n, "新来的", "新同事", "新人", "值班的", "隔壁的", "同事", "我们组的", "我们部门的", "部门的", "组里的"); m > 0 && f.person(k+n+m, p.j) > k+n+m {
				n += m
			}
			who, e := f.colleague(k+n, p.j)
			if who == "" || e <= k+n {
				continue
			}
			if e-k-n >= 3 && e >= p.j && strings.ContainsRune("接跟管带盯", f.norm[e-1]) && f.person(k+n, e-1) == e-1 { // 让慕容晴|接
				e--
				who = f.said(f.skipSpace(k+n, e), e)
			}
			if f.bareVerb(k, n) && !f.surelyColleague(k+n, e) {
				continue
			}
			if f.hasAt(k, "到") && n == 1 && f.team(f.skip(k+n, p.j), p.j) <= k+n {
				continue
			}
			if n == 1 && f.anyAt(k, "让", "请", "叫", "找", "由", "给", "归") > 0 && best != "" && who == "me" {
				continue
			}
			if f.hasAt(k, "给") && n == 1 && f.anyAt(e, "换", "转", "分", "派") > 0 { // 给百川换个人
				continue
			}
			if who == "me" && f.anyAt(k, "帮", "请") > 0 {
				continue
			}
			best, bi, bj = who, k, e
			k = e - 1
		}
	}
	if best == "" {
		if who, i, j := f.taker(); who != "" {
			best, bi, bj = who, i, j
		}
	}
	if best == "" && len(f.parts) > 1 { // 2210号线索，司徒楠，分过去
		for _, p := range f.parts[1:] {
			if i := f.skip(p.i, p.j); i < p.j && f.at[i] == nil && f.person(i, p.j) == p.j && f.colleagueName(i, p.j) && f.surelyColleague(i, p.j) && f.free(i, p.j) {
				best, bi, bj = f.said(i, p.j), i, p.j
				break
			}
		}
	}
	if best != "" {
		f.set(param, best)
		f.mark(bi, bj)
	}
	f.markHit()
	f.markAll("那条线索", "这条线索", "线索", "工单", "客户")
	if r := recordOf[f.action]; r == "" || !f.has(r) {
		for _, p := range f.parts { // 韩雪要休产假了,把蓝鲸软件划给大刘
			if f.customerAfter("customer", p, "把", "将") || f.customerAfter("customer", p, "她手上的", "他手上的", "她手里的", "他手里的", "她手头的", "他手头的", "她名下的", "他名下的", "她负责的", "他负责的", "她跟的", "他跟的", "她那边的", "他那边的", "她那儿的", "他那儿的") {
				break
			}
		}
		if !f.has("customer") {
			f.customer("customer")
		}
	}
	if c, ok := f.params["customer"].(string); ok && c == best {
		delete(f.params, "customer")
	}
	if f.action == "customer.transfer" {
		f.moreCustomers()
	}
}

// rank passes the team or the job title before a person's name and gives where the name begins, else i.
func (s *scan) rank(i, limit int) int {
	k := i
	if j := s.team(k, limit); j > k {
		k = j
	}
	if n := s.v.jobs.at(s.line, k); n > 1 && k+n <= limit {
		k += n
	} else if k > i && !s.hasAt(k, "的") && !s.hasAt(k, " ") {
		return i
	}
	for k > i && k < limit && (s.norm[k] == '的' || s.norm[k] == ' ') {
		k++
	}
	if k == i || k >= limit || !isHan(s.norm[k]) || s.v.titles.at(s.line, k) > 0 || s.person(k, limit) < k+2 {
		return i
	}
	return k
}

// formerOwner marks whose the customer was until now: 从李娜名下, 把李娜手上的.
func (f *frame) formerOwner() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "从", "把", "将", "原来", "原本", "原先")
			if f.at[k] != nil || n == 0 && k != p.i {
				continue
			}
			e := f.person(k+n, p.j)
			if e <= k+n || !f.colleagueName(k+n, e) {
				continue
			}
			if m := f.anyAt(e, "名下的", "名下", "手上的", "手上", "手里的", "手里", "手头的", "手头", "那儿的", "那里的", "那边的", "负责的", "跟的"); m > 0 {
				f.mark(k+n, e+m)
				if f.hasAt(k, "从") || f.hasAt(k, "原") {
					f.mark(k, k+n)
				}
				return
			}
		}
	}
}

// moreCustomers reads the further names of a list of customers: 把云帆和百川都转给吴迪.
func (f *frame) moreCustomers() {
	first, ok := f.params["customer"].(string)
	if !ok || f.before("都", "两家", "一起", "全", "这两", "、", "分别", "一并") < 0 {
		return
	}
	p := f.parts[0]
	for k := p.i; k < p.j; k++ {
		n := utf8Len(first)
		if k+n > p.j || f.said(k, k+n) != first {
			continue
		}
		for k += n; k < p.j; {
			m := f.anyAt(k, "、", "和", "跟", "与", "以及", "还有", " ")
			if m == 0 {
				return
			}
			j := f.run(k+m, p.j)
			if !f.isName(k+m, j) || !f.free(k+m, j) {
				return
			}
			f.more = append(f.more, f.said(k+m, j))
			f.mark(k, j)
			k = j
		}
	}
}

// bareVerb reports whether the word at k is a verb of handing over without 给, which a name must follow.
func (f *frame) bareVerb(k, n int) bool {
	return f.anyAt(k, "移交", "转交", "交接", "划转", "过户", "转", "划", "换") == n && f.hasAt(k+n-1, "给") == false
}

// surelyColleague reports whether [i,j) is a colleague without a word that says so: Tony, 老董, 西北组.
func (f *frame) surelyColleague(i, j int) bool {
	i = f.skipSpace(i, j)
	return f.given(i, j) == j || f.team(i, j) == j || j-i == 2 && strings.ContainsRune("老小阿大", f.norm[i]) || f.person(i, j) == j && j-i == 3
}

// taker finds the colleague in sentences such as 吴迪接手百川, 我来跟.
func (f *frame) taker() (who string, i, j int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "来接手", "接手", "来跟进", "来跟", "来负责", "接管", "来处理", "去处理", "来对接", "接着跟", "负责", "跟进", "处理", "接", "去跟", "跟", "管", "带")
			if n == 0 || f.at[k] != nil {
				continue
			}
			b := k
			for b > p.i && f.norm[b-1] == ' ' {
				b--
			}
			for i := max(p.i, b-6); i < b; i++ {
				if f.norm[i] == ' ' {
					continue
				}
				if i > p.i && strings.ContainsRune("以之往现今", f.norm[i-1]) {
					continue
				}
				if w, e := f.colleague(i, b); w != "" && e == b && (i == p.i || f.gapOrEdge(i)) && (w == "me" || f.person(i, b) == b || f.team(i, b) == b) {
					return w, i, e
				}
			}
		}
	}
	for _, p := range f.parts { // 1620号工单我来
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "我来", "我接", "我拿", "我跟", "我弄", "我搞定", "我处理")
			if n == 0 || f.at[k] != nil || f.anyAt(k+n, "说", "问", "看", "的") > 0 {
				continue
			}
			e := k + n + f.anyAt(k+n, "吧", "好了", "了", "哈", "就行")
			if e >= p.j {
				return "me", k, e
			}
		}
	}
	return "", 0, 0
}

func (f *frame) gapOrEdge(i int) bool {
	return i == 0 || !isHan(f.norm[i-1]) || f.at[i-1] != nil || f.v.gaps.endsAt(f.line, max(0, i-6), i) > 0
}
