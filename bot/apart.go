package bot

import (
	"context"
	"errors"
	"math/rand/v2"

	"gendan/bot/chat"
	"gendan/crm/store"
)

// A row of the outbox whose process died again and again may be what killed it; mostly it was only there when it happened.
const (
	lostFew  = 3  // then it goes alone, after the others
	lostMost = 20 // then it is given up
)

var errLost = errors.New("each process that took it up has died")

// apart parts what was claimed: most of it together, and what was lost several times one by one after that, in any order, so
// that what kills nobody gets away some time although it stands beside what does. What was lost too often is given up.
func (b *Bot) apart(ctx context.Context, platform string, claims []store.OutboxClaim) (groups [][]store.OutboxClaim) {
	var sound, alone []store.OutboxClaim
	for _, c := range claims {
		switch {
		case c.Lost >= lostMost:
			b.lost(ctx, platform, c)
		case c.Lost >= lostFew:
			alone = append(alone, c)
		default:
			sound = append(sound, c)
		}
	}
	if len(sound) > 0 {
		groups = append(groups, sound)
	}
	rand.Shuffle(len(alone), func(i, j int) { alone[i], alone[j] = alone[j], alone[i] })
	for _, c := range alone {
		groups = append(groups, []store.OutboxClaim{c})
	}
	return groups
}

// lost gives up a row that was lost too often; an offer takes its next way.
func (b *Bot) lost(ctx context.Context, platform string, c store.OutboxClaim) {
	refused := &chat.SendError{Fault: chat.Rejected, Code: "lost", Err: errLost}
	switch c.Kind {
	case kindOffer:
		b.offerFailed(ctx, platform, c, refused)
	case kindBundle:
		b.bundleFailed(ctx, c, refused)
	default:
		b.dead(ctx, platform, c, refused.Code, "", refused)
	}
}
