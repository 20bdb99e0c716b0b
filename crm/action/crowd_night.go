package action

import (
	"context"
	"encoding/json"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// KeepRFM puts the pack's rules of value in place, at the start of the service. Other rules than before give everybody who
// bought something new marks, as they are looked at.
func (x *Executor) KeepRFM(ctx context.Context, rules crm.RFMRules) error {
	if err := rules.Check(); err != nil {
		return err
	}
	return x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SetRFMRules(ctx, rules)
		return err
	})
}

// The most segments that a night looks at.
const nightSegments = 1000

// CrowdNight is the part of a night that is about crowds: marks of value that time has changed, one look at each segment,
// so that the first reader of the day waits for nothing, the end of changes that all of them have seen, and questions about customers who
// may be one.
func (x *Executor) CrowdNight(ctx context.Context, tx *store.Tx) error {
	for {
		n, err := tx.AgeRFM(ctx, mostAged)
		if err != nil {
			return err
		}
		if n < mostAged {
			break
		}
	}
	rows, _, err := tx.Segments(ctx, nightSegments, 0)
	if err != nil {
		return err
	}
	for _, s := range rows {
		var f crm.Filter
		if err := json.Unmarshal(s.Filter, &f); err != nil {
			return fmt.Errorf("segment %d: %w", s.ID, err)
		}
		r := newRun(x, tx, Request{Actor: crm.System, Now: tx.Now})
		if _, err := r.segmentView(ctx, s, f); err != nil && !isRefusal(err) && !isStop(err) { // a name in it that is no more
			return err
		}
	}
	if _, err = tx.ForgetChanges(ctx); err != nil {
		return err
	}
	_, err = tx.AskKnownBefore(ctx, sameDaily)
	return err
}
