package store_test

import (
	"context"
	"encoding/json"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// What somebody listens to becomes an outbox row with the event's own number, in the same statement; the rest does not.
func TestEventsBecomeReactions(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	rung := make(chan string, 8)
	s.OnOutbox(func(platform string) { rung <- platform })
	err := s.As(t.Context(), crm.System, func(_ context.Context, tx *store.Tx) error {
		tx.Ledger.Events = []store.Event{
			{Name: "order.created", Kind: crm.KindOrder, ID: 7, Data: json.RawMessage(`{"customer":1001}`), React: true},
			{Name: "deal.created", Kind: crm.KindDeal, ID: 8},
			{Name: "customer.changed", Kind: crm.KindCustomer, ID: 9, React: true},
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := <-rung; p != "" {
		t.Errorf("the bell of %q rang", p)
	}
	claims, err := s.ClaimOutbox(t.Context(), "", 10, 60e9)
	if err != nil || len(claims) != 2 || claims[0].Kind != store.KindReact {
		t.Fatalf("%+v %v", claims, err)
	}
	err = s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		events, err := tx.Events(ctx, []int64{claims[0].Subject, claims[1].Subject})
		if err != nil {
			return err
		}
		if len(events) != 2 || events[0].Name != "order.created" || events[0].Ref.ID != 7 || events[0].Data["customer"] != 1001. || events[1].Ref.ID != 9 {
			t.Errorf("%+v", events)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
