package wecomtest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gendan/adapters/wecom/wecomtest"
)

func TestTraceOfTheLongConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()

	heard := w.said(b, "lilei", "今天见了云帆")
	var body struct {
		MsgID, ChatType, MsgType string
		From                     struct{ UserID string }
		Text                     struct{ Content string }
	}
	if err := json.Unmarshal(heard.Body, &body); err != nil {
		t.Fatal(err)
	}
	if heard.Cmd != "aibot_msg_callback" || body.ChatType != "single" || body.MsgType != "text" || body.From.UserID != "lilei" || body.Text.Content != "今天见了云帆" {
		t.Fatalf("callback %+v %s", heard, heard.Body)
	}
	if got := b.stream(heard.Headers.ReqID, "s1", "正在记录…", false); got.Errcode != 0 || got.Headers.ReqID != heard.Headers.ReqID {
		t.Fatalf("stream: %+v", got)
	}
	if got := w.last("lilei"); !got.Writing || got.Text != "正在记录…" {
		t.Fatalf("lilei sees %+v", got)
	}
	if got := b.ask("aibot_respond_msg", heard.Headers.ReqID, map[string]any{"msgtype": "stream_with_template_card",
		"stream": map[string]any{"id": "s1", "finish": true, "content": "已记录跟进"}, "template_card": buttonCard("t-42")}); got.Errcode != 0 {
		t.Fatalf("card: %+v", got)
	}
	if got := w.last("lilei"); got.Writing || got.Text != "已记录跟进" || got.Card == nil || got.Card.Buttons[0].Text != "撤销" {
		t.Fatalf("lilei sees %+v", got)
	}

	if _, err := w.Tap("lilei", "t-42", "undo:42"); err != nil {
		t.Fatal(err)
	}
	tap := b.read()
	if tap.Cmd != "aibot_event_callback" || !strings.Contains(string(tap.Body), `"template_card_event":{`) || !strings.Contains(string(tap.Body), `"event_key":"undo:42"`) {
		t.Fatalf("tap: %+v %s", tap, tap.Body)
	}
	update := map[string]any{"response_type": "update_template_card", "template_card": noticeCard("t-42")}
	if got := b.ask("aibot_respond_update_msg", tap.Headers.ReqID, update); got.Errcode != 0 {
		t.Fatalf("update: %+v", got)
	}
	if got := w.last("lilei"); got.Card.MainTitle.Title != "已撤销" {
		t.Fatalf("lilei sees %+v", got.Card)
	}
	if _, err := w.Tap("lilei", "t-42", "undo:42"); err == nil {
		t.Error("a button that is gone can be tapped")
	}

	push := map[string]any{"chatid": "lilei", "chat_type": 1, "msgtype": "markdown", "markdown": text("**该打电话了**")}
	if got := b.ask("aibot_send_msg", "", push); got.Errcode != 0 {
		t.Fatalf("push: %+v", got)
	}
	if got := w.last("lilei"); got.Kind != "markdown" || got.Text != "**该打电话了**" {
		t.Fatalf("lilei sees %+v", got)
	}
	if got := b.ask("ping", "", nil); got.Errcode != 0 || got.Headers.ReqID == "" {
		t.Fatalf("ping: %+v", got)
	}
}
