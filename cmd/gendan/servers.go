package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"gendan/adapters/embedded"
	"gendan/crm/store"
)

const stopWait = 10 * time.Second // for private servers to end cleanly

// servers are Postgres and Redis, private or not, and the store on top.
type servers struct {
	databaseURL string
	redis       redis.UniversalClient // nil: Postgres does Redis's work
	store       *store.Store
	where       []string // a line each, for the log: where everything is
	stop        []func()
}

// open starts or finds the servers and opens the store. A command that works beside a running serve
// passes attach and shares its servers.
func open(ctx context.Context, s settings, log *zap.Logger, now func() time.Time, attach bool) (_ *servers, err error) {
	sv := &servers{databaseURL: s.DatabaseURL}
	defer func() {
		if err != nil {
			sv.close()
		}
	}()
	if err := os.MkdirAll(s.DataDir, 0o711); err != nil {
		return nil, fmt.Errorf("GENDAN_DATA_DIR: %w", err)
	}
	keys, err := store.LoadOrCreateKeyFile(s.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("GENDAN_KEY_FILE: %w", err)
	}
	if err := sv.openPostgres(ctx, s, log, attach); err != nil {
		return nil, err
	}
	if err := sv.openRedis(ctx, s, log, attach); err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx, sv.databaseURL, log); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	sv.store, err = store.Open(ctx, store.Config{URL: sv.databaseURL, ReplicaURL: s.ReplicaURL, Keys: keys, Log: log, Now: now, Zone: s.Zone})
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	sv.stop = append(sv.stop, func() { _ = sv.store.Close() })
	return sv, nil
}

func (sv *servers) openPostgres(ctx context.Context, s settings, log *zap.Logger, attach bool) error {
	if s.DatabaseURL != "" {
		sv.where = append(sv.where, "postgres: DATABASE_URL")
		return nil
	}
	start := embedded.StartPostgres
	if attach {
		start = embedded.AttachPostgres
	}
	pg, err := start(ctx, embedded.Options{Dir: s.DataDir, Log: log})
	if err != nil {
		return err
	}
	sv.stop = append(sv.stop, func() { ending(pg.Stop) })
	sv.databaseURL = pg.URL(embedded.Database)
	sv.where = append(sv.where, "postgres: private, in "+pg.Folder())
	return nil
}

func (sv *servers) openRedis(ctx context.Context, s settings, log *zap.Logger, attach bool) error {
	url := s.RedisURL
	switch {
	case url != "":
		sv.where = append(sv.where, "redis: REDIS_URL")
	default:
		start := embedded.StartRedis
		if attach {
			start = embedded.AttachRedis
		}
		r, err := start(ctx, embedded.Options{Dir: s.DataDir, Log: log})
		if errors.Is(err, embedded.ErrNoRedis) {
			sv.where = append(sv.where, "redis: none found; timers run on Postgres alone, limits within this process")
			return nil
		}
		if err != nil {
			return err
		}
		sv.stop = append(sv.stop, func() { ending(r.Stop) })
		url = r.URL()
		sv.where = append(sv.where, "redis: private, "+url)
	}
	client, err := redisURL(url)
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	sv.redis = client
	sv.stop = append(sv.stop, func() { _ = client.Close() })
	return nil
}

// close ends everything in the opposite order.
func (sv *servers) close() {
	for i := len(sv.stop) - 1; i >= 0; i-- {
		sv.stop[i]()
	}
	sv.stop = nil
}

func ending(stop func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	stop(ctx)
}

// logger writes to standard error: one JSON line an event, or plain lines on a terminal's demo.
func logger(level zapcore.Level) (*zap.Logger, error) {
	c := zap.NewProductionConfig()
	c.Level = zap.NewAtomicLevelAt(level)
	c.EncoderConfig.EncodeTime = zapcore.RFC3339TimeEncoder
	c.Sampling = nil
	c.DisableStacktrace = true
	c.OutputPaths, c.ErrorOutputPaths = []string{"stderr"}, []string{"stderr"}
	return c.Build()
}
