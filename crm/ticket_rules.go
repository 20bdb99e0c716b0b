package crm

import "time"

// The moves of a ticket: each changes t and refuses with ErrConflict what does not fit its state. Deadlines are not
// theirs: those follow from the state.

// Collision is how long a colleague's answer or taking over is fresh: whoever answers within it is asked first.
const Collision = 5 * time.Minute

// Take makes by the one who handles t (接手). A ticket that a colleague took within [Collision] stays theirs.
func (t *Ticket) Take(by UserID, called string, now time.Time) error {
	switch {
	case t.OwnerID == by && t.State != TicketNew:
		return Refuse(ErrConflict, "工单 #%d 已经由你处理了，直接回复客户就行。", t.ID)
	case t.OwnerID != by && t.OwnerID != 0 && t.TouchedBy == t.OwnerID && t.Fresh(now):
		return Refuse(ErrConflict, "工单 #%d 刚刚由%s接手了，要一起处理可以给TA留言：「#%d 备注 …」。", t.ID, called, t.ID)
	}
	t.Watch(t.OwnerID, by)
	t.OwnerID = by
	t.begun(by, now)
	return nil
}

// Fresh tells whether somebody took or answered t within [Collision].
func (t *Ticket) Fresh(now time.Time) bool {
	return t.TouchedAt != nil && now.Sub(*t.TouchedAt) < Collision
}

func (t *Ticket) begun(by UserID, now time.Time) {
	if t.State == TicketNew {
		t.State = TicketWorking
	}
	t.TouchedBy, t.TouchedAt = by, &now
}

// Assign gives t to a colleague and their team (转派); to 0 leaves it to the team.
func (t *Ticket) Assign(to UserID, team TeamID) {
	t.Watch(t.OwnerID, to)
	t.OwnerID, t.TeamID = to, team
	if to == 0 && t.State == TicketWorking {
		t.State = TicketNew
	}
}

// Reply is an answer to the customer. Whoever answers a ticket that nobody handles, handles it.
func (t *Ticket) Reply(by UserID, now time.Time) {
	if t.FirstAt == nil {
		t.FirstAt = &now
	}
	t.AskedAt = nil
	if t.OwnerID == 0 {
		t.OwnerID = by
	}
	t.Watch(by)
	t.begun(by, now)
}

// Said is a word from the customer: it ends waiting, opens what was closed, and wants an answer.
func (t *Ticket) Said(now time.Time) {
	switch t.State {
	case TicketClosed:
		t.Reopen()
	case TicketWaiting:
		t.State, t.WaitingSince = TicketWorking, nil
	}
	if t.FirstAt != nil && t.AskedAt == nil {
		t.AskedAt = &now
	}
}

// Wait makes t wait for the customer (等客户回复).
func (t *Ticket) Wait(now time.Time) error {
	if t.State == TicketWaiting {
		return Refuse(ErrConflict, "工单 #%d 已经在等客户回复了，客户一回复就会提醒处理人。", t.ID)
	}
	t.State, t.WaitingSince, t.AskedAt = TicketWaiting, &now, nil
	return nil
}

// Close ends t (关闭); resolution says how, "" when nobody said.
func (t *Ticket) Close(by UserID, resolution string, now time.Time) {
	t.State, t.WaitingSince, t.AskedAt = TicketClosed, nil, nil
	t.ClosedAt, t.ClosedBy, t.Resolution = &now, by, resolution
}

// Reopen begins a closed t again: with who handled it, else new.
func (t *Ticket) Reopen() {
	t.State, t.ClosedAt, t.ClosedBy, t.Resolution, t.MergedInto = TicketWorking, nil, 0, "", 0
	if t.OwnerID == 0 {
		t.State = TicketNew
	}
	t.Reopened++
}
