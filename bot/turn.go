package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

const (
	turnTimeout = 15 * time.Second // a turn that takes longer is given up and found again by the sweep
	turnTries   = 3                // then the person is told, and the message is marked answered
)

// turn is one message being answered: everything it reads, decides and leaves behind. It lives inside
// one transaction; what it wants to say collects in replies and leaves through the outbox on commit.
type turn struct {
	bot     *Bot
	ctx     context.Context
	tx      *store.Tx
	actor   crm.Actor
	message chat.Message
	now     time.Time
	memory  *memory
	mind    *mind
	replies []chat.Reply
	after   []func() // once it is committed, outside its transaction
	cited   string   // the words of the message that this one answers to
	sounded []sound  // names of the message that were taken for ones that sound alike
	brought brought  // by slow work outside the transaction
	once    bool     // the pressed card had one thing to decide, and that is decided now

	wholeDraft bool // a card shows all that would change, however much it is

	also []store.InboxKey // messages that this turn answers along with its own
}

// otherSpeaker corrects a turn that began as the wrong person. A turn must know before it begins whose
// transaction it is; the inbox row tells, but can only be read inside one. So the doorbell's word is
// tried first, and the row corrects it.
type otherSpeaker struct{ peer string }

func (o otherSpeaker) Error() string { return "bot: the message is by " + o.peer }

func inboxMessage(m chat.Message) (store.InboxMessage, error) {
	if m.Platform == "" || m.ID == "" || m.Conversation == "" || m.From == "" {
		return store.InboxMessage{}, fmt.Errorf("hear: message without platform, id, conversation or sender: %w", crm.ErrInvalid)
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return store.InboxMessage{}, fmt.Errorf("hear %s %s: %w", m.Platform, m.ID, err)
	}
	return store.InboxMessage{
		Platform: m.Platform, MessageID: m.ID, Conversation: string(m.Conversation),
		Peer: string(m.From), SentAt: m.SentAt, Payload: payload,
	}, nil
}

// answer works through a conversation's unanswered messages in order, one transaction each.
func (b *Bot) answer(ctx context.Context, conversation, peer string) {
	tries, got := 0, brought{}
	for ctx.Err() == nil {
		more, err := b.turn(ctx, conversation, peer, nil, got)
		var other otherSpeaker
		var slow outside
		switch {
		case errors.As(err, &slow) && len(got) < mostOutside:
			if !b.bring(ctx, slow, got) {
				return // the sweep comes back
			}
		case errors.As(err, &other):
			peer = other.peer
			if tries++; tries > 2*turnTries {
				return
			}
		case err != nil && ctx.Err() != nil:
			return // stopping: the message stays unanswered and is found again
		case err != nil:
			if tries++; tries < turnTries {
				continue
			}
			if err := b.apologise(ctx, conversation, peer, err); err != nil {
				b.log.Error("turn: not even an apology", zap.String("conversation", conversation), zap.Error(err))
				return // the sweep comes back
			}
			tries = 0
		case !more:
			return
		default:
			tries, got = 0, brought{}
		}
	}
}

// turn answers the oldest waiting message of conversation; more tells whether another one waits.
// say, when given, replaces the understanding: it is how an apology is made. got is what slow work outside has brought.
func (b *Bot) turn(ctx context.Context, conversation, peer string, say func(*turn) error, got brought) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	guests := b.customersDoor(platformOf(conversation))
	actor, known, err := crm.System, false, error(nil)
	if !guests { // a customer is nobody's colleague, whatever the platform calls them
		actor, known, err = b.speaker(ctx, peer)
	}
	if err != nil {
		return false, err
	}
	var after []func()
	err = b.store.AsIn(ctx, actor, conversation, func(ctx context.Context, tx *store.Tx) error {
		more, tx.Lane = false, peer
		c, rows, err := tx.LockConversation(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		row := oldest(rows)
		if row.Peer != peer {
			return otherSpeaker{row.Peer}
		}
		t := &turn{bot: b, ctx: ctx, tx: tx, actor: actor, now: b.now().UTC(), brought: got}
		if err := json.Unmarshal(row.Payload, &t.message); err != nil {
			return fmt.Errorf("inbox %d: %w", row.ID, err)
		}
		if t.memory, err = remember(c); err != nil {
			return err
		}
		t.mind = t.memory.of(t.message.From, t.now)
		do := t.hear
		switch {
		case say != nil:
			do = func() error { return say(t) }
		case guests:
			if !t.gather(rows, row) {
				return nil
			}
			do = t.guest
		case !known:
			do = t.stranger
		}
		if err := unbroken(do); err != nil {
			return err
		}
		more, after = len(rows) > 1+len(t.also), t.after
		return t.leave(c, row)
	})
	if err == nil {
		for _, do := range after {
			do()
		}
	}
	return more, err
}

// errPanic is what a panic becomes; its text and where it happened stand in the error.
var errPanic = errors.New("bot: panic")

// unbroken runs do; a panic in it is an error. The message that caused it would meet every process anew otherwise.
func unbroken(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return do()
}

// lasting runs one of the bot's loops: one that panics is logged and begins again, for the others have work to do.
func (b *Bot) lasting(ctx context.Context, name string, loop func(context.Context) error) error {
	never := make(chan struct{})
	for {
		err := unbroken(func() error { return loop(ctx) })
		if !errors.Is(err, errPanic) {
			return err
		}
		b.log.Error("a loop of the bot broke and begins again", zap.String("loop", name), zap.Error(err))
		if !pause(ctx, never, restAfterPanic) {
			return nil
		}
	}
}

// restAfterPanic is how long a broken loop rests: what broke it may well be there still.
const restAfterPanic = 5 * time.Second

// oldest is the row whose message was sent first. Platforms may hand over what somebody types in quick
// succession side by side, so that it lies in the inbox in another order; equals stay as they came.
func oldest(rows []store.InboxRow) store.InboxRow {
	first, at := 0, time.Time{}
	for i, r := range rows {
		sent, ok := sentAt(r)
		if !ok {
			continue // its own turn says so
		}
		if i == 0 || !sent.IsZero() && sent.Before(at) {
			first, at = i, sent
		}
	}
	return rows[first]
}

// sentAt is when a message was sent, zero when it does not say; ok is false when it cannot be read.
func sentAt(r store.InboxRow) (at time.Time, ok bool) {
	var sent struct {
		At time.Time `json:"sent_at"`
	}
	err := json.Unmarshal(r.Payload, &sent)
	return sent.At, err == nil
}

// speaker finds the colleague behind peer. A stranger's turn runs as the service itself and records
// nothing in the CRM.
func (b *Bot) speaker(ctx context.Context, peer string) (actor crm.Actor, known bool, err error) {
	if peer == "" {
		return crm.System, false, nil
	}
	actor, err = b.store.UserByPeer(ctx, peer)
	if errors.Is(err, crm.ErrNotFound) {
		return crm.System, false, nil
	}
	if err != nil {
		return crm.Actor{}, false, fmt.Errorf("who is %s: %w", peer, err)
	}
	return actor, true, nil
}

// leave writes down what the turn leaves behind: replies, the inbox row answered, the memory.
func (t *turn) leave(c store.Conversation, row store.InboxRow) error {
	t.endTap()
	for i, r := range t.replies {
		if r.Key == "" {
			r.Key = fmt.Sprintf("re:%s:%s:%d", t.message.Platform, t.message.ID, i)
		}
		out, err := reply(t.message.Platform, lane(r), r)
		if err != nil {
			return err
		}
		if t.bot.sendsItself(t.message.Platform) {
			out.Lease = handLease
		}
		t.tx.Ledger.Outbox = append(t.tx.Ledger.Outbox, out)
	}
	t.tx.Ledger.InboxDone = append(append(t.tx.Ledger.InboxDone, store.InboxKey{ID: row.ID, ReceivedAt: row.ReceivedAt}), t.also...)
	state, err := t.memory.state()
	if err != nil {
		return fmt.Errorf("conversation %s: %w", c.ID, err)
	}
	c.State = state
	if !t.message.Group {
		c.UserID = t.actor.UserID
	}
	t.tx.Ledger.Conversation = &c
	return nil
}

// apologise answers a message that could not be worked on with a number that stands in the log.
func (b *Bot) apologise(ctx context.Context, conversation, peer string, cause error) error {
	number := make([]byte, 2)
	rand.Read(number)
	id := hex.EncodeToString(number)
	b.log.Error("turn failed", zap.String("number", id), zap.String("conversation", conversation), zap.Error(cause))
	_, err := b.turn(ctx, conversation, peer, func(t *turn) error {
		name := "trouble"
		if b.customersDoor(t.message.Platform) {
			name = "guest_trouble"
		}
		t.say(b.say(name, map[string]any{"Number": id}))
		return nil
	}, nil)
	return err
}

// say answers with plain text.
func (t *turn) say(text string) { t.reply(chat.Reply{Text: text}) }

// reply answers the message; r needs only what is particular about it.
func (t *turn) reply(r chat.Reply) {
	r.Conversation, r.To, r.Group, r.AnswerTo = t.message.Conversation, t.message.From, t.message.Group, t.message.AnswerTo
	if r.Group {
		r = discreet(r)
	}
	t.replies = append(t.replies, r)
}

// whisper tells the speaker of a group something in private.
func (t *turn) whisper(r chat.Reply) {
	r.To = t.message.From
	t.replies = append(t.replies, r)
}

// change shows an earlier card in a new state, where the platform can; elsewhere nothing is said.
func (t *turn) change(card chat.Card) {
	t.reply(chat.Reply{Text: card.Title + "：" + card.Note, Card: &card, Replaces: card.ID, Quiet: true})
}

// request is a run of a job's calls as the speaker, under the message's own key. Unless the speaker has
// confirmed it, what is doubtful or risky is held back and comes back to be shown first.
func (t *turn) request(job pending, doubt string) action.Request {
	via := "chat"
	if t.message.Kind == chat.TapKind {
		via = "card"
	}
	focus := t.mind.Focus
	if job.Focus != nil {
		focus = *job.Focus
	}
	var shown map[string]crm.Ref
	if job.Sure {
		shown = job.Shown
	}
	return action.Request{
		Proposed: shown,
		Actor:    t.actor, Calls: job.Calls, Hold: !job.Sure, Doubt: doubt, Page: job.Page, Key: "in:" + t.message.Platform + ":" + t.message.ID, Via: via, Now: t.now,
		Focus: focus, Chosen: job.Chosen, Conversation: string(t.message.Conversation), Card: t.cardID("r"),
		Once: true, // leave marks the message answered
	}
}

// cardID makes the id of the card this turn shows: the same whenever the same message is answered again.
func (t *turn) cardID(kind string) string { return kind + "-" + short(t.message.Platform+t.message.ID) }
