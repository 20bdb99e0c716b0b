package dingtalk_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

// newRedis starts a real redis-server of the test's own and gives a client and what stops the server.
func newRedis(t *testing.T) (redis.UniversalClient, func()) {
	t.Helper()
	sock := filepath.Join(t.TempDir(), "r.sock")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", sock, "--save", "", "--appendonly", "no", "--daemonize", "no")
	if err := cmd.Start(); err != nil {
		t.Fatalf("redis-server: %v", err)
	}
	var once sync.Once
	stop := func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	c := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{sock}, DialerRetries: 1, MaxRetries: -1,
		Dialer: nil})
	t.Cleanup(func() { c.Close(); stop() })
	eventually(t, "redis", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Ping(ctx).Err() == nil
	})
	return c, stop
}

func TestProcessesShareTokenCountersAndCards(t *testing.T) {
	t.Parallel()
	rdb, stop := newRedis(t)
	use := func(_ *dingtalktest.Config, c *dingtalk.Config) { c.Redis = rdb }
	h, cfg := newPlatform(t, use)
	h.start(t, cfg)
	eventually(t, "connections", func() bool { return len(h.Connections()) == 2 })
	other, err := dingtalk.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	const token = "POST /v1.0/oauth2/accessToken"

	h.send(t, replyTo("li", "一"))
	if _, err := other.Send(t.Context(), replyTo("li", "二")); err != nil {
		t.Fatal(err)
	}
	if n := h.calls(token); n != 1 {
		t.Errorf("%d tokens", n)
	}
	h.RevokeTokens()
	h.send(t, replyTo("li", "三"))
	if _, err := other.Send(t.Context(), replyTo("li", "四")); err != nil {
		t.Fatal(err)
	}
	if n := h.calls(token); n != 2 {
		t.Errorf("%d tokens after a revocation", n)
	}
	if a, b := h.a.Usage(t.Context()), other.Usage(t.Context()); a != b || a.Calls != 6 {
		t.Errorf("usage %+v and %+v", a, b)
	}

	// The other process sends a card and replaces it; this one hears the tap and knows what it shows.
	to := chat.Reply{To: "dingtalk:li", Conversation: inGroup(h), Group: true, Text: "确认？", Card: ask("card-a")}
	if _, err := other.Send(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	to.Card, to.Replaces = ask("card-b"), "card-a"
	if _, err := other.Send(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	tap, err := h.Tap("li", "card-a", "ok", nil)
	if err != nil || !tap.Answered {
		t.Fatalf("%+v, %v", tap, err)
	}
	got := h.in.find(t, func(m chat.Message) bool { return m.Kind == chat.TapKind })
	if got.Tap.Card != "card-b" || got.Conversation != inGroup(h) {
		t.Errorf("heard %+v %+v", got, got.Tap)
	}
	to.Card, to.Replaces = done("card-c"), "card-b"
	h.send(t, to)
	if b := h.last(t, "li", h.group); b.Card.OutTrackID != "card-a" || b.Card.Data["card"] != "card-c" {
		t.Errorf("shown %+v", b.Card)
	}

	stop() // without Redis everything goes on
	h.RevokeTokens()
	h.send(t, replyTo("li", "五"))
	m := h.say(t, "li", "还在吗", dingtalktest.Say{})
	h.send(t, reply(m, "在"))
	if u := h.a.Usage(t.Context()); u.Calls == 0 {
		t.Errorf("usage %+v", u)
	}
}

func TestManyAskersMakeOneTokenCall(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *dingtalktest.Config, c *dingtalk.Config) { s.QPS, c.CallsPerSecond = -1, -1 })
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: "/v1.0/oauth2/accessToken", Delay: 50 * time.Millisecond})
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := h.a.Send(t.Context(), replyTo("li", "好")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := h.calls("POST /v1.0/oauth2/accessToken"); n != 1 {
		t.Errorf("%d tokens", n)
	}
}

func TestATokenIsReplacedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var ahead time.Duration
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(ahead)
	}
	h := newHouse(t, func(s *dingtalktest.Config, c *dingtalk.Config) { s.Now, c.Now = clock, clock })
	h.send(t, replyTo("li", "一"))
	mu.Lock()
	ahead = 2*time.Hour - time.Minute
	mu.Unlock()
	h.send(t, replyTo("li", "二"))
	if n := h.calls("POST /v1.0/oauth2/accessToken"); n != 2 {
		t.Errorf("%d tokens", n)
	}
}
