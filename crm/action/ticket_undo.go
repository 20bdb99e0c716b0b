package action

import (
	"bytes"
	"context"

	"gendan/crm"
	"gendan/crm/store"
)

// unsaid refuses to take back an answer that has gone to the customer: they have read it.
func (r *run) unsaid(ctx context.Context, u store.SavedUndo) error {
	var entries []int64
	for _, step := range u.Steps {
		if step.Kind == crm.KindEntry {
			entries = append(entries, step.ID)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	sent, err := r.tx.TicketEntriesSent(ctx, entries)
	if err != nil {
		return err
	}
	if sent {
		return crm.Refuse(crm.ErrConflict, "%s已经发给客户，撤不回来了；说错了请再回复一句更正。", u.Title)
	}
	return nil
}

// ticketBack sets the timers of a ticket as they were before what was taken back.
func (r *run) ticketBack(ctx context.Context, step store.UndoStep) error {
	id := crm.TicketID(step.ID)
	if err := r.rewake(ctx, id); err != nil {
		return err
	}
	if bytes.Contains(step.Before, []byte(`"closed_at"`)) {
		row, err := r.tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		t := &ticket{Ticket: row.Ticket, was: row.Ticket} // it was closed or opened, and is not any more
		if t.was.State = crm.TicketClosed; !t.Open() {
			t.was.State = crm.TicketWorking
		}
		r.surveySoon(t)
	}
	if bytes.Contains(step.Before, []byte(`"owner_id"`)) {
		return r.tx.TicketHome(ctx, id) // the actor may no longer see it then
	}
	return nil
}

// taskBack tells the ticket of a task that what was done to the task is taken back.
func (r *run) taskBack(ctx context.Context, step store.UndoStep) error {
	row, err := r.tx.TaskByID(ctx, crm.TaskID(step.ID))
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if row.TicketID == nil || step.Before == nil {
		return nil
	}
	_, err = r.tx.TicketProgress(ctx, row, r.req.Actor.Name+"撤回了任务「"+briefly(row.Content, 200)+"」的上一步") // who heard of it hears it of the run
	if notFound(err) {
		return nil
	}
	return err
}
