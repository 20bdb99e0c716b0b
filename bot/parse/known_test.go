package parse

import (
	"testing"
	"time"
)

// TestKnownNames: the names of one's own records are read whole, and only where they stand by themselves.
func TestKnownNames(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	for _, c := range []struct {
		name  string
		text  string
		known []string
		want  string // the customer read; "" when none
		sure  bool   // at least 0.8
	}{
		{"a name with a command in it", "推进明天见推进到报价", []string{"推进明天见"}, "推进明天见", true},
		{"a name that runs into the next word", "云帆锐创明确说预算38万", []string{"云帆锐创"}, "云帆锐创", false},
		{"a whole name before an unusual verb", "北辰联合磨了半天终于同意38万", []string{"北辰联合"}, "北辰联合", false},
		{"a brand that is an ordinary word stays one", "明天提醒我寄样品", []string{"提醒"}, "", false},
		{"a brand inside another company's name", "蓝天软件推进到报价", []string{"蓝天"}, "蓝天软件", true},
		{"a name with digits", "58速运推进到报价", []string{"58速运"}, "58速运", true},
		{"a name that opens with a word of time", "今天说推进到报价", []string{"今天说"}, "今天说", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Parse(c.text, now, nil, Known(c.known))
			got := ""
			if len(r.Actions) > 0 {
				got, _ = r.Actions[0].Params["customer"].(string)
			}
			if got != c.want {
				t.Errorf("%s: customer %q in %v, want %q", c.text, got, r.Actions, c.want)
			}
			if sure := r.Confidence >= 0.8; c.sure && !sure {
				t.Errorf("%s: confidence %.2f", c.text, r.Confidence)
			}
		})
	}
}

// TestACustomerIsNoColleague: 换成蓝天软件 after 「云帆」是哪个客户 hands nobody over to a customer.
func TestACustomerIsNoColleague(t *testing.T) {
	t.Parallel()
	if r := Parse("换成蓝天软件", wednesday, nil, Known([]string{"蓝天软件"})); len(r.Actions) > 0 {
		t.Errorf("got %v", r.Actions)
	}
}

// TestKnownNameIsNothingElse: a customer's name is no reason, no solution and no product of the order about that customer.
func TestKnownNameIsNothingElse(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]string{
		"枸杞世家这单没戏了，丢单，预算全投广告去了":           "枸杞世家",
		"输了，青禾乳业，价格比人家高两成":                "青禾乳业",
		"灯泡换好了，58同城那张单子可以结了，工单":           "58同城",
		"新开商机：达芬奇画材，三期智能仓改造，预计120万，年底前成交": "达芬奇画材",
		"给苏堤春晓酒店开个商机，布草租赁一年，预计26万，年底前签":   "苏堤春晓酒店",
		"唉，佳美涂装黄了，人家小舅子自己开了个涂料厂，没办法，记输单吧": "佳美涂装",
	} {
		for _, a := range Parse(text, wednesday, nil, Known([]string{name})).Actions {
			if a.Params["customer"] != name {
				t.Errorf("%s: %s of %v", text, a.Name, a.Params["customer"])
			}
			for _, param := range []string{"reason", "resolution", "product", "next", "gift"} {
				if a.Params[param] == name {
					t.Errorf("%s: %s is the customer", text, param)
				}
			}
		}
	}
}

// TestOwnCustomerSignedWithAnother: what one of the speaker's customers signs with somebody else is shown as lost, and never counts as won by itself.
func TestOwnCustomerSignedWithAnother(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"海纳跟金蝶签了":     "deal.lose 金蝶",
		"听说海纳跟金蝶签了":   "deal.lose 金蝶",
		"海纳和用友签了，50万": "deal.lose 用友",
		"海纳跟王强签了合同":   "deal.win ",
		"海纳和我们签了三年":   "deal.win ",
	} {
		r := Parse(text, wednesday, nil, Known([]string{"海纳", "云帆"}))
		if len(r.Actions) != 1 || r.Actions[0].Params["customer"] != "海纳" {
			t.Errorf("%s: %+v", text, r.Actions)
			continue
		}
		competitor, _ := r.Actions[0].Params["competitor"].(string)
		if got := r.Actions[0].Name + " " + competitor; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if competitor != "" && r.Confidence >= 0.8 {
			t.Errorf("%s is written without a tap", text)
		}
	}
}
