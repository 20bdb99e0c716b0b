// Package storetest gives each test a migrated Postgres database of its own, and a real redis-server.
//
// The server is the one that GENDAN_TEST_DATABASE_URL names (a superuser's URL of any database on it), else one
// that the test process runs itself, in a folder below the system's temporary one that later runs use again.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lib/pq"

	"gendan/adapters/embedded"
	"gendan/crm/store"
)

// New opens a store on a fresh database; both end with t. opts change the configuration before it opens.
func New(t testing.TB, opts ...func(*store.Config)) *store.Store {
	t.Helper()
	return Open(t, Database(t), opts...)
}

// Open opens a store on a database of [Database]: a second one on the same database is a second process, as far as
// Postgres can tell. Give it the same keys with [WithKeys] if it is to read what the first one sealed.
func Open(t testing.TB, url string, opts ...func(*store.Config)) *store.Store {
	t.Helper()
	cfg := store.Config{URL: url, Keys: store.NewKeys(), MaxConns: 6}
	for _, o := range opts {
		o(&cfg)
	}
	s, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	urls.Store(s, url)
	t.Cleanup(func() {
		urls.Delete(s)
		s.Close()
	})
	return s
}

// WithKeys is an option for [New] and [Open].
func WithKeys(k *store.Keys) func(*store.Config) { return func(c *store.Config) { c.Keys = k } }

// WithClock is an option for [New] and [Open].
func WithClock(now func() time.Time) func(*store.Config) {
	return func(c *store.Config) { c.Now = now }
}

var urls sync.Map // *store.Store → string

// URL is where the database of a store opened here is, as its owner.
func URL(s *store.Store) string {
	u, _ := urls.Load(s)
	return u.(string)
}

// Owner connects to the database of s as its owner, past row-level security, to look at what is stored.
func Owner(t testing.TB, s *store.Store) *sql.DB {
	t.Helper()
	return connect(t, URL(s))
}

func connect(t testing.TB, url string) *sql.DB {
	t.Helper()
	c, err := pq.NewConnector(url)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	return db
}

// Database makes a migrated, empty database that is dropped when t ends, and returns its owner's URL.
func Database(t testing.TB) string {
	t.Helper()
	srv, err := theServer()
	if err != nil {
		t.Fatal(err)
	}
	var b [6]byte
	rand.Read(b[:])
	name := fmt.Sprintf("t_%d_%s", os.Getpid(), hex.EncodeToString(b[:]))
	if _, err := srv.db.Exec(fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, name, srv.template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := srv.db.Exec(`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	return srv.url(name)
}

// Dump is everything that the database of s holds, as text, bytes also decoded: what a thief of a backup could read.
func Dump(t testing.TB, s *store.Store) string {
	t.Helper()
	db := Owner(t, s)
	rows, err := db.Query(`
		SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range tables {
		dumpTable(t, db, table, &all)
	}
	return all.String()
}

func dumpTable(t testing.TB, db *sql.DB, table string, to *strings.Builder) {
	rows, err := db.Query(`SELECT * FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(to, "%s", table)
		for i, v := range values {
			fmt.Fprintf(to, "\t%s=%s", columns[i], v)
		}
		to.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// server is where this process's test databases live.
type server struct {
	base     *url.URL
	db       *sql.DB // on the maintenance database
	template string
}

var theServer = sync.OnceValues(func() (*server, error) {
	given := os.Getenv("GENDAN_TEST_DATABASE_URL")
	own := given == ""
	if own {
		var err error
		if given, err = startServer(); err != nil {
			return nil, fmt.Errorf("storetest: %w", err)
		}
	}
	base, err := url.Parse(given)
	if err != nil {
		return nil, fmt.Errorf("storetest: GENDAN_TEST_DATABASE_URL: %w", err)
	}
	srv := &server{base: base, template: "gendan_template_" + store.SchemaHash()}
	c, err := pq.NewConnector(srv.url("postgres"))
	if err != nil {
		return nil, fmt.Errorf("storetest: %w", err)
	}
	srv.db = sql.OpenDB(c)
	srv.db.SetMaxOpenConns(4)
	if own {
		if err := srv.sweep(); err != nil {
			return nil, fmt.Errorf("storetest: %w", err)
		}
	}
	if err := srv.makeTemplate(); err != nil {
		return nil, fmt.Errorf("storetest: %w", err)
	}
	return srv, nil
})

func (srv *server) url(database string) string {
	u := *srv.base
	u.Path = "/" + database
	return u.String()
}

// startServer runs Postgres in the first folder that no other test process uses. It ends with this process; the
// folder stays, so that the next run starts in a blink.
func startServer() (string, error) {
	for slot := range 32 {
		dir := filepath.Join(scratch(), fmt.Sprintf("gendan-test-%d", os.Getuid()), fmt.Sprint(slot))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		free, err := hold(filepath.Join(dir, "lock"))
		if err != nil {
			return "", err
		}
		if !free {
			continue
		}
		o := embedded.ForTests(dir)
		o.Throwaway = false
		o.Settings["max_wal_size"] = "512MB" // it stays on the disk between runs
		o.Settings["wal_init_zero"] = "off"  // a copy of the template writes a lot of it
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		pg, err := embedded.StartPostgres(ctx, o)
		if err != nil { // without fsync a power cut leaves ruins
			os.RemoveAll(filepath.Join(dir, "postgres"))
			pg, err = embedded.StartPostgres(ctx, o)
		}
		if err != nil {
			return "", err
		}
		return pg.URL("postgres"), nil
	}
	return "", errors.New("32 test processes at once")
}

// inMemory is a folder that Linux keeps in memory, and enoughMemory what must be free there for a machine's test servers.
const (
	inMemory     = "/dev/shm"
	enoughMemory = 6 << 30
)

// scratch is where the servers keep their data: in memory where there is plenty, for a copy of the database is made for every test, and on
// a slow disk that takes most of the time. TMPDIR decides when it is set.
func scratch() string {
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(inMemory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= enoughMemory {
		if f, err := os.CreateTemp(inMemory, "gendan-*"); err == nil {
			f.Close()
			os.Remove(f.Name())
			return inMemory
		}
	}
	return os.TempDir()
}

// hold takes a lock file until this process ends; free is false when another process holds it.
func hold(path string) (free bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return false, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return false, nil
	}
	held = append(held, f)
	return true, nil
}

var held []*os.File // keeps the collector from closing them

// sweep drops what an earlier process left on a server of our own.
func (srv *server) sweep() error {
	rows, err := srv.db.Query(`SELECT datname FROM pg_database WHERE datname ~ '^(t_|gendan_template_)' AND datname <> $1`, srv.template)
	if err != nil {
		return err
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return err
		}
		names = append(names, n)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, n := range names {
		if _, err := srv.db.Exec(`DROP DATABASE IF EXISTS ` + n + ` WITH (FORCE)`); err != nil {
			return err
		}
	}
	return nil
}

// makeTemplate migrates the database that the tests' ones are copies of, unless it is there.
func (srv *server) makeTemplate() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := srv.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(7203001)`); err != nil {
		return err
	}
	defer conn.ExecContext(context.Background(), `SELECT pg_advisory_unlock(7203001)`)
	var there bool
	if err := conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, srv.template).Scan(&there); err != nil || there {
		return err
	}
	raw := srv.template + "_raw"
	for _, q := range []string{`DROP DATABASE IF EXISTS ` + raw + ` WITH (FORCE)`, `CREATE DATABASE ` + raw + ` TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := store.Migrate(ctx, srv.url(raw), nil); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `ALTER DATABASE `+raw+` RENAME TO `+srv.template)
	return err
}
