package crm

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Span is a part of a day that is worked, in minutes after midnight by the wall clock: From is in it, To is not. To may
// be 1440, midnight.
type Span struct{ From, To int }

// Hours says when people work: the spans of each weekday. On a day that a calendar lists as a holiday nobody works, on
// one that it lists as worked (调休) they work the spans of Worked.
type Hours struct {
	Zone   *time.Location // nil is the calendar's
	Week   [7][]Span      // by time.Weekday; Sunday first. The spans of a day are in order and do not touch one another
	Worked []Span         // of a 调休 day; nil is Monday's, or the first weekday's that has any
	Always bool           // no calendar: holidays are worked like other days
}

// Worktime counts working time. It is made by [NewWorktime], does not change, and is safe for concurrent use.
//
// A moment is worked when the wall clock of the zone shows a time within a span of its day. So an hour that daylight
// saving leaves out is not worked and one that it repeats is worked twice, as people at their desks do.
//
// Within a stretch of constant offset from UTC, local time is a plain number of seconds, and the seconds worked since
// day 0 are found without walking: whole weeks by multiplying, listed days by a sum kept for each. Add and Between
// put such stretches together; most zones have two a year, China has one.
type Worktime struct {
	zone   *time.Location
	days   [7]workday // by day number modulo 7: day 0 is 1970-01-01, a Thursday
	before [7]int64   // seconds worked in the days of a week before that one
	week   int64      // seconds worked in a week
	listed []listedDay
}

// workday is a day's spans in seconds after midnight.
type workday struct {
	spans []Span
	total int64
}

// listedDay is a day that differs from its weekday. sum is by how much the days up to and with it differ.
type listedDay struct {
	day  int64
	work workday
	sum  int64
}

const daySeconds = 24 * 60 * 60

// NewWorktime makes the working time of h over calendar c. It refuses spans that are none, and a week without work.
func NewWorktime(h Hours, c Calendar) (*Worktime, error) {
	w := &Worktime{zone: h.Zone}
	if w.zone == nil {
		w.zone = c.Zone
	}
	if w.zone == nil {
		w.zone = Shanghai
	}
	for i := range 7 { // day 0 was a Thursday
		weekday := (i + int(time.Thursday)) % 7
		if err := checkSpans(h.Week[weekday]); err != nil {
			return nil, fmt.Errorf("%s: %w", time.Weekday(weekday), err)
		}
		w.days[i] = workdayOf(h.Week[weekday])
		w.before[i] = w.week
		w.week += w.days[i].total
	}
	if w.week == 0 {
		return nil, errors.New("no working time in the week")
	}
	if h.Always {
		return w, nil
	}
	worked := h.Worked
	if err := checkSpans(worked); err != nil {
		return nil, fmt.Errorf("worked: %w", err)
	}
	for i := 1; len(worked) == 0; i++ {
		worked = h.Week[i%7]
	}
	if err := w.list(c, workdayOf(worked)); err != nil {
		return nil, err
	}
	return w, nil
}

// list takes over the days of a calendar.
func (w *Worktime) list(c Calendar, worked workday) error {
	for name, works := range c.Days {
		at, err := time.Parse(time.DateOnly, name)
		if err != nil {
			return fmt.Errorf("calendar: %w", err)
		}
		d := listedDay{day: at.Unix() / daySeconds}
		if works {
			d.work = worked
		}
		w.listed = append(w.listed, d)
	}
	slices.SortFunc(w.listed, func(a, b listedDay) int { return int(a.day - b.day) })
	var sum int64
	for i := range w.listed {
		d := &w.listed[i]
		sum += d.work.total - w.days[mod7(d.day)].total
		d.sum = sum
	}
	return nil
}

func checkSpans(spans []Span) error {
	end := -1
	for _, s := range spans {
		switch {
		case s.From < 0 || s.To > 24*60 || s.From >= s.To:
			return fmt.Errorf("span %s: must begin before it ends, within one day", s)
		case s.From <= end:
			return fmt.Errorf("span %s: must come after the one before it, with a break between", s)
		}
		end = s.To
	}
	return nil
}

// String is the span as people write it: 09:00-12:00.
func (s Span) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
}

func workdayOf(spans []Span) (d workday) {
	for _, s := range spans {
		s = Span{s.From * 60, s.To * 60}
		d.spans = append(d.spans, s)
		d.total += int64(s.To - s.From)
	}
	return d
}

// worked is how many seconds of d lie before second of the day.
func (d workday) worked(second int64) (n int64) {
	for _, s := range d.spans {
		if second <= int64(s.From) {
			break
		}
		n += min(second, int64(s.To)) - int64(s.From)
	}
	return n
}

// reach is the first second of d before which n seconds are worked; n is at most d.total.
func (d workday) reach(n int64) int64 {
	for _, s := range d.spans {
		length := int64(s.To - s.From)
		if n <= length {
			return int64(s.From) + n
		}
		n -= length
	}
	return daySeconds
}

func mod7(day int64) int64 { return ((day % 7) + 7) % 7 }

// split is a local second as its day and the second of that day.
func split(local int64) (day, second int64) {
	day = local / daySeconds
	if local%daySeconds < 0 {
		day--
	}
	return day, local - day*daySeconds
}

// through is how many seconds are worked before local second x, counted from the beginning of day 0.
func (w *Worktime) through(x int64) int64 {
	day, second := split(x)
	n := w.until(day)
	return n + w.day(day).worked(second)
}

// until is how many seconds are worked in the days before day, counted from day 0.
func (w *Worktime) until(day int64) int64 {
	m := mod7(day)
	n := (day-m)/7*w.week + w.before[m]
	if i := sort.Search(len(w.listed), func(i int) bool { return w.listed[i].day >= day }); i > 0 {
		n += w.listed[i-1].sum
	}
	return n
}

func (w *Worktime) day(day int64) workday {
	i := sort.Search(len(w.listed), func(i int) bool { return w.listed[i].day >= day })
	if i < len(w.listed) && w.listed[i].day == day {
		return w.listed[i].work
	}
	return w.days[mod7(day)]
}

// reach is the first local second before which n seconds are worked. It begins to look at the day of from, before
// which fewer are.
func (w *Worktime) reach(n, from int64) int64 {
	low, _ := split(from) // until(low) < n
	step := int64(1)
	high := low + step
	for w.until(high) < n {
		low, step = high, 2*step
		high = low + step
	}
	for high-low > 1 {
		if mid := low + (high-low)/2; w.until(mid) < n {
			low = mid
		} else {
			high = mid
		}
	}
	return low*daySeconds + w.day(low).reach(n-w.until(low))
}

// stretch is a stretch of constant offset from UTC, in seconds since 1970; a bound that does not exist is far away.
type stretch struct{ from, to, offset int64 }

const farAway = int64(1) << 50

func (w *Worktime) stretch(unix int64) stretch {
	at := time.Unix(unix, 0).In(w.zone)
	_, offset := at.Zone()
	s := stretch{-farAway, farAway, int64(offset)}
	from, to := at.ZoneBounds()
	if !from.IsZero() {
		s.from = from.Unix()
	}
	if !to.IsZero() {
		s.to = to.Unix()
	}
	return s
}

// Works tells whether t is working time.
func (w *Worktime) Works(t time.Time) bool {
	unix := t.Unix()
	s := w.stretch(unix)
	return w.through(unix+s.offset+1) > w.through(unix+s.offset)
}

// Workday tells whether any part of the day that t falls on is worked.
func (w *Worktime) Workday(t time.Time) bool {
	unix := t.Unix()
	day, _ := split(unix + w.stretch(unix).offset)
	return w.day(day).total > 0
}

// Between is the working time from a to b; it is negative when b comes before a.
func (w *Worktime) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -w.Between(b, a)
	}
	var seconds int64
	for at, end := a.Unix(), b.Unix(); at < end; {
		s := w.stretch(at)
		to := min(s.to, end)
		seconds += w.through(to+s.offset) - w.through(at+s.offset)
		at = to
	}
	// Spans begin and end at whole minutes: a second is worked as a whole or not at all.
	d := time.Duration(seconds) * time.Second
	if n := b.Nanosecond(); n > 0 && w.Works(b) {
		d += time.Duration(n)
	}
	if n := a.Nanosecond(); n > 0 && w.Works(a) {
		d -= time.Duration(n)
	}
	return d
}

// Add is the first moment at which working time d has passed since t; t itself when d is not positive. What is done in
// the last second of a day is done that day: eight hours from nine o'clock end at closing time, not the next morning.
func (w *Worktime) Add(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t
	}
	if n := t.Nanosecond(); n > 0 && w.Works(t) {
		d += time.Duration(n)
	}
	seconds, rest := int64(d/time.Second), d%time.Second
	if rest > 0 { // within the second that brings the sum to one more
		seconds++
	}
	at := t.Unix()
	for {
		s := w.stretch(at)
		done := w.through(at + s.offset)
		if got := w.through(s.to+s.offset) - done; got < seconds {
			seconds -= got
			at = s.to
			continue
		}
		at = w.reach(done+seconds, at+s.offset) - s.offset
		if rest > 0 {
			at--
		}
		return time.Unix(at, int64(rest)).In(t.Location())
	}
}

// Back is the first moment from which the working time to t is d: what Add leads from to t, or to the end of the
// working time before it. It is t itself when d is not positive. Seconds are whole: a part of one counts as one.
func (w *Worktime) Back(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t
	}
	seconds := int64((d + time.Second - 1) / time.Second)
	at := t.Unix()
	for {
		s := w.stretch(at - 1) // the stretch that ends at or after at
		done := w.through(at + s.offset)
		if got := done - w.through(s.from+s.offset); got <= seconds && s.from > -farAway {
			seconds -= got
			at = s.from
			continue
		}
		return time.Unix(w.last(done-seconds, at+s.offset)-s.offset, 0).In(t.Location())
	}
}

// last is the first local second before which n seconds are worked, at or before to.
func (w *Worktime) last(n, to int64) int64 {
	day, _ := split(to)
	step := int64(1)
	for day -= step; w.until(day) >= n; day -= step {
		step *= 2
	}
	return w.reach(n, day*daySeconds)
}
