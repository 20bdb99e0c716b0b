package action_test

import (
	"context"
	"encoding/json"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// TestWhatARuleMissesIsFound turns a rule on while another process, which has just looked who listens, goes on writing: what was
// written since fires it, what was written before does not, and nothing does twice.
func TestWhatARuleMissesIsFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := action.New(h.store, action.Config{Points: templates.MustPoints(templates.Default()), Field: templates.MustField(templates.Default()), Service: templates.Default().Service})
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	order := func(x *action.Executor, product string) {
		t.Helper()
		if _, err := x.Run(t.Context(), h.request("李雷", call("order.create", params{"customer": "上海云帆科技", "product": product, "amount": 100}))); err != nil {
			t.Fatal(err)
		}
	}
	order(other, "硒鼓") // now it knows for a while that nobody listens
	v := h.saveRule("钱总", `{"name":"谢谢下单","when":{"kind":"event","event":"order.created"},
		"then":[{"action":"task.create","params":{"customer":"{{客户}}","assignee":"{{负责人}}","content":"谢谢{{客户}}"}}]}`)
	order(other, "墨盒")
	order(h.x, "纸")
	for range 2 {
		h.listen()
		h.react()
		if n := h.fired(v.ID, "done"); n != 2 {
			t.Errorf("fired %d times, want 2", n)
		}
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = $1`, action.KindReact); n != 2 {
		t.Errorf("%d events were asked for, want 2", n)
	}
}

// TestWhatAnUpgradeMissesIsFound: a rule and a journey that the new edition of the pack brings miss nothing either, although processes of before
// go on for a moment; and an edition that listens to nothing new looks for nothing.
func TestWhatAnUpgradeMissesIsFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.x
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	order := func() {
		h.must("李雷", call("order.create", params{"customer": "上海云帆科技", "product": "硒鼓", "amount": 100}))
	}
	order() // now the old process knows for a while that nobody listens
	rule := crm.Rule{Name: "谢谢下单", Active: true, When: crm.RuleWhen{Kind: crm.WhenEvent, Event: "order.created"},
		Then: []crm.RuleStep{{Action: "task.create", Params: []byte(`{"customer":"{{客户}}","assignee":"{{负责人}}","content":"谢谢"}`)}}}
	upgrade := func() *action.Executor {
		x := action.New(h.store, action.Config{Rules: []crm.Rule{rule}, Journeys: templates.MustJourneys(templates.Default())})
		if _, err := x.KeepRules(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := x.KeepJourneys(t.Context()); err != nil {
			t.Fatal(err)
		}
		return x
	}
	fresh := upgrade()
	h.x = other
	order()
	h.x = fresh
	upgrade()
	h.listen()
	h.react()
	if n := h.count(`SELECT count(*) FROM rule_firings WHERE state = 'done'`); n != 1 {
		t.Errorf("fired %d times, want 1", n)
	}
}

// listen looks for what was missed since a listener was last turned on, as the renderer does.
func (h *house) listen() {
	h.t.Helper()
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = $1`, action.KindListen); n != 2 {
		h.t.Fatalf("%d looks, want %d", n, 2)
	}
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		var payload []byte
		err := tx.Get(ctx, &payload, `SELECT payload FROM outbox WHERE kind = $1 LIMIT 1`, action.KindListen)
		if err == nil {
			payload, err = tx.Keys.Open("outbox", "payload", payload)
		}
		var mark store.EventMark
		if err == nil {
			err = json.Unmarshal(payload, &mark)
		}
		if err == nil {
			_, err = h.x.CatchUp(ctx, tx, mark)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}
