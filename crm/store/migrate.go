package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"go.uber.org/zap"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema of the database at url up to date, as the owner. Processes that start together
// take turns. It needs a direct connection, no transaction pooler.
func Migrate(ctx context.Context, url string, log *zap.Logger) error {
	return withProvider(url, func(db *sql.DB, p *goose.Provider) error {
		done, err := p.Up(ctx)
		if err != nil {
			return err
		}
		if log != nil && len(done) > 0 {
			log.Info("schema up to date", zap.Int("migrations", len(done)), zap.Int64("version", done[len(done)-1].Source.Version))
		}
		_, err = db.ExecContext(ctx, `SELECT gendan_ensure_partitions()`)
		return err
	})
}

// SchemaVersion tells the database's schema version and the newest that this program knows.
func SchemaVersion(ctx context.Context, url string) (current, newest int64, err error) {
	err = withProvider(url, func(_ *sql.DB, p *goose.Provider) error {
		current, newest, err = p.GetVersions(ctx)
		return err
	})
	return current, newest, err
}

func withProvider(url string, fn func(*sql.DB, *goose.Provider) error) error {
	c, err := pq.NewConnector(url)
	if err != nil {
		return fmt.Errorf("migrate: database url: %w", err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true),
		goose.WithAllowOutofOrder(true)) // numbers are handed out before the work is done: a lower one may be finished later
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := fn(db, p); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Housekeep makes the coming months' partitions and sweeps what has served its time. Run it at start and daily; after an
// error, such as that of tables which are in use, some minutes later.
func (s *Store) Housekeep(ctx context.Context) error {
	var made int
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &made, `SELECT gendan_ensure_partitions()`)
	})
	if err == nil && made < 0 {
		err = fmt.Errorf("the coming months of %d tables wait: %w", -made, errInUse)
	}
	if err = explain(err, "partitions"); err != nil && !errors.Is(err, errInUse) {
		return err
	}
	return errors.Join(err, s.Sweep(ctx))
}

// errInUse is met when somebody, such as a backup, reads a table that is to be changed.
var errInUse = errors.New("in use")

// SchemaHash names the set of migrations in this program, for caches of migrated databases.
func SchemaHash() string {
	h := sha256.New()
	// Walking an embedded file system goes by name and cannot fail.
	_ = fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := migrations.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n", path, len(b))
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:8])
}
