// Package bot is the conversation: it hears a message, understands it, resolves what it names, asks or
// confirms, runs the actions and answers. What comes in stands in the inbox first and what goes out in
// the outbox, so a turn is one transaction and a crash at any instruction loses and doubles nothing.
package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"gendan/bot/chat"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
	"gendan/templates/messages"
)

const (
	sweepEvery = time.Second // how often what the doorbell missed is looked for
	mostRings  = 100_000     // conversations that may wait in memory; more wait in the inbox
)

// The kinds of outbox rows. Those without a platform are rendered when they are due.
const (
	kindReply    = "reply"
	kindAdvice   = "advice" // to an administrator, about the service itself
	kindReminder = "reminder"
	kindBrief    = "brief"
	kindExpire   = "expire" // a card's time is up
)

// Config is what a bot is made of.
type Config struct {
	Store    *store.Store
	Actions  *action.Executor
	Pack     *templates.Pack
	Messages *messages.Set
	Adapters []chat.Adapter
	Log      *zap.Logger
	Now      func() time.Time // UTC
	Workers  int              // conversations worked on at a time; 0 is 8

	// ReadPicture reads what a picture says: an error that is [chat.ErrNoPicture] lies in the bytes. nil: pictures are not read.
	ReadPicture func(ctx context.Context, data []byte) (chat.Picture, error)

	// Outside is how customers know us.
	Outside Outside

	// AskModel is asked what a text means that was not understood, and for summaries of long records. nil: there is no model.
	AskModel AskModel

	// Answers is asked what customers ask. nil: there is no knowledge base.
	Answers Answers
}

// Bot is the conversation of one process. Processes are equal: start more to share the work.
type Bot struct {
	store    *store.Store
	actions  *action.Executor
	pack     *templates.Pack
	messages *messages.Set
	adapters map[string]chat.Adapter
	log      *zap.Logger
	now      func() time.Time
	workers  int
	rings    *dispatcher
	names    nameBook
	pace     pace
	slow     chan struct{}            // a place for each piece of slow work; see outside
	briefs   chan struct{}            // rings when a brief has rung: set the next
	bells    map[string]chan struct{} // one for each platform's outbox, "" for what is to be rendered
	hands    map[string]*hand         // of each platform: answers that this process has committed and sends itself

	outside     Outside
	readPicture func(ctx context.Context, data []byte) (chat.Picture, error)
	askModel    AskModel
	answers     Answers
}

// New makes a bot; [Bot.Run] brings it to life.
func New(c Config) *Bot {
	b := &Bot{
		store: c.Store, actions: c.Actions, pack: c.Pack, messages: c.Messages, log: c.Log, now: c.Now, workers: c.Workers, readPicture: c.ReadPicture, askModel: c.AskModel,
		answers:  c.Answers,
		adapters: make(map[string]chat.Adapter),
		outside:  c.Outside,
		rings:    newDispatcher(mostRings),
		briefs:   make(chan struct{}, 1),
		bells:    map[string]chan struct{}{"": make(chan struct{}, 1)},
		hands:    map[string]*hand{},
	}
	if b.workers == 0 {
		b.workers = 8
	}
	b.slow = make(chan struct{}, max(1, b.workers/2))
	for _, a := range c.Adapters {
		b.adapters[a.Name()] = a
		b.bells[a.Name()] = make(chan struct{}, 1)
		b.hands[a.Name()] = newHand()
	}
	c.Store.OnOutbox(b.ringOutbox)
	c.Store.OnLeased(b.handed)
	return b
}

// Hear takes a message into the inbox; it is the [chat.Handler] of every adapter. When it returns nil the
// message is durable and will be answered once.
func (b *Bot) Hear(ctx context.Context, m chat.Message) error {
	in, err := inboxMessage(m)
	if err != nil {
		return err
	}
	isNew, err := b.store.Hear(ctx, in)
	if err != nil {
		return fmt.Errorf("hear %s %s: %w", m.Platform, m.ID, err)
	}
	if isNew {
		b.rings.ring(string(m.Conversation), string(m.From))
	}
	return nil
}

// Run works until ctx ends: adapters receive, workers answer, senders deliver, the sweep finds what was missed.
func (b *Bot) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range b.workers {
		g.Go(func() error { return b.lasting(ctx, "answer", b.work) })
	}
	for name, loop := range map[string]func(context.Context) error{
		"sweep": b.sweep, "render": b.renderDue, "briefs": b.keepBriefs, "clocks": b.keepClocks, "journeys": b.keepJourneys,
		"rules": b.keepRules, "health": b.watchHealth, "offers": b.keepOffers,
	} {
		g.Go(func() error { return b.lasting(ctx, name, loop) })
	}
	for _, a := range b.adapters {
		g.Go(func() error {
			return b.lasting(ctx, "deliver "+a.Name(), func(ctx context.Context) error { return b.deliver(ctx, a) })
		})
		g.Go(func() error {
			return b.lasting(ctx, "hand "+a.Name(), func(ctx context.Context) error { return b.handOver(ctx, a) })
		})
		g.Go(func() error {
			if err := a.Run(ctx, b.Hear); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", a.Name(), err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// work answers conversations, one after another.
func (b *Bot) work(ctx context.Context) error {
	for {
		conversation, peer, ok := b.rings.next(ctx)
		if !ok {
			return nil
		}
		func() {
			defer b.rings.done(conversation)
			b.answer(ctx, conversation, peer)
		}()
	}
}

// sweep rings conversations whose messages wait in the inbox although no doorbell rang here: they came
// through a process that died, or beyond the bound.
func (b *Bot) sweep(ctx context.Context) error {
	never := make(chan struct{})
	for pause(ctx, never, sweepEvery) {
		waiting, err := b.store.PendingConversations(ctx, 500)
		if err != nil {
			if ctx.Err() == nil {
				b.log.Error("sweep inbox", zap.Error(err))
			}
			continue
		}
		for _, c := range waiting {
			b.rings.ring(c, "")
		}
	}
	return nil
}

func (b *Bot) ringOutbox(platform string) {
	bell, ok := b.bells[platform]
	if !ok {
		return
	}
	select {
	case bell <- struct{}{}:
	default:
	}
}

// say is the message text of that name, see package messages. A text that cannot be made is a fault of
// the pack, found by its tests; in chat the person still gets a sentence.
func (b *Bot) say(name string, data any) string {
	text, err := b.messages.Say(name, data)
	if err != nil {
		b.log.Error("message text", zap.String("name", name), zap.Error(err))
		return "出了点问题，请稍后再试。"
	}
	return text
}
