package parse

import "strings"

// filterTags reads 喜欢抹茶的, 标签是VIP的, 带“招标”标签的, 打了要招标标签的.
func (f *frame) filterTags(m map[string]any) {
	var tags []any
	add := func(i, j int) bool {
		i, j = f.trim(i, j)
		if j-i < 1 || j-i > 14 {
			return false
		}
		start := i
		for k := i; k <= j; k++ {
			if k == j || f.norm[k] == '、' || f.norm[k] == '"' || f.norm[k] == ',' || (f.norm[k] == '和' || f.norm[k] == '或' || f.norm[k] == '且') && k > start+1 && j-k > 2 {
				a, b := f.trim(start, k)
				if b > a {
					tags = append(tags, f.said(a, b))
				}
				start = k + 1
			}
		}
		return true
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil && f.at[k].kind != 'C' || f.used[k] {
				continue
			}
			if n := f.anyAt(k, "特别喜欢", "最喜欢", "喜欢吃", "喜欢喝", "喜欢用", "喜欢", "爱吃", "爱喝", "爱用", "偏爱", "偏好", "爱买"); n > 0 {
				e := f.until(k+n, p.j, "的客户", "的会员", "的人", "的", "客户")
				if e == k+n { // what comes behind has been read already: 喜欢岩茶、|这个月过生日的
					if e = f.tagsEnd(k+n, p.j); e == p.j {
						e = k + n
					}
				}
				if e = f.tagsEnd(k+n, e); e > k+n {
					add(k+n, e)
					f.mark(k, e+f.anyAt(e, "的"))
					continue
				}
			}
			if n := f.anyAt(k, "标签里面有", "标签里带", "标签里有", "标签中有", "标签包含", "标签含有", "标签含", "标签带", "标签为", "标签是", "标签有", "标签打了", "标签打着", "标签贴了", "标签标了", "标签写着", "标签:", "标签：", "标签=", "tag是", "tag为", "tag有", "tag:", "标签叫"); n > 0 {
				i := k + n
				for i < p.j && isEdge(f.norm[i]) {
					i++
				}
				e := f.until(i, p.j, "的", "\"", "”", "客户", "会员")
				if e == i {
					e = p.j
				}
				e = f.tagsEnd(i, e)
				add(i, e)
				f.mark(k, e)
				continue
			}
			if n := f.anyAt(k, "打了", "打过", "打上", "带有", "带着", "带了", "贴了", "贴过", "有", "带", "标了", "标记了", "标记为", "标为", "打着", "含"); n > 0 {
				e := f.until(k+n, p.j, "这个标签", "标签", "tag")
				if e > k+n && e < p.j && f.anyAt(e, "这个标签", "标签", "tag") > 0 {
					x := e
					if f.hasAt(x-1, "的") {
						x--
					}
					if add(k+n, x) {
						f.mark(k, e+f.anyAt(e, "这个标签", "标签", "tag"))
					}
				}
			}
		}
	}
	for _, p := range f.parts { // 标签“要账期”的客户, VIP标签客户
		for k := p.i; k < p.j && len(tags) == 0; k++ {
			n := f.anyAt(k, "标签", "tag")
			if n == 0 || f.at[k] != nil || f.used[k] {
				continue
			}
			i := k + n
			for i < p.j && f.norm[i] == ' ' {
				i++
			}
			if i < p.j && f.norm[i] == '"' {
				if e := f.quoted(i + 1); e > i+1 && add(i+1, e) {
					f.mark(k, min(e+1, p.j))
				}
				continue
			}
			b := k
			for b > p.i && k-b < 8 && !f.used[b-1] && (f.at[b-1] == nil || f.at[b-1].kind == 'C') && (isHan(f.norm[b-1]) || isAlnum(f.norm[b-1])) && !strings.ContainsRune("的给把有带打和与跟", f.norm[b-1]) {
				b--
			}
			if b < k && f.anyAt(i, "的客户", "的会员", "客户", "会员", "的人") > 0 && f.v.openers.at(f.line, b) == 0 && f.v.terms["region"].find.at(f.line, b) == 0 && f.anyAt(b, "按", "查", "找", "筛", "看") == 0 && add(b, k) {
				f.mark(b, i)
			}
		}
	}
	for _, p := range f.parts { // VIP客户
		for k := p.i; k < p.j && len(tags) == 0; k++ {
			if n := f.anyAt(k, "vip"); n > 0 && !f.used[k] && f.at[k] == nil && f.anyAt(k+n, "客户", "会员") > 0 {
				tags = append(tags, f.said(k, k+n))
				f.mark(k, k+n)
			}
		}
	}
	if len(tags) > 0 {
		m["tags"] = tags
	}
}

// tagsEnd ends the tags from i on, which may go on to e, where the list goes on with another condition: 标签是VIP、|这周生日的, 喜欢岩茶、|连续20天未互动的.
func (f *frame) tagsEnd(i, e int) int {
	for x := i + 1; x < e && x < i+12; x++ {
		if f.norm[x] != '、' && f.norm[x] != '，' && f.norm[x] != ',' {
			continue
		}
		if f.at[x+1] != nil && f.at[x+1].kind != 'C' || f.anyAt(x+1, "连续", "最近", "近", "超过", "买过", "消费", "累计", "在") > 0 {
			return x
		}
	}
	return e
}

// until gives the place of the first of the words from i, or i when none stands within the limit.
func (f *frame) until(i, limit int, words ...string) int {
	for k := i; k < limit && k < i+16; k++ {
		if k > i && f.anyAt(k, words...) > 0 {
			return k
		}
		if f.used[k] || f.norm[k] == ' ' {
			return i
		}
	}
	return i
}

func (f *frame) filterBought(m map[string]any) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "购买过", "采购过", "买过", "订过", "买了", "购买了", "用过", "下单过", "入手过", "拿过", "购过")
			if n == 0 {
				continue
			}
			i := k + n
			e := f.until(i, p.j, "的客户", "的会员", "的人", "的", "客户", "但", "会员", "又", "而且", "并且", "还没", "，", "、")
			if e == i {
				e = p.j
			}
			if e <= i || f.number2(i) {
				continue
			}
			m["bought"] = f.said(i, e)
			f.mark(k, e+f.anyAt(e, "的"))
			return
		}
	}
}
