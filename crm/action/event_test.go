package action_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

func TestAGatheringFillsUpAndTheNextMovesUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}), call("customer.create", params{"customer": "王先生"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "陈女士"}))
	h.must("冯市场", call("event.create", params{"event": "新品品鉴会", "at": "2026-11-28T14:00:00+08:00", "place": "西湖店", "capacity": 3}))
	h.refused("冯市场", crm.ErrConflict, []string{"建过了"}, call("event.create", params{"event": "新品品鉴会", "at": "2026-11-28T14:00:00+08:00"}))
	first := h.must("李雷", call("event.signup", params{"event": "品鉴会", "customer": "张小姐", "count": 2}))
	again := h.must("李雷", call("event.signup", params{"event": "品鉴会", "customer": "张小姐"}))
	if notes := strings.Join(again.Results[0].Notes, ""); !strings.Contains(notes, "没有重复报") || again.Results[0].Record.ID != first.Results[0].Record.ID || again.UndoCode != "" {
		t.Errorf("a second time: %+v", again)
	}
	h.must("李雷", call("event.signup", params{"event": "品鉴会", "customer": "王先生"}))
	waits := h.must("韩梅梅", call("event.signup", params{"event": "新品品鉴会", "customer": "陈女士", "count": 2}))
	if last := waits.Results[0].Changes; last[len(last)-1].New != "候补" {
		t.Errorf("%+v", last)
	}
	v := data[action.EventView](t, h.must("李雷", call("event.view", params{"event": "品鉴会"})))
	if v.Taken != 3 || v.Waiting != 2 || v.Total != 2 { // other reps' customers are counted, not shown
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("undo", params{"code": first.UndoCode}))
	if n := h.count(`SELECT count(*) FROM signups WHERE state = 'in' AND deleted_at IS NULL`); n != 2 {
		t.Errorf("%d have a place", n)
	}
	if told := strings.Join(h.told()["韩梅梅"], "\n"); !strings.Contains(told, "event.moved_up") {
		t.Errorf("韩梅梅 was told:\n%s", told)
	}
}

func TestWhoComesIsInTheirFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "张小姐"}), call("customer.create", params{"customer": "王先生"}))
	h.must("冯市场", call("event.create", params{"event": "新品品鉴会", "at": "2026-11-28T14:00:00+08:00"}))
	id := h.must("李雷", call("event.signup", params{"event": "品鉴会", "customer": "张小姐"})).Results[0].Record.ID
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'event.eve' AND due = '2026-11-27 10:00+08'`); n != 1 {
		t.Errorf("%d timers", n)
	}
	eve := func() {
		if err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			var g int64
			if err := tx.Get(ctx, &g, `SELECT id FROM gatherings`); err != nil {
				return err
			}
			return h.x.EventEve(ctx, tx, crm.GatheringID(g))
		}); err != nil {
			t.Fatal(err)
		}
	}
	h.on("2026-11-27")
	eve()
	eve() // the timer's row may be taken twice
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND key LIKE 'notice:event-eve:%'`); n != 1 {
		t.Errorf("李雷 was told %d times", n)
	}
	if n := h.count(`SELECT count(*) FROM offers WHERE source = 'event'`); n != 1 {
		t.Errorf("%d offers", n)
	}
	h.now = time.Date(2026, 11, 28, 6, 30, 0, 0, time.UTC)
	h.refused("李雷", crm.ErrConflict, []string{"已经开始"}, call("event.signup", params{"event": "品鉴会", "customer": "王先生"}))
	came := h.must("孙客服", call("event.attend", params{"customer": fmt.Sprintf("#%d", id)}))
	if notes := h.must("孙客服", call("event.attend", params{"signup": id})).Results[0].Notes; len(notes) != 1 || !strings.Contains(notes[0], "签到过了") {
		t.Errorf("%q", notes)
	}
	h.must("李雷", call("event.attend", params{"event": "品鉴会", "customer": "王先生"})) // without a sign-up
	if v := data[action.EventView](t, h.must("李雷", call("event.view", params{"event": "品鉴会"}))); v.Came != 2 || v.Total != 2 {
		t.Errorf("%+v", v)
	}
	history := h.view("李雷", "张小姐").Activities
	if len(history) == 0 || !strings.Contains(history[0].Content, "参加了活动「新品品鉴会」") {
		t.Errorf("%+v", history)
	}
	h.must("孙客服", call("undo", params{"code": came.UndoCode}))
	if v := data[action.EventView](t, h.must("李雷", call("event.view", params{"event": "品鉴会"}))); v.Came != 1 {
		t.Errorf("%+v", v)
	}
	if n := h.count(`SELECT count(*) FROM events WHERE name = 'event.attended'`); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestTheLastPlaceIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("冯市场", call("event.create", params{"event": "品鉴会", "at": "2026-11-28T14:00:00+08:00", "capacity": 3}))
	names := []string{"张小姐", "王先生", "李小姐", "陈女士", "刘先生", "赵小姐"}
	for _, n := range names {
		h.must("李雷", call("customer.create", params{"customer": n}))
	}
	var wg sync.WaitGroup
	for i := range 12 { // each twice
		req := h.request("李雷", call("event.signup", params{"event": "品鉴会", "customer": names[i/2]}))
		wg.Go(func() {
			if _, err := h.x.Run(context.Background(), req); err != nil && !errors.Is(err, crm.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in, waiting := h.count(`SELECT count(*) FROM signups WHERE state = 'in'`), h.count(`SELECT count(*) FROM signups WHERE state = 'waiting'`); in != 3 || waiting != 3 {
		t.Errorf("%d in, %d waiting", in, waiting)
	}
}
