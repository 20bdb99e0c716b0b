package parse

import (
	"fmt"
	"strings"
)

// PhoneNumber is a telephone number as it was said.
type PhoneNumber struct {
	start, end int
	Digits     string // digits only, without +86
	Bad        string // why it cannot be one, one Chinese sentence; "" when it can
}

// phone reads the number that begins at i: 138-1234-5678, +86 138 1234 5678, 021-5888 1234, 400-820-8820.
func (l *line) phone(i int) (p PhoneNumber, ok bool) {
	if i > 0 && (isAlnum(l.norm[i-1]) || l.norm[i-1] == '#' || l.norm[i-1] == '.' || l.norm[i-1] == '¥') {
		return p, false
	}
	j := i
	if n := l.anyAt(j, "+86", "(+86)", "0086", "86-"); n > 0 {
		j += n
		if j < len(l.norm) && (l.norm[j] == ' ' || l.norm[j] == '-') {
			j++
		}
	}
	if d, end := l.spokenPhone(i); end > i {
		return PhoneNumber{start: i, end: end, Digits: d}, true
	}
	if d, end := l.dottedPhone(j); end > j {
		return PhoneNumber{start: i, end: end, Digits: d}, true
	}
	paren := false
	if l.hasAt(j, "(") && l.hasAt(j+1, "0") {
		j++
		paren = true
	}
	if j >= len(l.norm) || !isDigit(l.norm[j]) {
		return p, false
	}
	var digits []byte
	groups := []int{0}
	k, end := j, j
	for k < len(l.norm) {
		r := l.norm[k]
		switch {
		case isDigit(r):
			digits = append(digits, byte(r))
			groups[len(groups)-1]++
			end = k + 1
		case (r == '-' || r == ' ' || r == ')' && paren) && k+1 < len(l.norm) && (isDigit(l.norm[k+1]) || l.norm[k+1] == ' ' && k+2 < len(l.norm) && isDigit(l.norm[k+2]) && r != ' '):
			if complete(string(digits)) {
				k = len(l.norm)
				continue
			}
			if groups[len(groups)-1] > 0 {
				groups = append(groups, 0)
			}
		default:
			k = len(l.norm)
			continue
		}
		k++
	}
	d := string(digits)
	if end < len(l.norm) && (isLatin(l.norm[end]) || l.norm[end] == '@' || l.norm[end] == '.' && end+1 < len(l.norm) && isDigit(l.norm[end+1])) {
		return p, false
	}
	if complete(d) {
		return PhoneNumber{start: i, end: end, Digits: d}, true
	}
	mobile := len(d) >= 2 && d[0] == '1' && d[1] >= '3'
	if mobile && (len(d) == 10 || len(d) == 12 || len(d) == 9 || len(d) == 13) && !l.moneyUnit(end) {
		return PhoneNumber{start: i, end: end, Digits: d, Bad: fmt.Sprintf("手机号 %s 是%d位，应为11位，请核对后重发号码", d, len(d))}, true
	}
	return p, false
}

// spokenPhone reads a mobile number said in numerals: 一三八零零一三八零零零.
func (l *line) spokenPhone(i int) (digits string, end int) {
	var d []byte
	k := i
	for ; k < len(l.norm) && len(d) < 12; k++ {
		r := l.norm[k]
		if r == ' ' || r == '-' {
			continue
		}
		n := strings.IndexRune("零一二三四五六七八九", r)
		if n < 0 {
			n = strings.IndexRune("零壹贰叁肆伍陆柒捌玖", r)
		}
		switch {
		case n >= 0:
			d = append(d, byte('0'+n/3))
		case r == '〇':
			d = append(d, '0')
		case r == '幺':
			d = append(d, '1')
		default:
			n = -2
		}
		if n == -2 {
			break
		}
		end = k + 1
	}
	if len(d) == 11 && d[0] == '1' && d[1] >= '3' && (i == 0 || !isHanNumber(l.norm[i-1])) {
		return string(d), end
	}
	return "", i
}

// dottedPhone reads a mobile number in groups parted by stops: 139.1300.4412. Amounts are never written so.
func (l *line) dottedPhone(i int) (digits string, end int) {
	const form = "ddd.dddd.dddd"
	if i+len(form) > len(l.norm) {
		return "", i
	}
	var d []byte
	for k, want := range []byte(form) {
		r := l.norm[i+k]
		switch {
		case want == '.' && r == '.':
		case want == 'd' && isDigit(r):
			d = append(d, byte(r))
		default:
			return "", i
		}
	}
	if end = i + len(form); !complete(string(d)) || end < len(l.norm) && (isAlnum(l.norm[end]) || l.norm[end] == '.') {
		return "", i
	}
	return string(d), end
}

// moneyUnit reports whether a unit at i makes the digits before it an amount.
func (l *line) moneyUnit(i int) bool {
	return l.anyAt(i, "元", "块", "万", "亿", "千", " 元", " 万") > 0
}

// complete reports whether d is a whole mobile, landline or service number.
func complete(d string) bool {
	switch {
	case len(d) == 11 && d[0] == '1' && d[1] >= '3':
		return true
	case len(d) >= 10 && len(d) <= 12 && d[0] == '0' && d[1] != '0':
		area := 4
		if d[1] == '1' || d[1] == '2' {
			area = 3
		}
		rest := len(d) - area
		return rest == 8 || rest == 7
	case len(d) == 10 && (d[:3] == "400" || d[:3] == "800"):
		return true
	}
	return false
}

// email reads an address that begins at i.
func (l *line) email(i int) (end int, ok bool) {
	if i > 0 && (isAlnum(l.norm[i-1]) || l.norm[i-1] == '.' || l.norm[i-1] == '_' || l.norm[i-1] == '-') {
		return i, false
	}
	local := func(r rune) bool { return r < 128 && (isAlnum(r) || r == '.' || r == '_' || r == '-' || r == '+') }
	j := i
	for j < len(l.norm) && local(l.norm[j]) {
		j++
	}
	if j == i || j >= len(l.norm) || l.norm[j] != '@' {
		return i, false
	}
	k, dot := j+1, false
	for k < len(l.norm) && l.norm[k] < 128 && (isAlnum(l.norm[k]) || l.norm[k] == '-' || l.norm[k] == '.' && k+1 < len(l.norm) && isAlnum(l.norm[k+1])) {
		dot = dot || l.norm[k] == '.'
		k++
	}
	return k, dot
}
