package action_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"
)

// unmoved are the columns that point at customers and do not move when two become one, and why.
var unmoved = map[string]string{
	"customer_facts.customer_id":       "follows by itself",
	"customer_changes.customer_id":     "follows by itself",
	"segment_members.customer_id":      "follows by itself",
	"customer_health.customer_id":      "of the customer that was; the other is looked at anew",
	"customer_health_log.customer_id":  "of the customer that was; the other is looked at anew",
	"customer_predictions.customer_id": "of the customer that was; the other is looked at anew",
	"customer_cycles.customer_id":      "of the customer that was; the other is looked at anew",
	"rule_members.customer_id":         "who answers to a rule is found anew",
	"customers.merged_into":            "the way from the one to the other",
	"customer_merges.from_id":          "the merge itself",
	"customer_merges.into_id":          "the merge itself",
	"merge_proposals.first_id":         "a pair is asked about once, whatever became of it",
	"merge_proposals.other_id":         "a pair is asked about once, whatever became of it",
}

// sampled are the values of a sample row that its table does not take from its type alone.
var sampled = map[string]string{
	"activities.type": "'note'", "appointments.state": "'open'", "campaign_clicks.day": "'2026-11-18'", "consents.purpose": "'marketing'", "consents.channel": "'sms'", "consents.at": "'2026-11-17'",
	"coupons.kind": "'amount'", "customer_identities.kind": "'shop'", "deals.state": "'open'", "journey_people.state": "'active'", "leads.state": "'open'",
	"offers.purpose": "'care'", "offers.state": "'sent'", "points_ledger.kind": "'adjust'", "points_ledger.points": "0", "points_tiers.why": "'raise'", "signups.state": "'in'", "surveys.metric": "'csat'", "surveys.door": "'link'",
	"tickets.kind": "'投诉'", "tickets.priority": "'高'", "appointments.ends_at": "'2026-11-18 11:00+08'", "rule_firings.state": "'done'", "tickets.state": "'new'",
}

// sample puts a row of a customer into a table: each column that must have a value has one of its type.
func (h *house) sample(table string, customer int64) {
	h.t.Helper()
	rows, err := h.owner.Query(`
		SELECT column_name, data_type, is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS'
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`, table)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	names, values := []string{"customer_id"}, []string{fmt.Sprint(customer)}
	for rows.Next() {
		var name, kind string
		var free bool
		if err := rows.Scan(&name, &kind, &free); err != nil {
			h.t.Fatal(err)
		}
		value := sampled[table+"."+name]
		if name == "customer_id" || free && value == "" {
			continue
		}
		h.key++
		switch {
		case value != "":
		case kind == "text":
			value = fmt.Sprintf("'s%d'", h.key)
		case kind == "bytea":
			value = fmt.Sprintf("'\\x%08x'", h.key)
		case kind == "boolean":
			value = "false"
		case kind == "jsonb":
			value = "'{}'"
		case kind == "ARRAY":
			value = "'{}'"
		case kind == "date":
			value = "'2026-11-18'"
		case strings.HasPrefix(kind, "timestamp"):
			value = "'2026-11-18 10:00+08'"
		default:
			value = "1"
		}
		names, values = append(names, name), append(values, value)
	}
	q := fmt.Sprintf(`SET session_replication_role = replica; INSERT INTO %s (%s) VALUES (%s); RESET session_replication_role`, table, strings.Join(names, ", "), strings.Join(values, ", "))
	if _, err := h.owner.Exec(q); err != nil { // without the checks of keys: nothing else of the row counts
		h.t.Errorf("no sample of %s: %v\n%s", table, err, q)
	}
}

// whose are the customers of all rows, by table and row.
func (h *house) whose(known map[string]string) map[string]int64 {
	h.t.Helper()
	all := map[string]int64{}
	for table, by := range known {
		rows, err := h.owner.Query(fmt.Sprintf(`SELECT (%s)::text, r.customer_id FROM %s r WHERE r.customer_id IS NOT NULL`, by, table))
		if err != nil {
			h.t.Fatal(err)
		}
		for rows.Next() {
			var row string
			var customer int64
			if err := rows.Scan(&row, &customer); err != nil {
				h.t.Fatal(err)
			}
			all[table+" "+row] = customer
		}
		if err := rows.Close(); err != nil {
			h.t.Fatal(err)
		}
	}
	return all
}

// TestMergeAndItsUndoMoveEveryTable walks every column that points at customers: a merge moves a row of each, and its undo moves
// each back. A new table is moved (merge_tables), or it is said here why it is not.
func TestMergeAndItsUndoMoveEveryTable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var columns []string
	if err := h.owner.QueryRow(`
		SELECT array_agg(DISTINCT c.relname || '.' || a.attname ORDER BY c.relname || '.' || a.attname)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND (a.attname = 'customer_id' OR EXISTS (
				SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid = 'customers'::regclass AND a.attnum = ANY (k.conkey)))`).
		Scan(pq.Array(&columns)); err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	var single []string // have one row a customer, which is known by its customer
	rows, err := h.owner.Query(`SELECT name, known_by FROM merge_tables`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, by string
		if err := rows.Scan(&name, &by); err != nil {
			t.Fatal(err)
		}
		if known[name] = by; by == "r.customer_id" {
			single = append(single, name)
		}
	}
	for _, column := range columns {
		table, name, _ := strings.Cut(column, ".")
		if (known[table] == "" || name != "customer_id") == (unmoved[column] == "") {
			t.Errorf("customer.merge and %s: it is in merge_tables, or the test says why it is not moved", column)
		}
	}
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	h.must("李雷", call("customer.create", params{"customer": "星河贸易"}))
	into, from := h.view("李雷", "云帆科技").ID, h.view("李雷", "星河贸易").ID
	for _, table := range slices.Sorted(maps.Keys(known)) {
		h.sample(table, from)
	}
	if t.Failed() {
		return
	}
	before := h.whose(known)
	out := h.must("钱总", call("customer.merge", params{"customer": "星河贸易", "into": "云帆科技"}))
	moved := map[string]bool{}
	for row, customer := range h.whose(known) {
		table, _, _ := strings.Cut(row, " ")
		moved[table] = moved[table] || before[row] == from && customer == into
		if customer == from {
			t.Errorf("%s stayed", row)
		}
	}
	for _, table := range single {
		if n := h.count(`SELECT count(*) FROM `+table+` WHERE customer_id = $1`, into); n != 1 {
			t.Errorf("the row of %s did not move", table)
		}
		delete(known, table)
	}
	for table := range known {
		if !moved[table] {
			t.Errorf("no row of %s moved", table)
		}
	}
	h.must("钱总", call("undo", params{"code": out.UndoCode}))
	after := h.whose(known)
	for row, customer := range before {
		table, _, _ := strings.Cut(row, " ")
		if known[table] != "" && after[row] != customer {
			t.Errorf("%s: it is of %d after undo, and was of %d", row, after[row], customer)
		}
	}
	for _, table := range single {
		if n := h.count(`SELECT count(*) FROM `+table+` WHERE customer_id = $1`, from); n != 1 {
			t.Errorf("the row of %s did not come back", table)
		}
	}
}

// TestMergeMovesSignupsAndNames: a sign-up moves unless the other customer has one of the same gathering, member numbers of shops move
// with whom they are, and undo takes both back.
func TestMergeMovesSignupsAndNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []string{"云帆科技", "星河贸易"} {
		h.must("李雷", call("customer.create", params{"customer": c}))
	}
	into, from := h.view("李雷", "云帆科技").ID, h.view("李雷", "星河贸易").ID
	for _, e := range []string{"新品品鉴会", "答谢会"} {
		h.must("李雷", call("event.create", params{"event": e, "at": h.at(72)}))
		h.must("李雷", call("event.signup", params{"event": e, "customer": "星河贸易"}))
	}
	h.must("李雷", call("event.signup", params{"event": "答谢会", "customer": "云帆科技"}))
	h.must("李雷", call("order.create", params{"customer": "星河贸易", "product": "墨盒", "amount": 20, "shop": "天猫", "buyer": "m1"}))
	at := func() string {
		return fmt.Sprint(h.count(`SELECT count(*) FROM signups WHERE customer_id = $1 AND deleted_at IS NULL`, from), h.count(`SELECT count(*) FROM signups WHERE customer_id = $1 AND deleted_at IS NULL`, into),
			h.count(`SELECT count(*) FROM customer_identities WHERE customer_id = $1`, from), h.count(`SELECT count(*) FROM customer_identities WHERE customer_id = $1`, into))
	}
	before := at()
	out := h.must("钱总", call("customer.merge", params{"customer": "星河贸易", "into": "云帆科技"}))
	if got := at(); got != "1 2 0 1" {
		t.Errorf("%s, want 1 2 0 1", got)
	}
	if got := h.known("shop", "天猫/m1"); got != into {
		t.Errorf("the shop's member is %d, want %d", got, into)
	}
	h.must("李雷", call("order.create", params{"customer": "某人", "product": "墨盒", "amount": 20, "shop": "天猫", "buyer": "m1"}))
	h.must("李雷", call("undo", nil)) // the order, or the merge could not be taken back
	h.must("钱总", call("undo", params{"code": out.UndoCode}))
	if got := at(); got != before || before != "2 1 1 0" {
		t.Errorf("%s after undo, %s before", got, before)
	}
}
