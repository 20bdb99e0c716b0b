package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"gendan/crm"
	"gendan/crm/store"
)

// CustomerUpdate changes one field of a customer.
type CustomerUpdate struct {
	Customer string `json:"customer" doc:"*客户名"`
	Field    string `json:"field" doc:"*字段，如 行业、地区、级别、规模、地址"`
	Value    string `json:"value" doc:"*新的值"`
}

func customerUpdate(ctx context.Context, r *run, p *CustomerUpdate) (*Result, error) {
	label := crm.FieldLabel(p.Field)
	if err := crm.CheckField(label, "x"); err != nil {
		return nil, r.bad("field", err)
	}
	if err := crm.CheckField(label, p.Value); err != nil {
		return nil, r.bad("value", err)
	}
	c, err := r.customer(ctx, p.Customer, orContact)
	if err != nil {
		return nil, err
	}
	detail := store.CustomerDetail{}
	if !c.fresh {
		if detail, err = r.tx.CustomerDetail(ctx, crm.CustomerID(c.ID)); err != nil {
			return nil, err
		}
	}
	value := strings.TrimSpace(p.Value)
	res := &Result{Record: c.ref()}
	r.ours(c, res)
	if day, ok := crm.Birthday(value); ok && label == crm.LabelBirthday {
		if who := birthdayOf(c, p.Customer); who != "" {
			res.Record = crm.Ref{Kind: crm.KindContact, Name: who}
			r.addContact(c, store.ContactRow{Name: who, Birthday: day}, res)
			return res, nil
		}
		if len(c.Contacts) > 1 {
			return nil, crm.Refuse(crm.ErrInvalid, "%s有 %d 位联系人，是谁的生日？请带上名字，比如「%s的%s生日%s」。", c.Name, len(c.Contacts), crm.BrandName(c.Name), c.Contacts[0].Name, value)
		}
	}
	var old string
	var set []store.Col
	secret := false
	switch label {
	case crm.LabelIndustry:
		old, set = c.Industry, []store.Col{{Name: "industry", Value: value}}
	case crm.LabelRegion:
		old, set = c.Region, []store.Col{{Name: "region", Value: value}}
	case crm.LabelSource:
		old, set = c.Source, []store.Col{{Name: "source", Value: value}}
	case crm.LabelLevel:
		if value, err = crm.FindLevel(value); err != nil {
			return nil, r.bad("value", err)
		}
		old, set = c.Level, []store.Col{{Name: "level", Value: value}}
	case crm.LabelName:
		old, set, err = c.Name, store.CustomerNameCols(value), r.freeName(ctx, c, value)
		if err != nil {
			return nil, err
		}
	case crm.LabelPhone:
		if value = crm.CleanPhone(value); crm.CheckPhone(value) != nil {
			return nil, r.bad("value", crm.CheckPhone(value))
		}
		old, set, secret = detail.Phone, r.tx.PhoneCols("customers", value), true
	case crm.LabelAddress:
		old, set, secret = detail.Address, []store.Col{r.tx.SealedCol("customers", "address", value)}, true
	default:
		var col store.Col
		if old, col, err = r.tx.SetCustomField(detail.Fields, label, value); err != nil {
			return nil, err
		}
		set, secret = []store.Col{col}, crm.PrivateField(label, value)
	}
	if old == value {
		res.Notes = append(res.Notes, fmt.Sprintf("%s的%s本来就是%s，没有改动。", c.Name, label, value))
		return res, nil
	}
	res.Changes = []Change{{Record: c.ref(), Field: label, Old: old, New: value, Secret: secret}}
	r.setCustomer(c, res, "customer.update", set)
	r.title("%s的%s", c.Name, label)
	return res, nil
}

// birthdayOf is the person whose birthday was said of a customer: the contact named behind it or alone, the customer that is a person, or the
// only contact; "" when nobody knows.
func birthdayOf(c *customer, said string) string {
	for _, name := range []string{c.Name, crm.CompanyName(c.Name), crm.CoreName(c.Name), crm.BrandName(c.Name)} {
		if rest, ok := strings.CutPrefix(crm.Fold(said), crm.Fold(name)); ok && rest != "" {
			said = strings.TrimPrefix(rest, "的")
			break
		}
	}
	if there := c.contact(said); there != nil {
		return there.Name
	}
	if crm.LooksLikePerson(c.Name) {
		return c.Name
	}
	if len(c.Contacts) == 1 {
		return c.Contacts[0].Name
	}
	return ""
}

// setCustomer queues a change of c's columns with its audit line, history and event.
func (r *run) setCustomer(c *customer, res *Result, action string, set []store.Col) {
	r.then(func(ctx context.Context) error {
		version, err := r.tx.Set(ctx, crm.KindCustomer, c.ID, c.Version, set)
		if err != nil {
			return err
		}
		c.Version = version
		res.settle(c.ref())
		r.audit(action, c.ref(), res.Changes)
		r.event("customer.changed", c.ref(), map[string]any{"fields": fieldNames(res.Changes)})
		r.informOwners(c, nil, News{Topic: RecordChanged, Record: c.ref(), Changes: res.Changes})
		r.history(c, 0, sayMasked(res.Changes))
		return nil
	})
}

func fieldNames(changes []Change) []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Field
	}
	return names
}

// sayMasked is say, without personal data: a history is read by more people than the field.
func sayMasked(changes []Change) string {
	masked := slices.Clone(changes)
	for i := range masked {
		if masked[i].Secret && masked[i].Field != "金额" {
			masked[i].Old, masked[i].New = "", "已更新"
		}
	}
	return say(masked)
}

// freeName refuses a new name that another customer has.
func (r *run) freeName(ctx context.Context, c *customer, name string) error {
	if err := crm.CheckCustomerName(name); err != nil {
		return r.bad("value", err)
	}
	rows, err := r.tx.CustomersNamed(ctx, name)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Score == 100 && row.ID != c.ID {
			return crm.Refuse(crm.ErrConflict, "已经有叫%s的客户了（%s负责），请换个名称。", row.Name, row.OwnerName)
		}
	}
	return nil
}

// CustomerTag adds tags to a customer and takes some off.
type CustomerTag struct {
	Customer string   `json:"customer" doc:"*客户名"`
	Tags     []string `json:"tags,omitempty" doc:"*要打的标签"`
	Remove   []string `json:"remove,omitempty" doc:"要去掉的标签"`
}

func customerTag(ctx context.Context, r *run, p *CustomerTag) (*Result, error) {
	var tags, remove []string
	var err error
	if len(p.Tags) > 0 || len(p.Remove) == 0 {
		if tags, err = crm.CheckTags(p.Tags); err != nil {
			return nil, r.bad("tags", err)
		}
	}
	if len(p.Remove) > 0 {
		if remove, err = crm.CheckTags(p.Remove); err != nil {
			return nil, r.bad("remove", err)
		}
	}
	f := orContact
	if len(tags) == 0 {
		f = mustExist // nobody new has a tag to lose
	}
	c, err := r.customer(ctx, p.Customer, f)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	r.ours(c, res)
	all := slices.Clone([]string(c.Tags))
	for _, t := range tags {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	all = slices.DeleteFunc(all, func(t string) bool { return slices.Contains(remove, t) })
	if slices.Equal(all, c.Tags) {
		note := fmt.Sprintf("%s已经有这些标签了：%s。", c.Name, strings.Join(tags, "、"))
		if len(remove) > 0 {
			note = fmt.Sprintf("%s没有标签「%s」，没有改动。", c.Name, strings.Join(remove, "、"))
		}
		res.Notes = append(res.Notes, note)
		return res, nil
	}
	res.Changes = []Change{{Record: c.ref(), Field: "标签", Old: strings.Join(c.Tags, "、"), New: strings.Join(all, "、")}}
	c.Tags = all
	r.setCustomer(c, res, "customer.tag", []store.Col{{Name: "tags", Value: pq.StringArray(all)}})
	r.title("%s的标签", c.Name)
	return res, nil
}
