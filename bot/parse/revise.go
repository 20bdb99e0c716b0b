package parse

import (
	"slices"
	"strings"
)

// slips are the words with which people take back what they have just said and say it anew.
var slips = []string{"哦不对不对", "不对不对", "哦不对", "啊不对", "噢不对", "哎不对", "额不对", "呃不对", "不对", "说错了", "打错了", "写错了", "口误", "哦不是", "不是不是", "哦不", "更正一下", "更正", "改一下"}

// revise reads what was corrected within the message (401号线索,哦不对是402号): what was said later takes the place of
// what was said first.
func (s *scan) revise() {
	for i := 2; i < len(s.norm); i++ {
		n := s.anyAt(i, slips...)
		if n == 0 || s.at[i] != nil || !isEdge(s.norm[i-1]) {
			continue
		}
		k := i + n
		for k < len(s.norm) && (isEdge(s.norm[k]) || s.anyAt(k, "应该是", "应该", "是", "了") > 0 && s.at[k] == nil) {
			k += max(1, s.anyAt(k, "应该是", "应该"))
		}
		if k < len(s.norm) {
			if end := s.replaces(i, k); end > k {
				s.blank(i, end)
				i = end
			}
		}
	}
	s.fromTo()
}

// fromTo gives what changes the value that it changes to: 从60万提到75万 is 75万 wherever it is looked for.
func (s *scan) fromTo() {
	for n := 0; n+1 < len(s.spans); n++ {
		old, now := s.spans[n], s.spans[n+1]
		if old.kind != now.kind || old.kind != 'M' && old.kind != 'D' || now.i-old.j > 8 || !s.hasAt(old.i-1, "从") && !s.hasAt(old.i-1, "由") && !s.hasAt(old.i-2, "原来") && !s.hasAt(old.i-2, "原先") {
			continue
		}
		between := string(s.norm[old.j:now.i])
		if !hasAny(between, []string{"到", "成", "至", "为", "变"}) {
			continue
		}
		old.money, old.rate, old.off = now.money, now.rate, now.off
	}
}

// replaces puts what stands at k in the place of the last thing before i of its kind, and gives its end.
func (s *scan) replaces(i, k int) (end int) {
	if sp := s.at[k]; sp != nil && strings.IndexByte("ITMDP", sp.kind) >= 0 {
		for n := len(s.spans) - 1; n >= 0; n-- {
			old := s.spans[n]
			if old.j > i || old.kind != sp.kind {
				continue
			}
			where := [2]int{old.i, old.j}
			*old = *sp
			old.i, old.j = where[0], where[1]
			s.spans = slices.DeleteFunc(s.spans, func(x *span) bool { return x == sp })
			return sp.j
		}
		return k
	}
	if e := s.person(k+1, len(s.norm)); e > k+1 && s.anyAt(k, "给", "让", "由", "派", "叫", "归") > 0 {
		for x := i - 2; x > 0; x-- {
			if e := s.person(x, i); e > x && isHan(s.norm[x]) && (e == i || isEdge(s.norm[e])) && s.anyAt(x-1, "给", "让", "由", "派", "叫", "归") > 0 {
				s.blank(x, e)
				return k
			}
		}
	}
	return k
}

// blank makes [i,j) nothing.
func (s *scan) blank(i, j int) {
	for ; i < j; i++ {
		s.norm[i], s.at[i] = ' ', nil
	}
}

// calledOff reports whether the message ends by taking everything back (…,算了不用了).
func (s *scan) calledOff(parts []*clause) bool {
	if len(parts) < 2 {
		return false
	}
	text := parts[len(parts)-1].text
	for _, w := range []string{"算了不用了", "还是算了", "算了吧", "算了", "当我没说", "先不弄了", "不用弄了", "不弄了"} {
		if text == w || text == w+"吧" || text == w+"了" {
			return true
		}
	}
	return false
}
