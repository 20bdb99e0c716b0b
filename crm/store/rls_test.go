package store_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// company is two teams, one below the other, and somebody of each role.
type company struct {
	*store.Store
	owner *sql.DB
	actor map[string]crm.Actor
}

func newCompany(t *testing.T) company {
	t.Helper()
	s := storetest.New(t)
	c := company{s, storetest.Owner(t, s), map[string]crm.Actor{}}
	if _, err := s.AddTeam(t.Context(), "上海", "华东"); err != nil {
		t.Fatal(err)
	}
	for _, u := range []store.NewUser{
		{Name: "rep", Role: crm.Rep, Team: "上海"}, {Name: "other", Role: crm.Rep, Team: "华北"}, {Name: "lead", Role: crm.TeamLead, Team: "华东"},
		{Name: "manager", Role: crm.Manager}, {Name: "service", Role: crm.Service}, {Name: "marketer", Role: crm.Marketer},
	} {
		u.Peers = []string{"wecom:" + u.Name}
		if _, err := s.AddUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		a, err := s.UserByPeer(t.Context(), "wecom:"+u.Name)
		if err != nil {
			t.Fatal(err)
		}
		c.actor[u.Name] = a
	}
	return c
}

// exec runs a statement as the owner.
func (c company) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := c.owner.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// fillEverything puts at least a row into each table that a turn writes.
func fillEverything(t *testing.T, c company) {
	t.Helper()
	ctx := t.Context()
	if _, err := c.Hear(ctx, message("m1", "wecom:c1")); err != nil {
		t.Fatal(err)
	}
	err := c.AsIn(ctx, c.actor["rep"], "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
		conv, _, err := tx.LockConversation(ctx)
		if err != nil {
			return err
		}
		conv.State = []byte(`{"secret":"13812345678"}`)
		tx.Ledger = fullLedger(tx.Now)
		tx.Ledger.Conversation = &conv
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := c.ClaimOutbox(ctx, "wecom", 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	if err := c.OutboxSent(ctx, []store.OutboxMark{{ID: claims[0].ID, CreatedAt: claims[0].CreatedAt, Platform: "wecom", Conversation: "wecom:c1", MessageID: "s1", Text: "电话 13812345678"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SealAudit(ctx); err != nil {
		t.Fatal(err)
	}
	c.exec(t, `INSERT INTO settings (name, value) VALUES ('x', '1')`)
	c.exec(t, `INSERT INTO customers (id, name, name_key, name_core, terms, created_by, owner_id) SELECT 5000 + id, 'K' || id, 'k' || id, 'k' || id, '{}', id, id FROM users`)
	c.exec(t, `INSERT INTO tickets (customer_id, kind, priority, source, content) SELECT 5000 + id, '投诉', '高', 'chat', 'x' FROM users`)
	c.exec(t, `INSERT INTO ticket_entries (ticket_id, at, side) SELECT id, now(), 'note' FROM tickets`)
	c.exec(t, `INSERT INTO activities (customer_id, user_id, type, at) SELECT 5000 + id, id, 'note', now() FROM users`)
	c.exec(t, `INSERT INTO orders (customer_id, owner_id, created_by, product, amount, at) SELECT 5000 + id, id, id, 'x', 100, now() FROM users`)
}

func fullLedger(now time.Time) *store.Ledger {
	return &store.Ledger{
		Outbox:  []store.OutboxRow{{Platform: "wecom", Lane: "wecom:c1", Peer: "wecom:rep", Kind: "reply", Payload: []byte(`{"text":"13812345678"}`), Key: "k1"}},
		Timers:  []store.TimerRow{{Kind: "reminder", Subject: 7, Due: now.Add(time.Hour), Dedupe: "r7", Surface: "wecom", Peer: "wecom:rep"}},
		Audit:   []store.AuditLine{{Action: "contact.create", Via: "chat", Kind: crm.KindContact, ID: 7, Diff: []byte(`[{"new":"13812345678"}]`), Key: "k"}},
		Events:  []store.Event{{Name: "contact.created", Kind: crm.KindContact, ID: 7, Data: []byte(`{"phone":"13812345678"}`)}},
		Receipt: &store.Receipt{Key: "k", Outcome: []byte(`{"text":"13812345678"}`)},
		Undo: &store.UndoEntry{Code: "A7F2", Conversation: "wecom:c1", Title: "13812345678", Expires: now.Add(time.Hour),
			Steps: []store.UndoStep{{Kind: crm.KindContact, ID: 7, Version: 1, Before: []byte(`{"note":"13812345678"}`)}}},
	}
}

func TestWithoutAnActorEveryTableIsEmpty(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	fillEverything(t, c)
	conn, err := c.owner.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(t.Context(), `
		SELECT c.oid::regclass::text, CASE c.relkind WHEN 'v' THEN coalesce('security_invoker=true' = ANY (c.reloptions), false) ELSE c.relrowsecurity END,
			c.relispartition, c.relkind = 'v', pg_get_userbyid(c.relowner) = 'gendan_app'
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	partition, view := map[string]bool{}, map[string]bool{}
	for rows.Next() {
		var name string
		var secured, part, viewed, owned bool
		if err := rows.Scan(&name, &secured, &part, &viewed, &owned); err != nil {
			t.Fatal(err)
		}
		if !secured {
			t.Errorf("%s has no row-level security, or is a view that shows what its owner sees", name)
		}
		if owned {
			t.Errorf("%s belongs to the application", name)
		}
		tables, partition[name], view[name] = append(tables, name), part, viewed
	}
	if len(tables) < 20 {
		t.Fatal(tables)
	}
	filled := 0
	for _, table := range tables {
		var n int
		if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 && !partition[table] && !view[table] {
			filled++
		}
	}
	if filled < 18 {
		t.Errorf("only %d tables hold anything: the test shows little", filled)
	}
	if _, err := conn.ExecContext(t.Context(), `SET ROLE gendan_app`); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var n int
		if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			t.Errorf("%s: %v", table, err)
		} else if n != 0 {
			t.Errorf("%s shows %d rows without an actor", table, n)
		}
		// A view of several tables is refused before rights are looked at.
		if _, err := conn.ExecContext(t.Context(), `DELETE FROM `+table); !denied(err) && !(view[table] && notDeletable(err)) {
			t.Errorf("%s: delete: %v", table, err)
		}
	}
	// Partitions show nothing even to the service: the way leads through their parent.
	if _, err := conn.ExecContext(t.Context(), `SET gendan.scope = 'system'`); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var n int
		if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != 0 && partition[table] {
			t.Errorf("%s: %d %v", table, n, err)
		}
	}
}

func denied(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == "42501"
}

// notDeletable says that the error is of a view through which no row can be deleted by anybody.
func notDeletable(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == "55000"
}

func TestWhoSeesWhichCustomer(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	fillEverything(t, c)
	for name, want := range map[string]int{"rep": 1, "other": 1, "lead": 2, "manager": 6, "service": 6, "marketer": 6} {
		err := c.As(t.Context(), c.actor[name], func(ctx context.Context, tx *store.Tx) error {
			for _, table := range []string{"customers", "activities", "tickets", "ticket_entries"} {
				var n int
				if err := tx.Get(ctx, &n, `SELECT count(*) FROM `+table); err != nil {
					return err
				}
				if n != want {
					t.Errorf("%s sees %d %s, want %d", name, n, table, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(name, err)
		}
	}
	nobody := crm.Actor{UserID: c.actor["manager"].UserID} // no role, no scope
	err := c.As(t.Context(), nobody, func(ctx context.Context, tx *store.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `SELECT count(*) FROM customers`); err != nil || n != 0 {
			t.Error(n, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestATurnSeesItsOwnConversationOnly(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	fillEverything(t, c)
	see := func(actor crm.Actor, conversation string) (seen [5]int) {
		err := c.AsIn(t.Context(), actor, conversation, func(ctx context.Context, tx *store.Tx) error {
			for i, table := range []string{"inbox", "conversations", "messages", "outbox", "receipts"} {
				if err := tx.Get(ctx, &seen[i], `SELECT count(*) FROM `+table); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	if got := see(c.actor["rep"], "wecom:c1"); got != [5]int{1, 1, 1, 0, 1} {
		t.Error("in the chat", got)
	}
	if got := see(c.actor["other"], "wecom:c2"); got != [5]int{} {
		t.Error("in another chat", got)
	}
	if got := see(c.actor["manager"], ""); got != [5]int{} {
		t.Error("outside of chat", got)
	}
	// A person's transaction cannot write another's audit line, nor change one.
	err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO audit (at, actor_id, actor, action, via, kind, record_id, key) VALUES (now(), $1, '', '', '', '', 0, '')`, int64(c.actor["other"].UserID))
		return err
	})
	if !errors.Is(err, crm.ErrDenied) {
		t.Error(err)
	}
	for _, q := range []string{`UPDATE audit SET action = 'x'`, `DELETE FROM audit`, `DELETE FROM outbox`, `UPDATE audit_seals SET lines = 0`, `TRUNCATE audit`, `ALTER TABLE audit DISABLE ROW LEVEL SECURITY`} {
		err := c.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, q)
			return err
		})
		if !errors.Is(err, crm.ErrDenied) {
			t.Errorf("%s: %v", q, err)
		}
	}
	for _, q := range []string{`UPDATE audit SET action = 'x'`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := c.owner.Exec(q); err == nil {
			t.Errorf("the owner may %s", q)
		}
	}
}

func TestNothingPersonalInADump(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	fillEverything(t, c)
	_, err := c.AddUser(t.Context(), store.NewUser{Name: "韩梅梅", Role: crm.Rep, Mobile: "13812345678", Email: "hmm@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	m := message("m2", "wecom:c1")
	m.Payload = []byte(`{"text":"13812345678"}`)
	if _, err := c.Hear(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	dump := storetest.Dump(t, c.Store)
	if !strings.Contains(dump, "韩梅梅") || !strings.Contains(dump, "wecom:c1") {
		t.Fatal("the dump is no dump")
	}
	for _, secret := range []string{"13812345678", "12345678", "hmm@example", "你好"} {
		if i := strings.Index(dump, secret); i >= 0 {
			t.Errorf("%q stands in clear: %.200s", secret, dump[max(0, i-100):])
		}
	}
}
