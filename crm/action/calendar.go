package action

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"

	"gendan/crm"
)

// Calendar is China's calendar of working days as the State Council publishes it, as far as it has been
// published, with the company's own days over it.
func Calendar(own map[string]bool) crm.Calendar {
	days := map[string]bool{}
	for year := 2020; year <= 2035; year++ {
		for e := HolidayUtil.GetHolidaysByYear(year).Front(); e != nil; e = e.Next() {
			if h, ok := e.Value.(*HolidayUtil.Holiday); ok {
				days[h.GetDay()] = h.IsWork()
			}
		}
	}
	maps.Copy(days, own)
	return crm.Calendar{Days: days}
}

// span reads a period as the contract writes it: a day, week, month, quarter, year, or both ends. to is the
// moment after its end.
func span(period string, zone *time.Location) (from, to time.Time, err error) {
	bad := crm.Refuse(crm.ErrInvalid, "没看懂时间段「%s」，可以说「本周」「上个月」「最近7天」。", period)
	day := func(s string) (time.Time, bool) {
		t, err := time.ParseInLocation(time.DateOnly, s, zone)
		return t, err == nil
	}
	if a, b, both := strings.Cut(period, "/"); both {
		from, ok := day(a)
		to, ok2 := day(b)
		if !ok || !ok2 || to.Before(from) {
			return from, to, bad
		}
		return from, to.AddDate(0, 0, 1), nil
	}
	if from, ok := day(period); ok {
		return from, from.AddDate(0, 0, 1), nil
	}
	year, rest, _ := strings.Cut(period, "-")
	y, err := strconv.Atoi(year)
	if err != nil || y < 1970 || y > 2200 {
		return from, to, bad
	}
	var n int
	switch {
	case rest == "":
		from = time.Date(y, 1, 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(1, 0, 0), nil
	case scan(rest, "W%d", &n) && n >= 1 && n <= 53:
		fourth := time.Date(y, 1, 4, 0, 0, 0, 0, zone) // always in week 1
		monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7)
		from = monday.AddDate(0, 0, 7*(n-1))
		return from, from.AddDate(0, 0, 7), nil
	case scan(rest, "Q%d", &n) && n >= 1 && n <= 4:
		from = time.Date(y, time.Month(3*n-2), 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(0, 3, 0), nil
	case scan(rest, "%d", &n) && n >= 1 && n <= 12:
		from = time.Date(y, time.Month(n), 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(0, 1, 0), nil
	}
	return from, to, bad
}

func scan(s, format string, n *int) bool {
	got, err := fmt.Sscanf(s, format, n)
	return got == 1 && err == nil && fmt.Sprintf(strings.Replace(format, "%d", "%0*d", 1), len(s)-strings.Index(format, "%"), *n) == s
}
