package action_test

import (
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// moves gives a colleague another team; who acts is read anew, as a turn does.
func (h *house) moves(name, team string) {
	h.t.Helper()
	if err := h.store.SetTeam(h.t.Context(), h.who[name].UserID, team); err != nil {
		h.t.Fatal(err)
	}
	for who, a := range h.who {
		var err error
		if h.who[who], err = h.store.UserByID(h.t.Context(), a.UserID); err != nil {
			h.t.Fatal(err)
		}
	}
}

// What a person owns is seen by the lead of the team that the person is in now: a customer and what hangs on it, a lead, a ticket.
func TestScopeFollowsTheOwnersTeam(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("吴主管", crm.TeamLead, "华南组", "wecom:wu")
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 1000}))
	lead := h.must("李雷", call("lead.create", params{"company": "柯尼卡", "contact": "谭咏"})).Results[0].Record.ID
	sees := func(who string) {
		t.Helper()
		h.focus[who] = action.Focus{}
		if v := h.view(who, "云帆科技"); len(v.Deals) != 1 {
			t.Errorf("%s: %+v", who, v)
		}
		h.must(who, call("lead.view", params{"lead": lead}))
		if v := data[action.SearchResult](t, h.must(who, call("customer.search", params{"filter": params{"owner": "李雷"}}))); v.Total != 1 {
			t.Errorf("%s finds %+v", who, v)
		}
		if v := data[action.DealListView](t, h.must(who, call("deal.list", params{"owner": "李雷"}))); v.Total != 1 {
			t.Errorf("%s lists %+v", who, v)
		}
	}
	blind := func(who string) {
		t.Helper()
		h.focus[who] = action.Focus{}
		h.refused(who, crm.ErrDenied, []string{"李雷"}, call("customer.view", params{"customer": "云帆科技"}))
		if _, err := h.do(who, call("lead.view", params{"lead": lead})); err == nil {
			t.Errorf("%s sees the lead", who)
		}
		if v := data[action.DealListView](t, h.must(who, call("deal.list", params{"owner": "李雷"}))); v.Total != 0 {
			t.Errorf("%s lists %+v", who, v)
		}
	}
	sees("周主管")
	blind("吴主管")
	h.moves("李雷", "华南组")
	sees("吴主管")
	blind("周主管")
	h.must("吴主管", call("customer.update", params{"customer": "云帆科技", "field": "行业", "value": "制造业"}))
	h.moves("李雷", "") // in no team
	blind("吴主管")
	blind("周主管")
	h.moves("李雷", "华东组")
	sees("周主管")
	blind("吴主管")
}

// A transfer is taken back to the person; who leads them now is asked anew.
func TestUndoBringsBackNoFormerTeam(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("吴主管", crm.TeamLead, "华南组", "wecom:wu")
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	lead := h.must("李雷", call("lead.create", params{"company": "柯尼卡", "contact": "谭咏"})).Results[0].Record.ID
	h.must("李雷", call("lead.assign", params{"lead": lead, "owner": "韩梅梅"}))
	h.must("李雷", call("customer.transfer", params{"customer": "云帆", "owner": "韩梅梅"}))
	h.moves("韩梅梅", "华东组")
	h.moves("李雷", "华南组")
	h.must("李雷", call("undo", nil)) // the customer
	h.must("李雷", call("undo", nil)) // the lead
	h.view("吴主管", "云帆科技")
	h.must("吴主管", call("lead.view", params{"lead": lead}))
	h.refused("周主管", crm.ErrDenied, []string{"李雷"}, call("customer.view", params{"customer": "云帆科技"}))
	if _, err := h.do("周主管", call("lead.view", params{"lead": lead})); err == nil {
		t.Error("the former team's lead sees the lead")
	}
}

// Open tickets that a person handles for their team go with them to another; those that another department is to handle, and those
// that are closed, stay. Taking back an older handing over does not bring back a team that the person has left.
func TestTicketsFollowTheirOwnersTeam(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("何客服", crm.Service, "客服部", "wecom:he")
	h.hire("吴主管", crm.TeamLead, "售后部", "wecom:wu")
	h.hire("许主管", crm.TeamLead, "客服部", "wecom:xu")
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	open := func() int64 {
		return h.must("孙客服", call("ticket.create", params{"customer": "云帆科技", "content": "打印机卡纸", "kind": "故障", "assignee": "me"})).Results[0].Record.ID
	}
	mine, closed, given := open(), open(), open()
	h.must("孙客服", call("ticket.close", params{"ticket": closed}))
	h.must("孙客服", call("ticket.assign", params{"ticket": given, "assignee": "何客服"}))
	h.moves("孙客服", "售后部")
	team := func(id int64) (name string) {
		t.Helper()
		if err := h.owner.QueryRow(`SELECT t.name FROM tickets k JOIN teams t ON t.id = k.team_id WHERE k.id = $1`, id).Scan(&name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	if a, b, c := team(mine), team(closed), team(given); a != "售后部" || b != "客服部" || c != "客服部" {
		t.Error(a, b, c)
	}
	h.must("吴主管", call("ticket.view", params{"ticket": mine}))
	if _, err := h.do("许主管", call("ticket.view", params{"ticket": mine})); err == nil {
		t.Error("the former team's lead sees the ticket")
	}
	h.must("孙客服", call("undo", nil))
	if got := team(given); got != "售后部" {
		t.Error("taken back to", got)
	}
}
