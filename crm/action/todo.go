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

// mostTodo is how many open reminders or tasks are looked through for the words that name one.
const mostTodo = 100

// ReminderCancel takes a reminder back before it has done its work; of a series all of it ends.
type ReminderCancel struct {
	Customer string         `json:"customer,omitempty" doc:"客户名"`
	Content  string         `json:"content,omitempty" doc:"提醒里的几个字"`
	Reminder crm.ReminderID `json:"reminder,omitempty" doc:"提醒编号"`
}

func reminderCancel(ctx context.Context, r *run, p *ReminderCancel) (*Result, error) {
	if id := int64(p.Reminder); id != 0 { // people say 「取消 #1042」 of a task as well
		if is, err := r.tx.WhatIs(ctx, id); err == nil && is.Kind == crm.KindTask {
			return taskCancel(ctx, r, &TaskCancel{Task: crm.TaskID(id)})
		} else if err != nil && !notFound(err) {
			return nil, err
		}
	}
	row, err := r.reminder(ctx, p.Reminder, p.Customer, p.Content, "取消")
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindReminder, ID: row.ID, Name: row.Content}
	res := &Result{Name: "reminder.cancel", Record: ref, Changes: []Change{{Record: ref, Field: "状态", Old: "待办", New: "已取消"}}}
	r.mine(row.Reminder(), row.UserName, res)
	if row.Repeat != "" {
		res.Notes = append(res.Notes, fmt.Sprintf("它原来%s响一次，以后都不响了。", crm.Repeat(row.Repeat).Chinese()))
	}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindReminder, row.ID, row.Version, []store.Col{{Name: "state", Value: crm.StateCancelled}, {Name: "done_at", Value: r.now}}); err != nil {
			return err
		}
		r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: "reminder", Subject: row.ID})
		if r.focus.Reminder.ID == row.ID {
			r.focus.Reminder = crm.Ref{}
		}
		r.audit("reminder.cancel", ref, res.Changes)
		r.event("reminder.cancelled", ref, nil)
		r.inform(row.UserID, News{Topic: ReminderDropped, Record: ref})
		return nil
	})
	r.title("取消提醒「%s」", row.Content)
	return view(res, r.reminderView(row))
}

// TaskList lists open tasks.
type TaskList struct {
	Owner    string `json:"owner,omitempty" doc:"谁要做的，不说就是自己的"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
	Given    bool   `json:"given,omitempty" doc:"自己派给别人的"`
	Back     bool   `json:"back,omitempty" doc:"只看低分回访；主管看得到组里的"`
}

// mostOut is how many tasks of others one's own list names.
const mostOut = 3

func taskList(ctx context.Context, r *run, p *TaskList) (*Result, error) {
	v := TaskListView{Given: p.Given, Back: p.Back}
	q := store.TaskQuery{Users: []int64{int64(r.req.Actor.UserID)}, Back: p.Back, Limit: pageSize * (r.req.Page + 1)}
	own := !p.Given && !p.Back && p.Customer == "" && (p.Owner == "" || isMe(p.Owner)) && r.req.Page == 0
	switch {
	case p.Back && p.Owner == "" && r.req.Actor.Role != crm.Rep:
		q.Users = nil
	case p.Given:
		q.Users, q.From = nil, r.req.Actor.UserID
	case p.Owner != "" && !isMe(p.Owner):
		var err error
		if q.Users, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
		if role := r.req.Actor.Role; role != crm.Admin && role != crm.Manager && role != crm.TeamLead {
			q.From, v.Given = r.req.Actor.UserID, true // a colleague sees what they gave
		}
	case p.Customer != "":
		q.Users = nil
	}
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		q.Customer, v.Customer = crm.CustomerID(c.ID), c.Name
	}
	rows, total, err := r.tx.OpenTasks(ctx, q)
	if err != nil {
		return nil, err
	}
	v.Total = total
	for _, row := range rows[min(len(rows), pageSize*r.req.Page):] {
		v.Rows = append(v.Rows, r.taskView(row))
	}
	if own {
		given, total, err := r.tx.OpenTasks(ctx, store.TaskQuery{From: r.req.Actor.UserID, Limit: mostOut})
		if err != nil {
			return nil, err
		}
		v.Outer = total
		for _, row := range given {
			v.Out = append(v.Out, r.taskView(row))
		}
	}
	return view(&Result{}, v)
}

// taskView is a task as a list shows it.
func (r *run) taskView(t store.TaskRow) TaskRow {
	me, today := int64(r.req.Actor.UserID), r.now.In(r.zone).Format(time.DateOnly)
	row := TaskRow{ID: t.ID, Content: t.Content, Customer: t.Customer}
	if t.TicketID != nil {
		row.Ticket = *t.TicketID
	}
	if t.CreatedBy != me {
		row.From = t.FromName
	}
	if t.UserID != me {
		row.For = t.UserName
	}
	if t.Due != nil {
		row.Due, row.Overdue = r.dueOf(t), *t.Due < today
	}
	return row
}

// TaskUpdate moves a task to another day, or says it in other words.
type TaskUpdate struct {
	Task     crm.TaskID `json:"task,omitempty" doc:"任务编号"`
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Words    string     `json:"words,omitempty" doc:"任务里的几个字，用来找到它"`
	Due      date       `json:"due,omitempty" doc:"改到哪天之前"`
	Content  string     `json:"content,omitempty" doc:"改成做什么"`
}

func taskUpdate(ctx context.Context, r *run, p *TaskUpdate) (*Result, error) {
	content := strings.TrimSpace(p.Content)
	if p.Due == "" && content == "" {
		return nil, r.ask("due", "任务改到哪天之前？比如「周五」。")
	}
	if err := p.Due.check(); err != nil {
		return nil, r.bad("due", err)
	}
	if p.Due != "" && string(p.Due) < r.now.In(r.zone).Format(time.DateOnly) {
		return nil, r.ask("due", "这一天已经过了，任务要哪天之前完成？")
	}
	if n := len([]rune(content)); n > 1000 {
		return nil, r.ask("content", "任务内容太长了（%d 个字），请控制在 1000 个字以内。", n)
	}
	row, err := r.task(ctx, p.Task, p.Customer, p.Words)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindTask, ID: row.ID, Name: row.Content}
	res := &Result{Record: ref}
	var set []store.Col
	if content != "" && content != row.Content {
		set = append(set, r.tx.SealedCol("tasks", "content", content))
		res.Changes = append(res.Changes, Change{Record: ref, Field: "任务", Old: row.Content, New: content})
	}
	if p.Due != "" {
		day, err := time.Parse(time.DateOnly, string(p.Due))
		if err != nil {
			return nil, fmt.Errorf("due: %w", err)
		}
		set = append(set, store.Col{Name: "due", Value: day})
		res.Changes = append(res.Changes, Change{Record: ref, Field: "截止", Old: strings.TrimSuffix(r.dueOf(row), "前"), New: crm.SayDay(day, r.now.In(r.zone))})
	}
	r.theirs(row, res)
	r.then(func(ctx context.Context) error {
		if len(set) == 0 {
			return nil
		}
		if _, err := r.tx.Set(ctx, crm.KindTask, row.ID, row.Version, set); err != nil {
			return err
		}
		if content != "" {
			ref.Name = content
		}
		r.audit("task.update", ref, res.Changes)
		r.event("task.changed", ref, map[string]any{"user": row.UserID})
		return r.progress(ctx, row, row.UserName+"的任务改了（"+say(res.Changes)+"）", TicketNews{Changes: res.Changes},
			News{Topic: TaskChanged, Record: ref, Changes: res.Changes}, row.UserID, row.CreatedBy)
	})
	r.title("改任务「%s」", row.Content)
	return view(res, r.taskView(row))
}

// TaskCancel takes a task back.
type TaskCancel struct {
	Task     crm.TaskID `json:"task,omitempty" doc:"任务编号"`
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Content  string     `json:"content,omitempty" doc:"任务里的几个字"`
}

func taskCancel(ctx context.Context, r *run, p *TaskCancel) (*Result, error) {
	row, err := r.task(ctx, p.Task, p.Customer, p.Content)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindTask, ID: row.ID, Name: row.Content}
	res := &Result{Name: "task.cancel", Record: ref, Changes: []Change{{Record: ref, Field: "状态", Old: "待办", New: "已取消"}}}
	r.theirs(row, res)
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindTask, row.ID, row.Version, []store.Col{{Name: "state", Value: crm.StateCancelled}, {Name: "done_at", Value: r.now}}); err != nil {
			return err
		}
		r.audit("task.cancel", ref, res.Changes)
		r.event("task.cancelled", ref, map[string]any{"user": row.UserID})
		return r.progress(ctx, row, row.UserName+"的任务取消了", TicketNews{Why: "任务取消了"}, News{Topic: TaskDropped, Record: ref}, row.UserID, row.CreatedBy)
	})
	r.title("取消任务「%s」", row.Content)
	return view(res, r.taskView(row))
}

// theirs marks a change of a task between other people as one to be seen first.
func (r *run) theirs(row store.TaskRow, res *Result) {
	if me := int64(r.req.Actor.UserID); row.UserID != me && row.CreatedBy != me {
		res.Owner = row.UserName
		r.risky("这是" + row.UserName + "的任务")
	}
}

// namesTodo tells whether words name a reminder or a task: they stand in its text, or name its customer or contact.
func namesTodo(words string, texts ...string) bool {
	folded := crm.Fold(words)
	if folded == "" {
		return false
	}
	for _, text := range texts {
		if t := crm.Fold(text); t != "" && (strings.Contains(t, folded) || crm.BrandName(text) == folded) {
			return true
		}
	}
	return false
}

// remindersSaying are the actor's open reminders that words name.
func (r *run) remindersSaying(ctx context.Context, words string) ([]store.ReminderRow, error) {
	rows, _, err := r.tx.RemindersOf(ctx, []int64{int64(r.req.Actor.UserID)}, 0, time.Time{}, time.Time{}, mostTodo)
	return slices.DeleteFunc(rows, func(m store.ReminderRow) bool { return !namesTodo(words, m.Content, m.Customer, m.Contact) }), err
}

// tasksSaying are the open tasks for the actor, or from the actor, that words name.
func (r *run) tasksSaying(ctx context.Context, words string) ([]store.TaskRow, error) {
	mine, _, err := r.tx.OpenTasks(ctx, store.TaskQuery{Users: []int64{int64(r.req.Actor.UserID)}, Limit: mostTodo})
	if err != nil {
		return nil, err
	}
	given, _, err := r.tx.OpenTasks(ctx, store.TaskQuery{From: r.req.Actor.UserID, Limit: mostTodo})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(mine, given...), func(t store.TaskRow) bool { return !namesTodo(words, t.Content, t.Customer) }), nil
}
