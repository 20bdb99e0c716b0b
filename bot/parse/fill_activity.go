package parse

import (
	"slices"
	"strings"
)

// activityLog reads a report about a customer: an opening with who, when and how, then what was said, then
// perhaps when to talk next.
func (f *frame) activityLog() bool {
	f.past = true
	channel := ""
	set := func(c string) {
		if c != "" && channel == "" {
			channel = c
		}
	}
	for _, p := range f.parts { // 帮我记一下,刚跟…: the opening may fill a clause of its own
		end := f.opening(p, set)
		f.mark(p.i, end)
		if f.has("customer") || end < p.j {
			break
		}
	}
	if !f.has("customer") && f.carry == "" && (f.hit.phrase < 0 || f.hit.weight <= 3 && !f.telling()) {
		return false
	}
	if !f.has("customer") && f.carry == "" {
		f.customerLater()
	}
	f.nextStep()
	f.content()
	if then, ok := f.params["next"]; ok && !f.has("content") {
		f.set("content", then)
	}
	if channel == "" {
		channel = f.channelSaid()
	}
	if channel != "" {
		f.set("channel", channel)
	}
	if !f.has("contact") {
		if c, _, _ := f.peopleAnywhere(); c != "" {
			f.set("contact", c)
		} else if c := f.teller(); c != "" {
			f.set("contact", c)
		}
	}
	return f.has("customer") || f.has("content") || f.hit.phrase >= 0
}

// hearsay keeps a report whose customer no rule finds, where the second opinion is sure that it is one: what was learned about names
// may find it, and without a name it is dropped ([dropNameless]).
func (f *frame) hearsay() bool {
	if f.action != "activity.log" || f.hit.phrase >= 0 || f.own < 0.9 || f.has("customer") {
		return false
	}
	if !f.has("content") {
		f.set("content", f.said(f.start(), f.end()))
	}
	f.nameless = true
	return true
}

// dropNameless takes away the reports for which no customer was found after all.
func dropNameless(frames []*frame) []*frame {
	return slices.DeleteFunc(frames, func(f *frame) bool { return f.nameless && !f.has("customer") })
}

// contactWord gives the length of the way of meeting that is said at i.
func (f *frame) contactWord(i int) int {
	best := 0
	for _, c := range contacts {
		if n := f.anyAt(i, c.word); n > best {
			best = n
		}
	}
	return best
}

// remember sets at from a time in the opening of a report; it reports whether sp was one.
func (f *frame) remember(sp *span) bool {
	if f.has("at") || sp.when.Repeat != "" || f.arranged(sp) {
		return false
	}
	w := *sp.when
	w.settle(f.now, true)
	at := w.Instant(f.now, true)
	if at.After(f.now) && !(w.Grain == Day && w.From.Equal(midnight(f.now))) && w.Grain != NoGrain {
		return false
	}
	if sp.when.Grain > Day {
		return false
	}
	if f.badDate("at", sp) {
		return true
	}
	f.set("at", f.instant(sp.when, true))
	f.mark(sp.i, sp.j)
	return true
}

// arranged reports whether what was agreed on is the time at sp: 约了周四 is the Thursday to come.
func (f *frame) arranged(sp *span) bool {
	for _, m := range []string{"约好了", "约好", "约了", "约在", "约定", "约的", "约", "定在"} {
		if i := sp.i - utf8Len(m); i >= 0 && f.hasAt(i, m) {
			return true
		}
	}
	return false
}

// opening reads who, when and how at the head of a report, in whatever order, and gives the place where the
// report itself begins.
func (f *frame) opening(p *clause, set func(channel string)) int {
	i := p.i
	for n := 0; n < 14 && i < p.j; n++ {
		for i < p.j && isEdge(f.norm[i]) {
			i++
		}
		if i >= p.j {
			break
		}
		if sp := f.at[i]; sp != nil && sp.kind == 'T' {
			if !f.remember(sp) {
				break
			}
			i = sp.j
			continue
		}
		if f.at[i] == nil {
			if m := f.anyAt(i, logWords...); m > 0 && !f.has("content") {
				i += m
				continue
			}
			if m := f.anyAt(i, "刚刚", "刚才", "刚", "已经", "今儿", "方才", "我们", "我", "又", "终于", "总算"); m > 0 && !f.has("customer") {
				i += m
				continue
			}
			if !f.has("customer") {
				moved := false
				if m := f.anyAt(i, "微信上", "微信里", "电话里", "电话上", "企微上", "邮件里", "会上", "短信上", "短信里", "短信", "微信", "电话", "邮件", "企微", "当面", "线上", "开会时"); m > 0 && f.anyAt(i+m, "跟", "和", "与", "联系", "问", "回复", "沟通", "给", "聊", "通知", "回访", "拜访", "约") > 0 {
					set(map[rune]string{'微': "微信", '企': "微信", '电': "电话", '邮': "邮件", '会': "会议", '开': "会议", '当': "拜访", '短': "短信", '线': "会议"}[f.norm[i]])
					i += m
					continue
				}
				for _, c := range meets {
					if m := f.anyAt(i, c.word); m > 0 {
						set(c.channel)
						i += m
						moved = true
						break
					}
				}
				for _, c := range contacts { // 刚通完电话，对方说…
					if m := f.anyAt(i, c.word); m > 1 && i+m >= p.j {
						set(c.channel)
						i += m
						moved = true
						break
					}
				}
				if moved {
					continue
				}
				if m := f.v.fillers.at(f.line, i); m > 0 && !f.beginsName(i, m, p.j) {
					i += m
					continue
				}
				if m := f.anyAt(i, "客户"); m > 0 && f.at[i] == nil {
					i += m
					continue
				}
			} else {
				moved := false
				if m := f.anyAt(i, "刚刚", "刚才", "刚", "又", "突然", "主动", "一早", "专门"); m > 0 && f.contactWord(i+m) > 0 {
					i += m
				}
				for _, c := range contacts {
					m := f.anyAt(i, c.word)
					if m == 0 {
						continue
					}
					if f.anyAt(i, "电话费", "电话号", "电话没", "电话不", "电话一直", "微信群", "邮件没", "会议纪要", "会议室", "短信验证", "短信收", "开会讨论", "拜访时", "电话打不", "电话关机", "电话占线", "微信不", "微信没") > 0 {
						break
					}
					set(c.channel)
					i += m
					moved = true
					break
				}
				if moved {
					i += f.justNow(i)
					i += f.anyAt(i, "沟通完了", "沟通过了", "聊完了", "聊过了", "联系过了", "确认过了", "了一下", "完了", "完", "时", "的时候", "一下", "回复了", "联系了", "沟通了", "回访了")
					if n := f.anyAt(i, "过了", "过"); n > 0 && i+n >= p.j {
						i += n
					}
					if f.hasAt(i, "了") && f.anyAt(i, "了解") == 0 {
						i++
					}
					continue
				}
				if e := f.contactAt(i, p.j); e > i {
					i = e
					continue
				}
				// a verb of talking that says nothing more
				if m := f.anyAt(i, "聊了聊", "聊了一下", "聊了下", "沟通了下", "碰了下", "联系了下", "交流了下", "对了下", "通了个话", "通话了", "通过话", "通完话", "聊了会儿", "聊了会", "聊了", "沟通了一下", "沟通了", "沟通完", "聊完了", "聊完", "碰了一下", "碰了个头", "联系了一下", "联系了", "联系上了", "聊过了", "聊过", "沟通过", "通了气", "对了一下", "交流了一下", "交流了"); m > 0 && i+m >= p.j {
					i += m
					continue
				}
			}
		}
		if !f.has("customer") {
			if !f.takeName("customer", i, p.j) {
				break
			}
			j := i
			for j < p.j && f.used[j] {
				j++
			}
			i = j
			if m := f.anyAt(i, "那边", "这边", "那头", "的人", "人"); m > 0 && (m == 2 || f.used[i-1] && f.norm[i-1] == '的') {
				i += m
			}
			continue
		}
		break
	}
	return i
}

// justNow gives the length of 了下 at i, where 下 says only that it was short: 电话聊了下|价格, not 聊了|下周.
func (f *frame) justNow(i int) int {
	n := f.anyAt(i, "沟通了下", "聊了下", "联系了下", "说了下", "碰了下", "了下", "下")
	if n > 0 && f.at[i+n-1] == nil && f.anyAt(i+n-1, "下午", "下周", "下月", "下个", "下单", "下次", "下礼拜", "下星期", "下订", "下发", "下半", "下班", "下去", "下来", "下一") == 0 {
		return n
	}
	return 0
}

// telling reports whether the text says something about a deal, so that it is a report even without a name.
func (f *frame) telling() bool {
	for _, p := range f.parts {
		if hasAny(p.text, f.v.pack.Extra["remarks"]) || hasAny(p.text, []string{"记一下", "记录", "备注", "跟进"}) {
			return true
		}
	}
	return false
}

// customerLater finds the customer behind a verb of meeting further on in the report.
func (f *frame) customerLater() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "拜访了", "拜访", "给", "跟", "和", "去了", "见了")
			if n > 0 && f.takeName("customer", k+n, p.j) {
				f.mark(k, k+n)
				return
			}
		}
	}
}

// contactAt takes the person met at i: 胡总, 的王总, 他们信息科的秦主任, 采购部刘经理.
func (f *frame) contactAt(i, limit int) int {
	if f.has("contact") {
		return i
	}
	k := i
	for {
		m := f.anyAt(k, "他们的", "他们", "她们", "那边的", "那边", "的", "他家", "对方", "了", "到了", "和", "跟", "见着了", "见着", "见到了", "见到", "见了", "碰到了", "碰到", "遇到了", "遇到", "找了", "找到")
		if m == 0 {
			for _, d := range departments {
				if n := f.anyAt(k, d); n > m {
					m = n
				}
			}
		}
		if m == 0 || k+m >= limit {
			break
		}
		k += m
	}
	title := f.job(k, limit)
	if title > k && title < limit {
		if e := f.person(title, limit); e > title && (!f.addressed(title, e) || strings.ContainsRune("老小", f.norm[title])) {
			f.set("contact", f.said(title, e))
			f.mark(i, e)
			return e
		}
	}
	e := f.person(k, limit)
	if e > k && (k > i || i > 0 && f.norm[i-1] == '的') && f.givenName(k, e) { // 的Tony来电
		f.set("contact", f.said(k, e))
		f.mark(i, e)
		return e
	}
	if e <= k || !isHan(f.norm[k]) {
		return i
	}
	if f.addressed(k, e) {
		if k == i && f.anyAt(e, "说", "讲", "表示", "觉得", "反馈", "认为", "提", "要", "想", "问", "让", "希望", "对", "还", "不", "没", "已", "答应", "同意", "在", "回复", "那边", "的", "正", "明", "下", "嫌") > 0 {
			f.set("contact", f.said(k, e))
			return i // 胡总说… stays in the content
		}
		f.set("contact", f.said(k, e))
		f.mark(i, e)
		return e
	}
	return i
}

// peopleAnywhere finds the first person with a form of address in the frame's text, used or not.
func (f *frame) peopleAnywhere() (string, int, int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil || !isHan(f.norm[k]) {
				continue
			}
			e := f.person(k, p.j)
			if e > k && f.v.titles.endsAt(f.line, k+1, e) > 0 && (k == p.i || !isHan(f.norm[k-1]) || f.v.gaps.endsAt(f.line, p.i, k) > 0 || f.used[k-1]) {
				return f.said(k, e), k, e
			}
		}
	}
	return "", 0, 0
}

// teller finds the person without a form of address who opens a clause or is named as one of theirs, and says or does something:
// 缪春带我看了车间, 他们行政的小邱她说….
func (f *frame) teller() string {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			opens := k == f.skip(p.i, p.j)
			if f.at[k] != nil || !opens && (k == 0 || f.norm[k-1] != '的' && f.norm[k-1] != ' ') {
				continue
			}
			e := f.person(k, p.j)
			for x := k + 2; x <= k+3 && x < p.j && f.v.surnames[f.norm[k]]; x++ { // 缪春|带我
				if f.tells(x) && f.at[x-1] == nil && isHan(f.norm[x-1]) {
					e = x
					break
				}
			}
			if e-k < 2 || e >= p.j {
				continue
			}
			if c, _ := f.params["customer"].(string); strings.Contains(c, f.said(k, e)) {
				continue
			}
			if !f.tells(e) && f.anyAt(e, "她说", "他说", "她讲", "他讲", "她问", "他问", "她觉得", "他觉得") == 0 {
				continue
			}
			common := commonWords().has(wordKey(f.norm[k : k+2]))
			if f.given(k, e) == e || isHan(f.norm[k]) && (f.addressed(k, e) || f.v.compound.at(f.line, k) > 0 && e-k > 2 || !common && f.v.surnames[f.norm[k]]) {
				return f.said(k, e)
			}
		}
	}
	return ""
}

// nextMarks are words by which people agree on the next contact.
var nextMarks = []string{"约好了", "约好", "约了", "约在", "约定", "约", "说好了", "说好", "定了", "定在", "下次", "再", "准备", "计划", "打算", "让我", "要我", "需要", "等", "我", "要", "答应", "继续", "到时候", "到时"}

// nextStep reads the time of the next contact and what is to be done then.
func (f *frame) nextStep() {
	for n := len(f.parts) - 1; n >= 0; n-- {
		p := f.parts[n]
		for k := p.i; k < p.j; k++ {
			sp := f.at[k]
			if sp == nil || sp.kind != 'T' || sp.i != k || f.used[k] {
				continue
			}
			w := *sp.when
			if w.Grain > Day || w.Repeat != "" || w.Grain == NoGrain || w.Before {
				continue
			}
			w.settle(f.now, false)
			at := w.Instant(f.now, false)
			if !at.After(f.now) {
				continue
			}
			if !f.agreed(p, sp) && !f.lastStep(n, sp) {
				continue
			}
			if f.badDate("next_at", sp) {
				return
			}
			f.set("next_at", f.instant(sp.when, false))
			start := sp.i
			for start > p.i {
				cut := 0
				for _, m := range nextMarks {
					if w := utf8Len(m); start-w >= p.i && f.hasAt(start-w, m) && w > cut {
						cut = w
					}
				}
				if cut == 0 {
					break
				}
				start -= cut
			}
			i, j := f.trim(sp.j, p.j)
			for {
				m := f.anyAt(i, "要", "我", "准备", "打算", "去", "需要")
				if m == 0 || f.hasAt(i, "去") || f.hasAt(i, "要求") {
					break
				}
				i += m
			}
			if i+1 < j {
				f.set("next", f.said(i, j))
			}
			f.mark(start, p.j)
			return
		}
	}
}

// lastStep reports whether the report ends with a clause of its own that says when something is to be done by us.
func (f *frame) lastStep(n int, sp *span) bool {
	p := f.parts[n]
	if n == 0 || n != len(f.parts)-1 || f.skip(p.i, p.j) != sp.i && p.i != sp.i || sp.j >= p.j || sp.when.Grain > Day {
		return false
	}
	i, j := f.trim(sp.j, p.j)
	return j-i >= 2 && j-i <= 14 && f.anyAt(i, "他", "她", "对方", "客户", "才", "就", "之后", "以后", "后", "前", "之前", "能", "会", "的", "给我们", "给我", "给答", "出结果", "到货", "发货", "开标", "上线") == 0
}

// agreed reports whether the time at sp is one for the next contact, not part of what was told.
func (f *frame) agreed(p *clause, sp *span) bool {
	for _, m := range []string{"约好", "约了", "约在", "约定", "约", "说好", "定了", "定在", "下次", "再", "准备", "计划", "打算", "我", "让我", "等我"} {
		w := utf8Len(m)
		if sp.i-w >= p.i && (f.hasAt(sp.i-w, m) || sp.i-w-1 >= p.i && f.hasAt(sp.i-w-1, m) && f.hasAt(sp.i-1, "了")) {
			return true
		}
	}
	if f.anyAt(sp.j, "再", "继续", "跟进", "回访", "联系", "我", "去", "上门", "拜访", "给他", "给她", "见面", "演示", "碰", "沟通", "打电话", "送", "过去", "发", "打给", "电话", " 再", " 继续", "寄", "带") > 0 {
		return f.anyAt(sp.j, "去年", "发货", "发工资", "发布") == 0
	}
	return false
}

// content is what remains of the report.
func (f *frame) content() {
	i, j := -1, -1
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || isEdge(f.norm[k]) || f.norm[k] == '"' {
				continue
			}
			if i < 0 {
				i = k
			}
			j = k + 1
		}
	}
	if i < 0 {
		return
	}
	for _, tail := range []string{"记一下", "记录一下", "帮我记一下", "记下来", "帮我记下", "记录下", "备注一下", "帮我备注一下", "帮我记录一下", "先记着", "记个跟进", "录一下", "写进跟进", "记到跟进里", "记下", "存档", "记录"} {
		n := utf8Len(tail)
		if j-n > i && f.hasAt(j-n, tail) {
			j -= n
			i, j = f.trim(i, j)
		}
	}
	if text := f.text(i, j); text != "" {
		f.set("content", text)
	}
}

// channelSaid finds the way of contact anywhere in the opening clause.
func (f *frame) channelSaid() string {
	p := f.parts[0]
	for k := p.i; k < p.j; k++ {
		if f.anyAt(k, "交流会", "评审会", "碰头会", "启动会", "例会", "说明会", "答疑会", "推进会", "开完会") > 0 {
			return "会议"
		}
		for _, c := range contacts {
			if len(c.word) > 6 && f.hasAt(k, c.word) && (k == 0 || f.norm[k-1] != '没' && f.norm[k-1] != '未' && f.norm[k-1] != '不') {
				return c.channel
			}
		}
	}
	return ""
}

// remarkWords make a sentence with a name at its head a remark about a customer.
func (s *scan) isRemark(parts []*clause) bool {
	p := parts[0]
	f := &frame{scan: s, action: "activity.log", parts: parts, used: make([]bool, len(s.norm)+1), params: map[string]any{}}
	if !f.customerAt("customer", p.i, p.j) {
		return false
	}
	name, _ := f.params["customer"].(string)
	text := ""
	for _, c := range parts {
		text += c.text
	}
	l := newLine(name)
	if hasAny(text, s.v.pack.Extra["questions"]) {
		return false
	}
	cue := hasAny(text, s.v.pack.Extra["remarks"])
	shaped := s.v.suffixes.endsAt(l, 0, len(l.norm)) > 0 || s.v.places.endsAt(l, 0, len(l.norm)) > 0
	if _, ok := f.params["contact"]; ok {
		shaped = true
	}
	if !cue && !shaped {
		return false
	}
	return len(l.norm) <= 12 && len([]rune(text)) > len(l.norm)+2
}
