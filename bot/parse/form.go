package parse

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// form is a compiled [templates.Form]: one way of saying a whole order.
type form struct {
	action string
	re     *regexp.Regexp
	unless *regexp.Regexp
	values map[string]any
	needs  needed
	index  int
	sure   float64 // how sure its reading is
}

// formSure is how sure the reading of a whole order is: it fits to the last character.
const formSure = 0.95

// formUnsure is how sure the reading of a form is that may mean something else, so that it is shown first.
const formUnsure = 0.7

// fields are the named groups of the forms that are not plain text, by what they are read as.
var fields = map[string]func(f *frame, name string, i, j int) bool{
	"amount": (*frame).formMoney, "price": (*frame).formMoney, "budget": (*frame).formMoney,
	"count": (*frame).formCount, "capacity": (*frame).formCount, "life_days": (*frame).formDays,
	"min_amount": (*frame).formMoney, "max_amount": (*frame).formMoney, "colleague": (*frame).formColleague, "firm": (*frame).formFirm, "owner": (*frame).formOwner,
	"offer": (*frame).formNumber, "ticket": (*frame).formNumber, "event_number": (*frame).formNumber,
	"period": (*frame).formPeriod, "at": (*frame).formInstant, "next_at": (*frame).formInstant, "past": (*frame).formPast, "party": (*frame).formParty, "remove": (*frame).formTag, "thing": (*frame).formThing, "span": (*frame).formSpan, "birthday": (*frame).formBirthday,
	"phone": (*frame).formPhone, "filter": (*frame).formFilter, "details": (*frame).formDetails, "who": (*frame).formWho, "code": (*frame).formCode,
}

// pronouns stand for the customer that the talk is of.
var pronouns = map[string]bool{"他": true, "她": true, "它": true, "他们": true, "她们": true, "这个客户": true, "该客户": true, "这家": true, "那家": true, "这客户": true, "客户": true, "这位客户": true}

// formed reads the message as one of the pack's forms, which must fit it from end to end; nil when none does. These are
// the orders that people know by name (核销 K7F2…, 暂停沉睡召回旅程): whatever else is said goes by phrases. Those that are
// as sure as given are tried: the unsure ones are for what nothing else understands.
func (m message) formed(l *line, sure float64) []*frame {
	i, j := l.trim(0, len(l.norm))
	if j-i < 2 || j-i > 200 {
		return nil
	}
	for { // 请帮我…, …谢谢; 以后 is polite filling too, unless a form begins with it
		if f := m.form(l, i, j, sure); f != nil {
			return []*frame{f}
		}
		x, y := i, j
		if n := m.v.fillers.at(l, i); n > 0 && i+n < j {
			x, _ = l.trim(i+n, j)
		} else {
			for _, w := range []string{"谢谢", "吧", "哈", "啊", "呗", "呢", "哦"} {
				if n := utf8Len(w); j-n > i+1 && l.hasAt(j-n, w) {
					_, y = l.trim(i, j-n)
				}
			}
		}
		if x == i && y == j {
			return nil
		}
		i, j = x, y
	}
}

// form is the first form that fits [i,j) from end to end.
func (m message) form(l *line, i, j int, sure float64) *frame {
	text := string(l.norm[i:j])
	words := m.wordsIn(text)
	if called := l.anyAt(i, "千万别", "可别", "先别", "别", "不要", "先不要", "不许", "不能", "请勿", "暂时别", "先不"); called > 0 && l.anyAt(i, "别墅", "别克", "别的") == 0 { // 千万别把三只松鼠合并到…
		return nil
	}
	var s *scan
	for _, form := range m.v.forms {
		if form.sure != sure || !form.needs.met(words) {
			continue
		}
		at := form.re.FindStringSubmatchIndex(text)
		if at == nil || form.unless != nil && form.unless.MatchString(text) {
			continue
		}
		if s == nil {
			s = newScan(l, m.now, m.v)
		}
		f := &frame{scan: s, action: form.action, hit: hit{phrase: -1}, used: make([]bool, len(l.norm)+1), params: map[string]any{}, sure: form.sure}
		f.trail = []string{form.action + " ← the whole message is a form: " + form.re.String()}
		for name, v := range form.values {
			f.params[name] = v
		}
		fits := true
		for g, name := range form.re.SubexpNames() {
			if name == "" || at[2*g] < 0 {
				continue
			}
			a := i + utf8.RuneCountInString(text[:at[2*g]])
			b := a + utf8.RuneCountInString(text[at[2*g]:at[2*g+1]])
			if a, b = l.trim(a, b); a >= b {
				continue
			}
			f.parts = []*clause{s.clause(a, b)}
			switch read := fields[name]; {
			case read != nil:
				fits = fits && read(f, name, a, b)
			case name != "customer" || !pronouns[string(l.norm[a:b])]: // of whom the talk is, the conversation knows
				f.set(name, f.said(a, b))
			}
		}
		if fits {
			f.parts = []*clause{s.clause(i, j)}
			return f
		}
	}
	return nil
}

func (f *frame) formMoney(name string, i, j int) bool {
	m, ok := Amount(f.said(i, j))
	if !ok || m.Vague != "" {
		return false
	}
	f.set(name, yuan(m.Yuan))
	return true
}

func (f *frame) formCount(name string, i, j int) bool {
	v, e, _ := f.number(i)
	if e == i || v < 1 || v != float64(int64(v)) {
		return false
	}
	f.set(name, int64(v))
	return true
}

func (f *frame) formNumber(name string, i, j int) bool { return f.formCount(name, i, j) }

func (f *frame) formDays(name string, i, j int) bool {
	for k := i; k < j; k++ {
		if d, e, ok := f.duration(k); ok && e <= j {
			f.set(name, int64(d))
			return true
		}
	}
	return false
}

func (f *frame) formPeriod(string, int, int) bool { return f.period() }

func (f *frame) formInstant(name string, _, _ int) bool {
	for _, sp := range f.find('T') {
		if sp.when.Grain > Day || sp.when.Repeat != "" || f.badDate(name, sp) {
			return false
		}
		f.set(name, f.instant(sp.when, false))
		return true
	}
	return false
}

// formPast reads when something happened: at.
func (f *frame) formPast(string, int, int) bool {
	for _, sp := range f.find('T') {
		return f.remember(sp)
	}
	return true // 刚才 is no time
}

// formParty reads with whom something is to be done: a person by name or form of address, else a customer, which must
// not be a word of every day.
func (f *frame) formParty(_ string, i, j int) bool {
	said := string(f.norm[i:j])
	switch {
	case pronouns[said] || said == "对方":
	case f.at[i] == nil && f.person(i, j) == j:
		f.set("contact", f.said(i, j))
	case f.at[i] == nil && !f.plausible(said) || f.v.terms["region"].name[said] != "":
		return false
	default:
		f.set("customer", f.said(i, j))
	}
	return true
}

// formThing reports whether a word of every day stands there (硒鼓), which is no customer; it goes into no parameter.
func (f *frame) formThing(_ string, i, j int) bool {
	common := commonWords().has(wordKey(f.norm[i:j]))
	return common && f.at[i] == nil || f.v.things.at(f.line, i) == j-i
}

// formTag reads the tags that are taken off.
func (f *frame) formTag(name string, i, j int) bool {
	var all []any
	for _, t := range strings.FieldsFunc(f.said(i, j), func(r rune) bool { return strings.ContainsRune("、，, 和\"「」“”", r) }) {
		all = append(all, t)
	}
	f.set(name, all)
	return len(all) > 0
}

// formSpan reads the days from which to which something goes: start and end.
func (f *frame) formSpan(string, int, int) bool {
	spans := f.find('T')
	if len(spans) == 0 || spans[0].when.Bad != "" {
		return false
	}
	first, last := spans[0].when, spans[len(spans)-1].when
	if last.Bad != "" || first.From.IsZero() || last.To.Before(first.From) {
		return false
	}
	f.set("start", first.From.Format("2006-01-02"))
	f.set("end", last.To.Format("2006-01-02"))
	return true
}

func (f *frame) formBirthday(name string, _, _ int) bool {
	for _, sp := range f.find('T') {
		if sp.when.Grain != Day || sp.when.Bad != "" {
			return false
		}
		layout := "2006-01-02"
		if sp.when.NoYear {
			layout = "01-02"
		}
		f.set(name, sp.when.From.Format(layout))
		return true
	}
	return false
}

func (f *frame) formPhone(string, int, int) bool {
	f.phone()
	return f.has("phone")
}

// formFilter reads a selection of customers, all of it.
func (f *frame) formFilter(name string, i, j int) bool {
	filter := f.filter()
	if len(filter) == 0 {
		return false
	}
	f.set(name, filter)
	return true
}

// formColleague reads a person or a department as the owner, and nothing else.
func (f *frame) formColleague(_ string, i, j int) bool {
	if f.person(i, j) != j && f.team(i, j) != j {
		return false
	}
	f.set("owner", f.said(i, j))
	return true
}

// formOwner reads whose records are meant: me, a person or a team as said.
func (f *frame) formOwner(name string, i, j int) bool {
	if who := f.said(i, j); who != "我" {
		f.set(name, who)
	} else {
		f.set(name, "me")
	}
	return true
}

// formFirm reads a customer that cannot be a colleague.
func (f *frame) formFirm(_ string, i, j int) bool {
	if f.person(i, j) == j && f.at[i] == nil {
		return false
	}
	if !pronouns[string(f.norm[i:j])] {
		f.set("customer", f.said(i, j))
	}
	return true
}

// formWho reads a selection of customers, or else one customer by name.
func (f *frame) formWho(_ string, i, j int) bool {
	if f.formFilter("filter", i, j) {
		return true
	}
	if !pronouns[string(f.norm[i:j])] {
		f.set("customer", f.said(i, j))
	}
	return true
}

// formCode reads the code of a coupon as it was typed, without what people put between.
func (f *frame) formCode(name string, i, j int) bool {
	var code []rune
	for _, r := range f.norm[i:j] {
		if r != ' ' && r != '-' {
			code = append(code, r)
		}
	}
	f.set(name, strings.ToUpper(string(code)))
	return len(code) >= 6
}

var (
	moneyDetail  = regexp.MustCompile(`^(单价|价格|售价|卖价|卖|价|预算|费用)?[:： 是]*[0-9一二三四五六七八九十百千万.,¥]+(?:元|块钱|块|万元|万|千)?$`)
	peopleDetail = regexp.MustCompile(`^(?:名额|限额|限|容量|最多|可容纳)?[:： 是]*([0-9一二三四五六七八九十百千]+)(?:个人|人|位|个名额|名)$|^(?:名额|容量)[:： 是]*([0-9]+)$`)
	lifeDetail   = regexp.MustCompile(`^(?:能用|可用|用|寿命|周期|每|大概|约)+[:： 是]*.*(?:天|月|年|周|星期)|(?:天|月|年|周|星期)(?:一换|换一次|用完|更换一次|补一次)$`)
	textDetail   = regexp.MustCompile(`^(类别|品类|分类|地点|地址|渠道|在)[:： 是]*(.+)$`)
	textParam    = map[string]string{"类别": "category", "品类": "category", "分类": "category", "地点": "place", "地址": "place", "在": "place", "渠道": "channel"}
)

// formDetails reads what follows the name in an order to make something, separated by commas: 类别耗材，单价300，能用90天.
func (f *frame) formDetails(_ string, i, j int) bool {
	edges := ",，;；、"
	if !strings.ContainsAny(string(f.norm[i:j]), edges) {
		edges = " "
	}
	for a := i; a < j; {
		b := a
		for b < j && !strings.ContainsRune(edges, f.norm[b]) {
			b++
		}
		if x, y := f.trim(a, b); x < y {
			f.parts = []*clause{f.clause(x, y)}
			if !f.formDetail(x, y) {
				return false
			}
		}
		a = b + 1
	}
	return true
}

func (f *frame) formDetail(i, j int) bool {
	text := string(f.norm[i:j])
	if m := textDetail.FindStringSubmatchIndex(text); m != nil {
		f.set(textParam[text[m[2]:m[3]]], f.said(i+utf8.RuneCountInString(text[:m[4]]), j))
		return true
	}
	if m := peopleDetail.FindStringSubmatchIndex(text); m != nil {
		return f.formCount("capacity", i+utf8.RuneCountInString(text[:max(m[2], m[4])]), j)
	}
	if lifeDetail.MatchString(text) {
		return f.formDays("life_days", i, j)
	}
	if m := moneyDetail.FindStringSubmatch(text); m != nil {
		name := "price"
		if f.action == "campaign.create" {
			name = "budget"
		}
		return f.formMoney(name, i, j)
	}
	if spans := f.find('T'); len(spans) > 0 {
		if f.action == "campaign.create" {
			return f.formSpan("", i, j)
		}
		return f.formInstant("at", i, j)
	}
	if f.action == "product.create" && !f.has("category") {
		f.set("category", f.said(i, j))
		return true
	}
	if f.action == "campaign.create" && !f.has("channel") {
		f.set("channel", f.said(i, j))
		return true
	}
	if f.action == "event.create" && !f.has("place") {
		f.set("place", f.said(i, j))
		return true
	}
	return false
}
