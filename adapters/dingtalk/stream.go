package dingtalk

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/utils"
	"go.uber.org/zap"

	"gendan/bot/chat"
)

// Reconnecting: the first attempt after a loss is nearly immediate, then 3 s doubling to a minute as the
// SDKs do. A connection that lived shorter than settled counts as a failed attempt.
const (
	firstRetry  = 200 * time.Millisecond
	secondRetry = 3 * time.Second
	lastRetry   = time.Minute
	settled     = 10 * time.Second
	pollEvery   = 250 * time.Millisecond
	connectIn   = 15 * time.Second
)

// neverPinged is the silence after which a connection is replaced on which the server never sent a ping.
const neverPinged = 10 * time.Minute

// Run receives until ctx ends and returns nil then. The adapter keeps Config.Streams connections, staggered,
// so that one is there while the platform moves the other; their handlers have ended when Run returns.
func (a *Adapter) Run(ctx context.Context, hear chat.Handler) error {
	if !a.running.CompareAndSwap(false, true) {
		return errors.New("dingtalk: already running")
	}
	defer a.running.Store(false)
	f := &frames{a: a, hear: hear, run: ctx, read: reader{robotCode: a.cfg.RobotCode, robotName: a.cfg.RobotName, now: a.cfg.Now}}
	var streams sync.WaitGroup
	for i := range a.cfg.Streams {
		streams.Go(func() {
			if sleep(ctx, time.Duration(i)*a.cfg.Stagger) == nil {
				a.supervise(ctx, f, i)
			}
		})
	}
	streams.Wait()
	f.busy.close()
	a.http.CloseIdleConnections()
	a.files.CloseIdleConnections()
	return nil
}

// stream is one connection: the SDK's client and what its frames tell about it.
type stream struct {
	cli    *client.StreamClient
	last   atomic.Int64 // ns of the last frame, monotonic enough: both ends are read here
	pinged atomic.Bool
}

// supervise keeps one connection up until ctx ends. The SDK could reconnect by itself, but tells nobody and
// always waits over 3 s first; with that off, its Start is a no-op while connected and connects otherwise.
func (a *Adapter) supervise(ctx context.Context, f *frames, number int) {
	s := a.newStream(f)
	defer s.cli.Close()
	log := a.log.With(zap.Int("stream", number))
	var up bool
	var since time.Time
	retry := firstRetry
	for ctx.Err() == nil {
		dialled, err := s.start(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if up {
				up = false
				a.state.opened(-1, a.cfg.Now())
			}
			why, badSecret := connectAdvice(err)
			a.state.failed(why, badSecret)
			log.Warn("connect", zap.String("error", shorten(err.Error(), 300)), zap.Duration("again_in", retry))
			_ = sleep(ctx, jitter(retry))
			retry = min(max(2*retry, secondRetry), lastRetry)
			continue
		case dialled:
			young := up && time.Since(since) < settled
			if up { // it was lost since the last look
				a.state.opened(-1, a.cfg.Now())
			}
			if retry = firstRetry; young {
				retry = secondRetry
			}
			up, since = true, time.Now()
			a.state.opened(+1, a.cfg.Now())
			s.last.Store(time.Now().UnixNano())
			log.Info("connected")
		case time.Since(since) > settled:
			retry = firstRetry
		}
		if silent := time.Since(time.Unix(0, s.last.Load())); up && silent > s.allowed(a.cfg.Silence) {
			log.Warn("no frame, not even a ping: reconnecting", zap.Duration("silent", silent))
			s.cli.Close()
			s.last.Store(time.Now().UnixNano())
		}
		_ = sleep(ctx, max(pollEvery, retry))
	}
	if up {
		a.state.opened(-1, a.cfg.Now())
	}
}

// allowed is how long the connection may be silent. A server that pings is expected to go on; whether every
// gateway pings is not promised, so one that never did gets longer.
func (s *stream) allowed(silence time.Duration) time.Duration {
	if s.pinged.Load() {
		return silence
	}
	return max(silence, neverPinged)
}

// start connects unless connected and reports whether it had to.
func (s *stream) start(ctx context.Context) (dialled bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectIn)
	defer cancel()
	var asked atomic.Bool // the only sign of the SDK having connected anew is that it made a request
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { asked.Store(true) }})
	err = s.cli.Start(ctx)
	return asked.Load(), err
}

// newStream makes a client with raw handlers for everything that we understand.
func (a *Adapter) newStream(f *frames) *stream {
	s := &stream{}
	s.cli = client.NewStreamClient(
		client.WithAppCredential(client.NewAppCredentialConfig(a.cfg.ClientID, a.cfg.ClientSecret)),
		client.WithOpenApiHost(a.cfg.APIURL),
		client.WithKeepAlive(a.cfg.KeepAlive),
		client.WithMaxPendingHandlers(1000),
		client.WithAutoReconnect(false),
	)
	s.cli.RegisterCallbackRouter(payload.BotMessageCallbackTopic, s.noting(a, f.message))
	s.cli.RegisterCallbackRouter(payload.CardInstanceCallbackTopic, s.noting(a, f.tap))
	s.cli.RegisterAllEventRouter(s.noting(a, f.event))
	s.cli.RegisterRouter(utils.SubscriptionTypeKSystem, "ping", s.noting(a, func(ctx context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		s.pinged.Store(true)
		return s.cli.OnPing(ctx, df)
	}))
	s.cli.RegisterRouter(utils.SubscriptionTypeKSystem, "disconnect", s.noting(a, s.cli.OnDisconnect))
	return s
}

type frameHandler = func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error)

// noting wraps h: every frame is a sign of life.
func (s *stream) noting(a *Adapter, h frameHandler) frameHandler {
	return func(ctx context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		s.last.Store(time.Now().UnixNano())
		a.state.frame(a.cfg.Now())
		return h(ctx, df)
	}
}

// connectAdvice reads why a connection attempt failed: one sentence for the administrator, and whether our
// credentials were refused.
func connectAdvice(err error) (string, bool) {
	text := err.Error()
	switch {
	case strings.Contains(text, "authFailed"), strings.Contains(text, "invalidClientIdOrSecret"), strings.Contains(text, "InvalidAuthentication"):
		return "钉钉不认这组 ClientID 和 ClientSecret，请到开放平台「凭证与基础信息」核对后重新填写。", true
	case strings.Contains(text, "IpNotInWhiteList"):
		return "这台服务器的出口 IP 不在钉钉应用的白名单里，请到开放平台「安全设置」加上它。", false
	case strings.Contains(text, "\"code\""):
		return "钉钉拒绝了长连接，请确认应用已发布、机器人消息接收模式选了 Stream，并且服务器 IP 在白名单里。", false
	default:
		return "连不上钉钉，正在自动重试；如果一直这样，请检查服务器能否访问 api.dingtalk.com 和 wss-open-connection.dingtalk.com。", false
	}
}

// jitter is d with up to a fifth added, so that processes do not come back in step.
func jitter(d time.Duration) time.Duration { return d + rand.N(d/5+1) }

// sleep waits for d or until ctx ends, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
