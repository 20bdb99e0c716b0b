package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// renderDue turns what has come due (a reminder, a brief) into replies for the person's platform. The
// timer has put a bare row into the outbox, without a platform; here it is read again, so that the ring
// shows the newest state, and a ring for something done meanwhile says nothing.
func (b *Bot) renderDue(ctx context.Context) error {
	for {
		n, err := b.renderOnce(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.Error("render what is due", zap.Error(err))
		}
		if n > 0 && err == nil {
			continue
		}
		if !pause(ctx, b.bells[""], sweepEvery) {
			return nil
		}
	}
}

func (b *Bot) renderOnce(ctx context.Context) (int, error) {
	claims, err := b.store.ClaimOutbox(ctx, "", sendBatch, sendLease)
	if err != nil {
		return 0, err
	}
	for _, group := range b.apart(ctx, "", claims) {
		b.renderClaims(ctx, group)
	}
	return len(claims), nil
}

// renderClaims renders what was claimed.
func (b *Bot) renderClaims(ctx context.Context, claims []store.OutboxClaim) {
	var tickets, reacts []store.OutboxClaim
	for _, c := range claims {
		if c.Kind == action.KindReact {
			reacts = append(reacts, c)
			continue
		}
		if c.Kind == kindTicket {
			tickets = append(tickets, c)
			continue
		}
		b.render(ctx, c)
	}
	together := func(claims []store.OutboxClaim, render func(context.Context, []store.OutboxClaim)) {
		if len(claims) == 0 {
			return
		}
		if err := unbroken(func() error { render(ctx, claims); return nil }); err != nil {
			for _, c := range claims {
				b.notRendered(ctx, c, err)
			}
		}
	}
	together(tickets, b.renderTickets)
	together(reacts, b.renderReacts)
}

// render turns one due row into the replies that it means, in one transaction that also closes the row.
func (b *Bot) render(ctx context.Context, c store.OutboxClaim) {
	if err := unbroken(func() error { b.rendered(ctx, c); return nil }); err != nil {
		b.notRendered(ctx, c, err)
	}
}

func (b *Bot) rendered(ctx context.Context, c store.OutboxClaim) {
	rings, to, err := b.ring(ctx, c)
	if err == nil && !to.wait.IsZero() {
		if err = b.store.OutboxLater(ctx, c, to.wait); err == nil {
			return
		}
	}
	if err == nil {
		err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
			all := rings
			if c.Kind == kindReminder { // sets the next of its series, so it belongs into this transaction
				r, err := b.ringReminder(ctx, tx, c)
				if err != nil && !errors.Is(err, crm.ErrNotFound) { // not found: deleted since, or nobody to tell
					return err
				}
				all = r
			}
			if c.Kind == kindNotice && to.peer != "" { // takes along what waits behind it
				r, err := b.ringNotice(ctx, tx, c, to)
				if err != nil {
					return err
				}
				all = r
			}
			if c.Kind == kindGuest { // likewise
				r, err := b.ringGuest(ctx, tx, c)
				if err != nil {
					return err
				}
				all = r
			}
			if isSLA(c.Kind) { // escalates as the service itself, once
				if err := b.ringSLA(ctx, tx, c); err != nil {
					return err
				}
			}
			if c.Kind == kindTicketCards {
				if err := b.changeTicketCards(ctx, tx, crm.TicketID(c.Subject), action.TicketNews{}); err != nil {
					return err
				}
			}
			if c.Kind == action.KindAppointment {
				r, err := b.ringAppointment(ctx, tx, c)
				if err != nil && !errors.Is(err, crm.ErrNotFound) { // not found: taken back since
					return err
				}
				all = r
			}
			if c.Kind == action.KindVisitNews {
				r, err := b.ringVisitNews(ctx, tx, c)
				if err != nil && !errors.Is(err, crm.ErrNotFound) {
					return err
				}
				all = r
			}
			if c.Kind == action.KindNight { // a step, and the row of the next
				if err := b.ringNight(ctx, tx, c); err != nil {
					return err
				}
			}
			if isJourney(c.Kind) { // a batch, and what sets the next going
				if err := b.ringJourney(ctx, tx, c); err != nil {
					return err
				}
			}
			if c.Kind == action.KindListen {
				if err := b.ringListen(ctx, tx, c); err != nil {
					return err
				}
			}
			if c.Kind == action.KindEventEve {
				tx.Now = b.now().UTC()
				if err := b.actions.EventEve(ctx, tx, crm.GatheringID(c.Subject)); err != nil {
					return err
				}
			}
			if c.Kind == action.KindPointsNight { // likewise
				if err := b.ringPointsNight(ctx, tx, c); err != nil {
					return err
				}
			}
			if c.Kind == action.KindPointsLoaded { // a page, and the row of the next
				if err := b.ringPointsLoaded(ctx, tx, c); err != nil {
					return err
				}
			}
			if c.Kind == action.KindSurvey {
				r, err := b.ringSurvey(ctx, tx, c)
				if err != nil && !errors.Is(err, crm.ErrNotFound) { // not found: the survey or its guest is gone
					return err
				}
				all = r
			}
			if c.Kind == action.KindOffers || c.Kind == action.KindOfferDigest || c.Kind == action.KindOfferEnd {
				r, err := b.ringOffer(ctx, tx, c)
				if err != nil {
					return err
				}
				all = r
			}
			if to.leave != nil {
				to.leave(tx)
			}
			for _, r := range all {
				row, err := reply(platformOf(string(r.To)), lane(r), r)
				if err != nil {
					return err
				}
				tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
			}
			return tx.OutboxRendered(ctx, c)
		})
	}
	if err != nil {
		b.notRendered(ctx, c, err)
		return
	}
	if c.Kind == kindNotice && to.peer != "" {
		b.pace.told(to.to.UserID, b.now().UTC())
	}
}

// ring renders what looks things up in transactions of its own. Those must not nest in the one that closes
// the row: at ten to nine a thousand briefs would each hold a connection and wait for another.
func (b *Bot) ring(ctx context.Context, c store.OutboxClaim) (rings []chat.Reply, to notice, err error) {
	switch c.Kind {
	case kindReminder, kindGuest, kindTicketCards, action.KindSurvey, action.KindListen, action.KindEventEve, action.KindPointsNight, action.KindPointsLoaded, action.KindNight, action.KindAppointment, action.KindVisitNews, action.KindJourney, action.KindJourneyLook,
		action.KindOffers, action.KindOfferDigest, action.KindOfferEnd:
	case action.KindRuleNight:
		to.leave, err = b.ringRuleNight(ctx, c)
	case action.KindSegment:
		rings, err = b.ringSegment(ctx, c)
	case action.KindRule:
		rings, to, err = b.ringRule(ctx, c)
	case action.KindSurveyDue:
		err = b.surveyDue(ctx, c)
	case action.KindSurveyLow:
		rings, to, err = b.surveyLow(ctx, c)
	case kindBrief:
		rings, to.leave, err = b.ringBrief(ctx, c)
	case kindExpire:
		rings, err = b.ringExpire(ctx, c)
	case kindNotice:
		to, err = b.noticeTo(ctx, c)
	case action.KindPredict:
		err = b.ringPredict(ctx, c)
	case action.KindContact:
		rings, to, err = b.ringContact(ctx, c)
	case action.KindSame:
		rings, to, err = b.ringSame(ctx, c)
	default:
		if isSLA(c.Kind) {
			break
		}
		if isCoupon(c.Kind) {
			err = b.ringCoupons(ctx, c)
			break
		}
		if isCare(c.Kind) {
			rings, to, err = b.ringCare(ctx, c)
			break
		}
		err = fmt.Errorf("outbox %d: kind %q: %w", c.ID, c.Kind, crm.ErrInvalid)
	}
	if errors.Is(err, crm.ErrNotFound) {
		return nil, notice{}, nil
	}
	return rings, to, err
}

// door is where a person is best reached: the identity they used last among the connected platforms.
func (b *Bot) door(ctx context.Context, user crm.UserID) (peer string, err error) {
	peers, err := b.store.PeersOf(ctx, user)
	if err != nil {
		return "", err
	}
	if open := b.doors(peers, ""); len(open) > 0 {
		return open[0], nil
	}
	return "", fmt.Errorf("user %d has no chat identity: %w", user, crm.ErrNotFound)
}

func mustJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs: a programmer's mistake
	}
	return raw
}
