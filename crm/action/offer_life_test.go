package action_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// TestOffersEnd: what is told of a campaign has an end, the campaign's last day or some weeks. A task in the group-send helper that nobody has
// confirmed by then is taken back, an offer that waits is closed, the owner can read why, and nothing comes back later.
func TestOffersEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	short, long, asked := h.customerOf("李雷", "王强", ""), h.customerOf("李雷", "赵敏", ""), h.customerOf("李雷", "周芷若", "")
	send := func(campaign, customer string, more params) {
		t.Helper()
		more["campaign"] = campaign
		h.must("冯市场", call("campaign.create", more))
		h.must("李雷", call("customer.tag", params{"customer": customer, "tags": []string{campaign}}))
		h.must("冯市场", call("campaign.send", params{"campaign": campaign, "content": "新茶到了", "filter": params{"tags": []string{campaign}}}))
	}
	send("春茶", "王强", params{"end": "2026-11-22"})
	send("夏茶", "赵敏", params{})
	send("秋茶", "周芷若", params{"end": "2026-11-20"})
	first, firstKey := h.asTask(short)
	second, secondKey := h.asTask(long)
	h.now = h.now.AddDate(0, 0, 1).Add(time.Minute) // past the owner's time to object
	h.decide()                                      // there is no door to 周芷若: the owner is to hand it on
	if state, channel, _ := h.offerState(asked); state != crm.OfferAsked || channel != crm.ByLink {
		t.Fatal(state, channel)
	}
	h.now = h.now.AddDate(0, 0, 4) // 23 November
	h.decide()
	if state, _, reason := h.offerState(asked); state != crm.OfferRefused || reason != "一直没人点发送" {
		t.Errorf("the asked one after its campaign: %s %s", state, reason)
	}
	if state, _, reason := h.offerState(short); state != crm.OfferStopped || !strings.Contains(reason, "没人在群发助手里点发送") {
		t.Errorf("the task after its campaign: %s %s", state, reason)
	}
	if state, _, _ := h.offerState(long); state != crm.OfferQueued {
		t.Errorf("the task with weeks to go: %s", state)
	}
	if held := h.held(); !held[firstKey] || held[secondKey] {
		t.Error(held)
	}
	v := data[action.RuleWhyView](t, h.must("李雷", call("rule.why", params{"customer": "王强", "offers": true})))
	if len(v.Held) != 1 || !strings.Contains(v.Held[0].Reason, "没人在群发助手里点发送") {
		t.Errorf("%+v", v.Held)
	}
	h.now = h.now.AddDate(0, 0, 12) // the platform ends the task before anybody looks at its offer
	for offer, customer := range map[crm.OfferID]crm.CustomerID{first: short, second: long} {
		if err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			_, _, err := h.x.OfferStuck(ctx, tx, offer, 1, "没有人在群发助手里点发送")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.decide()
		if state, _, reason := h.offerState(customer); state == crm.OfferAsked || state == crm.OfferQueued || state == crm.OfferPlanned ||
			!strings.Contains(reason, "群发助手里点发送，"+crm.OfferLate) {
			t.Errorf("weeks later: %s %s", state, reason)
		}
	}
}
