package crm

import "time"

// Calendar knows working days: Monday to Friday, but for the days listed.
type Calendar struct {
	Days map[string]bool // "2026-10-01" → false: a holiday; "2026-10-10" → true: worked instead (调休)
	Zone *time.Location  // the company's, for hours that name none; nil is Asia/Shanghai
}

// Workday tells whether people work on the day that at falls on, in at's own zone.
func (c Calendar) Workday(at time.Time) bool {
	if works, listed := c.Days[at.Format(time.DateOnly)]; listed {
		return works
	}
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
}

// Repeat is how often a reminder comes back.
type Repeat string

// The repeats; "" is once.
const (
	Once     Repeat = ""
	Daily    Repeat = "daily"
	Weekly   Repeat = "weekly"
	Monthly  Repeat = "monthly"
	Yearly   Repeat = "yearly"
	Workdays Repeat = "workdays"
)

// Chinese is the repeat as people say it.
func (r Repeat) Chinese() string {
	switch r {
	case Daily:
		return "每天"
	case Weekly:
		return "每周"
	case Monthly:
		return "每月"
	case Yearly:
		return "每年"
	case Workdays:
		return "每个工作日"
	}
	return ""
}

// CheckRepeat refuses words that are no repeat.
func CheckRepeat(r Repeat) error {
	if r != Once && r.Chinese() == "" {
		return Refuse(ErrInvalid, "不认识重复方式「%s」，可选：每天、每周、每月、每年、工作日。", r)
	}
	return nil
}

// Next is the first occurrence after now of what first happened at first, at the same time of day in
// zone. A month without that day has it on its last day. It is zero for what happens once.
func (r Repeat) Next(first, now time.Time, zone *time.Location, c Calendar) time.Time {
	first = first.In(zone)
	at := func(i int) time.Time {
		switch r {
		case Daily, Workdays:
			return first.AddDate(0, 0, i)
		case Weekly:
			return first.AddDate(0, 0, 7*i)
		case Monthly:
			return addMonths(first, i)
		default:
			return addMonths(first, 12*i)
		}
	}
	i := 0
	switch days := int(now.Sub(first).Hours() / 24); {
	case r.Chinese() == "":
		return time.Time{}
	case days < 0:
	case r == Daily, r == Workdays:
		i = days
	case r == Weekly:
		i = days / 7
	case r == Monthly:
		i = days / 31
	case r == Yearly:
		i = days / 366
	}
	for ; ; i++ {
		if t := at(i); t.After(now) && (r != Workdays || c.Workday(t)) {
			return t.UTC()
		}
	}
}

// addMonths moves t by n months and stays within the month: 31 January and a month is 28 February.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), 0, t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}
