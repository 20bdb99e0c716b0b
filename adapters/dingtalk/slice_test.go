package dingtalk_test

import (
	"strings"
	"testing"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

func TestTextIsHeardAndAnsweredByWebhook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{})
	if m.Kind != chat.Text || m.Text != "云帆推进到报价" || m.From != "dingtalk:li" || m.Conversation != "dingtalk:p:li" || m.Group || m.FromName != "李雷" {
		t.Fatalf("heard %+v", m)
	}
	h.send(t, reply(m, "云帆 → 方案报价"))
	b := h.last(t, "li", "")
	if b.Text != "云帆 → 方案报价" || b.Via != "webhook" {
		t.Fatalf("shown %+v", b)
	}
	for _, e := range h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindAck, ID: m.ID}) {
		if e.Ack.Code != 200 || e.Ack.Data != `{"response":null}` {
			t.Fatalf("acknowledged with %+v", e.Ack)
		}
	}
}

func TestGroupTextIsHeardWithoutTheRobotsNameAndAnswerMentionsTheAsker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "@跟单 云帆转给@韩梅梅 ", dingtalktest.Say{Group: h.group, At: []string{"robot", "han"}})
	if !m.Group || m.Conversation != chat.ConversationID("dingtalk:g:"+h.group) || !strings.HasPrefix(m.Text, "云帆转给") {
		t.Fatalf("heard %+v", m)
	}
	if len(m.Mentions) != 1 || m.Mentions[0] != "dingtalk:han" {
		t.Fatalf("mentions %v", m.Mentions)
	}
	for _, md := range []string{"", "**好的**"} {
		r := reply(m, "好的")
		r.Markdown = md
		h.send(t, r)
		if b := h.last(t, "han", h.group); b.Via != "webhook" || len(b.AtUsers) != 1 || b.AtUsers[0] != "li" {
			t.Fatalf("shown %+v", b)
		}
	}
}

func TestPushToPersonAndGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.send(t, chat.Reply{Key: "1", To: "dingtalk:li", Text: "该打电话了"})
	if b := h.last(t, "li", ""); b.Via != "openapi" || b.Text != "该打电话了" || string(id) != b.Key || id == "" {
		t.Fatalf("shown %+v, id %q", b, id)
	}
	h.send(t, chat.Reply{Key: "2", Conversation: chat.ConversationID("dingtalk:g:" + h.group), Group: true, Text: "日报", Markdown: "# 日报"})
	if b := h.last(t, "han", h.group); b.Via != "openapi" || b.MsgType != "markdown" || b.Text != "# 日报" {
		t.Fatalf("shown %+v", b)
	}
}
