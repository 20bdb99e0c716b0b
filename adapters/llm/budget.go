package llm

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	redisWithin = 300 * time.Millisecond // of the one command
	redisRest   = 5 * time.Second        // Redis failed, and is left alone for so long
)

// budget counts calls: of a person by the hour, of all by the day (both of UTC), in Redis for all processes together. While
// Redis does not answer each process counts for itself.
type budget struct {
	redis           redis.UniversalClient
	perHour, perDay int // below 0: any number

	mu   sync.Mutex
	hour int64 // since 1970
	day  int64
	by   map[string]int // by person within hour
	all  int            // within day
	down time.Time      // Redis is left alone until then
}

// takeScript counts a call under KEYS[1] (the person's) and KEYS[2] (everybody's) unless one of them has reached its limit,
// ARGV[1] and ARGV[2], and tells whether it has counted. ARGV[3] and ARGV[4]: seconds to keep them.
var takeScript = redis.NewScript(`
for i = 1, 2 do
  local most = tonumber(ARGV[i])
  if most >= 0 and tonumber(redis.call('GET', KEYS[i]) or '0') >= most then return 0 end
end
for i = 1, 2 do
  redis.call('INCR', KEYS[i])
  redis.call('EXPIRE', KEYS[i], ARGV[i + 2])
end
return 1`)

// take counts a call of person and tells whether there was one left.
func (b *budget) take(ctx context.Context, person string, now time.Time) bool {
	hour, day := now.Unix()/3600, now.Unix()/86400
	here := b.takeHere(person, hour, day)
	b.mu.Lock()
	ask := b.redis != nil && !now.Before(b.down)
	b.mu.Unlock()
	if !ask {
		return here
	}
	within, cancel := context.WithTimeout(ctx, redisWithin)
	defer cancel()
	const prefix = "gendan:{llm}:" // one slot of a cluster
	counted, err := takeScript.Run(within, b.redis,
		[]string{prefix + "p:" + person + ":" + strconv.FormatInt(hour, 10), prefix + "d:" + strconv.FormatInt(day, 10)},
		b.perHour, b.perDay, 2*3600, 2*86400).Int()
	if err != nil {
		b.mu.Lock()
		b.down = now.Add(redisRest)
		b.mu.Unlock()
		return here
	}
	return counted == 1
}

// takeHere counts in this process.
func (b *budget) takeHere(person string, hour, day int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hour != hour || b.by == nil {
		b.hour, b.by = hour, map[string]int{}
	}
	if b.day != day {
		b.day, b.all = day, 0
	}
	if b.perHour >= 0 && b.by[person] >= b.perHour || b.perDay >= 0 && b.all >= b.perDay {
		return false
	}
	b.by[person]++
	b.all++
	return true
}
