package action_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

// withTicket is a house with 李雷's customer and a ticket of it that nobody has begun; 孙客服 and 何客服 are the agents, 吴组长 is their lead.
func withTicket(t *testing.T) (h *house, id int64) {
	t.Helper()
	h = newHouse(t)
	h.hire("何客服", crm.Service, "客服部", "wecom:he")
	h.hire("吴组长", crm.TeamLead, "客服部", "wecom:wu")
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	id = h.must("李雷", call("ticket.create", params{"content": "设备漏油", "customer": "云帆", "kind": "故障", "assignee": "孙客服"})).Results[0].Record.ID
	h.heard()
	return h, id
}

// hold runs one call as the bot does: what should be seen first is not done, and says why.
func (h *house) hold(who string, c action.Call) action.Outcome {
	h.t.Helper()
	req := h.request(who, c)
	req.Hold = true
	out, err := h.run(req)
	if err != nil {
		h.t.Fatalf("%s %s: %v", who, c.Name, err)
	}
	return out
}

// Two people take the same ticket at the same moment: one wins, the other is told who.
func TestTwoPeopleTakeATicket(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	h.must("孙客服", call("ticket.assign", params{"ticket": id, "assignee": "客服部"}))
	h.owner.Exec(`UPDATE tickets SET owner_id = NULL, state = 'new' WHERE id = $1`, id)
	var mu sync.Mutex
	var wg sync.WaitGroup
	won, lost := []string{}, []string{}
	for _, who := range []string{"孙客服", "何客服", "李雷", "周主管"} {
		req := h.request(who, call("ticket.take", params{"ticket": id}))
		wg.Go(func() {
			_, err := h.x.Run(t.Context(), req)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, who)
			} else {
				lost = append(lost, err.Error())
			}
		})
	}
	wg.Wait()
	if len(won) != 1 || len(lost) != 3 {
		t.Fatalf("won %v, lost %v", won, lost)
	}
	for _, l := range lost {
		if !strings.Contains(l, "刚刚由"+won[0]+"接手") {
			t.Errorf("who lost is told %q, %s has it", l, won[0])
		}
	}
	if v := h.ticket(won[0], id); v.Owner != won[0] || v.State != crm.TicketWorking {
		t.Errorf("%+v", v.TicketRow)
	}
}

// Whoever answers a ticket that a colleague took or answered a moment ago is asked first, unless their card shows it.
func TestTwoAnswersCollide(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	seen := h.ticket("何客服", id).Version
	h.must("孙客服", call("ticket.reply", params{"ticket": id, "content": "马上安排"}))
	h.now = h.now.Add(2 * time.Minute)
	for _, p := range []params{{"ticket": id, "content": "在查"}, {"ticket": id, "content": "在查", "seen": seen}} {
		out := h.hold("何客服", call("ticket.reply", p))
		if out.Risk != action.High || !strings.Contains(out.Why, "孙客服 2 分钟前处理过") {
			t.Errorf("%v: risk %q, %q", p, out.Risk, out.Why)
		}
	}
	if v := h.ticket("何客服", id); len(v.Entries) != 1 {
		t.Errorf("an answer that was held is there: %+v", v.Entries)
	}
	if out := h.hold("何客服", call("ticket.reply", params{"ticket": id, "content": "在查", "seen": h.ticket("何客服", id).Version})); out.Risk != action.Low {
		t.Errorf("asked although the card shows it: %q", out.Why)
	}
	if out := h.hold("何客服", call("ticket.reply", params{"ticket": id, "content": "查到了"})); out.Risk != action.Low {
		t.Errorf("asked after an own answer: %q", out.Why)
	}
	h.now = h.now.Add(6 * time.Minute)
	if out := h.hold("孙客服", call("ticket.reply", params{"ticket": id, "content": "好的"})); out.Risk != action.Low {
		t.Errorf("asked after %v: %q", crm.Collision, out.Why)
	}
	if v := h.ticket("何客服", id); len(v.Entries) != 4 || v.Owner != "孙客服" {
		t.Errorf("%+v", v)
	}
}

// A ticket goes up: to the team's lead, then to the manager; either takes it over by a tap.
func TestATicketGoesUp(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	h.must("孙客服", call("ticket.escalate", params{"ticket": id, "reason": "客户要赔偿"}))
	if got := h.ticketNews(); len(got["吴组长"]) != 1 || got["吴组长"][0].Topic != action.TicketEscalated || got["吴组长"][0].Why != "客户要赔偿" || len(got) != 1 {
		t.Errorf("%+v", got)
	}
	h.must("孙客服", call("ticket.escalate", params{"ticket": id}))
	if got := h.heard(); got != "钱总: escalated assignee" {
		t.Errorf("the second time: %s", got)
	}
	if v := h.ticket("钱总", id); v.Level != 2 || v.Owner != "孙客服" {
		t.Errorf("%+v", v.TicketRow)
	}
	h.must("吴组长", call("ticket.take", params{"ticket": id}))
	if got := h.heard(); got != "孙客服: taken before; 李雷: taken owner; 钱总: taken watcher" {
		t.Errorf("taken: %s", got)
	}
	h.refused("何客服", nil, []string{"没有找到同事"}, call("ticket.escalate", params{"ticket": id, "to": "查无此人"}))
}

// One matter told twice becomes one ticket; two matters in one become two.
func TestTicketsMergeAndSplit(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	twice := h.must("何客服", call("ticket.create", params{"content": "又打来说漏油", "customer": "云帆"})).Results[0].Record.ID
	h.must("何客服", call("ticket.handoff", params{"ticket": twice, "to": "周主管", "content": "查密封圈"}))
	h.heard()
	h.must("何客服", call("ticket.merge", params{"ticket": twice, "into": id}))
	if got := h.heard(); got != "周主管: merged watcher; 李雷: merged owner" {
		t.Errorf("merged: %s", got)
	}
	v := h.ticket("何客服", id)
	if len(v.Tasks) != 1 || v.Tasks[0].For != "周主管" || !strings.Contains(v.Entries[len(v.Entries)-1].Content, "又打来说漏油") || !strings.Contains(strings.Join(v.Watchers, " "), "周主管") {
		t.Errorf("%+v", v)
	}
	h.refused("何客服", crm.ErrConflict, []string{fmt.Sprintf("已经并入 #%d", id)}, call("ticket.reply", params{"ticket": twice, "content": "x"}))
	h.refused("何客服", crm.ErrInvalid, []string{"它自己"}, call("ticket.merge", params{"ticket": id, "into": id}))
	h.must("何客服", call("undo", params{}))
	if v := h.ticket("何客服", twice); v.State == crm.TicketClosed || len(v.Tasks) != 1 {
		t.Errorf("merge taken back: %+v", v)
	}
	h.heard()
	out := h.must("孙客服", call("ticket.split", params{"ticket": id, "content": "发票抬头写错", "kind": "咨询", "assignee": "何客服"}))
	part := h.ticket("何客服", out.Results[0].Record.ID)
	if part.SplitFrom != id || part.Kind != "咨询" || part.Owner != "何客服" || part.Customer != "上海云帆科技" || part.ID == id {
		t.Errorf("%+v", part.TicketRow)
	}
	if got := h.heard(); got != "何客服: split assignee; 李雷: split owner" {
		t.Errorf("split: %s", got)
	}
	if v := h.view("李雷", "云帆"); v.TicketCount != 3 || len(v.Tickets) != 3 {
		t.Errorf("%d tickets in the customer's view", v.TicketCount)
	}
}

// What a customer wrote is one entry however often it is heard; it ends waiting and opens what was closed.
func TestACustomerWrites(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	says := func(text, message string) {
		t.Helper()
		h.key++
		c := call("ticket.said", params{"ticket": id, "content": text, "message": message})
		_, err := h.x.Run(t.Context(), action.Request{Actor: crm.Guest{Name: "王强"}.Actor(), Calls: []action.Call{c}, Key: fmt.Sprint("said", h.key), Via: "kf", Now: h.now})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.must("孙客服", call("ticket.reply", params{"ticket": id, "content": "请发照片"}), call("ticket.wait", params{"ticket": id}))
	h.heard()
	says("照片在这", "m1")
	says("照片在这", "m1")
	if got := h.heard(); got != "孙客服: said assignee" {
		t.Errorf("said: %s", got)
	}
	v := h.ticket("孙客服", id)
	if v.State != crm.TicketWorking || v.Waiting || len(v.Entries) != 3 || v.Entries[2].Side != crm.SideCustomer || v.Entries[2].Content != "照片在这" {
		t.Errorf("%+v", v)
	}
	h.must("孙客服", call("ticket.close", params{"ticket": id}))
	h.heard()
	says("还是漏", "m2")
	if got := h.heard(); got != "孙客服: said assignee; 李雷: said owner" {
		t.Errorf("said after closing: %s", got)
	}
	if v := h.ticket("孙客服", id); v.State != crm.TicketWorking || v.Reopened != 1 {
		t.Errorf("%+v", v.TicketRow)
	}
	h.refused("孙客服", crm.ErrDenied, nil, call("ticket.said", params{"ticket": id, "content": "冒充客户"}))
}

// An answer leaves by the customer's door, and cannot be taken back then; other steps can.
func TestAnAnswerThatWentOut(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	h.owner.Exec(`ALTER TABLE tickets DISABLE TRIGGER ALL`)
	if _, err := h.owner.Exec(`UPDATE tickets SET guest_id = 77 WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	out := h.must("孙客服", call("ticket.reply", params{"ticket": id, "content": "工程师明天上门"}))
	if len(out.Results[0].Notes) != 0 {
		t.Errorf("notes %v", out.Results[0].Notes)
	}
	var reply action.GuestNews
	claims, err := h.store.ClaimOutbox(t.Context(), "", 50, time.Minute)
	for _, c := range claims {
		if c.Kind == action.KindGuest && c.Subject == 77 {
			err = json.Unmarshal(c.Payload, &reply)
		}
	}
	if err != nil || reply.Topic != action.GuestReply || reply.Content != "工程师明天上门" || reply.By != "孙客服" || reply.Ticket != id {
		t.Errorf("%+v %v", reply, err)
	}
	h.refused("孙客服", crm.ErrConflict, []string{"已经发给客户"}, call("undo", params{}))
	if v := h.ticket("孙客服", id); len(v.Entries) != 1 || !v.Entries[0].Sent {
		t.Errorf("%+v", v.Entries)
	}
}

// A complaint of a customer that nobody keeps yet is written down all the same; a number that is none is not.
func TestATicketWithoutACustomer(t *testing.T) {
	t.Parallel()
	h, _ := withTicket(t)
	out := h.must("孙客服", call("ticket.create", params{"content": "电话打不通", "customer": "从没听过的公司", "contact": "老赵"}))
	row := data[action.TicketRow](t, out)
	if row.Customer != "" || !strings.Contains(row.Content, "从没听过的公司") || !strings.Contains(row.Content, "老赵") || len(out.Results[0].Notes) != 1 || !strings.Contains(out.Results[0].Notes[0], fmt.Sprintf("#%d 客户是", row.ID)) {
		t.Errorf("%+v %v", row, out.Results[0].Notes)
	}
	h.refused("孙客服", crm.ErrNotFound, []string{"#999999"}, call("ticket.create", params{"content": "x", "customer": "#999999"}))
	h.refused("孙客服", nil, []string{"什么问题"}, call("ticket.create", params{"content": " "}))
	h.refused("孙客服", nil, []string{"投诉"}, call("ticket.create", params{"content": "x", "kind": "闹着玩"}))
	h.must("孙客服", call("ticket.update", params{"ticket": row.ID, "customer": "云帆", "contact": "王强", "priority": "加急"}))
	if v := h.ticket("李雷", row.ID); v.Customer != "上海云帆科技" || v.Contact != "王强" || v.Priority != crm.Urgent {
		t.Errorf("%+v", v.TicketRow)
	}
}

// One message writes a complaint down, hands a part of it over and answers the customer: it is all of the new ticket.
func TestATicketMadeAndMovedInOneMessage(t *testing.T) {
	t.Parallel()
	h, _ := withTicket(t)
	out := h.must("孙客服", call("ticket.create", params{"content": "电机异响", "customer": "云帆", "kind": "故障"}), call("ticket.handoff", params{"to": "周主管", "content": "查电机", "customer": "云帆"}),
		call("ticket.reply", params{"content": "在查了"}), call("ticket.update", params{"priority": "紧急"}))
	id := out.Results[0].Record.ID
	for _, res := range out.Results {
		if res.Record.ID != id || res.Record.Kind != crm.KindTicket || len(res.Changes) == 0 || res.Changes[0].Record.ID != id {
			t.Errorf("%s is about %+v, the ticket is #%d", res.Name, res.Record, id)
		}
	}
	v := h.ticket("李雷", id)
	if v.Content != "电机异响" || v.Priority != crm.Urgent || v.State != crm.TicketWorking || len(v.Tasks) != 1 || len(v.Entries) != 3 || v.FirstDue != "" {
		t.Errorf("%+v", v)
	}
	if n := h.count(`SELECT count(*) FROM tasks WHERE ticket_id = $1 AND customer_id IS NOT NULL`, id); n != 1 {
		t.Errorf("%d tasks of the ticket", n)
	}
	before := ticketsNow(h)
	h.must("孙客服", call("undo", params{}))
	if after := ticketsNow(h); after == before || strings.Contains(after, fmt.Sprintf(`"id": %d`, id)) {
		t.Errorf("taken back: %s", after)
	}
}

// Whoever hears a complaint can write it down, also of a colleague's customer: its owner hears of it, and the writer sees
// the ticket and no more of the customer than its name.
func TestAComplaintOfAColleaguesCustomer(t *testing.T) {
	t.Parallel()
	h, _ := withTicket(t)
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "级别", "value": "战略客户"}))
	h.must("李雷", call("activity.log", params{"customer": "云帆", "content": "谈过价"}))
	h.heard()
	out := h.must("韩梅梅", call("ticket.create", params{"content": "展会上抱怨交货慢", "customer": "云帆"}))
	if notes := strings.Join(out.Results[0].Notes, ""); !strings.Contains(notes, "由李雷负责，已经告诉TA") {
		t.Errorf("notes %q", notes)
	}
	if row := data[action.TicketRow](t, out); row.Customer != "上海云帆科技" || row.CustomerLevel != "" {
		t.Errorf("%+v", row)
	}
	if got := h.heard(); !strings.Contains(got, "李雷: created owner") {
		t.Errorf("told %s", got)
	}
	id := out.Results[0].Record.ID
	if v := h.ticket("韩梅梅", id); v.CustomerLevel != "" || len(v.Activities) != 0 || len(v.Others) != 0 {
		t.Errorf("%+v", v)
	}
	if v := h.ticket("李雷", id); v.Creator != "韩梅梅" || v.CustomerLevel != "战略客户" {
		t.Errorf("%+v", v.TicketRow)
	}
	h.refused("韩梅梅", crm.ErrDenied, nil, call("customer.view", params{"customer": "云帆"}))
}
