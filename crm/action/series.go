package action

import (
	"context"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// follow creates the reminder that comes after row in its series, with its timer; ok is false when there is none.
func (x *Executor) follow(ctx context.Context, tx *store.Tx, row store.ReminderRow) (next crm.Reminder, ok bool, err error) {
	zone := x.store.ZoneOf(row.Zone) // of whom it rings, who may not be the actor
	next, ok = row.Reminder().Next(tx.Now, zone, x.calendar)
	if !ok {
		return next, false, nil
	}
	if next.ID, err = tx.AddReminder(ctx, next); err != nil {
		return next, false, err
	}
	next.Version = 1
	if err := tx.FollowReminder(ctx, crm.ReminderID(row.ID), next.ID); err != nil {
		return next, false, err
	}
	return next, true, x.setTimer(ctx, tx, next, "")
}

// NextOccurrence is for whoever rings: when reminder id, which is ringing now, comes again, it creates the next
// one with its timer, once however often it is called, and drops the occurrence before if nobody dealt with it. It answers the next time, zero
// when there is none.
func (x *Executor) NextOccurrence(ctx context.Context, tx *store.Tx, id crm.ReminderID) (time.Time, error) {
	row, err := tx.ReminderByID(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	if row.NextID != nil || row.State != crm.StateOpen {
		return time.Time{}, nil
	}
	next, ok, err := x.follow(ctx, tx, row)
	if err != nil || !ok {
		return time.Time{}, err
	}
	return next.At, tx.DropBefore(ctx, id)
}
