package bot

import (
	"regexp"
	"strings"

	"gendan/crm/action"
)

// What people type about rules: a few fixed shapes and the buttons' twins. Their names are free text (30天没下单提醒负责人)
// that a grammar would read as something else.
var (
	sayRules    = regexp.MustCompile(`^(?:看看|看|查看|列出|打开)?(?:我们的|公司的|现在)?(?:有(?:哪些|什么))?(?:自动)?规则(?:列表|清单|有哪些|有什么)?[?？。]?$`)
	sayRuleDo   = regexp.MustCompile(`^(打开|开启|启用|开|关掉|关闭|停用|停掉|关|试跑|试运行|试一下|试试|试|看看|看|查看)(?:一下)?(?:自动)?规则[\s：:「“"]*(.+?)[」”"\s。]*$`)
	sayRuleThe  = regexp.MustCompile(`^(?:把)?(?:自动)?规则[\s：:「“"]*(.+?)[」”"\s]*(打开|开启|启用|关掉|关闭|停用|停掉|试跑|试运行|试一下|为什么没动|为什么没触发|为什么触发|最近做了什么|做了什么|触发了谁)[?？。]?$`)
	sayRuleWhy  = regexp.MustCompile(`^(.+?)(?:最近)?(?:触发|碰到|中)(?:了|过)?(?:哪些|什么|几条)规则[?？。]?$`)
	sayRuleNot  = regexp.MustCompile(`^(.+?)为什么(?:没有?|不)(?:触发|碰到)(?:规则)?[\s「“"]*(.*?)[」”"]*[?？。]?$`)
	sayRuleWhat = regexp.MustCompile(`^(?:最近)?(?:自动)?规则(?:最近)?(?:都)?(?:对|给)(.+?)做了什么[?？。]?$`)
)

// ruleSaid does what a text says about rules. It reports whether text was about them.
func (t *turn) ruleSaid(text string) (bool, error) {
	text = strings.TrimSpace(text)
	do := func(name string, params map[string]any) (bool, error) {
		return true, t.run(pending{Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Text: text}, 1)
	}
	if !strings.Contains(text, "规则") {
		return false, nil
	}
	if sayRules.MatchString(text) {
		return do("rule.list", nil)
	}
	if m := sayRuleDo.FindStringSubmatch(text); m != nil && m[2] != "列表" {
		return do(ruleVerb(m[1]), map[string]any{"rule": m[2]})
	}
	if m := sayRuleWhat.FindStringSubmatch(text); m != nil {
		return do("rule.why", map[string]any{"customer": m[1]})
	}
	if m := sayRuleThe.FindStringSubmatch(text); m != nil {
		return do(ruleVerb(m[2]), map[string]any{"rule": m[1]})
	}
	if m := sayRuleNot.FindStringSubmatch(text); m != nil {
		params := map[string]any{"customer": m[1]}
		if m[2] != "" && m[2] != "规则" {
			params["rule"] = strings.TrimPrefix(m[2], "规则")
		}
		return do("rule.why", params)
	}
	if m := sayRuleWhy.FindStringSubmatch(text); m != nil {
		return do("rule.why", map[string]any{"customer": m[1]})
	}
	return false, nil
}

func ruleVerb(said string) string {
	switch {
	case strings.HasPrefix(said, "试"):
		return "rule.try"
	case strings.HasPrefix(said, "关") || strings.HasPrefix(said, "停"):
		return "rule.off"
	case strings.HasPrefix(said, "打开") || strings.HasPrefix(said, "开") || said == "启用":
		return "rule.on"
	case strings.HasPrefix(said, "看") || said == "查看":
		return "rule.view"
	}
	return "rule.why"
}
