package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"gendan/adapters/embedded"
	"gendan/crm/store"
)

// benches are the load generators, by name.
var benches = map[string]func(ctx context.Context, b *bench) (any, error){
	"chat":     benchChat,
	"callback": benchCallback,
	"timers":   benchTimers,
	"tickets":  benchTickets,
	"segments": benchSegments,
	"sends":    benchSends,
}

// bench is one run of a load generator: private servers of its own, with the settings that a private
// service has, and what the flags say.
type bench struct {
	streams
	name      string
	dir       string
	rounds    int
	seconds   time.Duration
	people    []int
	scale     int
	timers    int
	window    time.Duration
	rate      float64
	minute    time.Duration
	customers int
	sends     int
	peers     string
	profile   string
	pg        *embedded.Postgres
	redisURL  string
	redis     redis.UniversalClient
	log       *zap.Logger
	keys      *store.Keys
}

func benchCommand(ctx context.Context, args []string, s streams) int {
	b := &bench{streams: s}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(s.err)
	people := flags.String("people", "1,50,500", "chat: how many people write at once, one run each")
	flags.StringVar(&b.dir, "dir", "data/bench", "folder for the private servers, deleted at the end; it should lie on the disk that matters")
	flags.IntVar(&b.rounds, "rounds", 3, "each side has so many turns; medians count")
	flags.DurationVar(&b.seconds, "time", 8*time.Second, "length of one measurement")
	flags.IntVar(&b.scale, "scale", 20, "chat: scale of pgbench's tables")
	flags.IntVar(&b.timers, "timers", 100_000, "timers: how many are due at one instant")
	flags.DurationVar(&b.window, "window", 20*time.Second, "timers: over which as many as 20,000 a minute are spread")
	flags.Float64Var(&b.rate, "rate", 200, "tickets: complaints a second")
	flags.DurationVar(&b.minute, "for", time.Minute, "tickets: how long")
	flags.IntVar(&b.customers, "customers", 1_000_000, "segments: how many customers, of ten orders each; a million take 7 GB")
	flags.IntVar(&b.sends, "sends", 100_000, "sends: how many personal messages are due at one instant")
	flags.StringVar(&b.peers, "peers", "", "timers: the program made from bot/timer/peers, to run beside")
	flags.StringVar(&b.profile, "profile", "", "folder for cpu.prof and statements.txt; costs some speed")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "gendan bench chat|callback|timers|tickets|segments|sends measures the product on this machine, on private servers of its own.\nThe last line of the output is the summary, as JSON.\ngendan bench update OUTPUT DOCUMENT writes the summaries found in a file into a document's tables.\n\nExample:\n  gendan bench chat --people 1,50 --rounds 1\n\nFlags:")
		flags.PrintDefaults()
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		b.name, args = args[0], args[1:]
	}
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	for _, n := range strings.Split(*people, ",") {
		count, err := strconv.Atoi(n)
		if err != nil || count < 1 || count > 2000 {
			return fail(s, fmt.Errorf("--people: %q is not a number from 1 to 2000", n))
		}
		b.people = append(b.people, count)
	}
	if b.name == "update" && flags.NArg() == 2 {
		if err := updateFigures(flags.Arg(0), flags.Arg(1)); err != nil {
			return fail(s, err)
		}
		return 0
	}
	run := benches[b.name]
	if run == nil || flags.NArg() > 0 || b.rounds < 1 {
		flags.Usage()
		return 2
	}
	easeCollector() // as the service does
	if err := b.run(ctx, run); err != nil {
		return fail(s, err)
	}
	return 0
}

// run starts the servers, runs the load and prints the summary.
func (b *bench) run(ctx context.Context, run func(context.Context, *bench) (any, error)) (err error) {
	if b.log, err = logger(zapcore.ErrorLevel); err != nil {
		return err
	}
	dir, err := filepath.Abs(b.dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	more := map[string]string{"track_commit_timestamp": "on"} // tells to the microsecond when a timer had rung
	if b.profile != "" {
		more["shared_preload_libraries"] = "pg_stat_statements"
		more["pg_stat_statements.track_planning"] = "on"
	}
	if b.pg, err = embedded.StartPostgres(ctx, embedded.Options{Dir: dir, Settings: more, Log: b.log}); err != nil {
		return err
	}
	defer os.RemoveAll(b.pg.Folder())
	defer ending(b.pg.Stop)
	r, err := embedded.StartRedis(ctx, embedded.Options{Dir: dir, Log: b.log, Throwaway: true})
	switch {
	case err == nil:
		defer ending(r.Stop)
		b.redisURL = r.URL()
		if b.redis, err = redisURL(b.redisURL); err != nil {
			return err
		}
		defer b.redis.Close()
	case !errors.Is(err, embedded.ErrNoRedis):
		return err
	}
	if b.keys, err = store.LoadOrCreateKeyFile(filepath.Join(dir, "master.key")); err != nil {
		return err
	}
	machine, err := b.machine(ctx)
	if err != nil {
		return err
	}
	b.say("%s; load before: %s", machine, load())
	stop, err := b.startProfile(ctx)
	if err != nil {
		return err
	}
	result, err := run(ctx, b)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	figures, err := json.Marshal(result)
	if err != nil {
		return err
	}
	line, err := json.Marshal(summary{Bench: b.name, Machine: machine, Day: today(), Rounds: b.rounds, Result: figures})
	if err != nil {
		return err
	}
	fmt.Fprintln(b.out, string(line))
	return nil
}

// say prints a line for whoever watches.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// openStore makes the schema and a store on it.
func (b *bench) openStore(ctx context.Context) (*store.Store, error) {
	url := b.pg.URL(embedded.Database)
	if err := store.Migrate(ctx, url, b.log); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return store.Open(ctx, store.Config{URL: url, Keys: b.keys, Log: b.log})
}

// owner is a plain connection as the owner of the database, for counting afterwards.
func (b *bench) owner(database string) (*sql.DB, error) {
	return sql.Open("postgres", b.pg.URL(database))
}

// machine says in a line what this was measured on.
func (b *bench) machine(ctx context.Context) (string, error) {
	db, err := b.owner(embedded.Database)
	if err != nil {
		return "", err
	}
	defer db.Close()
	var version, durability string
	err = db.QueryRowContext(ctx, `SELECT current_setting('server_version'), 'fsync ' || current_setting('fsync') || ', synchronous_commit '
		|| current_setting('synchronous_commit') || ', full_page_writes ' || current_setting('full_page_writes')
		|| ', data_checksums ' || current_setting('data_checksums')`).Scan(&version, &durability)
	if err != nil {
		return "", err
	}
	version, _, _ = strings.Cut(version, " ")
	return fmt.Sprintf("%d cores, %s/%s, %s, PostgreSQL %s (%s)", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), version, durability), nil
}

// load is the machine's load average, where it tells: what else runs there spoils the figures.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// startProfile writes what took the time, when a folder for it is given.
func (b *bench) startProfile(ctx context.Context) (stop func() error, err error) {
	if b.profile == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(b.profile, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(b.profile, "cpu.prof"))
	if err != nil {
		return nil, err
	}
	db, err := b.owner(embedded.Database)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`); err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		defer db.Close()
		return errors.Join(f.Close(), b.writeStatements(ctx, db))
	}, nil
}

// writeStatements lists the statements that took longest in all.
func (b *bench) writeStatements(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `
		SELECT format('%s ms and %s ms planning in %s calls: %s ms each, %s plans, %s rows, %s blocks, %s WAL bytes each' || E'\n%s\n',
			round(total_exec_time), round(total_plan_time), calls, round(mean_exec_time::numeric, 3), plans, rows,
			round((shared_blks_hit + shared_blks_read)::numeric / calls, 1), round(wal_bytes / calls), query)
		FROM pg_stat_statements WHERE calls > 20 ORDER BY total_exec_time + total_plan_time DESC LIMIT 40`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var text strings.Builder
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return err
		}
		text.WriteString(s + "\n")
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.profile, "statements.txt"), []byte(text.String()), 0o644)
}

// times are measured durations.
type times []time.Duration

// at is the q-quantile in milliseconds, to the hundredth.
func (t times) at(q float64) float64 {
	if len(t) == 0 {
		return 0
	}
	slices.Sort(t)
	return ms(t[min(len(t)-1, int(q*float64(len(t))))])
}

func ms(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// median is the middle value; of two middle ones the lower.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Clone(values)
	slices.Sort(v)
	return v[(len(v)-1)/2]
}

// medians merges the rounds of one measurement, number by number. The zero round gives zero.
func medians[T any](rounds []T, numbers func(*T) []*float64) (m T) {
	if len(rounds) == 0 {
		return m
	}
	m = rounds[0]
	for i, p := range numbers(&m) {
		var all []float64
		for j := range rounds {
			all = append(all, *numbers(&rounds[j])[i])
		}
		*p = median(all)
	}
	return m
}
