package bottest

import (
	"testing"
	"time"
)

// TestNoticesComeWhereOneSpokeLast: what a colleague does on one platform is told on the other, at the reader's last door.
func TestNoticesComeWhereOneSpokeLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom", "dingtalk")
	const told = "李雷派给你一个任务"
	w.say("wecom", "李雷", "新客户 上海云帆科技")
	w.say("dingtalk", "韩梅梅", "今天做什么")
	w.say("wecom", "李雷", "让韩梅梅明天把合同寄给云帆")
	w.shows("dingtalk", "韩梅梅", told)
	w.showsNot("wecom", "韩梅梅", told)
	w.showsNot("wecom", "李雷", told)
	w.clock.set(w.clock.Now().Add(time.Minute))
	w.say("wecom", "韩梅梅", "今天做什么")
	w.say("dingtalk", "李雷", "让韩梅梅明天把样品寄给云帆")
	w.shows("wecom", "韩梅梅", told+"：把样品寄给云帆")
}
