package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// oldestPostgres is the first major version that the store's SQL works on.
const oldestPostgres = 15

// postgresBin finds the folder of the server's programs: of the cluster's own version when data holds one, else
// of the newest.
func postgresBin(data string) (string, error) {
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // Red Hat with PostgreSQL's own packages
		"/usr/libexec/postgresql*",           // Alpine
		"/opt/homebrew/opt/postgresql@*/bin", // macOS
		"/usr/local/opt/postgresql@*/bin",    // macOS on Intel
		"/usr/local/pgsql/bin",               // from source
	} {
		dirs, _ := filepath.Glob(pattern) // fails only for a malformed pattern
		found = append(found, dirs...)
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			found = append(found, filepath.Dir(p))
		}
	}
	want, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	cluster := string(bytes.TrimSpace(want))
	best, bestVersion := "", 0
	for _, dir := range found {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		v := majorVersion(dir)
		switch {
		case cluster != "" && strconv.Itoa(v) == cluster:
			return dir, nil
		case v >= oldestPostgres && v > bestVersion:
			best, bestVersion = dir, v
		}
	}
	switch {
	case best == "":
		return "", ErrNoPostgres
	case cluster != "":
		return "", fmt.Errorf("the cluster in %s was made by PostgreSQL %s and this machine has %d: install the package postgresql-%s, or move the data with pg_upgrade",
			data, cluster, bestVersion, cluster)
	}
	return best, nil
}

// majorVersion is the version of the programs in dir: by the folder's name where that tells, else by asking;
// 0 when they do not run.
func majorVersion(dir string) int {
	if v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil {
		return v
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	var v int
	if _, err := fmt.Sscanf(string(out), "postgres (PostgreSQL) %d", &v); err != nil {
		return 0
	}
	return v
}

// ensureCluster makes the cluster where there is none. It is made aside and renamed when it is whole: what a
// kill leaves of one is thrown away by the next start.
func ensureCluster(ctx context.Context, p *place, bin string, throwaway bool) (fresh bool, err error) {
	if _, err := os.Stat(filepath.Join(p.data(), "PG_VERSION")); err == nil {
		return false, nil
	}
	if _, err := os.Stat(p.data()); err == nil {
		return false, fmt.Errorf("%s is no database cluster, and not empty for one: move it away", p.data())
	}
	if p.as == nil {
		if _, err := user.LookupId(strconv.Itoa(os.Geteuid())); err != nil {
			return false, fmt.Errorf("user id %d has no account on this machine, which PostgreSQL requires: add one to /etc/passwd or set DATABASE_URL", os.Geteuid())
		}
	}
	if err := discardHalves(ctx, p); err != nil {
		return false, err
	}
	half, err := os.MkdirTemp(p.state, halfCluster+"*")
	if err != nil {
		return false, err
	}
	if err := p.own(half); err != nil {
		return false, err
	}
	args := []string{"-D", half, "-U", Role, "--auth=trust", "--encoding=UTF8", "--no-instructions"}
	args = append(args, initdbLocale...)
	if throwaway {
		args = append(args, "--no-sync")
	} else {
		args = append(args, "--data-checksums")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.SysProcAttr, cmd.Env, cmd.Dir = childAttr(p.as, syscall.SIGKILL), environ(), "/"
	runtime.LockOSThread() // the signal at our end follows the forking thread
	out, err := cmd.CombinedOutput()
	runtime.UnlockOSThread()
	if err != nil {
		return false, fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	if err := os.Rename(half, p.data()); err != nil {
		return false, err
	}
	return true, syncFolder(p.state)
}

// halfCluster begins the name of a cluster that initdb is making. It is a new name each time, so
// that nothing that a killed initdb still does meets the next one's work.
const halfCluster = "data.new-"

// discardHalves throws away what kills in the midst of initdb have left, and ends what still works there.
func discardHalves(ctx context.Context, p *place) error {
	entries, err := os.ReadDir(p.state)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), halfCluster) {
			continue
		}
		half := filepath.Join(p.state, e.Name())
		for until := time.Now().Add(5 * time.Second); ; {
			if err := endStrangers(ctx, half, "postgres", 3*time.Second, syscall.SIGKILL); err != nil {
				return err
			}
			err := os.RemoveAll(half)
			if err == nil {
				break
			}
			// A process that was not there yet a moment ago has written into it.
			if !errors.Is(err, syscall.ENOTEMPTY) || time.Now().After(until) {
				return err
			}
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// syncFolder makes a rename in dir survive a power cut.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// pidFile is what a postmaster says of itself in postmaster.pid.
type pidFile struct {
	pid    int
	socket string // folder
	ready  bool   // accepts connections
}

func readPidFile(data string) (f pidFile, err error) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return f, err
	}
	lines := strings.Split(string(b), "\n") // pid, folder, start, port, socket folder, address, shared memory, state
	if f.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return f, fmt.Errorf("postmaster.pid: %w", err)
	}
	if len(lines) >= 8 {
		f.socket, f.ready = lines[4], strings.TrimSpace(lines[7]) == "ready"
	}
	return f, nil
}

// clearStale ends a server that still runs on data, or what is left of a killed one, and removes the lock files
// it left. The caller holds the ownership lock, so what runs has no owner. Postgres itself refuses to start on
// a lock file whose process number is in use again, by whatever program: usual in containers.
func clearStale(ctx context.Context, data, socket string) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	if _, err := os.Stat(pidFile); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := endStrangers(ctx, data, "postgres", 10*time.Second, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL); err != nil {
		return err
	}
	for _, f := range []string{pidFile, filepath.Join(socket, ".s.PGSQL.5432.lock"), filepath.Join(socket, ".s.PGSQL.5432")} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
