package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindOffers is what says that offers are due: an outbox row, or the timer that becomes one. Which those are stands in the
// table of offers; the row only wakes.
const KindOffers = "offers"

// reach plans offers in the second pass, all in one statement. A key that is known already is left alone, and so is a customer
// that is gone or that the actor does not see. What is due now leaves after the commit; the rest waits.
func (r *run) reach(ctx context.Context, offers []crm.Offer) error {
	if len(offers) == 0 {
		return nil
	}
	due := make([]time.Time, len(offers))
	for i := range offers {
		o := &offers[i]
		if o.Purpose == "" {
			o.Purpose = crm.Marketing
		}
		if o.Key == "" || strings.TrimSpace(o.Text) == "" {
			return fmt.Errorf("offer to customer %d from %s: %w: no key or no text", o.CustomerID, o.Source, crm.ErrInvalid)
		}
		due[i] = r.now
		if o.NotBefore.After(r.now) {
			due[i] = o.NotBefore.UTC()
		}
	}
	added, err := r.tx.AddOffers(ctx, offers, due)
	if err != nil {
		return err
	}
	r.wakeOffers(added)
	return nil
}

// wakeOffers sees to it that offers are looked at when they are due: one timer for all of the same second.
func (r *run) wakeOffers(added []store.AddedOffer) {
	set := map[int64]bool{}
	for _, a := range added {
		at := a.Due.Unix()
		if a.Due.Nanosecond() > 0 {
			at++
		}
		if !a.Due.After(r.now) {
			at = 0
		}
		if set[at] {
			continue
		}
		set[at] = true
		if at == 0 {
			r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: KindOffers, Kind: KindOffers})
			continue
		}
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindOffers, Subject: at, Due: time.Unix(at, 0).UTC(), Dedupe: fmt.Sprintf("offers:%d", at)})
	}
}
