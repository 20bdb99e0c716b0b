package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
)

// mostTravel is how far one step goes. Records keep their dates, so a slip of the finger should not make a year of them.
const mostTravel = 400 * 24 * time.Hour

// clockView is the clock in the page's head.
type clockView struct {
	Now   time.Time
	Zone  *time.Location
	Next  time.Time
	Ahead time.Duration
	Token string
}

// Text is the clock as people read it.
func (v clockView) Text() string {
	t := v.Now.In(v.Zone)
	return t.Format("2006年1月2日 ") + weekday(t) + t.Format(" 15:04")
}

// NextText is when the next timer rings, "" when none waits.
func (v clockView) NextText() string {
	if v.Next.IsZero() {
		return ""
	}
	if local := v.Next.In(v.Zone); local.Format(time.DateOnly) == v.Now.In(v.Zone).Format(time.DateOnly) {
		return local.Format("今天 15:04")
	}
	return dayAndTime(v.Next, v.Now, v.Zone)
}

// Field is the next minute, as the value of a date and time field: the earliest to go to.
func (v clockView) Field() string { return v.Now.In(v.Zone).Add(time.Minute).Format(localTime) }

// AheadText says how far the clock was moved, "" for not at all.
func (v clockView) AheadText() string {
	days, hours, minutes := int(v.Ahead.Hours())/24, int(v.Ahead.Hours())%24, int(v.Ahead.Minutes())%60
	var parts []string
	for _, one := range []struct {
		n    int
		unit string
	}{{days, "天"}, {hours, "小时"}, {minutes, "分"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.unit))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "已快进 " + strings.Join(parts, " ")
}

func (c *Console) clock(ctx context.Context) clockView {
	v := clockView{Now: c.cfg.Now(), Zone: c.cfg.Zone, Token: c.token}
	c.mu.Lock()
	v.Ahead = c.travel
	c.mu.Unlock()
	if c.cfg.NextDue != nil {
		next, err := c.cfg.NextDue(ctx)
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Warn("console: next timer", zap.Error(err))
		}
		v.Next = next
	}
	return v
}

func (c *Console) showClock(w http.ResponseWriter, r *http.Request) {
	c.render(w, http.StatusOK, "clock", c.clock(r.Context()))
}

// goTo moves the clock ahead.
func (c *Console) goTo(r *http.Request) (Phones, error) {
	now := c.cfg.Now()
	to := r.PostForm.Get("to")
	if to == "" {
		to = r.PostForm.Get("at")
	}
	t, err := destination(to, now, c.clock(r.Context()).Next, c.cfg.Zone)
	if err != nil {
		return nil, err
	}
	c.cfg.Travel(t)
	c.mu.Lock()
	c.travel += t.Sub(now)
	close(c.moved)
	c.moved = make(chan struct{})
	c.mu.Unlock()
	if len(c.cfg.Phones) == 0 {
		return nil, nil
	}
	return c.cfg.Phones[0], nil
}

// localTime is the value of a browser's date and time field.
const localTime = "2006-01-02T15:04"

// destination reads where the clock should go: a duration as "10m", "next", "brief" (the next 08:50),
// "tomorrow 15:00" or a local "2006-01-02T15:04".
func destination(to string, now, next time.Time, zone *time.Location) (time.Time, error) {
	local := now.In(zone)
	at := func(days, hour, minute int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, hour, minute, 0, 0, zone)
	}
	var t time.Time
	switch to {
	case "":
		return t, &Refusal{Sentence: "先选好要去的日期和时间"}
	case "next":
		if next.IsZero() {
			return t, &Refusal{Sentence: "没有在等的提醒，先说一句「明天下午3点提醒我……」"}
		}
		if t = next; t.Before(now) {
			t = now // it is ringing
		}
	case "brief":
		if t = at(0, 8, 50); !t.After(now) {
			t = at(1, 8, 50)
		}
	case "tomorrow 15:00":
		t = at(1, 15, 0)
	default:
		if d, err := time.ParseDuration(to); err == nil {
			t = now.Add(d)
		} else if t, err = parseLocal(to, zone); err != nil {
			return t, &Refusal{fmt.Sprintf("看不懂时间「%s」，要写成 2026-11-23 15:00 这样", shorten(to, 40)), err}
		}
	}
	switch {
	case t.Before(now):
		return t, &Refusal{Sentence: "时间只能往前走，响过的提醒收不回来；请选比现在晚的时间"}
	case t.Sub(now) > mostTravel:
		return t, &Refusal{Sentence: "一次最多往前走 400 天，请选近一点的时间"}
	}
	return t, nil
}

// parseLocal reads what a date and time field holds, or a person types where the browser has none.
func parseLocal(s string, zone *time.Location) (t time.Time, err error) {
	s = strings.Replace(strings.TrimSpace(s), " ", "T", 1)
	for _, layout := range []string{localTime, "2006-01-02T15:04:05"} {
		if t, err = time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return t, err
}

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
