package parse

import (
	"slices"
	"strings"
)

// contactCreate reads a new contact of a customer.
func (f *frame) contactCreate() {
	f.markHit()
	f.common()
	f.birthday()
	for _, p := range f.parts { // 联系人 孙权 …
		for k := p.i; k < p.j && !f.has("contact"); k++ {
			n := f.anyAt(k, "联络人是", "联络人:", "联络人", "联系人是", "联系人叫", "联系人:", "联系人：", "联系人", "对接人是", "对接人叫", "对接人换成了", "对接人换成", "对接人")
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
	if c, ok := f.params["customer"].(string); ok && strings.HasSuffix(c, "新") && f.before("新联系人", "新对接人", "新联络人", "新来的") >= 0 { // 洛可可新对接人
		f.set("customer", strings.TrimSuffix(c, "新"))
	}
	f.markAll("的联系人", "联络人", "联系人", "对接人")
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
	f.department()
}

// department takes a department that stands by itself as what the person does: 刘工 13911112222 技术.
func (f *frame) department() {
	for _, x := range f.pieces() {
		i, j := f.bare(x[0], x[1])
		if f.has("title") || j-i < 2 || !f.free(i, j) || f.hasAt(j, "的") {
			continue
		}
		name := strings.TrimSuffix(string(f.norm[i:j]), "部")
		if slices.Contains(f.v.pack.Extra["departments"], name) {
			f.set("title", f.said(i, j))
			f.mark(i, j)
		}
	}
}

// birthday reads 生日六月一号, 1985年3月5日出生.
func (f *frame) birthday() {
	at := f.before("生日", "出生", "生于", "生辰")
	for _, sp := range f.find('T') {
		if sp.when.Grain != Day || at < 0 && f.anyAt(sp.j, "生的", "生") == 0 {
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
		f.mark(sp.i, sp.j+f.anyAt(sp.j, "生的", "生"))
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
