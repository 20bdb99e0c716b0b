package action

import (
	"context"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// CustomerTransfer gives a customer and its open deals to a colleague.
type CustomerTransfer struct {
	Customer string `json:"customer" doc:"*客户名"`
	Owner    string `json:"owner" doc:"*新负责人：同事名或部门"`
}

func customerTransfer(ctx context.Context, r *run, p *CustomerTransfer) (*Result, error) {
	if p.Owner == "" {
		return nil, r.ask("owner", "转给谁？说一下同事的名字。")
	}
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	to, via, err := r.person(ctx, "owner", p.Owner)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	if c.OwnerID == to.ID {
		res.Notes = append(res.Notes, fmt.Sprintf("%s本来就由%s负责。", c.Name, to.Name))
		return res, nil
	}
	if !crm.Role(to.Role).May(crm.WriteCustomer) {
		return nil, crm.Refuse(crm.ErrInvalid, "%s是%s，不能负责客户，请换一位销售。", to.Name, crm.Role(to.Role).Chinese())
	}
	if err := r.mayGive(c); err != nil {
		return nil, err
	}
	r.risky("转交后这个客户由别人负责")
	if owner := c.foreign(r.req.Actor); owner != "" {
		res.Owner = owner
	}
	if note := handed(to, via); note != "" {
		res.Notes = append(res.Notes, note)
	}
	res.Changes = []Change{{Record: c.ref(), Field: "负责人", Old: c.OwnerName, New: to.Name}}
	moved, sum := 0, int64(0)
	for _, d := range c.deals {
		if d.OwnerID != c.OwnerID {
			continue
		}
		moved++
		sum += d.Amount
		r.then(func(ctx context.Context) error {
			version, err := r.tx.Set(ctx, crm.KindDeal, d.ID, d.Version, []store.Col{{Name: "owner_id", Value: to.ID}})
			d.Version, d.OwnerID = version, to.ID
			return err
		})
	}
	if moved > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("进行中的 %d 个商机一起转过去。", moved))
	}
	r.last(func(ctx context.Context) error {
		r.history(c, 0, say(res.Changes))
		if err := r.tx.WriteActivities(ctx, crm.CustomerID(c.ID)); err != nil {
			return err
		}
		version, err := r.tx.HandOver(ctx, crm.KindCustomer, c.ID, c.Version, c.OwnerID, to.ID)
		if err != nil {
			return err
		}
		old := c.OwnerID
		c.Version, c.OwnerID, c.OwnerName = version, to.ID, to.Name
		res.settle(c.ref())
		r.audit("customer.transfer", c.ref(), res.Changes)
		r.event("customer.transferred", c.ref(), map[string]any{"from": old, "to": to.ID})
		r.inform(to.ID, News{Topic: CustomerGiven, Record: c.ref(), To: to.Name, Deals: moved, Amount: crm.Money(sum)})
		r.inform(old, News{Topic: CustomerTaken, Record: c.ref(), To: to.Name})
		return nil
	})
	r.title("%s转给%s", c.Name, to.Name)
	return res, nil
}

// mayGive refuses to hand over what the actor only collaborates on.
func (r *run) mayGive(c *customer) error {
	if r.req.Actor.Role == crm.Rep && c.OwnerID != int64(r.req.Actor.UserID) && !c.fresh {
		return crm.Refuse(crm.ErrDenied, "%s由%s负责，转交要由TA自己或主管来做，请直接找TA。", c.Name, c.OwnerName)
	}
	return nil
}

func deref(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
