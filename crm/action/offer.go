package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// The kinds of outbox rows and timers about offers. KindOffers says that offers are due: which those are stands in the table of
// offers, the row only wakes. KindOfferDigest tells a colleague (Subject) in the morning what will leave by itself. KindOfferEnd
// tells how a group-send task of an offer (Subject) ended: an [OfferEnd].
const (
	KindOffers      = "offers"
	KindOfferDigest = "offers.digest"
	KindOfferEnd    = store.KindOfferEnd
)

// reach plans offers in the second pass, all in one statement. A key that is known already is left alone, and so is a customer
// that is gone or that the actor does not see. What is due now leaves after the commit; the rest waits.
func (r *run) reach(ctx context.Context, offers []crm.Offer) error {
	_, err := r.planOffers(ctx, offers)
	return err
}

func (r *run) planOffers(ctx context.Context, offers []crm.Offer) ([]store.AddedOffer, error) {
	if len(offers) == 0 {
		return nil, nil
	}
	due, own := make([]time.Time, len(offers)), make([]time.Time, len(offers))
	tell := map[time.Time]time.Time{} // by when it leaves: when its owner hears of it
	for i := range offers {
		o := &offers[i]
		if o.Purpose == "" {
			o.Purpose = crm.Marketing
		}
		if o.Key == "" || strings.TrimSpace(o.Text) == "" {
			return nil, fmt.Errorf("offer to customer %d from %s: %w: no key or no text", o.CustomerID, o.Source, crm.ErrInvalid)
		}
		var say time.Time
		if due[i], say = r.x.reach.Leaves(*o, r.now); !say.IsZero() {
			tell[due[i]] = say
		}
		o.Until = r.x.reach.Ends(*o, due[i])
		own[i] = due[i]
		if r.req.Via != "rule" && r.req.Via != "timer" { // whoever says it to customers of their own need not object to it
			said := *o
			said.Prompt = true
			own[i], _ = r.x.reach.Leaves(said, r.now)
		}
	}
	added, err := r.tx.AddOffers(ctx, offers, due, own)
	if err != nil {
		return nil, err
	}
	wakeOffers(r.tx, added)
	told := map[string]bool{}
	for _, a := range added {
		say, ok := tell[a.Due]
		key := fmt.Sprintf("%s:%d:%d", KindOfferDigest, a.Owner, say.Unix())
		if !ok || !a.Auto || told[key] {
			continue
		}
		told[key] = true
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindOfferDigest, Subject: int64(a.Owner), Due: say, Dedupe: key})
	}
	return added, nil
}

// wakeOffers sees to it that offers are looked at when they are due: one timer for all of the same second.
func wakeOffers(tx *store.Tx, added []store.AddedOffer) {
	set := map[int64]bool{}
	for _, a := range added {
		at := a.Due.Unix()
		if a.Due.Nanosecond() > 0 {
			at++
		}
		if !a.Due.After(tx.Now) {
			at = 0
		}
		if set[at] {
			continue
		}
		set[at] = true
		if at == 0 {
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: KindOffers, Kind: KindOffers})
			continue
		}
		tx.Ledger.Timers = append(tx.Ledger.Timers, store.TimerRow{Kind: KindOffers, Subject: at, Due: time.Unix(at, 0).UTC(), Dedupe: fmt.Sprintf("offers:%d", at)})
	}
}

// mustRaw is v as JSON.
func mustRaw(v map[string]any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // words and numbers: a programmer's mistake
	}
	return raw
}
