package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"gendan/adapters/embedded"
	"gendan/bot/timer"
	"gendan/crm/store"
)

// timerFigure is one measurement of timers. It is also what a peer's program prints.
type timerFigure struct {
	Who     string  `json:"who"`  // "gendan", "gendan without redis", "asynq", "river"
	Mode    string  `json:"mode"` // "burst": all due at one instant; "spread": evenly over a while
	N       int     `json:"n"`
	Set     float64 `json:"set_per_s"`   // how fast they were set
	Drain   float64 `json:"drain_per_s"` // burst: all of them, from the instant they were due to the last one done
	P50     float64 `json:"late_p50_ms"`
	P99     float64 `json:"late_p99_ms"`
	Max     float64 `json:"late_max_ms"`
	Early   float64 `json:"early"`
	EarlyBy float64 `json:"early_by_ms,omitempty"` // the earliest
}

func (f *timerFigure) numbers() []*float64 {
	return []*float64{&f.Set, &f.Drain, &f.P50, &f.P99, &f.Max, &f.Early, &f.EarlyBy}
}

const (
	burstLead  = 10 * time.Second // for setting them all before they are due
	spreadLead = 5 * time.Second
	peersDB    = "peers"
)

// benchTimers measures the alarm clock: timers in Postgres to rows in the outbox. What counts is when that was committed, by
// Postgres's own record. In turn with it run the peers, whose handlers do nothing, on the same Postgres and the same Redis.
func benchTimers(ctx context.Context, b *bench) (any, error) {
	st, err := b.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	db, err := b.owner(embedded.Database)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if b.peers != "" {
		if _, err := db.ExecContext(ctx, "CREATE DATABASE "+peersDB); err != nil {
			return nil, err
		}
	}
	var order []string
	rounds := map[string][]timerFigure{}
	for round := range b.rounds {
		for _, mode := range []string{"burst", "spread"} {
			b.say("round %d of %d: %s", round+1, b.rounds, mode)
			figures, err := b.timerRound(ctx, st, db, mode)
			if err != nil {
				return nil, err
			}
			for _, f := range figures {
				key := f.Mode + " " + f.Who
				if rounds[key] == nil {
					order = append(order, key)
				}
				rounds[key] = append(rounds[key], f)
			}
		}
	}
	var all []timerFigure
	for _, key := range order {
		all = append(all, medians(rounds[key], (*timerFigure).numbers))
	}
	return all, nil
}

// timerRound measures everybody once, one after another.
func (b *bench) timerRound(ctx context.Context, st *store.Store, db *sql.DB, mode string) (all []timerFigure, err error) {
	type side func() (timerFigure, error)
	var sides []side
	if b.redis != nil {
		sides = append(sides, func() (timerFigure, error) { return b.ring(ctx, st, db, b.redis, mode) })
	}
	sides = append(sides, func() (timerFigure, error) { return b.ring(ctx, st, db, nil, mode) })
	for _, peer := range []string{"asynq", "river"} {
		if b.peers != "" && (peer != "asynq" || b.redis != nil) {
			sides = append(sides, func() (timerFigure, error) { return b.peer(ctx, peer, mode) })
		}
	}
	for _, s := range sides {
		if err := b.tidy(ctx); err != nil { // or the next one pays for the rows that the last one left dead
			return nil, err
		}
		f, err := s()
		if err != nil {
			return nil, err
		}
		if mode == "burst" {
			b.say("%s: %d set at %.0f/s, drained at %.0f/s, late p50 %.1f ms, p99 %.1f ms, early %.0f", f.Who, f.N, f.Set, f.Drain, f.P50, f.P99, f.Early)
		} else {
			b.say("%s: %d over %s, late p50 %.2f ms, p99 %.2f ms, max %.2f ms, early %.0f (by up to %.0f ms)", f.Who, f.N, b.window, f.P50, f.P99, f.Max, f.Early, f.EarlyBy)
		}
		all = append(all, f)
	}
	return all, nil
}

// tidy cleans up behind whoever ran last.
func (b *bench) tidy(ctx context.Context) error {
	databases := []string{embedded.Database}
	if b.peers != "" {
		databases = append(databases, peersDB)
	}
	return b.vacuum(ctx, databases...)
}

// plan is how many timers are set in a mode, how far ahead the first is due, and over what while.
func (b *bench) plan(mode string) (n int, lead, window time.Duration) {
	if mode == "burst" {
		return b.timers, burstLead, 0
	}
	return int(20_000 * b.window.Minutes()), spreadLead, b.window
}

// ring sets timers, lets the alarm clock ring them, and reads from Postgres when each was committed.
func (b *bench) ring(ctx context.Context, st *store.Store, db *sql.DB, r redis.UniversalClient, mode string) (f timerFigure, err error) {
	n, lead, window := b.plan(mode)
	f = timerFigure{Who: "gendan", Mode: mode, N: n}
	if r == nil {
		f.Who = "gendan without redis"
	} else if err := r.FlushDB(ctx).Err(); err != nil {
		return f, err
	}
	if _, err := db.ExecContext(ctx, `TRUNCATE timers, outbox, outbox_keys`); err != nil {
		return f, err
	}
	alarm := timer.New(st, r, time.Now, b.log.Named("timer"))
	running, stop := context.WithCancel(ctx)
	defer stop()
	g, running := errgroup.WithContext(running)
	g.Go(func() error { return alarm.Run(running) })
	due := time.Now().Add(lead).Truncate(time.Second).Add(time.Second)
	begun := time.Now()
	if err := b.setTimers(ctx, st, n, due, window); err != nil {
		return f, err
	}
	f.Set = float64(n) / time.Since(begun).Seconds()
	if time.Now().After(due) {
		return f, fmt.Errorf("setting %d timers took longer than %s: give --timers fewer", n, lead)
	}
	for {
		if time.Since(due) > window+2*patience {
			return f, errors.New("the timers do not end")
		}
		time.Sleep(50 * time.Millisecond)
		if time.Now().Before(due.Add(window)) {
			continue
		}
		if _, more, err := st.NextDue(ctx); err != nil {
			return f, err
		} else if !more {
			break
		}
	}
	stop()
	if err := g.Wait(); err != nil {
		return f, err
	}
	return f, lateness(ctx, db, &f, due)
}

// setTimers sets n timers that are due evenly over window from due on, many at a time, as an import or a campaign would.
func (b *bench) setTimers(ctx context.Context, st *store.Store, n int, due time.Time, window time.Duration) error {
	const chunk = 5000
	run := strconv.FormatInt(due.UnixNano(), 36)
	for at := 0; at < n; at += chunk {
		rows := make([]store.TimerRow, 0, chunk)
		for i := at; i < min(n, at+chunk); i++ {
			rows = append(rows, store.TimerRow{
				Kind: "reminder", Subject: int64(i), Due: due.Add(time.Duration(float64(window) * float64(i) / float64(n))),
				Dedupe: run + ":" + strconv.Itoa(i), Surface: "bench", Peer: "bench:rep" + strconv.Itoa(i%500),
			})
		}
		if err := st.SetTimers(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// lateness reads how late each timer's outbox row was committed, and that there is one for each.
func lateness(ctx context.Context, db *sql.DB, f *timerFigure, due time.Time) error {
	rows, err := db.QueryContext(ctx, `
		SELECT extract(epoch FROM pg_xact_commit_timestamp(o.xmin) - t.due)::float8, extract(epoch FROM pg_xact_commit_timestamp(o.xmin))::float8
		FROM outbox o JOIN timers t ON o.key = 'timer:' || t.dedupe`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var late times
	last := 0.0
	for rows.Next() {
		var by, at float64
		if err := rows.Scan(&by, &at); err != nil {
			return err
		}
		late = append(late, time.Duration(by*float64(time.Second)))
		last = max(last, at)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(late) != f.N {
		return fmt.Errorf("%d timers made %d outbox rows", f.N, len(late))
	}
	f.Drain = float64(f.N) / (last - float64(due.UnixMicro())/1e6)
	f.P50, f.P99, f.Max = late.at(.5), late.at(.99), late.at(1)
	if early := slices.IndexFunc(late, func(d time.Duration) bool { return d >= 0 }); early != 0 { // sorted by now
		if early < 0 {
			early = len(late)
		}
		f.Early, f.EarlyBy = float64(early), -ms(late[0])
	}
	return nil
}

// peer runs another scheduler on the same servers. Its last line is its figures.
func (b *bench) peer(ctx context.Context, peer, mode string) (f timerFigure, err error) {
	n, lead, window := b.plan(mode)
	ctx, cancel := context.WithTimeout(ctx, lead+window+5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.peers, "-peer", peer, "-n", strconv.Itoa(n), "-lead", lead.String(), "-window", window.String(),
		"-database", b.pg.URL(peersDB), "-redis", b.redisURL)
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
		}
		return f, fmt.Errorf("%s: %w", peer, err)
	}
	var last []byte
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		last = slices.Clone(lines.Bytes())
	}
	if err := json.Unmarshal(last, &f); err != nil {
		return f, fmt.Errorf("%s: %w", peer, err)
	}
	return f, nil
}
