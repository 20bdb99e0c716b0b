package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// journeyHouse is a house with journeys: the pack's and its own.
func journeyHouse(t *testing.T, own ...crm.JourneyPlan) *house {
	t.Helper()
	h := newHouse(t)
	h.x = h.withJourneys(own...)
	if err := h.x.KeepJourneys(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) withJourneys(own ...crm.JourneyPlan) *action.Executor {
	return action.New(h.store, action.Config{Field: templates.MustField(templates.Default()),
		Service: templates.Default().Service, Journeys: append(templates.MustJourneys(templates.Default()), own...), Doors: action.SurveyDoors{Link: "https://crm.example.com"}})
}

// bought gives a rep a customer who ordered that many days ago.
func (h *house) bought(who, name string, days int) int64 {
	h.t.Helper()
	now := h.now
	h.now = now.AddDate(0, 0, -days)
	out := h.must(who, call("customer.create", params{"customer": name}), call("order.create", params{"customer": name, "product": "拿铁", "amount": 30}))
	h.now = now
	return out.Results[0].Record.ID
}

// ring lets what is due happen, as the bot does, until nothing is.
func (h *house) ring() {
	h.t.Helper()
	ctx := context.Background()
	for range 200 {
		if _, err := h.store.FireDue(ctx, h.now, 1000); err != nil {
			h.t.Fatal(err)
		}
		claims, err := h.store.ClaimOutbox(ctx, "", 100, time.Minute)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(claims) == 0 {
			return
		}
		for _, c := range claims {
			h.rung(c)
		}
	}
	h.t.Fatal("it never ends")
}

func (h *house) rung(c store.OutboxClaim) {
	h.t.Helper()
	ctx := context.Background()
	if c.Kind == action.KindReact {
		if failed, err := h.x.React(ctx, c.Subject); err != nil || len(failed) > 0 {
			h.t.Fatal(err, failed)
		}
	}
	err := h.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		switch c.Kind {
		case action.KindJourney:
			if _, err := h.x.JourneyStep(ctx, tx, crm.JourneyID(c.Subject)); err != nil {
				return err
			}
		case action.KindJourneyLook:
			var page action.JourneyPage
			if len(c.Payload) > 0 {
				if err := json.Unmarshal(c.Payload, &page); err != nil {
					return err
				}
			}
			if _, err := h.x.JourneyLook(ctx, tx, crm.JourneyID(c.Subject), page); err != nil {
				return err
			}
		}
		return tx.OutboxRendered(ctx, c)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// pass lets days go by, hour by hour is not needed: what is due rings at the end of each day.
func (h *house) pass(days int) {
	h.t.Helper()
	for range days {
		h.now = h.now.AddDate(0, 0, 1)
		h.ring()
	}
}

func (h *house) offers(customer int64) (steps []string) {
	h.t.Helper()
	rows, err := h.owner.Query(`SELECT step || CASE WHEN state = 'stopped' THEN '（停）' ELSE '' END FROM offers WHERE customer_id = $1 AND source = 'journey' ORDER BY id`, customer)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			h.t.Fatal(err)
		}
		steps = append(steps, s)
	}
	return steps
}

func (h *house) state(customer int64) (s string) {
	h.t.Helper()
	if err := h.owner.QueryRow(`SELECT coalesce((SELECT state || ' ' || reason FROM journey_people WHERE customer_id = $1 ORDER BY journey_id DESC, entry DESC LIMIT 1), '')`, customer).Scan(&s); err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(s)
}

// TestRecallLadder: one who does not come back gets the ladder of offers and then a call; each once.
func TestRecallLadder(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	id := h.bought("李雷", "张姐茶铺", 40)
	h.must("李雷", call("journey.start", params{"journey": "沉睡召回", "customer": "张姐"}))
	h.ring()
	if got := h.offers(id); !slices.Equal(got, []string{"8折"}) {
		t.Fatalf("at first %v", got)
	}
	h.pass(9)
	if got := h.offers(id); !slices.Equal(got, []string{"8折"}) {
		t.Fatalf("after nine days %v", got)
	}
	h.pass(2)
	if got := h.offers(id); !slices.Equal(got, []string{"8折", "7折"}) {
		t.Fatalf("after eleven days %v", got)
	}
	h.pass(12)
	if n := h.count(`SELECT count(*) FROM tasks WHERE customer_id = $1`, id); n != 1 {
		t.Errorf("%d tasks to call", n)
	}
	if got := h.state(id); got != "done" {
		t.Errorf("at the end: %q", got)
	}
	if n := h.count(`SELECT count(*) FROM coupons WHERE customer_id = $1`, id); n != 2 {
		t.Errorf("%d coupons", n)
	}
	h.pass(30)
	if got := h.offers(id); len(got) != 2 {
		t.Errorf("afterwards %v", got)
	}
}

// TestRecallEndsWithAnOrder: an order is the goal, and what was planned is not said any more.
func TestRecallEndsWithAnOrder(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	id := h.bought("李雷", "张姐茶铺", 40)
	h.must("李雷", call("journey.start", params{"journey": "召回", "customer": "张姐"}))
	h.ring()
	h.now = h.now.Add(time.Hour)
	h.must("李雷", call("order.create", params{"customer": "张姐", "product": "抹茶拿铁", "amount": 32}))
	h.ring()
	if got := h.state(id); got != "goal" {
		t.Errorf("after the order: %q", got)
	}
	if got := h.offers(id); !slices.Equal(got, []string{"8折（停）"}) && !slices.Equal(got, []string{"8折"}) {
		t.Errorf("offers %v", got)
	}
	h.pass(40)
	if got := h.offers(id); len(got) != 1 {
		t.Errorf("after forty days %v", got)
	}
}

// TestRecallKeepsCalm: who has an open ticket does not enter; one who complains on the way hears nothing until it is closed.
func TestRecallKeepsCalm(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	h.bought("李雷", "张姐茶铺", 40)
	h.must("李雷", call("ticket.create", params{"customer": "张姐", "kind": "投诉", "content": "送来的茶发霉了"}))
	h.refused("李雷", crm.ErrConflict, []string{"沉睡召回", "工单"}, call("journey.start", params{"journey": "沉睡召回", "customer": "张姐"}))

	id := h.bought("李雷", "云帆咖啡", 40)
	h.must("李雷", call("journey.start", params{"journey": "沉睡召回", "customer": "云帆"}))
	h.ring()
	out := h.must("李雷", call("ticket.create", params{"customer": "云帆", "kind": "投诉", "content": "杯子漏"}))
	ticket := out.Results[0].Record.ID
	h.pass(14)
	if got := h.offers(id); !slices.Equal(got, []string{"8折"}) {
		t.Fatalf("while the complaint is open: %v", got)
	}
	h.must("钱总", call("ticket.close", params{"ticket": ticket, "resolution": "换了杯子"}))
	h.pass(2)
	if got := h.offers(id); !slices.Equal(got, []string{"8折", "7折"}) {
		t.Errorf("after it was closed: %v", got)
	}
}

// TestRecallOfMany: the preview says how many enter, are held out and stay out and why; those held out hear nothing.
func TestRecallOfMany(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t)
	ids := h.guestsOf(40, 40)
	h.must("李雷", call("journey.start", params{"journey": "沉睡召回", "customer": fmt.Sprintf("#%d", ids[3])}))
	h.must("李雷", call("ticket.create", params{"customer": fmt.Sprintf("#%d", ids[5]), "kind": "投诉", "content": "太慢"}))
	h.guestsOf(1, 3)
	req := h.request("周主管", call("journey.start", params{"journey": "沉睡召回", "filter": params{"no_order_days": 30}}))
	req.Hold = true
	out, err := h.run(req)
	if err != nil {
		t.Fatal(err)
	}
	v := data[action.JourneyStartView](t, out)
	if out.Risk != action.High || v.Enter != 38 || v.Held == 0 || v.Held > 12 || v.Out["in"] != 1 || v.Out["ticket"] != 1 {
		t.Fatalf("the preview: %q %+v", out.Risk, v)
	}
	if n := h.count(`SELECT count(*) FROM journey_people`); n != 1 {
		t.Fatalf("the preview let %d in", n)
	}
	h.must("周主管", call("journey.start", params{"journey": "沉睡召回", "filter": params{"no_order_days": 30}}))
	h.ring()
	if n := h.count(`SELECT count(*) FROM journey_people WHERE state = 'control'`); n != v.Held {
		t.Errorf("%d held out, the preview said %d", n, v.Held)
	}
	var watched int64
	if err := h.owner.QueryRow(`SELECT customer_id FROM journey_people WHERE state = 'control' LIMIT 1`).Scan(&watched); err != nil {
		t.Fatal(err)
	}
	for days := range 2 { // whoever asks why it gets nothing hears it, as long as it is watched
		for _, who := range []string{"李雷", "周主管"} {
			why := data[action.RuleWhyView](t, h.must(who, call("rule.why", params{"customer": fmt.Sprintf("#%d", watched), "offers": true})))
			if !slices.Equal(why.Control, []string{"沉睡召回"}) {
				t.Errorf("%s on day %d: %+v", who, days, why)
			}
		}
		h.pass(1)
	}
	if n := h.count(`SELECT count(*) FROM offers o JOIN journey_people p ON p.customer_id = o.customer_id WHERE p.control`); n != 0 {
		t.Errorf("%d messages to those held out", n)
	}
	if n := h.count(`SELECT count(*) FROM offers WHERE source = 'journey'`); n != 39-v.Held {
		t.Errorf("%d messages", n)
	}
	h.refused("周主管", crm.ErrConflict, []string{"已经在里面"}, call("journey.start", params{"journey": "沉睡召回", "filter": params{"no_order_days": 30}}))
	if got := h.state(ids[5]); got != "" {
		t.Errorf("who complained is in it: %q", got)
	}
}
