package parse

import "strings"

// bounds are words around a number and the side that they limit.
var lowerBefore = []string{"超过", "大于", "高于", "不低于", "不少于", "满", "达到", "至少", "过", "多于", "超", "以上", "够", "达", "在"}

var upperBefore = []string{"不足", "不到", "低于", "小于", "少于", "没到", "未满", "不满", "不超过", "至多", "最多", "没过", "不够", "才", "仅", "只"}

// bound reads which side a number at [i,j) limits: -1 upper, +1 lower, 0 neither.
func (f *frame) bound(i, j int) (side, start, end int) {
	start, end = i, j
	for _, w := range upperBefore {
		if n := utf8Len(w); i-n >= 0 && f.hasAt(i-n, w) {
			return -1, i - n, j
		}
	}
	if n := f.anyAt(j, "以下", "以内", "之内", "及以下", "不到"); n > 0 {
		return -1, i, j + n
	}
	for _, w := range lowerBefore {
		if n := utf8Len(w); i-n >= 0 && f.hasAt(i-n, w) {
			e := j
			if n := f.anyAt(j, "及以上", "以上", "之上"); n > 0 {
				e += n
			}
			return 1, i - n, e
		}
	}
	if n := f.anyAt(j, "及以上", "以上", "之上", "多"); n > 0 {
		return 1, i, j + n
	}
	return 0, i, j
}

// filterOrders reads 买满3次, 下单5次以上, 只买过一次, 订单数不到2.
func (f *frame) filterOrders(m map[string]any) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil || k > 0 && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1])) {
				continue
			}
			v, e, _ := f.number(k)
			if e == k || v <= 0 || v > 10000 {
				continue
			}
			n := f.anyAt(e, "次", "单", "笔订单", "个订单", "笔", "回")
			ctx := f.around(p.i, k, 10)
			if n == 0 && !(strings.Contains(ctx, "订单数") || strings.Contains(ctx, "下单次数") || strings.Contains(ctx, "购买次数") || strings.Contains(ctx, "消费次数")) {
				continue
			}
			if !hasAny(ctx+string(f.norm[e:min(p.j, e+8)]), []string{"买", "下单", "消费", "订单", "购", "成交", "下过", "复购", "采购"}) {
				continue
			}
			side, i, j := f.bound(k, e+n)
			if side >= 0 && hasAny(string(f.norm[max(p.i, k-6):k]), []string{"最多", "至多", "顶多", "不超过", "不多于", "没超过", "不到", "少于", "低于", "只", "仅", "才", "不满", "不足"}) {
				side = -1
			}
			b := f.anyAt(e+n, "以上", "及以上", "以下", "以内")
			if side == 0 || side > 0 && f.hasAt(k-1, "过") {
				for _, w := range []string{"买过", "下过", "消费过", "购买过", "下了", "买了"} {
					if x := utf8Len(w); k-x-1 >= p.i && f.hasAt(k-x, w) {
						if f.hasAt(k-x-1, "只") || f.hasAt(k-x-1, "才") || f.hasAt(k-x-1, "仅") {
							side = -1
						}
					}
				}
			}
			if b > 0 {
				j = max(j, e+n+b)
				if f.hasAt(e+n, "以上") || f.hasAt(e+n, "及以上") {
					side = 1
				} else {
					side = -1
				}
			}
			if side < 0 {
				m["max_orders"] = int64(v)
			} else {
				m["min_orders"] = int64(v)
			}
			for i > p.i && !f.used[i-1] && f.at[i-1] == nil && strings.ContainsRune("买下单消费购买过累计订数次采满只才了仅总共至少最多顶不超到于足成交交易复", f.norm[i-1]) {
				i--
			}
			f.mark(i, j)
		}
	}
}

// around gives up to n folded runes before k.
func (f *frame) around(start, k, n int) string {
	return string(f.norm[max(start, k-n):k])
}

// filterSpent reads 累计消费过万, 消费不足200, 花了5000以上.
func (f *frame) filterSpent(m map[string]any) {
	words := []string{"消费", "花", "累计", "买了", "消费额", "交易额", "成交额", "采购额", "客单价", "购买金额", "贡献"}
	for _, p := range f.parts {
		at := -1
		for k := p.i; k < p.j; k++ {
			if f.at[k] == nil && !f.used[k] && f.anyAt(k, words...) > 0 && f.anyAt(k, "花店", "花卉", "消费者", "消费品") == 0 {
				at = k
				break
			}
		}
		if at < 0 {
			continue
		}
		for k := at; k < p.j; k++ {
			if f.used[k] || k > 0 && (isDigit(f.norm[k-1]) || isHanNumber(f.norm[k-1]) || f.norm[k-1] == '.') {
				continue
			}
			var v float64
			e := k
			if sp := f.at[k]; sp != nil {
				if sp.kind != 'M' {
					continue
				}
				v, e = sp.money.Yuan, sp.j
			} else if n := f.anyAt(k, "万元", "万", "千", "百"); n > 0 && k > 0 && (f.norm[k-1] == '过' || f.norm[k-1] == '上' || f.norm[k-1] == '破' || f.norm[k-1] == '满' || f.norm[k-1] == '超') {
				v, e = float64(hanUnits[f.norm[k]]), k+n
			} else {
				var n int
				v, n, _ = f.number(k)
				if n == k || v < 10 || f.anyAt(n, "次", "天", "单", "个", "月", "周", "年", "笔", "积分", "分", "%", "折") > 0 {
					if n > k {
						k = n - 1
					}
					continue
				}
				e = n
				if w := f.anyAt(e, "元", "块钱", "块"); w > 0 {
					e += w
				}
			}
			side, _, j := f.bound(k, e)
			if n := f.anyAt(e, "到", "至", "-", "~"); n > 0 && (side == 0 || f.hasAt(k-1, "在")) { // 1万到5万
				if v2, e2, _ := f.number(e + n); e2 > e+n {
					m["min_spent"] = yuan(v)
					m["max_spent"] = yuan(v2)
					f.mark(at, e2+f.anyAt(e2, "元", "块"))
					return
				}
			}
			if side < 0 {
				m["max_spent"] = yuan(v)
			} else {
				m["min_spent"] = yuan(v)
			}
			if side == 0 && f.hasAt(e, "以上") {
				j = e + 2
			}
			f.mark(at, max(j, e))
			for _, w := range []string{"累计", "总", "年", "历史"} {
				f.markBefore(at, w)
			}
			k = max(j, e) - 1
			if _, both := m["max_spent"]; both && m["min_spent"] != nil {
				return
			}
		}
	}
}

func (f *frame) number2(i int) bool {
	_, e, _ := f.number(i)
	return e > i && f.anyAt(e, "次", "单", "回", "笔") > 0
}
