package aibot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/adapters/wecom/wecomtest"
)

// connect runs a client against a simulated platform.
func connect(t *testing.T) (*wecomtest.Server, *aibot.Client, <-chan aibot.Callback) {
	t.Helper()
	s := wecomtest.New(wecomtest.Config{})
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	heard := make(chan aibot.Callback, 10)
	cfg := s.Config()
	c := aibot.New(aibot.Config{URL: s.WSURL(), BotID: cfg.BotID, Secret: cfg.BotSecret, Hear: func(cb aibot.Callback) { heard <- cb }, BackoffMin: 10 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		s.Close()
	})
	deadline := time.Now().Add(10 * time.Second)
	for !c.Status().Connected {
		if time.Now().After(deadline) {
			t.Fatal("never connected")
		}
		time.Sleep(2 * time.Millisecond)
	}
	return s, c, heard
}

func TestStreamGrowsAndEnds(t *testing.T) {
	t.Parallel()
	s, c, heard := connect(t)
	last := func() wecomtest.Bubble {
		view := s.View("lilei")
		return view[len(view)-1]
	}
	if _, err := s.Say("lilei", "本月业绩", wecomtest.Options{}); err != nil {
		t.Fatal(err)
	}
	cb := <-heard
	ctx := context.Background()
	st := c.Stream(cb.ReqID, "s1")
	for _, text := range []string{"正在统计", "正在统计……"} {
		if err := st.Update(ctx, text); err != nil {
			t.Fatal(err)
		}
		if b := last(); b.Text != text || !b.Writing {
			t.Errorf("lilei sees %+v", b)
		}
	}
	if err := st.Finish(ctx, "本月成交 2 单。", nil); err != nil {
		t.Fatal(err)
	}
	if b := last(); b.Text != "本月成交 2 单。" || b.Writing {
		t.Errorf("lilei sees %+v", b)
	}
	if err := c.Stream(cb.ReqID, "s1").Finish(ctx, "再来", nil); !errors.Is(err, aibot.ErrWindow) {
		t.Errorf("a finished stream: %v", err)
	}
}

func TestWindowsOfThePlatform(t *testing.T) {
	t.Parallel()
	s, c, heard := connect(t)
	ctx := context.Background()
	if _, err := s.Say("lilei", "你好", wecomtest.Options{}); err != nil {
		t.Fatal(err)
	}
	message := <-heard
	s.AdvanceClock(7 * time.Minute)
	if err := c.Respond(ctx, message.ReqID, aibot.StreamBody("s", "x", true, nil)); !errors.Is(err, aibot.ErrWindow) {
		t.Errorf("after 7 minutes: %v", err)
	}
	if err := c.Push(ctx, "lilei", aibot.Single, aibot.Markdown("x")); err != nil {
		t.Errorf("push instead: %v", err)
	}
	if _, err := s.Enter("lilei", wecomtest.DoorBot); err != nil {
		t.Fatal(err)
	}
	enter := <-heard
	if err := c.Respond(ctx, enter.ReqID, aibot.StreamBody("s", "x", true, nil)); !errors.Is(err, aibot.ErrReqID) {
		t.Errorf("an event answered as a message: %v", err)
	}
	if err := c.Welcome(ctx, enter.ReqID, aibot.PlainText("你好")); err != nil {
		t.Errorf("welcome: %v", err)
	}
	var e *aibot.Error
	if err := c.Respond(ctx, message.ReqID, aibot.PlainText("x")); !errors.As(err, &e) || e.Code != 40008 {
		t.Errorf("text as an answer: %v", err)
	}
	// The refusal of a missing field comes without a req_id.
	if err := c.Push(ctx, "lilei", aibot.Single, aibot.MediaBody("image", "")); !errors.As(err, &e) || e.Code != 40058 {
		t.Errorf("a missing field: %v", err)
	}
}
