package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// ActivityLog writes down what happened with a customer.
type ActivityLog struct {
	Customer string  `json:"customer" doc:"*客户名"`
	Content  string  `json:"content" doc:"*跟进内容"`
	Contact  string  `json:"contact,omitempty" doc:"联系人"`
	Channel  string  `json:"channel,omitempty" doc:"方式：电话、微信、拜访、邮件、会议、短信"`
	At       instant `json:"at,omitzero" doc:"什么时候，不说就是刚才"`
	NextAt   instant `json:"next_at,omitzero" doc:"下次什么时候联系"`
	Next     string  `json:"next,omitempty" doc:"下次做什么"`
}

func activityLog(ctx context.Context, r *run, p *ActivityLog) (*Result, error) {
	at := p.At.Time
	if at.IsZero() {
		at = r.now
	}
	if err := crm.CheckActivity(p.Content, p.Channel, at, r.now, r.zone); err != nil {
		param := "content"
		if at.After(r.now) {
			param = "at"
		}
		return nil, r.bad(param, err)
	}
	if p.Channel != "" && !slices.Contains(crm.Channels, p.Channel) {
		return nil, r.ask("channel", "没有「%s」这种方式，可选：%s。", p.Channel, strings.Join(crm.Channels, "、"))
	}
	if !p.NextAt.IsZero() && !p.NextAt.After(r.now) {
		return nil, r.ask("next_at", "下次联系的时间%s已经过了，请重新说个时间。", crm.SayTime(p.NextAt.Time, r.now, r.zone))
	}
	c, err := r.customer(ctx, p.Customer, orContact)
	if err != nil {
		return nil, err
	}
	if p.Contact == "" && c.person(p.Customer) { // 跟王强通了个话
		p.Contact = p.Customer
	}
	contact := c.contact(p.Contact)
	res := &Result{Record: crm.Ref{Kind: crm.KindActivity, Name: p.Content}}
	res.changes(res.Record, "跟进", p.Content, "方式", p.Channel, "联系人", p.Contact)
	if owner := c.foreign(r.req.Actor); owner != "" {
		res.Owner = owner // writing down what happened harms nobody: no question first
	}
	set := []store.Col{}
	if c.LastContactAt == nil || at.After(*c.LastContactAt) {
		set = append(set, store.Col{Name: "last_contact_at", Value: at})
		c.LastContactAt = &at
	}
	if !p.NextAt.IsZero() {
		next := p.NextAt.Time
		set = append(set, store.Col{Name: "next_contact_at", Value: next}, r.tx.SealedCol("customers", "next_contact", p.Next))
		c.NextContactAt = &next
		res.changes(res.Record, "下次联系", strings.TrimSpace(crm.SayTime(next, r.now, r.zone)+" "+p.Next))
	}
	if p.Contact != "" && contact == nil && crm.Surname(crm.Fold(p.Contact)) != "" && len(c.Contacts) == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还没有联系人，可以说「%s的联系人 %s 电话…」补上。", c.Name, c.Name, p.Contact))
	}
	r.then(func(ctx context.Context) error {
		id, err := r.tx.NextID(ctx)
		if err != nil {
			return err
		}
		row := store.ActivityRow{ID: crm.ActivityID(id), Customer: crm.CustomerID(c.ID), Type: "note", Channel: p.Channel, Content: p.Content,
			At: at, NextAt: p.NextAt.Time, Next: p.Next}
		if contact != nil {
			row.Contact = crm.ContactID(contact.ID)
		}
		if len(c.deals) == 1 {
			row.Deal = crm.DealID(c.deals[0].ID)
		}
		r.tx.Ledger.Activities = append(r.tx.Ledger.Activities, row)
		r.tx.Created(crm.KindActivity, id, 1)
		if len(set) > 0 {
			if c.Version, err = r.tx.Set(ctx, crm.KindCustomer, c.ID, c.Version, set); err != nil {
				return err
			}
		}
		if err := r.visited(ctx, c, p.Channel, at); err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindActivity, ID: id, Name: p.Content}
		res.settle(ref)
		r.audit("activity.log", ref, res.Changes)
		r.event("activity.logged", ref, map[string]any{"customer": c.ID, "channel": p.Channel})
		r.informOwners(c, nil, News{Topic: ActivityAdded, Record: ref})
		return nil
	})
	r.title("%s的跟进记录", c.Name)
	return view(res, ActivityLogged{Customer: c.Name})
}
