package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// TicketCard is a ticket's card on somebody's screen.
type TicketCard struct {
	Card     string       `db:"card"` // chat.Card.ID
	TicketID crm.TicketID `db:"ticket_id"`
	UserID   crm.UserID   `db:"user_id"`
	Peer     string       `db:"peer"` // chat.PeerID
}

// ShowTicketCards notes cards that are about to be shown; known ones stay as they are.
func (tx *Tx) ShowTicketCards(ctx context.Context, cards []TicketCard) error {
	if len(cards) == 0 {
		return nil
	}
	var names, peers []string
	var tickets, users []int64
	for _, c := range cards {
		names, peers = append(names, c.Card), append(peers, c.Peer)
		tickets, users = append(tickets, int64(c.TicketID)), append(users, int64(c.UserID))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ticket_cards (card, ticket_id, user_id, peer, shown_at)
		SELECT u.card, u.ticket, u.reader, u.peer, $5 FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS u (card, ticket, reader, peer)
		ON CONFLICT DO NOTHING`, pq.Array(names), pq.Array(tickets), pq.Array(users), pq.Array(peers), tx.Now)
	return explain(err, "cards of tickets")
}

// TicketCards lists the cards of a ticket that are on screens, at most 200, the newest first.
func (tx *Tx) TicketCards(ctx context.Context, id crm.TicketID) (cards []TicketCard, err error) {
	err = tx.Select(ctx, &cards, `SELECT card, ticket_id, user_id, peer FROM ticket_cards WHERE ticket_id = $1 ORDER BY shown_at DESC, card LIMIT 200`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("cards of ticket %d: %w", id, err)
	}
	return cards, nil
}

// ForgetTicketCards forgets cards that show an end and will not change again.
func (tx *Tx) ForgetTicketCards(ctx context.Context, cards []TicketCard) error {
	names := make([]string, len(cards))
	for i, c := range cards {
		names[i] = c.Card
	}
	_, err := tx.Exec(ctx, `SELECT gendan_forget_ticket_cards($1)`, pq.Array(names))
	return explain(err, "cards of tickets")
}

// TicketsShown lists the tickets whose cards the actor was shown since then, the last one first, each once, at most ten.
func (tx *Tx) TicketsShown(ctx context.Context, since time.Time) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT c.ticket_id FROM ticket_cards c JOIN tickets t ON t.id = c.ticket_id AND t.state <> 'closed' AND t.deleted_at IS NULL
		WHERE c.user_id = gendan_actor() AND c.shown_at >= $1
		GROUP BY c.ticket_id ORDER BY max(c.shown_at) DESC, c.ticket_id DESC LIMIT 10`, since)
	if err != nil {
		return nil, fmt.Errorf("tickets shown: %w", err)
	}
	return ids, nil
}
