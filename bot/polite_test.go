package bot

import (
	"testing"

	"gendan/bot/parse"
)

func TestEverything(t *testing.T) {
	for _, c := range []struct {
		text string
		kind parse.CommandKind
		rest string
		ok   bool
	}{
		{"都完成", parse.Done, "", true},
		{"全部完成了", parse.Done, "", true},
		{"这些都做完了。", parse.Done, "", true},
		{"把上面的全部搞定", parse.Done, "", true},
		{"都推迟到明天10点", parse.Snooze, "明天10点", true},
		{"全部改到后天", parse.Snooze, "后天", true},
		{"完成", "", "", false},
		{"都推进到报价", "", "", false},
		{"全部客户", "", "", false},
		{"云帆都完成了", "", "", false},
	} {
		if kind, rest, ok := everything(c.text); kind != c.kind || rest != c.rest || ok != c.ok {
			t.Errorf("%s: %q %q %v", c.text, kind, rest, ok)
		}
	}
}

func TestPolite(t *testing.T) {
	for text, want := range map[string]bool{"谢谢": true, "谢谢!": true, "辛苦了～": true, "好的": true, "OK": true, "收到。": true, "好的云帆签了": false, "谢谢王总的订单": false} {
		if got := polite(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestAsking(t *testing.T) {
	for text, want := range map[string]bool{
		"下午那个客户叫什么来着": true, "谁负责云帆": true, "云帆多少钱": true, "签了吗": true, "明天?": true,
		"明天下午3点": false, "38万": false, "王强": false, "推进到报价": false,
	} {
		if got := asking(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestShownList(t *testing.T) {
	for text, want := range map[string]string{"我的商机": "deal.list", "我的提醒。": "reminder.list", "我的待办呢": "reminder.list", "云帆的商机": "", "提醒我": ""} {
		if a, _ := shownList(text); a.Name != want {
			t.Errorf("%s: %q", text, a.Name)
		}
	}
}
