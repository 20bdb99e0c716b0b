package wecom

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"

	"go.uber.org/zap"
)

// link is what this process has to do with the AI bot's connection.
type link string

const (
	standby link = "standby" // another process may hold it
	holding link = "holding" // this process keeps it, connected or reconnecting
	kicked  link = "kicked"  // another connection took over; this process stays away for a while
)

// Run receives by the doors that are set until ctx ends, and returns nil then.
func (a *Adapter) Run(ctx context.Context, hear chat.Handler) error {
	a.hear.Store(&hear)
	a.ended.Store(false)
	defer func() {
		a.ended.Store(true)
		a.hear.Store(nil)
	}()
	defer a.close()
	defer a.inlet.drain()
	if a.bot == nil {
		<-ctx.Done()
		return nil
	}
	away := a.cfg.KickedPause
	for ctx.Err() == nil {
		a.setState(standby)
		began := time.Now()
		err := a.lead(ctx)
		if ctx.Err() != nil {
			break
		}
		pause := time.Second
		if errors.Is(err, aibot.ErrKicked) {
			// Whoever took over wins for now: fighting would cut both off every second. Two that never stop
			// come to change less and less often.
			a.setState(kicked)
			if time.Since(began) > 20*a.cfg.KickedPause {
				away = a.cfg.KickedPause
			}
			pause = away + rand.N(away/4+1)
			away = min(2*away, 20*a.cfg.KickedPause)
			a.log.Warn("wecom: another connection of this bot took over", zap.Duration("again_in", pause))
		} else if err != nil {
			a.log.Warn("wecom: election", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	a.setState(standby)
	return nil
}

// close ends uploads and lets idle connections go.
func (a *Adapter) close() {
	a.uploads.close()
	if a.app != nil {
		a.app.close()
	}
	a.files.Client.CloseIdleConnections()
}

func (a *Adapter) lead(ctx context.Context) error {
	work := func(ctx context.Context) error {
		a.setState(holding)
		return a.bot.Run(ctx)
	}
	if a.cfg.Elector == nil {
		return work(ctx)
	}
	return a.cfg.Elector.Lead(ctx, "wecom:bot:"+a.cfg.BotID, work)
}

func (a *Adapter) setState(s link) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != s {
		a.state, a.since = s, a.now()
	}
}

// Ready reports whether Send can work in this process: its bot is connected, or there is only the app, or
// the bot is lost for longer than a reconnection takes and the app stands in.
func (a *Adapter) Ready() bool {
	if a.bot == nil {
		return a.app != nil
	}
	st := a.bot.Status()
	if st.Connected {
		return true
	}
	return a.app != nil && a.botLost()
}

// botLost tells that no connection is to be expected soon: this process was kicked, or tries in vain.
func (a *Adapter) botLost() bool {
	a.mu.Lock()
	state := a.state
	a.mu.Unlock()
	switch state {
	case kicked:
		return true
	case holding:
		st := a.bot.Status()
		return !st.Connected && st.Attempts > 0 && time.Since(st.Since) >= a.cfg.StandIn
	}
	return false
}

// Health tells how the doors do. A process that stands by while another holds the bot's connection is not
// connected and says so.
func (a *Adapter) Health() chat.Health {
	a.mu.Lock()
	state, h := a.state, chat.Health{Since: a.since, Detail: a.trouble}
	a.mu.Unlock()
	if a.bot == nil {
		h.Connected = h.Detail == ""
		return h
	}
	st := a.bot.Status()
	h.Connected = st.Connected
	switch {
	case st.Connected:
		h.Since = st.Since
	case state == kicked:
		h.Detail = "企业微信机器人的长连接被另一个程序占用：请确认没有在别处用同一个机器人 ID 和密钥，本程序稍后会自动重连。"
	case state == standby:
		h.Detail = "企业微信机器人的连接由另一个进程保持，本进程待命。"
	default:
		h.Since = st.Since
		h.Detail = botAdvice(st.Err)
	}
	return h
}

// botAdvice says for the administrator why the long connection does not come up.
func botAdvice(err error) string {
	var refused *aibot.Error
	switch {
	case err == nil:
		return "正在连接企业微信机器人。"
	case errors.As(err, &refused):
		return "企业微信拒绝了机器人的连接（错误码 " + itoa(refused.Code) + "）：请核对 WECOM_BOT_ID 和 WECOM_BOT_SECRET，并确认机器人已设为「长连接」方式。"
	}
	return "连不上企业微信长连接服务，正在自动重试：请检查本机能否访问外网。"
}

func (a *Adapter) setTrouble(s string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trouble != s {
		a.trouble = s
		if a.bot == nil {
			a.since = a.now()
		}
	}
}
