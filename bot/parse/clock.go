package parse

import (
	"strings"
	"time"
)

// dayParts are the words for parts of the day and the part that each means.
var dayParts = []struct{ word, part string }{
	{"今儿早上", "早上"}, {"一大早", "早上"}, {"大清早", "早上"}, {"清早", "早上"}, {"清晨", "早上"}, {"早晨", "早上"}, {"早上", "早上"}, {"上午", "上午"}, {"中午", "中午"}, {"正午", "中午"}, {"晌午", "中午"}, {"头晌", "上午"}, {"后晌", "下午"}, {"午间", "中午"},
	{"午后", "下午"}, {"下午", "下午"}, {"傍晚", "傍晚"}, {"晚上", "晚上"}, {"晚间", "晚上"}, {"夜里", "晚上"}, {"夜间", "晚上"}, {"半夜", "凌晨"}, {"凌晨", "凌晨"}, {"黄昏", "傍晚"},
	{"上晝", "上午"}, {"早", "早上"}, {"晚", "晚上"},
}

// when reads the whole time that begins at i: repetition, day, part of the day, clock, 之前; nil when there
// is none.
func (c *clockwork) when(i int) *Time {
	w := Time{start: i, end: i, Hour: -1}
	if said := c.repeat(i); said != nil {
		w = *said
	} else if said = c.day(i); said != nil {
		w = *said
	}
	dated := w.end > i
	j := w.end
	if dated && w.Grain != Exact {
		for j < len(c.norm) && (c.norm[j] == ' ' || c.norm[j] == '的') {
			j++
		}
		if c.hasAt(j, "(") || c.hasAt(j, "（") {
			if d := c.day(j + 1); d != nil && c.hasAt(d.end, ")") {
				j = d.end + 1
				w.end = j
			}
		} else if d := c.redundantWeekday(&w, j); d > 0 {
			j = d
			w.end = j
		}
	}
	for _, p := range dayParts {
		n := c.anyAt(j, p.word)
		if n == 0 {
			continue
		}
		if n == 1 && !dated && c.aBit(j+1) { // 晚一点
			continue
		}
		if n == 1 && (!dated || w.Grain != Day) && !c.clockFollows(j+1) {
			continue
		}
		if n == 1 && c.anyAt(j, "晚点", "早点", "晚些", "早些", "晚饭", "早饭", "早餐", "晚餐", "早会", "早就") > 0 && !(c.hasAt(j+1, "点") == false && c.clockFollows(j+1)) {
			continue
		}
		w.Part = p.part
		w.end = j + n
		if c.hasAt(w.end, "的时候") {
			w.end += 3
		}
		j = w.end
		break
	}
	for c.hasAt(j, " ") || c.hasAt(j, "的") && w.Part != "" {
		j++
	}
	if !dated && w.Part == "" && j > 0 && strings.ContainsRune("后晚早迟慢", c.norm[j-1]) && c.aBit(j) { // 延后一点
		return nil
	}
	if w.Grain != Exact && c.readClock(&w, j) {
		if n := c.anyAt(w.end, "到", "至", "-", "~"); n > 0 { // 9:30至10:30 begins at 9:30
			if to := (&Time{Hour: -1, Part: w.Part}); c.readClock(to, w.end+n) {
				w.end = to.end
			}
		}
		if !dated && w.Part == "" && c.hasAt(w.end, "钟") {
			w.end++
		}
	} else if w.Grain <= Day && c.workHours(&w, j) {
		dated = true
	}
	if w.end == i {
		return nil
	}
	if w.Repeat != "" && w.Grain == NoGrain && w.end > i {
		w.From = time.Time{}
	}
	c.limit(&w)
	found := w
	return &found
}

// redundantWeekday skips the weekday that repeats a date (11月26日周四) and gives the place after it.
func (c *clockwork) redundantWeekday(w *Time, j int) int {
	if w.Grain != Day || w.Weekday || w.Bad != "" {
		return 0
	}
	n := c.anyAt(j, "周", "星期", "礼拜")
	if n == 0 || j+n >= len(c.norm) {
		return 0
	}
	if d, ok := weekdayNumber(c.norm[j+n]); ok && int(w.From.Weekday()) == d%7 {
		return j + n + 1
	}
	return 0
}

// limit reads 之前, 前, 以前, 左右 behind a time.
func (c *clockwork) limit(w *Time) {
	if n := c.anyAt(w.end, "之前", "以前", "前"); n > 0 && c.anyAt(w.end, "前台", "前面", "前端", "前后", "前期", "前去", "前往") == 0 {
		w.end += n
		w.Before = true
		return
	}
	if n := c.anyAt(w.end, "左右", "前后", "上下", "许", "那会儿", "那阵"); n > 0 && w.Hour >= 0 {
		w.end += n
	}
}

// aBit reports whether 一点 stands at j and is no full hour, so that it may mean a little.
func (c *clockwork) aBit(j int) bool {
	return c.hasAt(j, "一点") && c.anyAt(j+2, "半", "整", "钟", "一刻", "三刻", "十", "二十", "四十", "五十") == 0
}

// clockFollows reports whether a clock time stands at j.
func (c *clockwork) clockFollows(j int) bool {
	w := &Time{Hour: -1}
	return c.readClock(w, j)
}

// digitalClock reports whether 10:20 or 9:05 stands at j.
func (c *clockwork) digitalClock(j int) bool {
	_, k, ok := c.small(j)
	return ok && isDigit(c.norm[j]) && k < len(c.norm) && (c.norm[k] == ':' || c.norm[k] == '：') && c.clockFollows(j)
}

// readClock reads 3点, 三点半, 15:30, 9点一刻, 10点45分, 3pm.
func (c *clockwork) readClock(w *Time, j int) bool {
	if j > 0 && j < len(c.norm) && isDigit(c.norm[j]) && (isAlnum(c.norm[j-1]) || c.norm[j-1] == '.' || c.norm[j-1] == ':') {
		return false
	}
	h, k, ok := c.small(j)
	if !ok || h > 99 {
		return false
	}
	m := 0
	switch {
	case k < len(c.norm) && (c.norm[k] == ':' || c.norm[k] == '：') && isDigit(c.norm[k-1]):
		mm, e, ok := c.small(k + 1)
		if !ok || mm > 59 || e-k-1 != 2 || h > 24 {
			return false
		}
		m, k = mm, e
	case c.hasAt(k, "点") || c.hasAt(k, "时") && !c.hasAt(k, "时间"):
		if c.anyAt(k, "点几", "点多", "点小", "点半折") > 0 && !c.hasAt(k, "点多") {
			return false
		}
		if h > 24 {
			if c.hasAt(k, "点") && c.hasAt(k+1, "钟") {
				break
			}
			return false
		}
		if c.hasAt(k, "点") && c.hasAt(k+1, "击") {
			return false
		}
		if _, e := c.spokenDecimal(j); e > j { // 一点二亿
			return false
		}
		k++
		if c.hasAt(k, "点") { // 三点点
			return false
		}
		switch {
		case c.hasAt(k, "半"):
			m = 30
			k++
		case c.anyAt(k, "一刻", "1刻") > 0:
			m = 15
			k += 2
		case c.anyAt(k, "三刻", "3刻") > 0:
			m = 45
			k += 2
		case c.hasAt(k, "整"), c.hasAt(k, "钟"), c.hasAt(k, "多"):
			k++
		default:
			mm, e, ok := c.small(k)
			if c.hasAt(k, "零") || c.hasAt(k, "0") && e-k == 2 {
				ok = true
			}
			if ok && mm < 60 && (e-k >= 2 || c.hasAt(e, "分")) && !(c.hasAt(e, "分") && c.hasAt(e, "分钟后")) && c.anyAt(e, "万", "千", "百", "元", "块", "台", "个", "k", "w", "人", "折", "号", "月", "天", "%") == 0 && (isDigit(c.norm[k]) || c.hasAt(e, "分") || e-k >= 2) {
				m, k = mm, e
				if c.hasAt(k, "分") {
					k++
				}
			}
		}
	case c.anyAt(k, "pm", "am") > 0 && isDigit(c.norm[k-1]):
		if c.hasAt(k, "pm") && h < 12 {
			h += 12
		}
		k += 2
		w.Hour, w.Minute, w.end = h, 0, k
		return true
	default:
		return false
	}
	switch {
	case w.Part == "下午" || w.Part == "傍晚":
		if h < 12 {
			h += 12
		}
	case w.Part == "晚上":
		if h >= 5 && h < 12 {
			h += 12
		}
		if h == 12 {
			h = 24
		}
	case w.Part == "中午":
		if h < 4 {
			h += 12
		}
	case w.Part == "" && h >= 1 && h <= 6 && c.norm[j] != '0':
		h += 12 // nobody in an office means three in the morning
	}
	w.Hour, w.Minute, w.end = h, m, k
	return true
}

// workHours reads 下班前, 下班后, 午饭后, 上班后.
func (c *clockwork) workHours(w *Time, j int) bool {
	for _, p := range []struct {
		word string
		h, m int
	}{{"下班之前", 18, 0}, {"下班以前", 18, 0}, {"下班前", 18, 0}, {"下班后", 18, 0}, {"下班时", 18, 0}, {"午饭后", 13, 0}, {"午休后", 14, 0}, {"上班后", 9, 0}, {"一上班", 9, 0}, {"上班前", 9, 0}} {
		if n := c.anyAt(j, p.word); n > 0 {
			w.Hour, w.Minute, w.end = p.h, p.m, j+n
			return true
		}
	}
	return false
}

// repeat reads 每天, 每周一, 每个月15号, 工作日每天, 每年3月5日; nil when nothing repeats.
func (c *clockwork) repeat(i int) *Time {
	if n := c.anyAt(i, "每个工作日", "每工作日", "工作日每天", "工作日的每天", "工作日都", "工作日", "周一到周五每天", "周一至周五每天", "每周一到周五", "每周一至周五", "周一到周五", "周一至周五", "每个上班日", "上班日"); n > 0 {
		return &Time{start: i, end: i + n, Hour: -1, Repeat: "workdays"}
	}
	j := i
	n := c.anyAt(i, "每个", "每逢", "每一个", "每一", "每隔一", "每")
	if c.anyAt(i, "逢周", "逢星期", "逢礼拜") > 0 {
		n = 1
	}
	if n == 0 {
		if k := c.anyAt(i, "天天", "日日"); k > 0 {
			return &Time{start: i, end: i + k, Hour: -1, Repeat: "daily"}
		}
		return nil
	}
	w := &Time{start: i, end: i, Hour: -1}
	j += n
	today := midnight(c.now)
	switch {
	case c.anyAt(j, "天", "日", "早上", "晚上", "晚", "早") > 0:
		w.Repeat, w.end = "daily", j
		if c.anyAt(j, "天", "日") > 0 {
			w.end++
		}
		return w
	case c.anyAt(j, "周", "星期", "礼拜") > 0:
		k := j + c.anyAt(j, "周", "星期", "礼拜")
		w.Repeat = "weekly"
		w.end = k
		if c.hasAt(k, "的") {
			k++
		}
		if n := c.anyAt(k, "周", "星期", "礼拜"); n > 0 {
			k += n
		}
		if k < len(c.norm) {
			if d, ok := weekdayNumber(c.norm[k]); ok {
				day := monday(c.now).AddDate(0, 0, d-1)
				w.setDay(day)
				w.end = k + 1
			} else if c.norm[k] == '末' {
				w.setDay(monday(c.now).AddDate(0, 0, 5))
				w.end = k + 1
			}
		}
		return w
	case c.hasAt(j, "月"):
		w.Repeat, w.end = "monthly", j+1
		k := w.end
		for c.hasAt(k, "的") || c.hasAt(k, " ") {
			k++
		}
		if d, e, ok := c.small(k); ok && d >= 1 && d <= 31 && (c.hasAt(e, "号") || c.hasAt(e, "日")) {
			w.end = e + 1
			at := monthStart(today).AddDate(0, 0, min(d, monthEnd(today).Day())-1)
			w.setDay(at)
		} else if n := c.anyAt(k, "月底", "底", "最后一天"); n > 0 {
			w.end = k + n
			w.setDay(monthEnd(today))
		} else if n := c.anyAt(k, "初"); n > 0 {
			w.end = k + n
			w.setDay(monthStart(today))
		}
		return w
	case c.hasAt(j, "年"):
		w.Repeat, w.end = "yearly", j+1
		if m, e, ok := c.monthNumber(j + 1); ok {
			w.end = e
			c.withinMonth(w, time.Date(today.Year(), time.Month(m), 1, 0, 0, 0, 0, today.Location()))
		}
		return w
	case c.hasAt(j, "季度"):
		return nil
	}
	return nil
}
