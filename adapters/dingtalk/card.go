package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
)

const (
	pathDeliverCard = "/v1.0/card/instances/createAndDeliver"
	pathUpdateCard  = "/v1.0/card/instances"
)

// errNoCard says that the platform has no such card instance to change.
var errNoCard = errors.New("no such card")

// errUndelivered says that the instance was made but is shown nowhere. Its id is spent: trying again would only find that
// it exists, so the reply is said in words now and on every later try.
var errUndelivered = errors.New("card made but not delivered")

func undelivered(why string) error {
	return &apiError{Status: http.StatusOK, Code: "card.notDelivered", Err: fmt.Errorf("%w: %s", errUndelivered, shorten(why, 200))}
}

// sendCard shows r as a card instance, in place of an earlier one where r says so. done is false when r has to be said
// in words: no template, no card, a card that does not fit, or a refusal that waiting does not mend.
func (a *Adapter) sendCard(ctx context.Context, r chat.Reply, to address) (id chat.MessageID, done bool, err error) {
	if r.Settles != "" {
		return "", true, a.settle(ctx, r.Settles, to)
	}
	if a.cfg.CardTemplateID == "" || r.Card == nil && r.Replaces == "" {
		return "", false, nil
	}
	if r.Replaces != "" {
		err := a.replaceCard(ctx, r, to)
		if err == nil {
			return "", true, nil
		}
		if !errors.Is(err, errNoCard) && a.worthWaiting(err, to) {
			return "", false, fault(err, true)
		}
		if !errors.Is(err, errNoCard) {
			a.setBack("card not changed", err)
		}
	}
	if r.Quiet || r.Card == nil || to.group == "" && to.user == "" {
		return "", false, nil
	}
	params, ok := cardParams(*r.Card, to.group != "")
	if !ok {
		return "", false, nil
	}
	id, err = a.deliverCard(ctx, *r.Card, params, to)
	switch {
	case err == nil:
		a.cards.keep(ctx, r.Card.ID, shownCard{Card: r.Card.ID, Asker: r.To, Conversation: to.conv, Group: to.group != ""})
		return id, true, nil
	case a.worthWaiting(err, to):
		return "", false, fault(err, true)
	case errors.Is(err, errUndelivered):
		a.cards.keep(ctx, r.Card.ID, shownCard{Card: r.Card.ID, Undelivered: true})
	}
	a.setBack("card not delivered", err)
	return "", false, nil
}

// worthWaiting reports whether to try the card again rather than say it in words: a passing trouble, and no webhook
// that could say it now when the wait is long.
func (a *Adapter) worthWaiting(err error, to address) bool {
	f := fault(err, true)
	return f.Fault == chat.Retry && (f.After < time.Minute || to.hook.URL == "")
}

// setBack notes that a card became words.
func (a *Adapter) setBack(what string, err error) {
	f := fault(err, true)
	a.notice(f)
	a.log.Warn(what, zap.String("code", f.Code), zap.Error(err))
}

// deliverCard creates the card's instance and shows it. The instance's id is the card's own, so that repeating is harmless.
func (a *Adapter) deliverCard(ctx context.Context, c chat.Card, params map[string]string, to address) (chat.MessageID, error) {
	var out struct {
		Success *bool `json:"success"`
		Result  struct {
			DeliverResults []struct {
				Success   bool   `json:"success"`
				CarrierID string `json:"carrierId"`
				ErrorMsg  string `json:"errorMsg"`
			} `json:"deliverResults"`
		} `json:"result"`
	}
	err := a.call(ctx, http.MethodPost, pathDeliverCard, cardDelivery(a.cfg, c, params, to), &out)
	var e *apiError
	if errors.As(err, &e) && e.Code == "param.cardAlreadyExist" {
		if a.cards.shownIn(ctx, c.ID).Undelivered {
			return "", undelivered("before")
		}
		return "", nil // an earlier try, whose answer got lost, had done it
	}
	if err != nil {
		return "", err
	}
	if out.Success != nil && !*out.Success {
		return "", &apiError{Status: http.StatusOK, Code: "card.failed", Message: "success is false"}
	}
	var carrier string
	for _, d := range out.Result.DeliverResults {
		if !d.Success {
			return "", undelivered(d.ErrorMsg)
		}
		carrier = first(carrier, d.CarrierID)
	}
	return chat.MessageID(carrier), nil
}

// cardDelivery is the request of createAndDeliver.
func cardDelivery(cfg Config, c chat.Card, params map[string]string, to address) map[string]any {
	public, private := forAsker(params, to.user, to.group != "")
	m := map[string]any{
		"cardTemplateId": cfg.CardTemplateID,
		"outTrackId":     c.ID,
		"callbackType":   "STREAM",
		"userIdType":     1,
		"cardData":       map[string]any{"cardParamMap": public},
	}
	if private != nil {
		m["privateData"] = private
	}
	preview := first(shorten(oneLine(c.Title), 90), "跟单")
	space := map[string]any{
		"supportForward":  false,
		"lastMessageI18n": map[string]string{"ZH_CN": preview},
		"notification":    map[string]any{"alertContent": preview, "notificationOff": false},
	}
	if to.group != "" {
		deliver := map[string]any{"robotCode": cfg.RobotCode}
		if to.user != "" {
			deliver["atUserIds"] = map[string]string{to.user: first(to.hook.Nick, to.user)}
		}
		m["openSpaceId"] = "dtv1.card//IM_GROUP." + to.group
		m["imGroupOpenSpaceModel"], m["imGroupOpenDeliverModel"] = space, deliver
		return m
	}
	m["openSpaceId"] = "dtv1.card//IM_ROBOT." + to.user
	m["imRobotOpenSpaceModel"] = space
	m["imRobotOpenDeliverModel"] = map[string]any{"spaceType": "IM_ROBOT", "robotCode": cfg.RobotCode, "extension": map[string]string{}}
	return m
}

// forAsker gives the buttons to the asker as private data, which goes before public data. In a group nobody else gets
// any; without a known asker everybody does, and the bot decides who may press.
func forAsker(params map[string]string, asker string, group bool) (public map[string]string, private map[string]any) {
	if asker == "" {
		return params, nil
	}
	private = map[string]any{asker: map[string]any{"cardParamMap": map[string]string{"buttons": params["buttons"]}}}
	if !group {
		return params, private
	}
	public = maps.Clone(params)
	public["buttons"] = "[]"
	return public, private
}

// replaceCard changes the instance that shows r.Replaces into r's card, or into its text.
func (a *Adapter) replaceCard(ctx context.Context, r chat.Reply, to address) error {
	c := chat.Card{ID: r.Replaces, Body: r.Text, State: chat.Done}
	if r.Card != nil {
		c = *r.Card
	}
	params, fits := cardParams(c, to.group != "")
	switch {
	case !fits: // it is said in words, and the old card is closed
		params = map[string]string{"buttons": "[]", "state": string(chat.Superseded), "status": stateWord(chat.Superseded)}
	case r.Card == nil:
		delete(params, "title") // stays as it was
	}
	track := a.cards.trackOf(ctx, r.Replaces)
	if err := a.tapping.wait(ctx, track); err != nil {
		return fmt.Errorf("card callback unanswered: %w", err)
	}
	was := a.cards.shownIn(ctx, track)
	asker, _ := staffID(firstPeer(was.Asker, r.To))
	in := map[string]any{
		"outTrackId":        track,
		"userIdType":        1,
		"cardUpdateOptions": map[string]bool{"updateCardDataByKey": true, "updatePrivateDataByKey": true},
	}
	public, private := forAsker(params, asker, to.group != "")
	in["cardData"] = map[string]any{"cardParamMap": public}
	if private != nil {
		in["privateData"] = private
	}
	var out struct {
		Success *bool `json:"success"`
	}
	err := a.call(ctx, http.MethodPut, pathUpdateCard, in, &out)
	var e *apiError
	if errors.As(err, &e) && (e.Code == "param.cardNotExist" || e.Code == "resource.not.found") {
		return errNoCard
	}
	if err == nil && out.Success != nil && !*out.Success {
		return errNoCard
	}
	if err == nil && !fits {
		return errNoCard
	}
	if err == nil {
		a.cards.keep(ctx, track, shownCard{Card: c.ID, Asker: firstPeer(was.Asker, r.To), Conversation: to.conv, Group: to.group != "", Status: params["status"]})
	}
	return err
}

// settle takes away what the answer to a tap had shown: the card says again how it stands. A card that is not there any
// more needs none, and one that cannot be changed now is tried again.
func (a *Adapter) settle(ctx context.Context, card string, to address) error {
	if a.cfg.CardTemplateID == "" {
		return nil
	}
	track := a.cards.trackOf(ctx, card)
	if err := a.tapping.wait(ctx, track); err != nil {
		return fault(fmt.Errorf("card callback unanswered: %w", err), true)
	}
	err := a.call(ctx, http.MethodPut, pathUpdateCard, map[string]any{
		"outTrackId":        track,
		"userIdType":        1,
		"cardUpdateOptions": map[string]bool{"updateCardDataByKey": true, "updatePrivateDataByKey": true},
		"cardData":          map[string]any{"cardParamMap": map[string]string{"status": a.cards.shownIn(ctx, track).Status}},
	}, nil)
	if err != nil && a.worthWaiting(err, to) {
		return fault(err, true)
	}
	if err != nil {
		a.log.Info("pressed card not settled", zap.Error(err))
	}
	return nil
}

func firstPeer(a, b chat.PeerID) chat.PeerID {
	if a != "" {
		return a
	}
	return b
}
