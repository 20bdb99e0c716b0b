package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

const (
	sendLease    = 22 * time.Second // a claimed row is ours this long, two calls and a mark; a dead process's rows come back at once
	sendTimeout  = 10 * time.Second // one call to a platform
	sendBatch    = 64               // rows a claim
	sendParallel = 32               // calls to one platform at a time
	sendGather   = 5 * time.Millisecond
	sendTries    = 12               // then the row is a dead letter; with the waits below that is about a day
	patience     = 3                // refusals of a push before another platform is tried
	longWait     = 30 * time.Second // what a platform asks for before another one is tried at once
	unsureTries  = 2                // repeats of a send that may have arrived
)

// backoff is how long to wait before try number n+1.
func backoff(n int) time.Duration {
	wait := time.Second << min(n, 13)
	return min(wait, 2*time.Hour)
}

// deliver moves the outbox of one platform until ctx ends: claim, send, mark. Rows of one lane leave in
// order because a claim takes only the first of each.
func (b *Bot) deliver(ctx context.Context, a chat.Adapter) error {
	bell := b.bells[a.Name()]
	for {
		busy, several := false, false
		if a.Ready() {
			n, err := b.deliverOnce(ctx, a)
			if err != nil && ctx.Err() == nil {
				b.log.Error("outbox", zap.String("platform", a.Name()), zap.Error(err))
			}
			busy, several = n > 0 && err == nil, n > 1
		}
		if busy {
			if several { // many people are being answered: a claim of a few more costs no more, and nobody sees the moment
				pause(ctx, nil, sendGather)
			}
			continue
		}
		if !pause(ctx, bell, sweepEvery) {
			return nil
		}
	}
}

// deliverOnce claims a batch, sends it and marks it. It returns how many rows it took.
func (b *Bot) deliverOnce(ctx context.Context, a chat.Adapter) (int, error) {
	claims, err := b.store.ClaimOutbox(ctx, a.Name(), sendBatch, sendLease)
	if err != nil || len(claims) == 0 {
		return 0, err
	}
	for _, group := range b.apart(ctx, a.Name(), claims) {
		if err := b.deliverClaims(ctx, a, group); err != nil {
			return len(claims), err
		}
	}
	return len(claims), nil
}

// deliverClaims sends what was claimed, and marks it.
func (b *Bot) deliverClaims(ctx context.Context, a chat.Adapter, claims []store.OutboxClaim) error {
	claims = b.offersMay(ctx, a.Name(), claims)
	claims = b.bundlesMay(ctx, claims)
	var (
		mu    sync.Mutex
		sent  []store.OutboxMark
		said  []store.OutboxMark // messages of offers,
		left  []int64            // and these offers
		group sync.WaitGroup
		slots = make(chan struct{}, sendParallel)
	)
	for _, c := range claims {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if c.Kind != kindReply && c.Kind != kindAdvice && c.Kind != kindOffer && c.Kind != kindBundle {
				b.render(ctx, c)
				return
			}
			if done, ok := b.send(ctx, a, c); ok {
				mu.Lock()
				defer mu.Unlock()
				if c.Kind == kindOffer {
					said, left = append(said, done), append(left, c.Subject)
					return
				}
				sent = append(sent, done)
			}
		})
	}
	group.Wait()
	if len(sent) > 0 {
		// The messages are out: mark them even when we are told to stop.
		mark, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
		defer cancel()
		if err := b.store.OutboxSent(mark, sent); err != nil {
			return fmt.Errorf("mark %d sent: %w", len(sent), err)
		}
	}
	if len(said) > 0 {
		mark, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
		defer cancel()
		if err := b.offersSent(mark, said, left); err != nil {
			return fmt.Errorf("mark %d offers sent: %w", len(said), err)
		}
	}
	return nil
}

// send hands one row to the platform and decides what becomes of it.
func (b *Bot) send(ctx context.Context, a chat.Adapter, c store.OutboxClaim) (store.OutboxMark, bool) {
	var r chat.Reply
	if err := json.Unmarshal(c.Payload, &r); err != nil {
		b.dead(ctx, a.Name(), c, "payload", "", fmt.Errorf("outbox %d: %w", c.ID, err))
		return store.OutboxMark{}, false
	}
	if !b.store.Holds(c, sendTimeout) { // we, or those sent before it, took too long: it may be another's before it is out
		if c.Kind == kindOffer || c.Kind == kindBundle {
			b.offerAgain(ctx, a.Name(), c, nil)
			return store.OutboxMark{}, false
		}
		b.giveBack(ctx, c, store.OutboxMark{Untried: true})
		return store.OutboxMark{}, false
	}
	id, err := b.hand(ctx, a, r)
	if err == nil {
		return store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt, Platform: a.Name(), Conversation: string(r.Conversation), MessageID: string(id), Text: r.Text}, true
	}
	var e *chat.SendError
	code, advice, after := "", "", time.Duration(0)
	if errors.As(err, &e) {
		code, advice, after = e.Code, e.Advice, e.After
	}
	if advice != "" {
		b.adviseAdmins(ctx, a.Name(), code, advice)
	}
	if c.Kind == kindBundle && !(ctx.Err() != nil && chat.FaultOf(err) == chat.NotReady) {
		b.bundleFailed(ctx, c, err)
		return store.OutboxMark{}, false
	}
	if c.Kind == kindOffer && !(ctx.Err() != nil && chat.FaultOf(err) == chat.NotReady) {
		b.offerFailed(ctx, a.Name(), c, err)
		return store.OutboxMark{}, false
	}
	if r.Quiet && chat.FaultOf(err) != chat.Retry { // it would only have changed a card that is now out of reach
		return store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt}, true
	}
	switch fault := chat.FaultOf(err); {
	case fault == chat.NotReady && ctx.Err() != nil:
		// Stopping: the lease runs out and another process sends it.
	case fault == chat.NotReady:
		b.again(ctx, c, time.Second, code)
	case fault == chat.Unreached:
		if b.elsewhere(ctx, a.Name(), c, r) {
			return store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt}, true
		}
		b.dead(ctx, a.Name(), c, code, advice, err)
	case fault == chat.Rejected:
		b.dead(ctx, a.Name(), c, code, advice, err)
	case fault == chat.Unsure && c.Refusals() >= unsureTries, c.Refusals() >= sendTries:
		b.dead(ctx, a.Name(), c, code, advice, err)
	case fault == chat.Retry && (c.Refusals() >= patience || after > longWait) && r.AnswerTo == nil && b.elsewhere(ctx, a.Name(), c, r):
		// A push that this platform keeps refusing (an address that is not trusted, a used-up quota) is no use later.
		return store.OutboxMark{ID: c.ID, CreatedAt: c.CreatedAt}, true
	default:
		b.again(ctx, c, max(after, backoff(c.Refusals())), code)
	}
	return store.OutboxMark{}, false
}

func (b *Bot) again(ctx context.Context, c store.OutboxClaim, wait time.Duration, code string) {
	b.giveBack(ctx, c, store.OutboxMark{NotBefore: b.now().Add(wait), Code: code})
}

// giveBack gives a row back as m says; m names the row by it.
func (b *Bot) giveBack(ctx context.Context, c store.OutboxClaim, m store.OutboxMark) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	m.ID, m.CreatedAt = c.ID, c.CreatedAt
	if err := b.store.OutboxRetry(ctx, []store.OutboxMark{m}); err != nil {
		b.log.Error("outbox retry", zap.Int64("outbox", c.ID), zap.Error(err))
	}
}

// hand is one call to the platform. A panic in it may have come after the message was out.
func (b *Bot) hand(ctx context.Context, a chat.Adapter, r chat.Reply) (id chat.MessageID, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	panicked := unbroken(func() error {
		id, err = a.Send(ctx, r)
		return nil
	})
	if panicked != nil {
		b.log.Error("send", zap.String("platform", a.Name()), zap.String("key", r.Key), zap.Error(panicked))
		return "", &chat.SendError{Fault: chat.Unsure, Code: "panic", Err: panicked}
	}
	return id, err
}

// dead gives a row up: it stays as a dead letter, and the administrators hear of it.
func (b *Bot) dead(ctx context.Context, platform string, c store.OutboxClaim, code, advice string, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	b.log.Warn("outbox: given up", zap.String("platform", platform), zap.Int64("outbox", c.ID), zap.String("code", code), zap.Error(cause))
	if err := b.store.OutboxDead(ctx, []store.OutboxMark{{ID: c.ID, CreatedAt: c.CreatedAt, Code: code, Advice: advice}}); err != nil {
		b.log.Error("outbox dead letter", zap.Int64("outbox", c.ID), zap.Error(err))
		return
	}
	if c.Kind != kindAdvice { // no message about a message about a message
		b.adviseAdmins(ctx, platform, "dead:"+code, b.say("dead_letter", map[string]any{
			"Platform": platformName(platform), "Who": b.nameOf(ctx, c.Peer), "Code": code, "Advice": advice,
		}))
	}
}

// elsewhere sends r to the same person by another platform they are known on.
func (b *Bot) elsewhere(ctx context.Context, failed string, c store.OutboxClaim, r chat.Reply) bool {
	if r.To == "" || r.Group {
		return false
	}
	actor, err := b.store.UserByPeer(ctx, string(r.To))
	if err != nil {
		return false
	}
	peers, err := b.store.PeersOf(ctx, actor.UserID)
	if err != nil {
		b.log.Error("other identities", zap.Error(err))
		return false
	}
	for _, p := range b.doors(peers, failed) {
		platform := platformOf(p)
		if platform == failed {
			continue
		}
		r.To, r.Conversation, r.AnswerTo, r.Replaces = chat.PeerID(p), "", nil, ""
		r.Key += ":" + platform
		row, err := reply(platform, p, r)
		if err == nil {
			err = b.store.As(ctx, crm.System, func(_ context.Context, tx *store.Tx) error {
				tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
				return nil
			})
		}
		if err != nil {
			b.log.Error("send elsewhere", zap.String("platform", platform), zap.Error(err))
			return false
		}
		return true
	}
	return false
}

// lane is what r leaves in order with: a group's messages by the group, a person's answers and pushes by the
// person, since both show in one chat.
func lane(r chat.Reply) string {
	if r.Group {
		return string(r.Conversation)
	}
	return string(r.To)
}

// reply makes the outbox row of a finished reply.
func reply(platform, lane string, r chat.Reply) (store.OutboxRow, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return store.OutboxRow{}, fmt.Errorf("reply %s: %w", r.Key, err)
	}
	return store.OutboxRow{Platform: platform, Lane: lane, Peer: string(r.To), Kind: kindReply, Payload: payload, Key: r.Key}, nil
}

// pause waits for the bell, the time or the end; it is false at the end.
func pause(ctx context.Context, bell <-chan struct{}, most time.Duration) bool {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-bell:
	case <-t.C:
	}
	return true
}
