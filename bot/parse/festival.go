package parse

import "time"

// Festivals of the lunar calendar fall on another day each year. Days are those of the State Council's notices and, ahead of them, of the
// Purple Mountain Observatory's calendar (GB/T 33661-2017), in the company's zone.

// festival is one of them with its days, by year from 2026 on.
type festival struct {
	words []string
	days  []string
	shift int // days from the day listed
}

var newYears = []string{"2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08", "2036-01-28"}

var festivals = []festival{
	{[]string{"大年三十", "年三十", "除夕"}, newYears, -1},
	{[]string{"正月十五", "元宵节", "元宵"}, newYears, 14},
	{[]string{"春节", "大年初一", "过年"}, newYears, 0},
	{[]string{"端午节", "端午"}, []string{"2026-06-19", "2027-06-09", "2028-05-28", "2029-06-16", "2030-06-05", "2031-06-24", "2032-06-12", "2033-06-01", "2034-06-20", "2035-06-10", "2036-05-30"}, 0},
	{[]string{"中秋节", "中秋"}, []string{"2026-09-25", "2027-09-15", "2028-10-03", "2029-09-22", "2030-09-12", "2031-10-01", "2032-09-19", "2033-09-08", "2034-09-27", "2035-09-16", "2036-10-04"}, 0},
}

// festivalAt reads the next festival that is named at i with 前, 之前 or the day itself, and gives its day and the place behind; what is
// said of the time after one (春节后) names no day.
func (f *frame) festivalAt(i int) (day time.Time, end int) {
	if f.at[i] != nil || f.used[i] {
		return day, i
	}
	for _, x := range festivals {
		n := f.anyAt(i, x.words...)
		if n == 0 || f.anyAt(i+n, "后", "之后", "以后", "过后", "期间", "礼", "活动", "券", "备货", "福利", "团购", "套餐", "问候", "大促") > 0 {
			continue
		}
		for _, d := range x.days {
			at, err := time.ParseInLocation(time.DateOnly, d, f.now.Location())
			if at = at.AddDate(0, 0, x.shift); err == nil && !at.Before(midnight(f.now)) {
				return at, i + n + f.anyAt(i+n, "之前", "以前", "前", "那天", "当天")
			}
		}
	}
	return day, i
}

// dueByFestival sets name to the festival before which something is to be done: 预计春节前签.
func (f *frame) dueByFestival(name string) bool {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if day, e := f.festivalAt(k); e > k {
				f.set(name, day.Format(time.DateOnly))
				f.mark(k, e)
				f.markBefore(k, "预计")
				return true
			}
		}
	}
	return false
}

// remindAtFestival sets when to remind to nine o'clock of a festival: 中秋前提醒我给客户寄月饼.
func (f *frame) remindAtFestival() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if day, e := f.festivalAt(k); e > k && (k == p.i || f.used[k-1] || f.norm[k-1] == '我' || f.hasAt(e, "提醒") || f.hasAt(e, "叫我")) {
				f.set("at", day.Add(9*time.Hour).Format(time.RFC3339))
				f.mark(k, e)
				return
			}
		}
	}
}
