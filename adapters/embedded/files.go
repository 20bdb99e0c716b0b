package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxLog is the size in bytes at which a server's log is set aside at the next start; one older log is kept.
const maxLog = 10 << 20

// openLog opens the server's log to append to. It belongs to the server's account, and is never a link that the
// account could have put there.
func (p *place) openLog() (*os.File, error) {
	name := p.logFile()
	if st, err := os.Stat(name); err == nil && st.Size() > maxLog {
		if err := os.Rename(name, name+".1"); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err != nil || p.as == nil {
		return f, err
	}
	if err := f.Chown(int(p.as.uid), int(p.as.gid)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// replaceFile writes a file that is whole at every instant, readable by all.
func replaceFile(name, content string) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // it is gone when the rename has worked
	_, err1 := f.WriteString(content)
	err2 := f.Chmod(0o644)
	if err := errors.Join(err1, err2, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// leastRoom is how many bytes a disk has at least that is not full: a server needs some for its lock files and its log.
const leastRoom = 4 << 20

// roomFor gives err the name of its true reason where that is a full disk, which a server tells in a hundred ways and words.
func (p *place) roomFor(err error) error {
	if err == nil || errors.Is(err, ErrNoRoom) {
		return err
	}
	var disk syscall.Statfs_t
	full := errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "Check free disk space")
	if !full && syscall.Statfs(p.state, &disk) == nil {
		full = disk.Bavail*uint64(disk.Bsize) < leastRoom
	}
	if !full {
		return err
	}
	return fmt.Errorf("%w: make room where %s lies (a new database takes about 100 MB), or choose another GENDAN_DATA_DIR", ErrNoRoom, p.state)
}

// tail is the end of a log in one line, for an error that would otherwise say "exit status 1".
func tail(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > 500 {
		_, _ = f.Seek(-500, io.SeekEnd) // at worst the whole log is read
	}
	b, err := io.ReadAll(f)
	if err != nil || len(b) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	lines = slices.DeleteFunc(lines[max(0, len(lines)-3):], func(l string) bool { return l == "" })
	return fmt.Sprintf("; %s ends with: %s", name, strings.Join(lines, " | "))
}
