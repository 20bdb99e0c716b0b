package bottest

import (
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

// screen is all that the bot has shown to a person in the 1:1 chat of a platform.
func (w *world) screen(platform, name string) string {
	w.t.Helper()
	chats, err := w.all[platform].Screen(w.ids[name])
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, c := range chats {
		for _, b := range c.Bubbles {
			if !c.Group && !b.Mine && b.From == "" {
				lines = append(lines, printed(b))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// say types a text on a platform's phone and waits until it is answered.
func (w *world) say(platform, name, text string) {
	w.t.Helper()
	before := w.heard()
	if err := w.all[platform].Say(w.ids[name], "", text); err != nil {
		w.t.Fatal(err)
	}
	w.until("the platform has delivered: "+text, 20*time.Second, func() bool { return w.heard() > before })
	w.settle()
}

func (w *world) shows(platform, name, want string) {
	w.t.Helper()
	if got := w.screen(platform, name); !strings.Contains(got, want) {
		w.t.Errorf("%s on %s does not see %q but\n%s", name, platform, want, got)
	}
}

func (w *world) showsNot(platform, name, unwanted string) {
	w.t.Helper()
	if got := w.screen(platform, name); strings.Contains(got, unwanted) {
		w.t.Errorf("%s on %s sees %q:\n%s", name, platform, unwanted, got)
	}
}

// TestOnePersonOnBothPlatforms: what is said on one platform is known on the other, and a reminder rings
// where its person spoke last.
func TestOnePersonOnBothPlatforms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom", "dingtalk")
	w.say("wecom", "李雷", "新客户 上海云帆科技,王强 13812345678,展会来的")
	w.clock.set(w.clock.Now().Add(time.Minute))
	w.say("dingtalk", "李雷", "云帆建个商机 38万")
	w.shows("dingtalk", "李雷", "已建商机 上海云帆科技商机")
	w.say("dingtalk", "李雷", "今天下午3点提醒我打给王强")
	w.pass(5 * time.Hour)
	w.settle()
	w.shows("dingtalk", "李雷", "⏰ 打给王强")
	w.showsNot("wecom", "李雷", "⏰ 打给王强")
	w.say("wecom", "李雷", "今天下午5点提醒我寄样品")
	w.pass(2 * time.Hour)
	w.settle()
	w.shows("wecom", "李雷", "⏰ 寄样品")
	w.showsNot("dingtalk", "李雷", "⏰ 寄样品")
}

// TestAnotherSurfaceWhenOneFails: whoever cannot be reached on one platform hears on the other, and the
// administrators hear of trouble where there is none.
func TestAnotherSurfaceWhenOneFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom", "dingtalk")
	w.say("wecom", "李雷", "今天下午3点提醒我打给王强")
	w.simWeCom.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "aibot_send_msg", Code: 93006, Count: -1})
	w.simWeCom.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "message/send", Code: 60020, Count: -1})
	w.clock.set(w.clock.Now().Add(5 * time.Hour))
	w.alarm.Poke()
	w.until("the reminder has found its way", 30*time.Second, func() bool {
		return strings.Contains(w.screen("dingtalk", "李雷"), "⏰ 打给王强")
	})
	w.until("the administrator has heard of the trusted address", 30*time.Second, func() bool {
		return strings.Contains(w.screen("dingtalk", "管理员"), "企业微信")
	})
}

// TestOnlyTheAskerMayPress: a colleague's tap on a card in a group changes nothing and says why.
func TestOnlyTheAskerMayPress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom")
	w.say("wecom", "李雷", "新客户 上海云帆科技")
	s, err := read("tap", "李雷@销售一部> 把云帆转给韩梅梅\n韩梅梅@销售一部> [确认]\n李雷> 云帆建个商机 38万\n")
	if err != nil {
		t.Fatal(err)
	}
	shown := w.play(s)
	if got := strings.Join(shown[1], "\n"); !strings.Contains(got, "发起人") {
		t.Errorf("韩梅梅's tap says %q", got)
	}
	if got := strings.Join(shown[2], "\n"); !strings.Contains(got, "已建商机") {
		t.Errorf("the customer is no longer 李雷's: %q", got)
	}
}
