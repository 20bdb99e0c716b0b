package parse

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// clause is a stretch between stops, with its folded text without spaces in which everything recognised is
// replaced by marks, so that a phrase matches whatever was said there.
type clause struct {
	i, j   int    // runes of the message
	text   string // the text that phrases match
	places []int  // byte of text → rune of the message; one entry a byte and one for the end
	hits   []hit
	rivals []hit // the phrases that were found and not chosen
}

// hit is a phrase found in a clause.
type hit struct {
	action string
	weight int
	i, j   int      // runes of the message
	gaps   [][2]int // what the pattern leaves open: no words of the order
	phrase int
}

// clauses cuts the message at its stops.
func (s *scan) clauses() []*clause {
	var all []*clause
	start := 0
	for k := 0; k <= len(s.norm); k++ {
		if k < len(s.norm) && s.breath(start, k) { // 恒昌那单签了|明早提醒我发合同
			if i, j := s.trimSpace(start, k); i < j {
				all = append(all, s.clause(i, j))
			}
			start = k
			continue
		}
		if k < len(s.norm) && (!hardStop(s.norm[k]) || s.at[k] != nil || s.groups3(k)) {
			continue
		}
		if i, j := s.trimSpace(start, k); i < j {
			all = append(all, s.clause(i, j))
		}
		start = k + 1
	}
	return all
}

// breath reports whether a second order begins at k without a stop before it, in the clause that began at start: a time with 提醒我
// behind it, where what is before it is over (签了, 38万); or 顺便 with enough on both sides.
func (s *scan) breath(start, k int) bool {
	if k < start+5 || k+5 > len(s.norm) {
		return false
	}
	if s.at[k] == nil {
		return s.anyAt(k, "顺便", "顺手", "然后再", "另外再") > 0 && s.at[k-1] == nil && isHan(s.norm[k-1]) && s.anyAt(k+2, "说", "问", "聊", "提", "看", "带", "过去", "去") == 0
	}
	sp := s.at[k]
	if sp.kind == 'I' && sp.i == k && s.nextRecord(start, k) {
		return true
	}
	if sp.kind != 'T' || sp.i != k || s.anyAt(sp.j, callsMe...) == 0 {
		return false
	}
	if b := s.at[k-1]; b != nil {
		return b.kind == 'M'
	}
	if sp.when.Grain != NoGrain && k > start+8 && s.anyAt(k-1, "说", "让", "要", "叫", "是", "在", "到", "约", "定", "等", "前", "给", "把", "和", "跟") == 0 {
		if s.anyAt(start, "刚刚", "刚才", "刚跟", "刚和", "刚给") > 0 && k > start+14 { // 刚跟…打完电话他说…没空看方案|下周五上午提醒我再约
			return true
		}
		for i := start; i+6 < k; i++ { // 明早九点叫我…发合同|十点半叫我…
			if b := s.at[i]; b != nil && b.kind == 'T' && b.i == i && s.anyAt(b.j, "提醒我", "叫我", "喊我") > 0 {
				return true
			}
		}
	}
	return s.norm[k-1] == '了' && s.anyAt(k-2, "说了", "讲了", "问了", "为了", "除了", "到了", "约了", "定了") == 0
}

// remindsMe ask to be reminded, behind a time; callsMe are they and those that can as well ask for something else.
var (
	remindsMe = []string{"提醒我", "提醒一下我", "提醒下我", "记得提醒我", "再提醒我", "到时提醒我", "到点提醒我", "到时候提醒我", "别忘了提醒我"}
	callsMe   = append([]string{"叫我", "喊我"}, remindsMe...)
)

// nextRecord reports whether the record number at k begins an order of its own, behind one of another record without a stop between: 526通过|527驳回.
func (s *scan) nextRecord(start, k int) bool {
	done := -1
	for i := start; i < k; i++ {
		if s.at[i] != nil && s.at[i].kind == 'I' {
			done, i = s.at[i].j, s.at[i].j-1
		}
	}
	if done < 0 {
		return false
	}
	said := 0
	for i := done; i < k; {
		if n := s.anyAt(i, "工单", "线索", "商机", "审批", "提醒", "申请", "单子", "待办", "和", "跟", "与", "及", "还有", "以及", "、", "号", "单", "的", "那张", "这张", "那条", "这条", "那个", "这个", " "); n > 0 && s.at[i] == nil {
			i += n
			continue
		}
		said++
		i++
	}
	e := s.at[k].j
	for {
		n := s.anyAt(e, "号", "的", "那张", "这张", "那条", "这条", "那个", "这个", "工单", "线索", "商机", "审批", "提醒", "申请", "单子", "也", "就", "先", " ")
		if n == 0 || e+n >= len(s.norm) {
			break
		}
		e += n
	}
	return said > 0 && s.norm[k-1] != '给' && s.anyAt(k-2, "合并", "关联", "参考", "重复", "升级") == 0 && (s.anyAt(e, acts...) > 0 || s.v.acts.at(s.line, e) > 0)
}

func (s *scan) trimSpace(i, j int) (int, int) {
	for i < j && s.norm[i] == ' ' {
		i++
	}
	for i < j && s.norm[j-1] == ' ' {
		j--
	}
	return i, j
}

// clause makes the matching text of [i,j).
func (s *scan) clause(i, j int) *clause {
	const han = 3 // bytes, mostly
	c := &clause{i: i, j: j, places: make([]int, 0, han*(j-i)+1)}
	var b strings.Builder
	b.Grow(han * (j - i))
	for k := i; k < j; k++ {
		r := s.norm[k]
		if sp := s.at[k]; sp != nil {
			if k == sp.i || k == i {
				r = openMask[sp.kind]
			} else {
				r = nextMask[sp.kind]
			}
		} else if r == ' ' || r == '"' {
			continue
		}
		n := b.Len()
		b.WriteRune(r)
		for ; n < b.Len(); n++ {
			c.places = append(c.places, k)
		}
	}
	c.places = append(c.places, j)
	c.text = b.String()
	return c
}

// rune gives the rune of the message at byte b of the matching text, end the one behind the byte before b.
func (c *clause) start(b int) int { return c.places[b] }
func (c *clause) end(b int) int {
	if b == 0 {
		return c.i
	}
	return c.places[b-1] + 1
}

// match finds the phrases of the pack in the clause.
func (v *vocab) match(c *clause) []hit {
	var all []hit
	words := v.literals.met(c.text)
	for k := range v.phrases {
		p := &v.phrases[k]
		if !p.needs.met(words) {
			continue
		}
		if p.all != nil {
			if h, ok := p.together(c, words); ok {
				all = append(all, h)
			}
			continue
		}
		found := p.re.FindAllStringSubmatchIndex(c.text, 3)
		if len(found) == 0 || p.forbidden(c.text, words) {
			continue
		}
		for _, m := range found {
			if m[0] == m[1] {
				continue
			}
			h := hit{action: p.action, weight: p.weight, i: c.start(m[0]), j: c.end(m[1]), phrase: p.index}
			for g := 2; g+1 < len(m); g += 2 {
				if m[g] >= 0 && m[g+1] > m[g] {
					h.gaps = append(h.gaps, [2]int{c.start(m[g]), c.end(m[g+1])})
				}
			}
			all = append(all, h)
		}
	}
	return all
}

// swallows are the actions whose free text runs on: what follows is theirs unless it is clearly an order.
var swallows = map[string]bool{"reminder.create": true, "activity.log": true, "task.create": true, "ticket.create": true, "ticket.reply": true, "lead.create": true}

// joints are words between two orders of one breath.
var joints = []string{"然后", "再", "顺便", "顺手", "并且", "并", "同时", "另外", "还有", "接着", "完了", "之后", "以及", "也", "还", "又", "回头", "and"}

// choose keeps the hits of a clause that stand for its actions, in the order of the text.
func (s *scan) choose(c *clause, all []hit) []hit {
	if s.narrated(c, all) {
		all = slices.DeleteFunc(slices.Clone(all), func(h hit) bool { return h.action == "none" })
	}
	sort.SliceStable(all, func(a, b int) bool {
		if all[a].weight != all[b].weight {
			return all[a].weight > all[b].weight
		}
		return all[a].j-all[a].i > all[b].j-all[b].i
	})
	var kept []hit
next:
	for _, h := range all {
		for _, k := range kept {
			if h.action == k.action || h.i < k.j && k.i < h.j {
				continue next
			}
		}
		if len(kept) > 0 && h.action == "none" {
			continue
		}
		if len(kept) > 0 && !s.second(c, kept, h) {
			continue
		}
		kept = append(kept, h)
		if h.action == "none" {
			break
		}
	}
	sort.SliceStable(kept, func(a, b int) bool { return kept[a].i < kept[b].i })
	return kept
}

// second reports whether h is an order of its own beside those already kept in the clause.
func (s *scan) second(c *clause, kept []hit, h hit) bool {
	for _, k := range kept {
		if k.action == "none" {
			return false
		}
		first, later := k, h
		if h.i < k.i {
			first, later = h, k
		}
		joint := s.jointBetween(first.j, later.i)
		switch {
		case first.action == "customer.create" && later.action == "contact.create" && s.anyAt(later.i, "联系人", "对接人", "的") > 0: // 开个新客户 3M中国 转介绍的 联系人 …
			return false
		case !writes(first.action) && !writes(later.action) && s.listed(first.j, later.i): // 投入产出、客户流失都看看
		case swallows[first.action] && !(joint && later.weight >= 4):
			return false
		case later.action == "reminder.create" && first.weight >= 3:
		case joint && h.weight >= 3:
		case h.weight >= 4 && s.spaceBetween(first.j, later.i):
		default:
			return false
		}
	}
	return true
}

// listed reports whether [i,j) joins two things that are asked for.
func (s *scan) listed(i, j int) bool {
	for k := i; k < j; k++ {
		if s.at[k] == nil && s.anyAt(k, "、", "和", "跟", "以及", "与", "及") > 0 {
			return true
		}
	}
	return false
}

func (s *scan) jointBetween(i, j int) bool { return s.jointAt(i, j) >= 0 }

// jointAt finds a joining word between i and j.
func (s *scan) jointAt(i, j int) int {
	first := -1
	for k := i; k < j; k++ {
		if s.at[k] == nil && s.anyAt(k, joints...) > 0 && s.anyAt(k, "再说", "再见", "还款", "还价", "还没", "也许") == 0 {
			if k > i && s.norm[k-1] == ' ' { // 能不能再压一压 |顺便把阶段推到…
				return k
			}
			if first < 0 {
				first = k
			}
		}
	}
	return first
}

// holds reports whether something of the kind stands in [i,j).
func (s *scan) holds(kind byte, i, j int) bool {
	for k := i; k < j; k++ {
		if s.at[k] != nil && s.at[k].kind == kind {
			return true
		}
	}
	return false
}

func (s *scan) spaceBetween(i, j int) bool {
	for k := i; k < j; k++ {
		if s.norm[k] == ' ' {
			return true
		}
	}
	return false
}

// split divides a clause of several hits where one order ends and the next begins.
func (s *scan) split(c *clause) []*clause {
	if len(c.hits) < 2 {
		return []*clause{c}
	}
	var parts []*clause
	start := c.i
	for n := 1; n < len(c.hits); n++ {
		prev, next := c.hits[n-1], c.hits[n]
		cut := s.jointAt(prev.j, next.i)
		if cut >= 0 && next.action == "reminder.create" && s.at[next.i] != nil && s.at[next.i].kind == 'T' && s.holds('M', cut, next.i) { // 然后金额128万明早十点提醒我…
			cut = next.i
		}
		if cut < 0 {
			for k := prev.j; k < next.i; k++ {
				if sp := s.at[k]; sp != nil && sp.kind == 'T' && next.action == "reminder.create" {
					cut = k
					break
				}
			}
		}
		if cut < 0 {
			for k := next.i - 1; k >= prev.j; k-- {
				if s.norm[k] == ' ' {
					cut = k
					break
				}
			}
		}
		if cut < 0 {
			cut = next.i
		}
		part := s.clause(start, cut)
		part.hits, part.rivals = []hit{prev}, c.rivals
		parts = append(parts, part)
		start = cut
	}
	i, j := s.trimSpace(start, c.j)
	last := s.clause(i, j)
	last.hits = []hit{c.hits[len(c.hits)-1]}
	return append(parts, last)
}

// utf8Len is the length of a word in runes.
func utf8Len(w string) int { return utf8.RuneCountInString(w) }
