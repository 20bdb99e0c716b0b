package crm_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gendan/crm"
)

var officeSLA = func() crm.SLA {
	w, err := crm.NewWorktime(officeWeek, crm.Calendar{Days: map[string]bool{"2026-10-01": false, "2026-10-02": false, "2026-10-10": true}})
	if err != nil {
		panic(err)
	}
	return crm.SLA{Name: "标准", Hours: w, First: 40 * time.Minute, Next: time.Hour, Solve: 9 * time.Hour}
}()

// slowClocks counts the minutes of a ticket's clocks one by one, as somebody with a stop watch would.
type slowClocks struct {
	ran map[string]time.Duration
}

func (c *slowClocks) minute(t *crm.Ticket, worked bool) {
	if !worked || !t.Open() {
		return
	}
	if t.FirstAt == nil {
		c.ran[crm.ClockFirst] += time.Minute
	}
	if t.AskedAt != nil && t.WaitingSince == nil {
		c.ran[crm.ClockNext] += time.Minute
	}
	if t.WaitingSince == nil {
		c.ran[crm.ClockSolve] += time.Minute
	}
}

// A life of a ticket, minute by minute: whenever a stop watch says that a promise ran out, so does the deadline that was
// computed ahead, and not a minute before.
func TestDeadlinesAreWhatAStopWatchSays(t *testing.T) {
	t.Parallel()
	for i := range 100 {
		r := rand.New(rand.NewPCG(23, uint64(i)))
		now := shanghai(t, "2026-09-26 00:00:00").Add(time.Duration(r.IntN(10*1440)) * time.Minute)
		tk := crm.Ticket{State: crm.TicketNew}
		watch := slowClocks{ran: map[string]time.Duration{}}
		officeSLA.Wind(&tk, crm.Ticket{}, now)
		tk.ID, tk.CreatedAt = 1, now
		for range 12 * 1440 {
			watch.minute(&tk, slowWorks(officeWeek, crm.Calendar{Days: map[string]bool{"2026-10-01": false, "2026-10-02": false, "2026-10-10": true}}, now))
			now = now.Add(time.Minute)
			for _, clock := range crm.Clocks {
				if due := tk.Deadline(clock); due != nil && !now.Before(*due) != (watch.ran[clock] >= officeSLA.Allowed(clock)) {
					t.Fatalf("case %d: %v: %s runs out at %v, the watch says %v of %v", i, now, clock, due.In(crm.Shanghai), watch.ran[clock], officeSLA.Allowed(clock))
				}
			}
			if r.IntN(150) == 0 {
				step(r, &tk, &watch, now)
			}
		}
	}
}

// step does something to a ticket, as the ticket actions do it.
func step(r *rand.Rand, tk *crm.Ticket, watch *slowClocks, now time.Time) {
	was := *tk
	switch r.IntN(7) {
	case 0, 1: // a reply
		if !tk.Open() {
			return
		}
		if tk.FirstAt == nil {
			tk.FirstAt = &now
		}
		tk.State, tk.AskedAt, tk.WaitingSince = crm.TicketWorking, nil, nil
		watch.ran[crm.ClockNext] = 0
	case 2, 3: // waiting for the customer
		if tk.FirstAt == nil || tk.WaitingSince != nil || !tk.Open() {
			return
		}
		tk.State, tk.WaitingSince = crm.TicketWaiting, &now
	case 4: // the customer writes
		if !tk.Open() || tk.FirstAt == nil {
			return
		}
		if tk.AskedAt == nil {
			tk.AskedAt = &now
		}
		tk.State, tk.WaitingSince = crm.TicketWorking, nil
	case 5:
		tk.State, tk.ClosedAt, tk.WaitingSince, tk.AskedAt = crm.TicketClosed, &now, nil, nil
		watch.ran[crm.ClockNext] = 0
	case 6:
		if tk.Open() {
			return
		}
		tk.State, tk.ClosedAt = crm.TicketWorking, nil
		watch.ran[crm.ClockFirst], watch.ran[crm.ClockSolve] = 0, 0
		watch.ran[crm.ClockNext] = 0
	}
	officeSLA.Wind(tk, was, now)
}

func at(t *testing.T, s string) *time.Time {
	v := shanghai(t, s)
	return &v
}

func TestPromisesEndKeptOrNot(t *testing.T) {
	t.Parallel()
	monday := shanghai(t, "2026-11-16 09:00:00")
	fresh := func() crm.Ticket {
		tk := crm.Ticket{State: crm.TicketNew}
		officeSLA.Wind(&tk, crm.Ticket{}, monday)
		tk.ID, tk.CreatedAt = 1, monday
		return tk
	}
	for name, c := range map[string]struct {
		do   func(*crm.Ticket)
		at   string
		want []crm.Ended
	}{
		"answered in time": {func(tk *crm.Ticket) { tk.FirstAt = at(t, "2026-11-16 09:40:00") }, "2026-11-16 09:40:00",
			[]crm.Ended{{crm.ClockFirst, *at(t, "2026-11-16 09:40:00"), *at(t, "2026-11-16 09:40:00"), true}}},
		"answered a second late": {func(tk *crm.Ticket) { tk.FirstAt = at(t, "2026-11-16 09:40:01") }, "2026-11-16 09:40:01",
			[]crm.Ended{{crm.ClockFirst, *at(t, "2026-11-16 09:40:00"), *at(t, "2026-11-16 09:40:01"), false}}},
		"closed without an answer": {func(tk *crm.Ticket) { tk.State = crm.TicketClosed }, "2026-11-16 09:10:00",
			[]crm.Ended{{crm.ClockFirst, *at(t, "2026-11-16 09:40:00"), *at(t, "2026-11-16 09:10:00"), true},
				{crm.ClockSolve, *at(t, "2026-11-17 10:30:00"), *at(t, "2026-11-16 09:10:00"), true}}},
		"merged into another": {func(tk *crm.Ticket) { tk.State, tk.MergedInto = crm.TicketClosed, 7 }, "2026-11-16 09:10:00", nil},
	} {
		tk := fresh()
		was := tk
		c.do(&tk)
		got := officeSLA.Wind(&tk, was, shanghai(t, c.at))
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		for i, w := range c.want {
			if g := got[i]; g.Clock != w.Clock || !g.Due.Equal(w.Due) || !g.At.Equal(w.At) || g.Kept != w.Kept {
				t.Errorf("%s: %+v, want %+v", name, g, w)
			}
		}
	}
}

func TestAnotherPromiseCountsFromTheBeginningButDoesNotBreakAtOnce(t *testing.T) {
	t.Parallel()
	tk := crm.Ticket{State: crm.TicketNew}
	officeSLA.Wind(&tk, crm.Ticket{}, shanghai(t, "2026-11-16 09:00:00"))
	tk.ID, tk.CreatedAt = 1, shanghai(t, "2026-11-16 09:00:00")
	urgent := officeSLA
	urgent.Name, urgent.First, urgent.Solve = "紧急", 15*time.Minute, 4*time.Hour
	was := tk
	urgent.Wind(&tk, was, shanghai(t, "2026-11-16 09:30:00")) // the quarter of an hour is over
	if got := tk.FirstDue.In(crm.Shanghai).Format(time.TimeOnly); got != "09:40:00" || tk.SLA != "紧急" {
		t.Errorf("first: %s: the old promise came before a new quarter of an hour", got)
	}
	if got := tk.SolveDue.In(crm.Shanghai).Format(time.DateTime); got != "2026-11-16 14:30:00" {
		t.Errorf("solve: %s", got)
	}
	was = tk
	crm.SLA{}.Wind(&tk, was, shanghai(t, "2026-11-16 09:31:00"))
	if tk.FirstDue != nil || tk.SolveDue != nil || tk.SLA != "" {
		t.Errorf("no promise: %+v", tk)
	}
}

func TestMarksLieAheadInWorkingTime(t *testing.T) {
	t.Parallel()
	rules := &crm.ServiceRules{SLAs: []crm.SLA{officeSLA}, Warnings: []crm.Warning{{Percent: 50}, {Percent: 80}}}
	tk := crm.Ticket{State: crm.TicketNew}
	now := shanghai(t, "2026-11-20 17:30:00") // a Friday
	officeSLA.Wind(&tk, crm.Ticket{}, now)
	want := []string{"first 50 11-20 17:50:00", "first 80 11-23 09:02:00", "first 100 11-23 09:10:00",
		"solve 50 11-23 14:30:00", "solve 80 11-23 17:12:00", "solve 100 11-24 10:00:00"}
	for i, m := range rules.Marks(&tk, now) {
		if i >= len(want) {
			t.Fatalf("one more: %+v", m)
		}
		if got := m.Clock + " " + map[int]string{50: "50", 80: "80", 100: "100"}[m.Percent] + m.At.In(crm.Shanghai).Format(" 01-02 15:04:05"); got != want[i] {
			t.Errorf("mark %d: %s, want %s", i, got, want[i])
		}
	}
	if n := len(rules.Marks(&tk, shanghai(t, "2026-11-23 09:05:00"))); n != 4 {
		t.Errorf("what has passed is marked again: %d", n)
	}
	tk.State = crm.TicketClosed
	if n := len(rules.Marks(&tk, now)); n != 0 {
		t.Errorf("%d marks of a closed ticket", n)
	}
}
