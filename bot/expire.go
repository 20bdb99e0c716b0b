package bot

import (
	"context"
	"errors"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

// expiry is the timer that shows a card as expired when nobody has answered it in time. Its dedupe key
// names the card and the conversation, for the ring has to look whether the card still waits.
func (t *turn) expiry(job pending) store.TimerRow {
	return store.TimerRow{
		Kind: kindExpire, Due: job.Expires, Surface: t.message.Platform, Peer: string(t.message.From),
		Dedupe: "expire:" + job.Card + ":" + string(t.message.Conversation),
	}
}

// ringExpire changes the card that nobody answered, where the platform can change it. Where it cannot, the
// card says so when somebody presses it.
func (b *Bot) ringExpire(ctx context.Context, c store.OutboxClaim) ([]chat.Reply, error) {
	_, rest, ok := strings.Cut(c.Key, "expire:")
	card, conversation, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 {
		return nil, crm.ErrInvalid
	}
	title, waits, group := "", false, false
	err := b.store.AsIn(ctx, crm.System, conversation, func(ctx context.Context, tx *store.Tx) error {
		state, _, err := tx.LockConversation(ctx)
		if err != nil {
			return err
		}
		m, err := remember(state)
		if err != nil {
			return err
		}
		group = state.UserID == 0
		if d := m.Minds[chat.PeerID(c.Peer)]; d != nil {
			title, waits = d.waitsOn(card, b.now())
		}
		return nil
	})
	if errors.Is(err, crm.ErrNotFound) || err == nil && !waits {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	note := b.say("card_expired", nil)
	if strings.HasPrefix(card, "k-") {
		note = b.say("record_expired", nil)
	}
	return []chat.Reply{{
		Key: "expired:" + card, Conversation: chat.ConversationID(conversation), To: chat.PeerID(c.Peer), Group: group, Text: note,
		Card: &chat.Card{ID: card, Title: title, Body: note, State: chat.Expired}, Replaces: card, Quiet: true,
	}}, nil
}
