package dingtalk

import (
	"context"
	"errors"
	"sync"
	"time"

	"gendan/bot/chat"
)

// state is what the adapter knows of its connections and of what the platform last complained about.
type state struct {
	mu        sync.Mutex
	open      int       // live connections
	ever      bool      // one was live in this run
	badSecret bool      // the platform refused our credentials last time
	since     time.Time // of open > 0 or open == 0
	down      string    // why the last connection attempt failed, in Chinese
	advice    string    // the platform's last complaint that a person must settle
	adviceAt  time.Time
	lastFrame time.Time
}

// opened counts a connection that came up (+1) or went away (-1).
func (s *state) opened(delta int, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.open > 0
	s.open += delta
	if is := s.open > 0; is != was {
		s.since = now
	}
	if delta > 0 {
		s.ever, s.badSecret, s.down, s.lastFrame = true, false, "", now
	}
}

// failed notes a refused connection attempt.
func (s *state) failed(why string, badSecret bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = why
	s.badSecret = badSecret
}

func (s *state) frame(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastFrame = now
}

// adviseFor keeps a complaint in Health, unless a later one replaces it. What still holds then is complained about again.
const adviseFor = time.Hour

// notice keeps the advice of err, if it has one, for [Adapter.Health].
func (a *Adapter) notice(err error) {
	var e *chat.SendError
	if errors.As(err, &e) && e.Advice != "" {
		a.advise(e.Advice)
	}
}

// advise keeps a sentence for the administrator for [Adapter.Health].
func (a *Adapter) advise(sentence string) {
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	a.state.advice, a.state.adviceAt = sentence, a.cfg.Now()
}

// Ready reports whether Send can work: the application's credentials were accepted by a connection of this
// run. Sending goes by HTTP, so the seconds of a reconnect do not count.
func (a *Adapter) Ready() bool {
	if !a.running.Load() {
		return false
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	return a.state.ever && !a.state.badSecret
}

// Health says how the connections do. Detail names, in this order: why there is no connection, what the
// platform complained about in the past hour, and a nearly used-up quota.
func (a *Adapter) Health() chat.Health {
	a.state.mu.Lock()
	h := chat.Health{Connected: a.state.open > 0, Since: a.state.since}
	down, advice, at := a.state.down, a.state.advice, a.state.adviceAt
	a.state.mu.Unlock()
	switch {
	case !h.Connected && down != "":
		h.Detail = down
	case !h.Connected:
		h.Detail = "钉钉长连接断开了，正在自动重连。"
	case advice != "" && a.cfg.Now().Sub(at) < adviseFor:
		h.Detail = advice
	default:
		h.Detail = a.budget.warning(context.Background())
	}
	return h
}

// LastFrame is when the latest frame, pings included, came over any connection; zero before the first.
func (a *Adapter) LastFrame() time.Time {
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	return a.state.lastFrame
}
