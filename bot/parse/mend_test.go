package parse

import "testing"

func TestMistypedCommands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ action, param, value string }{
		"云帆推进到谈叛":               {"deal.update", "stage", "商务谈判"},
		"题醒我明天9点打给王强":           {"reminder.create", "content", "打给王强"},
		"公单1402转给小傅":            {"ticket.assign", "assignee", "小傅"},
		"微新科技推进到谈判":             {"deal.update", "customer", "微新科技"}, // a name is not mended into 微信
		"跟锦程打完电话了，价格能接受":        {"activity.log", "customer", "锦程"},
		"锦程打标签 VIP":             {"customer.tag", "customer", "锦程"},
		"开个高优先级的头诉单：外卖洒了两次":     {"ticket.create", "kind", "投诉"},
		"立个回宽计划 中铁二局 40万 1月15号": {"payment.plan", "customer", "中铁二局"},
	} {
		r := Parse(text, wednesday, nil)
		if len(r.Actions) != 1 || r.Actions[0].Name != want.action || r.Actions[0].Params[want.param] != want.value {
			t.Errorf("%s: %+v, want %+v", text, r.Actions, want)
		}
	}
	if got := string(newLine("整体性能不错，我们到点上门").norm); got != string(compiled(nil).mend(newLine("整体性能不错，我们到点上门")).norm) {
		t.Errorf("common words were mended in %s", got)
	}
}
