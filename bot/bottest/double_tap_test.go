package bottest

import (
	"strings"
	"testing"
	"time"
)

// TestDoubleTap: the second of two quick taps does nothing twice and leaves the receipt with its undo code on the card.
func TestDoubleTap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom")
	w.say("wecom", "李雷", "新客户 上海云帆科技")
	w.say("wecom", "李雷", "把云帆转给韩梅梅")
	w.settle()
	user := w.ids["李雷"]
	bubble, button := w.button(user, "", "确认")
	before := w.heard()
	for range 2 { // the second before the first is answered
		if err := w.phones.Tap(user, "", bubble, button.Key); err != nil {
			t.Fatal(err)
		}
	}
	w.until("both taps have arrived", 30*time.Second, func() bool { return w.heard() == before+2 })
	w.settle()
	w.shows("wecom", "李雷", "没有办第二次")
	screen := w.screen("wecom", "李雷")
	for _, want := range []string{"负责人 李雷 → 韩梅梅", "撤销"} {
		if !strings.Contains(screen, want) {
			t.Errorf("no %q on the screen: %s", want, screen)
		}
	}
	if strings.Contains(screen, "卡片已失效") {
		t.Errorf("the receipt is gone: %s", screen)
	}
}
