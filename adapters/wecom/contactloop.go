package wecom

import (
	"context"
	"sync/atomic"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

const (
	contactLooks     = 4                   // tasks looked at side by side
	contactRemind    = 24 * time.Hour      // then the colleague is reminded, once
	contactGiveUp    = 30 * 24 * time.Hour // then a task without a tap is over
	contactLookAtDue = 200                 // tasks of one round
)

// lookAll looks at the tasks that are due.
func (c *Contact) lookAll(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := c.cfg.Book.ContactDue(ctx, contactLookAtDue)
		if err != nil {
			return err
		}
		var failed atomic.Bool
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(contactLooks)
		for _, t := range due {
			g.Go(func() error { return c.look(gctx, t, &failed) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if len(due) < contactLookAtDue || failed.Load() {
			return nil
		}
	}
	return nil
}

// look asks what became of a task and keeps it. An error is one that the other tasks would meet as well.
func (c *Contact) look(ctx context.Context, t chat.ContactTask, failed *atomic.Bool) error {
	found, err := c.became(ctx, t)
	if err != nil {
		switch e := c.report(err); e.Fault {
		case chat.Rejected, chat.Unreached:
			c.log.Warn("contact: task is not known any more", zap.String("key", t.Key), zap.Error(err))
			found = chat.ContactLook{End: chat.TaskVanished, At: c.now()}
		default:
			return err // the same goes for the next: the round ends
		}
	}
	if err := c.cfg.Book.ContactLooked(ctx, t.Key, found); err != nil {
		failed.Store(true)
		c.log.Error("contact: what became of a task is not noted", zap.String("key", t.Key), zap.Error(err))
	}
	return nil
}

// became is what there is to say of t now. A task that shall stop is taken back unless the colleague was faster.
func (c *Contact) became(ctx context.Context, t chat.ContactTask) (found chat.ContactLook, err error) {
	user, customer, ok := contactParties(string(t.Contact))
	if !ok {
		return chat.ContactLook{End: chat.TaskVanished, At: c.now()}, nil
	}
	id := string(t.Message)
	now := c.now()
	sent, known, at, err := c.api.groupTask(ctx, id, user)
	switch {
	case err != nil:
		return found, err
	case !known:
		return chat.ContactLook{End: chat.TaskVanished, At: now}, nil
	case sent:
		if end, err := c.result(ctx, id, user, customer, at); err != nil || end.End != "" {
			return end, err
		}
	case t.Stop:
		err := c.api.stopGroupSend(ctx, id)
		return chat.ContactLook{End: chat.TaskStopped, At: now}, err
	case now.Sub(t.Begun) >= contactGiveUp:
		return chat.ContactLook{End: chat.TaskExpired, At: now}, c.api.stopGroupSend(ctx, id)
	case t.Reminded.IsZero() && now.Sub(t.Begun) >= contactRemind:
		if err := c.api.remindGroupSend(ctx, id); err != nil && kfCode(err) != 41093 {
			return found, err
		}
		found.Reminded = now
	}
	found.Next = now.Add(min(max(now.Sub(t.Begun)/10, c.cfg.Poll), time.Hour))
	return found, nil
}

// result is what became of a confirmed task; an empty End while the platform has not got to the customer.
func (c *Contact) result(ctx context.Context, id, user, customer string, confirmed time.Time) (found chat.ContactLook, err error) {
	all, err := c.api.groupResult(ctx, id, user)
	if err != nil {
		return found, err
	}
	switch r := all[customer]; r.status {
	case 1:
		if r.at.Unix() > 0 {
			confirmed = r.at
		}
		return chat.ContactLook{End: chat.TaskSent, At: confirmed}, nil
	case 2:
		return chat.ContactLook{End: chat.TaskUnknown, At: confirmed}, nil
	case 3:
		return chat.ContactLook{End: chat.TaskOverCap, At: confirmed}, nil
	}
	return found, nil
}
