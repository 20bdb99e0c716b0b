package wecom

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// startRedis runs a redis-server of the test's own; stop ends it before the test does.
func startRedis(t *testing.T) (client redis.UniversalClient, stop func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gd")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "r.sock")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client = redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaxRetries: -1})
	t.Cleanup(func() {
		client.Close()
		stop()
		os.RemoveAll(dir)
	})
	until(t, "redis", func() bool { return client.Ping(context.Background()).Err() == nil })
	return client, stop
}

func TestProcessesShareTokenCodesAndBudget(t *testing.T) {
	t.Parallel()
	client, stop := startRedis(t)
	share := func(c *Config) { c.Redis = client }
	s := newStage(t, withApp, wecomtest.Config{}, share)
	one, two := s.a, s.adapter(withApp, share)
	defer two.close()

	r := push("lilei", "k1", "确认？")
	r.Card = undoCard("r-1")
	s.send(r)
	s.a = two
	done := push("lilei", "k2", "已写入。")
	done.Replaces, done.Card = "r-1", &chat.Card{ID: "r-1", Title: "云帆科技", State: chat.Done}
	s.send(done)
	if got := s.got("lilei"); len(got) != 1 || got[0].Card.CardType != noticeCard {
		t.Errorf("lilei sees %s", show(got))
	}
	fetched := 0
	for _, e := range s.Journal(0, 0) {
		if e.Text == "gettoken" {
			fetched++
		}
	}
	if fetched != 1 {
		t.Errorf("%d token fetches for two processes", fetched)
	}

	// Thirty a minute for both together.
	var sent atomic.Int64
	var wg sync.WaitGroup
	for i, a := range []*Adapter{one, two, one, two} {
		wg.Go(func() {
			for j := range 15 {
				_, err := a.Send(s.ctx(), push("hanmeimei", fmt.Sprint(i, "-", j), fmt.Sprint(i, "-", j)))
				if err == nil {
					sent.Add(1)
				} else if chat.FaultOf(err) != chat.Retry {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := sent.Load(); n != 30 || len(s.got("hanmeimei")) != 30 {
		t.Errorf("%d sent, %d seen", n, len(s.got("hanmeimei")))
	}

	// Without Redis everything goes on in each process.
	stop()
	s.send(push("wangjing", "k9", "还在"))
	if b := s.last("wangjing"); b.Text != "还在" {
		t.Errorf("wangjing sees %s", show(b))
	}
}

func TestShelf(t *testing.T) {
	t.Parallel()
	client, stop := startRedis(t)
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	ctx := context.Background()
	for name, rdb := range map[string]redis.UniversalClient{"redis": client, "here": nil} {
		s := &shelf{redis: rdb, now: clock, log: zap.NewNop()}
		s.set(ctx, "a", "1", time.Hour)
		s.set(ctx, "a", "2", time.Hour)
		if got := s.get(ctx, "a"); got != "2" {
			t.Errorf("%s: %q", name, got)
		}
		if got := s.take(ctx, "a") + s.take(ctx, "a") + s.get(ctx, "a"); got != "2" {
			t.Errorf("%s: taken %q", name, got)
		}
	}
	here := &shelf{now: clock, log: zap.NewNop()}
	here.set(ctx, "a", "1", time.Hour)
	now = now.Add(2 * time.Hour)
	if got := here.get(ctx, "a"); got != "" {
		t.Errorf("over, yet %q", got)
	}
	both := &shelf{redis: client, now: clock, log: zap.NewNop()}
	both.set(ctx, "b", "1", time.Hour)
	stop()
	if got := both.get(ctx, "b"); got != "1" {
		t.Errorf("without Redis: %q", got)
	}
	c := &tokenCache{shelf: both}
	if c.Get("none") != nil || c.Set("t", "", time.Hour) == nil || c.Set("t", "x", -time.Second) != nil || c.Get("t") != "x" || !c.IsExist("t") {
		t.Error("the SDK's cache")
	}
}

func TestBudgetHere(t *testing.T) {
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	b := newBudget(&shelf{now: func() time.Time { return now }}, 0, 0)
	ctx := context.Background()
	sent := 0
	for range 2 * 3600 {
		if b.take(ctx, "k") == 0 {
			sent++
		}
		now = now.Add(time.Second)
	}
	if sent > 2*perHour || sent < 2*perHour-perMinute {
		t.Errorf("%d sent in two hours", sent)
	}
	if b.take(ctx, "other") != 0 {
		t.Error("another conversation has to wait")
	}
	now = now.Add(-24 * time.Hour)
	if w := b.take(ctx, "k"); w != 0 {
		t.Errorf("after the clock went back: wait %s", w)
	}
}
