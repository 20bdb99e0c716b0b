package action

import (
	"context"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// recallJourneys says what taking back the start of a journey cannot take back: what was sent stays sent.
func (r *run) recallJourneys(ctx context.Context, u store.SavedUndo) (notes []string, err error) {
	for _, step := range u.Steps {
		if step.Kind != crm.KindJoin || step.Before != nil {
			continue
		}
		sent, err := r.tx.StartSent(ctx, step.ID)
		if err != nil {
			return nil, err
		}
		if sent > 0 {
			notes = append(notes, fmt.Sprintf("已经发出的 %d 条收不回来，没发的都停了。", sent))
		}
	}
	return notes, nil
}

// joinBack takes back a start: who came in through it leaves as if they had never been in it, what is not yet sent is not
// sent, and a journey that was off before is off again when nobody else is on the way.
func (r *run) joinBack(ctx context.Context, step store.UndoStep) error {
	start, err := r.tx.JourneyStartByID(ctx, step.ID)
	if err != nil {
		return err
	}
	active, err := r.tx.LeaveJourney(ctx, start.JourneyID, step.ID, 0, crm.LeftUndone)
	if err != nil {
		return err
	}
	if _, err := r.tx.StopJourneyOffers(ctx, start.JourneyID, active, "启动已撤销"); err != nil {
		return err
	}
	if err := r.tx.UncountSteps(ctx, start.JourneyID, step.ID); err != nil {
		return err
	}
	if !start.TurnedOn {
		return nil
	}
	j, err := r.tx.Journey(ctx, start.JourneyID)
	if err != nil || j.State == crm.JourneyOff {
		return err
	}
	state := j.State
	if _, others, err := r.tx.NextJourneyDue(ctx, j.ID); err != nil {
		return err
	} else if !others {
		state = crm.JourneyOff
	}
	r.x.listening.forget()
	return r.tx.SwitchJourney(ctx, j, state, false, 0)
}
