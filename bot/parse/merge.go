package parse

import "strings"

// customerMerge reads 把A合并到B, 合并A和B, 合并客户：A → B, A和B是同一家.
func (f *frame) customerMerge() {
	if len(f.parts) > 1 { // A和B是一家,合并到B; A跟B重复了,把前面那个并到后面
		if p := f.parts[0]; !hasAny(p.text, []string{"合并", "并到", "并入", "合到", "并进", "merge"}) && f.pair(p.i, p.j) {
			f.mergeDirection()
			return
		}
	}
	for n, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			m := f.anyAt(k, "合并到", "合并进", "合并入", "合并给", "合并成", "并到", "并入", "并进", "并给", "合到", "合进", "合成", "合入", "归到", "归并到", "合并", "归入", "merge到", "merge进", "merge into", "merge to", "merge")
			if m == 0 || f.at[k] != nil {
				continue
			}
			word := string(f.norm[k : k+m])
			if x := f.skipEdges(k+m, p.j); word == "合并" || word == "merge" { // merge 到 喜利得
				if n := f.anyAt(x, "到", "进", "入", "into", "给"); n > 0 && f.skip(p.i, k) < k {
					m, word = x+n-k, word+"到"
				}
			}
			if m >= 2 && f.anyAt(k+m, "一个", "一家", "一条", "一份", "一户", "一") > 0 && strings.HasSuffix(word, "成") && f.pair(p.i, k) { // 把“甲”跟“乙”合并成一个，留后面那个
				if len(f.parts) > 1 {
					f.mergeDirection()
				}
				return
			}
			if word != "合并" && word != "merge" {
				if _, said := f.ordinal(k+m, p.j); said && f.pair(p.i, k) { // 拓普 拓普物流 重了 前面那个合到后面那个
					f.turnPair(k+m, p.j)
					f.mark(p.i, p.j)
					return
				}
				f.markLed(p.i, k, "重复的", "重复建的", "多余的", "多出来的", "建重的", "录重的", "重了的", "旧的", "老的", "那个", "这个")
				if !f.quotedName("into", k+m, p.j) {
					f.takeInto("into", k+m, p.j)
				}
				f.mark(k, k+m)
				if f.quotedName("customer", p.i, k) {
					return
				}
				if !f.customerAt("customer", p.i, f.withoutOught(p.i, k)) && n > 0 {
					f.customerAt("customer", f.parts[0].i, f.parts[0].j)
				}
				return
			}
			f.mark(k, k+m)
			i := k + m
			if f.pair(i, p.j) {
				return
			}
			if f.pair(p.i, k) {
				return
			}
		}
	}
	p := f.parts[0]
	if f.pair(p.i, p.j) {
		return
	}
	// 百川重复了,跟百川环保合并
	if f.customerAt("customer", p.i, p.j) && len(f.parts) > 1 {
		q := f.parts[1]
		f.customerAfter("into", q, "跟", "和", "与", "到", "把")
	}
}

// withoutOught gives where [i,k) ends without what says that it is to be done: 八方 应当|并到.
func (f *frame) withoutOught(i, k int) int {
	for _, w := range []string{"应当", "应该", "需要", "可以", "直接", "应", "要", "得", "都", "给"} {
		if n := utf8Len(w); k-n > i+1 && f.hasAt(k-n, w) && f.norm[k-n-1] == ' ' {
			return k - n
		}
	}
	return k
}

// mergeDirection turns a pair round when the second clause says that the later one goes into the former.
func (f *frame) mergeDirection() {
	a, b := f.params["customer"], f.params["into"]
	for _, p := range f.parts[1:] {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "合并到", "合并进", "合并入", "合并成", "并到", "并入", "并进", "合到", "合进", "归到", "归入", "保留", "留", "统一成", "统一到", "以", "merge到")
			if n == 0 || f.at[k] != nil {
				continue
			}
			i := f.skip(k+n, p.j)
			first := f.anyAt(i, "前者", "前面", "前一个", "第一个", "上面") > 0
			if !first && strings.HasPrefix(f.said(i, min(p.j, i+utf8Len(a.(string)))), a.(string)) {
				first = !strings.HasPrefix(b.(string), a.(string)) || !strings.HasPrefix(f.said(i, min(p.j, i+utf8Len(b.(string)))), b.(string))
			}
			if first {
				f.set("customer", b)
				f.set("into", a)
			}
			f.mark(p.i, p.j)
			return
		}
	}
}

// ordinal reads 前者, 后面那个, 第二个 at i: which of two things said before is meant, from 1.
func (f *frame) ordinal(i, limit int) (n int, said bool) {
	i = f.skip(i, limit)
	switch {
	case f.anyAt(i, "前者", "前面", "前一个", "前一家", "第一个", "第一家", "上面", "头一个") > 0:
		return 1, true
	case f.anyAt(i, "后者", "后面", "后一个", "后一家", "第二个", "第二家", "下面那", "另一个", "另一家") > 0:
		return 2, true
	}
	return 0, false
}

// turnPair turns the pair round when the former of the two is named at i as the one that stays.
func (f *frame) turnPair(i, limit int) {
	if n, _ := f.ordinal(i, limit); n == 1 {
		a, b := f.params["customer"], f.params["into"]
		f.set("customer", b)
		f.set("into", a)
	}
}

// markLed marks the first of words that stands at i, or behind 把 there.
func (f *frame) markLed(i, limit int, words ...string) {
	i = f.skip(i, limit)
	i += f.anyAt(i, "把", "将")
	if n := f.anyAt(i, words...); n > 0 && i+n < limit && f.at[i] == nil {
		f.mark(i, i+n)
	}
}

// pair reads two names joined by 和, 跟, →, 到.
func (f *frame) pair(i, j int) bool {
	i = f.skip(i, j)
	if n := f.anyAt(i, "客户去重", "去重", "查重"); n > 0 {
		i = f.skip(i+n, j)
		i = f.skip(i+f.anyAt(i, ":", "："), j)
	}
	if n := f.anyAt(i, "客户", "一下", "把", "将"); n > 0 {
		i = f.skip(i+n, j)
	}
	if n := f.anyAt(i, "把", "将", "客户"); n > 0 {
		i = f.skip(i+n, j)
	}
	for k := i + 2; k < j; k++ {
		n := f.anyAt(k, "→", "->", "和", "跟", "与", "同", "到", "进", "、", "并入", "=>", "into", "to", " ")
		if n == 0 || f.at[k] != nil || isLatin(f.norm[k]) && f.norm[k-1] != ' ' || f.norm[k] == ' ' && f.latinJoint(k, i, j) {
			continue
		}
		a, b := f.bare(i, k)
		for _, tail := range []string{"这个客户", "那个客户", "这条记录", "这条", "那条", "这个", "那个", "这家", "那家"} {
			if n := utf8Len(tail); b-n > a+1 && f.hasAt(b-n, tail) {
				b -= n
				break
			}
		}
		x := k + n
		if f.anyAt(x, "把", "将") > 0 {
			x++
		}
		c := f.skip(x, j)
		for c < j && (isEdge(f.norm[c]) || f.norm[c] == '>') {
			c++
		}
		if m := f.anyAt(c, "→", "到", "->", "进", "into ", "to "); m > 0 {
			c = f.skip(c+m, j)
		}
		d := f.run(c, j)
		if !f.isName(a, b) || !f.isName(c, d) {
			continue
		}
		f.set("customer", f.said(a, b))
		f.set("into", f.said(c, d))
		f.mark(i, d)
		return true
	}
	return false
}

// quotedName takes the name in quotation marks that stands in [i,limit).
func (f *frame) quotedName(param string, i, limit int) bool {
	for k := i; k < limit; k++ {
		if f.norm[k] != '"' {
			continue
		}
		if e := f.quoted(k + 1); e > k+1 && e <= limit && f.isName(k+1, e) {
			f.set(param, f.said(k+1, e))
			f.mark(k, min(e+1, limit))
			return true
		}
		return false
	}
	return false
}

func (f *frame) takeInto(param string, i, limit int) bool {
	i = f.skip(i, limit)
	if n := f.anyAt(i, "客户"); n > 0 {
		i += n
	}
	j := f.run(i, limit)
	i, j = f.bare(i, j)
	if f.hasAt(j-2, "里面") && j-2 > i+1 {
		j -= 2
	}
	for _, tail := range []string{"里", "下面", "名下", "那条", "那个", "去", "里边"} {
		if n := utf8Len(tail); j-n > i+1 && f.hasAt(j-n, tail) {
			j -= n
		}
	}
	if !f.isName(i, j) {
		return false
	}
	f.set(param, f.said(i, j))
	f.mark(i, j)
	return true
}
