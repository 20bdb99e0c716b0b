package wecom

import (
	"context"
	"sync"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"

	"go.uber.org/zap"
)

const (
	inletMost  = 20000           // messages that may wait for the inbox
	inletGrace = 5 * time.Second // for those still waiting when Run ends
)

// inlet carries the AI bot's messages to the inbox: in order within a conversation, side by side across
// conversations, so that the inbox can commit many at once and a slow database never blocks the connection.
// The platform does not redeliver, so each is offered again until it is taken.
type inlet struct {
	a *Adapter

	mu      sync.Mutex
	queues  map[chat.ConversationID][]inbound
	waiting int
	work    sync.WaitGroup
	stop    context.CancelFunc
	ctx     context.Context // of the offers; ends a grace after Run
}

type inbound struct {
	message chat.Message
	answer  string // req_id to apologise on, "" for events
}

func newInlet(a *Adapter) *inlet {
	return &inlet{a: a, queues: map[chat.ConversationID][]inbound{}}
}

// put queues m behind what its conversation already has waiting.
func (in *inlet) put(m chat.Message, answer string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ctx == nil {
		in.ctx, in.stop = context.WithCancel(context.Background())
	}
	if in.waiting >= inletMost {
		in.a.log.Error("wecom: inbox does not keep up, message dropped", zap.String("id", m.ID))
		return
	}
	in.waiting++
	q, running := in.queues[m.Conversation]
	in.queues[m.Conversation] = append(q, inbound{m, answer})
	if !running {
		in.work.Go(func() { in.serve(in.ctx, m.Conversation) })
	}
}

// serve offers the messages of one conversation one by one and ends when none is left.
func (in *inlet) serve(ctx context.Context, id chat.ConversationID) {
	for {
		in.mu.Lock()
		q := in.queues[id]
		if len(q) == 0 {
			delete(in.queues, id)
			in.mu.Unlock()
			return
		}
		next := q[0]
		in.queues[id] = q[1:]
		in.mu.Unlock()
		in.offer(ctx, next)
		in.mu.Lock()
		in.waiting--
		in.mu.Unlock()
	}
}

func (in *inlet) offer(ctx context.Context, m inbound) {
	ctx, cancel := context.WithTimeout(ctx, in.a.cfg.HearPatience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		hear := in.a.hear.Load()
		if hear == nil {
			return
		}
		err := (*hear)(ctx, m.message)
		if err == nil {
			return
		}
		in.a.log.Warn("wecom: inbox refused a message", zap.String("id", m.message.ID), zap.Error(err))
		select {
		case <-ctx.Done():
			in.apologise(m)
			return
		case <-time.After(wait):
		}
	}
}

// apologise tells the sender that the message was lost, for the platform will not deliver it again.
func (in *inlet) apologise(m inbound) {
	in.a.log.Error("wecom: message lost, the inbox did not take it", zap.String("id", m.message.ID))
	if m.answer == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	body := aibot.StreamBody("lost-"+m.message.ID, "这条消息没有记上，系统暂时繁忙，请过几分钟再发一次。", true, nil)
	if err := in.a.bot.Respond(ctx, m.answer, body); err != nil {
		in.a.log.Warn("wecom: apology not delivered", zap.Error(err))
	}
}

// drain waits for what was received, at most a grace, and leaves the inlet ready for another Run.
func (in *inlet) drain() {
	in.mu.Lock()
	stop := in.stop
	in.mu.Unlock()
	if stop == nil {
		return
	}
	timer := time.AfterFunc(inletGrace, stop)
	in.work.Wait()
	timer.Stop()
	stop()
	in.mu.Lock()
	in.ctx, in.stop = nil, nil
	in.mu.Unlock()
}
