package bottest

import (
	"strings"
	"testing"
	"time"

	"gendan/crm/store/storetest"
)

// TestMemory: what was spoken of, an open question, the last list and the last receipt stand in the conversation's row in
// Postgres, sealed. A new process goes on with them; a day later they mean nothing any more.
func TestMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom", "dingtalk")
	on := "dingtalk"
	say := func(text string) { t.Helper(); w.say(on, "李雷", text) }
	restart := func() {
		w.end()
		w.begin()
	}
	say("新客户 上海云帆科技")
	say("云帆建个商机 38万")
	restart()
	say("改成40万")
	w.shows(on, "李雷", "金额 ¥380,000 → ¥400,000")
	say("云帆 今天电话聊了合同")
	restart()
	say("不对，是微信聊的")
	w.shows(on, "李雷", "合同（微信）")
	say("提醒我打电话")
	restart()
	say("明天9点")
	w.shows(on, "李雷", "明天 09:00 提醒你：打电话")
	say("我的商机")
	restart()
	w.clock.set(w.clock.Now().Add(23 * time.Hour))
	say("第一个推进到报价")
	w.shows(on, "李雷", "阶段 初步接触 → 方案报价")
	w.clock.set(w.clock.Now().Add(24*time.Hour + time.Minute))
	before := len(w.screen(on, "李雷"))
	say("改成50万")
	say("第一个推进到谈判")
	say("不对，是45万")
	after := w.screen(on, "李雷")[before:]
	for _, wrong := range []string{"→ ¥500,000", "→ 商务谈判", "→ ¥450,000"} {
		if strings.Contains(after, wrong) {
			t.Errorf("after a day %q is still done:\n%s", wrong, after)
		}
	}
	var state []byte
	if err := storetest.Owner(t, w.store).QueryRow(`SELECT state FROM conversations WHERE length(state) > 0 LIMIT 1`).Scan(&state); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(state), "云帆") || strings.Contains(string(state), "customer") {
		t.Errorf("the memory is not sealed: %q", state)
	}
}
