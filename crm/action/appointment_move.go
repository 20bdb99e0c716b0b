package action

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// AppointmentMove puts an appointment at another time.
type AppointmentMove struct {
	Appointment crm.AppointmentID `json:"appointment,omitempty" doc:"预约编号"`
	Customer    string            `json:"customer,omitempty" doc:"客户名"`
	At          instant           `json:"at" doc:"*改到什么时候"`
}

func appointmentMove(ctx context.Context, r *run, p *AppointmentMove) (*Result, error) {
	if p.At.IsZero() {
		return nil, r.ask("at", "改到什么时候？比如「后天上午10点」。")
	}
	if err := crm.CheckAppointmentTime(p.At.Time, r.now, r.x.field.Appointments.MaxDays, r.zone); err != nil {
		return nil, r.bad("at", err)
	}
	row, err := r.appointment(ctx, p.Appointment, p.Customer)
	if err != nil {
		return nil, err
	}
	a := crm.Appointment{ID: crm.AppointmentID(row.ID), TechnicianID: crm.UserID(row.TechnicianID), From: p.At.Time, To: p.At.Add(row.To.Sub(row.From))}
	if err := r.free(ctx, a, row.Technician); err != nil {
		return nil, err
	}
	res := r.appointmentResult(row, "时间", r.sayStretch(row.From, row.To), r.sayStretch(a.From, a.To))
	r.then(func(ctx context.Context) error {
		if err := r.stillFree(ctx, a); err != nil {
			return err
		}
		version, err := r.tx.Set(ctx, crm.KindAppointment, row.ID, row.Version, []store.Col{{Name: "starts_at", Value: a.From}, {Name: "ends_at", Value: a.To}})
		if err != nil {
			return err
		}
		r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: KindAppointment, Subject: row.ID})
		r.appointmentTimers(a, version)
		row.From, row.To = a.From, a.To
		r.audit("appointment.move", res.Record, res.Changes)
		r.event("appointment.moved", res.Record, map[string]any{"customer": row.CustomerID, "at": a.From})
		r.tellAppointment(row, AppointmentMoved)
		return r.tellVisit(a.ID, version, VisitMoved)
	})
	r.title("%s的上门改期", row.Customer)
	row.From, row.To = a.From, a.To
	return view(res, r.appointmentView(row))
}

// AppointmentDone says that the visit has been made.
type AppointmentDone struct {
	Appointment crm.AppointmentID `json:"appointment,omitempty" doc:"预约编号"`
	Customer    string            `json:"customer,omitempty" doc:"客户名"`
	Result      string            `json:"result,omitempty" doc:"结果"`
}

func appointmentDone(ctx context.Context, r *run, p *AppointmentDone) (*Result, error) {
	row, err := r.appointment(ctx, p.Appointment, p.Customer)
	if err != nil {
		return nil, err
	}
	return r.endAppointment(row, crm.StateDone, "appointment.done", strings.TrimSpace(p.Result))
}

// AppointmentCancel calls an appointment off.
type AppointmentCancel struct {
	Appointment crm.AppointmentID `json:"appointment,omitempty" doc:"预约编号"`
	Customer    string            `json:"customer,omitempty" doc:"客户名"`
	Reason      string            `json:"reason,omitempty" doc:"原因"`
}

func appointmentCancel(ctx context.Context, r *run, p *AppointmentCancel) (*Result, error) {
	row, err := r.appointment(ctx, p.Appointment, p.Customer)
	if err != nil {
		return nil, err
	}
	return r.endAppointment(row, crm.StateCancelled, "appointment.cancel", strings.TrimSpace(p.Reason))
}

// endAppointment queues the end of an appointment, one way or the other.
func (r *run) endAppointment(row store.AppointmentRow, state, action, why string) (*Result, error) {
	if len([]rune(why)) > 500 {
		return nil, r.ask("result", "说短一点，500 个字以内。")
	}
	said, topic := "已完成", AppointmentEnded
	if state == crm.StateCancelled {
		said, topic = "已取消", AppointmentDropped
	}
	res := r.appointmentResult(row, "状态", "待上门", said)
	set := []store.Col{{Name: "state", Value: state}}
	if why != "" {
		res.changes(res.Record, "说明", why)
		set = append(set, r.tx.SealedCol("appointments", "result", why))
	}
	r.then(func(ctx context.Context) error {
		version, err := r.tx.Set(ctx, crm.KindAppointment, row.ID, row.Version, set)
		if err != nil {
			return err
		}
		r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: KindAppointment, Subject: row.ID})
		r.audit(action, res.Record, res.Changes)
		r.event(action, res.Record, map[string]any{"customer": row.CustomerID})
		if row.Seen {
			r.tx.Ledger.Activities = append(r.tx.Ledger.Activities, store.ActivityRow{Customer: crm.CustomerID(row.CustomerID), Type: "change", At: r.now,
				Content: strings.TrimSpace(fmt.Sprintf("%s的上门%s %s", row.Technician, said, why))})
		}
		r.tellAppointment(row, topic)
		if state == crm.StateDone {
			return nil
		}
		return r.tellVisit(crm.AppointmentID(row.ID), version, VisitDropped)
	})
	r.title("%s的上门%s", row.Customer, said)
	return view(res, r.appointmentView(row))
}

// appointmentResult begins the result of a change of one field; a change of somebody else's appointment names whose it is.
func (r *run) appointmentResult(row store.AppointmentRow, field, old, new string) *Result {
	ref := crm.Ref{Kind: crm.KindAppointment, ID: row.ID, Name: crm.BrandName(row.Customer) + "的上门"}
	res := &Result{Record: ref, Changes: []Change{{Record: ref, Field: field, Old: old, New: new}}}
	if me := int64(r.req.Actor.UserID); row.TechnicianID != me && row.CreatedBy != me && row.OwnerID != me {
		res.Owner = row.Technician
		r.risky("这是" + row.Technician + "的预约")
	}
	return res
}

// appointment finds the open appointment that is meant: by number, else of a customer, else the actor's own.
func (r *run) appointment(ctx context.Context, id crm.AppointmentID, said string) (row store.AppointmentRow, err error) {
	if ref, ok := r.chosen("appointment"); ok && ref.ID != 0 {
		id = crm.AppointmentID(ref.ID)
	}
	if id != 0 {
		row, err = r.tx.AppointmentByID(ctx, id)
		switch {
		case notFound(err):
			return row, r.otherKind(ctx, int64(id), crm.KindAppointment)
		case err == nil && row.State == crm.StateDone:
			return row, crm.Refuse(crm.ErrConflict, "预约 #%d 已经完成了，不用再动。", row.ID)
		case err == nil && row.State != crm.StateOpen:
			return row, crm.Refuse(crm.ErrConflict, "预约 #%d 已经取消了，要去请再约一个。", row.ID)
		}
		return row, err
	}
	q := store.AppointmentQuery{People: []int64{int64(r.req.Actor.UserID)}, Limit: 10}
	name := "你"
	if said != "" {
		c, err := r.customer(ctx, said, mustExist)
		if err != nil {
			return row, err
		}
		q = store.AppointmentQuery{Customer: crm.CustomerID(c.ID), Limit: 10}
		name = c.Name
	}
	rows, err := r.tx.Appointments(ctx, q)
	if err != nil {
		return row, err
	}
	switch len(rows) {
	case 0:
		return row, crm.Refuse(crm.ErrNotFound, "%s没有待上门的预约，要约就说「约小马明天下午2点去云帆上门检修」。", name)
	case 1:
		return rows[0], nil
	}
	options := make([]Option, len(rows))
	for i, a := range rows {
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindAppointment, ID: a.ID, Name: a.Customer}, Detail: r.sayStretch(a.From, a.To) + " " + a.Technician}
	}
	return row, r.pick("appointment", "要处理的预约", options, false)
}

// AppointmentList lists open appointments.
type AppointmentList struct {
	Owner    string `json:"owner,omitempty" doc:"谁去，不说就是自己"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
	Period   string `json:"period,omitempty" doc:"时间段，不说就是今天起"`
}

// AppointmentListView is Data of appointment.list.
type AppointmentListView struct {
	Who      string            `json:"who,omitempty"` // "" is the actor
	Customer string            `json:"customer,omitempty"`
	Rows     []AppointmentView `json:"rows,omitempty"`
	Total    int               `json:"total"`
}

func appointmentList(ctx context.Context, r *run, p *AppointmentList) (*Result, error) {
	local := r.now.In(r.zone)
	q := store.AppointmentQuery{From: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, r.zone), Limit: pageSize, Skip: pageSize * r.req.Page}
	v := AppointmentListView{}
	var err error
	if p.Period != "" {
		if q.From, q.To, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	switch {
	case p.Owner != "" && !isMe(p.Owner):
		if q.People, v.Who, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	case p.Customer == "":
		q.People = []int64{int64(r.req.Actor.UserID)}
	}
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		q.Customer, v.Customer = crm.CustomerID(c.ID), c.Name
	}
	rows, err := r.tx.Appointments(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, a := range rows {
		v.Total = a.Total
		v.Rows = append(v.Rows, r.appointmentView(a))
	}
	return view(&Result{}, v)
}

// appointmentBack makes an appointment ring again after a change of it was taken back, and tells the customer, who has heard of the
// change; was is the appointment as it was before it was taken back.
func (r *run) appointmentBack(ctx context.Context, step store.UndoStep, version int, was store.AppointmentRow) error {
	r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: KindAppointment, Subject: step.ID})
	id := crm.AppointmentID(step.ID)
	if step.Before == nil {
		return r.tellVisit(id, version, VisitDropped)
	}
	row, err := r.tx.AppointmentByID(ctx, id)
	if err != nil {
		return fmt.Errorf("appointment %s: %w", strconv.FormatInt(step.ID, 10), err)
	}
	if row.State != crm.StateOpen {
		return nil
	}
	r.appointmentTimers(crm.Appointment{ID: id, From: row.From, To: row.To}, version)
	if was.State == crm.StateDone {
		return nil
	}
	return r.tellVisit(id, version, VisitKept)
}
