package parse

import (
	"math"
	"strconv"
	"strings"
)

var hanDigits = map[rune]int64{'零': 0, '〇': 0, '一': 1, '壹': 1, '幺': 1, '二': 2, '贰': 2, '两': 2, '俩': 2, '三': 3, '叁': 3, '仨': 3,
	'四': 4, '肆': 4, '五': 5, '伍': 5, '六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9}

var hanUnits = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000, '万': 1e4, '亿': 1e8}

func isHanNumber(r rune) bool {
	if _, ok := hanDigits[r]; ok {
		return true
	}
	_, ok := hanUnits[r]
	return ok || r == '廿' || r == '半'
}

// number reads the number that starts at i: digits with commas and a decimal point, Chinese numerals, or
// both with a multiplying unit (1.2亿, 3.6w, 三十八万五). It returns the value, the position after it, and
// whether a unit of ten thousand or more, or k, was said (which makes it likely money).
func (l *line) number(i int) (value float64, end int, unit bool) {
	if value, end = l.spokenDecimal(i); end > i {
		return value, end, true
	}
	if value, end = l.grouped(i); end > i {
		return value, end, true
	}
	if i < len(l.norm) && isDigit(l.norm[i]) {
		value, end, unit = l.digits(i)
	} else {
		value, end, unit = l.hanNumber(i)
	}
	if end > i && !unit && value >= 10 && l.hasAt(end, "来") && l.anyAt(end+1, "万", "亿") > 0 { // 八十来万
		return value * map[bool]float64{true: 1e4, false: 1e8}[l.hasAt(end+1, "万")], end + 2, true
	}
	return value, end, unit
}

// spokenDecimal reads a decimal as it is dictated, before a unit of ten thousand or more: 一点二亿, 三十五点六万, 3点5万.
func (l *line) spokenDecimal(i int) (float64, int) {
	j := i
	for j < len(l.norm) && j-i < 7 && (isHanNumber(l.norm[j]) || isDigit(l.norm[j])) && l.norm[j] != '半' {
		j++
	}
	if j == i || !l.hasAt(j, "点") || i > 0 && (isDigit(l.norm[i-1]) || isHanNumber(l.norm[i-1])) {
		return 0, i
	}
	whole, e := 0.0, i
	if isDigit(l.norm[i]) {
		whole, e = l.plainDigits(i)
	} else {
		whole, e, _ = l.hanNumber(i)
	}
	if e != j {
		return 0, i
	}
	part, scale, k := 0.0, 0.1, j+1
	for ; k < len(l.norm) && k-j <= 4; k++ {
		d, ok := hanDigits[l.norm[k]]
		if isDigit(l.norm[k]) {
			d, ok = int64(l.norm[k]-'0'), true
		}
		if !ok {
			break
		}
		part, scale = part+float64(d)*scale, scale/10
	}
	for _, u := range []struct {
		word string
		v    float64
	}{{"百万", 1e6}, {"千万", 1e7}, {"万", 1e4}, {"亿", 1e8}, {"w", 1e4}} {
		if n := l.anyAt(k, u.word); n > 0 && k > j+1 {
			return math.Round((whole+part)*u.v*100) / 100, k + n
		}
	}
	return 0, i
}

// grouped reads digits with a Chinese unit each under a common 万 or 亿: 3千6百万, 1百20万.
func (l *line) grouped(i int) (float64, int) {
	sum, last, groups, j := 0.0, 1e9, 0, i
	for j < len(l.norm) && isDigit(l.norm[j]) {
		d, e := l.plainDigits(j)
		if e >= len(l.norm) || e == j {
			return 0, i
		}
		u := float64(hanUnits[l.norm[e]])
		if u >= 1e4 { // the last group has no unit of its own
			if groups == 0 || d >= last {
				return 0, i
			}
			return (sum + d) * u, e + 1
		}
		if u == 0 || u >= last {
			return 0, i
		}
		sum, last, groups, j = sum+d*u, u, groups+1, e+1
	}
	if groups > 1 && j < len(l.norm) && hanUnits[l.norm[j]] >= 1e4 {
		return sum * float64(hanUnits[l.norm[j]]), j + 1
	}
	return 0, i
}

// digits reads 12,800 and 3.6w and 38万5.
func (l *line) digits(i int) (float64, int, bool) {
	v, j := l.plainDigits(i)
	unit := false
	if n := l.anyAt(j, "个w", "个万", "个亿"); n > 0 && !(j+n < len(l.norm) && isAlnum(l.norm[j+n])) { // 35个w
		if l.hasAt(j+1, "亿") {
			return v * 1e8, j + n, true
		}
		return v * 1e4, j + n, true
	}
	for j < len(l.norm) {
		k := j
		for k < len(l.norm) && l.norm[k] == ' ' && k-j < 1 {
			k++
		}
		if k >= len(l.norm) {
			break
		}
		m := 0.0
		switch l.norm[k] {
		case '亿':
			m = 1e8
		case '万':
			m = 1e4
		case 'w', 'k':
			if k > j || k+1 < len(l.norm) && isLatin(l.norm[k+1]) {
				break
			}
			m = 1e4
			if l.norm[k] == 'k' {
				m = 1e3
			}
		case '千':
			m = 1e3
		case '百':
			m = 1e2
		}
		if m == 0 || k > j && m < 1e4 {
			break
		}
		v, j, unit = v*m, k+1, unit || m >= 1e3
		if m == 1e8 && j < len(l.norm) && isDigit(l.norm[j]) { // 1亿2千万
			if rest, e, big := l.digits(j); big && rest >= 1e4 && rest < 1e8 {
				return v + rest, e, true
			}
		}
		if m >= 1e3 && !(v/m != math.Trunc(v/m) && j < len(l.norm) && isHanNumber(l.norm[j])) { // 2.6w|一块
			if rest, e := l.lower(j, m); e > j {
				return v + rest, e, true
			}
		}
		if m < 1e4 {
			continue
		}
		if j < len(l.norm) && l.norm[j] == '亿' {
			continue
		}
		break
	}
	return v, j, unit
}

// dated reports whether what stands at e makes the number before it a date: 26.4万12月15日.
func (l *line) dated(e int) bool {
	return l.hasAt(e, "月") && e+1 < len(l.norm) && (isDigit(l.norm[e+1]) || isHanNumber(l.norm[e+1]) || l.hasAt(e+1, "底") || l.hasAt(e+1, "初"))
}

// rated reports whether a discount begins at j, which is no part of the amount before it: 每台1.5万|85折, 十五万|九五折.
func (l *line) rated(j int) bool {
	for e := j; e < len(l.norm) && e < j+4; e++ {
		if e > j && l.norm[e] == '折' {
			return true
		}
		if !isDigit(l.norm[e]) && hanDigits[l.norm[e]] == 0 && l.norm[e] != '.' && l.norm[e] != '点' {
			break
		}
	}
	return false
}

// lower reads what follows a unit of m in the same number: 1万|4千4, 38万|5, 3万|2000, 1万|零50.
func (l *line) lower(j int, m float64) (sum float64, end int) {
	end = j
	zero := false
	for j < len(l.norm) && m >= 100 {
		if l.norm[j] == '零' || l.norm[j] == '〇' {
			zero = true
			j++
		}
		d, e := 0.0, j
		if j < len(l.norm) && isDigit(l.norm[j]) {
			d, e = l.plainDigits(j)
		} else if j < len(l.norm) && hanDigits[l.norm[j]] > 0 {
			d, e = float64(hanDigits[l.norm[j]]), j+1
		}
		if e == j || l.counts(e) && e == j+1 || l.dated(e) || l.rated(j) {
			return sum, end
		}
		if u := float64(0); e < len(l.norm) {
			if u = float64(hanUnits[l.norm[e]]); u > 0 {
				if u >= m || l.norm[e] == '百' && e+1 < len(l.norm) && hanUnits[l.norm[e+1]] > 0 {
					return sum, end
				}
				sum, m, j, end = sum+d*u, u, e+1, e+1
				continue
			}
		}
		if e == j+1 && !zero {
			return sum + d*m/10, e
		}
		if d < m {
			return sum + d, e
		}
		return sum, end
	}
	return sum, end
}

func (l *line) plainDigits(i int) (float64, int) {
	j := i
	var buf []byte
	dot := false
	for j < len(l.norm) {
		r := l.norm[j]
		switch {
		case isDigit(r):
			buf = append(buf, byte(r))
		case r == ',' && !dot && l.threeDigits(j+1) && j-i >= 1 && j-i <= 11:
		case r == '.' && !dot && j+1 < len(l.norm) && isDigit(l.norm[j+1]):
			dot = true
			buf = append(buf, '.')
		default:
			v, _ := strconv.ParseFloat(string(buf), 64)
			return v, j
		}
		j++
	}
	v, _ := strconv.ParseFloat(string(buf), 64)
	return v, j
}

// groups3 reports whether the comma at k parts the thousands of a number: 1,000积分.
func (l *line) groups3(k int) bool {
	return (l.norm[k] == ',' || l.norm[k] == '，') && k > 0 && isDigit(l.norm[k-1]) && l.threeDigits(k+1) && (k < 4 || !isDigit(l.norm[k-2]) || !isDigit(l.norm[k-3]) || !isDigit(l.norm[k-4]))
}

// threeDigits reports whether exactly three digits follow: a thousands group.
func (l *line) threeDigits(j int) bool {
	if j+3 > len(l.norm) {
		return false
	}
	for k := j; k < j+3; k++ {
		if !isDigit(l.norm[k]) {
			return false
		}
	}
	return j+3 == len(l.norm) || !isDigit(l.norm[j+3])
}

// hanNumber reads Chinese numerals: 三十八万五, 二百一十, 一千零五十, 二〇二六, 十, 廿.
func (l *line) hanNumber(i int) (float64, int, bool) {
	var total, section, digit, lastUnit int64
	seen, big, sawUnit := false, false, false
	zero := false
	digitRun := int64(0)
	runLen := 0
	j := i
	for ; j < len(l.norm); j++ {
		r := l.norm[j]
		if d, ok := hanDigits[r]; ok {
			if sawUnit && digit == 0 && l.rated(j) {
				break
			}
			if sawUnit && lastUnit >= 1e4 && digit == 0 && l.counts(j+1) { // 十二万一辆
				break
			}
			if runLen > 0 && !sawUnit {
				digitRun = digitRun*10 + d
			} else {
				digitRun = d
			}
			if runLen > 0 && sawUnit && digit != 0 { // 三十八五 is not one number
				break
			}
			runLen++
			digit = d
			zero = d == 0
			seen = true
			continue
		}
		if r == '廿' {
			section += 20
			seen, sawUnit, lastUnit = true, true, 10
			continue
		}
		u, ok := hanUnits[r]
		if !ok {
			break
		}
		if runLen > 1 && !sawUnit && digitRun >= 10 {
			digit = digitRun
		}
		seen, sawUnit = true, true
		switch {
		case u >= 1e4:
			section += digit
			if section == 0 {
				if total == 0 {
					return 0, i, false
				}
				total *= u
			} else if u == 1e8 && total > 0 {
				total = (total + section) * u
			} else {
				total += section * u
			}
			section, big = 0, true
		default:
			if digit == 0 {
				if u != 10 {
					if !(lastUnit == 0 && !seen) {
						return 0, i, false
					}
				}
				digit = 1
			}
			section += digit * u
		}
		digit, lastUnit, runLen, digitRun, zero = 0, u, 0, 0, false
	}
	if !seen {
		return 0, i, false
	}
	if !sawUnit {
		return float64(digitRun), j, false
	}
	if digit > 0 {
		if lastUnit >= 100 && !zero && !l.zeroBefore(j) { // 三十八万五 is 385,000; 一百五 is 150
			section += digit * lastUnit / 10
		} else {
			section += digit
		}
	}
	return float64(total + section), j, big
}

// counts reports whether a measure word stands at i, so that the digit before it counts things.
func (l *line) counts(i int) bool {
	return i < len(l.norm) && strings.ContainsRune("台套个件箱张把只条支瓶桶袋包盒吨斤米本部辆批份双卷根片盏", l.norm[i])
}

// zeroBefore reports whether the digit before j follows a zero (一百零五).
func (l *line) zeroBefore(j int) bool {
	return j >= 2 && (l.norm[j-2] == '零' || l.norm[j-2] == '〇')
}
