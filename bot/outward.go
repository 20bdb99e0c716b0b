package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// Outside is how customers know us, in what reaches them by mail.
type Outside struct {
	Company  string // below mails; "" leaves it out
	MailHost string // right side of our mails' ids: the sender's domain
}

// outward is what the mail and SMS doors need to know beside the words; it travels in Reply.AnswerTo, which is sealed with the
// message, for the peer that stands in the outbox's columns tells no address.
type outward struct {
	Address    string   `json:"address"`
	Subject    string   `json:"subject,omitempty"`
	MessageID  string   `json:"message_id,omitempty"` // of the mail that leaves
	References []string `json:"references,omitempty"` // of the mails before it, oldest first

	Unsubscribe string `json:"unsubscribe,omitempty"` // page that ends such mails, for their List-Unsubscribe
}

// tellOutside makes the message to a guest who is reached by mail or SMS. A door that is not open here lets whoever handles
// the ticket know.
func (b *Bot) tellOutside(ctx context.Context, tx *store.Tx, g crm.Guest, ticket crm.TicketID, key, text string) ([]chat.Reply, error) {
	address, err := tx.GuestAddress(ctx, g.ID)
	if errors.Is(err, crm.ErrNotFound) || err == nil && b.adapters[g.Platform] == nil {
		return b.callInstead(ctx, tx, g, ticket, key)
	}
	if err != nil {
		return nil, err
	}
	out := outward{Address: address}
	if g.Platform == "mail" {
		mails, err := tx.LastMails(ctx, ticket, 10)
		if err != nil {
			return nil, err
		}
		for _, m := range mails {
			out.References = append(out.References, m.ID)
			if out.Subject == "" {
				out.Subject = m.Subject
			}
		}
		out.Subject = mailSubject(out.Subject, ticket)
		out.MessageID = fmt.Sprintf("gendan.%d.%s@%s", ticket, short(key), b.outside.MailHost)
		if err := tx.AddMail(ctx, store.Mail{Ticket: ticket, ID: out.MessageID, Subject: out.Subject, Ours: true}); err != nil {
			return nil, err
		}
	}
	return []chat.Reply{{Key: key, To: chat.PeerID(g.Peer), Text: b.signed(g.Platform, text), AnswerTo: mustJSON(out)}}, nil
}

// signed puts the company's name before a text message, as networks of this country ask for.
func (b *Bot) signed(platform, text string) string {
	if platform != "sms" || b.outside.Company == "" {
		return text
	}
	return "【" + b.outside.Company + "】" + text
}

// worthTelling tells whether a piece of news is worth a message there: a text message costs money, and a mail a look.
func worthTelling(platform string, topic action.GuestTopic) bool {
	return platform == "kf" || topic == action.GuestReply || topic == action.GuestVisit || topic == action.GuestClosed
}

// mailSubject is the subject of an answer: it bears the ticket's number, by which an answer without references is known.
func mailSubject(subject string, ticket crm.TicketID) string {
	number := fmt.Sprintf("[#%d]", ticket)
	subject = strings.TrimSpace(strings.ReplaceAll(subject, number, ""))
	for {
		rest := subject
		for _, re := range []string{"Re:", "RE:", "re:", "回复:", "回复：", "答复:", "答复："} {
			rest = strings.TrimSpace(strings.TrimPrefix(rest, re))
		}
		if rest == subject {
			break
		}
		subject = rest
	}
	if subject == "" {
		subject = "您的问题"
	}
	return "Re: " + number + " " + subject
}

// callInstead tells whoever handles a ticket that its customer has no door that is open, and has to be called.
func (b *Bot) callInstead(ctx context.Context, tx *store.Tx, g crm.Guest, ticket crm.TicketID, key string) ([]chat.Reply, error) {
	t, err := tx.TicketByID(ctx, ticket)
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
	return []chat.Reply{{Key: key + ":stuck", To: chat.PeerID(open[0]), Text: b.say("outside_unsent", map[string]any{"Number": int64(ticket), "Mail": g.Platform == "mail"})}}, nil
}
