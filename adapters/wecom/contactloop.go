package wecom

import (
	"context"
	"slices"
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
		var tasks [][]chat.ContactTask // by the platform's number; what belongs to one stands together
		for _, t := range due {
			if n := len(tasks); n > 0 && tasks[n-1][0].Message == t.Message {
				tasks[n-1] = append(tasks[n-1], t)
				continue
			}
			tasks = append(tasks, []chat.ContactTask{t})
		}
		var failed atomic.Bool
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(contactLooks)
		for _, t := range tasks {
			g.Go(func() error { return c.look(gctx, t, &failed) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if len(tasks) < contactLookAtDue || failed.Load() {
			return nil
		}
	}
	return nil
}

// look asks what became of a task and keeps it, for each customer in it. An error is one that the other tasks would meet as well.
func (c *Contact) look(ctx context.Context, task []chat.ContactTask, failed *atomic.Bool) error {
	found, err := c.became(ctx, task)
	if err != nil {
		switch e := c.report(err); e.Fault {
		case chat.Rejected, chat.Unreached:
			c.log.Warn("contact: task is not known any more", zap.String("key", task[0].Key), zap.Error(err))
			found = all(task, chat.ContactLook{End: chat.TaskVanished, At: c.now()})
		default:
			return err // the same goes for the next: the round ends
		}
	}
	if err := c.cfg.Book.ContactLooked(ctx, found); err != nil {
		failed.Store(true)
		c.log.Error("contact: what became of a task is not noted", zap.String("key", task[0].Key), zap.Error(err))
	}
	return nil
}

// all says the same of each part of a task.
func all(task []chat.ContactTask, look chat.ContactLook) map[string]chat.ContactLook {
	found := make(map[string]chat.ContactLook, len(task))
	for _, t := range task {
		found[t.Key] = look
	}
	return found
}

// became is what there is to say of a task now. One of which any part shall stop is taken back whole, for the platform takes nobody
// out of a task, unless the colleague was faster; the other parts may be made anew.
func (c *Contact) became(ctx context.Context, task []chat.ContactTask) (map[string]chat.ContactLook, error) {
	first, now := task[0], c.now()
	user, _, ok := contactParties(string(first.Contact))
	if !ok {
		return all(task, chat.ContactLook{End: chat.TaskVanished, At: now}), nil
	}
	id := string(first.Message)
	sent, known, at, err := c.api.groupTask(ctx, id, user)
	if err != nil {
		return nil, err
	}
	wait := chat.ContactLook{Next: now.Add(min(max(now.Sub(first.Begun)/10, c.cfg.Poll), time.Hour))}
	stop := slices.ContainsFunc(task, func(t chat.ContactTask) bool { return t.Stop })
	wait.Stop = stop
	switch {
	case !known:
		return all(task, chat.ContactLook{End: chat.TaskVanished, At: now}), nil
	case sent:
		return c.results(ctx, task, id, user, at, wait)
	case stop, now.Sub(first.Begun) >= contactGiveUp:
		return c.takeBack(ctx, task, id, user, stop, wait)
	case first.Reminded.IsZero() && now.Sub(first.Begun) >= contactRemind:
		if err := c.api.remindGroupSend(ctx, id); err != nil && kfCode(err) != 41093 {
			return nil, err
		}
		wait.Reminded = now
	}
	return all(task, wait), nil
}

// takeBack takes a task back from the colleague. Whether they were faster after all is asked again afterwards; where the platform
// refuses, the task is looked at further, for the colleague may still tap.
func (c *Contact) takeBack(ctx context.Context, task []chat.ContactTask, id, user string, stop bool, wait chat.ContactLook) (map[string]chat.ContactLook, error) {
	refused := c.api.stopGroupSend(ctx, id)
	if refused != nil {
		if fault := contactError(refused).Fault; fault != chat.Rejected && fault != chat.Unreached {
			return nil, refused
		}
	}
	sent, known, at, err := c.api.groupTask(ctx, id, user)
	now := c.now()
	switch {
	case err != nil:
		return nil, err
	case known && sent:
		return c.results(ctx, task, id, user, at, wait)
	case refused != nil && known && stop:
		c.log.Warn("contact: a task cannot be taken back", zap.String("key", task[0].Key), zap.Error(refused))
		found := all(task, wait)
		for _, t := range task {
			if t.Stop {
				look := wait
				look.Kept = true
				found[t.Key] = look
			}
		}
		return found, nil
	}
	found := make(map[string]chat.ContactLook, len(task))
	for _, t := range task {
		end := chat.TaskExpired
		switch {
		case t.Stop:
			end = chat.TaskStopped
		case stop:
			end = chat.TaskAgain
		}
		found[t.Key] = chat.ContactLook{End: end, At: now}
	}
	return found, nil
}

// results are what became of a confirmed task; a part without an end is one to which the platform has not got.
func (c *Contact) results(ctx context.Context, task []chat.ContactTask, id, user string, confirmed time.Time, wait chat.ContactLook) (map[string]chat.ContactLook, error) {
	sent, err := c.api.groupResult(ctx, id, user)
	if err != nil {
		return nil, err
	}
	found := make(map[string]chat.ContactLook, len(task))
	for _, t := range task {
		_, customer, _ := contactParties(string(t.Contact))
		r, at := sent[customer], confirmed
		if r.status == 1 && r.at.Unix() > 0 {
			at = r.at
		}
		end, ended := map[int]string{1: chat.TaskSent, 2: chat.TaskUnknown, 3: chat.TaskOverCap}[r.status]
		if !ended {
			found[t.Key] = wait
			continue
		}
		found[t.Key] = chat.ContactLook{End: end, At: at}
	}
	return found, nil
}
