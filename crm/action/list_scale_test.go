package action_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gendan/crm/store"
)

// A rep's own number costs as much as the rep has: not all customers of the company are looked at for it.
func TestOwnNumbersLookAtOwnCustomers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me, other := int64(h.who["李雷"].UserID), int64(h.who["韩梅梅"].UserID)
	for _, statement := range []string{
		`INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by) SELECT 'K' || k, 'k' || k, 'k' || k, '{}', CASE WHEN k % 200 = 0 THEN ` + fmt.Sprint(me) + ` ELSE ` + fmt.Sprint(other) + ` END, 1 FROM generate_series(1, 20000) k`,
		`UPDATE customer_facts SET orders = 1, last_order = now(), first_order = now()`,
		`ANALYZE`,
	} {
		if _, err := h.owner.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for says, look := range map[string]struct {
		who  string
		look func(ctx context.Context, tx *store.Tx) (int, error)
	}{
		"how many of a rep's ever bought": {"李雷", func(ctx context.Context, tx *store.Tx) (int, error) {
			_, sum, err := tx.AtRisk(ctx, []int64{me}, time.Now(), 10, 0)
			return sum.Buyers, err
		}},
	} {
		err := h.store.As(t.Context(), h.who[look.who], func(ctx context.Context, tx *store.Tx) error {
			looked := func() (n int, err error) {
				return n, tx.Get(ctx, &n, `
					WITH t AS (SELECT oid FROM pg_class WHERE relname IN ('customers', 'customer_facts') AND relkind = $1)
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
			n, err := look.look(ctx, tx)
			if err != nil {
				return err
			}
			after, err := looked()
			if n < 10 || after-before > 5000 {
				t.Errorf("%s: %d shown, %d looked at", says, n, after-before)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", says, err)
		}
	}
}
