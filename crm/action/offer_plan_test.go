package action_test

import (
	"context"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// TestOffersArePlannedOnce: the same key is one offer, a customer that is gone or belongs to others gets none, and no text lies open.
func TestOffersArePlannedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.must("李雷", call("customer.create", params{"customer": "阿强"})).Results[0].Record.ID
	add := func(who crm.Actor, keys ...string) (n int) {
		t.Helper()
		var all []crm.Offer
		var due []time.Time
		for _, k := range keys {
			all = append(all, crm.Offer{CustomerID: crm.CustomerID(id), Purpose: crm.Marketing, Source: "manual", Text: "{{称呼}}您好", Key: k, Fills: map[string]string{"券": "8折"}})
			due = append(due, h.now)
		}
		err := h.store.As(t.Context(), who, func(ctx context.Context, tx *store.Tx) error {
			added, err := tx.AddOffers(ctx, all, due, nil)
			n = len(added)
			for _, a := range added {
				if a.Owner != h.who["李雷"].UserID || !a.Due.Equal(h.now) {
					t.Errorf("%+v", a)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := add(h.who["李雷"], "a", "b", "a"); n != 2 {
		t.Errorf("%d offers of two keys", n)
	}
	if n := add(crm.System, "b", "c"); n != 1 {
		t.Errorf("%d offers of one new key", n)
	}
	if n := add(h.who["韩梅梅"], "d"); n != 0 {
		t.Errorf("%d offers to somebody else's customer", n)
	}
	if n := h.count(`SELECT count(*) FROM offers WHERE position(convert_to('您好', 'UTF8') IN text) > 0 OR position(convert_to('8折', 'UTF8') IN fills) > 0`); n != 0 {
		t.Errorf("%d texts lie open", n)
	}
}
