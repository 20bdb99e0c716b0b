package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
)

const (
	fetchTimeout = 10 * time.Second
	fetchMost    = 10 << 20 // bytes of one attachment
	mostOutside  = 12       // pieces of slow work that one message may ask for
)

// outside is an error by which a turn asks for slow work: a download, an external program. A turn is a transaction that
// holds a connection and its conversation, so it does nothing slow itself: it ends with this, nothing written, the work
// is done outside, and the turn is run again with what came of it. The inbox row stays unanswered all the while, so a
// crash costs the work and nothing else.
type outside struct {
	message string // whose turn it is
	name    string
	limit   time.Duration
	do      func(ctx context.Context) (any, error)
}

func (o outside) Error() string { return "bot: work outside the turn: " + o.name }

// brought is what outside work has brought, by the turn's message and the work's name.
type brought map[string]outcome

type outcome struct {
	value any
	err   error
}

// workOutside does slow work outside the turn's transaction: the first time it ends the turn with an error that the turn
// must return as it is; when the turn is run again, it answers what do has answered, its error included. The name is unique
// within the message; do may close over what earlier work has brought, and must not use the turn.
func (t *turn) workOutside(name string, limit time.Duration, do func(ctx context.Context) (any, error)) (any, error) {
	message := t.message.Platform + ":" + t.message.ID
	if got, ok := t.brought[message+"/"+name]; ok {
		return got.value, got.err
	}
	return nil, outside{message: message, name: name, limit: limit, do: do}
}

// waits tells whether err ends the turn for work outside.
func waits(err error) bool {
	var o outside
	return errors.As(err, &o)
}

// fetchFailed is why an attachment could not be had. It is told in a sentence.
type fetchFailed struct {
	name string // of the message text
	err  error
}

func (f *fetchFailed) Error() string { return "bot: fetch: " + f.err.Error() }
func (f *fetchFailed) Unwrap() error { return f.err }

// fetched are the bytes of the message's i-th attachment. When they are not there yet, the turn must return the error
// (see [turn.workOutside]); an error that is a *fetchFailed is to be told with [turn.tellFetch].
func (t *turn) fetched(i int) ([]byte, error) {
	at, platform := t.message.Files[i], t.message.Platform
	if at.Size > fetchMost {
		return nil, &fetchFailed{"file_large", fmt.Errorf("%d bytes", at.Size)}
	}
	adapter := t.bot.adapters[platform]
	got, err := t.workOutside(fmt.Sprintf("file:%d", i), fetchTimeout, func(ctx context.Context) (any, error) {
		if adapter == nil {
			return nil, &fetchFailed{"file_gone", fmt.Errorf("no adapter %q", platform)}
		}
		data, err := adapter.Download(ctx, at, fetchMost)
		var e *chat.SendError
		switch {
		case err == nil:
			return data, nil
		case errors.As(err, &e) && e.Code == "tooLarge":
			return nil, &fetchFailed{"file_large", err}
		}
		return nil, &fetchFailed{"file_gone", err}
	})
	if err != nil {
		return nil, err
	}
	data, _ := got.([]byte)
	return data, nil
}

// tellFetch says in one sentence that an attachment could not be had and what to do; handled is false when err is
// something else, which the turn must return.
func (t *turn) tellFetch(err error) (handled bool) {
	var f *fetchFailed
	if !errors.As(err, &f) {
		return false
	}
	t.bot.log.Warn("attachment", zap.String("platform", t.message.Platform), zap.Error(f.err))
	t.say(t.text(f.name, map[string]any{"Most": fetchMost >> 20}))
	return true
}

// bring does the work that a turn has asked for and adds what came of it to got. It reports false when
// everything is busy: the sweep comes back to it.
func (b *Bot) bring(ctx context.Context, o outside, got brought) bool {
	select {
	case b.slow <- struct{}{}:
	default: // a worker that waits here answers nobody else
		return false
	}
	defer func() { <-b.slow }()
	call, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	value, err := guarded(call, o.do)
	if ctx.Err() != nil {
		return false // stopping: it is done again after the start
	}
	got[o.message+"/"+o.name] = outcome{value, err}
	return true
}

// guarded is what do answers; a panic in it is an error. It works on bytes from anywhere, in programs of others.
func guarded(ctx context.Context, do func(context.Context) (any, error)) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, fmt.Errorf("bot: work outside the turn: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do(ctx)
}
