package wecom

import (
	"sync"
	"time"
)

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
