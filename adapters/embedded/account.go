package embedded

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is the unprivileged account that a server runs as when we are root. A nil identity is our own.
type identity struct {
	name     string
	uid, gid uint32
}

// accountFor chooses the account: the owner of data when an earlier run made it, else the first of names that
// the machine has. It returns nil when we are not root.
func accountFor(data string, names []string) (*identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if st, err := os.Lstat(data); err == nil {
		if s := st.Sys().(*syscall.Stat_t); s.Uid != 0 {
			return &identity{name: strconv.Itoa(int(s.Uid)), uid: s.Uid, gid: s.Gid}, nil
		}
	}
	for _, n := range names {
		u, err := user.Lookup(n)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil || uid == 0 {
			continue
		}
		return &identity{name: n, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("started as root, and none of the accounts %v exists to run the server as: add one or start as another user", names)
}

// credential is what a child of this identity is started with.
func (id *identity) credential() *syscall.Credential {
	if id == nil {
		return nil
	}
	return &syscall.Credential{Uid: id.uid, Gid: id.gid}
}

// canEnter says whether the identity may pass through dir and every folder above it. Rights that come from
// further groups or access lists are not seen; the answer is then a cautious no.
func (id *identity) canEnter(dir string) bool {
	if id == nil {
		return true
	}
	for {
		st, err := os.Stat(dir)
		if err != nil {
			return false
		}
		s, mode := st.Sys().(*syscall.Stat_t), st.Mode().Perm()
		bit := os.FileMode(0o001)
		switch {
		case s.Uid == id.uid:
			bit = 0o100
		case s.Gid == id.gid:
			bit = 0o010
		}
		if mode&bit == 0 {
			return false
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}
