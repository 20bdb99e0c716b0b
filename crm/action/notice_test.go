package action_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// told claims and closes the notices that wait, and answers for each reader what was said, in order:
// "topic record" or "-topic record" when it was taken back.
func (h *house) told() map[string][]string {
	h.t.Helper()
	said := map[string][]string{}
	for {
		claims, err := h.store.ClaimOutbox(h.t.Context(), "", 50, time.Minute)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(claims) == 0 {
			return said
		}
		var sent []store.OutboxMark
		for _, c := range claims {
			var n action.Notice
			if err := json.Unmarshal(c.Payload, &n); err != nil || c.Kind != action.KindNotice || n.By == "" {
				h.t.Fatalf("notice %+v: %v", c, err)
			}
			var parts []string
			for _, news := range n.News {
				part := string(news.Topic) + " " + news.Record.Name
				if news.Undone {
					part = "-" + part
				}
				if news.Record.ID == 0 {
					h.t.Errorf("%s has no number", part)
				}
				parts = append(parts, part)
			}
			for name, a := range h.who {
				if int64(a.UserID) == c.Subject {
					if name == n.By {
						h.t.Errorf("%s is told of their own doing: %v", name, parts)
					}
					said[name] = append(said[name], strings.Join(parts, "; "))
				}
			}
			sent = append(sent, store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt})
		}
		if err := h.store.OutboxSent(h.t.Context(), sent); err != nil {
			h.t.Fatal(err)
		}
	}
}

// tells checks who heard what since the last time, as "reader: news" with several joined by " | ".
func (h *house) tells(what string, want ...string) {
	h.t.Helper()
	var got []string
	for who, news := range h.told() {
		got = append(got, who+": "+strings.Join(news, " | "))
	}
	if a, b := strings.Join(sorted(got), "\n"), strings.Join(sorted(want), "\n"); a != b {
		h.t.Errorf("%s tells\n%s\nwant\n%s", what, a, b)
	}
}

// Whoever works on a record hears what another did to it, once, and hears when it is taken back.
func TestColleaguesHearWhatOthersDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强"}), call("deal.create", params{"customer": "云帆", "amount": 380000}))
	h.tells("one's own work")
	h.must("李雷", call("customer.transfer", params{"customer": "云帆", "owner": "韩梅梅"}), call("task.create", params{"assignee": "韩梅梅", "content": "寄合同"}))
	h.tells("a transfer and a task in one run", "韩梅梅: task.given 寄合同; customer.given 上海云帆科技")
	h.must("李雷", call("undo", nil))
	h.tells("undo", "韩梅梅: -task.given 寄合同; -customer.given 上海云帆科技")
	h.must("钱总", call("customer.transfer", params{"customer": "云帆", "owner": "韩梅梅"}))
	h.tells("a transfer by the manager", "韩梅梅: customer.given 上海云帆科技", "李雷: customer.taken 上海云帆科技")
	h.must("钱总", call("undo", nil))
	h.tells("its undo", "韩梅梅: -customer.given 上海云帆科技", "李雷: -customer.taken 上海云帆科技")
	h.must("钱总", call("deal.update", params{"customer": "云帆", "amount": 400000}), call("deal.update", params{"customer": "云帆", "stage": "方案报价"}),
		call("customer.tag", params{"customer": "云帆", "tags": []string{"重点"}}))
	h.tells("several changes", "李雷: record.changed 上海云帆科技商机; record.changed 上海云帆科技")
	h.must("孙客服", call("activity.log", params{"customer": "云帆", "content": "问了发货"}))
	h.tells("a log by service", "李雷: activity.added 问了发货")
	h.must("周主管", call("contact.create", params{"customer": "云帆", "contact": "李娜"}), call("deal.win", params{"customer": "云帆"}))
	h.tells("a win", "李雷: contact.added 李娜; deal.won 上海云帆科技商机")
	h.must("周主管", call("undo", nil))
	h.tells("its undo", "李雷: -contact.added 李娜; -deal.won 上海云帆科技商机")
	lead := h.must("冯市场", call("lead.create", params{"company": "柯尼光电", "contact": "谭咏", "source": "展会"})).Results[0].Record.ID
	h.must("周主管", call("lead.assign", params{"lead": lead, "owner": "李雷"}))
	h.tells("a lead", "李雷: lead.given 柯尼光电 谭咏")
	h.must("周主管", call("lead.assign", params{"lead": lead, "owner": "韩梅梅"}))
	h.tells("a lead that goes on", "李雷: lead.taken 柯尼光电 谭咏", "韩梅梅: lead.given 柯尼光电 谭咏")
	rem := h.must("李雷", call("reminder.create", params{"at": h.at(5), "content": "打给王强", "assignee": "孙客服"})).Results[0].Record.ID
	h.must("李雷", call("reminder.snooze", params{"reminder": rem, "at": h.at(6)}))
	h.must("李雷", call("reminder.done", params{"reminder": rem}))
	h.tells("a reminder", "孙客服: reminder.set 打给王强 | reminder.moved 打给王强 | reminder.ended 打给王强")
}

// A run that is repeated under its key, or only shown, tells nobody again.
func TestANoticeIsLeftOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := h.request("李雷", call("task.create", params{"assignee": "韩梅梅", "content": "寄样品"}))
	if _, err := h.x.Preview(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	h.tells("a preview")
	for range 3 {
		if _, err := h.run(req); err != nil {
			t.Fatal(err)
		}
	}
	h.tells("a run three times", "韩梅梅: task.given 寄样品")
	h.refused("李雷", crm.ErrNotFound, nil, call("task.create", params{"assignee": "韩梅梅", "content": "寄样品"}), call("customer.transfer", params{"customer": "没有的客户", "owner": "韩梅梅"}))
	h.tells("a refusal")
}

// A task is closed by whom it is for or from; the other one hears it, nobody else can.
func TestTasksAreClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	task := h.must("李雷", call("task.create", params{"assignee": "韩梅梅", "content": "寄合同", "due": "2026-11-20"})).Results[0].Record.ID
	h.told()
	h.refused("孙客服", crm.ErrNotFound, []string{"没有找到任务"}, call("task.done", params{"task": task}))
	out := h.must("韩梅梅", call("reminder.done", params{"reminder": task})) // 「完成 #1042」
	if out.Results[0].Name != "task.done" || out.Results[0].Record.Kind != crm.KindTask {
		t.Errorf("closed %+v", out.Results[0])
	}
	h.tells("done", "李雷: task.finished 寄合同")
	h.refused("韩梅梅", crm.ErrConflict, []string{"已经完成"}, call("task.done", params{"task": task}))
	h.must("韩梅梅", call("undo", nil))
	h.tells("not done", "李雷: -task.finished 寄合同")
	h.must("李雷", call("task.done", params{"task": task}))
	h.tells("done by the giver", "韩梅梅: task.finished 寄合同")
	h.refused("韩梅梅", crm.ErrNotFound, []string{"没有待办的任务"}, call("task.done", nil))
	h.refused("韩梅梅", crm.ErrConflict, []string{"任务", "已经完成"}, call("reminder.snooze", params{"reminder": task, "at": h.at(5)}))
}

// Taking back 完成 or 推迟 rings again only what has not rung.
func TestUndoneRemindersDoNotRingAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	open := func() int { return h.count(`SELECT count(*) FROM timers WHERE state = 0`) }
	rem := h.must("李雷", call("reminder.create", params{"at": h.at(1), "content": "打给王强"})).Results[0].Record.ID
	h.must("李雷", call("reminder.done", params{"reminder": rem}))
	h.must("李雷", call("undo", nil))
	if n := open(); n != 1 {
		t.Errorf("%d timers before it rang, want 1", n)
	}
	h.now = h.now.Add(time.Hour)
	if n, err := h.store.FireDue(t.Context(), h.now, 10); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	for _, c := range []action.Call{call("reminder.done", params{"reminder": rem}), call("reminder.snooze", params{"reminder": rem, "at": h.at(5)})} {
		h.now = h.now.Add(time.Hour)
		h.must("李雷", c)
		h.must("李雷", call("undo", nil))
		if n := open(); n != 0 {
			t.Errorf("%s taken back: %d timers for what has rung", c.Name, n)
		}
	}
}
