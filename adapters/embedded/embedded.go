// Package embedded runs a private PostgreSQL and a private redis-server as children of this program, with
// the binaries that the machine has. Both listen on unix sockets in the data folder only, run as an
// unprivileged account when the program is root, are started again when they die, and end when the program
// ends, kill -9 included.
//
// The service calls [StartPostgres] and [StartRedis]. A command that works beside it, or alone, calls
// [AttachPostgres] and [AttachRedis]: they use the servers that already run on the same data folder and
// start some for their own time otherwise.
package embedded

import (
	"errors"
	"os"

	"go.uber.org/zap"
)

// Errors that a caller can act on.
var (
	// ErrNoPostgres says that the machine has no usable PostgreSQL server binaries (15 or later).
	ErrNoPostgres = errors.New("no PostgreSQL 15 or later found: install the package postgresql, or set DATABASE_URL")
	// ErrNoRedis says that the machine has no usable redis-server (6.2 or later). The service then works
	// on Postgres alone.
	ErrNoRedis = errors.New("no redis-server 6.2 or later found: install the package redis-server, or set REDIS_URL")
	// ErrNoRoom says that the disk of the data folder is full. What is in the cluster is safe: it serves again when there is room.
	ErrNoRoom = errors.New("the disk is full")
	// ErrInUse says that another service already runs on the data folder.
	ErrInUse = errors.New("another gendan serve uses this data folder")
)

// awayDir is where clusters live whose data folder an unprivileged account cannot enter.
const awayDir = "/var/lib/gendan"

// Options say where a private server lives and how it is set.
type Options struct {
	// Dir is the program's data folder (GENDAN_DATA_DIR). It is made when missing. The servers live in its
	// subfolders postgres and redis; as root, when their account cannot enter them, those are links to
	// folders below /var/lib/gendan.
	Dir string
	// Settings are postgresql.conf settings that outrank ours. Redis takes none.
	Settings map[string]string
	// Log receives what happens to the server; nil is silence.
	Log *zap.Logger
	// Throwaway makes Stop delete the server's data. For tests and trials.
	Throwaway bool

	away string // awayDir, except in tests
}

// ForTests returns options for servers that a test starts below dir: fast because they may lose everything
// at a power cut, and deleted by Stop.
func ForTests(dir string) Options {
	return Options{
		Dir:       dir,
		Throwaway: true,
		Settings: map[string]string{
			"fsync":              "off",
			"synchronous_commit": "off",
			"full_page_writes":   "off",
			"shared_buffers":     "128MB",
			"max_connections":    "600", // six worlds of a dozen each, and what is still closing behind them
			"checkpoint_timeout": "30min",
			"max_wal_size":       "8GB",
		},
		away: os.TempDir(),
	}
}

func (o Options) log(name string) *zap.Logger {
	if o.Log == nil {
		return zap.NewNop()
	}
	return o.Log.Named(name)
}
