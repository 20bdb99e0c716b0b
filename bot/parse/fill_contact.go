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
	f.whoIs()
	f.filedUnder()
	for _, p := range f.parts {
		if f.has("customer") {
			break
		}
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
		if i < j && hasAny(string(f.norm[i:j]), []string{"回头再", "回头补", "稍后", "晚点再", "之后再", "待定", "待补", "暂无", "暂时没"}) && f.at[i] == nil { // 名字回头再补
			f.mark(i, j)
			continue
		}
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

// whoIs reads who somebody is that the message opens with: 佘工是楚天塑业那边管设备的.
func (f *frame) whoIs() {
	p := f.parts[0]
	i := f.skip(p.i, p.j)
	e := f.person(i, p.j)
	if f.has("contact") || e <= i || !isHan(f.norm[i]) || !f.addressed(i, e) && !f.v.surnames[f.norm[i]] {
		return
	}
	n := f.anyAt(e, "他是", "她是", "是")
	if n == 0 || f.anyAt(e, "是不是", "是否") > 0 || e+n+3 > p.j || f.has("customer") || !f.customerAt("customer", e+n, p.j) {
		return
	}
	f.set("contact", f.said(i, e))
	f.mark(i, e+n)
}

// filedUnder reads whose contacts somebody joins, who is named behind 把: 把佘倩加到完美日记的联系人里.
func (f *frame) filedUnder() {
	for _, p := range f.parts {
		for k := p.i + 2; k < p.j && !f.has("customer"); k++ {
			n := f.anyAt(k, "加到", "存到", "记到", "录到", "放到", "挂到", "加进", "录进", "存进", "加入", "添加到", "录入到")
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := f.skip(p.i, k)
			i += f.anyAt(i, "把", "将")
			end := p.j
			for x := k + n + 2; x < p.j; x++ {
				if f.anyAt(x, "的联系人", "联系人", "的通讯录", "名下", "下面", "的客户") > 0 {
					end = x
					break
				}
			}
			for x := k + n; x < end; x++ {
				f.used[x] = false
			}
			if !f.customerAt("customer", k+n, end) {
				continue
			}
			if e := f.person(i, k); e > i && !f.has("contact") && (e == k || f.at[e] != nil || !isHan(f.norm[e]) || f.job(e, k) > e) {
				f.set("contact", f.said(i, e))
				f.mark(i, e)
			}
			f.mark(k, k+n)
		}
	}
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
		if sp.when.Grain != Day || at < 0 && f.anyAt(sp.j, "生的", "生日", "生") == 0 {
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
