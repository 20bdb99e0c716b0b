package parse

import (
	"math"
	"slices"
	"strings"
)

// confidence estimates how likely the whole answer is right. Every sign of doubt that can be seen in it has a
// weight in [signs]; the weights are those of a logistic model fitted on labelled utterances, where half of the
// customers' names had been exchanged for others (TestFitConfidence prints a new table).
func confidence(frames []*frame, r Result) float64 {
	if len(frames) == 0 {
		return 0
	}
	if frames[0].sure > 0 {
		if r.Ask != "" {
			return 0.78
		}
		return frames[0].sure
	}
	z := base
	for n, x := range doubts(frames, r) {
		z += signs[n].weight * x
	}
	c := 1 / (1 + math.Exp(-z))
	least := sureWrite
	if r.Ask != "" {
		least = plainAsk // what is missing has lowered it
	}
	if swallowed(frames) || slices.ContainsFunc(frames, (*frame).maybeOther) || slices.ContainsFunc(frames, (*frame).runsOn) {
		c = min(c, 0.79)
	}
	for _, f := range frames {
		if writes(f.action) && (c < least || c < sureGuess && (f.unsupported || f.shaky() || f.guessed() || f.told()) || c < sureRest && f.unread() > 2) {
			c = min(c, 0.79)
		}
	}
	if r.Ask != "" && (c < plainAsk || slices.ContainsFunc(frames, func(f *frame) bool { return f.unread() > 2 })) { // what is asked for may have been said
		c = min(c, 0.78)
	}
	if len(r.Problems) > 0 {
		c = min(c, 0.72)
	}
	return round(max(0.05, min(c, 0.97)), 2)
}

// maybeOther reports whether another reading is as good, or another customer than the one carried over may be meant: ….然后|蓝海建个商机.
func (f *frame) maybeOther() bool {
	return writes(f.action) && (f.unclear || f.otherSeen && f.carry != "" && f.params["customer"] == f.carry)
}

// runsOn reports whether what one is to be reminded of, or to do, holds what was said before the order in a sentence of its own.
func (f *frame) runsOn() bool {
	text, _ := f.params["content"].(string)
	if f.action != "reminder.create" && f.action != "task.create" {
		return false
	}
	i, j := f.where(text, nil)
	if i < 0 { // its words stand apart
		i = f.start()
		j = f.hit.i
	}
	for k := i + 3; k+1 < j && k < f.hit.i; k++ {
		if strings.ContainsRune("。；;？?\n", f.norm[k]) && strings.Contains(text, string(f.orig[k])) {
			return true
		}
	}
	return false
}

// swallowed reports whether a clause without a stop holds the words of an order that no action stands for: in 云帆签了五十万明天提醒我寄发票 the deal
// may be lost in the reminder, and what was said of the one order may have gone to the other.
func swallowed(frames []*frame) bool {
	for _, f := range frames {
		for _, p := range f.parts {
			if p.j-p.i < undivided || f.hit.phrase < 0 || f.hit.i < p.i || f.hit.j > p.j {
				continue
			}
			for _, r := range p.rivals {
				if r.weight < 4 || !writes(r.action) || r.action == "none" || r.i < f.hit.j && f.hit.i < r.j || swallows[f.action] && r.j > f.hit.i || slices.ContainsFunc(frames, func(g *frame) bool { return g.action == r.action }) {
					continue
				}
				return true
			}
		}
	}
	return false
}

// undivided is how many characters a clause has that one could have expected a stop in.
const undivided = 10

// How sure what is written without a tap must be: at all; where a name's end is a guess or something was only told; where
// words are left over that no parameter took; where a part is missing that is asked for. Counted on the nine corpora of
// testdata: of 126 guesses from sureGuess on 119 were right and two wrong writes (of the close imitations of the
// contract's sample 54 of 54), of 56 with words left over from sureRest on 51 were right and none was a wrong write; of
// what lies below both one in six was wrong. Of 93 orders with a part missing from plainAsk on none was a wrong write.
const (
	sureWrite = 0.85
	sureGuess = 0.92
	sureRest  = 0.9
	plainAsk  = 0.8
)

// looseWords lead to a name, so that a text with one and no customer read from it is doubtful.
var looseWords = []string{"给", "跟", "找", "催", "约", "去", "问", "联系", "回访", "拜访", "把", "的"}

// loose reports whether a customer may hide in a free text, or may be longer than the name read.
func (f *frame) loose() bool {
	switch f.action {
	case "reminder.create", "task.create":
		text, _ := f.params["content"].(string)
		if !f.has("customer") && !f.has("contact") && hasAny(text, looseWords) && !hasAny(text, []string{"他", "她"}) {
			return true
		}
	case "ticket.create":
		name, _ := f.params["customer"].(string)
		l := newLine(name)
		n := len(l.norm)
		if n >= 4 && f.v.suffixes.endsAt(l, 0, n) == 0 && f.v.places.endsAt(l, 0, n) == 0 && f.v.brands.at(l, 0) != n {
			return true
		}
	}
	return false
}

// told reports whether something was only told, without a word that asks for a reminder, a task or a note: 明天拜访百川.
func (f *frame) told() bool {
	return f.hit.phrase < 0 && (f.action == "reminder.create" || f.action == "task.create" || f.action == "activity.log")
}

// writes reports whether the action changes something.
func writes(action string) bool {
	switch action {
	case "points.balance", "library.find", "brief", "help":
		return false
	}
	return !strings.HasPrefix(action, "report.") && !strings.HasSuffix(action, ".view") && !strings.HasSuffix(action, ".search") && !strings.HasSuffix(action, ".list")
}

// unread counts the characters of the frame that went into no parameter and mean something.
func (f *frame) unread() int {
	said := append([]string(nil), f.trimmed...)
	for _, v := range f.params {
		if s, ok := v.(string); ok {
			said = append(said, string(newLine(s).norm))
		}
	}
	left := 0
	for _, p := range f.parts {
		for k := p.i; k < p.j; {
			if f.used[k] || !isHan(f.norm[k]) && !isAlnum(f.norm[k]) {
				k++
				continue
			}
			e := k
			for e < p.j && !f.used[e] && (isHan(f.norm[e]) || isAlnum(f.norm[e])) {
				e++
			}
			if text := string(f.norm[k:e]); !within(text, said) {
				left += f.meaning(k, e)
			}
			k = e
		}
	}
	return left
}

func within(text string, said []string) bool {
	for _, s := range said {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// meaning counts the characters of [i,j) that are neither politeness nor particles.
func (f *frame) meaning(i, j int) int {
	n := 0
	for i < j {
		if w := max(f.v.fillers.at(f.line, i), f.v.openers.at(f.line, i)); w > 0 && f.at[i] == nil {
			i += w
			continue
		}
		if w := f.anyAt(i, "客户", "帮", "把", "将", "给", "的", "了", "吧", "啊", "呢", "吗", "哈", "都", "也", "就", "那", "这", "个", "一下", "下", "在", "是", "有", "和", "跟", "我", "他", "她", "去", "来", "要", "说", "为", "到", "再", "还", "被", "让", "请", "条", "张", "单", "哦", "呀", "嘛", "啦", "掉", "上", "现在", "目前", "一", "名下", "里", "工单", "商机", "提醒", "线索", "审批", "任务", "联系人", "标签", "积分", "合同", "报价", "订单", "哪些", "多少", "看", "查", "签", "能"); w > 0 {
			i += w
			continue
		}
		n++
		i++
	}
	return n
}

// nameDoubts looks at a name read from the message: whether both its ends are sure, and whether it looks like one.
func (f *frame) nameDoubts(name string) (start, end, odd bool) {
	l := newLine(name)
	n := len(l.norm)
	i := f.place(l)
	if i < 0 || n == 0 {
		return false, false, false
	}
	j := i + n
	shaped := f.v.suffixes.endsAt(l, 0, n) > 0 || f.v.places.endsAt(l, 0, n) > 0 && n > 2 || f.v.brands.at(l, 0) == n
	start = !(f.edge(i-1) || f.at[i-1] != nil || strings.ContainsRune("把将给跟和帮", f.norm[i-1]) || f.v.gaps.endsAt(f.line, max(0, i-8), i) > 1 || f.v.fillers.endsAt(f.line, max(0, i-8), i) > 1 || f.v.openers.endsAt(f.line, max(0, i-8), i) > 1 && !strings.ContainsRune("家个", f.norm[i-1]))
	if f.edge(i-1) && f.at[i] == nil && (f.lead(i) > 0 || f.v.gaps.at(f.line, i) > 0 || f.v.fillers.at(f.line, i) > 0) {
		start = true
	}
	if j < len(f.norm) && f.norm[j] == '(' {
		return start, true, false
	}
	end = !shaped && !(f.edge(j) || f.at[j] != nil || f.norm[j] == '的' || f.v.gaps.at(f.line, j) > 1 || f.titled(j, len(f.norm)) > j)
	if f.edge(i-1) && f.edge(j) && (shaped || f.action == "customer.create" && n <= 8 && f.hit.phrase >= 0 && f.has("contact") && f.has("phone")) { // 新客户 海纳设备 王强 138…
		return false, false, false
	}
	if end && (f.ordered(j) || n == 2 && strings.ContainsRune("寄送打催付签", f.norm[j])) {
		end = false
	}
	odd = !shaped && n > 4 && isHan(l.norm[0])
	for k := 1; k < n && !odd && !shaped; k++ {
		odd = f.v.gaps.at(l, k) > 0 || f.v.fillers.at(l, k) > 1
	}
	return start, end, odd
}

// closeCall tells how near another end of the customer's name came, from 0 to 1.
func (f *frame) closeCall() float64 {
	v, ok := f.params["customer"].(string)
	if !ok {
		return 0
	}
	l := newLine(v)
	i := f.place(l)
	if i < 0 {
		return 0
	}
	if j := i + len(l.norm); f.shaped(i, j) && f.edge(i-1) && f.edge(j) {
		return 0
	}
	if end, _, margin := f.nameEnd(i, f.limit(i)); end == i+len(l.norm) {
		return 1 - float64(min(margin, 24))/24
	}
	return 1
}

// ordered reports whether the phrase of the action begins at j, so that the name before it must end there.
func (f *frame) ordered(j int) bool {
	for _, p := range f.parts {
		for _, h := range p.hits {
			if h.action == f.action && h.i == j && h.weight >= 4 && f.norm[j] != '记' {
				return true
			}
		}
	}
	return false
}

// edge reports whether k lies outside the text of a name: beyond the message, a space or punctuation.
func (f *frame) edge(k int) bool {
	return k < 0 || k >= len(f.norm) || !isHan(f.norm[k]) && !isAlnum(f.norm[k])
}

// place finds where a name stands in the message, else -1.
func (f *frame) place(name *line) int {
	n := len(name.norm)
	for i := 0; i+n <= len(f.norm); i++ {
		if string(f.norm[i:i+n]) == string(name.norm) {
			return i
		}
	}
	return -1
}

// shaky reports whether an action rests on a name whose ends are a guess, so that it must be confirmed.
func (f *frame) shaky() bool {
	for _, p := range []string{"customer", "into", "company"} {
		if v, ok := f.params[p].(string); ok {
			start, end, odd := f.nameDoubts(v)
			if start || end || odd {
				return true
			}
		}
	}
	if f.hidden() {
		return true
	}
	if f.loose() || f.doubt > 0 || f.goods() || f.mixed() || f.own < 0.03 {
		return true
	}
	if v, ok := f.params["contact"].(string); ok && !f.has("customer") && (f.action == "reminder.create" || f.action == "task.create") && f.v.titles.endsAt(newLine(v), 1, utf8Len(v)) == 0 && !f.calledUp(v) {
		return true // 林清轩 is a person or a company
	}
	if r := recordOf[f.action]; r != "" && f.has(r) && !strings.HasPrefix(f.action, "approval.") && f.action != "ticket.reply" && f.action != "ticket.escalate" {
		for _, sp := range f.spans {
			if sp.kind == 'I' && int64(sp.id) == f.params[r] && sp.noun == "" && (strings.HasSuffix(f.action, ".done") || f.action == "ticket.close" || f.action == "deal.win" || strings.HasSuffix(f.action, ".assign")) && !f.v.nounSaid(f) {
				return true // #88搞定: a ticket or a reminder
			}
		}
	}
	return f.hit.phrase < 0 || f.unused("TMPI") > 0
}

// guessed reports whether the customer's name is a form of address, has grown over a word behind it that could be its
// end as well, or could as well begin one or two characters later.
func (f *frame) guessed() bool {
	v, ok := f.params["customer"].(string)
	if !ok {
		return false
	}
	l := newLine(v)
	n := len(l.norm)
	i := f.place(l)
	if i < 0 || n == 0 || f.at[i] != nil {
		return false
	}
	j := i + n
	if f.v.titles.endsAt(l, 0, n) == n {
		return true
	}
	if n > 2 && f.v.gaps.endsAt(f.line, j-1, j) > 0 && !f.shaped(i, j) && !f.edge(j) && f.norm[j] != '的' && f.at[j] == nil && f.closeCall() > closeEnd {
		return true
	}
	if f.edge(i-1) || n < 5 || f.v.terms["region"].find.at(f.line, i) > 0 {
		return false
	}
	_, whole, _ := f.nameEnd(i, f.limit(i))
	for k := 1; k <= 2; k++ {
		if _, later, _ := f.nameEnd(i+k, f.limit(i)); f.segment()[i]-f.tails[i+k]+later < whole+closeStart {
			return true
		}
	}
	return false
}

// How near, as a share and in quarters of a nat, another end or beginning of a name makes it a guess.
const (
	closeEnd   = 0.12
	closeStart = 20
)

// hidden reports whether a ticket without a customer opens with what is likelier a name than words.
func (f *frame) hidden() bool {
	text, _ := f.params["content"].(string)
	if f.action != "ticket.create" || f.has("customer") || f.has("contact") || text == "" {
		return false
	}
	i := f.place(newLine(text))
	if i < 0 {
		return true
	}
	j := f.run(i, f.limit(i))
	return j-i >= 2 && (f.shaped(i, j) || f.strange(i, j))
}

// goods reports whether the customer is rather a thing that is counted (抹茶粉 二十公斤).
func (f *frame) goods() bool {
	v, ok := f.params["customer"].(string)
	if !ok {
		return false
	}
	l := newLine(v)
	i := f.place(l)
	if i < 0 || f.shaped(i, i+len(l.norm)) || f.at[i] != nil {
		return false
	}
	k := i + len(l.norm)
	for k < len(f.norm) && f.norm[k] == ' ' {
		k++
	}
	if k >= len(f.norm) {
		return false
	}
	n, e, _ := f.number(k)
	return e > k && n > 0 && f.v.measures.at(f.line, e) > 0
}

// mixed reports whether a free text seems to hold a name or an order of its own: several stretches apart, one of
// which is no words, or an amount.
func (f *frame) mixed() bool {
	text, _ := f.params["content"].(string)
	if text == "" || f.action == "activity.log" || f.action == "ticket.reply" {
		return false
	}
	l := newLine(text)
	pieces := strings.FieldsFunc(string(l.norm), func(r rune) bool { return r == ' ' || hardStop(r) })
	if len(pieces) < 2 {
		return false
	}
	if !f.has("customer") {
		first := &frame{scan: &scan{line: newLine(pieces[0]), v: f.v, at: make([]*span, utf8Len(pieces[0])+1)}}
		if n := len(first.norm); n >= 2 && n <= 6 && (first.strange(0, n) || first.shaped(0, n)) {
			return true
		}
	}
	return len(pieces) > 2 && len(f.spans) > 1
}

// calledUp reports whether the text says to call the person, which one does not do with a company's short name.
func (f *frame) calledUp(name string) bool {
	i := f.place(newLine(name))
	if i < 0 || utf8Len(name) > 3 {
		return false
	}
	if i >= 1 && f.hasAt(i-1, "给") && f.anyAt(i+utf8Len(name), "打电话", "打个电话", "回电话", "回个电话", "回电", "去电话", "去个电话", "打视频", "打微信电话") > 0 {
		return true
	}
	return i >= 2 && (f.hasAt(i-2, "打给") || i >= 3 && f.hasAt(i-3, "电话给"))
}

// unused counts what was recognised in the frame and went into no parameter.
func (f *frame) unused(kinds string) int {
	n := 0
	var taken []string
	for _, sp := range f.spans {
		if strings.IndexByte(kinds, sp.kind) < 0 || !f.in(sp.i, sp.j) || !f.free(sp.i, sp.j) {
			continue
		}
		if taken == nil {
			taken = []string{}
			for _, v := range f.params {
				if s, ok := v.(string); ok {
					taken = append(taken, string(newLine(s).norm))
				}
			}
		}
		if !within(string(f.norm[sp.i:sp.j]), taken) {
			n++
		}
	}
	return n
}

// rivals counts the phrases of other actions in the frame that are as strong as its own.
func (f *frame) rivals() int {
	n := 0
	for _, p := range f.parts {
		for _, a := range p.rivals {
			if a.action != f.action && a.weight >= f.hit.weight {
				n++
			}
		}
	}
	return n
}
