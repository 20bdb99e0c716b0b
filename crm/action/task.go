package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
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
		return nil
	})
	r.title("任务「%s」", content)
	return view(res, TaskRow{Content: content, For: to.Name, Due: due, Customer: nameOf(c)})
}
