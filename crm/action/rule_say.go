package action

import (
	"encoding/json"
	"fmt"
	"strings"

	"gendan/crm"
)

// WhenChinese is a trigger as people say it.
func WhenChinese(w crm.RuleWhen) string {
	at := w.At
	if at == "" {
		at = "9:00"
	}
	daily := "，每天 " + at + " 看一次"
	switch w.Kind {
	case crm.WhenEvent:
		return crm.EventChinese(w.Event) + "时"
	case crm.WhenDate:
		return w.Date + " " + at
	case crm.WhenSilence:
		return fmt.Sprintf("%d 天%s%s", w.Days, map[string]string{"order": "没下单", "contact": "没联系"}[w.Of], daily)
	case crm.WhenBirthday:
		if w.Days > 0 {
			return fmt.Sprintf("生日前 %d 天%s", w.Days, daily)
		}
		return "生日当天" + daily
	case crm.WhenCycle:
		return fmt.Sprintf("预计 %d 天内该再买了%s", w.Days, daily)
	case crm.WhenScore:
		if w.Of == "rfm" {
			return "分层变成" + w.Band + daily
		}
		said := map[string]string{"health": "健康度", "churn": "流失风险"}[w.Of]
		if w.Below > 0 {
			said += fmt.Sprintf("低于 %s", number(w.Below))
		}
		if w.Above > 0 {
			said += fmt.Sprintf("高于 %s", number(w.Above))
		}
		return said + daily
	case crm.WhenTag:
		return "打上标签「" + w.Tag + "」时"
	case crm.WhenStage:
		if w.Days > 0 {
			return fmt.Sprintf("商机在%s停了 %d 天%s", w.Stage, w.Days, daily)
		}
		return "商机到了" + w.Stage + "时"
	case crm.WhenComplaints:
		if w.Days > 0 {
			return fmt.Sprintf("%d 天内第 %d 次投诉时", w.Days, w.Count)
		}
		return fmt.Sprintf("第 %d 次投诉时", w.Count)
	case crm.WhenOrders:
		return fmt.Sprintf("第 %d 次购买时", w.Count)
	case crm.WhenSegment:
		if w.Of == "leave" {
			return "离开人群「" + w.Segment + "」" + daily
		}
		return "进入人群「" + w.Segment + "」" + daily
	}
	return string(w.Kind)
}

// ifChinese is what must hold, a line for each part.
func ifChinese(c crm.RuleIf) (lines []string) {
	if c.Filter != nil {
		if said := filterChinese(*c.Filter); said != "" {
			lines = append(lines, said)
		}
	}
	if c.Expr != "" {
		lines = append(lines, c.Expr)
	}
	return lines
}

// filterChinese is a filter in the words of its keys.
func filterChinese(f crm.Filter) string {
	raw, err := json.Marshal(f)
	if err != nil {
		return ""
	}
	keys := map[string]any{}
	if json.Unmarshal(raw, &keys) != nil {
		return ""
	}
	return filterWords(keys)
}

// filterKeys are the keys of a filter as people call them, in the order in which they are told.
var filterKeys = [][2]string{{"no_order_days", "%v 天没下单"}, {"no_contact_days", "%v 天没联系"}, {"min_spent", "累计消费 %v 元起"}, {"max_spent", "累计消费不到 %v 元"},
	{"min_orders", "买过 %v 次以上"}, {"max_orders", "最多买过 %v 次"}, {"birthday", "生日 %v"}, {"tags", "标签 %v"}, {"level", "%v"}, {"industry", "行业 %v"},
	{"region", "地区 %v"}, {"source", "来源 %v"}, {"stage", "有%v阶段的商机"}, {"owner", "负责人 %v"}, {"rfm", "%v客户"}, {"member", "会员 %v"},
	{"bought", "买过%v"}, {"category", "买过%v类"}, {"segment", "人群「%v」"}}

func filterWords(keys map[string]any) string {
	var parts []string
	for _, k := range filterKeys {
		switch v := keys[k[0]].(type) {
		case nil:
		case []any:
			words := make([]string, len(v))
			for i := range v {
				words[i] = fmt.Sprint(v[i])
			}
			parts = append(parts, fmt.Sprintf(k[1], strings.Join(words, "、")))
		case float64:
			parts = append(parts, fmt.Sprintf(k[1], number(v)))
		case bool:
			parts = append(parts, map[bool]string{true: "是会员", false: "不是会员"}[v])
		default:
			word := fmt.Sprint(v)
			if k[0] == "birthday" {
				word = map[string]string{"today": "今天", "this_week": "本周", "this_month": "本月", "next_month": "下月"}[word]
			}
			parts = append(parts, fmt.Sprintf(k[1], word))
		}
	}
	branch := func(key, joint string) {
		list, _ := keys[key].([]any)
		var said []string
		for _, e := range list {
			if m, ok := e.(map[string]any); ok {
				said = append(said, filterWords(m))
			}
		}
		if len(said) > 0 {
			parts = append(parts, "（"+strings.Join(said, joint)+"）")
		}
	}
	branch("all", " 且 ")
	branch("any", " 或 ")
	if m, ok := keys["not"].(map[string]any); ok {
		parts = append(parts, "不是（"+filterWords(m)+"）")
	}
	return strings.Join(parts, "，")
}

// stepChinese is an action of a rule in one line.
func (x *Executor) stepChinese(s crm.RuleStep) string {
	doc, params := s.Action, map[string]any{}
	if a := x.find(s.Action); a != nil {
		doc, _, _ = strings.Cut(a.doc, "：")
	} else if said := later[s.Action]; said != "" {
		doc = said + "（还不会）"
	}
	if json.Unmarshal(s.Params, &params) != nil {
		return doc
	}
	var parts []string
	for _, name := range x.paramOrder(s.Action) {
		if v, ok := params[name]; ok && !(name == "customer" && itself(v)) {
			parts = append(parts, valueChinese(v))
		}
	}
	if len(parts) == 0 {
		return doc
	}
	return doc + "：" + placeholder.ReplaceAllString(strings.Join(parts, "，"), "〔$1〕")
}

// itself tells whether a parameter is the customer that the rule is about, or names one by number.
func itself(v any) bool {
	s, _ := v.(string)
	return s == "{{客户}}" || strings.HasPrefix(s, "#")
}

func valueChinese(v any) string {
	switch v := v.(type) {
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = valueChinese(v[i])
		}
		return strings.Join(words, "、")
	case float64:
		return number(v)
	}
	return fmt.Sprint(v)
}

func (x *Executor) paramOrder(action string) []string {
	a := x.find(action)
	if a == nil {
		return nil
	}
	var names []string
	for _, p := range a.spec().Params {
		names = append(names, p.Name)
	}
	return names
}

func (x *Executor) stepsChinese(steps []crm.RuleStep) string {
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = x.stepChinese(s)
	}
	return strings.Join(lines, "；")
}
