package model

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"gendan/crm"
)

// Veil puts placeholders such as ⟦P1⟧ in the place of personal data and knows what each stands for. The same words have the
// same placeholder in all texts of one veil. Not safe for concurrent use.
type Veil struct {
	names  []name
	kept   map[string]string // placeholder → what was said
	holder map[string]string // what was said → placeholder
}

// name is one of those to be hidden, folded.
type name struct {
	folded []rune
	letter string
}

// NewVeil makes a veil that hides these names of people and firms besides what it recognises by itself: telephone, bank and
// identity numbers, mail and web addresses, accounts, postal addresses, firms by their endings, people by their form of address.
func NewVeil(people, firms []string) *Veil {
	v := &Veil{kept: map[string]string{}, holder: map[string]string{}}
	seen := map[string]bool{}
	for letter, list := range map[string][]string{"P": people, "C": firms} {
		for _, n := range list {
			folded := crm.Fold(n)
			if runes := []rune(folded); len(runes) > 1 && !seen[folded] {
				seen[folded] = true
				v.names = append(v.names, name{runes, letter})
			}
		}
	}
	slices.SortFunc(v.names, func(a, b name) int {
		return cmp.Or(len(b.folded)-len(a.folded), slices.Compare(a.folded, b.folded))
	})
	return v
}

const (
	digit    = `[0-9０-９]`
	hanDigit = `[零〇○一二三四五六七八九幺两]`
	suffixes = `股份有限公司|有限责任公司|有限公司|分公司|公司|集团|事务所|研究院|研究所`
	measures = `元|块|万|千|亿|台|套|个|件|吨|%|％`
)

// patterns are what the veil recognises by itself, in this order: each sees the text with the placeholders of those before it.
// Where a pattern has a group only the group is hidden.
var patterns = []struct {
	letter string
	find   *regexp.Regexp
	unless *regexp.Regexp // the match, or the match with what follows it, is none
}{
	{"U", regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s，。；、）)⟦]+`), nil},
	{"M", regexp.MustCompile(`[\w.+-]+[@＠][\w-]+(?:[.．][\w-]+)*`), nil},
	{"N", regexp.MustCompile(`[+＋]?[(（]?` + digit + `(?:[ \-－—–()（）.·]{0,2}` + digit + `){6,}[xXＸ]?`), regexp.MustCompile(`^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}(?: \d{1,2})?$|\d{7,9}(?:` + measures + `))`)},
	{"N", regexp.MustCompile(hanDigit + `(?:[ \-，,]?` + hanDigit + `){6,}`), nil},
	{"W", regexp.MustCompile(`(?i)(?:微信|薇信|v信|wechat|weixin|wx|vx|qq|抖音|小红书)(?:号码|账号|帐号|号|id)?[:：是为 ]{0,3}([a-z0-9][\w-]{4,})`), nil},
	{"W", regexp.MustCompile(`(?i)\b(?:[a-z][\w-]*[\d_][\w-]*|\d+[a-z_][\w-]*)`), regexp.MustCompile(`^.{1,5}$`)},
	{"A", regexp.MustCompile(`(?:地址|住址|住在|寄到|送到|送货到|收货)[:：是在到 ]{0,2}([^，,。；;！!？?\n⟦]{4,40})`), nil},
	{"A", regexp.MustCompile(`[\p{Han}]{2,16}(?:路|街|大道|道|巷|弄|胡同|村|园区|大厦|广场|小区|花园|苑) ?[0-9０-９一二三四五六七八九十百A-Za-z]+ ?(?:号楼|号院|号|弄|幢|栋|座|楼|层|室|单元)[0-9０-９A-Za-z一二三四五六七八九十百号弄幢栋座楼层室单元 -]*`), nil},
	{"C", regexp.MustCompile(`[\p{Han}A-Za-z0-9（）()]{2,20}?(?:` + suffixes + `)`), regexp.MustCompile(`^[这那我你他她它哪贵本各某一]?们?(?:家|个|的)?(?:分?公司|集团)$`)},
}

// cues stand before a name and are no part of it.
const cues = "给和跟把在是去找约与为帮对到的向让叫请从被问催见"

// Hide gives text with placeholders for all personal data that is recognised in it.
func (v *Veil) Hide(text string) string {
	text = strings.NewReplacer("⟦", "[", "⟧", "]").Replace(text) // nobody else makes placeholders
	text = v.outside(text, v.hideNames)
	for _, p := range patterns {
		text = v.outside(text, func(s string) string { return v.hidePattern(s, p.letter, p.find, p.unless) })
	}
	return v.outside(text, v.hidePeople)
}

var placeholder = regexp.MustCompile(`⟦[A-Z]\d+⟧`)

// outside applies change to the stretches of text between placeholders.
func (v *Veil) outside(text string, change func(string) string) string {
	var b strings.Builder
	at := 0
	for _, m := range placeholder.FindAllStringIndex(text, -1) {
		b.WriteString(change(text[at:m[0]]))
		b.WriteString(text[m[0]:m[1]])
		at = m[1]
	}
	b.WriteString(change(text[at:]))
	return b.String()
}

func (v *Veil) hide(said, letter string) string {
	if h, ok := v.holder[said]; ok {
		return h
	}
	h := fmt.Sprintf("⟦%s%d⟧", letter, len(v.kept)+1)
	v.kept[h], v.holder[said] = said, h
	return h
}

// hideNames hides the known names however they are spelled.
func (v *Veil) hideNames(text string) string {
	if len(v.names) == 0 || text == "" {
		return text
	}
	runes := []rune(text)
	folded, from := make([]rune, 0, len(runes)), make([]int, 0, len(runes))
	for i, r := range runes {
		for _, f := range crm.Fold(string(r)) {
			folded, from = append(folded, f), append(from, i)
		}
	}
	ends, letters := make([]int, len(runes)), make([]string, len(runes)) // by where a name begins
	taken := make([]bool, len(folded))
	for _, n := range v.names {
		for i := 0; i+len(n.folded) <= len(folded); i++ {
			j := i + len(n.folded)
			if folded[i] != n.folded[0] || !slices.Equal(folded[i:j], n.folded) || slices.Contains(taken[i:j], true) {
				continue
			}
			for k := i; k < j; k++ {
				taken[k] = true
			}
			ends[from[i]], letters[from[i]] = from[j-1]+1, n.letter
		}
	}
	var b strings.Builder
	for i := 0; i < len(runes); {
		if ends[i] > i {
			b.WriteString(v.hide(string(runes[i:ends[i]]), letters[i]))
			i = ends[i]
			continue
		}
		b.WriteRune(runes[i])
		i++
	}
	return b.String()
}

func (v *Veil) hidePattern(text, letter string, find, unless *regexp.Regexp) string {
	var b strings.Builder
	at := 0
	for _, m := range find.FindAllStringSubmatchIndex(text, -1) {
		i, j := m[0], m[1]
		if len(m) > 2 && m[2] >= 0 {
			i, j = m[2], m[3]
		}
		if letter == "C" { // 帮我给云帆公司: what stands before the name stays
			i += lastCue(text[i:j])
		}
		if unless != nil && (unless.MatchString(text[i:j]) || letter == "N" && unless.MatchString(text[i:min(len(text), j+len("元"))])) {
			continue
		}
		b.WriteString(text[at:i])
		b.WriteString(v.hide(text[i:j], letter))
		at = j
	}
	b.WriteString(text[at:])
	return b.String()
}

// lastCue is how many bytes of a firm's match belong to the sentence before it.
func lastCue(match string) int {
	at := 0
	for i, r := range match {
		if strings.ContainsRune(cues, r) && i+len(string(r)) < len(match) {
			rest := match[i+len(string(r)):]
			if len([]rune(rest)) > 3 {
				at = i + len(string(r))
			}
		}
	}
	return at
}

// follow are characters with which the sentence goes on behind a person's name.
const follow = "的说打签要想那这来去约聊谈问催发送确回加改推见是在和跟把给，,。.！!？?；;：: \n、（(了也还今明后下上早晚周"

// notNames begin with a surname and are words.
var notNames = []string{"周一", "周二", "周三", "周四", "周五", "周六", "周日", "周末", "方案", "金额", "安排", "成交", "时间", "程序", "任务", "高兴", "马上", "白天", "万元", "江苏", "常州", "何时", "成本", "温度", "华东", "华南", "华北", "华中", "钱款", "成都", "文件", "关系", "车间", "方式", "方便", "毛利", "路上", "水平", "项目", "高层", "向上", "解决", "古镇", "单子", "单价", "国庆", "平台", "计划", "石家庄"}

// hidePeople hides people by their form of address (王总, 李经理), and full names behind words that a name follows.
func (v *Veil) hidePeople(text string) string {
	runes := []rune(text)
	var b strings.Builder
	for i := 0; i < len(runes); {
		n := 0
		for size := min(5, len(runes)-i); size >= 2 && n == 0; size-- {
			said := string(runes[i : i+size])
			if _, ok := crm.FormOfAddress(said); ok && allHan(runes[i:i+size]) {
				n = size
			}
		}
		if n == 0 && i > 0 && strings.ContainsRune(cues, runes[i-1]) || n == 0 && endsWithAny(runes[:i], "联系人", "姓名", "客户", "联系", "叫做") {
			n = fullName(runes[i:])
		}
		if n == 0 {
			b.WriteRune(runes[i])
			i++
			continue
		}
		b.WriteString(v.hide(string(runes[i:i+n]), "P"))
		i += n
	}
	return b.String()
}

func endsWithAny(runes []rune, words ...string) bool {
	tail := string(runes[max(0, len(runes)-4):])
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(tail, w) })
}

// fullName is how many characters a full name at the head of runes has; 0 when there is none.
func fullName(runes []rune) int {
	for _, n := range []int{3, 2, 4} {
		if n > len(runes) || n < len(runes) && !strings.ContainsRune(follow, runes[n]) && !strings.HasPrefix(string(runes[n:]), "⟦") {
			continue
		}
		said := string(runes[:n])
		if strings.ContainsRune(follow, runes[n-1]) || !crm.LooksLikePerson(said) || slices.ContainsFunc(notNames, func(w string) bool { return strings.HasPrefix(said, w) }) {
			continue
		}
		return n
	}
	return 0
}

func allHan(runes []rune) bool {
	return !slices.ContainsFunc(runes, func(r rune) bool { return !unicode.Is(unicode.Han, r) })
}

// Back gives s with the placeholders put back; ok is false when one in it stands for nothing.
func (v *Veil) Back(s string) (said string, ok bool) {
	ok = true
	said = placeholder.ReplaceAllStringFunc(s, func(h string) string {
		if was, known := v.kept[h]; known {
			return was
		}
		ok = false
		return ""
	})
	return said, ok && !strings.ContainsAny(said, "⟦⟧")
}
