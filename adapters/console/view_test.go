package console

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ name, in, want string }{
		{"plain", "已建商机", "已建商机"},
		{"tags", `<b onclick="x">&amp;</b>`, "&lt;b onclick=&#34;x&#34;&gt;&amp;amp;&lt;/b&gt;"},
		{"bold", "**38万** 元", "<b>38万</b> 元"},
		{"a tag in bold", "**<i>**", "<b>&lt;i&gt;</b>"},
		{"a masked phone", "138****5678", "138****5678"},
		{"heading", "# 晨报\n好", `<span class="heading">晨报</span><br>好`},
		{"quote", "> 原话", `<span class="quote">原话</span>`},
		{"list", "- 一\n- 二", "· 一<br>· 二"},
		{"many blank lines", "一\n\n\n\n二", "一<br><br>二"},
		{"link", "[看](https://a.cn/?a=1&b=2)", `<a href="https://a.cn/?a=1&amp;b=2" rel="noreferrer noopener" target="_blank">看</a>`},
		{"a link that breaks out", `[x](https://a/"onmouseover="y)`, `<a href="https://a/&#34;onmouseover=&#34;y" rel="noreferrer noopener" target="_blank">x</a>`},
		{"a tag in a label", `[<img src=x>](https://a.cn)`, `<a href="https://a.cn" rel="noreferrer noopener" target="_blank">&lt;img src=x&gt;</a>`},
		{"a script for a link", "[x](javascript:alert(1))", "[x](javascript:alert(1))"},
		{"bold in an address", "[a](https://x/**b)**", `<a href="https://x/**b" rel="noreferrer noopener" target="_blank">a</a>**`},
		{"backslash", `\*\*不粗\*\* \<b>`, `**不粗** \&lt;b&gt;`},
		{"line ends of Windows", "一\r\n二  \r\n", "一<br>二"},
		{"nothing", "", ""},
	} {
		if got := string(markdown(one.in)); got != one.want {
			t.Errorf("%s: %s\n want %s", one.name, got, one.want)
		}
	}
	if got, want := string(plain("**<b>**\n第二行 ")), "**&lt;b&gt;**<br>第二行"; got != want {
		t.Errorf("plain: %s, want %s", got, want)
	}
}

// allowed are the only tags that a message may leave on the page.
var allowed = regexp.MustCompile(`<br>|</?b>|</span>|</a>|<span class="(heading|quote)">|<a href="https?://[^"<>]*" rel="noreferrer noopener" target="_blank">`)

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"**<b>**", `[a](https://x"y)`, "> <script>", `\<`, "# **[x](http://**)", "[**](https://a)**"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{string(markdown(s)), string(plain(s))} {
			if rest := allowed.ReplaceAllString(got, ""); strings.ContainsAny(rest, `<>"'`) {
				t.Errorf("%q became %q", s, got)
			}
		}
	})
}

func TestDestination(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		got, err := time.ParseInLocation("2006-01-02 15:04", s, beijing)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	next := at("2026-11-23 15:00")
	for _, one := range []struct {
		to   string
		now  time.Time
		next time.Time
		want string // "": refused
	}{
		{"10m", monday, next, "2026-11-23 10:10"},
		{"1h", monday.UTC(), next, "2026-11-23 11:00"},
		{"next", monday, next, "2026-11-23 15:00"},
		{"next", next.Add(time.Minute), next, "2026-11-23 15:01"}, // it is ringing
		{"next", monday, time.Time{}, ""},
		{"brief", monday, next, "2026-11-24 08:50"},
		{"brief", at("2026-11-23 08:49"), next, "2026-11-23 08:50"},
		{"brief", at("2026-11-23 08:50"), next, "2026-11-24 08:50"},
		{"tomorrow 15:00", monday, next, "2026-11-24 15:00"},
		{"tomorrow 15:00", at("2026-12-31 23:59"), next, "2027-01-01 15:00"},
		{"tomorrow 15:00", time.Date(2026, 11, 23, 16, 30, 0, 0, time.UTC), next, "2026-11-25 15:00"}, // past midnight in Shanghai
		{"2026-11-23T18:30", monday, next, "2026-11-23 18:30"},
		{"2026-11-23 18:30", monday, next, "2026-11-23 18:30"},
		{"2026-11-23T18:30:00", monday, next, "2026-11-23 18:30"},
		{"2026-11-23T09:59", monday, next, ""},
		{"-5m", monday, next, ""},
		{"9999h", monday, next, ""},
		{"99999999999999h", monday, next, ""},
		{"2026-02-31T10:00", monday, next, ""},
		{"明天", monday, next, ""},
		{"", monday, next, ""},
	} {
		got, err := destination(one.to, one.now, one.next, beijing)
		var refused *Refusal
		switch {
		case one.want == "" && !errors.As(err, &refused):
			t.Errorf("%q: %v, want a refusal", one.to, err)
		case one.want != "" && (err != nil || !got.Equal(at(one.want))):
			t.Errorf("%q: %v %v, want %s", one.to, got, err, one.want)
		}
	}
}

func TestClockWords(t *testing.T) {
	t.Parallel()
	v := clockView{Now: monday, Zone: beijing, Next: monday.Add(29 * time.Hour), Ahead: 29*time.Hour + 5*time.Minute + 30*time.Second}
	if got := v.Text() + "|" + v.NextText() + "|" + v.AheadText() + "|" + v.Field(); got != "2026年11月23日 周一 10:00|明天 15:00|已快进 1 天 5 小时 5 分|2026-11-23T10:01" {
		t.Error(got)
	}
	if v = (clockView{Now: monday, Zone: beijing}); v.NextText() != "" || v.AheadText() != "" {
		t.Errorf("%q %q", v.NextText(), v.AheadText())
	}
	for at, want := range map[time.Duration]string{-10 * time.Hour: "00:00", -11 * time.Hour: "昨天 23:00", 13 * time.Hour: "23:00", 14 * time.Hour: "明天 00:00", 48 * time.Hour: "11月25日 周三 10:00"} {
		if got := dayAndTime(monday.Add(at), monday, beijing); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}

func TestTimesStandWhereAChatPaused(t *testing.T) {
	t.Parallel()
	c := &Console{cfg: Config{Now: func() time.Time { return monday }, Zone: beijing}}
	said := func(after time.Duration, mine bool, from string) Bubble {
		return Bubble{At: monday.Add(after - time.Hour), Mine: mine, From: from}
	}
	rows := c.rows(Chat{Bubbles: []Bubble{said(0, true, "李雷"), said(time.Minute, false, ""), said(10*time.Minute, false, "韩梅梅")}}, Person{Name: "李雷"})
	got := ""
	for _, r := range rows {
		got += r.Break + r.Initial + r.From + " "
	}
	if got != "09:00雷李雷 跟跟单 09:10梅韩梅梅 " {
		t.Error(got)
	}
}

func TestWeComState(t *testing.T) {
	t.Parallel()
	titled := func(title, desc string) *wecomtest.Card {
		return &wecomtest.Card{MainTitle: &wecomtest.CardTitle{Title: title, Desc: desc}}
	}
	live := &wecomtest.Card{Buttons: []wecomtest.CardButton{{Text: "确认", Key: "confirm"}}}
	for _, one := range []struct {
		b    wecomtest.Bubble
		want string
	}{
		{wecomtest.Bubble{Card: live}, "pending"},
		{wecomtest.Bubble{Card: live, Greyed: "已取消"}, "cancelled"},
		{wecomtest.Bubble{Card: titled("打给王强", "已完成")}, "done"},
		{wecomtest.Bubble{Card: titled("已撤销：提醒", "")}, "undone"},
		{wecomtest.Bubble{Card: titled("转交", "已过期，请重新发起")}, "expired"},
		{wecomtest.Bubble{Card: titled("转交", "已被新的卡片取代")}, "superseded"},
		{wecomtest.Bubble{Card: &wecomtest.Card{}}, "done"},
	} {
		if got := weComState(one.b); got != one.want {
			t.Errorf("%+v: %s, want %s", one.b, got, one.want)
		}
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	if got := tidy([]byte(`{"a":1}`)); got != "{\n  \"a\": 1\n}" {
		t.Errorf("%q", got)
	}
	if got := tidy([]byte("no json")); got != "no json" {
		t.Errorf("%q", got)
	}
	if got := tidy([]byte(strings.Repeat("长", mostBody))); len(got) > mostBody+8 || !strings.HasSuffix(got, "长\n…") {
		t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-9:])
	}
}
