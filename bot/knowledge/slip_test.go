package knowledge

import "testing"

// A slip of the pen is the same question again; a character that makes another question of it is not.
func TestASlipIsTheSameQuestion(t *testing.T) {
	x := New(nil, words(t))
	for _, c := range []struct {
		a, b string
		slip bool
	}{
		{"茶叶可以泡几次", "茶叶可以泡泡几次", true},       // typed twice
		{"你们几点开始营业", "你们几点开始营", true},       // left out of a word
		{"包月停车怎么办理", "包停车怎么办理", true},       //
		{"设备到了谁来安装", "设备到了谁来按装", true},      // read alike
		{"老板，月结怎么开通", "月结怎么开通呀？谢谢", true},   // who is spoken to
		{"指示灯变绿是什么意思", "指示灯变红是什么意思", false}, // another colour
		{"空调漏水怎么办", "机器漏水怎么办", false},       //
		{"充电桩多少钱一度", "充电多少钱一度", false},      // both are words
		{"支持七天无理由退货吗", "支持无理由退货吗", false},   //
		{"可以退货吗老板", "可以不退货吗老板", false},      //
		{"怎么开机", "怎么关机", false},             //
		{"退款", "退换", false},                 //
	} {
		p, d := x.reader.ask(c.a), x.reader.read(c.b)
		if got := p.says(&d) || x.reader.slip(&p, &d) < slipNone; got != c.slip {
			t.Errorf("%q and %q: %v, %q %q", c.a, c.b, got, p.core, d.core)
		}
	}
}

// What only customers have said is given for other words of theirs once the desk has heard enough, and when the words are the
// same, not when they are alike.
func TestWordsOfCustomersAnswerWhatSaysTheSame(t *testing.T) {
	learn := func(list ...string) []string { return list }
	entries := []Entry{
		{ID: "drum", Heard: true, Question: "打几千张要换", Learned: learn("一个硒鼓能打多少张", "硒鼓多久换一次", "一支鼓能用多久"), Answer: "约三千张。"},
		{ID: "fee", Heard: true, Question: "在哪交物业费", Learned: learn("可以手机上交管理费吗", "物业费去哪里交", "交物业费能用微信吗"), Answer: "前台或小程序。"},
		{ID: "class", Heard: true, Question: "可以换班吗", Learned: learn("想调班", "调班怎么申请", "时间冲突能换到周末班吗"), Answer: "开课前可以。"},
		{ID: "pay", Heard: true, Question: "怎么付款", Learned: learn("可以用支付宝吗", "能刷卡吗", "付款方式有哪些"), Answer: "都可以。"},
	}
	w := words(t)
	x := New(entries, w)
	for _, text := range []string{"换一个硒鼓多少钱", "可以换老师吗", "物业费怎么收"} {
		if a := x.Answer(text); a.ID != "" {
			t.Errorf("%q: %s (%.2f)", text, a.ID, a.Confidence)
		}
	}
	for i := range entries { // as a desk of twenty matters has it
		e := entries[i]
		for k := range 6 {
			entries = append(entries, Entry{ID: e.ID + string(rune('a'+k)), Heard: true, Question: "第" + string(rune('0'+k)) + "号柜台", Learned: learn("柜台" + string(rune('0'+k))), Answer: "往左。"})
		}
	}
	x = New(entries, w)
	for text, want := range map[string]string{"物业费在哪里交": "fee", "请问硒鼓多久要换一次": "drum", "换一个硒鼓多少钱": "", "可以换老师吗": ""} {
		if a := x.Answer(text); a.ID != want {
			t.Errorf("%q: %q (%.2f), want %q", text, a.ID, a.Confidence, want)
		}
	}
}
