package bot

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// tapWords are the text twins of a ticket's buttons.
var tapWords = map[string]string{"take": "处理", "give": "转交", "reply": "回复", "close": "关闭", "reopen": "重开", "wait": "等客户", "customer": "查看客户"}

// tappedTicket does what a button of a ticket's card says, and shows the ticket on it as it is then: somebody else may have
// taken it meanwhile.
func (t *turn) tappedTicket(tap *chat.Tap, rest string) error {
	verb, number, _ := strings.Cut(rest, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	v := ticketVerb{params: map[string]any{}}
	switch verb {
	case "take":
		v.action = "ticket.take"
	case "give":
		v.action, v.ask = "ticket.assign", "assignee"
	case "reply":
		v.action, v.ask = "ticket.reply", "content"
	case "close":
		v.action, v.ask = "ticket.close", "resolution"
	case "reopen":
		v.action, v.ask = "ticket.reopen", "reason"
	case "wait":
		v.action = "ticket.wait"
	case "customer":
		v.action = "customer.view"
	default:
		t.say(t.text("button_unknown", nil))
		return nil
	}
	if err := t.ticketDo(id, v, strings.TrimSpace(tapWords[verb]+" "+number)); err != nil {
		return err
	}
	return t.refreshTicket(tap.Card, id)
}

// refreshTicket shows a ticket's card as the ticket is now.
func (t *turn) refreshTicket(card string, id int64) error {
	if strings.HasPrefix(card, "r-") && t.mind.Last != nil && t.mind.Last.Card == card {
		return nil // a receipt
	}
	focus := t.mind.Focus
	out, err := t.bot.actions.Do(t.ctx, t.tx, t.request(pending{Calls: []action.Call{{Name: "ticket.view", Params: mustJSON(map[string]any{"ticket": id})}}}, ""))
	t.mind.Focus = focus
	var no *crm.Refusal
	if errors.As(err, &no) {
		t.closeQuietly(card, no.Sentence)
		return nil
	}
	if err != nil || len(out.Results) == 0 {
		return err
	}
	var v action.TicketView
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
		return err
	}
	x := ticketFor(t.teller(), v, action.TicketNews{})
	r := t.bot.ticketReply(x, card, t.bot.say("ticket_title", x))
	r.Replaces, r.Quiet = card, true
	t.reply(r)
	return nil
}

// closeQuietly shows a card as over, where the platform can.
func (t *turn) closeQuietly(card, note string) {
	t.change(chat.Card{ID: card, Title: t.text("card_dead", nil), State: chat.Superseded, Note: note})
}
