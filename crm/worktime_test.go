package crm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gendan/crm"
)

// slowWorks tells whether t is worked by looking at the wall clock: the definition, without any arithmetic.
func slowWorks(h crm.Hours, c crm.Calendar, t time.Time) bool {
	zone := h.Zone
	if zone == nil {
		zone = crm.Shanghai
	}
	wall := t.In(zone)
	spans := h.Week[wall.Weekday()]
	if works, listed := c.Days[wall.Format(time.DateOnly)]; listed && !h.Always {
		spans = nil
		if works {
			spans = h.Worked
		}
	}
	minute := wall.Hour()*60 + wall.Minute()
	for _, s := range spans {
		if minute >= s.From && minute < s.To {
			return true
		}
	}
	return false
}

// slowBetween counts worked seconds one by one, or worked minutes when step is a minute.
func slowBetween(h crm.Hours, c crm.Calendar, a, b time.Time, step time.Duration) (sum time.Duration) {
	for t := a; t.Before(b); t = t.Add(step) {
		if slowWorks(h, c, t) {
			sum += step
		}
	}
	return sum
}

// slowAdd walks on until d is used up.
func slowAdd(h crm.Hours, c crm.Calendar, t time.Time, d, step time.Duration) time.Time {
	for d > 0 {
		if slowWorks(h, c, t) {
			d -= step
		}
		t = t.Add(step)
	}
	return t
}

var (
	officeDay  = []crm.Span{{9 * 60, 12 * 60}, {13*60 + 30, 18 * 60}}
	officeWeek = crm.Hours{Week: weekOf(officeDay, 1, 2, 3, 4, 5), Worked: officeDay}
)

func weekOf(spans []crm.Span, days ...int) (week [7][]crm.Span) {
	for _, d := range days {
		week[d] = spans
	}
	return week
}

func mustWorktime(t testing.TB, h crm.Hours, c crm.Calendar) *crm.Worktime {
	t.Helper()
	w, err := crm.NewWorktime(h, c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// zones with and without daylight saving, whole, half and odd offsets, moves at midnight, and a day that never was.
var zones = []string{"Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana",
	"Africa/Cairo", "Pacific/Apia", "America/St_Johns", "Asia/Tehran", "Africa/Casablanca"}

func randomZone(t testing.TB, r *rand.Rand) *time.Location {
	name := zones[r.IntN(len(zones))]
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func randomSpans(r *rand.Rand) (spans []crm.Span) {
	for at := r.IntN(600); at < 24*60-1 && len(spans) < 4 && r.IntN(4) > 0; {
		end := min(24*60, at+1+r.IntN(420))
		spans = append(spans, crm.Span{From: at, To: end})
		at = end + 1 + r.IntN(240)
	}
	return spans
}

func randomHours(t testing.TB, r *rand.Rand) crm.Hours {
	h := crm.Hours{Zone: randomZone(t, r), Always: r.IntN(6) == 0}
	for i := range h.Week {
		h.Week[i] = randomSpans(r)
	}
	switch r.IntN(6) {
	case 0:
		h.Week = weekOf([]crm.Span{{0, 24 * 60}}, 0, 1, 2, 3, 4, 5, 6)
	case 1:
		h.Week = officeWeek.Week
	}
	h.Worked = []crm.Span{{8 * 60, 11*60 + 45}, {13 * 60, 17*60 + 1}}
	h.Week[r.IntN(7)] = []crm.Span{{10 * 60, 11 * 60}} // some work there must be
	return h
}

func randomCalendar(r *rand.Rand, around time.Time) crm.Calendar {
	c := crm.Calendar{Days: map[string]bool{}}
	for range r.IntN(12) {
		c.Days[around.AddDate(0, 0, r.IntN(40)-10).Format(time.DateOnly)] = r.IntN(2) == 0
	}
	return c
}

// moments are near changes of clocks half of the time.
func randomMoment(r *rand.Rand, zone *time.Location) time.Time {
	at := time.Unix(r.Int64N(70*365*86400), 0).In(zone) // 1970 to 2040
	if r.IntN(2) == 0 {
		if _, end := at.ZoneBounds(); !end.IsZero() && end.Year() < 2060 {
			at = end.Add(time.Duration(r.Int64N(5*86400)-3*86400) * time.Second)
		}
	}
	return at
}

func TestWorktimeIsWhatWalkingSecondBySecondFinds(t *testing.T) {
	t.Parallel()
	for i := range 24 {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		h := randomHours(t, r)
		a := randomMoment(r, h.Zone)
		c := randomCalendar(r, a)
		w := mustWorktime(t, h, c)
		b := a.Add(time.Duration(r.Int64N(3*86400)) * time.Second)
		want := slowBetween(h, c, a, b, time.Second)
		if got := w.Between(a, b); got != want {
			t.Errorf("case %d: %v to %v: %v, walked %v\n%+v\n%v", i, a, b, got, want, h, c)
		}
		if want == 0 {
			continue
		}
		d := time.Duration(1+r.Int64N(int64(want/time.Second))) * time.Second
		if got, want := w.Add(a, d), slowAdd(h, c, a, d, time.Second); !got.Equal(want) {
			t.Errorf("case %d: %v + %v: %v, walked %v\n%+v\n%v", i, a, d, got, want, h, c)
		}
	}
}

// Where no offset has seconds, minutes are as good as seconds, and longer ways can be walked.
func TestWorktimeIsWhatWalkingMinuteByMinuteFinds(t *testing.T) {
	t.Parallel()
	for i := range 40 {
		r := rand.New(rand.NewPCG(11, uint64(i)))
		h := randomHours(t, r)
		a := randomMoment(r, h.Zone).Truncate(time.Minute)
		if a.Year() < 1975 { // Monrovia and its like
			continue
		}
		c := randomCalendar(r, a)
		w := mustWorktime(t, h, c)
		b := a.Add(time.Duration(r.Int64N(30*1440)) * time.Minute)
		want := slowBetween(h, c, a, b, time.Minute)
		if got := w.Between(a, b); got != want {
			t.Errorf("case %d: %v to %v: %v, walked %v\n%+v\n%v", i, a, b, got, want, h, c)
		}
		if want == 0 {
			continue
		}
		d := time.Duration(1+r.Int64N(int64(want/time.Minute))) * time.Minute
		if got, want := w.Add(a, d), slowAdd(h, c, a, d, time.Minute); !got.Equal(want) {
			t.Errorf("case %d: %v + %v: %v, walked %v\n%+v\n%v", i, a, d, got, want, h, c)
		}
	}
}

// checkLaws are what holds between the functions, whatever the hours.
func checkLaws(t *testing.T, w *crm.Worktime, a time.Time, d, e time.Duration) {
	t.Helper()
	to := w.Add(a, d)
	if got := w.Between(a, to); d > 0 && got != d {
		t.Fatalf("%v + %v is %v, but between are %v", a, d, to, got)
	}
	if d > 0 && (w.Between(a, to.Add(-1)) >= d || !w.Works(to.Add(-1))) {
		t.Fatalf("%v + %v: %v is not the first moment", a, d, to)
	}
	if got := w.Add(to, e); d > 0 && e > 0 && !got.Equal(w.Add(a, d+e)) {
		t.Fatalf("%v + %v + %v: %v in two steps, %v in one", a, d, e, got, w.Add(a, d+e))
	}
	if got := w.Between(to, a); got != -w.Between(a, to) {
		t.Fatalf("backwards %v: %v", to, got)
	}
	whole, steps := a.Truncate(time.Second), d.Truncate(time.Second)
	if back := w.Back(whole, steps); steps > 0 {
		if got := w.Between(back, whole); got != steps {
			t.Fatalf("%v back %v is %v, but between are %v", whole, steps, back, got)
		}
		if w.Between(back.Add(-time.Second), whole) != steps+time.Second {
			t.Fatalf("%v back %v: %v is not the first moment", whole, steps, back)
		}
	}
}

func TestWorktimeKeepsItsLaws(t *testing.T) {
	t.Parallel()
	for i := range 2000 {
		r := rand.New(rand.NewPCG(13, uint64(i)))
		h := randomHours(t, r)
		a := randomMoment(r, h.Zone).Add(time.Duration(r.Int64N(int64(time.Second))))
		w := mustWorktime(t, h, randomCalendar(r, a))
		checkLaws(t, w, a, time.Duration(r.Int64N(int64(400*time.Hour))), time.Duration(r.Int64N(int64(40*time.Hour))))
		if t.Failed() {
			t.Fatalf("case %d: %+v", i, h)
		}
	}
}

// The edges of spans are where a second more or less hides.
func TestTheFirstAndLastSecondsOfSpans(t *testing.T) {
	t.Parallel()
	for i := range 300 {
		r := rand.New(rand.NewPCG(17, uint64(i)))
		h := randomHours(t, r)
		a := randomMoment(r, h.Zone)
		c := randomCalendar(r, a)
		w := mustWorktime(t, h, c)
		day := a.In(h.Zone)
		for _, spans := range h.Week {
			for _, s := range spans {
				for _, second := range []int{s.From*60 - 1, s.From * 60, s.From*60 + 1, s.To*60 - 1, s.To * 60, s.To*60 + 1} {
					at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, second, 0, h.Zone)
					want := slowWorks(h, c, at)
					step := time.Duration(0)
					if want {
						step = time.Second
					}
					if got := w.Between(at, at.Add(time.Second)); w.Works(at) != want || got != step {
						t.Fatalf("case %d: %v: works %v, %v of the second; want %v\n%+v\n%v", i, at, w.Works(at), got, want, h, c)
					}
				}
			}
		}
	}
}

func FuzzWorktime(f *testing.F) {
	f.Add(uint64(1), int64(1_700_000_000), int64(3600e9), int64(1))
	f.Add(uint64(4), int64(1_774_746_000), int64(86400e9), int64(59e9))
	f.Fuzz(func(t *testing.T, seed uint64, unix, d, e int64) {
		const far = 8_000_000_000 // 2223: further off, durations overflow
		if unix < -far || unix > far || d < 0 || d > int64(20_000*time.Hour) || e < 0 || e > int64(20_000*time.Hour) {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		h := randomHours(t, r)
		a := time.Unix(unix, r.Int64N(1e9))
		checkLaws(t, mustWorktime(t, h, randomCalendar(r, a)), a, time.Duration(d), time.Duration(e))
	})
}

func TestWorktimeOverWeekendsHolidaysAndLunch(t *testing.T) {
	t.Parallel()
	c := crm.Calendar{Days: map[string]bool{}}
	for d := 1; d <= 7; d++ { // National day 2026 as published
		c.Days[fmt.Sprintf("2026-10-%02d", d)] = false
	}
	c.Days["2026-09-20"], c.Days["2026-10-10"] = true, true
	office := mustWorktime(t, officeWeek, c)
	always := officeWeek
	always.Week, always.Always = weekOf([]crm.Span{{0, 24 * 60}}, 0, 1, 2, 3, 4, 5, 6), true
	round := mustWorktime(t, always, c)
	for _, tc := range []struct {
		name string
		w    *crm.Worktime
		from string
		d    time.Duration
		to   string
	}{
		{"within the morning", office, "2026-11-18 10:00:07", time.Hour, "2026-11-18 11:00:07"},
		{"over lunch", office, "2026-11-18 11:30:00", time.Hour, "2026-11-18 14:00:00"},
		{"ends with the morning, not after lunch", office, "2026-11-18 11:00:00", time.Hour, "2026-11-18 12:00:00"},
		{"from lunch", office, "2026-11-18 12:15:00", time.Minute, "2026-11-18 13:31:00"},
		{"over night", office, "2026-11-18 17:59:59", 2 * time.Second, "2026-11-19 09:00:01"},
		{"over the weekend", office, "2026-11-20 17:00:00", 2 * time.Hour, "2026-11-23 10:00:00"},
		{"on a Sunday", office, "2026-11-22 10:00:00", time.Hour, "2026-11-23 10:00:00"},
		{"over National day", office, "2026-09-30 17:00:00", 2 * time.Hour, "2026-10-08 10:00:00"},
		{"a Saturday worked instead", office, "2026-10-09 17:00:00", 2 * time.Hour, "2026-10-10 10:00:00"},
		{"from a Saturday worked instead", office, "2026-10-10 17:30:00", time.Hour, "2026-10-12 09:30:00"},
		{"always: over National day", round, "2026-09-30 17:00:00", 25 * time.Hour, "2026-10-01 18:00:00"},
	} {
		from := shanghai(t, tc.from)
		if got := tc.w.Add(from, tc.d).In(crm.Shanghai).Format(time.DateTime); got != tc.to {
			t.Errorf("%s: %s + %v is %s, want %s", tc.name, tc.from, tc.d, got, tc.to)
		}
	}
	if office.Workday(shanghai(t, "2026-10-10 23:00:00")) != true || office.Workday(shanghai(t, "2026-10-01 10:00:00")) {
		t.Error("workdays of the calendar are not its own")
	}
}

func shanghai(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateTime, s, crm.Shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWorktimeThroughChangesOfTheClock(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	night := mustWorktime(t, crm.Hours{Zone: berlin, Week: weekOf([]crm.Span{{0, 6 * 60}}, 0, 1, 2, 3, 4, 5, 6)}, crm.Calendar{})
	for day, hours := range map[string]int{"2026-03-28": 6, "2026-03-29": 5, "2026-10-24": 6, "2026-10-25": 7} {
		from, err := time.ParseInLocation(time.DateOnly, day, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := night.Between(from, from.AddDate(0, 0, 1)); got != time.Duration(hours)*time.Hour {
			t.Errorf("%s: %v, want %d hours", day, got, hours)
		}
	}
}

func TestHoursThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]crm.Hours{
		"no work at all":     {},
		"ends before begin":  {Week: weekOf([]crm.Span{{600, 540}}, 1)},
		"empty":              {Week: weekOf([]crm.Span{{600, 600}}, 1)},
		"beyond the day":     {Week: weekOf([]crm.Span{{600, 1441}}, 1)},
		"overlapping":        {Week: weekOf([]crm.Span{{600, 700}, {690, 800}}, 1)},
		"touching":           {Week: weekOf([]crm.Span{{600, 700}, {700, 800}}, 1)},
		"out of order":       {Week: weekOf([]crm.Span{{900, 960}, {600, 700}}, 1)},
		"worked spans wrong": {Week: weekOf([]crm.Span{{600, 700}}, 1), Worked: []crm.Span{{5, 5}}},
	} {
		if _, err := crm.NewWorktime(h, crm.Calendar{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := crm.NewWorktime(officeWeek, crm.Calendar{Days: map[string]bool{"2026-02-30": false}}); err == nil {
		t.Error("a day that is none: accepted")
	}
}

// A deadline a year ahead is worth at most 50 µs. Measured 0.5 µs; the bound holds on a machine that does other work.
func TestADeadlineAYearAheadIsQuick(t *testing.T) {
	w := mustWorktime(t, officeWeek, crm.Calendar{Days: map[string]bool{"2026-10-01": false, "2026-10-10": true}})
	from := shanghai(t, "2026-01-05 10:00:00")
	best := time.Hour
	for range 50 {
		begin := time.Now()
		for range 100 {
			w.Add(from, 1900*time.Hour)
		}
		best = min(best, time.Since(begin)/100)
	}
	if best > 50*time.Microsecond {
		t.Errorf("%v", best)
	}
}

func BenchmarkWorktimeAddYear(b *testing.B) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	for name, zone := range map[string]*time.Location{"Shanghai": nil, "Berlin": berlin} {
		b.Run(name, func(b *testing.B) {
			h := officeWeek
			h.Zone = zone
			w := mustWorktime(b, h, crm.Calendar{Days: map[string]bool{"2026-10-01": false, "2026-10-10": true}})
			from := shanghai(b, "2026-01-05 10:00:00")
			for b.Loop() {
				w.Add(from, 1900*time.Hour)
			}
		})
	}
}
