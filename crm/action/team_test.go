package action_test

import (
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

// A rep gives a customer away with its open deals, no longer sees it, and can take it back.
func TestTransfer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 1000}))
	req := h.request("李雷", call("customer.transfer", params{"customer": "云帆", "owner": "韩梅梅"}))
	req.Hold = true
	out, err := h.run(req)
	if err != nil || out.Risk != action.High || out.UndoCode != "" || out.Results[0].Changes[0].New != "韩梅梅" {
		t.Fatalf("held: %+v %v", out, err)
	}
	h.view("李雷", "云帆")
	req.Hold = false
	if _, err := h.run(req); err != nil {
		t.Fatal(err)
	}
	h.refused("李雷", crm.ErrDenied, []string{"韩梅梅"}, call("customer.view", params{"customer": "云帆"}))
	if v := h.view("韩梅梅", "云帆"); v.Owner != "韩梅梅" || len(v.Deals) != 1 {
		t.Errorf("%+v", v)
	}
	list := data[action.DealListView](t, h.must("韩梅梅", call("deal.list", params{"owner": "me"})))
	if list.Total != 1 {
		t.Errorf("%+v", list)
	}
	h.must("李雷", call("undo", nil))
	h.view("李雷", "云帆")
	h.refused("韩梅梅", crm.ErrDenied, []string{"李雷"}, call("customer.view", params{"customer": "云帆"}))
	h.refused("李雷", nil, []string{"客服"}, call("customer.transfer", params{"customer": "云帆", "owner": "孙客服"}))
	out = h.must("钱总", call("customer.transfer", params{"customer": "云帆", "owner": "华东组"}))
	if out.Results[0].Changes[0].New != "周主管" || out.Results[0].Owner != "李雷" || out.Risk != action.High {
		t.Errorf("to a department: %+v", out)
	}
}

func TestLeads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lead := h.must("冯市场", call("lead.create", params{"company": "柯尼卡", "contact": "谭咏", "phone": "13811112222", "source": "官网", "need": "激光打标机"})).Results[0].Record
	h.refused("李雷", crm.ErrConflict, []string{"已经是线索"}, call("lead.create", params{"contact": "谭咏", "phone": "13811112222"}))
	h.must("李雷", call("lead.assign", params{"customer": "柯尼卡", "owner": "me"})) // out of the pool
	if out, err := h.do("韩梅梅", call("lead.convert", params{"lead": lead.ID})); err == nil {
		t.Errorf("another rep converts: %+v", out)
	}
	out := h.must("李雷", call("lead.convert", params{"lead": lead.ID}))
	if out.Results[0].Record.Name != "柯尼卡" || out.Results[0].Record.Kind != crm.KindCustomer {
		t.Errorf("%+v", out.Results[0])
	}
	v := h.view("李雷", "柯尼卡")
	if len(v.Contacts) != 1 || v.Contacts[0].Phone != "13811112222" || v.Source != "官网" {
		t.Errorf("%+v", v)
	}
	h.refused("李雷", crm.ErrConflict, []string{"已经转成客户"}, call("lead.convert", params{"lead": lead.ID}))
	h.must("李雷", call("undo", nil)) // the conversion
	h.must("李雷", call("undo", nil)) // the claim: back to the pool
	if n := h.count(`SELECT count(*) FROM leads WHERE id = $1 AND owner_id IS NULL AND state = 'open'`, lead.ID); n != 1 {
		t.Error("not back in the pool")
	}
	h.refused("李雷", nil, []string{"客服"}, call("lead.assign", params{"lead": lead.ID, "owner": "孙客服"}))
}

func TestDealsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上汽集团"}))
	// No deal yet: the update offers to make one.
	req := h.request("李雷", call("deal.update", params{"customer": "上汽", "stage": "谈判", "amount": 998000}))
	out, err := h.run(req)
	if err != nil || out.Pick == nil || out.Pick.Param != "deal" || !out.Pick.Create {
		t.Fatalf("%+v %v", out, err)
	}
	req.Chosen = map[string]crm.Ref{out.Pick.Slot: {Kind: crm.KindDeal}}
	if out, err = h.run(req); err != nil || out.Results[0].Record.ID == 0 {
		t.Fatalf("%+v %v", out, err)
	}
	// A bare follow-up means the deal last spoken of.
	if out = h.must("李雷", call("deal.update", params{"amount": 990000})); out.Results[0].Changes[0].Old != "¥998,000" {
		t.Errorf("%+v", out.Results[0])
	}
	h.must("李雷", call("deal.create", params{"customer": "上汽", "title": "二期", "amount": 5000000}))
	h.focus["李雷"] = action.Focus{}
	if out, err = h.do("李雷", call("deal.win", params{"customer": "上汽"})); err != nil || out.Pick == nil || len(out.Pick.Options) != 2 {
		t.Fatalf("%+v %v", out, err)
	}
	second := out.Pick.Options[0].Ref
	h.must("李雷", call("deal.win", params{"deal": second.ID, "amount": 5200000}))
	h.refused("李雷", crm.ErrConflict, []string{"已经是赢单"}, call("deal.win", params{"deal": second.ID}))
	h.must("李雷", call("deal.lose", params{"customer": "上汽", "reason": "同行业案例少", "competitor": "SAP"}))
	h.focus["李雷"] = action.Focus{}
	if out, err = h.do("李雷", call("deal.win", params{"customer": "上汽"})); err != nil || out.Pick == nil || !out.Pick.Create || len(out.Pick.Options) != 0 {
		t.Fatalf("no deal is open: %+v %v", out, err)
	}
	list := data[action.DealListView](t, h.must("李雷", call("deal.list", params{"stage": "赢单"})))
	if list.Total != 1 || list.Amount != crm.Yuan(5200000) {
		t.Errorf("%+v", list)
	}
	h.must("李雷", call("undo", nil))
	list = data[action.DealListView](t, h.must("李雷", call("deal.list", params{"owner": "me"})))
	if list.Total != 1 || list.Rows[0].Stage != "商务谈判" {
		t.Errorf("%+v", list)
	}
}

// What a person should see before it happens.
func TestRisk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 100000}))
	for says, c := range map[string]struct {
		who   string
		risk  action.Risk
		calls []action.Call
	}{
		"an own deal's stage, amount and a reminder": {"李雷", action.Low, []action.Call{call("deal.update", params{"customer": "云帆", "stage": "报价", "amount": 120000}),
			call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00"})}},
		"four times the amount":     {"李雷", action.High, []action.Call{call("deal.update", params{"customer": "云帆", "amount": 400001})}},
		"a quarter of the amount":   {"李雷", action.High, []action.Call{call("deal.update", params{"customer": "云帆", "amount": 25000})}},
		"over ten million":          {"李雷", action.High, []action.Call{call("deal.create", params{"customer": "云帆", "amount": 10000001})}},
		"somebody else's customer":  {"周主管", action.High, []action.Call{call("customer.tag", params{"customer": "云帆", "tags": []string{"x"}})}},
		"a look at somebody else's": {"周主管", action.Low, []action.Call{call("customer.view", params{"customer": "云帆"})}},
		"five changes in one message": {"李雷", action.High, []action.Call{call("task.create", params{"assignee": "me", "content": "1"}), call("task.create", params{"assignee": "me", "content": "2"}),
			call("task.create", params{"assignee": "me", "content": "3"}), call("task.create", params{"assignee": "me", "content": "4"}), call("task.create", params{"assignee": "me", "content": "5"})}},
	} {
		req := h.request(c.who, c.calls...)
		out, err := h.x.Preview(t.Context(), req)
		if err != nil || out.Risk != c.risk || out.Risk == action.High && out.Why == "" || len(out.Results) != len(c.calls) {
			t.Errorf("%s: risk %q why %q %v", says, out.Risk, out.Why, err)
		}
	}
	if n := h.count(`SELECT count(*) FROM tasks`); n != 0 {
		t.Error("a preview wrote")
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "苏州双鱼文具", "industry": "制造业", "region": "江苏", "level": "重点", "source": "展会", "contact": "老黄", "phone": "13600008888"}))
	h.must("李雷", call("customer.create", params{"customer": "广州万和电气", "industry": "家电", "region": "广东", "level": "普通"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "成都康泰医疗", "industry": "医疗", "region": "四川"}))
	h.must("李雷", call("customer.tag", params{"customer": "双鱼", "tags": []string{"招标", "VIP"}}), call("deal.create", params{"customer": "双鱼", "stage": "报价"}))
	h.must("李雷", call("activity.log", params{"customer": "万和", "content": "电话", "at": "2026-11-01T10:00:00+08:00"}))
	for _, c := range []struct {
		who  string
		p    params
		want int
	}{
		{"李雷", params{}, 2}, {"钱总", params{}, 3}, {"周主管", params{}, 2}, {"李雷", params{"query": "双鱼"}, 1}, {"李雷", params{"query": "康泰"}, 0}, {"钱总", params{"query": "康"}, 1},
		{"李雷", params{"query": "8888"}, 1}, {"李雷", params{"query": "13600008888"}, 1}, {"李雷", params{"filter": params{"tags": []string{"招标"}}}, 1},
		{"李雷", params{"filter": params{"level": "重点客户"}}, 1}, {"李雷", params{"filter": params{"industry": "制造业"}}, 1}, {"李雷", params{"filter": params{"region": "华东"}}, 1},
		{"钱总", params{"filter": params{"region": "西南"}}, 1}, {"李雷", params{"filter": params{"source": "展会"}}, 1}, {"李雷", params{"filter": params{"stage": "方案报价"}}, 1},
		{"李雷", params{"filter": params{"no_contact_days": 7}}, 1}, {"钱总", params{"filter": params{"owner": "韩梅梅"}}, 1}, {"钱总", params{"filter": params{"owner": "华东组"}}, 2},
		{"李雷", params{"filter": params{"owner": "me", "tags": []string{"招标"}, "level": "普通客户"}}, 0},
	} {
		v := data[action.SearchResult](t, h.must(c.who, call("customer.search", c.p)))
		if v.Total != c.want || len(v.Rows) != c.want {
			t.Errorf("%s %v finds %d %+v, want %d", c.who, c.p, v.Total, v.Rows, c.want)
		}
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.now = wednesday.AddDate(0, 0, -10)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 380000}),
		call("reminder.create", params{"at": "2026-11-12T09:00:00+08:00", "content": "忘了的事"}))
	h.now = wednesday
	h.must("李雷", call("reminder.create", params{"at": "2026-11-18T15:00:00+08:00", "content": "打给王强"}),
		call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "明天的事"}),
		call("lead.create", params{"company": "星河"}))
	h.must("钱总", call("task.create", params{"assignee": "李雷", "content": "交周报", "due": "2026-11-18"}))
	h.must("李雷", call("activity.log", params{"customer": "云帆", "content": "聊过", "next_at": "2026-11-18T16:00:00+08:00"}))
	v := data[action.BriefView](t, h.must("李雷", call("brief", nil)))
	if v.DueCount != 1 || v.Due[0].Content != "打给王强" || v.LateCount != 1 || !v.Overdue[0].Overdue || len(v.Tasks) != 1 || v.Tasks[0].From != "钱总" ||
		len(v.Leads) != 1 || len(v.Standing) != 1 || v.Standing[0].Days != 10 || v.OpenDeals != 1 || v.OpenSum != crm.Yuan(380000) || len(v.Contacts) != 1 {
		t.Errorf("%+v", v)
	}
	h.now = h.now.Add(time.Minute)
	if v := data[action.BriefView](t, h.must("韩梅梅", call("brief", nil))); v.LateCount+v.DueCount+len(v.Leads)+len(v.Standing) != 0 {
		t.Errorf("%+v", v)
	}
	help := data[action.Help](t, h.must("韩梅梅", call("help", params{"topic": "提醒"})))
	if len(help.Actions) < 4 || len(help.Actions) > 8 {
		t.Errorf("%d actions about reminders", len(help.Actions))
	}
}
