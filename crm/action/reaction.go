package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindReact is the kind of an outbox row that asks for reactions to an event: Subject is the event's number.
const KindReact = store.KindReact

// KindListen is the kind of an outbox row that looks for what a listener that was just turned on may have missed: Payload is a
// [store.EventMark].
const KindListen = "listen"

// listening remembers for a moment which events somebody listens to, so that a run whose events interest nobody costs no
// look. What other processes write in that moment without knowing of a rule turned on here is found again, see listenAnew.
type listening struct {
	mu    sync.Mutex
	at    time.Time // by the wall clock; zero: look again
	names map[string]bool
}

const hearFor = 2 * time.Second

// listenLooks are how long after a listener was turned on it is looked for what it has missed: when all processes have heard of
// it, and when the longest run that began before has ended.
var listenLooks = [...]time.Duration{hearFor + time.Second, 30 * time.Second}

func (l *listening) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = time.Time{}
}

// heard are the names of events that an active rule or journey listens to.
func (x *Executor) heard(ctx context.Context, tx *store.Tx) (map[string]bool, error) {
	x.listening.mu.Lock()
	defer x.listening.mu.Unlock()
	if time.Since(x.listening.at) < hearFor {
		return x.listening.names, nil
	}
	list, err := x.listened(ctx, tx)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, name := range list {
		names[name] = true
	}
	x.listening.at, x.listening.names = time.Now(), names
	return names, nil
}

// listened are the names of events that an active rule or journey listens to by now.
func (x *Executor) listened(ctx context.Context, tx *store.Tx) ([]string, error) {
	rules, err := tx.RuleListens(ctx)
	if err != nil {
		return nil, err
	}
	journeys, err := x.journeysListen(ctx, tx)
	if err != nil {
		return nil, err
	}
	return append(rules, journeys...), nil
}

// listenAnew is called by the transaction that turns a rule or a journey on. From here on it misses nothing: what runs write
// meanwhile that do not know of it is asked for by rows of this transaction.
func (x *Executor) listenAnew(ctx context.Context, tx *store.Tx) error {
	x.listening.forget()
	mark, err := tx.EventMark(ctx)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(mark)
	if err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	for _, wait := range listenLooks {
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: KindListen, Kind: KindListen, Payload: payload, NotBefore: x.store.Now().UTC().Add(wait)})
	}
	return nil
}

// listeningMore runs change, which may make rules and journeys listen to more than before, as a new edition of the pack does: what other
// processes write that do not know it yet is not missed.
func (x *Executor) listeningMore(ctx context.Context, tx *store.Tx, change func() error) error {
	before, err := x.listened(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := x.listened(ctx, tx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(after, func(name string) bool { return !slices.Contains(before, name) }) {
		return x.listenAnew(ctx, tx)
	}
	return nil
}

// CatchUp lets rules and journeys react to what happened beyond a mark, where whoever wrote it did not know of them.
func (x *Executor) CatchUp(ctx context.Context, tx *store.Tx, mark store.EventMark) (missed int, err error) {
	names, err := x.listened(ctx, tx)
	if err != nil || len(names) == 0 {
		return 0, err
	}
	return tx.ReactSince(ctx, mark, names)
}

// leaveReactions marks the events of the run that somebody listens to. What a chain of rules too long has caused is heard
// by nobody.
func (r *run) leaveReactions(ctx context.Context) error {
	if len(r.tx.Ledger.Events) == 0 || len(r.req.Rules) >= crm.RuleDepth {
		return nil
	}
	names, err := r.x.heard(ctx, r.tx)
	if err != nil {
		return err
	}
	for i := range r.tx.Ledger.Events {
		e := &r.tx.Ledger.Events[i]
		e.React = e.React || names[e.Name]
	}
	return nil
}

// React lets rules and journeys react to events, each exactly once however often it is called: what they did for an event
// stands in the database under its number. failed are the events that have to be reacted to again; whoever asks closes the
// outbox rows of the others.
func (x *Executor) React(ctx context.Context, events ...int64) (failed map[int64]error, err error) {
	var all []store.Happened
	err = x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = tx.Events(ctx, events)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("react: %w", err)
	}
	failed = map[int64]error{}
	x.rulesHear(ctx, all, failed)
	for _, e := range all {
		if err := x.journeysHear(ctx, e); err != nil {
			failed[e.ID] = errors.Join(failed[e.ID], fmt.Errorf("event %d: journeys: %w", e.ID, err))
		}
	}
	return failed, nil
}

// causedBy are the rules that led to an event, the first one first.
func causedBy(e store.Happened) (rules []crm.RuleID) {
	list, _ := e.Data["rules"].([]any)
	for _, v := range list {
		if n, ok := v.(float64); ok {
			rules = append(rules, crm.RuleID(n))
		}
	}
	return rules
}

// mayFollow tells whether a rule may react to what these rules have caused.
func mayFollow(rule crm.RuleID, caused []crm.RuleID) bool {
	return len(caused) < crm.RuleDepth && !slices.Contains(caused, rule)
}
