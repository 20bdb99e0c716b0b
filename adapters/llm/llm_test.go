package llm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"gendan/adapters/llm/llmtest"
	"gendan/bot/chat"
	"gendan/crm/store/storetest"
)

var question = chat.ModelRequest{Person: "7", System: "规则", Text: "秘密的话", Tools: []chat.ModelTool{
	{Name: "deal.create", Doc: "建商机", Params: json.RawMessage(`{"type":"object","properties":{}}`)},
}}

func client(t *testing.T, c Config) *Client {
	t.Helper()
	if c.Model == "" {
		c.Model = "test"
	}
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAskSpeaksTheProtocol(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Answer(llmtest.Calls(llmtest.Call{Name: "deal_create", Arguments: `{"customer":"⟦1⟧"}`}))
	l := client(t, Config{URL: s.URL + "/", Key: "sk-1"})
	a, err := l.Ask(context.Background(), question)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Calls) != 1 || a.Calls[0].Name != "deal.create" || string(a.Calls[0].Params) != `{"customer":"⟦1⟧"}` {
		t.Errorf("calls %+v", a.Calls)
	}
	q := s.Asked()[0]
	if q.Model != "test" || q.System != "规则" || q.Text != "秘密的话" || len(q.Tools) != 1 || q.Tools[0] != "deal_create" || q.Header.Get("Authorization") != "Bearer sk-1" {
		t.Errorf("asked %+v", q)
	}
	if strings.Contains(q.Body, `"7"`) {
		t.Error("the person was sent along")
	}
	s.Answer(llmtest.Raw(200, `{"choices":[{"message":{"content":"好","tool_calls":[{"function":{"name":"x","arguments":{"a":1}}}]}}]}`))
	if a, err = l.Ask(context.Background(), question); err != nil || a.Text != "好" || string(a.Calls[0].Params) != `{"a":1}` {
		t.Errorf("arguments as an object: %+v, %v", a, err)
	}
}

// TestMisbehaviour: whatever the endpoint does, the asker gets an error in time, and no log holds a word of it.
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	elsewhere := llmtest.New(t)
	for name, answer := range map[string]llmtest.Answer{
		"slow": llmtest.Hangs(), "500": llmtest.Raw(500, "秘密的话"), "429": llmtest.Raw(429, `{"error":{"message":"slow down 秘密的话"}}`),
		"401": llmtest.Raw(401, `{}`), "no JSON": llmtest.Raw(200, "<html>秘密的话"), "other JSON": llmtest.Raw(200, `{"choices":"秘密的话"}`),
		"a list": llmtest.Raw(200, `[1]`), "null": llmtest.Raw(200, `null`), "empty": llmtest.Raw(200, ``),
		"no choices": llmtest.Raw(200, `{"choices":[]}`), "broken off": llmtest.BreaksOff(), "huge": llmtest.Huge(),
		"redirect": llmtest.Redirects(elsewhere.URL + "/chat/completions"), "a stream": llmtest.Raw(200, "data: {\"choices\":[{\"delta\":{\"content\":\"秘密的话\"}}]}\n\ndata: [DO"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zap.DebugLevel)
			s := llmtest.New(t)
			s.Answer(answer)
			timeout := 10 * time.Second
			if name == "slow" {
				timeout = 100 * time.Millisecond
			}
			l := client(t, Config{URL: s.URL, Key: "sk-secret", Timeout: timeout, Log: zap.New(core)})
			began := time.Now()
			a, err := l.Ask(context.Background(), question)
			if err == nil {
				t.Fatalf("answered %+v", a)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if _, err2 := l.Ask(context.Background(), question); err2 == nil {
				t.Error("the second call was answered")
			}
			entries := logs.All()
			if len(entries) != 1 {
				t.Errorf("%d log lines for two failures", len(entries))
			}
			for _, e := range entries {
				all := e.Message
				for k, v := range e.ContextMap() {
					all += k + v.(string)
				}
				if strings.Contains(all+err.Error()+l.State(), "秘密") || strings.Contains(all+err.Error(), "sk-secret") {
					t.Errorf("tells %q", all)
				}
			}
			if l.State() == "ok" || l.Counts()["failed"] != 2 {
				t.Errorf("state %q, counts %v", l.State(), l.Counts())
			}
			s.Answer(llmtest.Says("好"))
			if _, err := l.Ask(context.Background(), question); err != nil || l.State() != "ok" {
				t.Errorf("after that: %v, %s", err, l.State())
			}
		})
	}
	t.Cleanup(func() {
		if n := len(elsewhere.Asked()); n > 0 {
			t.Errorf("the redirect was followed %d times", n)
		}
	})
}

func TestBreakerRestsAndTriesOnce(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Answer(llmtest.Raw(500, ""))
	var mu sync.Mutex
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	l := client(t, Config{URL: s.URL, PerHour: -1, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	ask := func() error {
		_, err := l.Ask(context.Background(), question)
		return err
	}
	for range defaultFailures {
		if err := ask(); err == nil || errors.Is(err, ErrResting) {
			t.Fatalf("failing: %v", err)
		}
	}
	if err := ask(); !errors.Is(err, ErrResting) {
		t.Fatalf("after five failures: %v", err)
	}
	pass(59 * time.Second)
	if err := ask(); !errors.Is(err, ErrResting) || !strings.HasPrefix(l.State(), "resting") {
		t.Fatalf("before the minute is over: %v, %s", err, l.State())
	}
	pass(2 * time.Second)
	if err := ask(); err == nil || errors.Is(err, ErrResting) {
		t.Fatalf("the one that tries: %v", err)
	}
	if err := ask(); !errors.Is(err, ErrResting) {
		t.Fatalf("it failed, so another rest: %v", err)
	}
	if n := len(s.Asked()); n != defaultFailures+1 {
		t.Errorf("asked %d times", n)
	}
	pass(61 * time.Second)
	// While one tries, nobody else does.
	gate, entered := make(chan struct{}), make(chan struct{})
	s.Answer(func(w http.ResponseWriter, r *http.Request, q llmtest.Question) {
		close(entered)
		<-gate
		llmtest.Says("好")(w, r, q)
	})
	done := make(chan error, 1)
	go func() { done <- ask() }()
	<-entered
	if err := ask(); !errors.Is(err, ErrResting) {
		t.Errorf("beside the one that tries: %v", err)
	}
	close(gate)
	if err := <-done; err != nil {
		t.Fatalf("the one that tries: %v", err)
	}
	s.Answer(llmtest.Says("好"))
	if err := ask(); err != nil {
		t.Errorf("well again: %v", err)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	server := storetest.NewRedis(t)
	rdb := server.Client
	for name, shared := range map[string]redis.UniversalClient{"alone": nil, "redis": rdb} {
		s := llmtest.New(t)
		now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
		config := Config{URL: s.URL, PerHour: 2, PerDay: 5, Redis: shared, Now: func() time.Time { return now }}
		one, two := client(t, config), client(t, config)
		if shared == nil {
			two = one
		}
		ask := func(l *Client, person string) error {
			q := question
			q.Person = person
			_, err := l.Ask(context.Background(), q)
			return err
		}
		for i, c := range []struct {
			l      *Client
			person string
			after  time.Duration
			spent  bool
		}{
			{one, "a", 0, false}, {two, "a", 0, false}, {one, "a", 0, true}, {two, "a", 0, true},
			{one, "b", 0, false}, {one, "a", time.Hour, false}, {two, "b", 0, false},
			{one, "c", 0, true}, // five today
			{one, "c", 24 * time.Hour, false},
		} {
			now = now.Add(c.after)
			if err := ask(c.l, c.person); errors.Is(err, ErrBudget) != c.spent || err != nil && !c.spent {
				t.Errorf("%s, call %d: %v", name, i, err)
			}
		}
	}
	// Redis has gone: each process counts for itself.
	s := llmtest.New(t)
	l := client(t, Config{URL: s.URL, PerHour: 1, Redis: rdb})
	server.Stop()
	if _, err := l.Ask(context.Background(), question); err != nil {
		t.Errorf("without Redis: %v", err)
	}
	if _, err := l.Ask(context.Background(), question); !errors.Is(err, ErrBudget) {
		t.Errorf("without Redis, over the budget: %v", err)
	}
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	gate, entered := make(chan struct{}), make(chan struct{}, 2)
	s.Answer(func(w http.ResponseWriter, r *http.Request, q llmtest.Question) {
		entered <- struct{}{}
		<-gate
		llmtest.Says("好")(w, r, q)
	})
	l := client(t, Config{URL: s.URL})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := l.Ask(context.Background(), question); err != nil {
				t.Error(err)
			}
		})
		<-entered
	}
	if _, err := l.Ask(context.Background(), question); !errors.Is(err, ErrBusy) {
		t.Errorf("a third at once: %v", err)
	}
	close(gate)
	wg.Wait()
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{URL: "ftp://x", Model: "m"}, {URL: "x", Model: "m"}, {URL: "http://x"}, {URL: "://", Model: "m"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if _, err := New(Config{URL: "ftp://u:geheim@x", Model: "m"}); strings.Contains(err.Error(), "geheim") {
		t.Error(err)
	}
}
