package bot

import "testing"

func TestPolite(t *testing.T) {
	for text, want := range map[string]bool{"谢谢": true, "谢谢!": true, "辛苦了～": true, "好的": true, "OK": true, "收到。": true, "好的云帆签了": false, "谢谢王总的订单": false} {
		if got := polite(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestAsking(t *testing.T) {
	for text, want := range map[string]bool{
		"下午那个客户叫什么来着": true, "谁负责云帆": true, "云帆多少钱": true, "签了吗": true, "报价发了没": true, "合同签过没有？": true, "他没发过": false, "明天?": true,
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
