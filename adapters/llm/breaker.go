package llm

import (
	"sync"
	"time"
)

// breaker keeps calls away from an endpoint that fails: after so many failures in a row it rests; then one call at a time
// is let through until one succeeds.
type breaker struct {
	most int
	rest time.Duration

	mu      sync.Mutex
	fails   int       // in a row
	until   time.Time // the end of the rest; zero when it does not rest
	probing bool
}

// enter tells whether a call may be made now, and whether it is the one that tries the endpoint after a rest. Who was let
// in must say how it ended: succeeded, failed or leave.
func (b *breaker) enter(now time.Time) (probe, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return false, true
	}
	if now.Before(b.until) || b.probing {
		return false, false
	}
	b.probing = true
	return true, true
}

func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails, b.until, b.probing = 0, time.Time{}, false
}

func (b *breaker) failed(probe bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails++; b.fails >= b.most {
		b.until = now.Add(b.rest)
	}
	b.probing = b.probing && !probe
}

// leave ends a call that says nothing about the endpoint.
func (b *breaker) leave(probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = b.probing && !probe
}

func (b *breaker) resting(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.until)
}
