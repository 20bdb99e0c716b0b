package dingtalk

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"gendan/bot/chat"
)

// platformZone is where DingTalk's month begins.
var platformZone = time.FixedZone("CST", 8*3600)

// budget keeps the adapter below the platform's limits. Rates are of this process and of real time; the month's
// counters are shared through Redis where there is one.
type budget struct {
	cfg      Config
	all      *shared
	mu       sync.Mutex
	apis     map[string]*window
	hooks    map[chat.ConversationID]*window
	swept    time.Time
	month    string
	calls    int64 // of this process in month
	webhooks int64
}

// window is the times of the latest happenings, oldest first, at most as many as are allowed.
type window struct{ at []time.Time }

func newBudget(cfg Config, all *shared) *budget {
	return &budget{cfg: cfg, all: all, apis: map[string]*window{}, hooks: map[chat.ConversationID]*window{}}
}

// take lets one more happen at now if fewer than most did within span, else tells how long to wait. A most below
// zero is no limit.
func (w *window) take(now time.Time, most int, span time.Duration) time.Duration {
	if most < 0 {
		return 0
	}
	keep := w.at[:0]
	for _, t := range w.at {
		if now.Sub(t) < span {
			keep = append(keep, t)
		}
	}
	w.at = keep
	if len(w.at) >= most {
		return span - now.Sub(w.at[len(w.at)-most])
	}
	w.at = append(w.at, now)
	return 0
}

// call counts a call of api, or tells how long to wait before making it.
func (b *budget) call(ctx context.Context, api string) time.Duration {
	now := time.Now()
	b.mu.Lock()
	w := b.apis[api]
	if w == nil {
		w = &window{}
		b.apis[api] = w
	}
	wait := w.take(now, b.cfg.CallsPerSecond, time.Second)
	b.mu.Unlock()
	if wait == 0 {
		b.count(ctx, &b.calls, "calls")
	}
	return wait
}

// hook counts a webhook message into a conversation, or tells how long to wait before sending it.
func (b *budget) hook(ctx context.Context, to chat.ConversationID) time.Duration {
	now := time.Now()
	b.mu.Lock()
	b.sweep(now)
	w := b.hooks[to]
	if w == nil {
		w = &window{}
		b.hooks[to] = w
	}
	wait := w.take(now, b.cfg.HooksPerMinute, time.Minute)
	b.mu.Unlock()
	if wait == 0 {
		b.count(ctx, &b.webhooks, "webhooks")
	}
	return wait
}

// sweep forgets quiet conversations once a minute. The lock is held.
func (b *budget) sweep(now time.Time) {
	if now.Sub(b.swept) < time.Minute {
		return
	}
	b.swept = now
	for id, w := range b.hooks {
		if len(w.at) == 0 || now.Sub(w.at[len(w.at)-1]) >= time.Minute {
			delete(b.hooks, id)
		}
	}
}

// count adds one to the month's counter here and in Redis.
func (b *budget) count(ctx context.Context, counter *int64, name string) {
	month := b.thisMonth()
	b.mu.Lock()
	if month != b.month {
		b.month, b.calls, b.webhooks = month, 0, 0
	}
	*counter++
	b.mu.Unlock()
	b.all.visit(ctx, func(ctx context.Context, rdb redis.UniversalClient) error {
		_, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			key := b.all.prefix + month + ":" + name
			p.Incr(ctx, key)
			p.Expire(ctx, key, 40*24*time.Hour)
			return nil
		})
		return err
	})
}

func (b *budget) thisMonth() string { return b.cfg.Now().In(platformZone).Format("2006-01") }

// usage is the month's counters: the shared ones where Redis has more than this process counted.
func (b *budget) usage(ctx context.Context) Usage {
	u := Usage{Month: b.thisMonth()}
	b.mu.Lock()
	if b.month == u.Month {
		u.Calls, u.Webhooks = b.calls, b.webhooks
	}
	b.mu.Unlock()
	for name, n := range map[string]*int64{"calls": &u.Calls, "webhooks": &u.Webhooks} {
		if all, err := strconv.ParseInt(string(b.all.get(ctx, u.Month+":"+name)), 10, 64); err == nil {
			*n = max(*n, all)
		}
	}
	u.CallsLeft = max(0, b.cfg.MonthlyCalls-u.Calls)
	u.HooksLeft = max(0, b.cfg.MonthlyWebhooks-u.Webhooks)
	return u
}

// warning is a sentence for the administrator when less than a tenth of a quota is left, else "".
func (b *budget) warning(ctx context.Context) string {
	u := b.usage(ctx)
	if u.CallsLeft*10 >= b.cfg.MonthlyCalls && u.HooksLeft*10 >= b.cfg.MonthlyWebhooks {
		return ""
	}
	return fmt.Sprintf("本月钉钉额度快用完了：接口调用还剩约 %d 次，会话消息还剩约 %d 条；请到开放平台查看用量，考虑升级版本。", u.CallsLeft, u.HooksLeft)
}
