package action_test

import (
	"strings"
	"testing"

	"gendan/crm/store/storetest"
)

// ticketsNow is everything about tickets that a person can change, as text without versions and times of change.
func ticketsNow(h *house) string {
	h.t.Helper()
	var s string
	err := h.owner.QueryRow(`
		SELECT concat_ws(E'\n',
			(SELECT string_agg((to_jsonb(t) - 'version' - 'updated_at' - 'content' - 'resolution')::text || (t.resolution IS NOT NULL), E'\n' ORDER BY t.id)
				FROM tickets t WHERE deleted_at IS NULL),
			(SELECT string_agg(concat_ws('|', id, ticket_id, side), E'\n' ORDER BY id) FROM ticket_entries WHERE deleted_at IS NULL),
			(SELECT string_agg(concat_ws('|', id, ticket_id, state), E'\n' ORDER BY id) FROM tasks WHERE deleted_at IS NULL),
			(SELECT string_agg(concat_ws('|', kind, subject, due), E'\n' ORDER BY kind, subject, due) FROM timers WHERE state = 0))`).Scan(&s)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// Whatever was done to a ticket, taking it back leaves it, its story and its timers as they were; whoever was told hears of it.
func TestEveryTicketActionIsTakenBack(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	other := h.must("何客服", call("ticket.create", params{"content": "又漏油", "customer": "云帆"})).Results[0].Record.ID
	closed := h.must("何客服", call("ticket.create", params{"content": "旧事", "customer": "云帆"})).Results[0].Record.ID
	h.must("何客服", call("ticket.close", params{"ticket": closed, "resolution": "好了"}))
	h.heard()
	for name, p := range map[string]params{
		"ticket.create":   {"content": "新的事", "customer": "云帆", "priority": "紧急"},
		"ticket.assign":   {"ticket": id, "assignee": "何客服"},
		"ticket.take":     {"ticket": other},
		"ticket.reply":    {"ticket": id, "content": "在查"},
		"ticket.note":     {"ticket": id, "content": "客户急"},
		"ticket.wait":     {"ticket": id},
		"ticket.update":   {"ticket": id, "priority": "紧急", "kind": "投诉"},
		"ticket.escalate": {"ticket": id, "reason": "要赔偿"},
		"ticket.handoff":  {"ticket": id, "to": "周主管", "content": "查一下"},
		"ticket.close":    {"ticket": id, "resolution": "换了"},
		"ticket.reopen":   {"ticket": closed},
		"ticket.merge":    {"ticket": other, "into": id},
		"ticket.split":    {"ticket": id, "content": "发票"},
	} {
		before := ticketsNow(h)
		out := h.must("孙客服", call(name, p))
		if ticketsNow(h) == before {
			t.Errorf("%s changes nothing", name)
		}
		told := h.heard()
		if out.UndoCode == "" {
			t.Errorf("%s cannot be taken back", name)
			continue
		}
		h.must("孙客服", call("undo", params{"code": out.UndoCode}))
		if after := ticketsNow(h); after != before {
			t.Errorf("%s taken back:\n%s\nwas:\n%s", name, after, before)
		}
		if back := strings.ReplaceAll(h.heard(), "-", ""); back != told {
			t.Errorf("%s told %q, taking it back %q", name, told, back)
		}
	}
}

// Each action runs once under its key, leaves an audit line and an event.
func TestTicketActionsRunOnce(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	for _, c := range []struct {
		name, event string
		p           params
	}{
		{"ticket.create", "ticket.created", params{"content": "新的事", "customer": "云帆"}},
		{"ticket.take", "ticket.taken", params{"ticket": id}},
		{"ticket.assign", "ticket.assigned", params{"ticket": id, "assignee": "何客服"}},
		{"ticket.reply", "ticket.replied", params{"ticket": id, "content": "在查"}},
		{"ticket.note", "ticket.noted", params{"ticket": id, "content": "客户急"}},
		{"ticket.wait", "ticket.waiting", params{"ticket": id}},
		{"ticket.update", "ticket.changed", params{"ticket": id, "priority": "高"}},
		{"ticket.escalate", "ticket.escalated", params{"ticket": id}},
		{"ticket.handoff", "ticket.handed", params{"ticket": id, "to": "周主管", "content": "查一下"}},
		{"ticket.split", "ticket.created", params{"ticket": id, "content": "发票"}},
		{"ticket.close", "ticket.closed", params{"ticket": id}},
		{"ticket.reopen", "ticket.reopened", params{"ticket": id}},
	} {
		events := func() int { return h.count(`SELECT count(*) FROM events WHERE name = $1`, c.event) }
		lines := func() int { return h.count(`SELECT count(*) FROM audit WHERE action = $1`, c.name) }
		was, wrote := events(), lines()
		req := h.request("孙客服", call(c.name, c.p))
		if _, err := h.run(req); err != nil {
			t.Fatal(c.name, err)
		}
		now := ticketsNow(h)
		again, err := h.run(req)
		if err != nil || !again.Replayed || ticketsNow(h) != now {
			t.Errorf("%s ran twice: %+v %v", c.name, again, err)
		}
		if events() != was+1 || lines() != wrote+1 {
			t.Errorf("%s: %d events and %d audit lines more", c.name, events()-was, lines()-wrote)
		}
	}
}

// No word of a ticket is in clear in the database.
func TestTicketsAreSealed(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	h.must("孙客服", call("ticket.update", params{"ticket": id, "priority": "高"}), call("ticket.reply", params{"ticket": id, "content": "回复里的秘密"}),
		call("ticket.note", params{"ticket": id, "content": "备注里的秘密"}), call("ticket.handoff", params{"ticket": id, "to": "周主管", "content": "任务里的秘密"}))
	h.must("孙客服", call("ticket.split", params{"ticket": id, "content": "拆出的秘密"}))
	h.must("孙客服", call("ticket.escalate", params{"ticket": id, "reason": "升级的秘密"}))
	h.must("孙客服", call("ticket.close", params{"ticket": id, "resolution": "结果里的秘密"}))
	h.must("李雷", call("ticket.reopen", params{"ticket": id, "reason": "重开的秘密"}))
	h.must("李雷", call("undo", params{}))
	dump := storetest.Dump(t, h.store)
	for _, s := range []string{"的秘密", "漏油", "密封圈"} {
		if i := strings.Index(dump, s); i >= 0 {
			t.Errorf("%q is in the dump: …%s…", s, dump[max(0, i-100):min(len(dump), i+60)])
		}
	}
	if v := h.ticket("李雷", id); v.Content != "设备漏油" || v.Resolution != "结果里的秘密" {
		t.Errorf("%+v", v.TicketRow)
	}
}

// Who may do what to a ticket of 李雷's customer that 孙客服 handles.
func TestWhoWorksOnATicket(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	people := []string{"李雷", "韩梅梅", "周主管", "钱总", "孙客服", "何客服", "冯市场", "郑管理"}
	for name, c := range map[string]struct {
		p   params
		may string
	}{
		"ticket.view":     {params{}, "李雷 周主管 钱总 孙客服 何客服 冯市场 郑管理"},
		"ticket.note":     {params{"content": "看过了"}, "李雷 周主管 钱总 孙客服 何客服 郑管理"},
		"ticket.reply":    {params{"content": "在查"}, "李雷 周主管 钱总 孙客服 何客服 郑管理"},
		"ticket.update":   {params{"priority": "高"}, "李雷 周主管 钱总 孙客服 何客服 郑管理"},
		"ticket.escalate": {params{"to": "钱总"}, "李雷 周主管 钱总 孙客服 何客服 郑管理"},
		"ticket.split":    {params{"content": "另一件"}, "李雷 周主管 钱总 孙客服 何客服 郑管理"},
		"ticket.handoff":  {params{"to": "钱总", "content": "查"}, "李雷 周主管 钱总 孙客服 何客服 郑管理"},
		"ticket.said":     {params{"content": "冒充"}, ""},
	} {
		for _, who := range people {
			c.p["ticket"] = id
			out, err := h.do(who, call(name, c.p))
			done := err == nil && out.Ask == nil && out.Pick == nil
			if may := strings.Contains(c.may, who); done != may {
				t.Errorf("%s by %s: done %v, want %v (%v)", name, who, done, may, err)
			}
		}
	}
	// What a colleague handles is shown first to those who are not above them.
	for who, asks := range map[string]bool{"李雷": true, "何客服": true, "周主管": false, "钱总": false, "孙客服": false} {
		for _, name := range []string{"ticket.close", "ticket.wait", "ticket.assign"} {
			out := h.hold(who, call(name, params{"ticket": id, "assignee": "何客服"}))
			if asked := out.Risk == "high"; asked != asks {
				t.Errorf("%s by %s: asked %v, want %v", name, who, asked, asks)
			}
			if !asks {
				h.must(who, call("undo", params{}))
			}
		}
	}
	// An agent of another team who is given the ticket sees it and what it is about, and no more of the customer.
	h.must("孙客服", call("ticket.assign", params{"ticket": id, "assignee": "韩梅梅"}))
	if v := h.ticket("韩梅梅", id); v.Customer != "上海云帆科技" || v.CustomerOwner != "李雷" || v.CustomerLevel != "" || len(v.Activities) != 0 || v.Bought != nil {
		t.Errorf("%+v", v)
	}
	h.must("韩梅梅", call("ticket.reply", params{"ticket": id, "content": "我来看"}))
	h.must("韩梅梅", call("ticket.close", params{"ticket": id, "resolution": "好了"}))
	h.must("李雷", call("ticket.reopen", params{"ticket": id}))
}
