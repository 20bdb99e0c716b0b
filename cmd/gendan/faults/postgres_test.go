package faults

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postmaster is the process id of gendan's private Postgres, 0 while there is none.
func (h *house) postmaster() int {
	b, err := os.ReadFile(filepath.Join(h.set["GENDAN_DATA_DIR"], "postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	return pid
}

// TestPostgresRestart takes gendan's private Postgres away under load, twice by kill -9 and twice by an orderly
// restart, and once both at a stroke. The service resumes by itself, and what was said meanwhile is answered.
func TestPostgresRestart(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(12, bot, app, ding), private: true, repush: 2 * time.Second})
	c := h.serve()
	t.Logf("first start, with a new cluster: %s", c.took)
	h.hire()
	h.connected(c, 20*time.Second)
	h.opening()
	crowd := h.hurry(1)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGKILL, syscall.SIGINT} {
		time.Sleep(1500 * time.Millisecond)
		old := h.postmaster()
		if old == 0 {
			t.Fatal("no postmaster.pid")
		}
		if err := syscall.Kill(old, sig); err != nil {
			t.Fatal(err)
		}
		took := until(t, "Postgres is back", 30*time.Second, func() bool {
			pid := h.postmaster()
			return pid != 0 && pid != old && h.count(`SELECT 1`) == 1
		})
		t.Logf("%s of Postgres: back after %s", sig, took.Round(time.Millisecond))
	}
	select {
	case <-c.ended:
		t.Fatal("gendan did not survive its Postgres")
	default:
	}
	time.Sleep(time.Second)
	c.kill() // and its servers with it
	c = h.serve()
	t.Logf("start after kill -9 of gendan with its servers: %s", c.took)
	h.connected(c, 20*time.Second)
	time.Sleep(time.Second)
	orders := crowd.stop()
	r := h.settle(orders, 75*time.Second)
	r.log(t)
	if r.most > 2 {
		t.Errorf("%d answers to one message", r.most)
	}
	if len(r.doubled) > 10 {
		t.Errorf("%d answers came twice", len(r.doubled))
	}
	for _, o := range r.doubled {
		if o.who.door != ding {
			t.Errorf("%s: %q was answered twice", o.who.door, o.text)
		}
	}
}
