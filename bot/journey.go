package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// Journeys go on by rows that wake them: the steps that are due, and the daily look for who enters by itself. Each row is one
// batch in the transaction that closes it, so that a process may die at any moment and nothing is done twice.

// ringJourney takes a batch of a journey's steps, or of its daily look.
func (b *Bot) ringJourney(ctx context.Context, tx *store.Tx, c store.OutboxClaim) error {
	tx.Now = b.now().UTC()
	id := crm.JourneyID(c.Subject)
	if c.Kind == action.KindJourney {
		n, err := b.actions.JourneyStep(ctx, tx, id)
		if n > 0 {
			b.log.Debug("journey", zap.Int64("journey", c.Subject), zap.Int("moved", n))
		}
		return err
	}
	var page action.JourneyPage
	if len(c.Payload) > 0 {
		if err := json.Unmarshal(c.Payload, &page); err != nil {
			return fmt.Errorf("journey %d: %w", id, err)
		}
	}
	_, err := b.actions.JourneyLook(ctx, tx, id, page)
	return err
}

// isJourney tells whether a kind of outbox row sets a journey going.
func isJourney(kind string) bool { return kind == action.KindJourney || kind == action.KindJourneyLook }

// Journey is what a start did.
func (v telling) Journey() *action.JourneyStartView { return dataOf[action.JourneyStartView](v) }

// JourneyStopped is what a stop did.
func (v telling) JourneyStopped() *action.JourneyStopView { return dataOf[action.JourneyStopView](v) }

// JourneySwitched is what pausing or resuming did.
func (v telling) JourneySwitched() *action.JourneySwitched { return dataOf[action.JourneySwitched](v) }

// dataOf reads a result's data; nil when it is another's.
func dataOf[T any](v telling) *T {
	d := new(T)
	if len(v.R.Data) == 0 || json.Unmarshal(v.R.Data, d) != nil {
		return nil
	}
	return d
}

// keepJourneys brings the pack's journeys into the database, once at the start.
func (b *Bot) keepJourneys(ctx context.Context) error {
	never := make(chan struct{})
	for {
		err := b.actions.KeepJourneys(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		b.log.Error("journeys of the pack", zap.Error(err))
		if !pause(ctx, never, time.Minute) {
			return nil
		}
	}
}
