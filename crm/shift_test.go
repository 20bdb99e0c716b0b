package crm_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gendan/crm"
)

func TestWorkIsGivenToWhoCanAndHasTheLeast(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1000, 0), time.Unix(2000, 0)
	for name, c := range map[string]struct {
		agents []crm.Agent
		skill  string
		want   crm.UserID
	}{
		"nobody at all":                      {nil, "", 0},
		"nobody on duty":                     {[]crm.Agent{{ID: 1}, {ID: 2}}, "", 0},
		"least to do":                        {[]crm.Agent{{ID: 1, OnDuty: true, Load: 2}, {ID: 2, OnDuty: true, Load: 1}}, "", 2},
		"on duty before least to do":         {[]crm.Agent{{ID: 1, OnDuty: true, Load: 9}, {ID: 2, Load: 1}}, "", 1},
		"skill before least to do":           {[]crm.Agent{{ID: 1, OnDuty: true, Load: 9, Skills: []string{"打印机"}}, {ID: 2, OnDuty: true}}, "打印机", 1},
		"skill off duty does not help":       {[]crm.Agent{{ID: 1, Skills: []string{"打印机"}}, {ID: 2, OnDuty: true, Load: 5}}, "打印机", 2},
		"never given one comes first":        {[]crm.Agent{{ID: 1, OnDuty: true, Given: early}, {ID: 2, OnDuty: true}}, "", 2},
		"longest without a new one":          {[]crm.Agent{{ID: 1, OnDuty: true, Given: late}, {ID: 2, OnDuty: true, Given: early}}, "", 2},
		"of equals the lowest number":        {[]crm.Agent{{ID: 3, OnDuty: true}, {ID: 2, OnDuty: true}, {ID: 5, OnDuty: true}}, "", 2},
		"a skill that is not needed is none": {[]crm.Agent{{ID: 3, OnDuty: true, Skills: []string{"网络"}}, {ID: 2, OnDuty: true}}, "", 2},
	} {
		for range 5 { // whatever the order
			rand.Shuffle(len(c.agents), func(i, j int) { c.agents[i], c.agents[j] = c.agents[j], c.agents[i] })
			if got, ok := crm.PickAgent(c.agents, c.skill); got.ID != c.want || ok != (c.want != 0) {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

func TestPresenceIsOnesWordThenOnesShift(t *testing.T) {
	t.Parallel()
	company := mustWorktime(t, officeWeek, crm.Calendar{})
	night := mustWorktime(t, crm.Hours{Week: weekOf([]crm.Span{{20 * 60, 24 * 60}}, 1, 2, 3, 4, 5)}, crm.Calendar{})
	said := func(on bool, from, until string) crm.Presence {
		return crm.Presence{Said: []crm.Spell{{On: on, Since: shanghai(t, from), Until: shanghai(t, until)}}}
	}
	for name, c := range map[string]struct {
		p    crm.Presence
		at   string
		want bool
	}{
		"the company's hours":  {crm.Presence{}, "2026-11-18 10:00:00", true},
		"lunch":                {crm.Presence{}, "2026-11-18 12:30:00", false},
		"a shift of one's own": {crm.Presence{Shift: night}, "2026-11-18 21:00:00", true},
		"off within hours":     {said(false, "2026-11-18 09:30:00", "2026-11-21 00:00:00"), "2026-11-20 10:00:00", false},
		"off has run out":      {said(false, "2026-11-16 09:30:00", "2026-11-18 00:00:00"), "2026-11-18 10:00:00", true},
		"off begins later":     {said(false, "2026-11-19 00:00:00", "2026-11-21 00:00:00"), "2026-11-18 10:00:00", true},
		"on in the evening":    {said(true, "2026-11-18 18:30:00", "2026-11-19 00:00:00"), "2026-11-18 22:00:00", true},
		"the last word counts": {crm.Presence{Said: append(said(false, "2026-11-18 00:00:00", "2026-11-21 00:00:00").Said,
			said(true, "2026-11-19 09:00:00", "2026-11-20 00:00:00").Said...)}, "2026-11-19 10:00:00", true},
		"and the one before it where that is silent": {crm.Presence{Said: append(said(false, "2026-11-18 00:00:00", "2026-11-21 00:00:00").Said,
			said(true, "2026-11-19 09:00:00", "2026-11-20 00:00:00").Said...)}, "2026-11-20 10:00:00", false},
		"on has run out": {said(true, "2026-11-18 18:30:00", "2026-11-19 00:00:00"), "2026-11-19 00:00:00", false},
	} {
		if got := c.p.OnDuty(shanghai(t, c.at), company); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !(crm.Presence{}).OnDuty(shanghai(t, "2026-11-22 03:00:00"), nil) {
		t.Error("a company without hours is always there")
	}
}

func TestShiftsAreReadAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"周一至周五 9:00-18:00":          "12345 09:00-18:00",
		"周一到五9点到12点、13点半到下午6点":      "12345 09:00-12:00 13:30-18:00",
		"每天 8:30-20:00":             "1234560 08:30-20:00",
		"工作日 9点到6点":                 "12345 09:00-18:00",
		"周六、周日 10:00-16:00":         "60 10:00-16:00",
		"周末 上午10点-晚上8点":             "60 10:00-20:00",
		"周五到周一 9:00-10:00":          "1560 09:00-10:00",
		"9:00-18:00":                "12345 09:00-18:00",
		"星期天 00:00-24:00":           "0 00:00-24:00",
		"周一 9:00-10:00；周三 14点-15点半": "1 09:00-10:00 3 14:00-15:30",
		"周八 9:00-10:00":             "",
		"周一 22:00-06:00":            "",
		"周一 9:00-12:00、11:00-13:00": "",
		"周一":                        "",
		"周一 25:00-26:00":            "",
		"":                          "",
		"周一 9:70-10:00":             "",
	} {
		week, err := crm.ParseWeek(said)
		got := ""
		if err == nil {
			got = sayWeek(week)
		}
		if got != want {
			t.Errorf("%s: %q, want %q (%v)", said, got, want, err)
		}
	}
}

// sayWeek writes days with the same spans together, Monday first.
func sayWeek(week [7][]crm.Span) (s string) {
	spans := ""
	for i := range 7 {
		d := (i + 1) % 7
		if week[d] == nil {
			continue
		}
		now := ""
		for _, x := range week[d] {
			now += " " + x.String()
		}
		if now != spans {
			if s != "" {
				s += spans + " "
			}
			spans = now
		}
		s += string(rune('0' + d))
	}
	return s + spans
}
