package action_test

import (
	"context"
	"errors"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// guest lets somebody come to the customers' door and open a ticket there.
func (h *house) guest(peer, name, content string) (g crm.Guest, ticket int64) {
	h.t.Helper()
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		tx.Now = h.now
		g, err = tx.MeetGuest(ctx, "kf", peer, name)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.key++
	out, err := h.x.Run(h.t.Context(), action.Request{Actor: g.Actor(), Via: "kf", Now: h.now, Key: "guest:" + peer + content,
		Calls: []action.Call{call("ticket.create", params{"content": content, "kind": "故障", "guest": g.ID})}})
	if err != nil {
		h.t.Fatal(err)
	}
	return g, out.Results[0].Record.ID
}

// A colleague says whose customer a guest is: the guest's open tickets are that customer's then, and the owner hears of them.
func TestAGuestIsLinkedByAColleague(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	g, ticket := h.guest("kf:wk1/wm1", "阿强", "空压机不启动")
	h.ticketNews()
	if v := h.ticket("孙客服", ticket); v.GuestName != "阿强" || v.Customer != "" {
		t.Errorf("before: %+v", v)
	}
	h.must("孙客服", call("guest.link", params{"ticket": ticket, "customer": "云帆", "contact": "王强"}))
	if v := h.ticket("李雷", ticket); v.Customer != "上海云帆科技" || v.Contact != "王强" {
		t.Errorf("after: %+v", v)
	}
	if news := h.ticketNews()["李雷"]; len(news) != 1 || news[0].Topic != action.TicketCreated || news[0].Role != action.AsOwner {
		t.Errorf("the owner hears %+v", news)
	}
	err := h.store.As(t.Context(), h.who["李雷"], func(ctx context.Context, tx *store.Tx) error {
		again, err := tx.Guest(ctx, g.ID)
		if err == nil && (again.Customer == 0 || again.Contact == 0) {
			t.Errorf("%+v", again)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Whoever has nothing to do with a guest neither sees nor links them, and a guest's own actor is refused nothing that the
// service may do: so only the dialogue decides what it is given.
func TestAGuestIsNotEverybodys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "星河贸易"}))
	g, ticket := h.guest("kf:wk1/wm1", "阿强", "空压机不启动")
	h.must("孙客服", call("guest.link", params{"ticket": ticket, "customer": "云帆"}))
	for who, sees := range map[string]bool{"李雷": true, "周主管": true, "钱总": true, "孙客服": true, "韩梅梅": false} {
		err := h.store.As(t.Context(), h.who[who], func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Guest(ctx, g.ID)
			return err
		})
		if (err == nil) != sees || err != nil && !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if _, err := h.do("韩梅梅", call("guest.link", params{"ticket": ticket, "customer": "星河"})); err == nil {
		t.Error("a rep who does not see the ticket links its guest")
	}
	if _, err := h.do("李雷", call("guest.link", params{"ticket": ticket, "customer": "星河"})); err == nil {
		t.Error("a guest is linked to a customer that the speaker does not see")
	}
	own := h.must("李雷", call("ticket.create", params{"content": "机器漏油", "customer": "云帆"})).Results[0].Record.ID
	if _, err := h.do("李雷", call("guest.link", params{"ticket": own, "customer": "云帆"})); !errors.Is(err, crm.ErrInvalid) {
		t.Errorf("a ticket without a guest: %v", err)
	}
}

// What a colleague answered elsewhere counts as an answer, and nothing goes out.
func TestAnsweredElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, ticket := h.guest("kf:wk1/wm1", "阿强", "空压机不启动")
	if v := h.ticket("孙客服", ticket); v.FirstDue == "" {
		t.Fatalf("nothing is promised: %+v", v)
	}
	h.must("孙客服", call("ticket.answered", params{"ticket": ticket, "content": "已电话告知先断电"}))
	v := h.ticket("孙客服", ticket)
	if v.FirstDue != "" || v.State != crm.TicketWorking || len(v.Entries) == 0 || v.Entries[len(v.Entries)-1].Side != crm.SideReply || v.Entries[len(v.Entries)-1].Sent {
		t.Errorf("%+v", v)
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'guest' AND key LIKE '%reply%'`); n != 0 {
		t.Errorf("%d answers go out", n)
	}
}

// What a guest says after closing either opens the ticket again, once and without news to the guest, who is answered at the
// door, or stays with the closed ticket, of which whoever closed it hears. Anger reaches the customer's owner too.
func TestAGuestSpeaksAfterClosing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("何客服", crm.Service, "客服部", "wecom:he")
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	g, ticket := h.guest("kf:wk1/wm1", "阿强", "空压机不启动")
	h.must("孙客服", call("guest.link", params{"ticket": ticket, "customer": "云帆"}))
	guest := func(key, name string, p params) error {
		p["ticket"] = ticket
		_, err := h.x.Run(t.Context(), action.Request{Actor: g.Actor(), Via: "kf", Now: h.now, Key: key, Calls: []action.Call{call(name, p)}})
		return err
	}
	h.must("孙客服", call("ticket.assign", params{"ticket": ticket, "assignee": "何客服"}))
	h.heard()
	if err := guest("g1", "ticket.said", params{"content": "你们太差了", "upset": true}); err != nil {
		t.Fatal(err)
	}
	if got := h.heard(); got != "何客服: said assignee; 李雷: said owner" {
		t.Errorf("anger: %s", got)
	}
	if err := guest("g2", "ticket.update", params{"priority": "高", "told": true}); err != nil {
		t.Fatal(err)
	}
	if got := h.heard(); got != "" {
		t.Errorf("raised: %s", got)
	}
	if h.must("孙客服", call("ticket.update", params{"ticket": ticket, "priority": "紧急", "told": true})); h.heard() == "" {
		t.Error("a colleague raises it and nobody hears")
	}
	h.must("孙客服", call("ticket.close", params{"ticket": ticket}))
	h.heard()
	if err := guest("g3", "ticket.said", params{"content": "方便", "after": true}); err != nil {
		t.Fatal(err)
	}
	if got := h.heard(); got != "孙客服: said assignee" { // who closed it, not who handled it
		t.Errorf("a word after: %s", got)
	}
	if v := h.ticket("孙客服", ticket); v.State != crm.TicketClosed || v.Reopened != 0 || v.Entries[len(v.Entries)-1].Content != "方便" {
		t.Errorf("%+v", v)
	}
	for range 2 { // the same message, delivered twice
		if err := guest("g4", "ticket.reopen", params{"reason": "客户说「又坏了」"}); err != nil {
			t.Fatal(err)
		}
	}
	if v := h.ticket("孙客服", ticket); v.State != crm.TicketWorking || v.Reopened != 1 {
		t.Errorf("%+v", v.TicketRow)
	}
	if err := guest("g5", "ticket.reopen", params{}); err == nil {
		t.Error("an open ticket is opened again")
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'guest' AND key LIKE '%reopened%'`); n != 0 {
		t.Errorf("the guest hears %d times what the door has said", n)
	}
	h.must("孙客服", call("ticket.close", params{"ticket": ticket}), call("ticket.reopen", params{"ticket": ticket}))
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'guest' AND key LIKE '%reopened%'`); n != 1 {
		t.Errorf("the guest hears %d times that a colleague opened it again", n)
	}
}
