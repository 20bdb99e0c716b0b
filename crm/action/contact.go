package action

import (
	"context"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// ContactCreate adds a person to a customer.
type ContactCreate struct {
	Customer string `json:"customer" doc:"*客户名"`
	Contact  string `json:"contact" doc:"*联系人姓名"`
	Phone    string `json:"phone,omitempty" doc:"电话"`
	Title    string `json:"title,omitempty" doc:"职务"`
	Email    string `json:"email,omitempty" doc:"邮箱"`
	Wechat   string `json:"wechat,omitempty" doc:"微信号"`
	Birthday string `json:"birthday,omitempty" doc:"生日"`
}

func contactCreate(ctx context.Context, r *run, p *ContactCreate) (*Result, error) {
	if p.Contact == "" {
		return nil, r.ask("contact", "联系人叫什么名字？")
	}
	if len([]rune(p.Contact)) > 30 {
		return nil, r.ask("contact", "联系人名字太长了，请只说名字。")
	}
	if err := r.checkPerson(&p.Phone, p.Email, p.Birthday); err != nil {
		return nil, err
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	holders, err := r.tx.PhoneHolders(ctx, p.Phone)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindContact, Name: p.Contact}}
	r.ours(c, res)
	for _, h := range holders {
		if h.CustomerID != nil && *h.CustomerID != c.ID {
			res.Notes = append(res.Notes, fmt.Sprintf("这个号码在%s（%s负责）名下也有。", h.Name, h.OwnerName))
			break
		}
	}
	r.addContact(c, store.ContactRow{Name: p.Contact, Title: p.Title, Phone: p.Phone, Email: p.Email, Wechat: p.Wechat, Birthday: p.Birthday}, res)
	return res, nil
}

// addContact queues a contact of c, or fills what is missing of the one that has the same name.
func (r *run) addContact(c *customer, row store.ContactRow, res *Result) {
	for i := range c.Contacts {
		if crm.Fold(c.Contacts[i].Name) == crm.Fold(row.Name) {
			r.mendContact(c, &c.Contacts[i], row, res)
			return
		}
	}
	ref := crm.Ref{Kind: crm.KindContact, Name: row.Name}
	res.changes(ref, "联系人", row.Name, "职务", row.Title, "电话", row.Phone, "邮箱", row.Email, "微信", row.Wechat, "生日", row.Birthday)
	c.Contacts = append(c.Contacts, store.ContactRow{Name: row.Name, Title: row.Title})
	at := len(c.Contacts) - 1
	r.then(func(ctx context.Context) error {
		row.CustomerID = c.ID
		if err := r.tx.AddContact(ctx, &row); err != nil {
			return err
		}
		c.Contacts[at] = row
		ref.ID = row.ID
		res.settle(ref)
		r.focus.Contact = ref
		r.audit("contact.create", ref, res.Changes)
		r.event("contact.created", ref, map[string]any{"customer": c.ID})
		r.informOwners(c, nil, News{Topic: ContactAdded, Record: ref})
		return nil
	})
	r.title("%s的联系人%s", c.Name, row.Name)
}

// mendContact queues the details of a contact that is there already.
func (r *run) mendContact(c *customer, there *store.ContactRow, row store.ContactRow, res *Result) {
	ref := crm.Ref{Kind: crm.KindContact, ID: there.ID, Name: there.Name}
	if res.Record.Kind == crm.KindContact {
		res.Record = ref
	}
	var set []store.Col
	before := len(res.Changes)
	if row.Title != "" && row.Title != there.Title {
		res.Changes = append(res.Changes, Change{Record: ref, Field: "职务", Old: there.Title, New: row.Title})
		set = append(set, store.Col{Name: "title", Value: row.Title})
	}
	if row.Birthday != "" && row.Birthday != there.Birthday {
		res.changes(ref, "生日", row.Birthday)
		set = append(set, store.Col{Name: "birthday", Value: row.Birthday})
	}
	if row.Phone != "" {
		res.changes(ref, "电话", row.Phone)
		set = append(set, r.tx.PhoneCols("contacts", row.Phone)...)
	}
	if row.Email != "" {
		res.changes(ref, "邮箱", row.Email)
		set = append(set, r.tx.SealedCol("contacts", "email", row.Email), store.Col{Name: "email_index", Value: r.tx.Keys.Index("email", crm.Fold(row.Email))})
	}
	if row.Wechat != "" {
		res.changes(ref, "微信", row.Wechat)
		set = append(set, r.tx.SealedCol("contacts", "wechat", row.Wechat))
	}
	if len(set) == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%s已经有联系人%s了。", c.Name, there.Name))
		return
	}
	r.then(func(ctx context.Context) error {
		version, err := r.tx.Set(ctx, crm.KindContact, there.ID, there.Version, set)
		if err != nil {
			return err
		}
		there.Version = version
		r.focus.Contact = ref
		r.audit("contact.create", ref, res.Changes[before:])
		r.informOwners(c, nil, News{Topic: RecordChanged, Record: ref, Changes: res.Changes[before:]})
		return nil
	})
	r.title("%s的联系人%s", c.Name, there.Name)
}
