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
