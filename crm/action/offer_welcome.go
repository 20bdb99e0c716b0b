package action

import (
	"context"

	"gendan/crm"
	"gendan/crm/store"
)

// mostGreeted are how many waiting offers are looked at for one greeting.
const mostGreeted = 5

// WelcomeOffer decides which of the offers that wait for a customer goes with the greeting of a colleague whose contact they have become
// just now: the first that the ladder lets, with consent and bounds as ever. Those that it does not let stay as they are. The offer's
// message has to be made before [Executor.SettleOffers]; nil is that none goes.
func (x *Executor) WelcomeOffer(ctx context.Context, tx *store.Tx, customer crm.CustomerID) (*OfferBatch, error) {
	rows, err := tx.OffersToGreet(ctx, customer, mostGreeted)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	nobody := func([]string) string { return "" }
	for _, o := range rows {
		b, err := x.decideOffers(ctx, tx, []store.OfferRow{o}, OfferDoors{Welcome: true, Colleague: nobody})
		if err != nil {
			return nil, err
		}
		if s := b.Steps[0]; s.Choice.Channel == crm.ByWelcome && !s.Ask {
			return b, nil
		}
	}
	return nil, nil
}
