package action_test

import (
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// A cancelled reminder does not ring, and rings again when that is taken back; which one is meant is said by words.
func TestReminderCancel(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "给云帆寄样品"}))
	h.must("李雷", call("reminder.create", params{"at": "2026-11-20T09:00:00+08:00", "content": "写周报", "repeat": "weekly"}))
	h.wantTimers("11-19 15:00 wecom", "11-20 09:00 wecom")
	h.must("李雷", call("reminder.cancel", params{"content": "寄样品"}))
	h.wantTimers("11-20 09:00 wecom")
	h.must("李雷", call("undo", nil))
	h.wantTimers("11-19 15:00 wecom", "11-20 09:00 wecom")
	h.must("李雷", call("reminder.cancel", params{"content": "周报"}))
	h.wantTimers("11-19 15:00 wecom") // none of the series is left
	h.refused("李雷", crm.ErrNotFound, []string{"写周报"}, call("reminder.cancel", params{"content": "写周报"}))
	h.refused("韩梅梅", crm.ErrNotFound, []string{"寄样品"}, call("reminder.cancel", params{"content": "寄样品"}))
}

// A task moves, is cancelled and listed by whoever has it or gave it, and both hear of it.
func TestTasksMoveAndEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.must("李雷", call("task.create", params{"assignee": "韩梅梅", "content": "寄合同", "due": "2026-11-20"})).Results[0].Record.ID
	h.tells("given", "韩梅梅: task.given 寄合同")
	out := h.must("韩梅梅", call("reminder.snooze", params{"reminder": id, "at": "2026-11-23T09:00:00+08:00"})) // 「推迟 #1001 周一」
	if r := out.Results[0]; r.Name != "task.update" || r.Changes[0].New != "11月23日" {
		t.Errorf("moved: %+v", r)
	}
	h.tells("moved", "李雷: task.changed 寄合同")
	v := data[action.TaskListView](t, h.must("李雷", call("task.list", params{"owner": "韩梅梅"})))
	if v.Total != 1 || v.Owner != "韩梅梅" || !v.Given || v.Rows[0].For != "韩梅梅" {
		t.Errorf("list: %+v", v)
	}
	h.must("李雷", call("task.cancel", params{"content": "合同"}))
	h.tells("cancelled", "韩梅梅: task.dropped 寄合同")
	if v := data[action.TaskListView](t, h.must("韩梅梅", call("task.list", nil))); v.Total != 0 {
		t.Errorf("list after: %+v", v)
	}
	h.must("李雷", call("undo", nil))
	h.tells("not cancelled", "韩梅梅: -task.dropped 寄合同")
	if v := data[action.TaskListView](t, h.must("韩梅梅", call("task.list", nil))); v.Total != 1 || v.Rows[0].From != "李雷" {
		t.Errorf("list again: %+v", v)
	}
}
