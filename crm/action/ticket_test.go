package action_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// ticketNews claims and closes what waits to be told and answers the news of tickets, by whom they are for: "topic role",
// in the order in which they happened.
func (h *house) ticketNews() (news map[string][]action.TicketNews) {
	h.t.Helper()
	news = map[string][]action.TicketNews{}
	names := map[int64]string{}
	for name, a := range h.who {
		names[int64(a.UserID)] = name
	}
	for {
		claims, err := h.store.ClaimOutbox(h.t.Context(), "", 100, time.Minute)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(claims) == 0 {
			return news
		}
		var sent []store.OutboxMark
		for _, c := range claims {
			sent = append(sent, store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt})
			if c.Kind != action.KindTicket {
				continue
			}
			var n action.TicketNews
			if err := json.Unmarshal(c.Payload, &n); err != nil {
				h.t.Fatal(err)
			}
			news[names[c.Subject]] = append(news[names[c.Subject]], n)
		}
		if err := h.store.OutboxSent(h.t.Context(), sent); err != nil {
			h.t.Fatal(err)
		}
	}
}

// heard is who heard what since it was last asked: "孙客服: created assignee, -closed watcher"; a dash is taken back.
func (h *house) heard() string {
	h.t.Helper()
	var lines []string
	for name, news := range h.ticketNews() {
		var parts []string
		for _, n := range news {
			part := string(n.Topic) + " " + string(n.Role)
			if n.Undone {
				part = "-" + part
			}
			parts = append(parts, part)
		}
		lines = append(lines, name+": "+strings.Join(parts, ", "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func (h *house) ticket(who string, id int64) action.TicketView {
	h.t.Helper()
	return data[action.TicketView](h.t, h.must(who, call("ticket.view", params{"ticket": id})))
}

// An agent writes a complaint down: it is theirs, and the customer's owner is told in the same transaction.
func TestATicketReachesTheCustomersOwner(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	out := h.must("孙客服", call("ticket.create", params{"content": "设备漏油", "customer": "云帆", "contact": "王强", "kind": "投诉", "priority": "紧急"}))
	id := out.Results[0].Record.ID
	if row := data[action.TicketRow](t, out); row.Owner != "孙客服" || row.State != crm.TicketNew || row.ID != id || out.UndoCode == "" {
		t.Errorf("%+v, undo %q", row, out.UndoCode)
	}
	news := h.ticketNews()["李雷"]
	if len(news) != 1 || news[0].Topic != action.TicketCreated || news[0].Role != action.AsOwner || !news[0].Urgent || news[0].By != "孙客服" || int64(news[0].Ticket) != id {
		t.Errorf("told %+v", news)
	}
	v := h.ticket("李雷", id)
	if v.Content != "设备漏油" || v.Contact != "王强" || v.Customer != "上海云帆科技" || v.Kind != "投诉" || !slices.Equal(v.Watchers, []string{"李雷", "孙客服"}) && !slices.Equal(v.Watchers, []string{"孙客服", "李雷"}) {
		t.Errorf("view %+v", v)
	}
	h.refused("韩梅梅", crm.ErrNotFound, []string{"没有找到工单"}, call("ticket.view", params{"ticket": id}))
}

// The life of a complaint: free in the team, taken, answered, handed to another department, waiting, closed, opened again.
func TestTheLifeOfATicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	h.heard()
	id := h.must("李雷", call("ticket.create", params{"content": "设备漏油", "customer": "云帆", "kind": "故障"})).Results[0].Record.ID
	if got := h.heard(); got != "孙客服: created assignee" {
		t.Errorf("created: %s", got)
	}
	if v := h.ticket("孙客服", id); v.Owner != "孙客服" || v.State != crm.TicketNew || v.CustomerOwner != "李雷" || v.Priority != "普通" {
		t.Errorf("%+v", v.TicketRow)
	}
	h.must("孙客服", call("ticket.take", params{"ticket": id}))
	if got := h.heard(); got != "李雷: taken owner" {
		t.Errorf("taken: %s", got)
	}
	out := h.must("孙客服", call("ticket.reply", params{"content": "工程师明天上门"}))
	if notes := strings.Join(out.Results[0].Notes, ""); !strings.Contains(notes, "请李雷告诉") {
		t.Errorf("nobody is asked to tell the customer: %q", notes)
	}
	if got := h.heard(); got != "李雷: replied owner" {
		t.Errorf("replied: %s", got)
	}
	h.must("孙客服", call("ticket.note", params{"content": "客户很急"}), call("ticket.handoff", params{"to": "华东组", "content": "查密封圈", "due": "2026-11-20"}))
	if got := h.heard(); got != "李雷: noted owner, handed owner" {
		t.Errorf("handed: %s", got)
	}
	v := h.ticket("周主管", id)
	if len(v.Tasks) != 1 || v.Tasks[0].For != "周主管" || v.Tasks[0].State != crm.StateOpen || len(v.Entries) != 4 || v.State != crm.TicketWorking {
		t.Errorf("%+v", v)
	}
	notices := func(who string) int {
		return h.count(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject = $1`, int64(h.who[who].UserID))
	}
	if n := notices("周主管"); n != 1 {
		t.Errorf("whose task it is was told %d times", n)
	}
	h.must("周主管", call("task.done", params{"task": v.Tasks[0].ID}))
	if n := notices("孙客服"); n != 0 {
		t.Errorf("who handles the ticket hears of its task and of the ticket: %d notices", n)
	}
	if got := h.heard(); got != "孙客服: handoff_done assignee; 李雷: handoff_done owner" {
		t.Errorf("task done: %s", got)
	}
	h.must("周主管", call("undo", params{}))
	if got := h.heard(); got != "孙客服: -handoff_done assignee; 李雷: -handoff_done owner" {
		t.Errorf("task taken back: %s", got)
	}
	v = h.ticket("孙客服", id)
	if last := v.Entries[len(v.Entries)-1]; last.Who != "周主管" || !strings.Contains(last.Content, "撤回") || v.Tasks[0].State != crm.StateOpen {
		t.Errorf("%+v", v)
	}
	h.must("孙客服", call("ticket.wait", params{"ticket": id}))
	h.refused("孙客服", crm.ErrConflict, []string{"已经在等"}, call("ticket.wait", params{"ticket": id}))
	out = h.must("孙客服", call("ticket.close", params{"customer": "云帆", "resolution": "换了密封圈"}))
	if notes := strings.Join(out.Results[0].Notes, ""); !strings.Contains(notes, "还没做完") {
		t.Errorf("close: %q", notes)
	}
	if got := h.heard(); got != "周主管: closed watcher; 李雷: closed owner" {
		t.Errorf("closed: %s", got)
	}
	h.refused("孙客服", crm.ErrConflict, []string{"已经关闭"}, call("ticket.reply", params{"ticket": id, "content": "在吗"}))
	h.must("李雷", call("ticket.reopen", params{"ticket": id, "reason": "又漏了"}))
	if v := h.ticket("李雷", id); v.State != crm.TicketWorking || v.Reopened != 1 || v.Resolution != "" {
		t.Errorf("%+v", v.TicketRow)
	}
	h.must("李雷", call("undo", params{}))
	if v := h.ticket("李雷", id); v.State != crm.TicketClosed || v.Resolution != "换了密封圈" {
		t.Errorf("%+v", v.TicketRow)
	}
	if list := data[action.TicketListView](t, h.must("李雷", call("ticket.list", params{"customer": "云帆"}))); list.Total != 1 || list.Rows[0].ID != id {
		t.Errorf("%+v", list)
	}
}
