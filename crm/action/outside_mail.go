package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// MailReceived is a mail of a customer: a word to the ticket that it answers to, else a new ticket.
type MailReceived struct {
	From       string       `json:"from" doc:"*发件人地址"`
	Name       string       `json:"name,omitempty" doc:"发件人姓名"`
	Subject    string       `json:"subject,omitempty" doc:"主题"`
	Content    string       `json:"content,omitempty" doc:"正文"`
	Message    string       `json:"message" doc:"*邮件编号，同一封只收一次"`
	References []string     `json:"references,omitempty" doc:"之前的邮件编号，旧的在前"`
	Ticket     crm.TicketID `json:"ticket,omitempty" doc:"主题里写的工单编号"`
	Files      []string     `json:"files,omitempty" doc:"附件的名字"`
	Authentic  bool         `json:"authentic,omitempty" doc:"邮件服务器证实了发件人"`
}

func mailReceived(ctx context.Context, r *run, p *MailReceived) (*Result, error) {
	from := strings.ToLower(strings.TrimSpace(p.From))
	if err := crm.CheckEmail(from); err != nil || p.Message == "" {
		return nil, crm.Refuse(crm.ErrInvalid, "这封邮件没有能回的地址。")
	}
	g, err := r.tx.AddressedGuest(ctx, "mail", from, briefly(p.Name, 60))
	if err != nil {
		return nil, err
	}
	res, unsure, err := r.mailUnsubscribes(ctx, p, from)
	if res != nil || err != nil {
		return res, err
	}
	id, err := r.mailTicket(ctx, p, g)
	if err != nil {
		return nil, err
	}
	content := strings.TrimSpace(p.Content)
	if len(p.Files) > 0 {
		content = strings.TrimSpace(content + "\n[附件：" + strings.Join(p.Files, "、") + "]")
	}
	if unsure {
		content += "\n[邮件里要退订或恢复，但没法证实是本人发的，还没有改。请客户点我们邮件里的退订链接，或问过本人再说「以后别给…发营销」]"
	}
	if content == "" {
		content = "（没有正文）"
	}
	if id != 0 {
		res, err = ticketSaid(ctx, r, &TicketHeard{Content: clipText(content, mostTicket-100), Ticket: id, Message: r.tx.Keys.MailKey(p.Message)})
	} else {
		create := &TicketCreate{Content: clipText(content, mostTicket-300), Source: "mail", Guest: g.ID}
		if subject := briefly(p.Subject, 120); subject != "" {
			create.Content = subject + "\n" + create.Content
		}
		if g.Customer != 0 {
			create.Customer = fmt.Sprintf("#%d", g.Customer)
		}
		create.Content += fmt.Sprintf("\n（邮件来自 %s）", strings.TrimSpace(briefly(p.Name, 60)+" "+from))
		res, err = ticketCreate(ctx, r, create)
	}
	if err != nil {
		return nil, err
	}
	r.then(func(ctx context.Context) error {
		if err := r.mailAnswers(ctx, from); err != nil {
			return err
		}
		return r.tx.AddMail(ctx, store.Mail{Ticket: crm.TicketID(res.Record.ID), ID: p.Message, Subject: briefly(p.Subject, 200)})
	})
	return res, nil
}

// mailTicket is the ticket that a mail answers to: by the mails before it, else by the number in its subject when that ticket
// is this very sender's. A number alone is no proof: anybody can write one.
func (r *run) mailTicket(ctx context.Context, p *MailReceived, g crm.Guest) (crm.TicketID, error) {
	id, err := r.tx.MailTicket(ctx, p.References)
	if err != nil {
		return 0, err
	}
	byNumber := id == 0
	if byNumber {
		id = p.Ticket
	}
	if id == 0 {
		return 0, nil
	}
	row, err := r.tx.TicketByID(ctx, id)
	if notFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if byNumber && crm.GuestID(row.GuestID) != g.ID {
		return 0, nil
	}
	return row.ID, nil
}

// clipText cuts a text to most characters and says so.
func clipText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…（后面还有，请看原邮件）"
	}
	return s
}
