package chatlog

import (
	"strings"
	"time"

	"gendan/bot/parse"
)

// findDates finds the days to come that lines name: a limit, a delivery, a visit, a decision.
func (f *finder) findDates() {
	for n, s := range f.lines {
		for k := range s.clauses {
			c := &s.clauses[k]
			for _, sp := range c.spansOf('T') {
				at, exact, ok := c.ahead(sp)
				if day, joined := c.dayBefore(sp); joined {
					at, exact, ok = day, true, true
				}
				if !ok || sp.when.Grain == parse.NoGrain && c.bygone() || (sp.when.Weekday || sp.when.Bare) && c.holds("上回", "上次", "那回", "那次", "去年", "前年") || c.is("date.busy") || f.refused(n, k, at) || c.dayOnly(sp) || c.is("date.not") || !c.is("do", "date.part") && sp.when.Grain == parse.NoGrain && sp.when.Hour < 0 || f.complains(c) && !exact || f.timeless(c, sp) {
					continue
				}
				if c.is("date.revise") {
					f.dropDateBefore(s.N, n)
				}
				x := Fact{Kind: Date, What: f.what(c, sp), Lines: []int{s.N}}
				if exact {
					x.At = &at
				} else {
					x.Value = at.Format(time.DateOnly)
				}
				f.drop(func(o Fact) bool { // the same day, told more exactly now
					return exact && o.Kind == Date && o.At == nil && o.Value == at.Format(time.DateOnly) && o.Lines[0] == s.N
				})
				f.add(x)
			}
		}
	}
}

// bygone reports whether the line, up to the clause, speaks of an earlier time: 去年在那做的 排队排到下午两点.
func (c *clause) bygone() bool {
	for n := 0; n <= c.n; n++ {
		if c.said.clauses[n].is("bygone") {
			return true
		}
	}
	return false
}

// timeless reports whether the second opinion doubts that the time is a date that matters: more easily where no day
// is named (半夜空调坏了, 24小时内换人).
func (f *finder) timeless(c *clause, sp span) bool {
	if f.op != nil && (sp.when.Grain == parse.NoGrain || sp.when.Grain == parse.Exact) {
		return f.thinks(c)[vDate] < 0.25
	}
	return !f.holds(c, vDate, true)
}

// dayBefore gives the moment of a clock time whose day the clause before names: 29号吧 早上9点.
func (c *clause) dayBefore(sp span) (time.Time, bool) {
	if sp.when.Grain != parse.NoGrain || sp.when.Hour < 0 || c.n == 0 || sp.i-c.i > 1 {
		return time.Time{}, false
	}
	days := c.said.clauses[c.n-1].spansOf('T')
	if len(days) == 0 {
		return time.Time{}, false
	}
	b := &c.said.clauses[c.n-1]
	last := days[len(days)-1]
	day, exact, ok := b.ahead(last)
	if !ok || exact || last.when.Grain != parse.Day || b.is("date.busy") || b.bare-last.j > 1 && last.i-b.i > 1 {
		return time.Time{}, false
	}
	t := sp.when
	t.Grain, t.From, t.To = parse.Day, day, day
	at := t.Instant(c.now, false)
	return at, at.After(c.now)
}

// dayOnly reports whether the day is told with its clock time in the next clause.
func (c *clause) dayOnly(sp span) bool {
	if c.n+1 >= len(c.said.clauses) || sp.when.Grain != parse.Day || sp.when.Hour >= 0 {
		return false
	}
	next := &c.said.clauses[c.n+1]
	for _, t := range next.spansOf('T') {
		if _, joined := next.dayBefore(t); joined {
			return true
		}
	}
	return false
}

// refused reports whether the moment was only offered (周三上午行吗) and the other side named another one in answer.
func (f *finder) refused(n, k int, at time.Time) bool {
	s := f.lines[n]
	c := &s.clauses[k]
	if n > 0 && f.lines[n-1].Side != s.Side && s.Side == Customer && f.lines[n-1].names(at, true) && k+1 < len(s.clauses) && s.clauses[k+1].startsNearTime() && s.names(at, false) { // 周六要月考 周日下午2点吧
		return true
	}
	offered := c.ask || c.is("date.offer")
	if !offered && s.Side != Us {
		return false
	}
	for _, o := range f.lines[n+1 : min(n+3, len(f.lines))] {
		if o.Side == s.Side && o.Side != "" {
			return false
		}
		same, other, busy := false, false, false
		for i := range o.clauses {
			b := &o.clauses[i]
			busy = busy || b.is("date.busy")
			for _, sp := range b.spansOf('T') {
				if day, _, ok := b.ahead(sp); ok {
					again := day.Format(time.DateOnly) == at.Format(time.DateOnly)
					same, other = same || again, other || !again
				}
			}
		}
		if offered && (other || busy) || same && other { // 我明天上午9点上门, then 明天我要去医院 后天吧
			return true
		}
	}
	return false
}

// names reports whether the line names the day of at, or with same unset another day.
func (s *said) names(at time.Time, same bool) bool {
	for i := range s.clauses {
		for _, sp := range s.clauses[i].spansOf('T') {
			if day, _, ok := s.clauses[i].ahead(sp); ok && (day.Format(time.DateOnly) == at.Format(time.DateOnly)) == same {
				return true
			}
		}
	}
	return false
}

// startsNearTime reports whether the clause begins with a time, or with one character before it.
func (c *clause) startsNearTime() bool {
	sp := c.spansOf('T')
	return len(sp) > 0 && sp[0].i-c.i <= 1
}

// dropDateBefore takes away the date that the line numbered n corrects: the last one named shortly before.
func (f *finder) dropDateBefore(n, index int) {
	from := f.lines[max(0, index-10)].N
	last := -1
	for i, x := range f.facts {
		if x.Kind == Date && x.Lines[len(x.Lines)-1] >= from && x.Lines[len(x.Lines)-1] <= n && (last < 0 || x.Lines[len(x.Lines)-1] >= f.facts[last].Lines[len(f.facts[last].Lines)-1]) {
			last = i
		}
	}
	if last >= 0 {
		day := f.facts[last].day()
		f.drop(func(x Fact) bool { return x.Kind == Date && x.day() == day })
	}
}

// day gives the day of a date fact.
func (x *Fact) day() string {
	if x.At != nil {
		return x.At.Format(time.DateOnly)
	}
	day, _ := x.Value.(string)
	return day
}

// today is the day on which the line was said.
func (s *said) today() time.Time {
	return time.Date(s.now.Year(), s.now.Month(), s.now.Day(), 0, 0, 0, 0, s.now.Location())
}

// ahead gives the moment that a time means when it is one to come; exact is set when a clock time or a part
// of the day was said.
func (c *clause) ahead(sp span) (at time.Time, exact, ok bool) {
	t := sp.when
	if t.Repeat != "" || t.Bad != "" {
		return at, false, false
	}
	exact = t.Hour >= 0 || t.Part != "" || t.Grain == parse.Exact
	today := c.today()
	switch t.Grain {
	case parse.NoGrain:
		if t.Hour < 0 && t.Part == "" || c.is("past") || c.finished() {
			return at, false, false
		}
		at = t.Instant(c.now, false)
		return at, exact, at.After(c.now)
	case parse.Exact:
		return t.From, true, t.From.After(c.now)
	case parse.Day:
	case parse.Span:
		if t.NoYear && t.To.Before(today) {
			t.From, t.To = t.From.AddDate(1, 0, 0), t.To.AddDate(1, 0, 0)
		}
		if d := t.To.Sub(t.From); d > 31*24*time.Hour || !t.To.After(today) || t.From.Before(today) { // 1月1号到3号: it ends then
			return at, false, false
		}
		return t.To, false, true
	case parse.Week, parse.Month, parse.Quarter, parse.Year:
		if !t.Before {
			return at, false, false
		}
		at = t.To
		return at, false, !at.Before(today)
	default:
		return at, false, false
	}
	if t.From.Before(today) || t.Bare && t.From.Equal(today) && !exact && !t.Before && !c.is("date.today") {
		return at, false, false
	}
	if hasRunes(c.text, sp.j-1, []rune("末")) && t.Weekday && !c.is("do") { // 周末 names no day
		return at, false, false
	}
	told := c.is("past") && !c.is("future", "event") && !c.holds("那就", "就定", "定在", "改到", "改成") && (t.Weekday || t.NoYear || t.Bare) // 12号就出库了 names a day gone by
	if t.NoYear && t.From.Sub(today) > 300*24*time.Hour && !t.Before || told {
		return at, false, false
	}
	at = t.Instant(c.now, false)
	if t.Weekday && t.Part == "" && t.Hour < 0 || !exact {
		at = t.From
	}
	return at, exact, true
}

// finished reports whether the clause ends by saying what came of a deed: 夜里一点弄完的.
func (c *clause) finished() bool {
	return c.j-c.i >= 4 && c.text[c.j-1] == '的' && strings.ContainsRune("完好到走过成掉出上下", c.text[c.j-2]) && !c.is("do.yours", "will", "future")
}

// what gives the words of the clause around the time: what happens then. A clause that is only a time lends
// them from the next one, or the one before.
func (f *finder) what(c *clause, sp span) string {
	left, right := c.typed(c.i, min(sp.i, c.j)), c.typed(min(sp.j, c.j), c.j)
	if len([]rune(right)) >= 2 {
		return right
	}
	if len([]rune(left)) >= 2 {
		return left
	}
	if c.n+1 < len(c.said.clauses) {
		return c.said.clauses[c.n+1].words()
	}
	if c.n > 0 {
		return c.said.clauses[c.n-1].words()
	}
	return left + right
}
