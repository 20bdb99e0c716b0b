//go:build linux

package embedded

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRedis(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	begun := time.Now()
	r, err := StartRedis(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begun))
	t.Cleanup(func() { r.Stop(context.Background()) })
	c := client(t, r.URL())
	if err := c.Set(t.Context(), "a", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := StartRedis(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second service: %v", err)
	}
	old := r.sup.now.Load().pid()
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another redis, empty", func() bool {
		return r.sup.now.Load().pid() != old && errors.Is(c.Get(t.Context(), "a").Err(), redis.Nil)
	})
	r.Stop(t.Context())
	noOrphans(t, dir)
}

func TestRedisEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	dir := used(t)
	p := begin(t, "service", dir)
	if err := client(t, p.redisURL).Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	p.kill()
	r, err := StartRedis(t.Context(), Options{Dir: dir}) // at once
	if err != nil {
		t.Fatal(err)
	}
	if err := client(t, r.URL()).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	r.Stop(t.Context())
	noOrphans(t, dir)
}

func TestNoRedis(t *testing.T) {
	t.Setenv("PATH", "/nonexistent")
	if _, err := StartRedis(t.Context(), Options{Dir: t.TempDir()}); !errors.Is(err, ErrNoRedis) {
		t.Errorf("got %v", err)
	}
}

func TestRedisVersions(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"5.0.14": false, "6.0.16": false, "6.2.0": true, "7.0.15": true, "10.1": true, "": false} {
		if atLeast62(version) != want {
			t.Errorf("%q: %v", version, !want)
		}
	}
}
