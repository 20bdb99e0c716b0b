package store_test

import (
	"context"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// TestUpgradeWithRows: a database of the version before leases had owners is brought up to date with what waits in it, and
// that is then answered and sent.
func TestUpgradeWithRows(t *testing.T) {
	t.Parallel()
	before := storetest.New(t)
	keys, url, owner := before.Keys(), storetest.URL(before), storetest.Owner(t, before)
	if _, err := owner.Exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	store.MigrateTo(t, url, 21)
	for _, q := range []struct {
		text string
		args []any
	}{
		{`SELECT gendan_ensure_partitions()`, nil},
		{`INSERT INTO users (id, name, role) VALUES (7001, '李雷', 'rep')`, nil},
		{`INSERT INTO customers (id, name, name_key, name_core, terms, owner_id, created_by) VALUES (1001, '上海云帆科技', '上海云帆科技', '云帆', '{}', 7001, 7001)`, nil},
		{`INSERT INTO activities (id, customer_id, user_id, type, content, at) SELECT 2000 + n, 1001, 7001, 'note', $1, now() FROM generate_series(1, 50) n`,
			[]any{keys.SealText("activities", "content", "聊过报价")}},
		{`INSERT INTO reminders (user_id, created_by, customer_id, at, first_at) VALUES (7001, 7001, 1001, now(), now())`, nil},
		{`INSERT INTO inbox_keys (key, id, received_at) VALUES (gen_random_uuid(), 1, now())`, nil},
		{`INSERT INTO inbox (id, received_at, platform, message_id, conversation, peer, sent_at, payload) VALUES (1, now(), 'wecom', 'm1', 'wecom:c1', 'wecom:lilei', now(), $1)`,
			[]any{keys.Seal("inbox", "payload", []byte(`{}`))}},
		{`INSERT INTO outbox (platform, lane, peer, kind, key, payload, free_at) VALUES ('wecom', 'a', 'wecom:lilei', 'reply', 'a1', $1, now() - interval '1 s')`,
			[]any{keys.Seal("outbox", "payload", []byte(`{}`))}},
	} {
		if _, err := owner.Exec(q.text, q.args...); err != nil {
			t.Fatalf("%s: %v", q.text, err)
		}
	}
	if err := store.Migrate(t.Context(), url, nil); err != nil {
		t.Fatal(err)
	}
	s := storetest.Open(t, url, storetest.WithKeys(keys))
	claim(t, s, "a1")
	rep := crm.Actor{UserID: 7001, Name: "李雷", Role: crm.Rep, Scope: crm.ScopeOwn}
	err := s.AsIn(t.Context(), rep, "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
		_, rows, err := tx.LockConversation(ctx)
		if err != nil || len(rows) != 1 {
			t.Errorf("%d messages wait, %v", len(rows), err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	id := keep(t, s, rep, 1001, conversation("", "你们预算到底多少", "三十八万以内都可以"))
	if id == 0 || time.Since(at) > time.Minute {
		t.Error(id)
	}
}
