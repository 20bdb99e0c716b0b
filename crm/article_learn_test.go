package crm_test

import (
	"testing"

	"gendan/crm"
)

func TestAnswersToOneCustomerAreNotForOthers(t *testing.T) {
	for text, private := range map[string]bool{
		"整机保修 2 年，易损件 6 个月，从签收那天算起。": false,
		"现货当天下午四点前付款当天发，四点后第二天发。":    false,
		"今天下单明天就能到，周末顺延。":            false,
		"总店在解放路 88 号茶城一楼，有地铁 2 号线。":  false,
		"满 1000 元我们付运费，不满到付，送货上门另加。": false,
		"打开面盖按住 OK 键 5 秒，选「是」就清零了。":  false,
		"专票 13%，发货后次日开电子票发邮箱。":       false,
		"工程师会先电话联系，市区当天上门，上门费 50 元。": false,
		"型号 6205-2RS 可以替代 NSK 的同款。":  false,
		"直接打 13812345678 找我":         true,
		"您的货已发出，单号 SF1234567890123":  true,
		"王总您好，这个价是特批的":               true,
		"刘女士，票我下午补给您":                true,
		"工程师明天上午到":                   true,
		"我查了一下，您的订单显示已签收":            true,
		"已经帮您申请退款了":                  true,
		"给您换了一台新的，注意查收":              true,
		"发邮件到 wang@example.com":      true,
		"您这台是 2021 年买的，过保了":          true,
		"师傅已经在路上":                    true,
		"云帆科技的专用价是 35 元":             true,
	} {
		if why := crm.PrivateAnswer(text, "云帆科技", "王强"); (why != "") != private {
			t.Errorf("%q: %q", text, why)
		}
	}
}

func TestQuestionsWithSomebodysDataAreNotKept(t *testing.T) {
	for text, private := range map[string]bool{
		"怎么开发票": false, "X200 和 X300 有什么区别": false, "6205 的轴承有货吗": false, "满 99 包邮吗": false, "总部在哪里": false, "高工资的客户多吗": false,
		"我是云帆科技的，票怎么开": true, "我姓张，东西坏了": true, "打我电话 13912345678": true, "订单 20260918001 怎么改地址": true, "寄到人民路 12 号可以吗": true,
		"王强的机器在保吗": true, "张先生的票开了吗": true,
	} {
		if why := crm.PrivateQuestion(text, "云帆科技", "王强"); (why != "") != private {
			t.Errorf("%q: %q", text, why)
		}
	}
}
