package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// yardstick is what PostgreSQL's own benchmark does on the same server: "TPC-B (sort of)", seven round trips a
// transaction, prepared.
type yardstick struct {
	Clients int     `json:"clients"`
	TPS     float64 `json:"tps"`
	MeanMS  float64 `json:"mean_ms"`
	CPU     float64 `json:"cpu_ms"` // a transaction, of pgbench itself
	PgCPU   float64 `json:"postgres_cpu_ms"`
}

func (y *yardstick) numbers() []*float64 { return []*float64{&y.TPS, &y.MeanMS, &y.CPU, &y.PgCPU} }

const pgbenchDatabase = "pgbench"

// preparePgbench makes pgbench's tables in a database of their own.
func (b *bench) preparePgbench(ctx context.Context) error {
	db, err := b.owner("postgres")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+pgbenchDatabase); err != nil {
		return err
	}
	_, _, err = b.pgbench(ctx, "-i", "-q", "-s", strconv.Itoa(b.scale))
	return err
}

var (
	pgbenchTPS  = regexp.MustCompile(`tps = ([0-9.]+)`)
	pgbenchDone = regexp.MustCompile(`actually processed: ([0-9]+)`)
	pgbenchMean = regexp.MustCompile(`latency average = ([0-9.]+) ms`)
)

// runPgbench measures once with that many clients.
func (b *bench) runPgbench(ctx context.Context, clients int) (y yardstick, err error) {
	before := b.postgresSpent()
	out, own, err := b.pgbench(ctx, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(2, clients)),
		"-T", strconv.Itoa(max(1, int(b.seconds.Seconds()))))
	if err != nil {
		return y, err
	}
	server := b.postgresSpent() - before
	tps, mean := pgbenchTPS.FindStringSubmatch(out), pgbenchMean.FindStringSubmatch(out)
	done := pgbenchDone.FindStringSubmatch(out)
	if tps == nil || mean == nil || done == nil {
		return y, fmt.Errorf("pgbench said %q", out)
	}
	y.Clients = clients
	y.TPS, _ = strconv.ParseFloat(tps[1], 64)
	y.MeanMS, _ = strconv.ParseFloat(mean[1], 64)
	n, _ := strconv.ParseFloat(done[1], 64)
	y.CPU, y.PgCPU = own.Seconds()*1000/n, server.Seconds()*1000/n
	b.say("pgbench %d clients: %.0f transactions/s, mean %.2f ms; processor a transaction: %.2f ms and %.2f ms in Postgres", clients, y.TPS, y.MeanMS, y.CPU, y.PgCPU)
	return y, nil
}

// pgbench runs it and tells what it said and what processor time it took.
func (b *bench) pgbench(ctx context.Context, args ...string) (said string, own time.Duration, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.pg.BinFolder(), "pgbench"), append(args, b.pg.URL(pgbenchDatabase))...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", 0, fmt.Errorf("pgbench: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return string(out), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
