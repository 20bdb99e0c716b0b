package action_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// saveRule keeps a rule as who, turned on.
func (h *house) saveRule(who, text string) action.RuleView {
	h.t.Helper()
	return data[action.RuleView](h.t, h.must(who, call("rule.save", params{"rule": json.RawMessage(text), "active": true})))
}

// react lets rules react to all that waits, as the renderer does, and to what that causes.
func (h *house) react() {
	h.t.Helper()
	for range 20 {
		claims, err := h.store.ClaimOutbox(h.t.Context(), "", 500, time.Minute)
		if err != nil {
			h.t.Fatal(err)
		}
		var events []int64
		for _, c := range claims {
			if c.Kind == action.KindReact {
				events = append(events, c.Subject)
			}
		}
		if len(events) == 0 {
			return
		}
		failed, err := h.x.React(h.t.Context(), events...)
		if err != nil || len(failed) > 0 {
			h.t.Fatal(err, failed)
		}
	}
	h.t.Fatal("reactions do not come to an end")
}

// sweep does the work of a day of a rule.
func (h *house) sweep(rule int64) (steps int) {
	h.t.Helper()
	for s := (action.RuleSweep{Rule: crm.RuleID(rule)}); !s.Ended; steps++ {
		var err error
		if s, _, err = h.x.RuleStep(h.t.Context(), s); err != nil {
			h.t.Fatal(err)
		}
	}
	return steps
}

func (h *house) fired(rule int64, state string) int {
	h.t.Helper()
	return h.count(`SELECT count(*) FROM rule_firings WHERE rule_id = $1 AND state = $2`, rule, state)
}

const bigDeal = `{"name":"大单提醒","says":"10 万以上的商机到了商务谈判，给负责人派任务",
	"when":{"kind":"stage","stage":"商务谈判"},"if":{"expr":"金额 > 100000 and 阶段 == \"商务谈判\""},
	"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"{{负责人}}","content":"{{客户}}的{{商机}}谈到 {{金额}} 了，盯紧","due":"{{工作日+2}}"}}]}`

func TestRuleReactsToAnEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", bigDeal)
	if !v.On || v.Owner != "钱总" || v.When != "商机到了商务谈判时" {
		t.Fatalf("%+v", v)
	}
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("李雷", call("deal.create", params{"customer": "云帆", "amount": 380000}))
	h.must("李雷", call("customer.create", params{"customer": "小店"}))
	h.must("李雷", call("deal.create", params{"customer": "小店", "amount": 8000}))
	h.must("李雷", call("deal.update", params{"customer": "云帆", "stage": "商务谈判"}))
	h.must("李雷", call("deal.update", params{"customer": "小店", "stage": "商务谈判"}))
	h.react()
	if n := h.fired(v.ID, "done"); n != 1 {
		t.Fatalf("fired %d times, want once", n)
	}
	if n := h.count(`SELECT count(*) FROM tasks t JOIN users u ON u.id = t.user_id WHERE u.name = '李雷' AND t.due = '2026-11-20'`); n != 1 {
		t.Errorf("%d tasks for 李雷 by Friday", n)
	}
	if n := h.count(`SELECT count(*) FROM audit WHERE via = 'rule' AND action = 'task.create' AND actor = '钱总'`); n != 1 {
		t.Errorf("%d audit lines of the rule", n)
	}
	why := data[action.RuleWhyView](t, h.must("李雷", call("rule.why", params{"customer": "云帆"})))
	if len(why.Rows) != 1 {
		t.Fatalf("%+v", why)
	}
	row := why.Rows[0]
	if row.Why != "商机到了商务谈判" || strings.Join(row.Values, "，") != "金额 ¥380,000，阶段 商务谈判" || len(row.Did) != 1 || !strings.Contains(row.Did[0], "谈到 ¥380,000 了") {
		t.Errorf("%+v", row)
	}
}

// A rule's own events do not fire it again, and a chain of rules ends.
func TestRulesDoNotGoRound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.saveRule("钱总", `{"name":"甲","when":{"kind":"event","event":"customer.changed"},"if":{"expr":"\"乙\" not in 标签 or \"丙\" in 标签"},
		"then":[{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["甲{{编号}}","甲{{订单数}}{{时}}"]}}]}`)
	b := h.saveRule("钱总", `{"name":"乙","when":{"kind":"event","event":"customer.changed"},
		"then":[{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["乙"]}}]}`)
	c := h.saveRule("钱总", `{"name":"丙","when":{"kind":"event","event":"customer.changed"},
		"then":[{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["丙"]}}]}`)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "行业", "value": "制造业"}))
	h.react()
	total := h.count(`SELECT count(*) FROM rule_firings`)
	if total == 0 || total > 15 { // 3 at once, then 2 each, then 1 each
		t.Errorf("%d firings", total)
	}
	for _, v := range []action.RuleView{a, b, c} {
		if h.fired(v.ID, "done")+h.fired(v.ID, "refused") == 0 {
			t.Errorf("%s never fired", v.Name)
		}
	}
}

const silent = `{"name":"沉默","when":{"kind":"silence","of":"contact","days":7,"at":"09:30"},"if":{"filter":{"level":"重点客户"}},
	"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"{{负责人}}","content":"{{客户}}{{未联系天数}}天没联系了"}}]}`

func TestRuleSweepsOnceForEachSilence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", silent)
	for _, name := range []string{"甲公司", "乙公司", "丙公司"} {
		h.must("李雷", call("customer.create", params{"customer": name}))
	}
	h.must("李雷", call("customer.update", params{"customer": "甲公司", "field": "客户级别", "value": "重点客户"}))
	h.must("李雷", call("customer.update", params{"customer": "丙公司", "field": "客户级别", "value": "重点客户"}))
	h.now = h.now.AddDate(0, 0, 5)
	h.must("李雷", call("activity.log", params{"customer": "丙公司", "content": "聊了聊"}))
	h.sweep(v.ID)
	if n := h.fired(v.ID, "done"); n != 0 {
		t.Fatalf("fired %d times after five days", n)
	}
	h.now = h.now.AddDate(0, 0, 3)
	try := data[action.RuleTry](t, h.must("钱总", call("rule.try", params{"rule": "沉默"})))
	if try.Total != 1 || try.Rows[0].Customer.Name != "甲公司" || try.Rows[0].No != "" || !strings.Contains(try.Rows[0].Would[0], "甲公司8天没联系了") {
		t.Fatalf("%+v", try)
	}
	if n := h.count(`SELECT count(*) FROM tasks`); n != 0 {
		t.Fatalf("a dry run left %d tasks", n)
	}
	for range 3 {
		h.sweep(v.ID)
		h.now = h.now.AddDate(0, 0, 1)
	}
	// 甲 on the day, 丙 two days later; neither twice for the same silence.
	if n := h.fired(v.ID, "done"); n != 1 {
		t.Fatalf("fired %d times", n)
	}
	h.now = h.now.AddDate(0, 0, 3)
	h.sweep(v.ID)
	if n := h.fired(v.ID, "done"); n != 2 {
		t.Fatalf("fired %d times, want for 丙 too", n)
	}
	h.must("李雷", call("activity.log", params{"customer": "甲公司", "content": "聊了聊"}))
	h.now = h.now.AddDate(0, 0, 8)
	h.sweep(v.ID)
	if n := h.fired(v.ID, "done"); n != 3 {
		t.Fatalf("fired %d times, want once more for the second silence", n)
	}
	try = data[action.RuleTry](t, h.must("钱总", call("rule.try", params{"rule": "沉默"})))
	if try.Total != 0 || try.Already != 2 {
		t.Errorf("%+v", try)
	}
}

func TestRuleHasADailyCeiling(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", strings.Replace(silent, `"when"`, `"most":2,"when"`, 1))
	for i := range 5 {
		h.must("李雷", call("customer.create", params{"customer": fmt.Sprintf("第%d公司", i+1), "level": "重点客户"}))
	}
	h.now = h.now.AddDate(0, 0, 8)
	for day, want := range []int{2, 4, 5, 5} {
		try := data[action.RuleTry](t, h.must("钱总", call("rule.try", params{"rule": "沉默"})))
		h.sweep(v.ID)
		if n := h.fired(v.ID, "done"); n != want {
			t.Fatalf("day %d: fired %d times, want %d; the dry run said %+v", day, n, want, try)
		}
		h.now = h.now.AddDate(0, 0, 1)
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'rule'`); n != 2 {
		t.Errorf("the owner hears %d times of a full day, want on two days", n)
	}
}

func TestRuleThatFailsIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", `{"name":"派活","when":{"kind":"event","event":"deal.created"},
		"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"没有的人","content":"跟进"}}]}`)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("李雷", call("deal.create", params{"customer": "云帆", "amount": 1}))
	h.must("李雷", call("deal.create", params{"customer": "云帆", "title": "二期", "amount": 1}))
	h.react()
	if n := h.fired(v.ID, "refused"); n != 2 {
		t.Fatalf("%d firings refused", n)
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'rule'`); n != 1 {
		t.Errorf("told %d times", n)
	}
	why := data[action.RuleWhyView](t, h.must("钱总", call("rule.why", params{"rule": "派活"})))
	if len(why.Rows) != 2 || !strings.Contains(why.Rows[0].No, "没有的人") {
		t.Errorf("%+v", why)
	}
}

// Rules run with their owner's rights: what the owner does not see does not concern them.
func TestRuleSeesWhatItsOwnerSees(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("周主管", `{"name":"看着","when":{"kind":"event","event":"deal.created"},
		"then":[{"action":"rule.tell","params":{"customer":"{{客户}}","to":"me","content":"{{客户}}有新商机"}}]}`)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "广州海纳"}))
	h.must("李雷", call("deal.create", params{"customer": "云帆", "amount": 1}))
	h.must("韩梅梅", call("deal.create", params{"customer": "海纳", "amount": 1}))
	h.react()
	if n := h.fired(v.ID, "done"); n != 1 {
		t.Fatalf("fired %d times", n)
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject = $1`, int64(h.who["周主管"].UserID)); n != 1 {
		t.Errorf("周主管 hears %d times", n)
	}
	h.refused("李雷", crm.ErrDenied, []string{"规则"}, call("rule.off", params{"rule": "看着"}))
	if err := h.store.DisableUser(t.Context(), h.who["周主管"].UserID); err != nil {
		t.Fatal(err)
	}
	h.must("李雷", call("deal.create", params{"customer": "云帆", "title": "二期", "amount": 1}))
	h.react()
	if n := h.count(`SELECT count(*) FROM rule_firings`); n != 1 {
		t.Errorf("a rule whose owner is gone fired: %d", n)
	}
}

func TestRuleSwitchesAndUndo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("钱总", call("rule.save", params{"rule": json.RawMessage(silent)}))
	on := h.must("钱总", call("rule.on", params{"rule": "沉默"}))
	if on.UndoCode == "" || on.Results[0].Changes[0].New != "开着" {
		t.Fatalf("%+v", on)
	}
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'rules.night' AND state = 0`); n != 1 {
		t.Errorf("%d timers", n)
	}
	h.refused("钱总", crm.ErrConflict, []string{"本来就开着"}, call("rule.on", params{"rule": "沉默"}))
	h.must("钱总", call("undo", nil))
	list := data[action.RuleList](t, h.must("李雷", call("rule.list", nil)))
	if len(list.Rows) != 1 || list.Rows[0].On || list.On != 0 {
		t.Fatalf("%+v", list)
	}
	h.must("钱总", call("rule.on", params{"rule": "沉默"}))
	changed := h.must("钱总", call("rule.save", params{"rule": json.RawMessage(strings.Replace(silent, `"days":7`, `"days":14`, 1))}))
	if got := changed.Results[0].Changes; len(got) != 1 || got[0].Field != "触发" || !strings.HasPrefix(got[0].New, "14 天没联系") {
		t.Fatalf("%+v", got)
	}
	if n := h.count(`SELECT edition FROM rules`); n != 2 {
		t.Errorf("edition %d", n)
	}
	h.must("钱总", call("undo", nil))
	v := data[action.RuleView](t, h.must("钱总", call("rule.view", params{"rule": "沉默"})))
	if v.Rule.When.Days != 7 || !v.On || h.count(`SELECT edition FROM rules`) != 1 {
		t.Errorf("%+v", v)
	}
	h.must("钱总", call("rule.off", params{"rule": "沉默"}))
	h.refused("钱总", crm.ErrConflict, []string{"打开规则"}, call("rule.off", params{"rule": "沉默"}))
	if n := h.count(`SELECT count(*) FROM rule_versions`); n != 3 {
		t.Errorf("%d versions are kept", n)
	}
}

// Many renderers at once, and again: each event is reacted to once.
func TestReactionsAreExactlyOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", `{"name":"记账","when":{"kind":"event","event":"deal.created"},
		"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"me","content":"核对{{商机}}"}}]}`)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	for i := range 6 {
		h.must("李雷", call("deal.create", params{"customer": "云帆", "title": fmt.Sprintf("第%d单", i), "amount": 1}))
	}
	claims, err := h.store.ClaimOutbox(t.Context(), "", 500, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var events []int64
	for _, c := range claims {
		if c.Kind == store.KindReact {
			events = append(events, c.Subject)
		}
	}
	done := make(chan error, 4)
	for range 4 {
		go func() {
			failed, err := h.x.React(t.Context(), events...)
			if err == nil && len(failed) > 0 {
				err = fmt.Errorf("%v", failed)
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := h.fired(v.ID, "done"); n != 6 {
		t.Errorf("fired %d times", n)
	}
	if n := h.count(`SELECT count(*) FROM tasks`); n != 6 {
		t.Errorf("%d tasks", n)
	}
	if n := h.count(`SELECT fired FROM rule_days`); n != 6 {
		t.Errorf("the day counts %d", n)
	}
}
