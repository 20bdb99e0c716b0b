package embedded

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// localeName is the locale of the clusters: UTF-8 everywhere, bytewise order, the same on every machine.
const localeName = "C.UTF-8"

// initdbLocale are initdb's arguments for it.
var initdbLocale = []string{"--locale=" + localeName}

// childAttr lets a child run as the identity, apart from the terminal's Ctrl-C (the program must drain before
// its database goes), and end with us by the signal.
func childAttr(as *identity, whenWeEnd syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as.credential(), Setpgid: true, Pdeathsig: whenWeEnd}
}

// process is a line of /proc.
type process struct{ pid, parent int }

// strangers are the processes whose program's name begins with name and that work in dir. Backends of a
// killed postmaster are found too: their current folder is the data folder.
func strangers(dir, name string) (found []process) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		proc := filepath.Join("/proc", e.Name())
		stat, err := os.ReadFile(filepath.Join(proc, "stat"))
		if err != nil {
			continue
		}
		// "pid (comm) state ppid ...": comm may hold anything, also brackets.
		open, shut := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
		if open < 0 || shut < open || !strings.HasPrefix(string(stat[open+1:shut]), name) {
			continue
		}
		rest := strings.Fields(string(stat[shut+1:]))
		if len(rest) < 2 || rest[0] == "Z" || !worksIn(proc, dir) {
			continue
		}
		parent, _ := strconv.Atoi(rest[1])
		found = append(found, process{pid, parent})
	}
	return found
}

// worksIn says whether a process has dir as its current folder. A container's root may not read that of
// another account; then the command line decides, which names the folder for the main process.
func worksIn(proc, dir string) bool {
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err == nil {
		return cwd == dir
	}
	line, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	return err == nil && slices.ContainsFunc(bytes.Split(line, []byte{0}), func(arg []byte) bool {
		return string(arg) == dir || strings.HasPrefix(string(arg), "redis-server unixsocket:"+filepath.Dir(dir)+"/")
	})
}

// endStrangers ends what still runs in dir, which nobody owns: the caller holds the ownership lock. The
// signals go from polite to rude; each but the last has grace to work.
func endStrangers(ctx context.Context, dir, name string, grace time.Duration, signals ...syscall.Signal) error {
	for _, sig := range signals {
		for until := time.Now().Add(grace); ; {
			found := strangers(dir, name)
			if len(found) == 0 {
				return nil
			}
			for _, p := range found {
				// A child of one of them is its parent's business until the last resort.
				led := slices.ContainsFunc(found, func(q process) bool { return q.pid == p.parent })
				if !led || sig == syscall.SIGKILL {
					_ = syscall.Kill(p.pid, sig) // gone meanwhile is as good
				}
			}
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
			if time.Now().After(until) {
				break
			}
		}
	}
	if left := strangers(dir, name); len(left) > 0 {
		return fmt.Errorf("process %d still runs in %s and cannot be ended", left[0].pid, dir)
	}
	return nil
}
