package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// mend exchanges a mistyped character of a word of command for the right one: 题醒, 工丹, 谈叛. The right word sounds the same without tones and shares
// the other character; what was typed must be no common word itself, so that names and free text keep their own words, and it must not
// go on as a company's name (微新科技) nor begin a person's (谈潘总那单). Positions stay, and quotations are of what was typed.
func (v *vocab) mend(l *line) *line {
	if v.mended.n == 0 {
		return l
	}
	l.chinese()
	for i := 0; i+1 < len(l.norm); i++ {
		if i > 0 && strings.ContainsRune("道倒导", l.norm[i]) && strings.ContainsRune("推进挪移转改调走跳", l.norm[i-1]) { // 推进道商务谈判
			if _, n := v.terms["stage"].at(l, i+1); n > 0 {
				l.norm[i] = '到'
				continue
			}
		}
		right, ok := v.mended.get(wordKey(l.norm[i : i+2]))
		if !ok || v.suffixes.at(l, i+2) > 1 && right[0] != '改' || v.inWord(l, i) || v.inName(l, i) || right[0] == l.norm[i] && v.surnames[l.norm[i+1]] {
			continue
		}
		l.norm[i], l.norm[i+1] = right[0], right[1]
		i++
	}
	return l
}

// english are words of command that people mix into Chinese, with the shorter Chinese ones that they stand for: behind a verb
// of making, or with Chinese or a stop beside them.
var english = []struct {
	word, said string
	verb       bool // counts only before what is made: add个…, create一条…
}{{"create", "建", true}, {"add", "建", true}, {"new", "建", true}, {"set", "设", true}, {"open", "开", true},
	{"task", "任务", false}, {"reminder", "提醒", false}, {"deadline", "截止", false}, {"due", "截止", false}, {"push", "推进", false}, {"update", "更新", false}, {"cancel", "取消", false},
	{"transfer", "移交", false}, {"profile", "资料", false}, {"ranking", "排名", false}, {"forecast", "预测", false}, {"draft", "起草", false}, {"contract", "合同", false},
	{"probability", "概率", false}, {"closing date", "成交日期", false}, {"close date", "成交日期", false}, {"reply", "回复", false}, {"list", "列", false}, {"journey", "旅程", false}, {"filter", "筛选", false}, {"assign", "派", false}}

// made are what stands behind a verb of making.
var made = []string{"个", "一", "条", "张", "a ", "任务", "提醒", "线索", "商机", "工单", "待办", "客户", "联系人", "order", "deal", "customer", "contact", "lead", "task", "ticket", "reminder", "todo"}

// chinese writes the Chinese word over an English one that stands for it, and spaces over the rest.
func (l *line) chinese() {
	latin, han := false, false
	for _, r := range l.norm {
		latin, han = latin || isLatin(r), han || isHan(r)
	}
	for i := 0; latin && han && i < len(l.norm); i++ {
		if !isLatin(l.norm[i]) || i > 0 && (isAlnum(l.norm[i-1]) || strings.ContainsRune("&.-_@/", l.norm[i-1])) {
			continue
		}
		for _, w := range english {
			n := len(w.word)
			if !l.hasAt(i, w.word) || i+n < len(l.norm) && (isAlnum(l.norm[i+n]) || strings.ContainsRune("&.-_@/", l.norm[i+n])) {
				continue
			}
			k := i + n
			for k < len(l.norm) && l.norm[k] == ' ' {
				k++
			}
			switch {
			case w.verb && l.anyAt(k, made...) == 0, !w.verb && k < len(l.norm) && isLatin(l.norm[k]), w.word == "push" && l.anyAt(k, "到", "至", "进") == 0, w.said == "截止" && k < len(l.norm) && !isDigit(l.norm[k]) && !isHan(l.norm[k]) && l.norm[k] != ':' && l.norm[k] != '：':
				continue
			}
			for x := i; x < i+n; x++ {
				l.norm[x] = ' '
			}
			at := i // beside what it belongs to
			if i+n < len(l.norm) && isHan(l.norm[i+n]) {
				at = i + n - utf8.RuneCountInString(w.said)
			}
			copy(l.norm[at:], []rune(w.said))
			break
		}
	}
}

// inWord reports whether one of the two characters at i belongs to a common word with the character beside them: 体性 of 整体性 is
// not 提醒.
func (v *vocab) inWord(l *line, i int) bool {
	common := commonWords()
	for _, at := range [][2]int{{i - 1, i + 1}, {i + 1, i + 3}, {i - 2, i + 1}, {i + 1, i + 4}, {i - 1, i + 2}, {i, i + 3}} {
		if at[0] >= 0 && at[1] <= len(l.norm) {
			if common.has(wordKey(l.norm[at[0]:at[1]])) {
				return true
			}
		}
	}
	return false
}

// inName reports whether the character at i ends a company's name, or joins two, so that the one behind it begins another word: 王老吉|分两笔,
// 华东重机|分期.
func (v *vocab) inName(l *line, i int) bool {
	if l.norm[i] == '和' && l.norm[i+1] == '同' && (i == 0 || !isHan(l.norm[i-1])) { // 和|同城货运
		return true
	}
	for k := max(0, i-5); k < i; k++ {
		if n := i + 1 - k; v.companies.at(l, k) == n || v.brands.at(l, k) == n || n > 1 && v.suffixes.at(l, k) == n {
			return true
		}
	}
	return false
}

// mendings are the ways of mistyping each of words, which have two characters.
func mendings(words []string) (m table[[2]rune]) {
	own := map[uint64]bool{}
	for _, w := range words {
		if r := []rune(w); len(r) == 2 {
			own[wordKey(r)] = true
		}
	}
	alike := soundAlike()
	for _, w := range words {
		r := []rune(foldString(w))
		if len(r) != 2 || !isHan(r[0]) || !isHan(r[1]) {
			continue
		}
		for n := range r {
			for _, other := range alike[r[n]] {
				typed := [2]rune(r)
				typed[n] = other
				key := wordKey(typed[:])
				if !commonWords().has(key) && !own[key] {
					m.put(key, [2]rune(r))
				}
			}
		}
	}
	return m
}

// soundAlike gives for each common character those with the same sound, tones apart.
func soundAlike() map[rune][]rune {
	args := pinyin.NewArgs()
	sounds := map[rune]string{}
	bySound := map[string][]rune{}
	for r := rune(0x4e00); r <= 0x9fa5; r++ {
		if !commonWords().has(wordKey([]rune{r})) {
			continue
		}
		if said := pinyin.SinglePinyin(r, args); len(said) > 0 {
			sounds[r] = said[0]
			bySound[said[0]] = append(bySound[said[0]], r)
		}
	}
	alike := make(map[rune][]rune, len(sounds))
	for r, sound := range sounds {
		for _, other := range bySound[sound] {
			if other != r {
				alike[r] = append(alike[r], other)
			}
		}
	}
	return alike
}
