package main

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const asynqSetters = 32 // it sets one at a time, so many do

// asynqPeer is github.com/hibiken/asynq: 64 workers, and its scheduler looks every second, as often as its whole-second
// scores make sense. What it has done is remembered in Redis's memory only.
func asynqPeer(ctx context.Context, l load, rec *recorder, _, address string) (setting time.Duration, err error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return 0, err
	}
	flush := redis.NewClient(o)
	defer flush.Close()
	if err := flush.FlushDB(ctx).Err(); err != nil {
		return 0, err
	}
	opt := asynq.RedisClientOpt{Network: o.Network, Addr: o.Addr, DB: o.DB, Password: o.Password, PoolSize: 64}
	client := asynq.NewClient(opt)
	defer client.Close()
	begun := time.Now()
	if err := asynqSet(ctx, client, l); err != nil {
		return 0, err
	}
	setting = time.Since(begun)
	server := asynq.NewServer(opt, asynq.Config{
		Concurrency: 64, DelayedTaskCheckInterval: time.Second, TaskCheckInterval: 200 * time.Millisecond,
		LogLevel: asynq.ErrorLevel, ShutdownTimeout: 3 * time.Second,
	})
	err = server.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		rec.done(l.dueOf(int(binary.BigEndian.Uint64(t.Payload()))))
		return nil
	}))
	if err != nil {
		return 0, err
	}
	defer server.Shutdown()
	return setting, rec.wait(ctx)
}

func asynqSet(ctx context.Context, client *asynq.Client, l load) error {
	var (
		group sync.WaitGroup
		first sync.Once
		bad   error
	)
	for k := range asynqSetters {
		group.Go(func() {
			for i := k; i < l.n; i += asynqSetters {
				task := asynq.NewTask("ring", binary.BigEndian.AppendUint64(nil, uint64(i)))
				if _, err := client.EnqueueContext(ctx, task, asynq.ProcessAt(l.dueOf(i)), asynq.MaxRetry(5), asynq.Timeout(10*time.Second)); err != nil {
					first.Do(func() { bad = err })
					return
				}
			}
		})
	}
	group.Wait()
	return bad
}
