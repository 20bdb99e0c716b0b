package action

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gendan/crm"
)

func envOf(f crm.RuleFacts) ruleEnv {
	return makeEnv(f, time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC), crm.Shanghai)
}

func TestConditions(t *testing.T) {
	t.Parallel()
	e := envOf(crm.RuleFacts{Name: "云帆", Tags: []string{"抹茶", "VIP"}, Amount: 38_000_000, Stage: "商务谈判", Orders: 3, Spent: 990, Member: true,
		LastContact: time.Date(2026, 11, 8, 2, 0, 0, 0, time.UTC)})
	for text, want := range map[string]bool{
		``: true,
		`金额 > 100000 and 阶段 == "商务谈判"`:        true,
		`金额 > 100000 && 阶段 != "商务谈判"`:         false,
		`"抹茶" in 标签 or 会员`:                    true,
		`not 会员`:                              false,
		`any(标签, # startsWith "V")`:           true,
		`客户 contains "云"`:                     true,
		`阶段 in ["商务谈判", "方案报价"]`:              true,
		`订单数 >= 3 and 累计消费 < 10`:              true,
		`未联系天数 == 10 and 星期 == 3 and 月 == 11`: true,
		`客户 matches "^云.$"`:                   true,
		`len(标签) == 2 ? 会员 : false`:           true,
	} {
		c, err := compileCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, _, err := c.holds(e); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	c, err := compileCondition(`金额 > 1 and 阶段 == "x" or 金额 < 0`)
	if err != nil {
		t.Fatal(err)
	}
	if _, values, _ := c.holds(e); strings.Join(values, "，") != "金额 ¥380,000，阶段 商务谈判" {
		t.Errorf("%v", values)
	}
}

// What would cost much, or reach beyond the facts, is refused or ends.
func TestConditionsAreBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`repeat("a", 1000000) == ""`, `map(标签, #)[0] == ""`, `now() > date("2026-01-01")`, `fromJSON("{}") == nil`, `toJSON(标签) == ""`,
		strings.Repeat("金额 > 1 and ", 300) + "true", `any(标签, all(标签, # == "a"))`, `count(标签, any(标签, true)) > 1`, `$env["客户"] == 1 ?? 3`,
		`let x = 3; x`, `filter(标签, true) == []`, `reduce(1..9, #acc + #) > 3`,
	} {
		if c, err := compileCondition(text); err == nil {
			if _, _, err := c.holds(envOf(crm.RuleFacts{})); err == nil {
				t.Errorf("%.40s is let through", text)
			}
		}
	}
	c, err := compileCondition(`any(1..100000000, # == 0)`)
	if err == nil {
		if _, _, err := c.holds(envOf(crm.RuleFacts{})); err == nil {
			t.Error("a hundred million numbers are made")
		}
	}
}

// Whatever is written as a condition compiles and runs, or is refused in a sentence; nothing panics, and nothing takes long.
func FuzzCondition(f *testing.F) {
	for _, text := range []string{`金额 > 100000 and 阶段 == "商务谈判"`, `any(标签, # == "a") ? 1 > 2 : 订单数 in 1..3`, `"` + "\x00", `金额 matches "(a+)+$"`, `标签[99] == ""`,
		`金额 % 0 == 1`, `订单数 % 0 == 1`, `客户[0:99] == ""`, `标签?.a ?? 客户`, `let a = 金额; a > 1`, `-订单数 ** 999 > 1`} {
		f.Add(text)
	}
	e := envOf(crm.RuleFacts{Name: "云帆", Tags: []string{"抹茶"}, Amount: 100, Stage: "商务谈判"})
	f.Fuzz(func(t *testing.T, text string) {
		c, err := compileCondition(text)
		if err != nil {
			var no *crm.Refusal
			if !errors.As(err, &no) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		start := time.Now()
		if _, _, err := c.holds(e); err != nil && !strings.HasPrefix(err.Error(), "condition: ") {
			t.Fatalf("%q: %v", text, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%q takes %v", text, took)
		}
	})
}
