package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gendan/crm"
)

// KindOfferEnd is the kind of an outbox row that tells how the group-send task of an offer (Subject) ended; Payload is an
// [OfferEnd].
const KindOfferEnd = "offer.end"

// OfferEnd is how the message of an offer ended at a door that tells it later.
type OfferEnd struct {
	Try     int    `json:"try"`     // which message of the offer
	Outcome string `json:"outcome"` // the door's word: chat.TaskSent …

	Back *OffersBack `json:"back,omitempty"` // with it the row is about tasks of a colleague (Subject) instead
}

// contactEnded tells the offer whose message a task was how it ended. The key of an offer's message is offer:<id>:<try>.
func (tx *Tx) contactEnded(_ context.Context, key string, look ContactLook) error {
	rest, ours := strings.CutPrefix(key, "offer:")
	if !ours {
		return nil
	}
	var id int64
	end := OfferEnd{Outcome: look.Outcome}
	if _, err := fmt.Sscanf(rest, "%d:%d", &id, &end.Try); err != nil {
		return fmt.Errorf("task %q: %w: %w", key, crm.ErrInvalid, err)
	}
	payload, err := json.Marshal(end)
	if err != nil {
		return fmt.Errorf("task %q: %w", key, err)
	}
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, OutboxRow{Lane: "offer:" + rest, Kind: KindOfferEnd, Subject: id, Payload: payload, Key: "end:" + key})
	return nil
}
