package wecom

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the platform takes per conversation or member: the app's excess is dropped silently, so it must never
// come to that. The windows are a second longer than the platform's, for it counts on arrival.
const (
	perMinute  = 30
	perHour    = 1000
	minuteLong = 61 * time.Second
	hourLong   = time.Hour + time.Second
)

// budget counts what went out per door and conversation, in Redis for all processes together, else in this
// one.
type budget struct {
	shelf *shelf
	most  [2]int // a minute, an hour
	mu    sync.Mutex
	sent  map[string][]time.Time // oldest first, none older than an hour
	last  time.Time              // of the last look at all conversations
}

// newBudget makes a budget of so many a minute and an hour: 0 is the platform's number, below 0 any number.
func newBudget(s *shelf, minute, hour int) *budget {
	b := &budget{shelf: s, most: [2]int{minute, hour}, sent: map[string][]time.Time{}}
	for i, platform := range [2]int{perMinute, perHour} {
		if b.most[i] == 0 {
			b.most[i] = platform
		}
	}
	return b
}

// takeScript books a message in the sorted set KEYS[1] (score: milliseconds) and returns 0, or books none and
// returns the milliseconds to wait. ARGV: now, a name for the message, then per window its length and limit.
// What lies in the future is of a clock that went back.
var takeScript = redis.NewScript(`
local now = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[5]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 60000, '+inf')
local n = redis.call('ZCARD', KEYS[1])
for i = 3, 5, 2 do
  local long, most = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if most >= 0 and n >= most then
    local wait = tonumber(redis.call('ZRANGE', KEYS[1], n - most, n - most, 'WITHSCORES')[2]) + long - now
    if wait > 0 then return wait end
  end
end
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 0`)

// take books one message and returns 0, or books none and returns how long to wait.
func (b *budget) take(ctx context.Context, key string) (wait time.Duration) {
	if b.most[0] < 0 && b.most[1] < 0 {
		return 0
	}
	now := b.shelf.now()
	wait = b.takeHere(key, now)
	var ms int64
	if b.shelf.ask(ctx, func(ctx context.Context, r redis.UniversalClient) (err error) {
		name := strconv.FormatInt(now.UnixNano(), 36) + "-" + strconv.FormatUint(rand.Uint64(), 36)
		ms, err = takeScript.Run(ctx, r, []string{shelfPrefix + "sent:" + key},
			now.UnixMilli(), name, minuteLong.Milliseconds(), b.most[0], hourLong.Milliseconds(), b.most[1]).Int64()
		return err
	}) {
		return time.Duration(ms) * time.Millisecond
	}
	return wait
}

func (b *budget) takeHere(key string, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
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
	n := len(s)
	if most := b.most[1]; most >= 0 && n >= most {
		wait = s[n-most].Add(hourLong).Sub(now)
	} else if most := b.most[0]; most >= 0 && n >= most {
		wait = max(0, s[n-most].Add(minuteLong).Sub(now))
	}
	if wait == 0 {
		s = append(s, now)
	}
	if len(s) == 0 {
		delete(b.sent, key)
	} else {
		b.sent[key] = s
	}
	return wait
}
