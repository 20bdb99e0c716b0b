package store_test

import (
	"context"
	"testing"
	"time"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func TestHousekeeping(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	owner := storetest.Owner(t, s)
	if _, err := s.Hear(t.Context(), message("m1", "wecom:c1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Hear(t.Context(), message("m2", "wecom:c1")); err != nil {
		t.Fatal(err)
	}
	next := time.Now().UTC().AddDate(0, 1, 1-time.Now().UTC().Day()).Format("200601")
	for _, q := range []string{`DROP TABLE outbox_` + next, `UPDATE inbox_keys SET received_at = now() - interval '61 days' WHERE id = 1`} {
		if _, err := owner.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // it may run at any time, and again
		if err := s.Housekeep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var keys int
	var made bool
	if err := owner.QueryRow(`SELECT count(*), to_regclass('outbox_`+next+`') IS NOT NULL FROM inbox_keys`).Scan(&keys, &made); err != nil || keys != 1 || !made {
		t.Error(keys, made, err)
	}
}

// Migrating is safe to repeat and for many processes at once.
func TestMigrateAgain(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	done := make(chan error, 3)
	for range cap(done) {
		go func() { done <- store.Migrate(context.Background(), url, nil) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	current, newest, err := store.SchemaVersion(t.Context(), url)
	if err != nil || current != newest || current < 7 {
		t.Error(current, newest, err)
	}
}

// A migration whose number is lower than one that a database has already is made up for: numbers are handed out before the
// work is done.
func TestALateMigrationIsMadeUpFor(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	owner := storetest.Owner(t, s)
	for _, q := range []string{
		`DELETE FROM goose_db_version WHERE version_id = 112`,
		`DROP TABLE swept_tables`, `DROP FUNCTION gendan_sweep, gendan_drop_months`,
		`DROP INDEX contact_tasks_ended, sms_receipts_at, mail_messages_at`,
	} {
		if _, err := owner.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Migrate(t.Context(), storetest.URL(s), nil); err != nil {
		t.Fatal(err)
	}
	if tables, err := s.SweptTables(t.Context()); err != nil || len(tables) == 0 {
		t.Errorf("%d tables are swept, %v", len(tables), err)
	}
}
