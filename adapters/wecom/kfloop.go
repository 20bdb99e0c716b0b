package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

// Run pulls the customers' messages of every account until ctx ends, and returns nil then. Of several processes one
// pulls an account; the others stand by.
func (k *KF) Run(ctx context.Context, hear chat.Handler) error {
	if k.cfg.Book == nil {
		return errors.New("wecom: kf: nowhere to remember what was heard")
	}
	k.hear.Store(&hear)
	defer k.hear.Store(nil)
	defer k.uploads.close()
	var loops sync.WaitGroup
	for _, acc := range k.accounts {
		loops.Go(func() { k.keep(ctx, acc) })
	}
	loops.Wait()
	return nil
}

// keep leads the pulling of one account again and again.
func (k *KF) keep(ctx context.Context, acc *kfAccount) {
	work := func(ctx context.Context) error {
		acc.lead.Store(true)
		defer acc.lead.Store(false)
		return k.pull(ctx, acc)
	}
	for ctx.Err() == nil {
		var err error
		if k.a.cfg.Elector == nil {
			err = work(ctx)
		} else {
			err = k.a.cfg.Elector.Lead(ctx, "wecom:kf:"+acc.id, work)
		}
		if err != nil && ctx.Err() == nil {
			k.log.Warn("kf: pulling", zap.String("account", acc.id), zap.Error(err))
		}
		wait(ctx, time.Second)
	}
}

// ring wakes whoever pulls account: the loop of this process, or by the book that of another.
func (k *KF) ring(ctx context.Context, account, token string) {
	acc := k.accounts[account]
	if acc == nil {
		k.log.Debug("kf: ring of an account that is not served here", zap.String("account", account))
		return
	}
	if acc.lead.Load() {
		acc.rung(token)
		return
	}
	if err := k.cfg.Book.KFRing(ctx, account, token); err != nil {
		k.log.Warn("kf: ring not noted, the next poll comes", zap.Error(err))
	}
}

// rung leaves token for the loop in place of an older one.
func (acc *kfAccount) rung(token string) {
	for {
		select {
		case acc.poke <- token:
			return
		default:
		}
		select {
		case <-acc.poke:
		default:
		}
	}
}

// pull is the loop of one account while this process leads: at once, at every ring, and now and then without.
func (k *KF) pull(ctx context.Context, acc *kfAccount) error {
	_, rings, err := k.cfg.Book.KFRung(ctx, acc.id)
	if err != nil {
		return err
	}
	glance := time.NewTicker(k.cfg.Glance)
	defer glance.Stop()
	due, token := time.Now(), ""
	for ctx.Err() == nil {
		if !time.Now().Before(due) {
			again := k.cfg.Poll
			if err := k.drain(ctx, acc, token); err != nil && ctx.Err() == nil {
				e := k.report(err)
				again = max(time.Second, min(e.After, k.cfg.Poll))
				k.log.Warn("kf: pull", zap.String("account", acc.id), zap.Error(err))
			}
			due, token = time.Now().Add(again), ""
		}
		poll := time.NewTimer(time.Until(due))
		select {
		case token = <-acc.poke:
			due = time.Now()
		case <-glance.C:
			if t, n, err := k.cfg.Book.KFRung(ctx, acc.id); err == nil && n != rings {
				due, token, rings = time.Now(), t, n
			}
		case <-poll.C:
		case <-ctx.Done():
		}
		poll.Stop()
	}
	return nil
}

// drain takes page after page until there is no more. A page's messages are in the inbox before the cursor moves
// on: whoever comes after a crash takes the page again, and the inbox knows its messages.
func (k *KF) drain(ctx context.Context, acc *kfAccount, token string) error {
	cursor, err := k.cfg.Book.KFCursor(ctx, acc.id)
	if err != nil {
		return err
	}
	limit := k.cfg.Page
	for ctx.Err() == nil {
		p, err := k.api.kfSync(ctx, acc.id, cursor, token, limit)
		switch {
		case errors.Is(err, errPageTooLong) && limit > 1:
			limit = max(1, limit/8)
			continue
		case kfCode(err) == 95007 && token != "": // over, or of another ring
			token = ""
			continue
		case err != nil:
			return err
		}
		k.setTrouble("")
		if err := k.take(ctx, acc.id, p.List); err != nil {
			return err
		}
		if p.Next != "" && p.Next != cursor {
			if err := k.cfg.Book.KFAdvance(ctx, acc.id, p.Next); err != nil {
				return err
			}
		}
		if p.HasMore == 0 || p.Next == "" || p.Next == cursor && len(p.List) == 0 {
			return nil
		}
		cursor = p.Next
	}
	return ctx.Err()
}

// kfSideBySide is how many conversations of a page go into the inbox at a time, so that it can commit many at once.
const kfSideBySide = 32

// take puts a page into the inbox: in order within a conversation, the conversations side by side.
func (k *KF) take(ctx context.Context, account string, list []json.RawMessage) error {
	if len(list) == 0 {
		return nil
	}
	now := k.now()
	talks := map[chat.ConversationID][]chat.Message{}
	for _, raw := range list {
		m, ok := kfDecode(account, raw, now)
		if !ok {
			k.log.Debug("kf: entry that says nothing", zap.Int("bytes", len(raw)))
			continue
		}
		talks[m.Conversation] = append(talks[m.Conversation], m)
	}
	k.name(ctx, account, talks)
	if err := k.allow(ctx, account, talks); err != nil {
		return err
	}
	var (
		group  sync.WaitGroup
		slots  = make(chan struct{}, kfSideBySide)
		failed = make(chan error, len(talks))
	)
	for _, talk := range talks {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			for _, m := range talk {
				if err := k.hearOne(ctx, m); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// hearOne offers m to the inbox until it is taken.
func (k *KF) hearOne(ctx context.Context, m chat.Message) error {
	hear := k.hear.Load()
	if hear == nil {
		return errNotReceiving
	}
	for pause := k.cfg.HearRetry; ; pause = min(2*pause, 5*time.Second) {
		err := (*hear)(ctx, m)
		if err == nil {
			return nil
		}
		k.log.Warn("kf: inbox refused a message", zap.String("id", m.ID), zap.Error(err))
		if !wait(ctx, pause) {
			return fmt.Errorf("kf: message %s: %w", m.ID, err)
		}
	}
}

// allow books what the messages do to those that we may send. It comes before the inbox: an answer may follow at once.
func (k *KF) allow(ctx context.Context, account string, talks map[chat.ConversationID][]chat.Message) error {
	var (
		customers []string
		ids       [][]string
		at        []time.Time
	)
	for id, talk := range talks {
		_, customer, ok := kfParties(string(id))
		if !ok {
			continue
		}
		var last time.Time
		var said []string
		for _, m := range talk {
			if m.By != "" || m.Kind == chat.EventKind || m.Kind == chat.Enter || m.SentAt.Before(last) {
				continue
			}
			if m.SentAt.After(last) {
				last, said = m.SentAt, nil
			}
			said = append(said, m.ID)
		}
		if len(said) > 0 {
			customers, ids, at = append(customers, customer), append(ids, said), append(at, last)
		}
	}
	if len(customers) == 0 {
		return nil
	}
	if err := k.cfg.Book.KFHeard(ctx, account, customers, ids, at); err != nil {
		return fmt.Errorf("kf: %w", err)
	}
	return nil
}

// wait pauses for d; false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
