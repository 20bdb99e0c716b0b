package action

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
)

// statusLife is how long a link shows how a ticket stands.
const statusLife = 180 * 24 * time.Hour

// TicketCapture is a ticket that a customer writes in a form, or another program for them. Whose customer it is, only the
// phone number says; what the writer claims beside it stays in the text.
type TicketCapture struct {
	Content  string `json:"content" doc:"*什么问题"`
	Name     string `json:"name,omitempty" doc:"客户怎么称呼"`
	Phone    string `json:"phone,omitempty" doc:"手机号，用来认出是哪位客户"`
	Email    string `json:"email,omitempty" doc:"邮箱"`
	Company  string `json:"company,omitempty" doc:"公司，只记在内容里"`
	Order    string `json:"order,omitempty" doc:"订单号，只记在内容里"`
	Kind     string `json:"kind,omitempty" doc:"类型：咨询、投诉、故障、退换、维修、其他"`
	Priority string `json:"priority,omitempty" doc:"优先级：紧急、高、普通、低"`
	Source   string `json:"source,omitempty" doc:"来源：form、api"`
	Link     string `json:"link,omitempty" doc:"进度链接的哈希，由入口填写"`
}

func ticketCapture(ctx context.Context, r *run, p *TicketCapture) (*Result, error) {
	content := strings.TrimSpace(p.Content)
	if content == "" {
		return nil, r.ask("content", "请写一下遇到了什么问题。")
	}
	if n := len([]rune(content)); n > mostTicket-300 {
		return nil, r.ask("content", "问题写得太长了（%d 个字），请控制在 %d 个字以内。", n, mostTicket-300)
	}
	phone, email := crm.CleanPhone(strings.TrimSpace(p.Phone)), strings.TrimSpace(p.Email)
	if phone != "" {
		if err := crm.CheckPhone(phone); err != nil {
			return nil, r.bad("phone", err)
		}
	}
	if email != "" {
		if err := crm.CheckEmail(email); err != nil {
			return nil, r.bad("email", err)
		}
	}
	create := &TicketCreate{Content: content, Kind: p.Kind, Priority: p.Priority, Source: p.Source}
	var about []string
	for _, part := range []struct{ label, value string }{
		{"联系人", strings.TrimSpace(briefly(p.Name, 30) + " " + phone)}, {"邮箱", email}, {"公司", briefly(p.Company, 60)}, {"订单", briefly(p.Order, 60)},
	} {
		if part.value != "" {
			about = append(about, part.label+"："+part.value)
		}
	}
	if len(about) > 0 {
		create.Content += "\n（" + strings.Join(about, "，") + "）"
	}
	if err := r.captureCustomer(ctx, create, phone, p.Name); err != nil {
		return nil, err
	}
	var recognised crm.CustomerID
	switch {
	case phone != "":
		g, err := r.tx.AddressedGuest(ctx, "sms", phone, p.Name)
		if err != nil {
			return nil, err
		}
		create.Guest, recognised = g.ID, g.Customer
	case email != "":
		g, err := r.tx.AddressedGuest(ctx, "mail", strings.ToLower(email), p.Name)
		if err != nil {
			return nil, err
		}
		create.Guest, recognised = g.ID, g.Customer
	}
	if create.Customer == "" && recognised != 0 {
		create.Customer = fmt.Sprintf("#%d", recognised)
	}
	res, err := ticketCreate(ctx, r, create)
	if err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(p.Link)
	if err != nil || len(hash) != 0 && len(hash) != 32 {
		return nil, crm.Refuse(crm.ErrInvalid, "进度链接不对，请重新提交。")
	}
	if len(hash) > 0 {
		r.then(func(ctx context.Context) error {
			return r.tx.LinkTicket(ctx, hash, crm.TicketID(res.Record.ID), r.now.Add(statusLife))
		})
	}
	return res, nil
}

// captureCustomer finds whose customer a phone number is. One that several customers have says nothing.
func (r *run) captureCustomer(ctx context.Context, create *TicketCreate, phone, name string) error {
	holders, err := r.tx.PhoneHolders(ctx, phone)
	if err != nil {
		return err
	}
	var customer int64
	for _, h := range holders {
		if h.CustomerID == nil || *h.CustomerID == 0 {
			continue
		}
		if customer != 0 && customer != *h.CustomerID {
			return nil
		}
		customer = *h.CustomerID
	}
	if customer != 0 {
		create.Customer, create.Contact = fmt.Sprintf("#%d", customer), strings.TrimSpace(name)
	}
	return nil
}

// TicketStatus is how a ticket stands, for whoever has its link.
type TicketStatus struct {
	Link string `json:"link" doc:"*进度链接的哈希"`
}

// TicketStatusView is what a customer sees of a ticket by its link: nothing of what was written, and nobody's name.
type TicketStatusView struct {
	Number int64  `json:"number"`
	Kind   string `json:"kind"`
	State  string `json:"state"` // in Chinese
	Since  string `json:"since"`
	Last   string `json:"last,omitempty"` // when it was last answered or closed
	Closed bool   `json:"closed"`
}

func ticketStatus(ctx context.Context, r *run, p *TicketStatus) (*Result, error) {
	hash, err := hex.DecodeString(p.Link)
	if err != nil || len(hash) != 32 {
		return nil, crm.Refuse(crm.ErrNotFound, "链接不对，请核对后再打开。")
	}
	row, err := r.tx.LinkedTicket(ctx, hash)
	if notFound(err) {
		return nil, crm.Refuse(crm.ErrNotFound, "链接不对或已经过期。")
	}
	if err != nil {
		return nil, err
	}
	if row.MergedInto != 0 { // it lives on in another one
		if row, err = r.tx.TicketByID(ctx, row.MergedInto); err != nil {
			return nil, err
		}
	}
	repair, err := r.tx.RepairOf(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	v := TicketStatusView{Number: int64(row.ID), Kind: row.Kind, State: crm.TicketStateChinese(row.State), Since: crm.SayTime(row.CreatedAt, r.now, r.zone), Closed: !row.Open()}
	if repair.Step != "" && row.Open() {
		v.State = repair.Step
	}
	switch {
	case row.ClosedAt != nil:
		v.Last = crm.SayTime(*row.ClosedAt, r.now, r.zone) + " 已处理完"
	case row.FirstAt != nil:
		v.Last = crm.SayTime(*row.FirstAt, r.now, r.zone) + " 客服已回复"
	case row.TouchedAt != nil:
		v.Last = crm.SayTime(*row.TouchedAt, r.now, r.zone) + " 客服已接手"
	}
	return view(&Result{}, v)
}
