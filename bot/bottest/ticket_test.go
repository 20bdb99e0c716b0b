package bottest

import (
	"strings"
	"testing"
	"time"
)

// TestQuotedTicket: what is typed under a quoted ticket is about that ticket; words that are no order are asked about before
// they go to the customer.
func TestQuotedTicket(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"wecom", "dingtalk"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, defaultStart, platform)
			w.say(platform, "李雷", "新客户 上海云帆科技,王强 13812345678")
			w.say(platform, "李雷", "新客户 北京蓝天软件")
			w.say(platform, "赵敏", "云帆投诉打印机三天没修好")
			w.say(platform, "赵敏", "新工单 蓝天软件 登录不上")
			w.quote(platform, "李雷", "云帆新工单", "王总脾气急，先打电话")
			w.shows(platform, "李雷", "是回复客户，还是内部备注？")
			w.showsNot(platform, "赵敏", "王总脾气急")
			bubble, note := w.button(w.ids["李雷"], "", "内部备注")
			before := w.heard()
			if err := w.phones.Tap(w.ids["李雷"], "", bubble, note.Key); err != nil {
				t.Fatal(err)
			}
			w.until("the press has arrived", 20*time.Second, func() bool { return w.heard() > before })
			w.settle()
			w.nothingLeftWorking(step{line: "内部备注"})
			w.shows(platform, "李雷", "客户看不到")
			w.shows(platform, "赵敏", "王总脾气急")
			w.quote(platform, "李雷", "云帆新工单", "我来处理")
			w.shows(platform, "李雷", "由你处理了")
			w.quote(platform, "李雷", "蓝天新工单", "明天上午给您恢复")
			w.say(platform, "李雷", "回复")
			w.shows(platform, "李雷", "已记下对客户的回复")
			w.shows(platform, "赵敏", "回复了蓝天的工单")
		})
	}
}

// TestABareTakeMeansTheTicketShownLast: whoever types 「我来处理」 under a push means it, without a number.
func TestABareTakeMeansTheTicketShownLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom")
	w.say("wecom", "李雷", "新客户 上海云帆科技")
	w.say("wecom", "赵敏", "云帆投诉打印机三天没修好")
	w.say("wecom", "李雷", "我来处理")
	w.shows("wecom", "李雷", "由你处理了")
	w.say("wecom", "韩梅梅", "我来处理") // nothing was shown to her
	if got := w.screen("wecom", "韩梅梅"); strings.Contains(got, "由你处理了") {
		t.Errorf("a colleague takes what she was not shown: %s", got)
	}
}
