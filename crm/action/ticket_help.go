package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketEscalate calls somebody above for help: the team's lead, then the manager, or whom the speaker names. Who handles
// the ticket stays who handles it until somebody takes it.
type TicketEscalate struct {
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	To       string       `json:"to,omitempty" doc:"升级给谁，不说就是主管"`
	Reason   string       `json:"reason,omitempty" doc:"为什么"`
}

func ticketEscalate(ctx context.Context, r *run, p *TicketEscalate) (*Result, error) {
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	to, err := r.above(ctx, t, p.To)
	if err != nil {
		return nil, err
	}
	reason := briefly(p.Reason, 500)
	res := &Result{}
	t.Level = min(t.Level+1, 9)
	t.Watch(crm.UserID(to.ID))
	res.Changes = []Change{{Record: t.ref(), Field: "升级给", New: to.Name}}
	story := "升级给" + to.Name
	if reason != "" {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "原因", New: reason})
		story += "：" + reason
	}
	who := readers{}
	who.add(AsAssignee, crm.UserID(to.ID))
	who.add(AsBefore, t.OwnerID)
	if to.Platform == "" && to.ID != int64(r.req.Actor.UserID) {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还没有绑定企业微信或钉钉，收不到通知，先当面说一声。", to.Name))
	}
	return r.moved(t, res, move{action: "ticket.escalate", event: "ticket.escalated", title: fmt.Sprintf("升级工单 %s", t.number()),
		entry: store.TicketEntry{Side: crm.SideChange, Content: story}, to: who,
		news: TicketNews{Topic: TicketEscalated, To: to.Name, ToID: crm.UserID(to.ID), Why: reason, Content: t.Content},
		data: map[string]any{"to": to.ID, "level": t.Level}})
}

// above is whom a ticket is escalated to: whom the speaker says, else the next of the team's lead and the manager who has
// not been called yet and is not the one who calls.
func (r *run) above(ctx context.Context, t *ticket, said string) (to store.Colleague, err error) {
	if said != "" && !strings.Contains("主管经理上级领导", said) {
		to, _, err = r.person(ctx, "to", said)
		return to, err
	}
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return to, err
	}
	team := int64(t.TeamID)
	if team == 0 {
		for _, p := range people {
			if p.ID == int64(t.OwnerID) {
				team = p.TeamID
			}
		}
	}
	fits := func(p store.Colleague) bool {
		return p.ID != int64(r.req.Actor.UserID) && p.ID != int64(t.OwnerID)
	}
	if t.Level == 0 && said != "经理" {
		for _, d := range teams {
			for _, p := range people {
				if d.ID == team && p.ID == d.Lead && fits(p) {
					return p, nil
				}
			}
		}
	}
	for _, role := range []crm.Role{crm.Manager, crm.Admin, crm.TeamLead} {
		for _, p := range people {
			if p.Role == string(role) && fits(p) && p.Platform != "" {
				return p, nil
			}
		}
	}
	return to, r.ask("to", "升级给谁？说一下主管或经理的名字。")
}

// TicketHandoff gives a part of a ticket to another department as a task (转研发、转生产、转物流): who handles the ticket
// stays, both sides see how far it is, and the customer is told once.
type TicketHandoff struct {
	To       string       `json:"to" doc:"*哪个部门或同事"`
	Content  string       `json:"content" doc:"*要他们做什么"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Due      date         `json:"due,omitempty" doc:"哪天之前"`
}

func ticketHandoff(ctx context.Context, r *run, p *TicketHandoff) (*Result, error) {
	if p.To == "" {
		return nil, r.ask("to", "转给哪个部门？比如「研发部」。")
	}
	content, err := r.ticketText("content", p.Content, "要他们做什么？说一下内容。")
	if err != nil {
		return nil, err
	}
	if n := len([]rune(content)); n > 1000 {
		return nil, r.ask("content", "任务内容太长了（%d 个字），请控制在 1000 个字以内。", n)
	}
	if err := p.Due.check(); err != nil {
		return nil, r.bad("due", err)
	}
	t, err := r.workOn(ctx, p.Ticket, p.Customer)
	if err != nil {
		return nil, err
	}
	to, via, err := r.person(ctx, "to", p.To)
	if err != nil {
		return nil, err
	}
	tasks, err := r.tx.TasksOfTicket(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	task := crm.Task{CreatedBy: r.req.Actor.UserID, UserID: crm.UserID(to.ID), CustomerID: t.CustomerID, Content: content, TicketID: t.ID}
	due := ""
	if p.Due != "" {
		day, err := time.Parse(time.DateOnly, string(p.Due))
		if err != nil {
			return nil, fmt.Errorf("due: %w", err)
		}
		if string(p.Due) < r.now.In(r.zone).Format(time.DateOnly) {
			return nil, r.ask("due", "这一天已经过了，要哪天之前完成？")
		}
		task.Due, due = &day, crm.SayDay(day, r.now.In(r.zone))
	}
	whom := to.Name
	if via != "" {
		whom = via + "（" + to.Name + "）"
	}
	res := &Result{}
	t.Watch(r.req.Actor.UserID, crm.UserID(to.ID))
	if t.State == crm.TicketNew && t.OwnerID == r.req.Actor.UserID {
		t.State = crm.TicketWorking
	}
	res.Changes = []Change{{Record: t.ref(), Field: "转给", New: whom}, {Record: t.ref(), Field: "任务", New: content}}
	if due != "" {
		res.Changes = append(res.Changes, Change{Record: t.ref(), Field: "截止", New: due})
	}
	if to.Platform == "" && to.ID != int64(r.req.Actor.UserID) {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还没有绑定企业微信或钉钉，收不到通知，先当面说一声。", to.Name))
	}
	m := move{action: "ticket.handoff", event: "ticket.handed", title: fmt.Sprintf("工单 %s 转%s", t.number(), whom),
		entry: store.TicketEntry{Side: crm.SideChange, Content: "转" + whom + "：" + content}, to: t.near(),
		news: TicketNews{Topic: TicketHanded, To: whom, ToID: crm.UserID(to.ID), Content: content}}
	if len(tasks) == 0 { // the customer is told once
		department := via
		if department == "" {
			department = to.Team
		}
		m.guest = &GuestNews{Topic: GuestHanded, To: department}
	}
	delete(m.to, crm.UserID(to.ID)) // they hear of the task
	m.also = func(ctx context.Context) error {
		task.TicketID, task.CustomerID = t.ID, t.CustomerID
		id, err := r.tx.AddTask(ctx, task)
		if err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindTask, ID: int64(id), Name: content}
		r.audit("task.create", ref, []Change{{Record: ref, Field: "任务", New: content}, {Record: ref, Field: "负责人", New: to.Name}})
		r.event("task.created", ref, map[string]any{"user": task.UserID, "ticket": t.ID})
		r.inform(to.ID, News{Topic: TaskGiven, Record: ref, Due: string(p.Due), Customer: t.customer, Of: t.ID})
		return nil
	}
	return r.moved(t, res, m)
}

// progress writes what became of a ticket's task into the ticket's story and tells who answers for the ticket; news of the
// task itself goes to the others whom it concerns. The one who did it may not see the ticket.
func (r *run) progress(ctx context.Context, task store.TaskRow, did string, n TicketNews, news News, concerns ...int64) error {
	told, err := r.progressed(ctx, task, did, n)
	if err != nil {
		return err
	}
	for i, user := range concerns {
		if told[crm.UserID(user)] == "" && !slices.Contains(concerns[:i], user) {
			r.inform(user, news)
		}
	}
	return nil
}

func (r *run) progressed(ctx context.Context, task store.TaskRow, did string, n TicketNews) (told readers, err error) {
	if task.TicketID == nil {
		return nil, nil
	}
	p, err := r.tx.TicketProgress(ctx, task, did+"：「"+briefly(task.Content, 200)+"」")
	if notFound(err) {
		return nil, nil // the ticket was taken back
	}
	if err != nil {
		return nil, err
	}
	t := &ticket{Ticket: crm.Ticket{ID: p.Ticket, OwnerID: p.Owner, Priority: p.Priority, Content: p.Content}, customerOwner: p.CustomerOwner}
	n.Task, n.Entry, n.To, n.ToID = task.ID, p.Entry, task.UserName, crm.UserID(task.UserID)
	if n.Content == "" {
		n.Content = task.Content
	}
	n.Topic = TicketHandoffDone
	to := t.near()
	if p.Owner == 0 {
		to.add(AsCreator, crm.UserID(task.CreatedBy))
	}
	r.event("ticket.progressed", t.ref(), map[string]any{"task": task.ID})
	r.tell(t, to, n)
	return to, nil
}
