package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"

	"go.uber.org/zap"
)

// sendByBot sends r by the AI bot: as the answer to the message on its req_id while that lives, else as a push.
func (a *Adapter) sendByBot(ctx context.Context, t target, h handle, r chat.Reply) (chat.MessageID, error) {
	text := split(inert(orElse(r.Markdown, r.Text), markdownTags), botTextBytes)
	card := r.Card
	if !alive(card) {
		card = nil // without buttons it says no more than the text
	}
	steps, answered := a.botAnswer(t, h, r, text, card)
	if !answered {
		steps = a.botPushes(t, text, card)
	}
	for i, f := range r.Files {
		steps = append(steps, step{[]string{partFile(i)}, false, func(ctx context.Context) (chat.MessageID, error) {
			kind := mediaKind(f.Kind)
			id, err := a.uploads.get(ctx, uploadKey(botDoor, r, i), func(ctx context.Context) (string, error) {
				return a.bot.Upload(ctx, kind, f.Name, f.Data)
			})
			if err != nil {
				return "", err
			}
			return a.botPush(t, aibot.MediaBody(kind, id))(ctx)
		}})
	}
	return a.run(ctx, botDoor, t, r.Key, steps)
}

// botPushes are the messages of a push: the card alone where it says everything, else the text and the card
// below it.
func (a *Adapter) botPushes(t target, text []string, card *chat.Card) (steps []step) {
	if card != nil {
		if c, fits := wholeCard(card, botCard, a.cfg.HomeURL); fits || len(text) == 0 {
			return []step{{cardParts(text), true, a.botPush(t, aibot.Card(c))}}
		}
	}
	for i, part := range text {
		steps = append(steps, step{[]string{partText(i)}, false, a.botPush(t, aibot.Markdown(part))})
	}
	if card != nil {
		steps = append(steps, step{[]string{partCard}, true, a.botPush(t, aibot.Card(bareCard(card, botCard, a.cfg.HomeURL)))})
	}
	return steps
}

// cardParts are what a card that says everything delivers: itself and all the text.
func cardParts(text []string) []string {
	parts := []string{partCard}
	for i := range text {
		parts = append(parts, partText(i))
	}
	return parts
}

func (a *Adapter) botPush(t target, body aibot.Body) func(ctx context.Context) (chat.MessageID, error) {
	return func(ctx context.Context) (chat.MessageID, error) {
		id, kind := t.user, aibot.Single
		if t.chat != "" {
			id, kind = t.chat, aibot.Group
		}
		err := a.bot.Push(ctx, id, kind, body)
		if seenBefore(err) {
			return "", nil
		}
		return "", unreached(err)
	}
}

// botAnswer is the answer on the req_id of h, and pushes for what does not fit into it; ok is false when
// there is no req_id to answer on, or its time is over.
func (a *Adapter) botAnswer(t target, h handle, r chat.Reply, text []string, card *chat.Card) (steps []step, ok bool) {
	if h.Door != botDoor || h.ReqID == "" || len(text) == 0 && card == nil {
		return nil, false
	}
	first := step{parts: []string{partCard}, again: h.To == toMessage}
	var body aibot.Body
	answer := a.bot.Respond
	now := a.now()
	switch {
	case h.To == toMessage && h.age(now) < streamSafe:
		switch {
		case len(text) == 0:
			c, _ := wholeCard(card, botCard, a.cfg.HomeURL)
			body = aibot.Card(c)
		case card != nil && len(text) == 1:
			first.parts = []string{partText(0), partCard}
			body = aibot.StreamBody(streamID(r), text[0], true, bareCard(card, botCard, a.cfg.HomeURL))
		default:
			first.parts = []string{partText(0)}
			body = aibot.StreamBody(streamID(r), text[0], true, nil)
		}
	case h.To == toEnter && h.age(now) < tapSafe:
		answer = a.bot.Welcome // takes one text or one card
		if card != nil {
			c, fits := wholeCard(card, botCard, a.cfg.HomeURL)
			if fits || len(text) == 0 {
				first.parts, body = cardParts(text), aibot.Card(c)
			}
		}
		if body == nil {
			first.parts, body = []string{partText(0)}, aibot.PlainText(text[0])
		}
	default:
		return nil, false
	}

	var inside, after []string // of text
	for i, part := range text {
		if slices.Contains(first.parts, partText(i)) {
			inside = append(inside, part)
		} else {
			after = append(after, part)
		}
	}
	with, below := card, (*chat.Card)(nil)
	if !slices.Contains(first.parts, partCard) {
		with, below = nil, card
	}
	first.send = func(ctx context.Context) (id chat.MessageID, err error) {
		err = answer(ctx, h.ReqID, body)
		if err == nil || seenBefore(err) || errors.Is(err, aibot.ErrWindow) && h.To == toMessage && h.age(now) < streamSure {
			// The last: our stream of this name is finished, by an earlier attempt that nobody recorded.
			return "", nil
		}
		if !refusedForGood(err) {
			return "", err
		}
		a.log.Info("wecom: the answer goes as a push", zap.Error(err))
		for _, s := range a.botPushes(t, inside, with) {
			if id, err = s.send(ctx); err != nil {
				return "", err
			}
		}
		return id, nil
	}
	steps = []step{first}
	for i, part := range after {
		steps = append(steps, step{[]string{partText(len(inside) + i)}, false, a.botPush(t, aibot.Markdown(part))})
	}
	if below != nil {
		steps = append(steps, step{[]string{partCard}, true, a.botPush(t, aibot.Card(bareCard(below, botCard, a.cfg.HomeURL)))})
	}
	return steps, true
}

// refusedForGood tells that the platform did not take an answer and will not: its time is over, the connection
// of its req_id is gone, it is the second card to one message. A push may still do.
func refusedForGood(err error) bool {
	var refused *aibot.Error
	return errors.Is(err, aibot.ErrReqID) || errors.As(err, &refused) && sendError(err).Fault != chat.Retry
}

// unreached reads a refusal that is not listed as the platform's way to say that it cannot push there: the code
// for somebody who never wrote to the bot is not documented.
func unreached(err error) error {
	var refused *aibot.Error
	if errors.As(err, &refused) {
		if _, listed := verdicts[refused.Code]; !listed {
			return &chat.SendError{Fault: chat.Unreached, Code: itoa(refused.Code), Err: err}
		}
	}
	return err
}

// seenBefore tells that the platform refuses a card's task_id (42014). Ours are well-formed and unique for
// ever, so the platform has this very card already, from an attempt that nobody recorded.
func seenBefore(err error) bool {
	var byBot *aibot.Error
	var byAPI *APIError
	return errors.As(err, &byBot) && byBot.Code == 42014 || errors.As(err, &byAPI) && byAPI.Code == 42014
}

// streamID names the stream of a reply. It follows from the reply's key, so that a repetition after a crash
// replaces what was shown instead of showing it twice.
func streamID(r chat.Reply) string {
	sum := sha256.Sum256([]byte(r.Key + "\x00" + string(r.AnswerTo)))
	return hex.EncodeToString(sum[:16])
}

// mediaKind is the platform's word for a file to send.
func mediaKind(k chat.Kind) string {
	switch k {
	case chat.Image, chat.Video, chat.Voice:
		return string(k)
	}
	return "file"
}
