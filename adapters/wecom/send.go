package wecom

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"

	"go.uber.org/zap"
)

const (
	tapWindow    = 5 * time.Second // the platform's, for card updates and welcomes of the bot
	tapSafe      = 4500 * time.Millisecond
	streamWindow = 6 * time.Minute // the platform's, counted from the message
	streamSafe   = streamWindow - 15*time.Second
	streamSure   = streamWindow - time.Minute // before it, 846608 cannot mean that the time is over
)

// taskID is what the platform takes as a card's task_id.
var taskID = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`)

// Send hands r to WeCom: by the door the answered message came through, else the one the person used last,
// else the AI bot, else the app. A card that r replaces is changed in place where that is still possible. What
// one door cannot reach the other tries.
func (a *Adapter) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	if r.Settles != "" {
		return "", nil // a tap leaves no sign here
	}
	t, ok := targetOf(r)
	if !ok {
		return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("wecom: no receiver in %q and %q", r.Conversation, r.To)}
	}
	h := parseHandle(r.AnswerTo)
	if r.Replaces != "" && !a.sent.has(r.Key, partReplace) {
		changed, whole, err := a.replace(ctx, t, h, r)
		if err != nil {
			return "", a.report(err)
		}
		if changed && whole && len(r.Files) == 0 {
			return "", nil
		}
		if changed {
			a.sent.mark(r.Key, partReplace)
		}
	}
	if r.Quiet {
		return "", nil
	}
	if r.Card != nil && (r.Card.ID == r.Replaces || !taskID.MatchString(r.Card.ID)) {
		r.Card = nil // the platform takes an id once; the text says the same
	}
	var err error
	for _, d := range a.order(t, h) {
		var id chat.MessageID
		if d == botDoor {
			id, err = a.sendByBot(ctx, t, h, r)
		} else {
			id, err = a.sendByApp(ctx, t, r)
		}
		if err == nil {
			a.sent.forget(r.Key)
			return id, nil
		}
		e := sendError(err)
		if d == botDoor && e.Fault == chat.Unreached && t.chat == "" {
			a.doors.used(t.user, appDoor) // do not ask the bot again for every push
		}
		if e.Fault != chat.Unreached && !(e.Fault == chat.NotReady && a.botLost()) {
			break
		}
	}
	if err == nil {
		err = &chat.SendError{Fault: chat.NotReady, Err: errors.New("wecom: no door to this conversation")}
	}
	if h.To == toEnter && sendError(err).Fault == chat.Unreached {
		a.log.Info("wecom: greeting came too late", zap.Error(err)) // and is worth nothing now
		return "", nil
	}
	return "", a.report(err)
}

// order is the doors to try for t, the best first.
func (a *Adapter) order(t target, h handle) []door {
	switch {
	case t.chat != "" && a.bot != nil:
		return []door{botDoor} // an app has no way into groups
	case t.chat != "":
		return nil
	case a.bot == nil && a.app == nil:
		return nil
	case a.bot == nil:
		return []door{appDoor}
	case a.app == nil:
		return []door{botDoor}
	}
	first := h.Door
	if first == "" {
		first = a.doors.last(t.user)
	}
	if first == appDoor {
		return []door{appDoor, botDoor}
	}
	return []door{botDoor, appDoor}
}

// report turns err into the sender's terms and keeps its advice for Health.
func (a *Adapter) report(err error) error {
	e := sendError(err)
	if e.Advice != "" && e.Fault == chat.Retry && e.After >= settled {
		a.setTrouble(e.Advice)
	}
	return e
}

// The parts of a reply, as progress knows them.
const (
	partReplace = "replace"
	partCard    = "card"
)

func partText(i int) string { return "text:" + itoa(i) }
func partFile(i int) string { return "file:" + itoa(i) }

// step is one message of a reply; parts are what it delivers.
type step struct {
	parts []string
	again bool // the platform knows a repetition: by the stream's name or the card's task_id
	send  func(ctx context.Context) (chat.MessageID, error)
}

// run takes the steps one by one, leaving out those that an earlier attempt of the same reply took, each
// within the budget of its door and conversation.
func (a *Adapter) run(ctx context.Context, d door, t target, key string, steps []step) (first chat.MessageID, err error) {
	for _, s := range steps {
		if a.sent.has(key, s.parts[0]) {
			continue
		}
		if wait := a.budget.take(ctx, string(d)+":"+t.key()); wait > 0 {
			return "", &chat.SendError{Fault: chat.Retry, After: wait, Code: "budget", Err: errors.New("wecom: this conversation had its messages for now")}
		}
		id, err := s.send(ctx)
		if err != nil && s.again && sendError(err).Fault == chat.Unsure {
			err = &chat.SendError{Fault: chat.Retry, After: time.Second, Err: err}
		}
		if err != nil {
			return "", err
		}
		a.sent.mark(key, s.parts...)
		if first == "" {
			first = id
		}
	}
	return first, nil
}

// replace changes the card r.Replaces in place: on the bot as the answer to its tap, on the app with a
// response_code. changed tells whether it worked, whole whether r has no more to say than the card now shows.
func (a *Adapter) replace(ctx context.Context, t target, h handle, r chat.Reply) (changed, whole bool, err error) {
	tapped := h.To == toTap && h.Card == r.Replaces
	if tapped && h.Door == botDoor {
		if a.bot == nil || h.age(a.now()) > tapSafe {
			return false, false, nil
		}
		c, whole := finalCard(r)
		card, fits := wholeCard(&c, botCard, a.cfg.HomeURL)
		err := a.bot.UpdateCard(ctx, h.ReqID, card)
		if errors.Is(err, aibot.ErrOffline) && !a.botLost() {
			return false, false, err // another process has the connection
		}
		if err != nil {
			a.log.Info("wecom: card not changed in place", zap.String("card", r.Replaces), zap.Error(err))
			return false, false, nil
		}
		return true, whole && (fits || r.Quiet), nil
	}
	if a.app == nil || t.user == "" {
		return false, false, nil
	}
	c, whole := finalCard(r)
	card, fits := wholeCard(&c, appCard, a.cfg.HomeURL)
	code := ""
	if tapped && h.Code != "" {
		code = a.codes.spend(ctx, r.Replaces, h.Code)
	} else {
		code = a.codes.take(ctx, r.Replaces)
	}
	for ; code != ""; code = a.codes.take(ctx, r.Replaces) {
		err := a.app.updateCard(ctx, t.user, code, card)
		if err == nil {
			return true, whole && (fits || r.Quiet), nil
		}
		if sendError(err).Fault == chat.Retry {
			a.codes.tapped(ctx, r.Replaces, code)
			return false, false, err
		}
		a.log.Info("wecom: card not changed in place", zap.String("card", r.Replaces), zap.Error(err))
	}
	return false, false, nil
}
