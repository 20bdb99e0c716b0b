package parse

import "regexp"

// recordNouns are the words said with a record number, with the kind of record that they name.
var recordNouns = []struct{ word, noun string }{
	{"线索", "线索"}, {"lead", "线索"}, {"工单", "工单"}, {"ticket", "工单"}, {"商机", "商机"}, {"deal", "商机"}, {"单子", "商机"}, {"机会", "商机"},
	{"审批", "审批"}, {"申请", "审批"}, {"提醒", "提醒"}, {"待办", "提醒"},
}

// nounOf is the kind of record that a parameter takes the number of.
var nounOf = map[string]string{"lead": "线索", "ticket": "工单", "deal": "商机", "approval": "审批", "reminder": "提醒"}

// nounsOfRecords finds out which kind of record each number is of: the noun beside it, or else the one of
// the number before (2081这条线索给西北组,2082号给大刘).
func (s *scan) nounsOfRecords() {
	last := ""
	for _, sp := range s.spans {
		if sp.kind != 'I' {
			continue
		}
		j := sp.j
		for s.anyAt(j, " ", "的", "这", "那", "条", "张", "个", "笔", "号", "两", "三", "几", "、") > 0 {
			j++
		}
		i := sp.i
		for i > 0 && (s.norm[i-1] == ' ' || s.norm[i-1] == ':' || s.norm[i-1] == '号' || s.norm[i-1] == '单' && s.noun(i, true) == "") {
			i--
		}
		switch {
		case s.noun(j, false) != "":
			sp.noun = s.noun(j, false)
		case s.noun(i, true) != "":
			sp.noun = s.noun(i, true)
		default:
			sp.noun = last
		}
		last = sp.noun
	}
}

// noun gives the kind of record said at i, or right before i.
func (s *scan) noun(i int, before bool) string {
	for _, r := range recordNouns {
		at := i
		if before {
			at = i - utf8Len(r.word)
		}
		if at >= 0 && s.hasAt(at, r.word) {
			return r.noun
		}
	}
	return ""
}

// listOfRecords is a list of bare numbers in front of the noun that says what they are: 2121、2122两条线索.
var listOfRecords = regexp.MustCompile(`^[0-9]{2,6}号?(?:(?:、|和|跟|与|,|，| |及)+[0-9]{2,6}号?)*(?:、| )?(?:这|那)?(?:[两二三四五六几]|[0-9])?(?:条|张|个|笔)?(?:线索|工单|商机|审批|提醒|申请)`)

// listOfTwo is a list of bare numbers of which the one or the other is spoken of then: 515和517，前者同意; behindTwo is its end.
var (
	listOfTwo = regexp.MustCompile(`^[0-9]{3,6}号?(?:、|和|跟|与|,|，| |及)+[0-9]{3,6}号?(?:这|那)?(?:两|二|2)?[个张条]?[,，:： ]*(?:前[一者]|前面[那一]|第一[个张条]|头一[个张条])`)
	behindTwo = regexp.MustCompile(`^[0-9]{3,6}号?(?:这|那)?(?:两|二|2)?[个张条]?[,，:： ]*(?:前[一者]|前面[那一]|第一[个张条]|头一[个张条])`)
)

// acts are words behind a bare number that say it is a record when one was named before.
var acts = []string{"也", "分给", "派给", "转给", "交给", "指派给", "给", "归", "同意", "通过", "不同意", "不通过", "驳回", "退回", "批", "批了", "准", "关", "结", "完成", "搞定", "转", "让", "由", "推", "延", "改", "就", "那", "这", "输", "赢", "丢了", "丢单", "签了", "没签"}

// listedRecord reads a number without 号 that is one of a list, or that follows another record.
func (s *scan) listedRecord(i int) int {
	if !isDigit(s.norm[i]) || i > 0 && (isAlnum(s.norm[i-1]) || s.norm[i-1] == '.' || s.norm[i-1] == '-' || s.norm[i-1] == ':') {
		return i
	}
	k := i
	for k < len(s.norm) && isDigit(s.norm[k]) {
		k++
	}
	if k-i < 2 || k-i > 6 {
		return i
	}
	end := k
	if s.hasAt(k, "号") {
		end++
	}
	rest := string(s.norm[i:min(len(s.norm), i+40)])
	if listOfRecords.MatchString(rest) || listOfTwo.MatchString(rest) {
		return end
	}
	if n := len(s.spans); n > 0 && s.spans[n-1].kind == 'I' && behindTwo.MatchString(rest) {
		return end
	}
	if n := len(s.spans); n > 0 && k-i >= 3 {
		for _, sp := range s.spans {
			if sp.kind == 'I' && (s.anyAt(end, acts...) > 0 && s.anyAt(end, "批货", "批次", "给力", "关注") == 0) {
				return end
			}
		}
	}
	return i
}

// openingRecord reads a bare number that opens a clause, or stands behind 把, and that one of the pack's record_acts
// follows: 514可以过, 把1508转给老黄, 37往后挪一天. Behind another record of the message no such word is needed.
func (s *scan) openingRecord(i int) int {
	if !isDigit(s.norm[i]) || i > 0 && !hardStop(s.norm[i-1]) && !(len(s.spans) > 0 && s.spans[len(s.spans)-1].kind == 'I' && s.anyAt(i-1, "、", "和") > 0) && s.anyAt(i-1, "把", "将", "请", "跟", "给", " ", "我", "先") == 0 {
		return i
	}
	k := i
	for k < len(s.norm) && isDigit(s.norm[k]) {
		k++
	}
	if k-i < 2 || k-i > 6 || s.norm[i] == '0' {
		return i
	}
	if k-i == 2 && s.norm[i] < '4' && s.hasAt(k, "号") && s.anyAt(k+1, "上午", "下午", "傍晚", "晚上", "早上", "早晨", "中午", "凌晨", "一早", "之前", "以前", "左右", "那天") > 0 { // #95…，20号傍晚再提
		return i
	}
	round := k-i > 2 && s.norm[k-1] == '0' && s.norm[k-2] == '0'
	e := k
	for s.hasAt(e, " ") {
		e++
	}
	e += s.anyAt(e, "号")
	e = s.furtherNumbers(e)
	before := len(s.spans) > 0 && s.spans[len(s.spans)-1].kind == 'I'
	switch {
	case k-i >= 3 && s.hasAt(k, "的") && s.noun(k+1, false) != "": // 1514的工单
	case before && s.anyAt(k, "的", "那", "这", "号") > 0:
	case before && k-i >= 3 && !round && (k >= len(s.norm) || hardStop(s.norm[k])):
	case e == k && i > 0 && s.anyAt(i-1, "跟", "给") > 0 && s.hasAt(k, "的客户"):
	case round || i > 0 && s.norm[i-1] == ' ' && !s.opensClause(i):
		return i
	case s.v.acts.at(s.line, e) == 0:
		return i
	}
	if s.hasAt(k, "号") {
		return k + 1
	}
	return k
}

// furtherNumbers passes the rest of a list of numbers: 502|、503|和504都放行.
func (s *scan) furtherNumbers(i int) int {
	for {
		n := s.anyAt(i, "、", "和", "跟", "，", ",")
		k := i + n
		for n > 0 && k < len(s.norm) && isDigit(s.norm[k]) {
			k++
		}
		if n == 0 || k-i-n < 2 || k-i-n > 6 {
			return i
		}
		i = k + s.anyAt(k, "号")
	}
}

// opensClause reports whether only spaces stand between i and the stop before it.
func (s *scan) opensClause(i int) bool {
	for i > 0 && s.norm[i-1] == ' ' {
		i--
	}
	return i == 0 || hardStop(s.norm[i-1])
}

// retarget corrects an action by the kind of record that its number is of: what reads as the assignment of a
// ticket is one of a lead when the number is a lead's.
func (s *scan) retarget(c *clause) {
	noun := ""
	for _, sp := range s.spans {
		if sp.kind == 'I' && sp.i >= c.i && sp.j <= c.j {
			noun = sp.noun
			break
		}
	}
	for n, h := range c.hits {
		if to, ok := meant[[2]string{h.action, noun}]; ok {
			c.hits[n].action = to
		}
	}
}

var meant = map[[2]string]string{
	{"ticket.assign", "线索"}: "lead.assign", {"lead.assign", "工单"}: "ticket.assign", {"ticket.close", "提醒"}: "reminder.done", {"reminder.done", "工单"}: "ticket.close",
	{"deal.win", "工单"}: "ticket.close", {"deal.win", "提醒"}: "reminder.done", {"ticket.close", "商机"}: "deal.win", {"ticket.assign", "商机"}: "customer.transfer",
}

// orderedRecord reads a bare number behind a verb that is done to records: 关掉1503, 回复1501:….
func (s *scan) orderedRecord(i int) int {
	if !isDigit(s.norm[i]) || i == 0 || isAlnum(s.norm[i-1]) || s.norm[i-1] == '.' || s.norm[i-1] == '-' {
		return i
	}
	k := i
	for k < len(s.norm) && isDigit(s.norm[k]) {
		k++
	}
	if k-i < 3 || k-i > 6 {
		return i
	}
	b := i
	for b > 0 && (s.norm[b-1] == ' ' || (s.norm[b-1] == ':' || s.norm[b-1] == '：') && s.anyAt(b-3, "派单", "转单", "分单", "改派", "关单", "结单", "升级") > 0) {
		b--
	}
	for _, w := range []string{"派单", "转单", "分单", "改派", "关掉", "关闭", "关单", "完结", "结案", "办结", "升级", "回复", "答复", "通过", "同意", "批准", "批一下", "批了", "驳回", "退回", "拒绝", "完成", "勾掉", "处理完", "再给", "也给", "给"} {
		if w == "给" || w == "再给" || w == "也给" { // 再给2211回一句
			if n := utf8Len(w); b >= n && s.hasAt(b-n, w) && s.anyAt(k, "回一句", "回复", "回个", "回一下", "留言", "回话") > 0 {
				return k
			}
			continue
		}
		if n := utf8Len(w); b >= n && s.hasAt(b-n, w) && (b-n == 0 || !isHan(s.norm[b-n-1]) || s.anyAt(b-n-1, "把", "请", "先", "我", "忙", "下") > 0) {
			if k >= len(s.norm) || hardStop(s.norm[k]) || s.anyAt(k, " ", ":", "：", "，", "给", "了", "吧", "说", "，", "、", "和", "跟") > 0 {
				return k
			}
		}
	}
	return i
}

// nounSaid reports whether the frame says which kind of record it is about, if only by a word of its trade.
func (v *vocab) nounSaid(f *frame) bool {
	for _, p := range f.parts {
		if hasAny(p.text, []string{"工单", "线索", "商机", "提醒", "关单", "结单", "单子", "修", "派", "处理", "解决", "换了", "关闭", "赢", "签"}) {
			return true
		}
	}
	return false
}
