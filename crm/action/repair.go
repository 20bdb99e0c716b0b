package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// RepairUpdate says how far a thing is that a customer sent in to be repaired, returned or exchanged.
type RepairUpdate struct {
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Step     string       `json:"step" doc:"*到哪一步：待收件、检测、维修中、待取件、已寄回、完成"`
	Note     string       `json:"note,omitempty" doc:"说明，如快递单号；客户会看到"`
}

func repairUpdate(ctx context.Context, r *run, p *RepairUpdate) (*Result, error) {
	note := strings.TrimSpace(p.Note)
	if len([]rune(note)) > 200 {
		return nil, r.ask("note", "说明短一点，200 个字以内。")
	}
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	flow, ok := crm.FlowOf(r.x.field.Repairs, t.Kind)
	if !ok {
		return nil, crm.Refuse(crm.ErrConflict, "工单 #%d 是%s，没有维修进度；要改先说「#%d 类型改成维修」。", t.ID, t.Kind, t.ID)
	}
	if p.Step == "" {
		return nil, r.ask("step", "到哪一步了？可选：%s。", strings.Join(flow.Names(), "、"))
	}
	step, err := flow.Find(p.Step)
	if err != nil {
		return nil, r.bad("step", err)
	}
	var before store.RepairRow
	if !t.fresh {
		if before, err = r.tx.RepairOf(ctx, t.ID); err != nil {
			return nil, err
		}
	}
	if before.Step == step.Name && note == "" {
		return nil, crm.Refuse(crm.ErrConflict, "工单 #%d 已经是%s了。", t.ID, step.Name)
	}
	res := &Result{}
	field := flow.Kind + "进度"
	res.Changes = []Change{{Record: t.ref(), Field: field, Old: before.Step, New: step.Name}}
	if note != "" {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "说明", New: note})
	}
	m := move{action: "repair.update", event: "repair.moved", title: fmt.Sprintf("工单 #%d 的%s", t.ID, field),
		entry: store.TicketEntry{Side: crm.SideChange, Content: strings.TrimSpace(field + "：" + step.Name + " " + note)}, to: t.near(),
		news: TicketNews{Topic: TicketChanged, Changes: res.Changes}}
	tell, err := r.tellStep(ctx, t, step, note, before, res)
	if err != nil {
		return nil, err
	}
	if tell != "" && t.GuestID != 0 {
		m.guest = &GuestNews{Topic: GuestReply, Content: tell}
		t.Reply(r.req.Actor.UserID, r.now)
	} else if t.State == crm.TicketNew {
		t.State = crm.TicketWorking
	}
	m.also = func(ctx context.Context) error { return r.moveRepair(ctx, t, flow, step, before, tell != "") }
	if step.Ends {
		res.Notes = append(res.Notes, fmt.Sprintf("%s走完了，要结单回「关闭 #%d」。", flow.Kind, t.ID))
	}
	return r.moved(t, res, m)
}

// tellStep is what the customer is told of a step: once, whatever way the thing goes back and forth; "" is nothing. Where no
// door leads to the customer, it is a note for who has to pass it on.
func (r *run) tellStep(ctx context.Context, t *ticket, step crm.RepairStep, note string, before store.RepairRow, res *Result) (string, error) {
	if before.Knows(step.Name) {
		return "", nil
	}
	device := ""
	if t.DeviceID != 0 {
		d, err := r.tx.DeviceByID(ctx, crm.DeviceID(t.DeviceID))
		if err != nil && !notFound(err) {
			return "", err
		}
		if err == nil {
			device = "您的" + deviceName(d.Device())
		}
	}
	tell := step.TellText(device, note)
	if tell == "" {
		return "", nil
	}
	if t.GuestID != 0 {
		res.Notes = append(res.Notes, "已告诉客户。")
		return tell, nil
	}
	caller, err := r.caller(ctx, t)
	if err != nil {
		return "", err
	}
	res.Notes = append(res.Notes, fmt.Sprintf("客户没有线上渠道，请%s转告：「%s」", caller, tell))
	return tell, nil
}

// moveRepair writes how far the thing is.
func (r *run) moveRepair(ctx context.Context, t *ticket, flow crm.RepairFlow, step crm.RepairStep, before store.RepairRow, told bool) (err error) {
	id := before.ID
	switch {
	case id == 0:
		if id, err = r.tx.AddRepair(ctx, t.ID, flow.Kind, step.Name); err != nil {
			return err
		}
	case before.Step != step.Name:
		if _, err = r.tx.Set(ctx, crm.KindRepair, id, before.Version, []store.Col{{Name: "step", Value: step.Name}, {Name: "flow", Value: flow.Kind}}); err != nil {
			return err
		}
	}
	if !told {
		return nil
	}
	return r.tx.RepairTold(ctx, id, step.Name)
}
