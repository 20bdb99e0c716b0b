package crm

import (
	"fmt"
	"time"
)

// SayTime is a point in time as people say it near now: 「今天 15:00」, 「明天 09:30」, 「周五 14:00」,
// 「11月26日 09:30」, 「2027年1月5日 10:00」.
func SayTime(at, now time.Time, zone *time.Location) string {
	t := at.In(zone)
	return SayDay(t, now.In(zone)) + " " + t.Format("15:04")
}

// SayDay is the day of t as people say it on the day of now; both are read in their own zones.
func SayDay(t, now time.Time) string {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	switch days := int(day(t).Sub(day(now)).Hours() / 24); {
	case days == -2:
		return "前天"
	case days == -1:
		return "昨天"
	case days == 0:
		return "今天"
	case days == 1:
		return "明天"
	case days == 2:
		return "后天"
	case t.Year() == now.Year():
		return fmt.Sprintf("%d月%d日", t.Month(), t.Day())
	default:
		return t.Format("2006年1月2日")
	}
}
