package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// What a connection says first. Whoever forgets to name an actor is gendan_app without settings, and sees nothing.
const (
	// Plans are made once a connection: over partitions they cost more than they run. So one made on an empty table, which
	// reads it whole, must not outlive that: whatever has an index uses it.
	roleApp    = `SET ROLE gendan_app; SET TIME ZONE 'UTC'; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off`
	roleSystem = roleApp + `; SET gendan.scope = 'system'`
)

// most is how many prepared statements a connection keeps: more than the product has, so that only
// statements composed from a person's filters ever go without.
const mostPrepared = 500

// connector opens connections that prepare each statement once. lib/pq prepares every statement with
// arguments anew, at the price of a round trip: half of its speed.
type connector struct {
	pq     *pq.Connector
	pooled bool
	hello  string
}

func newConnector(url string) (*connector, error) {
	cfg, err := pq.NewConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	c, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	return &connector{pq: c, pooled: cfg.BinaryParameters}, nil
}

func (c *connector) open(hello string, conns int) *sqlx.DB {
	own := *c
	own.hello = hello
	if own.pooled {
		own.hello = "" // said in every transaction instead
	}
	db := sql.OpenDB(&own)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return sqlx.NewDb(db, "postgres")
}

// Connect implements [driver.Connector].
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	d, err := c.pq.Connect(ctx)
	if err != nil {
		return nil, err
	}
	cn := &conn{pqConn: d.(pqConn), pooled: c.pooled, stmts: map[string]pqStmt{}}
	if c.hello != "" {
		if _, err := cn.pqConn.ExecContext(ctx, c.hello, nil); err != nil {
			cn.Close()
			return nil, err
		}
	}
	return cn, nil
}

// Driver implements [driver.Connector].
func (c *connector) Driver() driver.Driver { return c.pq.Driver() }

// pqConn is what lib/pq's connection can do and database/sql wants to use.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type pqStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn is a connection that remembers its prepared statements. database/sql never uses one concurrently.
type conn struct {
	pqConn
	pooled bool
	stmts  map[string]pqStmt
}

// prepared is nil for a statement that runs without preparation: no arguments (the simple protocol does it
// in one round trip), a pooler (the next statement may meet another server), or a full cache.
func (c *conn) prepared(ctx context.Context, query string, args []driver.NamedValue) (pqStmt, error) {
	if len(args) == 0 || c.pooled {
		return nil, nil
	}
	if st := c.stmts[query]; st != nil {
		return st, nil
	}
	if len(c.stmts) >= mostPrepared {
		return nil, nil
	}
	st, err := c.pqConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = st.(pqStmt)
	return c.stmts[query], nil
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	st, err := c.prepared(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return c.pqConn.QueryContext(ctx, query, args)
	}
	rows, err := st.QueryContext(ctx, args)
	return rows, c.forget(query, err)
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	st, err := c.prepared(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return c.pqConn.ExecContext(ctx, query, args)
	}
	res, err := st.ExecContext(ctx, args)
	return res, c.forget(query, err)
}

// forget drops a statement that the server no longer runs as it was prepared: a migration changed a table
// beside us. The caller's retry prepares it again.
func (c *conn) forget(query string, err error) error {
	if err != nil && stalePlan(err) {
		delete(c.stmts, query) // not closed: the transaction has failed, and the name is never used again
	}
	return err
}

func stalePlan(err error) bool {
	var e *pq.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == "26000" || e.Code == "0A000" && strings.Contains(e.Message, "cached plan")
}

// querier is a connection or a pool, whichever a statement runs on.
type querier interface {
	sqlx.QueryerContext
	sqlx.ExecerContext
}

// system runs statements as the service itself. fn must be safe to repeat: it is run again when the
// connection broke, whether or not its last statement took effect.
func (s *Store) system(ctx context.Context, fn func(ctx context.Context, q querier) error) error {
	return retry(ctx, func() error {
		if !s.pooled {
			return fn(ctx, s.sys)
		}
		tx, err := s.sys.BeginTxx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.ExecContext(ctx, `SET LOCAL ROLE gendan_app; SET LOCAL gendan.scope = 'system'; SET LOCAL enable_seqscan = off`); err != nil {
			return err
		}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}
