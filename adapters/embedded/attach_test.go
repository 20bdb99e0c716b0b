//go:build linux

package embedded

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

func attach(t *testing.T, o Options) *Postgres {
	t.Helper()
	pg, err := AttachPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Stop(context.Background()) })
	return pg
}

func TestCommandBesideAService(t *testing.T) {
	t.Parallel()
	dir := used(t)
	p := begin(t, "service", dir)
	c := attach(t, Options{Dir: dir})
	rd, err := AttachRedis(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if c.URL(Database) != p.url || rd.URL() != p.redisURL {
		t.Errorf("command uses %s and %s, service %s and %s", c.URL(Database), rd.URL(), p.url, p.redisURL)
	}
	exec1(t, c.URL(Database), `CREATE TABLE t AS SELECT 42 AS n`)
	rd.Stop(t.Context())
	c.Stop(t.Context())
	if got := query[int](t, p.url, `SELECT n FROM t`); got != 42 {
		t.Errorf("the command's end ended the service's server: n = %d", got)
	}
	p.finish(t)
}

func TestCommandAlone(t *testing.T) {
	t.Parallel()
	dir := used(t)
	c := attach(t, Options{Dir: dir})
	if c.Attached() {
		t.Error("attached to nothing")
	}
	exec1(t, c.URL(Database), `CREATE TABLE t AS SELECT 42 AS n`)

	// A second command uses the first one's server, which waits for it.
	second := attach(t, Options{Dir: dir})
	if !second.Attached() {
		t.Error("the second command does not use the first one's server")
	}
	// A service waits for both, however long they take.
	service := make(chan error, 1)
	go func() {
		pg, err := StartPostgres(t.Context(), Options{Dir: dir})
		if err == nil {
			defer pg.Stop(context.Background())
			err = pg.ping(t.Context())
		}
		service <- err
	}()
	stopped := make(chan bool)
	go func() {
		c.Stop(context.Background())
		close(stopped)
	}()
	select {
	case <-stopped:
		t.Error("the first command took the server from the second")
	case err := <-service:
		t.Errorf("the service did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if got := query[int](t, second.URL(Database), `SELECT n FROM t`); got != 42 {
		t.Errorf("n = %d", got)
	}
	second.Stop(t.Context())
	<-stopped
	if err := <-service; err != nil {
		t.Error(err)
	}
	noOrphans(t, dir)
}

// Commands that start at the same moment on a fresh folder, while a service starts too, all work.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	done := make(chan error)
	const many = 6
	for range many {
		go func() {
			c, err := AttachPostgres(t.Context(), Options{Dir: dir})
			if err == nil {
				err = c.ping(t.Context())
				c.Stop(context.Background())
			}
			done <- err
		}()
	}
	service := make(chan *Postgres, 1)
	go func() {
		pg, err := StartPostgres(t.Context(), Options{Dir: dir})
		if err == nil {
			err = pg.ping(t.Context())
		}
		service <- pg
		done <- err
	}()
	for range many + 1 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if pg := <-service; pg != nil {
		pg.Stop(t.Context())
	}
	noOrphans(t, dir)
	if f, err := tryOwn(filepath.Join(dir, "postgres"), command); err != nil {
		t.Errorf("the lock is still held: %v", err)
	} else {
		f.Close()
	}
}
