package parse

import (
	"encoding/json"
	"testing"
)

// Ways of saying things of which one of their kind was once misunderstood.
func TestFamilies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"拜访了Smith & Wesson Trading，对方要求月底前给样品", `[{"name":"activity.log","params":{"channel":"拜访","content":"对方要求月底前给样品","customer":"Smith \u0026 Wesson Trading"}}]`},
		{"merge Blue Bottle into Blue Bottle Coffee", `[{"name":"customer.merge","params":{"customer":"Blue Bottle","into":"Blue Bottle Coffee"}}]`},
		{"星河 星河湾酒店 重复了，把前一个并到后一个", `[{"name":"customer.merge","params":{"customer":"星河","into":"星河湾酒店"}}]`},
		{"(苏州)华星电子推进到谈判", `[{"name":"deal.update","params":{"customer":"(苏州)华星电子","stage":"商务谈判"}}]`},
		{"add个task给Lily：整理报价单，due下周三", `[{"name":"task.create","params":{"assignee":"Lily","content":"整理报价单","due":"2026-11-25"}}]`},
		{"create一个商机：云帆科技，服务器20台，60万", `[{"name":"deal.create","params":{"amount":600000,"customer":"云帆科技","product":"服务器","quantity":20}}]`},
		{"归韩雪管的重点客户有哪些", `[{"name":"customer.search","params":{"filter":{"level":"重点客户","owner":"韩雪"}}}]`},
		{"顶多下过两单的华北客户", `[{"name":"customer.search","params":{"filter":{"max_orders":2,"region":"华北"}}}]`},
		{"华南做跨境电商的", `[{"name":"customer.search","params":{"filter":{"industry":"跨境电商","region":"华南"}}}]`},
		{"找叫“远航”的客户", `[{"name":"customer.search","params":{"query":"远航"}}]`},
		{"12月20号云帆的合同到期，提前一周提醒我", `[{"name":"reminder.create","params":{"at":"2026-12-13T09:00:00+08:00","content":"云帆的合同到期","customer":"云帆"}}]`},
		{"提前一个小时叫我，明天下午三点跟云帆开会", `[{"name":"reminder.create","params":{"at":"2026-11-19T14:00:00+08:00","content":"跟云帆开会","customer":"云帆"}}]`},
		{"516跟518两个申请，第一个批了，第二个打回去", `[{"name":"approval.approve","params":{"approval":516}},{"name":"approval.reject","params":{"approval":518}}]`},
		{"云帆建个商机，三十来万，刚接触", `[{"name":"deal.create","params":{"amount":300000,"customer":"云帆","stage":"初步接触"}}]`},
		{"恒昌那单签了明早提醒我发合同", `[{"name":"deal.win","params":{"customer":"恒昌"}},{"name":"reminder.create","params":{"at":"2026-11-19T09:00:00+08:00","content":"发合同","customer":"恒昌"}}]`},
		{"云帆打印机卡纸 开张工单派给老黄", `[{"name":"ticket.create","params":{"assignee":"老黄","content":"打印机卡纸","customer":"云帆"}}]`},
		{"派单：1523给老黄，再给客户回一句已经在路上", `[{"name":"ticket.assign","params":{"assignee":"老黄","ticket":1523}},{"name":"ticket.reply","params":{"content":"已经在路上","ticket":1523}}]`},
		{"1530号工单关闭，满意度问卷发给客户", `[{"name":"ticket.close","params":{"ticket":1530}},{"name":"survey.send","params":{"ticket":1530}}]`},
		{"3万块尾款由华星酒店转来了", `[{"name":"payment.record","params":{"amount":30000,"customer":"华星酒店"}}]`},
		{"八号公馆计划回款12万，12月10号", `[{"name":"payment.plan","params":{"amount":120000,"customer":"八号公馆","due":"2026-12-10"}}]`},
		{"云帆的合同先别起草", `[]`},
		{"美元兑人民币今天多少", `[]`},
	} {
		got, err := json.Marshal(Parse(c.text, wednesday, nil).Actions)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}
