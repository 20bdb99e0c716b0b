package knowledge

import (
	"slices"
	"strings"
	"unicode"

	"gendan/bot/parse"
)

// term is a word of a question with what is known of it.
type term struct {
	text    string
	runes   []rune
	groups  []int32
	near    []int32
	sides   []int32
	topics  []int32
	sound   uint64  // of two to four characters; else 0
	general float64 // how much the word says in Chinese, 0 to 1
	weight  float64 // how much it says in this list
	neg     bool    // denied: 没有发票, 不用预约
	number  bool    // digits, a model name, or a word in Latin letters
	guessed bool    // typed with other characters that are read alike
	parts   []term  // the words inside a long one: 改地址 is 改 and 地址
}

// key is the term's place in the postings.
func (t *term) key() uint64 { return hashString(t.text) }

func groupKey(g int32) uint64         { return 1<<62 | uint64(uint32(g)) }
func nearKey(g int32) uint64          { return 1<<61 | uint64(uint32(g)) }
func topicKey(g int32) uint64         { return 1<<62 | 1<<60 | uint64(uint32(g)) }
func runeKey(r rune) uint64           { return 1<<62 | 1<<61 | uint64(uint32(r)) }
func gramKey(a, b rune) uint64        { return 1<<60 | uint64(a&0xffff)<<16 | uint64(b&0xffff) }
func soundPairKey(a, b uint16) uint64 { return 1<<59 | uint64(a)<<16 | uint64(b) }

// hashString is FNV-1a in the lower 57 bits.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h & (1<<57 - 1)
}

// phrase is a question made ready to compare.
type phrase struct {
	text    string // as it was read
	terms   []term
	kinds   kinds
	sides   []int32
	topics  []int32  // of its words
	core    string   // what remains without politeness, for equality
	typed   string   // the same as it was typed, where a word was mended
	grams   []uint64 // pairs of neighbouring characters of core, each once
	sounds  []uint64 // pairs of neighbouring syllables
	denied  bool     // it asks about what does not work or is not so
	clauses int      // with words that say something
	heard   bool     // it was learned from a customer
}

// spoken are the keys of t that an answer may have: its groups, those of close words, its topics.
func (t *term) spoken() []uint64 {
	out := make([]uint64, 0, 8)
	for _, g := range t.groups {
		out = append(out, groupKey(g))
	}
	for _, g := range t.near {
		out = append(out, nearKey(g))
	}
	for _, g := range t.topics {
		out = append(out, topicKey(g))
	}
	return out
}

// says are the keys of what an answer speaks of.
func (rd *reader) says(text []rune) map[uint64]bool {
	out := map[uint64]bool{}
	for _, c := range clauses(text) {
		for _, w := range rd.segment(c, false, longest) {
			t := term{runes: w.runes}
			if known := rd.words.find(w.runes); known != nil && !empty[string(w.runes)] {
				t.groups, t.near, t.topics = known.groups, known.near, known.topics
			}
			rd.part(&t)
			for _, k := range t.spoken() {
				out[k] = true
			}
			for i := range t.parts {
				for _, k := range t.parts[i].spoken() {
					out[k] = true
				}
			}
		}
	}
	return out
}

// keys are the places of p in the postings.
func (p *phrase) keys() []uint64 {
	seen := make(map[uint64]bool, 64)
	var out []uint64
	add := func(k uint64) {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	word := func(t *term) {
		add(t.key())
		for _, k := range t.spoken() {
			add(k)
		}
	}
	for i := range p.terms {
		word(&p.terms[i])
		for j := range p.terms[i].parts {
			word(&p.terms[i].parts[j])
		}
	}
	for i := range p.terms {
		for _, r := range p.terms[i].runes {
			if han(r) {
				add(runeKey(r))
			}
		}
	}
	for _, g := range p.grams {
		add(g)
	}
	for _, g := range p.sounds {
		add(g)
	}
	return out
}

// thin tells whether what it names is no longer than a character: 现在还能点餐吗 names 餐, which an entry about a wrong
// meal has too.
func (p *phrase) thin() bool {
	for i := range p.terms {
		if t := &p.terms[i]; t.general > 0.25 && len(t.runes) > 1 {
			return false
		}
	}
	return true
}

// reader turns text into phrases.
type reader struct {
	words *Words
	alike layers[uint64, []heardAs] // how words of the list are read → the words, in order
}

// heardAs is a word of the list and how often it is there.
type heardAs struct {
	word string
	n    int
}

// hear notes how a word of the list, and those that say the same, are read, n times more; less when n is negative.
func (rd *reader) hear(t *term, n int) {
	rd.hearWord(t.text, n)
	for _, g := range t.groups {
		for _, s := range rd.words.group[g] {
			rd.hearWord(s, n)
		}
	}
}

func (rd *reader) hearWord(s string, n int) {
	runes := []rune(s)
	if len(runes) < 2 || len(runes) > 4 {
		return
	}
	k := soundKey(runes)
	if k == 0 {
		return
	}
	list := rd.alike.get(k)
	if rd.alike.over != nil { // others read it
		list = slices.Clone(list)
	}
	at, found := slices.BinarySearchFunc(list, s, func(h heardAs, s string) int { return strings.Compare(h.word, s) })
	switch {
	case !found:
		list = slices.Insert(list, at, heardAs{s, n})
	case list[at].n+n == 0:
		list = slices.Delete(list, at, at+1)
	default:
		list[at].n += n
	}
	rd.alike.put(k, list)
}

// meant is the word of the list that is read as w is, "" when there is none.
func (rd *reader) meant(w []rune) string {
	if list := rd.alike.get(soundKey(w)); len(list) > 0 {
		return list[0].word
	}
	return ""
}

// called are whom a question is put to, said before it: 老板，多少钱.
var called = wordSet("老板 老板娘 老师 师傅 店家 店主 掌柜 掌柜的 客服 小二 美女 帅哥 大哥 大姐 朋友 管家 亲爱的")

// read reads a question of the list.
func (rd *reader) read(text string) phrase { return rd.phrase(text, false) }

// ask reads what somebody typed, who may have typed other characters that are read alike.
func (rd *reader) ask(text string) phrase { return rd.phrase(text, true) }

func (rd *reader) phrase(text string, guess bool) phrase {
	runes := parse.Folded(text)
	if len(runes) > maxText {
		runes = runes[:maxText]
	}
	p := phrase{text: text}
	var core, typed []rune
	for _, c := range clauses(runes) {
		if called[string(c)] {
			continue
		}
		before := len(p.terms)
		said, as := rd.clause(&p, c, guess)
		if len(p.terms) > before {
			p.clauses++
		}
		core, typed = append(core, said...), append(typed, as...)
	}
	p.core, p.typed = string(core), string(typed)
	seenGram, seenSound := map[uint64]bool{}, map[uint64]bool{}
	for i := 0; i+1 < len(core); i++ {
		if g := gramKey(core[i], core[i+1]); !seenGram[g] {
			seenGram[g] = true
			p.grams = append(p.grams, g)
		}
		a, b := sound(core[i]), sound(core[i+1])
		if a == 0 || b == 0 {
			continue
		}
		if g := soundPairKey(a, b); !seenSound[g] {
			seenSound[g] = true
			p.sounds = append(p.sounds, g)
		}
	}
	for i := range p.terms {
		p.sides = append(p.sides, p.terms[i].sides...)
		for _, g := range p.terms[i].topics {
			p.topics = appendNew(p.topics, g)
		}
		for _, part := range p.terms[i].parts {
			for _, g := range part.topics {
				p.topics = appendNew(p.topics, g)
			}
		}
	}
	return p
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// clauses cuts text at stops and spaces. A space between Latin words parts words only.
func clauses(runes []rune) [][]rune {
	var out [][]rune
	start := 0
	for i := 0; i <= len(runes); i++ {
		if i < len(runes) {
			r := runes[i]
			if wordRune(r) || strings.ContainsRune("+#%./-_:", r) && i > 0 && i+1 < len(runes) && latin(runes[i-1]) && latin(runes[i+1]) {
				continue
			}
			if r == '+' || r == '%' || r == '"' || r == '\'' || r == '(' || r == ')' || r == '/' || r == '、' || r == '-' || r == '·' {
				continue // stays inside a clause and parts words
			}
		}
		if i > start {
			out = append(out, runes[start:i])
		}
		start = i + 1
	}
	return out
}

func latin(r rune) bool { return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// sentences cuts a passage.
func sentences(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。！？!?；;\n", r) })
}

// clause reads one clause into p and returns its characters without politeness, mended and as they were typed.
func (rd *reader) clause(p *phrase, runes []rune, guess bool) (core, typed []rune) {
	runes, marks, k := rd.unfold(rd.close(runes))
	p.kinds |= k
	neg, denied := false, false
	words := rd.segment(runes, guess, longest)
	last := len(words) - 1
	for last > 0 && polite[string(words[last].runes)] {
		last--
	}
	if last > 0 && string(words[last].runes) == "多少" { // 洗个牙要多少
		words[last].runes = []rune("多少钱")
	}
	for i, w := range words {
		s := string(w.runes)
		p.kinds |= kindWords[s]
		if kindWords[s]&asksTrouble != 0 {
			denied = true
		}
		if polite[s] {
			continue
		}
		if negators[s] {
			if i == last || ends(words, i+1) { // 能退不, 不能退吗 ask whether
				p.kinds |= asksWhether
				continue
			}
			neg, denied = true, denied || !wishes[s]
			core, typed = append(core, w.runes...), append(typed, runes[w.at:min(len(runes), w.at+len(w.runes))]...)
			continue
		}
		core, typed = append(core, w.runes...), append(typed, runes[w.at:min(len(runes), w.at+len(w.runes))]...)
		if empty[s] || kindWords[s] != 0 && !contentKinds[s] && rd.words.find(w.runes) == nil {
			if !empty[s] && !weak[s] {
				neg = false
			}
			continue
		}
		t := rd.term(w)
		if t.general <= 0 {
			continue
		}
		p.kinds |= rd.part(&t)
		t.neg, neg = neg || slices.Contains(marks[w.at:min(len(marks), w.at+len(w.runes))], true), false
		p.terms = append(p.terms, t)
	}
	if k&asksTrouble != 0 || denied {
		p.denied = true
	}
	return core, typed
}

// close takes out what stands between the two characters of a word: 洗个牙, 拔了牙, 种一颗牙.
func (rd *reader) close(runes []rune) []rune {
	out := make([]rune, 0, len(runes))
	for i := 0; i < len(runes); i++ {
		n := 0
		if len(out) > 0 && han(out[len(out)-1]) && !strings.ContainsRune("第几这那哪两每各", out[len(out)-1]) {
			n = filling(runes[i:])
		}
		if n > 0 && i+n < len(runes) {
			w := []rune{out[len(out)-1], runes[i+n]}
			_, whole := parse.CommonWord(runes[i+n-1 : i+n+1]) // 会过期 is no 会期
			if _, ok := parse.CommonWord(w); !whole && ok || rd.words.find(w) != nil {
				i += n - 1
				continue
			}
		}
		out = append(out, runes[i])
	}
	return out
}

// filling is how many characters at the beginning count or time what follows: 一颗, 个, 了.
func filling(runes []rune) int {
	switch {
	case len(runes) > 1 && runes[0] == '一' && strings.ContainsRune("个次颗张台条件份套双只辆间下节回面把杯", runes[1]):
		return 2
	case len(runes) > 1 && runes[0] == '了' && strings.ContainsRune("个张颗件台", runes[1]):
		return 2
	case len(runes) > 0 && strings.ContainsRune("个了完过张", runes[0]):
		return 1
	}
	return 0
}

// ends tells whether a question of yes or no ends with a particle: then a denial in it asks.
func ends(words []piece, from int) bool {
	if from >= len(words) {
		return false
	}
	switch s := string(words[len(words)-1].runes); s {
	case "吗", "么", "嘛", "吧":
		return true
	}
	return false
}

// term tells what is known of a word.
func (rd *reader) term(w piece) term {
	t := term{text: string(w.runes), runes: w.runes, guessed: w.guessed, number: w.number}
	if known := rd.words.find(w.runes); known != nil {
		t.groups, t.near, t.sides, t.topics = known.groups, known.near, known.sides, known.topics
	}
	if n := len(w.runes); n >= 2 && n <= 4 && !w.number {
		t.sound = soundKey(w.runes)
	}
	t.general = general(w)
	return t
}

// part finds the words inside a long one and gives what they ask: 几天能到 asks when. A long word weighs what its parts
// weigh, and one of which a part is denied has none.
func (rd *reader) part(t *term) (k kinds) {
	n := len(t.runes)
	if n < 2 || n > longest || t.number || t.guessed || strings.ContainsAny(string(t.runes), "不没无") || !han(t.runes[0]) {
		return 0
	}
	if _, common := parse.CommonWord(t.runes); n == 2 && common {
		return 0
	}
	words := rd.segment(t.runes, false, n-1)
	if n > 2 && len(words) == n {
		return 0
	}
	general := 0.0
	for _, w := range words {
		s := string(w.runes)
		k |= kindWords[s] & strongKinds
		if polite[s] || empty[s] || kindWords[s] != 0 && !contentKinds[s] && rd.words.find(w.runes) == nil {
			continue
		}
		part := rd.term(w)
		t.parts = append(t.parts, part)
		general += part.general
	}
	if len(t.parts) > 0 && t.general > general {
		t.general = general
	}
	return k
}

// asking tells whether a word of the pack only asks how: 怎么申请, 如何办理.
func asking(w []rune) bool {
	for _, q := range []string{"怎么", "如何", "咋"} {
		if strings.HasPrefix(string(w), q) {
			return true
		}
	}
	return false
}

// general is how much a word says in Chinese, from 0 to 1: 产品 little, 甲醛 much.
func general(w piece) float64 {
	if w.number {
		return 1
	}
	if s := string(w.runes); weak[s] || kindWords[s]&(strongKinds|asksHow|asksWhat|asksWhy|asksWhether) != 0 {
		return 0.25
	}
	if _, known := parse.CommonWord(w.runes); !known && asking(w.runes) {
		return 0.25
	}
	cost, ok := parse.CommonWord(w.runes)
	if !ok {
		cost = 52
		if len(w.runes) == 1 {
			cost = 44
		}
	}
	v := (float64(cost) - 18) / 30
	if len(w.runes) == 1 {
		v *= 0.75
	}
	return max(0.15, min(1, v))
}
