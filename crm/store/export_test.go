package store

import (
	"context"
	"database/sql"
	"testing"

	"github.com/pressly/goose/v3"
)

// MigrateTo brings the database at url to an older version, for the test of upgrades.
func MigrateTo(t testing.TB, url string, version int64) {
	t.Helper()
	err := withProvider(url, func(_ *sql.DB, p *goose.Provider) error {
		_, err := p.UpTo(context.Background(), version)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
