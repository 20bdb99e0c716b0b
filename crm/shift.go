package crm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spell is a time of which somebody said that they are at work (上班), or are not (下班, 请假): from Since until Until.
type Spell struct {
	On    bool      `json:"on,omitempty"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// Holds tells whether s is about now.
func (s Spell) Holds(now time.Time) bool { return !now.Before(s.Since) && now.Before(s.Until) }

// Presence is whether somebody is at work: by their own word until it runs out, else by their shift, else by the
// company's hours.
type Presence struct {
	Shift *Worktime // own hours; nil is the company's
	Said  []Spell   // in the order in which it was said: the last one that holds counts
}

// OnDuty tells whether somebody is at work at now; company is the company's hours, nil is always.
func (p Presence) OnDuty(now time.Time, company *Worktime) bool {
	for _, s := range slices.Backward(p.Said) {
		if s.Holds(now) {
			return s.On
		}
	}
	w := p.Shift
	if w == nil {
		w = company
	}
	return w == nil || w.Works(now)
}

// Agent is somebody who may be given work.
type Agent struct {
	ID     UserID
	Skills []string
	OnDuty bool
	Load   int       // open tickets that are theirs
	Given  time.Time // when they were given the last one; zero is never
}

// PickAgent is who gets the next piece of work: on duty, with the skill if anybody on duty has it, with the least to do,
// longest without a new one, and of equals the one with the lowest number. ok is false when nobody is on duty.
func PickAgent(agents []Agent, skill string) (best Agent, ok bool) {
	able := func(a Agent) bool { return a.OnDuty && (skill == "" || slices.Contains(a.Skills, skill)) }
	if !slices.ContainsFunc(agents, able) {
		skill = ""
	}
	for _, a := range agents {
		if able(a) && (!ok || a.before(best)) {
			best, ok = a, true
		}
	}
	return best, ok
}

func (a Agent) before(b Agent) bool {
	switch {
	case a.Load != b.Load:
		return a.Load < b.Load
	case !a.Given.Equal(b.Given):
		return a.Given.Before(b.Given)
	}
	return a.ID < b.ID
}

// weekdays are the names of days, Monday first; a week's second name of Sunday is 周天.
var weekdays = []string{"一", "二", "三", "四", "五", "六", "日"}

// ParseDays reads weekdays as people write them: 周一至周五, 周一到五, 周六、周日, 工作日, 每天, 周末.
func ParseDays(s string) (days []time.Weekday, err error) {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("、,， 和", r) }) {
		switch part {
		case "每天", "天天":
			part = "周一至周日"
		case "工作日":
			part = "周一至周五"
		case "周末", "双休日":
			part = "周六至周日"
		}
		from, to, span := cutAny(part, "至", "到", "-", "~")
		if !span {
			to = from
		}
		a, ok := weekday(from)
		b, ok2 := weekday(to)
		if !ok || !ok2 {
			return nil, fmt.Errorf("%q is no day of the week", part)
		}
		for ; ; a = (a + 1) % 7 {
			if d := time.Weekday((a + 1) % 7); !slices.Contains(days, d) {
				days = append(days, d)
			}
			if a == b {
				break
			}
		}
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("%q names no day of the week", s)
	}
	return days, nil
}

// weekday is the number of a day, Monday 0.
func weekday(s string) (int, bool) {
	for _, prefix := range []string{"周", "星期", "礼拜"} {
		s = strings.TrimPrefix(s, prefix)
	}
	if s == "天" {
		s = "日"
	}
	i := slices.Index(weekdays, s)
	return i, i >= 0
}

func cutAny(s string, seps ...string) (before, after string, found bool) {
	for _, sep := range seps {
		if before, after, found = strings.Cut(s, sep); found {
			return before, after, true
		}
	}
	return s, "", false
}

// ParseSpan reads a part of a day: 09:00-12:00, 9点到12点半, 9点至下午6点.
func ParseSpan(s string) (Span, error) {
	from, to, ok := cutAny(strings.ReplaceAll(s, " ", ""), "至", "到", "-", "~", "—")
	a, ok1 := clockMinute(from)
	b, ok2 := clockMinute(to)
	if ok1 && ok2 && b <= a && b <= 12*60 && !strings.ContainsAny(to, "上中下晚早:：") { // 9点到6点
		b += 12 * 60
	}
	if !ok || !ok1 || !ok2 || a >= b {
		return Span{}, fmt.Errorf("%q is no part of a day", s)
	}
	return Span{a, b}, nil
}

// clockMinute reads a time of day as minutes after midnight: 9:30, 09:30, 9点, 9点半, 9点30分, 下午6点, 24:00.
func clockMinute(s string) (int, bool) {
	afternoon := false
	for _, p := range []string{"上午", "早上", "早", "中午", "下午", "晚上", "晚"} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			s, afternoon = rest, p == "下午" || strings.HasPrefix(p, "晚")
			break
		}
	}
	s = strings.NewReplacer("点半", ":30", "点整", ":00", "点钟", ":00", "点", ":", "时", ":", "：", ":", "分", "").Replace(s)
	hour, minute, _ := strings.Cut(s, ":")
	h, err := strconv.Atoi(hour)
	m := 0
	if err == nil && minute != "" {
		m, err = strconv.Atoi(minute)
	}
	if afternoon && h < 12 {
		h += 12
	}
	if err != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return h*60 + m, true
}

// ParseWeek reads working hours as people say them: 周一至周五 9:00-12:00、13:00-18:00；周六 9点到12点. Days that are not
// named are not worked.
func ParseWeek(s string) (week [7][]Span, err error) {
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("；;\n", r) }) {
		line = strings.TrimSpace(line)
		cut := strings.IndexFunc(line, func(r rune) bool { return r >= '0' && r <= '9' || strings.ContainsRune("上早中下晚", r) })
		if cut < 0 {
			return week, fmt.Errorf("%q has no time of day", line)
		}
		days := []time.Weekday{1, 2, 3, 4, 5}
		if named := strings.TrimSpace(line[:cut]); named != "" {
			if days, err = ParseDays(named); err != nil {
				return week, err
			}
		}
		var spans []Span
		for part := range strings.FieldsFuncSeq(line[cut:], func(r rune) bool { return strings.ContainsRune("、,，和", r) }) {
			span, err := ParseSpan(part)
			if err != nil {
				return week, err
			}
			spans = append(spans, span)
		}
		for _, d := range days {
			week[d] = spans
		}
	}
	_, err = NewWorktime(Hours{Week: week}, Calendar{})
	return week, err
}
