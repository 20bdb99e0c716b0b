package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// Undo takes back a run of the actor's: the one with code, or with "" the last in the request's conversation. It is an
// action of its own, with its own audit line, and refuses when the run is too old, was taken back before, or when
// somebody changed one of its records since: all of it goes back or none.
func (x *Executor) Undo(ctx context.Context, tx *store.Tx, actor crm.Actor, code string, req Request) (Outcome, error) {
	params, err := json.Marshal(UndoParams{Code: code})
	if err != nil {
		return Outcome{}, fmt.Errorf("undo: %w", err)
	}
	req.Actor, req.Calls = actor, []Call{{Name: "undo", Params: params}}
	return x.Do(ctx, tx, req)
}

// UndoParams says what to take back.
type UndoParams struct {
	Code string `json:"code,omitempty" doc:"回执上的四位编号，不说就是上一步"`
}

// Undone is Data of undo.
type Undone struct {
	Code  string `json:"code"`
	Title string `json:"title"` // what was taken back
	Card  string `json:"card"`  // Card.ID of its receipt, which is dead now
}

func undo(ctx context.Context, r *run, p *UndoParams) (*Result, error) {
	if len(r.req.Calls) > 1 {
		return nil, crm.Refuse(crm.ErrInvalid, "撤销要单独说，先发「撤销」，再说别的。")
	}
	code := strings.ToUpper(strings.TrimSpace(p.Code))
	u, err := r.tx.FindUndo(ctx, r.req.Conversation, code)
	switch {
	case notFound(err) && code != "":
		return nil, crm.Refuse(crm.ErrNotFound, "没有编号是 %s 的操作，核对一下回执上的编号。", code)
	case notFound(err):
		return nil, crm.Refuse(crm.ErrNotFound, "这里没有可以撤销的操作；更早的请说「撤销 编号」，编号在回执上。")
	case err != nil:
		return nil, err
	case !u.UndoneAt.IsZero():
		return nil, crm.Refuse(crm.ErrConflict, "这一步已经撤销过了（%s），要重做请再说一遍。", u.Title)
	case u.Expires.Before(r.now):
		return nil, crm.Refuse(crm.ErrConflict, "「%s」过去太久，撤销不了了，请直接改回去。", u.Title)
	}
	if err := r.unsaid(ctx, u); err != nil {
		return nil, err
	}
	if err := r.untouched(ctx, u); err != nil {
		return nil, err
	}
	notes, err := r.recall(ctx, u)
	if err != nil {
		return nil, err
	}
	left, err := r.recallJourneys(ctx, u)
	if err != nil {
		return nil, err
	}
	sends, err := r.recallSends(ctx, u)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: crm.Ref{Kind: u.Steps[0].Kind, ID: u.Steps[0].ID}, Notes: append(append(notes, left...), sends...)}
	r.then(func(ctx context.Context) error {
		versions := make([]int, len(u.Steps))
		for _, handed := range []bool{true, false} { // first what was given away: what hangs on it is seen again then
			for i, step := range slices.Backward(u.Steps) {
				if step.HandedOver() != handed {
					continue
				}
				var err error
				if versions[i], err = r.takeBack(ctx, step, u.Code); err != nil {
					return err
				}
			}
		}
		if err := r.tx.MarkUndone(ctx, u); err != nil {
			return err
		}
		if err := r.tookBack(u); err != nil {
			return err
		}
		return r.tx.Rebase(ctx, u.Steps, versions)
	})
	r.focus = forget(r.focus, u.Steps)
	return view(res, Undone{Code: u.Code, Title: u.Title, Card: u.Card})
}

// untouched refuses to take back what somebody worked on since.
func (r *run) untouched(ctx context.Context, u store.SavedUndo) error {
	if err := r.pointsUntouched(ctx, u.Steps); err != nil {
		return err
	}
	made := map[int64]bool{}
	var customers []int64
	for _, step := range u.Steps {
		made[step.ID] = true
		if step.Kind == crm.KindCustomer && step.Before == nil {
			customers = append(customers, step.ID)
		}
	}
	changed, err := r.tx.ChangedSince(ctx, recordSteps(u.Steps))
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		c := changed[0]
		return crm.Refuse(crm.ErrConflict, "%s「%s」之后又改过了，撤销不了，请直接改回去。", c.Kind.Chinese(), c.Name)
	}
	below, err := r.tx.Below(ctx, customers)
	if err != nil {
		return err
	}
	for _, ref := range below {
		if !made[ref.ID] {
			return crm.Refuse(crm.ErrConflict, "这之后客户下面又加了%s #%d，撤销不了，请先撤销后面的。", ref.Kind.Chinese(), ref.ID)
		}
	}
	return nil
}

// takeBack restores one record, its audit line and what rings for it.
func (r *run) takeBack(ctx context.Context, step store.UndoStep, code string) (version int, err error) {
	var into crm.CustomerID
	if step.Merged() {
		if into, err = r.tx.MergedInto(ctx, crm.CustomerID(step.ID)); err != nil {
			return 0, err
		}
	}
	var visit store.AppointmentRow
	if step.Kind == crm.KindAppointment {
		if visit, err = r.tx.AppointmentByID(ctx, crm.AppointmentID(step.ID)); err != nil {
			return 0, err
		}
	}
	switch step.Kind {
	case crm.KindPoints:
		version, err = r.pointsBack(ctx, crm.PointsID(step.ID))
	case crm.KindCampaignCost:
		version, err = r.costBack(ctx, step.ID)
	case crm.KindUser:
		version, err = r.briefBack(ctx, step)
	case crm.KindMember:
		version, err = r.memberBack(ctx, step.ID)
	default:
		version, err = r.tx.TakeBack(ctx, step)
	}
	if err != nil {
		return 0, err
	}
	ref := crm.Ref{Kind: step.Kind, ID: step.ID}
	r.audit("undo", ref, []Change{{Record: ref, Field: "撤销", New: code}})
	r.event("record.undone", ref, nil)
	switch step.Kind {
	case crm.KindReminder:
	case crm.KindCustomer:
		if step.Merged() {
			if err := r.tx.Unmerge(ctx, crm.CustomerID(step.ID)); err != nil {
				return 0, err
			}
			return version, r.unmergeTiers(ctx, crm.CustomerID(step.ID), into)
		}
		return version, nil
	case crm.KindCouponBatch:
		return version, r.couponsBack(ctx, step)
	case crm.KindCampaignSend:
		return version, r.sendBack(ctx, step.ID)
	case crm.KindSignup:
		return version, r.signupBack(ctx, step)
	case crm.KindOrder:
		return version, r.unearn(ctx, crm.PointsSource{Kind: crm.KindOrder, ID: step.ID})
	case crm.KindDeal:
		return version, r.dealPoints(ctx, step.ID)
	case crm.KindJoin:
		return version, r.joinBack(ctx, step)
	case crm.KindTicket:
		return version, r.ticketBack(ctx, step)
	case crm.KindTask:
		return version, r.taskBack(ctx, step)
	case crm.KindAppointment:
		return version, r.appointmentBack(ctx, step, version, visit)
	default:
		return version, nil
	}
	r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: "reminder", Subject: step.ID})
	if step.Before == nil {
		return version, r.tx.UnfollowReminder(ctx, crm.ReminderID(step.ID))
	}
	row, err := r.tx.ReminderByID(ctx, crm.ReminderID(step.ID))
	if err != nil {
		return 0, err
	}
	if row.State != crm.StateOpen {
		return version, nil
	}
	if !row.At.After(r.now) { // what has rung on time does not ring again; what never did, rings now
		rang, err := r.tx.Rang(ctx, crm.ReminderID(row.ID), row.At)
		if err != nil || rang {
			return version, err
		}
	}
	return version, r.x.setTimer(ctx, r.tx, row.Reminder(), "")
}

// forget drops records from the focus that are no longer there.
func forget(f Focus, steps []store.UndoStep) Focus {
	for _, step := range steps {
		if step.Before != nil {
			continue
		}
		for _, ref := range []*crm.Ref{&f.Customer, &f.Contact, &f.Deal, &f.Lead, &f.Reminder, &f.Ticket} {
			if ref.ID == step.ID {
				*ref = crm.Ref{}
			}
		}
	}
	return f
}
