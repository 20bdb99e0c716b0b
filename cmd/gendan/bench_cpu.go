package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// cpu is processor time spent. On a machine that others use it says more than the clock does.
type cpu struct {
	own      time.Duration // this process: people, platform and product
	postgres time.Duration // the server's processes; 0 where the machine does not tell
}

func (c cpu) since(before cpu) cpu { return cpu{c.own - before.own, c.postgres - before.postgres} }

// spent is the processor time so far.
func (b *bench) spent() cpu {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return cpu{}
	}
	return cpu{own: time.Duration(u.Utime.Nano() + u.Stime.Nano()), postgres: b.postgresSpent()}
}

// ticks is how many of /proc's units make a second: fixed in Linux's interface.
const ticks = 100

// postgresSpent adds up the server's processes, living and ended.
func (b *bench) postgresSpent() (sum time.Duration) {
	file, err := os.ReadFile(filepath.Join(b.pg.Folder(), "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	head, _, _ := bytes.Cut(file, []byte("\n"))
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, ok := bytes.Cut(stat, []byte(") "))
		fields := bytes.Fields(rest)
		if !ok || len(fields) < 15 {
			continue
		}
		parent := string(fields[1]) == string(head)
		master := filepath.Base(filepath.Dir(path)) == string(head)
		for i, f := range fields[11:15] { // utime, stime, and of ended children cutime, cstime
			if parent && i < 2 || master {
				n, _ := strconv.ParseInt(string(f), 10, 64)
				sum += time.Duration(n) * time.Second / ticks
			}
		}
	}
	return sum
}
