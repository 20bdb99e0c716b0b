package parse

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// At the end of a day one tells of several customers at once: 今天跑了三家，云帆、锦程、百川，都聊得不错. Each gets a report of its own.

// rounds is the beginning of such a report, up to the names: how they were met, and perhaps how many they are.
var rounds = regexp.MustCompile(`^[^,，。;；!！?？、]{0,12}?((?:拜访|走访|回访|联系|见|跑|去)(?:了|过|完了|完)|拜访|走访|回访|给|跟|和)(?:一圈|一下)?(?:([两俩三四五六七八2-8])(?:家|个|位)(?:老|新)?(?:客户|公司|单位)?)?(?:[,，:： ]|分别是|是)*`)

// countedBehind stands behind the names and says that they were all.
var countedBehind = regexp.MustCompile(`^这?([两俩三四五六七八2-8])(?:家|个|位)(?:客户|公司|单位)?`)

// met reads a report of several customers as one of each.
func (m message) met(s *scan) []*frame {
	var told []*frame
	if head, from, count := s.toldOf(); head > 0 {
		told = m.metAlike(s, head, from, count)
		if told == nil && count > 0 {
			told = m.metEach(s, head, from, count)
		}
	}
	if told == nil {
		told = m.metAlike(s, 0, 0, 0) // 云帆和锦程今天都去过了
	}
	return told
}

// toldOf gives where the verb of a round ends, where what it is said of begins, and how many they are; 0 when nobody counted.
func (s *scan) toldOf() (head, from, count int) {
	text := string(s.norm)
	at := rounds.FindStringSubmatchIndex(text)
	if at == nil {
		return 0, 0, 0
	}
	if at[4] >= 0 {
		count = howMany(text[at[4]:at[5]])
	}
	return utf8.RuneCountInString(text[:at[3]]), utf8.RuneCountInString(text[:at[1]]), count
}

func howMany(said string) int {
	if n := strings.Index("一二三四五六七八九", strings.NewReplacer("两", "二", "俩", "二").Replace(said)); n >= 0 {
		return n/3 + 1
	}
	n, _ := strconv.Atoi(said)
	return n
}

// metAlike reads a report that is the same of all: the names stand in a row at from.
func (m message) metAlike(s *scan, head, from, count int) []*frame {
	names, end := s.namesTold(from, count)
	if len(names) < 2 {
		return nil
	}
	counted := count > 0
	if n := countedBehind.FindStringSubmatch(string(s.norm[end:])); n != nil {
		if howMany(n[1]) != len(names) {
			return nil
		}
		counted = true
		end += utf8.RuneCountInString(n[0])
	}
	tail, all := s.withoutAll(end)
	visited, said := head > 0 && s.anyAt(head-1, "给", "跟", "和") == 0, []string{}
	for _, x := range names {
		visited = visited && s.v.known.at(s.line, x[0]) == x[1]-x[0] // 拜访了锦程和华星
		said = append(said, s.said(x[0], x[1]))
	}
	if !counted && !all && !visited {
		return nil
	}
	m.v = m.v.with(s.line, []Option{Known(said)})
	opening := s.of([2]int{0, head})
	if all {
		opening = s.opening(head)
	}
	var each, rest []*frame
	for n, x := range names {
		found := m.readWell(opening.joinedTo(s.of(x)).joinedTo(tail))
		if len(found) == 0 || found[0].action != "activity.log" || found[0].params["customer"] != said[n] || n > 0 && !alike(found[0], each[0], "customer") {
			return nil
		}
		if each = append(each, found[0]); n == 0 {
			rest = found[1:]
		}
	}
	for _, f := range rest { // it is about all of them
		if f.params["customer"] == said[0] {
			delete(f.params, "customer")
		}
	}
	return append(each, rest...)
}

// readWell gives the actions of the likeliest reading of a message.
func (m message) readWell(l *line) []*frame {
	s, frames := m.read(l, said{})
	return m.likeliest(l, reading{scan: s, frames: frames, result: result(string(l.orig), frames)}).frames
}

// opening is the beginning of a round up to head.
func (s *scan) opening(head int) *line {
	if s.hasAt(head-2, "跑") { // 跑了 alone is said of many things
		return s.of([2]int{0, head - 2}).joinedTo(newLine("拜访了"))
	}
	return s.of([2]int{0, head})
}

// metEach reads a report that says something else of each: 今天跑了两家，云帆要报价，锦程没见到人.
func (m message) metEach(s *scan, head, from, count int) (all []*frame) {
	pieces := slices.DeleteFunc(s.between("，,；;。"), func(p [2]int) bool { return p[0] < from })
	if len(pieces) != count {
		return nil
	}
	opening := s.opening(head)
	for _, p := range pieces {
		i, j := p[0], p[1]
		k := i + s.v.known.at(s.line, i)
		if k == i {
			k = s.run(i, j)
		}
		if k < i+2 || k >= j {
			return nil
		}
		counted := m
		counted.v = m.v.with(s.line, []Option{Known([]string{s.said(i, k)})})
		_, found := counted.read(opening.joinedTo(s.of([2]int{i, k})), s.before)
		if len(found) != 1 || found[0].action != "activity.log" || found[0].params["customer"] != s.said(i, k) {
			return nil
		}
		if k, j = s.trim(k, j); k == j {
			return nil
		}
		found[0].set("content", s.said(k, j))
		all = append(all, found[0])
	}
	return all
}

// namesTold gives the names in a row at i, and where the last of them ends; as many as were counted, or at least two.
func (s *scan) namesTold(i, count int) (names [][2]int, end int) {
	for k := i; ; {
		j := k
		for j < len(s.norm) && !isEdge(s.norm[j]) && (s.at[j] == nil || s.at[j].kind == 'C') && (j < k+2 || s.joins(j) == 0 && s.anyAt(j, "都", "全", "分别", "各") == 0 && countedBehind.FindString(string(s.norm[j:])) == "") {
			j++
		}
		if j < k+2 || j > k+12 || s.v.fillers.at(s.line, k) > 0 && !s.beginsName(k, s.v.fillers.at(s.line, k), j) {
			break
		}
		names, end = append(names, [2]int{k, j}), j
		if len(names) == count {
			break
		}
		n := s.joins(j)
		if n == 0 && count > 0 && j < len(s.norm) && strings.ContainsRune(",， ", s.norm[j]) {
			n = 1
		}
		if n == 0 {
			break
		}
		k = j + n
	}
	if len(names) < 2 || count > 0 && len(names) != count {
		return nil, 0
	}
	return names, end
}

func (s *scan) joins(k int) int { return s.anyAt(k, "、", "和", "跟", "与", "以及", "还有") }

// withoutAll is the line from i on without 都, where it says that something is meant of all; it reports whether it was said.
func (s *scan) withoutAll(i int) (tail *line, said bool) {
	var keep [][2]int
	opens := true
	from := i
	for k := i; k < len(s.norm); k++ {
		if opens {
			if n := s.anyAt(k, "都", "全都", "也都", "全部", "分别", "各"); n > 0 && s.anyAt(k, "都市", "都会", "各种", "各家", "各位") == 0 {
				keep = append(keep, [2]int{from, k})
				from, k, said, opens = k+n, k+n-1, true, false
				continue
			}
		}
		opens = hardStop(s.norm[k]) || opens && (s.norm[k] == ' ' || s.at[k] != nil && s.at[k].kind == 'T')
	}
	return s.of(append(keep, [2]int{from, len(s.norm)})...), said
}
