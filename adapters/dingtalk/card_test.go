package dingtalk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

const apiCard = "/v1.0/card/instances/createAndDeliver"

func ask(id string) *chat.Card {
	return &chat.Card{ID: id, Title: "确认推进商机？", Body: "云帆科技", State: chat.Pending,
		Fields:  []chat.Field{{Name: "阶段", Old: "初步接洽", Value: "方案报价", Evidence: "云帆推进到报价"}},
		Buttons: []chat.Button{{Key: "ok", Text: "确认", Style: "primary", Command: "确认 7F3K"}, {Key: "no", Text: "取消", Command: "取消 7F3K"}}}
}

func done(id string) *chat.Card {
	return &chat.Card{ID: id, Title: "已推进", Body: "云帆科技 → 方案报价", State: chat.Done, Note: "李雷 10:00 确认"}
}

func withCard(r chat.Reply, c *chat.Card) chat.Reply {
	r.Card = c
	return r
}

func inGroup(h *house) chat.ConversationID { return chat.ConversationID("dingtalk:g:" + h.group) }

func TestACardIsTappedAnsweredAndChangedInPlace(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{"1:1", "group"} {
		t.Run(inside, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			group := ""
			if inside == "group" {
				group = h.group
			}
			m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{Group: group, At: []string{"robot"}})
			id := h.send(t, withCard(reply(m, "回复「确认 7F3K」推进"), ask("card-1")))
			b := h.last(t, "li", group)
			if b.Card == nil || len(b.Buttons) != 2 || b.Key != string(id) || id == "" || !strings.Contains(b.Text, "方案报价") {
				t.Fatalf("shown %+v, id %q", b, id)
			}
			tap, err := h.Tap("li", "card-1", "ok", nil)
			if err != nil || !tap.Answered || !strings.Contains(string(tap.Response), "处理中") {
				t.Fatalf("tap %+v, %v", tap, err)
			}
			got := h.in.find(t, func(m chat.Message) bool { return m.Kind == chat.TapKind })
			if got.From != "dingtalk:li" || got.Tap.Card != "card-1" || got.Tap.Button != "ok" || got.Conversation != m.Conversation || got.Group != m.Group || got.ID == "" {
				t.Fatalf("heard %+v, %+v", got, got.Tap)
			}
			r := withCard(reply(got, "云帆 → 方案报价"), done("card-1"))
			r.Replaces = "card-1"
			h.send(t, r)
			b = h.last(t, "li", group)
			if len(b.Buttons) != 0 || b.Card.Data["status"] != "已完成" || b.Card.Data["state"] != "done" || b.Card.Data["note"] != "李雷 10:00 确认" {
				t.Fatalf("shown %+v %+v", b, b.Card)
			}
			if n := h.calls("POST " + apiHook); n != 0 {
				t.Error("said in words as well")
			}
		})
	}
}

func TestOnlyTheAskerSeesButtonsInAGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{Group: h.group, At: []string{"robot"}})
	h.send(t, withCard(reply(m, "确认？"), ask("card-2")))
	if b := h.last(t, "han", h.group); b.Card == nil || len(b.Buttons) != 0 {
		t.Errorf("a stranger sees %+v", b.Buttons)
	}
	if _, err := h.Tap("han", "card-2", "ok", nil); !errors.Is(err, dingtalktest.ErrNoButton) {
		t.Error(err)
	}
	tap, err := h.TapStale("han", "card-2", "ok", nil)
	if err != nil || !tap.Answered || strings.Contains(string(tap.Response), "处理中") {
		t.Errorf("tap of a stranger %+v, %v", tap, err)
	}
	got := h.in.find(t, func(m chat.Message) bool { return m.Kind == chat.TapKind })
	if got.From != "dingtalk:han" || got.Conversation != inGroup(h) || !got.Group {
		t.Errorf("heard %+v", got)
	}
}

func TestACardIsSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiCard, Status: 504, After: true})
	r := withCard(replyTo("li", "确认？"), ask("card-3"))
	if e := h.refused(t, r); e.Fault != chat.Retry {
		t.Fatalf("%+v", e)
	}
	h.send(t, r)
	h.send(t, r)
	if bubbles, err := h.Bubbles("li", ""); err != nil || len(bubbles) != 1 {
		t.Errorf("%d messages, %v", len(bubbles), err)
	}
}

func TestACardThatCannotBeShownIsSaid(t *testing.T) {
	t.Parallel()
	long := ask("card-long")
	long.Body = strings.Repeat("云", 1200)
	cases := []struct {
		name  string
		fault dingtalktest.Fault
		card  *chat.Card
		tells string
	}{
		{"delivery failed", dingtalktest.Fault{Kind: dingtalktest.FaultDeliver}, ask("card-a"), ""},
		{"template gone", dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiCard, Status: 400, Code: "param.templateNotExist"}, ask("card-b"), "模板"},
		{"content refused", dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiCard, Status: 400, Code: "param.contentUnsafe"}, ask("card-c"), "审核"},
		{"too long", dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: "/none"}, long, ""},
	}
	h := newHouse(t)
	m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{})
	for _, c := range cases {
		h.inject(t, c.fault)
		h.send(t, withCard(reply(m, "推进到方案报价？回复「确认 7F3K」"), c.card))
		b := h.last(t, "li", "")
		if b.MsgType != "markdown" || b.Via != "webhook" || len(b.Links) != 2 || b.Links[0].Sends != "确认 7F3K" {
			t.Errorf("%s: shown %+v", c.name, b)
		}
		if !strings.Contains(h.a.Health().Detail, c.tells) {
			t.Errorf("%s: health says %q", c.name, h.a.Health().Detail)
		}
		h.ClearFaults()
	}
}

func TestAnUndeliveredCardIsSaidOnALaterTryToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultDeliver}, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiPeople, Status: 503})
	r := withCard(replyTo("li", "推进？回复「确认 7F3K」"), ask("card-u"))
	if _, err := h.a.Send(t.Context(), r); err == nil {
		t.Fatal("the words were to fail")
	}
	h.send(t, r)
	if b := h.last(t, "li", ""); b.MsgType != "markdown" || len(b.Links) != 2 {
		t.Errorf("shown %+v", b)
	}
}

func TestLinksWorkWithoutATemplate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.CardTemplateID = "" })
	for _, group := range []string{"", h.group} {
		m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{Group: group, At: []string{"robot"}})
		h.send(t, withCard(reply(m, "推进？回复「确认 7F3K」"), ask("card-4"+m.ID)))
		b := h.last(t, "li", group)
		sent, err := h.Dtmd("li", group, b.ID, "确认")
		if err != nil {
			t.Fatal(err)
		}
		if got := h.in.byID(t, sent.MsgID); got.Text != "确认 7F3K" || got.From != "dingtalk:li" || got.Conversation != m.Conversation {
			t.Errorf("heard %+v", got)
		}
	}
	if h.a.Limits().CardUpdate {
		t.Error("words cannot be changed")
	}
	quiet := withCard(replyTo("li", "过期了"), done("card-5"))
	quiet.Replaces, quiet.Quiet = "card-5", true
	before := h.Last()
	h.send(t, quiet)
	if shown := h.Journal(before, dingtalktest.Filter{Kind: dingtalktest.KindShown}); len(shown) > 0 {
		t.Errorf("shown %+v", shown)
	}
}

func TestAGroupWithoutTheRobotsNameGetsNoLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.CardTemplateID, c.RobotName = "", "" })
	m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{Group: h.group, At: []string{"robot"}})
	h.send(t, withCard(reply(m, "推进？回复「@我 确认 7F3K」"), ask("card-6")))
	if b := h.last(t, "li", h.group); b.MsgType != "text" || len(b.Links) != 0 {
		t.Errorf("shown %+v", b)
	}
}

func TestReplacingWhatWasNeverACard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "撤销", dingtalktest.Say{})
	r := withCard(reply(m, "已撤销"), done("card-new"))
	r.Replaces = "card-never"
	h.send(t, r)
	if b := h.last(t, "li", ""); b.Card == nil || b.Card.OutTrackID != "card-new" {
		t.Errorf("shown %+v", b)
	}
	r.Quiet, r.Card = true, done("card-quiet")
	before := h.Last()
	h.send(t, r)
	if shown := h.Journal(before, dingtalktest.Filter{Kind: dingtalktest.KindShown}); len(shown) > 0 {
		t.Errorf("shown %+v", shown)
	}
}

func TestACardTakesThePlaceOfAnotherAndIsTappedUnderItsOwnName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "改期", dingtalktest.Say{Group: h.group, At: []string{"robot"}})
	h.send(t, withCard(reply(m, "确认？"), ask("card-x")))
	second := ask("card-y")
	second.Buttons = []chat.Button{{Key: "10", Text: "明天10点", Command: "改期 明天10点"}}
	r := withCard(reply(m, "改到几点？"), second)
	r.Replaces = "card-x"
	h.send(t, r)
	if b := h.last(t, "li", h.group); len(b.Buttons) != 1 || b.Card.OutTrackID != "card-x" {
		t.Fatalf("shown %+v", b)
	}
	if b := h.last(t, "han", h.group); len(b.Buttons) != 0 {
		t.Errorf("a stranger sees %+v", b.Buttons)
	}
	if _, err := h.Tap("li", "card-x", "10", nil); err != nil {
		t.Fatal(err)
	}
	got := h.in.find(t, func(m chat.Message) bool { return m.Kind == chat.TapKind })
	if got.Tap.Card != "card-y" || got.Tap.Button != "10" || got.Conversation != inGroup(h) {
		t.Errorf("heard %+v", got.Tap)
	}
	last := withCard(reply(m, "改好了"), done("card-z"))
	last.Replaces = "card-y"
	h.send(t, last)
	if b := h.last(t, "li", h.group); len(b.Buttons) != 0 || b.Card.OutTrackID != "card-x" || b.Card.Data["card"] != "card-z" {
		t.Errorf("shown %+v", b)
	}
}

func TestATextTakesThePlaceOfACard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "云帆推进到报价", dingtalktest.Say{})
	h.send(t, withCard(reply(m, "确认？"), ask("card-t")))
	r := reply(m, "好，不推进了。")
	r.Replaces = "card-t"
	h.send(t, r)
	b := h.last(t, "li", "")
	if b.Card == nil || len(b.Buttons) != 0 || !strings.Contains(b.Text, "不推进") || b.Card.Data["title"] != "确认推进商机？" {
		t.Errorf("shown %+v %+v", b, b.Card)
	}
}

func TestATapThatCannotBeStoredFailsVisibly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, withCard(replyTo("li", "确认？"), ask("card-f")))
	h.in.mu.Lock()
	h.in.fail = func(chat.Message) error { return errors.New("secret reason") }
	h.in.mu.Unlock()
	tap, err := h.Tap("li", "card-f", "ok", nil)
	if err != nil || tap.Answered || tap.Code == 200 {
		t.Errorf("tap %+v, %v", tap, err)
	}
	for _, e := range h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindAck, ID: "card-f"}) {
		if strings.Contains(e.Ack.Message, "secret") {
			t.Errorf("leaked %q", e.Ack.Message)
		}
	}
}

func TestAChangeWaitsForTheAnswerOfATap(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, withCard(replyTo("li", "确认？"), ask("card-w")))
	hold := make(chan struct{})
	h.in.mu.Lock()
	h.in.fail = func(chat.Message) error { <-hold; return nil }
	h.in.mu.Unlock()
	tapped := make(chan dingtalktest.TapResult, 1)
	go func() {
		r, _ := h.Tap("li", "card-w", "ok", nil)
		tapped <- r
	}()
	if _, err := h.Next(t.Context(), 0, dingtalktest.Filter{Kind: dingtalktest.KindPush, ID: "card-w"}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // the frame is on its way to the handler
	changed := make(chan error, 1)
	go func() {
		r := withCard(replyTo("li", "好了"), done("card-w"))
		r.Replaces = "card-w"
		_, err := h.a.Send(t.Context(), r)
		changed <- err
	}()
	time.Sleep(100 * time.Millisecond)
	close(hold)
	if r := <-tapped; !r.Answered {
		t.Errorf("tap %+v", r)
	}
	if err := <-changed; err != nil {
		t.Error(err)
	}
	if b := h.last(t, "li", ""); b.Card.Data["status"] != "已完成" {
		t.Errorf("shown %+v", b.Card)
	} // an early change would be a violation, which the end of the test reports
}
