package action

import (
	"context"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// heldOffers are how many offers that did not leave an explanation tells.
const heldOffers = 5

// unsent are the states of offers that did not leave.
var unsent = []string{crm.OfferPlanned, crm.OfferAsked, crm.OfferQueued, crm.OfferRefused, crm.OfferFailed, crm.OfferSkipped, crm.OfferStopped}

// ReachNow is what would become of an offer to a customer now.
type ReachNow struct {
	Channel string `json:"channel,omitempty"` // in Chinese
	When    string `json:"when,omitempty"`    // not before
	Reason  string `json:"reason,omitempty"`  // why not, or not now: consent, caps, open tickets, quiet hours, no channel
}

// held tells of a customer what was to reach them and did not, with the reason that was decided then, which journeys leave them
// out for comparison, and what would become of an offer now.
func (r *run) held(ctx context.Context, v *RuleWhyView, customer crm.CustomerID) error {
	rows, _, err := r.tx.ListOffers(ctx, store.OffersQuery{Customer: customer, States: unsent, Limit: heldOffers})
	if err != nil {
		return err
	}
	if err := r.readable(ctx, rows); err != nil {
		return err
	}
	for _, o := range rows {
		v.Held = append(v.Held, r.offerView(o))
	}
	if v.Control, err = r.tx.HeldOut(ctx, customer); err != nil {
		return err
	}
	s, err := r.tryOffer(ctx, customer, "{{称呼}}", crm.Marketing)
	if err != nil {
		return err
	}
	v.Reach = &ReachNow{Reason: strings.TrimSuffix(s.Choice.Reason, "。")}
	if s.Choice.Channel != "" {
		v.Reach.Channel = crm.ChannelChinese(s.Choice.Channel)
	}
	if !s.Choice.Wait.IsZero() {
		v.Reach.When = crm.SayTime(s.Choice.Wait, r.now, r.zone)
	}
	return nil
}
