package parse

import (
	"maps"
	"slices"
	"strings"
)

// candidate is one reading of who the customer of a frame is.
type candidate struct {
	score  int
	used   []bool
	params map[string]any
}

// surelyLeads are the words before a name that seldom stand before anything else.
var surelyLeads = []string{"给", "跟", "和", "把", "将", "为", "帮", "替", "向", "与", "拜访", "关于", "针对"}

// customer finds the customer that the frame is about and sets param. It weighs the names at the opening of the
// clauses, behind the words that lead to one, and those that stand by themselves.
func (f *frame) customer(param string) bool {
	if f.carry != "" && param == "customer" && f.action == "points.adjust" && f.before("给他们", "给她们", "给他", "给她", "给它") >= 0 {
		return false // who is meant was named before
	}
	var best *candidate
	try := func(base int, read func() bool) {
		if c := f.tried(param, base, read); c != nil && (best == nil || c.score > best.score) {
			best = c
		}
	}
	for n, p := range f.parts {
		if n > 2 {
			break
		}
		if !f.counted2(p) {
			base := 20
			if n > 0 {
				base = 8
			}
			try(base, func() bool { return f.customerAt(param, p.i, p.j) })
		}
		for i := p.i; i < p.j; i++ {
			if f.at[i] != nil || f.used[i] {
				continue
			}
			n := f.anyAt(i, leads...)
			if n == 0 {
				continue
			}
			base := 6
			if f.anyAt(i, surelyLeads...) == n {
				base = 16
			}
			try(base, func() bool {
				if !f.customerAt(param, i+n, p.j) {
					return false
				}
				f.mark(i, i+n)
				return true
			})
		}
	}
	try(2, func() bool { return f.customerByShape(param) })
	if best == nil {
		return false
	}
	copy(f.used, best.used)
	f.params = best.params
	return true
}

// leastScore is what a candidate must have, leastOther when a customer was named before in the message.
const (
	leastScore = -16
	leastOther = 12
)

// tried gives what read finds as a candidate and takes it back.
func (f *frame) tried(param string, base int, read func() bool) *candidate {
	used, params := slices.Clone(f.used), maps.Clone(f.params)
	f.nameI, f.nameJ = -1, -1
	var c *candidate
	if read() && f.nameI >= 0 && !f.leaves(f.nameI, f.nameJ) {
		least := leastScore
		if f.carry != "" { // another customer must be named clearly
			least = leastOther
		}
		if score := base + f.nameScore(f.nameI, f.nameJ); score >= least {
			c = &candidate{score, slices.Clone(f.used), f.params}
		}
	}
	copy(f.used, used)
	f.params = params
	return c
}

// opensOrder reports whether a part of the frame begins at i, or only with words like 然后 before.
func (f *frame) opensOrder(i int) bool {
	for _, p := range f.parts {
		if k := p.i; i >= k && i < p.j {
			for k < i {
				n := max(f.v.openers.at(f.line, k), f.v.fillers.at(f.line, k), f.anyAt(k, sequels...), f.anyAt(k, " "))
				if n == 0 {
					break
				}
				k += n
			}
			return k == i
		}
	}
	return false
}

// leaves reports whether [i,j) is a colleague whose going is why somebody else gets the customer: 老祁离职了，….
func (f *frame) leaves(i, j int) bool {
	return (f.action == "customer.transfer" || f.action == "lead.assign" || f.action == "ticket.assign") && f.person(i, j) == j &&
		f.anyAt(j, "离职", "辞职", "休假", "休产假", "要休", "请假", "调岗", "调走", "走了", "要走", "退休", "离开", "不干", "转岗") > 0
}

// nameScore is what speaks for [i,j) as the name of a customer.
func (f *frame) nameScore(i, j int) int {
	tails := f.segment()
	score := max(-30, min(20, tails[i]-tails[j]-f.nameCost(i, j)))
	if sp := f.at[i]; sp != nil {
		score += 30
	} else if f.shaped(i, j) {
		score = max(score, 0) + 24
	} else if f.v.own.has(wordKey(f.norm[i:min(j, i+4)])) && j-i <= 4 {
		score -= 16
	}
	if !f.shaped(i, j) && f.at[i] == nil {
		if c, noun, ok := f.wordCost(i, j); ok && !noun && c < 42 && j-i <= 4 {
			score -= 20 // 出去, 进行
		}
		if strings.ContainsRune("在进到去来成完过着了下上", f.norm[j-1]) {
			score -= 14
		}
	}
	if !f.plausible(f.said(i, j)) {
		score -= 30
	}
	if f.edge(j) || f.at[j] != nil || f.norm[j] == '的' {
		score += 4
	}
	return score
}

// customerByShape takes a stretch between spaces and stops that can only be a name: it ends like a company's, or its
// characters are no words.
func (f *frame) customerByShape(param string) bool {
	for _, x := range f.pieces() {
		i, j := f.bare(x[0], x[1])
		if n := f.anyAt(i, "客户"); n > 0 && f.at[i] == nil && i+n < j {
			i, j = f.bare(i+n, j)
		}
		if j-i < 2 || !f.isName(i, j) || f.job(i, j) == j || f.person(i, j) == j {
			continue
		}
		k := j
		for k < f.limit(i) && f.norm[k] == ' ' {
			k++
		}
		_, _, counted := f.countAt(k, f.limit(i))
		if e := f.run(i, j); e != j || counted || !f.plausible(f.said(i, j)) || f.team(i, j) == j {
			continue
		}
		if sp := f.at[i]; sp != nil && sp.kind == 'C' || f.shaped(i, j) && j-i > 3 || f.carry == "" && j-i <= 4 && f.action != "ticket.create" && f.strange(i, j) {
			f.set(param, f.said(i, j))
			f.nameI, f.nameJ = i, j
			f.mark(i, j)
			return true
		}
	}
	return false
}

// strange reports whether the characters of [i,j) are more likely a name than words.
func (f *frame) strange(i, j int) bool {
	tails := f.segment()
	return isHan(f.norm[i]) && f.nameCost(i, j)+nameOnly < tails[i]-tails[j]
}

// nameOnly is by how much a name must be likelier than words to be taken without any sign of one.
const nameOnly = 8
