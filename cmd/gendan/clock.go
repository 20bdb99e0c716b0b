package main

import (
	"sync/atomic"
	"time"
)

// clock is the time that the service goes by. In the demo it can be moved ahead, and everything moves
// with it: timers, cards, the simulators' long lives.
type clock struct{ ahead atomic.Int64 }

// Now is the service's time, UTC.
func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())).UTC() }

// Travel moves the clock to t; it never goes back, for what has rung has rung.
func (c *clock) Travel(t time.Time) {
	for {
		old := c.ahead.Load()
		ahead := int64(time.Until(t))
		if ahead <= old || c.ahead.CompareAndSwap(old, ahead) {
			return
		}
	}
}
