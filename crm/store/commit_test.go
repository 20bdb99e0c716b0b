package store_test

import (
	"context"
	"errors"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// A ledger that Postgres refuses leaves nothing, and the connection goes on.
func TestRefusedLedgerCommitsNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := storetest.Open(t, storetest.Database(t))
	leave := func(key string, more func(tx *store.Tx) error) error {
		return s.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
			if more != nil {
				if err := more(tx); err != nil {
					return err
				}
			}
			tx.Ledger.Timers = []store.TimerRow{{Kind: "t", Subject: 1, Due: tx.Now, Dedupe: "timer " + key}}
			tx.Ledger.Audit = []store.AuditLine{{Action: "a", Via: "command", Kind: crm.KindCustomer, ID: 1, Key: key}}
			if key == "wrong" {
				tx.Ledger.Activities = []store.ActivityRow{{Customer: 1, Type: "no such type"}}
			} else {
				tx.Ledger.Activities = []store.ActivityRow{{Customer: 1, Type: "note"}}
			}
			return nil
		})
	}
	audits := func() (n int) {
		err := s.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error { return tx.Get(ctx, &n, `SELECT count(*) FROM audit`) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	draw := func(tx *store.Tx) error { _, err := tx.NextID(ctx); return err }
	for i := range 20 { // often enough that every connection has the statements prepared
		for _, more := range []func(*store.Tx) error{nil, draw} {
			if err := leave("right", more); err != nil {
				t.Fatal(err)
			}
			before := audits()
			if err := leave("wrong", more); !errors.Is(err, crm.ErrInvalid) {
				t.Fatal(err)
			}
			if n := audits(); n != before || n != 2*i+1 && n != 2*i+2 {
				t.Fatalf("%d lines of audit, %d before", n, before)
			}
		}
	}
}
