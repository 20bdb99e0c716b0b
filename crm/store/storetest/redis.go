package storetest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisServer is a redis-server of one test, which may stop it and start it again, empty.
type RedisServer struct {
	Client redis.UniversalClient

	t      testing.TB
	socket string
	life   io.Closer // the server ends when this closes, or when the test process does
	ended  chan struct{}
}

// Redis is a client of a fresh redis-server that ends with t.
func Redis(t testing.TB) redis.UniversalClient {
	t.Helper()
	return NewRedis(t).Client
}

// quiet keeps go-redis from writing about servers that a test has stopped.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

var hush = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

// NewRedis starts a fresh redis-server that ends with t.
func NewRedis(t testing.TB) *RedisServer {
	t.Helper()
	hush()
	dir, err := os.MkdirTemp("", "gr") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	r := &RedisServer{t: t, socket: filepath.Join(dir, "s")}
	r.Client = redis.NewClient(&redis.Options{Network: "unix", Addr: r.socket, DialTimeout: 2 * time.Second, ReadTimeout: 2 * time.Second})
	t.Cleanup(func() {
		r.Client.Close()
		r.Stop()
		os.RemoveAll(dir)
	})
	r.Start()
	return r
}

// URL is where the server is.
func (r *RedisServer) URL() string { return "unix://" + r.socket + "?db=0" }

// Start starts the server, empty, and waits until it answers.
func (r *RedisServer) Start() {
	r.t.Helper()
	// The shell outlives a killed test process just long enough to end the server.
	cmd := exec.Command("sh", "-c", `redis-server --port 0 --unixsocket "$0" --save "" --appendonly no >/dev/null & p=$!; cat >/dev/null; kill -9 $p; wait $p 2>/dev/null`, r.socket)
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.life, r.ended = in, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(r.ended)
	deadline := time.Now().Add(10 * time.Second)
	for r.Client.Ping(context.Background()).Err() != nil {
		if time.Now().After(deadline) {
			r.t.Fatal("redis-server does not answer")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Stop kills the server; what it held is gone.
func (r *RedisServer) Stop() {
	if r.life == nil {
		return
	}
	r.life.Close()
	<-r.ended
	r.life = nil
}
