//go:build linux

package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The bounds are wide because other tests run beside on few cores; the measured times are logged.
func TestFirstStartAndLaterStart(t *testing.T) {
	dir := folder(t)
	begun := time.Now()
	pg := serve(t, Options{Dir: dir})
	first := time.Since(begun)

	url := pg.URL(Database)
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"listen_addresses": "", "server_encoding": "UTF8", "max_connections": "100", "TimeZone": "UTC",
		"shared_preload_libraries": "",
	} {
		if got := query[string](t, url, "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if !query[bool](t, url, `SELECT '阿里' < '张三' COLLATE "zh-x-icu" AND '李雷' < '王强' COLLATE "zh-x-icu"`) {
		t.Error("names do not sort by pinyin")
	}
	if got := query[string](t, url, `SELECT lower('ÄÖ上海')`); got != "äö上海" {
		t.Errorf("lower is not that of UTF-8: %s", got)
	}
	exec1(t, url, `CREATE TABLE t AS SELECT 42 AS n`)
	exec1(t, url, `ALTER SYSTEM SET work_mem = '9MB'`)

	begun = time.Now()
	pg.Stop(t.Context())
	stop := time.Since(begun)
	noOrphans(t, dir)
	if _, err := os.Stat(filepath.Join(pg.Folder(), "data", "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("not a clean stop: %v", err)
	}

	begun = time.Now()
	pg = serve(t, Options{Dir: dir})
	later := time.Since(begun)
	if got := query[int](t, pg.URL(Database), `SELECT n FROM t`); got != 42 {
		t.Errorf("n = %d", got)
	}
	if got := query[string](t, pg.URL(Database), `SHOW work_mem`); got != "9MB" {
		t.Errorf("an operator's setting was lost: work_mem is %s", got)
	}
	t.Logf("first start %v, stop %v, later start %v", first, stop, later)
	if first > 20*time.Second || later > 5*time.Second {
		t.Errorf("first start %v, later start %v", first, later)
	}
}

func TestTwoInstancesSideBySide(t *testing.T) {
	t.Parallel()
	a, b := serve(t, ForTests(used(t))), serve(t, ForTests(used(t)))
	exec1(t, a.URL(Database), `CREATE TABLE only_in_a ()`)
	if query[bool](t, b.URL(Database), `SELECT to_regclass('only_in_a') IS NOT NULL`) {
		t.Error("the instances share a cluster")
	}
}

func TestSecondServiceIsRefused(t *testing.T) {
	t.Parallel()
	dir := used(t)
	serve(t, ForTests(dir))
	_, err := StartPostgres(t.Context(), Options{Dir: dir})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("error %v does not name the process that runs", err)
	}
}

func TestServersSeeNoSecrets(t *testing.T) {
	t.Parallel()
	p := begin(t, "service", used(t))
	for _, pid := range []int{p.pid, p.redisPid} {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(env), "do-not-hand-on") {
			t.Error("a server has our secrets in its environment")
		}
		st, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
		if err != nil {
			t.Fatal(err)
		}
		if st.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Error("a server runs as root")
		}
	}
}

func TestKilledProgramLeavesNoServer(t *testing.T) {
	t.Parallel()
	dir := used(t)
	p := begin(t, "service", dir)
	exec1(t, p.url, `CREATE TABLE t AS SELECT 42 AS n`)
	p.kill()
	noOrphans(t, dir)
	q := begin(t, "service", dir)
	if got := query[int](t, q.url, `SELECT n FROM t`); got != 42 {
		t.Errorf("n = %d", got)
	}
	q.finish(t)
	noOrphans(t, dir)
}

// Every row that was acknowledged is there after the program, or the program and its server, are killed under
// load and started again at once.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	for _, too := range []string{"program", "program and server"} {
		t.Run(too, func(t *testing.T) {
			t.Parallel()
			dir := used(t)
			p := begin(t, "load", dir)
			p.await(t, "row 500")
			if too == "program and server" {
				if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			_ = p.cmd.Process.Kill()
			acknowledged := 500
			for p.out.Scan() {
				if n, ok := strings.CutPrefix(p.out.Text(), "row "); ok {
					acknowledged, _ = strconv.Atoi(n)
				}
			}
			begun := time.Now()
			pg := serve(t, Options{Dir: dir})
			t.Logf("ready again %v after the kill", time.Since(begun))
			if got := query[int](t, pg.URL(Database), `SELECT count(*) FROM t`); got < acknowledged {
				t.Errorf("%d rows of %d acknowledged", got, acknowledged)
			}
		})
	}
}

// A killed postmaster leaves backends behind that hold its shared memory, here one in the midst of a statement.
func TestKilledPostmasterIsReplaced(t *testing.T) {
	t.Parallel()
	pg := serve(t, Options{Dir: used(t)})
	db, err := sql.Open("postgres", pg.URL(Database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE t AS SELECT 42 AS n`); err != nil {
		t.Fatal(err)
	}
	busy := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(t.Context(), `SELECT pg_sleep(600)`)
		busy <- err
	}()
	eventually(t, "the sleeper runs", func() bool {
		return query[bool](t, pg.URL(Database), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)')`)
	})
	for range 2 {
		old := pg.sup.now.Load().pid()
		begun := time.Now()
		if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		var n int
		eventually(t, "the same pool works again", func() bool {
			return pg.sup.now.Load().pid() != old && db.QueryRowContext(t.Context(), `SELECT n FROM t`).Scan(&n) == nil
		})
		t.Logf("serves again after %v", time.Since(begun))
		if n != 42 {
			t.Errorf("n = %d", n)
		}
	}
	if err := <-busy; err == nil {
		t.Error("a statement outlived its server")
	}
}

// In a container process numbers repeat: the number in the file is then some other program's, here ours.
func TestStalePidFile(t *testing.T) {
	t.Parallel()
	dir := used(t)
	pg := serve(t, Options{Dir: dir})
	file, err := os.ReadFile(filepath.Join(pg.Folder(), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pg.Stop(t.Context())
	_, rest, _ := strings.Cut(string(file), "\n")
	stale := fmt.Sprintf("%d\n%s", os.Getpid(), rest)
	for _, f := range []string{
		filepath.Join(pg.Folder(), "data", "postmaster.pid"),
		filepath.Join(pg.socket, ".s.PGSQL.5432.lock"),
	} {
		if err := os.WriteFile(f, []byte(stale), 0o600); err != nil {
			t.Fatal(err)
		}
		if as := pg.place.as; as != nil {
			if err := os.Chown(f, int(as.uid), int(as.gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	pg = serve(t, Options{Dir: dir})
	if got := query[int](t, pg.URL(Database), `SELECT 1`); got != 1 {
		t.Error(got)
	}
}

func TestKilledInMidInitdb(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	halves := func(file string) bool {
		found, _ := filepath.Glob(filepath.Join(dir, "postgres", halfCluster+"*", file))
		return len(found) > 0
	}
	p := launch(t, "service", dir, os.Args[0], nil)
	eventually(t, "initdb writes", func() bool {
		return halves("base/1")
	})
	p.kill()
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data")); !os.IsNotExist(err) {
		t.Fatalf("too late a kill to prove anything: %v", err)
	}
	pg := serve(t, Options{Dir: dir})
	if got := query[string](t, pg.URL(Database), `SELECT current_database()`); got != Database {
		t.Error(got)
	}
	if halves("") {
		t.Error("half a cluster is left")
	}
}

func TestLongSocketPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("很长的目录名", 8))
	for range 2 { // the second time finds the short folder's link
		pg, err := StartPostgres(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		short := pg.socket
		t.Cleanup(func() { os.RemoveAll(short) })
		if len(short) > maxSocketPath-20 {
			t.Errorf("socket folder %s", short)
		}
		beside, err := AttachPostgres(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if !beside.Attached() || beside.URL("x") != pg.URL("x") {
			t.Errorf("a command does not find it: %s", beside.URL("x"))
		}
		beside.Stop(t.Context())
		pg.Stop(t.Context())
	}
}

func TestFolderThatOthersMayNotEnter(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root starts servers of another account")
	}
	away := folder(t)
	dir := filepath.Join(t.TempDir(), "data")
	o := Options{Dir: dir, away: away}
	pg := serve(t, o)
	first := pg.Folder()
	if !strings.HasPrefix(first, away) {
		t.Fatalf("cluster in %s", first)
	}
	if to, err := os.Readlink(filepath.Join(dir, "postgres")); err != nil || to != first {
		t.Errorf("no link to it: %s, %v", to, err)
	}
	exec1(t, pg.URL(Database), `CREATE TABLE t AS SELECT 42 AS n`)
	pg.Stop(t.Context())

	moved := dir + "-moved" // the data folder may move: the link goes with it
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	pg = serve(t, Options{Dir: moved, away: away})
	if got := query[int](t, pg.URL(Database), `SELECT n FROM t`); got != 42 || pg.Folder() != first {
		t.Errorf("n = %d in %s", got, pg.Folder())
	}
	pg.Stop(t.Context())

	pg = serve(t, o) // a new data folder at the old name begins anew and leaves the old cluster alone
	if query[bool](t, pg.URL(Database), `SELECT to_regclass('t') IS NOT NULL`) || pg.Folder() == first {
		t.Errorf("a new data folder shows the data of an old one in %s", pg.Folder())
	}
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	if _, err := StartPostgres(t.Context(), Options{Dir: moved, away: away}); err == nil || !strings.Contains(err.Error(), first) {
		t.Errorf("a lost cluster is not reported but replaced: %v", err)
	}
}

// Without root the server runs as the user, below a home that nobody else may enter.
func TestNormalUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("all other tests show this")
	}
	home := folder(t)
	const nobody = 65534
	binary := filepath.Join(home, "program")
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, program, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{home, binary} {
		if err := os.Chown(f, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "data")
	as := &syscall.Credential{Uid: nobody, Gid: nobody}
	p := launch(t, "service", dir, binary, as)
	p.await(t, "ready ")
	exec1(t, p.url, `CREATE TABLE t AS SELECT 42 AS n`)
	root := begin(t, "command", dir) // root administers the user's service
	if root.url != p.url {
		t.Errorf("root sees %s, the service is %s", root.url, p.url)
	}
	root.finish(t)
	p.finish(t)
	root = begin(t, "command", dir) // also when it does not run
	if got := query[int](t, root.url, `SELECT n FROM t`); got != 42 {
		t.Errorf("n = %d", got)
	}
	root.finish(t)
	p = launch(t, "service", dir, binary, as) // and leaves it usable for the user
	p.await(t, "ready ")
	p.kill()
	noOrphans(t, dir)
}

// What docs/operations.md says of backups: taken beside the running service, put into a new data folder by root.
func TestBackupIsAClusterAgain(t *testing.T) {
	t.Parallel()
	pg := serve(t, Options{Dir: used(t)})
	exec1(t, pg.URL(Database), `CREATE TABLE t AS SELECT 42 AS n`)
	dir := folder(t)
	if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o755); err != nil {
		t.Fatal(err)
	}
	backup := exec.Command(filepath.Join(pg.BinFolder(), "pg_basebackup"), "-h", pg.socket, "-U", Role,
		"-c", "fast", "-D", filepath.Join(dir, "postgres", "data"))
	if out, err := backup.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	restored := serve(t, Options{Dir: dir})
	if got := query[int](t, restored.URL(Database), `SELECT n FROM t`); got != 42 {
		t.Errorf("n = %d", got)
	}
}

func TestClusterOfAnotherVersion(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bin, err := postgresBin(data)
	if bin == "" && (err == nil || !strings.Contains(err.Error(), "postgresql-14")) {
		t.Errorf("error %v does not say what to install", err)
	}
}

func TestStopWithoutTimeIsStillAStop(t *testing.T) {
	t.Parallel()
	dir := used(t)
	pg := serve(t, Options{Dir: dir})
	exec1(t, pg.URL(Database), `CREATE TABLE t AS SELECT 42 AS n`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pg.Stop(ctx)
	noOrphans(t, dir)
	pg = serve(t, Options{Dir: dir})
	if got := query[int](t, pg.URL(Database), `SELECT n FROM t`); got != 42 {
		t.Errorf("n = %d", got)
	}
}
