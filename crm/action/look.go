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

// CustomerGet shows everything about a customer.
type CustomerGet struct {
	Customer string `json:"customer" doc:"*客户名"`
}

func customerView(ctx context.Context, r *run, p *CustomerGet) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	if c.fresh {
		return nil, crm.Refuse(crm.ErrInvalid, "%s这次才建，建好以后再说「看看%s」。", c.Name, crm.BrandName(c.Name))
	}
	id := crm.CustomerID(c.ID)
	detail, err := r.tx.CustomerDetail(ctx, id)
	if err != nil {
		return nil, err
	}
	contacts, err := r.tx.ContactsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	activities, err := r.tx.ActivitiesOf(ctx, id, shownHistory+7)
	if err != nil {
		return nil, err
	}
	reminders, _, err := r.tx.RemindersOf(ctx, []int64{int64(r.req.Actor.UserID)}, id, time.Time{}, time.Time{}, 3)
	if err != nil {
		return nil, err
	}
	v := CustomerView{ID: c.ID, Name: c.Name, Owner: c.OwnerName, Industry: c.Industry, Region: c.Region, Level: c.Level, Source: c.Source,
		Tags: c.Tags, Address: detail.Address, ShownInFull: c.foreign(r.req.Actor) == ""}
	if v.Fields, err = r.tx.CustomFields(detail.Fields); err != nil {
		return nil, fmt.Errorf("customer %d: %w", c.ID, err)
	}
	if v.Shared, err = r.namesOf(ctx, c.Collaborators); err != nil {
		return nil, err
	}
	phone := crm.MaskPhone
	if v.ShownInFull {
		phone = func(s string) string { return s }
	}
	v.Phone = phone(detail.Phone)
	for _, p := range contacts {
		v.Contacts = append(v.Contacts, ContactRow{ID: p.ID, Name: p.Name, Title: p.Title, Phone: phone(p.Phone), Email: p.Email, Wechat: p.Wechat, Birthday: p.Birthday})
	}
	for _, d := range c.deals {
		v.Deals = append(v.Deals, r.dealView(d.DealRow))
		v.DealAmount += crm.Money(d.Amount)
	}
	tickets, count, err := r.tx.Tickets(ctx, store.TicketFilter{Customer: id, Limit: 5})
	if err != nil {
		return nil, err
	}
	v.TicketCount = count
	for i := range tickets {
		v.Tickets = append(v.Tickets, r.ticketRow(&tickets[i].Ticket, &tickets[i]))
	}
	if err := r.belongings(ctx, id, &v); err != nil {
		return nil, err
	}
	if err := r.ahead(ctx, int64(id), &v); err != nil {
		return nil, err
	}
	if v.Cared, err = r.cared(ctx, c); err != nil {
		return nil, err
	}
	for _, a := range latestHistory(activities) {
		row := ActivityRow{When: crm.SayTime(a.At, r.now, r.zone), Who: a.UserName, Channel: a.Channel, Content: a.Content}
		if a.Type == "record" {
			row.Record = a.ID
		}
		v.Activities = append(v.Activities, row)
	}
	for _, m := range reminders {
		v.Reminders = append(v.Reminders, r.reminderView(m))
	}
	if c.LastContactAt != nil {
		v.LastContact = crm.SayTime(*c.LastContactAt, r.now, r.zone)
		v.QuietForDays = int(r.now.Sub(*c.LastContactAt).Hours() / 24)
	}
	if c.NextContactAt != nil && c.NextContactAt.After(r.now) {
		v.NextContact = strings.TrimSpace(crm.SayTime(*c.NextContactAt, r.now, r.zone) + " " + detail.Next)
	}
	return view(&Result{Record: c.ref()}, v)
}

// shownHistory is how many lines of a customer's history its card shows.
const shownHistory = 3

// latestHistory are the last lines of a history; a chat record that the changes made of it have pushed out takes the place of the last.
func latestHistory(all []store.ActivityView) []store.ActivityView {
	isRecord := func(a store.ActivityView) bool { return a.Type == "record" }
	last := all[:min(len(all), shownHistory)]
	if i := slices.IndexFunc(all, isRecord); i >= len(last) {
		return append(slices.Clone(last[:len(last)-1]), all[i])
	}
	return last
}

// CustomerSearch finds customers.
type CustomerSearch struct {
	Filter crm.Filter `json:"filter,omitzero" doc:"条件：多久没下单或没联系、消费、次数、买过什么、生日、标签、级别、行业、地区、来源、阶段、负责人、价值分层、会员、人群；可用 all、any、not 组合"`
	Query  string     `json:"query,omitempty" doc:"名字里的字，或电话、电话后四位"`
}

func customerSearch(ctx context.Context, r *run, p *CustomerSearch) (*Result, error) {
	q, err := r.customerQuery(ctx, p.Filter)
	if err != nil {
		return nil, err
	}
	if n := len([]rune(p.Query)); n > 60 {
		return nil, r.ask("query", "要找的内容有 %d 个字，太长了，说名字里的几个字就行。", n)
	}
	if digits := crm.CleanPhone(strings.TrimSpace(p.Query)); len(digits) >= 4 && strings.Trim(digits, "0123456789") == "" {
		q.Phone = digits
	} else {
		q.Text = p.Query
	}
	rows, total, err := r.tx.SearchCustomers(ctx, q)
	if err != nil {
		return nil, err
	}
	v := SearchResult{Total: total, More: total > 1000}
	for _, row := range rows {
		v.Rows = append(v.Rows, r.customerRow(row))
	}
	if total == 1 && len(rows) == 1 {
		r.focus = Focus{Customer: crm.Ref{Kind: crm.KindCustomer, ID: rows[0].ID, Name: rows[0].Name}}
	}
	return view(&Result{}, v)
}

func (r *run) customerRow(row store.CustomerListRow) CustomerRow {
	v := CustomerRow{ID: row.ID, Name: row.Name, Owner: row.OwnerName, Industry: row.Industry, Region: row.Region, Level: row.Level, Tags: row.Tags}
	if row.LastContactAt != nil {
		v.LastContact = crm.SayDay(row.LastContactAt.In(r.zone), r.now.In(r.zone))
	}
	return v
}

// Brief shows what the actor has to do.
type Brief struct{}

func brief(ctx context.Context, r *run, _ *Brief) (*Result, error) {
	me := r.req.Actor.UserID
	local := r.now.In(r.zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, r.zone)
	v := BriefView{Day: local.Format(time.DateOnly), Name: r.req.Actor.Name}
	due, dueCount, err := r.tx.RemindersOf(ctx, []int64{int64(me)}, 0, r.now, midnight.AddDate(0, 0, 1), pageSize)
	if err != nil {
		return nil, err
	}
	late, lateCount, err := r.tx.RemindersOf(ctx, []int64{int64(me)}, 0, time.Time{}, r.now, pageSize)
	if err != nil {
		return nil, err
	}
	tasks, err := r.tx.TasksDue(ctx, me, v.Day, pageSize)
	if err != nil {
		return nil, err
	}
	since := midnight.AddDate(0, 0, -1)
	for !r.x.calendar.Workday(since) {
		since = since.AddDate(0, 0, -1)
	}
	leads, err := r.tx.NewLeads(ctx, me, since, pageSize)
	if err != nil {
		return nil, err
	}
	standing, err := r.tx.StandingDeals(ctx, me, r.now.AddDate(0, 0, -crm.Standing), pageSize)
	if err != nil {
		return nil, err
	}
	contacts, err := r.tx.NextContacts(ctx, me, midnight.AddDate(0, 0, 1), pageSize)
	if err != nil {
		return nil, err
	}
	_, sums, err := r.tx.Deals(ctx, store.DealFilter{Owners: []int64{int64(me)}, Limit: 0})
	if err != nil {
		return nil, err
	}
	tickets, ticketSum, err := r.tx.Tickets(ctx, store.TicketFilter{Owners: []int64{int64(me)}, Limit: 5})
	if err != nil {
		return nil, err
	}
	for i := range tickets {
		v.Tickets = append(v.Tickets, r.ticketRow(&tickets[i].Ticket, &tickets[i]))
	}
	v.TicketSum = ticketSum
	v.DueCount, v.LateCount, v.OpenDeals, v.OpenSum = dueCount, lateCount, sums.Count, crm.Money(sums.Amount)
	for _, m := range due {
		v.Due = append(v.Due, r.reminderView(m))
	}
	for _, m := range late {
		v.Overdue = append(v.Overdue, r.reminderView(m))
	}
	for _, t := range tasks {
		row := TaskRow{ID: t.ID, Content: t.Content, Customer: t.Customer}
		if t.CreatedBy != int64(me) {
			row.From = t.FromName
		}
		if t.Due != nil {
			if day, err := time.Parse(time.DateOnly, *t.Due); err == nil {
				row.Due, row.Overdue = crm.SayDay(day, local), *t.Due < v.Day
			}
		}
		v.Tasks = append(v.Tasks, row)
	}
	for _, l := range leads {
		v.Leads = append(v.Leads, LeadRow{ID: l.ID, Name: l.Lead().Name(), Source: l.Source, Need: l.Need, When: crm.SayTime(l.CreatedAt, r.now, r.zone)})
	}
	for _, d := range standing {
		v.Standing = append(v.Standing, r.dealView(d))
	}
	for _, c := range contacts {
		v.Contacts = append(v.Contacts, r.customerRow(c))
	}
	return view(&Result{}, v)
}

// HelpAsk asks what can be done.
type HelpAsk struct {
	Topic string `json:"topic,omitempty" doc:"想了解什么，如 提醒、商机"`
}

func help(_ context.Context, r *run, p *HelpAsk) (*Result, error) {
	v := Help{Topic: p.Topic, Role: string(r.req.Actor.Role)}
	for _, s := range r.x.specs {
		if p.Topic == "" || strings.Contains(s.Doc, p.Topic) || strings.Contains(s.Example, p.Topic) || strings.HasPrefix(s.Name, p.Topic) {
			v.Actions = append(v.Actions, s)
		}
	}
	if len(v.Actions) == 0 {
		v.Topic, v.Actions = "", r.x.specs
	}
	return view(&Result{}, v)
}
