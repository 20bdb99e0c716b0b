package dingtalk_test

import (
	"context"
	"testing"
	"time"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

// status is how the card of that instance stands on user's screen.
func (h *house) status(t *testing.T, track, user string) string {
	t.Helper()
	v, _, ok := h.Card(track, user)
	if !ok {
		t.Fatalf("no card %s", track)
	}
	return v.Data["status"]
}

func settles(m chat.Message) chat.Reply {
	return chat.Reply{Key: "s-" + m.ID, Conversation: m.Conversation, To: m.From, Group: m.Group, AnswerTo: m.AnswerTo, Quiet: true, Settles: m.Tap.Card}
}

func isTap(m chat.Message) bool { return m.Kind == chat.TapKind }

func TestAPressedCardThatGoesOnIsSettled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, withCard(replyTo("li", "看哪个？"), ask("menu")))
	if _, err := h.Tap("li", "menu", "ok", nil); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "menu", "li"); s != "处理中…" {
		t.Fatalf("pressed, the card says %q", s)
	}
	m := h.in.find(t, isTap)
	h.send(t, settles(m))
	if s := h.status(t, "menu", "li"); s != "" {
		t.Errorf("answered, the card says %q", s)
	}
	if _, buttons, _ := h.Card("menu", "li"); len(buttons) != 2 {
		t.Errorf("buttons %+v", buttons)
	}
	if n := h.calls("POST " + apiHook); n != 0 {
		t.Error("something was said")
	}
	if err := h.TapAgain("menu"); err != nil { // the platform missed the answer; the press is over since
		t.Fatal(err)
	}
	if s := h.status(t, "menu", "li"); s != "" {
		t.Errorf("after a repeated push the card says %q", s)
	}
}

func TestAWordInACardsPlaceEndsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, withCard(replyTo("li", "确认？"), ask("word")))
	if _, err := h.Tap("li", "word", "ok", nil); err != nil {
		t.Fatal(err)
	}
	r := reply(h.in.find(t, isTap), "办好了")
	r.Replaces = "word"
	h.send(t, r)
	if s := h.status(t, "word", "li"); s != "已完成" {
		t.Errorf("the card says %q", s)
	}
	if _, err := h.TapStale("li", "word", "ok", nil); err != nil { // from a screen that was late
		t.Fatal(err)
	}
	if s := h.status(t, "word", "li"); s != "已完成" {
		t.Errorf("pressed late, the card says %q", s)
	}
}

// TestAProcessThatDiedLeavesNoCardWorking: the process that heard the press is gone with all it remembered.
func TestAProcessThatDiedLeavesNoCardWorking(t *testing.T) {
	t.Parallel()
	h, cfg := newPlatform(t)
	h.start(t, cfg)
	eventually(t, "connections", func() bool { return len(h.Connections()) == 2 })
	h.send(t, withCard(replyTo("li", "确认？"), ask("crash")))
	if _, err := h.Tap("li", "crash", "ok", nil); err != nil {
		t.Fatal(err)
	}
	m := h.in.find(t, isTap)
	next, err := dingtalk.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := next.Send(t.Context(), settles(m)); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "crash", "li"); s != "" {
		t.Errorf("the card says %q", s)
	}
}

// TestAnotherProcessWaitsForTheAnswerOfATap: one process hears the press, another one answers it. A change that overtook the
// callback's answer would be covered by it.
func TestAnotherProcessWaitsForTheAnswerOfATap(t *testing.T) {
	t.Parallel()
	rdb, _ := newRedis(t)
	h, cfg := newPlatform(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.Redis = rdb })
	other, err := dingtalk.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.start(t, cfg)
	eventually(t, "connections", func() bool { return len(h.Connections()) == 2 })
	h.send(t, withCard(replyTo("li", "确认？"), ask("two")))
	sent := make(chan error, 1)
	h.in.mu.Lock()
	h.in.fail = func(chat.Message) error { // heard, and not yet acknowledged
		go func() {
			r := withCard(replyTo("li", "推进了"), done("two"))
			r.Replaces = "two"
			_, err := other.Send(context.Background(), r)
			sent <- err
		}()
		time.Sleep(300 * time.Millisecond) // the work of storing it
		return nil
	}
	h.in.mu.Unlock()
	if _, err := h.Tap("li", "two", "ok", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "two", "li"); s != "已完成" {
		t.Errorf("the card says %q", s)
	}
}
