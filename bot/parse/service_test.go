package parse

import "testing"

func TestWhoseNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"查 13723456789":         `customer.search{"query":"13723456789"}`,
		"13723456789是谁的":        `customer.search{"query":"13723456789"}`,
		"帮我找找手机号 138 1234 5678": `customer.search{"query":"13812345678"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestTicketsPointsAndReportsInTheUsersWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"鑫源诊所那边报障,崔护士长反映B超图像打印不出来,给小逄处理": `ticket.create{"assignee":"小逄","contact":"崔护士长","content":"崔护士长反映B超图像打印不出来","customer":"鑫源诊所","kind":"故障"}`,
		"欧女士家洗碗机漏水,厨房都泡了,报修,紧急工单":        `ticket.create{"content":"洗碗机漏水,厨房都泡了","customer":"欧女士","kind":"维修","priority":"紧急"}`,
		"投诉,快递员把箱子摔烂了还不认,客户是 冉冉幼教,开单":    `ticket.create{"content":"快递员把箱子摔烂了还不认","customer":"冉冉幼教","kind":"投诉"}`,
		"海纳的空压机漏油了,开个单子给售后":              `ticket.create{"assignee":"售后","content":"空压机漏油了","customer":"海纳"}`,
		"工单#2011升级到技术总监诸葛亮亮那儿,三天没解决了":    `ticket.escalate{"reason":"三天没解决了","ticket":2011,"to":"诸葛亮亮"}`,
		"#3120工单 给维修二组的老邢":               `ticket.assign{"assignee":"老邢","ticket":3120}`,
		"司徒静投诉少积分,补她120分":                `points.adjust{"customer":"司徒静","points":120,"reason":"投诉少积分"}`,
		"唐婉积分记多了,扣掉120":                  `points.adjust{"customer":"唐婉","points":-120,"reason":"记多了"}`,
		"去年全年韦小芬业绩":                      `report.performance{"owner":"韦小芬","period":"2025"}`,
		"查客户数据质量,韦小芬的":                   `report.quality{"owner":"韦小芬"}`,
		"餐饮业的客户 在华东 我名下的":                `customer.search{"filter":{"industry":"餐饮业","owner":"me","region":"华东"}}`,
		"还停在商务谈判阶段的战略客户给个名单":             `customer.search{"filter":{"level":"战略客户","stage":"商务谈判"}}`,
		"大后天上午十点去鲁班门窗见老茆,到时候叫我一下":        `reminder.create{"at":"2026-11-21T10:00:00+08:00","contact":"老茆","content":"去鲁班门窗见老茆","customer":"鲁班门窗"}`,
		"有没有应对“你们太贵了”的话术":                `library.find{"kind":"话术","query":"你们太贵了"}`,
		"价格异议怎么回,找话术":                    `library.find{"kind":"话术","query":"价格异议"}`,
		"双11大促在抖音的投产比多少":                 `report.roi{"campaign":"双11大促","channel":"抖音"}`,
		"往后半年的业绩能做多少,预测一版":               `report.forecast{"months":6}`,
		"告诉康宁体检,新批号的货后天补齐——回复在工单里":       `ticket.reply{"content":"新批号的货后天补齐","customer":"康宁体检"}`,
		"潜力客户 & 喜欢杨枝甘露的 → 7折券,3天":        `coupon.send{"discount":0.7,"filter":{"rfm":"潜力","tags":["杨枝甘露"]},"valid_days":3}`,
		"任务:小房子,本周五前,把博雅少儿英语的续费名单核一遍":    `task.create{"assignee":"小房子","content":"把博雅少儿英语的续费名单核一遍","customer":"博雅少儿英语","due":"2026-11-20"}`,
		"周五下班前别让我忘了交月报":                  `reminder.create{"at":"2026-11-20T18:00:00+08:00","content":"交月报"}`,
		"瑞祥说下月15号付清尾款6万":                 `payment.plan{"amount":60000,"customer":"瑞祥","due":"2026-12-15"}`,
		"12月3日上午9:30至10:30提醒我开会":         `reminder.create{"at":"2026-12-03T09:30:00+08:00","content":"开会"}`,
		"制造业里三十天没联系的":                    `customer.search{"filter":{"industry":"制造业","no_contact_days":30}}`,
		"买过托盘又半年没下单的老客":                  `customer.search{"filter":{"bought":"托盘","no_order_days":180}}`,
		"瑞祥的工单处理得怎么样了":                   `ticket.list{"customer":"瑞祥"}`,
		"云帆王总投诉打印机三天了还没修好,很着急":           `ticket.create{"contact":"王总","content":"打印机三天了还没修好","customer":"云帆","kind":"投诉","priority":"紧急"}`,
		"云帆投诉发票开错了":                      `ticket.create{"content":"发票开错了","customer":"云帆","kind":"投诉"}`,
		"云帆的投诉处理好了":                      `activity.log{"content":"投诉处理好了","customer":"云帆"}`,
		"瑞祥的提醒别关":                        `nothing`,
		"派给老吴一个活:周五前检查机房":                `task.create{"assignee":"老吴","content":"检查机房","due":"2026-11-20"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestAnOrderOverSeveralRecordsIsOneForEach(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"502、503都放行":            "approval.approve approval.approve ",
		"关掉4408和4409这两张工单":      "ticket.close ticket.close ",
		"104提醒搞定,105的延到后天上午十一点": "reminder.done reminder.snooze ",
	} {
		if got := names(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestWhatHappensAfterTheSale(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"云帆买过什么": `order.list{"customer":"云帆"}`,
		"云帆登记设备 空压机 序列号 SN20260318":                   `device.create{"customer":"云帆","product":"空压机","serial":"SN20260318"}`,
		"给云帆登记一台设备,螺杆空压机,序列号KX-2026-0318,2026年3月1日安装": `device.create{"customer":"云帆","installed":"2026-03-01","product":"螺杆空压机","serial":"KX-2026-0318"}`,
		"SN20260318还在保吗":            `device.view{"serial":"SN20260318"}`,
		"云帆有哪些设备":                   `device.list{"customer":"云帆"}`,
		"云帆的健康度怎么样":                 `health.view{"customer":"云帆"}`,
		"健康度最低的客户":                  `health.list{}`,
		"本周该拜访哪些客户":                 `visit.list{"period":"2026-W47"}`,
		"小马明天有空吗":                   `slot.list{"owner":"小马","period":"2026-11-19"}`,
		"约小马明天下午2点去云帆上门检修":          `appointment.create{"at":"2026-11-19T14:00:00+08:00","content":"检修","customer":"云帆","technician":"小马"}`,
		"给云帆约个上门,明天下午3点,小马去,2小时":    `appointment.create{"at":"2026-11-19T15:00:00+08:00","customer":"云帆","minutes":120,"technician":"小马"}`,
		"预约 #1050 改到后天上午10点":        `appointment.move{"appointment":1050,"at":"2026-11-20T10:00:00+08:00"}`,
		"取消预约 #1050":                `appointment.cancel{"appointment":1050}`,
		"#1033 修好了 待取件":             `repair.update{"step":"待取件","ticket":1033}`,
		"#1033 已寄回 顺丰 SF1234567890": `repair.update{"note":"顺丰 SF1234567890","step":"已寄回","ticket":1033}`,
		"#1033 检测":                  `repair.update{"step":"检测","ticket":1033}`,
		"#1033 客户取走了":               `repair.update{"step":"取走","ticket":1033}`,
		"#1033修好了":                  `ticket.close{"ticket":1033}`, // the contract's
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
