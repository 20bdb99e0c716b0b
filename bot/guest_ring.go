package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindGuest is an outbox row that tells a customer what became of their matter.
const kindGuest = action.KindGuest

// ringGuest makes the one message of all news for a guest that have come due, and closes their rows. What the platform does
// not let through now waits for the guest's next message, and the colleague hears of that.
func (b *Bot) ringGuest(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	g, err := tx.Guest(ctx, crm.GuestID(c.Subject))
	if errors.Is(err, crm.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	behind, err := tx.OutboxLane(ctx, c, mostTogether)
	if err != nil {
		return nil, err
	}
	var lines []string
	silent := g.Session == chat.ToPerson || g.Session == chat.ToPool || g.Session == chat.ToEnd
	var ticket crm.TicketID
	var by string
	for i, row := range append([]store.OutboxClaim{c}, behind...) {
		var n action.GuestNews
		if err := json.Unmarshal(row.Payload, &n); err != nil {
			return nil, fmt.Errorf("news for a guest %s: %w", row.Key, err)
		}
		if i > 0 {
			if err := tx.OutboxRendered(ctx, row); err != nil {
				return nil, err
			}
		}
		if !worthTelling(g.Platform, n.Topic) || silent && (n.Topic == action.GuestTaken || n.Topic == action.GuestHanded) {
			continue // the one message that ends a colleague's session is for an answer
		}
		line, err := b.guestNews(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		if line != "" {
			lines, ticket, by = append(lines, line), crm.TicketID(n.Ticket), n.By
		}
	}
	if len(lines) == 0 {
		return nil, nil
	}
	return b.tellGuest(ctx, tx, &g, ticket, by, c.Key+":told", strings.Join(lines, "\n"))
}

// tellGuest makes the message to a guest, or keeps it for later and tells whoever handles the ticket.
func (b *Bot) tellGuest(ctx context.Context, tx *store.Tx, g *crm.Guest, ticket crm.TicketID, by, key, text string) (all []chat.Reply, err error) {
	if !b.customersDoor(g.Platform) {
		return b.tellOutside(ctx, tx, *g, ticket, key, text)
	}
	if !g.Reachable(tx.Now) {
		g.Unsent = clipRunes(strings.TrimSpace(g.Unsent+"\n"+text), 1500)
		if all, err = b.stuck(ctx, tx, *g, ticket, key); err != nil {
			return nil, err
		}
		return all, tx.PutGuest(ctx, *g)
	}
	r := chat.Reply{Key: key, Conversation: chat.ConversationID(g.Peer), To: chat.PeerID(g.Peer), Text: text}
	if g.Session == chat.ToPerson || g.Session == chat.ToPool { // there only people speak: the session goes back with this text
		r.Session = &chat.Session{To: chat.ToEnd}
		g.Session, g.Agent = chat.ToEnd, 0
	}
	if g.Sent++; g.Sent == crm.GuestMessages {
		r.Text += "\n" + b.say("guest_last", nil)
	}
	return []chat.Reply{r}, tx.PutGuest(ctx, *g)
}

// guestNews is what one piece of news says to the guest; "" when it is no news any more.
func (b *Bot) guestNews(ctx context.Context, tx *store.Tx, n action.GuestNews) (string, error) {
	if n.Topic == action.GuestVisit {
		return b.say("guest_news_reply", map[string]any{"By": n.By, "Content": n.Content}), nil
	}
	t, err := tx.TicketByID(ctx, crm.TicketID(n.Ticket))
	if errors.Is(err, crm.ErrNotFound) { // taken back
		return "", nil
	}
	if err != nil {
		return "", err
	}
	switch {
	case n.Topic == action.GuestTaken && (!t.Open() || t.OwnerName != n.By), n.Topic == action.GuestClosed && t.Open():
		return "", nil // not so any more
	}
	return b.say("guest_news_"+string(n.Topic), map[string]any{
		"Number": n.Ticket, "By": n.By, "To": n.To, "Content": strings.TrimRight(n.Content, "。"), "What": ticketWhat(&t),
	}), nil
}

// stuck tells whoever handles a ticket that the guest cannot be reached now.
func (b *Bot) stuck(ctx context.Context, tx *store.Tx, g crm.Guest, ticket crm.TicketID, key string) ([]chat.Reply, error) {
	t, err := tx.TicketByID(ctx, ticket)
	if errors.Is(err, crm.ErrNotFound) { // news of no ticket: it goes with the next answer
		return nil, nil
	}
	if err != nil || t.OwnerID == 0 {
		return nil, err
	}
	peers, err := tx.PeersOf(ctx, t.OwnerID)
	if err != nil {
		return nil, err
	}
	open := b.doors(peers, "")
	if len(open) == 0 {
		return nil, nil
	}
	text := b.say("guest_unsent", map[string]any{"Number": int64(ticket), "Who": g.Called(), "Spent": tx.Now.Before(g.Spoke.Add(crm.GuestWindow)), "Ended": g.Session == chat.ToEnd})
	return []chat.Reply{{Key: key + ":stuck", To: chat.PeerID(open[0]), Text: text}}, nil
}
