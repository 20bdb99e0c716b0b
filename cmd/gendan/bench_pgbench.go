package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// yardstick is what PostgreSQL's own benchmark does on the same server: "TPC-B (sort of)", seven round trips a
// transaction, prepared.
type yardstick struct {
	Clients int     `json:"clients"`
	TPS     float64 `json:"tps"`
	MeanMS  float64 `json:"mean_ms"`
}

func (y *yardstick) numbers() []*float64 { return []*float64{&y.TPS, &y.MeanMS} }

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
	_, err = b.pgbench(ctx, "-i", "-q", "-s", strconv.Itoa(b.scale))
	return err
}

var (
	pgbenchTPS  = regexp.MustCompile(`tps = ([0-9.]+)`)
	pgbenchMean = regexp.MustCompile(`latency average = ([0-9.]+) ms`)
)

// runPgbench measures once with that many clients.
func (b *bench) runPgbench(ctx context.Context, clients int) (y yardstick, err error) {
	out, err := b.pgbench(ctx, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(2, clients)),
		"-T", strconv.Itoa(max(1, int(b.seconds.Seconds()))))
	if err != nil {
		return y, err
	}
	tps, mean := pgbenchTPS.FindStringSubmatch(out), pgbenchMean.FindStringSubmatch(out)
	if tps == nil || mean == nil {
		return y, fmt.Errorf("pgbench said %q", out)
	}
	y.Clients = clients
	y.TPS, _ = strconv.ParseFloat(tps[1], 64)
	y.MeanMS, _ = strconv.ParseFloat(mean[1], 64)
	b.say("pgbench %d clients: %.0f transactions/s, mean %.2f ms", clients, y.TPS, y.MeanMS)
	return y, nil
}

func (b *bench) pgbench(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.pg.BinFolder(), "pgbench"), append(args, b.pg.URL(pgbenchDatabase))...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pgbench: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}
