package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// customer is a customer that this run works on. A fresh one gets its number in the second pass.
type customer struct {
	store.CustomerRow
	fresh bool
	deals []*deal
}

func (c *customer) ref() crm.Ref { return crm.Ref{Kind: crm.KindCustomer, ID: c.ID, Name: c.Name} }

// foreign is the owner's name when the customer is somebody else's and the actor does not work on it.
func (c *customer) foreign(a crm.Actor) string {
	if c.fresh || c.OwnerID == int64(a.UserID) {
		return ""
	}
	for _, id := range c.Collaborators {
		if id == int64(a.UserID) {
			return ""
		}
	}
	return c.OwnerName
}

// contact finds the contact that was said among those of c; nil when none or several answer.
func (c *customer) contact(said string) *store.ContactRow {
	if said == "" {
		return nil
	}
	var best *store.ContactRow
	top, same := 0, 0
	for i := range c.Contacts {
		switch fit := crm.PersonFits(c.Contacts[i].Name, said); {
		case fit > top:
			best, top, same = &c.Contacts[i], fit, 1
		case fit == top && fit > 0:
			same++
		}
	}
	if same != 1 {
		return nil
	}
	return best
}

// person tells whether said is the name of one of the customer's people, and not the customer's own.
func (c *customer) person(said string) bool {
	return crm.Fold(said) != crm.Fold(c.Name) && slices.ContainsFunc(c.Contacts, func(p store.ContactRow) bool { return crm.Fold(p.Name) == crm.Fold(said) })
}

// deal is a deal that this run works on.
type deal struct {
	store.DealRow
	customer *customer
	fresh    bool
}

func (d *deal) ref() crm.Ref { return crm.Ref{Kind: crm.KindDeal, ID: d.ID, Name: d.Title} }

// called is the deal's name in a sentence: what is named 「云帆商机」 is not called a 商机 twice.
func (d *deal) called() string {
	if strings.HasSuffix(d.Title, "商机") {
		return d.Title
	}
	return "商机「" + d.Title + "」"
}

// finding says what to do when nobody answers to a name.
type finding int

const (
	mustExist finding = iota // say how to create it
	orCreate                 // offer to create it; a chosen offer makes a fresh customer
	orContact                // the same, but the name of the only contact who bears it means that customer
)

// ofContact is the score of a customer that has a contact of the name that was said.
const ofContact = 30

// customer finds the customer that was said; with nothing said, the one last spoken of.
func (r *run) customer(ctx context.Context, said string, f finding) (*customer, error) {
	said = strings.TrimSpace(said)
	if ref, ok := r.chosen("customer"); ok {
		if ref.ID != 0 {
			return r.customerByID(ctx, ref.ID, said)
		}
		if f != mustExist && said != "" {
			c, err := r.freshCustomer(ctx, newCustomer{name: said})
			if err == nil {
				r.founded = append(r.founded, c.Name)
			}
			return c, err
		}
	}
	if said == "" {
		if r.focus.Customer.ID != 0 {
			return r.customerByID(ctx, r.focus.Customer.ID, "")
		}
		return nil, r.ask("customer", "哪个客户？说一下客户名就行。")
	}
	if n := len([]rune(said)); n > 60 {
		return nil, r.ask("customer", "客户名有 %d 个字，太长了，请只说公司名或人名。", n)
	}
	if c := r.known(said); c != nil {
		return c, nil
	}
	if number, ok := recordNumber(said); ok {
		return r.customerByID(ctx, number, said)
	}
	rows, err := r.tx.CustomersNamed(ctx, said)
	if err != nil {
		return nil, err
	}
	rows = plausible(said, rows)
	if len(rows) == 0 {
		if id, err := r.tx.Formerly(ctx, said); err == nil { // it became a part of another one
			return r.customerByID(ctx, id, said)
		} else if !notFound(err) {
			return nil, err
		}
	}
	switch {
	case len(rows) == 0 && f != mustExist:
		return nil, r.pick("customer", said, nil, true)
	case len(rows) == 0:
		return nil, crm.Refuse(crm.ErrNotFound, "没有找到客户「%s」，换个说法试试，或说「新客户 %s」建一个。", said, said)
	case !rows[0].Seen:
		return nil, walled(crm.ErrDenied, rows[0], fmt.Sprintf("%s由%s负责，回「申请协作」请TA让你一起跟。", rows[0].Name, rows[0].OwnerName))
	case len(rows) == 1 && (rows[0].Score > 40 || rows[0].Score == ofContact && f != orCreate):
		return r.keep(said, &customer{CustomerRow: rows[0]}), nil
	}
	slices.SortStableFunc(rows, func(a, b store.CustomerRow) int { // the one just spoken of first; naming it again may mean another
		return btoi(b.ID == r.focus.Customer.ID) - btoi(a.ID == r.focus.Customer.ID)
	})
	return nil, r.pick("customer", said, customerOptions(rows), f != mustExist && rows[0].Score <= 40)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plausible drops the near spellings that are not near enough.
func plausible(said string, rows []store.CustomerRow) []store.CustomerRow {
	brand := crm.BrandName(said)
	kept := rows[:0]
	for _, row := range rows {
		if row.Score == 40 && crm.Distance(brand, crm.BrandName(row.Name), 1) > 1 || row.Score == 50 && soundsOtherwise(said, row.Name) {
			continue
		}
		kept = append(kept, row)
	}
	return kept
}

func customerOptions(rows []store.CustomerRow) []Option {
	options := make([]Option, len(rows))
	for i, row := range rows {
		var parts []string
		for _, p := range []string{row.Region, row.Industry, row.OwnerName} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		if row.LastContactAt != nil {
			parts = append(parts, row.LastContactAt.In(crm.Shanghai).Format("01-02")+" 联系过")
		}
		options[i] = Option{Ref: crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name}, Detail: strings.Join(parts, " · ")}
	}
	return options
}

// known is a customer that an earlier call of this run found or made under this name.
func (r *run) known(said string) *customer {
	key := crm.CompanyName(said)
	if c := r.customers[key]; c != nil {
		return c
	}
	core := crm.CoreName(said)
	for _, c := range r.customers {
		if c.fresh && core != "" && (crm.CompanyName(c.Name) == key || strings.HasPrefix(crm.CoreName(c.Name), core)) {
			return c
		}
	}
	return nil
}

// keep remembers c under what was said and makes it the one last spoken of.
func (r *run) keep(said string, c *customer) *customer {
	for _, other := range r.customers {
		if other.ID == c.ID && !other.fresh && !c.fresh {
			c = other
			break
		}
	}
	if c.deals == nil {
		for _, row := range c.Deals {
			d := &deal{DealRow: row, customer: c}
			c.deals = append(c.deals, d)
			r.deals[d.ID] = d
		}
	}
	if key := crm.CompanyName(said); key != "" {
		r.customers[key] = c
	} else {
		r.customers["#"+strconv.FormatInt(c.ID, 10)] = c
	}
	if r.focus.Customer.ID != c.ID || c.fresh {
		r.focus = Focus{Customer: c.ref()}
	}
	return c
}

func (r *run) customerByID(ctx context.Context, id int64, said string) (*customer, error) {
	for _, c := range r.customers {
		if c.ID == id && !c.fresh {
			return r.keep(said, c), nil
		}
	}
	row, err := r.tx.CustomerByID(ctx, crm.CustomerID(id))
	if errors.Is(err, crm.ErrNotFound) {
		return nil, r.otherKind(ctx, id, crm.KindCustomer)
	}
	if err != nil {
		return nil, err
	}
	return r.keep(said, &customer{CustomerRow: row}), nil
}

// otherKind refuses a number that does not name what it should: it says what it is, if the actor may know.
func (r *run) otherKind(ctx context.Context, id int64, want crm.Kind) error {
	is, err := r.tx.WhatIs(ctx, id)
	switch {
	case errors.Is(err, crm.ErrNotFound) || err == nil && is.Kind == want:
		what := want.Chinese()
		if want == crm.KindReminder {
			what = "提醒或任务" // people say 「完成 #1042」 of both
		}
		return crm.Refuse(crm.ErrNotFound, "没有找到%s #%d，核对一下编号再说一遍。", what, id)
	case err != nil:
		return err
	}
	name := is.Name
	if name != "" {
		name = "「" + name + "」"
	}
	return crm.Refuse(crm.ErrInvalid, "编号 #%d 是%s%s，不是%s，核对一下再说一遍。", id, is.Kind.Chinese(), name, want.Chinese())
}

// recordNumber reads 「#1024」 and 「1024」.
func recordNumber(said string) (int64, bool) {
	digits, hash := strings.CutPrefix(said, "#")
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0 && (hash || n > 1000)
}

// ours checks that the actor may change c: a customer of somebody else's is shown to a person first.
func (r *run) ours(c *customer, res *Result) {
	if owner := c.foreign(r.req.Actor); owner != "" {
		res.Owner = owner
		r.risky(fmt.Sprintf("%s由%s负责", c.Name, owner))
	}
}

// softCustomer finds a customer if the name is plain, and does not insist.
func (r *run) softCustomer(ctx context.Context, said string) (*customer, error) {
	if said == "" {
		return nil, nil
	}
	before := r.focus
	c, err := r.customer(ctx, said, mustExist)
	var question *stop
	var refusal *crm.Refusal
	if errors.As(err, &question) || errors.As(err, &refusal) {
		r.focus = before
		return nil, nil
	}
	return c, err
}
