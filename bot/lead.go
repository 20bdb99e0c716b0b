package bot

import (
	"strconv"
	"strings"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// What people say to see a lead, and to hand on or convert one that they see: 「转客户」, 「给韩梅梅」, 「我来跟」.
var (
	leadShown   = parse.MustPattern(`^(?:看看|看一下|看下|查看|查一下|打开|看)?(?:线索\s*[#＃]?([0-9]{4,12})|[#＃]([0-9]{4,12})(?:号|这条|那条)?线索)(?:的)?(?:情况|详情|资料|电话|需求|是谁|什么情况)?$`)
	leadConvert = parse.MustPattern(`^(?:帮我|请)?(?:把)?(?:它|它们|这条|这个|这几条|线索)?(?:都|全部|全)?(?:给我)?(?:转(?:换)?(?:成|为|成为)?(?:正式)?客户|转化)(?:了|掉|吧)*$`)
	leadAssign  = parse.MustPattern(`^(?:帮我|请)?(?:把)?(?:它|它们|这条|这个|这几条|线索)?(?:都|全部|全)?(?:(?:转|分|交|分配|指派|派|移交)?给\s*(.{1,8}?)|(我)来?)(?:来)?(?:跟进|跟|负责|处理)?(?:了|吧)*$`)
)

// leadSaid does what a text says about a lead. It reports whether text was about one.
func (t *turn) leadSaid(text string, job *pending) (bool, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "。.!！？?~～ ")
	if m := leadShown.FindStringSubmatch(text); m != nil {
		id, err := strconv.ParseInt(m[1]+m[2], 10, 64)
		if err != nil {
			return false, nil
		}
		return true, t.run(pending{Calls: []action.Call{{Name: "lead.view", Params: mustJSON(map[string]any{"lead": id})}}, Text: text}, 1)
	}
	focus := t.mind.Focus
	if job != nil || focus.Lead.ID == 0 || focus.Customer.ID != 0 || focus.Ticket.ID != 0 {
		return false, nil
	}
	return t.onLeads([]crm.Ref{focus.Lead}, text, text)
}

// onLeads converts or hands on leads as order says. It reports whether order was that.
func (t *turn) onLeads(leads []crm.Ref, order, text string) (bool, error) {
	name, params := "lead.convert", map[string]any{}
	if !leadConvert.MatchString(order) {
		m := leadAssign.FindStringSubmatch(order)
		if m == nil {
			return false, nil
		}
		name, params["owner"] = "lead.assign", m[1]
		if m[2] != "" || m[1] == "我" {
			params["owner"] = "me"
		}
	}
	job := pending{Text: text, Sure: len(leads) <= mostAtOnce}
	for _, lead := range leads {
		params["lead"] = lead.ID
		job.Calls = append(job.Calls, action.Call{Name: name, Params: mustJSON(params)})
	}
	list := t.mind.List
	err := t.run(job, 1)
	if len(t.mind.List) == 0 {
		t.mind.List = list
	}
	return true, err
}
