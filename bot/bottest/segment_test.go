package bottest

import (
	"strings"
	"testing"
	"time"
)

// TestSegmentOfManyIsCountedAside: whoever looks at a segment that nobody has counted hears at once that it is being counted, and the number
// when it is there; once, although the row that counts is rung twice, as after a death of the process between count and word.
func TestSegmentOfManyIsCountedAside(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, defaultStart, options{many: 1}, "wecom", "dingtalk")
	on := "dingtalk"
	w.say(on, "李雷", "新客户 张小雨")
	w.say(on, "李雷", "新客户 陈思远")
	w.say(on, "李雷", "张小雨下单 抹茶拿铁 2杯 52元")
	w.say(on, "李雷", "把买过抹茶的客户存成人群 抹茶客")
	w.shows(on, "李雷", "人群「抹茶客」数好了：买过抹茶的客户现在有 1 位")
	if _, err := w.db.Exec(`WITH gone AS (DELETE FROM segment_members) DELETE FROM segment_looks`); err != nil {
		t.Fatal(err)
	}
	w.clock.set(w.clock.Now().Add(time.Minute))
	said := func() string { return w.screen(on, "李雷") }
	before := len(said())
	for _, ask := range []string{"看人群 抹茶客", "给人群抹茶客发一张8折券"} {
		w.say(on, "李雷", ask)
		w.settle()
		if !strings.Contains(said()[before:], "人群「抹茶客」正在数，数好告诉你") {
			t.Fatal(said()[before:])
		}
		w.until(ask, 30*time.Second, func() bool {
			return strings.Contains(said()[before:], "数好了：买过抹茶的客户现在有 1 位")
		})
		w.settle()
		if n := strings.Count(said()[before:], "数好了"); n != 1 {
			t.Errorf("%s: told %d times:\n%s", ask, n, said()[before:])
		}
		// As if the process had died with the count done and not told: the row is open again.
		rung := w.count(`WITH again AS (UPDATE outbox SET state = 0, closed_at = NULL, free_at = '-infinity' WHERE kind = 'segment.count' RETURNING 1) SELECT count(*) FROM again`)
		w.settle()
		if n := strings.Count(said()[before:], "数好了"); n != 1 || rung == 0 {
			t.Errorf("%s: rung again %d, told %d times", ask, rung, n)
		}
		before = len(said())
		w.clock.set(w.clock.Now().Add(time.Minute))
		if _, err := w.db.Exec(`WITH gone AS (DELETE FROM segment_members) DELETE FROM segment_looks`); err != nil {
			t.Fatal(err)
		}
	}
}
