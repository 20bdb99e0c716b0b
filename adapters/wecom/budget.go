package wecom

import (
	"sync"
	"time"
)

// What the platform takes per conversation or member: the app's excess is dropped silently, so it must never
// come to that. The windows are a second longer than the platform's, for it counts on arrival.
const (
	perMinute  = 30
	perHour    = 1000
	minuteLong = 61 * time.Second
	hourLong   = time.Hour + time.Second
)

// budget counts what went out per door and conversation.
type budget struct {
	now  func() time.Time
	mu   sync.Mutex
	sent map[string][]time.Time // oldest first, none older than an hour
	last time.Time              // of the last look at all conversations
}

func newBudget(now func() time.Time) *budget {
	return &budget{now: now, sent: map[string][]time.Time{}}
}

// take books one message and returns 0, or books none and returns how long to wait.
func (b *budget) take(key string) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Sub(b.last) > hourLong || now.Before(b.last) {
		for k, s := range b.sent {
			if s[len(s)-1].Before(now.Add(-hourLong)) || s[len(s)-1].After(now) {
				delete(b.sent, k) // silent for an hour, or the clock went back
			}
		}
		b.last = now
	}
	s := b.sent[key]
	for len(s) > 0 && now.Sub(s[0]) >= hourLong {
		s = s[1:]
	}
	if n := len(s); n >= perHour {
		wait = s[n-perHour].Add(hourLong).Sub(now)
	} else if n >= perMinute {
		wait = max(0, s[n-perMinute].Add(minuteLong).Sub(now))
	}
	if wait == 0 {
		s = append(s, now)
	}
	if len(s) > 0 {
		b.sent[key] = s
	}
	return wait
}

const (
	progressLife = time.Hour
	progressMost = 10000
)

// progress remembers which parts of a reply went out before one failed, so that the repetition sends only
// the rest. It lives in this process: after a crash the parts are sent again.
type progress struct {
	now  func() time.Time
	mu   sync.Mutex
	done map[string]parts
}

type parts struct {
	names map[string]bool
	at    time.Time
}

func (p *progress) has(key, part string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done[key].names[part]
}

func (p *progress) mark(key string, names ...string) {
	if key == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = map[string]parts{}
	}
	now := p.now()
	if len(p.done) >= progressMost {
		for k, v := range p.done {
			if now.Sub(v.at) > progressLife {
				delete(p.done, k)
			}
		}
		if len(p.done) >= progressMost {
			clear(p.done)
		}
	}
	e, ok := p.done[key]
	if !ok {
		e.names = map[string]bool{}
	}
	e.at = now
	for _, n := range names {
		e.names[n] = true
	}
	p.done[key] = e
}

func (p *progress) forget(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.done, key)
}

// doors remembers by which door a person came last, in this process; pushes take it.
type doors struct {
	mu    sync.Mutex
	known map[string]door
}

func (d *doors) used(user string, by door) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) > 100000 {
		d.known = map[string]door{}
	}
	d.known[user] = by
}

func (d *doors) last(user string) door {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[user]
}
