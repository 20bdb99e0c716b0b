package action

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindSegment is the kind of an outbox row that counts a segment (Subject) aside of the chat; Payload is a [SegmentCount].
const KindSegment = "segment.count"

// manyCustomers is beyond how many customers nobody is kept waiting for a count of all of them: it takes seconds there.
const manyCustomers = 100_000

// SegmentCount says who wants to hear how many customers a segment has.
type SegmentCount struct {
	User crm.UserID `json:"user,omitempty"` // 0: nobody, it shall be ready for whoever asks next
}

// errCounting is the cause of the refusal of what needs a segment that is being counted.
var errCounting = errors.New("segment: being counted")

// isCounting tells whether err says that a segment is being counted.
func isCounting(err error) bool { return errors.Is(err, errCounting) }

// patient tells whether the actor waits in a chat, and is told later what takes long. Whoever comes by another door waits.
func (r *run) patient() bool { return r.req.Conversation != "" && r.req.Actor.UserID != 0 }

// lookAt brings the kept members of a segment up to date. In a chat a look that would take long is left to [Executor.CountSegment],
// and refused. On the replica nothing can be brought up to date: only a look of just now stands there.
func (r *run) lookAt(ctx context.Context, s store.SegmentRow, q store.CustomerQuery) error {
	if r.tx.Replica() {
		stands, err := r.tx.LookStands(ctx, s.ID, q)
		if err == nil && !stands {
			err = store.ErrPrimary
		}
		return err
	}
	if r.patient() {
		long, err := r.tx.LookIsLong(ctx, s.ID, q, r.x.many)
		if err != nil {
			return err
		}
		if long {
			var f crm.Filter
			if err := json.Unmarshal(s.Filter, &f); err != nil {
				return fmt.Errorf("segment %d: %w", s.ID, err)
			}
			r.countAside(s.ID, f)
			return crm.Refuse(errCounting, "客户比较多，人群「%s」正在数，数好告诉你。", s.Name)
		}
	}
	return r.tx.LookAtSegment(ctx, s.ID, q)
}

// countAside has a segment counted after the commit, and the actor told, unless it only stood in a list. Asking again
// within a minute, for the same filter, is asking once.
func (r *run) countAside(id int64, f crm.Filter) {
	ask := SegmentCount{User: r.req.Actor.UserID}
	if r.req.Calls[0].Name == "segment.list" {
		ask.User = 0
	}
	sum := sha256.Sum256([]byte(f.Say()))
	key := fmt.Sprintf("%s:%d:%d:%x:%d", KindSegment, id, ask.User, sum[:6], r.now.Truncate(time.Minute).Unix())
	for _, row := range r.tx.Ledger.Outbox {
		if row.Key == key {
			return
		}
	}
	r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: KindSegment, Kind: KindSegment, Subject: id,
		Payload: mustRaw(map[string]any{"user": ask.User}), Key: key})
}

// countNew counts a segment that is about to be saved, on the replica where there is one. In a chat it is left to be counted
// aside when customers are many.
func (r *run) countNew(ctx context.Context, v *SegmentView) error {
	if r.patient() {
		q, err := r.compile(ctx, v.Filter, compiling{inside: []string{v.Name}})
		if err != nil {
			return err
		}
		if err := v.Filter.Check(); err != nil {
			return r.bad("filter", err)
		}
		if v.Counting, err = r.tx.LookIsLong(ctx, 0, q, r.x.many); v.Counting || err != nil {
			return err
		}
	}
	q, err := r.customerQuery(ctx, v.Filter)
	if err != nil {
		return err
	}
	kept := false // members of a look of this very transaction are nowhere else
	v.Filter.Each(func(part crm.Filter) { kept = kept || part.Segment != "" })
	if !kept {
		read, err := r.x.store.Reading(ctx, r.tx.Actor, func(ctx context.Context, replica *store.Tx) (err error) {
			replica.Now = r.now
			v.Total, err = replica.CountCustomers(ctx, q)
			return err
		})
		if read || err != nil {
			return err
		}
	}
	v.Total, err = r.tx.CountCustomers(ctx, q)
	return err
}

// CountSegment looks at a segment, however long that takes, and counts it for whoever wants to know; crm.ErrNotFound when it is
// no more. It may be called again: the second look finds what the first has kept.
func (x *Executor) CountSegment(ctx context.Context, id int64, who crm.Actor, now time.Time) (v SegmentView, err error) {
	out, err := x.Run(ctx, Request{Actor: who, Via: "timer", Now: now, Calls: []Call{{Name: "segment.view", Params: mustRaw(map[string]any{"segment": fmt.Sprintf("#%d", id)})}}})
	if err != nil {
		return v, err
	}
	if len(out.Results) != 1 { // a name in it that has to be picked
		return v, fmt.Errorf("segment %d: %w", id, crm.ErrNotFound)
	}
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
		return v, fmt.Errorf("segment %d: %w", id, err)
	}
	return v, nil
}
