package store_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// A backup reads every table for as long as it takes. Housekeeping that has a month to make or to drop meanwhile leaves it for
// later: whoever comes after it would wait as long as it waits.
func TestHousekeepingGivesWayToABackup(t *testing.T) {
	t.Parallel()
	core, seen := observer.New(zap.WarnLevel)
	s := storetest.New(t, func(c *store.Config) { c.Log = zap.New(core) })
	owner := storetest.Owner(t, s)
	next := time.Now().UTC().AddDate(0, 0, -time.Now().UTC().Day()+1).AddDate(0, 1, 0).Format("200601")
	for _, q := range []string{
		`DROP TABLE outbox_` + next, // as on the first day of a month
		`CREATE TABLE inbox_202001 PARTITION OF inbox FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')`,
	} {
		if _, err := owner.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	there := func(table string) (yes bool) {
		if err := owner.QueryRow(`SELECT to_regclass($1) IS NOT NULL`, table).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	backup, err := owner.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Rollback()
	if _, err := backup.Exec(`LOCK TABLE inbox, outbox IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Keep(ctx) }()
	within(t, 20*time.Second, "the first try", func() bool { return seen.FilterMessage("housekeeping").Len() > 0 })
	if there("outbox_"+next) || !there("inbox_202001") {
		t.Error("it did what locks the tables")
	}
	start := time.Now()
	if _, err := s.Hear(t.Context(), message("m1", "wecom:c1")); err != nil {
		t.Error(err)
	}
	t.Logf("heard within %s", time.Since(start))
	time.Sleep(7 * time.Second) // more than Keep's round
	if n := seen.FilterMessage("housekeeping").Len(); n != 1 {
		t.Errorf("it tried %d times while the backup ran", n)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := backup.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Housekeep(t.Context()); err != nil {
		t.Error(err)
	}
	if !there("outbox_"+next) || there("inbox_202001") {
		t.Error("after the backup it is not made up for")
	}
}
