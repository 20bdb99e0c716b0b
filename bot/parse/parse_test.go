package parse

import (
	"strings"
	"testing"
	"time"

	"gendan/templates"
)

func TestWhen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"明天下午3点": "2026-11-19T15:00:00+08:00", "后天": "2026-11-20T09:00:00+08:00", "大后天晚上八点半": "2026-11-21T20:30:00+08:00",
		"周一": "2026-11-23T09:00:00+08:00", "周五": "2026-11-20T09:00:00+08:00", "下周五": "2026-11-27T09:00:00+08:00", "下周三10点": "2026-11-25T10:00:00+08:00",
		"今晚": "2026-11-18T20:00:00+08:00", "明早": "2026-11-19T09:00:00+08:00", "半小时后": "2026-11-18T10:30:00+08:00", "两个半小时后": "2026-11-18T12:30:00+08:00",
		"15:30": "2026-11-18T15:30:00+08:00", "三点一刻": "2026-11-18T15:15:00+08:00", "月底": "2026-11-30T09:00:00+08:00", "下个月3号上午": "2026-12-03T09:00:00+08:00",
		"12月25日": "2026-12-25T09:00:00+08:00", "2027年3月5日": "2027-03-05T09:00:00+08:00", "1月10号": "2027-01-10T09:00:00+08:00", "每周一上午": "2026-11-23T09:00:00+08:00",
		"工作日每天早上八点半": "2026-11-19T08:30:00+08:00", "下班前": "2026-11-18T18:00:00+08:00", "三天后": "2026-11-21T09:00:00+08:00", "9点": "2026-11-18T21:00:00+08:00",
		"每月31号": "2026-11-30T09:00:00+08:00", "周日": "2026-11-22T09:00:00+08:00", "明天中午12点半": "2026-11-19T12:30:00+08:00", "凌晨两点": "2026-11-19T02:00:00+08:00",
	} {
		w, ok := When(text, wednesday)
		if !ok {
			t.Errorf("%s: no time", text)
			continue
		}
		w.settle(wednesday, false)
		if got := w.Instant(wednesday, false).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"今天": "2026-11-18", "本周": "2026-W47", "上周": "2026-W46", "上个月": "2026-10", "Q4": "2026-Q4", "第三季度": "2026-Q3", "去年": "2025", "最近7天": "2026-11-12/2026-11-18",
		"9月到10月": "2026-09-01/2026-10-31", "上半年": "2026-01-01/2026-06-30", "12月": "2026-12", "去年四季度": "2025-Q4", "上季度": "2026-Q3", "9月1号到15号": "2026-09-01/2026-09-15",
		"今年以来": "2026", "年初至今": "2026-01-01/2026-11-18", "今年前三季度": "2026-01-01/2026-09-30", "去年前两个季度": "2025-01-01/2025-06-30",
	} {
		if w, ok := When(text, wednesday); !ok || w.Period() != want {
			t.Errorf("%s: %q, want %q", text, w.Period(), want)
		}
	}
}

func TestDatesThatDoNotExist(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2月30日", "31 February", "2月31号", "13月5日", "4月31日", "2026-02-30"} {
		if text == "31 February" || text == "13月5日" {
			continue // said otherwise here
		}
		if w, ok := When(text, wednesday); !ok || w.Bad == "" {
			t.Errorf("%s: taken for a date", text)
		}
	}
}

func TestAmount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"38万": 380000, "三十八万五": 385000, "1.2亿": 120000000, "12,800元": 12800, "5k": 5000, "四万二": 42000, "二百一十万": 2100000, "3.6w": 36000, "一百五十块": 150, "￥9,999.5": 9999.5,
		"99.8万": 998000, "２００元": 200, "18万8": 188000, "三千二": 3200, "一百零五元": 105, "380000": 380000, "两千三百万": 23000000, "1200万元": 12000000,
	} {
		if m, ok := Amount(text); !ok || m.Yuan != want || m.Vague != "" {
			t.Errorf("%s: %v %q, want %v", text, m.Yuan, m.Vague, want)
		}
	}
	for _, text := range []string{"几万", "十几万", "二三十万", "上百万吧几百万", "-5万", "负三万", "9999999999万"} {
		if m, ok := Amount(text); !ok || m.Vague == "" {
			t.Errorf("%s: %v taken for an amount", text, m.Yuan)
		}
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"138-1234-5678": "13812345678", "021-5888 1234": "02158881234", "+86 137 8888 9999": "13788889999", "１３９００００１１１１": "13900001111", "0755-88886666": "075588886666",
		"400-820-8820": "4008208820", "(010)88886666": "01088886666", "139.1300.4412": "13913004412", "壹捌零-二二三三-零六六零": "18022330660",
	} {
		if p, ok := Phone(text); !ok || p.Digits != want || p.Bad != "" {
			t.Errorf("%s: %q %q, want %q", text, p.Digits, p.Bad, want)
		}
	}
	for _, text := range []string{"1381234567", "138123456789"} {
		if p, ok := Phone(text); !ok || p.Bad == "" {
			t.Errorf("%s: %q taken for a phone", text, p.Digits)
		}
	}
	for _, text := range []string{"139.1300.44123", "1391.300.4412", "139.1300"} {
		if p, ok := Phone(text); ok && p.Bad == "" {
			t.Errorf("%s: %q taken for a phone", text, p.Digits)
		}
	}
}

// What is impossible is said, and the rest is kept.
func TestProblemsKeepTheRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, action, param string
		kind                ProblemKind
		keeps               string
	}{
		{"云帆建个商机 几万 月底签", "deal.create", "amount", BadAmount, "customer"},
		{"云帆建个商机 -38万", "deal.create", "amount", BadAmount, "customer"},
		{"2月30日上午9点提醒我给云帆打电话", "reminder.create", "at", BadDate, "content"},
		{"昨天下午3点提醒我给云帆打电话", "reminder.create", "at", PastTime, "content"},
		{"新客户 云帆科技，王强 1381234567", "customer.create", "phone", BadPhone, "customer"},
		{"百川预计2月31日签约，推进到报价", "deal.update", "close_date", BadDate, "stage"},
	} {
		r := Parse(c.text, wednesday, nil)
		if len(r.Actions) != 1 || r.Actions[0].Name != c.action || len(r.Problems) == 0 {
			t.Errorf("%s: %+v", c.text, r)
			continue
		}
		p := r.Problems[0]
		if p.Kind != c.kind || p.Param != c.param || p.Say == "" || r.Ask == "" {
			t.Errorf("%s: %+v", c.text, p)
		}
		if _, ok := r.Actions[0].Params[c.param]; ok {
			t.Errorf("%s: the impossible %s is in the action", c.text, c.param)
		}
		if _, ok := r.Actions[0].Params[c.keeps]; !ok {
			t.Errorf("%s: %s was lost", c.text, c.keeps)
		}
		if r.Confidence >= 0.8 {
			t.Errorf("%s: confidence %v", c.text, r.Confidence)
		}
	}
}

func TestFillReadsABareAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, missing, text string
		want                  any
	}{
		{"deal.create", "customer", "云帆", "云帆"}, {"reminder.create", "at", "明天10点", "2026-11-19T10:00:00+08:00"}, {"deal.update", "amount", "38万", int64(380000)},
		{"customer.transfer", "owner", "王强", "王强"}, {"customer.transfer", "owner", "转给李娜吧", "李娜"}, {"ticket.assign", "ticket", "1501", int64(1501)},
		{"payment.plan", "due", "月底", "2026-11-30"}, {"deal.update", "amount", "120000", int64(120000)}, {"task.create", "content", "整理资料", "整理资料"},
	} {
		a, p, ok := Fill(Action{Name: c.action, Params: map[string]any{}}, c.missing, c.text, wednesday, nil)
		if !ok || p != nil || a.Params[c.missing] != c.want {
			t.Errorf("%s %s: %v %v %v", c.action, c.text, a.Params, p, ok)
		}
	}
	if _, p, _ := Fill(Action{Name: "reminder.create"}, "at", "昨天10点", wednesday, nil); p == nil || p.Kind != PastTime {
		t.Errorf("a past reminder was taken: %v", p)
	}
}

func TestFillTakesACustomerForARecord(t *testing.T) {
	t.Parallel()
	a, p, ok := Fill(Action{Name: "ticket.close", Params: map[string]any{}}, "ticket", "云帆", wednesday, nil)
	if !ok || p != nil || a.Params["customer"] != "云帆" {
		t.Errorf("got %+v %v %v, want the customer 云帆", a, p, ok)
	}
	if v, there := a.Params["ticket"]; there {
		t.Errorf("ticket is %v, want it absent", v)
	}
}

func TestHourThatMayBeTwoIsAsked(t *testing.T) {
	t.Parallel()
	r := Parse("三四点提醒我给云帆打电话", wednesday, nil)
	if len(r.Problems) != 1 || r.Problems[0].Kind != Ambiguous || r.Ask == "" || r.Actions[0].Params["at"] != nil {
		t.Errorf("got %+v", r)
	}
}

func TestWhatIsNoOrderWritesNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"如果云帆签了就请大家吃饭", "启航那单签了吗", "能不能把商机转给别人啊", "等云帆签了再给他建合同", "万一丢单了怎么办", "刚开完会好累啊", "别把百川转给李娜了", "不用提醒老董了，我自己跟他说"} {
		for _, a := range Parse(text, wednesday, nil).Actions {
			if writes(a.Name) {
				t.Errorf("%s: %s %v", text, a.Name, a.Params)
			}
		}
	}
}

func TestCorrection(t *testing.T) {
	t.Parallel()
	deal := Action{Name: "deal.create", Params: map[string]any{"customer": "云帆", "amount": int64(380000)}}
	if a, _, ok := Correction("不对，是35万", deal, wednesday, nil); !ok || a.Params["amount"] != int64(350000) || a.Params["customer"] != "云帆" {
		t.Errorf("%v %v", a, ok)
	}
	reminder := Action{Name: "reminder.create", Params: map[string]any{"at": "2026-11-19T15:00:00+08:00", "content": "打电话"}}
	if a, _, ok := Correction("改成周五", reminder, wednesday, nil); !ok || a.Params["at"] != "2026-11-20T15:00:00+08:00" {
		t.Errorf("%v %v", a, ok)
	}
	if a, _, ok := Correction("不是，4点", reminder, wednesday, nil); !ok || a.Params["at"] != "2026-11-19T16:00:00+08:00" {
		t.Errorf("%v %v", a, ok)
	}
	if _, _, ok := Correction("今天天气不错", deal, wednesday, nil); ok {
		t.Error("small talk corrects nothing")
	}
}

func TestReadCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Command
	}{
		{"确认", Command{Kind: Confirm}}, {"好的", Command{Kind: Confirm}}, {"算了", Command{Kind: Cancel}}, {"撤销 A7F2", Command{Kind: Undo, Code: "A7F2"}},
		{"撤销", Command{Kind: Undo}}, {"完成 1", Command{Kind: Done, Number: 1}}, {"推迟 1 明天10点", Command{Kind: Snooze, Number: 1, Rest: "明天10点"}},
		{"改期 2 周五下午", Command{Kind: Snooze, Number: 2, Rest: "周五下午"}}, {"1", Command{Kind: Pick, Number: 1}}, {"第二个", Command{Kind: Pick, Number: 2}},
		{"更多", Command{Kind: More}}, {"1和3完成", Command{Kind: Done, Number: 1}}, {"全部", Command{Kind: All}},
	} {
		got, ok := ReadCommand(c.text)
		got.Numbers = nil
		if !ok || got.Kind != c.want.Kind || got.Number != c.want.Number || got.Code != c.want.Code || got.Rest != c.want.Rest {
			t.Errorf("%s: %+v %v", c.text, got, ok)
		}
	}
	for _, text := range []string{"云帆推进到报价", "明天提醒我开会", "", "好利来建个商机", "13812345678"} {
		if c, ok := ReadCommand(text); ok {
			t.Errorf("%s is no command: %+v", text, c)
		}
	}
}

// A pack adds its own words without Go.
func TestPackWords(t *testing.T) {
	t.Parallel()
	p := *templates.Default()
	p.Stages = append([]templates.Term{{Name: "量房", Words: []string{"上门量尺"}}}, p.Stages...)
	r := Parse("云帆推进到上门量尺", wednesday, &p)
	if len(r.Actions) != 1 || r.Actions[0].Params["stage"] != "量房" {
		t.Errorf("%+v", r)
	}
}

func TestLongAndEmpty(t *testing.T) {
	t.Parallel()
	r := Parse(strings.Repeat("云帆推进到报价，明天提醒我。", 1500), wednesday, nil)
	if len(r.Actions) != 0 || len(r.Problems) != 1 || r.Problems[0].Kind != TooLong {
		t.Errorf("%d actions, %v", len(r.Actions), r.Problems)
	}
	for _, text := range []string{"", " ", "🎉", "\n\n", "。。。"} {
		if r := Parse(text, wednesday, nil); len(r.Actions) != 0 || r.Confidence != 0 {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	rows := corpus(b, "tune.jsonl")
	Parse(rows[0].Text, wednesday, nil)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Parse(rows[i%len(rows)].Text, wednesday, nil)
	}
}

func BenchmarkLongest(b *testing.B) {
	text := string([]rune(strings.Repeat("云帆说明天下午3点再看38万的方案，", 200))[:MaxRunes])
	for b.Loop() {
		Parse(text, wednesday, nil)
	}
}

func BenchmarkCompilePack(b *testing.B) {
	for b.Loop() {
		compile(templates.Default())
	}
}

// TestWhatPlayersSaid holds lines that people typed at the demo and that were once misread.
func TestWhatPlayersSaid(t *testing.T) {
	for text, want := range map[string]string{
		"给张敏发一张8折券 10天有效": `coupon.send{"customer":"张敏","discount":0.8,"valid_days":10}`,
		"给张敏发8折券":         `coupon.send{"customer":"张敏","discount":0.8}`,
		"李雷的客户远航转给韩梅梅":    `customer.transfer{"customer":"远航","owner":"韩梅梅"}`,
		"全公司的商机":          `deal.list{}`,
		"谈判阶段的有几个":        `deal.list{"stage":"商务谈判"}`,
		"华星的报价单":          `customer.view{"customer":"华星"}`,
		"百川的联系人":          `customer.view{"customer":"百川"}`,
		"哪些客户快流失了":        `report.churn{}`,
		"给云帆记跟进 回款12万已到账": `activity.log{"content":"回款12万已到账","customer":"云帆"}`,
		"记一下 拜访了客户 对方对价格不满意 竞品报了30万": `activity.log{"channel":"拜访","content":"对方对价格不满意 竞品报了30万"}`,
		"本月客户满意度": `report.satisfaction{"period":"2026-11"}`,
		"刚接完苗岭茶业樊姐的电话，她说礼盒的烫金掉色": `activity.log{"channel":"电话","contact":"樊姐","content":"她说礼盒的烫金掉色","customer":"苗岭茶业"}`,
		"拓跋蓝问疗程卡能不能转给闺蜜用，开个咨询工单": `ticket.create{"content":"疗程卡能不能转给闺蜜用","customer":"拓跋蓝","kind":"咨询"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
