package action_test

import (
	"context"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// timers are the open timers, by due time in Shanghai and where they ring.
func (h *house) timers() (out []string) {
	h.t.Helper()
	rows, err := h.owner.Query(`SELECT to_char(due AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') || ' ' || surface FROM timers WHERE state = 0 ORDER BY due`)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			h.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func (h *house) wantTimers(want ...string) {
	h.t.Helper()
	got := h.timers()
	if len(got) != len(want) {
		h.t.Fatalf("timers %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			h.t.Errorf("timers %v, want %v", got, want)
		}
	}
}

func TestRemindersSnoozeAndEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强"}))
	h.must("李雷", call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "打给王强", "customer": "云帆", "contact": "王总"}))
	h.wantTimers("11-19 15:00 wecom")
	out := h.must("李雷", call("reminder.snooze", params{"customer": "云帆", "at": "2026-11-20T10:00:00+08:00"}))
	if c := out.Results[0].Changes[0]; c.Old != "明天 15:00" || c.New != "后天 10:00" {
		t.Errorf("%+v", c)
	}
	h.wantTimers("11-20 10:00 wecom")
	h.must("李雷", call("undo", nil))
	h.wantTimers("11-19 15:00 wecom")
	h.must("李雷", call("reminder.done", params{"customer": "云帆"}))
	h.wantTimers()
	h.refused("李雷", crm.ErrNotFound, []string{"没有待办的提醒"}, call("reminder.done", params{"customer": "云帆"}))
	// Two of them are a question.
	h.focus["李雷"] = action.Focus{}
	h.must("李雷", call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "发报价", "customer": "云帆"}),
		call("reminder.create", params{"at": "2026-11-20T15:00:00+08:00", "content": "催合同", "customer": "云帆"}))
	h.focus["李雷"] = action.Focus{}
	if out, err := h.do("李雷", call("reminder.done", params{"customer": "云帆"})); err != nil || out.Pick == nil || len(out.Pick.Options) != 2 {
		t.Errorf("%+v %v", out, err)
	}
	list := data[action.ReminderListView](t, h.must("李雷", call("reminder.list", params{"period": "2026-11-19"})))
	if list.Total != 1 || list.Rows[0].Content != "发报价" || list.Rows[0].Customer != "上海云帆科技" {
		t.Errorf("%+v", list)
	}
	// A customer that is not kept stays a word; a colleague is reminded on the own platform.
	out = h.must("李雷", call("reminder.create", params{"at": "2026-11-21T09:00:00+08:00", "content": "换门锁", "customer": "七天酒店", "assignee": "韩梅梅"}))
	if out.Results[0].Record.Name != "换门锁（七天酒店）" || len(out.Results[0].Notes) == 0 {
		t.Errorf("%+v", out.Results[0])
	}
	h.wantTimers("11-19 15:00 wecom", "11-20 15:00 wecom", "11-21 09:00 dingtalk")
	h.refused("韩梅梅", crm.ErrDenied, []string{"自己的提醒"}, call("reminder.list", params{"owner": "李雷"}))
}

// A series goes on when it is done, and when it rings; working days leave holidays out.
func TestRemindersComeAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.must("李雷", call("reminder.create", params{"at": "2026-11-20T08:30:00+08:00", "content": "看邮件", "repeat": "workdays"})).Results[0].Record.ID
	h.wantTimers("11-20 08:30 wecom")
	out := h.must("李雷", call("reminder.done", params{"reminder": id}))
	if len(out.Results[0].Notes) != 1 {
		t.Errorf("%+v", out.Results[0])
	}
	h.wantTimers("11-23 08:30 wecom")
	h.must("李雷", call("undo", nil))
	h.wantTimers("11-20 08:30 wecom")
	h.now = time.Date(2026, 11, 20, 0, 30, 0, 0, time.UTC)
	for range 3 { // whoever rings may ask more than once
		next := h.next(id)
		if next.IsZero() {
			continue
		}
		if got := next.In(crm.Shanghai).Format("01-02 15:04"); got != "11-23 08:30" {
			t.Errorf("next %s", got)
		}
	}
	h.wantTimers("11-20 08:30 wecom", "11-23 08:30 wecom") // the first is for the bell to close
	var following int64
	if err := h.owner.QueryRow(`SELECT next_id FROM reminders WHERE id = $1`, id).Scan(&following); err != nil {
		t.Fatal(err)
	}
	h.now = time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	h.next(following)
	if n := h.count(`SELECT count(*) FROM reminders WHERE id = $1 AND state = 'cancelled'`, id); n != 1 {
		t.Error("the ring before is still due")
	}
}

func (h *house) next(id int64) (at time.Time) {
	h.t.Helper()
	err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		at, err = h.x.NextOccurrence(ctx, tx, crm.ReminderID(id))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return at
}
