package parse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What people who played a day's work said and was misunderstood is understood as they meant it.
func TestPlayed(t *testing.T) {
	t.Parallel()
	for _, row := range corpus(t, "played.jsonl") {
		r := Parse(row.Text, wednesday, nil)
		if d := cmp.Diff(row.Actions, asJSON(t, r)); d != "" {
			t.Errorf("%s: %s", row.Text, d)
		}
		if (r.Ask != "") != row.Ask {
			t.Errorf("%s asks %q", row.Text, r.Ask)
		}
	}
}

// Plain orders and plans are done at once; a plan that could as well be a visit told is shown before it is kept.
func TestSureOrShown(t *testing.T) {
	t.Parallel()
	for text, sure := range map[string]bool{
		"明天拜访百川 顺便带样品": true, "启程下周二再联系": true, "周五下午拜访百川": false, "新客户 海纳设备 王强 13800001111": true, "新客户 远山物流 联系人李梅 13800138003": true, "提醒我半小时后给赵敏回电话": true, "启程建个商机30万下月底签赢率60%": true,
		"百川机械加联系人 刘工 13911112222 技术": true, "云帆商机改成丢单 预算没了": true, "#1290 客户签收": true,
		"云帆推进到报价,38万,明天下午3点提醒我打给王强": true, "云帆王总投诉打印机三天了还没修好,很着急": true,
	} {
		if r := Parse(text, wednesday, nil); (r.Confidence >= 0.8) != sure {
			t.Errorf("%s: %.2f", text, r.Confidence)
		}
	}
}
