package action_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// pointsNight runs a night of points at the house's clock.
func (h *house) pointsNight() (sum action.PointsReport) {
	h.t.Helper()
	for step := (action.PointsStep{}); !step.Ended; {
		if err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			next, report, err := h.x.PointsStep(ctx, tx, step)
			step = next
			sum.Warned, sum.Expired, sum.TierWarned = sum.Warned+report.Warned, sum.Expired+report.Expired, sum.TierWarned+report.TierWarned
			sum.TiersFell, sum.TiersKept = sum.TiersFell+report.TiersFell, sum.TiersKept+report.TiersKept
			return err
		}); err != nil {
			h.t.Fatal(err)
		}
	}
	return sum
}

// on moves the clock to ten in the morning of a day.
func (h *house) on(day string) {
	h.t.Helper()
	t, err := time.ParseInLocation("2006-01-02 15", day+" 10", crm.Shanghai)
	if err != nil {
		h.t.Fatal(err)
	}
	h.now = t.UTC()
}

func TestPointsEndTheFirstFirstAndAreToldOfBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}), call("customer.create", params{"customer": "王先生"}))
	h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 300})) // through November next year
	h.on("2027-01-10")
	h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 200})) // through January
	h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "一杯"}))
	if got := h.pointsNight(); got != (action.PointsReport{}) {
		t.Errorf("a night on which nothing is due: %+v", got)
	}
	h.on("2027-11-05")
	if got := h.pointsNight(); got != (action.PointsReport{Warned: 1}) {
		t.Errorf("thirty days before: %+v", got)
	}
	if got := h.pointsNight(); got.Warned != 0 {
		t.Errorf("told again: %+v", got)
	}
	if n := h.count(`SELECT count(*) FROM offers WHERE key LIKE 'points-end:%:2027-11-30' AND purpose = 'transaction'`); n != 1 {
		t.Errorf("%d offers", n)
	}
	if v := h.points("张小姐"); v.Ending != 200 || v.EndingOn != "11月30日" {
		t.Errorf("%+v", v)
	}
	h.on("2027-11-30")
	if got := h.pointsNight(); got.Expired != 0 {
		t.Errorf("their last day is not over: %+v", got)
	}
	h.on("2027-12-01")
	if v := h.points("张小姐"); v.Ending != 0 || v.Ended != 200 { // nothing ends soon that has ended
		t.Errorf("%+v", v)
	}
	if got := h.pointsNight(); got.Expired != 1 {
		t.Errorf("the day after: %+v", got)
	}
	if v := h.points("张小姐"); v.Balance != 200 || v.Ending != 0 || v.Ended != 0 {
		t.Errorf("%+v", v)
	}
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'points.expired'`); n != 1 {
		t.Errorf("%d events", n)
	}
	h.sums()
}

func TestAGiftThatComesBackEndsWhenItWouldHave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("points.adjust", params{"customer": "张小姐", "points": 100}))
	h.on("2027-11-30")
	gift := h.must("李雷", call("points.redeem", params{"customer": "张小姐", "gift": "一杯"}))
	h.now = h.now.Add(20 * time.Hour)
	h.must("李雷", call("undo", params{"code": gift.UndoCode}))
	if v := h.points("张小姐"); v.Balance != 100 {
		t.Errorf("%+v", v)
	}
	if got := h.pointsNight(); got.Expired != 1 {
		t.Errorf("%+v", got)
	}
	if v := h.points("张小姐"); v.Balance != 0 {
		t.Errorf("%+v", v)
	}
	h.sums()
}

func TestATierIsKeptOrFallsAtItsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}), call("customer.create", params{"customer": "王先生"}))
	up := h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 6000}))
	if notes := strings.Join(up.Results[0].Notes, ""); !strings.Contains(notes, "升到金卡") {
		t.Errorf("%q", notes)
	}
	h.must("李雷", call("order.create", params{"customer": "王先生", "amount": 6000}))
	if v := h.points("张小姐"); v.Tier != "金卡" || v.TierUntil != "2027年11月18日" {
		t.Errorf("%+v", v)
	}
	h.on("2027-06-01")
	h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 4990}))
	if v := h.points("张小姐"); v.Earned != 6000+4990*3/2 {
		t.Errorf("a gold card earns half as much again: %+v", v)
	}
	h.must("李雷", call("order.create", params{"customer": "王先生", "amount": 500}))
	h.on("2027-11-10")
	if got := h.pointsNight(); got.TierWarned != 2 { // what was bought a year ago still counts today, and will not at the end
		t.Errorf("%+v", got)
	}
	h.on("2027-11-19")
	if got := h.pointsNight(); got.TiersFell != 2 || got.TiersKept != 0 {
		t.Errorf("%+v", got)
	}
	if v := h.points("张小姐"); v.Tier != "银卡" || v.Lacks != "再消费 ¥10" || v.Next != "金卡" {
		t.Errorf("%+v", v)
	}
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'tier.changed'`); n != 4 {
		t.Errorf("%d events", n)
	}
	h.on("2028-11-01") // silver ends on the 19th, and nothing was bought since
	if got := h.pointsNight(); got.TierWarned != 2 {
		t.Errorf("%+v", got)
	}
	if n := h.count(`SELECT count(*) FROM offers WHERE source = 'tier'`); n != 4 {
		t.Errorf("%d offers", n)
	}
	h.must("李雷", call("order.create", params{"customer": "王先生", "amount": 1200}))
	h.on("2028-11-20")
	if got := h.pointsNight(); got.TiersFell != 1 || got.TiersKept != 1 {
		t.Errorf("%+v", got)
	}
	if v := h.points("张小姐"); v.Tier != "普通会员" || v.TierUntil != "" {
		t.Errorf("%+v", v)
	}
	h.sums()
}

func TestATierOfAnOrderThatIsTakenBackGoesWithIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 1000}))
	up := h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 5000}))
	if v := h.points("张小姐"); v.Tier != "金卡" || v.Balance != 1000+6000 {
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("undo", params{"code": up.UndoCode}))
	if v := h.points("张小姐"); v.Tier != "银卡" || v.Balance != 1000 {
		t.Errorf("%+v", v)
	}
	h.sums()
}

func TestWhoJoinedByAnOrderIsNoMemberWithoutIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}))
	order := h.must("李雷", call("order.create", params{"customer": "张小姐", "amount": 10}))
	member := func() int { return h.count(`SELECT count(*) FROM customer_facts WHERE member`) }
	if member() != 1 {
		t.Error("the facts do not know the member")
	}
	h.must("李雷", call("undo", params{"code": order.UndoCode}))
	if member() != 0 || h.points("张小姐").Member {
		t.Error("still a member")
	}
	joined := h.must("李雷", call("member.create", params{"customer": "张小姐", "phone": "13812345678", "birthday": "06-01"}))
	if member() != 1 {
		t.Error("not a member")
	}
	h.must("李雷", call("undo", params{"code": joined.UndoCode}))
	if member() != 0 {
		t.Error("still a member")
	}
}

func TestABirthdayEarnsMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("member.create", params{"customer": "张小姐", "phone": "13812345678", "birthday": "11-18"}),
		call("order.create", params{"customer": "张小姐", "amount": 100}))
	if v := h.points("张小姐"); v.Balance != 200 {
		t.Errorf("%+v", v)
	}
}
