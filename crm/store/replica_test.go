package store_test

import (
	"context"
	"database/sql"
	"net/url"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// TestReportsComeFromTheReplica while it is there and at most 30 s behind, and from the primary otherwise. The replica of the test is the
// primary itself by another name: what makes it fresh is the heartbeat that it shows.
func TestReportsComeFromTheReplica(t *testing.T) {
	t.Parallel()
	primary := storetest.Database(t)
	u, err := url.Parse(primary)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", "replica")
	u.RawQuery = q.Encode()
	keys, err := store.LoadOrCreateKeyFile(t.TempDir() + "/key")
	if err != nil {
		t.Fatal(err)
	}
	owner, err := sql.Open("postgres", primary)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	down := *u
	down.Host, down.RawQuery = "127.0.0.1:1", ""
	for _, c := range []struct {
		what, replica, seen string
		want                bool
	}{
		{"fresh", u.String(), `now() - interval '20 seconds'`, true},
		{"behind", u.String(), `now() - interval '31 seconds'`, false},
		{"down", down.String(), `now()`, false},
		{"none", "", `now()`, false},
	} {
		s, err := store.Open(t.Context(), store.Config{URL: primary, ReplicaURL: c.replica, Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := owner.Exec(`WITH gone AS (DELETE FROM processes) INSERT INTO processes (seen_at) VALUES (` + c.seen + `)`); err != nil {
			t.Fatal(err)
		}
		name, scope := "", ""
		read, err := s.Reading(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Get(ctx, &name, `SELECT current_setting('application_name')`); err != nil {
				return err
			}
			return tx.Get(ctx, &scope, `SELECT gendan_scope()`)
		})
		if err != nil || read != c.want || read && (name != "replica" || scope != "system") {
			t.Errorf("%s: read %v %v by %q as %q", c.what, read, err, name, scope)
		}
		read, err = s.Reading(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `SELECT 1/0`) // as a write on a standby
			return err
		})
		if read || err != nil {
			t.Errorf("%s: what fails on the replica is read from the primary: %v %v", c.what, read, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
