package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/bot/chatlog"
	"gendan/crm"
)

// guestRecordPrefix begins the ids of messages that hand a customer's chat record on to a colleague.
const guestRecordPrefix = "guest-record:"

// handedOn tells whether a record was handed on from a customer: then its text says whose it is.
func handedOn(m chat.Message) bool { return strings.HasPrefix(m.ID, guestRecordPrefix) }

// forwardedRecord keeps a chat record that a customer forwards: on the ticket as it stands, and as a draft in the chat of
// whoever's customer it is, else of who handles the ticket.
func (q *guestTurn) forwardedRecord() error {
	r, err := q.readRecord("", q.message.Raw, chatlog.Auto)
	if err != nil {
		return err
	}
	text := recordWordsOf(r, q.message.Text)
	q.heard(clipRunes(text, guestLineMost))
	fresh := q.ticket == nil
	if fresh {
		says := guestSays{priority: "普通"}
		for _, f := range r.Facts {
			if f.Kind == chatlog.Complaint {
				says.trouble = "投诉"
			}
		}
		if err := q.open(says, text); err != nil {
			return err
		}
	} else {
		if err := q.saidTo(q.ticket.ID, text); err != nil {
			return err
		}
		if err := q.again(); err != nil {
			return err
		}
	}
	if len(r.Lines) > 0 {
		if err := q.handOn(); err != nil {
			return err
		}
	}
	if q.withPerson() {
		return nil
	}
	q.talk.Acked = q.now
	v, err := q.ticketWords(q.ticket)
	if err != nil {
		return err
	}
	v["Count"], v["Fresh"] = len(r.Lines), fresh
	q.tell("guest_record", v)
	q.offer(buttonStatus, buttonHuman)
	return nil
}

// recordWordsOf is a chat record as words of a ticket.
func recordWordsOf(r chatlog.Record, title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[聊天记录] %s（%d 条）", clipRunes(oneLine(title), 40), len(r.Lines))
	for _, l := range r.Lines {
		at := ""
		if l.At != nil {
			at = l.At.Format("01-02 15:04") + " "
		}
		what := l.Text
		if l.Kind != chatlog.Text {
			what = strings.TrimSpace("[" + string(l.Kind) + "] " + l.Text)
		}
		fmt.Fprintf(&b, "\n%s%s：%s", at, l.Sender, oneLine(what))
	}
	return clipRunes(b.String(), 4*ticketMost)
}

// handOn puts the record into the chat of the colleague whose matter it is, as if they had forwarded it themselves: their
// own turn makes the draft of it, with their own rights. It is heard there once, however often this turn is run.
func (q *guestTurn) handOn() error {
	to, customer := q.ticket.OwnerID, ""
	if q.g.Customer != 0 {
		c, err := q.tx.CustomerByID(q.ctx, q.g.Customer)
		if err != nil {
			return err
		}
		if customer = c.Name; c.OwnerID != 0 {
			to = crm.UserID(c.OwnerID)
		}
	}
	if to == 0 {
		return nil
	}
	peers, err := q.tx.PeersOf(q.ctx, to)
	if err != nil {
		return err
	}
	conversations, err := q.tx.ConversationsOf(q.ctx, to)
	if err != nil {
		return err
	}
	m := chat.Message{ID: guestRecordPrefix + q.message.Platform + ":" + q.message.ID, SentAt: q.now, Kind: chat.Record, Text: customer, Raw: q.message.Raw}
	for _, c := range conversations {
		for _, p := range peers {
			if platform := platformOf(c); platform == platformOf(p) && q.bot.adapters[platform] != nil && m.From == "" {
				m.Platform, m.Conversation, m.From = platform, chat.ConversationID(c), chat.PeerID(p)
			}
		}
	}
	if m.From == "" { // never spoke with us: the ticket has it
		return nil
	}
	_, err = q.workOutside("hand on the record", 5*time.Second, func(ctx context.Context) (any, error) { return nil, q.bot.Hear(ctx, m) })
	return err
}
