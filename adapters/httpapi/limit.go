package httpapi

import (
	"sync"
	"time"
)

// limiter lets each key do burst things at once and one more in every interval (a token bucket). It counts in this
// process: two processes let twice as many through, which still is few.
type limiter struct {
	burst int
	every time.Duration

	mu   sync.Mutex
	full map[string]time.Time // when the key's bucket will be full again
}

// limited is how many keys are remembered; beyond it those that are full again are forgotten.
const limited = 20_000

// take counts one thing of key and tells how long to wait when it is too many: 0 is go ahead.
func (l *limiter) take(key string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full == nil {
		l.full = map[string]time.Time{}
	}
	if _, known := l.full[key]; !known && len(l.full) >= limited {
		for k, full := range l.full {
			if !full.After(now) {
				delete(l.full, k)
			}
		}
		if len(l.full) >= limited { // a flood from everywhere: newcomers wait
			return l.every
		}
	}
	full := l.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.every)
	if over := full.Sub(now) - time.Duration(l.burst)*l.every; over > 0 {
		return over
	}
	l.full[key] = full
	return 0
}
