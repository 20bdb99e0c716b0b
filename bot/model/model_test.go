package model

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/templates"
)

var (
	now  = time.Date(2026, 11, 18, 10, 0, 0, 0, crm.Shanghai) // a Wednesday
	rep  = crm.Actor{UserID: 1, Role: crm.Rep}
	pack = templates.Default()
)

// TestVeilHidesWhatIsPersonal: none of the secrets is left, and all comes back as it was.
func TestVeilHidesWhatIsPersonal(t *testing.T) {
	t.Parallel()
	people, firms := []string{"王强", "欧阳娜娜"}, []string{"上海云帆科技有限公司", "云帆科技", "云帆", "3M中国"}
	for _, c := range []struct{ text, secrets string }{
		{"云帆的王强电话13812345678", "云帆 王强 13812345678 1381"},
		{"雲帆科技 王強 138-1234-5678", "雲帆 王強 5678"},
		{"１３８１２３４５６７８ 是王强的", "１３８ 王强"},
		{"打 138 1234 5678 或 +86 139 0000 1111", "138 139 5678 1111"},
		{"电话一三八一二三四五六七八", "一三八一"},
		{"幺三八零零一二三四五六", "幺三八"},
		{"座机021-58881234转801，(010)6551 2288", "5888 6551"},
		{"微信 wangq_88，邮箱 wang.qiang@yunfan.com", "wangq wang.qiang yunfan"},
		{"加他微信abcdefg", "abcdefg"},
		{"身份证31010119900307123X", "310101 123X"},
		{"卡号6222 0202 0001 2345 678", "6222 2345"},
		{"他qq是123456", "123456"},
		{"地址是浦东新区张江路88号3号楼502室，下周去", "张江 88号 502"},
		{"样品送到杭州市西湖区文三路478号", "文三路 478"},
		{"约王总和李经理，还有欧阳娜娜", "王总 李经理 欧阳"},
		{"帮我给星河贸易有限公司打电话", "星河"},
		{"提醒我给张小梅打电话", "张小梅"},
		{"联系人赵敏，13712345678", "赵敏 1371"},
		{"3m中国那边 https://a.example.com/u?t=secret", "3m中国 secret example"},
		{"统一信用代码91310115MA1K4ABC2D", "91310 MA1K4"},
		{"我写⟦P1⟧骗你，找王强", "王强"},
	} {
		v := NewVeil(people, firms)
		hidden := v.Hide(c.text)
		for _, s := range strings.Fields(c.secrets) {
			if strings.Contains(hidden, s) {
				t.Errorf("%q still says %q: %q", c.text, s, hidden)
			}
		}
		back, ok := v.Back(hidden)
		if !ok || back != strings.NewReplacer("⟦", "[", "⟧", "]").Replace(c.text) {
			t.Errorf("%q comes back as %q, %v", c.text, back, ok)
		}
	}
}

// TestVeilLeavesTheOrder: what says what to do, how much and when stays readable.
func TestVeilLeavesTheOrder(t *testing.T) {
	t.Parallel()
	v := NewVeil([]string{"王强"}, []string{"云帆"})
	for _, c := range [][2]string{ // in this order: names are numbered as they are first hidden
		{"把云帆的单子往前推一步到报价", "把⟦C1⟧的单子往前推一步到报价"},
		{"周五下午3点半约王强，38万", "周五下午3点半约⟦P2⟧，38万"},
		{"预计2026-11-25签，一共1200000元", "预计2026-11-25签，一共1200000元"},
		{"问周四的方案好了没有", "问周四的方案好了没有"},
		{"给马上到期的客户发消息", "给马上到期的客户发消息"},
		{"云帆那家公司，我们公司", "⟦C1⟧那家公司，我们公司"},
	} {
		if got := v.Hide(c[0]); got != c[1] {
			t.Errorf("%q is hidden as %q, want %q", c[0], got, c[1])
		}
	}
	if s, ok := v.Back("⟦P99⟧"); ok {
		t.Errorf("an invented placeholder is %q", s)
	}
}

func FuzzVeil(f *testing.F) {
	f.Add("云帆的王强 13812345678", "王强")
	f.Add("⟦P1⟧⟦⟧\xff", "P1")
	f.Fuzz(func(t *testing.T, text, name string) {
		v := NewVeil([]string{name}, []string{"云帆"})
		hidden := v.Hide(text)
		back, ok := v.Back(hidden)
		if want := strings.NewReplacer("⟦", "[", "⟧", "]").Replace(text); !ok || back != want && strings.ToValidUTF8(want, "") == want {
			t.Errorf("%q → %q → %q", text, hidden, back)
		}
	})
}

// answer is what the checker lets through, as JSON lines.
func answer(t *testing.T, said string, calls ...string) string {
	t.Helper()
	tools, err := Tools(rep, pack)
	if err != nil {
		t.Fatal(err)
	}
	v := NewVeil([]string{"王强"}, []string{"云帆", "恒通"})
	v.Hide(said)
	var a chat.ModelAnswer
	for _, c := range calls {
		name, params, _ := strings.Cut(c, " ")
		a.Calls = append(a.Calls, chat.ModelCall{Name: name, Params: json.RawMessage(params)})
	}
	var lines []string
	for _, c := range Check(a, tools, v, said, now, pack) {
		lines = append(lines, c.Name+" "+string(c.Params))
	}
	return strings.Join(lines, "\n")
}

func TestCheckBelievesNothing(t *testing.T) {
	t.Parallel()
	const said = "云帆那单咱们往前走一步，到38万，下周三之前搞定，明天下午3点叫我找王强"
	for name, c := range map[string]struct{ call, want string }{
		"what was said stays":     {`deal.update {"customer":"⟦C1⟧","amount":380000,"close_date":"2026-11-25","stage":"方案报价"}`, `deal.update {"amount":380000,"close_date":"2026-11-25","customer":"云帆","stage":"方案报价"}`},
		"in words":                {`deal.update {"customer":"云帆","amount":"38万","close_date":"下周三"}`, `deal.update {"amount":380000,"close_date":"2026-11-25","customer":"云帆"}`},
		"a moment":                {`reminder.create {"at":"2026-11-19T15:00:00+08:00","content":"找⟦P2⟧"}`, `reminder.create {"at":"2026-11-19T15:00:00+08:00","content":"找王强"}`},
		"a moment in UTC":         {`reminder.create {"at":"2026-11-19T07:00:00Z","content":"找王强"}`, `reminder.create {"at":"2026-11-19T15:00:00+08:00","content":"找王强"}`},
		"an unknown action":       {`customer.erase {"customer":"云帆"}`, ``},
		"one that is not offered": {`undo {}`, ``},
		"internal ones":           {`record.keep {"customer":"云帆","draft":1}`, ``},
		"an unknown parameter":    {`deal.update {"customer":"云帆","amount":380000,"password":"x"}`, `deal.update {"amount":380000,"customer":"云帆"}`},
		"an invented customer":    {`deal.update {"customer":"恒通","amount":380000}`, ``},
		"an invented placeholder": {`deal.update {"customer":"⟦C9⟧","amount":380000}`, ``},
		"an invented amount":      {`deal.update {"customer":"云帆","amount":80000,"stage":"方案报价"}`, `deal.update {"customer":"云帆","stage":"方案报价"}`},
		"an invented stage":       {`deal.update {"customer":"云帆","stage":"已打款","amount":380000}`, `deal.update {"amount":380000,"customer":"云帆"}`},
		"an invented day":         {`deal.update {"customer":"云帆","close_date":"2026-12-31","amount":380000}`, `deal.update {"amount":380000,"customer":"云帆"}`},
		"an invented hour":        {`reminder.create {"at":"2026-11-19T16:00:00+08:00","content":"找王强"}`, ``},
		"half of a time":          {`reminder.create {"at":"2026-11-18T15:00:00+08:00","content":"找王强"}`, ``},
		"an invented owner":       {`customer.transfer {"customer":"云帆","owner":"老板"}`, ``},
		"an invented phone":       {`contact.create {"customer":"云帆","contact":"王强","phone":"13800000000"}`, `contact.create {"contact":"王强","customer":"云帆"}`},
		"an invented number":      {`deal.win {"deal":1024}`, ``},
		"words of its own":        {`activity.log {"customer":"云帆","content":"客户非常满意并同意全部条款"}`, ``},
		"a wrong type":            {`deal.update {"customer":["云帆"],"amount":380000}`, ``},
		"a wrong type of amount":  {`deal.update {"customer":"云帆","amount":{"yuan":380000},"stage":"方案报价"}`, `deal.update {"customer":"云帆","stage":"方案报价"}`},
		"a name for a number":     {`deal.update {"customer":"云帆","deal":"云帆"}`, ``},
		"no JSON":                 {`deal.update {"customer":"云`, ``},
		"a list":                  {`deal.update ["云帆"]`, ``},
		"two objects":             {`deal.update {"customer":"云帆","amount":380000}{"customer":"恒通"}`, ``},
		"nothing":                 {`deal.win {}`, ``},
		"null":                    {`deal.update {"customer":"云帆","amount":null,"stage":"方案报价"}`, `deal.update {"customer":"云帆","stage":"方案报价"}`},
		"endless":                 {`activity.log {"customer":"云帆","content":"` + strings.Repeat("云帆", 2000) + `"}`, ``},
		"a huge number":           {`deal.update {"customer":"云帆","amount":1e400}`, `deal.update {"customer":"云帆"}`},
	} {
		if got := answer(t, said, c.call); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestCheckKeepsFive(t *testing.T) {
	t.Parallel()
	var calls []string
	for range 3 {
		calls = append(calls, `customer.view {"customer":"云帆"}`) // the same thrice is one
	}
	for i := 1; i < 9; i++ {
		calls = append(calls, fmt.Sprintf(`deal.update {"customer":"云帆","amount":%d0000}`, i))
	}
	got := answer(t, "云帆1万2万3万4万5万6万7万8万", calls...)
	if n := strings.Count(got, "\n") + 1; n != mostCalls || strings.Count(got, "customer.view") != 1 {
		t.Errorf("%d calls:\n%s", n, got)
	}
}

func TestCheckFilter(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		`customer.search {"filter":{"no_contact_days":7,"level":"重点客户"}}`: `customer.search {"filter":{"level":"重点客户","no_contact_days":7}}`,
		`customer.search {"filter":{"no_contact_days":90}}`:               ``,
		`customer.search {"filter":{"sql":"1=1"}}`:                        ``,
		`customer.search {"filter":{"tags":["抹茶"]}}`:                      `customer.search {"filter":{"tags":["抹茶"]}}`,
		`customer.search {"filter":{"owner":"韩梅梅"}}`:                      ``,
	} {
		if got := answer(t, "有1周没搭理的大客户里，爱抹茶的那拨人", call); got != want {
			t.Errorf("%s: %s", call, got)
		}
	}
}

// TestToolsAreTheRoles: a role is offered what it may do, and nobody the inner actions.
func TestToolsAreTheRoles(t *testing.T) {
	t.Parallel()
	names := func(role crm.Role) string {
		tools, err := Tools(crm.Actor{UserID: 1, Role: role}, pack)
		if err != nil {
			t.Fatal(err)
		}
		all := " "
		for _, tool := range tools {
			var schema struct {
				Type       string
				Properties map[string]map[string]any
			}
			if err := json.Unmarshal(tool.Params, &schema); err != nil || schema.Type != "object" {
				t.Errorf("%s: %v", tool.Name, err)
			}
			if tool.Name == "deal.update" && fmt.Sprint(schema.Properties["stage"]["enum"]) != fmt.Sprint(pack.StageNames()) {
				t.Errorf("stages %v", schema.Properties["stage"])
			}
			all += tool.Name + " "
		}
		return all
	}
	if all := names(crm.Rep); !strings.Contains(all, " deal.create ") || strings.Contains(all, " record.keep ") || strings.Contains(all, " undo ") {
		t.Errorf("a rep is offered%s", all)
	}
	if all := names(crm.Service); strings.Contains(all, " deal.create ") {
		t.Errorf("service is offered%s", all)
	}
}

func record(lines ...string) crm.ChatRecord {
	var r crm.ChatRecord
	for i, l := range lines {
		who, text, _ := strings.Cut(l, "：")
		r.Lines = append(r.Lines, crm.RecordLine{N: i + 1, Sender: who, Side: map[bool]string{true: "us", false: "customer"}[who == "李雷"], Kind: "text", Text: text})
	}
	return r
}

func TestRecordTextIsVeiledAndShort(t *testing.T) {
	t.Parallel()
	r := record("李雷：王总您好，我是李雷", "风一样的男子：我电话13812345678，云帆科技的", "李雷：好的")
	v := NewVeil([]string{"李雷"}, []string{"云帆科技"})
	text := RecordText(r, v)
	for _, secret := range []string{"李雷", "王总", "风一样", "138", "云帆"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q says %q", text, secret)
		}
	}
	var lines []string
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf("李雷：第%d句话说的是打标机的事情和交货时间", i))
	}
	text = RecordText(record(lines...), v)
	if n := len([]rune(text)); n > mostRecord+100 || !strings.Contains(text, "第0句") || !strings.Contains(text, "第4999句") || !strings.Contains(text, "行略去") {
		t.Errorf("%d characters: %.100s…", n, text)
	}
}

func TestSummaryHoldsOnlyWhatWasSaid(t *testing.T) {
	t.Parallel()
	r := record("王强：打标机两台，38万能不能做", "李雷：可以，周五给您报价")
	v := NewVeil([]string{"王强", "李雷"}, nil)
	RecordText(r, v)
	h := v.Hide("王强")
	for in, want := range map[string]string{
		h + "要两台打标机，问38万能否做。李雷答应周五报价。":          "王强要两台打标机，问38万能否做。李雷答应周五报价",
		"<think>忽略</think>**客户**要两台打标机。":        "客户要两台打标机",
		"客户要两台打标机。请打款到6222020200012345678。":     "客户要两台打标机",
		"客户要两台打标机；预算50万。":                       "客户要两台打标机",
		"点击 https://evil.example.com 领奖，客户要打标机": "点击 领奖，客户要打标机",
		"⟦P77⟧同意了。客户要打标机。":                      "客户要打标机",
		"":                    "",
		"\n\n":                "",
		"1. \x00客户要\u202e打标机": "",
		strings.Repeat("客户要打标机", 100): strings.Repeat("客户要打标机", 39) + "客户要打标…",
	} {
		if got := Summary(in, r, v); got != want {
			t.Errorf("%q → %q", in, got)
		}
	}
}
