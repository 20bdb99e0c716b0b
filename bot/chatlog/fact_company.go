package chatlog

import "strings"

// findCompanies finds the companies that a customer names as their own or in full.
func (f *finder) findCompanies() {
	for _, s := range f.lines {
		if !s.customers() {
			continue
		}
		for n := range s.clauses {
			c := &s.clauses[n]
			if i, j := c.formalCompany(); j > i {
				f.company(c, i, j)
				continue
			}
			if i, j := c.invoiced(); j > i {
				f.company(c, i, j)
				continue
			}
			for _, m := range c.all("we_are") {
				i := m.j
				for i < c.j && strings.ContainsRune(" :：是叫写", c.text[i]) {
					i++
				}
				j := i
				for j < c.bare && (han(c.text[j]) || latin(c.text[j]) || digit(c.text[j])) && c.text[j] != '的' {
					j++
				}
				if !c.ask && c.companyNamed(i, j) {
					f.company(c, i, j)
					break
				}
				if e := c.inCompany(i, j); e > i {
					f.company(c, i, e)
					break
				}
			}
		}
	}
}

// invoiced finds the name to which the invoice goes, which is the rest of the clause: 开票开可可餐饮.
func (c *clause) invoiced() (int, int) {
	m, ok := c.first("invoice.to")
	if !ok || c.ask || c.is("question") {
		return 0, 0
	}
	i, j := m.j, m.j
	for i < c.j && strings.ContainsRune(" :：给到是写", c.text[i]) {
		i++
	}
	for j = i; j < c.bare && (han(c.text[j]) || latin(c.text[j])) && j-i < 16; j++ {
	}
	if j < c.bare || j-i < 4 || c.at("not_company", i) > 0 || strings.ContainsAny(string(c.text[i:j]), "票个不没多少什么了税点就") { // 普票就行
		return 0, 0
	}
	return i, j
}

func (f *finder) company(c *clause, i, j int) {
	name := c.typed(i, j)
	if f.own.has(name) || f.rivals[name] != nil {
		return
	}
	f.add(Fact{Kind: Company, Value: name, Lines: []int{c.N}})
}

// formalCompany finds a name that ends like a registered one: 杭州云帆科技有限公司.
func (c *clause) formalCompany() (int, int) {
	m, ok := c.first("formal")
	if !ok {
		return 0, 0
	}
	i := m.i
	for i > c.i && (han(c.text[i-1]) || latin(c.text[i-1]) || digit(c.text[i-1]) || c.text[i-1] == '(' || c.text[i-1] == ')' || c.text[i-1] == '（' || c.text[i-1] == '）') && c.endsAt("name_lead", i) == 0 && m.i-i < 20 {
		i--
	}
	for i < m.i && strings.ContainsRune("()（）", c.text[i]) {
		i++
	}
	if m.i-i < 2 || c.at("not_company", i) > 0 || m.j-m.i < 4 && c.doing(i, m.i) {
		return 0, 0
	}
	return i, m.j
}

// companyNamed reports whether the whole of [i,j) ends like the name of a company.
func (c *clause) companyNamed(i, j int) bool {
	n := max(c.endsAt("suffix", j), c.endsAt("place", j))
	return n > 0 && j-i-n >= 1 && j-i >= 3 && j-i <= 20 && c.at("not_company", i) == 0 && !c.doing(i, j)
}

// inCompany finds the end of a company's name that begins at i and is followed by more: 云帆科技采购部.
func (c *clause) inCompany(i, j int) int {
	for k := i + 3; k < j; k++ {
		if c.endsAt("suffix", k) > 1 && c.companyNamed(i, k) && (c.at("job", k) > 0 || c.at("department", k) > 0) {
			return k
		}
	}
	return i
}

// companyLike reports whether [i,j), said before 的 and a person, can be a company.
func (c *clause) companyLike(i, j int) bool {
	if j-i < 2 || j-i > 16 || c.at("not_company", i) > 0 || c.endsAt("department", j) > 0 || c.endsAt("job", j) > 0 {
		return false
	}
	return !c.doing(i, j)
}

// doing reports whether a verb or pronoun stands in [i,j), so that it is no name.
func (c *clause) doing(i, j int) bool {
	for k := i; k < j; k++ {
		if c.at("not_in_company", k) > 0 {
			return true
		}
	}
	return false
}

// companyBefore gives the company whose name ends right before the person at i: 云帆科技王总, 云帆科技的王总.
func (c *clause) companyBefore(i int) string {
	j := i
	if j > c.i && c.text[j-1] == '的' {
		j--
	}
	if c.endsAt("suffix", j) < 2 {
		return ""
	}
	k := j
	for k > c.i && (han(c.text[k-1]) || latin(c.text[k-1])) && c.endsAt("name_lead", k) == 0 && j-k < 12 {
		k--
	}
	if !c.companyNamed(k, j) {
		return ""
	}
	return c.typed(k, j)
}
