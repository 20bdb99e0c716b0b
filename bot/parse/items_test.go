package parse

import (
	"encoding/json"
	"testing"
)

// first gives the first action as JSON, with its name.
func first(t *testing.T, text string) string {
	t.Helper()
	r := Parse(text, wednesday, nil)
	if len(r.Actions) == 0 {
		return "nothing"
	}
	b, err := json.Marshal(r.Actions[0].Params)
	if err != nil {
		t.Fatal(err)
	}
	return r.Actions[0].Name + string(b)
}

func TestItemsAreReadInAnyOrder(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"按8折给海纳报20套工位":                   `quote.create{"customer":"海纳","discount":0.8,"items":[{"product":"工位","quantity":20}]}`,
		"空压机2台32000,储气罐1个5600,给海纳报个价":    `quote.create{"customer":"海纳","items":[{"price":32000,"product":"空压机","quantity":2},{"price":5600,"product":"储气罐","quantity":1}]}`,
		"报价给中远:标准版5套×8000,实施1次×20000":    `quote.create{"customer":"中远","items":[{"price":8000,"product":"标准版","quantity":5},{"price":20000,"product":"实施","quantity":1}]}`,
		"报价单:东海轴承,深沟球轴承6204,1000只,7块5一只": `quote.create{"customer":"东海轴承","items":[{"price":7.5,"product":"深沟球轴承6204","quantity":1000}]}`,
		"下个单子 24箱采血管 给康宁体检 1万4千4":        `order.create{"amount":14400,"customer":"康宁体检","product":"采血管","quantity":24}`,
		"信达又要了40个周转箱,总共3200块,下个订单":       `order.create{"amount":3200,"customer":"信达","product":"周转箱","quantity":40}`,
		"12月15号元知教育付20万 明年6月30付剩下18.8万":  `payment.plan{"amount":200000,"customer":"元知教育","due":"2026-12-15"}`,
		"信达回款二十万 今儿到账的":                  `payment.record{"amount":200000,"at":"2026-11-18T09:00:00+08:00","customer":"信达"}`,
		"登记个回款计划 沃丰农机 12万 12月20号":        `payment.plan{"amount":120000,"customer":"沃丰农机","due":"2026-12-20"}`,
		"信达昨晚打款1,250,000,入账":             `payment.record{"amount":1250000,"at":"2026-11-17T20:00:00+08:00","customer":"信达"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestSeveralInstalmentsAreSeveralPayments(t *testing.T) {
	t.Parallel()
	r := Parse("海纳分两笔付,12月10号20万,明年1月10号30万", wednesday, nil)
	if len(r.Actions) != 2 || r.Actions[1].Params["amount"] != int64(300000) || r.Actions[1].Params["due"] != "2027-01-10" || r.Actions[1].Params["customer"] != "海纳" {
		t.Errorf("got %v", r.Actions)
	}
}

func TestMixedNumerals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1万4千4": 14400, "3万2千": 32000, "38万5": 385000, "1万零50": 10050, "3万2000": 32000, "5千6百": 5600, "2千零5": 2005} {
		if v, e, _ := newLine(text).number(0); v != want || e != len([]rune(text)) {
			t.Errorf("%s: %v up to %d, want %v", text, v, e, want)
		}
	}
}
