package action_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"gendan/crm/store"
)

// At 50,000 leads (GENDAN_LEADS sets another number), half of them open, a page of any list of them looks at few more than it counts.
func TestLeadListsLookAtFewLeads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	many := 50_000
	if s := os.Getenv("GENDAN_LEADS"); s != "" {
		var err error
		if many, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`INSERT INTO teams (name) SELECT '团队' || k FROM generate_series(1, 19) k`,
		`INSERT INTO users (name, role, team_id) SELECT '销售' || k, 'rep', t.ids[1 + k % cardinality(t.ids)] FROM generate_series(1, 400) k, (SELECT array_agg(id ORDER BY id) AS ids FROM teams) t`,
		// One lead in ten of the open ones lies in the pool, all of these old; one in 5,000 has a rare source; the newest are taken care of.
		fmt.Sprintf(`INSERT INTO leads (company, company_key, contact, source, owner_id, state, created_by, created_at)
			SELECT '公司' || k, '公司' || k, '', CASE WHEN k %% 5000 = 0 THEN '老客户' ELSE (ARRAY['官网', '展会', '小红书', '抖音'])[1 + k / 800 %% 4] END,
				CASE WHEN k %% 20 = 1 AND k > 30000 THEN NULL ELSE u.ids[1 + k / 2 %% cardinality(u.ids)] END, CASE WHEN k %% 2 = 0 OR k %% 20 = 1 THEN 'open' ELSE 'converted' END, u.ids[1],
				timestamptz '2026-11-18 02:00Z' - make_interval(mins => k)
			FROM generate_series(1, %d) k, (SELECT array_agg(id ORDER BY id) AS ids FROM users WHERE role = 'rep') u`, many),
		`ANALYZE leads, users, teams`,
	} {
		if _, err := h.owner.Exec(`SET session_replication_role = replica; ` + statement + `; RESET session_replication_role`); err != nil { // without the checks of keys, which take most of the time
			t.Fatal(err)
		}
	}
	me := int64(h.who["李雷"].UserID)
	team := h.ids(`SELECT id FROM users WHERE team_id = (SELECT id FROM teams WHERE name = '团队7')`)
	for _, look := range []struct {
		says, who string
		f         store.LeadFilter
	}{
		{"a rep's own", "李雷", store.LeadFilter{Owners: []int64{me}}},
		{"a rep's own of a source", "李雷", store.LeadFilter{Owners: []int64{me}, Source: "展会"}},
		{"the pool, by a rep", "李雷", store.LeadFilter{NoOwner: true}},
		{"the pool, by a manager", "钱总", store.LeadFilter{NoOwner: true}},
		{"all", "钱总", store.LeadFilter{}},
		{"of a source", "钱总", store.LeadFilter{Source: "展会"}},
		{"of a rare source", "钱总", store.LeadFilter{Source: "老客户"}},
		{"of a week", "钱总", store.LeadFilter{From: h.now.AddDate(0, 0, -14), To: h.now.AddDate(0, 0, -7)}},
		{"a team's", "钱总", store.LeadFilter{Owners: team}},
		{"what a team's lead sees", "周主管", store.LeadFilter{}},
		{"the pool, by a team's lead", "周主管", store.LeadFilter{NoOwner: true}},
		{"of a source, by a team's lead", "周主管", store.LeadFilter{Source: "展会"}},
	} {
		err := h.store.As(t.Context(), h.who[look.who], func(ctx context.Context, tx *store.Tx) error {
			looked := func() (n int, err error) {
				return n, tx.Get(ctx, &n, `
					WITH t AS (SELECT oid FROM pg_class WHERE relname = 'leads' AND relkind = $1)
					SELECT sum(pg_stat_get_xact_tuples_fetched(o) + pg_stat_get_xact_tuples_returned(o))
					FROM (SELECT oid AS o FROM t UNION ALL SELECT i.indexrelid FROM pg_index i JOIN t ON t.oid = i.indrelid) q`, "r")
			}
			if _, err := tx.Exec(ctx, `SET LOCAL max_parallel_workers_per_gather = 0`); err != nil { // what another process looks at is not counted here
				return err
			}
			before, err := looked()
			if err != nil {
				return err
			}
			look.f.Limit = 10
			start := time.Now()
			rows, total, err := tx.Leads(ctx, look.f)
			if err != nil {
				return err
			}
			took := time.Since(start)
			after, err := looked()
			t.Logf("%s: %d of %d, %d looked at, %v", look.says, len(rows), total, after-before, took.Round(10*time.Microsecond))
			if len(rows) == 0 || after-before > 10_000 {
				t.Errorf("%s: %d shown, %d looked at", look.says, len(rows), after-before)
			}
			for i := 1; i < len(rows); i++ {
				if rows[i].CreatedAt.After(rows[i-1].CreatedAt) {
					t.Errorf("%s: not newest first", look.says)
				}
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", look.says, err)
		}
	}
}
