package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

const (
	redisSocket  = "redis.sock"
	redisPidFile = "redis.pid"
)

// Redis is a private redis-server: our child, or, after [AttachRedis], perhaps another process's. It keeps
// nothing on disk: what it holds is made again from Postgres.
type Redis struct {
	place  *place
	socket string // the file
	bin    string
	args   []string
	sup    *supervisor
	lock   *os.File // ownership, or the shared users' lock when attached
	kind   string   // service, command, or "" when attached
	once   sync.Once
	thrown bool
}

// StartRedis runs a redis-server for a service, and starts it again, empty, when it dies. It fails with
// [ErrNoRedis] where the machine has none, and with [ErrInUse].
func StartRedis(ctx context.Context, o Options) (*Redis, error) {
	p, err := newPlace(o, "redis")
	if err != nil {
		return nil, err
	}
	lock, err := ownForService(ctx, p.base)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return startRedis(ctx, o, p, lock, service)
}

// AttachRedis is for commands: it uses the redis-server that another process runs on the same data folder, or
// runs one until Stop. It needs the same account as that process.
func AttachRedis(ctx context.Context, o Options) (*Redis, error) {
	p, err := newPlace(o, "redis")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r := &Redis{place: p}
	using, owning, err := join(ctx, p.base, func() bool {
		if p.find() != nil {
			return false
		}
		r.socket = filepath.Join(p.foundSocketDir(), redisSocket)
		_, err := r.info(ctx)
		return err == nil
	})
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if using != nil {
		r.lock = using
		return r, nil
	}
	return startRedis(ctx, o, p, owning, command)
}

func startRedis(ctx context.Context, o Options, p *place, lock *os.File, kind string) (_ *Redis, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("redis: %w", err)
			lock.Close()
		}
	}()
	begun, log := time.Now(), o.log("redis")
	r := &Redis{place: p, lock: lock, kind: kind, thrown: o.Throwaway}
	if r.bin, err = redisBin(); err != nil {
		return nil, err
	}
	if err := p.settle(o.away, "redis", "postgres", "nobody"); err != nil {
		return nil, err
	}
	if err := p.own(p.data()); err != nil {
		return nil, err
	}
	dir, err := p.socketDir(redisSocket)
	if err != nil {
		return nil, err
	}
	r.socket = filepath.Join(dir, redisSocket)
	r.args = []string{
		"--port", "0", "--unixsocket", r.socket, "--unixsocketperm", "700",
		"--dir", p.data(), "--pidfile", filepath.Join(p.data(), redisPidFile),
		"--save", "", "--appendonly", "no", // nothing in it needs to outlive it
		"--daemonize", "no", "--logfile", "", "--loglevel", "warning",
	}
	r.sup = &supervisor{
		log:   log,
		begin: r.begin,
		ready: r.ready,
		why:   func() string { return tail(p.logFile()) },
		stops: []os.Signal{syscall.SIGTERM, syscall.SIGKILL},
	}
	if err := r.sup.start(ctx); err != nil {
		return nil, err
	}
	info, err := r.info(ctx)
	if err == nil && !atLeast62(info) {
		err = fmt.Errorf("%w (this is %s)", ErrNoRedis, info)
	}
	if err != nil {
		r.Stop(ctx)
		return nil, err
	}
	log.Info("redis ready", zap.String("socket", r.socket), zap.String("version", info), zap.Duration("after", time.Since(begun)))
	return r, nil
}

func redisBin() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", ErrNoRedis
}

// begin ends a server that a killed program left, and forks a new one.
func (r *Redis) begin(ctx context.Context) (*proc, error) {
	if _, err := os.Stat(filepath.Join(r.place.data(), redisPidFile)); err == nil {
		if err := endStrangers(ctx, r.place.data(), filepath.Base(r.bin), 3*time.Second, syscall.SIGTERM, syscall.SIGKILL); err != nil {
			return nil, err
		}
	}
	out, err := r.place.openLog()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(r.bin, r.args...)
	cmd.SysProcAttr = childAttr(r.place.as, syscall.SIGTERM)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environ(), "/", out, out
	return fork(cmd)
}

func (r *Redis) ready(ctx context.Context, p *proc) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		if _, err := r.info(ctx); err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("server ended at its start: %w", p.err)
		case <-ctx.Done():
			return fmt.Errorf("server not ready: %w", ctx.Err())
		case <-time.After(wait):
		}
	}
}

// info asks the server for its version, which also shows that it serves.
func (r *Redis) info(ctx context.Context) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", r.socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, "INFO server\r\n"); err != nil {
		return "", err
	}
	in := bufio.NewScanner(conn)
	for in.Scan() {
		line := strings.TrimSpace(in.Text())
		if strings.HasPrefix(line, "-") {
			return "", errors.New(line[1:])
		}
		if v, ok := strings.CutPrefix(line, "redis_version:"); ok {
			return v, nil
		}
	}
	return "", errors.Join(io.ErrUnexpectedEOF, in.Err())
}

func atLeast62(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, _ := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor)
	return a > 6 || a == 6 && b >= 2
}

// URL is the server's address in the form of REDIS_URL.
func (r *Redis) URL() string { return "unix://" + r.socket + "?db=0" }

// Attached says that the server is another process's.
func (r *Redis) Attached() bool { return r.kind == "" }

// Stop ends the server. After AttachRedis it leaves another process's server alone, and waits within ctx for
// commands that use ours. Further calls do nothing.
func (r *Redis) Stop(ctx context.Context) {
	r.once.Do(func() {
		defer r.lock.Close()
		if r.Attached() {
			return
		}
		if r.kind == command {
			if users, err := lockUsers(ctx, r.place.base, syscall.LOCK_EX); err == nil {
				defer users.Close()
			}
		}
		r.sup.stop(ctx)
		if r.thrown {
			if err := r.place.discard(); err != nil {
				r.sup.log.Warn("throwaway redis not deleted", zap.Error(err))
			}
		}
	})
}
