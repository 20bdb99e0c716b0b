package parse

import "strings"

// people are the words for those whom a filter selects.
var selected = []string{"客户", "会员", "顾客", "老客", "买家", "的人", "名单", "谁", "用户"}

// listing are the words around a selection that ask for nothing but the list itself.
var listing = []string{"客户", "会员", "顾客", "老客户", "老客", "买家", "的人", "名单", "清单", "列表", "单子", "有谁", "谁", "用户", "哪些", "哪几个", "哪几家", "有几个", "几个", "几家", "多少", "都有", "有没有",
	"拉个表", "拉个", "列个", "出个", "给个", "导个", "找一下", "找找", "找出来", "找", "查一下", "查查", "查", "看一下", "看看", "看", "列一下", "列出来", "列", "筛一下", "筛出来", "筛", "捞", "拉出来", "拉一下", "拉", "导出来", "导出", "导", "圈出来", "圈",
	"给我", "发我", "帮我", "要", "就", "都", "里面", "里", "所有", "全部", "那些", "这些", "一下", "一份", "而且", "并且", "同时", "且", "还", "但", "其中", "当中", "又", "是", "属于", "做", "们", "在", "位于", "区域"}

// selects gives the search that the whole message is when it holds filters, whom they select, and nothing else.
func (s *scan) selects(parts []*clause) *group {
	if len(parts) == 0 || len(parts) > 4 {
		return nil
	}
	said := false
	for _, c := range parts {
		said = said || hasAny(c.text, selected)
		for _, h := range c.hits {
			if h.action == "none" || h.action == "customer.search" && h.weight >= 4 {
				return nil
			}
		}
	}
	if s.moody {
		return nil
	}
	f := &frame{scan: s, action: "customer.search", parts: parts, used: make([]bool, len(s.norm)+1), params: map[string]any{}}
	if found := f.filter(); len(found) == 0 || !said && (len(found) < 2 || found["owner"] != nil || !onlySelects(parts)) {
		return nil
	}
	f.markAll(listing...)
	left := 0
	for _, p := range parts {
		for k := p.i; k < p.j; k++ {
			if !f.used[k] && (isHan(f.norm[k]) || isAlnum(f.norm[k])) && f.norm[k] != '的' && f.v.fillers.at(f.line, k) == 0 {
				left++
			}
		}
	}
	if left > 0 {
		return nil
	}
	return &group{action: "customer.search", hit: hit{action: "customer.search", i: parts[0].i, j: parts[0].i, weight: 5, phrase: -1}, parts: parts}
}

// calledSo finds what the customers that are looked for are called: 有没有叫“远航”的客户, 叫远航什么的公司.
func (f *frame) calledSo(at *int) bool {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "叫做", "叫")
			if n == 0 || f.at[k] != nil || f.anyAt(k, "叫我", "叫什么", "叫啥", "叫他", "叫她", "叫得") > 0 {
				continue
			}
			i := k + n
			for i < p.j && (isEdge(f.norm[i]) || f.norm[i] == '"') {
				i++
			}
			for j := i + 2; j < p.j && j < i+14; j++ {
				if m := f.anyAt(j, "\""); f.anyAt(j+m, "的客户", "的公司", "的单位", "什么的", "的") > 0 {
					*at = i
					return true
				}
			}
		}
	}
	return false
}

// onlySelects reports whether each clause ends like a selection (西北做物流的), or asks for a list.
func onlySelects(parts []*clause) bool {
	for _, c := range parts {
		if !strings.HasSuffix(c.text, "的") && !hasAny(c.text, []string{"筛", "列", "挑", "圈", "捞", "拉", "导"}) {
			return false
		}
	}
	return true
}
