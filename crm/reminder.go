package crm

import "time"

// The states of reminders and tasks.
const (
	StateOpen      = "open"
	StateDone      = "done"
	StateCancelled = "cancelled"
)

// Reminder (提醒) rings for one person at one time. A repeating one is followed by the next when it is done.
type Reminder struct {
	ID         ReminderID
	UserID     UserID // whom it rings
	CreatedBy  UserID
	CustomerID CustomerID // 0 when it concerns none that is kept
	ContactID  ContactID
	Content    string
	At         time.Time // UTC
	First      time.Time // UTC: when the first of the series was to ring; the day of the month comes from it
	Repeat     Repeat
	State      string
	Version    int
}

// CheckReminderTime refuses a time that has passed, or is so far off that it must be a slip.
func CheckReminderTime(at, now time.Time, zone *time.Location) error {
	switch {
	case !at.After(now):
		return Refuse(ErrInvalid, "%s已经过了，要改到什么时候提醒？比如「明天9点」。", SayTime(at, now, zone))
	case at.After(now.AddDate(5, 0, 0)):
		return Refuse(ErrInvalid, "%s太远了（五年以后），请重新说个时间。", at.In(zone).Format("2006年1月2日"))
	}
	return nil
}

// Next is the reminder that follows r in its series, to be created when r has rung or is done; ok is
// false when r comes once.
func (r Reminder) Next(now time.Time, zone *time.Location, c Calendar) (next Reminder, ok bool) {
	after := now
	if r.At.After(after) { // done before it rang: the following one, not the same again
		after = r.At
	}
	at := r.Repeat.Next(r.First, after, zone, c)
	if at.IsZero() {
		return Reminder{}, false
	}
	next = r
	next.ID, next.Version, next.State, next.At = 0, 0, StateOpen, at
	return next, true
}
