package action_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// guestsOf gives 李雷 that many customers at once, each with an order so many days ago; their numbers rise.
func (h *house) guestsOf(n, days int) (ids []int64) {
	h.t.Helper()
	rows, err := h.owner.Query(`
		WITH c AS (
			INSERT INTO customers (name, name_key, name_core, owner_id, created_by, created_at, updated_at, terms)
			SELECT '茶客' || i || '号' || txid_current(), '茶客' || i || '号' || txid_current(), '茶客' || i || '号' || txid_current(), $1, $1, $3, $3, '{}'
			FROM generate_series(1, $2::int) i RETURNING id
		), o AS (
			INSERT INTO orders (customer_id, owner_id, product, amount, at, created_by, created_at, updated_at)
			SELECT id, $1, '拿铁', 3000, $3, $1, $3, $3 FROM c
		)
		SELECT id FROM c ORDER BY id`, int64(h.who["李雷"].UserID), n, h.now.AddDate(0, 0, -days))
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			h.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if len(ids) != n {
		h.t.Fatalf("%d customers: %v", len(ids), rows.Err())
	}
	return ids
}

// imported books an order without the executor, as an import does: nobody hears of it.
func (h *house) imported(customer int64, product string, fen int64) {
	h.t.Helper()
	if _, err := h.owner.Exec(`INSERT INTO orders (customer_id, owner_id, product, amount, at, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $2, $5, $5)`,
		customer, int64(h.who["李雷"].UserID), product, fen, h.now); err != nil {
		h.t.Fatal(err)
	}
}

func offer(name, text string) crm.JourneyStep {
	return crm.JourneyStep{Name: name, Do: crm.StepOffer, Text: "{{称呼}}，" + text}
}

// TestBranches: who has done it goes one way, who has not the other; a filter likewise.
func TestBranches(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t, crm.JourneyPlan{Name: "分叉", Purpose: crm.Care, Goal: crm.JourneyGoal{Product: "茶具", Days: 60}, Steps: []crm.JourneyStep{
		offer("问", "要不要看看新茶"),
		{Do: crm.StepWait, For: crm.DidBuy, Days: 5},
		{Do: crm.StepBranch, Did: crm.DidBuy, Then: "谢", Else: "再问"},
		{Name: "再问", Do: crm.StepBranch, If: &crm.Filter{Tags: []string{"茶友"}}, Then: "茶友"},
		func() crm.JourneyStep { s := offer("旁人", "那就下次"); s.Next = crm.JourneyEnd; return s }(),
		func() crm.JourneyStep { s := offer("茶友", "茶友会周六见"); s.Next = crm.JourneyEnd; return s }(),
		offer("谢", "谢谢光临"),
		{Do: crm.StepTag, Add: []string{"回头客"}},
	}})
	ids := h.guestsOf(3, 10)
	h.must("李雷", call("customer.tag", params{"customer": fmt.Sprintf("#%d", ids[1]), "tags": []string{"茶友"}}))
	for _, id := range ids {
		h.must("李雷", call("journey.start", params{"journey": "分叉", "customer": fmt.Sprintf("#%d", id)}))
	}
	h.ring()
	h.pass(2)
	h.must("李雷", call("order.create", params{"customer": fmt.Sprintf("#%d", ids[2]), "product": "龙井", "amount": 100}))
	h.ring()
	if got := h.offers(ids[2]); !slices.Equal(got, []string{"问", "谢"}) {
		t.Errorf("who bought is thanked at once: %v", got)
	}
	h.pass(4)
	for i, want := range [][]string{{"问", "旁人"}, {"问", "茶友"}, {"问", "谢"}} {
		if got := h.offers(ids[i]); !slices.Equal(got, want) {
			t.Errorf("customer %d: %v, want %v", i, got, want)
		}
	}
	if n := h.count(`SELECT count(*) FROM customers WHERE '回头客' = ANY (tags)`); n != 1 {
		t.Errorf("%d are tagged", n)
	}
}

// TestNobodyIsTwiceInAJourney: neither at the same time nor, before the rule lets them, again.
func TestNobodyIsTwiceInAJourney(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	id := h.guestsOf(1, 40)[0]
	start := call("journey.start", params{"journey": "沉睡召回", "customer": fmt.Sprintf("#%d", id)})
	h.must("李雷", start)
	h.refused("李雷", crm.ErrConflict, []string{"已经在里面"}, start)
	h.ring()
	h.pass(25)
	if got := h.state(id); got != "done" {
		t.Fatalf("at the end: %q", got)
	}
	h.refused("李雷", crm.ErrConflict, []string{"已经走过"}, start)
	h.now = h.now.AddDate(0, 0, 70)
	h.must("李雷", start)
	h.ring()
	if got := h.offers(id); !slices.Equal(got, []string{"8折", "7折", "8折"}) {
		t.Errorf("the second time: %v", got)
	}
}

// TestVersionsWhileRunning: people finish on the plan that they began, unless the next one takes them along.
func TestVersionsWhileRunning(t *testing.T) {
	t.Parallel()
	plan := func(migrate bool, last string) crm.JourneyPlan {
		return crm.JourneyPlan{Name: "版本", Purpose: crm.Care, Migrate: migrate, Steps: []crm.JourneyStep{
			offer("一", "第一句"), {Name: "等", Do: crm.StepWait, Days: 3}, offer(last, "第二句")}}
	}
	h := journeyHouse(t, plan(false, "旧"))
	ids := h.guestsOf(3, 10)
	start := func(i int) {
		h.must("李雷", call("journey.start", params{"journey": "版本", "customer": fmt.Sprintf("#%d", ids[i])}))
		h.ring()
	}
	next := func(p crm.JourneyPlan) {
		h.x = h.withJourneys(p)
		if err := h.x.KeepJourneys(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	start(0)
	next(plan(false, "新"))
	start(1)
	h.pass(4)
	for i, want := range [][]string{{"一", "旧"}, {"一", "新"}} {
		if got := h.offers(ids[i]); !slices.Equal(got, want) {
			t.Errorf("customer %d: %v, want %v", i, got, want)
		}
	}
	start(2)
	next(plan(true, "更新"))
	h.pass(4)
	if got := h.offers(ids[2]); !slices.Equal(got, []string{"一", "更新"}) {
		t.Errorf("who was taken along: %v", got)
	}
	if n := h.count(`SELECT count(*) FROM journey_plans p JOIN journeys j ON j.id = p.journey_id WHERE j.name = '版本'`); n != 3 {
		t.Errorf("%d plans are kept", n)
	}
}

// TestPauseStopUndo: a paused journey moves nobody; taking a start back is as if it had not been; stopping ends it for all.
func TestPauseStopUndo(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t, crm.JourneyPlan{Name: "三句", Purpose: crm.Care, Again: 5, Steps: []crm.JourneyStep{
		offer("一", "一"), {Do: crm.StepWait, Days: 2}, offer("二", "二"), {Do: crm.StepWait, Days: 2}, offer("三", "三")}})
	h.guestsOf(20, 10)
	filter := params{"no_order_days": 5}
	start := call("journey.start", params{"journey": "三句", "filter": filter})
	h.must("钱总", start)
	h.ring()
	if n := h.count(`SELECT count(*) FROM offers WHERE step = '一'`); n != 20 {
		t.Fatalf("%d first messages", n)
	}
	h.must("钱总", call("journey.pause", params{"journey": "三句"}))
	h.pass(5)
	if n := h.count(`SELECT count(*) FROM offers WHERE step = '二'`); n != 0 {
		t.Errorf("%d messages while it was paused", n)
	}
	h.refused("钱总", crm.ErrConflict, []string{"暂停"}, start)
	h.must("钱总", call("journey.resume", params{"journey": "三句"}))
	h.ring()
	if n := h.count(`SELECT count(*) FROM offers WHERE step = '二'`); n != 20 {
		t.Errorf("%d messages after it went on", n)
	}
	v := data[action.JourneyDetail](t, h.must("钱总", call("journey.view", params{"journey": "三句"})))
	if v.Active != 20 || v.Steps[0].Took != 20 || v.Steps[3].Here != 20 {
		t.Errorf("the view: %+v", v)
	}
	h.must("钱总", call("journey.stop", params{"journey": "三句"}))
	h.pass(5)
	if n := h.count(`SELECT count(*) FROM offers WHERE step = '三'`); n != 0 {
		t.Errorf("%d messages after it was stopped", n)
	}
	if n := h.count(`SELECT count(*) FROM journey_people WHERE state = 'left' AND reason = 'stopped'`); n != 20 {
		t.Errorf("%d have left", n)
	}

	more := h.guestsOf(4, 11)
	out := h.must("钱总", call("journey.start", params{"journey": "三句", "filter": filter}))
	h.ring()
	if out.UndoCode == "" {
		t.Fatal("no way back")
	}
	h.must("钱总", call("undo", params{"code": out.UndoCode}))
	h.pass(6)
	for _, id := range more {
		if got := h.state(id); got != "left undone" {
			t.Errorf("after the undo: %q", got)
		}
		if got := h.offers(id); len(got) > 1 || len(got) == 1 && !strings.HasSuffix(got[0], "（停）") {
			t.Errorf("after the undo: %v", got)
		}
	}
	if n := h.count(`SELECT count(*) FROM journeys WHERE name = '三句' AND state = 'off'`); n != 1 {
		t.Error("a journey that a start switched on stays on when that is taken back")
	}
	h.must("钱总", start) // as if they had never been in it
}

// TestJourneysByThemselves: silence, a first order, a birthday, a festival and an event let customers in, each once.
func TestJourneysByThemselves(t *testing.T) {
	t.Parallel()
	plan := func(name string, e crm.JourneyEntry) crm.JourneyPlan {
		return crm.JourneyPlan{Name: name, Purpose: crm.Care, Entry: e, Steps: []crm.JourneyStep{offer(name, "好")}}
	}
	h := journeyHouse(t,
		plan("静", crm.JourneyEntry{On: crm.EnterSilence, Days: 30, Until: 60}),
		plan("首单", crm.JourneyEntry{On: crm.EnterFirstOrder}),
		plan("寿", crm.JourneyEntry{On: crm.EnterBirthday, Hour: 8}),
		plan("冬至到", crm.JourneyEntry{On: crm.EnterFestival, Festivals: []string{"冬至"}, Filter: crm.Filter{Tags: []string{"老客"}}}),
		plan("核销后", crm.JourneyEntry{On: crm.EnterEvent, Event: "customer.changed"}))
	quiet := h.guestsOf(1, 28)[0] // silent for thirty days the day after tomorrow
	long := h.guestsOf(1, 200)[0] // too long ago
	h.must("李雷", call("contact.create", params{"customer": fmt.Sprintf("#%d", long), "contact": "王姐", "birthday": "11-21"}))
	for _, name := range []string{"静", "首单", "寿", "冬至到", "核销后"} {
		h.must("钱总", call("journey.resume", params{"journey": name}))
	}
	h.ring()
	if n := h.count(`SELECT count(*) FROM journey_people`); n != 0 {
		t.Fatalf("%d came in at once", n)
	}
	fresh := h.must("李雷", call("customer.create", params{"customer": "新来的茶铺"}), call("order.create", params{"customer": "新来的茶铺", "product": "拿铁", "amount": 30})).Results[0].Record.ID
	h.ring()
	if got := h.offers(fresh); !slices.Equal(got, []string{"首单"}) {
		t.Errorf("after a first order: %v", got)
	}
	h.must("李雷", call("customer.tag", params{"customer": fmt.Sprintf("#%d", quiet), "tags": []string{"老客"}}))
	h.ring()
	h.pass(5)
	if got := h.offers(quiet); !slices.Contains(got, "静") || slices.Contains(got, "冬至到") {
		t.Errorf("who was silent for thirty days: %v", got)
	}
	if got := h.offers(long); !slices.Equal(got, []string{"寿"}) {
		t.Errorf("whose birthday it was: %v", got)
	}
	h.now = time.Date(2026, 12, 22, 3, 0, 0, 0, time.UTC) // 冬至
	h.ring()
	h.pass(3)
	if got := h.offers(quiet); !slices.Contains(got, "冬至到") || len(got) > 3 {
		t.Errorf("on the day of the festival: %v", got)
	}
	if got := h.offers(long); slices.Contains(got, "冬至到") {
		t.Errorf("who is not of the filter: %v", got)
	}
}

// TestUnsubscribedAreLeftAlone: who wants no messages does not enter, and leaves when it is said on the way.
func TestUnsubscribedAreLeftAlone(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	ids := h.guestsOf(2, 40)
	stop := func(id int64) {
		if _, err := h.owner.Exec(`INSERT INTO consents (customer_id, purpose, channel, allowed, via, at) VALUES ($1, 'marketing', '*', false, 'kf', $2)`, id, h.now); err != nil {
			t.Fatal(err)
		}
	}
	stop(ids[0])
	h.refused("李雷", crm.ErrConflict, []string{"退订"}, call("journey.start", params{"journey": "沉睡召回", "customer": fmt.Sprintf("#%d", ids[0])}))
	h.must("李雷", call("journey.start", params{"journey": "沉睡召回", "customer": fmt.Sprintf("#%d", ids[1])}))
	h.ring()
	stop(ids[1])
	h.pass(12)
	if got := h.state(ids[1]); got != "left unsubscribed" {
		t.Errorf("who unsubscribed on the way: %q", got)
	}
}

// TestExactlyOnce: processes that step at the same moment, and some that die before the commit, say everything once.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t, crm.JourneyPlan{Name: "一次", Purpose: crm.Care, Steps: []crm.JourneyStep{
		offer("一", "一"), {Do: crm.StepTask, Content: "给{{客户}}打电话"}, {Do: crm.StepWait, Days: 1}, offer("二", "二")}})
	const n = 1200
	h.guestsOf(n, 10)
	h.must("钱总", call("journey.start", params{"journey": "一次", "filter": params{"no_order_days": 5}}))
	id := crm.JourneyID(h.count(`SELECT id FROM journeys WHERE name = '一次'`))
	died := errors.New("killed")
	for day := range 2 {
		now := h.now.AddDate(0, 0, day).Add(time.Minute)
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for try := range 12 {
					err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
						tx.Now = now
						if _, err := h.x.JourneyStep(ctx, tx, id); err != nil {
							return err
						}
						if (try+worker)%3 == 0 {
							return died
						}
						return nil
					})
					if err != nil && !errors.Is(err, died) {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
	}
	if a, b := h.count(`SELECT count(*) FROM offers WHERE step = '一'`), h.count(`SELECT count(*) FROM offers WHERE step = '二'`); a != n || b != n {
		t.Errorf("%d and %d messages to %d customers", a, b, n)
	}
	if tasks := h.count(`SELECT count(*) FROM tasks`); tasks != n {
		t.Errorf("%d tasks for %d customers", tasks, n)
	}
	if done := h.count(`SELECT count(*) FROM journey_people WHERE state = 'done'`); done != n {
		t.Errorf("%d are done", done)
	}
	if took := h.count(`SELECT sum(took) FROM journey_steps WHERE step = 0`); took != n {
		t.Errorf("the count of the first step is %d", took)
	}
}

// TestRecallReport: those spoken to against those held out, with an interval, and plain words for too few.
func TestRecallReport(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t, crm.JourneyPlan{Name: "试验", Purpose: crm.Care, Holdout: 30, Goal: crm.JourneyGoal{Days: 20}, Steps: []crm.JourneyStep{offer("一", "一"), {Do: crm.StepWait, Days: 15}}})
	ids := h.guestsOf(400, 40)
	h.refused("钱总", crm.ErrNotFound, []string{"试验"}, call("report.recall", params{"journey": "试验"}))
	h.must("钱总", call("journey.start", params{"journey": "试验", "filter": params{"no_order_days": 30}}))
	h.ring()
	v := data[action.RecallView](t, h.must("钱总", call("report.recall", params{"journey": "试验"})))
	if v.Entered != 400 || v.Lift.Verdict != crm.TooFew || !strings.Contains(v.Says, "说不准") || v.Open != 400 {
		t.Errorf("before anybody bought: %+v", v)
	}
	h.pass(3)
	held := map[int64]bool{}
	rows, err := h.owner.Query(`SELECT customer_id FROM journey_people WHERE control`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		held[id] = true
	}
	buyers, heldBuyers := 0, 0
	for i, id := range ids {
		switch {
		case held[id] && i%10 == 0:
			heldBuyers++
		case !held[id] && i%3 == 0:
			buyers++
		default:
			continue
		}
		h.imported(id, "龙井", 10_000)
	}
	h.pass(13)
	if n := h.count(`SELECT count(*) FROM journey_people WHERE state = 'goal'`); n != buyers {
		t.Errorf("%d reached the goal, %d bought", n, buyers)
	}
	h.now = h.now.AddDate(0, 0, 10)
	h.imported(ids[1], "龙井", 10_000) // too late to count
	v = data[action.RecallView](t, h.must("钱总", call("report.recall", params{"journey": "试验"})))
	if v.Lift.Treated.Buyers != buyers || v.Lift.Held.Buyers != heldBuyers || v.Lift.Verdict != crm.Better || v.Lift.Low <= 0 || v.Open != 0 {
		t.Errorf("%d and %d bought: %+v", buyers, heldBuyers, v)
	}
	if want := crm.Money(int64(buyers) * 10_000); v.Lift.Treated.Revenue != want || !strings.Contains(v.Says, "有效果") || !strings.Contains(v.Says, "95%") {
		t.Errorf("revenue %s, want %s: %s", v.Lift.Treated.Revenue, want, v.Says)
	}
}

// TestWhoMayStartJourneys: a rep for own customers only; service not at all; by themselves journeys run for those who see more.
func TestWhoMayStartJourneys(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	h.guestsOf(30, 40)
	h.refused("孙客服", crm.ErrDenied, []string{"客服"}, call("journey.start", params{"journey": "沉睡召回", "filter": params{"no_order_days": 30}}))
	h.refused("李雷", crm.ErrDenied, []string{"主管"}, call("journey.start", params{"journey": "沉睡召回"}))
	h.refused("韩梅梅", crm.ErrNotFound, nil, call("journey.start", params{"journey": "沉睡召回", "filter": params{"no_order_days": 30}}))
	if v := data[action.JourneyStartView](t, h.must("李雷", call("journey.start", params{"journey": "沉睡召回", "filter": params{"no_order_days": 30}}))); v.Enter != 30 {
		t.Errorf("of own customers: %+v", v)
	}
	h.refused("李雷", crm.ErrDenied, []string{"主管"}, call("journey.stop", params{"journey": "生日祝福"}))
	h.refused("李雷", crm.ErrNotFound, []string{"没有叫", "沉睡召回"}, call("journey.start", params{"journey": "登月计划", "customer": fmt.Sprintf("#%d", 1)}))
}
