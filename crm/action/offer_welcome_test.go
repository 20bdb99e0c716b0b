package action_test

import (
	"context"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// greet decides what goes with a greeting of a customer now, as the bot does; "" is nothing.
func (h *house) greet(id crm.CustomerID) (said string) {
	h.t.Helper()
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		b, err := h.x.WelcomeOffer(ctx, tx, id)
		if err != nil || b == nil {
			return err
		}
		said = b.Steps[0].Filled
		b.Steps[0].Said = said
		return h.x.SettleOffers(ctx, tx, b)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return said
}

// TestWhatWaitsGoesWithTheGreeting: one offer, once; and none against a no, a bound, an open ticket, the night, or without the tap that
// its owner owes.
func TestWhatWaitsGoesWithTheGreeting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "")
	h.plan(crm.Offer{CustomerID: id, Auto: true, Prompt: true, Text: "来坐坐"})
	if said := h.greet(id); said != "来坐坐" {
		t.Fatalf("%q goes with the greeting", said)
	}
	if state, channel, _ := h.offerState(id); state != crm.OfferQueued || channel != crm.ByWelcome {
		t.Error(state, channel)
	}
	if said := h.greet(id); said != "" {
		t.Errorf("%q goes twice", said)
	}
	if n := h.count(`SELECT count(*) FROM reach_counts WHERE customer_id = $1 AND welcome = 1 AND unasked = 1`, int64(id)); n != 1 {
		t.Error("it is not counted")
	}
	for name, bar := range map[string]func(id crm.CustomerID, o *crm.Offer){
		"a no": func(id crm.CustomerID, _ *crm.Offer) {
			h.must("李雷", call("consent.set", params{"customer": "a no", "channel": "欢迎语", "allowed": false}))
		},
		"an open ticket": func(crm.CustomerID, *crm.Offer) {
			h.must("李雷", call("ticket.create", params{"customer": "an open ticket", "content": "投诉漏发", "kind": "投诉"}))
		},
		"the owner's tap": func(_ crm.CustomerID, o *crm.Offer) { o.Auto = false },
		"its time":        func(_ crm.CustomerID, o *crm.Offer) { o.NotBefore = h.now.Add(time.Hour) },
		"the month": func(id crm.CustomerID, _ *crm.Offer) {
			if _, err := h.owner.Exec(`INSERT INTO reach_counts (customer_id, month, unasked) VALUES ($1, $2, 99)`, int64(id), h.now.Format("2006-01-02")[:8]+"01"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		id := h.customerOf("李雷", name, "")
		o := crm.Offer{CustomerID: id, Auto: true, Prompt: true, Text: "来坐坐"}
		bar(id, &o)
		h.plan(o)
		if said := h.greet(id); said != "" {
			t.Errorf("%q goes in spite of %s", said, name)
		}
		if state, _, _ := h.offerState(id); state != crm.OfferPlanned {
			t.Errorf("%s: %s", name, state)
		}
	}
	id = h.customerOf("李雷", "夜猫", "")
	h.plan(crm.Offer{CustomerID: id, Auto: true, Prompt: true, Text: "来坐坐"})
	h.now = time.Date(h.now.Year(), h.now.Month(), h.now.Day(), 22, 0, 0, 0, crm.Shanghai).UTC()
	if said := h.greet(id); said != "" {
		t.Errorf("%q goes at night", said)
	}
}

// TestWhatADoorHasCanBeSkipped: its message is dropped before it leaves, and no undo promises to bring it back.
func TestWhatADoorHasCanBeSkipped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "13812345678")
	h.must("李雷", call("consent.set", params{"customer": "王强", "channel": "短信"}))
	h.plan(crm.Offer{CustomerID: id, Auto: true})
	s := h.decide()["王强"]
	if s == nil || s.Choice.Channel != crm.BySMS {
		t.Fatalf("%+v", s)
	}
	out := h.must("李雷", call("offer.skip", params{"offer": s.ID}))
	if out.UndoCode != "" {
		t.Errorf("an undo is promised: %q", out.UndoCode)
	}
	if state, _, _ := h.offerState(id); state != crm.OfferSkipped {
		t.Error(state)
	}
	err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		may, err := h.x.OffersMay(ctx, tx, []int64{int64(s.ID)}, map[int64]string{int64(s.ID): action.OfferKey(s.ID, 1)})
		if may[int64(s.ID)] {
			t.Error("it leaves although it was skipped")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
