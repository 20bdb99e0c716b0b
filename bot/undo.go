package bot

import (
	"errors"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// undo takes back the speaker's run with that code, or the last one in this conversation. card is the
// receipt that was tapped, when it was one.
func (t *turn) undo(code, card string) error {
	out, err := t.bot.actions.Undo(t.ctx, t.tx, t.actor, code, t.request(pending{Sure: true}, ""))
	var no *crm.Refusal
	if errors.As(err, &no) {
		if card == "" {
			t.say(no.Sentence)
			return nil
		}
		t.reply(chat.Reply{Text: no.Sentence, Card: &chat.Card{ID: card, Title: t.text("card_dead", nil), Body: no.Sentence, State: chat.Done}, Replaces: card})
		return nil
	}
	if err != nil {
		return err
	}
	t.mind.Focus = action.Focus{} // what was spoken of may be gone
	receipt := t.mind.Last
	if receipt != nil && (code == "" || receipt.Undo == code) {
		t.mind.Last = nil
	} else {
		receipt = nil
	}
	text := t.bot.undone(t, out)
	shown := chat.Card{Title: t.text("undone_note", nil), Body: text, State: chat.Undone}
	if card != "" {
		shown.ID = card
		t.reply(chat.Reply{Text: text, Card: &shown, Replaces: card})
		return nil
	}
	t.say(text)
	if receipt != nil && receipt.Card != "" {
		shown.ID = receipt.Card
		t.change(shown)
	}
	return nil
}
