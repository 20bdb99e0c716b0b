package parse

import (
	"slices"
	"strings"
)

// behind reads the value said after a label: 行业是装备制造, 级别：重点.
func (f *frame) behind(label, param, list string) {
	if f.has(param) {
		return
	}
	i := f.before(label)
	for i >= 0 && list != "" { // 行业沙龙上加的…，行业物流
		j := i + utf8Len(label)
		if j >= f.limit(i) || isEdge(f.norm[j]) || f.v.terms[list].find.at(f.line, j) > 0 || f.anyAt(j, "是", "为", "属于", "算", "定为", "填", "做") > 0 {
			break
		}
		next := -1
		for _, p := range f.parts {
			for k := max(p.i, j); k < p.j && next < 0; k++ {
				if f.hasAt(k, label) && f.at[k] == nil && !f.used[k] {
					next = k
				}
			}
		}
		if next < 0 {
			break
		}
		i = next
	}
	if i < 0 || f.used[i] || f.v.jobs.at(f.line, i) > utf8Len(label) || utf8Len(label) == 2 && i > f.start() && isHan(f.norm[i-1]) && !f.used[i-1] && f.at[i-1] == nil && f.v.terms[list].find.endsAt(f.line, f.start(), i) > 0 { // 物流行业
		return
	}
	j := i + utf8Len(label)
	limit := f.limit(i)
	strong := list != "" && (i == f.partStart(i) || f.norm[i-1] == ' ' || f.used[i-1])
	for j < limit && (isEdge(f.norm[j]) || f.anyAt(j, "是", "为", "属于", "算", "定为", "填", "做") > 0) {
		strong = true
		j++
	}
	if list != "" {
		if name, n := f.v.terms[list].at(f.line, j); n > 0 {
			if list == "industry" || list == "region" {
				name = f.said(j, j+n)
			}
			f.set(param, name)
			f.mark(i, j+n)
			return
		}
	}
	if !strong || f.at[j] != nil {
		return
	}
	k := f.run(j, limit)
	if k > j {
		f.set(param, f.said(j, k))
		f.mark(i, k)
	}
}

func (f *frame) wechat() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "微信号", "微信", "wechat", "vx", "wx", "薇信", "v信")
			if n == 0 {
				continue
			}
			i := k + n
			for i < p.j && (isEdge(f.norm[i]) || f.norm[i] == '是' || f.norm[i] == '号') {
				i++
			}
			j := i
			for j < p.j && f.norm[j] < 128 && (isAlnum(f.norm[j]) || f.norm[j] == '_' || f.norm[j] == '-') {
				j++
			}
			if j-i >= 4 && (f.at[i] == nil || f.at[i].kind != 'P') {
				f.set("wechat", f.said(i, j))
				f.mark(k, j)
				return
			}
			k = i
		}
	}
}

// labelStart reports whether a clause begins with a label of another parameter.
func (f *frame) labelStart(i int) bool {
	return f.anyAt(i, "电话", "手机", "联系", "来源", "渠道", "行业", "微信", "邮箱", "地区", "区域", "级别", "职位", "公司", "姓名", "联系人", "分给", "转给") > 0
}

// pieces are the unused stretches of the frame, cut at spaces and stops.
func (f *frame) pieces() [][2]int {
	var all [][2]int
	for _, p := range f.parts {
		i := -1
		for k := p.i; k <= p.j; k++ {
			if k == p.j || f.used[k] || f.norm[k] == '、' || f.norm[k] == ':' || f.norm[k] == '"' || f.norm[k] == '/' || f.norm[k] == ' ' && !(i >= 0 && f.latinJoint(k, i, p.j)) {
				if i >= 0 && k > i {
					all = append(all, [2]int{i, k})
				}
				i = -1
				continue
			}
			if i < 0 {
				i = k
			}
		}
	}
	return all
}

// label reads a piece that names its own meaning: 联系人王强, 公司名云帆.
func (f *frame) label(i, j int) bool {
	for _, l := range []struct{ word, param string }{{"联系人是", "contact"}, {"联系人叫", "contact"}, {"联系人", "contact"}, {"对接人是", "contact"}, {"对接人叫", "contact"}, {"对接人", "contact"}, {"对方是", "contact"}, {"对方叫", "contact"}, {"负责人是", "contact"}, {"负责人叫", "contact"}, {"姓名", "contact"}, {"名字叫", "contact"}, {"名字是", "contact"}, {"名叫", "contact"}, {"名字", "contact"}, {"全称是", "company"}, {"全称", "company"}, {"公司名称是", "company"}, {"公司名称", "company"}, {"公司名", "company"}, {"公司叫", "company"}, {"公司是", "company"}, {"单位是", "company"}, {"单位", "company"}, {"公司", "company"}, {"叫", "contact"}, {"找", "contact"}, {"活动", "campaign"}, {"职位", "title"}, {"职务", "title"}} {
		n := f.anyAt(i, l.word)
		if n == 0 || i+n >= j {
			continue
		}
		k, e := f.trim(i+n, j)
		if l.param == "contact" {
			if t := f.job(k, e); t > k && t < e && f.person(t, e) > t && !f.has("title") {
				f.set("title", f.said(k, t))
				f.mark(i, t)
				k = t
			}
			if p := f.person(k, e); p > k {
				f.set("contact", f.said(k, p))
				f.mark(i, p)
				f.jobOf(p, e)
				return true
			}
			if l.word == "找" {
				return false
			}
			for _, into := range []struct{ action, param string }{{"customer.create", "customer"}, {"lead.create", "company"}} {
				if (strings.Contains(l.word, "叫") || l.word == "名字是") && f.action == into.action && !f.has(into.param) && f.isName(k, e) {
					f.set(into.param, f.said(k, e))
					f.mark(i, e)
					return true
				}
			}
			if l.word == "叫" {
				return false
			}
		}
		if l.param == "company" && f.action == "customer.create" {
			f.set("customer", f.said(k, e))
		} else {
			f.set(l.param, f.said(k, e))
		}
		f.mark(i, j)
		return true
	}
	return false
}

// jobOf takes a job title that stands at i.
func (f *frame) jobOf(i, limit int) bool {
	for i < limit && (f.norm[i] == ' ' || f.hasAt(i, "是") || f.hasAt(i, "任") || f.hasAt(i, "职位") || f.hasAt(i, "他们的") || f.hasAt(i, "(")) {
		i++
	}
	if e := f.job(i, limit); e > i && !f.has("title") {
		f.set("title", f.said(i, e))
		f.mark(i, e)
		return true
	}
	return false
}

// houseEnd gives the end of a company's name [i,j) without a department at its tail: 苏州固锝|采购部.
func (f *frame) houseEnd(i, j int) int {
	for _, d := range departments {
		if n := utf8Len(d); j-n >= i+2 && f.hasAt(j-n, d) && f.at[j-1] == nil {
			return j - n
		}
	}
	return j
}

// roleOf reads what somebody of a company that is known does, said before a form of address: 质检的符工, 采购那边的刘姐. A department with its
// 部 says where somebody sits, not what they do.
func (f *frame) roleOf(i, j int, companyParam string) bool {
	if !f.has(companyParam) && f.action != "contact.create" || f.has("contact") {
		return false
	}
	for k := i + 2; k < j && k <= i+10; k++ {
		n := f.anyAt(k, "那边的", "这边的", "那块的", "口的", "岗的", "那边是", "的")
		if n == 0 || f.person(k+n, j) != j || !f.addressed(k+n, j) {
			continue
		}
		name := string(f.norm[i:k])
		job := f.job(i, k) == k || slices.Contains(f.v.pack.Extra["departments"], name)
		if where := f.v.teams.endsAt(f.line, i, k); !job && where == 0 && !slices.Contains(departments, name) {
			continue
		}
		f.set("contact", f.said(k+n, j))
		if job && !f.has("title") {
			f.set("title", f.said(i, k))
		}
		f.mark(i, j)
		return true
	}
	return false
}

// who reads a piece as a company, a person, a job title, or several of them together.
func (f *frame) who(i, j int) {
	companyParam := "company"
	if f.action == "customer.create" || f.action == "contact.create" {
		companyParam = "customer"
	}
	if f.v.notNames[string(f.norm[i:j])] && f.job(i, j) != j {
		return
	}
	if !f.has(companyParam) && f.quoted(i) == j && f.isName(i, j) && f.person(i, j) != j {
		f.set(companyParam, f.said(i, j))
		f.mark(i, j)
		return
	}
	if e := f.job(i, j); e == j {
		if !f.has("title") {
			f.set("title", f.said(i, j))
		}
		f.mark(i, j)
		return
	}
	if f.anyAt(i, "公司") == j-i {
		return
	}
	if e := f.job(i, j); e > i && e < j && f.norm[e] == ' ' && !f.has("contact") { // CTO Lena
		if b := f.skipSpace(e, j); f.person(b, j) == j && b < j {
			f.set("title", f.said(i, e))
			f.set("contact", f.said(b, j))
			f.mark(i, j)
			return
		}
	}
	if e := f.given(i, j); e > i && !f.has("contact") && (e == j || f.norm[e] == ' ' && !isHan(f.norm[j-1])) {
		f.set("contact", f.said(i, j))
		f.mark(i, j)
		return
	}
	if e := f.person(i, j); e > i && e == j && f.v.suffixes.endsAt(f.line, i, j) == 0 && (isHan(f.norm[i]) && (j-i <= 3 || f.v.titles.endsAt(f.line, i, j) > 0 || f.v.compound.at(f.line, i) > 0) && (f.has(companyParam) || f.addressed(i, j) || f.action != "customer.create" && (f.has("phone") || f.has("wechat") || f.has("email") || f.action == "contact.create")) || !isHan(f.norm[i]) && f.has(companyParam)) && !f.has("contact") {
		f.set("contact", f.said(i, j))
		f.mark(i, j)
		return
	}
	if e := f.job(i, j); e > i && e < j && !f.has("contact") { // 院长叫翁美玲
		if n := f.anyAt(e, "名叫", "叫", "是", "姓名", "：", ":"); n > 0 && f.person(e+n, j) == j && e+n < j {
			f.set("title", f.said(i, e))
			f.set("contact", f.said(e+n, j))
			f.mark(i, j)
			return
		}
	}
	// 王强采购经理, 云帆科技的王总, 云帆科技采购经理王强
	if e := f.person(i, j); e > i && e < j && (f.has(companyParam) || f.v.jobs.at(f.line, e) > 0) && f.job(e, j) == j && !f.has("contact") {
		f.set("contact", f.said(i, e))
		f.set("title", f.said(e, j))
		f.mark(i, j)
		return
	}
	if e := f.job(i, j); e > i && e < j && f.person(e, j) == j && !f.has("contact") {
		f.set("title", f.said(i, e))
		f.set("contact", f.said(e, j))
		f.mark(i, j)
		return
	}
	if f.roleOf(i, j, companyParam) {
		return
	}
	for k := i + 2; k < j; k++ {
		if f.norm[k] == '的' || f.v.suffixes.endsAt(f.line, i, k) > 0 && k-i >= 4 || f.v.places.endsAt(f.line, i, k) > 0 && k-i >= 4 {
			b := k
			if f.norm[k] == '的' {
				b++
			}
			x := b
			title := f.job(x, j)
			if title > x {
				x = title
			}
			if e := f.person(x, j); e == j && e > x && !f.has(companyParam) && !f.has("contact") {
				f.set(companyParam, f.said(i, f.houseEnd(i, k)))
				f.set("contact", f.said(x, e))
				if title > b {
					f.set("title", f.said(b, title))
				}
				f.mark(i, j)
				return
			}
		}
	}
	if !f.has(companyParam) && !f.has("title") { // 江南春酒店总经理
		for k := i + 2; k < j; k++ {
			if f.job(k, j) == j && (f.v.suffixes.endsAt(f.line, i, k) > 0 || f.v.places.endsAt(f.line, i, k) > 0 || f.has("contact") && k-i >= 3) && f.isName(i, k) {
				f.set(companyParam, f.said(i, k))
				f.set("title", f.said(k, j))
				f.mark(i, j)
				return
			}
		}
	}
	if c, k := f.tailPerson(i, j); c != "" && !f.has("contact") && !f.has(companyParam) && k >= i+2 {
		f.set(companyParam, f.said(i, f.houseEnd(i, k)))
		f.set("contact", c)
		f.mark(i, j)
		return
	}
	if !f.has(companyParam) {
		e := f.run(i, j)
		k, e := f.bare(i, e)
		if f.isName(k, e) {
			f.set(companyParam, f.said(k, e))
			f.mark(i, j)
			return
		}
	}
	if !f.has("contact") {
		if e := f.person(i, j); e > i && (isHan(f.norm[i])) && e == j {
			f.set("contact", f.said(i, e))
			f.mark(i, e)
		}
	}
}
