package namecard

import (
	"regexp"
	"strings"
	"unicode"

	"gendan/crm"
)

// people reads names and titles from what is left: alone on a line, side by side, or run together.
func (r *reading) people() {
	named, entitled := 0, 0
	take := func(n string, worth int) {
		if worth == 1 && countHan(n) == 0 {
			if r.english.Name == "" {
				r.english.Name = n
			}
			return
		}
		if worth > named {
			r.card.Name, named = n, worth
		}
	}
	entitle := func(t string, worth int) {
		switch {
		case worth == 0:
		case worth == 1:
			if r.english.Title == "" {
				r.english.Title = t
			}
		case worth > entitled:
			r.card.Title, entitled = t, worth
		case worth == entitled && len([]rune(r.card.Title))+len([]rune(t)) < 20 && !strings.Contains(r.card.Title, t):
			r.card.Title += "/" + t
		}
	}
	for i := range r.parts {
		p := &r.parts[i]
		switch p.slot {
		case person:
			if n, t := together(p.text); n != "" {
				take(n, 6)
				entitle(t, titleWorth(t))
			} else if n := joined(strings.TrimSpace(p.text)); n != "" && len([]rune(n)) <= 20 {
				take(n, 5)
			}
			p.text = ""
		case title:
			entitle(joined(p.text), 5)
			p.text = ""
		}
	}
	for i := range r.parts {
		p := &r.parts[i]
		if p.text == "" || p.slot != none {
			continue
		}
		if n, worth := asName(p.text); worth > 0 {
			if i+1 < len(r.parts) && titleWorth(r.parts[i+1].text) > 0 {
				worth++ // a name stands above or beside what its owner is
			}
			take(n, worth)
			continue
		}
		if n, t := together(p.text); n != "" {
			take(n, 4+min(1, titleWorth(t)))
			entitle(t, titleWorth(t))
			continue
		}
		if t, worth := asTitle(p.text); worth > 0 {
			entitle(t, worth)
			r.before(i)
		}
	}
}

// before puts the department in front of the title, when it stands on a part of its own just above.
func (r *reading) before(i int) {
	if i == 0 || r.parts[i-1].slot != none {
		return
	}
	if d := joined(r.parts[i-1].text); department.MatchString(d) && r.card.Title != "" && !strings.Contains(r.card.Title, d) {
		r.card.Title = d + r.card.Title
	}
}

var bothNames = regexp.MustCompile(`^([\p{Han}· ]{2,9})\s*[/(（,]?\s*([A-Z][A-Za-z.\-' ]{1,30})[)）]?$`)

// together takes apart what stands on one line: 王强 销售总监, 销售总监：王强, 王强(David Wang), 王强销售总监.
func together(s string) (name, title string) {
	s = strings.TrimSpace(s)
	if m := bothNames.FindStringSubmatch(s); m != nil {
		if n, worth := asName(m[1]); worth > 0 {
			t, _ := asTitle(m[2])
			return n, t
		}
		if n, t := together(strings.TrimSpace(m[1])); n != "" {
			return n, t
		}
	}
	cut := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("/|,，:：()（）-—", r) }
	words := strings.FieldsFunc(s, cut)
	// A name whose characters are set apart: 王 强 销售总监
	for n := min(4, len(words)); n >= 1; n-- {
		joinedName := strings.Join(words[:n], "")
		if n > 1 && len([]rune(joinedName)) != n {
			continue
		}
		if got, worth := asName(joinedName); worth > 1 && countHan(joinedName) > 0 {
			if rest := strings.Join(words[n:], " "); titleWorth(rest) > 0 {
				t, _ := asTitle(rest)
				return got, t
			}
		}
	}
	if len(words) >= 2 {
		last := words[len(words)-1]
		if got, worth := asName(last); worth > 1 && countHan(last) > 0 {
			if rest := strings.Join(words[:len(words)-1], " "); titleWorth(rest) > 0 {
				t, _ := asTitle(rest)
				return got, t
			}
		}
		return "", ""
	}
	// Run together: the name is what stands before the title, and begins with a surname.
	r := []rune(joined(s))
	if !onlyHan(string(r)) || len(r) > 16 || crm.Surname(string(r)) == "" {
		return "", ""
	}
	for _, n := range []int{3, 2, 4} {
		if n >= len(r) {
			continue
		}
		head, rest := string(r[:n]), string(r[n:])
		if n == 4 && len(crm.Surname(head)) < 6 {
			continue
		}
		if got, worth := asName(head); worth >= 3 && titleBegin.MatchString(rest) && titleWorth(rest) > 0 {
			return got, rest
		}
	}
	return "", ""
}

// titleBegin is how a title begins that is glued to a name: so that 王强 is taken out of 王强销售总监 and not 王强销.
var titleBegin = regexp.MustCompile(`^(?:副|总|高级|资深|执行|常务|区域|大区|华东|华南|华北|华中|西南|首席|技术|销售|市场|采购|产品|项目|运营|财务|人事|行政|客户|业务|工程|商务|研发|生产|质量|品质|物流|仓储|营销|渠道|大客户|外贸|设计|法务|董事|经理|主任|主管|主席|会长|秘书|院长|校长|所长|厂长|店长|部长|处长|科长|组长|队长|行长|教授|讲师|律师|医师|医生|工程师|设计师|架构师|顾问|助理|专员|代表|会计|合伙人|创始人|联合|法人|理财|培训|售后|售前|解决方案|信息|软件|硬件|电气|机械|结构)`)
