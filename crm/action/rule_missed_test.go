package action_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

// TestMissedDaysAreMadeUpFor: nobody was there from Saturday on. What fell on the last three days is done on the day of the
// return, in daytime, once, whoever else tries; what is older stays undone, and a year later it is a new day.
func TestMissedDaysAreMadeUpFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	birthday := h.saveRule("钱总", told("生日", `{"kind":"birthday"}`, `{}`))
	date := h.saveRule("钱总", told("品牌日", `{"kind":"date","date":"11-22"}`, `{"filter":{"level":"重点客户"}}`))
	for name, day := range map[string]string{"甲": "11-19", "乙": "11-20", "丙": "11-21", "丁": "11-22", "戊": "11-23", "己": "11-24"} {
		h.must("李雷", call("customer.create", params{"customer": name + "公司", "level": map[bool]string{true: "重点客户"}[name == "丁"]}))
		h.must("李雷", call("contact.create", params{"customer": name + "公司", "contact": "张三", "birthday": day}))
	}
	h.on("2026-11-19")
	h.sweep(birthday.ID)
	h.want(birthday, "甲公司")
	// Down through the 20th to the 23rd; back on the 24th at two in the morning, when the old timer rings at once.
	h.now = time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)
	s, timer, err := h.x.RuleStep(t.Context(), action.RuleSweep{Rule: crm.RuleID(birthday.ID)})
	if err != nil || !s.Ended || timer.Due.In(crm.Shanghai).Format("01-02 15:04") != "11-24 09:00" {
		t.Errorf("%+v %+v %v", s, timer, err)
	}
	h.want(birthday, "甲公司")
	h.on("2026-11-24")
	var wg sync.WaitGroup
	for range 4 { // several processes, and rings that come twice
		wg.Go(func() {
			for _, rule := range []int64{birthday.ID, date.ID} {
				for s := (action.RuleSweep{Rule: crm.RuleID(rule)}); !s.Ended; {
					next, _, err := h.x.RuleStep(context.Background(), s)
					if err != nil {
						t.Error(err)
						return
					}
					s = next
				}
			}
		})
	}
	wg.Wait()
	h.want(birthday, "丁公司 丙公司 己公司 戊公司 甲公司")
	h.want(date, "丁公司")
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject = $1`, int64(h.who["钱总"].UserID)); n == 0 {
		t.Error("nobody was told")
	}
	h.now = h.now.Add(2 * time.Hour)
	h.sweep(birthday.ID)
	h.sweep(date.ID)
	h.want(birthday, "丁公司 丙公司 己公司 戊公司 甲公司")
	// Late in the evening a day waits for the next morning, and is made up for then.
	h.must("李雷", call("contact.create", params{"customer": "乙公司", "contact": "李四", "birthday": "11-25"}))
	h.now = time.Date(2026, 11, 25, 14, 30, 0, 0, time.UTC)
	h.sweep(birthday.ID)
	if n := h.fired(birthday.ID, "done"); n != 5 {
		t.Errorf("%d firings at half past ten in the evening", n)
	}
	h.on("2026-11-26")
	h.sweep(birthday.ID)
	h.want(birthday, "丁公司 丙公司 乙公司 己公司 戊公司 甲公司")
}

// A night of points that comes days late ends and warns as if it had come in time: what is due stands in the accounts.
func TestALateNightOfPointsMissesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 300})) // through November next year
	h.on("2027-11-03")                                                           // the day of the warning was the last of October
	if got := h.pointsNight(); got.Warned != 1 {
		t.Errorf("%+v", got)
	}
	h.on("2027-12-03")
	for _, want := range []int{1, 0} {
		if got := h.pointsNight(); got.Expired != want {
			t.Errorf("%+v, want %d", got, want)
		}
	}
	h.sums()
}
