package action_test

import (
	"encoding/json"
	"slices"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// ticketNews are the ticket news that wait for who, oldest first.
func (h *house) ticketNews(who string) (news []action.TicketNews) {
	h.t.Helper()
	claims, err := h.store.ClaimOutbox(h.t.Context(), "", 100, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	slices.SortFunc(claims, func(a, b store.OutboxClaim) int { return int(a.ID - b.ID) })
	for _, c := range claims {
		if c.Kind != action.KindTicket || crm.UserID(c.Subject) != h.who[who].UserID {
			continue
		}
		var n action.TicketNews
		if err := json.Unmarshal(c.Payload, &n); err != nil {
			h.t.Fatal(err)
		}
		news = append(news, n)
	}
	return news
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
	news := h.ticketNews("李雷")
	if len(news) != 1 || news[0].Topic != action.TicketCreated || news[0].Role != action.AsOwner || !news[0].Urgent || news[0].By != "孙客服" || int64(news[0].Ticket) != id {
		t.Errorf("told %+v", news)
	}
	v := h.ticket("李雷", id)
	if v.Content != "设备漏油" || v.Contact != "王强" || v.Customer != "上海云帆科技" || v.Kind != "投诉" || !slices.Equal(v.Watchers, []string{"李雷", "孙客服"}) && !slices.Equal(v.Watchers, []string{"孙客服", "李雷"}) {
		t.Errorf("view %+v", v)
	}
	h.refused("韩梅梅", crm.ErrNotFound, []string{"没有找到工单"}, call("ticket.view", params{"ticket": id}))
}
