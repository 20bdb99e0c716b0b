package action_test

import (
	"context"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// waiting is an offer that has become a task in the owner's group-send helper, and waits for the tap.
func (h *house) waiting(id crm.CustomerID, purpose string) (offer crm.OfferID, key string) {
	h.t.Helper()
	h.plan(crm.Offer{CustomerID: id, Purpose: purpose})
	return h.asTask(id)
}

// asTask makes the planned offer of a customer such a task.
func (h *house) asTask(id crm.CustomerID) (offer crm.OfferID, key string) {
	h.t.Helper()
	if err := h.owner.QueryRow(`UPDATE offers SET state = 'queued', channel = 'contact', tries = 1 WHERE customer_id = $1 AND state = 'planned' RETURNING id`, int64(id)).Scan(&offer); err != nil {
		h.t.Fatal(err)
	}
	key = action.OfferKey(offer, 1)
	if _, err := h.store.ContactBegin(h.t.Context(), key, []store.ContactMember{{Key: key, Peer: "contact:lilei/wm1"}}); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.store.ContactMade(h.t.Context(), []string{key}, "task-"+key); err != nil {
		h.t.Fatal(err)
	}
	return offer, key
}

// held are the tasks that are to be taken back from the colleagues.
func (h *house) held() map[string]bool {
	h.t.Helper()
	due, err := h.store.ContactDue(h.t.Context(), 100)
	if err != nil {
		h.t.Fatal(err)
	}
	all := map[string]bool{}
	for _, t := range due {
		all[t.Key] = t.Stop
	}
	return all
}

// TestWaitingTasksAreHeld: marketing that waits for a colleague's tap is taken back when its customer opens a ticket meanwhile or
// says no to that channel; care is held by a no only.
func TestWaitingTasksAreHeld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	angry, no, calm := h.customerOf("李雷", "王强", ""), h.customerOf("李雷", "赵敏", ""), h.customerOf("李雷", "周芷若", "")
	_, first := h.waiting(angry, crm.Marketing)
	_, second := h.waiting(no, crm.Marketing)
	_, third := h.waiting(calm, crm.Marketing)
	_, care := h.waiting(angry, crm.Care)
	if held := h.held(); held[first] || held[second] || held[third] || held[care] || len(held) != 4 {
		t.Fatal(held)
	}
	h.must("李雷", call("ticket.create", params{"customer": "王强", "content": "投诉漏发", "kind": "投诉"}))
	h.must("李雷", call("consent.set", params{"customer": "赵敏", "channel": "企业微信群发", "allowed": false}))
	if held := h.held(); !held[first] || !held[second] || held[third] || held[care] {
		t.Error(held)
	}
	var reason string
	if err := h.owner.QueryRow(`SELECT reason FROM offers WHERE customer_id = $1 AND purpose = 'marketing' AND state = 'refused'`, int64(angry)).Scan(&reason); err != nil || !strings.Contains(reason, "工单 #") {
		t.Error(reason, err)
	}
	if state, _, reason := h.offerState(no); state != crm.OfferRefused || reason != "客户不同意" {
		t.Error(state, reason)
	}
}

// TestNoIsHeardAtTheDoor: who says no to a channel while a message by it is on its way does not get it.
func TestNoIsHeardAtTheDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "13812345678")
	h.must("李雷", call("consent.set", params{"customer": "王强", "channel": "短信"}))
	h.plan(crm.Offer{CustomerID: id, Auto: true})
	s := h.decide()["王强"]
	if s == nil || s.Choice.Channel != crm.BySMS {
		t.Fatalf("%+v", s)
	}
	h.must("李雷", call("consent.set", params{"customer": "王强", "channel": "短信", "allowed": false}))
	err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		may, err := h.x.OffersMay(ctx, tx, []int64{int64(s.ID)}, map[int64]string{int64(s.ID): action.OfferKey(s.ID, 1)})
		if may[int64(s.ID)] {
			t.Error("it leaves in spite of the no")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if state, _, reason := h.offerState(id); state != crm.OfferRefused || reason != "客户不同意" {
		t.Error(state, reason)
	}
}
