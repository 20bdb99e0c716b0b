package chatlog

import "strings"

// titled reads the person with a form of address that begins at i: 王总, 欧阳老师, 张伟经理. It gives the place
// behind it, else i.
func (c *clause) titled(i int) int {
	if !c.is("address") {
		return i
	}
	n := c.surname(i)
	if n == 0 || c.at("not_person", i) > 0 {
		return i
	}
	for given := 0; given <= 2; given++ {
		k := i + n + given
		if k > c.j || given > 0 && !han(c.text[k-1]) {
			break
		}
		t := c.at("address", k)
		if t == 0 || c.at("not_title", k) > 0 || given > 0 && (t < 2 || c.at("name_stop", k-1) > 0 || c.at("name_stop", i+n) > 0) {
			continue
		}
		return k + t
	}
	return i
}

// surname gives the length of the surname at i, else 0.
func (c *clause) surname(i int) int {
	if i >= c.j {
		return 0
	}
	if i+1 < c.j && c.x.compound[[2]rune{c.text[i], c.text[i+1]}] {
		return 2
	}
	if c.text[i] == '于' && c.x.surnames['于'] && (i == c.i || !strings.ContainsRune("低高关由对等大小属善处位至终基在过便敢忙乐急利", c.text[i-1])) {
		return 1
	}
	if c.x.surnames[c.text[i]] && c.at("not_surname", i) == 0 {
		return 1
	}
	return 0
}

// nicknamed reads 老王, 小李, 阿芬 at i; it gives the place behind it, else i.
func (c *clause) nicknamed(i int) int {
	if i+1 >= c.j || !strings.ContainsRune("老小阿", c.text[i]) || c.at("not_person", i) > 0 || !han(c.text[i+1]) {
		return i
	}
	if c.text[i] == '阿' || c.x.surnames[c.text[i+1]] {
		return i + 2
	}
	return i
}

// person reads the name at i where a name is due: with a title, as a nickname, in Latin letters, or in full.
// Limit bounds it; it gives the place behind the name, else i.
func (c *clause) person(i, limit int) int {
	if i >= limit || c.at("not_person", i) > 0 {
		return i
	}
	if j := c.titled(i); j > i && j <= limit {
		return j
	}
	if j := c.nicknamed(i); j > i && j <= limit && c.nameEnds(j, limit) {
		return j
	}
	if i+2 <= limit && (c.text[i] == '小' || c.text[i] == '老' || c.text[i] == '大') && han(c.text[i+1]) && c.nameEnds(i+2, limit) && c.at("name_stop", i+1) == 0 { // 小敏
		return i + 2
	}
	if latin(c.text[i]) {
		j := i
		for j < limit && latin(c.text[j]) {
			j++
		}
		if j-i >= 2 && j-i <= 12 {
			if t := c.at("address", j); t > 0 && j+t <= limit {
				return j + t
			}
			if c.at("given", i) == j-i || c.nameEnds(j, limit) && c.at("not_latin_name", i) == 0 {
				return j
			}
		}
		return i
	}
	n := c.surname(i)
	if n == 0 {
		return i
	}
	for k := min(i+n+2, limit); k > i+n; k-- {
		if c.nameRun(i+n, k) && c.nameEnds(k, limit) {
			return k
		}
	}
	return i
}

// nameRun reports whether [i,j) can be a given name.
func (c *clause) nameRun(i, j int) bool {
	for k := i; k < j; k++ {
		if !han(c.text[k]) || c.at("name_stop", k) > 0 {
			return false
		}
	}
	return true
}

// nameEnds reports whether a name may end at k.
func (c *clause) nameEnds(k, limit int) bool {
	return k >= limit || !han(c.text[k]) && !latin(c.text[k]) || c.at("name_stop", k) > 0
}
