package action_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// At 200,000 tickets every list goes through an index, whoever reads: no table is read from end to end.
func TestTicketListsUseIndexes(t *testing.T) {
	t.Parallel()
	h, id := withTicket(t)
	user := func(who string) int64 { return int64(h.who[who].UserID) }
	for _, statement := range []string{
		`INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by)
			SELECT 'K' || k, 'k' || k, 'k' || k, '{}', CASE WHEN k % 50 = 0 THEN ` + fmt.Sprint(user("李雷")) + ` ELSE ` + fmt.Sprint(user("韩梅梅")) + ` END, 1 FROM generate_series(1, 2000) k`,
		// Of 200,000 tickets each person handles some, most are closed, and each customer has a hundred.
		`INSERT INTO tickets (customer_id, kind, priority, state, owner_id, team_id, created_by, source, solve_due, closed_at, watchers, created_at, guest_id)
			SELECT c.ids[1 + k % 2000], '投诉', '普通', CASE WHEN k * 7919 % 1000 < 850 THEN 'closed' ELSE 'working' END, o.id, o.team_id, o.id, 'chat',
				timestamptz '2026-11-18 02:00Z' + make_interval(mins => k % 3000 - 1500), CASE WHEN k * 7919 % 1000 < 850 THEN timestamptz '2026-11-18 02:00Z' - make_interval(mins => k) END,
				ARRAY[o.id, c.owners[1 + k % 2000]], timestamptz '2026-11-18 02:00Z' - make_interval(mins => k * 2), k
			FROM generate_series(1, 200000) k,
				(SELECT array_agg(id ORDER BY id) AS ids, array_agg(owner_id ORDER BY id) AS owners FROM customers) c,
				LATERAL (SELECT id, team_id FROM users WHERE id = CASE WHEN k % 97 = 0 THEN ` + fmt.Sprint(user("何客服")) + ` ELSE ` + fmt.Sprint(user("孙客服")) + ` END) o`,
		`UPDATE tickets SET owner_id = NULL WHERE id IN (SELECT id FROM tickets WHERE state <> 'closed' ORDER BY id LIMIT 40)`,
		`INSERT INTO ticket_entries (ticket_id, at, side) SELECT id, now(), 'note' FROM tickets WHERE id % 2 = 0`,
		`ANALYZE`,
	} {
		if _, err := h.owner.Exec(`SET session_replication_role = replica; ` + statement + `; RESET session_replication_role`); err != nil { // without the checks of keys, which take most of the time
			t.Fatal(err)
		}
	}
	day := h.now.AddDate(0, 0, -1)
	for says, look := range map[string]struct {
		who string
		f   store.TicketFilter
	}{
		"what an agent handles":                 {"孙客服", store.TicketFilter{Owners: []int64{user("孙客服")}}},
		"what an agent has closed":              {"孙客服", store.TicketFilter{State: "closed", Owners: []int64{user("孙客服")}}},
		"what concerns an agent":                {"何客服", store.TicketFilter{Followers: []int64{user("何客服")}, Teams: []int64{}}},
		"what concerns a rep":                   {"李雷", store.TicketFilter{Followers: []int64{user("李雷")}, Teams: []int64{}}},
		"what concerned a rep":                  {"李雷", store.TicketFilter{State: "closed", Followers: []int64{user("李雷")}, Teams: []int64{}}},
		"what concerns a lead's people":         {"周主管", store.TicketFilter{Followers: []int64{user("周主管"), user("李雷")}, Teams: []int64{int64(h.who["周主管"].TeamID)}}},
		"a manager's list":                      {"钱总", store.TicketFilter{}},
		"what is overdue":                       {"钱总", store.TicketFilter{State: "overdue"}},
		"what of a rep's is overdue":            {"李雷", store.TicketFilter{State: "overdue", Followers: []int64{user("李雷")}, Teams: []int64{}}},
		"what was closed yesterday":             {"钱总", store.TicketFilter{State: "closed", From: day, To: h.now}},
		"what was opened yesterday":             {"钱总", store.TicketFilter{From: day, To: h.now}},
		"what nobody handles":                   {"孙客服", store.TicketFilter{NoOwner: true}},
		"a customer's, by the customer's owner": {"李雷", store.TicketFilter{State: "all", Customer: crm.CustomerID(h.view("李雷", "云帆").ID)}},
		"a customer's, by an agent":             {"孙客服", store.TicketFilter{Customer: crm.CustomerID(h.view("李雷", "云帆").ID)}},
		"a guest's":                             {"孙客服", store.TicketFilter{State: "all", Guest: 777}},
	} {
		look.f.Limit = 10
		err := h.store.As(t.Context(), h.who[look.who], func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			before, err := ticketScans(ctx, tx)
			if err != nil {
				return err
			}
			start := time.Now()
			rows, total, err := tx.Tickets(ctx, look.f)
			if err != nil {
				return err
			}
			t.Logf("%s: %d of %d, %v", says, len(rows), total, time.Since(start).Round(10*time.Microsecond))
			if len(rows) == 0 {
				t.Errorf("%s: nothing found", says)
			}
			if after, err := ticketScans(ctx, tx); err != nil || after > before {
				t.Errorf("%s: %d tables read from end to end, %v", says, after-before, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", says, err)
		}
	}
	// A ticket's card costs the same few statements with many tickets as with few.
	statements := h.statements("李雷", call("ticket.view", params{"ticket": id}))
	if len(statements) > 10 {
		t.Errorf("%d statements\n%s", len(statements), strings.Join(statements, "\n"))
	}
}

// ticketScans counts how often this connection has read a table of tickets from end to end.
func ticketScans(ctx context.Context, tx *store.Tx) (n int, err error) {
	return n, tx.Get(ctx, &n, `
		SELECT sum(pg_stat_get_xact_numscans(oid)) FROM pg_class
		WHERE relname IN ('tickets', 'ticket_entries', 'customers', 'tasks') AND relkind = $1`, "r")
}

// statements are what a run sends beside begin, flush and commit: a fresh connection prepares each statement once.
func (h *house) statements(who string, calls ...action.Call) (statements []string) {
	h.t.Helper()
	req := h.request(who, calls...)
	fresh := storetest.Open(h.t, storetest.URL(h.store), storetest.WithKeys(h.store.Keys()), storetest.WithClock(func() time.Time { return h.now }), func(c *store.Config) { c.MaxConns = 1 })
	x := action.New(fresh, action.Config{})
	err := fresh.AsIn(h.t.Context(), h.who[who], req.Conversation, func(ctx context.Context, tx *store.Tx) error {
		if _, err := x.Do(ctx, tx, req); err != nil {
			return err
		}
		return tx.Select(ctx, &statements, `SELECT left(regexp_replace(statement, '\s+', ' ', 'g'), 100) FROM pg_prepared_statements`)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.DeleteFunc(statements, func(s string) bool { // colleagues and departments are known for seconds
		return strings.Contains(s, "SELECT u.id, u.name, u.role") || strings.Contains(s, "SELECT t.id, t.name, coalesce((SELECT u.id")
	})
}

// Writing a complaint down costs few statements beside begin, flush and commit: the receipt, the customer, the ticket.
func TestACreateIsShort(t *testing.T) {
	t.Parallel()
	h, _ := withTicket(t)
	statements := h.statements("孙客服", call("ticket.create", params{"content": "漏油", "customer": "云帆", "kind": "投诉"}))
	if len(statements) > 5 {
		t.Errorf("%d statements\n%s", len(statements), strings.Join(statements, "\n"))
	}
	t.Logf("%d statements\n%s", len(statements), strings.Join(statements, "\n"))
}
