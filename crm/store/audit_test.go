package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func writeAudit(t *testing.T, s *store.Store, n int) {
	t.Helper()
	err := s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			tx.Ledger.Audit = append(tx.Ledger.Audit, store.AuditLine{Action: "deal.update", Via: "chat", Kind: crm.KindDeal, ID: int64(i), Diff: []byte(`[{"field":"金额"}]`), Key: fmt.Sprint(i)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// seal waits until n lines are sealed: transactions of other tests on the same server hold up the horizon.
func seal(t *testing.T, s *store.Store, n int) {
	t.Helper()
	got := 0
	for deadline := time.Now().Add(20 * time.Second); got < n; time.Sleep(5 * time.Millisecond) {
		more, err := s.SealAudit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got += more; time.Now().After(deadline) {
			break
		}
	}
	if got != n {
		t.Fatalf("%d lines sealed, want %d", got, n)
	}
}

func TestAuditChain(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	owner := storetest.Owner(t, s)
	for _, n := range []int{3, 1500, 2} { // one link, two links, one link
		writeAudit(t, s, n)
		seal(t, s, n)
	}
	writeAudit(t, s, 1)
	want := store.AuditReport{Seals: 4, Lines: 1505, Unsealed: 1}
	if r, err := s.VerifyAudit(t.Context()); err != nil || r != want {
		t.Fatal(r, err)
	}
	for _, c := range []struct{ name, change, back, says string }{
		{"a line is changed", `UPDATE audit SET actor = 'x' WHERE id = 700`, `UPDATE audit SET actor = '系统' WHERE id = 700`, "link 2"},
		{"a link is changed", `UPDATE audit_seals SET hash = '\x00' WHERE seq = 4`, ``, "link 4"},
		{"a line is removed", `DELETE FROM audit WHERE id = 700`, ``, "link 2 was sealed over 1000 lines and has 999"},
		{"a link is removed", `DELETE FROM audit_seals WHERE seq = 1`, ``, "link 1 is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, q := range []string{`SET session_replication_role = replica; ` + c.change} { // past the trigger, as a thief with the owner's rights would
				if _, err := owner.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			r, err := s.VerifyAudit(t.Context())
			if err != nil || !strings.Contains(r.Broken, c.says) {
				t.Errorf("%+v %v", r, err)
			}
			if c.back != "" {
				if _, err := owner.Exec(`SET session_replication_role = replica; ` + c.back); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A line whose transaction ends late is sealed later, never skipped.
func TestAuditOfASlowTransaction(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	started, finish, done := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		done <- s.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO audit (at, actor_id, actor, action, via, kind, record_id, key) VALUES (now(), 0, 'slow', '', '', '', 0, '')`); err != nil {
				return err
			}
			close(started)
			<-finish
			return nil
		})
	}()
	<-started
	writeAudit(t, s, 5)
	if n, err := s.SealAudit(t.Context()); n != 0 || err != nil {
		t.Errorf("%d lines sealed past an open transaction, %v", n, err)
	}
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	seal(t, s, 6)
	if r, err := s.VerifyAudit(t.Context()); err != nil || r.Broken != "" || r.Lines != 6 {
		t.Error(r, err)
	}
}

// A database restored from a dump counts its transactions from a lower number.
func TestAuditGoesOnAfterARestore(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	owner := storetest.Owner(t, s)
	writeAudit(t, s, 3)
	seal(t, s, 3)
	// As if the old server had been far ahead: forget the link and make it again over lines with high numbers.
	if _, err := owner.Exec(`SET session_replication_role = replica; UPDATE audit SET xid = (xid::text::bigint + 1000000000)::text::xid8; UPDATE audit_seals SET xid = (xid::text::bigint + 1000000000)::text::xid8`); err != nil {
		t.Fatal(err)
	}
	writeAudit(t, s, 4)
	seal(t, s, 4)
	writeAudit(t, s, 2)
	seal(t, s, 2)
}
