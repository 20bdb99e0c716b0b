package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindTicket is an outbox row that tells a colleague what became of a ticket. It is not paced: a complaint is told at once,
// and only what is not urgent waits for the end of the quiet hours.
const kindTicket = action.KindTicket

const (
	ticketReaders = 6  // tickets that are read at a time
	digestFrom    = 3  // pieces of news that wait for one person and come as one message
	mostDigest    = 30 // in one message
)

// ticketPush is one piece of news on its way to one colleague.
type ticketPush struct {
	claim  store.OutboxClaim
	news   action.TicketNews
	reader crm.Actor
	peer   string
	wait   time.Time // not before this; zero is at once
	view   *action.TicketView
	err    error
}

// renderTickets makes the messages of what became of tickets. The tickets are read side by side, each as its reader; all
// rows close in one transaction, so that a burst of complaints costs a commit and not one each.
func (b *Bot) renderTickets(ctx context.Context, claims []store.OutboxClaim) {
	pushes := b.readPushes(ctx, claims)
	var ready []*ticketPush
	for _, p := range pushes {
		switch {
		case p.err != nil:
			b.notRendered(ctx, p.claim, p.err)
		case !p.wait.IsZero():
			if err := b.store.OutboxLater(ctx, p.claim, p.wait); err != nil {
				b.notRendered(ctx, p.claim, err)
			}
		default:
			ready = append(ready, p)
		}
	}
	if len(ready) == 0 {
		return
	}
	ready, err := b.withBehind(ctx, ready)
	if err == nil {
		err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error { return b.leavePushes(ctx, tx, ready) })
	}
	if err != nil {
		for _, c := range claims {
			b.notRendered(ctx, c, err)
		}
	}
}

// readPushes finds out for each claim whom it is for, how to reach them and what the ticket looks like to them.
func (b *Bot) readPushes(ctx context.Context, claims []store.OutboxClaim) []*ticketPush {
	pushes := make([]*ticketPush, len(claims))
	slots := make(chan struct{}, ticketReaders)
	var group sync.WaitGroup
	for i, c := range claims {
		p := &ticketPush{claim: c}
		pushes[i] = p
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			p.err = unbroken(func() error { return b.readPush(ctx, p) })
		})
	}
	group.Wait()
	return pushes
}

// readPush fills p in. Nobody to tell, or a ticket that is gone or that they may not see, leaves it without a view and says nothing.
func (b *Bot) readPush(ctx context.Context, p *ticketPush) error {
	if err := json.Unmarshal(p.claim.Payload, &p.news); err != nil {
		return fmt.Errorf("ticket news %s: %w", p.claim.Key, err)
	}
	var err error
	if p.reader, err = b.store.UserByID(ctx, crm.UserID(p.claim.Subject)); err == nil {
		p.peer, err = b.door(ctx, p.reader.UserID)
	}
	if errors.Is(err, crm.ErrNotFound) {
		p.peer = ""
		return nil
	}
	if err != nil {
		return err
	}
	now := b.now().UTC()
	if at := afterRest(now, p.reader.Location()); at.After(now) && !p.news.Urgent {
		p.wait = at
		return nil
	}
	v, err := b.ticketView(ctx, p.reader, p.news.Ticket)
	if errors.Is(err, crm.ErrNotFound) || errors.Is(err, crm.ErrDenied) {
		return nil
	}
	p.view = v
	return err
}

// ticketView is a ticket as reader sees it.
func (b *Bot) ticketView(ctx context.Context, reader crm.Actor, id crm.TicketID) (*action.TicketView, error) {
	out, err := b.actions.Run(ctx, action.Request{Actor: reader, Via: "timer", Now: b.now().UTC(),
		Calls: []action.Call{{Name: "ticket.view", Params: mustJSON(map[string]any{"ticket": id})}}})
	if err != nil {
		return nil, err
	}
	if len(out.Results) == 0 {
		return nil, fmt.Errorf("ticket %d: %w", id, crm.ErrNotFound)
	}
	v := &action.TicketView{}
	if err := json.Unmarshal(out.Results[0].Data, v); err != nil {
		return nil, fmt.Errorf("ticket %d: %w", id, err)
	}
	return v, nil
}

// withBehind adds what waits behind the given pushes where it is so much that it comes as one message.
func (b *Bot) withBehind(ctx context.Context, ready []*ticketPush) ([]*ticketPush, error) {
	claims := make([]store.OutboxClaim, len(ready))
	for i, p := range ready {
		claims[i] = p.claim
	}
	var behind []store.OutboxClaim
	err := b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		tx.Now = b.now().UTC()
		behind, err = tx.OutboxBehind(ctx, claims, mostDigest)
		return err
	})
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, c := range behind {
		count[c.Lane]++
	}
	var more []store.OutboxClaim
	for _, c := range behind {
		if count[c.Lane]+1 >= digestFrom {
			more = append(more, c)
		}
	}
	if len(more) == 0 {
		return ready, nil
	}
	for _, p := range b.readPushes(ctx, more) {
		if p.err == nil && p.wait.IsZero() { // the others come by themselves
			ready = append(ready, p)
		}
	}
	return ready, nil
}

// leavePushes closes the rows and leaves the messages: one for each piece of news, or one for all of a person's.
func (b *Bot) leavePushes(ctx context.Context, tx *store.Tx, pushes []*ticketPush) error {
	tx.Now = b.now().UTC()
	claims := make([]store.OutboxClaim, len(pushes))
	for i, p := range pushes {
		claims[i] = p.claim
	}
	closed, err := tx.OutboxAllRendered(ctx, claims)
	if err != nil {
		return err
	}
	var order []string
	byLane := map[string][]*ticketPush{}
	for _, p := range pushes {
		if p.peer == "" || !closed[p.claim.ID] {
			continue
		}
		if byLane[p.claim.Lane] == nil {
			order = append(order, p.claim.Lane)
		}
		byLane[p.claim.Lane] = append(byLane[p.claim.Lane], p)
	}
	var shown []store.TicketCard
	for _, lane := range order {
		replies, cards := b.ticketMessages(withoutUndone(byLane[lane]))
		shown = append(shown, cards...)
		for _, r := range replies {
			if err := leaveReply(tx, r); err != nil {
				return err
			}
		}
	}
	if err := tx.ShowTicketCards(ctx, shown); err != nil {
		return err
	}
	for id, by := range settledTickets(pushes, closed) {
		if err := b.changeTicketCards(ctx, tx, id, by); err != nil {
			return err
		}
	}
	return nil
}

func leaveReply(tx *store.Tx, r chat.Reply) error {
	row, err := reply(platformOf(string(r.To)), lane(r), r)
	if err == nil {
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
	}
	return err
}

// withoutUndone leaves out what was taken back before anybody was told of it, and that it was.
func withoutUndone(pushes []*ticketPush) (kept []*ticketPush) {
next:
	for _, p := range pushes {
		if p.news.Undone {
			for i, other := range kept {
				if n := other.news; !n.Undone && n.Topic == p.news.Topic && n.Ticket == p.news.Ticket && n.ByID == p.news.ByID {
					kept = append(kept[:i:i], kept[i+1:]...)
					continue next
				}
			}
		}
		kept = append(kept, p)
	}
	return kept
}

// ticketMessages are the messages of one person's news: each with its card, or all of them as lines of one message. What
// reads the same as later news (raised twice in one night) is told once.
func (b *Bot) ticketMessages(pushes []*ticketPush) (replies []chat.Reply, cards []store.TicketCard) {
	var lines []string
	for i := len(pushes) - 1; i >= 0; i-- {
		p := pushes[i]
		r, card := b.ticketMessage(p)
		line := b.say("ticket_digest_line", firstLine(r.Text))
		if r.Text == "" || len(pushes) >= digestFrom && slices.Contains(lines, line) {
			continue
		}
		r.Key, r.To = p.claim.Key+":told", chat.PeerID(p.peer)
		replies, lines = append(replies, r), append(lines, line)
		if card != "" {
			cards = append(cards, store.TicketCard{Card: card, TicketID: p.news.Ticket, UserID: p.reader.UserID, Peer: p.peer})
		}
	}
	slices.Reverse(replies)
	slices.Reverse(lines)
	slices.Reverse(cards)
	if len(lines) < digestFrom {
		return replies, cards
	}
	all := replies[0]
	all.Text, all.Card = b.say("ticket_digest", map[string]any{"Count": len(lines), "Text": strings.Join(lines, "\n")}), nil
	return []chat.Reply{all}, nil
}

// carded are the topics that come with the ticket's card.
var carded = map[action.TicketTopic]bool{action.TicketCreated: true, action.TicketAssigned: true, action.TicketEscalated: true, action.TicketReopened: true, action.TicketSaid: true,
	action.TicketDue: true}

// ticketMessage is what one piece of news says; card is the id of the card that comes with it.
func (b *Bot) ticketMessage(p *ticketPush) (r chat.Reply, card string) {
	who := teller{actor: p.reader, now: b.now().UTC()}
	if p.view == nil {
		if p.news.Undone && p.news.Topic == action.TicketCreated {
			return chat.Reply{Text: b.say("ticket_undone_created", ticketFor(who, action.TicketView{}, p.news))}, ""
		}
		return r, ""
	}
	if p.news.Topic == action.TicketDue && staleDue(p.view, p.news, who.now) {
		return r, ""
	}
	x := ticketFor(who, *p.view, p.news)
	x.Line = b.telling(who, action.Result{Changes: p.news.Changes}).Line
	if p.news.Undone {
		return chat.Reply{Text: b.say("ticket_undone", x)}, ""
	}
	line := b.say("ticket_news_"+string(p.news.Topic), x)
	before := p.news.Role == action.AsBefore // who is rid of it needs no buttons
	if !carded[p.news.Topic] || before || p.news.Topic == action.TicketAssigned && x.V.OwnerID != 0 && !x.Mine {
		return chat.Reply{Text: line}, ""
	}
	card = "t-" + strconv.FormatInt(int64(p.news.Ticket), 10) + "-" + short(p.claim.Key)
	return b.ticketReply(x, card, line), card
}

// notRendered gives a row back for later, or gives it up.
func (b *Bot) notRendered(ctx context.Context, c store.OutboxClaim, err error) {
	switch {
	case ctx.Err() != nil:
	case c.Refusals() >= sendTries:
		b.dead(ctx, c.Platform, c, "render", "", err)
	default:
		b.log.Error("render", zap.String("kind", c.Kind), zap.Int64("subject", c.Subject), zap.Error(err))
		b.again(ctx, c, backoff(c.Refusals()), "render")
	}
}
