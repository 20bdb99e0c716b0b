package parse

import (
	"fmt"
	"strings"
	"time"
)

// clockwork reads times in one message. now is the moment of speaking, in the company's zone.
type clockwork struct {
	*line
	now time.Time
}

// relativeDays are days said by their distance from today.
var relativeDays = []struct {
	word string
	days int
	part string
}{
	{"大后天", 3, ""}, {"大后日", 3, ""}, {"大前天", -3, ""}, {"后天", 2, ""}, {"后日", 2, ""}, {"明天", 1, ""}, {"明日", 1, ""}, {"明儿个", 1, ""}, {"明儿", 1, ""},
	{"明早", 1, "早上"}, {"明晚", 1, "晚上"}, {"明晨", 1, "早上"}, {"今天", 0, ""}, {"今日", 0, ""}, {"今儿个", 0, ""}, {"今儿", 0, ""}, {"今早", 0, "早上"},
	{"今晚", 0, "晚上"}, {"今夜", 0, "晚上"}, {"当天", 0, ""}, {"昨天", -1, ""}, {"昨日", -1, ""}, {"昨儿个", -1, ""}, {"昨儿", -1, ""}, {"昨个", -1, ""}, {"今个", 0, ""}, {"明个", 1, ""}, {"前儿个", -2, ""}, {"昨晚", -1, "晚上"}, {"昨夜", -1, "晚上"},
	{"前天", -2, ""}, {"前日", -2, ""}, {"后晚", 2, "晚上"}, {"隔天", 1, ""}, {"次日", 1, ""}, {"聽日", 1, ""},
	{"today", 0, ""}, {"tomorrow", 1, ""}, {"yesterday", -1, ""},
}

// fixedDays are days that have a name and the same date each year.
var fixedDays = []struct {
	word       string
	month, day int
}{
	{"元旦", 1, 1}, {"情人节", 2, 14}, {"妇女节", 3, 8}, {"劳动节", 5, 1}, {"五一", 5, 1}, {"儿童节", 6, 1}, {"六一", 6, 1}, {"教师节", 9, 10}, {"国庆节", 10, 1}, {"国庆", 10, 1},
	{"双十一", 11, 11}, {"双11", 11, 11}, {"双十二", 12, 12}, {"双12", 12, 12}, {"平安夜", 12, 24}, {"圣诞节", 12, 25}, {"圣诞", 12, 25},
}

// day reads the date that begins at i; nil when there is none.
func (c *clockwork) day(i int) *Time {
	if i >= len(c.norm) {
		return nil
	}
	for _, d := range relativeDays {
		if n := c.anyAt(i, d.word); n > 0 && (n != 2 || c.norm[i+1] != '个' || (i == 0 || c.norm[i-1] != '说' && c.norm[i-1] != '证') && c.anyAt(i+2, "月", "人", "性", "案", "税", "体") == 0) { // 证明个税
			w := &Time{start: i, end: i + n, Hour: -1, Part: d.part}
			w.Bare = d.days == 0 && d.part == ""
			return w.setDay(midnight(c.now).AddDate(0, 0, d.days))
		}
	}
	if c.anyAt(i, "明", "今") > 0 && (i == 0 || !isHan(c.norm[i-1]) || c.anyAt(i-1, "我", "在", "于") > 0) && c.digitalClock(i+1) { // 明10:20
		w := &Time{start: i, end: i + 1, Hour: -1}
		days := 0
		if c.norm[i] == '明' {
			days = 1
		}
		return w.setDay(midnight(c.now).AddDate(0, 0, days))
	}
	for _, d := range fixedDays {
		if n := c.anyAt(i, d.word); n > 0 {
			today := midnight(c.now)
			at := time.Date(today.Year(), time.Month(d.month), d.day, 0, 0, 0, 0, today.Location())
			if at.Before(today) {
				at = at.AddDate(1, 0, 0)
			}
			w := &Time{start: i, end: i + n, Hour: -1, NoYear: true}
			return w.setDay(at)
		}
	}
	w := Time{start: i, end: i, Hour: -1} // most places begin no time: only one that does is kept
	if c.weekday(&w, i) || c.distance(&w, i) || c.recent(&w, i) || c.numericDate(&w, i) || c.monthWords(&w, i) || c.yearAndMonth(&w, i) || c.english(&w, i) || c.quarter(&w, i) || c.dayNumber(&w, i) {
		found := w
		return &found
	}
	return nil
}

// side reads 上上, 上, 本, 下 … with an optional 个 and gives the distance in units.
func (c *clockwork) side(i int) (distance, end int, ok bool) {
	for _, s := range []struct {
		word string
		n    int
	}{{"上上", -2}, {"下下", 2}, {"上一", -1}, {"下一", 1}, {"上", -1}, {"下", 1}, {"本", 0}, {"这一", 0}, {"这", 0}, {"当", 0}, {"今", 0}} {
		if n := c.anyAt(i, s.word); n > 0 {
			end = i + n
			if c.hasAt(end, "个") {
				end++
			}
			return s.n, end, true
		}
	}
	return 0, i, false
}

// weekday reads 周三, 下周三, 这个礼拜天, 周末, 本周, 上周末.
func (c *clockwork) weekday(w *Time, i int) bool {
	n, j, sided := c.side(i)
	if !sided {
		j = i
	}
	word := c.anyAt(j, "周", "星期", "礼拜")
	if word == 0 {
		return false
	}
	k := j + word
	if k < len(c.norm) {
		d, ok := weekdayNumber(c.norm[k])
		if ok && c.norm[k] == '天' && k+1 < len(c.norm) && c.norm[k+1] == '天' {
			ok = false
		}
		if ok && !(d == 7 && c.norm[k] == '末') && isDigit(c.norm[k]) && (k+1 < len(c.norm) && (isDigit(c.norm[k+1]) || c.norm[k+1] == '天')) {
			ok = false
		}
		if ok {
			day := monday(c.now).AddDate(0, 0, d-1)
			w.end = k + 1
			if sided {
				w.setDay(day.AddDate(0, 0, 7*n))
				return true
			}
			if day.Before(midnight(c.now)) {
				day = day.AddDate(0, 0, 7)
			}
			w.Weekday = true
			w.setDay(day)
			return true
		}
		if c.norm[k] == '末' {
			w.end = k + 1
			w.Weekday = !sided
			w.setDay(monday(c.now).AddDate(0, 0, 5+7*n))
			return true
		}
	}
	if !sided {
		return false
	}
	if c.hasAt(k, "初") || c.hasAt(k, "中") && !c.hasAt(k, "中午") {
		k++
	}
	w.end = k
	w.setWeek(c.now.AddDate(0, 0, 7*n))
	return true
}

func weekdayNumber(r rune) (int, bool) {
	switch r {
	case '一', '1':
		return 1, true
	case '二', '2':
		return 2, true
	case '三', '3':
		return 3, true
	case '四', '4':
		return 4, true
	case '五', '5':
		return 5, true
	case '六', '6':
		return 6, true
	case '日', '天', '7':
		return 7, true
	}
	return 0, false
}

// small reads a whole number below 10,000 that is not part of a longer one.
func (c *clockwork) small(i int) (n, end int, ok bool) {
	if i >= len(c.norm) {
		return 0, i, false
	}
	if isDigit(c.norm[i]) {
		j := i
		for j < len(c.norm) && isDigit(c.norm[j]) && j-i < 5 {
			n = n*10 + int(c.norm[j]-'0')
			j++
		}
		if j < len(c.norm) && isDigit(c.norm[j]) {
			return 0, i, false
		}
		return n, j, true
	}
	v, j, _ := c.hanNumber(i)
	if j == i || v != float64(int(v)) || v > 9999 {
		return 0, i, false
	}
	return int(v), j, true
}

// distance reads 3天后, 两周之后, 半个月后, 半小时后, 过三天, 三天内.
func (c *clockwork) distance(w *Time, i int) bool {
	j := i
	led := c.anyAt(j, "再过", "过", "等")
	if led > 0 && j > 0 && (c.norm[j-1] == '超' || c.norm[j-1] == '不' || c.norm[j-1] == '没') {
		return false
	}
	j += led
	n, k, ok := c.small(j)
	half := false
	if c.hasAt(j, "半") {
		half, k, ok = true, j+1, true
	}
	if !ok {
		return false
	}
	if c.hasAt(k, " ") {
		k++
	}
	if c.hasAt(k, "个半") {
		half = true
		k += 2
	} else if c.hasAt(k, "个") {
		k++
	}
	units := []struct {
		word string
		unit string
	}{{"工作日", "work"}, {"钟头", "hour"}, {"小时", "hour"}, {"分钟", "minute"}, {"刻钟", "quarter"}, {"星期", "week"}, {"礼拜", "week"}, {"月", "month"}, {"季度", "season"}, {"周", "week"}, {"天", "day"}, {"日", "day"}, {"年", "year"}, {"钟", "hour"}, {"h", "hour"}, {"min", "minute"}}
	unit := ""
	for _, u := range units {
		if s := c.anyAt(k, u.word); s > 0 {
			unit = u.unit
			k += s
			break
		}
	}
	if unit == "" {
		return false
	}
	if unit == "hour" && c.hasAt(k, "半") {
		half = true
		k++
	}
	tail := c.anyAt(k, "之后", "以后", "过后", "后")
	if tail > 0 && c.norm[k+tail-1] == '后' && c.anyAt(k+tail, "续", "面", "台", "勤") > 0 {
		tail = 0
	}
	within := c.anyAt(k, "之内", "以内", "内")
	ago := c.anyAt(k, "之前", "以前", "前")
	if tail == 0 && within == 0 && ago == 0 && !(led > 0 && unit != "year" && unit != "season") {
		return false
	}
	w.end = k + max(tail, within, ago)
	sign := 1
	if tail == 0 && within == 0 && ago > 0 {
		sign = -1
		if unit == "month" || unit == "year" || unit == "season" {
			return false
		}
	}
	today := midnight(c.now)
	switch unit {
	case "hour", "minute", "quarter":
		d := time.Duration(n) * map[string]time.Duration{"hour": time.Hour, "minute": time.Minute, "quarter": 15 * time.Minute}[unit]
		if half {
			d += map[string]time.Duration{"hour": 30 * time.Minute, "minute": 30 * time.Second, "quarter": 0}[unit]
		}
		at := c.now.Add(time.Duration(sign) * d)
		w.setSpan(Exact, at, at)
	case "work":
		d := today
		for left := n; left > 0; {
			d = d.AddDate(0, 0, sign)
			if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
				left--
			}
		}
		w.setDay(d)
	case "week":
		w.setDay(today.AddDate(0, 0, 7*n*sign))
	case "month":
		d := today.AddDate(0, n, 0)
		if half {
			d = d.AddDate(0, 0, 15)
		}
		w.setDay(d)
	case "season":
		w.setDay(today.AddDate(0, 3*n, 0))
	case "year":
		d := today.AddDate(n, 0, 0)
		if half {
			d = d.AddDate(0, 6, 0)
		}
		w.setDay(d)
	default:
		w.setDay(today.AddDate(0, 0, n*sign))
	}
	w.Before = within > 0
	return true
}

// recent reads spans that end or begin today: 最近7天, 近一个月, 未来3个月, 今年以来.
func (c *clockwork) recent(w *Time, i int) bool {
	today := midnight(c.now)
	if n := c.anyAt(i, "今年以来", "开年以来", "年初以来"); n > 0 {
		w.end = i + n
		w.setSpan(Year, time.Date(today.Year(), 1, 1, 0, 0, 0, 0, today.Location()), time.Date(today.Year(), 12, 31, 0, 0, 0, 0, today.Location()))
		return true
	}
	if n := c.anyAt(i, "年初至今", "年初到现在", "今年到现在", "今年至今"); n > 0 {
		w.end = i + n
		w.setSpan(Span, time.Date(today.Year(), 1, 1, 0, 0, 0, 0, today.Location()), today)
		return true
	}
	if n := c.anyAt(i, "本月以来", "本月至今", "月初至今", "月初到现在", "这个月以来", "这个月到现在"); n > 0 {
		w.end = i + n
		w.setSpan(Span, monthStart(today), today)
		return true
	}
	past := c.anyAt(i, "最近这", "最近的", "最近", "过去的", "过去", "近")
	next := c.anyAt(i, "接下来的", "接下来", "未来的", "未来", "今后", "往后看", "往后", "后面", "后续", "下面", "之后的", "之后", "后", "下")
	if past == 0 && next == 0 {
		return false
	}
	j := i + max(past, next)
	if c.hasAt(j, " ") {
		j++
	}
	n, k, ok := c.small(j)
	half := false
	if c.hasAt(j, "半") {
		half, k, ok = true, j+1, true
	}
	if !ok {
		return false
	}
	several := c.hasAt(k, "个")
	if several {
		k++
	}
	unit := c.anyAt(k, "天", "日", "周", "星期", "礼拜", "月", "季度", "年")
	if unit == 0 || next == 1 && (c.norm[k] != '月' || !several && isDigit(c.norm[k-1])) { // 看下|9月, 名下|10月
		return false
	}
	w.end = k + unit
	if c.anyAt(w.end, "里", "内", "间") > 0 {
		w.end++
	}
	sign := -1
	if past == 0 {
		sign = 1
		switch c.norm[k] {
		case '月':
			w.Grain, w.Count = Months, n
			w.From, w.To = today, today.AddDate(0, n, 0)
			return true
		case '季':
			w.Grain, w.Count = Months, 3*n
			w.From, w.To = today, today.AddDate(0, 3*n, 0)
			return true
		case '年':
			w.Grain, w.Count = Months, 12*n
			if half {
				w.Count = 6
			}
			w.From, w.To = today, today.AddDate(0, w.Count, 0)
			return true
		}
	}
	var far time.Time
	switch c.norm[k] {
	case '天', '日':
		far = today.AddDate(0, 0, sign*(n-1))
	case '周', '星', '礼':
		far = today.AddDate(0, 0, sign*(7*n-1))
	case '月':
		far = today.AddDate(0, sign*n, -sign)
		if half {
			far = today.AddDate(0, 0, sign*14)
		}
	case '季':
		far = today.AddDate(0, sign*3*n, -sign)
	default:
		far = today.AddDate(sign*n, 0, -sign)
		if half {
			far = today.AddDate(0, sign*6, -sign)
		}
	}
	if sign < 0 {
		w.setSpan(Span, far, today)
	} else {
		w.setSpan(Span, today, far)
	}
	return true
}

// numericDate reads 2026-12-01, 2026/12/1, 2026.12.1, 12/1, 12-18.
func (c *clockwork) numericDate(w *Time, i int) bool {
	if i > 0 && (isAlnum(c.norm[i-1]) || c.norm[i-1] == '-' || c.norm[i-1] == '.' || c.norm[i-1] == '/') {
		return false
	}
	if !isDigit(c.norm[i]) {
		return false
	}
	a, j, ok := c.small(i)
	if !ok || j >= len(c.norm) {
		return false
	}
	sep := c.norm[j]
	if sep != '-' && sep != '/' && sep != '.' || !isDigit(c.norm[j-1]) {
		return false
	}
	if j+1 >= len(c.norm) || !isDigit(c.norm[j+1]) {
		return false
	}
	b, k, ok := c.small(j + 1)
	if !ok {
		return false
	}
	if k < len(c.norm) && c.norm[k] == sep && k+1 < len(c.norm) && isDigit(c.norm[k+1]) {
		d, e, ok := c.small(k + 1)
		if !ok || a < 1900 || a > 2100 || e < len(c.norm) && (c.norm[e] == '-' || isDigit(c.norm[e])) {
			return false
		}
		w.end = e
		c.set(w, a, b, d)
		return true
	}
	if sep == '.' && !c.bornBefore(i) || a < 1 || a > 12 || b < 1 || b > 31 || k-j-1 > 2 || j-i > 2 {
		return false
	}
	if k < len(c.norm) && (c.norm[k] == '-' || c.norm[k] == '.' || isLatin(c.norm[k]) || c.norm[k] == '%' || c.norm[k] == '月' || c.anyAt(k, "天", "个", "台", "人", "万", "倍", "年", "折") > 0) {
		return false
	}
	w.end, w.NoYear = k, true
	c.set(w, 0, a, b)
	return true
}

// bornBefore reports whether 生日 stands before i, so that 5.21 is a day.
func (c *clockwork) bornBefore(i int) bool {
	for i > 0 && (c.norm[i-1] == ' ' || strings.ContainsRune(":：是为在", c.norm[i-1]) || c.anyAt(i-2, "阳历", "阴历", "农历", "公历", "新历") > 0 || c.anyAt(i-1, "历") > 0) {
		i--
	}
	return c.anyAt(i-2, "生日", "生辰") > 0
}

// set puts year, month and day, or says why there is no such date; year 0 is the next such day.
func (c *clockwork) set(w *Time, y, m, d int) {
	today := midnight(c.now)
	year := y
	if year == 0 {
		year = today.Year()
	}
	if m < 1 || m > 12 || d < 1 || d > 31 {
		w.Grain = Day
		w.From, w.To = today, today
		w.Bad = fmt.Sprintf("没有%d月%d日这一天，请重新说一下日期", m, d)
		return
	}
	at := time.Date(year, time.Month(m), d, 0, 0, 0, 0, today.Location())
	if at.Day() != d {
		if y == 0 && m == 2 && d == 29 { // the next leap year
			for at.Day() != d {
				year++
				at = time.Date(year, 2, 29, 0, 0, 0, 0, today.Location())
			}
			w.setDay(at)
			return
		}
		w.setDay(at)
		first := time.Date(year, time.Month(m), 1, 0, 0, 0, 0, today.Location())
		w.Bad = fmt.Sprintf("没有%d月%d日这一天，%d月只到%d日，请重新说一下日期", m, d, m, monthEnd(first).Day())
		return
	}
	if y == 0 {
		w.NoYear = true
	}
	w.setDay(at)
}

// settle moves a month and day without a year into the next year when the sentence looks ahead.
func (w *Time) settle(now time.Time, past bool) {
	if w.NoMonth && past && w.From.After(midnight(now)) { // 16号到的 was this month or the last
		for back := 1; back <= 2; back++ {
			if at := time.Date(w.From.Year(), w.From.Month()-time.Month(back), w.From.Day(), 0, 0, 0, 0, w.From.Location()); at.Day() == w.From.Day() && !at.After(midnight(now)) {
				w.setDay(at)
				return
			}
		}
	}
	if !w.NoYear || w.Grain != Day || w.Bad != "" {
		return
	}
	if today := midnight(now); !past && w.From.Before(today) {
		w.setDay(w.From.AddDate(1, 0, 0))
	} else if past && w.From.After(today) {
		w.setDay(w.From.AddDate(-1, 0, 0))
	}
}
