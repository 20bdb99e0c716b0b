package parse

import "time"

// monthWords reads 月底, 下个月底, 本月, 上个月3号, 这个月中, 年底, 今年年底, 季度末, 上半年.
func (c *clockwork) monthWords(w *Time, i int) bool {
	today := midnight(c.now)
	if n := c.anyAt(i, "月底那天", "月末那天", "月底", "月末", "月尾"); n > 0 {
		w.end, w.Edge = i+n, true
		w.setSpan(Day, monthEnd(today), monthEnd(today))
		return true
	}
	if n := c.anyAt(i, "月初"); n > 0 {
		w.end = i + n
		w.setDay(monthStart(today).AddDate(0, 1, 0))
		return true
	}
	if n := c.anyAt(i, "月中"); n > 0 {
		d := monthStart(today).AddDate(0, 0, 14)
		if d.Before(today) {
			d = monthStart(today).AddDate(0, 1, 14)
		}
		w.end = i + n
		w.setDay(d)
		return true
	}
	if n := c.anyAt(i, "年底", "年末", "年尾"); n > 0 {
		w.end, w.Edge = i+n, true
		w.setDay(time.Date(today.Year(), 12, 31, 0, 0, 0, 0, today.Location()))
		return true
	}
	if n := c.anyAt(i, "季度末", "季末", "季度底", "季底"); n > 0 {
		w.end, w.Edge = i+n, true
		q := (&Time{}).setQuarter(today.Year(), (int(today.Month())+2)/3, today)
		w.setDay(q.To)
		return true
	}
	n, j, ok := c.side(i)
	if !ok {
		return false
	}
	if c.hasAt(j, "季度") || c.hasAt(j, "季") && !c.hasAt(j, "季节") {
		q := (int(today.Month())+2)/3 + n
		y := today.Year()
		for q < 1 {
			q, y = q+4, y-1
		}
		for q > 4 {
			q, y = q-4, y+1
		}
		w.end = j + c.anyAt(j, "季度", "季")
		w.setQuarter(y, q, today)
		if c.anyAt(w.end, "末", "底") > 0 {
			w.end++
			w.Edge = true
			w.setDay(w.To)
		}
		return true
	}
	if k := c.anyAt(i, "上半年", "下半年"); k > 0 {
		from := time.Date(today.Year(), 1, 1, 0, 0, 0, 0, today.Location())
		if c.norm[i] == '下' {
			from = from.AddDate(0, 6, 0)
		}
		w.end = i + k
		w.setSpan(Span, from, from.AddDate(0, 6, -1))
		return true
	}
	if !c.hasAt(j, "月") || c.hasAt(j, "月亮") {
		return false
	}
	first := monthStart(today).AddDate(0, n, 0)
	w.end = j + 1
	if c.hasAt(w.end, "份") {
		w.end++
	}
	c.withinMonth(w, first)
	return true
}

// withinMonth reads what follows a month: a day, 底, 初, 中, 上旬; else the whole month is meant.
func (c *clockwork) withinMonth(w *Time, first time.Time) {
	if n := c.anyAt(w.end, "最后一天", "的最后一天", "末那天", "底那天"); n > 0 {
		w.end += n
		w.setDay(monthEnd(first))
		return
	}
	if n := c.anyAt(w.end, "月底", "月末", "底", "末"); n > 0 {
		w.end += n
		w.Edge = true
		w.setDay(monthEnd(first))
		return
	}
	if n := c.anyAt(w.end, "月初", "初", "上旬"); n > 0 {
		w.end += n
		w.setDay(first)
		return
	}
	if n := c.anyAt(w.end, "月中", "中旬", "中"); n > 0 && !c.hasAt(w.end, "中午") {
		w.end += n
		w.setDay(first.AddDate(0, 0, 14))
		return
	}
	if n := c.anyAt(w.end, "下旬"); n > 0 {
		w.end += n
		w.setDay(first.AddDate(0, 0, 20))
		return
	}
	if n := c.anyAt(w.end, "上半月", "前半月", "的上半月", "的前半个月", "前半个月", "上半个月"); n > 0 {
		w.end += n
		w.setSpan(Span, first, first.AddDate(0, 0, 14))
		return
	}
	if n := c.anyAt(w.end, "下半月", "后半月", "的下半月", "的后半个月", "后半个月", "下半个月"); n > 0 {
		w.end += n
		w.setSpan(Span, first.AddDate(0, 0, 15), monthEnd(first))
		return
	}
	j := w.end
	if c.hasAt(j, "的") || c.hasAt(j, " ") {
		j++
	}
	if d, k, ok := c.small(j); ok && k < len(c.norm) && (c.norm[k] == '号' || c.norm[k] == '日') {
		w.end = k + 1
		c.set(w, first.Year(), int(first.Month()), d)
		return
	} else if ok && j == w.end && d >= 1 && d <= 31 && (isDigit(c.norm[j]) || d > 10 && k-j > 1 && c.anyAt(k, "几", "多", "来", "条", "位", "名", "场", "辆", "吨", "斤", "组", "人", "半") == 0) && !c.counted(k) { // 八月十五
		w.end = k
		c.set(w, first.Year(), int(first.Month()), d)
		return
	}
	w.setMonth(first)
}

// counted reports whether a unit at k makes the number before it a count, not a day.
func (c *clockwork) counted(k int) bool {
	if k < len(c.norm) && (c.norm[k] == '.' || c.norm[k] == '%') {
		return true
	}
	return c.anyAt(k, "万", "千", "百", "亿", "元", "块", "k", "w", "台", "个", "套", "件", "家", "单", "人", "点", "折", "天", "周", "年", "月", "份", "箱", "张", "次") > 0
}

// yearAndMonth reads 2026年3月5日, 明年1月, 去年, 3月5号, 12月, 9月到10月.
func (c *clockwork) yearAndMonth(w *Time, i int) bool {
	today := midnight(c.now)
	year, j := 0, i
	for _, y := range []struct {
		word string
		n    int
	}{{"今年", 0}, {"明年", 1}, {"去年", -1}, {"前年", -2}, {"后年", 2}, {"本年度", 0}, {"本年", 0}, {"上年度", -1}, {"当年", 0}} {
		if n := c.anyAt(i, y.word); n > 0 {
			year, j = today.Year()+y.n, i+n
			if c.hasAt(j, "度") {
				j++
			}
			break
		}
	}
	if year == 0 {
		if n, k, ok := c.yearNumber(i); ok {
			year, j = n, k
		}
	}
	if year != 0 {
		k := j
		for c.hasAt(k, " ") || c.hasAt(k, "的") {
			k++
		}
		switch {
		case c.anyAt(k, "年底", "年末", "底") > 0:
			w.end = k + c.anyAt(k, "年底", "年末", "底")
			w.Edge = true
			w.setDay(time.Date(year, 12, 31, 0, 0, 0, 0, today.Location()))
			return true
		case c.anyAt(k, "年初", "初") > 0:
			w.end = k + c.anyAt(k, "年初", "初")
			w.setDay(time.Date(year, 1, 1, 0, 0, 0, 0, today.Location()))
			return true
		case c.anyAt(k, "上半年", "下半年") > 0:
			from := time.Date(year, 1, 1, 0, 0, 0, 0, today.Location())
			if c.norm[k] == '下' {
				from = from.AddDate(0, 6, 0)
			}
			w.end = k + 3
			w.setSpan(Span, from, from.AddDate(0, 6, -1))
			return true
		}
		if q, e := c.firstQuarters(k); q > 0 {
			w.end = e
			from := time.Date(year, 1, 1, 0, 0, 0, 0, today.Location())
			w.setSpan(Span, from, from.AddDate(0, 3*q, -1))
			return true
		}
		if q, e, ok := c.quarterNumber(k); ok {
			w.end = e
			w.setQuarter(year, q, today)
			return true
		}
		if m, e, ok := c.monthNumber(k); ok {
			w.end = e
			c.withinMonth(w, time.Date(year, time.Month(m), 1, 0, 0, 0, 0, today.Location()))
			c.monthRange(w, year)
			return true
		}
		w.end = j + c.anyAt(j, "全年", "整年", "一整年")
		w.setYear(year, today)
		return true
	}
	m, e, ok := c.monthNumber(i)
	if !ok {
		return c.shortMonthRange(w, i)
	}
	w.end = e
	c.withinMonth(w, time.Date(today.Year(), time.Month(m), 1, 0, 0, 0, 0, today.Location()))
	w.NoYear = true
	c.monthRange(w, 0)
	return true
}

// yearNumber reads 2026年, 26年, 二〇二六年.
func (c *clockwork) yearNumber(i int) (year, end int, ok bool) {
	n, j, ok := c.small(i)
	if !ok || !c.hasAt(j, "年") || c.anyAt(j, "年内", "年后", "年前", "年的", "年以", "年之") > 0 && n < 100 {
		return 0, i, false
	}
	if n >= 20 && n < 40 && j-i == 2 && isDigit(c.norm[i]) {
		n += 2000
	}
	if n < 1900 || n > 2100 {
		return 0, i, false
	}
	j++
	if c.hasAt(j, "度") {
		j++
	}
	return n, j, true
}

// monthNumber reads 11月, 十一月份; not 3个月.
func (c *clockwork) monthNumber(i int) (month, end int, ok bool) {
	if i > 0 && i < len(c.norm) && isDigit(c.norm[i]) && (isDigit(c.norm[i-1]) || c.norm[i-1] == '.') {
		return 0, i, false
	}
	n, j, ok := c.small(i)
	if c.hasAt(i, "元月") && c.anyAt(i, "元月亮") == 0 {
		n, j, ok = 1, i+1, true
	}
	if !ok || n < 1 || n > 99 || !c.hasAt(j, "月") || c.anyAt(j, "月饼", "月租", "月嫂") > 0 {
		return 0, i, false
	}
	if n > 12 {
		return 0, i, false
	}
	j++
	if c.hasAt(j, "份") {
		j++
	}
	return n, j, true
}

// monthRange extends a month to 9月到10月, a day to 9月1号到15号.
func (c *clockwork) monthRange(w *Time, year int) {
	j := w.end
	for c.hasAt(j, " ") {
		j++
	}
	n := c.anyAt(j, "到", "至", "-", "~")
	if n == 0 {
		return
	}
	j += n
	today := midnight(c.now)
	y := w.From.Year()
	m, e, ok := c.monthNumber(j)
	if ok {
		if m < int(w.From.Month()) {
			y++
		}
		other := &Time{start: j, end: e}
		c.withinMonth(other, time.Date(y, time.Month(m), 1, 0, 0, 0, 0, today.Location()))
		w.end = other.end
		if other.Bad != "" {
			w.Bad = other.Bad
		}
		w.Edge = false
		w.setSpan(Span, w.From, other.To)
		return
	}
	if d, k, ok := c.small(j); ok && w.Grain == Day && (c.hasAt(k, "号") || c.hasAt(k, "日")) {
		from := w.From
		w.end = k + 1
		c.set(w, y, int(from.Month()), d)
		w.setSpan(Span, from, w.To)
	}
}

// shortMonthRange reads 9-10月, 9到10月, 三四月.
func (c *clockwork) shortMonthRange(w *Time, i int) bool {
	if i > 0 && isAlnum(c.norm[i-1]) {
		return false
	}
	a, j, ok := c.small(i)
	if !ok || a < 1 || a > 12 {
		return false
	}
	n := c.anyAt(j, "到", "至", "-", "~")
	if n == 0 {
		return false
	}
	b, e, ok := c.monthNumber(j + n)
	if !ok || b <= a {
		return false
	}
	y := c.now.Year()
	from := time.Date(y, time.Month(a), 1, 0, 0, 0, 0, c.now.Location())
	w.end, w.NoYear = e, true
	w.setSpan(Span, from, monthEnd(time.Date(y, time.Month(b), 1, 0, 0, 0, 0, c.now.Location())))
	return true
}

// firstQuarters reads 前三季度, 前两个季度 at k and gives how many they are; 0 when there are none.
func (c *clockwork) firstQuarters(k int) (n, end int) {
	if !c.hasAt(k, "前") {
		return 0, k
	}
	n, e, ok := c.small(k + 1)
	if c.hasAt(e, "个") {
		e++
	}
	if !ok || n < 1 || n > 4 || !c.hasAt(e, "季度") {
		return 0, k
	}
	return n, e + 2
}

// quarterNumber reads q4, 第四季度, 四季度.
func (c *clockwork) quarterNumber(i int) (q, end int, ok bool) {
	if c.hasAt(i, "q") && i+1 < len(c.norm) && c.norm[i+1] >= '1' && c.norm[i+1] <= '4' && !(i+2 < len(c.norm) && isAlnum(c.norm[i+2])) && !(i > 0 && isLatin(c.norm[i-1])) {
		end = i + 2
		if c.hasAt(end, "季度") {
			end += 2
		}
		return int(c.norm[i+1] - '0'), end, true
	}
	j := i
	if c.hasAt(j, "第") {
		j++
	}
	n, k, ok := c.small(j)
	if !ok || n < 1 || n > 4 || k-j != 1 {
		return 0, i, false
	}
	if c.hasAt(k, "个") && j > i {
		k++
	}
	if !c.hasAt(k, "季") {
		return 0, i, false
	}
	end = k + c.anyAt(k, "季度", "季")
	return n, end, true
}

func (c *clockwork) quarter(w *Time, i int) bool {
	if n, e := c.firstQuarters(i); n > 1 {
		from := time.Date(c.now.Year(), 1, 1, 0, 0, 0, 0, c.now.Location())
		w.end = e
		w.setSpan(Span, from, from.AddDate(0, 3*n, -1))
		return true
	}
	q, e, ok := c.quarterNumber(i)
	if !ok {
		return false
	}
	w.end = e
	year := c.now.Year()
	if k := e; c.norm[i] == 'q' { // Q1 2027
		if c.hasAt(k, " ") {
			k++
		}
		if y, end, ok := c.small(k); ok && end-k == 4 && y >= 2000 && y < 2100 && (end >= len(c.norm) || !isAlnum(c.norm[end]) && c.norm[end] != '.') && !c.counted(end) {
			year, w.end = y, end
		}
	}
	w.setQuarter(year, q, c.now)
	return true
}

// englishMonths are the months' names; what is shorter than four letters needs a day behind it.
var englishMonths = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// english reads last month, next week, this quarter, March 9 and Dec 5th.
func (c *clockwork) english(w *Time, i int) bool {
	if i >= len(c.norm) || !isLatin(c.norm[i]) || i > 0 && isAlnum(c.norm[i-1]) {
		return false
	}
	ends := func(j int) bool { return j >= len(c.norm) || !isAlnum(c.norm[j]) }
	today := midnight(c.now)
	for n, side := range []string{"last ", "this ", "next "} {
		j := i + c.anyAt(i, side)
		if j == i {
			continue
		}
		k := j + c.anyAt(j, "quarter", "month", "week", "year")
		if k == j || !ends(k) {
			return false
		}
		n--
		w.end = k
		switch c.norm[j] {
		case 'w':
			w.setWeek(today.AddDate(0, 0, 7*n))
		case 'm':
			w.setMonth(monthStart(today).AddDate(0, n, 0))
		case 'y':
			w.setYear(today.Year()+n, today)
		default:
			at := monthStart(today).AddDate(0, 3*n, 0)
			w.setQuarter(at.Year(), (int(at.Month())+2)/3, today)
		}
		return true
	}
	for m, name := range englishMonths {
		j := i
		for _, short := range []string{name, name[:3] + ".", name[:3]} {
			if n := c.anyAt(i, short); n > 0 && ends(i+n) {
				j = i + n
				break
			}
		}
		if j == i {
			continue
		}
		if c.hasAt(j, " ") {
			j++
		}
		d, k, ok := c.small(j)
		if !ok || !isDigit(c.norm[j]) || d < 1 || d > 31 || k-j > 2 {
			return false
		}
		if n := c.anyAt(k, "st", "nd", "rd", "th"); n > 0 {
			k += n
		}
		if !ends(k) || c.counted(k) || c.hasAt(k, ":") {
			return false
		}
		w.end = k
		c.set(w, 0, m+1, d)
		return true
	}
	return false
}

// dayNumber reads 15号, 二十号: the next such day; a record number (503号审批) is none.
func (c *clockwork) dayNumber(w *Time, i int) bool {
	if i > 0 && (isAlnum(c.norm[i-1]) || c.norm[i-1] == '#' || isHanNumber(c.norm[i-1]) || c.norm[i-1] == '.') {
		return false
	}
	d, j, ok := c.small(i)
	if !ok || !c.hasAt(j, "号") || d < 1 || d > 99 || j-i > 3 {
		return false
	}
	if d > 31 {
		return false
	}
	k := j + 1
	if c.hasAt(k, "那") || c.hasAt(k, "这") {
		k++
	}
	for c.anyAt(k, "条", "个", "张", "的", " ", "笔", "单") > 0 {
		k++
	}
	if c.anyAt(k, "线索", "工单", "审批", "商机", "提醒", "单子", "任务", "待办", "机会", "申请", "楼", "线", "店", "机", "院", "仓", "馆", "厅", "门", "报价", "订单", "项目", "桌", "库") > 0 {
		return false
	}
	today := midnight(c.now)
	w.end = j + 1
	at := time.Date(today.Year(), today.Month(), d, 0, 0, 0, 0, today.Location())
	for at.Day() != d || at.Before(today) { // the next month that has such a day
		at = monthStart(at.AddDate(0, 0, -(d - 1)))
		at = at.AddDate(0, 1, d-1)
		if at.Day() == d && !at.Before(today) {
			break
		}
	}
	w.Bare, w.NoMonth = true, true
	w.setDay(at)
	return true
}
