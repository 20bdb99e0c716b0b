package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/crm"
)

// desk is the service desk as a customer finds it.
type desk struct {
	there []crm.UserID // who answers customers and is at work
	open  bool
	next  time.Time // when somebody is again, while it is closed
	hours string    // as people read it; "" when it is always open
}

// desk tells who is there for customers now. It is looked up once for a message.
func (q *guestTurn) desk() (*desk, error) {
	if q.found != nil {
		return q.found, nil
	}
	rules, err := q.bot.actions.ServiceRules(q.ctx, q.tx)
	if err != nil {
		return nil, err
	}
	people, err := q.tx.Colleagues(q.ctx)
	if err != nil {
		return nil, err
	}
	var service []crm.UserID
	for _, p := range people {
		if p.Role == string(crm.Service) {
			service = append(service, crm.UserID(p.ID))
		}
	}
	if q.ticket != nil && q.ticket.OwnerID != 0 && !slices.Contains(service, q.ticket.OwnerID) {
		service = append(service, q.ticket.OwnerID) // whoever handles it, whatever their role
	}
	d := &desk{}
	if d.there, err = q.bot.actions.OnDuty(q.ctx, q.tx, service, q.now); err != nil {
		return nil, err
	}
	d.open, d.next = len(d.there) > 0, q.now
	if w := rules.Shift; w != nil {
		d.hours = hoursWords(w)
		if !d.open {
			d.next = w.Add(q.now, time.Second).Add(-time.Second)
		}
	}
	q.found = d
	return d, nil
}

// deskWords adds to v what the texts say of the desk.
func (q *guestTurn) deskWords(v map[string]any) (map[string]any, error) {
	d, err := q.desk()
	if err != nil {
		return nil, err
	}
	if v == nil {
		v = map[string]any{}
	}
	v["Open"], v["Hours"], v["Next"] = d.open, d.hours, ""
	if !d.open && d.next.After(q.now) {
		v["Next"] = crm.SayTime(d.next, q.now, crm.Shanghai)
	}
	return v, nil
}

// hoursWords is when people work as customers read it: 周一至周六 08:30–12:00、13:00–20:00. It looks at a week far from all
// holidays that are known.
func hoursWords(w *crm.Worktime) string {
	var days [7]string
	monday := time.Date(2001, 1, 1, 0, 0, 0, 0, crm.Shanghai)
	for i := range days {
		days[i] = spansOf(w, monday.AddDate(0, 0, i))
	}
	names := []string{"周一", "周二", "周三", "周四", "周五", "周六", "周日"}
	var parts []string
	for i := 0; i < len(days); {
		j := i
		for j+1 < len(days) && days[j+1] == days[i] {
			j++
		}
		if days[i] != "" {
			name := names[i]
			switch {
			case i == 0 && j == 6:
				name = "每天"
			case j > i:
				name += "至" + names[j]
			}
			parts = append(parts, name+" "+days[i])
		}
		i = j + 1
	}
	if len(parts) == 1 && parts[0] == "每天 全天" {
		return ""
	}
	return strings.Join(parts, "，")
}

// spansOf are the hours of one day, to the minute.
func spansOf(w *crm.Worktime, day time.Time) string {
	const minutes = 24 * 60
	var spans []string
	for from := 0; from < minutes; from++ {
		if !w.Works(day.Add(time.Duration(from) * time.Minute)) {
			continue
		}
		to := from
		for to < minutes && w.Works(day.Add(time.Duration(to)*time.Minute)) {
			to++
		}
		if from == 0 && to == minutes {
			return "全天"
		}
		spans = append(spans, fmt.Sprintf("%02d:%02d–%02d:%02d", from/60, from%60, to/60, to%60))
		from = to
	}
	return strings.Join(spans, "、")
}
