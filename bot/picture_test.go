package bot

import (
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gendan/bot/chat"
	"gendan/bot/namecard"
)

// window is a picture of a chat: each line is a left bubble, with ">" a right one, with "--" a time in the middle, with "#" the
// title, with "@" the small name above the next bubble.
func window(lines ...string) chat.Picture {
	p := chat.Picture{Width: 750, Height: 2000}
	y := 40
	for _, l := range lines {
		kind, text := l[:1], strings.TrimLeft(l, "->#@")
		switch kind {
		case "#":
			p.Lines = append(p.Lines, chat.PictureLine{Text: text, Box: image.Rect(300, y, 450, y+34), Bubble: -1, Sure: 0.9})
		case "-":
			p.Lines = append(p.Lines, chat.PictureLine{Text: text, Box: image.Rect(320, y, 430, y+24), Bubble: -1, Sure: 0.9})
		case "@":
			p.Lines = append(p.Lines, chat.PictureLine{Text: text, Box: image.Rect(126, y, 220, y+22), Bubble: -1, Sure: 0.9})
			y += 28
			continue
		default:
			b := chat.PictureBubble{Box: image.Rect(124, y, 500, y+80)}
			if kind == ">" {
				b = chat.PictureBubble{Box: image.Rect(250, y, 626, y+80), Right: true}
			}
			for part := range strings.SplitSeq(text, "|") {
				p.Lines = append(p.Lines, chat.PictureLine{Text: part, Box: b.Box, Bubble: len(p.Bubbles), Sure: 0.9})
			}
			p.Bubbles = append(p.Bubbles, b)
		}
		y += 110
	}
	return p
}

func TestScreenshotsBecomeLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		count      int
		p          chat.Picture
	}{
		{"title, times, both sides", "王总 昨天 15:12\n报价收到了， 能便宜吗\n\n李雷 昨天 15:12\n可以\n\n王总 16:05\n行\n\n", 3,
			window("#王总", "-昨天 15:12", "报价收到了，|能便宜吗", ">可以", "-16:05", "行")},
		{"no title and no time", "对方:\n在吗\n\n李雷:\n在\n\n", 2, window("在吗", ">在")},
		{"names above the bubbles of a group", "张三:\n几点到\n\n李四:\n三点\n\n李雷:\n好\n\n", 3, window("#项目群(3)", "@张三", "几点到", "@李四", "三点", ">好")},
		{"a member count and an arrow are no part of the title", "王总:\n你好\n\n李雷:\n你好\n\n", 2, window("#< 王总@微信", "你好", ">你好")},
		{"Latin lines keep the blank between them", "王总:\nplease send the offer today\n\n李雷:\nok\n\n", 2, window("#王总", "please send|the offer today", ">ok")},
		{"one bubble is no chat", "", 0, window("#提示", "确定")},
		{"squares of a code are no bubbles", "", 0, func() chat.Picture {
			p := window("a回", ">b回", "口")
			for i := range p.Lines {
				p.Lines[i].Sure = 0.3
			}
			return p
		}()},
		{"text around is more than in the bubbles", "", 0, func() chat.Picture {
			p := window("a", ">b")
			p.Lines = append(p.Lines, chat.PictureLine{Text: "一整页的说明文字，一直写到最下面才停", Bubble: -1, Sure: 0.9})
			return p
		}()},
	} {
		got, n := screenshot(c.p, "李雷")
		want := strings.ReplaceAll(c.want, "， ", "，")
		if n != c.count || got != want {
			t.Errorf("%s: %d\n%s", c.name, n, cmp.Diff(want, got))
		}
	}
}

func TestTimesOfChatWindows(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"15:12", "昨天 15:12", "昨天下午3:12", "星期三 09:00", "11月17日 晚上8:30", "2026年11月17日 15:02", "2026/11/17 15:02", "上午9：05"} {
		if !screenTime.MatchString(s) {
			t.Errorf("%q is a time", s)
		}
	}
	for _, s := range []string{"", "王总", "15:12 4G", "昨天", "比分 3:12:4"} {
		if screenTime.MatchString(s) {
			t.Errorf("%q is no time", s)
		}
	}
}

func TestCardsArePutRightByTyping(t *testing.T) {
	t.Parallel()
	card := func() namecard.Card {
		return namecard.Card{Name: "王强", Company: "云帆", Mobiles: []string{"13812345678", "13900000000"}, Phones: []namecard.Number{{Digits: "02158881234"}}, Mails: []string{"a@b.com"}}
	}
	for _, c := range []struct {
		text string
		want func(*namecard.Card)
		bad  bool
	}{
		{text: "电话是13612345678", want: func(c *namecard.Card) { c.Mobiles[0] = "13612345678" }},
		{text: "不对，手机号是136 1234 5678", want: func(c *namecard.Card) { c.Mobiles[0] = "13612345678" }},
		{text: "姓名李强", want: func(c *namecard.Card) { c.Name = "李强" }},
		{text: "名字应该是李强", want: func(c *namecard.Card) { c.Name = "李强" }},
		{text: "公司改成北京蓝天软件", want: func(c *namecard.Card) { c.Company = "北京蓝天软件" }},
		{text: "职务:总经理", want: func(c *namecard.Card) { c.Title = "总经理" }},
		{text: "邮箱是wang@yunfan.com", want: func(c *namecard.Card) { c.Mails = []string{"wang@yunfan.com"} }},
		{text: "座机021-66668888", want: func(c *namecard.Card) { c.Phones[0].Digits = "02166668888" }},
		{text: "微信号是wq_2020", want: func(c *namecard.Card) { c.WeChat = "wq_2020" }},
		{text: "电话是1361234", bad: true},
		{text: "邮箱是王强", bad: true},
	} {
		m := contactField.FindStringSubmatch(c.text)
		if m == nil {
			t.Errorf("%q is not read", c.text)
			continue
		}
		got, want := card(), card()
		if ok := setField(&got, m[1], m[2]); ok == c.bad {
			t.Errorf("%q: ok is %v", c.text, ok)
		}
		if c.want != nil {
			c.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s", c.text, diff)
			}
		}
	}
	for _, text := range []string{"云帆推进到报价", "明天下午3点提醒我打电话给王强", "确认", "取消"} {
		if contactField.MatchString(text) || contactDrop.MatchString(text) || contactOwner.MatchString(text) || contactNo.MatchString(text) {
			t.Errorf("%q is taken for a correction", text)
		}
	}
	c := card()
	if !guessField(&c, "13612345678") || c.Mobiles[0] != "13612345678" || !guessField(&c, "李强") || c.Name != "李强" || guessField(&c, "嗯") {
		t.Errorf("%+v", c)
	}
	dropField(&c, "电话")
	if c.Phone() != "" {
		t.Errorf("%+v", c)
	}
}

func TestCaptions(t *testing.T) {
	t.Parallel()
	for caption, want := range map[string]bool{"": false, "名片": false, "云帆王总的名片": false, "跟王总的聊天截图，记一下": false, "云帆推进到报价，明天提醒我": true} {
		if spoken(caption) != want {
			t.Errorf("%q: %v", caption, !want)
		}
	}
}

func TestCodesAreNamed(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"https://u.wechat.com/MKz": "wechat", "HTTPS://WEIXIN.QQ.COM/G/abc": "wechat_group", "https://work.weixin.qq.com/ca/caw": "wecom",
		"https://qr.dingtalk.com/x": "dingtalk", "wxp://f2f0": "pay", "https://example.com": "link", "撤销": "text",
	} {
		if got := codeKind(code); got != want {
			t.Errorf("%s: %s", code, got)
		}
	}
}
