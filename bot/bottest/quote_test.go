package bottest

import (
	"strings"
	"testing"
	"time"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// quote answers to the newest bubble of the bot that holds part, and waits until that is answered.
func (w *world) quote(platform, name, part, text string) {
	w.t.Helper()
	w.quoteOf(platform, name, part, text, false)
}

// quoteOf answers to the newest bubble that holds part, one's own or the bot's.
func (w *world) quoteOf(platform, name, part, text string, mine bool) {
	w.t.Helper()
	chats, err := w.all[platform].Screen(w.ids[name])
	if err != nil {
		w.t.Fatal(err)
	}
	id := ""
	for _, c := range chats {
		for _, b := range c.Bubbles {
			if !c.Group && b.Mine == mine && strings.Contains(printed(b), part) {
				id = b.ID
			}
		}
	}
	if id == "" {
		w.t.Fatalf("%s sees nothing with %q to quote, but\n%s", name, part, w.screen(platform, name))
	}
	before := w.heard()
	if platform == "wecom" {
		_, err = w.simWeCom.Say(w.ids[name], text, wecomtest.Options{Reply: id})
	} else {
		_, err = w.simDingTalk.Say(w.ids[name], text, dingtalktest.Say{Quote: id})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.until("the platform has delivered: "+text, 20*time.Second, func() bool { return w.heard() > before })
	w.settle()
}

// TestQuotes: what a message answers to is its subject. A quoted ring is the reminder, a quoted receipt the
// run, a quoted view the customer, whatever was spoken of since.
func TestQuotes(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"wecom", "dingtalk"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, defaultStart, platform)
			say := func(text string) { w.say(platform, "李雷", text) }
			say("新客户 上海云帆科技")
			say("云帆建个商机 38万")
			say("新客户 北京蓝天软件")
			say("蓝天软件建个商机 12万")
			w.quote(platform, "李雷", "已建商机 上海云帆科技商机", "改成40万")
			w.shows(platform, "李雷", "上海云帆科技商机：金额 ¥380,000 → ¥400,000")
			w.showsNot(platform, "李雷", "北京蓝天软件商机：金额")
			w.quote(platform, "李雷", "已建商机 北京蓝天软件商机", "撤销")
			w.shows(platform, "李雷", "已撤销：新建北京蓝天软件商机")
			say("今天上午11点提醒我写周报")
			say("今天上午11点提醒我寄样品")
			w.pass(90 * time.Minute)
			w.settle()
			w.quote(platform, "李雷", "⏰ 寄样品", "完成")
			w.shows(platform, "李雷", "「寄样品」完成了")
			w.showsNot(platform, "李雷", "「写周报」完成了")
			say("完成") // one has rung and is open: no question
			w.shows(platform, "李雷", "「写周报」完成了")
		})
	}
}

// TestQuotedContext: 这个 on a quote is what is quoted; an older receipt is put right by answering to it; the numbers of a
// quoted list are its own, whatever list came after.
func TestQuotedContext(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"wecom", "dingtalk"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, defaultStart, platform)
			say := func(text string) { w.say(platform, "李雷", text) }
			say("新客户 上海云帆科技")
			say("新客户 北京蓝天软件")
			say("这是云帆科技王总原话：样品什么时候能寄")
			w.quoteOf(platform, "李雷", "样品什么时候能寄", "提醒我明天10点回复这个", true)
			w.shows(platform, "李雷", "明天 10:00 提醒你：回复：这是云帆科技王总原话：样品什么时候能寄")
			w.quoteOf(platform, "李雷", "样品什么时候能寄", "记到云帆", true)
			w.shows(platform, "李雷", "已记跟进 上海云帆科技：这是云帆科技王总原话：样品什么时候能寄")
			say("云帆 今天电话聊了预算40万")
			say("蓝天软件 今天微信聊了合同")
			w.quote(platform, "李雷", "预算40万（电话）", "不对，是45万")
			w.shows(platform, "李雷", "预算45万（电话）")
			w.quote(platform, "李雷", "合同（微信）", "撤销")
			w.shows(platform, "李雷", "已撤销：北京蓝天软件的跟进记录")
			w.clock.set(w.clock.Now().Add(2 * time.Minute))
			say("明天下午3点提醒我寄样品")
			say("我的提醒")
			say("我名下的客户")
			w.quote(platform, "李雷", "2. 明天 15:00 寄样品", "第二个推迟到后天")
			w.shows(platform, "李雷", "「寄样品」改到 后天 15:00 提醒")
			w.quote(platform, "李雷", "共 2 家", "第一个打标签VIP")
			w.shows(platform, "李雷", "标签 VIP")
		})
	}
}

// TestQuickSuccession: messages sent without waiting for answers are answered one after another, in order,
// each seeing what the one before has done.
func TestQuickSuccession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "wecom")
	for _, text := range []string{"新客户 上海云帆科技", "云帆建个商机 38万", "不对，是42万"} { // a fourth WeCom holds back
		if err := w.all["wecom"].Say(w.ids["李雷"], "", text); err != nil {
			t.Fatal(err)
		}
	}
	w.until("all three have arrived", 20*time.Second, func() bool { return w.heard() == 3 })
	w.settle()
	screen := w.screen("wecom", "李雷")
	at := 0
	for _, want := range []string{"已新建客户 上海云帆科技", "已建商机", "¥380,000 → ¥420,000"} {
		i := strings.Index(screen[at:], want)
		if i < 0 {
			t.Fatalf("%q does not come in its place:\n%s", want, screen)
		}
		at += i
	}
}
