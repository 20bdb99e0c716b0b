package tabular

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gendan/crm/predict"
)

// leaks sets aside the columns that give the outcome away, because they are written after it or are the outcome in other words, and
// returns what to tell the person at the keyboard. train are the rows that may be learned from, target is the name of the outcome's
// column, unsaid tells which rows have no outcome yet.
func (f *frame) leaks(target string, k Kind, train []int, unsaid []bool) (notes []string) {
	for _, c := range f.columns {
		if c.kind == empty || c.kind == id {
			continue
		}
		why, doubt := f.leak(c, target, k, train, unsaid)
		if why != "" {
			c.kind = empty
			notes = append(notes, fmt.Sprintf("left out %q: %s", c.name, why))
		} else if doubt != "" {
			notes = append(notes, fmt.Sprintf("look at %q: %s", c.name, doubt))
		}
	}
	return notes
}

// leak says why a column must not be used, or why it should be looked at.
func (f *frame) leak(c *column, target string, k Kind, train []int, unsaid []bool) (why, doubt string) {
	isTime := c == f.time
	if after := afterwards(c.name, k); after && (c.kind == date || c.kind == text || c.kind == category || moneyLike(c.name)) {
		if isTime {
			return "by its name it is written when the outcome is known, so it only orders the rows", ""
		}
		return "by its name it is written when the outcome is known", ""
	}
	saidOpen, opens := 0, 0
	for i, u := range unsaid {
		if u {
			opens++
			if !c.blankAt(i) {
				saidOpen++
			}
		}
	}
	said := 0
	for _, i := range train {
		if !c.blankAt(i) {
			said++
		}
	}
	if opens >= 30 && float64(saidOpen) < 0.05*float64(opens) && said*2 > len(train) {
		why = "it is empty as long as there is no outcome, so it is written afterwards"
		if isTime {
			why += " and only orders the rows"
		}
		return why, ""
	}
	if isTime {
		return "", ""
	}
	if f.time != nil && f.time.kind == date && c.kind == date && !planned(c.name) && !afterwards(f.time.name, k) {
		later, both := 0, 0
		for _, i := range train {
			if !math.IsNaN(c.num[i]) && !math.IsNaN(f.when[i]) {
				both++
				later += int(one(c.num[i] > f.when[i]+1))
			}
		}
		if both*10 > len(train) && later*2 > both {
			return fmt.Sprintf("it mostly lies after %q, by which the rows are ordered", f.time.name), ""
		}
	}
	if f.time != nil && c.kind == numeric && f.tellsTime(c, train) {
		return "it grows with the time of the row, so later rows have values never seen before", ""
	}
	if c.kind == text {
		return "", ""
	}
	steps, size := f.steps(c, train)
	if len(train) < 100 {
		return "", ""
	}
	if which := onlyOneSide(steps, size, train, f.y); which != "" {
		return "it is filled in only " + which, ""
	}
	auc := f.alone(steps, size, train)
	if auc > 0.985 {
		return fmt.Sprintf("alone it tells the outcome nearly always (AUC %.3f), so it is the outcome in other words or written after it", auc), ""
	}
	if f.givesAway(steps, size, train) {
		return "its values settle a large part of the outcomes to more than 98 %, so it is written after them", ""
	}
	if auc > 0.7 && namedAfter(c.name, target) {
		return "by its name it is made from the outcome", ""
	}
	if auc > 0.93 {
		doubt = fmt.Sprintf("alone it reaches AUC %.3f; leave it out if it is written after the outcome", auc)
	}
	return "", doubt
}

// steps cuts a column into levels: its own, or twenty quantiles with values that many rows share kept apart. The last is for rows
// that say nothing.
func (f *frame) steps(c *column, train []int) (steps []int, size int) {
	steps = make([]int, len(f.y))
	if c.kind == category {
		for i := range steps {
			steps[i] = c.levelAt(i)
		}
		return steps, len(c.levels) + 1
	}
	var said []float64
	counts := map[float64]int{}
	for _, i := range train {
		if v := c.num[i]; !math.IsNaN(v) {
			said = append(said, v)
			counts[v]++
		}
	}
	slices.Sort(said)
	var ends []float64
	for q := 1; q <= 20 && len(said) > 0; q++ {
		ends = append(ends, said[(len(said)*q-1)/20])
	}
	for v, n := range counts {
		if n*50 > len(said) {
			ends = append(ends, v, math.Nextafter(v, math.Inf(-1)))
		}
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	for i := range steps {
		steps[i] = len(ends)
		if v := c.num[i]; !math.IsNaN(v) && len(ends) > 0 {
			at, _ := slices.BinarySearch(ends, v)
			steps[i] = min(at, len(ends)-1)
		}
	}
	return steps, len(ends) + 1
}

// alone is the AUC of a column's rates by level, each row valued by the others.
func (f *frame) alone(steps []int, size int, train []int) float64 {
	p, came := f.rule(steps, size, train, train, true)
	return predict.AUC(p, came)
}

// rule predicts rows by the rate of their level alone.
func (f *frame) rule(steps []int, size int, train, rows []int, own bool) (p []float64, came []bool) {
	c := &column{code: make([]int32, len(steps)), levels: make([]string, size-1)}
	for i, s := range steps {
		c.code[i] = int32(s)
	}
	r := f.ratesOf(c, train)
	for _, i := range rows {
		part := outside
		if own {
			part = inner(i)
		}
		p = append(p, r.rate(steps[i], part))
		came = append(came, f.y[i])
	}
	return p, came
}

// onlyOneSide tells when saying anything at all settles the outcome.
func onlyOneSide(steps []int, size int, train []int, y []bool) string {
	var said, saidYes, quiet, quietYes float64
	for _, i := range train {
		if steps[i] == size-1 {
			quiet++
			quietYes += one(y[i])
		} else {
			said++
			saidYes += one(y[i])
		}
	}
	if said < 30 || quiet < 30 {
		return ""
	}
	base := (saidYes + quietYes) / (said + quiet)
	switch {
	case saidYes >= 0.99*said && base < 0.8 && quietYes < 0.9*quiet:
		return "when the outcome came true"
	case saidYes <= 0.01*said && base > 0.2 && quietYes > 0.1*quiet:
		return "when the outcome did not come true"
	}
	return ""
}

// givesAway reports whether single levels settle a large part of an outcome that is not nearly everybody's anyway.
func (f *frame) givesAway(steps []int, size int, train []int) bool {
	n, yes := make([]float64, size), make([]float64, size)
	all := 0.0
	for _, i := range train {
		n[steps[i]]++
		yes[steps[i]] += one(f.y[i])
		all += one(f.y[i])
	}
	total := float64(len(train))
	var sureYes, sureNo float64
	for s := range n {
		if n[s] < 20 {
			continue
		}
		if yes[s] >= 0.985*n[s] {
			sureYes += yes[s]
		}
		if yes[s] <= 0.015*n[s] {
			sureNo += n[s] - yes[s]
		}
	}
	return all < 0.7*total && sureYes > 0.4*all || all > 0.3*total && sureNo > 0.4*(total-all)
}

// tellsTime reports whether a number rises with the rows' time (a running number, a year).
func (f *frame) tellsTime(c *column, train []int) bool {
	var a, b []float64
	for _, i := range train {
		if v, w := c.num[i], f.when[i]; !math.IsNaN(v) && !math.IsNaN(w) {
			a, b = append(a, v), append(b, w)
		}
	}
	if len(a) < 50 || len(a)*2 < len(train) {
		return false
	}
	return correlation(ranks(a), ranks(b)) > 0.98
}

func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case v[a] < v[b]:
			return -1
		case v[a] > v[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			out[at] = float64(i+j) / 2
		}
		i = j
	}
	return out
}

func correlation(a, b []float64) float64 {
	var ma, mb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// What columns are called that are written when the outcome is known: an event and what is noted of it.
var (
	events = map[Kind][]string{
		Lead:  {"convert", "conversion", "converted", "won", "closed", "转化", "成交", "赢单", "输单"},
		Win:   {"close", "closed", "closing", "won", "lost", "win", "loss", "signed", "成交", "赢单", "输单", "丢单", "关闭", "结单", "签约", "签单"},
		Churn: {"churn", "churned", "cancel", "cancelled", "canceled", "cancellation", "exit", "exited", "attrition", "termination", "terminated", "流失", "注销", "退订", "离网", "销户"},
	}
	noted = []string{"date", "time", "at", "on", "day", "reason", "category", "cause", "value", "amount", "revenue", "by", "month", "year", "日期", "时间", "日", "原因", "类型", "金额", "人", "月份"}
	plans = []string{"expect", "plan", "target", "due", "estimat", "forecast", "schedul", "renew", "contract end", "birth", "预计", "计划", "预期", "目标", "到期", "生日", "出生"}
)

// afterwards reports whether a name speaks of the outcome's event: close_date, 流失原因.
func afterwards(name string, k Kind) bool {
	if planned(name) {
		return false
	}
	words := nameWords(name)
	joined := strings.Join(words, "")
	for _, event := range events[k] {
		if event[0] >= 0x80 { // Chinese: 成交 + 日期
			for _, n := range noted {
				if n[0] >= 0x80 && strings.Contains(joined, event+n) {
					return true
				}
			}
			continue
		}
		at := slices.Index(words, event)
		if at >= 0 && len(words) <= 4 && slices.ContainsFunc(words, func(w string) bool { return slices.Contains(noted, w) }) {
			return true
		}
	}
	return false
}

// planned reports whether a name speaks of something that is known ahead.
func planned(name string) bool {
	name = strings.Join(nameWords(name), " ")
	return slices.ContainsFunc(plans, func(p string) bool { return strings.Contains(name, p) })
}

func moneyLike(name string) bool {
	words := nameWords(name)
	return slices.ContainsFunc([]string{"value", "amount", "revenue", "金额"}, func(w string) bool {
		return slices.Contains(words, w) || w[0] >= 0x80 && strings.Contains(name, w)
	})
}

// nameWords cuts a name into lower-case words: CloseDate, close_date and close.date are close and date.
func nameWords(name string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		if r >= 'A' && r <= 'Z' && last >= 'a' && last <= 'z' {
			b.WriteByte(' ')
		}
		if r == '_' || r == '.' || r == '-' || r == '/' || r == '(' || r == ')' {
			r = ' '
		}
		b.WriteRune(r)
		last = r
	}
	return strings.Fields(strings.ToLower(b.String()))
}

// namedAfter reports whether a name holds the target's: Churn and Churn Score.
func namedAfter(name, target string) bool {
	name, target = strings.Join(nameWords(name), ""), strings.Join(nameWords(target), "")
	runes := len([]rune(target))
	return name != target && strings.Contains(name, target) && (runes >= 4 || runes >= 2 && target[0] >= 0x80)
}
