package bot

import "testing"

func TestReadQuote(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       quoted
	}{
		{"a ring", "⏰ 给云帆寄样品（上海云帆科技）\n回「完成 #1003」，或「推迟 #1003 1小时后」。", quoted{Record: 1003}},
		{"a receipt", "云帆科技商机：金额 ¥380,000。\n说错了回复「撤销 XD7B」", quoted{Undo: "XD7B"}},
		{"a receipt with a number", "已建商机 云帆商机（#1007）：金额 ¥50,000。\n说错了回复「撤销 7KQ2」", quoted{Undo: "7KQ2", Record: 1007}},
		{"a view names its customer first", "云帆科技（#1001）· 李雷负责\n商机：云帆商机（#1004）方案报价\n提醒：今天 10:00 打电话（#1009）", quoted{Record: 1001}},
		{"a list is about several", "提醒共 2 条：\n1. 写周报 #1003\n2. 开会 #1004", quoted{}},
		{"somebody's own words", "预算18万，见第#12页", quoted{}},
		{"nothing", "", quoted{}},
	} {
		if got := readQuote(c.text); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
