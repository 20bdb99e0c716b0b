package dingtalk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

func TestEveryKindIsHeardOverTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rich := map[string]any{"richText": []any{map[string]any{"type": "text", "text": "看图"}, map[string]any{"type": "picture", "downloadCode": h.AddFile("a.png", []byte("png"))}}}
	record := map[string]any{"summary": `["王总:多少钱"]`, "chatRecord": `[{"senderId":"$a","msgType":"text","content":"多少钱"}]`}
	cases := []struct {
		kind    string
		content any
		want    chat.Kind
		text    string
		files   int
	}{
		{"picture", map[string]any{}, chat.Image, "", 1},
		{"audio", map[string]any{"recognition": "明天回访云帆"}, chat.Voice, "明天回访云帆", 1},
		{"video", map[string]any{}, chat.Video, "", 1},
		{"file", map[string]any{"fileName": "报价.xlsx"}, chat.File, "", 1},
		{"richText", rich, chat.Mixed, "看图", 1},
		{"chatRecord", record, chat.Record, "", 0},
		{"unknownMsgType", map[string]any{"unknownMsgType": "暂不支持"}, chat.Unsupported, "unknownMsgType", 0},
		{"interactiveCard", map[string]any{"biz_custom_action_url": "dingtalk://x"}, chat.Link, "dingtalk://x", 0},
	}
	for _, c := range cases {
		m := h.sendKind(t, "li", c.kind, c.content, dingtalktest.Say{})
		if m.Kind != c.want || m.Text != c.text || len(m.Files) != c.files || m.From != "dingtalk:li" {
			t.Errorf("%s is heard as %+v", c.kind, m)
		}
		if c.want == chat.Record && !strings.Contains(string(m.Raw), "多少钱") {
			t.Errorf("record without its lines: %s", m.Raw)
		}
	}
}

func TestQuotesAreHeardOverTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.say(t, "li", "报价是40万", dingtalktest.Say{})
	if m := h.say(t, "li", "改成38万", dingtalktest.Say{Quote: first.ID}); m.Quote == nil || m.Quote.Text != "报价是40万" || m.Quote.ID != first.ID {
		t.Errorf("quote %+v", m.Quote)
	}
	key := h.send(t, chat.Reply{Key: "1", To: "dingtalk:li", Text: "该打电话了"})
	if m := h.say(t, "li", "完成", dingtalktest.Say{Quote: string(key)}); m.Quote == nil || m.Quote.ID != string(key) {
		t.Errorf("quote of our push %+v, sent as %q", m.Quote, key)
	}
	key = h.send(t, withCard(replyTo("li", "确认？"), ask("card-q")))
	if m := h.say(t, "li", "确认", dingtalktest.Say{Quote: h.last(t, "li", "").ID}); m.Quote == nil || m.Quote.ID != string(key) || key == "" {
		t.Errorf("quote of our card %+v, sent as %q", m.Quote, key)
	}
	if err := h.Inject(dingtalktest.Fault{Kind: dingtalktest.FaultNoReplied}); err != nil {
		t.Fatal(err)
	}
	if m := h.say(t, "li", "这个", dingtalktest.Say{Quote: first.ID}); m.Quote == nil || m.Quote.ID != first.ID || m.Quote.Text != "" {
		t.Errorf("quote without its words %+v", m.Quote)
	}
}

func TestOddShapesAreHeardOverTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, kind := range []string{dingtalktest.FaultCreateAt, dingtalktest.FaultContentString, dingtalktest.FaultRichTextType} {
		if err := h.Inject(dingtalktest.Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	m := h.sendKind(t, "li", "richText", map[string]any{"richText": []any{map[string]any{"type": "text", "text": "看图"}, map[string]any{"type": "picture", "downloadCode": "d"}}}, dingtalktest.Say{})
	if m.Kind != chat.Mixed || m.Text != "看图" || time.Since(m.SentAt).Abs() > time.Hour {
		t.Errorf("heard %+v", m)
	}
	h.send(t, reply(m, "好")) // an expiry as a string is understood too
	if b := h.last(t, "li", ""); b.Via != "webhook" {
		t.Errorf("shown %+v", b)
	}
}

func TestPeopleWithoutStaffIDAreHeardAsUnknown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.SetPublished(false)
	m := h.say(t, "li", "你好", dingtalktest.Say{})
	if !strings.HasPrefix(string(m.From), "dingtalk:?") || m.Conversation != chat.ConversationID("dingtalk:p:"+strings.TrimPrefix(string(m.From), "dingtalk:")) {
		t.Fatalf("heard %+v", m)
	}
	if d := h.a.Health().Detail; !strings.Contains(d, "发布") {
		t.Errorf("health says %q", d)
	}
	h.send(t, reply(m, "请联系管理员开通")) // the webhook still reaches them
	if b := h.last(t, "li", ""); b.Text != "请联系管理员开通" {
		t.Errorf("shown %+v", b)
	}
	r := reply(m, "你好")
	r.AnswerTo = nil
	if _, err := h.a.Send(t.Context(), r); chat.FaultOf(err) != chat.Unreached {
		t.Errorf("without a webhook: %v", err)
	}
}

func TestOverQuotaMessageTellsTheAdministrator(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.SetQuotaUsedUp(true)
	if m := h.say(t, "li", "你好", dingtalktest.Say{}); m.Trouble == "" {
		t.Errorf("heard %+v", m)
	}
	if d := h.a.Health().Detail; !strings.Contains(d, "额度") {
		t.Errorf("health says %q", d)
	}
}

func TestMessageOfAnotherRobotIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.RobotCode = "another" })
	sent, err := h.Say("li", "你好", dingtalktest.Say{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "acknowledgement", func() bool {
		return len(h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindAck, ID: sent.MsgID})) == 1
	})
	if got := h.in.all(); len(got) > 0 {
		t.Errorf("heard %+v", got)
	}
	if d := h.a.Health().Detail; !strings.Contains(d, "RobotCode") {
		t.Errorf("health says %q", d)
	}
}

func TestAMessageIsAcknowledgedOnlyWhenStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var tries atomic.Int32
	h.in.mu.Lock()
	h.in.fail = func(chat.Message) error {
		if tries.Add(1) < 4 {
			return errors.New("database is away")
		}
		return nil
	}
	h.in.mu.Unlock()
	m := h.say(t, "li", "别丢", dingtalktest.Say{})
	eventually(t, "acknowledgement", func() bool {
		acks := h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindAck, ID: m.ID})
		return len(acks) == 1 && acks[0].Ack.Code == 200
	})
}

func TestAMessageThatCannotBeStoredIsPushedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *dingtalktest.Config, c *dingtalk.Config) {
		s.Repush, c.Patience = 500*time.Millisecond, 100*time.Millisecond
	})
	var broken atomic.Bool
	broken.Store(true)
	var tries atomic.Int32
	h.in.mu.Lock()
	h.in.fail = func(chat.Message) error {
		tries.Add(1)
		if broken.Load() {
			return errors.New("secret reason")
		}
		return nil
	}
	h.in.mu.Unlock()
	sent, err := h.Say("li", "别丢", dingtalktest.Say{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "tries", func() bool { return tries.Load() > 3 })
	broken.Store(false)
	h.in.byID(t, sent.MsgID)
	for _, e := range h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindAck, ID: sent.MsgID}) {
		if e.Ack.Code != 200 || strings.Contains(e.Ack.Message+e.Ack.Data, "secret") {
			t.Errorf("acknowledged with %+v", e.Ack)
		}
	}
}

func TestABurstIsHeardWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := map[string]bool{}
	for i := range 300 {
		sent, err := h.Say("li", fmt.Sprint("第", i), dingtalktest.Say{})
		if err != nil {
			t.Fatal(err)
		}
		ids[sent.MsgID] = true
	}
	eventually(t, "the burst", func() bool {
		n := 0
		for _, m := range h.in.all() {
			if ids[m.ID] {
				n++
			}
		}
		return n >= len(ids)
	})
}

func TestADuplicateHasTheSameID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, kind := range []string{dingtalktest.FaultDuplicate, dingtalktest.FaultDuplicateFrame} {
		if err := h.Inject(dingtalktest.Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		m := h.say(t, "li", kind, dingtalktest.Say{})
		eventually(t, kind, func() bool {
			n := 0
			for _, got := range h.in.all() {
				if got.ID == m.ID {
					n++
				}
			}
			return n == 2
		})
	}
}

func TestAPanicOfTheHandlerLosesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var tries atomic.Int32
	h.in.mu.Lock()
	h.in.fail = func(chat.Message) error {
		if tries.Add(1) == 1 {
			panic("mistake")
		}
		return nil
	}
	h.in.mu.Unlock()
	h.say(t, "li", "别丢", dingtalktest.Say{})
}

func TestEventsAreStoredAndHintADirectorySync(t *testing.T) {
	t.Parallel()
	var hints atomic.Int32
	var tries atomic.Int32
	got := make(chan dingtalk.Event, 10)
	h := newHouse(t, func(s *dingtalktest.Config, c *dingtalk.Config) {
		s.EventRepush = 200 * time.Millisecond
		c.OnDirectoryChange = func() { hints.Add(1) }
		c.OnEvent = func(_ context.Context, e dingtalk.Event) error {
			if tries.Add(1) == 1 {
				return errors.New("database is away")
			}
			got <- e
			return nil
		}
	})
	id, err := h.Event("user_leave_org", map[string]any{"userId": []string{"han"}})
	if err != nil {
		t.Fatal(err)
	}
	e := <-got // the second push, after LATER
	if e.ID != id || e.Type != "user_leave_org" || !strings.Contains(string(e.Data), "han") || e.At.IsZero() {
		t.Errorf("event %+v", e)
	}
	eventually(t, "hint", func() bool { return hints.Load() == 1 })
	if _, err := h.Event("bpms_task_change", map[string]any{"taskId": 1}); err != nil {
		t.Fatal(err)
	}
	if e := <-got; e.Type != "bpms_task_change" {
		t.Errorf("event %+v", e)
	}
	if hints.Load() != 1 {
		t.Error("an approval is no change of the directory")
	}
}
