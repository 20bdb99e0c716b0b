package embedded

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxSocketPath is the longest path of a unix socket in bytes (sun_path without its closing zero).
const maxSocketPath = 103 // macOS allows 103, Linux 107

// place is where one private server lives.
//
//	<data>/postgres.lock    held by the process that runs the server
//	<data>/postgres.users   held, shared, by commands that use a server of another process
//	<data>/postgres/        a folder, or a link to one below /var/lib/gendan
//	    data/               the server's own, of its account
//	    run/                the socket; a link to a short folder where the path is too long for a socket
//	    postgres.log
type place struct {
	base  string    // <data>/postgres: the name that is stable; locks stand beside it
	state string    // where base leads to, without links
	as    *identity // the account the server runs as; nil: our own
}

func (p *place) data() string    { return filepath.Join(p.state, "data") }
func (p *place) logFile() string { return filepath.Join(p.state, filepath.Base(p.base)+".log") }

// newPlace only names the place: it makes the data folder and nothing else.
func newPlace(o Options, name string) (*place, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	// 0711: a server of another account may pass through to its own folder, and see nothing on the way.
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return &place{base: filepath.Join(dir, name)}, nil
}

// find follows base to an existing state folder. It reports fs.ErrNotExist when there is none yet.
func (p *place) find() (err error) {
	p.state, err = filepath.EvalSymlinks(p.base)
	return err
}

// settle finds or makes the state folder, and chooses the account. The caller holds the ownership lock.
// An earlier server's folder and account are kept; otherwise the first of accounts that exists is taken.
func (p *place) settle(away string, accounts ...string) error {
	if away == "" {
		away = awayDir
	}
	err := p.find()
	if errors.Is(err, fs.ErrNotExist) {
		err = p.make(away, accounts)
	}
	if err != nil {
		return fmt.Errorf("place of %s: %w", filepath.Base(p.base), err)
	}
	if p.as, err = accountFor(p.data(), accounts); err != nil {
		return err
	}
	if !p.as.canEnter(p.state) { // somebody put it there, or closed a folder above it
		return fmt.Errorf("the account %s cannot enter %s: move that folder below %s and link to it", p.as.name, p.state, away)
	}
	return p.ownAll(p.data())
}

// make creates the state folder: at base, or where the account can enter, with a link at base.
func (p *place) make(away string, accounts []string) error {
	if to, err := os.Readlink(p.base); err == nil { // a link that leads nowhere: its disk is not mounted, or it was deleted
		return fmt.Errorf("%s leads to %s, which is not there: mount it, or delete the link to begin anew", p.base, to)
	}
	as, err := accountFor("", accounts)
	if err != nil {
		return err
	}
	if as.canEnter(filepath.Dir(p.base)) {
		p.state = p.base
		return os.Mkdir(p.base, 0o755)
	}
	// The name says whose it is and is unique by the path. A folder of that name without a link to it belonged
	// to a data folder that is gone, with the key to its personal data: it is left alone and a new one begins.
	data := filepath.Dir(p.base)
	slug := strings.Trim(strings.ReplaceAll(data, "/", "-"), "-")
	if len(slug) > 24 {
		slug = strings.TrimLeft(slug[len(slug)-24:], "-")
	}
	name := filepath.Join(away, fmt.Sprintf("%s-%.4x-%s", slug, sha256.Sum256([]byte(data)), filepath.Base(p.base)))
	if err := os.MkdirAll(away, 0o755); err != nil {
		return err
	}
	if !as.canEnter(away) {
		return fmt.Errorf("the account %s can enter neither %s nor %s: choose another GENDAN_DATA_DIR", as.name, data, away)
	}
	p.state = name
	for n := 2; ; n++ {
		err := os.Mkdir(p.state, 0o755)
		if err == nil {
			return os.Symlink(p.state, p.base)
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		p.state = fmt.Sprintf("%s-%d", name, n)
	}
}

// ownAll gives a data folder that root put there, as from a copy, to the server's account with all that is in
// it. It does nothing to one that is the account's already, or that is not there.
func (p *place) ownAll(dir string) error {
	st, err := os.Lstat(dir)
	if p.as == nil || errors.Is(err, fs.ErrNotExist) || err == nil && st.Sys().(*syscall.Stat_t).Uid == p.as.uid {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(p.as.uid), int(p.as.gid))
	})
}

// own makes a folder for the server's account, with mode 0700, or gives it the one that is there.
func (p *place) own(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if p.as == nil || st.Sys().(*syscall.Stat_t).Uid == p.as.uid {
		return nil
	}
	return os.Lchown(dir, int(p.as.uid), int(p.as.gid))
}

// socketDir makes the folder of the socket and returns a path to it that is short enough for file in it.
func (p *place) socketDir(file string) (string, error) {
	run := filepath.Join(p.state, "run")
	if to, err := os.Readlink(run); err == nil {
		return to, p.ownPrivate(to)
	}
	if len(run)+1+len(file) <= maxSocketPath {
		return run, p.own(run)
	}
	short := filepath.Join(os.TempDir(), fmt.Sprintf("gendan-%.6x", sha256.Sum256([]byte(p.state))))
	if len(short)+1+len(file) > maxSocketPath {
		return "", fmt.Errorf("the temporary folder's path %s is too long for a socket: set TMPDIR to a shorter one", os.TempDir())
	}
	if err := p.ownPrivate(short); err != nil {
		return "", err
	}
	return short, os.Symlink(short, run)
}

// ownPrivate makes or takes a folder at a name that others could have taken before us, and refuses theirs.
func (p *place) ownPrivate(dir string) error {
	if err := p.own(dir); err != nil {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid := uint32(os.Geteuid())
	if p.as != nil {
		uid = p.as.uid
	}
	if st.Sys().(*syscall.Stat_t).Uid != uid || st.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s belongs to somebody else: delete it or set TMPDIR", dir)
	}
	return nil
}

// foundSocketDir is socketDir for a process that looks for another's server.
func (p *place) foundSocketDir() string {
	run := filepath.Join(p.state, "run")
	if to, err := os.Readlink(run); err == nil {
		return to
	}
	return run
}

// discard deletes the server's data, its log and the link to it. The locks stay: deleting a held lock file
// would let two processes hold "the" lock.
func (p *place) discard() error {
	var errs []error
	if to, err := os.Readlink(filepath.Join(p.state, "run")); err == nil {
		errs = append(errs, os.RemoveAll(to))
	}
	errs = append(errs, os.RemoveAll(p.state))
	if p.base != p.state {
		errs = append(errs, os.Remove(p.base))
	}
	return errors.Join(errs...)
}
