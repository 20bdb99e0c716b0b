package parse

import (
	"strings"
	"unicode/utf8"
)

// confidence estimates how likely the whole answer is right: every sign that something was not understood,
// or understood by a guess, costs some. The costs were fitted on labelled utterances (docs/understanding.md).
func confidence(frames []*frame, r Result) float64 {
	if len(frames) == 0 {
		return 0
	}
	c := 0.97
	for n, f := range frames {
		cost := f.cost()
		c -= cost
		if n > 0 {
			c -= 0.04
		}
	}
	if r.Ask != "" {
		c = min(c, 0.78)
	}
	if len(r.Problems) > 0 {
		c = min(c, 0.72)
	}
	return round(max(0.05, min(c, 0.97)), 2)
}

// cost is what the doubts about one action take off the confidence.
func (f *frame) cost() float64 {
	cost := f.doubt
	switch {
	case f.hit.phrase < 0:
		cost += 0.18
	case f.hit.weight <= 3:
		cost += 0.08
	case f.hit.weight == 4:
		cost += 0.02
	}
	if left := f.unread(); left > 0 {
		per := 0.07
		if !writes(f.action) {
			per = 0.03
		}
		cost += min(0.5, per*float64(left))
	}
	cost += f.loose()
	for _, name := range []string{"customer", "into", "company"} {
		if v, ok := f.params[name].(string); ok {
			cost += f.oddName(v)
		}
	}
	return cost
}

// looseWords lead to a name, so that a text with one and no customer read from it is doubtful.
var looseWords = []string{"给", "跟", "找", "催", "约", "去", "问", "联系", "回访", "拜访", "把", "的"}

// loose is the cost of a customer who may hide in a free text, or who may be longer than the name.
func (f *frame) loose() float64 {
	switch f.action {
	case "reminder.create", "task.create":
		text, _ := f.params["content"].(string)
		if !f.has("customer") && !f.has("contact") && hasAny(text, looseWords) {
			return 0.16
		}
	case "ticket.create":
		name, _ := f.params["customer"].(string)
		l := newLine(name)
		n := len(l.norm)
		if n >= 4 && f.v.suffixes.endsAt(l, 0, n) == 0 && f.v.places.endsAt(l, 0, n) == 0 && f.v.brands.at(l, 0) != n {
			return 0.2
		}
	}
	return 0
}

// writes reports whether the action changes something.
func writes(action string) bool {
	switch action {
	case "points.balance", "library.find", "brief", "help":
		return false
	}
	return !strings.HasPrefix(action, "report.") && !strings.HasSuffix(action, ".view") && !strings.HasSuffix(action, ".search") && !strings.HasSuffix(action, ".list")
}

// unread counts the characters of the frame that went into no parameter and mean something.
func (f *frame) unread() int {
	var said []string
	for _, v := range f.params {
		if s, ok := v.(string); ok {
			said = append(said, string(newLine(s).norm))
		}
	}
	left := 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; {
			if f.used[k] || !isHan(f.norm[k]) && !isAlnum(f.norm[k]) {
				k++
				continue
			}
			e := k
			for e < p.j && !f.used[e] && (isHan(f.norm[e]) || isAlnum(f.norm[e])) {
				e++
			}
			if text := string(f.norm[k:e]); !within(text, said) {
				left += f.meaning(k, e)
			}
			k = e
		}
	}
	return left
}

func within(text string, said []string) bool {
	for _, s := range said {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// meaning counts the characters of [i,j) that are neither politeness nor particles.
func (f *frame) meaning(i, j int) int {
	n := 0
	for i < j {
		if w := max(f.v.fillers.at(f.line, i), f.v.openers.at(f.line, i)); w > 0 && f.at[i] == nil {
			i += w
			continue
		}
		if w := f.anyAt(i, "客户", "帮", "把", "将", "给", "的", "了", "吧", "啊", "呢", "吗", "哈", "都", "也", "就", "那", "这", "个", "一下", "下", "在", "是", "有", "和", "跟", "我", "他", "她", "去", "来", "要", "说", "为", "到", "再", "还", "被", "让", "请", "条", "张", "单", "哦", "呀", "嘛", "啦", "掉", "上", "现在", "目前", "一", "名下", "里", "工单", "商机", "提醒", "线索", "审批", "任务", "联系人", "标签", "积分", "合同", "报价", "订单", "哪些", "多少", "看", "查"); w > 0 {
			i += w
			continue
		}
		n++
		i++
	}
	return n
}

// oddName is the cost of a name that does not look like one.
func (f *frame) oddName(name string) float64 {
	l := newLine(name)
	n := utf8.RuneCountInString(name)
	if f.v.suffixes.endsAt(l, 0, n) > 0 || f.v.places.endsAt(l, 0, n) > 0 || f.v.brands.at(l, 0) == n {
		return 0
	}
	cost := 0.0
	if n > 5 && isHan(l.norm[0]) {
		cost += 0.2
	}
	for k := 1; k < n; k++ {
		if w := f.v.gaps.at(l, k); w > 0 {
			cost += 0.12
			break
		}
	}
	if f.v.fillers.at(l, 0) > 0 && n > 2 || f.v.openers.at(l, 0) > 0 && n > 2 {
		cost += 0.12
	}
	return cost
}
