package parse

import "strings"

// Money is an amount as it was said.
type Money struct {
	start, end int
	Yuan       float64
	Unit       bool   // a unit of money was said (元, 块, 万, k), so it can be nothing else
	Vague      string // why it cannot be written down, one Chinese sentence; "" when it can
}

// maxYuan is the largest amount that is believed: 1,000 亿.
const maxYuan = 1e11

// money reads the amount that begins at i: 38万, 三十八万五, 1.2亿, ￥12,800, 12800元, 5k, 三万二千块.
func (l *line) money(i int) (m Money, ok bool) {
	j := i
	led := l.anyAt(j, "¥", "rmb", "人民币", "$")
	j += led
	if led > 0 && l.hasAt(j, " ") {
		j++
	}
	if n := l.anyAt(j, "万把块钱", "千把块钱", "百把块钱", "万把块", "千把块", "百把块", "万把元", "千把元"); n > 0 && (i == 0 || !isHanNumber(l.norm[i-1]) && !isDigit(l.norm[i-1])) {
		return Money{start: i, end: j + n, Yuan: float64(hanUnits[l.norm[j]]), Unit: true}, true
	}
	if v, ok := l.vague(i); ok {
		return v, true
	}
	minus := false
	if n := l.anyAt(j, "负", "-"); n > 0 && (l.hasAt(j, "负") || i == 0 || !isAlnum(l.norm[i-1]) && !isHan(l.norm[i-1]) || l.moneyBefore(i)) {
		if j+n < len(l.norm) && (isDigit(l.norm[j+n]) || isHanNumber(l.norm[j+n])) {
			minus = true
			j += n
		}
	}
	if j < len(l.norm) && j > i == false && i > 0 && isDigit(l.norm[i]) && (isAlnum(l.norm[i-1]) || l.norm[i-1] == '.') {
		return Money{}, false
	}
	v, k, big := l.number(j)
	if k == j {
		return Money{}, false
	}
	if u := l.anyAt(k, "来万", "来千", "来亿", "来百万", "来百"); u > 0 && !big && v >= 10 { // 四十来万
		v, k, big = v*float64(hanUnits[l.norm[k+1]]), k+2, true
		if u == 3 {
			v, k = v*1e4, k+1
		}
	}
	unit := big || led > 0
	e := k
	if l.hasAt(e, " ") {
		e++
	}
	if n := l.anyAt(e, "万元", "元整", "元", "块钱", "块", "圆", "rmb", "人民币", "大洋"); n > 0 && l.anyAt(e, "元旦", "元气", "元素", "元件", "元宝", "元宇宙", "块儿", "块砖", "块屏", "块板") == 0 {
		if l.hasAt(e, "万元") {
			v *= 1e4
		}
		k, unit = e+n, true
		if l.norm[e] == '块' && k < len(l.norm) && (isDigit(l.norm[k]) || hanDigits[l.norm[k]] > 0) && !(k+1 < len(l.norm) && (isHanNumber(l.norm[k+1]) || isDigit(l.norm[k+1]))) && n == 1 {
			rest, e2, _ := l.number(k)
			v, k = v+rest/10, e2
		}
		if n := l.anyAt(k, "整", "左右", "上下", "出头"); n > 0 {
			k += n
		}
	} else if n := l.anyAt(k, "出头", "左右", "上下"); n > 0 && unit {
		k += n
	}
	if minus {
		v = -v
	}
	m = Money{start: i, end: k, Yuan: v, Unit: unit}
	switch {
	case v < 0:
		m.Vague = "金额不能是负数，请直接说金额，例如「金额38万」"
	case v > maxYuan:
		m.Vague = "这个金额大得不合常理，请再核对一下，例如「金额38万」"
	}
	return m, true
}

// moneyBefore reports whether a word for money stands before i.
func (l *line) moneyBefore(i int) bool {
	for _, w := range []string{"金额", "为", "成", "到", "是", "收", "款", "价"} {
		n := len([]rune(w))
		if i >= n && l.hasAt(i-n, w) {
			return true
		}
	}
	return false
}

// vague reads 几万, 十几万, 二三十万, 三五万, 上百万, 一两万: money that nobody can write down.
func (l *line) vague(i int) (Money, bool) {
	if i > 0 && (isHanNumber(l.norm[i-1]) || isDigit(l.norm[i-1]) || l.norm[i-1] == '好') {
		return Money{}, false
	}
	j := i
	found := false
	for j < len(l.norm) && j-i < 8 {
		r := l.norm[j]
		if n := l.anyAt(j, "几", "数", "若干"); n > 0 && (j == i || isHanNumber(l.norm[j-1]) || isDigit(l.norm[j-1])) {
			found = true
			j += n
			continue
		}
		if l.norm[j] == '多' && j > i && (isHanNumber(l.norm[j-1]) || isDigit(l.norm[j-1])) {
			found = true
			j++
			continue
		}
		if d, ok := hanDigits[r]; ok && d > 0 {
			if j+2 < len(l.norm) {
				if d2, ok := hanDigits[l.norm[j+1]]; ok && d2 > d && (d2 == d+1 || d == 3 && d2 == 5) && hanUnits[l.norm[j+2]] > 0 && (j == i || hanUnits[l.norm[j-1]] > 0) {
					found = true
					j += 2
					continue
				}
			}
			j++
			continue
		}
		if isDigit(r) || hanUnits[r] > 0 {
			j++
			continue
		}
		break
	}
	if !found || !strings.ContainsAny(string(l.norm[i:j]), "万千亿百十") {
		return Money{}, false
	}
	big := strings.ContainsAny(string(l.norm[i:j]), "万亿")
	k := j
	if n := l.anyAt(j, "块钱", "块", "元", "左右"); n > 0 {
		k, big = j+n, true
	}
	if !big {
		return Money{}, false
	}
	said := string(l.orig[i:k])
	return Money{start: i, end: k, Unit: true, Vague: "「" + said + "」不是一个准确的金额，请说一个数，例如「38万」"}, true
}

// currencies that are not the company's.
var currencies = []string{"日元", "日圆", "美元", "美金", "刀", "欧元", "欧", "英镑", "港币", "港元", "韩元", "台币", "新台币", "澳元", "加元", "卢布", "泰铢", "新币", "迪拉姆"}

// foreign passes an amount in another currency when the message says what it is in renminbi (1.2亿日元，按人民币620万记): that is
// what counts.
func (s *scan) foreign(used []bool) {
	at := func(sp *span) int {
		j := sp.j
		if s.hasAt(j, " ") {
			j++
		}
		if n := s.anyAt(j, currencies...); n > 0 {
			return j + n
		}
		return 0
	}
	home := func(sp *span) bool {
		for _, w := range []string{"人民币", "rmb", "合", "折", "约合", "折合", "折算", "换算", "cny", "￥", "¥"} {
			if n := utf8Len(w); sp.i >= n && s.hasAt(sp.i-n, w) {
				return true
			}
		}
		return s.anyAt(sp.i, "人民币", "rmb", "¥") > 0 || s.anyAt(sp.j, "人民币", "rmb") > 0 || s.anyAt(sp.j-3, "人民币", "rmb") > 0
	}
	for _, a := range s.spans {
		if a.kind != 'M' || at(a) == 0 {
			continue
		}
		for _, b := range s.spans {
			if b.kind != 'M' || b == a || at(b) > 0 || !home(b) || b.i-a.j > 16 || a.i-b.j > 16 {
				continue
			}
			end := at(a)
			end += s.anyAt(end, "按", "折合", "折算成", "折算", "折", "约合", "合", "换算成", "换算", "也就是", "就是", "等于")
			for k := a.i; k < end; k++ {
				used[k] = true
				s.at[k] = nil
				s.norm[k] = ' '
			}
			a.kind = 'X'
			break
		}
	}
}
