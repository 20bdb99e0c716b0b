package dingtalk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
)

func TestOneConnectionMovesWhileTheOtherListens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.Connections()[0]
	if h.Disconnect(first) != 1 {
		t.Fatal("not disconnected")
	}
	h.say(t, "li", "还在吗", dingtalktest.Say{}) // heard by the other one
	eventually(t, "new connection", func() bool { return len(h.Connections()) == 2 })
	if !h.a.Health().Connected {
		t.Error(h.a.Health())
	}
}

func TestABrokenNetworkIsReconnected(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *dingtalktest.Config, _ *dingtalk.Config) { s.Repush = 200 * time.Millisecond })
	old := h.Connections()
	h.Cut("")
	eventually(t, "new connections", func() bool { // the cut ones count until the platform notices
		now := h.Connections()
		return len(now) == 2 && !slices.ContainsFunc(now, func(c string) bool { return slices.Contains(old, c) })
	})
	h.say(t, "li", "好了", dingtalktest.Say{})
	if err := h.Inject(dingtalktest.Fault{Kind: dingtalktest.FaultCutFrame}); err != nil {
		t.Fatal(err)
	}
	h.say(t, "li", "断在中间", dingtalktest.Say{}) // pushed again on the other connection
}

func TestASilentConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *dingtalktest.Config, c *dingtalk.Config) {
		s.PingEvery, c.Silence, c.KeepAlive = 100*time.Millisecond, time.Second, time.Hour // only our own probe can notice
	})
	eventually(t, "a ping on each", func() bool { return !h.a.LastFrame().IsZero() })
	h.System("ping", `{"opaque":"1"}`)
	h.say(t, "li", "早", dingtalktest.Say{})
	old := map[string]bool{}
	for _, c := range h.Connections() {
		old[c] = true
	}
	time.Sleep(300 * time.Millisecond) // several pings reach both
	if err := h.Inject(dingtalktest.Fault{Kind: dingtalktest.FaultBlackHole}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "fresh connections", func() bool {
		fresh := 0
		for _, c := range h.Connections() {
			if !old[c] {
				fresh++
			}
		}
		return fresh == 2
	})
	h.say(t, "li", "又好了", dingtalktest.Say{})
}

func TestWrongSecretIsToldAndRetried(t *testing.T) {
	t.Parallel()
	h, cfg := newPlatform(t, func(s *dingtalktest.Config, c *dingtalk.Config) { c.ClientSecret = "wrong" })
	h.start(t, cfg)
	eventually(t, "advice", func() bool { return strings.Contains(h.a.Health().Detail, "ClientSecret") })
	if h.a.Ready() || h.a.Health().Connected {
		t.Error("ready with a wrong secret")
	}
	if _, err := h.a.Send(t.Context(), replyTo("li", "你好")); err == nil {
		t.Error("sent with a wrong secret")
	}
}

func TestFirstConnectionIsTriedAgain(t *testing.T) {
	t.Parallel()
	h, cfg := newPlatform(t)
	const open = "/v1.0/gateway/connections/open"
	err := h.Inject(
		dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: open, Status: 503, Times: 1},
		dingtalktest.Fault{Kind: dingtalktest.FaultExpiredTicket},
	)
	if err != nil {
		t.Fatal(err)
	}
	h.start(t, cfg)
	eventually(t, "connections", func() bool { return len(h.Connections()) == 2 })
	if d := h.a.Health(); !d.Connected || d.Detail != "" {
		t.Errorf("health %+v", d)
	}
}

func TestLogsHoldNoSecretsAndNoWords(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.Log = zap.New(core) })
	m := h.say(t, "li", "客户电话13812345678", dingtalktest.Say{})
	h.send(t, reply(m, "记下了13812345678"))
	h.send(t, replyTo("li", "记下了13812345678"))
	h.ExpireWebhooks()
	h.send(t, reply(m, "记下了13812345678"))
	h.RevokeTokens()
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiPeople, Drop: true})
	if _, err := h.a.Send(t.Context(), replyTo("li", "记下了13812345678")); err == nil || strings.Contains(err.Error(), "138") {
		t.Error(err)
	}
	h.Cut("")
	eventually(t, "new connections", func() bool { return len(h.Connections()) == 2 })
	if logs.Len() == 0 {
		t.Error("nothing is logged")
	}
	for _, e := range logs.All() {
		line := fmt.Sprint(e.Message, e.ContextMap())
		for _, secret := range []string{"dingtestsecret", "session=", "access_token", "13812345678", "ticket"} {
			if strings.Contains(line, secret) {
				t.Errorf("%q in the log: %s", secret, line)
			}
		}
	}
}

func TestKeepAliveFramesDoNoHarm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.System("KEEPALIVE", `{}`)
	h.System("CONNECTED", `{}`)
	h.say(t, "li", "早", dingtalktest.Say{})
}
