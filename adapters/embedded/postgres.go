package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lib/pq"
	"go.uber.org/zap"
)

const (
	// Role is the superuser that owns the databases of an embedded Postgres. The application's own role, which
	// owns nothing, is the store's affair.
	Role = "gendan"
	// Database is the database that exists from the first start on.
	Database = "gendan"

	port = "5432" // only part of the socket's name; said everywhere, or PGPORT would have a say
)

// Postgres is a private PostgreSQL server: our child, or, after [AttachPostgres], perhaps another process's.
type Postgres struct {
	place  *place
	socket string // folder
	bin    string // folder; "" when attached
	sup    *supervisor
	lock   *os.File // ownership, or the shared users' lock when attached
	kind   string   // service, command, or "" when attached
	once   sync.Once
	thrown bool
}

// settings suit chat turns: many short transactions on one machine that other programs share. An operator's
// ALTER SYSTEM outranks them.
func postgresSettings() map[string]string {
	return map[string]string{
		"max_connections":              "100",
		"shared_buffers":               "256MB",
		"effective_cache_size":         "1GB",
		"work_mem":                     "8MB",
		"maintenance_work_mem":         "128MB",
		"random_page_cost":             "1.1", // an SSD
		"jit":                          "off", // costs more than a short statement
		"wal_buffers":                  "16MB",
		"min_wal_size":                 "256MB",
		"max_wal_size":                 "2GB", // few checkpoints: after each one every touched page is logged whole
		"checkpoint_timeout":           "15min",
		"checkpoint_completion_target": "0.9",
		"autovacuum_naptime":           "20s", // the outbox and the timers turn over fast
		"timezone":                     "UTC",
		"log_timezone":                 "UTC",
		"log_line_prefix":              "%m [%p] ",
		"log_checkpoints":              "off",
		// What customers wrote is in statements, details and contexts of errors: it stays out of the log.
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		// This is what makes the server private. It listens on the socket in our folder and nowhere else.
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_permissions": "0700",
	}
}

// StartPostgres runs the data folder's cluster for a service, and makes it first where there is none. It
// returns when the server accepts connections; after a crash that includes recovery. From then on, a server
// that dies is started again. It fails with [ErrNoPostgres] or [ErrInUse].
func StartPostgres(ctx context.Context, o Options) (*Postgres, error) {
	p, err := newPlace(o, "postgres")
	if err != nil {
		return nil, err
	}
	lock, err := ownForService(ctx, p.base)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return startPostgres(ctx, o, p, lock, service)
}

// AttachPostgres is for commands: it uses the server that another process runs on the same data folder, or
// runs it itself until Stop. It needs the same account as that process.
func AttachPostgres(ctx context.Context, o Options) (*Postgres, error) {
	p, err := newPlace(o, "postgres")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	pg := &Postgres{place: p}
	using, owning, err := join(ctx, p.base, func() bool {
		if p.find() != nil {
			return false
		}
		file, err := readPidFile(p.data())
		if err != nil || !file.ready {
			return false
		}
		pg.socket = file.socket
		return pg.ping(ctx) == nil
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if using != nil {
		pg.lock = using
		return pg, nil
	}
	return startPostgres(ctx, o, p, owning, command)
}

func startPostgres(ctx context.Context, o Options, p *place, lock *os.File, kind string) (_ *Postgres, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("postgres: %w", p.roomFor(err))
			lock.Close()
		}
	}()
	begun, log := time.Now(), o.log("postgres")
	if err := p.settle(o.away, "postgres", "nobody"); err != nil {
		return nil, err
	}
	pg := &Postgres{place: p, lock: lock, kind: kind, thrown: o.Throwaway}
	if pg.socket, err = p.socketDir(".s.PGSQL.5432.lock"); err != nil {
		return nil, err
	}
	if pg.bin, err = postgresBin(p.data()); err != nil {
		return nil, err
	}
	fresh, err := ensureCluster(ctx, p, pg.bin, o.Throwaway)
	if err != nil {
		return nil, err
	}
	if err := pg.writeConfig(o.Settings); err != nil {
		return nil, err
	}
	pg.sup = &supervisor{
		log:   log,
		begin: pg.begin,
		ready: pg.ready,
		why:   func() string { return tail(p.logFile()) },
		room:  p.roomFor,
		stops: []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL}, // fast, immediate, none
	}
	if err := pg.sup.start(ctx); err != nil {
		return nil, err
	}
	if err := pg.ensureDatabase(ctx); err != nil {
		pg.Stop(ctx)
		return nil, err
	}
	log.Info("postgres ready", zap.String("folder", p.state), zap.String("socket", pg.socket),
		zap.Bool("new", fresh), zap.Duration("after", time.Since(begun)))
	return pg, nil
}

// writeConfig writes the configuration beside the data folder, where the server's account cannot change it
// and where nothing of the cluster's own is overwritten.
func (pg *Postgres) writeConfig(more map[string]string) error {
	all := postgresSettings()
	maps.Copy(all, more)
	all["unix_socket_directories"] = pg.socket
	var b strings.Builder
	b.WriteString("# Written by gendan at every start. Change a setting with ALTER SYSTEM, which outranks this file.\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	return replaceFile(pg.config(), b.String())
}

func (pg *Postgres) config() string { return filepath.Join(pg.place.state, "postgresql.conf") }

// begin clears away what a killed server left behind, and forks a new one.
func (pg *Postgres) begin(ctx context.Context) (*proc, error) {
	data := pg.place.data()
	if err := clearStale(ctx, data, pg.socket); err != nil {
		return nil, err
	}
	out, err := pg.place.openLog()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(filepath.Join(pg.bin, "postgres"), "-D", data, "-c", "config_file="+pg.config())
	cmd.SysProcAttr = childAttr(pg.place.as, syscall.SIGINT) // our end is a fast, clean shutdown
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environ(), "/", out, out
	return fork(cmd)
}

// ready waits until the server's own pid file says that it accepts connections. Asking by connecting instead
// would write a line into its log for every try, for as long as recovery lasts.
func (pg *Postgres) ready(ctx context.Context, p *proc) error {
	said := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		if time.Since(said) > 10*time.Second { // after a crash in the midst of much work it may take a while
			said = time.Now()
			pg.sup.log.Info("postgres is still recovering", zap.String("see", pg.place.logFile()))
		}
		file, err := readPidFile(pg.place.data())
		if err == nil && file.pid == p.pid() && file.ready {
			return pg.ping(ctx)
		}
		select {
		case <-p.done:
			return fmt.Errorf("server ended at its start: %w", p.err)
		case <-ctx.Done():
			return fmt.Errorf("server not ready: %w", ctx.Err())
		case <-time.After(wait):
		}
	}
}

// ping opens a connection and asks nothing of it.
func (pg *Postgres) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := sql.Open("postgres", pg.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

func (pg *Postgres) ensureDatabase(ctx context.Context) error {
	db, err := sql.Open("postgres", pg.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	var found bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, Database).Scan(&found); err != nil {
		return fmt.Errorf("look for database %s: %w", Database, err)
	}
	if found {
		return nil
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(Database)); err != nil {
		return fmt.Errorf("create database %s: %w", Database, err)
	}
	return nil
}

// URL is the address of a database as [Role], in the form of DATABASE_URL.
func (pg *Postgres) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(Role), Path: "/" + database}
	u.RawQuery = url.Values{"host": {pg.socket}, "port": {port}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// Folder is where the cluster lives.
func (pg *Postgres) Folder() string { return pg.place.state }

// Attached says that the server is another process's.
func (pg *Postgres) Attached() bool { return pg.kind == "" }

// BinFolder is where the PostgreSQL programs of the server's version are; "" when attached.
func (pg *Postgres) BinFolder() string { return pg.bin }

// Stop ends the server, cleanly within ctx, else at once; a later start then recovers. After AttachPostgres
// it leaves another process's server alone, and waits within ctx for commands that use ours. Further calls
// do nothing.
func (pg *Postgres) Stop(ctx context.Context) {
	pg.once.Do(func() {
		defer pg.lock.Close()
		if pg.Attached() {
			return
		}
		if pg.kind == command {
			if users, err := lockUsers(ctx, pg.place.base, syscall.LOCK_EX); err == nil {
				defer users.Close()
			}
		}
		pg.sup.stop(ctx)
		if pg.thrown {
			if err := pg.place.discard(); err != nil {
				pg.sup.log.Warn("throwaway cluster not deleted", zap.Error(err))
			}
		}
	})
}
