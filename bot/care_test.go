package bot

import (
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates/messages"
)

// What comes due about a customer says whom it is about and what to do.
func TestCareIsToldInASentence(t *testing.T) {
	t.Parallel()
	said, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	about := careTelling{Customer: "云帆", Full: "上海云帆科技", Number: 1024, Level: "战略客户", Owner: "李雷", Name: "打印机 SN88123", Day: "12月19日", Days: 30}
	for name, c := range map[string]struct {
		kind string
		with func(v *careTelling)
		want []string
	}{
		"a warranty":            {action.KindDevice, func(v *careTelling) { v.What = "warranty" }, []string{"打印机 SN88123 保修到 12月19日 结束", "30 天", "续保"}},
		"a life":                {action.KindDevice, func(v *careTelling) { v.What = "life" }, []string{"12月19日 就该更换", "换新"}},
		"a visit":               {action.KindVisit, func(v *careTelling) { v.Last = "11月18日" }, []string{"战略客户", "上次联系11月18日"}},
		"a visit, never spoken": {action.KindVisit, func(*careTelling) {}, []string{"到了该拜访的时候，"}},
		"a fall by tickets": {action.KindHealth, func(v *careTelling) {
			v.Fall = action.HealthFall{From: 80, Score: 60, Why: "2 张超时", Worst: "工单"}
		}, []string{"从 80 掉到 60：2 张超时", "工单盯完"}},
		"below the line at once": {action.KindHealth, func(v *careTelling) { v.Fall = action.HealthFall{From: 38, Score: 38} }, []string{"只有 38", "联系一下"}},
		"an owner who is gone":   {action.KindOrphan, func(*careTelling) {}, []string{"#1024", "李雷", "云帆转给"}},
	} {
		v := about
		c.with(&v)
		text, err := said.Say("ring_"+c.kind, v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q lacks %q", name, text, w)
			}
		}
	}
}

// The ring of a device's end that has moved, or is past, says nothing.
func TestADevicesEndIsTheOneOfTheRing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 19, 1, 0, 0, 0, time.UTC)
	d := store.DeviceRow{ID: 7, Product: "打印机", Serial: "SN88123", Warranty: "2026-12-19", Life: "2030-01-01"}
	key := func(what, day string) string { return "timer:" + action.DeviceKey(crm.DeviceID(7), what, day) }
	var v careTelling
	if !v.deviceEnds(d, key("warranty", "2026-12-19"), now) || v.What != "warranty" || v.Days != 30 || v.Day != "12月19日" {
		t.Errorf("%+v", v)
	}
	for name, k := range map[string]string{"moved": key("warranty", "2026-12-01"), "another end": key("life", "2026-12-19"), "another device": "timer:device:8:warranty:2026-12-19"} {
		if (&careTelling{}).deviceEnds(d, k, now) {
			t.Errorf("%s: told", name)
		}
	}
	if (&careTelling{}).deviceEnds(d, key("warranty", "2026-12-19"), now.AddDate(0, 2, 0)) {
		t.Error("past: told")
	}
}

func TestTheNextNight(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{"2026-11-18T10:00:00+08:00": "2026-11-19T03:00:00+08:00", "2026-11-19T02:59:59+08:00": "2026-11-19T03:00:00+08:00",
		"2026-11-19T03:00:00+08:00": "2026-11-20T03:00:00+08:00", "2026-12-31T23:00:00+08:00": "2027-01-01T03:00:00+08:00"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if due := nextNight(at, crm.Shanghai).Due.In(crm.Shanghai).Format(time.RFC3339); due != want {
			t.Errorf("%s: %s, want %s", now, due, want)
		}
	}
}
