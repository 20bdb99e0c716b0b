package chatlog

import "strings"

// coins reads an amount with its small change: 2块9毛5, 12元5角, 三块八一斤, 五毛五, 8毛, 3分钱. It gives yuan
// and the place behind it, or i when no change was said, which leaves the amount to the parser.
func (s *said) coins(c *clause, i int) (float64, int) {
	v, k := s.r.Number(i)
	if k <= i || v <= 0 || k >= c.j {
		return 0, i
	}
	switch {
	case s.text[k] == '元' || s.text[k] == '块':
		whole := k + 1
		tenth := s.figureAt(whole, c.j)
		switch {
		case s.text[k] == '块' && whole+1 < c.j && digit(s.text[whole]) && digit(s.text[whole+1]) && (whole+2 >= c.j || !digit(s.text[whole+2]) && s.text[whole+2] != '.' && !c.unit(whole+2)): // 2块95
			return round4(v + float64(tenth)/10 + float64(s.text[whole+1]-'0')/100), whole + 2
		case tenth < 0 || whole+1 < c.j && (digit(s.text[whole+1]) || strings.ContainsRune(".十百千万亿", s.text[whole+1])):
		case whole+1 < c.j && dime(s.text[whole+1]):
			cents, j := s.cents(c, whole+2)
			return round4(v + float64(tenth)/10 + cents), j
		case s.text[k] == '元' || tenth == 0:
		case c.unit(whole+1) && !perEach(c, whole+1): // 18块一斤
			if _, j := s.r.Money(i); j > whole { // the parser took the count for change
				return v, whole
			}
		default:
			return round4(v + float64(tenth)/10), whole + 1
		}
	case dime(s.text[k]) && v < 10 && !hasAny(s.text, k, "毛衣", "毛巾", "毛毯", "毛坯", "毛利", "毛重", "毛线", "毛料", "毛呢", "毛绒", "毛笔", "角钢", "角铁", "角落", "角度", "角色", "角阀"):
		if s.text[k] == '角' && !digit(s.text[i]) && (k+1 >= c.j || s.text[k+1] != '钱' && s.figureAt(k+1, c.j) < 0) { // 八角 is a spice
			return 0, i
		}
		cents, j := s.cents(c, k+1)
		return round4(v/10 + cents), j
	case s.text[k] == '分' && k+1 < c.j && s.text[k+1] == '钱' && v < 100 && !(v == 1 && !digit(s.text[i])): // 一分钱 is a way of speaking
		return round4(v / 100), k + 2
	}
	return 0, i
}

func dime(r rune) bool { return r == '毛' || r == '角' }

// perEach reports whether 一 or 每 with a measure stands at i, before which an amount ends: 三块八一斤.
func perEach(c *clause, i int) bool {
	return (c.text[i] == '一' || c.text[i] == '每') && c.unit(i+1)
}

// cents reads the hundredths behind 毛 or 角: the 5 of 2块9毛5, with 分 or 钱 behind it.
func (s *said) cents(c *clause, j int) (float64, int) {
	v := 0.0
	if d := s.figureAt(j, c.j); d > 0 && !c.unit(j+1) && (j+1 >= c.j || !digit(s.text[j+1])) {
		v = float64(d) / 100
		if j++; j < c.j && s.text[j] == '分' {
			j++
		}
	}
	if j < c.j && s.text[j] == '钱' {
		j++
	}
	return v, j
}

// figureAt gives the single digit at i, in either script, else -1.
func (s *said) figureAt(i, limit int) int {
	if i >= limit {
		return -1
	}
	if digit(s.text[i]) {
		return int(s.text[i] - '0')
	}
	for n, r := range []rune("零一二三四五六七八九") {
		if s.text[i] == r {
			return n
		}
	}
	return -1
}
