package action

import "time"

// Writes tells whether the action of that name changes something. An unknown name does, to be careful.
func Writes(name string) bool {
	a := find(name)
	return a == nil || a.write
}

// Workday tells whether people work on the day that at falls on, in at's own zone, by the company's calendar.
func (x *Executor) Workday(at time.Time) bool { return x.calendar.Workday(at) }
