package dingtalk

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisPatience bounds a visit to Redis, which only saves calls and must not cost them; after a failed visit Redis is left
// alone for redisRest.
const (
	redisPatience = 200 * time.Millisecond
	redisRest     = 5 * time.Second
)

// shared is what the processes of one application know together. All its keys have one hash tag. Without Redis, or
// while it is away, every visit fails and the caller goes on with what this process knows.
type shared struct {
	rdb    redis.UniversalClient // nil: none
	prefix string
	rests  atomic.Int64 // until then, ns since 1970
}

func newShared(cfg Config) *shared {
	return &shared{rdb: cfg.Redis, prefix: "gendan:{dingtalk:" + cfg.ClientID + "}:"}
}

// visit runs f and reports whether it could. A missing key is no failure of the visit.
func (s *shared) visit(ctx context.Context, f func(context.Context, redis.UniversalClient) error) bool {
	if s.rdb == nil || time.Now().UnixNano() < s.rests.Load() {
		return false
	}
	visit, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	err := f(visit, s.rdb)
	if err != nil && !errors.Is(err, redis.Nil) && ctx.Err() == nil {
		s.rests.Store(time.Now().Add(redisRest).UnixNano())
	}
	return err == nil
}

// get is the value under key, nil when it is not to be had.
func (s *shared) get(ctx context.Context, key string) (value []byte) {
	s.visit(ctx, func(ctx context.Context, rdb redis.UniversalClient) (err error) {
		value, err = rdb.Get(ctx, s.prefix+key).Bytes()
		return err
	})
	return value
}

// set puts value under key for life.
func (s *shared) set(ctx context.Context, key string, value []byte, life time.Duration) {
	s.visit(ctx, func(ctx context.Context, rdb redis.UniversalClient) error {
		return rdb.Set(ctx, s.prefix+key, value, life).Err()
	})
}
