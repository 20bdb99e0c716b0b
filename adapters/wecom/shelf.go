package wecom

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// shelf keeps short texts for a while: in Redis, where all processes see them, and in this process as well,
// so that a lost or absent Redis costs a token fetch or a card that cannot change, never a message.
type shelf struct {
	redis redis.UniversalClient // nil: this process only
	now   func() time.Time
	log   *zap.Logger

	downUntil atomic.Int64 // Unix nanoseconds: Redis failed, and is left alone until then

	mu   sync.Mutex
	here map[string]kept
}

type kept struct {
	value string
	until time.Time
}

const (
	shelfPrefix = "gendan:wecom:"
	shelfWithin = time.Second // of one Redis command
	shelfRest   = 2 * time.Second
	shelfMost   = 50000 // entries kept in this process
)

// ask runs one Redis command; ok is false when there is no Redis, or it does not answer. After a failure the
// next ones are not even tried for a while, so that a dead Redis does not slow every message down.
func (s *shelf) ask(ctx context.Context, command func(ctx context.Context, r redis.UniversalClient) error) (ok bool) {
	if s.redis == nil || time.Now().UnixNano() < s.downUntil.Load() {
		return false
	}
	within, cancel := context.WithTimeout(ctx, shelfWithin)
	defer cancel()
	err := command(within, s.redis)
	if err == nil || errors.Is(err, redis.Nil) {
		return true
	}
	if ctx.Err() == nil {
		s.downUntil.Store(time.Now().Add(shelfRest).UnixNano())
		s.log.Warn("wecom: redis", zap.Error(err))
	}
	return false
}

func (s *shelf) set(ctx context.Context, key, value string, life time.Duration) {
	s.mu.Lock()
	if s.here == nil {
		s.here = map[string]kept{}
	}
	if len(s.here) >= shelfMost {
		s.sweep()
	}
	s.here[key] = kept{value, s.now().Add(life)}
	s.mu.Unlock()
	s.ask(ctx, func(ctx context.Context, r redis.UniversalClient) error {
		return r.Set(ctx, shelfPrefix+key, value, life).Err()
	})
}

// sweep drops what is over, or everything when nothing is; the caller holds s.mu.
func (s *shelf) sweep() {
	now := s.now()
	for k, v := range s.here {
		if now.After(v.until) {
			delete(s.here, k)
		}
	}
	if len(s.here) >= shelfMost {
		clear(s.here)
	}
}

// get returns the value of key, "" when there is none. What Redis says counts; without its answer, what this
// process remembers.
func (s *shelf) get(ctx context.Context, key string) string {
	var v string
	if s.ask(ctx, func(ctx context.Context, r redis.UniversalClient) (err error) {
		v, err = r.Get(ctx, shelfPrefix+key).Result()
		return err
	}) {
		return v
	}
	return s.local(key, false)
}

// take is get and delete in one, so that of several processes only one gets it.
func (s *shelf) take(ctx context.Context, key string) string {
	mine := s.local(key, true)
	var v string
	if s.ask(ctx, func(ctx context.Context, r redis.UniversalClient) (err error) {
		v, err = r.GetDel(ctx, shelfPrefix+key).Result()
		return err
	}) {
		return v
	}
	return mine
}

func (s *shelf) local(key string, remove bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.here[key]
	if !ok {
		return ""
	}
	over := s.now().After(v.until)
	if remove || over {
		delete(s.here, key)
	}
	if over {
		return ""
	}
	return v.value
}

func (s *shelf) drop(ctx context.Context, key string) { s.take(ctx, key) }

// codeLife is how long a response_code changes its card, once.
const codeLife = 72 * time.Hour

// cardCodes keeps the response_codes of the app's cards: one comes with the sending, one more with every tap,
// and each changes the card once. The newest of the taps is used first; that of the sending is for changes
// that no tap asked for.
type cardCodes struct{ shelf *shelf }

func (c *cardCodes) sent(ctx context.Context, card, code string) {
	if card != "" && code != "" {
		c.shelf.set(ctx, "sentcode:"+card, code, codeLife)
	}
}

func (c *cardCodes) tapped(ctx context.Context, card, code string) {
	if card != "" && code != "" {
		c.shelf.set(ctx, "tapcode:"+card, code, codeLife)
	}
}

// take hands out a code of the card for good; "" when there is none left.
func (c *cardCodes) take(ctx context.Context, card string) string {
	if code := c.shelf.take(ctx, "tapcode:"+card); code != "" {
		return code
	}
	return c.shelf.take(ctx, "sentcode:"+card)
}

// spend hands out code, which came with a tap and is not to be handed out again.
func (c *cardCodes) spend(ctx context.Context, card, code string) string {
	c.shelf.drop(ctx, "tapcode:"+card)
	return code
}

// tokenCache lends the shelf to the SDK as its cache.Cache. The SDK needs an untyped nil for a miss and a
// string for a hit. What Redis said counts for a moment, so that a busy sender does not ask it for each message.
type tokenCache struct {
	shelf *shelf
	mu    sync.Mutex
	said  map[string]kept
}

// tokenMoment is how long a token is not asked for again. When the platform refuses it sooner, it is forgotten.
const tokenMoment = time.Second

func (t *tokenCache) Get(key string) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k, ok := t.said[key]; ok && time.Now().Before(k.until) {
		return k.value
	}
	v := t.shelf.get(context.Background(), key)
	if v == "" {
		return nil
	}
	if t.said == nil {
		t.said = map[string]kept{}
	}
	t.said[key] = kept{v, time.Now().Add(tokenMoment)}
	return v
}

func (t *tokenCache) forget(key string) {
	t.mu.Lock()
	delete(t.said, key)
	t.mu.Unlock()
}

func (t *tokenCache) Set(key string, val any, life time.Duration) error {
	v, ok := val.(string)
	if !ok || v == "" {
		return errors.New("wecom: no token to keep")
	}
	if life <= 0 {
		life = time.Minute // the SDK subtracts 1500 s from what the platform says
	}
	t.shelf.set(context.Background(), key, v, life)
	t.forget(key)
	return nil
}

func (t *tokenCache) IsExist(key string) bool { return t.Get(key) != nil }

func (t *tokenCache) Delete(key string) error {
	t.forget(key)
	t.shelf.drop(context.Background(), key)
	return nil
}
