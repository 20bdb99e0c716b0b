package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/crm/store"
)

// renderReacts lets rules and journeys react to what happened, all of it at once: what concerns the same customers is read
// together. What a reaction does stands in its own transaction under the event's number, so a row that is not closed here
// does nothing twice. A rule that cannot act keeps no other row waiting.
func (b *Bot) renderReacts(ctx context.Context, claims []store.OutboxClaim) {
	events := make([]int64, len(claims))
	for i, c := range claims {
		events[i] = c.Subject
	}
	var failed map[int64]error
	err := unbroken(func() (err error) {
		failed, err = b.actions.React(ctx, events...)
		return err
	})
	var done []store.OutboxClaim
	for _, c := range claims {
		switch {
		case err != nil:
			b.notRendered(ctx, c, err)
		case failed[c.Subject] != nil:
			b.notRendered(ctx, c, failed[c.Subject])
		default:
			done = append(done, c)
		}
	}
	if len(done) == 0 {
		return
	}
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.OutboxAllRendered(ctx, done)
		return err
	})
	if err != nil {
		for _, c := range done {
			b.notRendered(ctx, c, fmt.Errorf("react: %w", err))
		}
	}
}

// ringListen asks for reactions to what a rule or a journey that was just turned on has missed.
func (b *Bot) ringListen(ctx context.Context, tx *store.Tx, c store.OutboxClaim) error {
	var mark store.EventMark
	if err := json.Unmarshal(c.Payload, &mark); err != nil {
		return fmt.Errorf("mark of events: %w", err)
	}
	n, err := b.actions.CatchUp(ctx, tx, mark)
	if n > 0 {
		b.log.Debug("reacting to what was missed", zap.Int("events", n))
	}
	return err
}
