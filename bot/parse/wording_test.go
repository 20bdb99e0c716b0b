package parse

import (
	"encoding/json"
	"testing"
)

// What is said in few words, in labels or half in English is read like the same in whole sentences.
func TestTerseWording(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"看一下8月份的销售业绩":                     `[{"name":"report.performance","params":{"period":"2026-08"}}]`,
		"我名下9月的商机":                        `[{"name":"deal.list","params":{"owner":"me","period":"2026-09"}}]`,
		"看下last month的业绩":                 `[{"name":"report.performance","params":{"period":"2026-10"}}]`,
		"Q2 2027的商机列一下":                   `[{"name":"deal.list","params":{"period":"2027-Q2"}}]`,
		"云帆科技 明9:15 提醒 送样品":               `[{"name":"reminder.create","params":{"at":"2026-11-19T09:15:00+08:00","content":"送样品","customer":"云帆科技"}}]`,
		"云帆科技预计成交改到March 9":               `[{"name":"deal.update","params":{"close_date":"2027-03-09","customer":"云帆科技"}}]`,
		"报价给云帆科技：交换机 20台 650元，安装 1项 900元": `[{"name":"quote.create","params":{"customer":"云帆科技","items":[{"price":650,"product":"交换机","quantity":20},{"price":900,"product":"安装","quantity":1}]}}]`,
		"给云帆科技报价 手套300双 6.5 口罩2000只 0.4":  `[{"name":"quote.create","params":{"customer":"云帆科技","items":[{"price":6.5,"product":"手套","quantity":300},{"price":0.4,"product":"口罩","quantity":2000}]}}]`,
	} {
		got, err := json.Marshal(Parse(text, wednesday, nil).Actions)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s\n got  %s\n want %s", text, got, want)
		}
	}
}
