package store_test

import (
	"strings"
	"testing"
	"time"

	"gendan/crm/store/storetest"
)

// kept are the tables that nothing is swept from, and why. A new table must be here or in swept_tables.
var kept = map[string]string{
	"a customer's file": `customers contacts leads deals activities chat_records record_drafts reminders tasks orders order_items devices appointments repairs
		tickets ticket_entries promises surveys survey_answers survey_campaigns guests guest_addresses consents customer_identities merge_proposals
		offers gatherings signups campaigns campaign_costs campaign_sends journey_people journey_starts`,
	"money":                                  `coupons coupon_batches points_accounts points_ledger points_tiers points_gifts`,
	"the audit trail":                        `audit audit_seals`,
	"one row a customer":                     `customer_facts customer_health customer_predictions customer_cycles reach_counts kf_customers rule_members`,
	"names of before 0111, asked about once": `known_before`,
	"one row a colleague":                    `users teams identities conversations duties`,
	"settings and names": `settings record_kinds merge_tables swept_tables products articles article_revision article_wordings segments rules rule_versions journeys journey_plans journey_steps
		rfm_rules kf_accounts contact_syncs health_nights goose_db_version`,
	"models":                       `predict_models product_cycles product_pairs category_follows product_buyers`,
	"emptied by those who read it": `customer_changes segment_looks segment_members points_waiting`,
}

// TestEveryTableIsSweptOrKept: a table that only grows says for how long its rows are of use, or is kept for a reason.
func TestEveryTableIsSweptOrKept(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	swept, err := s.SweptTables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for why, names := range kept {
		for _, name := range strings.Fields(names) {
			said[name] = why
		}
	}
	for _, table := range swept {
		if why := said[table.Name]; why != "" {
			t.Errorf("%s is swept, and kept: %s", table.Name, why)
		}
		said[table.Name] = "swept"
	}
	rows, err := storetest.Owner(t, s).Query(`
		SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if said[name] == "" {
			t.Errorf("%s is neither swept nor kept: add it to swept_tables, or say here why it is kept", name)
		}
	}
}

// TestSweep: what is old goes, in batches and by whole months, what is young or still waits stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	owner := storetest.Owner(t, s)
	old := time.Now().UTC().AddDate(0, -16, 0).Format("200601")
	for _, q := range []string{
		`INSERT INTO sms_receipts (key, ok, code, at) SELECT 'k' || i, true, '', now() - interval '91 days' FROM generate_series(1, 12000) i`,
		`INSERT INTO sms_receipts (key, ok, code, at) VALUES ('young', true, '', now() - interval '89 days')`,
		`INSERT INTO contact_tasks (key, peer, message, begun_at, look_at, ended_at) VALUES ('ended', 'p', 'm1', now() - interval '100 days', now(), now() - interval '91 days'),
			('just ended', 'p', 'm2', now() - interval '100 days', now(), now()), ('waits', 'p', 'm3', now() - interval '100 days', now(), NULL),
			('never made', '', '', now() - interval '100 days', now(), NULL), ('being made', '', '', now(), now(), NULL)`,
		`INSERT INTO timers (kind, subject, due, dedupe, surface, peer, state, closed_at) VALUES ('x', 1, now(), 'open', '', '', 0, NULL), ('x', 1, now(), 'fired', '', '', 1, now() - interval '61 days')`,
		`INSERT INTO processes (seen_at) VALUES (now() - interval '8 days')`,
		`CREATE TABLE messages_` + old + ` PARTITION OF messages FOR VALUES FROM ('` + old[:4] + `-` + old[4:] + `-01 00:00+00') TO ('` + old[:4] + `-` + old[4:] + `-02 00:00+00')`,
	} {
		if _, err := owner.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	for range 2 { // and again
		if err := s.Housekeep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ query, want string }{
		{`SELECT string_agg(key, ',' ORDER BY key) FROM sms_receipts`, "young"},
		{`SELECT string_agg(key, ',' ORDER BY key) FROM contact_tasks`, "being made,just ended,waits"},
		{`SELECT string_agg(dedupe, ',' ORDER BY dedupe) FROM timers`, "open"},
		{`SELECT count(*)::text FROM processes WHERE seen_at < now() - interval '7 days'`, "0"},
		{`SELECT coalesce(to_regclass('messages_` + old + `')::text, 'dropped')`, "dropped"},
	} {
		var got string
		if err := owner.QueryRow(c.query).Scan(&got); err != nil || got != c.want {
			t.Errorf("%s: %s %v, want %s", c.query, got, err, c.want)
		}
	}
}
