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

// Orders that have the form of a question or of a supposition, and questions that stay questions.
func TestCourtesy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"可否把云帆转给李娜":               `customer.transfer{"customer":"云帆","owner":"李娜"}`,
		"如果方便的话帮我把瑞祥的工单派给老黄":      `ticket.assign{"assignee":"老黄","customer":"瑞祥"}`,
		"如果可以的话，把云帆的商机金额改成45万":    `deal.update{"amount":450000,"customer":"云帆"}`,
		"如果您方便，麻烦把1822派给安装组":      `ticket.assign{"assignee":"安装组","ticket":1822}`,
		"可不可以给云帆打个标签VIP":          `customer.tag{"customer":"云帆","tags":["VIP"]}`,
		"能不能给云帆打个标签VIP？":          `customer.tag{"customer":"云帆","tags":["VIP"]}`,
		"您看能不能把#618批了":            `approval.approve{"approval":618}`,
		"您好，可否将云帆推进到谈判？":          `deal.update{"customer":"云帆","stage":"商务谈判"}`,
		"可以把云帆推进到报价吗？":            `deal.update{"customer":"云帆","stage":"方案报价"}`,
		"能麻烦你提醒我后天上午10点开会吗":       `reminder.create{"at":"2026-11-20T10:00:00+08:00","content":"开会"}`,
		"可否安排老薛明天去海纳看看空压机？":       `task.create{"assignee":"老薛","content":"去海纳看看空压机","customer":"海纳","due":"2026-11-19"}`,
		"有空的话帮我给蓝鲸船务发张9折券":        `coupon.send{"customer":"蓝鲸船务","discount":0.9}`,
		"可以帮忙记一下吗，海纳王工说下周要来看样":    `activity.log{"contact":"王工","content":"海纳王工说下周要来看样","customer":"海纳"}`,
		"客户问能不能便宜点":               `nothing`,
		"能不能把商机转给别人啊":             `nothing`,
		"可以把云帆转给别人吗":              `nothing`,
		"能给客户发券吗":                 `nothing`,
		"能不能给客户发短信？":              `nothing`,
		"如果云帆签了，帮我把合同建一下":         `nothing`,
		"联系人李娜，云帆的，生日5.21":        `contact.create{"birthday":"05-21","contact":"李娜","customer":"云帆"}`,
		"云帆的联系人王强生日是5.21":         `contact.create{"birthday":"05-21","contact":"王强","customer":"云帆"}`,
		"开工单 云帆 打印机卡纸 优先级 紧急":     `ticket.create{"content":"打印机卡纸","customer":"云帆","priority":"紧急"}`,
		"客户：云帆 问题：打印机卡纸 优先级：高":    `ticket.create{"content":"打印机卡纸","customer":"云帆","priority":"高"}`,
		"建工单：恒昌，问题：系统登录不了，负责人：老薛": `ticket.create{"assignee":"老薛","content":"系统登录不了","customer":"恒昌"}`,
		"工单1822 -> 备件组":           `ticket.assign{"assignee":"备件组","ticket":1822}`,
		"1822升级至技术支持二线":           `ticket.escalate{"ticket":1822,"to":"技术支持二线"}`,
		"提醒设计组小邵周五前交稿":            `reminder.create{"assignee":"小邵","at":"2026-11-20T09:00:00+08:00","content":"交稿"}`,
		"把华星酒店的工单交给设计组小邵":         `ticket.assign{"assignee":"小邵","customer":"华星酒店"}`,
		"工单#3120派给售后二组小吴":         `ticket.assign{"assignee":"小吴","ticket":3120}`,
		"把云帆转给华南组张伟":              `customer.transfer{"customer":"云帆","owner":"张伟"}`,
		"给设计组小邵派个任务：周五前交画册":       `task.create{"assignee":"小邵","content":"交画册","due":"2026-11-20"}`,
		"海纳的空调坏了，开工单给维修班老马":       `ticket.create{"assignee":"老马","content":"空调坏了","customer":"海纳","kind":"故障"}`,
		"华东大区李强这个月业绩":             `report.performance{"owner":"李强","period":"2026-11"}`,
		"华南组这个月业绩":                `report.performance{"owner":"华南组","period":"2026-11"}`,
		"科室耗材的单子推进到谈判":            `deal.update{"stage":"商务谈判"}`,
		"1822 → 备件组":              `ticket.assign{"assignee":"备件组","ticket":1822}`,
		"1822 ——> 备件组":            `ticket.assign{"assignee":"备件组","ticket":1822}`,
		"给司徒静换礼：保温杯一个，扣500分":      `points.redeem{"customer":"司徒静","gift":"保温杯","points":500}`,
		"聚福楼的提醒不用设了":              `nothing`,
		"海纳的提醒不用再设了":              `nothing`,
		"云帆的提醒别设了":                `nothing`,
		"提醒技术部的老薛明天上午9点带备件":       `reminder.create{"assignee":"老薛","at":"2026-11-19T09:00:00+08:00","content":"带备件"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// Several decisions or orders in one message, each with a record, a customer or a person of its own.
func TestEachOfSeveral(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"顺达挪到谈判，蓝鲸船务成交日改下周五":                  `deal.update{"customer":"顺达","stage":"商务谈判"}deal.update{"close_date":"2026-11-27","customer":"蓝鲸船务"}`,
		"云帆那单金额改38万，瑞祥那单挪到签约":                 `deal.update{"amount":380000,"customer":"云帆"}deal.update{"customer":"瑞祥","stage":"合同签订"}`,
		"云帆赢了；海纳推到谈判；瑞祥丢了":                    `deal.win{"customer":"云帆"}deal.update{"customer":"海纳","stage":"商务谈判"}deal.lose{"customer":"瑞祥"}`,
		"云帆推进到谈判，预计月底签，金额38万":                 `deal.update{"amount":380000,"close_date":"2026-11-30","customer":"云帆","stage":"商务谈判"}`,
		"#3340赢了，65万；#3341丢了":                 `deal.win{"amount":650000,"deal":3340}deal.lose{"deal":3341}`,
		"3340赢了，3341输给用友":                     `deal.win{"deal":3340}deal.lose{"competitor":"用友","deal":3341}`,
		"3340赢了，3341丢给用友了":                    `deal.win{"deal":3340}deal.lose{"competitor":"用友","deal":3341}`,
		"百川推进到报价，96万改成90万":                    `deal.update{"amount":900000,"customer":"百川","stage":"方案报价"}`,
		"百川由96万降到90万":                         `deal.update{"amount":900000,"customer":"百川"}`,
		"审批：618号OK，619号也OK":                   `approval.approve{"approval":618}approval.approve{"approval":619}`,
		"618、619都批":                           `approval.approve{"approval":618}approval.approve{"approval":619}`,
		"618 619 620都批了":                      `approval.approve{"approval":618}approval.approve{"approval":619}approval.approve{"approval":620}`,
		"618 OK 619 不OK":                      `approval.approve{"approval":618}approval.reject{"approval":619}`,
		"618过，619退回":                          `approval.approve{"approval":618}approval.reject{"approval":619}`,
		"618通过，619驳回（理由：折扣太低）":                `approval.approve{"approval":618}approval.reject{"approval":619,"reason":"折扣太低"}`,
		"驳回618和619，理由是毛利不够":                   `approval.reject{"approval":618,"reason":"毛利不够"}approval.reject{"approval":619,"reason":"毛利不够"}`,
		"两个任务：小王明天前发合同给云帆；小李周五前回访海纳":          `task.create{"assignee":"小王","content":"发合同给云帆","customer":"云帆","due":"2026-11-19"}task.create{"assignee":"小李","content":"回访海纳","customer":"海纳","due":"2026-11-20"}`,
		"布置两个任务：1. 小王 周四前 整理报价 2. 李娜 周五前 送样品": `task.create{"assignee":"小王","content":"整理报价","due":"2026-11-19"}task.create{"assignee":"李娜","content":"送样品","due":"2026-11-20"}`,
		"两个提醒：明天上午10点云帆开会，周五下午3点海纳送样":         `reminder.create{"at":"2026-11-19T10:00:00+08:00","content":"云帆开会","customer":"云帆"}reminder.create{"at":"2026-11-20T15:00:00+08:00","content":"海纳送样","customer":"海纳"}`,
		"两张工单：云帆的打印机卡纸；海纳的空压机漏油":              `ticket.create{"content":"打印机卡纸","customer":"云帆"}ticket.create{"content":"空压机漏油","customer":"海纳"}`,
		"报修：海纳空压机漏油":                          `ticket.create{"content":"空压机漏油","customer":"海纳","kind":"维修"}`,
	} {
		if got := everything(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func everything(t *testing.T, text string) (all string) {
	for _, a := range Parse(text, wednesday, nil).Actions {
		params, err := json.Marshal(a.Params)
		if err != nil {
			t.Fatal(err)
		}
		all += a.Name + string(params)
	}
	return all
}
