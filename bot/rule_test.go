package bot

import (
	"testing"
)

// What people type about rules, and what merely holds the word.
func TestRuleShapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"打开规则 30天没下单提醒负责人":  "rule.on 30天没下单提醒负责人",
		"关掉规则「生日送券」":        "rule.off 生日送券",
		"试跑规则 大单谈判跟进提醒":     "rule.try 大单谈判跟进提醒",
		"试一下规则：生日送券":        "rule.try 生日送券",
		"看看规则 生日送券":         "rule.view 生日送券",
		"把规则生日送券关掉":         "rule.off 生日送券",
		"规则 生日送券 最近做了什么":    "rule.why 生日送券",
		"规则「生日送券」为什么没触发？":   "rule.why 生日送券",
		"记一下 客户说规则太复杂了":     "",
		"云帆说他们的采购规则改了，下周再聊": "",
	} {
		got := ""
		if m := sayRuleDo.FindStringSubmatch(text); m != nil {
			got = ruleVerb(m[1]) + " " + m[2]
		} else if m := sayRuleThe.FindStringSubmatch(text); m != nil {
			got = ruleVerb(m[2]) + " " + m[1]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"规则列表": true, "有哪些规则": true, "看看自动规则": true, "有什么规则？": true, "规则": true, "规则改了": false} {
		if sayRules.MatchString(text) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	for text, want := range map[string]string{"云帆触发了哪些规则": "云帆", "云帆最近触发了什么规则？": "云帆"} {
		if m := sayRuleWhy.FindStringSubmatch(text); m == nil || m[1] != want {
			t.Errorf("%s: %v", text, m)
		}
	}
}
