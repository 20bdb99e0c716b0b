package action

import (
	"context"
	"encoding/json"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// SMSReceived is what a customer answered to a text message. 退订 ends all that comes unasked, by every channel, for everybody who
// has that number; another word is told to whoever looks after the customer.
type SMSReceived struct {
	From    string `json:"from" doc:"*手机号"`
	Content string `json:"content" doc:"*短信内容"`
	Message string `json:"message" doc:"*短信编号，同一条只收一次"`
}

// smsCustomers is to how many customers of one number an answer that is no 退订 is written.
const smsCustomers = 20

func smsReceived(ctx context.Context, r *run, p *SMSReceived) (*Result, error) {
	from := crm.CleanPhone(p.From)
	if crm.CheckPhone(from) != nil || p.Content == "" {
		return nil, crm.Refuse(crm.ErrInvalid, "这条短信没有能认的号码。")
	}
	ids, err := r.tx.CustomersOfPhone(ctx, from)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	out, in := r.x.Says(p.Content)
	for i, id := range ids {
		if i >= smsCustomers && !out && !in {
			break
		}
		if out || in {
			if res, err = consentSaid(ctx, r, &ConsentSaid{Customer: id, Again: in, Via: crm.BySMS}); err != nil {
				return nil, err
			}
			continue
		}
		if res, err = r.answered(ctx, id, from, briefly(p.Content, 200)); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// answered keeps a customer's answer and tells the owner.
func (r *run) answered(ctx context.Context, id crm.CustomerID, from, text string) (*Result, error) {
	row, err := r.tx.CustomerByID(ctx, id)
	if err != nil {
		return nil, err
	}
	c := &customer{CustomerRow: row}
	g, err := r.tx.AddressedGuest(ctx, "sms", from, "")
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(ContactNews{Said: text, Customer: id, Owner: crm.UserID(c.OwnerID)})
	if err != nil {
		return nil, fmt.Errorf("sms.received: %w", err)
	}
	res := &Result{Record: c.ref()}
	r.then(func(ctx context.Context) error {
		r.history(c, 0, "客户短信回复："+text)
		r.audit("sms.received", res.Record, nil)
		if err := r.offersAnswered(ctx, id); err != nil {
			return err
		}
		if c.OwnerID != 0 {
			r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("contact:%d", c.OwnerID), Kind: KindContact, Subject: int64(g.ID), Payload: payload, Key: fmt.Sprintf("sms:%d:%s", id, r.req.Key)})
		}
		return nil
	})
	return res, nil
}
