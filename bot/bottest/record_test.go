package bottest

import (
	"strings"
	"testing"
	"time"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// heardNext waits until one more message has come and everything is answered.
func (w *world) heardNext(what string, send func() error) {
	w.t.Helper()
	before := w.heard()
	if err := send(); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
	w.until("the platform has delivered: "+what, 20*time.Second, func() bool { return w.heard() > before })
	w.settle()
}

// TestARecordThatCannotBeFetched: a file that has expired or is too large is told in one sentence, and the conversation
// goes on.
func TestARecordThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"wecom", "dingtalk"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, defaultStart, platform)
			user := w.ids["李雷"]
			if platform == "dingtalk" { // WeCom's simulator sends no file that is not there
				w.heardNext("a dead file", func() error {
					_, err := w.simDingTalk.Send(user, "file", map[string]any{"fileName": "gone.txt", "downloadCode": "no-such-code"}, dingtalktest.Say{})
					return err
				})
				w.shows(platform, "李雷", "这个文件我没取到")
			}
			w.heardNext("a large file", func() (err error) {
				large := []byte(strings.Repeat("王强 2026-11-17 15:02\n你好\n", 400_000))
				if platform == "wecom" {
					_, err = w.simWeCom.SendFile(user, "large.txt", large, wecomtest.Options{})
				} else {
					_, err = w.simDingTalk.Send(user, "file", map[string]any{"fileName": "large.txt", "downloadCode": w.simDingTalk.AddFile("large.txt", large)}, dingtalktest.Say{})
				}
				return err
			})
			w.shows(platform, "李雷", "这个文件太大了（最多 10 MB）")
			w.say(platform, "李雷", "新客户 上海云帆科技")
			w.shows(platform, "李雷", "已新建客户 上海云帆科技")
		})
	}
}

// TestAQuotedRecord: what a colleague has pasted into the group is recorded by quoting it; in DingTalk's groups a quoted
// forward is a summary, and the card says so.
func TestAQuotedRecord(t *testing.T) {
	t.Parallel()
	const pasted = "王强 2026-11-17 15:02\n打标机要两台，预算38万\n李雷 2026-11-17 15:03\n我周五上午10点发报价单"
	for _, platform := range []string{"wecom", "dingtalk"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, defaultStart, platform)
			w.say(platform, "李雷", "新客户 上海云帆科技,王强 13812345678")
			user := w.ids["李雷"]
			var first string
			w.heardNext("the pasted text", func() error { // its own draft, dropped
				if platform == "wecom" {
					r, err := w.simWeCom.Say(user, pasted, wecomtest.Options{})
					first = r.Bubble
					return err
				}
				r, err := w.simDingTalk.Say(user, pasted, dingtalktest.Say{})
				first = r.MsgID
				return err
			})
			w.say(platform, "李雷", "不要")
			w.heardNext("the quote", func() (err error) {
				if platform == "wecom" {
					_, err = w.simWeCom.Say(user, "这是云帆的，记一下", wecomtest.Options{Reply: first})
				} else {
					_, err = w.simDingTalk.Say(user, "这是云帆的，记一下", dingtalktest.Say{Quote: first})
				}
				return err
			})
			w.say(platform, "李雷", "确认")
			w.shows(platform, "李雷", "已记下 上海云帆科技的聊天记录")
			w.say(platform, "李雷", "看聊天记录")
			w.shows(platform, "李雷", "打标机要两台，预算38万")
		})
	}
}

// TestAForwardQuotedInAGroup: DingTalk hands a robot in a group only the summary of a forwarded record, by quoting it; the
// card says that it is one.
func TestAForwardQuotedInAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, defaultStart, "dingtalk")
	w.say("dingtalk", "李雷", "新客户 上海云帆科技,王强 13812345678")
	user := w.ids["李雷"]
	sent, err := w.simDingTalk.Send(user, "chatRecord", map[string]any{"title": "王强与李雷的聊天记录", "summary": "王强:打标机两台多少钱\n李雷:38万含税"}, dingtalktest.Say{Group: w.group})
	if err != nil {
		t.Fatal(err)
	}
	w.heardNext("the quote", func() error {
		_, err := w.simDingTalk.Say(user, "云帆的，记一下", dingtalktest.Say{Group: w.group, At: []string{dingtalktest.Robot}, Quote: sent.MsgID})
		return err
	})
	shown := strings.Join(w.look("李雷"), "\n")
	for _, want := range []string{"上海云帆科技", "钉钉群里只能拿到摘要（2 条）", "[全部确认]"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the group does not see %q but\n%s", want, shown)
		}
	}
}
