package action_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
)

// TestRulesHearWhatCustomersDoWithOffers: opened, clicked and replied fire a rule each, once, and only of what is with the customer.
func TestRulesHearWhatCustomersDoWithOffers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rules := map[string]int64{}
	for _, e := range []string{"opened", "clicked", "replied"} {
		rules[e] = h.saveRule("钱总", fmt.Sprintf(`{"name":"听%s","when":{"kind":"event","event":"offer.%s"},"then":[{"action":"customer.tag","params":{"customer":"{{客户}}","tags":["%s"]}}]}`, e, e, e)).ID
	}
	id := h.customerOf("李雷", "王强", "13812345678")
	code := h.couponOf("王强", params{"discount": 0.8})
	other := h.customerOf("李雷", "陈静", "13912345678")
	h.plan(crm.Offer{CustomerID: id, Purpose: crm.Servicing, Link: "https://shop.example.com/new", Text: "看这里：{{链接}}"})
	token := func() string {
		var offer int64
		if err := h.owner.QueryRow(`SELECT max(id) FROM offers WHERE customer_id = $1`, int64(id)).Scan(&offer); err != nil {
			t.Fatal(err)
		}
		return h.store.Keys().OfferToken(crm.OfferID(offer))
	}()
	fired := func(when string, opened, clicked, replied int) {
		t.Helper()
		h.react()
		for e, want := range map[string]int{"opened": opened, "clicked": clicked, "replied": replied} {
			if got := h.fired(rules[e], "done"); got != want {
				t.Errorf("%s: %s fired %d times, want %d", when, e, got, want)
			}
		}
	}
	open := func() {
		h.mustSystem(call("coupon.open", params{"code": code, "seen": true}))
		h.mustSystem(call("campaign.open", params{"token": token, "visitor": "00ff"}))
	}
	open()
	fired("before anything was sent", 0, 0, 0)
	if _, err := h.owner.Exec(`UPDATE offers SET state = 'sent', sent_at = $1, channel = 'sms'`, h.now); err != nil {
		t.Fatal(err)
	}
	h.mustSystem(call("coupon.open", params{"code": code}))
	h.mustSystem(call("campaign.open", params{"token": token}))
	fired("programs looked", 0, 0, 0)
	h.mustSystem(call("coupon.open", params{"code": code, "seen": true}))
	fired("the coupon's page", 1, 0, 0)
	open()
	open()
	fired("the link, twice", 2, 1, 0)
	h.mustSystem(call("offer.answered", params{"customer": other}))
	fired("somebody else spoke", 2, 1, 0)
	h.mustSystem(call("offer.answered", params{"customer": id}))
	h.mustSystem(call("offer.answered", params{"customer": id}))
	fired("they spoke", 2, 1, 2) // once for each offer
	if n := h.count(`SELECT count(*) FROM customers WHERE id = $1 AND tags @> '{opened,clicked,replied}'`, int64(id)); n != 1 {
		t.Error("the rules did not reach the customer")
	}
	forged := token[:len(token)-1] + "0"
	if forged == token {
		forged = token[:len(token)-1] + "1"
	}
	if _, err := h.system("forged", call("campaign.open", params{"token": forged, "visitor": "00ff"})); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("a forged link: %v", err)
	}
}

// TestAJourneyHearsOnlyItsOwnOffers: a click on what a campaign or another journey sent is no answer to this one.
func TestAJourneyHearsOnlyItsOwnOffers(t *testing.T) {
	t.Parallel()
	h := journeyHouse(t, crm.JourneyPlan{Name: "问", Purpose: crm.Care, Steps: []crm.JourneyStep{
		offer("问", "看看：{{链接}}"), {Do: crm.StepWait, For: crm.DidClick, Days: 5}, {Do: crm.StepBranch, Did: crm.DidClick, Then: "谢", Else: crm.JourneyEnd}, offer("谢", "谢谢")}})
	id := h.guestsOf(1, 10)[0]
	h.must("李雷", call("journey.start", params{"journey": "问", "customer": fmt.Sprintf("#%d", id)}))
	h.ring()
	h.plan(crm.Offer{CustomerID: crm.CustomerID(id), Purpose: crm.Servicing, Link: "https://shop.example.com/other", Text: "另一条：{{链接}}"})
	if _, err := h.owner.Exec(`UPDATE offers SET state = 'sent', sent_at = $1, channel = 'sms'`, h.now); err != nil {
		t.Fatal(err)
	}
	click := func(source string) {
		t.Helper()
		var offer int64
		if err := h.owner.QueryRow(`SELECT id FROM offers WHERE customer_id = $1 AND source = $2`, id, source).Scan(&offer); err != nil {
			t.Fatal(err)
		}
		if source == "journey" { // as a plan with a link would
			if _, err := h.owner.Exec(`UPDATE offers SET link = (SELECT link FROM offers WHERE source = 'test') WHERE id = $1`, offer); err != nil {
				t.Fatal(err)
			}
		}
		h.mustSystem(call("campaign.open", params{"token": h.store.Keys().OfferToken(crm.OfferID(offer)), "visitor": "00ff"}))
		h.ring()
	}
	click("test")
	if got := strings.Join(h.offers(id), ","); strings.Contains(got, "谢") {
		t.Fatalf("thanked for another's click: %v", got)
	}
	click("journey")
	if got := strings.Join(h.offers(id), ","); !strings.Contains(got, "谢") {
		t.Errorf("not thanked for the click: %v", got)
	}
}

// A bundle that was left open by whoever closed the others, since a process that was killed held it, keeps the offers awake even when no
// offer of its own is due any more.
func TestABundleThatADyingProcessHeldIsClosedLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	add := func(ctx context.Context, tx *store.Tx) error {
		return tx.AddToBundles(ctx, []store.Bundle{{Mark: "m", Text: "上新了"}})
	}
	ours := func(work func(ctx context.Context, tx *store.Tx) error) {
		t.Helper()
		if err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			return work(ctx, tx)
		}); err != nil {
			t.Fatal(err)
		}
	}
	closes := func(want int) {
		t.Helper()
		ours(func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.CloseBundles(ctx)
			if len(all) != want {
				t.Errorf("%d bundles closed, want %d", len(all), want)
			}
			return err
		})
	}
	waits := func(want bool) {
		t.Helper()
		ours(func(ctx context.Context, tx *store.Tx) error {
			waiting, err := tx.OffersWaiting(ctx)
			if waiting != want {
				t.Errorf("offers wait: %v, want %v", waiting, want)
			}
			return err
		})
	}
	waits(false)
	ours(add)
	h.dying(add, func() { closes(0) })
	waits(true)
	closes(1)
	waits(false)
}
