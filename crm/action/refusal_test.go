package action_test

import (
	"fmt"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// What is wrong is said in one sentence, with what to type instead, and nothing is written.
func TestWrongInputIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	out := h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}),
		call("deal.create", params{"customer": "云帆", "amount": 380000}))
	customer, deal := out.Results[0].Record.ID, out.Results[1].Record.ID
	rem := h.must("李雷", call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "content": "打给王强"})).Results[0].Record.ID
	writes := h.count(`SELECT count(*) FROM audit`)
	for _, c := range []struct {
		says  string
		words []string
		call  action.Call
	}{
		{"a reminder in the past", []string{"今天 09:00", "已经过了", "明天9点"}, call("reminder.create", params{"at": "2026-11-18T09:00:00+08:00"})},
		{"no time", []string{"什么时候"}, call("reminder.create", params{"content": "打电话"})},
		{"a reminder in ten years", []string{"太远"}, call("reminder.create", params{"at": "2036-11-18T09:00:00+08:00"})},
		{"31 February", []string{"2026-02-31", "月底"}, call("deal.update", params{"customer": "云帆", "close_date": "2026-02-31"})},
		{"a negative amount", []string{"负数"}, call("deal.update", params{"customer": "云帆", "amount": -5})},
		{"an absurd amount", []string{"100 亿"}, call("deal.create", params{"customer": "云帆", "amount": 5e10})},
		{"a digit missing", []string{"10 位", "11 位"}, call("contact.create", params{"customer": "云帆", "contact": "李四", "phone": "1381234567"})},
		{"an unknown stage", []string{"飞天", "初步接触、需求分析、方案报价、商务谈判、合同签订"}, call("deal.update", params{"customer": "云帆", "stage": "飞天"})},
		{"an unknown colleague", []string{"李磊", "李雷"}, call("customer.transfer", params{"customer": "云帆", "owner": "李磊三"})},
		{"probability of 150%", []string{"100%"}, call("deal.update", params{"customer": "云帆", "probability": 1.5})},
		{"a customer's number for a reminder", []string{fmt.Sprintf("#%d 是客户「上海云帆科技」，不是提醒", customer)}, call("reminder.done", params{"reminder": customer})},
		{"a reminder's number for a deal", []string{fmt.Sprintf("#%d 是提醒", rem), "不是商机"}, call("deal.win", params{"deal": rem})},
		{"a deal's number for a customer", []string{"是商机", "不是客户"}, call("customer.view", params{"customer": fmt.Sprintf("#%d", deal)})},
		{"a number of nothing", []string{"没有找到商机 #999999"}, call("deal.update", params{"deal": 999999, "stage": "方案报价"})},
		{"nobody of that name", []string{"没有找到客户「铁锤」", "新客户 铁锤"}, call("customer.view", params{"customer": "铁锤"})},
		{"nothing to change", []string{"要改商机的什么"}, call("deal.update", params{"customer": "云帆"})},
		{"no content", []string{"内容"}, call("activity.log", params{"customer": "云帆", "content": " "})},
		{"20,000 characters", []string{"20000 个字", "4000"}, call("activity.log", params{"customer": "云帆", "content": strings.Repeat("长", 20000)})},
		{"a future activity", []string{"还没到"}, call("activity.log", params{"customer": "云帆", "content": "x", "at": "2026-11-20T09:00:00+08:00"})},
		{"an empty lead", []string{"公司、联系人、电话"}, call("lead.create", params{"source": "官网"})},
		{"a level that is none", []string{"战略客户、重点客户、普通客户"}, call("customer.update", params{"customer": "云帆", "field": "级别", "value": "超级"})},
		{"a band that is none", []string{"没有「白金」", "高价值"}, call("customer.search", params{"filter": params{"rfm": "白金"}})},
		{"a segment that nobody saved", []string{"人群列表"}, call("customer.search", params{"filter": params{"any": []any{params{"segment": "大户"}}}})},
		{"a later action", []string{"做报价单", "还不会"}, call("quote.create", params{"customer": "云帆"})},
		{"no action at all", []string{"没有「fly.away」"}, call("fly.away", nil)},
		{"an amount in words", []string{"「很多」", "38万"}, call("deal.update", params{"customer": "云帆", "amount": "很多"})},
		{"a list that is none", []string{"「要打的标签」"}, call("customer.tag", params{"customer": "云帆", "tags": "VIP"})},
		{"a time in words", []string{"「明天」", "下午3点"}, call("reminder.create", params{"at": "明天"})},
		{"a strange repeat", []string{"每天、每周"}, call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00", "repeat": "hourly"})},
		{"a period that is none", []string{"时间段"}, call("reminder.list", params{"period": "2026-13"})},
		{"a task that is late", []string{"昨天"}, call("task.create", params{"assignee": "me", "content": "x", "due": "2026-11-17"})},
		{"the same customer again", []string{"已经有了", "李雷"}, call("customer.create", params{"customer": "上海云帆科技有限公司"})},
	} {
		t.Run(c.says, func(t *testing.T) {
			h.t = t
			h.focus["李雷"] = action.Focus{}
			h.refused("李雷", nil, c.words, c.call)
		})
	}
	h.t = t
	if n := h.count(`SELECT count(*) FROM audit`); n != writes {
		t.Errorf("%d lines of audit written", n-writes)
	}
}

// A question about the second call leaves the first undone, and only what was wrong has to be said again.
func TestAQuestionLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}), call("deal.create", params{"customer": "云帆", "amount": 380000}))
	req := h.request("李雷", call("deal.update", params{"customer": "云帆", "stage": "方案报价"}), call("reminder.create", params{"at": "2026-11-17T15:00:00+08:00"}))
	out, err := h.run(req)
	if err != nil || out.Ask == nil || out.Ask.Call != 1 || out.Ask.Param != "at" {
		t.Fatalf("%+v %v", out, err)
	}
	if v := h.view("李雷", "云帆"); v.Deals[0].Stage != "初步接触" {
		t.Errorf("stage %s", v.Deals[0].Stage)
	}
	req.Calls[1] = call("reminder.create", params{"at": "2026-11-19T15:00:00+08:00"})
	if out, err = h.run(req); err != nil || out.Ask != nil || out.UndoCode == "" {
		t.Fatalf("said again: %+v %v", out, err)
	}
}

// The owner of a customer that one may not see is told, for one's next step; nothing else is.
func TestSomebodyElsesCustomer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	h.refused("韩梅梅", crm.ErrDenied, []string{"上海云帆科技由李雷负责"}, call("deal.update", params{"customer": "云帆", "stage": "谈判"}))
	h.refused("韩梅梅", crm.ErrConflict, []string{"已经有了", "李雷负责"}, call("customer.create", params{"customer": "上海云帆科技股份有限公司", "contact": "张三"}))
}
