package dingtalktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TestFiveHundredPeople lets 500 people talk at once; each waits for the answer before the next message.
func TestFiveHundredPeople(t *testing.T) {
	t.Parallel()
	const people, turns = 500, 4
	s, base := start(t, Config{WebhookPerMinute: -1, JournalSize: 5000, HistorySize: 5})
	for i := range people {
		s.AddUser(User{UserID: fmt.Sprintf("u%d", i)})
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer client.CloseIdleConnections()
	var workers sync.WaitGroup
	for range 2 {
		c := dial(t, s, base, nil)
		for range 8 { // answers by webhook, as an application does
			workers.Go(func() {
				for f := range c.frames {
					h, _ := f["headers"].(map[string]any)
					if h["topic"] != topicBot {
						continue
					}
					c.ack(h["messageId"], 200, "")
					var m struct {
						SessionWebhook string
						Text           struct{ Content string }
					}
					if err := json.Unmarshal([]byte(f["data"].(string)), &m); err != nil {
						t.Error(err)
						return
					}
					resp, err := client.Post(m.SessionWebhook, "application/json", jsonBody(t, map[string]any{"msgtype": "text", "text": map[string]string{"content": "re " + m.Text.Content}}))
					if err != nil {
						t.Error(err)
						return
					}
					_ = resp.Body.Close()
				}
			})
		}
	}
	ctx := within(t)
	begin := time.Now()
	var talking sync.WaitGroup
	for i := range people {
		talking.Go(func() {
			user := fmt.Sprintf("u%d", i)
			for n := range turns {
				text := fmt.Sprintf("%s %d", user, n)
				sent, err := s.Say(user, text, Say{})
				if err != nil {
					t.Error(err)
					return
				}
				e, err := s.Next(ctx, sent.Seq, Filter{Kind: KindShown, User: user})
				if err != nil {
					t.Error(err)
					return
				}
				if e.Bubble.Text != "re "+text {
					t.Errorf("%s got %q", user, e.Bubble.Text)
				}
			}
		})
	}
	talking.Wait()
	t.Logf("%d turns in %v", people*turns, time.Since(begin))
	s.Cut("")
	workers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chats {
		if len(c.bubbles) > 5 || len(c.byID) != len(c.bubbles) {
			t.Errorf("a chat keeps %d bubbles, %d ids", len(c.bubbles), len(c.byID))
		}
	}
	if len(s.pending) > people {
		t.Errorf("%d frames are still pending", len(s.pending))
	}
}

func TestBurst(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	var sending sync.WaitGroup
	for range 300 {
		sending.Go(func() {
			if sent, err := s.Say("lilei", "连发", Say{}); err != nil || !sent.Pushed {
				t.Errorf("%+v %v", sent, err)
			}
		})
	}
	seen := map[any]bool{}
	for range 300 {
		h, m := c.message()
		c.ack(h["messageId"], 200, "")
		seen[m["msgId"]] = true
	}
	sending.Wait()
	if len(seen) != 300 {
		t.Errorf("%d different messages", len(seen))
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	s := New(Config{JournalSize: 10})
	defer s.Close()
	s.AddUser(User{UserID: "a"}, User{UserID: "b"})
	for range 30 {
		if _, err := s.Say("a", "x", Say{}); err != nil {
			t.Fatal(err)
		}
	}
	list := s.Journal(0, Filter{})
	if len(list) != 10 || list[9].Seq != s.Last() {
		t.Errorf("%d entries, the last %d of %d", len(list), list[len(list)-1].Seq, s.Last())
	}
	after := s.Last()
	got := make(chan Entry, 2)
	var waiting sync.WaitGroup
	for _, user := range []string{"a", "b"} {
		waiting.Go(func() {
			e, err := s.Next(within(t), after, Filter{Kind: KindHeard, User: user})
			if err != nil {
				t.Error(err)
			}
			got <- e
		})
	}
	for _, user := range []string{"b", "a"} {
		if _, err := s.Say(user, "hi "+user, Say{}); err != nil {
			t.Fatal(err)
		}
		if e := <-got; e.Text != "hi "+user {
			t.Errorf("woken by %q, want %q", e.Text, user)
		}
	}
	waiting.Wait()
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	if _, err := s.Next(ctx, s.Last(), Filter{User: "a"}); !errors.Is(err, context.Canceled) || len(s.log.waiters) != 0 {
		t.Errorf("%v, %d lists of waiters", err, len(s.log.waiters))
	}
}

func TestMountedAndClosed(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	s.AddUser(User{UserID: "lilei", Name: "李雷"})
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	c := dial(t, s, web.URL, nil) // the address is learnt from the connection
	if s.URL() != web.URL {
		t.Errorf("URL %q", s.URL())
	}
	sent, err := s.Say("lilei", "你好", Say{})
	hook := hear(t, c, sent, err)["sessionWebhook"].(string)
	if _, out := do(t, "POST", hook, "", map[string]any{"msgtype": "text", "text": map[string]string{"content": "好"}}); out["errcode"] != 0.0 {
		t.Errorf("webhook %v", out)
	}
	if _, err := s.Say("lilei", "没人回", Say{}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	c.ended()
	s.Close() // twice is harmless
	if _, err := s.Start(); err == nil {
		t.Error("a closed server starts")
	}
}
