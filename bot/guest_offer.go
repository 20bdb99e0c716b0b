package bot

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

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

// offerLost lets an offer take the next way whose message the platform says afterwards it has not delivered: the 48 hours or the five
// messages were used up meanwhile, the session has ended, the customer refuses.
func (q *guestTurn) offerLost(e chat.Event) error {
	lost, err := q.tx.OutboxUndelivered(q.ctx, string(q.message.From), string(e.Message), e.Code, e.Advice)
	if errors.Is(err, crm.ErrNotFound) || err == nil && lost.Kind != kindOffer {
		return nil
	}
	if err != nil {
		return err
	}
	return q.bot.offerNotDelivered(q.ctx, q.tx, crm.OfferID(lost.Subject), 0, doorChinese(crm.ByKf))
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

// offerWords are the text twins of buttons that name no one offer, and the short forms of those that do.
var offerWords = regexp.MustCompile(`^(全部发送|全部跳过|都发送|都跳过|(发送|跳过|已转发|已经转发了?|转发了|转好了)|(发送|跳过|已转发|发)\s*#?(\d{4,12}))$`)

// offerCommand reads the short words by which an owner settles offers. A number that is no offer's is not meant.
func (t *turn) offerCommand(text string) (handled bool, err error) {
	m := offerWords.FindStringSubmatch(strings.TrimRight(strings.TrimSpace(text), "。！! "))
	if m == nil || t.actor.UserID == 0 {
		return false, nil
	}
	if m[2] != "" {
		return t.offerTyped(m[2], text)
	}
	call := action.Call{Name: "offer.send", Params: mustJSON(map[string]any{"all": true})}
	if m[4] != "" {
		if m[3] == "跳过" {
			call.Name = "offer.skip"
		}
		id, err := strconv.ParseInt(m[4], 10, 64)
		if err != nil {
			return false, nil
		}
		if _, err := t.tx.OfferByID(t.ctx, crm.OfferID(id)); errors.Is(err, crm.ErrNotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		call.Params = mustJSON(map[string]any{"offer": id})
	} else if strings.HasSuffix(m[1], "跳过") {
		call.Name = "offer.skip"
	}
	return true, t.run(pending{Calls: []action.Call{call}, Text: text, Sure: true}, 1)
}

// offerWaiting is an offer of several that a typed button may mean.
type offerWaiting struct {
	ID                int64
	Customer, Purpose string
}

// offerTyped does what the text of an offer's button says that was typed: to the one offer that waits for the actor and has such
// a button. Of several it asks which. Where none waits, 发送 and 跳过 are somebody else's words.
func (t *turn) offerTyped(word, text string) (handled bool, err error) {
	rows, _, err := t.tx.ListOffers(t.ctx, store.OffersQuery{Owners: []int64{int64(t.actor.UserID)}, States: []string{crm.OfferAsked}, Limit: listedOnes})
	if err != nil {
		return false, err
	}
	name, handed := "offer.send", word != "发送" && word != "跳过"
	if word == "跳过" {
		name = "offer.skip"
	}
	if handed {
		word = "已转发"
	}
	var waits []offerWaiting
	for _, o := range rows {
		if word == "跳过" || handed == (o.Channel == crm.ByLink) {
			waits = append(waits, offerWaiting{ID: int64(o.ID), Customer: o.Customer, Purpose: crm.PurposeChinese(o.Purpose)})
		}
	}
	switch {
	case len(waits) == 0 && !handed:
		return false, nil
	case len(waits) == 0:
		t.say(t.text("offer_none_to_hand", nil))
		return true, nil
	case len(waits) > 1:
		t.say(t.text("offer_which", map[string]any{"Waits": waits, "Word": word}))
		return true, nil
	}
	call := action.Call{Name: name, Params: mustJSON(map[string]any{"offer": waits[0].ID})}
	return true, t.run(pending{Calls: []action.Call{call}, Text: text, Sure: true}, 1)
}
