package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type ring struct {
	Number int `json:"number"`
}

// Kind implements [river.JobArgs].
func (ring) Kind() string { return "ring" }

type ringer struct {
	river.WorkerDefaults[ring]
	load load
	rec  *recorder
}

// Work implements [river.Worker].
func (w *ringer) Work(_ context.Context, j *river.Job[ring]) error {
	w.rec.done(w.load.dueOf(j.Args.Number))
	return nil
}

// riverPeer is github.com/riverqueue/river: 1000 workers (2000 for a burst), jobs fetched as often as it can, set by COPY
// in batches of 10,000. What it has done it records in Postgres, in batches.
func riverPeer(ctx context.Context, l load, rec *recorder, address, _ string) (setting time.Duration, err error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		return 0, err
	}
	cfg.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	schema, err := rivermigrate.New(driver, nil)
	if err != nil {
		return 0, err
	}
	if _, err := schema.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return 0, err
	}
	if _, err := pool.Exec(ctx, `TRUNCATE river_job, river_leader`); err != nil {
		return 0, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &ringer{load: l, rec: rec})
	most := 1000
	if l.window == 0 {
		most = 2000
	}
	client, err := river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: most}}, Workers: workers,
		FetchCooldown: time.Millisecond, FetchPollInterval: 50 * time.Millisecond, JobTimeout: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	for at := 0; at < l.n; at += 10_000 {
		var jobs []river.InsertManyParams
		for i := at; i < min(l.n, at+10_000); i++ {
			jobs = append(jobs, river.InsertManyParams{Args: ring{i}, InsertOpts: &river.InsertOpts{ScheduledAt: l.dueOf(i)}})
		}
		if _, err := client.InsertManyFast(ctx, jobs); err != nil {
			return 0, err
		}
	}
	setting = time.Since(begun)
	if err := client.Start(ctx); err != nil {
		return 0, err
	}
	if err := rec.wait(ctx); err != nil {
		return 0, err
	}
	end, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return setting, client.Stop(end)
}
