package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

// once are the doors by which the same key reaches a customer once, however often it is sent: the platform or the gateway
// drops the second, or the adapter finds the first.
var once = map[string]bool{crm.ByKf: true, crm.ByContact: true, crm.BySMS: true}

// offersMay leaves of claims those that may still leave: what was stopped, skipped or edited since does not, nor what would
// break in on a complaint or a night. Rows that are not about offers stay. One that cannot be looked at waits, and nothing else with it.
func (b *Bot) offersMay(ctx context.Context, platform string, claims []store.OutboxClaim) []store.OutboxClaim {
	var offers, left []store.OutboxClaim
	for _, c := range claims {
		if c.Kind == kindOffer {
			offers = append(offers, c)
		} else {
			left = append(left, c)
		}
	}
	if len(offers) == 0 {
		return claims
	}
	may, err := b.offersLook(ctx, platform, offers)
	if err == nil {
		return append(left, may...)
	}
	for _, c := range offers {
		if may, err = b.offersLook(ctx, platform, []store.OutboxClaim{c}); err != nil {
			b.unseen(ctx, c, err)
			continue
		}
		left = append(left, may...)
	}
	return left
}

// unseen puts off a row that could not be looked at before it was to leave.
func (b *Bot) unseen(ctx context.Context, c store.OutboxClaim, err error) {
	if ctx.Err() != nil {
		return
	}
	b.log.Error("offer: not looked at", zap.Int64("outbox", c.ID), zap.Int64("subject", c.Subject), zap.Error(err))
	b.giveBack(ctx, c, store.OutboxMark{NotBefore: b.now().Add(longWait), Code: "offer", Untried: true})
}

// offersLook are those of offers that may leave.
func (b *Bot) offersLook(ctx context.Context, platform string, offers []store.OutboxClaim) (left []store.OutboxClaim, err error) {
	var may map[int64]bool
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		tx.Now = b.now().UTC()
		var ids []int64
		keys := map[int64]string{}
		for _, c := range offers {
			ids, keys[c.Subject] = append(ids, c.Subject), c.Key
		}
		if may, err = b.actions.OffersMay(ctx, tx, ids, keys); err != nil {
			return err
		}
		for _, c := range offers {
			unsure := c.Attempts > 0 && !once[platform] // it may be out already: twice is worse than not at all
			if may[c.Subject] && !unsure {
				continue
			}
			if may[c.Subject] {
				if err := b.actions.OfferUnsure(ctx, tx, crm.OfferID(c.Subject)); err != nil {
					return err
				}
				may[c.Subject] = false
			}
			if err := tx.OutboxRendered(ctx, c); err != nil {
				return err
			}
			if c.Attempts == 0 { // it was never handed to the door
				if err := b.actions.OffersWithdrawn(ctx, tx, []int64{c.Subject}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range offers {
		if may[c.Subject] {
			left = append(left, c)
		}
	}
	return left, nil
}

// offersSent marks messages of offers as sent, and writes them into the customers' records, in one transaction. By the door of contacts
// those are greetings alone: of tasks it tells later whether the customer got them.
func (b *Bot) offersSent(ctx context.Context, marks []store.OutboxMark, ids []int64) error {
	return b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = b.now().UTC()
		lost, err := tx.OutboxSent(ctx, marks)
		if err != nil {
			return err
		}
		var arrived []int64
		for n, m := range marks {
			if !slices.Contains(lost, m.ID) {
				arrived = append(arrived, ids[n])
				continue
			}
			if err := b.offerNotDelivered(ctx, tx, crm.OfferID(ids[n]), 0, doorChinese(m.Platform)); err != nil {
				return err
			}
		}
		if len(arrived) == 0 {
			return nil
		}
		return b.actions.OffersLeft(ctx, tx, arrived)
	})
}

// offerFailed decides what becomes of an offer that its door did not take.
func (b *Bot) offerFailed(ctx context.Context, platform string, c store.OutboxClaim, cause error) {
	fault := chat.FaultOf(cause)
	unsure := fault == chat.Unsure && !once[platform] ||
		platform == crm.ByContact && fault == chat.Unreached && c.Attempts > 0 // a greeting that is not wanted any more may have been taken by the attempt before
	if !unsure && fault != chat.Unreached && fault != chat.Rejected && c.Refusals() < sendTries && (fault != chat.Unsure || c.Refusals() < unsureTries) {
		b.offerAgain(ctx, platform, c, cause)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	b.log.Warn("offer: not delivered", zap.String("platform", platform), zap.Int64("offer", c.Subject), zap.Error(cause))
	err := b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = b.now().UTC()
		if unsure {
			if err := b.actions.OfferUnsure(ctx, tx, crm.OfferID(c.Subject)); err != nil {
				return err
			}
			return tx.OutboxRendered(ctx, c)
		}
		if err := b.offerNotDelivered(ctx, tx, crm.OfferID(c.Subject), 0, doorChinese(platform)); err != nil {
			return err
		}
		return tx.OutboxRendered(ctx, c)
	})
	if err != nil {
		b.log.Error("offer: failure not noted", zap.Int64("offer", c.Subject), zap.Error(err))
		b.again(ctx, c, backoff(c.Refusals()), "offer")
	}
}

// offerNotDelivered lets an offer take the next way whose tryth message the door (微信客服) has not delivered, 0 for whichever was last, and tells its
// owner when there is none.
func (b *Bot) offerNotDelivered(ctx context.Context, tx *store.Tx, id crm.OfferID, try int, door string) error {
	all, err := b.offerStuck(ctx, tx, id, try, door+"没有送到")
	if err != nil {
		return err
	}
	for _, r := range all {
		row, err := reply(platformOf(string(r.To)), lane(r), r)
		if err != nil {
			return err
		}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
	}
	return nil
}

// doorChinese is a door by which one offer leaves, as people say it.
func doorChinese(platform string) string {
	if platform == crm.ByContact {
		return crm.ChannelChinese(crm.ByWelcome)
	}
	return crm.ChannelChinese(platform)
}

// offerAgain tries later. By a door that does not know what it has sent the row is made anew: one that was tried before counts as
// unsure there.
func (b *Bot) offerAgain(ctx context.Context, platform string, c store.OutboxClaim, cause error) {
	wait := backoff(c.Refusals())
	var e *chat.SendError
	if errors.As(cause, &e) {
		wait = max(wait, e.After)
	}
	if once[platform] {
		b.again(ctx, c, wait, "offer")
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	err := b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = b.now().UTC()
		if err := b.actions.OfferLater(ctx, tx, crm.OfferID(c.Subject), tx.Now.Add(max(wait, time.Second))); err != nil {
			return err
		}
		return tx.OutboxRendered(ctx, c)
	})
	if err != nil {
		b.log.Error("offer: not put off", zap.Int64("offer", c.Subject), zap.Error(err))
	}
}
