package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
	"gendan/crm/store"
)

// CustomerShare lets a colleague work on a customer as its owner does (协作人).
type CustomerShare struct {
	Customer string `json:"customer" doc:"*客户名"`
	To       string `json:"to" doc:"*协作的同事"`
}

func customerShare(ctx context.Context, r *run, p *CustomerShare) (*Result, error) {
	c, to, err := r.sharing(ctx, p)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	switch {
	case c.OwnerID == to.ID:
		res.Notes = append(res.Notes, fmt.Sprintf("%s本来就由%s负责，不用加。", c.Name, to.Name))
		return res, nil
	case slices.Contains(c.Collaborators, to.ID):
		res.Notes = append(res.Notes, fmt.Sprintf("%s已经是%s的协作人了，不用再加。", to.Name, c.Name))
		return res, nil
	case !crm.Role(to.Role).May(crm.WriteCustomer):
		return nil, crm.Refuse(crm.ErrInvalid, "%s是%s，本来就能查客户，不用加为协作人。", to.Name, crm.Role(to.Role).Chinese())
	}
	err = r.collaborate(ctx, c, res, "customer.share", to, CustomerShared, append(slices.Clone(c.Collaborators), to.ID))
	r.title("%s加协作人%s", c.Name, to.Name)
	return res, err
}

// CustomerUnshare takes a colleague off the customer's collaborators.
type CustomerUnshare struct {
	Customer string `json:"customer" doc:"*客户名"`
	To       string `json:"to" doc:"*要移出的同事"`
}

func customerUnshare(ctx context.Context, r *run, p *CustomerUnshare) (*Result, error) {
	c, to, err := r.sharing(ctx, (*CustomerShare)(p))
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	if !slices.Contains(c.Collaborators, to.ID) {
		res.Notes = append(res.Notes, fmt.Sprintf("%s不是%s的协作人，没有改动。", to.Name, c.Name))
		return res, nil
	}
	left := slices.DeleteFunc(slices.Clone(c.Collaborators), func(id int64) bool { return id == to.ID })
	err = r.collaborate(ctx, c, res, "customer.unshare", to, CustomerClosed, left)
	r.title("%s移出协作人%s", c.Name, to.Name)
	return res, err
}

// sharing finds the customer and the colleague; only its owner and those above may say who works along.
func (r *run) sharing(ctx context.Context, p *CustomerShare) (*customer, store.Colleague, error) {
	if strings.TrimSpace(p.To) == "" {
		return nil, store.Colleague{}, r.ask("to", "哪位同事？说一下名字。")
	}
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, store.Colleague{}, err
	}
	to, _, err := r.person(ctx, "to", p.To)
	if err != nil {
		return nil, to, err
	}
	if r.req.Actor.Role == crm.Rep && c.OwnerID != int64(r.req.Actor.UserID) && !c.fresh {
		return nil, to, crm.Refuse(crm.ErrDenied, "%s由%s负责，协作人要由TA自己或主管来定，请直接找TA。", c.Name, c.OwnerName)
	}
	return c, to, nil
}

// collaborate queues the new list of collaborators.
func (r *run) collaborate(ctx context.Context, c *customer, res *Result, action string, to store.Colleague, topic Topic, ids []int64) error {
	r.ours(c, res)
	before, err := r.namesOf(ctx, c.Collaborators)
	if err != nil {
		return err
	}
	after, err := r.namesOf(ctx, ids)
	if err != nil {
		return err
	}
	res.Changes = []Change{{Record: c.ref(), Field: "协作人", Old: strings.Join(before, "、"), New: strings.Join(after, "、")}}
	c.Collaborators = ids
	r.setCustomer(c, res, action, []store.Col{{Name: "collaborators", Value: pq.Int64Array(ids)}})
	owner := c.OwnerName
	r.then(func(context.Context) error {
		r.inform(to.ID, News{Topic: topic, Record: c.ref(), To: owner})
		return nil
	})
	return nil
}

// namesOf names colleagues; those who have left are not named.
func (r *run) namesOf(ctx context.Context, ids []int64) (names []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if i := slices.IndexFunc(people, func(p store.Colleague) bool { return p.ID == id }); i >= 0 {
			names = append(names, people[i].Name)
		}
	}
	return names, nil
}

// ShareAsk asks a customer's owner to let the speaker work along (申请协作).
type ShareAsk struct {
	Customer string `json:"customer" doc:"*客户名"`
}

func shareAsk(ctx context.Context, r *run, p *ShareAsk) (*Result, error) {
	said := strings.TrimSpace(p.Customer)
	if said == "" || len([]rune(said)) > 60 {
		return nil, r.ask("customer", "想一起跟哪个客户？说一下客户名就行。")
	}
	rows, err := r.tx.CustomersNamed(ctx, said)
	if err != nil {
		return nil, err
	}
	rows = plausible(said, rows)
	switch {
	case len(rows) == 0:
		return nil, crm.Refuse(crm.ErrNotFound, "没有找到客户「%s」，核对一下全称再说「申请协作 客户名」。", said)
	case rows[0].Seen:
		return nil, crm.Refuse(crm.ErrInvalid, "%s你现在就能看，不用申请；直接说「看看%s」。", rows[0].Name, crm.BrandName(rows[0].Name))
	case len(rows) > 1:
		return nil, crm.Refuse(crm.ErrInvalid, "叫「%s」的客户不止一家，请用全称说「申请协作 客户名」。", said)
	}
	row := rows[0]
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(people, func(p store.Colleague) bool { return p.ID == row.OwnerID })
	if i < 0 || people[i].Platform == "" {
		return nil, crm.Refuse(crm.ErrInvalid, "%s的负责人%s现在收不到消息，请找主管加你为协作人。", row.Name, row.OwnerName)
	}
	asked, err := r.tx.OutboxKnown(ctx, r.askKey(row.ID, row.OwnerID))
	if err != nil {
		return nil, err
	}
	if asked {
		return nil, crm.Refuse(crm.ErrConflict, "今天已经替你问过%s了，着急的话请直接找TA。", row.OwnerName)
	}
	ref := crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name}
	r.then(func(context.Context) error {
		r.audit("share.ask", ref, nil)
		r.event("share.asked", ref, map[string]any{"owner": row.OwnerID})
		r.inform(row.OwnerID, News{Topic: ShareAsked, Record: ref, Who: r.req.Actor.UserID})
		return nil
	})
	return &Result{Record: ref, Owner: row.OwnerName}, nil
}

// askKey is one for a day, a customer and who asks whom: an owner is not asked the same twice a day.
func (r *run) askKey(customer, owner int64) string {
	return fmt.Sprintf("notice:share:%d:%d:%d:%s", customer, r.req.Actor.UserID, owner, r.now.In(crm.Shanghai).Format(time.DateOnly))
}

// ShareDeny tells a colleague who asked to work along that the answer is no.
type ShareDeny struct {
	Customer string `json:"customer" doc:"*客户名"`
	To       string `json:"to" doc:"*申请的同事"`
}

func shareDeny(ctx context.Context, r *run, p *ShareDeny) (*Result, error) {
	c, to, err := r.sharing(ctx, (*CustomerShare)(p))
	if err != nil {
		return nil, err
	}
	if slices.Contains(c.Collaborators, to.ID) {
		return nil, crm.Refuse(crm.ErrConflict, "%s已经是%s的协作人了，要移出请说「%s协作人去掉%s」。", to.Name, c.Name, crm.BrandName(c.Name), to.Name)
	}
	res := &Result{Record: c.ref(), Changes: []Change{{Record: c.ref(), Field: "不同意协作", New: to.Name}}}
	r.then(func(context.Context) error {
		r.audit("share.deny", c.ref(), res.Changes)
		r.event("share.denied", c.ref(), map[string]any{"user": to.ID})
		r.inform(to.ID, News{Topic: ShareDenied, Record: c.ref(), To: c.OwnerName})
		return nil
	})
	return res, nil
}

// walled is the refusal of a customer that only its owner can open; the speaker may ask for it.
func walled(cause error, row store.CustomerRow, sentence string) error {
	return &crm.Refusal{Cause: cause, Sentence: sentence, Wall: crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name}}
}
