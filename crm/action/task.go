package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// TaskCreate gives a colleague something to do.
type TaskCreate struct {
	Assignee string `json:"assignee" doc:"*谁来做：同事、部门或 me"`
	Content  string `json:"content" doc:"*做什么"`
	Due      date   `json:"due,omitempty" doc:"哪天之前"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
}

func taskCreate(ctx context.Context, r *run, p *TaskCreate) (*Result, error) {
	content := strings.TrimSpace(p.Content)
	switch n := len([]rune(content)); {
	case n == 0:
		return nil, r.ask("content", "要做什么？说一下任务内容。")
	case n > 1000:
		return nil, r.ask("content", "任务内容太长了（%d 个字），请控制在 1000 个字以内。", n)
	}
	if p.Assignee == "" {
		return nil, r.ask("assignee", "交给谁做？说一下同事的名字。")
	}
	if err := p.Due.check(); err != nil {
		return nil, r.bad("due", err)
	}
	task := crm.Task{CreatedBy: r.req.Actor.UserID}
	if p.Due != "" {
		day, err := time.Parse(time.DateOnly, string(p.Due))
		if err != nil {
			return nil, fmt.Errorf("due: %w", err)
		}
		if string(p.Due) < r.now.In(r.zone).Format(time.DateOnly) {
			return nil, r.ask("due", "%s已经过了，任务要哪天之前完成？", crm.SayDay(day, r.now.In(r.zone)))
		}
		task.Due = &day
	}
	to, via, err := r.person(ctx, "assignee", p.Assignee)
	if err != nil {
		return nil, err
	}
	c, err := r.softCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	if c == nil && p.Customer != "" && !strings.Contains(content, p.Customer) {
		content += "（" + p.Customer + "）"
	}
	task.Content, task.UserID = content, crm.UserID(to.ID)
	res := &Result{Record: crm.Ref{Kind: crm.KindTask, Name: content}}
	due := ""
	if task.Due != nil {
		due = crm.SayDay(*task.Due, r.now.In(r.zone))
	}
	res.changes(res.Record, "任务", content, "负责人", to.Name, "截止", due)
	if note := handed(to, via); note != "" {
		res.Notes = append(res.Notes, note)
	}
	if to.Platform == "" && to.ID != int64(r.req.Actor.UserID) {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还没有绑定企业微信或钉钉，收不到通知，先当面说一声。", to.Name))
	}
	r.then(func(ctx context.Context) error {
		if c != nil {
			task.CustomerID = crm.CustomerID(c.ID)
		}
		id, err := r.tx.AddTask(ctx, task)
		if err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindTask, ID: int64(id), Name: content}
		res.settle(ref)
		r.audit("task.create", ref, res.Changes)
		r.event("task.created", ref, map[string]any{"user": task.UserID})
		r.inform(to.ID, News{Topic: TaskGiven, Record: ref, Due: string(p.Due)})
		return nil
	})
	r.title("任务「%s」", content)
	return view(res, TaskRow{Content: content, For: to.Name, Due: due, Customer: nameOf(c)})
}

// TaskDone closes a task; whoever gave it hears of it.
type TaskDone struct {
	Task     crm.TaskID `json:"task,omitempty" doc:"任务编号"`
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Content  string     `json:"content,omitempty" doc:"任务里的几个字"`
}

func taskDone(ctx context.Context, r *run, p *TaskDone) (*Result, error) {
	row, err := r.task(ctx, p.Task, p.Customer, p.Content)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindTask, ID: row.ID, Name: row.Content}
	res := &Result{Name: "task.done", Record: ref, Changes: []Change{{Record: ref, Field: "状态", Old: "待办", New: "已完成"}}}
	r.theirs(row, res)
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindTask, row.ID, row.Version, []store.Col{{Name: "state", Value: crm.StateDone}, {Name: "done_at", Value: r.now}}); err != nil {
			return err
		}
		r.audit("task.done", ref, res.Changes)
		r.event("task.done", ref, map[string]any{"user": row.UserID})
		return r.progress(ctx, row, row.UserName+"做完了", TicketNews{}, News{Topic: TaskFinished, Record: ref, To: row.UserName}, row.CreatedBy, row.UserID)
	})
	if from := row.CreatedBy; from != int64(r.req.Actor.UserID) && row.FromName != "" {
		res.Notes = append(res.Notes, fmt.Sprintf("已告诉%s。", row.FromName))
	}
	r.title("完成任务「%s」", row.Content)
	return view(res, TaskRow{ID: row.ID, Content: row.Content, For: row.UserName, Customer: row.Customer})
}

// task finds the open task that is meant: by number, by words in it, else among the actor's own.
func (r *run) task(ctx context.Context, id crm.TaskID, said, words string) (row store.TaskRow, err error) {
	if ref, ok := r.chosen("task"); ok && ref.ID != 0 {
		id = crm.TaskID(ref.ID)
	}
	if id != 0 {
		row, err = r.tx.TaskByID(ctx, id)
		switch {
		case notFound(err):
			return row, r.otherKind(ctx, int64(id), crm.KindTask)
		case err == nil && row.State == crm.StateCancelled:
			return row, crm.Refuse(crm.ErrConflict, "任务 #%d「%s」已经取消了，要做请再派一个。", row.ID, row.Content)
		case err == nil && row.State != crm.StateOpen:
			return row, crm.Refuse(crm.ErrConflict, "任务 #%d「%s」已经完成了，不用再点。", row.ID, row.Content)
		case err == nil:
			err = r.mayFinish(row)
		}
		return row, err
	}
	about, name := crm.CustomerID(0), "你"
	if said != "" {
		c, err := r.customer(ctx, said, mustExist)
		if err != nil {
			return row, err
		}
		about, name = crm.CustomerID(c.ID), c.Name
	}
	var rows []store.TaskRow
	if words != "" {
		rows, err = r.tasksSaying(ctx, words)
	} else {
		rows, err = r.tx.TasksOf(ctx, r.req.Actor.UserID, about, 10)
	}
	if err != nil {
		return row, err
	}
	if words != "" && len(rows) == 0 {
		return row, crm.Refuse(crm.ErrNotFound, "没有找到带「%s」的待办任务，说「我的任务」看看有哪些。", words)
	}
	switch len(rows) {
	case 0:
		return row, crm.Refuse(crm.ErrNotFound, "%s没有待办的任务，说「今天做什么」看看有哪些事。", name)
	case 1:
		return rows[0], nil
	}
	options := make([]Option, len(rows))
	for i, t := range rows {
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindTask, ID: t.ID, Name: t.Content}, Detail: r.dueOf(t)}
	}
	return row, r.pick("task", "要处理的任务", options, false)
}

// dueOf is the day of a task as people say it.
func (r *run) dueOf(t store.TaskRow) string {
	if t.Due == nil {
		return ""
	}
	day, err := time.Parse(time.DateOnly, *t.Due)
	if err != nil {
		return *t.Due
	}
	return crm.SayDay(day, r.now.In(r.zone)) + "前"
}

// mayFinish refuses tasks that are neither for the actor nor from the actor, nor of people the actor leads.
func (r *run) mayFinish(row store.TaskRow) error {
	me := int64(r.req.Actor.UserID)
	switch r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead:
		return nil
	}
	if row.UserID != me && row.CreatedBy != me {
		return crm.Refuse(crm.ErrNotFound, "没有找到任务 #%d，核对一下编号再说一遍。", row.ID)
	}
	return nil
}
