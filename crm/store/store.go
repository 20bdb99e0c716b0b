// Package store is Postgres: the truth of everything. One topic a file, the SQL beside the Go that runs it.
//
// Everything a person causes runs in a transaction as that person ([Store.As]), under row-level security.
// What the service itself does (hear, send, ring) runs as [crm.System], in single statements on
// connections of their own.
package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"

	"gendan/crm"
)

// Config says where Postgres is and how to use it.
type Config struct {
	URL        string           // of the primary: postgres://… or key=value; binary_parameters=yes says that a transaction pooler stands between
	ReplicaURL string           // of a read replica for reports; "" uses the primary
	Keys       *Keys            // seals personal data
	Log        *zap.Logger      // nil is silent
	MaxConns   int              // connections of this process for turns; 0 is 8. A quarter more, at least 3, serve inbox, outbox and timers
	Now        func() time.Time // the service's clock; nil is time.Now. A demo may move it
	Zone       *time.Location   // the company's: of colleagues who have none of their own; nil is Asia/Shanghai
}

// Store is the door to Postgres. Open makes it, Close ends it; in between it is safe for concurrent use
// and outlives restarts of Postgres.
type Store struct {
	keys    *Keys
	log     *zap.Logger
	now     func() time.Time
	zone    *time.Location
	pooled  bool     // behind a transaction pooler: nothing may outlast a transaction
	app     *sqlx.DB // turns: each transaction names its actor
	sys     *sqlx.DB // the service's own single statements
	replica *sqlx.DB // reports
	lock    *sqlx.DB // a connection for each lead that this process holds

	hearer     *hearer
	background context.Context // ends with Close
	stop       context.CancelFunc
	done       sync.WaitGroup
	presence   presence
	freshness  freshness

	peers peerCache

	bells   sync.RWMutex
	onHeard []func(conversation string)
	onOut   []func(platform string)
	onTimer []func(set []TimerDue)

	onLeased []func(c OutboxClaim)
}

// Open connects to a database that [Migrate] has brought up to date.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Keys == nil {
		return nil, fmt.Errorf("store: no keys")
	}
	s := &Store{keys: cfg.Keys, log: cfg.Log, now: cfg.Now, zone: cfg.Zone}
	if s.zone == nil {
		s.zone = crm.Shanghai
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if s.now == nil {
		s.now = time.Now
	}
	turns := cfg.MaxConns
	if turns <= 0 {
		turns = 8
	}
	c, err := newConnector(cfg.URL)
	if err != nil {
		return nil, err
	}
	s.pooled = c.pooled
	s.app = c.open(roleApp, turns)
	s.sys = c.open(roleSystem, max(3, turns/4))
	s.lock = c.open(roleApp, 0)
	s.replica = s.app
	if cfg.ReplicaURL != "" {
		r, err := newConnector(cfg.ReplicaURL)
		if err != nil {
			return nil, err
		}
		s.replica = r.open(roleApp, turns)
	}
	if err := s.ready(ctx); err != nil {
		s.closePools()
		return nil, err
	}
	s.background, s.stop = context.WithCancel(context.Background())
	s.hearer = newHearer(s)
	s.done.Go(func() { s.hearer.run(s.background) })
	return s, nil
}

// ready waits out a server that is just starting and checks that the schema is there.
func (s *Store) ready(ctx context.Context) error {
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		var n int
		return sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM gendan_actor()`)
	})
	if err != nil {
		return fmt.Errorf("store: open: %w", err)
	}
	return nil
}

// Close ends the background work and all connections. Calls under way fail.
func (s *Store) Close() error {
	s.stop()
	s.done.Wait()
	return s.closePools()
}

func (s *Store) closePools() error {
	err := s.app.Close()
	if e := s.sys.Close(); err == nil {
		err = e
	}
	if e := s.lock.Close(); err == nil {
		err = e
	}
	if s.replica != s.app {
		if e := s.replica.Close(); err == nil {
			err = e
		}
	}
	return err
}

// Now is the service's clock, UTC, to the microsecond that Postgres keeps.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Zone is the company's.
func (s *Store) Zone() *time.Location { return s.zone }

// ZoneOf is the zone of that IANA name; the company's for "" and for a name that this machine does not know.
func (s *Store) ZoneOf(name string) *time.Location {
	if name != "" {
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
	}
	return s.zone
}

// Keys seals and opens personal data.
func (s *Store) Keys() *Keys { return s.keys }

// Ping asks Postgres for a sign of life, for /readyz.
func (s *Store) Ping(ctx context.Context) error { return s.sys.PingContext(ctx) }
