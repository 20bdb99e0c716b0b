package action

import (
	"context"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// OffersToday are the offers that leave by themselves today and of which their owner is told first, the earliest first.
func (x *Executor) OffersToday(ctx context.Context, tx *store.Tx, owner crm.UserID) ([]*OfferStep, error) {
	rows, _, err := tx.ListOffers(ctx, store.OffersQuery{Owners: []int64{int64(owner)}, States: []string{crm.OfferPlanned}, From: tx.Now, To: tx.Now.Add(15 * time.Hour), Limit: mostOffers})
	if err != nil {
		return nil, err
	}
	var customers []int64
	for _, o := range rows {
		customers = append(customers, int64(o.CustomerID))
	}
	subjects, err := tx.ReachSubjects(ctx, customers)
	if err != nil {
		return nil, err
	}
	var list []*OfferStep
	var told []store.OfferChange
	for _, o := range rows {
		s := &OfferStep{OfferRow: o, To: subjects[o.CustomerID]}
		if !o.Auto || s.To == nil || o.ToldAt != nil {
			continue
		}
		if s.Filled, _ = crm.FillOffer(o.Text, x.offerValues(s)); s.Filled == "" {
			continue
		}
		list = append(list, s)
		told = append(told, store.OfferChange{ID: o.ID, State: o.State, Channel: o.Channel, Reason: o.Reason, Told: true})
	}
	return list, tx.ChangeOffers(ctx, told)
}

// OffersMay tells which of the offers whose messages are about to leave may still: they are queued by that very key, and nothing
// has come between. Those that have to wait or must not leave are put back or refused here.
func (x *Executor) OffersMay(ctx context.Context, tx *store.Tx, ids []int64, keys map[int64]string) (map[int64]bool, error) {
	rows, err := tx.OffersQueued(ctx, ids)
	if err != nil {
		return nil, err
	}
	may := make(map[int64]bool, len(rows))
	var changes []store.OfferChange
	var next []store.AddedOffer
	why := map[crm.OfferID]string{}
	refuse := func(o store.QueuedOffer, reason string) {
		why[o.ID] = reason
		changes = append(changes, store.OfferChange{ID: o.ID, State: crm.OfferRefused, Channel: o.Channel, Reason: reason})
	}
	quiet := x.reach.QuietUntil(tx.Now)
	for _, o := range rows {
		switch {
		case o.State != crm.OfferQueued || keys[int64(o.ID)] != OfferKey(o.ID, o.Tries):
		case o.No:
			refuse(o, "客户不同意")
		case o.Purpose == crm.Marketing && o.Ticket != 0:
			refuse(o, crm.TicketBars(o.Ticket))
		case !quiet.IsZero() && o.Channel != crm.ByContact: // a backlog that has lasted into the night
			changes = append(changes, store.OfferChange{ID: o.ID, State: crm.OfferPlanned, Channel: o.Channel, Reason: "晚上不打扰客户", Due: quiet})
			next = append(next, store.AddedOffer{Due: quiet})
		default:
			may[int64(o.ID)] = true
		}
	}
	if err := tx.ChangeOffers(ctx, changes); err != nil {
		return nil, err
	}
	wakeOffers(tx, next)
	return may, x.offersRefused(ctx, tx, why)
}

// offersRefused tells the rules which offers were refused that were on their way already, and why.
func (x *Executor) offersRefused(ctx context.Context, tx *store.Tx, why map[crm.OfferID]string) error {
	if len(why) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(why))
	for id := range why {
		ids = append(ids, int64(id))
	}
	rows, err := tx.OffersByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, o := range rows {
		offerEvent(tx, "offer.refused", o, map[string]any{"reason": why[o.ID]})
	}
	return x.letHear(ctx, tx)
}

// OffersWithdrawn ends the coupons of offers that were taken back while a door had them, now that it is known that they have not left.
func (x *Executor) OffersWithdrawn(ctx context.Context, tx *store.Tx, offers []int64) error {
	if err := tx.EndWithdrawn(ctx, offers); err != nil {
		return err
	}
	return x.letHear(ctx, tx)
}

// OffersLeft writes down that messages have reached their doors: the offers are sent, and what was said stands in the customers'
// records.
func (x *Executor) OffersLeft(ctx context.Context, tx *store.Tx, ids []int64) error {
	rows, err := tx.OffersByID(ctx, ids)
	if err != nil {
		return err
	}
	var changes []store.OfferChange
	for _, o := range rows {
		if o.State == crm.OfferSent {
			continue
		}
		changes = append(changes, store.OfferChange{ID: o.ID, State: crm.OfferSent, Channel: o.Channel, Reason: ""})
		offerSaid(tx, o, o.Channel, o.Text)
	}
	if err := tx.ChangeOffers(ctx, changes); err != nil {
		return err
	}
	return x.letHear(ctx, tx)
}

// OfferStuck is a door's word that it could not deliver the message of an offer, its tryth; 0 is whichever was last. The offer
// steps down the ladder once; after a second failure it has failed, which failed tells.
func (x *Executor) OfferStuck(ctx context.Context, tx *store.Tx, id crm.OfferID, try int, why string) (o store.OfferRow, failed bool, err error) {
	if o, err = tx.OfferByID(ctx, id); err != nil {
		return o, false, err
	}
	if o.State != crm.OfferQueued && o.State != crm.OfferSent || try != 0 && try != o.Tries {
		return o, false, nil // skipped, stopped or edited since
	}
	c := store.OfferChange{ID: o.ID, State: crm.OfferPlanned, Channel: o.Channel, Reason: why, Due: tx.Now, Tried: o.Channel, Told: true, Auto: true}
	if failed = len(o.Tried) > 0; failed {
		c.State = crm.OfferFailed
		offerEvent(tx, "offer.failed", o, map[string]any{"channel": o.Channel, "reason": why})
	} else {
		wakeOffers(tx, []store.AddedOffer{{Due: tx.Now}})
	}
	if err := tx.ChangeOffers(ctx, []store.OfferChange{c}); err != nil {
		return o, false, err
	}
	return o, failed, x.letHear(ctx, tx)
}

// OfferUnsure gives up a message of which nobody can tell whether it has left: it is not sent again.
func (x *Executor) OfferUnsure(ctx context.Context, tx *store.Tx, id crm.OfferID) error {
	o, err := tx.OfferByID(ctx, id)
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	const why = "不确定有没有送到，为了不重复就不再发了"
	if err := tx.ChangeOffers(ctx, []store.OfferChange{{ID: o.ID, State: crm.OfferFailed, Channel: o.Channel, Reason: why}}); err != nil {
		return err
	}
	offerEvent(tx, "offer.failed", o, map[string]any{"channel": o.Channel, "reason": why})
	return x.letHear(ctx, tx)
}

// OfferLater puts an offer off whose door is away; it is decided about anew then.
func (x *Executor) OfferLater(ctx context.Context, tx *store.Tx, id crm.OfferID, at time.Time) error {
	o, err := tx.OfferByID(ctx, id)
	if notFound(err) || err == nil && o.State != crm.OfferQueued {
		return nil
	}
	if err != nil {
		return err
	}
	wakeOffers(tx, []store.AddedOffer{{Due: at}})
	return tx.ChangeOffers(ctx, []store.OfferChange{{ID: o.ID, State: crm.OfferPlanned, Channel: o.Channel, Reason: "渠道暂时不通", Due: at, Told: true, Auto: true}})
}

// OfferAgain lets an offer be made a group-send task anew whose task was taken back for another customer's sake, its tryth.
func (x *Executor) OfferAgain(ctx context.Context, tx *store.Tx, id crm.OfferID, try int) error {
	o, err := tx.OfferByID(ctx, id)
	if notFound(err) || err == nil && (o.State != crm.OfferQueued || try != o.Tries) {
		return nil
	}
	if err != nil {
		return err
	}
	wakeOffers(tx, []store.AddedOffer{{Due: tx.Now}})
	return tx.ChangeOffers(ctx, []store.OfferChange{{ID: o.ID, State: crm.OfferPlanned, Channel: o.Channel, Due: tx.Now, Told: true, Remade: true}})
}
