package embedded

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestAFullDiskIsNamed: a disk with no room for a cluster is one sentence to the operator, leaves nothing half made, and a later
// start with room works.
func TestAFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "gendan-full")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=20m,mode=0711"); err != nil {
		p := &place{state: dir} // not allowed to mount: what a server says when its disk is full
		if err := p.roomFor(errors.New("initdb: exit status 1: could not write to file: No space left on device")); !errors.Is(err, ErrNoRoom) {
			t.Error(err)
		}
		if err := p.roomFor(errors.New("initdb: exit status 1: no such locale")); errors.Is(err, ErrNoRoom) {
			t.Error(err)
		}
		return
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	o := ForTests(dir)
	_, err = StartPostgres(t.Context(), o)
	if !errors.Is(err, ErrNoRoom) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 250 {
		t.Fatalf("the operator reads: %v", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=300m,mode=0711"); err != nil {
		t.Fatal(err)
	}
	pg, err := StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	pg.Stop(t.Context())
}
