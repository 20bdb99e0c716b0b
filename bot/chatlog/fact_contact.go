package chatlog

import (
	"slices"
	"strings"
)

// owned is what belongs to our side, and therefore is no fact.
type owned struct {
	names  []string        // of our people, as they sign
	called map[string]bool // how customers address them: 乔经理
	ids    map[string]bool // their phones and mail addresses
}

// findOwn gathers what belongs to our side: the names given or seen, how customers address us, our numbers.
func (f *finder) findOwn() {
	f.own = owned{names: slices.Clone(f.o.Us), called: map[string]bool{}, ids: map[string]bool{}}
	for _, s := range f.lines {
		if s.Side == Us && s.Sender != "" && !slices.Contains(f.own.names, s.Sender) {
			f.own.names = append(f.own.names, s.Sender)
		}
	}
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			if s.Side == Us {
				for _, sp := range append(c.spansOf('P'), c.spansOf('E')...) {
					if !f.yours(c) {
						f.own.ids[sp.id] = true
					}
				}
				continue
			}
			for i := c.i; i < c.j && c.is("address"); i++ {
				j := c.titled(i)
				if j == i {
					continue
				}
				name := string(c.text[i:j])
				if s.Side == Customer && c.vocative(i, j) || f.own.signs(c.text[i:j]) {
					f.own.called[name] = true
				}
				i = j - 1
			}
		}
	}
}

// signs reports whether one of our people has the surname that the form of address begins with.
func (o *owned) signs(called []rune) bool {
	for _, n := range o.names {
		r := []rune(n)
		if len(r) >= 2 && len(r) <= 3 && r[0] == called[0] || strings.Contains(n, string(called)) {
			return true
		}
	}
	return false
}

// has reports whether the name belongs to our side or holds the name of one of our people.
func (o *owned) has(name string) bool {
	if name == "" || o.called[strings.ToLower(name)] {
		return true
	}
	for _, n := range o.names {
		if strings.Contains(n, name) || strings.Contains(name, n) && len([]rune(n)) > 1 {
			return true
		}
	}
	return false
}

// vocative reports whether the name at [i,j) calls somebody: 王总好, 好的李经理, 张工，….
func (c *clause) vocative(i, j int) bool {
	if c.at("about", j) > 0 {
		return false
	}
	if (i == c.i || i == c.i+1 && strings.ContainsRune("阿小老", c.text[c.i])) && c.n == 0 {
		return true
	}
	return j >= c.bare && (i == c.i || c.at("polite", c.i) >= i-c.i)
}

// yours reports whether the clause speaks of what belongs to the other side.
func (f *finder) yours(c *clause) bool { return c.is("yours") }

// findReach finds phones, mail addresses and WeChat ids.
func (f *finder) findReach() {
	last := map[string]int{} // speaker → index of their last line with a phone
	for n, s := range f.lines {
		for k := range s.clauses {
			c := &s.clauses[k]
			for _, sp := range c.spansOf('P') {
				if f.phoneCounts(c, sp) {
					if at, ok := last[s.Sender]; ok && n-at <= 6 && f.corrects(f.lines[at+1:n+1], "reach.wrong") {
						old := f.lines[at].N
						f.drop(func(x Fact) bool {
							return x.Kind == Phone && len(x.Lines) == 1 && x.Lines[0] == old && x.Value != sp.id
						})
					}
					last[s.Sender] = n
					f.add(Fact{Kind: Phone, Value: sp.id, Lines: []int{s.N}})
				}
			}
			for _, sp := range c.spansOf('E') {
				if !f.own.ids[sp.id] && !(c.customers() && c.holds("你们邮箱", "你邮箱", "您邮箱", "你们的邮箱")) {
					f.add(Fact{Kind: Email, Value: sp.id, Lines: []int{s.N}})
				}
			}
			if c.is("wechat") {
				f.wechat(c, n)
			}
		}
	}
}

// corrects reports whether a word of the list stands in the lines.
func (f *finder) corrects(lines []*said, list string) bool {
	for _, s := range lines {
		for k := range s.clauses {
			if s.clauses[k].is(list) {
				return true
			}
		}
	}
	return false
}

func (f *finder) phoneCounts(c *clause, sp span) bool {
	if f.own.ids[sp.id] || len(sp.id) == 10 && !c.is("phone.cue") {
		return false
	}
	for _, m := range c.all("not_phone") {
		if m.j <= sp.i && sp.i-m.j <= 6 {
			return false
		}
	}
	if c.n > 0 {
		before := &c.said.clauses[c.n-1]
		if m, ok := before.first("not_phone"); ok && m.j >= before.bare-1 && c.i == sp.i {
			return false
		}
	}
	if c.Side == Us {
		return f.yours(c) && !c.holds("打我", "联系我", "我的", "我电话", "找我", "给我打")
	}
	return !c.is("your_phone")
}

// wechat reads the id behind a word for WeChat, in the same line or as a line of its own right behind.
func (f *finder) wechat(c *clause, n int) {
	if c.Side == Us && !f.yours(c) {
		return
	}
	for _, m := range c.all("wechat") {
		for k := m.j; k < c.j && k < m.j+8; k++ {
			if k > m.j && (latin(c.text[k-1]) || digit(c.text[k-1]) || c.text[k-1] == '_') {
				continue
			}
			if id := wechatID(c.said, k, c.j); id != "" {
				f.add(Fact{Kind: WeChat, Value: id, Lines: []int{c.N}})
				return
			}
		}
		if m.j < c.bare-4 || c.Side == Us {
			continue
		}
		if id := f.idAfter(c, n); id != "" {
			return
		}
	}
}

// idAfter reads an id that is a clause or line of its own behind a clause that ends with a word for WeChat.
func (f *finder) idAfter(c *clause, n int) string {
	next := c.n + 1
	s := c.said
	if next >= len(s.clauses) {
		if n+1 >= len(f.lines) || f.lines[n+1].Sender != s.Sender {
			return ""
		}
		s, next = f.lines[n+1], 0
	}
	d := &s.clauses[next]
	if d.i != 0 && s == c.said && !latin(s.text[d.i]) {
		return ""
	}
	id := wechatID(s, d.i, d.j)
	if id == "" || !strings.ContainsAny(id, "_-0123456789") {
		return ""
	}
	f.add(Fact{Kind: WeChat, Value: id, Lines: joinLines([]int{c.N}, []int{s.N})})
	return id
}

// wechatID reads an id of six to twenty letters, digits, - and _ that begins with a letter.
func wechatID(s *said, i, limit int) string {
	if i >= limit || !latin(s.text[i]) && s.text[i] != '_' {
		return ""
	}
	j := i
	for j < limit && (latin(s.text[j]) || digit(s.text[j]) || s.text[j] == '_' || s.text[j] == '-') {
		j++
	}
	if j-i < 5 || j-i > 20 || j < limit && (s.text[j] == '@' || s.text[j] == '.') {
		return ""
	}
	return string(s.text[i:j])
}

// findContacts finds the people that a customer names: in full where a name is due, with a title anywhere.
func (f *finder) findContacts() {
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			f.introduced(c)
			f.cued(c)
			f.beside(c)
			f.mentioned(c)
		}
	}
}

func (f *finder) contact(c *clause, i, j int, company string) {
	name := c.typed(i, j)
	if f.own.has(name) || len([]rune(name)) < 2 {
		return
	}
	if company != "" && f.own.has(company) {
		company = ""
	}
	f.add(Fact{Kind: Contact, Value: name, Company: company, Lines: []int{c.N}})
	if company != "" {
		f.add(Fact{Kind: Company, Value: company, Lines: []int{c.N}})
	}
}

// introduced reads 我是捷仓供应链的老蒲, 我叫王丽, 这边是望湖小学陈老师.
func (f *finder) introduced(c *clause) {
	for _, m := range c.all("i_am") {
		i := m.j
		for i < c.j && (c.text[i] == ' ' || c.text[i] == ':' || c.text[i] == '：') {
			i++
		}
		end := c.bare
		if j := c.person(i, end); j > i && c.nameEnds(j, end) && !(j < c.j && c.text[j] == '的' && j+1 == c.j && c.titled(i) == i) { // 我们是涂覆的
			f.contact(c, i, j, "")
			return
		}
		of := -1
		for k := i; k < end; k++ {
			if c.text[k] == '的' {
				of = k
			}
		}
		if of > i+1 {
			company := ""
			if e := c.withoutDepartment(i, of); c.companyLike(i, e) {
				company = c.typed(i, e)
			}
			k := of + 1
			if t := max(c.at("job", k), c.at("department", k)); t > 0 && k+t < end { // 采购小李
				if j := c.person(k+t, end); j > k+t {
					k += t
				}
			}
			if j := c.person(k, end); j > k {
				f.contact(c, k, j, company)
				return
			}
			continue
		}
		for k := i + 2; k < end; k++ { // 云帆科技王强: the company's ending parts them
			if c.endsAt("suffix", k) == 0 && c.endsAt("place", k) == 0 && c.endsAt("job", k) == 0 && c.endsAt("department", k) < 2 {
				continue
			}
			if j := c.person(k, end); j == end || j > k && c.nameEnds(j, end) {
				company := ""
				if e := c.withoutDepartment(i, k); c.companyLike(i, e) {
					company = c.typed(i, e)
				}
				f.contact(c, k, j, company)
				return
			}
		}
	}
}

// withoutDepartment gives where the name of a company in [i,j) ends when a department or a job stands behind it:
// 澄源水务化验室, 禾塑电器采购. What may as well be part of the name stays: 云帆技术.
func (c *clause) withoutDepartment(i, j int) int {
	for {
		n := max(c.endsAt("department", j), c.endsAt("job", j))
		if n < 2 || j-n-i < 2 || n == 2 && c.endsAt("department.part", j) == n {
			return j
		}
		j -= n
	}
}

// cued reads a name behind a word that announces one: 收件人孟夏, 联系人：李雷, 找王姐.
func (f *finder) cued(c *clause) {
	for _, m := range c.all("contact.cue") {
		i := m.j
		for i < c.j && strings.ContainsRune(" :：是叫写为填", c.text[i]) {
			i++
		}
		if n := max(c.at("department", i), c.at("job", i)); n > 1 && c.nicknamed(i+n) > i+n { // 找项目部阿勇收
			i += n
		}
		if j := c.person(i, c.j); j > i && c.at("not_contact", i) == 0 {
			f.contact(c, i, j, "")
			return
		}
	}
}

// beside reads the name right before a phone number: 孟夏 178…, 王工的电话是139….
func (f *finder) beside(c *clause) {
	for _, sp := range c.spansOf('P') {
		j := sp.i
		for moved := true; moved && j > c.i; {
			moved = false
			for j > c.i && strings.ContainsRune(" :：是的,，", c.text[j-1]) {
				j--
				moved = true
			}
			if n := c.endsAt("phone.word", j); n > 0 {
				j -= n
				moved = true
			}
		}
		from := c.i
		if j <= from && c.n > 0 { // the name is the clause before
			before := &c.said.clauses[c.n-1]
			if i := before.personBefore(before.bare); i >= 0 {
				f.contact(before, i, before.bare, "")
			}
			continue
		}
		if c.inSpan(j - 1) { // a@b.example 座机0512…
			continue
		}
		if i := c.personBefore(j); i >= 0 {
			f.contact(c, i, j, "")
		}
	}
}

// nameEmployers gives a person the company that the customer names in the same line, if it is the only one: 锦川酒店集团 梅春晓.
func (f *finder) nameEmployers() {
	company := func(line int) (name string, one bool) {
		for _, x := range f.facts {
			if x.Kind == Company && slices.Contains(x.Lines, line) {
				if name != "" {
					return "", false
				}
				name, _ = x.Value.(string)
			}
		}
		return name, name != ""
	}
	for _, x := range f.facts {
		if x.Kind == Contact && x.Company == "" {
			if name, ok := company(x.Lines[0]); ok {
				x.Company = name
			}
		}
	}
}

// personBefore gives where the name that ends at j begins, or -1.
func (c *clause) personBefore(j int) int {
	for i := max(c.i, j-6); i <= j-2; i++ {
		if i > c.i && han(c.text[i-1]) && c.endsAt("job", i) == 0 && c.endsAt("name_lead", i) == 0 && c.titled(i) != j && c.nicknamed(i) != j {
			continue
		}
		if c.person(i, j) == j {
			return i
		}
	}
	return -1
}

// mentioned reads people with a title of whom, not to whom, is spoken.
func (f *finder) mentioned(c *clause) {
	if !c.is("address", "job") {
		return
	}
	for i := c.i; i < c.j; i++ {
		j := c.titled(i)
		if j == i && i > c.i && c.endsAt("job", i) > 0 { // 会计小魏
			j = c.nicknamed(i)
		}
		if j == i {
			continue
		}
		if !c.vocative(i, j) && !(c.Side == "" && i == c.i) && !f.own.called[string(c.text[i:j])] {
			f.contact(c, i, j, c.companyBefore(i))
		}
		i = j - 1
	}
}
