package bottest

import (
	"strings"
	"testing"
	"time"

	"gendan/crm/store/storetest"
)

// TestADeadlineEscalatesOnceWhateverDies: Redis dies before the deadline and comes back empty, the process dies at it, and
// the timer rings a second time: the lead is called once, and nothing is forgotten.
func TestADeadlineEscalatesOnceWhateverDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom")
	owner := storetest.Owner(t, w.store)
	count := func(query string) (n int) {
		t.Helper()
		if err := owner.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	w.say("wecom", "李雷", "新客户 上海云帆科技,王强 13812345678")
	w.say("wecom", "赵敏", "云帆投诉空压机冒烟,紧急")
	w.say("wecom", "赵敏", "转交 1004 李雷")
	handed := count(`SELECT count(*) FROM ticket_entries`)

	w.clock.set(w.clock.Now().Add(12*time.Minute + time.Second)) // both warnings
	w.alarm.Poke()
	w.settle()
	w.redis.Stop() // what it held is gone
	w.clock.set(w.clock.Now().Add(2*time.Minute + 58*time.Second))
	w.settle()
	if n := count(`SELECT level FROM tickets`); n != 0 {
		t.Fatalf("escalated to level %d a second before the deadline", n)
	}
	w.clock.set(w.clock.Now().Add(time.Second))
	w.settle() // Postgres remembers
	w.end()
	w.redis.Start()
	for range 2 {
		if _, err := owner.Exec(`UPDATE timers SET state = 0, closed_at = NULL WHERE kind = 'sla.first.100'`); err != nil {
			t.Fatal(err)
		}
		w.begin()
		w.settle()
		w.end()
	}
	w.begin()
	w.settle()
	if level, entries := count(`SELECT level FROM tickets`), count(`SELECT count(*) FROM ticket_entries`); level != 1 || entries != handed+1 {
		t.Errorf("level %d, %d entries more", level, entries-handed)
	}
	if n := count(`SELECT count(*) FROM promises WHERE NOT kept`); n != 1 {
		t.Errorf("%d broken promises", n)
	}
	if rings := count(`SELECT count(*) FROM outbox WHERE kind = 'sla.first.100'`); rings != 3 {
		t.Errorf("the timer rang %d times: the test is about three", rings)
	}
	calls := 0
	for _, line := range w.look("王静") {
		if strings.Contains(line, "升级给你") {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("the lead was called %d times", calls)
	}
}
