package crm

import (
	"slices"
	"time"
)

// The clocks of a ticket. The first runs from its making to the first answer, the next from a customer's word to the
// answer to it, the last to the solution; that one stands still while the customer is waited for.
const (
	ClockFirst = "first" // 首次响应
	ClockNext  = "next"  // 再次响应
	ClockSolve = "solve" // 解决
)

// Clocks are all clocks.
var Clocks = []string{ClockFirst, ClockNext, ClockSolve}

// ClockChinese is a clock as people say it.
func ClockChinese(clock string) string {
	switch clock {
	case ClockFirst:
		return "首次响应"
	case ClockNext:
		return "再次响应"
	case ClockSolve:
		return "解决"
	}
	return clock
}

// Ended is a promise that came to its end at At: kept when that was not after Due.
type Ended struct {
	Clock   string
	Due, At time.Time
	Kept    bool
}

// Allowed is how long clock may run.
func (s SLA) Allowed(clock string) time.Duration {
	switch clock {
	case ClockFirst:
		return s.First
	case ClockNext:
		return s.Next
	case ClockSolve:
		return s.Solve
	}
	return 0
}

// Wind sets t's deadlines after a change at now; was is t before it, the zero Ticket when t is new. It gives the promises
// that ended with the change.
//
// A deadline stands as it was computed until something moves it: another promise (counted from the beginning again, but
// never so that it would have passed already), the end of a pause (later by the working time of it), the customer's
// next word, or opening again, which begins to count anew. What had passed before a pause has passed.
func (s SLA) Wind(t *Ticket, was Ticket, now time.Time) (ended []Ended) {
	now = now.Truncate(time.Second)
	fresh, wasOpen := was.ID == 0, was.State != TicketClosed
	began := now
	if !t.CreatedAt.IsZero() {
		began = t.CreatedAt.Truncate(time.Second)
	}
	end := func(clock string, due *time.Time) {
		if due != nil && t.MergedInto == 0 {
			ended = append(ended, Ended{Clock: clock, Due: *due, At: now, Kept: !now.After(*due)})
		}
	}
	s.resume(t, was, now)
	if !t.Open() {
		if fresh || wasOpen {
			if was.FirstAt == nil {
				end(ClockFirst, t.FirstDue)
			}
			end(ClockNext, t.NextDue)
			end(ClockSolve, t.SolveDue)
		}
		t.NextDue = nil
		return ended
	}
	other := t.SLA != s.Name
	t.SLA = s.Name
	switch {
	case s.Hours == nil: // nothing is promised
		t.FirstDue, t.NextDue, t.SolveDue = nil, nil, nil
		return nil
	case t.FirstAt == nil:
		if !fresh && !wasOpen {
			t.FirstDue = s.promise(ClockFirst, now, 0, nil, now)
		} else if t.FirstDue == nil || other {
			t.FirstDue = s.promise(ClockFirst, began, 0, t.FirstDue, now)
		}
	case was.FirstAt == nil && !fresh:
		end(ClockFirst, t.FirstDue)
	}
	switch {
	case t.AskedAt == nil:
		end(ClockNext, t.NextDue)
		t.NextDue = nil
	case t.NextDue == nil || other || was.AskedAt == nil:
		t.NextDue = s.promise(ClockNext, t.AskedAt.Truncate(time.Second), 0, t.NextDue, now)
	}
	paused := time.Duration(t.PausedSeconds) * time.Second
	switch {
	case !fresh && !wasOpen:
		t.PausedSeconds = int64(s.Hours.Between(began, now) / time.Second)
		t.SolveDue = s.promise(ClockSolve, now, 0, nil, now)
	case t.SolveDue == nil || other:
		t.SolveDue = s.promise(ClockSolve, began, paused, t.SolveDue, now)
	}
	return ended
}

// promise is when clock has run out that began to run at began and was paused for a while.
func (s SLA) promise(clock string, began time.Time, paused time.Duration, old *time.Time, now time.Time) *time.Time {
	allowed := s.Allowed(clock)
	if allowed == 0 {
		return nil
	}
	due := s.Hours.Add(began, allowed+paused)
	if !due.After(now) && (old == nil || old.After(now)) {
		due = s.Hours.Add(now, allowed)
		if old != nil && old.Before(due) {
			due = *old
		}
	}
	due = due.UTC()
	return &due
}

// resume pushes deadlines by the working time of a pause that has ended.
func (s SLA) resume(t *Ticket, was Ticket, now time.Time) {
	if was.WaitingSince == nil || t.WaitingSince != nil || s.Hours == nil {
		return
	}
	since := was.WaitingSince.Truncate(time.Second)
	pause := s.Hours.Between(since, now)
	t.PausedSeconds += int64(pause / time.Second)
	for _, due := range []**time.Time{&t.SolveDue, &t.NextDue} {
		if *due != nil && (*due).After(since) {
			later := s.Hours.Add(**due, pause).UTC()
			*due = &later
		}
	}
}

// Deadline is when clock runs out; nil when it does not run.
func (t *Ticket) Deadline(clock string) *time.Time {
	switch {
	case !t.Open():
	case clock == ClockFirst && t.FirstAt == nil:
		return t.FirstDue
	case clock == ClockNext && t.WaitingSince == nil && t.AskedAt != nil:
		return t.NextDue
	case clock == ClockSolve && t.WaitingSince == nil:
		return t.SolveDue
	}
	return nil
}

// Mark is a moment at which somebody is told how far a promise has run: Percent 100 is its deadline.
type Mark struct {
	Clock   string
	Percent int
	At, Due time.Time
}

// Marks are the moments that lie ahead of t at now, and deadlines that passed with nobody told.
func (s *ServiceRules) Marks(t *Ticket, now time.Time) (marks []Mark) {
	sla, ok := s.SLANamed(t.SLA)
	for _, clock := range Clocks {
		due := t.Deadline(clock)
		if due == nil {
			continue
		}
		for _, w := range s.Warnings {
			if !ok {
				break
			}
			left := sla.Allowed(clock) * time.Duration(100-w.Percent) / 100
			if at := sla.Hours.Back(*due, left); at.After(now) && at.Before(*due) {
				marks = append(marks, Mark{clock, w.Percent, at.UTC(), *due})
			}
		}
		marks = append(marks, Mark{clock, 100, *due, *due})
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return a.At.Compare(b.At) })
	return marks
}

// Warning is who is told at percent.
func (s *ServiceRules) Warning(percent int) (w Warning, ok bool) {
	for _, w := range s.Warnings {
		if w.Percent == percent {
			return w, true
		}
	}
	return Warning{}, false
}

// Accepted tells whether somebody has taken t on since a deadline passed: whoever escalates then disturbs.
func (t *Ticket) Accepted(since time.Time) bool {
	return t.TouchedAt != nil && t.TouchedAt.After(since)
}
