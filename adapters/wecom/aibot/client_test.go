package aibot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestSubscribeAnswerAndPush(t *testing.T) {
	t.Parallel()
	s := newScript(t, ok)
	heard := make(chan Callback, 1)
	c := run(t, s, Config{Hear: func(cb Callback) { heard <- cb }})
	connected(t, c)
	sub := s.frames(cmdSubscribe)
	if len(sub) != 1 || string(sub[0].Body) != `{"bot_id":"aib1","secret":"secret"}` {
		t.Fatalf("subscribe: %+v", sub)
	}

	s.push(`{"cmd":"aibot_msg_callback","headers":{"req_id":"R1"},"body":{"msgid":"m1","chattype":"single","from":{"userid":"zhangsan"},"msgtype":"text","text":{"content":"今天见了云帆"}}}`)
	cb := <-heard
	if cb.ReqID != "R1" || cb.Session != c.Session() || cb.Message.Text.Content != "今天见了云帆" {
		t.Fatalf("callback: %+v", cb)
	}
	ctx := context.Background()
	if err := c.Respond(ctx, cb.ReqID, StreamBody("s1", "a<b & c>d", true, map[string]string{"card_type": "text_notice"})); err != nil {
		t.Fatal(err)
	}
	if err := c.Push(ctx, "zhangsan", Single, Markdown("提醒")); err != nil {
		t.Fatal(err)
	}
	if got := string(s.frames(cmdRespond)[0].Body); got != `{"msgtype":"stream_with_template_card","stream":{"content":"a<b & c>d","finish":true,"id":"s1"},"template_card":{"card_type":"text_notice"}}` {
		t.Errorf("respond: %s", got)
	}
	if got := string(s.frames(cmdPush)[0].Body); got != `{"chat_type":1,"chatid":"zhangsan","markdown":{"content":"提醒"},"msgtype":"markdown"}` {
		t.Errorf("push: %s", got)
	}
}

func TestErrorsAreTyped(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *peer, f frame) {
		code := map[string]int{"event": 846605, "late": 846608}[f.Headers.ReqID]
		_ = c.WriteJSON(map[string]any{"headers": f.Headers, "errcode": code, "errmsg": "x"})
	})
	c := run(t, s, Config{})
	connected(t, c)
	err := c.Respond(context.Background(), "event", StreamBody("s", "x", true, nil))
	var e *Error
	if !errors.Is(err, ErrReqID) || errors.Is(err, ErrWindow) || !errors.As(err, &e) || e.Cmd != cmdRespond {
		t.Errorf("846605: %v", err)
	}
	if err := c.Respond(context.Background(), "late", StreamBody("s", "x", true, nil)); !errors.Is(err, ErrWindow) {
		t.Errorf("846608: %v", err)
	}
}

func TestRefusalWithoutReqIDBelongsToTheOnlyRequest(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	s := newScript(t, func(c *peer, f frame) {
		switch f.Cmd {
		case cmdPush:
			if strings.Contains(string(f.Body), "zhangsan") {
				_ = c.WriteMessage(websocket.TextMessage, []byte(`{"headers":{},"errcode":40058,"errmsg":"missing field"}`))
			} else {
				close(hold) // never acknowledged
			}
		default:
			ok(c, f)
		}
	})
	c := run(t, s, Config{AckWithin: 300 * time.Millisecond})
	connected(t, c)
	var e *Error
	if err := c.Push(context.Background(), "zhangsan", Single, Markdown("x")); !errors.As(err, &e) || e.Code != 40058 {
		t.Fatalf("alone: %v", err)
	}
	other := make(chan error, 1)
	go func() { other <- c.Push(context.Background(), "lisi", Single, Markdown("x")) }()
	<-hold
	if err := c.Push(context.Background(), "zhangsan", Single, Markdown("x")); !errors.Is(err, ErrNoAck) {
		t.Errorf("one of two: %v, want a time-out", err)
	}
	if err := <-other; !errors.Is(err, ErrNoAck) {
		t.Errorf("the other of two: %v, want a time-out", err)
	}
}

func TestRefusalsWithoutReqIDBelongToAllThatWait(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var taken []frame
	s := newScript(t, func(c *peer, f frame) {
		if f.Cmd != cmdPush {
			ok(c, f)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if taken = append(taken, f); len(taken) < 3 {
			return
		}
		const no = `{"headers":{},"errcode":40058,"errmsg":"sent before"}`
		_ = c.WriteMessage(websocket.TextMessage, []byte(no))
		for _, f := range taken {
			if strings.Contains(string(f.Body), "fine") {
				ok(c, f)
			}
		}
		_ = c.WriteMessage(websocket.TextMessage, []byte(no))
	})
	c := run(t, s, Config{AckWithin: 10 * time.Second})
	connected(t, c)
	began := time.Now()
	var pushes sync.WaitGroup
	for _, who := range []string{"again1", "fine", "again2"} {
		pushes.Go(func() {
			err := c.Push(context.Background(), who, Single, Markdown("x"))
			var e *Error
			if refused := errors.As(err, &e) && e.Code == 40058; refused != strings.HasPrefix(who, "again") || !refused && err != nil {
				t.Errorf("%s: %v", who, err)
			}
		})
	}
	pushes.Wait()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the refused waited %s", took)
	}
}

func TestStreamKeepsTheNewestState(t *testing.T) {
	t.Parallel()
	first, letGo := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s := newScript(t, func(c *peer, f frame) {
		if f.Cmd == cmdRespond {
			once.Do(func() { close(first); <-letGo })
		}
		ok(c, f)
	})
	c := run(t, s, Config{})
	connected(t, c)
	st := c.Stream("R1", "s1")
	done := make(chan error, 1)
	go func() { done <- st.Update(context.Background(), "1") }()
	<-first
	for _, text := range []string{"2", "3", "4"} {
		if err := st.Update(context.Background(), text); err != nil {
			t.Fatal(err)
		}
	}
	close(letGo)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := st.Finish(context.Background(), "5", nil); err != nil {
		t.Fatal(err)
	}
	if err := st.Update(context.Background(), "6"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.frames(cmdRespond) {
		var b struct {
			Stream struct {
				Content string
				Finish  bool
			}
		}
		if err := json.Unmarshal(f.Body, &b); err != nil {
			t.Fatal(err)
		}
		if b.Stream.Finish != (b.Stream.Content == "5") {
			t.Errorf("finish at %q", b.Stream.Content)
		}
		got = append(got, b.Stream.Content)
	}
	if strings.Join(got, "") != "145" {
		t.Errorf("states shown: %v, want 1 4 5", got)
	}
}

func TestOneFramePerReqID(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	under, most := map[string]int{}, 0
	s := newScript(t, func(c *peer, f frame) {
		if f.Cmd == cmdRespond {
			mu.Lock()
			if under[f.Headers.ReqID]++; under[f.Headers.ReqID] > most {
				most = under[f.Headers.ReqID]
			}
			under[f.Headers.ReqID]--
			mu.Unlock()
		}
		ok(c, f)
	})
	c := run(t, s, Config{})
	connected(t, c)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := c.Respond(context.Background(), "R1", StreamBody("s", "x", false, nil)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.frames(cmdRespond)); n != 20 || most != 1 {
		t.Errorf("%d frames, %d at once", n, most)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lanes) != 0 {
		t.Errorf("%d lanes left", len(c.lanes))
	}
}

func TestDeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *peer, f frame) {
		if f.Cmd != cmdPing {
			ok(c, f)
		}
	})
	c := run(t, s, Config{PingEvery: 30 * time.Millisecond, AckWithin: 20 * time.Millisecond})
	connected(t, c)
	until(t, "a second subscription", func() bool { return len(s.frames(cmdSubscribe)) >= 2 })
	if n := len(s.frames(cmdPing)); n < 2 {
		t.Errorf("given up after %d pings", n)
	}
}

func TestPingsKeepAConnection(t *testing.T) {
	t.Parallel()
	s := newScript(t, ok)
	c := run(t, s, Config{PingEvery: 10 * time.Millisecond})
	connected(t, c)
	until(t, "five pings", func() bool { return len(s.frames(cmdPing)) >= 5 })
	if n := len(s.frames(cmdSubscribe)); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestLostConnectionIsReplacedAndWaitersLetGo(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *peer, f frame) {
		if f.Cmd == cmdPush {
			c.Close()
			return
		}
		ok(c, f)
	})
	c := run(t, s, Config{})
	connected(t, c)
	was := c.Session()
	if err := c.Push(context.Background(), "zhangsan", Single, Markdown("x")); !errors.Is(err, ErrNoAck) {
		t.Errorf("cut while waiting: %v", err)
	}
	until(t, "another session", func() bool { s := c.Session(); return s != "" && s != was })
}

func TestKickedClientStays(t *testing.T) {
	t.Parallel()
	s := newScript(t, ok)
	c := New(Config{URL: s.url, BotID: "aib1", Secret: "x", BackoffMin: time.Millisecond})
	done := make(chan error, 1)
	go func() { done <- c.Run(context.Background()) }()
	connected(t, c)
	s.push(`{"cmd":"aibot_event_callback","headers":{"req_id":"E1"},"body":{"msgtype":"event","event":{"eventtype":"disconnected_event"}}}`)
	if err := <-done; !errors.Is(err, ErrKicked) {
		t.Fatalf("Run = %v", err)
	}
	if st := c.Status(); st.Connected || !errors.Is(st.Err, ErrKicked) {
		t.Errorf("status: %+v", st)
	}
	if err := c.Push(context.Background(), "zhangsan", Single, Markdown("x")); !errors.Is(err, ErrOffline) {
		t.Errorf("push: %v", err)
	}
	if n := len(s.frames(cmdSubscribe)); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestRefusedSubscriptionIsRetried(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tries := 0
	s := newScript(t, func(c *peer, f frame) {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries < 3 {
			_ = c.WriteJSON(map[string]any{"headers": f.Headers, "errcode": 40001, "errmsg": "bad secret"})
			return
		}
		ok(c, f)
	})
	c := run(t, s, Config{})
	until(t, "the refusal in the status", func() bool {
		var e *Error
		st := c.Status()
		return errors.As(st.Err, &e) && e.Code == 40001 && st.Attempts > 0 || st.Connected
	})
	connected(t, c)
}

func TestUploadInChunks(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *peer, f frame) {
		body := map[string]any{}
		switch f.Cmd {
		case cmdUploadInit:
			body["upload_id"] = "u1"
		case cmdUploadFinish:
			body["media_id"] = "media-1"
		}
		_ = c.WriteJSON(map[string]any{"headers": f.Headers, "errcode": 0, "errmsg": "ok", "body": body})
	})
	c := run(t, s, Config{})
	connected(t, c)
	id, err := c.Upload(context.Background(), "file", "报价单.xlsx", make([]byte, chunkSize+1))
	if err != nil || id != "media-1" {
		t.Fatalf("upload = %q, %v", id, err)
	}
	if n := len(s.frames(cmdUploadChunk)); n != 2 {
		t.Errorf("%d chunks", n)
	}
	if _, err := c.Upload(context.Background(), "file", "x", nil); err == nil {
		t.Error("an empty file was taken")
	}
}
