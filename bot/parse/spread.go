package parse

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// One order is often said of several at once: 万科和保利都转给阿杰; 李娜的商机列一下，吴迪的也列一下; 晨光回款五万，得力回款一万八，都是昨天到的. The parts
// that lack words which they share are completed with them, and each is read by itself.

// spread gives the frames of a message in which an order is said of several, and nil of every other message.
func (m message) spread(s *scan, whole []*frame) []*frame {
	if frames := m.verdicts(s); s.negated && frames != nil {
		return frames
	}
	if s.moody && !s.holdsAny("呢") || s.negated || len(s.norm) > 120 {
		return nil
	}
	if frames := m.met(s); frames != nil {
		return frames
	}
	if frames := m.bornOn(s); frames != nil {
		return frames
	}
	if frames := m.beforeCall(s, whole); frames != nil {
		return frames
	}
	if frames := m.wonAndLost(s); frames != nil {
		return frames
	}
	if frames := m.apart(s, whole); frames != nil {
		return frames
	}
	for _, read := range []func(*scan) []*frame{m.reports, m.verdicts, m.counts, m.listed, m.shared, m.gapped, m.ownEach, m.audiences} {
		if frames := read(s); frames != nil && !repeats(frames) && missing(frames) == "" && !slices.EqualFunc(frames, whole, func(f, g *frame) bool { return f.action == g.action && reflect.DeepEqual(f.params, g.params) }) {
			return frames
		}
	}
	return nil
}

// ended says in so many words that a deal was won or lost.
var ended = regexp.MustCompile(`(?:赢了|输了|丢了|黄了|签了|成交了|赢单了|输单了|丢单了)`)

// wonAndLost reads what became of several deals that are said in one breath: 云帆赢了百川输了.
func (m message) wonAndLost(s *scan) []*frame {
	text := string(s.norm)
	all := ended.FindAllStringIndex(text, -1)
	if len(all) < 2 || len(all) > 5 || strings.ContainsAny(text, "，,。；;、 ") {
		return nil
	}
	var cuts []int
	for n, x := range all[:len(all)-1] {
		between := text[x[1]:all[n+1][0]]
		if k := utf8Len(between); k < 2 || k > 8 {
			return nil
		}
		cuts = append(cuts, utf8Len(text[:x[1]]))
	}
	frames := m.inParts(s.line, cuts...)
	if len(frames) != len(all) || repeats(frames) || missing(frames) != "" {
		return nil
	}
	for _, f := range frames {
		if f.action != "deal.win" && f.action != "deal.lose" || !f.has("customer") && !f.has("deal") {
			return nil
		}
	}
	return frames
}

// beforeCall reads what is told before 明天提醒我 without a stop as a report of its own, where it would be swallowed by the reminder:
// 云帆聊了需求他要两台打印机明天提醒我发报价.
func (m message) beforeCall(s *scan, whole []*frame) []*frame {
	if len(whole) != 1 || whole[0].action != "reminder.create" || len(whole[0].bad) > 0 {
		return nil
	}
	content, _ := whole[0].params["content"].(string)
	for k := 6; k+4 < len(s.norm); k++ {
		if !s.callsFor(k) {
			continue
		}
		swallowed := !strings.Contains(s.said(k, len(s.norm)), content)
		frames := m.inParts(s.line, k)
		if len(frames) != 2 || frames[0].action != "activity.log" || frames[1].action != "reminder.create" || missing(frames) != "" || !frames[1].has("content") || len(frames[1].bad) > 0 {
			return nil
		}
		if told, _ := frames[0].params["content"].(string); frames[0].hit.phrase < 0 && (!swallowed || utf8Len(told) < 6) {
			return nil
		}
		return frames
	}
	return nil
}

// repeats reports whether the same is ordered twice.
func repeats(frames []*frame) bool {
	for n, f := range frames {
		if slices.ContainsFunc(frames[:n], func(g *frame) bool { return f.action == g.action && reflect.DeepEqual(f.params, g.params) }) {
			return true
		}
	}
	return false
}

// missing is the question for what the first incomplete frame lacks.
func missing(frames []*frame) (question string) {
	for _, f := range frames {
		if _, question = Required(Action{f.action, f.params}); question != "" {
			break
		}
	}
	return question
}

func (s *scan) holdsAny(words ...string) bool {
	for k := range s.norm {
		if s.anyAt(k, words...) > 0 {
			return true
		}
	}
	return false
}

// of is a line made of stretches of this one.
func (l *line) of(stretches ...[2]int) *line {
	made := &line{}
	for _, x := range stretches {
		made.orig = append(made.orig, l.orig[x[0]:x[1]]...)
		made.norm = append(made.norm, l.norm[x[0]:x[1]]...)
	}
	return made
}

// joinedTo is a line with another behind it.
func (l *line) joinedTo(o *line) *line {
	return &line{orig: slices.Concat(l.orig, o.orig), norm: slices.Concat(l.norm, o.norm)}
}

// spreads are the actions that are done to several when several names stand in a row, by what is named.
var spreads = map[string]string{
	"customer.transfer": "customer", "customer.tag": "customer", "customer.update": "customer", "customer.view": "customer", "points.adjust": "customer",
	"points.balance": "customer", "coupon.send": "customer", "survey.send": "customer", "journey.start": "customer", "deal.win": "customer", "deal.update": "customer",
	"report.performance": "owner", "report.quality": "owner", "report.funnel": "owner", "deal.list": "owner", "ticket.list": "owner",
}

// allOfThem are words behind a list of names that say the order is meant of each: 这三家都, 两位每人.
var allOfThem = regexp.MustCompile(`^(?:[这那]?([两俩三四五六七八2-9])(?:家|位|个)(?:客户|公司|会员|人)?)?(?:都|各自|各|每人|每家|分别|一起|全部|全)?`)

// listed reads an order of which several names in a row are the subject: 何晓、冯媛、谷雨每人加50积分.
func (m message) listed(s *scan) []*frame {
	for k := 2; k+2 < len(s.norm); k++ {
		names, end := s.namesInRow(k)
		if len(names) == 0 {
			continue
		}
		each := allOfThem.FindStringSubmatch(string(s.norm[end:]))
		tail := s.of([2]int{end + utf8Len(each[0]), len(s.norm)})
		readers := []message{m}
		switch many := "一二三四五六七八九"; {
		case each[1] == "":
		case each[1] != strconv.Itoa(len(names)+1) && strings.Replace(strings.Replace(each[1], "两", "二", 1), "俩", "二", 1) != string([]rune(many)[min(len(names), 8)]):
			continue
		default: // they are counted: each is a name, whatever its words
			counted := m
			counted.v = m.v.with(s.line, []Option{Known(s.row(k, names))})
			readers = append(readers, counted)
		}
		for _, reader := range readers {
			for _, behind := range []*line{tail, tail.without("都")} {
				if frames := reader.each(s, k, names, behind); frames != nil {
					return frames
				}
			}
		}
	}
	return nil
}

// each reads the order once for the name that ends at k and once for each of the others; nil unless they differ in the name alone.
func (m message) each(s *scan, k int, names [][2]int, tail *line) []*frame {
	_, first := m.read(s.of([2]int{0, k}).joinedTo(tail), s.before)
	at := slices.IndexFunc(first, func(f *frame) bool {
		name, _ := f.params[spreads[f.action]].(string)
		return name != "" && k >= utf8Len(name) && s.said(k-utf8Len(name), k) == name
	})
	if at < 0 || len(first) > 3 {
		return nil
	}
	param, all := spreads[first[at].action], slices.Clone(first[:at+1])
	from := k - utf8Len(first[at].params[param].(string))
	for _, x := range names {
		_, found := m.read(s.of([2]int{0, from}, x).joinedTo(tail), s.before)
		if len(found) != len(first) || !alike(found[at], first[at], param) || found[at].params[param] != s.said(x[0], x[1]) {
			return nil
		}
		all = append(all, found[at])
	}
	return append(all, first[at+1:]...)
}

// without is the line with the first of the word in its first clause left out.
func (l *line) without(word string) *line {
	for k := 0; k < len(l.norm) && !hardStop(l.norm[k]); k++ {
		if l.hasAt(k, word) {
			return l.of([2]int{0, k}, [2]int{k + utf8Len(word), len(l.norm)})
		}
	}
	return l
}

// row gives the names of a list as they are said, the first of which ends at k.
func (s *scan) row(k int, names [][2]int) (all []string) {
	for i := k - 2; i >= 0 && i >= k-10 && !hardStop(s.norm[i]); i-- {
		if i == 0 || hardStop(s.norm[i-1]) || strings.ContainsRune("把将给 \"", s.norm[i-1]) {
			all = append(all, s.said(i, k))
			break
		}
	}
	for _, x := range names {
		all = append(all, s.said(x[0], x[1]))
	}
	return all
}

// namesInRow gives the names behind the joining word at k, which each stand behind another, and where the last of them ends. Behind 和 or the like
// the message must say that all of them are meant (都, 两家).
func (s *scan) namesInRow(k int) (names [][2]int, end int) {
	sure := false
	for k < len(s.norm) && s.at[k] == nil {
		n := s.anyAt(k, "、", "和", "跟", "与", "以及", "还有")
		if n == 0 || s.at[k-1] != nil && s.at[k-1].kind != 'C' {
			break
		}
		sure = sure || s.norm[k] == '、' || s.holdsAny("业绩", "数据质量") && s.anyAt(k, "和", "跟", "与") > 0 && s.person(k+n, len(s.norm)) > k+n || s.hasAt(k-1, "组") && k >= 3
		end = 0
		for j := k + n + 2; j <= len(s.norm) && j <= k+n+12 && !hardStop(s.norm[j-1]); j++ {
			if j == len(s.norm) || s.at[j] != nil && s.at[j].kind == 'T' && s.at[j].i == j || s.at[j] == nil && (s.anyAt(j, "的", "、", "和", "跟", "与", "以及", "还有") > 0 || allOfThem.FindString(string(s.norm[j:min(j+8, len(s.norm))])) != "") {
				end = j
				break
			}
		}
		if end == 0 {
			end = s.run(k+n, len(s.norm))
		}
		if end < k+n+2 {
			return nil, 0
		}
		names = append(names, [2]int{k + n, end})
		k = end
	}
	for j := end; !sure && j < len(s.norm) && !hardStop(s.norm[j]); j++ {
		sure = s.anyAt(j, "都", "两家", "两位", "两个客户", "俩", "各", "每人", "分别", "三家", "几家") > 0
	}
	if !sure {
		return nil, 0
	}
	return names, end
}

// alike reports whether two frames order the same and differ in one parameter only.
func alike(f, g *frame, param string) bool {
	if f.action != g.action || f.params[param] == g.params[param] || f.params[param] == nil {
		return false
	}
	a, b := maps.Clone(f.params), maps.Clone(g.params)
	delete(a, param)
	delete(b, param)
	return reflect.DeepEqual(a, b)
}

// behindAll says what is true of each of the orders before it: 都是昨天到的.
var behindAll = regexp.MustCompile(`^(?:全|统统)?都?(?:是|按|算)?`)

// shared reads orders of one kind whose last clause belongs to each of them: 晨光回款五万，得力回款一万八，都是昨天到的.
func (m message) shared(s *scan) []*frame {
	pieces := s.between("，,；;。、")
	last := -1
	for n, p := range pieces {
		if n >= 2 && (s.norm[p[0]] == '都' || s.anyAt(p[0], "全都", "统统") > 0) {
			last = n
			break
		}
	}
	if last < 0 {
		return nil
	}
	tail := pieces[last][0]
	tail += utf8Len(behindAll.FindString(string(s.norm[tail:])))
	var all []*frame
	for _, p := range pieces[:last] {
		one := s.of(p, [2]int{tail - 1, tail}, [2]int{tail, len(s.norm)})
		one.norm[p[1]-p[0]], one.orig[p[1]-p[0]] = '，', '，'
		_, found := m.read(one, s.before)
		if len(found) != 1 || found[0].action == "customer.search" || len(all) > 0 && (found[0].action != all[0].action || !differs(found[0], all[len(all)-1])) {
			return nil
		}
		all = append(all, found[0])
	}
	return all
}

// differs reports whether two orders of one kind are of different records, customers, colleagues or times.
func differs(f, g *frame) bool {
	for _, param := range []string{"customer", "owner", "assignee", "at", "due", "period", "lead", "deal", "ticket", "approval", "reminder", "channel"} {
		if a, b := f.params[param], g.params[param]; a != nil && b != nil && !reflect.DeepEqual(a, b) {
			return true
		}
	}
	return false
}

// between gives the stretches between the stops.
func (s *scan) between(stops string) (all [][2]int) {
	start := 0
	for k := 0; k <= len(s.norm); k++ {
		if k < len(s.norm) && (!strings.ContainsRune(stops, s.norm[k]) || s.at[k] != nil || s.groups3(k)) {
			continue
		}
		if i, j := s.trimSpace(start, k); i < j {
			all = append(all, [2]int{i, j})
		}
		start = k + 1
	}
	return all
}
