//go:build linux

package embedded

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
)

// programEnv makes this test binary play a program that uses the package, so that tests can kill it.
// Its value is "role folder".
const programEnv = "GENDAN_EMBEDDED_TEST"

func TestMain(m *testing.M) {
	if play := os.Getenv(programEnv); play != "" {
		role, dir, _ := strings.Cut(play, " ")
		if err := program(role, dir); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if made != "" {
			os.RemoveAll(made)
		}
		os.Exit(code)
	}))
}

// made is a stopped service's data folder, copied by tests that are not about making one.
var made string

var makeOne = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "embedded")
	if err != nil {
		return err
	}
	made = dir
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	pg, err := StartPostgres(context.Background(), Options{Dir: dir})
	if err != nil {
		return err
	}
	pg.Stop(context.Background())
	return nil
})

// used is a data folder with a cluster in it.
func used(t *testing.T) string {
	t.Helper()
	if err := makeOne(); err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	if out, err := exec.Command("cp", "-a", filepath.Join(made, "postgres"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// program says "ready PID URL" for its postgres and "redis PID URL" for its redis, works until its standard input ends,
// and stops cleanly. As "load" it also commits numbered rows and says "row N" after each.
func program(role, dir string) error {
	ctx := context.Background()
	open, openRedis := StartPostgres, StartRedis
	if role == "command" {
		open, openRedis = AttachPostgres, AttachRedis
	}
	pg, err := open(ctx, Options{Dir: dir})
	if err != nil {
		return err
	}
	defer pg.Stop(ctx)
	rd, err := openRedis(ctx, Options{Dir: dir})
	if err != nil {
		return err
	}
	defer rd.Stop(ctx)
	var pid, redisPid int
	if !pg.Attached() {
		pid, redisPid = pg.sup.now.Load().pid(), rd.sup.now.Load().pid()
	}
	fmt.Println("redis", redisPid, rd.URL())
	fmt.Println("ready", pid, pg.URL(Database))
	if role == "load" {
		if err := load(ctx, pg.URL(Database)); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func load(ctx context.Context, url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS t (n bigint PRIMARY KEY)`); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if _, err := db.ExecContext(ctx, `INSERT INTO t VALUES ($1)`, n); err != nil {
			return err
		}
		fmt.Println("row", n)
	}
}

// running is a program that a test started.
type running struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	out      *bufio.Scanner
	pid      int // of its postgres
	redisPid int
	url      string
	redisURL string
}

// launch starts the program without waiting for it. As is the account; nil is the test's own.
func launch(t *testing.T, role, dir string, binary string, as *syscall.Credential) *running {
	t.Helper()
	r := &running{cmd: exec.Command(binary)}
	r.cmd.Env = append(os.Environ(), programEnv+"="+role+" "+dir, "WECOM_SECRET=do-not-hand-on")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	r.cmd.Stderr = os.Stderr
	r.cmd.Dir = "/"
	var err error
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.out = bufio.NewScanner(out)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.kill() })
	return r
}

// begin starts the program and waits until it is ready.
func begin(t *testing.T, role, dir string) *running {
	t.Helper()
	r := launch(t, role, dir, os.Args[0], nil)
	r.await(t, "ready ")
	return r
}

func (r *running) await(t *testing.T, prefix string) string {
	t.Helper()
	for r.out.Scan() {
		line := r.out.Text()
		fields := strings.Fields(line)
		switch fields[0] {
		case "ready":
			r.pid, _ = strconv.Atoi(fields[1])
			r.url = fields[2]
		case "redis":
			r.redisPid, _ = strconv.Atoi(fields[1])
			r.redisURL = fields[2]
		case "failed:":
			t.Fatalf("program %s", line)
		}
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
	t.Fatalf("program ended before it said %q", prefix)
	return ""
}

func (r *running) kill() {
	_ = r.cmd.Process.Kill() // it may have ended already
	_ = r.cmd.Wait()
}

// finish lets the program stop cleanly.
func (r *running) finish(t *testing.T) {
	t.Helper()
	r.stdin.Close()
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("program: %v", err)
	}
}

// folder is a new data folder that any account may enter; the testing package's own may only be entered by us.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve is StartPostgres with a clean stop at the test's end.
func serve(t *testing.T, o Options) *Postgres {
	t.Helper()
	pg, err := StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Stop(context.Background()) })
	return pg
}

func query[T any](t *testing.T, url, q string) (v T) {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), q).Scan(&v); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}

func exec1(t *testing.T, url, q string) {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// eventually polls for what must come true within half a minute.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not after 30 s: %s", what)
		}
	}
}

// noOrphans waits until no server works in the data folder any more.
func noOrphans(t *testing.T, dir string) {
	t.Helper()
	for _, s := range []struct{ name, program string }{{"postgres", "postgres"}, {"redis", "redis-server"}} {
		data, err := filepath.EvalSymlinks(filepath.Join(dir, s.name))
		if err != nil {
			continue
		}
		eventually(t, "no orphan of "+s.name, func() bool {
			return len(strangers(filepath.Join(data, "data"), s.program)) == 0
		})
	}
}

func TestForTestsLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // which other accounts cannot enter
	o := ForTests(dir)
	o.Log = zap.NewExample()
	pg, err := StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, pg.URL(Database), `SHOW fsync`); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	state := pg.Folder()
	pg.Stop(t.Context())
	pg.Stop(t.Context())
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", state, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "postgres")); !os.IsNotExist(err) {
		t.Errorf("the link to it is still there: %v", err)
	}
}
