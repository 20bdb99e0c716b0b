package action_test

import (
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/templates"
)

// The pack's rules come in once, follow the pack, and stay the company's once it has changed them.
func TestPackRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rule := func(name string, days int, active bool) crm.Rule {
		return crm.Rule{Name: name, Active: active, When: crm.RuleWhen{Kind: crm.WhenSilence, Of: "contact", Days: days},
			Then: []crm.RuleStep{{Action: "task.create", Params: []byte(`{"customer":"{{客户}}","assignee":"{{负责人}}","content":"回访"}`)}}}
	}
	keep := func(rules ...crm.Rule) int {
		timers, err := action.New(h.store, action.Config{Rules: rules}).KeepRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(timers)
	}
	if n := keep(rule("甲", 7, true), rule("乙", 7, false)); n != 1 {
		t.Errorf("%d timers", n)
	}
	keep(rule("甲", 7, true), rule("乙", 7, false))
	list := data[action.RuleList](t, h.must("李雷", call("rule.list", nil)))
	if len(list.Rows) != 2 || !list.Rows[0].On || list.Rows[0].Name != "甲" || list.Rows[0].Owner != "钱总" || list.Rows[1].On {
		t.Fatalf("%+v", list)
	}
	h.must("冯市场", call("rule.save", params{"rule": rule("乙", 14, false)}))
	keep(rule("甲", 9, true), rule("乙", 9, false))
	if v := data[action.RuleView](t, h.must("李雷", call("rule.view", params{"rule": "甲"}))); v.Rule.When.Days != 9 || !v.On {
		t.Errorf("%+v", v)
	}
	if v := data[action.RuleView](t, h.must("李雷", call("rule.view", params{"rule": "乙"}))); v.Rule.When.Days != 14 || v.On {
		t.Errorf("%+v", v)
	}
}

// Every rule that the pack brings can run, and what it plans to say to a customer is explained afterwards.
func TestPackRulesRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rules := map[string]int64{}
	for _, r := range templates.MustRules(templates.Default()) {
		h.must("钱总", call("rule.save", params{"rule": r}))
		rules[r.Name] = data[action.RuleView](t, h.must("钱总", call("rule.on", params{"rule": r.Name}))).ID
	}
	h.must("李雷", call("customer.create", params{"customer": "甲公司"}))
	h.must("李雷", call("contact.create", params{"customer": "甲公司", "contact": "张三", "birthday": "11-18"}))
	h.must("李雷", call("customer.tag", params{"customer": "甲公司", "tags": []string{"抹茶"}}))
	h.must("冯市场", call("product.create", params{"product": "抹茶拿铁", "category": "饮品"}))
	h.react()
	h.sweep(rules["生日送券"])
	h.want(action.RuleView{RuleRow: action.RuleRow{ID: rules["生日送券"], Name: "生日送券"}}, "甲公司")
	if n := h.fired(rules["新品推给喜欢的客户"], "done"); n != 1 {
		t.Errorf("the new product fired %d times", n)
	}
	if n := h.count(`SELECT count(*) FROM coupons`); n != 2 {
		t.Errorf("%d coupons", n)
	}
	why := data[action.RuleWhyView](t, h.must("李雷", call("rule.why", params{"customer": "甲公司", "rule": "生日送券"})))
	if len(why.Rows) != 1 || len(why.Rows[0].Told) != 1 {
		t.Errorf("%+v", why.Rows)
	}
}
