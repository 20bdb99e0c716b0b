package action

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// LeadCreate writes down somebody who may become a customer.
type LeadCreate struct {
	Contact  string `json:"contact,omitempty" doc:"联系人"`
	Company  string `json:"company,omitempty" doc:"公司"`
	Phone    string `json:"phone,omitempty" doc:"电话"`
	Wechat   string `json:"wechat,omitempty" doc:"微信号"`
	Email    string `json:"email,omitempty" doc:"邮箱"`
	Title    string `json:"title,omitempty" doc:"职务"`
	Source   string `json:"source,omitempty" doc:"来源"`
	Need     string `json:"need,omitempty" doc:"需求"`
	Region   string `json:"region,omitempty" doc:"地区"`
	Industry string `json:"industry,omitempty" doc:"行业"`
	Campaign string `json:"campaign,omitempty" doc:"活动或推广的名字，或推广链接带来的 utm_campaign"`
}

func leadCreate(ctx context.Context, r *run, p *LeadCreate) (*Result, error) {
	if err := r.checkPerson(&p.Phone, p.Email, ""); err != nil {
		return nil, err
	}
	l := crm.Lead{Company: strings.TrimSpace(p.Company), Contact: strings.TrimSpace(p.Contact), Title: p.Title, Phone: p.Phone, Wechat: p.Wechat,
		Email: p.Email, Source: p.Source, Need: p.Need, Region: p.Region, Industry: p.Industry, Campaign: p.Campaign, State: crm.LeadOpen}
	if err := l.Check(); err != nil {
		return nil, r.bad("contact", err)
	}
	if err := r.cameBy(ctx, &l); err != nil {
		return nil, err
	}
	if len([]rune(l.Company)) > 60 || len([]rune(l.Contact)) > 30 || len([]rune(l.Need)) > 2000 {
		return nil, r.ask("company", "公司名、联系人或需求太长了，请说短一点。")
	}
	if r.req.Actor.Role != crm.Marketer { // what marketing finds goes to the pool
		l.OwnerID = r.req.Actor.UserID
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindLead, Name: l.Name()}}
	holders, err := r.tx.PhoneHolders(ctx, p.Phone)
	if err != nil {
		return nil, err
	}
	for _, h := range holders {
		switch {
		case h.Kind == string(crm.KindLead) && h.Seen:
			return nil, crm.Refuse(crm.ErrConflict, "这个号码已经是线索 #%d「%s」了，不用再录；要分配请说「#%d 给谁」。", h.Record, h.Name, h.Record)
		case h.Seen:
			res.Notes = append(res.Notes, fmt.Sprintf("这个号码是客户%s（%s负责）的。", h.Name, h.OwnerName))
		case h.OwnerName != "":
			res.Notes = append(res.Notes, fmt.Sprintf("这个号码在%s负责的%s名下也有，跟进前先和TA说一声。", h.OwnerName, kindName(h.Kind)))
		}
	}
	res.changes(res.Record, "公司", l.Company, "联系人", l.Contact, "职务", l.Title, "电话", l.Phone, "微信", l.Wechat, "邮箱", l.Email,
		"来源", l.Source, "需求", l.Need, "地区", l.Region, "行业", l.Industry, "活动", l.Campaign)
	r.then(func(ctx context.Context) error {
		id, err := r.tx.AddLead(ctx, l)
		if err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindLead, ID: int64(id), Name: l.Name()}
		res.settle(ref)
		r.focus = Focus{Lead: ref}
		r.audit("lead.create", ref, res.Changes)
		r.event("lead.created", ref, map[string]any{"source": l.Source, "owner": l.OwnerID, "campaign": l.CampaignID})
		return nil
	})
	r.title("线索「%s」", l.Name())
	return res, nil
}

// lead finds the open lead that is meant: by number, by company or person, else the one last spoken of.
func (r *run) lead(ctx context.Context, id crm.LeadID, said string) (l crm.Lead, err error) {
	if ref, ok := r.chosen("lead"); ok && ref.ID != 0 {
		id = crm.LeadID(ref.ID)
	}
	if id == 0 && said == "" {
		id = crm.LeadID(r.focus.Lead.ID)
	}
	if id != 0 {
		row, err := r.tx.LeadByID(ctx, id)
		if errors.Is(err, crm.ErrNotFound) {
			return l, r.otherKind(ctx, int64(id), crm.KindLead)
		}
		if err != nil {
			return l, err
		}
		return row.Lead(), row.Lead().CheckOpen()
	}
	if said == "" || len([]rune(said)) > 60 {
		return l, r.ask("customer", "哪条线索？说一下公司名或编号。")
	}
	rows, err := r.tx.LeadsNamed(ctx, said, 10)
	if err != nil {
		return l, err
	}
	switch len(rows) {
	case 0:
		return l, crm.Refuse(crm.ErrNotFound, "没有找到「%s」的线索，核对一下名字，或用编号说（如 #1207）。", said)
	case 1:
		return rows[0].Lead(), nil
	}
	options := make([]Option, len(rows))
	for i, row := range rows {
		lead := row.Lead()
		detail := strings.TrimSpace(row.Source + " " + row.OwnerName)
		if row.OwnerName == "" {
			detail = strings.TrimSpace(row.Source + " 公海")
		}
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindLead, ID: row.ID, Name: lead.Name()}, Detail: detail}
	}
	return l, r.pick("lead", said, options, false)
}

// LeadAssign gives a lead to a colleague.
type LeadAssign struct {
	Lead     crm.LeadID `json:"lead,omitempty" doc:"线索编号"`
	Customer string     `json:"customer,omitempty" doc:"线索的公司或联系人"`
	Owner    string     `json:"owner" doc:"*负责人：同事名、部门或 me"`
}

func leadAssign(ctx context.Context, r *run, p *LeadAssign) (*Result, error) {
	if p.Owner == "" {
		return nil, r.ask("owner", "分给谁？说一下同事的名字。")
	}
	l, err := r.lead(ctx, p.Lead, p.Customer)
	if err != nil {
		return nil, err
	}
	to, via, err := r.person(ctx, "owner", p.Owner)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindLead, ID: int64(l.ID), Name: l.Name()}
	res := &Result{Record: ref}
	if int64(l.OwnerID) == to.ID {
		res.Notes = append(res.Notes, fmt.Sprintf("线索「%s」本来就由%s负责。", l.Name(), to.Name))
		return res, nil
	}
	if !crm.Role(to.Role).May(crm.WriteLead) || crm.Role(to.Role) == crm.Marketer {
		return nil, crm.Refuse(crm.ErrInvalid, "%s是%s，不能跟线索，请换一位销售。", to.Name, crm.Role(to.Role).Chinese())
	}
	if l.OwnerID != 0 && l.OwnerID != r.req.Actor.UserID {
		res.Owner = l.OwnerName
		r.risky(fmt.Sprintf("这条线索由%s负责", l.OwnerName))
	}
	if note := handed(to, via); note != "" {
		res.Notes = append(res.Notes, note)
	}
	old := l.OwnerName
	if old == "" {
		old = "公海"
	}
	res.Changes = []Change{{Record: ref, Field: "负责人", Old: old, New: to.Name}}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.HandOver(ctx, crm.KindLead, int64(l.ID), l.Version, int64(l.OwnerID), to.ID); err != nil {
			return err
		}
		r.focus.Lead = ref
		r.audit("lead.assign", ref, res.Changes)
		r.event("lead.assigned", ref, map[string]any{"from": l.OwnerID, "to": to.ID})
		r.inform(to.ID, News{Topic: LeadGiven, Record: ref, To: to.Name, Source: l.Source, Phone: l.Phone, Need: l.Need})
		r.inform(int64(l.OwnerID), News{Topic: LeadTaken, Record: ref, To: to.Name})
		return nil
	})
	r.title("线索「%s」分给%s", l.Name(), to.Name)
	return res, nil
}

// LeadConvert makes a customer of a lead.
type LeadConvert struct {
	Lead     crm.LeadID `json:"lead,omitempty" doc:"线索编号"`
	Customer string     `json:"customer,omitempty" doc:"线索的公司或联系人"`
}

func leadConvert(ctx context.Context, r *run, p *LeadConvert) (*Result, error) {
	l, err := r.lead(ctx, p.Lead, p.Customer)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindLead, ID: int64(l.ID), Name: l.Name()}
	if l.OwnerID != 0 && l.OwnerID != r.req.Actor.UserID && r.req.Actor.Role == crm.Rep {
		return nil, crm.Refuse(crm.ErrDenied, "线索「%s」由%s负责，请找TA来转。", l.Name(), l.OwnerName)
	}
	name := l.Company
	if name == "" {
		name = l.Contact
	}
	if name == "" {
		return nil, r.ask("customer", "这条线索只有电话，转成客户要叫什么名字？")
	}
	create := &CustomerCreate{Customer: name, Industry: l.Industry, Region: l.Region, Source: l.Source, Contact: l.Contact, Title: l.Title, Phone: l.Phone, Email: l.Email}
	if l.Company == "" {
		create.Contact = ""
	}
	holders, err := r.tx.PhoneHolders(ctx, l.Phone)
	if err != nil {
		return nil, err
	}
	c, existing, err := r.createOrJoin(ctx, create, holders)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref(), Changes: []Change{{Record: ref, Field: "线索", Old: l.Name(), New: "已转客户"}}}
	if existing {
		res.Notes = append(res.Notes, fmt.Sprintf("并到了已有的客户%s（#%d）。", c.Name, c.ID))
		r.ours(c, res)
	} else {
		res.changes(c.ref(), "客户", c.Name)
	}
	if l.OwnerID != 0 && l.OwnerID != r.req.Actor.UserID {
		res.Owner = l.OwnerName
		r.risky(fmt.Sprintf("这条线索由%s负责", l.OwnerName))
	}
	if l.Contact != "" {
		r.addContact(c, store.ContactRow{Name: l.Contact, Title: l.Title, Phone: l.Phone, Email: l.Email, Wechat: l.Wechat}, res)
	}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindLead, int64(l.ID), l.Version, []store.Col{{Name: "state", Value: crm.LeadConverted}, {Name: "customer_id", Value: c.ID}}); err != nil {
			return err
		}
		res.settle(c.ref())
		if l.Need != "" {
			r.history(c, 0, "线索需求："+l.Need)
		}
		if news, err := r.tx.FormNews(ctx, l.ID); err != nil {
			return err
		} else if !news.IsZero() {
			if err := r.tx.AllowNews(ctx, c.ID, news); err != nil {
				return err
			}
		}
		r.audit("lead.convert", ref, res.Changes)
		r.event("lead.converted", ref, map[string]any{"customer": c.ID})
		r.inform(int64(l.OwnerID), News{Topic: LeadConverted, Record: ref, Customer: c.Name, To: c.OwnerName})
		return nil
	})
	r.title("线索「%s」转客户", l.Name())
	return res, nil
}
