package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// traces counts all that a run could leave behind.
func (h *house) traces() string {
	h.t.Helper()
	var all []string
	for _, table := range []string{"audit", "events", "outbox", "tasks", "rule_firings", "rule_days", "undo", "receipts", "activities", "timers"} {
		all = append(all, fmt.Sprintf("%s %d", table, h.count(`SELECT count(*) FROM `+table)))
	}
	return strings.Join(all, " ")
}

// A dry run says what the real run does: the same customers on the same occasions with the same actions. It leaves nothing.
// The company and the rules are random; -seed is in the failure.
func TestDryRunIsTheRealRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	for i := range 14 {
		name := fmt.Sprintf("第%d公司", i)
		h.must("李雷", call("customer.create", params{"customer": name, "level": pick("", "重点客户", "普通客户"), "region": pick("上海", "广州")}))
		h.now = h.now.Add(time.Duration(random.IntN(40)) * time.Hour)
		for range random.IntN(3) {
			h.must("李雷", call("order.create", params{"customer": name, "product": pick("抹茶", "滤芯"), "amount": 1 + random.IntN(5000)}))
		}
		if random.IntN(2) == 0 {
			h.must("李雷", call("deal.create", params{"customer": name, "amount": random.IntN(300_000), "stage": pick("商务谈判", "方案报价")}))
		}
		if random.IntN(2) == 0 {
			h.must("李雷", call("contact.create", params{"customer": name, "contact": "张三", "birthday": pick("12-20", "12-21")}))
		}
		if random.IntN(3) == 0 {
			h.must("李雷", call("customer.tag", params{"customer": name, "tags": []string{pick("抹茶", "VIP")}}))
		}
	}
	h.now = time.Date(2026, 12, 20, 2, 0, 0, 0, time.UTC)
	for i := range 12 {
		rule := crm.Rule{Name: fmt.Sprintf("规则%d", i), Most: []int{0, 3, 100}[random.IntN(3)], Again: []int{0, 10}[random.IntN(2)]}
		raw := []string{
			`{"kind":"silence","of":"order","days":%d}`, `{"kind":"silence","of":"contact","days":%d}`, `{"kind":"birthday","days":1}`, `{"kind":"birthday"}`,
			`{"kind":"date","date":"20"}`, `{"kind":"stage","stage":"商务谈判","days":%d}`, `{"kind":"score","of":"rfm","band":"新客"}`}[random.IntN(7)]
		if strings.Contains(raw, "%d") {
			raw = fmt.Sprintf(raw, 5+random.IntN(25))
		}
		if err := json.Unmarshal([]byte(raw), &rule.When); err != nil {
			t.Fatal(err)
		}
		if random.IntN(2) == 0 {
			rule.If.Filter = &crm.Filter{Any: []crm.Filter{{Level: "重点客户"}, {Tags: []string{"抹茶"}}, {Not: &crm.Filter{Region: "上海"}}}}
		}
		rule.If.Expr = pick("", "金额 > 100000", "订单数 > 0 and 未联系天数 > 2", `any(标签, # == "VIP") or 累计消费 > 2000`)
		rule.Then = []crm.RuleStep{{Action: "task.create", Params: json.RawMessage(`{"customer":"{{客户}}","assignee":"{{负责人}}","content":"{{客户}} {{未下单天数}} {{金额}} {{标签|没有标签}}","due":"{{工作日+1}}"}`)}}
		h.must("钱总", call("rule.save", params{"rule": rule}))
		if random.IntN(2) == 0 {
			h.must("钱总", call("rule.on", params{"rule": rule.Name}))
		}
		before := h.traces()
		try := data[action.RuleTry](t, h.must("钱总", call("rule.try", params{"rule": rule.Name})))
		if after := h.traces(); after != before {
			t.Fatalf("seed %d: a dry run left traces: %s, before %s", seed, after, before)
		}
		if !try.On {
			h.must("钱总", call("rule.on", params{"rule": rule.Name}))
		}
		h.sweep(try.ID)
		text, _ := json.Marshal(rule)
		if n := h.fired(try.ID, "done"); n != try.Total {
			t.Fatalf("seed %d: %s: the dry run says %d, %d fired", seed, text, try.Total, n)
		}
		for _, row := range try.Rows {
			if row.No != "" {
				t.Errorf("seed %d: %s: %s", seed, text, row.No)
			}
			var p struct{ Content string }
			if err := json.Unmarshal(row.Calls[0].Params, &p); err != nil {
				t.Fatal(err)
			}
			if n := h.count(`SELECT count(*) FROM rule_firings WHERE rule_id = $1 AND customer_id = $2 AND occasion = $3`, try.ID, row.Customer.ID, row.Occasion); n != 1 {
				t.Fatalf("seed %d: %s: %+v was not done", seed, text, row)
			}
			if !h.hasTask(row.Customer.ID, p.Content) {
				t.Fatalf("seed %d: %s: no task %q", seed, text, p.Content)
			}
		}
	}
}

func (h *house) hasTask(customer int64, content string) (has bool) {
	h.t.Helper()
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		var sealed [][]byte
		if err := tx.Select(ctx, &sealed, `SELECT content FROM tasks WHERE customer_id = $1`, customer); err != nil {
			return err
		}
		for _, s := range sealed {
			text, err := tx.OpenText("tasks", "content", s)
			if err != nil {
				return err
			}
			has = has || text == content
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return has
}

// A process may die at any moment of reacting: what is begun again does what was left, and nothing twice.
func TestReactionsSurviveBreaks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.saveRule("钱总", `{"name":"记账","when":{"kind":"event","event":"deal.created"},
		"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"{{负责人}}","content":"核对{{商机}}"}},
			{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["有单"]}}]}`)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	var events []int64
	for i := range 8 {
		h.must("李雷", call("deal.create", params{"customer": "云帆", "title": fmt.Sprintf("第%d单", i), "amount": 1}))
	}
	claims, err := h.store.ClaimOutbox(t.Context(), "", 500, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if c.Kind == store.KindReact {
			events = append(events, c.Subject)
		}
	}
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(try*try)*4*time.Millisecond)
		failed, err := h.x.React(ctx, events...)
		cancel()
		if err == nil && len(failed) == 0 {
			break
		}
		if try > 60 {
			t.Fatal(err, failed)
		}
	}
	if n := h.fired(v.ID, "done"); n != 8 {
		t.Errorf("fired %d times", n)
	}
	if n := h.count(`SELECT count(*) FROM tasks`); n != 8 {
		t.Errorf("%d tasks", n)
	}
	if n := h.count(`SELECT sum(fired) FROM rule_days`); n != 8 {
		t.Errorf("the days count %d", n)
	}
}
