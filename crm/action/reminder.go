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

// ReminderCreate sets a reminder.
type ReminderCreate struct {
	At       instant    `json:"at" doc:"*什么时候提醒"`
	Content  string     `json:"content,omitempty" doc:"提醒什么"`
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Contact  string     `json:"contact,omitempty" doc:"联系人"`
	Repeat   crm.Repeat `json:"repeat,omitempty" doc:"重复：daily, weekly, monthly, yearly, workdays"`
	Assignee string     `json:"assignee,omitempty" doc:"提醒谁，不说就是自己"`
	MonthEnd bool       `json:"month_end,omitempty" doc:"每月重复时：每个月的最后一天"`
}

func reminderCreate(ctx context.Context, r *run, p *ReminderCreate) (*Result, error) {
	if err := crm.CheckRepeat(p.Repeat); err != nil {
		return nil, r.bad("repeat", err)
	}
	if p.At.IsZero() {
		return nil, r.ask("at", "什么时候提醒？比如「明天9点」。")
	}
	rem := crm.Reminder{At: p.At.Time, First: p.At.Time, Repeat: p.Repeat, CreatedBy: r.req.Actor.UserID}
	if p.MonthEnd && rem.Repeat == crm.Monthly {
		first := rem.First.In(r.zone)
		for first.Day() < 31 { // the day of the month comes from the first: a month back, or two, has 31 days
			first = time.Date(first.Year(), first.Month(), 0, first.Hour(), first.Minute(), first.Second(), 0, r.zone)
		}
		rem.First = first
	}
	if !rem.At.After(r.now) && rem.Repeat != crm.Once {
		rem.At = rem.Repeat.Next(rem.First, r.now, r.zone, r.x.calendar)
	}
	if err := crm.CheckReminderTime(rem.At, r.now, r.zone); err != nil {
		return nil, r.bad("at", err)
	}
	if len([]rune(p.Content)) > 1000 {
		return nil, r.ask("content", "提醒内容太长了（%d 个字），请控制在 1000 个字以内。", len([]rune(p.Content)))
	}
	to := r.me()
	via := ""
	if p.Assignee != "" {
		var err error
		if to, via, err = r.person(ctx, "assignee", p.Assignee); err != nil {
			return nil, err
		}
	}
	c, err := r.softCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	var contact *store.ContactRow
	if c != nil {
		contact = c.contact(p.Contact)
		rem.Content = reminderContent(p, "")
	} else {
		rem.Content = reminderContent(p, p.Customer)
	}
	rem.UserID = crm.UserID(to.ID)
	repeats := rem.Repeat.Chinese()
	if p.MonthEnd && rem.Repeat == crm.Monthly {
		repeats = "每月最后一天"
	}
	res.Record = crm.Ref{Kind: crm.KindReminder, Name: rem.Content}
	res.changes(res.Record, "提醒", rem.Content, "时间", crm.SayTime(rem.At, r.now, r.zone), "重复", repeats)
	if rem.UserID != r.req.Actor.UserID {
		res.changes(res.Record, "提醒谁", to.Name)
		res.Notes = append(res.Notes, fmt.Sprintf("到点会提醒%s。", to.Name))
		if note := handed(to, via); note != "" {
			res.Notes = append(res.Notes, note)
		}
		if to.Platform == "" {
			res.Notes = append(res.Notes, fmt.Sprintf("%s还没有绑定企业微信或钉钉，先请管理员绑定，否则收不到。", to.Name))
		}
	}
	r.then(func(ctx context.Context) error {
		if c != nil {
			rem.CustomerID = crm.CustomerID(c.ID)
		}
		if contact != nil {
			rem.ContactID = crm.ContactID(contact.ID)
		}
		id, err := r.tx.AddReminder(ctx, rem)
		if err != nil {
			return err
		}
		rem.ID, rem.Version = id, 1
		ref := crm.Ref{Kind: crm.KindReminder, ID: int64(id), Name: rem.Content}
		res.settle(ref)
		r.focus.Reminder = ref
		if err := r.x.setTimer(ctx, r.tx, rem, to.Platform); err != nil {
			return err
		}
		r.audit("reminder.create", ref, res.Changes)
		r.event("reminder.created", ref, map[string]any{"at": rem.At, "user": rem.UserID})
		r.inform(to.ID, News{Topic: ReminderSet, Record: ref, At: rem.At, Repeat: repeats})
		return nil
	})
	r.title("提醒「%s」", rem.Content)
	return view(res, ReminderRow{Content: rem.Content, At: rem.At, When: crm.SayTime(rem.At, r.now, r.zone), Repeat: repeats,
		For: forName(to, r), Customer: nameOf(c), Contact: p.Contact})
}

func forName(to store.Colleague, r *run) string {
	if to.ID == int64(r.req.Actor.UserID) {
		return ""
	}
	return to.Name
}

func nameOf(c *customer) string {
	if c == nil {
		return ""
	}
	return c.Name
}

// reminderContent is what the reminder says. A customer that is not kept stays in it as a word.
func reminderContent(p *ReminderCreate, unkept string) string {
	content := strings.TrimSpace(p.Content)
	if content == "" {
		switch {
		case p.Contact != "":
			content = "联系" + p.Contact
		case p.Customer != "":
			content = "跟进" + p.Customer
		default:
			content = "到点了"
		}
	}
	if unkept != "" && !strings.Contains(content, unkept) {
		content += "（" + unkept + "）"
	}
	return content
}

// setTimer makes the reminder ring. Another version of it is another timer; the ones before are taken back.
func (x *Executor) setTimer(ctx context.Context, tx *store.Tx, rem crm.Reminder, platform string) error {
	if platform == "" {
		var err error
		if platform, err = tx.Platform(ctx, rem.UserID); err != nil || platform == "" {
			return err // nowhere to ring: it shows in the brief and in lists
		}
	}
	if rem.Version > 1 {
		tx.Ledger.Cancels = append(tx.Ledger.Cancels, store.TimerCancel{Kind: "reminder", Subject: int64(rem.ID)})
	}
	tx.Ledger.Timers = append(tx.Ledger.Timers, store.TimerRow{Kind: "reminder", Subject: int64(rem.ID), Due: rem.At, Surface: platform,
		Dedupe: "reminder:" + strconv.FormatInt(int64(rem.ID), 10) + ":" + strconv.Itoa(rem.Version)})
	return nil
}

// ReminderList lists open reminders.
type ReminderList struct {
	Period string `json:"period,omitempty" doc:"时间段"`
	Owner  string `json:"owner,omitempty" doc:"谁的提醒，不说就是自己的"`
}

func reminderList(ctx context.Context, r *run, p *ReminderList) (*Result, error) {
	var from, to time.Time
	var err error
	v := ReminderListView{Period: p.Period}
	if p.Period != "" {
		if from, to, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	users := []int64{int64(r.req.Actor.UserID)}
	if p.Owner != "" && !isMe(p.Owner) {
		if users, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
		if role := r.req.Actor.Role; role != crm.Admin && role != crm.Manager && role != crm.TeamLead {
			return nil, crm.Refuse(crm.ErrDenied, "只能看自己的提醒，%s的要请TA自己或主管看。", v.Owner)
		}
	}
	rows, total, err := r.tx.RemindersOf(ctx, users, 0, from, to, pageSize*(r.req.Page+1))
	if err != nil {
		return nil, err
	}
	v.Total = total
	for _, row := range rows[min(len(rows), pageSize*r.req.Page):] {
		v.Rows = append(v.Rows, r.reminderView(row))
	}
	return view(&Result{}, v)
}

// ReminderDone closes a reminder; of a series, the next one follows.
type ReminderDone struct {
	Customer string         `json:"customer,omitempty" doc:"客户名"`
	Content  string         `json:"content,omitempty" doc:"提醒里的几个字"`
	Reminder crm.ReminderID `json:"reminder,omitempty" doc:"提醒编号"`
}

func reminderDone(ctx context.Context, r *run, p *ReminderDone) (*Result, error) {
	if id := int64(p.Reminder); id != 0 { // people say 「完成 #1042」 of a task as well
		if is, err := r.tx.WhatIs(ctx, id); err == nil && is.Kind == crm.KindTask {
			return taskDone(ctx, r, &TaskDone{Task: crm.TaskID(id)})
		} else if err != nil && !notFound(err) {
			return nil, err
		}
	}
	row, err := r.reminder(ctx, p.Reminder, p.Customer, p.Content, "完成")
	if err != nil {
		return nil, err
	}
	rem := row.Reminder()
	ref := crm.Ref{Kind: crm.KindReminder, ID: row.ID, Name: row.Content}
	res := &Result{Record: ref, Changes: []Change{{Record: ref, Field: "状态", Old: "待办", New: "已完成"}}}
	r.mine(rem, row.UserName, res)
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindReminder, row.ID, row.Version, []store.Col{{Name: "state", Value: crm.StateDone}, {Name: "done_at", Value: r.now}}); err != nil {
			return err
		}
		r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: "reminder", Subject: row.ID})
		r.focus.Reminder = ref
		r.audit("reminder.done", ref, res.Changes)
		r.event("reminder.done", ref, nil)
		r.inform(row.UserID, News{Topic: ReminderEnded, Record: ref})
		if row.NextID != nil {
			return nil
		}
		next, ok, err := r.x.follow(ctx, r.tx, row)
		if ok {
			res.Notes = append(res.Notes, fmt.Sprintf("下一次：%s。", crm.SayTime(next.At, r.now, r.zone)))
		}
		return err
	})
	r.title("完成提醒「%s」", row.Content)
	return view(res, r.reminderView(row))
}

// mine marks a change of somebody else's reminder as one to be seen first.
func (r *run) mine(rem crm.Reminder, owner string, res *Result) {
	if rem.UserID != r.req.Actor.UserID && rem.CreatedBy != r.req.Actor.UserID {
		res.Owner = owner
		r.risky("这是" + owner + "的提醒")
	}
}

// ReminderSnooze moves a reminder to another time.
type ReminderSnooze struct {
	At       instant        `json:"at" doc:"*改到什么时候"`
	Customer string         `json:"customer,omitempty" doc:"客户名"`
	Content  string         `json:"content,omitempty" doc:"提醒里的几个字"`
	Reminder crm.ReminderID `json:"reminder,omitempty" doc:"提醒编号"`
}

func reminderSnooze(ctx context.Context, r *run, p *ReminderSnooze) (*Result, error) {
	if p.At.IsZero() {
		return nil, r.ask("at", "推迟到什么时候？比如「明天10点」。")
	}
	if err := crm.CheckReminderTime(p.At.Time, r.now, r.zone); err != nil {
		return nil, r.bad("at", err)
	}
	if id := int64(p.Reminder); id != 0 { // people say 「推迟 #1042 周五」 of a task as well
		if is, err := r.tx.WhatIs(ctx, id); err == nil && is.Kind == crm.KindTask {
			res, err := taskUpdate(ctx, r, &TaskUpdate{Task: crm.TaskID(id), Due: date(p.At.In(r.zone).Format(time.DateOnly))})
			if res != nil {
				res.Name = "task.update"
			}
			return res, err
		} else if err != nil && !notFound(err) {
			return nil, err
		}
	}
	row, err := r.reminder(ctx, p.Reminder, p.Customer, p.Content, "改期")
	if err != nil {
		return nil, err
	}
	rem := row.Reminder()
	ref := crm.Ref{Kind: crm.KindReminder, ID: row.ID, Name: row.Content}
	res := &Result{Record: ref, Changes: []Change{{Record: ref, Field: "时间", Old: crm.SayTime(row.At, r.now, r.zone), New: crm.SayTime(p.At.Time, r.now, r.zone)}}}
	r.mine(rem, row.UserName, res)
	r.then(func(ctx context.Context) error {
		version, err := r.tx.Set(ctx, crm.KindReminder, row.ID, row.Version, []store.Col{{Name: "at", Value: p.At.Time}})
		if err != nil {
			return err
		}
		rem.At, rem.Version = p.At.Time, version
		platform := ""
		if rem.UserID == r.req.Actor.UserID {
			platform = r.me().Platform
		}
		r.focus.Reminder = ref
		r.audit("reminder.snooze", ref, res.Changes)
		r.inform(row.UserID, News{Topic: ReminderMoved, Record: ref, At: rem.At})
		return r.x.setTimer(ctx, r.tx, rem, platform)
	})
	r.title("提醒「%s」改期", row.Content)
	row.At = p.At.Time
	return view(res, r.reminderView(row))
}

// reminder finds the open reminder that is meant: by number, by words in it, by customer, else the one last spoken of.
func (r *run) reminder(ctx context.Context, id crm.ReminderID, said, words, verb string) (row store.ReminderRow, err error) {
	if ref, ok := r.chosen("reminder"); ok && ref.ID != 0 {
		id = crm.ReminderID(ref.ID)
	}
	if id == 0 && said == "" && words == "" && r.focus.Reminder.ID != 0 {
		id = crm.ReminderID(r.focus.Reminder.ID)
	}
	if id != 0 {
		row, err = r.tx.ReminderByID(ctx, id)
		switch {
		case notFound(err):
			return row, r.otherKind(ctx, int64(id), crm.KindReminder)
		case err == nil && row.State == crm.StateCancelled && row.NextID != nil:
			return row, crm.Refuse(crm.ErrConflict, "提醒 #%d「%s」这一次已经过去了，下一次说「我的提醒」就能看到。", row.ID, row.Content)
		case err == nil && row.State == crm.StateCancelled:
			return row, crm.Refuse(crm.ErrConflict, "提醒 #%d「%s」已经取消了，还要提醒请再定一个，比如「明天9点提醒我…」。", row.ID, row.Content)
		case err == nil && row.State != crm.StateOpen:
			return row, crm.Refuse(crm.ErrConflict, "提醒 #%d「%s」已经完成了，还要提醒请再定一个，比如「明天9点提醒我…」。", row.ID, row.Content)
		case err == nil:
			err = r.mayTouch(row)
		}
		return row, err
	}
	var about crm.CustomerID
	name := "你"
	if said != "" {
		c, err := r.customer(ctx, said, mustExist)
		if err != nil {
			return row, err
		}
		about, name = crm.CustomerID(c.ID), c.Name
	}
	var rows []store.ReminderRow
	if words != "" {
		name = "你"
		rows, err = r.remindersSaying(ctx, words)
	} else {
		rows, _, err = r.tx.RemindersOf(ctx, []int64{int64(r.req.Actor.UserID)}, about, time.Time{}, time.Time{}, 10)
	}
	if err != nil {
		return row, err
	}
	if words != "" && len(rows) == 0 {
		return row, crm.Refuse(crm.ErrNotFound, "没有找到带「%s」的待办提醒，说「我的提醒」看看有哪些。", words)
	}
	switch len(rows) {
	case 0:
		return row, crm.Refuse(crm.ErrNotFound, "%s没有待办的提醒，要定一个就说「明天下午3点提醒我打给王强」。", name)
	case 1:
		return rows[0], nil
	}
	options := make([]Option, len(rows))
	for i, row := range rows {
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindReminder, ID: row.ID, Name: row.Content}, Detail: crm.SayTime(row.At, r.now, r.zone)}
	}
	return row, r.pick("reminder", "要"+verb+"的提醒", options, false)
}

// mayTouch refuses reminders that are neither the actor's nor of people the actor leads.
func (r *run) mayTouch(row store.ReminderRow) error {
	me := int64(r.req.Actor.UserID)
	switch r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead:
		return nil
	}
	if row.UserID != me && row.CreatedBy != me {
		return crm.Refuse(crm.ErrNotFound, "没有找到提醒 #%d，核对一下编号再说一遍。", row.ID)
	}
	return nil
}
