package bot

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm/store"
)

// handLease is how long an answer is ours from its commit on: a call, a mark, and a moment to wait for those before it.
const handLease = sendTimeout + 4*time.Second

// mostHanded is how many answers may wait here; more go the way that all processes share.
const mostHanded = 4 * sendBatch

// hand holds answers of one platform that this process has committed with a lease of its own. Their rows are the truth: whatever
// is lost here is claimed when its lease ends, or at once when this process has died.
type hand struct {
	mu     sync.Mutex
	open   bool // somebody takes them
	claims []store.OutboxClaim
	bell   chan struct{}
}

func newHand() *hand { return &hand{bell: make(chan struct{}, 1)} }

// sendsItself tells whether an answer on that platform may be kept in hand.
func (b *Bot) sendsItself(platform string) bool {
	h, a := b.hands[platform], b.adapters[platform]
	if h == nil || !a.Ready() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open && len(h.claims) < mostHanded
}

// handed takes an answer that was committed just now.
func (b *Bot) handed(c store.OutboxClaim) {
	h := b.hands[c.Platform]
	if h == nil {
		return
	}
	h.mu.Lock()
	h.claims = append(h.claims, c)
	h.mu.Unlock()
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

// take gives what is in hand, at most a batch.
func (h *hand) take() []store.OutboxClaim {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := min(len(h.claims), sendBatch)
	taken := h.claims[:n:n]
	if h.claims = h.claims[n:]; len(h.claims) == 0 {
		h.claims = nil
	}
	return taken
}

func (h *hand) hold(open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = open
}

// handOver sends what this process has committed itself, until ctx ends; what is left then is given back for others.
func (b *Bot) handOver(ctx context.Context, a chat.Adapter) error {
	h := b.hands[a.Name()]
	h.hold(true)
	defer func() {
		h.hold(false)
		for left := h.take(); len(left) > 0; left = h.take() {
			for _, c := range left {
				b.giveBack(ctx, c, store.OutboxMark{Untried: true})
			}
		}
	}()
	for ctx.Err() == nil {
		claims := h.take()
		if len(claims) == 0 {
			if !pause(ctx, h.bell, sweepEvery) {
				return nil
			}
			continue
		}
		if err := b.deliverClaims(ctx, a, claims); err != nil && ctx.Err() == nil {
			b.log.Error("outbox", zap.String("platform", a.Name()), zap.Error(err))
		}
		if len(claims) > 1 { // many people are being answered: a mark of a few more costs no more, and nobody sees the moment
			pause(ctx, nil, sendGather)
		}
	}
	return nil
}
