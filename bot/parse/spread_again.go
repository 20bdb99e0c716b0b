package parse

import (
	"regexp"
	"slices"
	"strings"
)

// gapped reads a message in which a later order leaves out what it has in common with the one before: 李娜的商机列一下，吴迪的也列一下;
// 把启元给吴迪，铭扬给李娜; 提醒我明天上午寄样，后天上午去车间.
func (m message) gapped(s *scan) []*frame {
	pieces := s.between("，,；;。!！?？ ")
	var all []*frame
	from, found := 0, false
	before := s.before
	flush := func(to int) bool { // reads what stands before the piece that lacks something
		if from < to {
			_, frames := m.read(s.of([2]int{from, to}), before)
			if len(frames) == 0 {
				return false
			}
			all = append(all, frames...)
			before = leaves(all)
		}
		return true
	}
	for n := 1; n < len(pieces); n++ {
		p := pieces[n]
		if from > p[0] {
			continue
		}
		other, end := s.alsoMeant(p)
		if other == [2]int{} && !s.mayLack(p) {
			continue
		}
		var last *frame
		if from < p[0] {
			if _, frames := m.read(s.of([2]int{from, p[0]}), before); len(frames) > 0 {
				last = frames[len(frames)-1]
			}
		} else if len(all) > 0 {
			last = all[len(all)-1]
		}
		if last == nil || last.scan.moody && !strings.ContainsRune("呢?？", s.norm[end-1]) && writes(last.action) {
			continue
		}
		var f *frame
		if _, own := m.read(s.of(p), said{}); len(own) == 1 && own[0].action == last.action && own[0].hit.phrase >= 0 && missing(own) == "" {
			continue
		}
		if other != [2]int{} {
			f = m.insteadOf(last, s.of(other))
		} else {
			f = m.headed(last, s.of(p))
		}
		if f == nil {
			continue
		}
		if !flush(p[0]) {
			return nil
		}
		all, from, found = append(all, f), p[1], true
		for from < len(s.norm) && (isEdge(s.norm[from])) {
			from++
		}
	}
	if !found {
		return nil
	}
	if from < len(s.norm) && !flush(len(s.norm)) {
		return nil
	}
	return all
}

// alsoOf is a clause that says the order before it is meant of somebody or something else, too: 吴迪的也列一下, 还有大华的, 我的呢.
var (
	alsoOf = regexp.MustCompile(`^(?:再|另外|还有|然后|顺便|那|以及|跟|和|给|帮我|看一下|看看|看下|查一下|查查|查下|把|接着|还|也)*(.{1,10}?)(?:名下的?|那边的?|这边的?|那家的?|渠道的?|的)?(?:也|呢|一样|同样)` + whatDone + `$`)
	andOf  = regexp.MustCompile(`^(?:再|另外|还有|以及|和|跟)+(?:看一下|看看|看下|查一下|查查|查下|看|查)*(.{1,10}?)(?:名下的|那边的|这边的|那家的|渠道的|的)` + whatDone + `$`)
)

// whatDone are the words that may stand behind, and say no more than the order before.
const whatDone = `(?:也|一样|同样|一并|一起|一块|单独|都|再|是|要|看一下|看看|看下|看|列一下|列下|列出来|列|查一下|查下|查|发一下|发|给我|给个数|给个|给|一份|一张|一遍|一个|一下|下|拉出来|拉|来个|来|说说|报一下|调出来|调|出|打上|加上|加|关掉|关了|关|批了|批|通过|过|驳回|打回|安排|走|跑|这样|照办|有哪些|有谁|多少|怎么样|如何|呢|嘛|么|吧|哈|啊|了|啥样)*[?？!！。~ ]*`

// alsoMeant finds the name, time or number in a piece that says an order is meant of it, too.
func (s *scan) alsoMeant(p [2]int) (other [2]int, end int) {
	text := string(s.norm[p[0]:p[1]])
	for _, re := range []*regexp.Regexp{alsoOf, andOf} {
		if x := re.FindStringSubmatchIndex(text); x != nil && x[3] > x[2] {
			i := p[0] + utf8Len(text[:x[2]])
			return [2]int{i, i + utf8Len(text[x[2]:x[3]])}, p[1]
		}
	}
	return [2]int{}, p[1]
}

// insteadOf reads the order of last once more with the other thing in the place of its own of the same kind; nil where there is none.
func (m message) insteadOf(last *frame, other *line) *frame {
	if swallows[last.action] || last.sure > 0 {
		return nil
	}
	s := newScan(other, m.now, m.v)
	said := other.said(0, len(other.norm))
	try := func(i, j int, param string) *frame {
		made := last.scan.of([2]int{last.start(), i}).joinedTo(other).joinedTo(last.scan.of([2]int{j, last.end()}))
		_, found := m.read(made, last.scan.before)
		if len(found) != 1 || !alike(found[0], last, param) || len(found[0].bad) > 0 {
			return nil
		}
		return found[0]
	}
	if sp := s.at[0]; sp != nil && sp.kind == 'T' && sp.j == len(other.norm) {
		for _, old := range last.scan.spans {
			if old.kind == 'T' && last.in(old.i, old.j) && last.has("period") {
				return try(old.i, old.j, "period")
			}
		}
		return nil
	}
	if record := recordOf[last.action]; record != "" && last.has(record) && strings.Trim(said, "0123456789#号") == "" {
		for _, old := range last.scan.spans {
			if old.kind != 'I' || !last.in(old.i, old.j) {
				continue
			}
			digits := func(l *line, i, j int) (int, int) {
				for i < j && !isDigit(l.norm[i]) {
					i++
				}
				for j > i && !isDigit(l.norm[j-1]) {
					j--
				}
				return i, j
			}
			i, j := digits(last.scan.line, old.i, old.j)
			a, b := digits(other, 0, len(other.norm))
			other = other.of([2]int{a, b})
			return try(i, j, record)
		}
		return nil
	}
	for _, param := range []string{"owner", "channel", "customer"} {
		old, ok := last.params[param].(string)
		if !ok || old == "me" {
			continue
		}
		if param == "owner" && said != "我" && s.person(0, len(other.norm)) != len(other.norm) && s.team(0, len(other.norm)) != len(other.norm) {
			continue
		}
		for i := last.start(); i+utf8Len(old) <= last.end(); i++ {
			if string(last.scan.orig[i:i+utf8Len(old)]) != old {
				continue
			}
			f := try(i, i+utf8Len(old), param)
			if f != nil && f.params[param] != said && !(said == "我" && f.params[param] == "me") && param != "channel" {
				return nil
			}
			return f
		}
	}
	return nil
}

// heads are the words before a name or a time with which an order begins that those behind it leave out.
var heads = regexp.MustCompile(`^(?:麻烦|请|帮我|帮忙|你|先)*(?:把|将|(?:记得)?(?:提醒|叫|喊)(?:一下|下)?我(?:一下|下)?(?:[两三四五几]件事)?[:：,， ]?)$`)

// mayLack reports whether the order in the piece may have begun in the one before it: it has no words of an order of its own.
func (s *scan) mayLack(p [2]int) bool {
	if p[1]-p[0] > 30 || p[1]-p[0] < 4 {
		return false
	}
	if sp := s.at[p[0]]; sp != nil {
		return sp.kind == 'T' && sp.i == p[0] && sp.j+2 <= p[1] && sp.when.Grain != NoGrain && sp.when.Repeat == "" && s.anyAt(sp.j, "他", "她", "对方", "客户", "人家", "要", "会", "提醒", "叫我", "前", "之前", "就", "才", "再说", "的", "有", "没", "是") == 0
	}
	for k := p[0] + 2; k < p[1]-1; k++ {
		if s.norm[k] == '给' || s.norm[k] == '归' {
			return p[1]-p[0] <= 14
		}
	}
	return false
}

// headed reads the piece as an order that begins with the words with which that of last begins.
func (m message) headed(last *frame, piece *line) *frame {
	var at int
	var param string
	switch last.action {
	case "reminder.create":
		param, at = "at", -1
		for _, sp := range last.scan.spans {
			if sp.kind == 'T' && last.in(sp.i, sp.j) {
				at = sp.i
				break
			}
		}
	case "customer.transfer", "lead.assign", "ticket.assign":
		param, at = "customer", last.nameI
		if !last.has("customer") {
			return nil
		}
	default:
		return nil
	}
	if at < last.start() || !last.has(param) {
		return nil
	}
	head := string(last.scan.norm[last.start():at])
	if !heads.MatchString(head) {
		return nil
	}
	order := newLine(strings.TrimRight(counting.ReplaceAllString(head, ""), " :：,，"))
	if k := slices.Index(piece.norm, '给'); last.action == "customer.transfer" && k > 1 && !strings.ContainsRune("转交分派划移让换调归", piece.norm[k-1]) { // 博雅给我
		piece = piece.of([2]int{0, k}).joinedTo(newLine("转")).joinedTo(piece.of([2]int{k, len(piece.norm)}))
	}
	_, found := m.read(order.joinedTo(piece), said{})
	if len(found) != 1 || found[0].action != last.action || !differs(found[0], last) || len(found[0].bad) > 0 || found[0].unread() > 0 {
		return nil
	}
	for name := range last.params {
		if name != "customer" && name != "contact" && !found[0].has(name) || name == "customer" && param == "customer" && !found[0].has(name) {
			return nil
		}
	}
	return found[0]
}

// counting says how many orders follow, and is of none of them.
var counting = regexp.MustCompile(`[两三四五几]件事`)
