package parse

import "testing"

// TestTidy: what belongs to no name is taken off it, the same is ordered once, and what is no customer gives way to the one before.
func TestTidy(t *testing.T) {
	t.Parallel()
	readAs(t, map[string]string{
		"Siemens move到商务谈判，probability 40%": `deal.update{"customer":"Siemens","probability":0.4,"stage":"商务谈判"}`,
		"#2204号商机把握七成，概率给70%":               `deal.update{"deal":2204,"probability":0.7}`,
		"1208号线索让陈一鸣接了吧":                    `lead.assign{"lead":1208,"owner":"陈一鸣"}`,
		"海纳汽配黄了，嫌价格高，标丢单，12月15号上午提醒我再去探探口风": `deal.lose{"customer":"海纳汽配","reason":"嫌价格高"}reminder.create{"at":"2026-12-15T09:00:00+08:00","content":"再去探探口风","customer":"海纳汽配"}`,
		"重复客户了 百川 合并到 百川科技":                 `customer.merge{"customer":"百川","into":"百川科技"}`,
	})
}
