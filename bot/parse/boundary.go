package parse

import "strings"

// run reads the name that begins at i, up to limit. Of all places where it may end it takes the one at which the
// name and the words behind it together are the least surprising.
func (s *scan) run(i, limit int) int {
	j, _, _ := s.nameEnd(i, limit)
	return j
}

// nameEnd gives where the name that begins at i ends, what it costs together with the words behind it, and by how
// much that is better than the next best.
func (s *scan) nameEnd(i, limit int) (end, best, margin int) {
	if end = s.knownEnd(i, limit); end > i {
		return end, 0, 1 << 20
	}
	if end = s.quoted(i); end > i+1 && end <= limit && end <= i+16 {
		return end, 0, 1 << 20
	}
	if end = s.brandWithPerson(i); end > i && end <= limit { // 标致雪铁龙|牟部长
		return end, 0, 1 << 20
	}
	hard := s.told(i, s.reach(i, limit))
	for j := i + 1; j < hard && isLatin(s.norm[i]); j++ { // Kern & Söhne 上海代表处
		if s.norm[j] == ' ' && s.latinJoint(j, i, hard) && !isLatin(s.norm[j+1]) && s.norm[j+1] != '&' && s.norm[j-1] != '&' {
			return s.office(j + 1), 0, 1 << 20
		}
	}
	if end = s.legalEnd(i, hard); end > i {
		return end, 0, 1 << 20
	}
	s.segment()
	best, second := 1<<20, 1<<20
	end = i
	for j := i + 1; j <= hard; j++ {
		if !s.mayEnd(i, j, hard) {
			continue
		}
		cost := s.nameCost(i, j) + s.heads[j] - s.endBonus(i, j, hard)
		if cost < best {
			best, second, end = cost, best, j
		} else if cost < second {
			second = cost
		}
	}
	return end, best, second - best
}

// told cuts [i,hard), where a name is looked for, before a word that says what somebody reported (扬子江|反映冷库压缩机…), and
// before the trade that somebody is in.
func (s *scan) told(i, hard int) int {
	for k := i + 2; k < hard; k++ {
		if n := s.v.terms["industry"].find.at(s.line, k); n > 0 && s.at[k] == nil && s.anyAt(k+n, "行业", "业的", "类的") > 0 && s.anyAt(k+n, "行业协会", "行业报") == 0 { // 北方重机|重工行业
			return k
		}
		if s.at[k] == nil && strings.ContainsRune("反来表抱", s.norm[k]) && s.anyAt(k, "反映", "反馈", "来电说", "来电反", "表示", "抱怨") > 0 {
			return k
		}
	}
	return hard
}

// legalEnd gives the end of a company's full name that begins at i (佛山市顺德区恒基金属制品有限公司), else i: its form in law follows within
// what such a name may be long, and nothing between says that another sentence has begun.
func (s *scan) legalEnd(i, hard int) int {
	for j := i + 2; j < hard && j < i+20; j++ {
		if s.at[j] != nil || !isHan(s.norm[j]) && !strings.ContainsRune("()", s.norm[j]) || strings.ContainsRune("的了说在把给和跟是", s.norm[j]) {
			return i
		}
		if n := s.anyAt(j, "有限责任公司", "股份有限公司", "集团有限公司", "有限公司", "股份公司", "集团公司"); n > 0 && j+n <= hard && j-i >= 2 {
			return j + n
		}
	}
	return i
}

// beginsName reports whether the word [i,i+n), which may stand before a name (对, 先, 找), is rather its beginning
// (对白文化, 先达农化, 找钢网).
func (s *scan) beginsName(i, n, limit int) bool {
	if n > 1 || i+n >= limit || s.at[i] != nil || s.at[i+n] != nil || !isHan(s.norm[i]) || !isHan(s.norm[i+n]) {
		return false
	}
	end, whole, _ := s.nameEnd(i, limit)
	least := s.wordBefore(i, n) + s.nameBehind(i+n, limit, 3)
	if !s.shaped(i, end) {
		least -= unshapedStart
	}
	return whole+sureStart < least
}

// sureStart is by how much a name that begins with a word that may stand before names must be better.
// If the name does not end like a company's, it must be better still.
const (
	sureStart     = 2
	unshapedStart = 22
)

// shaped reports whether [i,j) ends like the name of a company.
func (s *scan) shaped(i, j int) bool {
	return s.v.suffixes.endsAt(s.line, i, j) > 0 || s.v.places.endsAt(s.line, i+1, j) > 0
}

// nameBehind is the least cost of a name from i on, perhaps behind up to depth more words.
func (s *scan) nameBehind(i, limit, depth int) int {
	if i >= limit || s.at[i] != nil || !isHan(s.norm[i]) && !isAlnum(s.norm[i]) {
		return 2 * nameRune
	}
	_, best, _ := s.nameEnd(i, limit)
	if depth == 0 {
		return best
	}
	for _, list := range []words{s.v.fillers, s.v.openers} {
		if n := list.at(s.line, i); n > 0 {
			best = min(best, s.wordBefore(i, n)+s.nameBehind(i+n, limit, depth-1))
		}
	}
	return best
}

// wordBefore is what the word [i,i+n) costs before a name. Some words seldom stand there when nothing else is
// before them.
func (s *scan) wordBefore(i, n int) int {
	cost := s.segment()[i] - s.tails[i+n]
	if c, _, ok := s.wordCost(i, i+n); ok {
		cost = c
	}
	if n == 1 && strings.ContainsRune("对要先快同问开在好说请得新又", s.norm[i]) && (i == 0 || !isHan(s.norm[i-1])) {
		cost += 16
	}
	return min(cost, packWord+18)
}

// reach is the furthest that a name from i may go: to anything recognised, to punctuation and to a space.
func (s *scan) reach(i, limit int) int {
	j := i
	for j < limit {
		if sp := s.at[j]; sp != nil {
			if sp.kind != 'C' || sp.i != j {
				break
			}
			j = sp.j
			continue
		}
		r := s.norm[j]
		if r == ' ' {
			if !s.latinJoint(j, i, limit) {
				break
			}
			j++
			continue
		}
		if r == '(' {
			if e := s.bracket(j, limit); e > 0 && e < limit && (j > i && (s.companyTail(j) > j || s.branch(j+1, e-1)) || j == i && isHan(s.norm[e]) && s.v.terms["region"].find.at(s.line, j+1) == e-j-2) {
				j = e
				continue
			}
			break
		}
		if !isHan(r) && !isAlnum(r) && !strings.ContainsRune("·&.'-_+", r) {
			break
		}
		if j > i && isDigit(r) && isHan(s.norm[j-1]) {
			break
		}
		j++
	}
	for j > i && strings.ContainsRune(".-_'+·", s.norm[j-1]) {
		j--
	}
	return min(j, i+maxName)
}

// branch reports whether [i,j) in brackets names a branch of the company before it: （万象店）, （华东）.
func (s *scan) branch(i, j int) bool {
	return s.anyAt(i, "中国", "大中华区", "亚太") == j-i || s.v.places.endsAt(s.line, i+1, j) > 0 || s.v.teams.endsAt(s.line, i+1, j) > 1 || s.v.terms["region"].find.at(s.line, i) == j-i || s.v.towns.at(s.line, i) == j-i
}

// maxName is the length beyond which nothing is the name of a company.
const maxName = 40

// mayEnd reports whether a name from i may end before j: not within a word of Latin letters, a bracket or a
// protected name.
func (s *scan) mayEnd(i, j, hard int) bool {
	if j >= hard {
		return true
	}
	if a, b := s.at[j-1], s.at[j]; a != nil && a == b {
		return false
	}
	r, prev := s.norm[j], s.norm[j-1]
	if r == ' ' && j > i && j+1 < hard && (s.norm[j+1] == '&' || !isLatin(s.norm[j+1])) && s.latinJoint(j, i, hard) {
		return false
	}
	for x := j; r == ' ' && x < hard && (isLatin(s.norm[x]) || s.norm[x] == ' ' || s.norm[x] == '&'); x++ { // Nordic |Foods & Co
		if s.norm[x] == '&' {
			return false
		}
	}
	if k := j - 1; k > i && !isAlnum(s.norm[k]) {
		for b := k; b > i+1 && b > k-6; b-- { // inside 上海代表处 behind a foreign name
			if s.norm[b-1] == ' ' && s.office(b) > j {
				return false
			}
		}
	}
	if isAlnum(r) && isAlnum(prev) || strings.ContainsRune("·&.'-_+", r) || strings.ContainsRune("·&.'-_+ ", prev) {
		return false
	}
	for k := j - 1; k >= i && k > j-12; k-- {
		if s.norm[k] == ')' {
			break
		}
		if s.norm[k] == '(' {
			return false
		}
	}
	return true
}

// stemCost is what the length of a name without its ending costs, in characters.
var stemCost = []int{60, 60, 0, 6, 8, 22, 30}

// What speaks for and against a place where a name may end, in quarters of a nat.
const (
	ending       = 6
	oddInName    = 18
	shortStem    = 10
	beforeGap    = 8
	beforeDe     = 30
	beforeStop   = 8
	beforePerson = 14
	saidAgain    = 12
	afterLatin   = 8
	bareTown     = 36

	behindProtected = 8
	behindWellKnown = 24
)

// functional are characters that seldom stand in names.
const functional = "了吗呢吧把我你他她这那不没说就都也还很被是的啊给让请谁"

// nameCost is how surprising [i,j) is as the name of a company.
func (s *scan) nameCost(i, j int) int {
	cost, k, shaped, region := 0, j, false, 0
	for k > i {
		n := s.v.suffixes.endsAt(s.line, i, k)
		if n == 0 {
			n = s.v.places.endsAt(s.line, i, k)
		}
		if n == 0 && k == j {
			n = s.v.terms["industry"].find.endsAt(s.line, i+1, k)
		}
		if n > 0 && s.at[k-1] == nil {
			cost += ending
			k -= n
			shaped = true
			continue
		}
		if s.norm[k-1] == ')' {
			b := k - 1
			for b > i && s.norm[b] != '(' {
				b--
			}
			cost += 2 * nameBracket
			k = b
			continue
		}
		break
	}
	if n := s.v.towns.at(s.line, i); n > 0 && s.at[i] == nil {
		switch {
		case i+n < k:
			cost += packWord
			i += n
			region = 1
		case i+n == k && k == j:
			cost += bareTown
		}
	}
	more, stem := s.stem(i, k)
	cost += more
	stem += region
	if stem == 1 && shaped {
		return cost + shortStem
	}
	return cost + stemCost[min(stem, len(stemCost)-1)]
}

// stem gives the cost of the stem [i,k) of a name and its length: a character by itself counts as one, a common word
// or a word of Latin letters as two.
func (s *scan) stem(i, k int) (cost, n int) {
	var least, units [maxName + 1]int
	for x := k - 1; x >= i; x-- {
		at := x - i
		r := s.norm[x]
		switch sp := s.at[x]; {
		case sp != nil:
			least[at], units[at] = least[at+1], units[at+1]
			if sp.i == x {
				least[at] += protectedName
				units[at] += 2
			}
		case isAlnum(r):
			least[at], units[at] = least[at+1], units[at+1]
			if x == i || !isAlnum(s.norm[x-1]) {
				if x > i && s.norm[x-1] == ' ' {
					least[at] += foreign / 3
					break
				}
				least[at] += foreign
				units[at] += 2
			}
		case isHan(r):
			least[at], units[at] = nameRune+least[at+1], 1+units[at+1]
			if strings.ContainsRune(functional, r) {
				least[at] += oddInName
			}
			for w := 2; w <= 4 && x+w <= k; w++ {
				if c, _, ok := s.wordCost(x, x+w); ok && c+inName+least[at+w] < least[at] {
					least[at], units[at] = c+inName+least[at+w], 2+units[at+w]
				}
			}
		default:
			least[at], units[at] = least[at+1], units[at+1]
		}
	}
	return least[0], units[0]
}

// endBonus is what speaks for the end of a name at j besides the words there.
func (s *scan) endBonus(i, j, hard int) int {
	bonus := 0
	if n := s.v.gaps.at(s.line, j); n > 1 {
		bonus += beforeGap
	} else if s.v.things.at(s.line, j) > 1 {
		if _, _, common := s.wordCost(i, j); !common { // 华星|门禁, but not 智能|门锁
			bonus += beforeGap
		}
	}
	if s.hasAt(j, "的") {
		bonus += beforeDe
	}
	if isLatin(s.norm[j-1]) && j < len(s.norm) && isHan(s.norm[j]) {
		bonus += afterLatin
	}
	if j >= hard {
		bonus += beforeStop
	} else if s.v.surnames[s.norm[j]] && s.v.titles.at(s.line, j+1) > 0 && !s.notTitle(j+1) {
		bonus += beforePerson
	}
	if j-i >= 2 && s.again(i, j) {
		bonus += saidAgain
	}
	if j < hard && s.at[j-1] != nil && s.at[j] == nil && s.norm[j] != '(' && s.v.suffixes.at(s.line, j) == 0 { // 五菱|换液压油
		bonus += behindProtected
		if s.wellKnown(i, j) { // 蜜雪冰城|杯盖年框
			bonus += behindWellKnown
		}
	}
	return bonus
}

// again reports whether [i,j) stands elsewhere in the message too.
func (s *scan) again(i, j int) bool {
	n := j - i
	for k := 0; k+n <= len(s.norm); k++ {
		if k+n <= i || k >= j {
			same := true
			for x := 0; x < n && same; x++ {
				same = s.norm[k+x] == s.norm[i+x]
			}
			if same {
				return true
			}
		}
	}
	return false
}
