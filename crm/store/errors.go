package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// explain is the one place that knows what Postgres's errors mean to the business: no row is
// [crm.ErrNotFound], a broken unique key [crm.ErrConflict], a broken policy [crm.ErrDenied], a broken check
// [crm.ErrInvalid]. The original stays in the chain.
func explain(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	var e *pq.Error
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", what, crm.ErrNotFound)
	case !errors.As(err, &e):
	case e.Code == "23505":
		return fmt.Errorf("%s: %w: %w", what, crm.ErrConflict, err)
	case e.Code == "42501":
		return fmt.Errorf("%s: %w: %w", what, crm.ErrDenied, err)
	case e.Code.Class() == "23":
		return fmt.Errorf("%s: %w: %w", what, crm.ErrInvalid, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// again reports whether a transaction that failed with err is worth repeating as it is: Postgres chose it as
// the victim of a race, or its statements were prepared against an older schema.
func again(err error) bool {
	var e *pq.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "40001", "40P01":
		return true
	case "23505": // the same key ran at the same moment: the repeat finds its receipt
		return e.Table == "receipts"
	}
	return stalePlan(err)
}

// broken reports whether err says that the connection is gone or that Postgres is stopping or starting.
func broken(err error) bool {
	var e *pq.Error
	if errors.As(err, &e) {
		switch e.Code {
		case "57P01", "57P02", "57P03", "53300": // admin shutdown, crash, cannot connect now, too many connections
			return true
		}
		return e.Code.Class() == "08"
	}
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) ||
		errors.As(err, &n) && !errors.Is(err, context.DeadlineExceeded)
}

// patience is how long a call waits for Postgres to come back before it gives up; mostRaces is how often it is repeated that lost a race.
// With many writers at one customer the victim of one deadlock is now and then that of the next.
const (
	patience  = 5 * time.Second
	mostRaces = 7
)

// retry repeats fn, which must be safe to repeat, while Postgres is away, until ctx or patience ends.
func retry(ctx context.Context, fn func() error) error {
	start, wait := time.Now(), 10*time.Millisecond
	for races := 0; ; {
		err := fn()
		switch {
		case err == nil:
			return nil
		case again(err) && races < mostRaces:
			races++
			wait = min(2*wait, 200*time.Millisecond)
		case broken(err) && time.Since(start) < patience:
			wait = min(2*wait, 500*time.Millisecond)
		default:
			return err
		}
		if !pause(ctx, wait/2+rand.N(wait)) {
			return err
		}
	}
}

// pause waits d and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
