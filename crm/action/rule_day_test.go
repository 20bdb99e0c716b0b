package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// told is a rule that tells its owner of a customer.
func told(name, when, cond string) string {
	return fmt.Sprintf(`{"name":%q,"when":%s,"if":%s,"then":[{"action":"rule.tell","params":{"customer":"{{客户}}","to":"me","content":"{{客户}}"}}]}`, name, when, cond)
}

// met are the customers that a rule met.
func (h *house) met(rule int64) string {
	h.t.Helper()
	var names string
	err := h.owner.QueryRow(`SELECT coalesce(string_agg(c.name, ' ' ORDER BY c.name COLLATE "C", f.id), '') FROM rule_firings f JOIN customers c ON c.id = f.customer_id
		WHERE f.rule_id = $1 AND f.state = 'done'`, rule).Scan(&names)
	if err != nil {
		h.t.Fatal(err)
	}
	return names
}

func (h *house) want(rule action.RuleView, want string) {
	h.t.Helper()
	if got := h.met(rule.ID); got != want {
		h.t.Errorf("%s has met %q, want %q", rule.Name, got, want)
	}
}

func TestBirthdayRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	today := h.saveRule("钱总", told("生日", `{"kind":"birthday"}`, `{"filter":{"level":"重点客户"}}`))
	ahead := h.saveRule("钱总", told("生日前", `{"kind":"birthday","days":3}`, `{}`))
	for name, day := range map[string]string{"甲": "1990-11-21", "乙": "11-21", "丙": "11-22"} {
		h.must("李雷", call("customer.create", params{"customer": name + "公司", "level": map[bool]string{true: "重点客户"}[name != "乙"]}))
		h.must("李雷", call("contact.create", params{"customer": name + "公司", "contact": "张三", "birthday": day}))
	}
	h.sweep(today.ID)
	h.sweep(ahead.ID)
	h.want(today, "")
	h.want(ahead, "乙公司 甲公司")
	h.now = h.now.AddDate(0, 0, 3)
	h.sweep(today.ID)
	h.sweep(today.ID)
	h.sweep(ahead.ID)
	h.want(today, "甲公司")
	h.want(ahead, "丙公司 乙公司 甲公司") // the third was due on the 19th, when nobody looked
	h.now = h.now.AddDate(1, 0, 0)
	h.sweep(today.ID)
	h.want(today, "甲公司 甲公司")
}

func TestNthPurchaseRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	buy := func(customer string) {
		h.must("李雷", call("order.create", params{"customer": customer, "product": "奶茶", "amount": 20}))
	}
	h.must("李雷", call("customer.create", params{"customer": "甲公司"}))
	h.must("李雷", call("customer.create", params{"customer": "乙公司"}))
	for range 4 {
		buy("乙公司") // before the rule: its third purchase is past
	}
	h.now = h.now.Add(time.Hour)
	v := h.saveRule("钱总", `{"name":"老客","when":{"kind":"orders","count":3},"then":[{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["老客"]}}]}`)
	buy("甲公司")
	buy("乙公司")
	h.react()
	h.want(v, "")
	buy("甲公司")
	buy("甲公司")
	buy("甲公司") // the fourth comes before the rule has heard of the third
	h.react()
	h.sweep(v.ID)
	h.want(v, "甲公司")
	if tags := h.count(`SELECT count(*) FROM customers WHERE '老客' = ANY (tags)`); tags != 1 {
		t.Errorf("%d customers have the tag", tags)
	}
}

func TestComplaintRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", `{"name":"投诉","when":{"kind":"complaints","count":2,"days":90},"again":7,
		"then":[{"action":"rule.tell","params":{"customer":"{{客户}}","to":"{{主管}}","content":"{{客户}}投诉 {{投诉数}} 次"}}]}`)
	h.must("李雷", call("customer.create", params{"customer": "甲公司"}))
	h.must("李雷", call("ticket.create", params{"customer": "甲公司", "kind": "投诉", "content": "漏油"}))
	h.now = h.now.AddDate(0, 0, 100)
	h.must("李雷", call("ticket.create", params{"customer": "甲公司", "kind": "投诉", "content": "又漏油"}))
	h.react()
	h.want(v, "")
	h.must("李雷", call("ticket.create", params{"customer": "甲公司", "kind": "咨询", "content": "问价"}))
	h.must("李雷", call("ticket.create", params{"customer": "甲公司", "kind": "投诉", "content": "还漏油"}))
	h.react()
	h.sweep(v.ID)
	h.want(v, "甲公司")
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject = $1`, int64(h.who["周主管"].UserID)); n == 0 {
		t.Error("the lead of 李雷's team hears nothing")
	}
}

func TestStandingDealRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", told("停滞", `{"kind":"stage","stage":"方案报价","days":10}`, `{"expr":"金额 >= 1000"}`))
	for name, amount := range map[string]int{"甲公司": 5000, "乙公司": 10} {
		h.must("李雷", call("customer.create", params{"customer": name}))
		h.must("李雷", call("deal.create", params{"customer": name, "amount": amount, "stage": "方案报价"}))
	}
	h.must("李雷", call("deal.create", params{"customer": "甲公司", "title": "大单", "amount": 900000, "stage": "需求分析"}))
	h.now = h.now.AddDate(0, 0, 9)
	h.sweep(v.ID)
	h.want(v, "")
	h.now = h.now.AddDate(0, 0, 2)
	h.sweep(v.ID)
	h.sweep(v.ID)
	h.want(v, "甲公司")
}

func TestSegmentRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("钱总", call("segment.save", params{"name": "华东重点", "filter": params{"level": "重点客户"}}))
	for _, name := range []string{"甲公司", "乙公司", "丙公司"} {
		h.must("李雷", call("customer.create", params{"customer": name}))
	}
	level := func(customer, level string) {
		h.must("李雷", call("customer.update", params{"customer": customer, "field": "客户级别", "value": level}))
	}
	level("甲公司", "重点客户")
	enter := h.saveRule("钱总", told("进来", `{"kind":"segment","segment":"华东重点"}`, `{}`))
	leave := h.saveRule("钱总", told("出去", `{"kind":"segment","segment":"华东重点","of":"leave"}`, `{}`))
	sweep := func() {
		h.now = h.now.AddDate(0, 0, 1)
		try := data[action.RuleTry](t, h.must("钱总", call("rule.try", params{"rule": "进来"})))
		before := h.fired(enter.ID, "done")
		h.sweep(enter.ID)
		h.sweep(leave.ID)
		if n := h.fired(enter.ID, "done") - before; n != try.Total {
			t.Errorf("the dry run says %d, %d fired", try.Total, n)
		}
	}
	sweep()
	h.want(enter, "")
	level("乙公司", "重点客户")
	level("甲公司", "普通客户")
	sweep()
	sweep()
	h.want(enter, "乙公司")
	h.want(leave, "甲公司")
	level("甲公司", "重点客户")
	sweep()
	h.want(enter, "乙公司 甲公司")
}

func TestScoreAndCycleRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"甲公司", "乙公司"} {
		h.must("李雷", call("customer.create", params{"customer": name}))
		h.must("李雷", call("order.create", params{"customer": name, "product": "滤芯", "amount": 100}))
	}
	id := func(name string) int { return h.count(`SELECT id FROM customers WHERE name = $1`, name) }
	for _, q := range []string{
		`INSERT INTO customer_predictions (customer_id, risk, last_order, worth, computed_at) VALUES ($1, 80, now(), 1, now())`,
		`INSERT INTO customer_health (customer_id, score, parts, base, low, due, computed_at) VALUES ($1, 30, '[]', 30, true, now(), now())`,
		`INSERT INTO customer_cycles (customer_id, product_id, times, last_at, days, due_at, low_at, high_at, own, computed_at)
			SELECT $1, id, 3, '2026-09-01', 80, '2026-11-20', '2026-11-10', '2026-11-30', 2, now() FROM products LIMIT 1`,
	} {
		if _, err := h.owner.Exec(q, id("甲公司")); err != nil {
			t.Fatal(err)
		}
	}
	for when, want := range map[string]string{
		`{"kind":"score","of":"churn","above":70}`:  "甲公司",
		`{"kind":"score","of":"churn","above":90}`:  "",
		`{"kind":"score","of":"health","below":40}`: "甲公司",
		`{"kind":"score","of":"health","above":40}`: "",
		`{"kind":"score","of":"rfm","band":"新客"}`:   "乙公司 甲公司",
		`{"kind":"cycle","days":7}`:                 "甲公司",
		`{"kind":"cycle"}`:                          "",
		`{"kind":"date","date":"18"}`:               "乙公司 甲公司",
		`{"kind":"date","date":"11-19"}`:            "",
	} {
		v := h.saveRule("钱总", told(when[9:16]+fmt.Sprint(len(when), len(want)), when, `{}`))
		h.sweep(v.ID)
		h.sweep(v.ID)
		h.want(v, want)
	}
	h.saveRule("钱总", told("看流失", `{"kind":"date","date":"18"}`, `{"expr":"流失风险 > 50 and 健康度 < 50"}`))
	why := data[action.RuleWhyView](t, h.must("钱总", call("rule.why", params{"customer": "乙公司", "rule": "看流失"})))
	if len(why.Not) != 1 || why.Not[0].Why != "条件不成立" || strings.Join(why.Not[0].Values, " ") != "健康度 -1 流失风险 -1" {
		t.Errorf("%+v", why)
	}
}

// A sweep that was broken off goes on where it was, and a large one takes several steps.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	err := h.store.As(t.Context(), h.who["李雷"], func(ctx context.Context, tx *store.Tx) error {
		for i := range 620 {
			if _, err := tx.AddCustomer(ctx, store.NewCustomer{Name: fmt.Sprintf("第%d家公司", i), OwnerID: h.who["李雷"].UserID}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v := h.saveRule("钱总", `{"name":"全员","most":100000,"when":{"kind":"date","date":"18"},"then":[{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["双十一"]}}]}`)
	first := action.RuleSweep{Rule: crm.RuleID(v.ID)}
	next, _, err := h.x.RuleStep(t.Context(), first)
	if err != nil || next.Ended || next.After == 0 {
		t.Fatalf("%+v %v", next, err)
	}
	if n := h.fired(v.ID, "done"); n != 500 {
		t.Fatalf("a step fired %d times", n)
	}
	if _, _, err := h.x.RuleStep(t.Context(), first); err != nil { // its row was not closed
		t.Fatal(err)
	}
	if n := h.fired(v.ID, "done"); n != 500 {
		t.Fatalf("a repeated step fired again: %d", n)
	}
	for !next.Ended {
		if next, _, err = h.x.RuleStep(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.fired(v.ID, "done"); n != 620 {
		t.Errorf("fired %d times", n)
	}
	if steps := h.sweep(v.ID); steps != 1 {
		t.Errorf("a day that is done takes %d steps again", steps)
	}
}

func TestRuleSaveSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const then = `"then":[{"action":"task.create","params":{"assignee":"me","content":"x"}}]`
	for text, want := range map[string]string{
		`[]`:                                   "JSON 对象",
		`{"name":"甲"`:                          "没有写完",
		`{"name":"甲","wen":{}}`:                "wen",
		`{"name":"甲","when":{"kind":"event"}}`: "至少一个动作",
		`{"name":"甲","when":{"kind":"noon"},` + then + `}`:                                                                           "没有这种触发",
		`{"name":"甲","when":{"kind":"silence","days":3},` + then + `}`:                                                               "contact",
		`{"name":"甲","when":{"kind":"date","date":"13-45"},` + then + `}`:                                                            "11-11",
		`{"name":"甲","when":{"kind":"date","date":"11-11","at":"25:00"},` + then + `}`:                                               "09:30",
		`{"name":"甲","when":{"kind":"stage","stage":"聊天"},` + then + `}`:                                                             "商务谈判",
		`{"name":"甲","when":{"kind":"orders","count":"三"},` + then + `}`:                                                             "when.count",
		`{"name":"甲","when":{"kind":"birthday"},"if":{"expr":"金额 >"},` + then + `}`:                                                  "条件写错了",
		`{"name":"甲","when":{"kind":"birthday"},"if":{"expr":"价钱 > 3"},` + then + `}`:                                                "不认识「价钱」",
		`{"name":"甲","when":{"kind":"birthday"},"if":{"expr":"金额 > \"3\""},` + then + `}`:                                            "类型对不上",
		`{"name":"甲","when":{"kind":"birthday"},"if":{"expr":"金额 + 3"},` + then + `}`:                                                "成立不成立",
		`{"name":"甲","when":{"kind":"birthday"},"if":{"expr":"any(标签, any(标签, # == \"a\"))"},` + then + `}`:                          "套着写",
		`{"name":"甲","when":{"kind":"birthday"},"then":[{"action":"customer.search","params":{}}]}`:                                  "不能由规则来做",
		`{"name":"甲","when":{"kind":"birthday"},"then":[{"action":"rule.off","params":{"rule":"甲"}}]}`:                               "不能由规则来做",
		`{"name":"甲","when":{"kind":"birthday"},"then":[{"action":"task.create","params":{"content":"x"}}]}`:                         "assignee",
		`{"name":"甲","when":{"kind":"birthday"},"then":[{"action":"task.create","params":{"assignee":"me","content":"x","who":1}}]}`: "who",
		`{"name":"甲","when":{"kind":"birthday"},"then":[{"action":"task.create","params":{"assignee":"me","content":"{{价钱}}"}}]}`:    "{{价钱}}",
		`{"name":"甲","when":{"kind":"birthday"},"if":{"filter":{"level":"超级"}},` + then + `}`:                                        "级",
	} {
		h.refused("钱总", nil, []string{want}, call("rule.save", params{"rule": text}))
	}
	h.refused("李雷", crm.ErrDenied, []string{"主管、市场或经理"}, call("rule.save", params{"rule": json.RawMessage(bigDeal)}))
	h.refused("冯市场", nil, []string{"市场角色不能"}, call("rule.save", params{"rule": json.RawMessage(
		`{"name":"甲","when":{"kind":"birthday"},"then":[{"action":"deal.update","params":{"customer":"{{客户}}","stage":"商务谈判"}}]}`)}))
}
