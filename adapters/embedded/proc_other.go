//go:build !linux

package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// localeName is the nearest that these systems have to C.UTF-8.
const localeName = "en_US.UTF-8"

// initdbLocale are initdb's arguments: bytewise order, UTF-8 letters.
var initdbLocale = []string{"--locale=C", "--lc-ctype=" + localeName}

// childAttr cannot tie the child's end to ours here: after kill -9 of the program the next start ends it.
func childAttr(as *identity, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as.credential(), Setpgid: true}
}

// endStrangers ends the main process that an earlier run left, found by the command line of the process that
// the pid file names.
func endStrangers(ctx context.Context, dir, name string, grace time.Duration, signals ...syscall.Signal) error {
	file, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		if file, err = os.ReadFile(filepath.Join(dir, redisPidFile)); err != nil {
			return nil
		}
	}
	first, _, _ := strings.Cut(string(file), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return nil
	}
	ours := func() bool {
		out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		return err == nil && strings.Contains(string(out), name) && strings.Contains(string(out), filepath.Dir(dir))
	}
	for _, sig := range signals {
		for until := time.Now().Add(grace); time.Now().Before(until); {
			if !ours() {
				return nil
			}
			_ = syscall.Kill(pid, sig) // gone meanwhile is as good
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("process %d still runs in %s and cannot be ended", pid, dir)
}
