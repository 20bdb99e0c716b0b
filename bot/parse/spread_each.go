package parse

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// ofEach are the orders that stand in one clause each when several are given in a row, with the customer first: 顺达挪到谈判，蓝鲸船务成交日改下周五.
var ofEach = map[string]bool{"deal.update": true, "deal.win": true, "deal.lose": true, "customer.transfer": true, "customer.update": true, "customer.tag": true}

// ownEach reads orders of which each has a clause and a customer of its own, where the message as a whole gives what was said of one to another.
func (m message) ownEach(s *scan) (all []*frame) {
	pieces := s.between("，,；;。\n")
	if len(pieces) < 2 || len(pieces) > 5 {
		return nil
	}
	var names []string
	for _, p := range pieces {
		_, found := m.read(s.of(p), said{})
		if len(found) != 1 || !ofEach[found[0].action] || found[0].hit.phrase < 0 || len(found[0].bad) > 0 || len(found[0].more) > 0 {
			return nil
		}
		f := found[0]
		name, _ := f.params["customer"].(string)
		i, _ := f.where(name, nil)
		if len(f.params) == 1 && f.action == "deal.update" || name == "" || i < 0 || i > 6 || !f.plausible(name) || !f.plausibleCustomer(name) || slices.Contains(names, name) {
			return nil
		}
		names, all = append(names, name), append(all, f)
	}
	return all
}

// verdict is what is said of one or several approvals in a row: 618、619都批, 620号不行.
var verdict = regexp.MustCompile(`^[,，;；。、 \n]*((?:(?:审批单?|申请)?#?[0-9]{2,6}号?(?:审批|申请)?单?[、,，和跟与及 ]*)+)(?:那个|这个|两个|三个|几个|都|全部|全|也|就|可以|一样|给|先|我|一起|统统|直接|的话|[:： ])*?` +
	`(?:(不同意|不通过|不批准?|不行|不过|不准|不ok|不可以|驳回|驳掉|驳了|退回|退掉|打回|拒绝|拒掉|拒了|否决|否了|否掉|毙掉|毙了)|(先?别批|先?别过|先?别动|先不批|先不过|先放着?|先等等|暂缓|缓缓|缓一缓|等等再说|再等等)|(同意|通过|批准|批掉|批了|批|没问题|ok|可以|行|放行|准了|准|给过|过了|过))(?:去|了|吧|掉|哈|啦|的)*(?:(?:[,，(（ ]|因为)*(?:理由|原因|因为)(?:是|为|:|：)?([^,，;；。]{2,30}?)[)）]?)?(?:$|[,，;；。、 \n])`)

var (
	verdictHead = regexp.MustCompile(`^(?:帮我|请|麻烦|刚才|刚看了|看了)*(?:审批意见|审批结果|审批单?|批一下|批复|申请)?[:：,， ]*`)
	surelyOfOne = regexp.MustCompile(`批|驳|申请|同意|[退打]回|不准|准了|ok`)
	recordOther = regexp.MustCompile(`工单|商机|线索|单子|提醒|任务|订单|预约`)
	figures     = regexp.MustCompile(`[0-9]+`)
)

// verdicts reads what is decided on several approvals: 审批：618号ok，619号也ok; 618、619都批; 618过，619退回.
func (m message) verdicts(s *scan) (all []*frame) {
	text := string(s.norm)
	if !surelyOfOne.MatchString(text) || recordOther.MatchString(text) {
		return nil
	}
	read := func(order string) bool {
		_, found := m.read(newLine(order), said{})
		if len(found) != 1 || !strings.HasPrefix(found[0].action, "approval.") || !found[0].has("approval") {
			return false
		}
		all = append(all, found[0])
		return true
	}
	at := 0
	if head := verdictHead.FindString(text); strings.ContainsAny(head, ":：") || !strings.HasSuffix(head, "审批") && !strings.HasSuffix(head, "申请") {
		at = len(head)
	}
	for at < len(text) {
		x := verdict.FindStringSubmatchIndex(text[at:])
		if x == nil {
			return nil
		}
		part := func(n int) string {
			if x[2*n] < 0 {
				return ""
			}
			return text[at+x[2*n] : at+x[2*n+1]]
		}
		for _, id := range figures.FindAllString(part(1), -1) {
			if part(3) != "" { // 619别批
				continue
			}
			order := "审批" + id + "号通过"
			if part(2) != "" {
				order = "审批" + id + "号驳回"
			}
			if reason := part(5); reason != "" {
				i := utf8.RuneCountInString(text[:at+x[10]])
				order += "，理由是" + s.said(i, i+utf8.RuneCountInString(reason))
			}
			if !read(order) {
				return nil
			}
		}
		at += x[1]
	}
	return all
}

// counted is the beginning of a message that says how many there are to come, and of what.
var counted = regexp.MustCompile(`^(?:帮我|帮忙|请|麻烦|你)*(?:布置|安排|新建|建|加|记|设|开|派|登记|交代|有|录|下)?(?:一下|了)?(?:([两二三四五六2-6])(?:个|条|张|件|项|份|单)新?(任务|提醒|待办|工单|商机|事情?|活)|(任务|提醒|待办|工单|商机)([两二三四五六2-6])(?:个|条|张|件|项|份))(?:要办|要做|需要|要)?(?:[:：,，。\n] *| +)`)

// countedAs are the words with which each of what was counted is ordered, and the action that it must be.
var countedAs = map[string][2]string{"任务": {"建任务：", "task.create"}, "活": {"建任务：", "task.create"}, "提醒": {"提醒我", "reminder.create"}, "待办": {"提醒我", "reminder.create"},
	"工单": {"建工单：", "ticket.create"}, "商机": {"建商机：", "deal.create"}, "事": {"", ""}, "事情": {"", ""}}

// numbered stands before the entries of a list.
var numbered = regexp.MustCompile(`(?:^|[,，;；。 \n])(?:[1-6][.、)）]|第?[一二三四五六][、.]|[①②③④⑤⑥]) *`)

// counts reads a message that says how many orders follow, each in a piece of its own: 两个任务：小王周四前整理报价；小李周五前回访海纳.
func (m message) counts(s *scan) (all []*frame) {
	text := string(s.norm)
	x := counted.FindStringSubmatchIndex(text)
	if x == nil {
		return nil
	}
	many, noun := x[2:4], x[4:6]
	if x[2] < 0 {
		many, noun = x[8:10], x[6:8]
	}
	order, kind := countedAs[text[noun[0]:noun[1]]][0], countedAs[text[noun[0]:noun[1]]][1]
	pieces := s.piecesOf(utf8.RuneCountInString(text[:x[1]]), howMany(text[many[0]:many[1]]))
	for _, p := range pieces {
		piece := s.of(p)
		_, found := m.read(piece, said{})
		if kind != "" && (len(found) != 1 || found[0].action != kind || found[0].hit.phrase < 0 || missing(found) != "") {
			head := order
			if e := s.person(p[0], p[1]); e > p[0] && kind == "task.create" { // 小王周四前整理报价
				head = "让"
			}
			_, found = m.read(newLine(head).joinedTo(piece), said{})
		}
		short := missing(found) != "" && !(kind == "ticket.create" && len(found) == 1 && found[0].has("customer")) // the learned edges part 海纳|空压机漏油
		if len(found) == 0 || short || kind != "" && (len(found) != 1 || found[0].action != kind) {
			return nil
		}
		all = append(all, found...)
	}
	return all
}

// piecesOf cuts what stands from i on into n pieces: at the numbers of a list, at semicolons and lines, or at commas; nil where none of these gives n.
func (s *scan) piecesOf(i, n int) [][2]int {
	rest := string(s.norm[i:])
	if at := numbered.FindAllStringIndex(rest, -1); len(at) == n {
		var all [][2]int
		for k, x := range at {
			end := len(rest)
			if k+1 < n {
				end = at[k+1][0]
			}
			a, b := s.trim(i+utf8.RuneCountInString(rest[:x[1]]), i+utf8.RuneCountInString(rest[:end]))
			all = append(all, [2]int{a, b})
		}
		return all
	}
	for _, stops := range []string{"；;\n", "；;。\n", "，,；;。\n"} {
		var all [][2]int
		for _, p := range s.between(stops) {
			if p[1] > i {
				all = append(all, [2]int{max(p[0], i), p[1]})
			}
		}
		if len(all) == n {
			return all
		}
	}
	return nil
}
