package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// What kind of process runs a server; it stands in the lock file.
const (
	service = "serve"   // runs it for long: a second one is refused
	command = "command" // runs it for its own short time: others wait
)

// errLocked says that another process holds the ownership lock; its text names which.
type errLocked struct{ holder []byte }

func (e errLocked) Error() string { return "held by " + string(bytes.TrimSpace(e.holder)) }

// openLock opens a lock file for its folder's owner, who may not be root though we are.
func openLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: use the account that runs gendan serve", err)
	}
	if err != nil || os.Geteuid() != 0 {
		return f, err
	}
	st, err := os.Stat(filepath.Dir(name))
	if err == nil {
		s := st.Sys().(*syscall.Stat_t)
		err = f.Chown(int(s.Uid), int(s.Gid))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// tryOwn takes the ownership lock without waiting. The kernel frees it when its holder ends, however it ends.
func tryOwn(base, kind string) (*os.File, error) {
	f, err := openLock(base + ".lock")
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			holder := make([]byte, 64)
			n, _ := f.ReadAt(holder, 0) // a holder that has not written yet reads as neither kind
			return nil, errLocked{holder[:n]}
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	if err := f.Truncate(0); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := fmt.Fprintf(f, "%s %d\n", kind, os.Getpid()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ownForService takes the ownership lock for a service. It waits as long as a command holds it, and two seconds for a
// service, which may be on its way out.
func ownForService(ctx context.Context, base string) (*os.File, error) {
	begun := time.Now()
	for {
		f, err := tryOwn(base, service)
		var held errLocked
		if !errors.As(err, &held) {
			return f, err
		}
		if !bytes.HasPrefix(held.holder, []byte(command)) && time.Since(begun) > 2*time.Second {
			return nil, fmt.Errorf("%w: %s is %w", ErrInUse, base, held)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return nil, fmt.Errorf("wait for the server's owner, %v: %w", held, err)
		}
	}
}

// lockUsers takes the users' lock: shared by each command that uses a server of another process, alone by a
// command that wants to stop the server it started.
func lockUsers(ctx context.Context, base string, how int) (*os.File, error) {
	f, err := openLock(base + ".users")
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = pause(ctx, 10*time.Millisecond)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
	}
}

// join is how a command comes to a server: probe says whether another process's server answers, and is
// asked under the shared users' lock, which is returned as using. Where nobody runs one, the ownership lock is
// returned as owning, and the caller starts the server.
func join(ctx context.Context, base string, probe func() bool) (using, owning *os.File, err error) {
	for {
		using, err = lockUsers(ctx, base, syscall.LOCK_SH)
		if err != nil {
			return nil, nil, err
		}
		if probe() {
			return using, nil, nil
		}
		using.Close()
		owning, err = tryOwn(base, command)
		if err == nil {
			return nil, owning, nil
		}
		var held errLocked
		if !errors.As(err, &held) {
			return nil, nil, err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil { // its owner is starting it, stopping it or starting it again
			return nil, nil, fmt.Errorf("server of %s, %v, does not answer: %w", base, held, err)
		}
	}
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
