package chatlog

import (
	"slices"
	"strings"
	"time"

	"gendan/bot/parse"
)

// findPlans finds what the speakers say that their own side will do, and what they ask of the other.
func (f *finder) findPlans() {
	var last *clause
	var lastKind FactKind
	lastEnd := 0 // the clause with which the last plan ends
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			kind, who := f.intended(c)
			if kind == "" {
				continue
			}
			if last != nil && last.said == s && n-1 <= lastEnd && kind == lastKind && c.due() == nil { // 我明天过来量 再给您报个数
				f.extend(last, c, kind)
				lastEnd = n
				continue
			}
			last, lastKind, lastEnd = c, kind, n
			f.plan(c, kind, who)
		}
	}
}

// extend joins the words of the clause to the plan that the line told before.
func (f *finder) extend(from, c *clause, kind FactKind) {
	for _, x := range slices.Backward(f.facts) {
		said, _ := x.Value.(string)
		at := strings.LastIndex(said, from.words())
		if x.Kind != kind || x.Lines[0] != c.N || at < 0 {
			continue
		}
		delete(f.index, x.key())
		x.Value = said[:at] + from.typed(from.i, c.j)
		f.index[x.key()] = x
		return
	}
}

// intended gives the plan that the clause tells, by the rules and the second opinion.
func (f *finder) intended(c *clause) (FactKind, Side) {
	if c.recited() {
		return "", ""
	}
	kind, who := f.planned(c)
	switch {
	case f.op == nil || kind == "" && !c.is("do", "to_you", "soon", "self", "will", "request"):
	case kind == Promise && f.holds(c, vPromise, true), kind == NextStep && f.holds(c, vNextStep, true):
	case kind != Promise && !c.is("promise.not") && f.holds(c, vPromise, false):
		return Promise, c.Side
	case kind != NextStep && f.holds(c, vNextStep, false):
		return NextStep, other(c.Side)
	default:
		return "", ""
	}
	return kind, who
}

// planned gives what kind of plan the clause tells, if any, and whose it is.
func (f *finder) planned(c *clause) (FactKind, Side) {
	switch {
	case c.Side == Customer && c.is("date.revise") && c.due() != nil && !c.ask && !c.is("question", "if", "done", "self", "undone"): // 改到11号上午10点
		return NextStep, ""
	case !c.is("do") && !c.is("do.joint") || c.is("undone"):
	case f.proposes(c):
		return NextStep, ""
	case f.invites(c):
		return NextStep, Us
	case c.Side == Us && c.is("soon") && c.is("to_you") && !c.youActs() && !c.ask && !c.is("question", "if"): // 回头整理一份给您
		return Promise, Us
	case f.orders(c):
		return NextStep, Us
	case f.promises(c) && !c.is("promise.not"):
		return Promise, c.Side
	case f.requests(c):
		return NextStep, other(c.Side)
	case c.is("next_step") && !c.pastTime() && !c.is("done", "past") && !c.orderedFirst():
		return NextStep, ""
	}
	return "", ""
}

// proposes reports whether the clause asks for something to be done together: 咱们周五签合同吧, 约个时间碰一下.
func (f *finder) proposes(c *clause) bool {
	if c.ask || c.is("question", "if", "done", "past", "request.not") || c.pastTime() {
		return false
	}
	return c.is("do.joint") && (c.due() != nil || c.later() || c.is("joint.end"))
}

// invites reports whether a customer names a time to come to their place: 后天来仓库验货.
func (f *finder) invites(c *clause) bool {
	return c.Side == Customer && c.is("come.here") && !c.subject() && c.due() != nil && !c.ask && !c.is("question", "if", "done", "request.not")
}

// orders reports whether a customer says when our side is to come, send or deliver: 周五下午2点再来, 17号下午送到酒店.
func (f *finder) orders(c *clause) bool {
	if c.Side != Customer || !c.is("do.yours") || c.subject() || c.ask || c.is("question", "if", "done", "undone", "request.not", "date.not", "come.here") || c.pastTime() || f.rivalsIn(c) {
		return false
	}
	return c.due() != nil || c.later()
}

func other(s Side) Side {
	switch s {
	case Us:
		return Customer
	case Customer:
		return Us
	}
	return ""
}

func (f *finder) plan(c *clause, kind FactKind, who Side) {
	i := c.i
	at := c.due()
	if at == nil && c.n > 0 {
		before := &c.said.clauses[c.n-1]
		if at = before.due(); at != nil {
			sp := before.spansOf('T')
			if before.bare-sp[len(sp)-1].j > 1 && !before.is("self") {
				at = nil
			} else if before.bare-before.i-(sp[0].j-sp[0].i) <= 3 {
				i = before.i
			}
		}
	}
	f.add(Fact{Kind: kind, Value: c.typed(i, c.j), Who: who, At: at, Lines: []int{c.N}})
}

// due gives the moment to come that the clause names.
func (c *clause) due() *time.Time {
	for _, sp := range c.spansOf('T') {
		if at, exact, ok := c.ahead(sp); ok {
			if !exact {
				at = at.Add(9 * time.Hour)
			}
			return &at
		}
		if t := sp.when; t.Grain == parse.Day && !t.Weekday && t.From.Equal(c.today()) && c.text[sp.i] == '今' { // 我今天就排单
			at := t.From.Add(9 * time.Hour)
			return &at
		}
	}
	return nil
}

// promises reports whether the speaker says what his own side will do.
func (f *finder) promises(c *clause) bool {
	if c.ask || c.is("question", "if") || c.is("done") && c.due() == nil {
		return false
	}
	self := c.subject()
	if c.Side == Customer && c.is("event") && !c.is("to_you", "do.customer") { // 下周五我们开业
		return false
	}
	if c.Side == Us && c.figured() && c.is("price.cue") && c.due() == nil && !c.later() { // 最低给您做到4.5一个
		return false
	}
	if c.Side == "" && !self && c.is("event") { // 1月5号进场
		return false
	}
	if c.Side == "" && !self && c.holds("要到", "必须", "一定要", "开始") {
		return false
	}
	if c.customers() && (f.rivalsIn(c) && !self || c.is("budget")) {
		return false
	}
	if c.Side == Us && c.text[c.j-1] == '的' && c.due() == nil && c.bygone() { // 那次是发烧 我让师妹顶的
		return false
	}
	if c.pastTime() || c.is("i_am") && !c.holds("叫") || c.Side == Customer && c.is("decides") && !c.holds("我") {
		return false
	}
	timely := c.due() != nil || c.later()
	will := c.is("will")
	toYou := c.is("to_you")
	if (c.is("do.not") || c.figured()) && !timely || c.figured() && !self && !toYou && c.Side == Us {
		return false
	}
	switch {
	case self && (timely || will):
		return true
	case self && toYou:
		return c.Side != Customer || !c.is("request") || !c.holds("帮", "麻烦", "请", "你把", "您把", "给我", "才")
	case c.Side != Customer && toYou && !c.is("request") && !c.youActs():
		return true
	case c.Side != Customer && timely && !c.youActs() && !c.is("request"):
		return true
	case c.Side != Customer && c.is("ours") && !c.youActs():
		return true
	case c.Side == Us && self && c.acts():
		return true
	case c.Side == Customer && !c.youActs() && !c.is("request", "request.customer"):
		return c.timedDeed() || c.holds("我自己", "我们自己") && !c.is("done", "past", "undone")
	}
	return false
}

// acts reports whether the clause begins with 我 and what the speaker does: 我留个工位, 我去跟老板说.
func (c *clause) acts() bool {
	if c.text[c.i] != '我' || c.is("done", "past", "undone", "bygone") || c.text[c.j-1] == '的' {
		return false
	}
	k := c.i + 1
	for k < c.j && strings.ContainsRune("就来去先再也这亲自", c.text[k]) {
		k++
	}
	return c.at("do", k) > 0 && c.at("do!", k) == 0
}

// timedDeed reports whether a deed of one's own stands right behind a time to come: 下午打款, 明天过来.
func (c *clause) timedDeed() bool {
	for _, sp := range c.spansOf('T') {
		if _, _, ok := c.ahead(sp); !ok {
			continue
		}
		for _, m := range c.all("do.customer") {
			if m.i >= sp.j && m.i-sp.j <= 4 {
				return true
			}
		}
	}
	soon, ok := c.first("soon")
	for _, m := range c.all("do.customer") {
		if ok && m.i >= soon.j && m.i-soon.j <= 1 {
			return true
		}
	}
	return false
}

// pastTime reports whether the clause names a time that is over.
func (c *clause) pastTime() bool {
	for _, sp := range c.spansOf('T') {
		if sp.when.Grain == parse.Day && sp.when.From.Before(c.now.AddDate(0, 0, -1)) {
			return true
		}
	}
	return false
}

// figured reports whether an amount, a discount or a number of more than one digit stands in the clause.
func (c *clause) figured() bool {
	for _, sp := range c.spans {
		if sp.kind == 'M' || sp.kind == 'D' || sp.kind == 'N' && sp.v >= 10 {
			return true
		}
	}
	return false
}

// later reports whether a word or a span says that it will be soon (稍后, 下周), though not when.
func (c *clause) later() bool {
	if c.is("soon") {
		return true
	}
	for _, sp := range c.spansOf('T') {
		if g := sp.when.Grain; sp.when.Bare && sp.when.From.Equal(c.today()) || (g == parse.Week || g == parse.Month) && !sp.when.To.Before(c.now) {
			return true
		}
	}
	return false
}

// subject reports whether the speaker's side is who acts: 我 before the verb, not the 我 of 发我.
func (c *clause) subject() bool {
	do, ok := c.first("do")
	if !ok {
		return false
	}
	for _, d := range c.all("do") {
		do = d
	}
	for _, m := range c.all("self") {
		if m.i < do.i && (m.i == c.i || !strings.ContainsRune("给发帮跟和对把加找让陪教寄送告诉叫请联系到与问催等靠向同来去在的", c.text[m.i-1])) {
			return true
		}
	}
	return false
}

// youActs reports whether the listener's side is who acts: 您 at the beginning or before the verb.
func (c *clause) youActs() bool {
	do, _ := c.first("do")
	for _, m := range c.all("you") {
		if m.i < do.i && (m.i == c.i || !strings.ContainsRune("给发帮跟和对把加找让陪教寄送替为联系到与问催同向", c.text[m.i-1])) {
			return true
		}
	}
	return false
}

// requests reports whether the clause asks the other side to do something.
func (f *finder) requests(c *clause) bool {
	if c.is("if", "request.not") || c.is("done") || c.customers() && f.rivalsIn(c) {
		return false
	}
	if c.Side == Customer && len(c.spansOf('P')) > 0 { // 合同给管后勤的老岑 158…: whom to turn to
		return false
	}
	if m, ok := c.first("request"); ok && m.i == c.i && len(c.spansOf('P'))+len(c.spansOf('E')) > 0 || c.Side == Us && len(c.spansOf('D')) > 0 { // 发我邮箱 a@b.cn: the address or the discount is what is told
		return false
	}
	if class := f.doubt(c); c.Side != Us && class == "trust" { // 先付全款我不放心
		return false
	}
	for _, sp := range c.spansOf('Q') {
		if c.Side == Customer && c.is("order") && c.bare-sp.j <= 8 { // 给我订十五台打印机
			return false
		}
	}
	if c.orderedFirst() || c.tellsWhich() {
		return false
	}
	if c.Side == Us { // 施工前先做防水 is what we shall do
		for _, m := range c.all("request") {
			if c.text[m.i] != '先' || m.i > c.i && c.is("you") || c.is("if!") {
				return !c.holds("要不")
			}
		}
		return false
	}
	return c.is("request") || c.is("request.customer") && (c.Side == "" || c.at("self", c.i) == 0 || c.is("you"))
}

// tellsWhich reports whether the clause only says which thing it is that the other side gave: 你给我发的丁腈, 你们寄的那份样品.
func (c *clause) tellsWhich() bool {
	i := c.i
	for i < c.j && strings.ContainsRune("你您们上次回给我帮之前", c.text[i]) {
		i++
	}
	if i == c.i || c.text[c.i] != '你' && c.text[c.i] != '您' {
		return false
	}
	for k := i + 1; k <= i+2 && k+1 < c.bare; k++ {
		if c.text[k] == '的' && han(c.text[k+1]) && !c.is("soon", "will") {
			return true
		}
	}
	return false
}

// orderedFirst reports whether the customer only says how many they take to begin with: 先做800个, 外壳先打8件.
func (c *clause) orderedFirst() bool {
	if c.Side != Customer || c.is("to_you", "you") {
		return false
	}
	for _, sp := range c.spansOf('Q') {
		if sp.v >= 2 && c.bare-sp.j <= 1 && sp.i-2 >= c.i && strings.ContainsRune("先再", c.text[sp.i-2]) {
			return true
		}
	}
	return false
}
