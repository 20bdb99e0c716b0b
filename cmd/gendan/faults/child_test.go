package faults

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain removes what the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

var built struct {
	once      sync.Once
	dir, path string
	err       error
}

// program is the gendan binary, built once for all tests. The race detector stays out of it: what is tested is
// what people run.
func program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "gendan-faults"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "gendan")
		out, err := exec.Command("go", "build", "-o", built.path, "gendan/cmd/gendan").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build gendan: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// keeper runs a program in such a way that it dies with the test process, however that ends: the shell's reader
// sees its pipe close.
const keeper = `"$@" </dev/null & p=$!; echo $p >&3
{ cat; kill -9 $p; } <&4 >/dev/null 2>&1 & w=$!
wait $p; r=$?; kill $w; exit $r`

// child is one `gendan serve` process.
type child struct {
	t     testing.TB
	url   string // http://127.0.0.1:…, from its ready line
	took  time.Duration
	pid   int
	log   *tape
	cmd   *exec.Cmd
	life  io.Closer
	ended chan struct{} // closed when the process is gone
}

// tape collects output while it is being written.
type tape struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *tape) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *tape) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var errNotUp = errors.New("gendan serve ended before it was ready")

// start runs `gendan serve` and waits for its ready line. Its log goes to to.
func start(t testing.TB, env []string, to *tape) (*child, error) {
	t.Helper()
	path := program(t)
	c := &child{t: t, log: to, ended: make(chan struct{})}
	idR, idW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer idR.Close()
	lifeR, lifeW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.life = lifeW
	c.cmd = exec.Command("sh", "-c", keeper, "sh", path, "serve")
	c.cmd.Env, c.cmd.Stderr, c.cmd.ExtraFiles = env, to, []*os.File{idW, lifeR}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	err = c.cmd.Start()
	idW.Close()
	lifeR.Close()
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fscan(idR, &c.pid); err != nil {
		return nil, fmt.Errorf("pid of gendan: %w", err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(c.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "gendan: ready "); ok {
				ready <- url
			}
		}
		_ = c.cmd.Wait()
		c.life.Close()
	}()
	t.Cleanup(c.stop)
	select {
	case c.url = <-ready:
		c.took = time.Since(begun)
		return c, nil
	case <-c.ended:
		return nil, errNotUp
	case <-time.After(40 * time.Second):
		c.kill()
		return nil, errors.New("gendan serve does not get ready")
	}
}

// kill is kill -9; it returns when the process is gone.
func (c *child) kill() {
	_ = syscall.Kill(c.pid, syscall.SIGKILL)
	<-c.ended
}

// stop asks the process to end, as an init system does.
func (c *child) stop() {
	select {
	case <-c.ended:
		return
	default:
	}
	_ = syscall.Kill(c.pid, syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(20 * time.Second):
		c.t.Errorf("gendan did not end within 20 s of SIGTERM")
		c.kill()
	}
}

// command runs another gendan command to its end.
func command(t testing.TB, env []string, args ...string) (out string, code int) {
	t.Helper()
	path := program(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("gendan %s: %v\n%s", strings.Join(args, " "), err, b)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// environment is a clean one with these settings on top.
func environment(settings map[string]string) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	for name, v := range settings {
		env = append(env, name+"="+v)
	}
	return env
}

// until polls, since what it waits for happens in other processes.
func until(t testing.TB, what string, most time.Duration, ok func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for !ok() {
		if time.Since(begun) > most {
			t.Fatalf("waited %s in vain until %s", most, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(begun)
}
