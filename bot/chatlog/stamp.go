package chatlog

import (
	"strings"
	"time"
	"unicode/utf8"
)

// clientZone is where every time of a record is read and written: clients show the clock of China.
var clientZone = time.FixedZone("CST", 8*3600)

// stamp is a date, a clock time or both, as a client prints them at the head of a message.
type stamp struct {
	date             bool
	year, month, day int // year 0: not said. With back or weekday the three are 0
	relative         bool
	back             int // days before the day of reading: 昨天 is 1
	weekday          int // 1 Monday … 7 Sunday: the last one before the day of reading
	clock            bool
	hour, min, sec   int
	seconds, half    bool           // shape: seconds are shown; a half of the day is named
	offset           *time.Location // ISO times with a zone of their own
}

// calendar gives stamps their day: what has no year or no date is completed from the day of reading and from
// the dates above it.
type calendar struct {
	now  time.Time
	last time.Time // midnight of the last date seen; zero before any
	prev time.Time // the last instant given out
	near bool      // the last date was said from the day of reading: 昨天, 星期二

	dated  bool // some date was seen
	rolled bool // some clock passed midnight
}

func newCalendar(now time.Time) *calendar { return &calendar{now: now.In(clientZone)} }

// day is the midnight of the stamp's date; ok is false when it has none.
func (c *calendar) day(s stamp) (t time.Time, ok bool) {
	today := midnight(c.now)
	switch {
	case !s.date:
		return today, false
	case s.relative:
		return today.AddDate(0, 0, -s.back), true
	case s.weekday > 0:
		back := (int(today.Weekday())+6)%7 + 1 - s.weekday
		if back <= 0 { // clients name the weekday only of days that are over
			back += 7
		}
		return today.AddDate(0, 0, -back), true
	case s.year > 0:
		return time.Date(s.year, time.Month(s.month), s.day, 0, 0, 0, 0, clientZone), true
	}
	for year := today.Year(); year > today.Year()-8; year-- { // 8 years: 29 February
		t = time.Date(year, time.Month(s.month), s.day, 0, 0, 0, 0, clientZone)
		if !t.After(today) && t.Day() == s.day {
			return t, true
		}
	}
	return today, true
}

// see remembers the date of a line that has no message, such as a separator.
func (c *calendar) see(s stamp) {
	if t, ok := c.day(s); ok {
		c.dated, c.near = true, s.relative || s.weekday > 0
		c.last, c.prev = t, time.Time{}
	}
}

// at is the instant of a stamp with a clock. A clock alone takes the last date seen above it, or the day of
// reading; from late evening to early morning it has passed midnight. Clients that write 昨天 write nothing for
// today: a clock alone that runs backwards below such a date is today's.
func (c *calendar) at(s stamp) time.Time {
	day, ok := c.day(s)
	if !ok {
		if !c.last.IsZero() {
			day = c.last
		}
		if !c.prev.IsZero() && midnight(c.prev).Equal(day) && c.prev.Hour() >= 20 && s.hour < 6 {
			day = day.AddDate(0, 0, 1)
			c.rolled = true
		} else if today := midnight(c.now); c.near && s.before(c.prev) && !today.Add(s.sinceMidnight()).After(c.now) {
			day = today
		}
	} else {
		c.near = s.relative || s.weekday > 0
	}
	c.dated = c.dated || ok
	c.last = day
	where := clientZone
	if s.offset != nil {
		where = s.offset
	}
	t := time.Date(day.Year(), day.Month(), day.Day(), s.hour, s.min, s.sec, 0, where).In(clientZone)
	c.prev = t
	return t
}

// before tells whether the stamp's clock shows an earlier time of the day than t.
func (s stamp) before(t time.Time) bool {
	return !t.IsZero() && s.sinceMidnight() < t.Sub(midnight(t)).Truncate(time.Minute)
}

func (s stamp) sinceMidnight() time.Duration {
	return time.Duration(s.hour)*time.Hour + time.Duration(s.min)*time.Minute
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, clientZone)
}

// scanStamp reads the stamp that s begins with and returns how many bytes it took, 0 when there is none.
func scanStamp(s string) (st stamp, n int) {
	i := st.scanDate(s)
	if i > 0 {
		rest := s[i:]
		j := blanks(rest)
		if w := scanWeekday(strings.TrimLeft(rest[j:], "(（")); w > 0 && j < len(rest) { // 2026年3月5日 星期四 / (周四)
			open := len(rest[j:]) - len(strings.TrimLeft(rest[j:], "(（"))
			j += open + w
			for _, closing := range []string{")", "）"} {
				if open > 0 && strings.HasPrefix(rest[j:], closing) {
					j += len(closing)
				}
			}
			i += j
		}
	}
	j := i + blanks(s[i:])
	if i > 0 && j == i && j < len(s) && (s[j] == 'T' || s[j] == ',') {
		j++
		j += blanks(s[j:])
	}
	if k := st.scanClock(s[j:]); k > 0 {
		return st, j + k
	}
	return st, i
}

// blanks is the length of the blanks that s begins with.
func blanks(s string) int {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

var relativeDays = []struct {
	word string
	back int
}{{"今天", 0}, {"昨天", 1}, {"前天", 2}, {"今日", 0}, {"昨日", 1}, {"大前天", 3}, {"Yesterday", 1}, {"yesterday", 1}, {"Today", 0}, {"today", 0}}

var weekdays = []struct {
	word string
	day  int
}{
	{"星期一", 1}, {"星期二", 2}, {"星期三", 3}, {"星期四", 4}, {"星期五", 5}, {"星期六", 6}, {"星期日", 7}, {"星期天", 7},
	{"周一", 1}, {"周二", 2}, {"周三", 3}, {"周四", 4}, {"周五", 5}, {"周六", 6}, {"周日", 7}, {"周天", 7},
	{"礼拜一", 1}, {"礼拜二", 2}, {"礼拜三", 3}, {"礼拜四", 4}, {"礼拜五", 5}, {"礼拜六", 6}, {"礼拜天", 7}, {"礼拜日", 7},
	{"Monday", 1}, {"Tuesday", 2}, {"Wednesday", 3}, {"Thursday", 4}, {"Friday", 5}, {"Saturday", 6}, {"Sunday", 7},
	{"Mon", 1}, {"Tue", 2}, {"Wed", 3}, {"Thu", 4}, {"Fri", 5}, {"Sat", 6}, {"Sun", 7},
}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

func scanWeekday(s string) (n int) {
	if s == "" || s[0] < 0x80 && (s[0] < 'A' || s[0] > 'Z') {
		return 0
	}
	for _, w := range weekdays {
		if strings.HasPrefix(s, w.word) {
			return len(w.word)
		}
	}
	return 0
}

// scanDate reads the date that s begins with.
func (st *stamp) scanDate(s string) (n int) {
	if s == "" {
		return 0
	}
	if s[0] < '0' || s[0] > '9' {
		return st.scanDateWord(s)
	}
	if n := st.scanDayMonth(s); n > 0 {
		return n
	}
	var f [3]int
	var sep [3]string
	parts, i := 0, 0
	for parts < 3 && i < len(s) {
		start := i
		for i < len(s) && i-start < 5 && s[i] >= '0' && s[i] <= '9' {
			f[parts] = f[parts]*10 + int(s[i]-'0')
			i++
		}
		if i == start || i-start > 4 {
			break
		}
		if width := i - start; width == 3 || width == 4 && parts == 1 {
			return 0
		}
		n = i
		parts++
		sep[parts-1] = ""
		for _, x := range []string{"-", "/", ".", "年", "月", "日", "号"} {
			if strings.HasPrefix(s[i:], x) {
				sep[parts-1] = x
				break
			}
		}
		x := sep[parts-1]
		if x == "日" || x == "号" {
			i += len(x)
			n = i
			break
		}
		if x == "" || parts == 3 {
			break
		}
		i += len(x)
		if x == "年" || x == "月" {
			i += blanks(s[i:])
		}
	}
	if n < len(s) && s[n] >= '0' && s[n] <= '9' {
		return 0
	}
	chinese := sep[0] == "年" || sep[0] == "月"
	switch {
	case parts == 3 && f[0] >= 1970 && f[0] < 2100 && (sep[0] == sep[1] || chinese):
		st.year, st.month, st.day = f[0], f[1], f[2]
	case parts == 3 && f[2] >= 1970 && f[2] < 2100 && sep[0] == sep[1] && !chinese: // month first, or day first when it must be
		st.year, st.month, st.day = f[2], f[0], f[1]
		if f[0] > 12 || sep[0] == "." {
			st.month, st.day = f[1], f[0]
		}
	case parts == 3 && sep[0] == sep[1] && f[0] < 100 && !chinese: // two digits of a year
		st.year, st.month, st.day = 2000+f[0], f[1], f[2]
		if sep[0] == "/" && f[0] <= 12 {
			st.year, st.month, st.day = 2000+f[2], f[0], f[1]
		}
	case parts == 2 && (sep[0] == "月" || sep[0] == "-" || sep[0] == "/" || sep[0] == "."):
		st.month, st.day = f[0], f[1]
	default:
		return 0
	}
	if st.month < 1 || st.month > 12 || st.day < 1 || st.day > 31 {
		st.year, st.month, st.day = 0, 0, 0
		return 0
	}
	st.date = true
	return n
}

// scanDateWord reads 昨天, 星期三, Nov 17, 2026.
func (st *stamp) scanDateWord(s string) int {
	if s[0] < 0x80 && (s[0]|0x20 < 'a' || s[0]|0x20 > 'z') {
		return 0
	}
	for _, d := range relativeDays {
		if strings.HasPrefix(s, d.word) {
			st.date, st.relative, st.back = true, true, d.back
			return len(d.word)
		}
	}
	for _, w := range weekdays {
		if strings.HasPrefix(s, w.word) {
			st.date, st.weekday = true, w.day
			return len(w.word)
		}
	}
	if s[0] >= 0x80 || len(s) < 5 {
		return 0
	}
	for m, word := range months {
		if !strings.EqualFold(s[:3], word) {
			continue
		}
		i := 3
		for i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] == '.') {
			i++
		}
		i += blanks(s[i:])
		day, w := digits(s[i:])
		if w == 0 || w > 2 || day < 1 || day > 31 {
			return 0
		}
		i += w
		st.date, st.month, st.day = true, m+1, day
		j := i
		if j < len(s) && s[j] == ',' {
			j++
		}
		j += blanks(s[j:])
		if year, w := digits(s[j:]); w == 4 && year >= 1970 && year < 2100 {
			st.year, i = year, j+w
		}
		return i
	}
	return 0
}

// scanDayMonth reads 17 November 2026.
func (st *stamp) scanDayMonth(s string) int {
	day, i := digits(s)
	if i > 2 || day < 1 || day > 31 || !strings.HasPrefix(s[i:], " ") || len(s) < i+4 || !letter(s[i+1:]) {
		return 0
	}
	i++
	for m, word := range months {
		if !strings.EqualFold(s[i:i+3], word) {
			continue
		}
		i += 3
		for i < len(s) && (letter(s[i:]) || s[i] == '.' || s[i] == ',') {
			i++
		}
		st.date, st.day, st.month = true, day, m+1
		j := i + blanks(s[i:])
		if year, w := digits(s[j:]); w == 4 && year >= 1970 && year < 2100 {
			st.year, i = year, j+w
		}
		return i
	}
	return 0
}

func digits(s string) (v, n int) {
	for n < len(s) && n < 6 && s[n] >= '0' && s[n] <= '9' {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, n
}

var halves = []string{"上午", "下午", "凌晨", "早上", "早晨", "清晨", "中午", "晚上", "傍晚", "夜里", "AM", "PM", "am", "pm", "Am", "Pm", "A.M.", "P.M.", "a.m.", "p.m."}

func scanHalf(s string) string {
	for _, h := range halves {
		if strings.HasPrefix(s, h) {
			return h
		}
	}
	return ""
}

// scanClock reads 15:04, 15:04:05, 下午3:04, 3:04 PM.
func (st *stamp) scanClock(s string) (n int) {
	half := ""
	i := 0
	if s != "" && (s[0] >= 0x80 || s[0]|0x20 == 'a' || s[0]|0x20 == 'p') {
		if half = scanHalf(s); half == "" {
			return 0
		}
		i = len(half)
		i += blanks(s[i:])
	}
	var f [3]int
	parts, first := 0, 0
	for parts < 3 {
		v, w := digits(s[i:])
		if w == 0 || w > 2 || parts > 0 && w != 2 {
			return 0
		}
		f[parts] = v
		parts++
		i += w
		colon := 0
		if strings.HasPrefix(s[i:], ":") {
			colon = 1
		} else if strings.HasPrefix(s[i:], "：") {
			colon = len("：")
		}
		if parts == 1 {
			first = colon
		}
		if colon == 0 || parts == 3 || colon != first { // 09:32：11万8 is a clock, a colon and words
			break
		}
		if _, w := digits(s[i+colon:]); w != 2 { // 15:04: is a clock and a colon
			if parts == 1 {
				return 0
			}
			break
		}
		i += colon
	}
	if parts < 2 || f[0] > 24 || f[1] > 59 || f[2] > 59 {
		return 0
	}
	if i < len(s) && s[i] == '.' { // milliseconds
		if _, w := digits(s[i+1:]); w > 0 {
			i += 1 + w
		}
	}
	if half == "" {
		j := i + blanks(s[i:])
		if h := scanHalf(s[j:]); h != "" && (h[0] >= 0x80 && j == i || h[0] < 0x80 && !letter(s[j+len(h):])) {
			half, i = h, j+len(h)
		}
	}
	st.zoneSuffix(s, &i)
	st.clock, st.hour, st.min, st.sec, st.seconds = true, f[0]%24, f[1], f[2], parts == 3
	st.halfDay(half)
	return i
}

func letter(s string) bool {
	return s != "" && s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z'
}

// zoneSuffix reads Z and +08:00.
func (st *stamp) zoneSuffix(s string, i *int) {
	rest := s[*i:]
	if strings.HasPrefix(rest, "Z") && !letter(rest[1:]) {
		st.offset = time.UTC
		*i++
		return
	}
	if len(rest) >= 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' {
		h, w := digits(rest[1:])
		m, x := digits(rest[4:])
		if w == 2 && x == 2 && h <= 14 && m < 60 {
			secs := h*3600 + m*60
			if rest[0] == '-' {
				secs = -secs
			}
			st.offset = time.FixedZone("", secs)
			*i += 6
		}
	}
}

// halfDay applies 下午 and its like to the hour.
func (st *stamp) halfDay(half string) {
	st.half = half != ""
	switch strings.ToLower(strings.ReplaceAll(half, ".", "")) {
	case "下午", "晚上", "傍晚", "夜里", "pm":
		if st.hour < 12 && !(half == "晚上" && st.hour == 0) {
			st.hour += 12
		}
		if half == "夜里" && st.hour >= 12 && st.hour < 18 { // 夜里2:10
			st.hour -= 12
		}
	case "中午":
		if st.hour < 3 {
			st.hour += 12
		}
	case "上午", "am", "凌晨", "早上":
		if st.hour == 12 {
			st.hour = 0
		}
	}
}

// runeCount is the number of characters, of at most 4 limit bytes.
func runeCount(s string, limit int) int {
	if len(s) > 4*limit {
		return limit + 1
	}
	return utf8.RuneCountInString(s)
}
