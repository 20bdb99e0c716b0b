package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// CustomerCreate makes a customer, with a contact when one is named.
type CustomerCreate struct {
	Customer string `json:"customer" doc:"*客户名"`
	Industry string `json:"industry,omitempty" doc:"行业"`
	Region   string `json:"region,omitempty" doc:"地区"`
	Level    string `json:"level,omitempty" doc:"客户级别"`
	Source   string `json:"source,omitempty" doc:"来源"`
	Contact  string `json:"contact,omitempty" doc:"联系人"`
	Title    string `json:"title,omitempty" doc:"联系人职务"`
	Phone    string `json:"phone,omitempty" doc:"电话"`
	Email    string `json:"email,omitempty" doc:"邮箱"`
}

// newCustomer is what a fresh customer begins with.
type newCustomer struct {
	name, industry, region, level, source string
	phone                                 string // of the customer itself
	person                                bool
}

// freshCustomer queues the creation of a customer, which the calls after this one can already speak of.
func (r *run) freshCustomer(ctx context.Context, n newCustomer) (*customer, error) {
	if err := crm.CheckCustomerName(n.name); err != nil {
		return nil, r.bad("customer", err)
	}
	if err := r.req.Actor.CheckDeed(crm.WriteCustomer); err != nil {
		return nil, err
	}
	c := &customer{fresh: true}
	c.Name, c.Seen, c.Version = strings.TrimSpace(n.name), true, 1
	c.OwnerID, c.OwnerName = int64(r.req.Actor.UserID), r.req.Actor.Name
	r.then(func(ctx context.Context) error {
		id, err := r.tx.AddCustomer(ctx, store.NewCustomer{Name: c.Name, Person: n.person, OwnerID: r.req.Actor.UserID,
			Industry: n.industry, Region: n.region, Level: n.level, Source: n.source, Phone: n.phone})
		if err != nil {
			return err // a conflict: somebody made it a moment ago; run again and find it
		}
		c.ID = int64(id)
		if r.focus.Customer.ID == 0 && r.focus.Customer.Name == c.Name {
			r.focus.Customer = c.ref()
		}
		r.audit("customer.create", c.ref(), nil)
		r.event("customer.created", c.ref(), map[string]any{"name": c.Name, "source": n.source})
		r.history(c, 0, "新建客户")
		return nil
	})
	r.title("新建客户%s", c.Name)
	return r.keep(n.name, c), nil
}

func customerCreate(ctx context.Context, r *run, p *CustomerCreate) (*Result, error) {
	if err := r.checkPerson(&p.Phone, p.Email, ""); err != nil {
		return nil, err
	}
	if p.Level != "" {
		level, err := crm.FindLevel(p.Level)
		if err != nil {
			return nil, r.bad("level", err)
		}
		p.Level = level
	}
	if strings.TrimSpace(p.Customer) == "" {
		return nil, r.ask("customer", "新客户叫什么名字？")
	}
	holders, err := r.tx.PhoneHolders(ctx, p.Phone)
	if err != nil {
		return nil, err
	}
	c, existing, err := r.createOrJoin(ctx, p, holders)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	if existing {
		r.ours(c, res)
		res.Notes = append(res.Notes, fmt.Sprintf("用了已有的客户%s（#%d）。", c.Name, c.ID))
	} else {
		res.changes(c.ref(), "客户", c.Name, "行业", p.Industry, "地区", p.Region, "客户级别", p.Level, "来源", p.Source)
	}
	for _, h := range holders {
		if !h.Seen && h.OwnerName != "" {
			res.Notes = append(res.Notes, fmt.Sprintf("这个号码在%s负责的%s名下也有，跟进前先和TA说一声。", h.OwnerName, kindName(h.Kind)))
			break
		}
	}
	contact, itself := p.Contact, isPerson(p)
	switch {
	case contact == "" && itself:
		contact = p.Customer
	case contact == "" && p.Phone != "" && !existing:
		res.changes(c.ref(), "电话", p.Phone)
	}
	if contact != "" {
		r.addContact(c, store.ContactRow{Name: contact, Title: p.Title, Phone: p.Phone, Email: p.Email}, res)
	}
	r.then(func(context.Context) error { res.settle(c.ref()); return nil })
	return res, nil
}

// isPerson tells whether the customer is a household: a person's name with a number, and no contact beside.
func isPerson(p *CustomerCreate) bool {
	return p.Contact == "" && p.Phone != "" && crm.LooksLikePerson(p.Customer)
}

// createOrJoin looks before it creates: the same firm is refused, a near one or the same number asked about.
func (r *run) createOrJoin(ctx context.Context, p *CustomerCreate, holders []store.PhoneHolder) (c *customer, existing bool, err error) {
	fresh := newCustomer{name: p.Customer, industry: p.Industry, region: p.Region, level: p.Level, source: p.Source, person: isPerson(p)}
	if p.Contact == "" && !fresh.person {
		fresh.phone = p.Phone
	}
	ref, answered := r.chosen("customer")
	if answered && ref.ID != 0 {
		c, err = r.customerByID(ctx, ref.ID, p.Customer)
		return c, true, err
	}
	rows, err := r.tx.CustomersNamed(ctx, p.Customer)
	if err != nil {
		return nil, false, err
	}
	var near []store.CustomerRow
	for _, row := range plausible(p.Customer, rows) {
		same := row.Score == 100 && !fresh.person
		switch {
		case same && !row.Seen:
			return nil, false, walled(crm.ErrConflict, row, fmt.Sprintf("%s已经有了，由%s负责，回「申请协作」请TA让你一起跟。", row.Name, row.OwnerName))
		case same && p.Contact == "" && p.Phone == "":
			return nil, false, crm.Refuse(crm.ErrConflict, "%s已经有了（#%d，%s负责），直接说「%s …」就能跟进。", row.Name, row.ID, row.OwnerName, row.Name)
		case row.Score >= 80 && row.Seen && (same || similar(p.Customer, row.Name)):
			near = append(near, row)
		case row.Score == 50 && row.Seen && !fresh.person && soundsSame(p.Customer, row.Name):
			near = append(near, row)
		case row.Score >= 80 && !fresh.person && similar(p.Customer, row.Name):
			r.risky(fmt.Sprintf("和%s负责的%s很像", row.OwnerName, row.Name))
		}
	}
	for _, h := range holders {
		if h.Seen && h.CustomerID != nil && !slices.ContainsFunc(near, func(row store.CustomerRow) bool { return row.ID == *h.CustomerID }) {
			row, err := r.tx.CustomerByID(ctx, crm.CustomerID(*h.CustomerID))
			if err != nil {
				return nil, false, err
			}
			near = append(near, row)
		}
	}
	if len(near) > 0 && !answered {
		same := near[0].Score == 100 && crm.CompanyName(near[0].Name) == crm.CompanyName(p.Customer) && !fresh.person
		return nil, false, r.pick("customer", p.Customer, customerOptions(near), !same)
	}
	c, err = r.freshCustomer(ctx, fresh)
	return c, false, err
}

// similar tells whether two names may be one firm: the same core, or one core that the other adds a trade to.
func similar(a, b string) bool {
	return crm.CoreName(a) == crm.CoreName(b) || crm.BrandName(a) == crm.CoreName(b) || crm.CoreName(a) == crm.BrandName(b)
}

func kindName(kind string) string {
	if kind == string(crm.KindLead) {
		return "线索"
	}
	return "客户"
}

// checkPerson checks a person's details and brings the phone into its normal form.
func (r *run) checkPerson(phone *string, email, birthday string) error {
	if *phone != "" {
		*phone = crm.CleanPhone(*phone)
		if err := crm.CheckPhone(*phone); err != nil {
			return r.bad("phone", err)
		}
	}
	if email != "" {
		if err := crm.CheckEmail(email); err != nil {
			return r.bad("email", err)
		}
	}
	if birthday != "" {
		if err := crm.CheckBirthday(birthday); err != nil {
			return r.bad("birthday", err)
		}
	}
	return nil
}

// changes adds fields of a new record: label and value in turn; empty values are left out.
func (res *Result) changes(ref crm.Ref, labelsAndValues ...string) {
	for i := 0; i+1 < len(labelsAndValues); i += 2 {
		if label, value := labelsAndValues[i], labelsAndValues[i+1]; value != "" {
			secret := slices.Contains([]string{"电话", "邮箱", "微信", "地址", "金额"}, label)
			res.Changes = append(res.Changes, Change{Record: ref, Field: label, New: value, Secret: secret})
		}
	}
}

// notFound tells whether err is that nothing was there.
func notFound(err error) bool { return errors.Is(err, crm.ErrNotFound) }
