package bot

import (
	"context"
	"errors"
	"fmt"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// settling are the topics after which a ticket's earlier cards say who has it, or that it is over.
var settling = map[action.TicketTopic]bool{action.TicketAssigned: true, action.TicketTaken: true, action.TicketClosed: true, action.TicketMerged: true}

// settledTickets are the tickets of pushes whose cards change, each with the news that says so.
func settledTickets(pushes []*ticketPush, closed map[int64]bool) map[crm.TicketID]action.TicketNews {
	all := map[crm.TicketID]action.TicketNews{}
	for _, p := range pushes {
		if closed[p.claim.ID] && settling[p.news.Topic] && !p.news.Undone {
			all[p.news.Ticket] = p.news
		}
	}
	return all
}

// changeTicketCards makes the cards of a ticket that people have before them say who has taken it, or that it is closed,
// where the platform can change a shown card. Who handles it keeps the buttons.
func (b *Bot) changeTicketCards(ctx context.Context, tx *store.Tx, id crm.TicketID, by action.TicketNews) error {
	cards, err := tx.TicketCards(ctx, id)
	if err != nil || len(cards) == 0 {
		return err
	}
	t, err := tx.TicketByID(ctx, id)
	if errors.Is(err, crm.ErrNotFound) || err == nil && t.Open() && t.OwnerID == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	v := action.TicketView{TicketRow: action.TicketRow{ID: int64(t.ID), Content: t.Content, Kind: t.Kind, Priority: t.Priority, State: t.State, Customer: t.Customer,
		Contact: t.Contact, Owner: t.OwnerName, OwnerID: t.OwnerID, Resolution: t.Resolution, MergedInto: int64(t.MergedInto)}}
	x := ticketFor(teller{actor: crm.System}, v, by)
	title, note := b.say("ticket_title", x), b.say("ticket_card_state", x)
	var over []store.TicketCard
	for _, c := range cards {
		if t.Open() && c.UserID == t.OwnerID {
			continue
		}
		over = append(over, c)
		r := chat.Reply{Key: fmt.Sprintf("tcard:%s:%d", c.Card, t.Version), To: chat.PeerID(c.Peer), Text: title + "：" + note, Replaces: c.Card, Quiet: true,
			Card: &chat.Card{ID: c.Card, Title: title, Body: note, State: chat.Done}}
		if err := leaveReply(tx, r); err != nil {
			return err
		}
	}
	return tx.ForgetTicketCards(ctx, over)
}
