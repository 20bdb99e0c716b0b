package parse

import (
	"encoding/json"
	"testing"
)

// readAs compares everything that each text is understood as, actions and parameters, with what is wanted.
func readAs(t *testing.T, cases map[string]string) {
	t.Helper()
	for text, want := range cases {
		said := ""
		for _, a := range Parse(text, wednesday, nil).Actions {
			b, err := json.Marshal(a.Params)
			if err != nil {
				t.Fatal(err)
			}
			said += a.Name + string(b)
		}
		if said != want {
			t.Errorf("%s\n got %s\nwant %s", text, said, want)
		}
	}
}

// TestNamesThatLookLikeOtherThings: a greeting, a day and a verb may be names of companies, and stay what they are elsewhere.
func TestNamesThatLookLikeOtherThings(t *testing.T) {
	t.Parallel()
	readAs(t, map[string]string{
		"晚安家居升为重点客户":        `customer.update{"customer":"晚安家居","field":"客户级别","value":"重点客户"}`,
		"早安咖啡打个标签年框":        `customer.tag{"customer":"早安咖啡","tags":["年框"]}`,
		"7-11的工单关了吧":        `ticket.close{"customer":"7-11"}`,
		"云帆签约日改到7-11":       `deal.update{"close_date":"2027-07-11","customer":"云帆"}`,
		"给B站打个标签内容合作":       `customer.tag{"customer":"B站","tags":["内容合作"]}`,
		"转转那边想要20台打印机，建个商机": `deal.create{"customer":"转转","product":"打印机","quantity":20}`,
		"过去转转，没什么事":         ``,
		"提醒小周值班":            `reminder.create{"assignee":"小周","content":"值班"}`,
		"王强生日是5月20号":        `customer.update{"customer":"王强","field":"生日","value":"5月20号"}`,
		"云帆健康度":             `health.view{"customer":"云帆"}`,
		"明儿晌午提醒我开会":         `reminder.create{"at":"2026-11-19T12:00:00+08:00","content":"开会"}`,
	})
}

// TestTagsAndFieldsSaidAtLength: words that only lead to a tag or a value are no part of it.
func TestTagsAndFieldsSaidAtLength(t *testing.T) {
	t.Parallel()
	readAs(t, map[string]string{
		"给云帆打标签 价格敏感 和 复购快":   `customer.tag{"customer":"云帆","tags":["价格敏感","复购快"]}`,
		"云帆贴个标签叫“大户”":         `customer.tag{"customer":"云帆","tags":["大户"]}`,
		"云帆的地址那一栏改成人民路8号":     `customer.update{"customer":"云帆","field":"地址","value":"人民路8号"}`,
		"云帆的备注栏写 只收对公":        `customer.update{"customer":"云帆","field":"备注","value":"只收对公"}`,
		"云帆的规模要写500人以上":       `customer.update{"customer":"云帆","field":"规模","value":"500人以上"}`,
		"云帆 备注 update 成 只收对公": `customer.update{"customer":"云帆","field":"备注","value":"只收对公"}`,
	})
}

// TestOneHandsOverSeveral: each record goes to whom its own clause names.
func TestOneHandsOverSeveral(t *testing.T) {
	t.Parallel()
	readAs(t, map[string]string{
		"1802工单给我，1803转售后二组":     `ticket.assign{"assignee":"me","ticket":1802}ticket.assign{"assignee":"售后二组","ticket":1803}`,
		"海底捞的工单让技术部处理，永辉的工单给老康":  `ticket.assign{"assignee":"技术部","customer":"海底捞"}ticket.assign{"assignee":"老康","customer":"永辉"}`,
		"把海底捞的线索分给小周，2420号给阿杰":   `lead.assign{"customer":"海底捞","owner":"小周"}lead.assign{"lead":2420,"owner":"阿杰"}`,
		"1620号工单给慕容晴，回复客户师傅下午上门": `ticket.assign{"assignee":"慕容晴","ticket":1620}ticket.reply{"content":"师傅下午上门","ticket":1620}`,
		"1620号工单我来吧":             `ticket.assign{"assignee":"me","ticket":1620}`,
		"小周的客户资料质量评个分":           `report.quality{"owner":"小周"}`,
		"审批605先不要过":              ``,
		"高铁票怎么改签":                ``,
	})
}

// TestOrderedOnceMore: a clause without a phrase of its own orders again what the clause before it did, or answers a ticket.
func TestOrderedOnceMore(t *testing.T) {
	t.Parallel()
	readAs(t, map[string]string{
		"#8820签约日改到下月8号，叮当快药的改成下月底":     `deal.update{"close_date":"2026-12-08","deal":8820}deal.update{"close_date":"2026-12-31","customer":"叮当快药"}`,
		"云帆的金额改成30万，海纳的改成20万":           `deal.update{"amount":300000,"customer":"云帆"}deal.update{"amount":200000,"customer":"海纳"}`,
		"海底捞的工单让老黄接，跟他们说明天上门":           `ticket.assign{"assignee":"老黄","customer":"海底捞"}ticket.reply{"content":"明天上门","customer":"海底捞"}`,
		"跟1905的客户说：押金三天退，完事把单关了":        `ticket.reply{"content":"押金三天退","ticket":1905}ticket.close{"ticket":1905}`,
		"沉睡客户发8折券，今天生日的会员发5折券":          `coupon.send{"discount":0.8,"filter":{"rfm":"沉睡"}}coupon.send{"discount":0.5,"filter":{"birthday":"today","member":true}}`,
		"云帆地址改成 人民路8号 电话改成13900001111":  `customer.update{"customer":"云帆","field":"地址","value":"人民路8号"}customer.update{"customer":"云帆","field":"电话","value":"13900001111"}`,
		"云帆要订鞋垫五万双，一百五十万，预计三月底签，开个新商机吧": `deal.create{"amount":1500000,"close_date":"2027-03-31","customer":"云帆","product":"鞋垫","quantity":50000}`,
		"云帆下单50台打印机，再建个商机":              `order.create{"customer":"云帆","product":"打印机","quantity":50}deal.create{"customer":"云帆"}`,
		"十月份的业绩，再来个单数排行":                `report.performance{"period":"2026-10"}report.ranking{"metric":"单数","period":"2026-10"}`,
		"不用给云帆建商机，我自己跟":                 ``,
	})
}

// TestWhoStandsBesideACompany: the people of a well-known company, what it wants and what it lacks are no part of its name.
func TestWhoStandsBesideACompany(t *testing.T) {
	t.Parallel()
	readAs(t, map[string]string{
		"今天拜访了云帆，缪春带我看了车间":           `activity.log{"at":"2026-11-18T09:00:00+08:00","channel":"拜访","contact":"缪春","content":"缪春带我看了车间","customer":"云帆"}`,
		"给云帆发了邮件，Jenny说要跟总部确认":       `activity.log{"channel":"邮件","contact":"Jenny","content":"Jenny说要跟总部确认","customer":"云帆"}`,
		"海底捞想上一套冷库，建个商机":             `deal.create{"customer":"海底捞","product":"冷库","quantity":1}`,
		"海底捞万象店推进到谈判":                `deal.update{"customer":"海底捞万象店","stage":"商务谈判"}`,
		"打标签 大户 海底捞":                 `customer.tag{"customer":"海底捞","tags":["大户"]}`,
		"海底捞：价格敏感、回款慢，标签打上":          `customer.tag{"customer":"海底捞","tags":["价格敏感","回款慢"]}`,
		"2210号线索，司徒楠，分过去":            `lead.assign{"lead":2210,"owner":"司徒楠"}`,
		"商机一个：千禾味业，灌装设备3台，12月20日签":   `deal.create{"close_date":"2026-12-20","customer":"千禾味业","product":"灌装设备","quantity":3}`,
		"华东的VIP标签客户发张券，满100减20":      `coupon.send{"amount_off":20,"filter":{"region":"华东","tags":["VIP"]},"min_spend":100}`,
		"来一条线索，姓万俟，万俟先生，17700012345": `lead.create{"contact":"万俟先生","phone":"17700012345"}`,
		"海纳八月十五付十万，计划排上":             `payment.plan{"amount":100000,"customer":"海纳","due":"2027-08-15"}`,
		"阿杰三季度的商机列表":                 `deal.list{"owner":"阿杰","period":"2026-Q3"}`,
	})
}
