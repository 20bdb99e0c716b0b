package bot

import "gendan/bot/chat"

// subscribes takes a customer's word that ends offers, or allows them again; done is false when their message is about something
// else. It counts also where a colleague has the session, and the bot says nothing.
func (q *guestTurn) subscribes(text string) (done bool, err error) {
	if q.message.Kind != chat.Text {
		return false, nil
	}
	stop, again := q.bot.actions.Says(text)
	switch {
	case !stop && !again:
		return false, q.answersOffer()
	case q.g.Customer == 0 && again:
		return false, nil
	case q.g.Customer != 0:
		if _, err := q.do("consent.said", map[string]any{"customer": q.g.Customer, "again": again, "via": "kf"}); err != nil {
			return false, err
		}
	}
	if q.withPerson() {
		return true, nil
	}
	q.small = true
	switch {
	case q.g.Customer == 0:
		q.tell("offer_stop_unknown", nil)
	case stop:
		q.tell("offer_stopped", nil)
	default:
		q.tell("offer_again", nil)
	}
	return true, nil
}

// answersOffer lets rules and journeys know that a customer speaks after an offer.
func (q *guestTurn) answersOffer() error {
	if q.g.Customer == 0 {
		return nil
	}
	waits, err := q.tx.OfferUnanswered(q.ctx, q.g.Customer)
	if err != nil || !waits {
		return err
	}
	_, err = q.do("offer.answered", map[string]any{"customer": q.g.Customer})
	return err
}
