package parse

import (
	"fmt"
	"time"
)

// Grain says how exact a [Time] is.
type Grain int

// The grains, from none to a free span of days.
const (
	NoGrain Grain = iota // only a clock time or a part of the day was said
	Exact                // a distance from now in hours or minutes (2小时后)
	Day
	Week
	Month
	Quarter
	Year
	Span   // any other span of days (最近7天, 9月到10月)
	Months // a number of coming months (接下来4个月)
)

// Time is a time as it was said: 明天下午3点, 下周三, 月底, 每周一上午, 最近7天.
type Time struct {
	start, end int // runes of the message

	Grain    Grain
	From, To time.Time // first and last day, midnight; the instant itself in From when Grain is Exact
	Count    int       // the number of months when Grain is Months
	Hour     int       // -1 when no clock time was said
	Minute   int
	Part     string // 早上, 上午, 中午, 下午, 傍晚, 晚上, 凌晨; "" when not said
	Repeat   string // daily, weekly, monthly, yearly, workdays; "" when it is once
	Before   bool   // a limit: 周五之前
	Around   bool   // not exact: 下午三四点
	Weekday  bool   // a bare weekday, whose past or future only the sentence knows
	Edge     bool   // an end of a longer span said as a day: 月底, 年底
	NoMonth  bool   // day without a month
	NoYear   bool   // month and day without a year
	Bare     bool   // 今天 alone or a bare day number
	Bad      string // why there is no such date, one Chinese sentence; "" when there is
}

var partHours = map[string]int{"凌晨": 5, "早上": 9, "上午": 9, "中午": 12, "下午": 14, "傍晚": 18, "晚上": 20}

// partSpan limits the hours at which an unmarked clock time falls into the part of the day.
func (w *Time) clock(now time.Time) (h, m int, said bool) {
	if w.Hour >= 0 {
		return w.Hour, w.Minute, true
	}
	if w.Part != "" {
		return partHours[w.Part], 0, false
	}
	return 9, 0, false
}

// Instant gives the moment that is meant by someone who speaks at now. A past reading is chosen for what
// is told as done; otherwise a bare clock time is the next one and a bare weekday the coming one.
func (w *Time) Instant(now time.Time, past bool) time.Time {
	if w.Grain == Exact {
		return w.From
	}
	h, m, said := w.clock(now)
	if w.Repeat != "" {
		return w.first(now, h, m)
	}
	day := midnight(now)
	if w.Grain != NoGrain {
		day = w.From
		if w.Edge || w.Grain == Month && w.Before || w.Grain == Week && w.Before {
			day = w.To
		}
		if w.Weekday && past && day.After(midnight(now)) {
			day = day.AddDate(0, 0, -7)
		}
	}
	at := day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
	if past || at.After(now) {
		return at
	}
	switch {
	case w.Weekday && day.Equal(midnight(now)):
		return at.AddDate(0, 0, 7)
	case (w.Grain == NoGrain || w.Grain == Day && day.Equal(midnight(now))) && said && w.Part == "" && h <= 12:
		if later := at.Add(12 * time.Hour); later.After(now) && h != 0 && (h < 12) {
			return later
		}
		if w.Grain == NoGrain {
			return at.AddDate(0, 0, 1)
		}
	case w.Grain == NoGrain:
		return at.AddDate(0, 0, 1)
	}
	return at
}

// first gives the first occurrence of a repeating time after now.
func (w *Time) first(now time.Time, h, m int) time.Time {
	day := midnight(now)
	if w.Grain == Day || w.Grain == Span {
		day = w.From
	}
	at := day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
	for n := 0; n < 800; n++ {
		if at.After(now) && (w.Repeat != "workdays" || at.Weekday() != time.Saturday && at.Weekday() != time.Sunday) {
			return at
		}
		switch w.Repeat {
		case "weekly":
			at = at.AddDate(0, 0, 7)
		case "monthly":
			at = nextMonth(at, w.From.Day())
		case "yearly":
			at = at.AddDate(1, 0, 0)
		default:
			at = at.AddDate(0, 0, 1)
		}
	}
	return at
}

// nextMonth keeps the day of the month, or takes the month's last.
func nextMonth(at time.Time, day int) time.Time {
	first := time.Date(at.Year(), at.Month()+1, 1, at.Hour(), at.Minute(), 0, 0, at.Location())
	if last := monthEnd(first).Day(); day > last || day == 0 {
		day = last
	}
	return first.AddDate(0, 0, day-1)
}

// Date gives the day that a limit or a plan means: the last day of a span, the day itself otherwise.
func (w *Time) Date(now time.Time) time.Time {
	switch w.Grain {
	case Exact:
		return midnight(w.From)
	case NoGrain:
		return midnight(now)
	case Day:
		return w.From
	}
	return w.To
}

// Period gives the ISO form of the span: 2026-11-18, 2026-W47, 2026-11, 2026-Q4, 2026, or two days.
func (w *Time) Period() string {
	switch w.Grain {
	case Day:
		if w.Edge {
			return w.To.Format("2006-01-02")
		}
		return w.From.Format("2006-01-02")
	case Week:
		y, n := w.From.ISOWeek()
		return fmt.Sprintf("%d-W%02d", y, n)
	case Month:
		return w.From.Format("2006-01")
	case Quarter:
		return fmt.Sprintf("%d-Q%d", w.From.Year(), (int(w.From.Month())+2)/3)
	case Year:
		return w.From.Format("2006")
	case Span:
		return w.From.Format("2006-01-02") + "/" + w.To.Format("2006-01-02")
	}
	return ""
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func monthStart(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}

func monthEnd(t time.Time) time.Time { return monthStart(t).AddDate(0, 1, -1) }

// monday gives the first day of t's week.
func monday(t time.Time) time.Time {
	return midnight(t).AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

func (w *Time) setSpan(g Grain, from, to time.Time) *Time {
	w.Grain, w.From, w.To = g, from, to
	return w
}

func (w *Time) setDay(d time.Time) *Time   { return w.setSpan(Day, d, d) }
func (w *Time) setMonth(d time.Time) *Time { return w.setSpan(Month, monthStart(d), monthEnd(d)) }
func (w *Time) setWeek(d time.Time) *Time {
	return w.setSpan(Week, monday(d), monday(d).AddDate(0, 0, 6))
}
func (w *Time) setYear(y int, at time.Time) *Time {
	return w.setSpan(Year, time.Date(y, 1, 1, 0, 0, 0, 0, at.Location()), time.Date(y, 12, 31, 0, 0, 0, 0, at.Location()))
}

func (w *Time) setQuarter(y, q int, at time.Time) *Time {
	from := time.Date(y, time.Month(3*q-2), 1, 0, 0, 0, 0, at.Location())
	return w.setSpan(Quarter, from, from.AddDate(0, 3, -1))
}
