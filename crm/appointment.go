package crm

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// AppointmentID is the number of an appointment (预约).
type AppointmentID int64

// AppointmentRules are the pack's rules of visits by a technician.
type AppointmentRules struct {
	Minutes int `json:"minutes"`  // how long one lasts when nobody says
	Evening int `json:"evening"`  // minutes after midnight: the day before, both sides hear
	Before  int `json:"before"`   // minutes before it begins, the technician hears again
	MaxDays int `json:"max_days"` // how far ahead one may lie
}

// Appointment (预约) is an hour at which a technician is at a customer's. It is made for one person and one customer; it
// moves, is done or is called off.
type Appointment struct {
	ID           AppointmentID
	CustomerID   CustomerID
	TechnicianID UserID
	TicketID     int64 // 0 when it belongs to none
	DeviceID     DeviceID
	From, To     time.Time // UTC
}

// Stretch is a piece of time, its end not included.
type Stretch struct{ From, To time.Time }

// Meets tells whether two spans share a moment; one that begins as the other ends does not.
func (s Stretch) Meets(o Stretch) bool { return s.From.Before(o.To) && o.From.Before(s.To) }

// FreeStretches are the working hours without what is busy and without what lies before notBefore; stretches shorter
// than least are left out.
func FreeStretches(working, busy []Stretch, least time.Duration, notBefore time.Time) (free []Stretch) {
	busy = slices.Clone(busy)
	slices.SortFunc(busy, func(a, b Stretch) int { return a.From.Compare(b.From) })
	add := func(s Stretch) {
		if s.From.Before(notBefore) {
			s.From = notBefore
		}
		if s.To.Sub(s.From) >= least && s.To.After(s.From) {
			free = append(free, s)
		}
	}
	for _, w := range working {
		from := w.From
		for _, b := range busy {
			if !b.Meets(Stretch{from, w.To}) {
				continue
			}
			add(Stretch{from, b.From})
			if b.To.After(from) {
				from = b.To
			}
		}
		add(Stretch{from, w.To})
	}
	return free
}

// Within tells whether all of s lies in one of the stretches.
func Within(s Stretch, stretches []Stretch) bool {
	return slices.ContainsFunc(stretches, func(w Stretch) bool { return !s.From.Before(w.From) && !s.To.After(w.To) })
}

// SayStretches are stretches of one day as people say them: 「09:00-12:00、13:00-15:00」.
func SayStretches(spans []Stretch, zone *time.Location) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = s.From.In(zone).Format("15:04") + "-" + s.To.In(zone).Format("15:04")
	}
	return strings.Join(parts, "、")
}

// CheckAppointmentTime refuses times that cannot be meant.
func CheckAppointmentTime(at, now time.Time, most int, zone *time.Location) error {
	switch {
	case !at.After(now):
		return Refuse(ErrInvalid, "%s已经过了，约在什么时候？比如「明天下午2点」。", SayTime(at, now, zone))
	case most > 0 && at.After(now.AddDate(0, 0, most)):
		return Refuse(ErrInvalid, "%s太远了，最多约到 %d 天以后，换个时间再说一遍。", SayTime(at, now, zone), most)
	}
	return nil
}

// SayMinutes is a length of time as people say it: 「2 小时」, 「1 小时 30 分」.
func SayMinutes(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d 分钟", m)
	case m == 0:
		return fmt.Sprintf("%d 小时", h)
	}
	return fmt.Sprintf("%d 小时 %d 分", h, m)
}
