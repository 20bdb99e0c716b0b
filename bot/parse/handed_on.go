package parse

import "slices"

// A new lead is often given to somebody in the same breath: 录线索：鹿港奶茶，倪虹，想加盟，分给茶饮组; 要做私域 建好给孟瑶.

// handingOn are words before the colleague who gets the lead; those of one character must be followed by what is to be done, or by a person.
var handingOn = []string{"分派给", "委派给", "分配给", "指派给", "安排给", "转派给", "转交给", "移交给", "交接给", "派给", "分给", "转给", "交给", "丢给", "甩给", "推给", "扔给", "拨给", "划给", "直接给", "归", "给", "让", "由", "叫", "请", "派"}

// beforeHandingOn are words that lead from the lead to who gets it.
var beforeHandingOn = []string{"然后", "之后", "完了", "回头", "接着", "直接", "顺便", "建好", "录好", "录完", "建完", "存好", "记好", "登记好", "录入后", "建好后", "录好后", "并且", "并", "再", "就", "先", "后", "都"}

// handedOn cuts the words that give a new lead to a colleague off the clause that tells of it.
func (s *scan) handedOn(parts []*clause) []*clause {
	lead := slices.IndexFunc(parts, func(c *clause) bool {
		return slices.ContainsFunc(c.hits, func(h hit) bool { return h.action == "lead.create" })
	})
	none := !slices.ContainsFunc(parts, func(c *clause) bool { return len(c.hits) > 0 })
	if lead < 0 && !(none && len(parts) > 0) {
		return parts
	}
	for n := max(lead, 0); n < len(parts); n++ {
		c := parts[n]
		if n > lead && slices.ContainsFunc(c.hits, func(h hit) bool {
			return h.action != "lead.create" && h.action != "lead.assign" && h.action != "customer.transfer"
		}) {
			continue
		}
		cut, k := s.givenTo(c)
		if k < 0 || k == c.i && n == 0 {
			continue
		}
		if lead < 0 {
			o := secondOpinion()
			if before := append(slices.Clone(parts[:n]), s.clause(c.i, max(cut, c.i+1))); o.said(o.of(s, before), "lead.create") < certain {
				return parts
			}
			if parts[0].j > parts[0].i {
				parts[0].hits = []hit{{action: "lead.create", weight: 3, i: parts[0].i, j: parts[0].i, phrase: -1}}
			}
		}
		given := s.clause(k, c.j)
		given.hits = []hit{{action: "lead.assign", weight: outright, i: k, j: k, phrase: s.v.phraseOf("lead.assign")}}
		all := slices.Clone(parts[:n])
		if cut > c.i {
			about := s.clause(c.i, cut)
			about.rivals = c.rivals
			about.hits = slices.DeleteFunc(slices.Clone(c.hits), func(h hit) bool { return h.j > cut })
			all = append(all, about)
		}
		return append(append(all, given), parts[n+1:]...)
	}
	return parts
}

// givenTo finds the words at the end of the clause that say who gets the lead, and where what stands before them ends.
func (s *scan) givenTo(c *clause) (cut, k int) {
	for k := c.i; k < c.j-1; k++ {
		n := s.anyAt(k, handingOn...)
		if n == 0 || s.at[k] != nil || k > c.i && s.v.known.at(s.line, k) > 0 {
			continue
		}
		who, e := s.colleague(k+n, c.j)
		if who == "" || e <= k+n || who == "me" && n == 1 && s.norm[k] != '归' {
			continue
		}
		rest := e
		for rest < c.j {
			m := s.anyAt(rest, "跟进", "跟一下", "跟", "负责", "处理", "对接", "联系", "接手", "接", "管", "去", "来", "一下", "那边", "吧", "了", "哈", "啊", "就行", "好了", " ")
			if m == 0 {
				break
			}
			rest += m
		}
		surely := s.person(k+n, e) == e && e-k-n <= 4 && s.v.titles.endsAt(s.line, k+n+1, e) == 0 || s.team(k+n, e) == e
		if rest < c.j || n == 1 && e == c.j && (!surely || s.anyAt(k, "给", "归", "派") == 0) || !surely && n == 1 {
			continue
		}
		cut := k
		for moved := true; moved && cut > c.i; {
			moved = false
			for _, w := range append([]string{" "}, beforeHandingOn...) {
				if m := utf8Len(w); cut-m >= c.i && s.hasAt(cut-m, w) {
					cut, moved = cut-m, true
					break
				}
			}
		}
		return cut, k
	}
	return -1, -1
}

// phraseOf is the first of the pack's phrases for the action, -1 where it has none.
func (v *vocab) phraseOf(action string) int {
	for _, p := range v.phrases {
		if p.action == action {
			return p.index
		}
	}
	return -1
}

// leadsAhead gives what is ordered behind a new lead the lead's firm as its customer, where it names none (reading rule 1), and reports whether
// that changed anything.
func leadsAhead(frames []*frame) (changed bool) {
	var lead *frame
	for _, f := range frames {
		if f.action == "lead.create" {
			lead = f
			continue
		}
		record := recordOf[f.action]
		switch {
		case f.ofLead != nil && !f.ofLead.has("company"): // what was learned sees no firm there
			delete(f.params, "customer")
			f.ofLead, changed = nil, true
		case lead != nil && f.action == "customer.transfer" && (f.ofLead == lead || !f.has("customer")):
			f.action, changed = "lead.assign", true
		}
		switch {
		case f.ofLead == nil && (f.has("customer") || f.has("filter")):
			lead = nil
		case lead == nil || !lead.has("company") || !carried[f.action] || record != "" && f.has(record) || f.params["customer"] == lead.params["company"]:
		default:
			f.set("customer", lead.params["company"])
			f.ofLead, changed = lead, true
		}
	}
	return changed
}
