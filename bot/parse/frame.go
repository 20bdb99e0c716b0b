package parse

import (
	"slices"
	"strings"
	"time"
)

// frame is one action on its way: the part of the message that is about it, what has been taken from that
// part, and the parameters found so far.
type frame struct {
	*scan
	action      string
	hit         hit
	parts       []*clause
	used        []bool // by rune of the message: already read into a parameter, or without content
	params      map[string]any
	bad         []Problem
	doubt       float64  // what the confidence loses
	trail       []string // which rules decided, for --explain
	carry       string   // the customer named before in the message
	ids         map[string]int
	past        bool     // told as done
	more        []string // further customers that the same action was said of
	whom        string   // the colleague named in the action before, for 提醒他
	own         float64  // how likely the second opinion thinks the action
	other       float64  // the same of the likeliest action that was not read
	nameI       int      // where the customer read last stands
	nameJ       int
	otherIDs    []int64          // further record numbers that the same action was said of
	again       []map[string]any // further times with other values: the second payment of a plan
	trimmed     []string         // contents of which an end was cut off as saying nothing
	cut         bool             // the content is what the customer's name had swallowed
	unsupported bool             // what was learned does not see the customer's name as it was read
	unsureName  float64          // how unsure what was learned is of the customer's or contact's name
	unsureSaid  float64          // the same of what was said
	nameless    bool             // a report whose customer the rules have not found
	ofLead      *frame           // the new lead that is its customer
	unclear     bool             // another reading is as good: it is shown first
	otherSeen   bool             // what was learned sees a customer of its own where the one named before was carried over
	sure        float64          // the confidence of what was read as a whole form; 0 for all else
}

func (f *frame) start() int { return f.parts[0].i }
func (f *frame) end() int   { return f.parts[len(f.parts)-1].j }

func (f *frame) set(name string, v any) { f.params[name] = v }

func (f *frame) has(name string) bool { _, ok := f.params[name]; return ok }

func (f *frame) mark(i, j int) {
	for ; i < j; i++ {
		f.used[i] = true
	}
}

func (f *frame) free(i, j int) bool {
	for ; i < j; i++ {
		if f.used[i] {
			return false
		}
	}
	return true
}

// in reports whether [i,j) lies within the frame's clauses.
func (f *frame) in(i, j int) bool {
	for _, p := range f.parts {
		if i >= p.i && j <= p.j {
			return true
		}
	}
	return false
}

// find lists the recognised spans of the kind that are not yet used.
func (f *frame) find(kind byte) []*span {
	var found []*span
	for _, sp := range f.spans {
		if sp.kind == kind && f.in(sp.i, sp.j) && f.free(sp.i, sp.j) {
			found = append(found, sp)
		}
	}
	return found
}

// problem notes what cannot be as it was said.
func (f *frame) problem(kind ProblemKind, param, said, say string) {
	f.bad = append(f.bad, Problem{Kind: kind, Action: f.action, Param: param, Text: said, Say: say})
}

// money sets name to the first unused amount; min skips what is probably not one.
func (f *frame) money(name string) bool {
	for _, sp := range f.find('M') {
		if name == "amount" && (f.unitPrice(sp) || f.replaced(sp)) {
			f.mark(sp.i, sp.j)
			continue
		}
		if f.takeMoney(name, sp) {
			return true
		}
	}
	return false
}

// replaced reports whether the amount is what stood there before: 96万改成90万.
func (f *frame) replaced(sp *span) bool {
	n := f.anyAt(sp.j, "改成", "改为", "改到", "调成", "调为", "调到", "调整到", "调整为", "降到", "降成", "涨到", "加到", "变成", "变为", "→", "->")
	if n == 0 && f.hasAt(sp.j, "改") { // 30万改35万
		n = 1
	}
	return n > 0 && slices.ContainsFunc(f.find('M'), func(o *span) bool { return o.i == sp.j+n && o.money.Vague == "" })
}

// unitPrice reports whether the amount is the price of one piece (三万二一台, 每台5000).
func (f *frame) unitPrice(sp *span) bool {
	if f.anyAt(sp.j, "一", "每", "/") > 0 && f.v.measures.at(f.line, sp.j+1) > 0 && f.anyAt(sp.j, "一个商机", "一个单", "一份", "一条", "一个合同", "一张") == 0 {
		return true
	}
	for _, w := range []string{"单价", "每台", "每套", "每个", "每件", "每张", "每箱", "每吨", "每支", "每人", "单价是"} {
		if n := utf8Len(w); sp.i-n >= 0 && f.hasAt(sp.i-n, w) {
			return true
		}
	}
	return false
}

func (f *frame) takeMoney(name string, sp *span) bool {
	f.mark(sp.i, sp.j)
	if sp.money.Vague != "" {
		f.problem(BadAmount, name, f.said(sp.i, sp.j), sp.money.Vague)
		return false
	}
	f.set(name, yuan(sp.money.Yuan))
	return true
}

// yuan gives whole amounts as integers, so that JSON shows 380000.
func yuan(v float64) any {
	v = round2(v)
	if v == float64(int64(v)) {
		return int64(v)
	}
	return v
}

func round2(v float64) float64 {
	if v < 0 {
		return -round(-v, 2)
	}
	return round(v, 2)
}

// labelled finds a plain number or amount behind one of the labels (金额 380000) and marks both.
func (f *frame) labelled(name string, labels ...string) bool {
	for _, p := range f.parts {
		for i := p.i; i < p.j; i++ {
			n := f.anyAt(i, labels...)
			if n == 0 || f.at[i] != nil && f.at[i].kind != 'M' {
				continue
			}
			j := i + n
			for k := 0; k < 4 && j < p.j; k++ {
				if m := f.anyAt(j, " ", ":", "：", "定在", "定为", "为", "是", "改成", "改为", "调到", "调成", "调整到", "调整为", "更新为", "更新成", "变更为", "变更成", "换成", "变成", "涨到", "降到", "到", "成", "在", "大概", "大约", "约", "就是", "先按", "按", "改到", "一共", "差不多", "填", "写", "预计", "不是", "应该是", "更正为", "一笔", "了一笔"); m > 0 {
					j += m
				}
			}
			if j >= p.j {
				continue
			}
			if sp := f.at[j]; sp != nil && sp.kind == 'M' {
				f.mark(i, sp.j)
				for _, o := range f.find('M') {
					if f.replaced(sp) && o.i >= sp.j && o.i-sp.j <= 3 { // 金额30万改35万
						sp = o
						break
					}
				}
				return f.takeMoney(name, sp)
			}
			if f.at[j] == nil {
				if m, ok := f.line.money(j); ok && m.end <= p.j && !f.measured(j, m) {
					f.mark(i, m.end)
					if m.Vague != "" {
						f.problem(BadAmount, name, f.said(m.start, m.end), m.Vague)
						return false
					}
					f.set(name, yuan(m.Yuan))
					return true
				}
			}
		}
	}
	return false
}

// instant gives the RFC 3339 form of a time.
func (f *frame) instant(w *Time, past bool) string {
	w.settle(f.now, past)
	return w.Instant(f.now, past).Format(time.RFC3339)
}

// date gives the YYYY-MM-DD form of a time.
func (f *frame) date(w *Time, past bool) string {
	w.settle(f.now, past)
	return w.Date(f.now).Format("2006-01-02")
}

// badDate notes a date that does not exist and reports whether there was one.
func (f *frame) badDate(name string, sp *span) bool {
	if sp.when.Bad == "" {
		return false
	}
	f.mark(sp.i, sp.j)
	f.problem(BadDate, name, f.said(sp.i, sp.j), sp.when.Bad)
	return true
}

// due sets name to the first unused day.
func (f *frame) due(name string) bool {
	for _, sp := range f.find('T') {
		if sp.when.Grain == NoGrain && sp.when.Repeat == "" || sp.when.Repeat != "" {
			continue
		}
		f.mark(sp.i, sp.j)
		if f.badDate(name, sp) {
			return false
		}
		f.set(name, f.date(sp.when, false))
		return true
	}
	return false
}

// period sets period to the first unused span of days.
func (f *frame) period() bool {
	for _, sp := range f.find('T') {
		if p := sp.when.Period(); p != "" {
			f.mark(sp.i, sp.j)
			f.set("period", p)
			return true
		}
	}
	return false
}

// phone sets phone to the first unused number.
func (f *frame) phone() bool {
	for _, sp := range f.find('P') {
		f.mark(sp.i, sp.j)
		for _, w := range []string{"电话", "手机号", "手机", "座机", "联系方式", "tel", "联系电话", "号码", "电话是", "手机是", "电话:", "手机:", "电话：", "手机：", "手机号是", "号码是", "座机是", "联系电话是"} {
			f.markBefore(sp.i, w)
		}
		if sp.phone.Bad != "" {
			f.problem(BadPhone, "phone", sp.phone.Digits, sp.phone.Bad)
			continue
		}
		f.set("phone", sp.phone.Digits)
		return true
	}
	return false
}

// markBefore marks w when it stands right before i.
func (f *frame) markBefore(i int, w string) {
	k := i
	for k > f.start() && f.norm[k-1] == ' ' {
		k--
	}
	n := utf8Len(w)
	if k-n >= f.start() && f.hasAt(k-n, w) {
		f.mark(k-n, i)
	}
}

// id sets name to the first unused record number; the others are kept for [frame.others].
func (f *frame) id(name string) bool {
	for _, sp := range f.find('I') {
		if sp.noun != "" && nounOf[name] != "" && sp.noun != nounOf[name] && f.noun(sp.j, false) == sp.noun && f.anyAt(sp.j, "单子", "机会") == 0 { // 640审批通过华晟光电的商机推到签约
			continue
		}
		f.mark(sp.i, sp.j)
		if f.has(name) {
			f.otherIDs = append(f.otherIDs, int64(sp.id))
			f.markBefore(sp.i, "和")
			f.markBefore(sp.i, "跟")
			f.markBefore(sp.i, "、")
			continue
		}
		f.set(name, int64(sp.id))
	}
	f.oneOf(name)
	return f.has(name)
}

// oneOf takes the record that is meant by its place among those which the message names before: 515、517两个，前一个通过，后一个不批.
func (f *frame) oneOf(name string) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil {
				continue
			}
			nth := 0
			n := f.anyAt(k, "前一个", "前一条", "前一张", "前者", "第一个", "第一条", "第一张", "头一个", "前面那个", "前面一个")
			if n == 0 {
				nth = 1
				n = f.anyAt(k, "后一个", "后一条", "后一张", "后者", "第二个", "第二条", "第二张", "另一个", "另一条", "后面那个", "后面一个")
			}
			if n == 0 {
				continue
			}
			var ids []int64
			for _, sp := range f.spans {
				if sp.kind == 'I' && sp.i < k {
					ids = append(ids, int64(sp.id))
				}
			}
			if len(ids) < 2 || len(ids) > 3 {
				return
			}
			f.set(name, ids[nth])
			f.otherIDs = nil
			f.mark(k, k+n)
			return
		}
	}
}

// lookup finds the first word of a pack list in the frame; the longest at its place wins.
func (f *frame) lookup(list string) (name string, i, j int) {
	t := f.v.terms[list]
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil {
				continue
			}
			if name, n := t.at(f.line, k); n > 0 && k+n <= p.j && f.free(k, k+n) {
				return name, k, k + n
			}
		}
	}
	return "", 0, 0
}

// after finds the first of the words in the frame and gives the place behind it, else -1.
func (f *frame) after(words ...string) int {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if n := f.anyAt(k, words...); n > 0 && k+n <= p.j && (f.at[k] == nil) {
				return k + n
			}
		}
	}
	return -1
}

// before is the place of the first of the words, else -1.
func (f *frame) before(words ...string) int {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if n := f.anyAt(k, words...); n > 0 && k+n <= p.j && (f.at[k] == nil) {
				return k
			}
		}
	}
	return -1
}

// limit is the end of the clause in which rune i stands.
func (f *frame) limit(i int) int {
	for _, p := range f.parts {
		if i >= p.i && i < p.j {
			return p.j
		}
	}
	return i
}

// rest joins what is not used, clause by clause, as typed.
func (f *frame) rest() string {
	i, j := -1, -1
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if !f.used[k] && !isEdge(f.norm[k]) {
				if i < 0 {
					i = k
				}
				j = k + 1
			}
		}
	}
	if i < 0 {
		return ""
	}
	return f.text(i, j)
}

// text gives [i,j) as typed without what is used.
func (f *frame) text(i, j int) string {
	var b strings.Builder
	gap := false
	for k := i; k < j; k++ {
		if f.used[k] {
			gap = true
			continue
		}
		if gap && hardStop(f.norm[k]) && (b.Len() == 0 || hardStopTail(b.String())) {
			continue
		}
		gap = false
		b.WriteRune(f.orig[k])
	}
	out := b.String()
	l := newLine(out)
	return l.said(0, len(l.norm))
}

func hardStopTail(s string) bool {
	l := newLine(s)
	return len(l.norm) > 0 && (hardStop(l.norm[len(l.norm)-1]) || l.norm[len(l.norm)-1] == ' ')
}

// skip passes fillers and spaces from i.
func (f *frame) skip(i, limit int) int {
	for i < limit {
		if isEdge(f.norm[i]) || f.used[i] {
			i++
			continue
		}
		if f.at[i] != nil {
			return i
		}
		n := f.v.fillers.at(f.line, i)
		if n == 0 || i+n > limit || f.beginsName(i, n, limit) {
			return i
		}
		i += n
	}
	return i
}
