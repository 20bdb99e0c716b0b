package parse

import "testing"

// TestTownsOpenNames: a town at the beginning belongs to the name behind it, is none by itself, and says nothing of what is counted.
func TestTownsOpenNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"漯河天冠想要30台扫码枪,总价六万,开个商机":        `deal.create{"amount":60000,"customer":"漯河天冠","product":"扫码枪","quantity":30}`,
		"太仓天冠加个联系人,欧阳工,电话13962677001":   `contact.create{"contact":"欧阳工","customer":"太仓天冠","phone":"13962677001"}`,
		"滁州惠科那个项目丢了,被京瓷抢了去":             `deal.lose{"competitor":"京瓷","customer":"滁州惠科"}`,
		"小程序下单一直转圈,广州三家店中招,故障,紧急,派给研发部": `ticket.create{"assignee":"研发部","content":"小程序下单一直转圈,广州三家店中招","kind":"故障","priority":"紧急"}`,
		"给刚完工的杭州青瓷酒店推一份满意度问卷":           `survey.send{"customer":"杭州青瓷酒店"}`,
		"星期六上午提醒我开会":                    `reminder.create{"at":"2026-11-21T09:00:00+08:00","content":"开会"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestOrdersInSoManyWords: what is ordered outright is neither a remark nor part of the order beside it.
func TestOrdersInSoManyWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"舟山水产的冰柜不制冷了,交给维修组":                      `ticket.create{"assignee":"维修组","content":"冰柜不制冷了","customer":"舟山水产"}`,
		"宁波港的罗经理打电话来说地磅失准,登记个维修":                 `ticket.create{"contact":"罗经理","content":"地磅失准","customer":"宁波港","kind":"维修"}`,
		"罗姐打电话来说收银机死机了,记个维修单":                    `ticket.create{"contact":"罗姐","content":"收银机死机了","kind":"维修"}`,
		"无为电缆 运营总监 贝宁 15955216620 春季糖酒会活动来的 存线索": `lead.create{"campaign":"春季糖酒会","company":"无为电缆","contact":"贝宁","phone":"15955216620","title":"运营总监"}`,
		"格力加个联系人,采购那边的刘姐,微信号liu_0918":            `contact.create{"contact":"刘姐","customer":"格力","title":"采购","wechat":"liu_0918"}`,
		"把“舟港物流”跟“宁波舟港物流有限公司”合并成一个,留前面那个":        `customer.merge{"customer":"宁波舟港物流有限公司","into":"舟港物流"}`,
		"标签带“年框”的客户统统放进“续约提醒”旅程":                 `journey.start{"filter":{"tags":["年框"]},"journey":"续约提醒"}`,
		"许昌许继的商机先推需求分析":                          `deal.update{"customer":"许昌许继","stage":"需求分析"}`,
		"先不要驳回#644,让他补个说明":                       `nothing`,
		"2011工单回过去:固件升级到3.2.1就好了":                `ticket.reply{"content":"固件升级到3.2.1就好了","ticket":2011}`,
		"谢小姐用60积分换了支口红":                          `points.redeem{"customer":"谢小姐","gift":"口红","points":60}`,
		"诸暨枫桥机械的规模要改一下":                          `customer.update{"customer":"诸暨枫桥机械","field":"规模"}`,
		"泰兴金江定了五十台空压机,总共48万,下个单":                 `order.create{"amount":480000,"customer":"泰兴金江","product":"空压机","quantity":50}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
