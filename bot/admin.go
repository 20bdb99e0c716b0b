package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

// adviseAdmins tells every administrator advice about a platform, at most once an hour for one code: the
// outbox key holds the hour.
func (b *Bot) adviseAdmins(ctx context.Context, platform, code, advice string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	admins, err := b.store.Admins(ctx)
	if err != nil {
		b.log.Error("advise administrators", zap.String("platform", platform), zap.Error(err))
		return
	}
	hour := b.now().UTC().Format("2006010215")
	text := b.say("advice", map[string]any{"Platform": platformName(platform), "Advice": advice})
	err = b.store.As(ctx, crm.System, func(_ context.Context, tx *store.Tx) error {
		for _, admin := range admins {
			for _, peer := range b.doors(admin.Peers, platform) {
				key := fmt.Sprintf("advice:%s:%s:%s:%s", platform, code, hour, peer)
				row, err := reply(platformOf(peer), peer, chat.Reply{Key: key, To: chat.PeerID(peer), Text: text})
				if err != nil {
					return err
				}
				row.Kind = kindAdvice
				tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
			}
		}
		return nil
	})
	if err != nil {
		b.log.Error("advise administrators", zap.String("platform", platform), zap.Error(err))
	}
}

// doors are the peers on connected platforms. A platform in trouble is no way to tell of its trouble,
// unless there is no other.
func (b *Bot) doors(peers []string, trouble string) []string {
	var good, bad []string
	for _, p := range peers {
		switch platform := platformOf(p); {
		case b.adapters[platform] == nil:
		case platform == trouble:
			bad = append(bad, p)
		default:
			good = append(good, p)
		}
	}
	if len(good) == 0 {
		return bad
	}
	return good
}

// platformOf is the platform that a peer begins with; see [chat.PeerID].
func platformOf(peer string) string {
	platform, _, _ := strings.Cut(peer, ":")
	return platform
}

// nameOf is the colleague behind peer, or the platform's own id for them.
func (b *Bot) nameOf(ctx context.Context, peer string) string {
	actor, err := b.store.UserByPeer(ctx, peer)
	if err != nil || actor.Name == "" {
		return peer
	}
	return actor.Name
}

// watchHealth tells the administrators when a platform's connection has something to say.
func (b *Bot) watchHealth(ctx context.Context) error {
	never := make(chan struct{})
	for pause(ctx, never, 10*time.Second) {
		for _, a := range b.adapters {
			if h := a.Health(); h.Detail != "" {
				b.log.Warn("platform", zap.String("platform", a.Name()), zap.Bool("connected", h.Connected))
				b.adviseAdmins(ctx, a.Name(), "health", h.Detail)
			}
		}
	}
	return nil
}

func platformName(platform string) string {
	switch platform {
	case "wecom":
		return "企业微信"
	case "kf":
		return "微信客服"
	case "dingtalk":
		return "钉钉"
	case "mail":
		return "邮件"
	case "sms":
		return "短信"
	}
	return platform
}
